package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/zitadel/standin"
)

func start(school identity.OrganizationID) string { return "/s/" + string(school) }

func TestATileAndAnAddressLeadIntoTheClassroom(t *testing.T) {
	for _, version := range []int{1, 2} {
		p := newPortalOn(t, standin.Options{LoginVersion: version})
		entra := p.entra()
		before := p.audited(linden)
		for name, arrive := range map[string]func(*browser) page{
			"tile":    func(b *browser) page { return b.visit(start(p.id(linden)), nia) },
			"address": func(b *browser) page { return b.byAddress(tom, tom) },
		} {
			b := p.browser()
			seen := arrive(b)
			if seen.Status != http.StatusOK || seen.URL.Path != "/o/"+string(p.id(biology)) {
				t.Fatalf("V%d, by %s: %d at %s, want Biology\n%s\n%s", version, name, seen.Status, seen.URL, seen.text(), p.log)
			}
			if again := b.get("/home"); again.Status != http.StatusOK || again.URL.Path != "/home" {
				t.Errorf("V%d, by %s: not signed in afterwards: %d at %s", version, name, again.Status, again.URL)
			}
		}
		got := p.audited(linden)[len(before):]
		if want := []identity.Action{
			identity.ActionArrivalCreated, identity.ActionRoleAssigned, // in Biology
			identity.ActionArrivalCreated, identity.ActionRoleAssigned,
		}; !slices.Equal(got, want) {
			t.Errorf("V%d: recorded %v, want %v", version, got, want)
		}
		attempts := entra.attempts()
		if len(attempts) != 2 || attempts[0].State != identity.AttemptPassed || attempts[0].User == "" {
			t.Errorf("V%d: attempts %+v, want two that passed", version, attempts)
		}
		if len(attempts) > 0 && len(attempts[0].Received) != 0 {
			t.Errorf("V%d: what somebody who got in had sent is kept", version)
		}
	}
}

func TestTheSecondTimeIsTheSamePerson(t *testing.T) {
	p := newPortal(t)
	entra := p.entra()
	first := p.browser()
	first.visit(start(p.id(linden)), nia)
	entra.person(nia, nia, "Niamh")
	second := p.browser()
	seen := second.visit(start(p.id(linden))+"?next=/organizations", nia)
	if seen.URL.Path != "/organizations" || !strings.Contains(seen.text(), "Niamh Arrived") {
		t.Errorf("the second time ends at %s, want /organizations with the new name\n%s", seen.URL, seen.text())
	}
	attempts := entra.attempts()
	if len(attempts) != 2 || attempts[0].User != attempts[1].User || attempts[0].User == "" {
		t.Errorf("two people came: %+v", attempts)
	}
}

func TestSomebodyKnownIsLinkedByAddress(t *testing.T) {
	p := newPortal(t)
	p.entra(func(c *identity.Connection) { c.Rules.Joining = identity.JoinRoster })
	b := p.browser()
	seen := b.byAddress(strings.ToUpper(sam), sam, "next", "/organizations")
	if seen.URL.Path != "/organizations" || !strings.Contains(seen.text(), "Sam") {
		t.Fatalf("Sam ends with %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	user, err := p.store.User(p.ctx, p.people[sam].ID)
	p.check(err)
	if user.FamilyName != "Arrived" {
		t.Errorf("the name is %q, want the identity provider's", user.DisplayName())
	}
	if seen := p.browser().byAddress(lea, lea); seen.Status != http.StatusForbidden ||
		!strings.Contains(seen.text(), "You are not in a class of Linden School yet") {
		t.Errorf("somebody without a role: %d\n%s", seen.Status, seen.text())
	}
}

func TestWhoAsksToJoinIsTold(t *testing.T) {
	p := newPortal(t)
	p.entra(func(c *identity.Connection) { c.Rules.Classroom = "" })
	rows := p.store.In(p.founded(linden))
	p.check(rows.ChangeDomain(p.ctx, identity.Change{Action: identity.ActionDomainChanged}, identity.Domain{
		Name: "linden.example", Verified: true, Join: identity.AutoJoinAsk, Role: identity.RoleStudent, Classroom: p.id(biology),
	}, func(context.Context, *identity.Domain) error { return nil }))
	seen := p.browser().visit(start(p.id(linden)), nia)
	if seen.URL.Path != "/home" || !strings.Contains(seen.text(), "Linden School was asked to let you in.") {
		t.Errorf("%d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	requests, err := rows.JoinRequests(p.ctx)
	p.check(err)
	if requests.Waiting != 1 || requests.Rows[0].Name != "Nia Arrived" || requests.Rows[0].Classroom != p.id(biology) || requests.Rows[0].Address != nia {
		t.Errorf("requests %+v, want Nia's", requests)
	}
}

func TestOpenIDConnectArrivesAsWell(t *testing.T) {
	p := newPortal(t)
	entra := p.entra(func(c *identity.Connection) { c.Vendor, c.Protocol = identity.VendorOIDC, identity.ProtocolOIDC })
	seen := p.browser().visit(start(p.id(linden)), nia)
	if seen.Status != http.StatusOK || seen.URL.Path != "/o/"+string(p.id(biology)) {
		t.Errorf("%d at %s, want Biology\n%s\n%s", seen.Status, seen.URL, seen.text(), p.log)
	}
	p.check(entra.app.SetMisbehaviour(testidp.UnverifiedAddress))
	seen = p.browser().visit(start(p.id(linden)), lea)
	if seen.Status != http.StatusForbidden || !strings.Contains(seen.text(), "your e-mail address was not confirmed") {
		t.Errorf("an address that the provider doubts: %d\n%s", seen.Status, seen.text())
	}
}

// What fails is told in plain words with a code that IT finds, and once.
func TestWhoIsRefusedIsToldAndITSeesWhy(t *testing.T) {
	p := newPortal(t)
	entra := p.entra()
	p.person(club, "taken@linden.example", "Tess", "Taken")
	entra.person("taken@linden.example", "taken@linden.example", "Tess")
	entra.person("eve@evil.example", "eve@evil.example", "Eve")
	entra.person("pupil1", "", "Pip")
	p.settled()
	for _, c := range []struct {
		name, who    string
		misbehaviour testidp.Misbehaviour
		text         string
		finding      string // the first bad one
	}{
		{"another audience", nia, testidp.WrongAudience, "did not understand each other", "audience"},
		{"not signed", nia, testidp.Unsigned, "did not understand each other", "signature"},
		{"no address", "pupil1", testidp.Behaves, "did not say what your e-mail address is", "address"},
		{"another domain", "eve@evil.example", testidp.Behaves, "Your address ends with evil.example", "domain"},
		{"taken elsewhere", "taken@linden.example", testidp.Behaves, "it does not belong to Linden School", "taken"},
		{"an operator", olu, testidp.Behaves, "Your address ends with operators.example", "domain"},
		{"the provider refused", nia, testidp.StatusDenied, "did not understand each other", "status"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.check(entra.app.SetMisbehaviour(c.misbehaviour))
			b := p.browser()
			seen := b.visit(start(p.id(linden))+"?next=/organizations", c.who)
			if seen.Status != http.StatusForbidden || !strings.Contains(seen.text(), c.text) {
				t.Fatalf("%d at %s, want 403 with %q\n%s\n%s", seen.Status, seen.URL, c.text, seen.text(), p.log)
			}
			attempt := entra.attempts()[0]
			if attempt.State != identity.AttemptFailed || !strings.Contains(seen.text(), attempt.ID.Code()) {
				t.Errorf("the page does not say the code %s of %+v", attempt.ID.Code(), attempt)
			}
			bad := slices.DeleteFunc(attempt.Findings, func(f identity.Finding) bool { return f.Level != identity.LevelBad })
			if len(bad) == 0 || bad[0].Code != c.finding {
				t.Errorf("found %+v, want %s first", bad, c.finding)
			}
			if again := b.staying().get("/home"); again.Status != http.StatusSeeOther {
				t.Errorf("somebody is signed in: %d", again.Status)
			}
			if reloaded := b.get(seen.URL.String()); reloaded.Status != http.StatusGone {
				t.Errorf("the attempt goes on: %d", reloaded.Status)
			}
		})
	}
}

// The other half of a sign-in is worth nothing in another browser.
func TestAnAttemptEndsInTheBrowserThatBeganIt(t *testing.T) {
	p := newPortal(t)
	entra := p.entra()
	mine := p.browser()
	back := mine.heldAt(start(p.id(linden)), nia)
	other := p.browser()
	if seen := other.get(back); seen.Status != http.StatusGone {
		t.Errorf("a browser that began nothing: %d, want 410", seen.Status)
	}
	other.heldAt(start(p.id(linden)), tom)
	if seen := other.get(back); seen.Status != http.StatusGone {
		t.Errorf("a browser that began another attempt: %d, want 410", seen.Status)
	}
	if seen := other.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("the other browser is signed in: %d", seen.Status)
	}
	if seen := mine.visit(back, nia); seen.Status != http.StatusOK || seen.URL.Path != "/o/"+string(p.id(biology)) {
		t.Errorf("the browser that began it: %d at %s, want Biology", seen.Status, seen.URL)
	}
	if seen := mine.get(back); seen.Status != http.StatusOK || seen.URL.Path != "/home" || len(entra.attempts()) != 2 {
		t.Errorf("the back button: %d at %s, want home", seen.Status, seen.URL)
	}
}

func TestAnIntentServesItsOwnAttemptAlone(t *testing.T) {
	p := newPortal(t)
	p.entra()
	maple := p.connect(birch, func(c *identity.Connection) {
		c.Vendor, c.Protocol, c.Name = identity.VendorOkta, identity.ProtocolSAML, "Birch Okta"
		c.Domains = []string{"birch.example"}
		c.Rules = identity.JoiningRules{Joining: identity.JoinCreate, Role: identity.RoleStudent, Classroom: p.id(maths)}
	})
	maple.person("eve@birch.example", "eve@birch.example", "Eve")
	b := p.browser()
	own := b.heldAt(start(p.id(linden)), nia)
	ended := b.heldAt(start(p.id(linden)), tom)
	foreign := b.heldAt(start(p.id(birch)), "eve@birch.example")
	path, _, _ := strings.Cut(own, "?")
	query := func(address string) string { _, q, _ := strings.Cut(address, "?"); return q }
	for name, address := range map[string]string{
		"of another attempt":         path + "?" + query(ended),
		"of another school":          path + "?" + query(foreign),
		"with a made-up token":       path + "?id=" + "x" + "&token=y",
		"with the token of another":  path + "?id=" + queryOf(own, "id") + "&token=" + queryOf(foreign, "token"),
		"of an attempt nobody began": p.url + "/arrive/aaaaaaaaaaaaaaaaaaaaaaaaaa?" + query(own),
	} {
		if seen := b.get(address); seen.Status != http.StatusGone {
			t.Errorf("an intent %s: %d, want 410\n%s", name, seen.Status, seen.text())
		}
	}
	p.now.advance(16 * time.Minute)
	if seen := b.get(own); seen.Status != http.StatusGone {
		t.Errorf("after 16 minutes: %d, want 410", seen.Status)
	}
}

func queryOf(address, name string) string { return query(address, name) }

func TestOnlyPagesOfThePortalAreGoneOnTo(t *testing.T) {
	p := newPortal(t)
	p.entra()
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"} {
		seen := p.browser().visit(start(p.id(linden))+"?next="+next, nia)
		if seen.Status != http.StatusOK || seen.URL.Path != "/o/"+string(p.id(biology)) {
			t.Errorf("next=%s by tile ends at %s", next, seen.URL)
		}
		seen = p.browser().byAddress(nia, nia, "next", next)
		if seen.Status != http.StatusOK || seen.URL.Path != "/o/"+string(p.id(biology)) {
			t.Errorf("next=%s by address ends at %s", next, seen.URL)
		}
	}
}

// Two people on one machine, one after the other: the second is never the first,
// and does not take the place of somebody who is signed in unasked.
func TestTwoPeopleOnOneMachine(t *testing.T) {
	p := newPortal(t)
	entra := p.entra()
	b := p.browser()
	b.visit(start(p.id(linden)), nia)
	b.forgets(entra)
	seen := b.visit(start(p.id(linden)), tom)
	if seen.Status != http.StatusOK || !strings.Contains(seen.text(), "Go on as Tom Arrived?") || !strings.Contains(seen.text(), "Nia Arrived is signed in") {
		t.Fatalf("nobody asks: %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	if home := b.get("/home"); !strings.Contains(home.text(), "Nia Arrived") {
		t.Errorf("before the answer somebody else is signed in:\n%s", home.text())
	}
	form := find(seen.doc, "form", "action", seen.URL.Path)
	if form == nil {
		t.Fatalf("there is no form to go on\n%s", seen.Body)
	}
	on := b.staying().post(seen.URL.Path)
	target, _ := strings.CutPrefix(on.Header.Get("Refresh"), "0; url=")
	if on := b.visit(target, tom); on.URL.Path != "/o/"+string(p.id(biology)) || !strings.Contains(on.text(), "Tom Arrived") {
		t.Errorf("Tom ends at %s\n%s", on.URL, on.text())
	}
	if again := b.post("/arrive/aaaaaaaaaaaaaaaaaaaaaaaaaa"); again.Status != http.StatusGone {
		t.Errorf("a place taken without an arrival: %d, want 410", again.Status)
	}
}

func TestTheSamePersonIsNotAsked(t *testing.T) {
	p := newPortal(t)
	p.entra()
	b := p.browser()
	for range 2 {
		if seen := b.visit(start(p.id(linden)), nia); seen.URL.Path != "/o/"+string(p.id(biology)) {
			t.Errorf("Nia ends at %s\n%s", seen.URL, seen.text())
		}
	}
}

// A registration at Clever serves every school: the district tells them apart,
// and whoever is tied to it at another school stays there.
func TestCleverTellsSchoolsApartByTheirDistrict(t *testing.T) {
	p := newPortal(t)
	ofLinden, _ := p.clever()
	ofLinden.idp.AddPerson(testidp.Person{
		UserName: "moved@birch.example", Address: "moved@birch.example", GivenName: "Moe", FamilyName: "Ved", District: "birch-district",
	})
	b := p.browser()
	if seen := b.visit(start(p.id(birch)), "moved@birch.example"); seen.Status != http.StatusOK || seen.URL.Path != "/home" {
		t.Fatalf("at the own school: %d at %s\n%s\n%s", seen.Status, seen.URL, seen.text(), p.log)
	}
	ofLinden.idp.AddPerson(testidp.Person{
		UserName: "stray", Address: "stray@linden.example", GivenName: "Stray", FamilyName: "Er", District: "birch-district",
	})
	if seen := p.browser().visit(start(p.id(linden)), "stray"); seen.Status != http.StatusForbidden ||
		!strings.Contains(seen.text(), "another district than Linden School") {
		t.Errorf("from another district: %d\n%s", seen.Status, seen.text())
	}
	// The same person, moved to the other district: the account stays where it is.
	ofLinden.idp.AddPerson(testidp.Person{
		UserName: "moved@birch.example", Address: "moved@linden.example", GivenName: "Moe", FamilyName: "Ved",
		District: testidp.LindenDistrict,
	})
	if seen := p.browser().visit(start(p.id(linden)), "moved@birch.example"); seen.Status != http.StatusForbidden ||
		!strings.Contains(seen.text(), "belongs to another school than Linden School") {
		t.Errorf("tied at another school: %d\n%s", seen.Status, seen.text())
	}
}

func TestSigningOutWorksForWhoCameFromASchool(t *testing.T) {
	p := newPortal(t)
	p.entra()
	b := p.browser()
	b.visit(start(p.id(linden)), nia)
	if seen := b.post("/sign-out"); seen.URL.Path != "/signed-out" {
		t.Errorf("signing out ends with %d at %s", seen.Status, seen.URL)
	}
	if seen := b.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("still signed in: %d", seen.Status)
	}
}
