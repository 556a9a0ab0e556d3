package handlers

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// A teacher makes a student, prints the card, makes new passwords, and nobody
// else sees the sheet.
func TestCardsShowFirstPasswordsToWhoMadeThem(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(jon)
	key := teacher.get(p.fill("/o/{biology}/students/new")).field("submission")
	made := teacher.post(p.fill("/o/{biology}/students/new"), "submission", key, "given-name", "Zoë", "family-name", "Åberg", "user-name", "")
	codes := findAll(made.doc, "code")
	if len(codes) != 2 {
		t.Fatalf("no slip:\n%s", made.text())
	}
	userName, password := codes[0].FirstChild.Data, codes[1].FirstChild.Data

	sheet := teacher.post(p.fill("/o/{biology}/cards"), "all", "on")
	if sheet.Status != http.StatusOK || !strings.Contains(sheet.text(), userName) || !strings.Contains(sheet.text(), password) {
		t.Fatalf("sheet = %d at %s\n%s", sheet.Status, sheet.URL, sheet.text())
	}
	path := sheet.URL.Path
	for _, test := range []struct{ path, kind, want string }{
		{path + "/letters?paper=letter&language=es", "text/html", password},
		{path + "?paper=letter&layout=labels", "text/html", "paper-letter"},
		{path + "/cards.pdf", "application/pdf", "%PDF-"},
		{path + "?paper=nonsense&layout=nonsense&language=xx", "text/html", "paper-a4"},
	} {
		got := teacher.get(test.path)
		if got.Status != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), test.kind) || !strings.Contains(got.Body, test.want) ||
			strings.Contains(got.Body, "homeroom.invalid") {
			t.Errorf("%s = %d %s without %q", test.path, got.Status, got.Header.Get("Content-Type"), test.want)
		}
	}
	for _, who := range []string{lee, priya, mallory} {
		if got := p.signIn(who).get(path); got.Status != http.StatusNotFound {
			t.Errorf("%s sees the sheet: %d", who, got.Status)
		}
	}

	// New passwords for the class: the old one is gone, the new one on the card.
	ask := teacher.get(p.fill("/o/{biology}/students/reset"))
	id := regexp.MustCompile(`name="user" value="([^"]+)"`)
	found := id.FindAllStringSubmatch(ask.Body, -1)
	if ask.Status != http.StatusOK || len(found) == 0 {
		t.Fatalf("reset = %d\n%s", ask.Status, ask.text())
	}
	form := []string{}
	for _, one := range found {
		form = append(form, "user", one[1])
	}
	reset := teacher.post(p.fill("/o/{biology}/students/reset"), form...)
	if reset.Status != http.StatusOK || strings.Contains(reset.text(), password) || !strings.Contains(reset.text(), userName) {
		t.Fatalf("after the reset: %d at %s\n%s", reset.Status, reset.URL, reset.text())
	}
	if strings.Contains(p.log.String(), password) {
		t.Error("the secret is in the log")
	}
}

// A pattern is tried on examples before it is saved; what is saved makes the next
// user name.
func TestASchoolSaysHowUserNamesAreMade(t *testing.T) {
	p := newPortal(t)
	admin := p.signIn(priya)
	for _, test := range []struct {
		query  string
		status int
		text   string
	}{
		{"", http.StatusOK, "sam.k-"},
		{"?pattern={given}{family}&spelling=plain", http.StatusOK, "samkowalski"},
		{"?pattern={nonsense}", http.StatusOK, "means nothing here"},
	} {
		got := admin.get(p.fill("/o/{linden}/students/rules") + test.query)
		if got.Status != test.status || !strings.Contains(got.text(), test.text) {
			t.Errorf("%s = %d without %q\n%s", test.query, got.Status, test.text, got.text())
		}
	}
	saved := admin.post(p.fill("/o/{linden}/students/rules"),
		"pattern", "{family}.{given:1}", "spelling", "german", "words", "es", "band", "two-words", "must-change", "passphrase")
	if saved.Status != http.StatusOK {
		t.Fatalf("saved = %d\n%s", saved.Status, saved.text())
	}
	rules, err := p.in(biology, lee).StudentRules(p.ctx)
	if err != nil || rules.Pattern != "{family}.{given:1}" || rules.Spelling != identity.SpellGerman || rules.Band != identity.BandTwoWords {
		t.Errorf("in the classroom: %+v, %v", rules, err)
	}
	if got := p.signIn(jon).get(p.fill("/o/{linden}/students/rules")); got.Status != http.StatusNotFound {
		t.Errorf("a co-teacher sees the school's rules: %d", got.Status)
	}
}
