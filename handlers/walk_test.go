package handlers

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// openRoutes are all that answer somebody who is not signed in. A route added
// here by hand is a decision.
var openRoutes = []string{
	"GET /",
	"GET /arrive/{attempt}",
	"GET /auth/callback",
	"GET /b/{token}",
	"GET /badge",
	"GET /badge/go",
	"GET /badge/keys",
	"GET /badge/token",
	"GET /brand/{school}/{version}.css",
	"GET /brand/{school}/{version}.png",
	"GET /healthz",
	"GET /i/{token}",
	"GET /j/{code}",
	"GET /join",
	"GET /readyz",
	"GET /recover/{token}",
	"GET /s/{school}",
	"GET /s/{school}/only",
	"GET /set-up/{token}",
	"GET /sign-in",
	"GET /signed-out",
	"GET /static/*",
	"GET /styleguide", // in the demo
	"POST /arrive/{attempt}",
	"POST /auth/backchannel-logout",
	"POST /badge",
	"POST /i/{token}",
	"POST /j/{code}",
	"POST /join",
	"POST /language",
	"POST /recover/{token}",
	"POST /s/{school}",
	"POST /set-up/{token}",
	"POST /setup/{link}/leave", // what the browser knows of it alone
	"POST /sign-in",
	"POST /sign-out",
}

// step is one route of the portal.
type step struct {
	method, route string
	needs         identity.Permission // empty: not in an organization
	byLink        bool                // behind a set-up link
	school        bool                // a page of schools alone
	platform      bool                // the operators'
	fresh         bool                // what is posted asks for a fresh sign-in
}

// inside reports whether the route is an organization's, for those with a role
// there.
func (s step) inside() bool { return s.needs != "" && !s.byLink }

// place is the organization whose pages a route shows in the walks: sign-in and
// what only schools have is walked in one, all else in a classroom.
func (s step) place() string {
	switch {
	case s.school || strings.HasPrefix(s.route, "/o/{organization}/sign-in"):
		return linden
	case closing.MatchString(s.route):
		return history // the others need Biology as it is
	}
	return biology
}

func (s step) String() string { return s.method + " " + s.route }

// closing are the routes by which a classroom goes out of use and back.
var closing = regexp.MustCompile(`^/o/{organization}/(archive|restore|delete)$`)

// ending are the routes after which what they are about is gone.
var ending = regexp.MustCompile(`/(remove|delete|revoke|renew|leave)$`)

// walk lists every route, with those last that end what the others need.
func (p *portal) walk() []step {
	p.t.Helper()
	var steps []step
	err := chi.Walk(p.handler.(chi.Routes), func(method, route string, handler http.Handler, _ ...func(http.Handler) http.Handler) error {
		s := step{method: method, route: route}
		if door, ok := handler.(freshDoor); ok {
			handler, s.fresh = door.Handler, true
		}
		switch g := handler.(type) {
		case gate:
			s.needs, s.school, s.fresh = g.needs, g.school, g.fresh
		case linkGate:
			s.needs, s.byLink = g.needs, true
		case platformGate:
			s.platform = true
		}
		steps = append(steps, s)
		return nil
	})
	p.check(err)
	last := func(s step) int {
		switch {
		case s.String() == "POST /o/{organization}/leave":
			return 2
		case s.method == http.MethodPost && ending.MatchString(s.route):
			return 1
		}
		return 0
	}
	slices.SortStableFunc(steps, func(a, b step) int {
		return 10*(last(a)-last(b)) + strings.Compare(a.String(), b.String())
	})
	if len(steps) < 40 {
		p.t.Fatalf("only %d routes were found", len(steps))
	}
	return steps
}

// real fills a route with real IDs of the classroom Biology 7B, or, for the
// pages of sign-in, of Linden School.
func (p *portal) real(s step, invitation identity.InvitationID) string {
	return strings.NewReplacer(
		"{organization}", string(p.id(s.place())),
		"/platform/classrooms/{school}", "/platform/classrooms/"+string(p.id(club)),
		"{school}", string(p.id(linden)),
		"{job}", "1",
		"{classroom}", string(p.id(biology)),
		"{user}", string(p.people[noor].ID),
		"{invitation}", string(invitation),
		"{run}", string(p.runs[s.place()]),
		"{token}", "unknown",
		"{code}", "CCCC-CCCC",
		"{record}", p.record(s),
		"{export}", p.exported(s),
		"{stream}", streamed,
		"{sheet}", string(p.sheets[s.place()]),
		"{opening}", walkedOpening,
		"{import}", walkedImport,
		"{term}", walkedTerm,
		"{pause}", walkedTerm,
		"{rollover}", walkedRollover,
		"{rolled}", walkedRolled,
		"{position}", "1",
		"{guardian}", walkedGuardian,
		"*", "app.css",
	).Replace(p.rows.in(strings.TrimSuffix(s.route, "/*")))
}

// walkedOpening is a list of classrooms that Linden School opens.
const walkedOpening = "walkedwalkedwalkedwalkedwa"

// walkedImport is a list of Biology 7B that is planned.
const walkedImport = "walkedwalkedwalkedwalkedwi"

// walkedGuardian is a contact of Noor's.
const walkedGuardian = "walkedwalkedwalkedwalkedwg"

// waiting is an invitation to Biology 7B that waits. Linden School gets what the
// pages of sign-in are about.
func (p *portal) waiting() identity.InvitationID {
	p.t.Helper()
	p.rows = p.signInRows(linden, priya, "linden.example")
	p.check(p.in(linden, priya).AskToJoin(p.ctx, identity.JoinRequest{
		User: p.people[noor].ID, Name: "Noor Haddad", Domain: "linden.example", Role: identity.RoleTeacher, AskedAt: p.now.Now(),
	}))
	p.runs = p.runsOver()
	p.sheets = map[string]identity.CardSheetID{}
	for place, maker := range map[string]string{linden: priya, biology: lee} {
		var err error
		p.sheets[place], err = p.in(place, maker).MakeCardSheet(p.ctx, []identity.Card{{User: p.people[noor].ID}})
		p.check(err)
	}
	p.rolls()
	p.check(p.in(biology, lee).AddGuardian(p.ctx, p.people[noor].ID, identity.Guardian{ID: walkedGuardian, Name: "Rana Haddad", Phone: "030 1234"}))
	p.list(biology, lee, walkedImport, "Name\nKim, Sam\nNovak, Lea\nRuiz, Ana\n")
	p.check(p.in(linden, priya).BeginOpenings(p.ctx, walkedOpening, "en", []store.OpeningItem{{Line: 1, Name: "Walked 1"}}))
	id := p.invitation(p.invite(biology, lee, "waiting@linden.example", identity.RoleStudent)).ID
	p.streaming()
	p.exported(step{route: "{export}"})
	return id
}

// calls counts what was asked of Zitadel. The projection's own reading of the
// event log goes on all the time and is left out.
func (p *portal) calls() map[string]int {
	calls := p.zitadel.Calls()
	maps.DeleteFunc(calls, func(method string, _ int) bool {
		return strings.HasSuffix(method, "/ListEvents") || !strings.HasPrefix(method, "/zitadel.")
	})
	calls["relying party"] = int(p.oidcCalls.Load())
	return calls
}

func TestEveryRouteNeedsSignInButTheOpenList(t *testing.T) {
	p := newPortal(t)
	invitation := p.waiting()
	before := p.calls()
	var open []string
	for _, s := range p.walk() {
		b := p.browser().staying()
		seen := b.do(s.method, p.real(s, invitation), nil)
		if seen.Status == http.StatusSeeOther && strings.HasPrefix(seen.Header.Get("Location"), "/sign-in?next=") {
			continue
		}
		if s.byLink && seen.Status == http.StatusNotFound {
			continue // open to a browser in which the link's code was confirmed
		}
		open = append(open, s.String())
	}
	slices.Sort(open)
	if !slices.Equal(open, openRoutes) {
		t.Errorf("open routes are\n%v\nwant\n%v", open, openRoutes)
	}
	if after := p.calls(); after["/zitadel.user.v2.UserService/CreateUser"] != before["/zitadel.user.v2.UserService/CreateUser"] {
		t.Error("somebody signed out created a user")
	}
}

// Every organization page is absent for people of another school.
func TestStrangersFindNothing(t *testing.T) {
	p := newPortal(t)
	invitation := p.waiting()
	recorded := p.audited(biology)
	strangers := map[string]*browser{mallory: p.signIn(mallory), bob: p.signIn(bob), ruth: p.signIn(ruth), lea: p.signIn(lea)}
	before := p.calls()
	for _, s := range p.walk() {
		if s.needs == "" && !s.byLink {
			continue
		}
		for name, stranger := range strangers {
			if got := stranger.staying().do(s.method, p.real(s, invitation), nil); got.Status != http.StatusNotFound ||
				strings.Contains(got.Body, biology) || strings.Contains(got.Body, linden) {
				t.Errorf("%s as %s = %d, want 404\n%s", s, name, got.Status, got.text())
			}
		}
	}
	if after := p.calls(); !maps.Equal(before, after) {
		t.Errorf("strangers made calls to Zitadel: %v, before %v", after, before)
	}
	if after := p.audited(biology); len(after) != len(recorded) {
		t.Errorf("strangers left records: %v", after[len(recorded):])
	}
}

// The control of the test above: one of the organization's own people finds
// each page, so that a 404 there means tenancy and not a typo.
func TestOwnPeopleFindEveryPage(t *testing.T) {
	p := newPortal(t)
	invitation := p.waiting()
	own := []*browser{p.signIn(lee), p.signIn(priya)}
	school := []*browser{p.signIn(priya)}
	for _, s := range p.walk() {
		if !s.inside() {
			continue
		}
		path, people := p.real(s, invitation), own
		switch {
		case s.place() == linden:
			people = school
		case s.needs == identity.OpenClassroom:
			path, people = strings.Replace(path, string(p.id(biology)), string(p.id(linden)), 1), school
		}
		var got []int
		for _, person := range people {
			got = append(got, person.staying().do(s.method, path, nil).Status)
		}
		if !slices.ContainsFunc(got, func(status int) bool { return status != http.StatusNotFound && status < 500 }) {
			t.Errorf("%s = %v for everybody there", s, got)
		}
	}
}

// Each route opens to exactly the roles of the permission table.
func TestEachRoleMayWhatTheTableSays(t *testing.T) {
	const refused = "Your role does not include this page."
	for _, who := range []string{sam, jon, lee, priya, olu} {
		t.Run(who, func(t *testing.T) {
			p := newPortal(t)
			invitation := p.waiting()
			b := p.signIn(who).staying()
			p.looking(linden)
			for _, s := range p.walk() {
				if !s.inside() {
					continue
				}
				user := p.people[who]
				opened, err := p.store.OpenFor(p.ctx, identity.Actor{User: user.ID, Name: user.DisplayName()}, p.id(s.place()))
				got := b.do(s.method, p.real(s, invitation), nil)
				if err != nil && got.Status == http.StatusNotFound {
					continue // no role in the school
				}
				if want := opened.Permits(s.needs); strings.Contains(got.text(), refused) == want ||
					!want && got.Status != http.StatusForbidden {
					t.Errorf("%s (%s) as %s = %d, permitted %v\n%s", s, s.needs, who, got.Status, want, got.text())
				}
				if got.Status >= 500 {
					t.Errorf("%s as %s = %d\n%s\n%s", s, who, got.Status, got.text(), p.log)
				}
			}
		})
	}
}

// asking are the only paths whose reading asks Zitadel: those that lead there,
// and the one for machines that says whether it answers.
var asking = []string{"GET /sign-in", "GET /auth/callback", "GET /readyz", "GET /s/{school}", "GET /arrive/{attempt}"}

// Counted are the calls of the gateway, where they arrive, and those of the
// relying party, where they leave. The clock goes on between the rounds, so that
// nothing is asked for because a session got old either.
func TestReadingAPageMakesNoCallToZitadel(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, lea, identity.RoleStudent)
	invitation := p.waiting()
	people := map[string]*browser{"nobody": p.browser(), "with a link": p.throughLink(p.rows.token)}
	for _, who := range []string{sam, jon, lee, priya, lea, olu} {
		people[who] = p.signIn(who)
	}
	p.looking(linden)
	before := p.calls()
	shown := map[string]int{}
	routes := 0
	for range 2 {
		p.now.advance(sessionIdle - 2*time.Minute)
		p.looking(linden)
		for _, s := range p.walk() {
			if s.method != http.MethodGet || slices.Contains(asking, s.String()) {
				continue
			}
			routes++
			path := p.real(s, invitation)
			paths := map[string]bool{
				path: true,
				strings.Replace(path, string(p.id(biology)), string(p.id(linden)), 1): true,
				strings.Replace(path, "unknown", token, 1):                            true,
			}
			for path := range paths {
				for who, b := range people {
					if b.staying().get(path).Status == http.StatusOK {
						shown[who]++
					}
				}
			}
			if after := p.calls(); !maps.Equal(before, after) {
				t.Fatalf("%s made calls: %v, before %v", s, after, before)
			}
		}
	}
	// The control: pages were shown, and to those signed in more of them; to a
	// school admin more than half.
	for who, pages := range shown {
		if who != "nobody" && pages <= shown["nobody"] {
			t.Errorf("%s was shown %d pages, nobody in particular %d", who, pages, shown["nobody"])
		}
	}
	if 2*shown[priya] < routes || routes < 2*25 {
		t.Errorf("%d routes; shown were %v", routes, shown)
	}
}
