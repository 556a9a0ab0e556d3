package handlers

import (
	"net/http"
	"strings"
	"testing"
)

// Where nothing can be written, who is signed in goes on reading; who wants to
// sign in is told why that does not work, in one page.
func TestSessionsThatCannotBeSaved(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(lee)
	writes := func(setting string) {
		_, err := p.store.Writer().ExecContext(p.ctx, "PRAGMA query_only = "+setting)
		p.check(err)
	}
	check := func(seen page, status int, text string) {
		t.Helper()
		if seen.Status != status || strings.Count(seen.text(), text) != 1 || strings.Count(seen.Body, "</html>") != 1 {
			t.Errorf("%s = %d with %d pages, want %d and one that says %q\n%s",
				seen.URL, seen.Status, strings.Count(seen.Body, "</html>"), status, text, seen.text())
		}
	}

	writes("on")
	p.now.advance(2 * sessionTouch) // the next click is to be noted
	check(teacher.get(p.fill("/o/{biology}/roster")), http.StatusOK, "All 5 people of the class")
	refused := p.browser().signInAt("/home", jon, secret)
	check(refused, http.StatusServiceUnavailable, "Homeroom cannot reach its records. Tell whoever runs Homeroom.")
	if location := refused.Header.Get("Location"); location != "" {
		t.Errorf("the refusal leads on to %s", location)
	}

	writes("off")
	check(teacher.get(p.fill("/o/{biology}/roster")), http.StatusOK, "All 5 people of the class")
	p.signIn(jon)
	var signedIn int
	p.check(p.store.Writer().QueryRowContext(p.ctx,
		"SELECT COUNT(*) FROM sessions WHERE user_id = ?", p.people[jon].ID).Scan(&signedIn))
	if signedIn != 1 {
		t.Errorf("%d sessions of somebody who signed in once", signedIn)
	}
}
