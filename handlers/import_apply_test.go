package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// names are who is on the roster of a class, as its page shows them.
func (b *browser) names(class string) []string {
	b.p.t.Helper()
	var names []string
	for _, a := range findAll(b.get(views.RosterPath(b.p.id(class))).doc, "a") {
		if strings.HasPrefix(attribute(a, "id"), "person-") {
			if strong := find(a, "strong", "", ""); strong != nil {
				names = append(names, page{doc: strong}.text())
			}
		}
	}
	slices.Sort(names)
	return names
}

func TestAListIsAppliedWithAReceipt(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	before := b.names(biology)
	at := b.pasted(biology, classList).URL.Path
	b.post(at+"/decide-all", "decision", "skip")
	under := b.applies(at)
	for _, says := range []string{"The list is being applied", "It goes on when this page is closed.", "Pause", "Stop here", "Refresh"} {
		if !strings.Contains(under.text(), says) {
			t.Errorf("under way it does not say %q\n%s", says, under.text())
		}
	}
	if live := find(under.doc, "section", "id", "import"); live == nil || !strings.HasSuffix(attribute(live, "hx-get"), at) {
		t.Error("the page does not look again by itself")
	}
	if again := b.applies(at); !strings.Contains(again.text(), "The list is being applied") {
		t.Errorf("a second press = %d\n%s", again.Status, again.text())
	}
	p.work()
	p.settled()
	done := b.get(at)
	for _, says := range []string{
		"The list is applied", "but for 2 rows that were left out", "Make 1 card", "Added 1", "Invited 1", "Download the receipt",
		"Download the rows with mistakes", "Undo all of it", "Pasted list", "Maria Lee",
	} {
		if !strings.Contains(done.text(), says) {
			t.Errorf("the receipt does not say %q\n%s", says, done.text())
		}
	}
	if now := b.names(biology); len(now) != len(before)+1 || !slices.Contains(now, "Ana Ruiz") {
		t.Errorf("on the roster are %v, before %v", now, before)
	}
	file := b.get(at + "/receipt.csv")
	for _, line := range []string{"Ana Ruiz,ana.r", ",Gets an account", "ben@linden.example", "Sam Kim", "Left out"} {
		if !strings.Contains(file.Body, line) {
			t.Errorf("the file does not have %q\n%s", line, file.Body)
		}
	}
	if sheet := b.post(views.CardsPath(p.id(biology)), "import", at[strings.LastIndexByte(at, '/')+1:]); sheet.Status != http.StatusOK ||
		!strings.Contains(sheet.text(), "Ana Ruiz") || strings.Contains(sheet.text(), "Sam Kim") {
		t.Errorf("the cards are %d at %s\n%s", sheet.Status, sheet.URL, sheet.text())
	}
	// The same list again says what is left of it: nothing.
	again := b.pasted(biology, classList)
	again = b.post(again.URL.Path+"/decide-all", "decision", "skip")
	if !strings.Contains(again.text(), "Nothing to do: everything on the list is so already.") || strings.Contains(again.text(), "Add ") {
		t.Errorf("the same list again:\n%s", again.text())
	}
	front := b.get(views.ImportsPath(p.id(biology)))
	for _, says := range []string{"Earlier lists", "Done", "Checked, not applied"} {
		if !strings.Contains(front.text(), says) {
			t.Errorf("the earlier lists do not say %q\n%s", says, front.text())
		}
	}
}

// What others did while a list was applied is said, and not that all is well.
func TestAReceiptSaysWhatOthersDidMeanwhile(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	at := b.pasted(biology, "Name\nEva Kurz\n").URL.Path
	b.applies(at)
	p.person(linden, "eva.k", "Eva", "Kurz")
	p.assign(biology, "eva.k", identity.RoleStudent)
	p.settled()
	p.work()
	done := b.get(at).text()
	if !strings.Contains(done, "1 row was left out: somebody changed what it is about") || strings.Contains(done, "Everything on the list is as it says.") {
		t.Errorf("the receipt says\n%s", done)
	}
}

func TestAListIsPausedGoneOnWithAndStopped(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	const list = "Name\nAna Ruiz\nBen Okafor\nCem Demir\n"
	at := b.pasted(biology, list).URL.Path
	b.applies(at)
	paused := b.post(at + "/pause")
	for _, says := range []string{"The list is paused", "What was done stays.", "Go on", "Stop here"} {
		if !strings.Contains(paused.text(), says) {
			t.Errorf("paused it does not say %q\n%s", says, paused.text())
		}
	}
	p.work()
	if still := b.get(at); !strings.Contains(still.text(), "The list is paused") || slices.Contains(b.names(biology), "Ana Ruiz") {
		t.Errorf("it goes on although it is paused\n%s", still.text())
	}
	// Somebody else of the class may go on with it.
	p.signIn(jon).post(at + "/continue")
	p.work()
	p.settled()
	if done := b.get(at); !strings.Contains(done.text(), "Everything on the list is as it says.") || !slices.Contains(b.names(biology), "Cem Demir") {
		t.Errorf("it has not gone on\n%s", done.text())
	}
	for _, late := range []string{"pause", "continue", "cancel"} {
		if got := b.post(at + "/" + late); got.Status != http.StatusConflict {
			t.Errorf("%s after its end = %d", late, got.Status)
		}
	}

	other := b.pasted(biology, "Name\nDora Ek\nEmil Lund\nFay Moss\n").URL.Path
	b.applies(other)
	b.post(other + "/cancel")
	p.work()
	if stopped := b.get(other); !strings.Contains(stopped.text(), "The list was stopped") || !strings.Contains(stopped.text(), "It was stopped before anything was changed.") ||
		strings.Contains(stopped.text(), "Undo all of it") || slices.Contains(b.names(biology), "Dora Ek") {
		t.Errorf("it was not stopped: %d at %s\n%s", stopped.Status, stopped.URL, stopped.text())
	}
}

// A school's list opens classes, with teachers and students.
func TestASchoolsListIsApplied(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(priya)
	const list = "Given name,Family name,Class,Role,E-mail\n" +
		"Dora,Ek,Art 5A,Teacher,dora@linden.example\nEmil,Lund,Art 5A,Student,\nFay,Moss,Biology 7B,Student,\nSam,Kim,Art 5A,Student,sam@linden.example\n"
	plan := b.bring(views.ImportsPath(p.id(linden)), "submission", "", identity.NewSubmission(), "file", "school.csv", list)
	for _, says := range []string{"Art 5A", "New", "Add 3 people", "open 1 class", "Joins Art 5A (Teacher)", "Moves", "school.csv"} {
		if !strings.Contains(plan.text(), says) {
			t.Errorf("the plan does not say %q\n%s", says, plan.text())
		}
	}
	at := plan.URL.Path
	b.applies(at)
	p.work()
	p.settled()
	done := b.get(at)
	for _, says := range []string{"Everything on the list is as it says.", "Classes opened 1", "Added 3", "Moved 1", "Make cards for the students", "See people"} {
		if !strings.Contains(done.text(), says) {
			t.Errorf("the receipt does not say %q\n%s", says, done.text())
		}
	}
	one, err := p.in(linden, priya).Import(p.ctx, store.ImportID(at[strings.LastIndexByte(at, '/')+1:]))
	p.check(err)
	if one.State != store.ImportDone || one.Receipt.Verified != 3 {
		t.Errorf("it is %s with %+v", one.State, one.Receipt)
	}
	if now := p.signIn(lee).names(biology); !slices.Contains(now, "Fay Moss") {
		t.Errorf("in Biology 7B are %v", now)
	}
}

// While a school pauses imports, its own pages say until when; a class's do not.
func TestAPauseOfImportsIsSaid(t *testing.T) {
	p := newPortal(t)
	day := p.now.Now().Truncate(24 * time.Hour)
	p.check(p.in(linden, priya).AddImportPause(p.ctx, store.ImportPause{
		ID: identity.NewSubmission(), From: day, Until: day.AddDate(0, 0, 7), Reason: "Exams",
	}))
	const says = "Lists for the whole school are paused until"
	b := p.signIn(priya)
	plan := b.bring(views.ImportsPath(p.id(linden)), "submission", "", identity.NewSubmission(), "list", "", "Name\tClass\nAna Ruiz\tArt 5A\n")
	for name, got := range map[string]page{"the box": b.get(views.ImportsPath(p.id(linden))), "the plan": plan} {
		if !strings.Contains(got.text(), says) {
			t.Errorf("%s does not say so: %d\n%s", name, got.Status, got.text())
		}
	}
	if got := p.signIn(lee).get(views.ImportsPath(p.id(biology))); strings.Contains(got.text(), says) {
		t.Errorf("a class's box says so\n%s", got.text())
	}
}

// Undoing says what it will do, does it, and names who keeps their account.
func TestAListIsUndone(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(lee)
	before := b.names(biology)
	at := b.pasted(biology, "Name\nAna Ruiz\nBen Okafor\nCem Demir\n").URL.Path
	if early := b.get(at + "/undo"); early.URL.Path != at {
		t.Errorf("a plan is undone at %s", early.URL)
	}
	b.applies(at)
	p.work()
	p.settled()
	_, err := p.store.Writer().ExecContext(p.ctx, "UPDATE users SET last_seen_us = created_us + 1 WHERE given_name = 'Cem'")
	p.check(err)
	asked := b.get(at + "/undo")
	for _, says := range []string{
		"3 accounts that were made are deleted.", "Whoever has signed in since keeps the account", "Possible until", "Undo the list", "Cancel",
	} {
		if !strings.Contains(asked.text(), says) {
			t.Errorf("it does not say %q before\n%s", says, asked.text())
		}
	}
	if under := b.post(at + "/undo"); !strings.Contains(under.text(), "The list is being undone") || strings.Contains(under.text(), "Stop here") || strings.Contains(under.text(), "Go on") {
		t.Errorf("under way: %d\n%s", under.Status, under.text())
	}
	p.zitadel.Faults().Unavailable("", 0, -1)
	waiting := p.queue.todo
	p.queue.todo = nil
	if err := p.imports.Handle(p.ctx, waiting[0].payload, false); err == nil {
		t.Error("it is undone without Zitadel")
	}
	p.zitadel.Faults().Heal()
	if waits := b.get(at); !strings.Contains(waits.text(), "It waits") || !strings.Contains(waits.text(), "Go on") {
		t.Errorf("it waits: %d\n%s", waits.Status, waits.text())
	}
	b.post(at + "/undo")
	p.work()
	p.settled()
	undone := b.get(at)
	for _, says := range []string{
		"The list is undone", "2 accounts deleted", "1 account kept", "1 person keeps their account", "Cem Demir cem.d",
		"taken out of the classes and kept",
	} {
		if !strings.Contains(undone.text(), says) {
			t.Errorf("it does not say %q after\n%s", says, undone.text())
		}
	}
	for _, not := range []string{"Make 3 cards", "Undo all of it"} {
		if strings.Contains(undone.text(), not) {
			t.Errorf("it still says %q", not)
		}
	}
	if now := b.names(biology); !slices.Equal(now, before) {
		t.Errorf("on the roster are %v, before %v", now, before)
	}
	if again := b.post(at + "/undo"); !strings.Contains(again.text(), "The list is undone") {
		t.Errorf("a second press = %d\n%s", again.Status, again.text())
	}

	// What nobody undoes in a day stays.
	late := b.pasted(biology, "Name\nDora Ek\n").URL.Path
	b.applies(late)
	p.work()
	p.now.advance(store.ImportUndoFor + time.Minute)
	if got := p.signIn(lee).get(late); strings.Contains(got.text(), "Undo all of it") {
		t.Errorf("a day later:\n%s", got.text())
	}
	if got := p.signIn(lee).post(late + "/undo"); got.Status != http.StatusGone {
		t.Errorf("a day later it is undone: %d", got.Status)
	}
}
