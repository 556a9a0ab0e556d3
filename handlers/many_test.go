package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// runsOver are a run of Linden's and one of Biology's, which wait.
func (p *portal) runsOver() map[string]identity.BulkRunID {
	p.t.Helper()
	ofLinden, err := p.in(linden, priya).BeginRun(p.ctx, store.NewRun{
		Action: identity.BulkRestore, Users: []identity.UserID{p.people[noor].ID}, Submission: identity.NewSubmission(),
	})
	p.check(err)
	ofBiology, err := p.in(biology, lee).BeginClassroomRun(p.ctx, identity.BulkArchive)
	p.check(err)
	return map[string]identity.BulkRunID{linden: ofLinden, biology: ofBiology}
}

// states are the roles of somebody at Zitadel, as the projection tells them.
func (p *portal) states(userName string) string {
	p.t.Helper()
	p.settled()
	person, err := p.in(linden, priya).SchoolPerson(p.ctx, p.people[userName].ID)
	if identity.IsKind(err, identity.KindNotFound) {
		return "gone"
	}
	p.check(err)
	var all []string
	for _, s := range person.Standings {
		all = append(all, fmt.Sprintf("%s %s %s", s.Organization.Name, s.Assignment.Role(), s.Assignment.State))
	}
	return strings.Join(all, ", ")
}

// wide is Linden with all that the rules are about: History has one teacher, and
// an operator for a co-teacher; Ruth of the club is a guest in Biology.
func wide(t *testing.T) *portal {
	p := newPortal(t)
	p.assign(history, lee, identity.RoleTeacher)
	p.assign(history, olu, identity.RoleCoTeacher)
	p.assign(biology, ruth, identity.RoleStudent)
	p.settled()
	return p
}

// form is the form of a page that is sent somewhere.
func (s page) form(action string) url.Values {
	for _, f := range findAll(s.doc, "form") {
		if strings.HasSuffix(attribute(f, "action"), action) {
			return filling(f)
		}
	}
	return nil
}

// does has many done by forms, as a browser would, and answers the receipt.
func (b *browser) does(action string, fields url.Values) page {
	b.p.t.Helper()
	school := "/o/" + string(b.p.id(linden))
	fields.Set("action", action)
	asked := b.get(school + "/people/act?" + fields.Encode())
	to := "/people/act"
	if action == string(identity.BulkRemove) {
		to += "/remove"
	}
	form := asked.form(to)
	if form == nil {
		b.p.t.Fatalf("%s: %d at %s\n%s", action, asked.Status, asked.URL, asked.text())
	}
	begun := b.do(http.MethodPost, school+to, form)
	b.p.work()
	return b.get(begun.URL.Path)
}

func (p *portal) chosen(people ...string) url.Values {
	form := url.Values{"which": {"chosen"}}
	for _, name := range people {
		form.Add("user", string(p.people[name].ID))
	}
	return form
}

func TestManyAreSuspendedAndUndone(t *testing.T) {
	p := wide(t)
	b := p.signIn(priya)
	school := "/o/" + string(p.id(linden))
	list := b.get(school + "/people?role=student")
	for _, says := range []string{"3 people found", "All 3 that match", "Sam Kim", "Ruth Adler", "Guest"} {
		if !strings.Contains(list.text(), says) {
			t.Errorf("the list does not say %q:\n%s", says, list.text())
		}
	}
	if strings.Contains(list.text(), "Maria Lee") {
		t.Error("a teacher is among the students")
	}
	recorded := len(p.audited(biology))
	receipt := b.does("suspend", url.Values{"which": {"all"}, "role": {"student"}})
	if !strings.Contains(receipt.text(), "Done: 3 changed") {
		t.Errorf("the receipt says\n%s", receipt.text())
	}
	for _, who := range []string{sam, noor, ruth} {
		if got := p.states(who); got != "Biology 7B student suspended" {
			t.Errorf("%s: %s", who, got)
		}
	}
	if got := p.audited(biology)[recorded:]; !slices.Equal(got, slices.Repeat([]identity.Action{identity.ActionRoleSuspended}, 3)) {
		t.Errorf("recorded in the classroom: %v", got)
	}
	undone := b.do(http.MethodPost, receipt.URL.Path+"/undo", url.Values{})
	p.work()
	if done := b.get(undone.URL.Path); !strings.Contains(done.text(), "Undo: Suspend 3 people") || !strings.Contains(done.text(), "Done: 3 changed") {
		t.Errorf("undone says\n%s", done.text())
	}
	for _, who := range []string{sam, noor, ruth} {
		if got := p.states(who); got != "Biology 7B student active" {
			t.Errorf("%s after undo: %s", who, got)
		}
	}
	if again := b.do(http.MethodPost, receipt.URL.Path+"/undo", url.Values{}); again.URL.Path != undone.URL.Path {
		t.Errorf("a second click leads to %s", again.URL.Path)
	}
}

// What no run may bend, tried with forms as a page would send them: each is left
// out, and the receipt says why.
func TestTheRulesHoldForMany(t *testing.T) {
	const (
		ownRole     = "This is you."
		higherRole  = "This person has a higher role than you here"
		lastTeacher = "This is the only teacher of the class."
		lastAdmin   = "This is the only one of the school's IT."
		ofGuests    = "A guest's account belongs elsewhere."
		students    = "Only students are moved."
	)
	for _, tt := range []struct {
		name, actor, action, who string
		says                     string
		place                    string
		stands                   string
	}{
		{"oneself suspended", priya, "suspend", priya, ownRole, "", "Linden School school_admin active"},
		{"oneself removed", priya, "remove", priya, ownRole, "", "Linden School school_admin active"},
		{"oneself signed out", priya, "end-sessions", priya, ownRole, "", "Linden School school_admin active"},
		{"the last teacher suspended", priya, "suspend", lee, lastTeacher, history, "Biology 7B teacher active, History 8A teacher active"},
		{"the last teacher removed", priya, "remove", lee, lastTeacher, history, "Biology 7B teacher active, History 8A teacher active"},
		{"the last school_admin suspended", olu, "suspend", priya, lastAdmin, linden, "Linden School school_admin active"},
		{"the last school_admin removed", olu, "remove", priya, lastAdmin, linden, "Linden School school_admin active"},
		{"a higher role suspended", priya, "suspend", olu, higherRole, "", "History 8A co_teacher active"},
		{"a higher role removed", priya, "remove", olu, higherRole, "", "History 8A co_teacher active"},
		{"a higher role moved", priya, "move", olu, higherRole, "", "History 8A co_teacher active"},
		{"a higher role signed out", priya, "end-sessions", olu, higherRole, "", "History 8A co_teacher active"},
		{"a guest signed out", priya, "end-sessions", ruth, ofGuests, "", "Biology 7B student active"},
		{"a teacher moved", priya, "move", second, students, "", "Biology 7B teacher active"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := wide(t)
			b := p.signIn(tt.actor)
			if tt.actor == olu {
				b.post("/platform/schools/"+string(p.id(linden))+"/look", "reason", "They asked for help")
			}
			fields := p.chosen(tt.who)
			if tt.action == "move" {
				fields.Set("to", string(p.id(biology)))
				fields.Set("leave", "all")
				if tt.who == second {
					fields.Set("to", string(p.id(history)))
				}
			}
			fields.Set("action", tt.action)
			asked := b.get("/o/" + string(p.id(linden)) + "/people/act?" + fields.Encode())
			if !strings.Contains(asked.text(), tt.says) || !strings.Contains(asked.text(), tt.place) {
				t.Errorf("it is not said beforehand that %q in %q:\n%s", tt.says, tt.place, asked.text())
			}
			events := p.zitadel.EventCount()
			receipt := b.does(tt.action, fields)
			if !strings.Contains(receipt.text(), tt.says) || !strings.Contains(receipt.text(), "0 changed, 1 left out") {
				t.Errorf("the receipt does not say %q:\n%s", tt.says, receipt.text())
			}
			if got := p.states(tt.who); got != tt.stands {
				t.Errorf("%s stands as %q, want %q", tt.who, got, tt.stands)
			}
			if after := p.zitadel.EventCount(); after != events {
				t.Errorf("%d events were written", after-events)
			}
		})
	}
}

// Forms that no page of ours would send.
func TestCraftedFormsForManyChangeNothing(t *testing.T) {
	p := wide(t)
	school, b := "/o/"+string(p.id(linden)), p.signIn(priya)
	submission := identity.NewSubmission()
	theirs, err := p.in(birch, bob).BeginRun(p.ctx, store.NewRun{
		Action: identity.BulkSuspend, Users: []identity.UserID{p.people[mallory].ID}, Submission: identity.NewSubmission(),
	})
	p.check(err)
	p.queue.mu.Lock()
	p.queue.todo = nil
	p.queue.mu.Unlock()
	other := p.signIn(bob)
	events := p.zitadel.EventCount()
	for _, tt := range []struct {
		name, path string
		form       url.Values
		status     int
	}{
		{"removal where no fresh sign-in is asked for", school + "/people/act", url.Values{"action": {"remove"}, "user": {string(p.people[sam].ID)}, "submission": {submission}}, 400},
		{"suspension where one is", school + "/people/act/remove", url.Values{"action": {"suspend"}, "user": {string(p.people[sam].ID)}, "submission": {submission}}, 400},
		{"an action of classrooms", school + "/people/act", url.Values{"action": {"archive"}, "user": {string(p.people[sam].ID)}, "submission": {submission}}, 400},
		{"an action that is none", school + "/people/act", url.Values{"action": {"delete"}, "user": {string(p.people[sam].ID)}, "submission": {submission}}, 400},
		{"another school's people", school + "/people/act", url.Values{"action": {"suspend"}, "user": {string(p.people[mallory].ID)}, "submission": {submission}}, 400},
		{"nobody", school + "/people/act", url.Values{"action": {"suspend"}, "submission": {submission}}, 400},
		{"no submission", school + "/people/act", url.Values{"action": {"suspend"}, "user": {string(p.people[sam].ID)}}, 400},
		{"another number", school + "/people/act", url.Values{"action": {"suspend"}, "which": {"all"}, "expected": {"1"}, "submission": {submission}}, 409},
		{"no number", school + "/people/act", url.Values{"action": {"suspend"}, "which": {"all"}, "submission": {submission}}, 400},
		{"a move to another school's classroom", school + "/people/act", url.Values{
			"action": {"move"}, "user": {string(p.people[sam].ID)}, "to": {string(p.id(maths))}, "leave": {"all"}, "submission": {submission},
		}, 422},
		{"a move that leaves another school's", school + "/people/act", url.Values{
			"action": {"move"}, "user": {string(p.people[sam].ID)}, "to": {string(p.id(history))}, "leave": {"from"}, "classroom": {string(p.id(maths))}, "submission": {submission},
		}, 422},
		{"another school's run undone", school + "/runs/" + string(theirs) + "/undo", url.Values{}, 404},
		{"a run that is under way undone", "/o/" + string(p.id(birch)) + "/runs/" + string(theirs) + "/undo", url.Values{}, 404},
	} {
		if got := b.staying().do(http.MethodPost, tt.path, tt.form); got.Status != tt.status {
			t.Errorf("%s = %d, want %d\n%s", tt.name, got.Status, tt.status, got.text())
		}
	}
	if got := b.get(school + "/runs/" + string(theirs)); got.Status != http.StatusNotFound {
		t.Errorf("another school's run = %d", got.Status)
	}
	if got := other.do(http.MethodPost, "/o/"+string(p.id(birch))+"/runs/"+string(theirs)+"/undo", url.Values{}); got.Status != http.StatusGone {
		t.Errorf("what is under way is undone: %d", got.Status)
	}
	p.work()
	if after := p.zitadel.EventCount(); after != events {
		t.Errorf("%d events were written", after-events)
	}
}

func TestManyAreMovedRemovedAndSignedOut(t *testing.T) {
	p := wide(t)
	b := p.signIn(priya)
	fields := p.chosen(sam, noor)
	fields.Set("to", string(p.id(history)))
	fields.Set("leave", "all")
	moved := b.does("move", fields)
	if got := p.states(sam); !strings.Contains(moved.text(), "Move 2 people to History 8A") || got != "History 8A student active" {
		t.Errorf("moved: %s\n%s", got, moved.text())
	}
	b.do(http.MethodPost, moved.URL.Path+"/undo", url.Values{})
	p.work()
	if got := p.states(sam); got != "Biology 7B student active" {
		t.Errorf("moved back: %s", got)
	}
	fields = p.chosen(sam)
	fields.Set("to", string(p.id(history)))
	fields.Set("leave", "none")
	b.does("move", fields)
	if got := p.states(sam); got != "Biology 7B student active, History 8A student active" {
		t.Errorf("in both: %s", got)
	}
	removed := b.does("remove", p.chosen(sam, ruth))
	if got := p.states(sam) + "; " + p.states(ruth); got != "; gone" {
		t.Errorf("removed: %q\n%s", got, removed.text())
	}
	b.do(http.MethodPost, removed.URL.Path+"/undo", url.Values{})
	p.work()
	if got := p.states(sam); got != "Biology 7B student active, History 8A student active" {
		t.Errorf("back: %s", got)
	}
	late := b.does("suspend", p.chosen(sam))
	p.now.advance(identity.BulkUndoFor)
	if got := b.get(late.URL.Path); strings.Contains(got.text(), "Undo all of it") {
		t.Error("undo is offered too late")
	}
	if got := b.do(http.MethodPost, late.URL.Path+"/undo", url.Values{}); got.Status != http.StatusGone {
		t.Errorf("undone too late: %d", got.Status)
	}
	student := p.signIn(noor)
	ended := b.does("end-sessions", p.chosen(noor))
	if got := student.staying().get("/home"); got.Status != http.StatusSeeOther {
		t.Errorf("still signed in: %d\n%s", got.Status, ended.text())
	}
}

// Somebody who changed since is left as they are by an undo, and who lost the
// right to do it does no more.
func TestARunStopsWhereItsGroundIsGone(t *testing.T) {
	p := wide(t)
	b := p.signIn(priya)
	school := "/o/" + string(p.id(linden))
	receipt := b.does("suspend", p.chosen(sam, noor))
	p.check(identity.Activate(p.ctx, p.opened(biology, lee), p.in(biology, lee), p.gateway.In(p.opened(biology, lee)), p.people[sam].ID))
	b.do(http.MethodPost, receipt.URL.Path+"/undo", url.Values{})
	p.work()
	last := b.get(school + "/runs")
	if !strings.Contains(last.text(), "1 left out") || p.states(noor) != "Biology 7B student active" {
		t.Errorf("runs say\n%s", last.text())
	}
	p.assign(linden, second, identity.RoleSchoolAdmin)
	p.settled()
	begun, err := p.in(linden, second).BeginRun(p.ctx, store.NewRun{
		Action: identity.BulkSuspend, Users: []identity.UserID{p.people[sam].ID}, Submission: identity.NewSubmission(),
	})
	p.check(err)
	p.check(identity.RemoveFromRoster(p.ctx, p.opened(linden, priya), p.in(linden, priya), p.gateway.In(p.opened(linden, priya)), p.people[second].ID))
	p.work()
	if got := b.get(school + "/runs/" + string(begun)); !strings.Contains(got.text(), "0 changed, 1 left out") ||
		!strings.Contains(got.text(), "Who began this may not do it any more.") || p.states(sam) != "Biology 7B student active" {
		t.Errorf("it went on:\n%s", got.text())
	}
}

// Everybody who is ticked is counted, however many those are whom nobody knows any
// more.
func TestAllWhoAreTickedAreAskedAbout(t *testing.T) {
	p := newPortal(t)
	chosen := url.Values{"action": {"suspend"}, "which": {"chosen"}, "user": {string(p.people[noor].ID)}}
	for i := range askedMost {
		chosen.Add("user", fmt.Sprintf("0%d", i)) // before hers
	}
	asked := p.signIn(priya).get(p.fill("/o/{linden}/people/act?") + chosen.Encode())
	if !strings.Contains(asked.text(), "Suspend 1 person") || !strings.Contains(asked.text(), "Noor Haddad") {
		t.Errorf("it asks\n%s", asked.text())
	}
}
