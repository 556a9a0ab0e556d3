package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// looking lets the operator look into a school, as their form does.
func (p *portal) looking(school string) {
	p.t.Helper()
	p.check(p.onPlatform().BeginLook(p.ctx, p.in(school, olu), "request 12"))
}

// The operators' pages are there for operators, and for nobody else: not for the
// IT of the very school that a page is about.
func TestThePlatformIsThereForItsOperatorsAlone(t *testing.T) {
	p := newPortal(t)
	invitation := p.waiting()
	recorded, calls := len(p.audited(linden)), p.calls()
	everybody := map[string]*browser{}
	for _, who := range []string{sam, noor, jon, lee, priya, lea, mallory, bob, ruth} {
		everybody[who] = p.signIn(who)
	}
	walked := 0
	for _, s := range p.walk() {
		if !strings.HasPrefix(s.route, "/platform") {
			continue
		}
		if !s.platform {
			t.Errorf("%s is behind another door", s)
		}
		walked++
		for who, b := range everybody {
			if got := b.staying().do(s.method, p.real(s, invitation), nil); got.Status != http.StatusNotFound || strings.Contains(got.Body, linden) {
				t.Errorf("%s as %s = %d, want 404\n%s", s, who, got.Status, got.text())
			}
		}
	}
	if walked < 20 {
		t.Errorf("only %d routes were walked", walked)
	}
	if after := p.audited(linden); len(after) != recorded {
		t.Errorf("they left records: %v", after[recorded:])
	}
	for method, n := range p.calls() {
		if n != calls[method] && !strings.Contains(method, "relying") {
			t.Errorf("they made calls of %s", method)
		}
	}

	// The control: the operator finds each page.
	b := p.signIn(olu).staying()
	for _, s := range p.walk() {
		if !s.platform || strings.Contains(s.route, "{job}") {
			continue
		}
		if got := b.do(s.method, p.real(s, invitation), nil); got.Status == http.StatusNotFound || got.Status >= 500 {
			t.Errorf("%s as the operator = %d\n%s", s, got.Status, got.text())
		}
	}
}

// Without a look an operator sees nothing of a school: each of its pages leads to
// the form that asks why. With one, each says so.
func TestEveryPageOfASchoolNeedsALook(t *testing.T) {
	p := newPortal(t)
	invitation := p.waiting()
	b := p.signIn(olu).staying()
	before := len(p.audited(biology))
	for _, s := range p.walk() {
		if !s.inside() || s.needs == identity.OpenClassroom && s.place() == biology {
			continue
		}
		got := b.do(s.method, p.real(s, invitation), nil)
		if to := got.Header.Get("Location"); got.Status != http.StatusSeeOther || !strings.HasPrefix(to, "/platform/schools/"+string(p.id(linden))+"/look") {
			t.Errorf("%s = %d to %q\n%s", s, got.Status, to, got.text())
		}
	}
	if got := p.audited(biology)[before:]; len(got) > 0 {
		t.Errorf("recorded %v without a look", got)
	}
	p.looking(linden)
	said := 0
	for _, s := range p.walk() {
		if !s.inside() || s.method != http.MethodGet {
			continue
		}
		got := b.get(p.real(s, invitation))
		if got.Status != http.StatusOK || !strings.Contains(got.Header.Get("Content-Type"), "html") {
			continue
		}
		said++
		if !strings.Contains(got.text(), "You look into Linden School as an operator") || !strings.Contains(got.text(), "request 12") ||
			!strings.Contains(got.Body, "/look/end") {
			t.Errorf("%s does not say that an operator looks", s)
		}
	}
	if said < 25 {
		t.Errorf("only %d pages were seen", said)
	}
}

func TestALookIsBegunWithAReasonAndEnded(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(olu)
	asked := b.get("/o/" + string(p.id(biology)) + "/roster?q=sam")
	if !strings.HasPrefix(asked.URL.Path, "/platform/schools/") || asked.field("next") != "/o/"+string(p.id(biology))+"/roster?q=sam" {
		t.Fatalf("led to %s\n%s", asked.URL, asked.text())
	}
	form := asked.URL.Path
	for reason, want := range map[string]string{"": "Enter the reason.", "  x ": "Say a little more", strings.Repeat("x", 301): "characters or fewer"} {
		if got := b.post(form, "reason", reason); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.text(), want) {
			t.Errorf("%q = %d\n%s", reason, got.Status, got.text())
		}
	}
	begun := b.post(form, "reason", "  request   12 ", "next", asked.field("next"))
	if begun.Status != http.StatusOK || begun.URL.RequestURI() != asked.field("next") || !strings.Contains(begun.text(), "request 12") {
		t.Errorf("begun at %s = %d\n%s", begun.URL, begun.Status, begun.text())
	}
	if school := p.signIn(priya).get("/o/" + string(p.id(linden)) + "/activity"); !strings.Contains(school.text(), "Olu Adeyemi") || !strings.Contains(school.text(), "request 12") {
		t.Errorf("the school does not read who looked, and why:\n%s", school.text())
	}
	ended := b.post("/platform/schools/" + string(p.id(linden)) + "/look/end")
	if ended.Status != http.StatusOK || !strings.Contains(ended.text(), "You do not look into “Linden School” any more.") {
		t.Errorf("ended = %d\n%s", ended.Status, ended.text())
	}
	if again := b.get("/o/" + string(p.id(linden))); again.URL.Path != form {
		t.Errorf("after the end: at %s", again.URL)
	}
	// Once its hour is over, it is over.
	p.looking(linden)
	p.now.advance(identity.LookLasts)
	if again := b.get("/o/" + string(p.id(linden))); again.URL.Path != form {
		t.Errorf("after an hour: at %s", again.URL)
	}
	// Elsewhere no path of ours is led to.
	foreign := b.post(form, "reason", "request 12", "next", "//evil.example/")
	if foreign.URL.Path != "/o/"+string(p.id(linden)) {
		t.Errorf("led to %s", foreign.URL)
	}
}

// An operator who holds a role of the school's own needs no look there.
func TestWhoBelongsToASchoolNeedsNoLook(t *testing.T) {
	p := newPortal(t)
	p.assign(linden, olu, identity.RoleSchoolAdmin)
	p.settled()
	b := p.signIn(olu)
	if got := b.get("/o/" + string(p.id(linden))); got.Status != http.StatusOK || strings.Contains(got.text(), "You look into") {
		t.Errorf("at %s = %d\n%s", got.URL, got.Status, got.text())
	}
	if got := p.audited(linden); slices.Contains(got, identity.ActionVisited) {
		t.Errorf("recorded %v", got)
	}
}
