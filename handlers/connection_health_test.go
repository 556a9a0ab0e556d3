package handlers

import (
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

func TestAConnectionsPageTellsHowItFares(t *testing.T) {
	p := newPortal(t)
	c := p.entra(func(c *identity.Connection) { c.MetadataURL = "https://idp.linden.example/metadata" })
	rows := p.store.In(p.founded(linden))
	for _, cause := range []string{"audience", "clock", "audience", ""} {
		a := identity.Attempt{ID: identity.NewAttemptID(), Connection: c.connection.ID, Kind: identity.AttemptSignIn, State: identity.AttemptPassed}
		p.check(rows.BeginAttempt(p.ctx, a, store.AttemptWay{Browser: "b"}))
		if cause != "" {
			a.State, a.Findings = identity.AttemptFailed, []identity.Finding{{Code: cause, Level: identity.LevelBad}}
		}
		p.check(rows.FinishAttempt(p.ctx, a))
	}
	p.check(rows.MetadataFetched(p.ctx, c.connection.ID, identity.Say("outbound.status", "Host", "idp.linden.example", "Status", 503)))
	b, path := p.signIn(priya), views.InPortal(p.id(linden)).Connection(c.connection.ID)
	seen := b.get(path).text()
	for _, want := range []string{"Audience · 2", "Clock · 1", "The metadata could not be read again", "idp.linden.example"} {
		if !strings.Contains(seen, want) {
			t.Errorf("the page lacks %q:\n%s", want, seen)
		}
	}
	p.check(rows.MetadataFetched(p.ctx, c.connection.ID, identity.Message{}))
	if seen := b.get(path).text(); strings.Contains(seen, "could not be read again") {
		t.Error("the trouble is told although it is over")
	}
}
