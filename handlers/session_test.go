package handlers

import (
	"net/http"
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
