package standin_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/zitadel-go/v3/pkg/client"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	eventv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	sessionv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/zitadel/standin"
)

// events of an aggregate, or of one type anywhere, oldest first.
func events(t *testing.T, c *client.Client, aggregate string, kinds ...string) []*eventv1.Event {
	t.Helper()
	answer, err := c.AdminService().ListEvents(t.Context(), &admin.ListEventsRequest{AggregateId: aggregate, EventTypes: kinds, Asc: true})
	if err != nil {
		t.Fatal(err)
	}
	return answer.GetEvents()
}

// fields of an event's payload, in order.
func fields(e *eventv1.Event) []string {
	var names []string
	for name := range e.GetPayload().GetFields() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// policyOf gives Linden a login policy of its own.
func (s *school) policyOf(owner *client.Client, change func(*management.AddCustomLoginPolicyRequest)) {
	s.t.Helper()
	p := loginPolicy()
	p.SecondFactors = []policy.SecondFactorType{policy.SecondFactorType_SECOND_FACTOR_TYPE_OTP, policy.SecondFactorType_SECOND_FACTOR_TYPE_U2F}
	change(p)
	if _, err := owner.ManagementService().AddCustomLoginPolicy(withOrg(s.t, s.linden), p); err != nil {
		s.t.Fatal(err)
	}
}

var secrets = regexp.MustCompile(`<code id="secret">([A-Z2-7]+)</code>`)

func secretOn(t *testing.T, page seen) string {
	t.Helper()
	m := secrets.FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("no secret on %s: %s", page.url, page.body)
	}
	return m[1]
}

// Whoever has a second factor is asked for it, with either generation of pages,
// and the token says so.
func TestSecondFactorsAreAskedFor(t *testing.T) {
	for _, test := range []struct {
		version int
		kind    standin.FactorKind
		path    string
		amr     []string
		methods []float64
		checked string
	}{
		{1, standin.FactorTOTP, "/ui/login/mfa/verify", []string{"pwd", "otp", "mfa"}, []float64{4, 8}, "user.human.mfa.otp.check.succeeded"},
		{2, standin.FactorTOTP, "/ui/v2/login/otp/time-based", []string{"pwd", "otp", "mfa"}, []float64{4, 1}, "user.human.mfa.otp.check.succeeded"},
		{1, standin.FactorSecurityKey, "/ui/login/mfa/verify", []string{"pwd", "user", "mfa"}, []float64{4, 3}, "user.human.mfa.u2f.token.check.succeeded"},
		{2, standin.FactorSecurityKey, "/ui/v2/login/otp/time-based", []string{"pwd", "user", "mfa"}, []float64{4, 2}, "user.human.mfa.u2f.token.check.succeeded"},
	} {
		s := newSchool(t, test.version)
		owner := dial(t, s.Server, s.OwnerKey())
		secret, err := s.Seed().AddFactor(s.lee, standin.SeedFactor{Kind: test.kind})
		if err != nil {
			t.Fatal(err)
		}
		v, a := s.visitor(), s.attempt(nil)
		page := v.fill(v.see(v.Get(a.url)), "loginName", "lee", "password", password)
		if page.url.Path != test.path || page.url.Query().Get("code") != "" {
			t.Fatalf("login %d: at %s", test.version, page.url)
		}
		if test.kind == standin.FactorTOTP {
			if page = v.fill(page, "code", "000000"); page.status != http.StatusUnprocessableEntity {
				t.Fatalf("login %d: a wrong code led to %s", test.version, page.url)
			}
		}
		tokens := s.exchange(a, v.fill(page, "code", standin.Code(secret, time.Now())))
		if diff := cmp.Diff(test.amr, []string(tokens.IDTokenClaims.AuthenticationMethodsReferences)); diff != "" {
			t.Errorf("login %d: amr (-want +got)\n%s", test.version, diff)
		}
		if ago := time.Since(tokens.IDTokenClaims.AuthTime.AsTime()); ago < -time.Second || ago > 10*time.Second {
			t.Errorf("login %d: auth_time is %s ago", test.version, ago)
		}
		var methods []float64
		signedIn := events(t, owner, "", "oidc_session.added")
		last := signedIn[len(signedIn)-1]
		for _, m := range last.GetPayload().GetFields()["authMethods"].GetListValue().GetValues() {
			methods = append(methods, m.GetNumberValue())
		}
		if diff := cmp.Diff(test.methods, methods); diff != "" {
			t.Errorf("login %d: methods (-want +got)\n%s", test.version, diff)
		}
		if got := events(t, owner, s.lee, test.checked); len(got) != 1 {
			t.Errorf("login %d: %d checks", test.version, len(got))
		}
		// The same browser is not asked again, but for a fresh sign-in.
		again := s.attempt(nil)
		s.exchange(again, v.see(v.Get(again.url)))
		fresh := s.attempt(nil, "prompt", "login")
		page = v.fill(v.see(v.Get(fresh.url)), "loginName", "lee", "password", password)
		if page.url.Path != test.path {
			t.Errorf("login %d: a fresh sign-in is at %s", test.version, page.url)
		}
		later := s.exchange(fresh, v.fill(page, "code", standin.Code(secret, time.Now())))
		if !later.IDTokenClaims.AuthTime.AsTime().Add(time.Second).After(tokens.IDTokenClaims.AuthTime.AsTime()) {
			t.Errorf("login %d: auth_time went back", test.version)
		}
	}
}

// Login V1 honours max_age for both factors. Login V2 does not look at it.
func TestMaxAge(t *testing.T) {
	for version, asked := range map[int]bool{1: true, 2: false} {
		s := newSchool(t, version)
		v := s.visitor()
		_, first := s.signIn(v, "lee", nil)
		a := s.attempt(nil, "max_age", "0")
		page := v.see(v.Get(a.url))
		if got := strings.Contains(page.body, `name="password"`); got != asked {
			t.Fatalf("login %d: at %s", version, page.url)
		}
		if asked {
			page = v.fill(page, "loginName", "lee", "password", password)
		}
		tokens := s.exchange(a, page)
		if tokens.IDTokenClaims.AuthTime.AsTime().Before(first.IDTokenClaims.AuthTime.AsTime()) {
			t.Errorf("login %d: auth_time went back", version)
		}
	}
}

// Where the policy wants a second factor, whoever has none sets one up on the
// way, and is asked for it from then on.
func TestPoliciesForceASecondFactor(t *testing.T) {
	for _, version := range []int{1, 2} {
		s := newSchool(t, version)
		owner := dial(t, s.Server, s.OwnerKey())
		s.policyOf(owner, func(p *management.AddCustomLoginPolicyRequest) { p.ForceMfa = true })
		v, a := s.visitor(), s.attempt(nil)
		page := v.fill(v.see(v.Get(a.url)), "loginName", "lee", "password", password)
		secret := secretOn(t, page)
		if secret != s.TOTPSecret(s.lee) {
			t.Errorf("login %d: the page shows another secret than the one that is set up", version)
		}
		if again := s.attempt(nil, "prompt", "none"); v.see(v.Get(again.url)).url.Query().Get("error") != "login_required" {
			t.Errorf("login %d: prompt=none passes without the factor", version)
		}
		skipped := v.fill(page, "skip", "true")
		if skipped.url.Query().Get("code") != "" {
			t.Fatalf("login %d: the set-up can be skipped", version)
		}
		if wrong := v.fill(page, "code", "123"); wrong.status != http.StatusUnprocessableEntity {
			t.Errorf("login %d: a wrong code: %d", version, wrong.status)
		}
		tokens := s.exchange(a, v.fill(page, "code", standin.Code(secret, time.Now())))
		if diff := cmp.Diff([]string{"pwd", "otp", "mfa"}, []string(tokens.IDTokenClaims.AuthenticationMethodsReferences)); diff != "" {
			t.Errorf("login %d: amr (-want +got)\n%s", version, diff)
		}
		added := events(t, owner, s.lee, "user.human.mfa.otp.added", "user.human.mfa.otp.verified")
		if len(added) != 2 || added[0].GetType().GetType() != "user.human.mfa.otp.added" || added[1].GetEditor().GetUserId() != "LOGIN" {
			t.Errorf("login %d: %v", version, added)
		}
		other, b := s.visitor(), s.attempt(nil)
		page = other.fill(other.see(other.Get(b.url)), "loginName", "lee", "password", password)
		s.exchange(b, other.fill(page, "code", standin.Code(secret, time.Now())))
		// People of other schools have their own rules.
		s.signIn(s.visitor(), "gus", nil)
	}
}

func TestAPolicyThatAllowsNoFactorKeepsPeopleOut(t *testing.T) {
	s := newSchool(t, 1)
	s.policyOf(dial(t, s.Server, s.OwnerKey()), func(p *management.AddCustomLoginPolicyRequest) { p.ForceMfa, p.SecondFactors = true, nil })
	v := s.visitor()
	page := v.fill(v.see(v.Get(s.attempt(nil).url)), "loginName", "lee", "password", password)
	if page.url.Query().Get("code") != "" || !strings.Contains(page.body, "none is allowed") {
		t.Errorf("at %s: %s", page.url, page.body)
	}
}

// Checks tell of the browser: Login V1 in the check itself, both generations
// when the session of the application begins.
func TestChecksTellWhereFrom(t *testing.T) {
	for _, test := range []struct {
		version int
		check   []string
		device  string
		header  bool
	}{
		{1, []string{"acceptLanguage", "id", "remoteIP", "userAgent", "userAgentID"}, "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", false},
		{2, nil, "Firefox, 144.0, ,   , Gecko, 20100101, , Linux, ", true},
	} {
		s := newSchool(t, test.version)
		owner := dial(t, s.Server, s.OwnerKey())
		v := s.visitor()
		v.Transport = headers{"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Accept-Language": "es", "X-Forwarded-For": "203.0.113.9, 10.0.0.1"}
		a := s.attempt(nil)
		page := v.fill(v.see(v.Get(a.url)), "loginName", "lee", "password", "wrong")
		s.exchange(a, v.fill(page, "loginName", "lee", "password", password))
		for _, kind := range []string{"user.human.password.check.failed", "user.human.password.check.succeeded"} {
			checks := events(t, owner, s.lee, kind)
			if len(checks) != 1 {
				t.Fatalf("login %d: %d × %s", test.version, len(checks), kind)
			}
			if diff := cmp.Diff(test.check, fields(checks[0])); diff != "" {
				t.Errorf("login %d: %s (-want +got)\n%s", test.version, kind, diff)
			}
			if got := checks[0].GetPayload().GetFields()["remoteIP"].GetStringValue(); test.check != nil && got != "203.0.113.9" {
				t.Errorf("login %d: address %q", test.version, got)
			}
		}
		begun := events(t, owner, "", "oidc_session.added")
		agent := begun[len(begun)-1].GetPayload().GetFields()["userAgent"].GetStructValue().GetFields()
		if address := map[int]string{2: "203.0.113.9"}[test.version]; agent["ip"].GetStringValue() != address || agent["description"].GetStringValue() != test.device || (agent["header"] != nil) != test.header {
			t.Errorf("login %d: browser %v", test.version, agent)
		}
	}
}

// headers are set on every request.
type headers map[string]string

func (h headers) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for name, value := range h {
		r.Header.Set(name, value)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// Too many wrong passwords lock the account, if the policy says so; an
// administrator unlocks it.
func TestWrongPasswordsLock(t *testing.T) {
	for _, version := range []int{1, 2} {
		s := newSchool(t, version)
		owner := dial(t, s.Server, s.OwnerKey())
		if _, err := owner.ManagementService().AddCustomLockoutPolicy(withOrg(t, s.linden), &management.AddCustomLockoutPolicyRequest{MaxPasswordAttempts: 3}); err != nil {
			t.Fatal(err)
		}
		v, a := s.visitor(), s.attempt(nil)
		page := v.see(v.Get(a.url))
		for range 3 {
			page = v.fill(page, "loginName", "lee", "password", "wrong")
		}
		if page = v.fill(page, "loginName", "lee", "password", password); !strings.Contains(page.body, "locked") {
			t.Errorf("login %d: at %s: %s", version, page.url, page.body)
		}
		locked := events(t, owner, s.lee)
		if got := locked[len(locked)-1].GetType().GetType(); got != "user.locked" {
			t.Errorf("login %d: the last event is %s", version, got)
		}
		if _, err := owner.UserServiceV2().UnlockUser(t.Context(), &userv2.UnlockUserRequest{UserId: s.lee}); err != nil {
			t.Fatal(err)
		}
		s.exchange(a, v.fill(page, "loginName", "lee", "password", password))
		// Elsewhere nobody is locked.
		other := s.visitor()
		page = other.see(other.Get(s.attempt(nil).url))
		for range 12 {
			page = other.fill(page, "loginName", "gus", "password", "wrong")
		}
		s.signIn(s.visitor(), "gus", nil)
	}
}

// The page on which people look after their own second factor signs them in
// first, and its events are the person's own.
func TestSelfServiceOfSecondFactors(t *testing.T) {
	for _, version := range []int{1, 2} {
		s := newSchool(t, version)
		owner := dial(t, s.Server, s.OwnerKey())
		v := s.visitor()
		security := s.Issuer() + "/ui/console/users/me?id=security"
		page := v.fill(v.see(v.Get(security)), "loginName", "lee", "password", password)
		if page.url.Path != "/ui/console/users/me" || !strings.Contains(page.body, "no second factor") {
			t.Fatalf("login %d: at %s: %s", version, page.url, page.body)
		}
		page = v.fill(page)
		secret := secretOn(t, page)
		if wrong := v.fill(page, "code", "1"); wrong.status != http.StatusUnprocessableEntity {
			t.Errorf("login %d: a wrong code: %d", version, wrong.status)
		}
		page = v.fill(page, "code", standin.Code(secret, time.Now()))
		if !strings.Contains(page.body, "Authenticator app") || strings.Contains(page.body, secret) {
			t.Errorf("login %d: %s", version, page.body)
		}
		// Another browser has to show it before it may touch it.
		other := s.visitor()
		page = other.fill(other.see(other.Get(security)), "loginName", "lee", "password", password)
		if page.url.Path == "/ui/console/users/me" {
			t.Fatalf("login %d: the page opens without the second factor", version)
		}
		page = other.fill(page, "code", standin.Code(secret, time.Now()))
		page = other.fill(page) // remove
		if !strings.Contains(page.body, "no second factor") || s.TOTPSecret(s.lee) != "" {
			t.Errorf("login %d: %s", version, page.body)
		}
		for _, e := range events(t, owner, s.lee, "user.human.mfa.otp.added", "user.human.mfa.otp.verified", "user.human.mfa.otp.removed") {
			if e.GetEditor().GetUserId() != s.lee {
				t.Errorf("login %d: %s by %q", version, e.GetType().GetType(), e.GetEditor().GetUserId())
			}
		}
		stranger := s.visitor()
		if page := stranger.see(stranger.PostForm(s.Issuer()+"/ui/console/users/me", map[string][]string{"do": {"remove"}, "factor": {"1"}})); !strings.HasPrefix(page.url.Path, "/ui/") || page.url.Path == "/ui/console/users/me" {
			t.Errorf("login %d: a stranger is at %s", version, page.url)
		}
	}
}

// Sessions of Login V2 show the browser, what was shown, and their end.
func TestSessionsShowBrowserAndFactors(t *testing.T) {
	s := newSchool(t, 2)
	owner := dial(t, s.Server, s.OwnerKey())
	secret, err := s.Seed().AddFactor(s.lee, standin.SeedFactor{Kind: standin.FactorTOTP, Secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"})
	if err != nil {
		t.Fatal(err)
	}
	v, a := s.visitor(), s.attempt(nil)
	v.Transport = headers{"User-Agent": "probe/1"}
	page := v.fill(v.see(v.Get(a.url)), "loginName", "lee", "password", password)
	tokens := s.exchange(a, v.fill(page, "code", standin.Code(secret, time.Now())))
	listed, err := owner.SessionServiceV2().ListSessions(t.Context(), &sessionv2.ListSessionsRequest{Queries: []*sessionv2.SearchQuery{
		{Query: &sessionv2.SearchQuery_UserIdQuery{UserIdQuery: &sessionv2.UserIDQuery{Id: s.lee}}},
	}})
	if err != nil || len(listed.GetSessions()) != 1 {
		t.Fatalf("%v, %v", listed, err)
	}
	one := listed.GetSessions()[0]
	if one.GetUserAgent().GetIp() != "127.0.0.1" || one.GetUserAgent().GetHeader()["user-agent"].GetValues()[0] != "probe/1" ||
		one.GetFactors().GetTotp() == nil || one.GetFactors().GetPassword() == nil || one.GetFactors().GetIntent() != nil {
		t.Errorf("session = %v", one)
	}
	if life := time.Until(one.GetExpirationDate().AsTime()); life < 239*time.Hour || life > 240*time.Hour {
		t.Errorf("it ends in %s", life)
	}
	var kinds []string
	for _, e := range events(t, owner, one.GetId()) {
		kinds = append(kinds, e.GetType().GetType())
	}
	want := []string{"session.added", "session.user.checked", "session.password.checked", "session.token.set", "session.lifetime.set", "session.totp.checked"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}
	if sid, _ := claims(t, tokens.IDToken)["sid"].(string); sid != one.GetId() {
		t.Errorf("sid = %q, session %q", sid, one.GetId())
	}
}

// A deactivated organization keeps its people out of Login V1; those of Login
// V2 and guests go on.
func TestDeactivatedOrganizations(t *testing.T) {
	for version, passes := range map[int]bool{1: false, 2: true} {
		s := newSchool(t, version)
		owner := dial(t, s.Server, s.OwnerKey())
		if _, err := owner.OrganizationServiceV2().DeactivateOrganization(t.Context(), deactivateOrg(s.linden)); err != nil {
			t.Fatal(err)
		}
		v := s.visitor()
		page := v.fill(v.see(v.Get(s.attempt(nil).url)), "loginName", "lee", "password", password)
		if got := page.url.Query().Get("code") != ""; got != passes {
			t.Errorf("login %d: at %s", version, page.url)
		}
		_, tokens := s.signIn(s.visitor(), "gus", nil)
		if roles, _ := claims(t, tokens.AccessToken)[rolesClaim].(map[string]any); roles["student"] == nil {
			t.Errorf("login %d: the guest lost %v", version, roles)
		}
	}
}
