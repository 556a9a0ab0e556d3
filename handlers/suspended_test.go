package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
	"homeroom.dev/homeroom/zitadel/standin"
)

// closedSentence is what every door of Linden School says while it is suspended.
const closedSentence = "“Linden School” is closed for the time being."

// suspended is a portal with everything that leads into Linden, which the
// operator then suspends by their page.
type suspended struct {
	*portal
	invitation, setup, recovery string // tokens
	people                      map[string]*browser
	throughLink                 *browser // in which the code of the set-up link was confirmed
	atProvider                  *browser // on its way through the school's identity provider
	provider                    string   // where that one is
	atLogin                     *browser // at Zitadel's login page
	login                       page
}

func beforeSuspension(t *testing.T, version int) *suspended {
	t.Helper()
	p := newPortalOn(t, standin.Options{LoginVersion: version})
	entra := p.entra()
	p.assign(biology, mallory, identity.RoleTeacher) // a guest
	p.settled()
	s := &suspended{portal: p, people: map[string]*browser{}}
	s.invitation = p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	_, s.setup = p.setupLink(linden, priya, identity.IntentSSO, identity.IntentDomains)
	s.throughLink = p.throughLink(s.setup)
	enforced, err := p.store.In(p.founded(linden)).SetEnforcement(p.ctx, identity.Change{Action: identity.ActionEnforced}, identity.Enforcement{
		On:         true,
		Exceptions: []identity.EnforcementException{{User: p.people[priya].ID, Name: "Priya", BreakGlass: true}},
	}, true)
	p.check(err)
	s.recovery = enforced
	for _, who := range []string{priya, mallory, bob, olu} {
		s.people[who] = p.signIn(who)
	}
	s.people[lee] = p.browser()
	s.people[lee].visit(start(p.id(linden)), lee)
	s.atProvider = p.browser()
	s.provider = s.atProvider.staying().get(start(p.id(linden))).Header.Get("Location")
	s.atLogin = p.browser()
	s.login = s.atLogin.get("/sign-in?local=1")
	_ = entra
	return s
}

// suspend closes Linden as an operator does.
func (s *suspended) suspend() {
	s.t.Helper()
	done := s.people[olu].post(views.PlatformSchoolPath(s.id(linden), "suspend"), "reason", "does not answer")
	if done.Status != http.StatusOK || !strings.Contains(done.text(), "“Linden School” is suspended. All its doors are closed.") {
		s.t.Fatalf("suspended = %d at %s\n%s\n%s", done.Status, done.URL, done.text(), s.log)
	}
}

// Each door of a suspended school is closed and says why: to its people and its
// guests, by link, by address, on the way back from anywhere. Once it is
// restored, each opens as before.
func TestASuspendedSchoolClosesEveryDoor(t *testing.T) {
	for _, version := range []int{1, 2} {
		s := beforeSuspension(t, version)
		nobody := func() *browser { return s.browser().staying() }
		id, room := string(s.id(linden)), string(s.id(biology))
		doors := []struct {
			name   string
			b      func() *browser
			method string
			path   string
			form   url.Values
			open   int // the status before and after
		}{
			{"the school's page", s.as(priya), "GET", "/o/" + id, nil, 200},
			{"a class's page for the school's IT", s.as(priya), "GET", "/o/" + room + "/roster", nil, 200},
			{"a class's page", s.as(lee), "GET", "/o/" + room + "/roster", nil, 200},
			{"a class's page for a guest", s.as(mallory), "GET", "/o/" + room + "/roster", nil, 200},
			{"a form", s.as(priya), "POST", "/o/" + id + "/name", url.Values{"name": {""}}, 422},
			{"the home of its people", s.as(lee), "GET", "/home", nil, 200},
			{"the list of their places", s.as(priya), "GET", "/organizations", nil, 200},
			{"an invitation", nobody, "GET", "/i/" + s.invitation, nil, 200},
			{"an invitation taken up", nobody, "POST", "/i/" + s.invitation, nil, 422},
			{"an invitation for a guest", s.as(mallory), "GET", "/i/" + s.invitation, nil, 200},
			{"its own sign-in", nobody, "GET", "/s/" + id, nil, 303},
			{"its own sign-in by a form", nobody, "POST", "/s/" + id, nil, 200},
			{"the page that leads to it", nobody, "GET", "/s/" + id + "/only", nil, 403},
			{"the box for addresses", nobody, "POST", "/sign-in", url.Values{"address": {"anybody@linden.example"}}, 200},
			{"a set-up link", nobody, "GET", "/set-up/" + s.setup, nil, 200},
			{"its code", nobody, "POST", "/set-up/" + s.setup, url.Values{"code": {"1"}}, 422},
			{"what is behind it", func() *browser { return s.throughLink.staying() }, "GET", s.behindLink(), nil, 200},
			{"a recovery link", nobody, "GET", "/recover/" + s.recovery, nil, 200},
		}
		control := func(when string) {
			for _, door := range doors {
				seen := door.b().do(door.method, door.path, door.form)
				if seen.Status != door.open || strings.Contains(seen.text(), closedSentence) {
					t.Errorf("V%d, %s: %s = %d, want %d\n%s", version, when, door.name, seen.Status, door.open, seen.text())
				}
			}
		}
		control("before")
		before := s.contents()
		s.suspend()
		s.settled()
		doors = append(doors, struct {
			name   string
			b      func() *browser
			method string
			path   string
			form   url.Values
			open   int
		}{"a recovery link used", nobody, "POST", "/recover/" + s.recovery, nil, 200})
		for _, door := range doors {
			seen := door.b().do(door.method, door.path, door.form)
			if seen.Status != http.StatusForbidden || !strings.Contains(seen.text(), closedSentence) {
				t.Errorf("V%d: %s = %d\n%s", version, door.name, seen.Status, seen.text())
			}
		}
		if seen := s.atProvider.visit(s.provider, nia); seen.Status != http.StatusForbidden || !strings.Contains(seen.text(), closedSentence) {
			t.Errorf("V%d: back from the identity provider = %d at %s\n%s", version, seen.Status, seen.URL, seen.text())
		}
		// Zitadel's older login pages refuse its people themselves; the newer ones let
		// them through, to the portal's callback.
		back := s.atLogin.through(s.login, priya, secret)
		if version == 2 && (back.Status != http.StatusForbidden || !strings.Contains(back.text(), closedSentence)) {
			t.Errorf("the way back from sign-in = %d at %s\n%s", back.Status, back.URL, back.text())
		}
		if in := s.atLogin.staying().get("/home"); in.Status != http.StatusSeeOther {
			t.Errorf("V%d: signed in all the same: %d\n%s", version, in.Status, in.text())
		}
		// Everybody else goes on.
		for _, tt := range []struct{ who, path string }{
			{mallory, "/home"},
			{mallory, "/o/" + string(s.id(maths)) + "/roster"},
			{bob, "/o/" + string(s.id(birch))},
			{olu, views.PlatformSchoolPath(s.id(linden))},
		} {
			if seen := s.people[tt.who].get(tt.path); seen.Status != http.StatusOK {
				t.Errorf("V%d: %s at %s = %d\n%s", version, tt.who, tt.path, seen.Status, seen.text())
			}
		}
		if seen := s.people[bob].get("/o/" + id); seen.Status != http.StatusNotFound {
			t.Errorf("V%d: a stranger learns of it: %d\n%s", version, seen.Status, seen.text())
		}

		restored := s.people[olu].post(views.PlatformSchoolPath(s.id(linden), "restore"))
		if restored.Status != http.StatusOK || !strings.Contains(restored.text(), "“Linden School” is open again.") {
			t.Fatalf("restored = %d\n%s", restored.Status, restored.text())
		}
		s.settled()
		doors = doors[:len(doors)-1] // would end enforcement
		control("after")
		if after := s.contents(); after != before {
			t.Errorf("V%d: restored is\n%s\nwas\n%s", version, after, before)
		}
		if in := s.browser().signInAt("/sign-in?local=1", priya, secret); in.URL.Path != "/home" || in.Status != http.StatusOK {
			t.Errorf("V%d: sign-in after it = %d at %s\n%s", version, in.Status, in.URL, in.text())
		}
	}
}

// as is the browser of somebody who was signed in before.
func (s *suspended) as(who string) func() *browser {
	return func() *browser { return s.people[who].staying() }
}

// behindLink is the page that a set-up link opens.
func (s *suspended) behindLink() string {
	s.t.Helper()
	links, err := s.in(linden, priya).Links(s.ctx)
	s.check(err)
	return views.ByLink(links[0].ID).Overview()
}

// contents are the school's people, invitations and sign-in as its rows have
// them. When somebody was last seen is left out: that goes on.
func (s *suspended) contents() string {
	s.t.Helper()
	var all strings.Builder
	for _, name := range []string{linden, biology, history} {
		org := s.in(name, priya)
		roster, err := org.Roster(s.ctx, store.RosterQuery{})
		s.check(err)
		for _, row := range roster.Rows {
			fmt.Fprintln(&all, name, row.User.ID, row.User.State, row.Assignment.Roles, row.Assignment.State, row.Guest)
		}
		invitations, err := org.Invitations(s.ctx, store.InvitationQuery{})
		s.check(err)
		for _, i := range invitations.Rows {
			fmt.Fprintln(&all, name, i.ID, i.Address, i.StateAt(s.now.Now()), i.Mail, i.ExpiresAt)
		}
		fmt.Fprintln(&all, name, s.opened(name, priya).Organization())
	}
	org := s.in(linden, priya)
	connections, err := org.Connections(s.ctx)
	s.check(err)
	for _, c := range connections {
		fmt.Fprintln(&all, c.ID, c.State, c.Provider, c.Domains)
	}
	enforcement, err := org.Enforcement(s.ctx)
	s.check(err)
	links, err := org.Links(s.ctx)
	s.check(err)
	fmt.Fprintln(&all, enforcement.On, len(enforcement.Exceptions), len(links), links[0].ID, links[0].StateAt(s.now.Now()))
	return all.String()
}
