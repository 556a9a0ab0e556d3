package handlers

import (
	"net/http"
	"strings"
	"testing"

	"homeroom.dev/homeroom/views"
)

func TestATeacherRenamesTheClass(t *testing.T) {
	p := newPortal(t)
	teacher, path := p.signIn(lee), views.RenamePath(p.id(biology))
	before := len(p.audited(biology))
	for _, c := range []struct {
		name   string // typed
		status int
		says   string
		shown  string // as the name of the class
		more   int    // audit records
	}{
		{"", http.StatusUnprocessableEntity, "Enter a name.", "Biology 7B", 0},
		{strings.Repeat("x", 200), http.StatusUnprocessableEntity, "characters or fewer for the name", "Biology 7B", 0},
		{" Biology\t7C ", http.StatusOK, "The name is “Biology 7C” now.", "Biology 7C", 1},
		{"Biology 7C", http.StatusOK, "The name is “Biology 7C” now.", "Biology 7C", 1},
	} {
		seen := teacher.post(path, "name", c.name)
		if seen.Status != c.status || !strings.Contains(seen.text(), c.says) {
			t.Errorf("%q: %d, want %d and %q\n%s", c.name, seen.Status, c.status, c.says, seen.text())
		}
		if roster := teacher.get(views.RosterPath(p.id(biology))); !strings.Contains(roster.text(), c.shown) {
			t.Errorf("%q: the class is not called %q\n%s", c.name, c.shown, roster.text())
		}
		if more := len(p.audited(biology)) - before; more != c.more {
			t.Errorf("%q: %d records, want %d", c.name, more, c.more)
		}
	}
}
