package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestEveryAnswerIsSecured(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	for _, path := range []string{"/", "/home", "/nothing", "/o/unknown", "/healthz"} {
		seen := b.staying().get(path)
		for name, want := range map[string]string{
			"Content-Security-Policy": contentSecurityPolicy,
			"X-Content-Type-Options":  "nosniff",
			"Referrer-Policy":         "same-origin",
			"Cache-Control":           "no-store",
		} {
			if got := seen.Header.Get(name); got != want {
				t.Errorf("%s: %s = %q, want %q", path, name, got, want)
			}
		}
	}
	for _, banned := range []string{"unsafe-inline", "unsafe-eval", "http:", "*"} {
		if strings.Contains(contentSecurityPolicy, banned) {
			t.Errorf("the policy allows %s", banned)
		}
	}
}

func TestCookiesBelongToThisHostAlone(t *testing.T) {
	p := newPortal(t)
	for secure, prefix := range map[bool]string{false: "homeroom-", true: "__Host-homeroom-"} {
		if got := hostCookie("session", secure); got != prefix+"session" {
			t.Errorf("secure %v: cookie %q", secure, got)
		}
	}
	options := Options{
		Store: p.store, Gateway: p.gateway, Provisioner: p.opener, OIDC: OIDC{Issuer: p.made.Issuer, ClientID: p.made.ClientID},
		PublicURL: "https://homeroom.example", Projection: func() ProjectionStatus { return ProjectionStatus{} },
		MailReady: p.store.Ready,
	}
	secured, err := New(options)
	p.check(err)
	answer := httptest.NewRecorder()
	secured.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/sign-in", nil))
	cookies := answer.Result().Cookies()
	if len(cookies) == 0 {
		t.Fatal("no cookie is set")
	}
	for _, c := range cookies {
		if !c.Secure || !c.HttpOnly || c.Domain != "" || c.Path != "/" || c.SameSite != http.SameSiteLaxMode ||
			!strings.HasPrefix(c.Name, "__Host-") {
			t.Errorf("cookie %+v", c)
		}
	}
	if answer.Header().Get("Strict-Transport-Security") == "" {
		t.Error("https without Strict-Transport-Security")
	}
}

func TestOtherSitesChangeNothing(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		if seen := b.staying().with(name, value).post("/sign-out"); seen.Status != http.StatusForbidden {
			t.Errorf("%s: %s: %d, want 403", name, value, seen.Status)
		}
	}
	if seen := b.get("/home"); seen.Status != http.StatusOK || seen.URL.Path != "/home" {
		t.Errorf("the session was ended: %d at %s", seen.Status, seen.URL)
	}
}

func TestAFormIsAtMostOneMegabyte(t *testing.T) {
	p := newPortal(t)
	if seen := p.browser().post("/language", "language", strings.Repeat("x", maxBody)); seen.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d, want 413", seen.Status)
	}
}

func TestAClassBehindOneAddressIsNotLimited(t *testing.T) {
	p := newPortal(t)
	b := p.browser().staying()
	for i := range 35 * 10 {
		if seen := b.get("/sign-in"); seen.Status != http.StatusSeeOther {
			t.Fatalf("sign-in %d: %d, want 303", i, seen.Status)
		}
	}
}

func TestTooManyTriesAreToldToWait(t *testing.T) {
	p := newPortal(t)
	b := p.browser().staying()
	var seen page
	for range triesPerInvitation + 1 {
		seen = b.post("/i/guess", "as", "new", "given-name", "X")
	}
	if seen.Status != http.StatusTooManyRequests || seen.Header.Get("Retry-After") == "" || !strings.Contains(seen.text(), "Wait a minute") {
		t.Errorf("%d with Retry-After %q, want 429\n%s", seen.Status, seen.Header.Get("Retry-After"), seen.text())
	}
	if seen := b.post("/i/other", "as", "new", "given-name", "X"); seen.Status != http.StatusNotFound {
		t.Errorf("another invitation: %d, want 404: it has its own limit", seen.Status)
	}
}

func TestAPanicIsAnsweredAndLoggedOnce(t *testing.T) {
	p := newPortal(t)
	handler := p.server().chain(p.server().open(func(http.ResponseWriter, *http.Request) error { panic("a bug") }))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if answer.Code != http.StatusInternalServerError || strings.Contains(answer.Body.String(), "a bug") {
		t.Errorf("%d, want 500 without the cause\n%s", answer.Code, answer.Body)
	}
	lines := p.logLines()
	last := lines[len(lines)-1]
	if strings.Count(p.log.String(), "a bug") != 1 {
		t.Errorf("the panic is in the log %d times:\n%s", strings.Count(p.log.String(), "a bug"), p.log)
	}
	if last["status"] != float64(500) || last["stack"] == nil || last["request"] == nil || last["level"] != "ERROR" {
		t.Errorf("log line %v", last)
	}
}

func TestTheLogHoldsOneLinePerRequestAndNothingPersonal(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	before := len(p.logLines())
	b := p.signIn(lee)
	b.get("/i/" + token)
	b.get("/o/" + string(p.id(biology)))
	b.get("/o/" + string(p.id(maths)))
	lines := p.logLines()[before:]
	var found bool
	for _, line := range lines {
		found = found || line["route"] == "/o/{organization}" && line["user"] == string(p.people[lee].ID) &&
			line["organization"] == string(p.id(biology))
	}
	if !found {
		t.Errorf("no line names route, user and organization:\n%s", p.log)
	}
	for _, personal := range []string{"@", "Maria", "Lee", token, secret, "code=", "state="} {
		if strings.Contains(p.log.String(), personal) {
			t.Errorf("the log holds %q:\n%s", personal, p.log)
		}
	}
}

// server is the portal's Server itself, for the parts of its chain.
func (p *portal) server() *Server { return p.inside }

// logLines are the lines of the log so far.
func (p *portal) logLines() []map[string]any {
	var lines []map[string]any
	for text := range strings.Lines(p.log.String()) {
		var line map[string]any
		p.check(json.Unmarshal([]byte(text), &line))
		lines = append(lines, line)
	}
	return lines
}

func TestReadinessNamesEveryPart(t *testing.T) {
	network := &broken{}
	p := newPortal(t, network.option, func(o *Options) {
		o.MailReady = func(ctx context.Context) error { return errors.New("mail server refuses") }
	})
	seen := p.browser().get("/readyz")
	if seen.Status != http.StatusOK || seen.Body != "degraded\ndatabase: ok\nprojection: ok\nzitadel: ok\nmail: away\n" {
		t.Errorf("%d\n%s", seen.Status, seen.Body)
	}
	network.cut.Store(true)
	eventually(t, func() bool {
		return strings.Contains(p.browser().with("Accept", "application/json").get("/readyz").Body, `{"name":"zitadel","state":"away"}`)
	})
	if strings.Contains(p.browser().get("/readyz").Body, "refuses") {
		t.Error("causes are shown to everybody")
	}
}
