package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// cardNames are the names on the cards of a page.
func cardNames(seen page) []string {
	var names []string
	for _, card := range findAll(seen.doc, "article") {
		for _, heading := range findAll(card, "h2") {
			names = append(names, heading.FirstChild.Data)
		}
	}
	return names
}

// Who is asked for and gets no card is named beside those who do, with the reason.
func TestASheetNamesWhoIsLeftOut(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(lee)
	made := p.student(teacher, "Zoë")
	sheet := teacher.post(p.fill("/o/{biology}/cards"), "all", "on")
	for _, says := range []string{"Without a card", "Sam Kim", "Has e-mail, and signs in with an own password."} {
		if !strings.Contains(sheet.text(), says) {
			t.Errorf("the sheet does not say %q:\n%s", says, sheet.text())
		}
	}
	if got := cardNames(sheet); !slices.Equal(got, []string{"Zoë Åberg", "Noor Haddad"}) {
		t.Errorf("cards of %v", got)
	}
	one := teacher.post(p.fill("/o/{biology}/cards"), "user", string(made.ID), "user", string(p.people[lea].ID))
	if got := cardNames(one); len(got) != 1 || strings.Contains(one.text(), "Sam Kim") || strings.Contains(one.text(), "Lea Novak") {
		t.Errorf("who was not asked for is named:\n%s", one.text())
	}

	none := teacher.post(p.fill("/o/{biology}/cards"), "secrets", "new")
	if ticked := find(none.doc, "input", "name", "secrets"); none.Status != http.StatusUnprocessableEntity || ticked == nil || !has(ticked, "checked") {
		t.Errorf("with nobody chosen: %d\n%s", none.Status, none.text())
	}

	// Who becomes more than a student meanwhile has no card, and no password on it.
	p.people["zoe"] = made
	p.assign(history, "zoe", identity.RoleCoTeacher)
	p.settled()
	after := teacher.get(sheet.URL.Path)
	if got := cardNames(after); !slices.Equal(got, []string{"Noor Haddad"}) || !strings.Contains(after.text(), "Zoë Åberg") {
		t.Errorf("cards of %v after it\n%s", got, after.text())
	}
}

// student makes a student without e-mail in Biology.
func (p *portal) student(teacher *browser, given string) identity.User {
	p.t.Helper()
	key := teacher.get(p.fill("/o/{biology}/students/new")).field("submission")
	made := teacher.post(p.fill("/o/{biology}/students/new"), "submission", key, "given-name", given, "family-name", "Åberg", "user-name", "")
	codes := findAll(made.doc, "code")
	if len(codes) != 2 {
		p.t.Fatalf("no slip:\n%s", made.text())
	}
	p.settled()
	students, err := p.in(biology, lee).ClassStudents(p.ctx)
	p.check(err)
	for _, s := range students {
		if s.User.UserName == codes[0].FirstChild.Data {
			return s.User
		}
	}
	p.t.Fatalf("%s is not in the class", given)
	return identity.User{}
}

// The receipt of a list leads to cards for those it made, and for nobody else.
func TestCardsOfAnImport(t *testing.T) {
	p := newPortal(t)
	p.cards()
	teacher := p.signIn(lee)
	p.student(teacher, "Zoë")
	plan := teacher.pasted(biology, "Name\tE-Mail\nRuiz, Ana\t\nKim, Sam\tsam@linden.example\nWu, Bo\t\n")
	if seen := teacher.applies(plan.URL.Path); seen.Status != http.StatusOK {
		t.Fatalf("applied: %d\n%s", seen.Status, seen.text())
	}
	p.work()
	p.settled()
	id := plan.URL.Path[strings.LastIndex(plan.URL.Path, "/")+1:]
	receipt := teacher.get(plan.URL.Path)
	sheet := teacher.post(p.fill("/o/{biology}/cards"), "import", receipt.field("import"), "badges", receipt.field("badges"))
	if got := cardNames(sheet); len(got) != 2 || got[0] != "Ana Ruiz" || got[1] != "Bo Wu" {
		t.Errorf("cards of %v: %d\n%s", got, sheet.Status, sheet.text())
	}
	if issued := p.badgeRecords(identity.ActionBadgeIssued); len(issued) != 2 {
		t.Errorf("badges on them: %+v", issued)
	}
	last, err := p.in(biology, lee).ClassStudents(p.ctx)
	p.check(err)
	for _, s := range last {
		if s.User.GivenName != "Ana" {
			continue
		}
		rest := teacher.post(p.fill("/o/{biology}/cards"), "import", id, "after", string(s.User.ID))
		if got := cardNames(rest); len(got) != 1 || got[0] != "Bo Wu" {
			t.Errorf("after Ana: %v: %d\n%s", got, rest.Status, rest.text())
		}
	}
	for _, of := range []string{history, biology} {
		who, list := lee, id
		if of == biology {
			list = "unknown"
		} else {
			who = priya
		}
		if seen := p.signIn(who).post(p.fill("/o/{"+of+"}/cards"), "import", list); seen.Status != http.StatusNotFound || len(cardNames(seen)) != 0 {
			t.Errorf("import %s in %s: %d\n%s", list, of, seen.Status, seen.text())
		}
	}
}

// A card's picture leads to sign-in with its user name filled in. Who is signed in
// on the device already stays out of it.
func TestACardsPictureFillsTheUserNameIn(t *testing.T) {
	p := newPortal(t)
	path := views.SignInAsPath(noor)
	for _, test := range []struct {
		who, next string
		leads     string // path; empty: to Zitadel's login
	}{
		{"", "", ""},
		{sam, "", ""},
		{noor, "", views.HomePath},
		{noor, "&next=/organizations", "/organizations"},
		{noor, "&next=https://evil.example/", views.HomePath},
	} {
		b := p.browser()
		if test.who != "" {
			b = p.signIn(test.who)
		}
		seen := b.staying().get(path + test.next)
		location := seen.Header.Get("Location")
		if test.leads != "" {
			if location != test.leads {
				t.Errorf("%q%s leads to %q, want %q", test.who, test.next, location, test.leads)
			}
			continue
		}
		if !strings.HasPrefix(location, p.zitadel.Issuer()) || query(location, "login_hint") != noor || query(location, "prompt") != "login" {
			t.Errorf("%q%s leads to %q", test.who, test.next, location)
		}
	}
}

// A class of a school says how long its first passwords are, on its settings; a
// class that stands alone has rules of its own.
func TestAClassSaysHowLongItsFirstPasswordsAre(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(lee)
	settings := p.fill("/o/{biology}/settings")
	if seen := teacher.get(settings); !strings.Contains(seen.text(), "As in the school: Three words") || radio(seen, "band") != "" {
		t.Errorf("at first: %q\n%s", radio(seen, "band"), seen.text())
	}
	for _, test := range []struct {
		band   string
		status int
		holds  identity.SecretBand
	}{
		{"two-words", http.StatusOK, identity.BandTwoWords},
		{"nonsense", http.StatusBadRequest, identity.BandTwoWords},
		{"", http.StatusOK, identity.BandThreeWords},
	} {
		seen := teacher.post(p.fill("/o/{biology}/students/rules"), "band", test.band)
		rules, err := p.in(biology, lee).StudentRules(p.ctx)
		if seen.Status != test.status || err != nil || rules.Band != test.holds {
			t.Errorf("%q: %d, %v, %v", test.band, seen.Status, rules.Band, err)
		}
		if test.status == http.StatusOK && (seen.URL.Path != settings || radio(seen, "band") != test.band) {
			t.Errorf("%q: shown at %s as %q", test.band, seen.URL, radio(seen, "band"))
		}
	}
	alone := p.signIn(ruth)
	rules := p.fill("/o/{club}/students/rules")
	if seen := alone.get(p.fill("/o/{club}/settings")); !strings.Contains(seen.Body, `href="`+rules+`"`) {
		t.Errorf("no way to the rules:\n%s", seen.text())
	}
	saved := alone.do(http.MethodPost, rules, url.Values{"pattern": {"{given}-{00}"}, "spelling": {"plain"}, "words": {"en"}, "band": {"passphrase"}})
	if saved.Status != http.StatusOK || !strings.Contains(saved.Body, "is saved") {
		t.Errorf("saved: %d\n%s", saved.Status, saved.text())
	}
}

// radio is the value of the radio button that is chosen.
func radio(seen page, name string) string {
	for _, input := range findAll(seen.doc, "input") {
		if attribute(input, "name") == name && has(input, "checked") {
			return attribute(input, "value")
		}
	}
	return "(none)"
}

func has(node *html.Node, name string) bool {
	for _, a := range node.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
