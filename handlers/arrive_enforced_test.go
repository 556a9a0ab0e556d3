package handlers

import (
	"net/http"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel/standin"
)

// Where the school's own sign-in is the only way in, whoever comes otherwise is
// led there, and nothing of their sign-in stays.
func TestOneWayInHoldsForThePeopleOfTheSchool(t *testing.T) {
	for _, c := range []struct {
		name, who string
		login     int // version of Zitadel's login
		let       bool
	}{
		{"a teacher of the school", lee, 1, false},
		{"a teacher of the school, V2", lee, 2, false},
		{"a student with a user name", noor, 1, false},
		{"somebody excepted", priya, 1, true},
		{"somebody of another school", mallory, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPortalOn(t, standin.Options{LoginVersion: c.login})
			entra := p.entra()
			entra.enforce()
			b := p.browser()
			seen := b.signInAt("/sign-in?local=1&next=/organizations", c.who, secret)
			if c.let {
				if seen.Status != http.StatusOK || seen.URL.Path != "/organizations" {
					t.Errorf("%d at %s, want /organizations\n%s", seen.Status, seen.URL, seen.text())
				}
				return
			}
			if seen.Status != http.StatusForbidden || seen.URL.Path != "/s/"+string(p.id(linden))+"/only" ||
				!strings.Contains(seen.text(), "Linden School has one way in") || !strings.Contains(seen.text(), "Linden Entra") {
				t.Fatalf("%d at %s\n%s\n%s", seen.Status, seen.URL, seen.text(), p.log)
			}
			if home := b.staying().get("/home"); home.Status != http.StatusSeeOther {
				t.Errorf("somebody is signed in: %d", home.Status)
			}
			if again := b.get("/sign-in?local=1"); find(again.doc, "form", "", "") == nil || "http://"+again.URL.Host != p.zitadel.Issuer() {
				t.Errorf("the session at Zitadel was left: %d at %s", again.Status, again.URL)
			}
			if got := seen.field("next"); got != "/organizations" {
				t.Errorf("the way on leads to %q, want the page asked for", got)
			}
		})
	}
}

func TestTheOneWayInLeadsIn(t *testing.T) {
	p := newPortal(t)
	entra := p.entra(func(c *identity.Connection) { c.Rules.Joining = identity.JoinLink })
	entra.enforce()
	b := p.browser()
	b.signInAt("/sign-in?local=1", lee, secret)
	seen := b.byAddress(lee, lee)
	if seen.Status != http.StatusOK || seen.URL.Path != "/o/"+string(p.id(biology))+"/roster" {
		t.Fatalf("through the school: %d at %s\n%s\n%s", seen.Status, seen.URL, seen.text(), p.log)
	}
	// And not by what is left of it: another sign-in needs another arrival.
	b.post("/sign-out")
	if seen := b.signInAt("/sign-in?local=1", sam, secret); seen.Status != http.StatusForbidden {
		t.Errorf("somebody else after them: %d at %s", seen.Status, seen.URL)
	}
}

// Who arrived does not vouch for who signs in.
func TestAnArrivalCountsForItsOwnPersonAlone(t *testing.T) {
	p := newPortal(t)
	entra := p.entra()
	entra.enforce()
	b := p.browser()
	back := b.heldAt(start(p.id(linden)), sam)
	b.staying().get(back) // Sam has arrived, and does not go on to Zitadel
	if seen := b.signInAt("/sign-in?local=1", lee, secret); seen.Status != http.StatusForbidden {
		t.Errorf("Maria after Sam's arrival: %d at %s", seen.Status, seen.URL)
	}
}

func TestAnArrivalDoesNotCountForLong(t *testing.T) {
	p := newPortal(t)
	entra := p.entra()
	b := p.browser()
	back := b.heldAt(start(p.id(linden)), sam)
	on := b.staying().get(back).Header.Get("Location")
	entra.enforce()
	p.now.advance(arrivalFresh + 1)
	if seen := b.visit(on, sam); seen.Status != http.StatusForbidden {
		t.Errorf("Sam long after the arrival: %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
}
