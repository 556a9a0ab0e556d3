package handlers

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

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
