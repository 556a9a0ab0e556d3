package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// ticking is the form of a class's list with some of its people ticked.
func (p *portal) ticking(people ...string) url.Values {
	form := url.Values{"which": {"chosen"}, "go": {"act"}}
	for _, name := range people {
		form.Add("shown", string(p.people[name].ID))
		form.Add("user", string(p.people[name].ID))
	}
	return form
}

// doesListed has something done to those on a class's list by forms, as a browser
// would, and answers the receipt.
func (b *browser) doesListed(class, action string, form url.Values, more ...string) page {
	b.p.t.Helper()
	list := "/o/" + string(b.p.id(class)) + "/roster"
	form.Set("action", action)
	asked := b.do(http.MethodPost, list+"/selection", form)
	if !strings.HasSuffix(asked.URL.Path, "/act") {
		return asked // nothing to ask about
	}
	query := asked.URL.Query()
	for i := 0; i < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	asked = b.get(list + "/act?" + query.Encode())
	sent := asked.form("/act")
	if sent == nil || sent.Get("submission") == "" {
		return asked // nobody would be changed, or something is missing
	}
	begun := b.do(http.MethodPost, list+"/act", sent)
	b.p.work()
	b.p.settled()
	return b.get(begun.URL.Path)
}

// teaching is a portal in which Ms Lee teaches History as well.
func teaching(t *testing.T) *portal {
	p := newPortal(t)
	p.assign(history, lee, identity.RoleTeacher)
	p.settled()
	return p
}

func TestThoseOnAListAreCopiedMovedAndRemovedAndThatIsUndone(t *testing.T) {
	p := teaching(t)
	b := p.signIn(lee)
	to := string(p.id(history))
	for _, tt := range []struct {
		action string
		more   []string
		stands string // Noor, then
		says   string
	}{
		{"copy", []string{"to", to}, "Biology 7B student active, History 8A student active", "Copy 2 people to History 8A"},
		{"move", []string{"to", to}, "History 8A student active", "Move 2 people to History 8A"},
		{"role", []string{"role-to", "co_teacher"}, "Biology 7B co_teacher active", "Change the role of 2 people to Co-teacher"},
		{"remove", nil, "", "Remove 2 people from the class"},
	} {
		t.Run(tt.action, func(t *testing.T) {
			recorded := len(p.audited(biology)) + len(p.audited(history))
			receipt := b.doesListed(biology, tt.action, p.ticking(noor, sam), tt.more...)
			for _, says := range []string{tt.says, "Done: 2 changed", "Undo all of it"} {
				if !strings.Contains(receipt.text(), says) {
					t.Errorf("the receipt does not say %q:\n%s", says, receipt.text())
				}
			}
			if got := p.states(noor); got != tt.stands {
				t.Errorf("Noor stands %q, want %q", got, tt.stands)
			}
			if got := len(p.audited(biology)) + len(p.audited(history)) - recorded; got < 4 {
				t.Errorf("only %d records", got)
			}
			undone := b.do(http.MethodPost, receipt.URL.Path+"/undo", url.Values{})
			p.work()
			p.settled()
			if done := b.get(undone.URL.Path); !strings.Contains(done.text(), "Done: 2 changed") {
				t.Errorf("undone says\n%s", done.text())
			}
			for _, who := range []string{noor, sam} {
				if got := p.states(who); got != "Biology 7B student active" {
					t.Errorf("%s after undo: %q", who, got)
				}
			}
			if again := b.do(http.MethodPost, receipt.URL.Path+"/undo", url.Values{}); again.URL.Path != undone.URL.Path {
				t.Errorf("a second click leads to %s", again.URL.Path)
			}
		})
	}
}

// What no list may bend, by forms as a page would send them: each is left out
// beforehand, and nothing happens to them.
func TestTheRulesHoldForThoseOnAList(t *testing.T) {
	p := teaching(t)
	p.assign(biology, ruth, identity.RoleStudent)  // a guest
	p.assign(history, sam, identity.RoleCoTeacher) // and a student of Biology
	p.assign(club, second, identity.RoleTeacher)   // her own
	p.assign(biology, olu, identity.RoleCoTeacher) // an operator
	p.settled()
	browsers := map[string]*browser{}
	for _, tt := range []struct {
		name, actor, action, who string
		more                     []string
		says                     string // why not
	}{
		{"a teacher is not copied", lee, "copy", jon, []string{"to", history}, "Only students are moved."},
		{"who teaches there", lee, "copy", sam, []string{"to", history}, "This person already has another role there."},
		{"who teaches there is not moved", lee, "move", sam, []string{"to", history}, "This person already has another role there."},
		{"oneself", lee, "remove", lee, nil, "Nobody is chosen."},
		{"an operator", lee, "remove", olu, nil, "This person has a higher role than you here"},
		{"a teacher by a co-teacher", jon, "remove", second, nil, "This person has a higher role than you here"},
		{"a class where she does not teach", second, "copy", noor, []string{"to", history}, "There is no other class to choose."},
		{"a class of another school", lee, "copy", noor, []string{"to", maths}, "Choose the class they go to."},
		{"a class that stands alone", second, "copy", noor, []string{"to", club}, "There is no other class to choose."},
		{"a role above one's own", jon, "role", noor, []string{"role-to", "teacher"}, "Choose the role they get."},
		{"no class", lee, "copy", noor, []string{"to", ""}, "Choose the class they go to."},
		{"nothing to do", lee, "", noor, nil, "Choose what to do with them."},
		{"what is not done in a class", lee, "suspend", noor, nil, "Choose what to do with them."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if browsers[tt.actor] == nil {
				browsers[tt.actor] = p.signIn(tt.actor)
			}
			b := browsers[tt.actor]
			b.do(http.MethodPost, p.fill("/o/{biology}/roster/selection"), url.Values{"go": {"clear"}})
			for i := 1; i < len(tt.more); i += 2 {
				if id := p.organizations[tt.more[i]].ID; id != "" {
					tt.more[i] = string(id)
				}
			}
			events := p.zitadel.EventCount()
			seen := b.doesListed(biology, tt.action, p.ticking(tt.who), tt.more...)
			if !strings.Contains(seen.text(), tt.says) {
				t.Errorf("does not say %q:\n%s", tt.says, seen.text())
			}
			if got := p.zitadel.EventCount(); got != events {
				t.Errorf("%d events were written", got-events)
			}
		})
	}
	receipt := browsers[lee].doesListed(biology, "copy", url.Values{"which": {"all"}, "go": {"act"}, "role": {"student"}}, "to", string(p.id(history)))
	for _, says := range []string{"Done: 2 changed, 1 left out.", "Sam Kim"} {
		if !strings.Contains(receipt.text(), says) {
			t.Errorf("all students copied: the receipt does not say %q:\n%s", says, receipt.text())
		}
	}
	if got := p.states(ruth); got != "Biology 7B student active, History 8A student active" {
		t.Errorf("a guest within the school stands %s", got)
	}
}

func TestTicksStayFromPageToPage(t *testing.T) {
	p := teaching(t)
	for i := range 60 {
		name := fmt.Sprintf("pupil%02d", i)
		p.person(linden, name, "Pupil", fmt.Sprintf("Number%02d", i))
		p.assign(history, name, identity.RoleStudent)
	}
	p.settled()
	b := p.signIn(lee)
	list := p.fill("/o/{history}/roster")
	first := b.get(list + "?sort=-name&role=student")
	form := first.form("/selection")
	if form == nil || len(form["shown"]) != 50 {
		t.Fatalf("the first page's form is %v", form)
	}
	form["user"], form["go"] = []string{string(p.people["pupil59"].ID), string(p.people["pupil58"].ID)}, []string{"next"}
	second := b.do(http.MethodPost, list+"/selection", form)
	if second.Status != 200 || !strings.Contains(second.text(), "Pupil Number00") || !strings.Contains(second.text(), "Those ticked (2)") {
		t.Fatalf("the second page is %d at %s\n%s", second.Status, second.URL, second.text())
	}
	if q := second.URL.Query(); q.Get("sort") != "-name" || q.Get("role") != "student" || q.Get("after") == "" {
		t.Errorf("the second page is %s", second.URL)
	}
	form = second.form("/selection")
	form["user"] = []string{string(p.people["pupil00"].ID)}
	form.Set("go", "")
	form.Set("action", "copy")
	bar := b.with("HX-Target", "selection").do(http.MethodPost, list+"/selection", form)
	if !strings.Contains(bar.text(), "Those ticked (3)") || strings.Contains(bar.text(), "Pupil") {
		t.Errorf("a tick answers\n%s", bar.text())
	}
	if chosen := find(bar.doc, "option", "value", "copy"); chosen == nil || !has(chosen, "selected") {
		t.Errorf("what was to be done is forgotten by a tick:\n%s", bar.Body)
	}
	back := b.get(list + "?sort=-name&role=student")
	for _, name := range []string{"pupil59", "pupil58"} {
		if box := find(back.doc, "input", "id", "tick-"+string(p.people[name].ID)); box == nil || !isTicked(box) {
			t.Errorf("%s is not ticked any more", name)
		}
	}
	if box := find(back.doc, "input", "id", "tick-"+string(p.people["pupil57"].ID)); box == nil || isTicked(box) {
		t.Error("somebody else is ticked")
	}
	form = back.form("/selection")
	form["user"], form["go"] = nil, []string{"page"}
	if page := b.do(http.MethodPost, list+"/selection", form); !strings.Contains(page.text(), "Those ticked (51)") {
		t.Errorf("ticking the page says\n%s", page.text())
	}
	// Somebody else's ticks, and those of another class, are their own.
	if other := p.signIn(priya).get(list); strings.Contains(other.text(), "Those ticked (") {
		t.Error("ticks are shown to somebody else")
	}
	if other := b.get(p.fill("/o/{biology}/roster")); strings.Contains(other.text(), "Those ticked (") {
		t.Error("ticks are shown in another class")
	}
	asked := b.get(list + "/act?action=remove&which=chosen")
	if !strings.Contains(asked.text(), "Remove 51 people from the class") {
		t.Errorf("it asks\n%s", asked.text())
	}
	sent := asked.form("/act")
	b.do(http.MethodPost, list+"/selection", url.Values{"go": {"clear"}})
	if refused := b.do(http.MethodPost, list+"/act", sent); !strings.Contains(refused.text(), "Nobody is chosen") {
		t.Errorf("with other ticks: %d\n%s", refused.Status, refused.text())
	}
	all := b.get(list + "/act?action=remove&which=all&q=pupil")
	if !strings.Contains(all.text(), "Remove 60 people from the class") {
		t.Errorf("all who match: %s", all.text())
	}
	sent = all.form("/act")
	sent.Set("expected", "59")
	if refused := b.do(http.MethodPost, list+"/act", sent); refused.Status != http.StatusConflict {
		t.Errorf("with another number: %d\n%s", refused.Status, refused.text())
	}
	if n, err := p.in(history, lee).CountListed(p.ctx, store.RosterQuery{Role: identity.RoleStudent}); n != 60 || err != nil {
		t.Errorf("%d are left, %v", n, err)
	}
}

func TestAnAdminCopiesIntoAnyClassOfTheSchool(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(priya)
	receipt := b.doesListed(biology, "copy", p.ticking(noor), "to", string(p.id(history)))
	if got := p.states(noor); got != "Biology 7B student active, History 8A student active" {
		t.Errorf("Noor stands %s\n%s", got, receipt.text())
	}
	again := b.doesListed(biology, "copy", p.ticking(noor), "to", string(p.id(history)))
	if !strings.Contains(again.text(), "Nobody would be changed.") {
		t.Errorf("the second time says\n%s", again.text())
	}
	if got := p.audited(history); !slices.Contains(got, identity.ActionRoleAssigned) {
		t.Errorf("on History's record: %v", got)
	}
}

// isTicked reports whether a box is ticked.
func isTicked(box *html.Node) bool { return has(box, "checked") }
