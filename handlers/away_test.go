package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// Zitadel is away in the middle of a change: one plain sentence, everything
// typed still there, and the same form sent again does it once.
func TestAChangeWithoutZitadelLosesNothingTyped(t *testing.T) {
	p := newPortal(t)
	teacher, it := p.signIn(lee), p.signIn(priya)
	student := teacher.get(p.fill("/o/{biology}/students/new")).field("submission")
	class := it.get(p.fill("/o/{linden}/classrooms/new")).field("submission")
	const away = "The sign-in service does not answer."
	send := map[string]func() page{
		"role": func() page { return teacher.post(p.fill("/o/{biology}/people/{sam}/role"), "role", "co_teacher") },
		"student": func() page {
			return teacher.post(p.fill("/o/{biology}/students/new"), "submission", student, "given-name", "Ada", "family-name", "Lovelace")
		},
		"class": func() page {
			return it.post(p.fill("/o/{linden}/classrooms/new"), "submission", class, "name", "Physics 9C")
		},
		"suspend": func() page { return teacher.post(p.fill("/o/{biology}/people/{noor.7b}/suspend")) },
	}

	p.zitadel.Faults().Unavailable("", 0, -1)
	for name, form := range send {
		seen := form()
		if seen.Status != http.StatusServiceUnavailable || !strings.Contains(seen.text(), away) {
			t.Errorf("%s without Zitadel = %d\n%s", name, seen.Status, seen.text())
		}
		switch name {
		case "role":
			chosen := false
			for _, input := range findAll(seen.doc, "input") {
				isChecked := slices.ContainsFunc(input.Attr, func(a html.Attribute) bool { return a.Key == "checked" })
				chosen = chosen || isChecked && attribute(input, "value") == "co_teacher"
			}
			if !chosen {
				t.Errorf("the chosen role is lost")
			}
		case "student":
			if seen.field("given-name") != "Ada" || seen.field("family-name") != "Lovelace" || seen.field("submission") != student {
				t.Errorf("the student's form is lost")
			}
		case "class":
			if seen.field("name") != "Physics 9C" || seen.field("submission") != class {
				t.Errorf("the class's form is lost")
			}
		}
	}
	if page := teacher.get(p.fill("/o/{biology}/roster")); page.Status != http.StatusOK || !strings.Contains(page.text(), "5 people") {
		t.Errorf("pages without Zitadel = %d\n%s", page.Status, page.text())
	}
	records, err := p.in(biology, lee).Audit(p.ctx, store.AuditQuery{})
	p.check(err)
	for _, record := range records.Records {
		if record.Source == identity.SourcePortal && record.Outcome != identity.OutcomeFailed {
			t.Errorf("%s is on record as %s", record.Action, record.Outcome)
		}
	}
	if activity := teacher.get(p.fill("/o/{biology}/activity")); !strings.Contains(activity.text(), "Did not work") {
		t.Errorf("activity does not say what failed:\n%s", activity.text())
	}

	p.zitadel.Faults().Heal()
	for name, form := range send {
		if seen := form(); seen.Status != http.StatusOK {
			t.Errorf("%s after Zitadel came back = %d\n%s", name, seen.Status, seen.text())
		}
	}
	p.settled()
	if seen := teacher.get(p.fill("/o/{biology}/roster?q=ada")); !strings.Contains(seen.text(), "1 person found") {
		t.Errorf("the student is there not exactly once:\n%s", seen.text())
	}
	if seen := it.get(p.fill("/o/{linden}/classrooms?q=physics")); !strings.Contains(seen.text(), "1 class found") {
		t.Errorf("the class is there not exactly once:\n%s", seen.text())
	}
}
