package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// What the walks find of Linden's terms: one, a pause, a plan that was checked, and
// a rollover that was ended.
const (
	walkedTerm     = "walkedwalkedwalkedwalkedwt"
	walkedRollover = "walkedwalkedwalkedwalkedwr"
	walkedRolled   = "walkedwalkedwalkedwalkedwd"
)

func (p *portal) rolls() {
	p.t.Helper()
	school, now := p.in(linden, priya), p.now.Now()
	p.check(school.AddTerm(p.ctx, store.Term{ID: walkedTerm, Name: "2027/28", First: now.AddDate(0, 1, 0), End: now.AddDate(1, 0, 0)}))
	p.check(school.AddImportPause(p.ctx, store.ImportPause{ID: walkedTerm, From: now.AddDate(0, 2, 0), Until: now.AddDate(0, 3, 0), Reason: "Holidays"}))
	for _, id := range []store.RolloverID{walkedRolled, walkedRollover} {
		_, err := school.BeginRollover(p.ctx, store.NewRollover{Submission: string(id), Term: walkedTerm, Leaving: 13})
		p.check(err)
		p.check(p.rollovers().Plan(p.ctx, school, id))
		p.check(school.CheckRollover(p.ctx, id))
	}
	p.check(school.ApplyRollover(p.ctx, walkedRolled, false))
	p.check(school.CancelRollover(p.ctx, walkedRolled))
}

func TestTermsAndPausesOfASchool(t *testing.T) {
	p := newPortal(t)
	key := identity.NewSubmission
	term := func(name, first, last string) url.Values {
		return url.Values{"submission": {key()}, "name": {name}, "first": {first}, "last": {last}}
	}
	year := p.now.Now().Year()
	day := func(years int, rest string) string {
		return time.Date(year+years, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + rest
	}
	p.run(linden, []scenario{
		{
			name: "there are none", who: priya, method: "GET", path: "/o/{linden}/terms", status: 200,
			text: []string{"There are no terms yet", "Pauses of imports"}, absent: []string{"Plan a rollover"},
		},
		{
			name: "nothing is said", who: priya, method: "POST", path: "/o/{linden}/terms/new", form: term("", "", ""), status: 422,
			text: []string{"Enter a name for the term", "Enter the first day", "Enter the last day"},
		},
		{
			name: "days the wrong way round", who: priya, method: "POST", path: "/o/{linden}/terms/new",
			form: term("2030/31", day(4, "-09-01"), day(4, "-08-31")), status: 422,
			text: []string{"must not be before the first"}, absent: []string{"Enter a name"},
		},
		{
			name: "one is added", who: priya, method: "POST", path: "/o/{linden}/terms/new",
			form: term("Next year", day(1, "-08-01"), day(2, "-07-31")), status: 303, redirect: "/o/{linden}/terms",
			audit: []identity.Action{identity.ActionTermAdded},
		},
		{
			name: "another one on the same days", who: priya, method: "POST", path: "/o/{linden}/terms/new",
			form: term("Again", day(2, "-07-31"), day(3, "-07-31")), status: 422, text: []string{"part of Next year already"},
		},
		{
			name: "it is listed", who: priya, method: "GET", path: "/o/{linden}/terms", status: 200,
			text: []string{"Next year", "To come", "Plan a rollover"},
		},
		{
			name: "a pause without a reason", who: priya, method: "POST", path: "/o/{linden}/import-pauses/new",
			form: term("", day(1, "-06-01"), day(1, "-08-01")), status: 422, text: []string{"Enter a reason"},
		},
		{
			name: "a pause that is over", who: priya, method: "POST", path: "/o/{linden}/import-pauses/new",
			form: term("Holidays", day(-1, "-06-01"), day(-1, "-08-01")), status: 422, text: []string{"These days are over"},
		},
		{
			name: "a pause", who: priya, method: "POST", path: "/o/{linden}/import-pauses/new",
			form: term("Holidays", day(-1, "-06-01"), day(1, "-01-31")), status: 303, redirect: "/o/{linden}/terms",
			audit: []identity.Action{identity.ActionImportsPaused},
		},
		{
			name: "it is listed", who: priya, method: "GET", path: "/o/{linden}/terms", status: 200,
			text: []string{"Holidays", "Paused now", "Set by Priya Nair", "End the pause"},
		},
		{name: "not for teachers", who: lee, method: "GET", path: "/o/{linden}/terms", status: 404, text: []string{"Page not found"}},
	})
	room := p.in(biology, lee)
	until, err := room.ImportsPausedUntil(p.ctx)
	if err != nil || until.Before(p.now.Now()) {
		t.Errorf("imports are paused until %v, %v", until, err)
	}
	pauses, err := p.in(linden, priya).ImportPauses(p.ctx)
	p.check(err)
	p.signIn(priya).post(p.fill("/o/{linden}/import-pauses/" + pauses[0].ID + "/end"))
	if until, err = room.ImportsPausedUntil(p.ctx); err != nil || !until.IsZero() {
		t.Errorf("imports are paused until %v, %v", until, err)
	}
}

func TestASchoolIsRolledOverAndBack(t *testing.T) {
	p := newPortal(t)
	now := p.now.Now()
	school := p.in(linden, priya)
	p.check(school.AddTerm(p.ctx, store.Term{ID: walkedTerm, Name: "2027/28", First: now.AddDate(0, 1, 0), End: now.AddDate(1, 0, 0)}))
	b := p.signIn(priya)
	form := b.get(p.fill("/o/{linden}/rollovers/new"))
	for _, want := range []string{"2027/28", "Year group 8 (History 8A)", "Plan 2 classes"} {
		if !strings.Contains(form.text(), want) {
			t.Errorf("the form does not say %q:\n%s", want, form.text())
		}
	}
	plan := b.post(p.fill("/o/{linden}/rollovers/new"), "submission", walkedRollover, "term", walkedTerm, "leaving", "8")
	for _, want := range []string{"Biology 8B", "Archive", "1 class"} {
		if !strings.Contains(plan.text(), want) {
			t.Errorf("the plan does not say %q:\n%s", want, plan.text())
		}
	}
	at := p.fill("/o/{linden}/rollovers/") + walkedRollover
	// All of year 8 goes on, biology gets another name and loses its co-teacher.
	if seen := b.post(at+"/year", "change-year", "8", "action", "keep"); !strings.Contains(seen.text(), "1 class of the plan was changed") {
		t.Errorf("the year group: %s", seen.text())
	}
	class := b.get(at + "/classes/1")
	if !strings.Contains(class.text(), "Jon Okafor") || !strings.Contains(class.text(), "2 students are in this class") {
		t.Errorf("the class says %s", class.text())
	}
	ids := []string{string(p.people[lee].ID), string(p.people[second].ID), string(p.people[jon].ID)}
	found := b.post(at+"/classes/1", "action", "promote", "new-name", "Biology, year 8", "year", "7",
		"known", ids[0], "known", ids[1], "known", ids[2], "teacher", ids[0], "teacher", ids[1], "then", "teachers")
	if text := found.text(); !strings.Contains(text, "Who else teaches Biology, year 8?") || !strings.Contains(text, "Priya Nair") ||
		strings.Contains(text, "Jon Okafor") {
		t.Errorf("who could teach it: %s", text)
	}
	chosen := b.post(at+"/classes/1/teachers", "user", string(p.people[priya].ID))
	if !strings.Contains(chosen.text(), "comes new") {
		t.Errorf("the class says %s", chosen.text())
	}
	check := b.post(at + "/check")
	for _, want := range []string{"Roll over into 2027/28?", "Roll 2 classes over", "2 students"} {
		if !strings.Contains(check.text(), want) {
			t.Errorf("the check does not say %q:\n%s", want, check.text())
		}
	}
	if seen := b.post(at + "/apply"); seen.Status != http.StatusOK || !strings.Contains(seen.text(), "Rolling over into 2027/28") {
		t.Errorf("applied = %d\n%s", seen.Status, seen.text())
	}
	p.work()
	receipt := b.get(at)
	for _, want := range []string{"Rolled over into 2027/28", "Biology, year 8", "Until "} {
		if !strings.Contains(receipt.text(), want) {
			t.Errorf("the receipt does not say %q:\n%s", want, receipt.text())
		}
	}
	if home := p.signIn(sam).get("/home"); !strings.Contains(home.text(), "Biology, year 8") {
		t.Errorf("a student does not find the new class:\n%s", home.text())
	}
	b.post(at + "/undo")
	p.work()
	if back := b.get(at); !strings.Contains(back.text(), "as they were before the rollover") {
		t.Errorf("the receipt says\n%s", back.text())
	}
	if home := p.signIn(sam).get("/home"); strings.Contains(home.text(), "Biology, year 8") || !strings.Contains(home.text(), biology) {
		t.Errorf("a student finds\n%s", home.text())
	}
}
