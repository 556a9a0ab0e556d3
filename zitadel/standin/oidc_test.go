package standin_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	application "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/application/v2"
	sessionv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/zitadel/standin"
)

const password = "Correct-horse-7"

// school is a stand-in with one school, one classroom and an application that
// people sign in to.
type school struct {
	*standin.Server
	t                 *testing.T
	project, clientID string
	linden, birch     string // organizations
	lee, guest        string // users; the guest is at home in Birch
	callback          string
	logouts           chan url.Values
}

func newSchool(t *testing.T, version int) *school {
	t.Helper()
	return newSchoolAt(t, standin.Options{LoginVersion: version})
}

func newSchoolAt(t *testing.T, o standin.Options) *school {
	t.Helper()
	s := &school{Server: start(t, o), t: t, logouts: make(chan url.Values, 10)}
	portal := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/logout" {
			if err := r.ParseForm(); err != nil {
				t.Error(err)
			}
			s.logouts <- r.PostForm
			return
		}
		_, _ = io.WriteString(w, "portal")
	}))
	t.Cleanup(portal.Close)
	s.callback = portal.URL + "/callback"
	seed := s.Seed()
	var err error
	check := func() {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s.project, err = seed.Project(s.DefaultOrganization(), "Platform", "teacher", "student")
	check()
	s.linden, err = seed.Organization(standin.SeedOrganization{ID: "linden", Name: "Linden School"})
	check()
	s.birch, err = seed.Organization(standin.SeedOrganization{ID: "birch", Name: "Birch Academy"})
	check()
	err = seed.Grant(s.project, s.linden, "teacher", "student")
	check()
	err = seed.Grant(s.project, s.birch, "teacher", "student")
	check()
	s.lee, err = seed.User(standin.SeedUser{Organization: s.linden, UserName: "lee", GivenName: "Lee", FamilyName: "Ames", Address: "lee@linden.example", Password: password})
	check()
	s.guest, err = seed.User(standin.SeedUser{Organization: s.birch, UserName: "gus", GivenName: "Gus", FamilyName: "Hay", Address: "gus@birch.example", Password: password})
	check()
	_, err = seed.Authorize(s.lee, s.project, s.linden, "teacher")
	check()
	_, err = seed.Authorize(s.guest, s.project, s.linden, "student")
	check()
	_, err = seed.Authorize(s.guest, s.project, s.birch, "teacher")
	check()
	c := dial(t, s.Server, s.OwnerKey())
	made, err := c.ApplicationServiceV2().CreateApplication(t.Context(), &application.CreateApplicationRequest{
		ProjectId: s.project, Name: "Portal",
		ApplicationType: &application.CreateApplicationRequest_OidcConfiguration{OidcConfiguration: &application.CreateOIDCApplicationRequest{
			RedirectUris: []string{s.callback}, PostLogoutRedirectUris: []string{portal.URL + "/bye"},
			GrantTypes:               []application.OIDCGrantType{application.OIDCGrantType_OIDC_GRANT_TYPE_AUTHORIZATION_CODE, application.OIDCGrantType_OIDC_GRANT_TYPE_REFRESH_TOKEN},
			AuthMethodType:           application.OIDCAuthMethodType_OIDC_AUTH_METHOD_TYPE_NONE,
			AccessTokenType:          application.OIDCTokenType_OIDC_TOKEN_TYPE_JWT,
			AccessTokenRoleAssertion: true, IdTokenRoleAssertion: true,
			BackChannelLogoutUri: portal.URL + "/logout",
		}},
	})
	check()
	s.clientID = made.GetOidcConfiguration().GetClientId()
	return s
}

// visitor is a browser.
type visitor struct {
	*http.Client
	s *school
}

func (s *school) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return &visitor{&http.Client{Jar: jar}, s}
}

type seen struct {
	url    *url.URL
	status int
	body   string
}

func (v *visitor) see(r *http.Response, err error) seen {
	v.s.t.Helper()
	if err != nil {
		v.s.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.s.t.Fatal(err)
	}
	return seen{r.Request.URL, r.StatusCode, string(body)}
}

var (
	inputs  = regexp.MustCompile(`<input [^>]*name="([^"]*)"[^>]*value="([^"]*)"`)
	hiddens = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
	actions = regexp.MustCompile(`action="([^"]*)"`)
)

// fill posts the form of a page with these fields.
func (v *visitor) fill(page seen, fields ...string) seen {
	v.s.t.Helper()
	form := url.Values{}
	for _, m := range slices.Concat(inputs.FindAllStringSubmatch(page.body, -1), hiddens.FindAllStringSubmatch(page.body, -1)) {
		form.Set(m[1], strings.ReplaceAll(m[2], "&#43;", "+"))
	}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	action := actions.FindStringSubmatch(page.body)
	if action == nil {
		v.s.t.Fatalf("no form on %s: %d %s", page.url, page.status, page.body)
	}
	return v.see(v.PostForm(v.s.Issuer()+action[1], form))
}

// attempt is one sign-in at the application.
type attempt struct {
	party    rp.RelyingParty
	verifier string
	nonce    string
	url      string
}

type nonceKey struct{}

func (s *school) attempt(scopes []string, params ...string) attempt {
	s.t.Helper()
	party, err := rp.NewRelyingPartyOIDC(s.t.Context(), s.Issuer(), s.clientID, "", s.callback, append([]string{"openid"}, scopes...),
		rp.WithVerifierOpts(rp.WithNonce(func(ctx context.Context) string { n, _ := ctx.Value(nonceKey{}).(string); return n })))
	if err != nil {
		s.t.Fatal(err)
	}
	a := attempt{party: party, verifier: oauth2.GenerateVerifier(), nonce: "n-" + time.Now().Format("150405.000000")}
	options := []rp.AuthURLOpt{rp.WithCodeChallenge(oauth2.S256ChallengeFromVerifier(a.verifier)), rp.AuthURLOpt(rp.WithURLParam("nonce", a.nonce))}
	for i := 0; i < len(params); i += 2 {
		options = append(options, rp.AuthURLOpt(rp.WithURLParam(params[i], params[i+1])))
	}
	a.url = rp.AuthURL("state", party, options...)
	return a
}

func (s *school) exchange(a attempt, at seen) *oidc.Tokens[*oidc.IDTokenClaims] {
	s.t.Helper()
	if at.url.Query().Get("code") == "" || at.url.Query().Get("state") != "state" {
		s.t.Fatalf("ended at %s: %d %s", at.url, at.status, at.body)
	}
	ctx := context.WithValue(s.t.Context(), nonceKey{}, a.nonce)
	tokens, err := rp.CodeExchange[*oidc.IDTokenClaims](ctx, at.url.Query().Get("code"), a.party, rp.WithCodeVerifier(a.verifier))
	if err != nil {
		s.t.Fatal(err)
	}
	return tokens
}

// signIn signs somebody in from an empty browser.
func (s *school) signIn(v *visitor, name string, scopes []string, params ...string) (attempt, *oidc.Tokens[*oidc.IDTokenClaims]) {
	s.t.Helper()
	a := s.attempt(scopes, params...)
	page := v.fill(v.see(v.Get(a.url)), "loginName", name, "password", password)
	return a, s.exchange(a, page)
}

// claims of a signed token.
func claims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no signed token", token)
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

const rolesClaim = "urn:zitadel:iam:org:project:roles"

func (s *school) userinfo(token string) int {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.Issuer()+"/oidc/v1/userinfo", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func TestTokensCarryRolesAndTheSession(t *testing.T) {
	for _, version := range []int{1, 2} {
		s := newSchool(t, version)
		_, tokens := s.signIn(s.visitor(), "LEE@linden.example ", []string{"profile", "email", "offline_access"})
		roles := map[string]any{"teacher": map[string]any{"linden": "linden-school.localhost"}}
		access := claims(t, tokens.AccessToken)
		if diff := cmp.Diff(roles, access[rolesClaim]); diff != "" {
			t.Errorf("login %d: roles of the access token: %s", version, diff)
		}
		if diff := cmp.Diff(roles, access["urn:zitadel:iam:org:project:"+s.project+":roles"]); diff != "" {
			t.Errorf("login %d: numbered roles: %s", version, diff)
		}
		if access["sid"] != nil || access["client_id"] != s.clientID || access["sub"] != s.lee {
			t.Errorf("login %d: access token = %v", version, access)
		}
		if got := access["aud"].([]any); !slices.Contains(got, any(s.project)) || !slices.Contains(got, any(s.clientID)) {
			t.Errorf("login %d: aud = %v", version, got)
		}
		id := claims(t, tokens.IDToken)
		if sid, _ := id["sid"].(string); strings.HasPrefix(sid, "V1_") != (version == 1) || sid == "" {
			t.Errorf("login %d: sid = %q", version, sid)
		}
		if diff := cmp.Diff([]any{"pwd"}, id["amr"]); diff != "" || id["azp"] != s.clientID {
			t.Errorf("login %d: id token = %v", version, id)
		}
		if got := s.userinfo(tokens.AccessToken); got != http.StatusOK {
			t.Errorf("login %d: userinfo = %d", version, got)
		}
	}
}

func TestScopesNarrowRolesAndTellTheHome(t *testing.T) {
	s := newSchool(t, 1)
	both := map[string]any{"student": map[string]any{"linden": "linden-school.localhost"}, "teacher": map[string]any{"birch": "birch-academy.localhost"}}
	for _, test := range []struct {
		scope string
		roles any
		home  any
		org   any
	}{
		{"profile", both, nil, nil},
		{"urn:zitadel:iam:org:roles:id:linden", map[string]any{"student": both["student"]}, nil, nil},
		{"urn:zitadel:iam:org:roles:id:nope", nil, nil, nil},
		{"urn:zitadel:iam:org:project:role:teacher", map[string]any{"teacher": both["teacher"]}, nil, nil},
		{"urn:zitadel:iam:user:resourceowner", both, "birch", nil},
		{"urn:zitadel:iam:org:id:birch", both, "birch", "birch"},
	} {
		_, tokens := s.signIn(s.visitor(), "gus", []string{test.scope})
		got := claims(t, tokens.AccessToken)
		if diff := cmp.Diff(test.roles, got[rolesClaim]); diff != "" {
			t.Errorf("%s: roles: %s", test.scope, diff)
		}
		if got["urn:zitadel:iam:user:resourceowner:id"] != test.home || got["urn:zitadel:iam:org:id"] != test.org {
			t.Errorf("%s: claims = %v", test.scope, got)
		}
	}
}

func TestGuestsAreRefusedByTheScopeOfAnOrganization(t *testing.T) {
	s := newSchool(t, 1)
	v := s.visitor()
	a := s.attempt([]string{"urn:zitadel:iam:org:id:linden"})
	page := v.fill(v.see(v.Get(a.url)), "loginName", "gus", "password", password)
	if page.status != http.StatusUnprocessableEntity || !strings.Contains(page.body, "User name or password is wrong.") {
		t.Errorf("%d at %s: %s", page.status, page.url, page.body)
	}
}

func TestRefreshingRotatesAndReadsRolesAgain(t *testing.T) {
	s := newSchool(t, 1)
	a, tokens := s.signIn(s.visitor(), "lee", []string{"offline_access"})
	if _, err := s.Seed().Authorize(s.lee, s.project, s.linden, "student"); err != nil {
		t.Fatal(err)
	}
	next, err := rp.RefreshTokens[*oidc.IDTokenClaims](t.Context(), a.party, tokens.RefreshToken, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if got := claims(t, next.AccessToken)[rolesClaim].(map[string]any); got["student"] == nil || got["teacher"] != nil {
		t.Errorf("roles after refresh = %v", got)
	}
	if got := s.userinfo(tokens.AccessToken); got != http.StatusUnauthorized {
		t.Errorf("old access token: userinfo = %d, want 401", got)
	}
	if _, err := rp.RefreshTokens[*oidc.IDTokenClaims](t.Context(), a.party, tokens.RefreshToken, "", ""); err == nil {
		t.Error("a refresh token worked twice")
	}
	if err := s.Seed().Deactivate(s.lee); err != nil {
		t.Fatal(err)
	}
	if _, err := rp.RefreshTokens[*oidc.IDTokenClaims](t.Context(), a.party, next.RefreshToken, "", ""); err == nil || !strings.Contains(err.Error(), "Errors.User.NotActive") {
		t.Errorf("refresh of a deactivated user = %v", err)
	}
	if got := s.userinfo(next.AccessToken); got != http.StatusUnauthorized {
		t.Errorf("deactivated: userinfo = %d, want 401", got)
	}
	if err := s.Seed().Reactivate(s.lee); err != nil {
		t.Fatal(err)
	}
	if next, err = rp.RefreshTokens[*oidc.IDTokenClaims](t.Context(), a.party, next.RefreshToken, "", ""); err != nil {
		t.Fatalf("refresh after reactivation = %v", err)
	}
	if err := rp.RevokeToken(t.Context(), a.party, next.RefreshToken, "refresh_token"); err != nil {
		t.Fatal(err)
	}
	if got := s.userinfo(next.AccessToken); got != http.StatusUnauthorized {
		t.Errorf("revoked: userinfo = %d, want 401", got)
	}
}

// wantLogout waits for the notification and compares what it says.
func (s *school) wantLogout(id *oidc.Tokens[*oidc.IDTokenClaims]) {
	s.t.Helper()
	select {
	case form := <-s.logouts:
		got, told := claims(s.t, form.Get("logout_token")), claims(s.t, id.IDToken)
		want := map[string]any{
			"iss": s.Issuer(), "sub": told["sub"], "sid": told["sid"], "aud": []any{s.clientID},
			"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}},
		}
		for key, value := range want {
			if diff := cmp.Diff(value, got[key]); diff != "" {
				s.t.Errorf("logout token: %s: %s", key, diff)
			}
		}
		if got["nonce"] != nil || got["jti"] == nil {
			s.t.Errorf("logout token = %v", got)
		}
	case <-time.After(5 * time.Second):
		s.t.Fatal("nobody was notified")
	}
}

func TestSigningOutTellsTheApplicationAndKeepsTheRefreshToken(t *testing.T) {
	for _, version := range []int{1, 2} {
		s := newSchool(t, version)
		v := s.visitor()
		a, tokens := s.signIn(v, "lee", []string{"offline_access"})
		bye := s.callback[:strings.LastIndex(s.callback, "/")] + "/bye"
		// From another browser: the hint alone names the session.
		other := s.visitor()
		at := other.see(other.Get(s.Issuer() + "/oidc/v1/end_session?" + url.Values{
			"id_token_hint": {tokens.IDToken}, "post_logout_redirect_uri": {bye}, "state": {"xyz"},
		}.Encode()))
		if at.url.String() != bye+"?state=xyz" {
			t.Errorf("login %d: landed at %s", version, at.url)
		}
		s.wantLogout(tokens)
		if got := s.userinfo(tokens.AccessToken); got != http.StatusUnauthorized {
			t.Errorf("login %d: userinfo = %d, want 401", version, got)
		}
		next, err := rp.RefreshTokens[*oidc.IDTokenClaims](t.Context(), a.party, tokens.RefreshToken, "", "")
		if err != nil {
			t.Fatalf("login %d: refresh after logout: %v", version, err)
		}
		if claims(t, next.IDToken)["sid"] != claims(t, tokens.IDToken)["sid"] {
			t.Errorf("login %d: another sid after refresh", version)
		}
		again := s.attempt(nil)
		if page := v.see(v.Get(again.url)); !strings.Contains(page.body, "<form") {
			t.Errorf("login %d: still signed in at %s", version, page.url)
		}
	}
}

func TestEndingASessionByAPITellsTheApplication(t *testing.T) {
	s := newSchool(t, 2)
	_, tokens := s.signIn(s.visitor(), "lee", nil)
	c := dial(t, s.Server, s.OwnerKey())
	listed, err := c.SessionServiceV2().ListSessions(t.Context(), &sessionv2.ListSessionsRequest{
		Queries: []*sessionv2.SearchQuery{{Query: &sessionv2.SearchQuery_UserIdQuery{UserIdQuery: &sessionv2.UserIDQuery{Id: s.lee}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(listed.GetSessions()) != 1 || listed.GetSessions()[0].GetId() != claims(t, tokens.IDToken)["sid"] {
		t.Fatalf("sessions = %v", listed.GetSessions())
	}
	if _, err := c.SessionServiceV2().DeleteSession(t.Context(), &sessionv2.DeleteSessionRequest{SessionId: listed.GetSessions()[0].GetId()}); err != nil {
		t.Fatal(err)
	}
	s.wantLogout(tokens)
}

func TestOneSignInServesUntilItIsAskedForAgain(t *testing.T) {
	s := newSchool(t, 1)
	v := s.visitor()
	s.signIn(v, "lee", nil)
	for _, test := range []struct {
		params []string
		form   bool
	}{
		{nil, false},
		{[]string{"login_hint", "lee"}, false},
		{[]string{"login_hint", "gus"}, true},
		{[]string{"prompt", "login"}, true},
		{[]string{"max_age", "0"}, true},
	} {
		a := s.attempt(nil, test.params...)
		if page := v.see(v.Get(a.url)); strings.Contains(page.body, "<form") != test.form {
			t.Errorf("%v: at %s", test.params, page.url)
		}
	}
	stranger := s.visitor()
	if page := stranger.see(stranger.Get(s.attempt(nil, "prompt", "none").url)); page.url.Query().Get("error") != "login_required" {
		t.Errorf("prompt=none: at %s", page.url)
	}
}

func TestInvitedPeopleSetAFirstPassword(t *testing.T) {
	for _, version := range []int{1, 2} {
		s := newSchool(t, version)
		c := dial(t, s.Server, s.OwnerKey())
		user, err := s.Seed().User(standin.SeedUser{Organization: s.linden, UserName: "ada", GivenName: "Ada", FamilyName: "Ott", Address: "ada@linden.example", Unverified: true})
		if err != nil {
			t.Fatal(err)
		}
		code, err := c.UserServiceV2().CreateInviteCode(t.Context(), &userv2.CreateInviteCodeRequest{
			UserId: user, Verification: &userv2.CreateInviteCodeRequest_ReturnCode{ReturnCode: &userv2.ReturnInviteCode{}},
		})
		if err != nil {
			t.Fatal(err)
		}
		link := s.Issuer() + "/ui/login/user/invite?" + url.Values{"userID": {user}, "loginname": {"ada"}, "code": {code.GetInviteCode()}, "orgID": {s.linden}}.Encode()
		if version == 2 {
			link = s.Issuer() + "/ui/v2/login/verify?" + url.Values{"userId": {user}, "organization": {s.linden}, "code": {code.GetInviteCode()}, "invite": {"true"}}.Encode()
		}
		v := s.visitor()
		page := v.see(v.Get(link))
		for range 4 { // a weak password does not use the code up
			weak := v.fill(page, "password", "short", "passwordconfirm", "short")
			if !strings.Contains(weak.body, "The password is too short.") {
				t.Fatalf("login %d: %s", version, weak.body)
			}
		}
		if differ := v.fill(page, "password", password, "passwordconfirm", password+"x"); !strings.Contains(differ.body, "The two passwords differ.") {
			t.Errorf("login %d: %s", version, differ.body)
		}
		if done := v.fill(page, "password", password, "passwordconfirm", password); done.status != http.StatusOK || done.url.Path != "/ui/console/" {
			t.Errorf("login %d: ended at %s: %d", version, done.url, done.status)
		}
		if twice := v.fill(page, "password", password, "passwordconfirm", password); !strings.Contains(twice.body, "The code is wrong") {
			t.Errorf("login %d: the code worked twice: %s", version, twice.body)
		}
		// The link signed in as well.
		a := s.attempt([]string{"email"})
		tokens := s.exchange(a, v.see(v.Get(a.url)))
		if tokens.IDTokenClaims.Subject != user {
			t.Errorf("login %d: signed in as %s", version, tokens.IDTokenClaims.Subject)
		}
		seen, err := c.UserServiceV2().GetUserByID(t.Context(), &userv2.GetUserByIDRequest{UserId: user})
		if err != nil {
			t.Fatal(err)
		}
		if !seen.GetUser().GetHuman().GetEmail().GetIsVerified() || seen.GetUser().GetHuman().GetPasswordChanged() == nil {
			t.Errorf("login %d: user = %v", version, seen.GetUser())
		}
	}
}

func TestStrangersRegisterWhereTheyMay(t *testing.T) {
	s := newSchool(t, 1)
	v := s.visitor()
	a := s.attempt([]string{"email", "urn:zitadel:iam:org:id:birch"}, "prompt", "create", "ui_locales", "es")
	page := v.see(v.Get(a.url))
	if !strings.Contains(page.body, "Crear una cuenta") || !strings.Contains(page.body, `lang="es"`) {
		t.Fatalf("at %s: %s", page.url, page.body)
	}
	fields := []string{"firstname", "Ida", "lastname", "Moe", "email", "ida@home.example", "password", password, "passwordconfirm", password}
	tokens := s.exchange(a, v.fill(page, fields...))
	if got := claims(t, tokens.AccessToken)["urn:zitadel:iam:user:resourceowner:id"]; got != "birch" {
		t.Errorf("home = %v", got)
	}
	other := s.visitor()
	again := s.attempt([]string{"urn:zitadel:iam:org:id:birch"}, "prompt", "create")
	if taken := other.fill(other.see(other.Get(again.url)), fields...); !strings.Contains(taken.body, "This name is taken.") {
		t.Errorf("registered twice: %s", taken.body)
	}
}

func TestNewPasswordsComeByCode(t *testing.T) {
	s := newSchool(t, 1)
	c := dial(t, s.Server, s.OwnerKey())
	reset, err := c.UserServiceV2().PasswordReset(t.Context(), &userv2.PasswordResetRequest{
		UserId: s.lee, Medium: &userv2.PasswordResetRequest_ReturnCode{ReturnCode: &userv2.ReturnPasswordResetCode{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	v := s.visitor()
	page := v.see(v.Get(s.Issuer() + "/ui/login/password/init?" + url.Values{"userID": {s.lee}, "code": {reset.GetVerificationCode()}, "orgID": {s.linden}}.Encode()))
	if done := v.fill(page, "password", "Other-horse-8", "passwordconfirm", "Other-horse-8"); done.url.Path != "/ui/console/" {
		t.Fatalf("at %s: %s", done.url, done.body)
	}
	old, fresh := s.visitor(), s.visitor()
	a := s.attempt(nil)
	if page := old.fill(old.see(old.Get(a.url)), "loginName", "lee", "password", password); !strings.Contains(page.body, "is wrong") {
		t.Errorf("the old password works: %s", page.url)
	}
	s.exchange(a, fresh.fill(fresh.see(fresh.Get(a.url)), "loginName", "lee", "password", "Other-horse-8"))
}
