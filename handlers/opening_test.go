package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

func TestManyClassroomsAreOpenedFromAList(t *testing.T) {
	p := newPortal(t)
	it := p.signIn(priya)
	many := p.fill("/o/{linden}/classrooms/many")
	key := it.get(many).field("submission")
	list := "Class\tTeacher\nPhysics 9C\t" + lea + "\nLatin 6D\tnew@linden.example\nArt 5A\nBiology 7b\n\tnobody@linden.example\nChess; not an address"
	for typed, want := range map[string]string{"": "Paste or type at least one class.", strings.Repeat("x\n", 301): "Open 300 at most"} {
		if seen := it.post(many, "submission", key, "list", typed); seen.Status != http.StatusUnprocessableEntity || !strings.Contains(seen.text(), want) {
			t.Errorf("a list of %d characters = %d\n%s", len(typed), seen.Status, seen.text())
		}
	}
	checked := it.post(many, "submission", key, "list", list)
	for _, want := range []string{
		"Nothing is opened yet.", "Lea Novak becomes its teacher at once.", "new@linden.example is invited to teach it.",
		"Without a teacher for now.", "Open another “Biology 7b” all the same", "1 line cannot be opened", "Enter a name.",
		"Open 4 classes, leave out 1 line",
	} {
		if !strings.Contains(checked.text(), want) {
			t.Errorf("the check does not say %q:\n%s", want, checked.text())
		}
	}
	if checked.Status != http.StatusOK || !strings.Contains(checked.text(), "Chess; not an address") {
		t.Errorf("check = %d\n%s", checked.Status, checked.text())
	}
	if n := len(p.queue.todo); n != 0 {
		t.Errorf("the check began %d jobs", n)
	}
	begin := p.fill("/o/{linden}/classrooms/many/open")
	send := func(pairs ...string) page {
		return it.post(begin, append([]string{"submission", checked.field("submission"), "list", list}, pairs...)...)
	}
	if seen := send("leave-out", "0"); seen.Status != http.StatusUnprocessableEntity || !strings.Contains(seen.text(), "not the one that was checked") {
		t.Errorf("lines nobody saw left out = %d\n%s", seen.Status, seen.text())
	}
	begun := send("leave-out", "1", "second", "5")
	if begun.Status != http.StatusOK || !strings.Contains(begun.text(), "Opening 5 classes") || !strings.Contains(begun.Body, "every 2s") {
		t.Fatalf("begun = %d at %s\n%s", begun.Status, begun.URL, begun.text())
	}
	if twice := send("leave-out", "1", "second", "5"); twice.URL.Path != begun.URL.Path || len(p.queue.todo) != 1 {
		t.Errorf("sent twice leads to %s with %d jobs", twice.URL.Path, len(p.queue.todo))
	}
	p.work()
	p.settled()
	receipt := it.get(begun.URL.Path)
	for _, want := range []string{"5 classes are open", "1 class has its teacher.", "1 teacher is invited.", "3 classes have no teacher yet.", "Lea Novak", "new@linden.example"} {
		if !strings.Contains(receipt.text(), want) {
			t.Errorf("the receipt does not say %q:\n%s", want, receipt.text())
		}
	}
	if strings.Contains(receipt.Body, "every 2s") {
		t.Error("the receipt asks again and again")
	}
	page, err := p.in(linden, priya).Classrooms(p.ctx, store.ClassroomQuery{})
	p.check(err)
	names := map[string]int{}
	for _, row := range page.Rows {
		names[row.Organization.Name]++
		if row.Organization.Name == "Physics 9C" && row.Teachers != 1 || row.Organization.Name == "Latin 6D" && row.Waiting != 1 {
			t.Errorf("%s: %+v", row.Organization.Name, row)
		}
	}
	if got := fmt.Sprint(names); got != fmt.Sprint(map[string]int{
		biology: 1, history: 1, "Physics 9C": 1, "Latin 6D": 1, "Art 5A": 1, "Biology 7b": 1, "Chess; not an address": 1,
	}) {
		t.Errorf("the school has %v", names)
	}
	if home := p.signIn(lea).get("/home"); !strings.Contains(home.text(), "Physics 9C") {
		t.Errorf("the teacher's home lacks the class:\n%s", home.text())
	}
}

// Zitadel goes away in the middle of a list: the page says so, and when it is
// back the list goes on with what is missing.
func TestAListGoesOnWhenZitadelIsBack(t *testing.T) {
	p := newPortal(t)
	it := p.signIn(priya)
	p.zitadel.Faults().Unavailable("", 0, -1)
	checked := it.post(p.fill("/o/{linden}/classrooms/many"), "submission", identity.NewSubmission(), "list", "Physics 9C\nArt 5A")
	begun := it.post(p.fill("/o/{linden}/classrooms/many/open"), "submission", checked.field("submission"), "list", "Physics 9C\nArt 5A", "leave-out", "0")
	if begun.Status != http.StatusOK {
		t.Fatalf("begun = %d\n%s", begun.Status, begun.text())
	}
	job := p.queue.todo[0]
	if err := p.openings().Handle(p.ctx, job.payload, false); !identity.IsKind(err, identity.KindUnavailable) {
		t.Errorf("while Zitadel is away: %v", err)
	}
	if held := it.get(begun.URL.Path); !strings.Contains(held.text(), "It goes on by itself as soon as it can.") {
		t.Errorf("the page does not say why nothing happens:\n%s", held.text())
	}
	// The last try of the job gives up; the page offers another one.
	p.check(p.openings().Handle(p.ctx, job.payload, true))
	failed := it.get(begun.URL.Path)
	if !strings.Contains(failed.text(), "2 classes could not be opened.") || !strings.Contains(failed.text(), "Try those again") {
		t.Errorf("the page does not say what failed:\n%s", failed.text())
	}
	p.zitadel.Faults().Heal()
	p.queue.todo = nil
	again := it.post(begun.URL.Path + "/again")
	if again.Status != http.StatusOK || len(p.queue.todo) != 1 {
		t.Fatalf("again = %d with %d jobs", again.Status, len(p.queue.todo))
	}
	p.work()
	p.settled()
	if done := it.get(begun.URL.Path); !strings.Contains(done.text(), "2 classes are open") {
		t.Errorf("at the end:\n%s", done.text())
	}
	page, err := p.in(linden, priya).Classrooms(p.ctx, store.ClassroomQuery{})
	p.check(err)
	if page.Total != 4 {
		t.Errorf("the school has %d classes, want 4", page.Total)
	}
}

// Whoever begins a list and is no school IT any more opens nothing further.
func TestAListStopsWithTheRightsOfWhoBeganIt(t *testing.T) {
	p := newPortal(t)
	p.assign(linden, lea, identity.RoleSchoolAdmin)
	p.settled()
	p.check(p.in(linden, lea).BeginOpenings(p.ctx, walkedOpening, "en", []store.OpeningItem{{Line: 1, Name: "Physics 9C"}}))
	_, err := p.gateway.In(p.founded(linden)).DeleteRoleAssignment(p.ctx, p.people[lea].ID)
	p.check(err)
	p.settled()
	p.work()
	run, err := p.in(linden, priya).OpeningRun(p.ctx, walkedOpening)
	p.check(err)
	if run.Items[0].State != store.OpeningFailed || run.Items[0].Problem.ID != "organization.not-found" || run.FinishedAt.IsZero() {
		t.Errorf("run = %+v", run)
	}
}

func TestAnOpeningThatWasCutOffIsCompletedByHand(t *testing.T) {
	p := newPortal(t)
	n := identity.NewOrganization{ID: identity.NewOrganizationID(), Kind: identity.KindClassroom, Name: "Physics 9C", School: p.id(linden)}
	user := p.people[priya]
	p.check(p.store.BeginOpening(p.ctx, identity.Actor{User: user.ID, Name: user.DisplayName()}, n, ""))
	p.now.advance(5 * 60e9)
	it := p.signIn(priya)
	path := p.fill("/o/{linden}/classrooms/unfinished")
	if seen := it.get(p.fill("/o/{linden}")); !strings.Contains(seen.text(), "1 class could not be opened completely yet.") {
		t.Errorf("the overview does not tell:\n%s", seen.text())
	}
	if seen := it.get(path); !strings.Contains(seen.text(), "Physics 9C") {
		t.Errorf("the list of unfinished ones:\n%s", seen.text())
	}
	done := it.post(path)
	if done.Status != http.StatusOK || !strings.Contains(done.text(), "1 class was completed.") || !strings.Contains(done.text(), "Physics 9C") {
		t.Errorf("completed = %d\n%s", done.Status, done.text())
	}
	if seen := it.get(path); !strings.Contains(seen.text(), "Every class is opened completely.") {
		t.Errorf("afterwards:\n%s", seen.text())
	}
}

// A process that is killed in the middle of a list leaves a classroom that is
// open at Zitadel, or whose teacher has got the role or the mail, and a line that
// does not say so. The next one goes on there and doubles nothing.
func TestAListThatWasCutOffDoublesNothing(t *testing.T) {
	p := newPortal(t)
	items := []store.OpeningItem{
		{Line: 1, Name: "Physics 9C", Teacher: p.people[lea].ID, TeacherName: "Lea Novak"},
		{Line: 2, Name: "Latin 6D", Address: "new@linden.example"},
		{Line: 3, Name: "Art 5A"},
		{Line: 4, Name: "Art 5A"}, // another one on purpose
	}
	p.check(p.in(linden, priya).BeginOpenings(p.ctx, walkedOpening, "en", items))
	job := p.queue.todo[0]
	p.work()
	p.settled()
	figures := func() string {
		page, err := p.in(linden, priya).Classrooms(p.ctx, store.ClassroomQuery{})
		p.check(err)
		var all []string
		for _, row := range page.Rows {
			all = append(all, fmt.Sprint(row.Organization.Name, row.Teachers, row.Waiting))
		}
		return fmt.Sprint(all, " ", len(p.queue.mails))
	}
	want := "[Art 5A0 0 Art 5A0 0 Biology 7B3 0 History 8A0 0 Latin 6D0 1 Physics 9C1 0] 1"
	if got := figures(); got != want {
		t.Fatalf("opened: %s, want %s", got, want)
	}
	// As if the line of each had not been closed: what was done is found done.
	_, err := p.store.Writer().ExecContext(p.ctx, "UPDATE opening_items SET state = 'waiting', classroom_id = ''")
	p.check(err)
	_, err = p.store.Writer().ExecContext(p.ctx, "UPDATE opening_runs SET finished_us = 0")
	p.check(err)
	p.check(p.openings().Handle(p.ctx, job.payload, false))
	p.settled()
	if got := figures(); got != want {
		t.Errorf("after the crash: %s, want %s", got, want)
	}
	run, err := p.in(linden, priya).OpeningRun(p.ctx, walkedOpening)
	p.check(err)
	if run.Count(store.OpeningDone) != 4 || run.FinishedAt.IsZero() {
		t.Errorf("run = %+v", run)
	}
}
