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
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
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

func TestSigningOutEndsBothSessionsAndTheRefreshToken(t *testing.T) {
	var mu sync.Mutex
	var called []string
	network := &broken{seen: func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		called = append(called, r.URL.Path)
	}}
	p := newPortal(t, network.option)
	b := p.signIn(lee)
	session := b.cookie("homeroom-session")
	seen := b.post("/sign-out")
	if seen.Status != http.StatusOK || seen.URL.Path != "/signed-out" {
		t.Errorf("signing out ends with %d at %s, want /signed-out", seen.Status, seen.URL)
	}
	mu.Lock()
	if !slices.Contains(called, "/oauth/v2/revoke") {
		t.Errorf("the refresh token was not revoked; called %v", called)
	}
	mu.Unlock()
	other := p.browser()
	other.setCookie("homeroom-session", session)
	if seen := other.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("the old session answers %d, want 303", seen.Status)
	}
	if seen := b.get("/home"); "http://"+seen.URL.Host != p.zitadel.Issuer() {
		t.Errorf("after signing out the next sign-in ends at %s, want Zitadel's login: its session was left", seen.URL)
	}
}

func TestSigningOutGoesOnWhereTheFormSays(t *testing.T) {
	p := newPortal(t)
	seen := p.signIn(lee).post("/sign-out", "next", "/i/unknown")
	if seen.URL.Path != "/i/unknown" || seen.Status != http.StatusNotFound {
		t.Errorf("signing out ends with %d at %s, want /i/unknown", seen.Status, seen.URL)
	}
}

func TestSigningOutWorksWithoutZitadel(t *testing.T) {
	network := &broken{}
	p := newPortal(t, network.option)
	b := p.signIn(lee)
	network.cut.Store(true)
	b.post("/sign-out")
	if seen := b.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("/home answers %d after signing out, want 303", seen.Status)
	}
}

func TestZitadelEndsThePortalsSession(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	b.get(p.zitadel.Issuer() + "/oidc/v1/end_session?client_id=" + p.made.ClientID)
	eventually(t, func() bool { return b.staying().get("/home").Status == http.StatusSeeOther })
}

func TestForgedLogoutTokensEndNothing(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	for name, token := range map[string]string{
		"none":     "",
		"garbage":  "a.b.c",
		"unsigned": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1LWxlZSJ9.",
	} {
		if seen := p.browser().post("/auth/backchannel-logout", "logout_token", token); seen.Status != http.StatusBadRequest {
			t.Errorf("%s: %d, want 400", name, seen.Status)
		}
	}
	if seen := b.get("/home"); seen.Status != http.StatusOK || seen.URL.Path != "/home" {
		t.Errorf("the session was ended: %d at %s", seen.Status, seen.URL)
	}
}

func TestLogoutTokensWorkOnce(t *testing.T) {
	seen := seenTokens{seen: map[string]time.Time{}}
	now := time.Now()
	for _, step := range []struct {
		id    string
		at    time.Duration
		first bool
	}{{"a", 0, true}, {"a", time.Second, false}, {"b", time.Second, true}, {"a", 2 * time.Minute, true}} {
		if got := seen.first(step.id, now.Add(time.Minute), now.Add(step.at)); got != step.first {
			t.Errorf("token %s after %v: first = %v, want %v", step.id, step.at, got, step.first)
		}
	}
}

func TestSessionsEndWhenIdleAndWhenOld(t *testing.T) {
	p := newPortal(t)
	idle := p.signIn(lee)
	p.now.advance(sessionIdle + time.Minute)
	if seen := idle.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("an idle session answers %d, want 303", seen.Status)
	}
	old := p.signIn(lee)
	for range int(sessionLifetime/(20*time.Minute)) - 1 {
		p.now.advance(20 * time.Minute)
		if seen := old.staying().get("/home"); seen.Status != http.StatusOK {
			t.Fatalf("a session in use answers %d, want 200", seen.Status)
		}
	}
	p.now.advance(21 * time.Minute)
	if seen := old.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("a session of more than 12 hours answers %d, want 303", seen.Status)
	}
}

func TestARosterLeftOpenKeepsNobodySignedIn(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee).staying()
	poll := b.with("HX-Request", "true").with("HX-Target", "people").with("HX-Trigger", "people")
	for range 3 {
		p.now.advance(9 * time.Minute)
		if seen := poll.get("/home"); seen.Status != http.StatusOK {
			t.Fatalf("a poll answers %d, want 200", seen.Status)
		}
	}
	p.now.advance(9 * time.Minute)
	if seen := poll.get("/home"); seen.Status != http.StatusUnauthorized {
		t.Errorf("after 36 minutes without a click a poll answers %d, want 401", seen.Status)
	}
}

func TestTheSessionIsRevalidatedOnceForManyRequests(t *testing.T) {
	var refreshes atomic.Int64
	network := &broken{seen: func(r *http.Request) {
		if r.URL.Path == "/oauth/v2/token" {
			refreshes.Add(1)
		}
	}}
	p := newPortal(t, network.option)
	b := p.signIn(lee)
	for round := range 3 {
		refreshes.Store(0)
		p.now.advance(revalidateEvery + time.Minute)
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				if seen := b.get("/home"); seen.Status != http.StatusOK || seen.URL.Path != "/home" {
					t.Errorf("round %d: %d at %s", round, seen.Status, seen.URL)
				}
			})
		}
		wait.Wait()
		if n := refreshes.Load(); n != 1 {
			t.Errorf("round %d: the refresh token was spent %d times, want once", round, n)
		}
	}
}

func TestARevokedSignInEndsTheSession(t *testing.T) {
	network := &broken{}
	p := newPortal(t, network.option)
	b := p.signIn(lee)
	network.cut.Store(true)
	p.now.advance(revalidateEvery + time.Minute)
	if seen := b.staying().get("/home"); seen.Status != http.StatusOK {
		t.Errorf("Zitadel away: %d, want the page", seen.Status)
	}
	network.cut.Store(false)
	revoked := p.browser().post(p.zitadel.Issuer()+"/oauth/v2/revoke",
		"client_id", p.made.ClientID, "token", network.refresh.Load().(string), "token_type_hint", "refresh_token")
	if revoked.Status != http.StatusOK {
		t.Fatalf("revoke: %d", revoked.Status)
	}
	p.now.advance(revalidateAgain + time.Second)
	if seen := b.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("refresh token refused: %d, want 303 to sign-in", seen.Status)
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
