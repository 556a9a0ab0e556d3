package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

func TestOnlyOwnPagesAreReturnedTo(t *testing.T) {
	for path, want := range map[string]string{
		"/o/42/roster?search=sam":          "/o/42/roster?search=sam",
		"/":                                "/",
		"":                                 "/home",
		"home":                             "/home",
		"//evil.example":                   "/home",
		"/\\evil.example":                  "/home",
		"\\\\evil.example":                 "/home",
		"https://evil.example/":            "/home",
		"javascript:alert(1)":              "/home",
		"/a\nb":                            "/home",
		"/%zz":                             "/home",
		"/" + strings.Repeat("x", maxNext): "/home",
	} {
		if got := localPath(path, "/home"); got != want {
			t.Errorf("localPath(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestSignInReturnsToThePageAskedFor(t *testing.T) {
	p := newPortal(t)
	seen := p.browser().signInAt("/organizations?from=mail", lee, secret)
	if seen.Status != http.StatusOK || seen.URL.RequestURI() != "/organizations?from=mail" {
		t.Errorf("after sign-in: %d at %s, want the page asked for", seen.Status, seen.URL)
	}
	if !strings.Contains(seen.text(), "Maria Lee") {
		t.Errorf("the page does not say who is signed in:\n%s", seen.text())
	}
}

func TestTheSessionTokenChangesAtSignIn(t *testing.T) {
	p := newPortal(t)
	b := p.browser()
	token := p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	// Accepting leaves something in the session of somebody not signed in.
	b.staying().post("/i/"+token, "as", "new", "given-name", "New")
	before := b.cookie("homeroom-session")
	if before == "" {
		t.Fatal("no session before sign-in: the test tests nothing")
	}
	b.signInAt("/home", lee, secret)
	if after := b.cookie("homeroom-session"); after == before || after == "" {
		t.Errorf("session token %q stayed through sign-in", after)
	}
	other := p.browser()
	other.setCookie("homeroom-session", before)
	if seen := other.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("the old session token answers %d, want 303 to sign-in", seen.Status)
	}
}

func TestSeveralTabsSignInAtOnce(t *testing.T) {
	p := newPortal(t)
	b := p.browser()
	paths := []string{"/home?tab=1", "/organizations?tab=2", "/home?tab=3"}
	var tabs []page
	for _, path := range paths {
		tabs = append(tabs, b.get(path)) // each stands at Zitadel's login now
	}
	for i, tab := range slices.Backward(tabs) {
		if seen := b.through(tab, lee, secret); seen.Status != http.StatusOK || seen.URL.RequestURI() != paths[i] {
			t.Errorf("tab %d ends with %d at %s, want %s", i+1, seen.Status, seen.URL, paths[i])
		}
	}
}

func TestAttemptsToSignInAreBounded(t *testing.T) {
	p := newPortal(t)
	b := p.browser().staying()
	for range 3 * maxAttempts {
		b.get("/sign-in")
		p.now.advance(time.Second)
	}
	kept := 0
	for _, cookie := range b.client.Jar.Cookies(p.location()) {
		if strings.HasPrefix(cookie.Name, "homeroom-sign-in-") {
			kept++
		}
	}
	if kept != maxAttempts {
		t.Errorf("%d attempts are kept, want %d", kept, maxAttempts)
	}
}

func TestACallbackNobodyAskedForSignsNobodyIn(t *testing.T) {
	p := newPortal(t)
	for name, path := range map[string]string{
		"no state":      "/auth/callback?code=x",
		"foreign state": "/auth/callback?code=x&state=y",
		"error":         "/auth/callback?error=access_denied&state=y",
	} {
		if seen := p.browser().get(path); seen.Status != http.StatusGone {
			t.Errorf("%s: %d, want 410", name, seen.Status)
		}
	}
	b := p.browser().staying()
	state := query(b.get("/sign-in").Header.Get("Location"), "state")
	if seen := b.get("/auth/callback?code=wrong&state=" + state); seen.Status != http.StatusGone {
		t.Errorf("wrong code: %d, want 410", seen.Status)
	}
	if seen := b.get("/auth/callback?code=wrong&state=" + state); seen.Status != http.StatusGone {
		t.Errorf("state used twice: %d, want 410", seen.Status)
	}
	if seen := b.get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("/home answers %d after failed sign-ins, want 303", seen.Status)
	}
}

func TestHtmxWithoutASessionIsSentToSignIn(t *testing.T) {
	p := newPortal(t)
	b := p.browser().staying().with("HX-Request", "true").with("HX-Current-URL", p.url+"/home?x=1")
	seen := b.get("/organizations")
	if want := "/sign-in?next=%2Fhome%3Fx%3D1"; seen.Status != http.StatusUnauthorized || seen.Header.Get("HX-Redirect") != want {
		t.Errorf("%d with HX-Redirect %q, want 401 and %q", seen.Status, seen.Header.Get("HX-Redirect"), want)
	}
}

func TestSigningUpLeadsToZitadelsOwnForm(t *testing.T) {
	p := newPortal(t)
	location := p.browser().staying().get("/sign-in?create=1").Header.Get("Location")
	if query(location, "prompt") != "create" || !strings.HasPrefix(location, p.zitadel.Issuer()) {
		t.Errorf("sign-up leads to %q, want the issuer with prompt=create", location)
	}
	if in := "urn:zitadel:iam:org:id:" + string(p.made.Individuals); !slices.Contains(strings.Fields(query(location, "scope")), in) {
		t.Errorf("sign-up asks for %q, want %s among it", query(location, "scope"), in)
	}
	if query(location, "code_challenge_method") != "S256" || query(location, "nonce") == "" || query(location, "state") == "" {
		t.Errorf("authorization request lacks PKCE, nonce or state: %q", location)
	}
}

// broken is a network that can be cut, and that is listened in on.
type broken struct {
	cut     atomic.Bool
	seen    func(*http.Request)
	refresh atomic.Value // the last refresh token that Zitadel gave
}

func (b *broken) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.cut.Load() {
		return nil, errors.New("no route to Zitadel")
	}
	if b.seen != nil {
		b.seen(r)
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || r.URL.Path != "/oauth/v2/token" {
		return response, err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var tokens struct {
		RefreshToken string `json:"refresh_token"`
	}
	if json.Unmarshal(body, &tokens) == nil && tokens.RefreshToken != "" {
		b.refresh.Store(tokens.RefreshToken)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

func (b *broken) option(o *Options) {
	o.OIDC.Client = &http.Client{Transport: b, Timeout: 5 * time.Second}
}

func TestThePortalStartsWithoutZitadelAndRecovers(t *testing.T) {
	network := &broken{}
	network.cut.Store(true)
	p := newPortal(t, network.option)
	b := p.browser()
	if seen := b.get("/"); seen.Status != http.StatusOK {
		t.Errorf("landing page: %d, want 200", seen.Status)
	}
	seen := b.get("/home")
	if seen.Status != http.StatusServiceUnavailable || !strings.Contains(seen.text(), "The sign-in service does not answer") {
		t.Errorf("sign-in without Zitadel: %d\n%s", seen.Status, seen.text())
	}
	network.cut.Store(false)
	eventually(t, func() bool { return b.get("/sign-in").Status == http.StatusOK })
	if seen := b.signInAt("/home", lee, secret); seen.URL.Path != "/home" {
		t.Errorf("after Zitadel is back: %d at %s", seen.Status, seen.URL)
	}
}

// eventually waits for what happens by itself, within a few seconds.
func eventually(t *testing.T, so func() bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-deadline:
			t.Fatal("it never came to be so")
		case <-tick.C:
		}
	}
}

func query(address, name string) string {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Sprintf("broken URL %q", address)
	}
	return u.Query().Get(name)
}

func TestSomebodyNewRegistersAndComesHome(t *testing.T) {
	p := newPortal(t)
	seen := p.browser().signInAt("/sign-in?create=1", "fresh@example.org", secret)
	if seen.Status != http.StatusOK || seen.URL.Path != "/home" || !strings.Contains(seen.text(), "fresh@example.org") {
		t.Errorf("registering ends with %d at %s, want home\n%s", seen.Status, seen.URL, seen.text())
	}
}

// Whom the portal knows as locked or deactivated, and Zitadel does not, is told so:
// each page would send them to sign in, and Zitadel back to the page.
func TestWhoseAccountIsShutIsNotSentInACircle(t *testing.T) {
	p := newPortal(t)
	for state, says := range map[identity.UserState]string{
		identity.UserLocked: "Your account is locked", identity.UserInactive: "Your account is turned off",
	} {
		b := p.signIn(sam)
		told := func(state identity.UserState) {
			p.told(identity.UserChanged{User: p.people[sam].ID, State: &state, At: time.Now()})
		}
		told(state)
		seen := b.get("/home")
		if seen.Status != http.StatusForbidden || !strings.Contains(seen.text(), says) || find(seen.doc, "a", "href", views.SignInPath) == nil {
			t.Errorf("%s: %d at %s\n%s", state, seen.Status, seen.URL, seen.text())
		}
		if home := b.staying().get("/home"); home.Status != http.StatusSeeOther {
			t.Errorf("%s: signed in all the same: %d", state, home.Status)
		}
		// Zitadel's session is over, too: the next person at this device is asked.
		login := b.get("/sign-in?local=1")
		if !strings.HasPrefix(login.URL.String(), p.zitadel.Issuer()) {
			t.Fatalf("%s: signing in again leads to %s", state, login.URL)
		}
		told(identity.UserActive)
		if seen := b.through(login, sam, secret); seen.URL.Path != views.HomePath {
			t.Errorf("%s, and no more: %d at %s\n%s", state, seen.Status, seen.URL, seen.text())
		}
	}
}
