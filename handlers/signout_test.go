package handlers

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

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
	spent := p.browser().post(p.zitadel.Issuer()+"/oauth/v2/token",
		"grant_type", "refresh_token", "client_id", p.made.ClientID, "refresh_token", network.refresh.Load().(string))
	if spent.Status != http.StatusBadRequest {
		t.Errorf("the refresh token answers %d after signing out, want 400", spent.Status)
	}
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
