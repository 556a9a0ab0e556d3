package main

import (
	"path"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// lists brings lists to a class, as its teacher, and puts them into every state
// there is. The last ones are of the states that pass by themselves. Those who are
// added get a sheet of login cards.
func (d *demo) lists(w *window, class identity.OrganizationID) (brought []string, sheet string) {
	w.t.Helper()
	bring := func(list, then string) {
		w.open(d.urls.portal + views.ImportsPath(class))
		w.paste("Paste your list here", list)
		w.press("Check the list")
		w.sees(then)
		parts := strings.Split(strings.TrimPrefix(w.location(), d.urls.portal), "/")
		brought = append(brought, parts[4])
	}
	const plan = "Check what will happen"
	bring("7\tblue\t12\n8\tred\t13\n9\tgreen\t14\n", "What is in each column?")
	bring("Name\tE-mail\n\tnobody@\nSam Kim\t\nAda Ek\t\nAda Ek\t\nBo Lind\tbo@linden.example\n", plan)
	bring("Name\nAda Ek\n", plan)
	w.press("Options")
	w.press("This list is everybody in the class")
	w.press("Check again with these")
	w.sees("to go on")
	bring("Name\nCleo Falk\nDag Moe\n", plan)
	w.press("Add 2 students")
	w.sees("The list is applied")
	w.press("Make 2 cards")
	w.sees("2 login cards")
	sheet = path.Base(w.location())
	states := []string{"reading", "applying", "paused", "cancelled", "undoing", "undone", "failed"}
	for range states {
		bring("Name\nCleo Falk\n", "Nothing to do")
	}
	for i, state := range states {
		_, err := d.store.Writer().ExecContext(w.t.Context(), `UPDATE imports SET state = $1, trouble = '{"ID":"remote.unavailable"}',
			receipt = '{"created":1,"hidden":1,"refused":1}', undo_receipt = '{"kept":1,"refused":1}' WHERE id = $2`,
			state, brought[len(brought)-len(states)+i])
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return brought, sheet
}
