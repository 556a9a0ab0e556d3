package handlers

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// checked are the values of the ticked boxes and hidden fields of a name.
func (s page) values(name string) []string {
	var values []string
	for _, input := range findAll(s.doc, "input") {
		ticked := slices.ContainsFunc(input.Attr, func(a html.Attribute) bool { return a.Key == "checked" })
		if attribute(input, "name") == name && (attribute(input, "type") == "hidden" || ticked) {
			values = append(values, attribute(input, "value"))
		}
	}
	return values
}

func TestEnforcementIsRehearsedBeforeItBegins(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(priya)
	path := func(parts ...string) string { return views.InPortal(p.id(linden)).Enforcement(parts...) }

	seen := b.get(path())
	for _, want := range []string{"No connection is active.", "7 people could not sign in any more", "noor.7b", "Sign in with a user name", "Maria Lee", "No connection for their domain"} {
		if !strings.Contains(seen.text(), want) {
			t.Errorf("without a connection the rehearsal does not say %q\n%s", want, seen.text())
		}
	}
	for _, step := range []string{"admins", "check", "on"} {
		if seen := b.post(path(step), "admin", string(p.people[priya].ID)); seen.Status != http.StatusConflict {
			t.Errorf("%s without a connection: %d\n%s", step, seen.Status, seen.text())
		}
	}

	p.activate(linden, priya, p.signInRows(linden, priya, "linden.example"))
	seen = b.get(path())
	for _, want := range []string{"1 person could not sign in any more", "7 people are at home here; 0 of them", "Should work, never tried", "Except the 1 person who signs in with a user name", "Priya Nair (you)"} {
		if !strings.Contains(seen.text(), want) {
			t.Errorf("the rehearsal does not say %q\n%s", want, seen.text())
		}
	}
	if seen.Status != http.StatusOK || len(p.enforced(linden, priya).Exceptions) != 0 {
		t.Errorf("%d; looking left exceptions", seen.Status)
	}

	before := p.calls()
	seen = b.post(path("people"), "except", string(p.people[lee].ID), "why", "no-address", "all-without-address", "on")
	if got := seen.values("except"); !slices.Equal(got, []string{string(p.people[lee].ID)}) || strings.Contains(seen.text(), "Sofia") {
		t.Errorf("filtered, what was ticked before is %v\n%s", got, seen.text())
	}
	if after := p.calls(); !maps.Equal(before, after) {
		t.Errorf("choosing made calls: %v, before %v", after, before)
	}
	seen = b.post(path("admins"), "except", string(p.people[lee].ID), "all-without-address", "on")
	if got := seen.values("admin"); !slices.Equal(got, []string{string(p.people[priya].ID)}) || !strings.Contains(seen.text(), "Has a password and no passkey.") {
		t.Errorf("the admins are %v\n%s", got, seen.text())
	}
	if seen := b.post(path("check")); seen.Status != http.StatusUnprocessableEntity || !strings.Contains(seen.text(), "Choose at least one admin") {
		t.Errorf("without an admin: %d\n%s", seen.Status, seen.text())
	}
	choice := []string{"except", string(p.people[lee].ID), "all-without-address", "on", "admin", string(p.people[priya].ID)}
	seen = b.post(path("check"), choice...)
	for _, want := range []string{"Priya Nair", "Maria Lee, Noor Haddad", "Other services still accept them"} {
		if !strings.Contains(seen.text(), want) {
			t.Errorf("the check does not say %q\n%s", want, seen.text())
		}
	}
	if p.enforced(linden, priya).On {
		t.Error("it is on before the last step")
	}

	seen = b.post(path("on"), choice...)
	link := attribute(find(seen.doc, "input", "id", "recovery"), "value")
	if seen.Status != http.StatusOK || !strings.HasPrefix(link, p.url+"/recover/") {
		t.Fatalf("%d, recovery link %q\n%s", seen.Status, link, seen.text())
	}
	e := p.enforced(linden, priya)
	if !e.On || len(e.Exceptions) != 3 || e.RecoveryMadeAt.IsZero() {
		t.Errorf("enforcement is %+v", e)
	}
	for _, x := range e.Exceptions {
		if x.BreakGlass != (x.User == p.people[priya].ID) {
			t.Errorf("exception %+v", x)
		}
	}
	if seen := b.get(path()); strings.Contains(seen.Body, link) || !strings.Contains(seen.text(), "Allow other ways again") {
		t.Errorf("the page after it\n%s", seen.text())
	}
	if seen := b.get(views.InPortal(p.id(linden)).Overview()); !strings.Contains(seen.text(), "3 people are excepted.") {
		t.Errorf("the overview\n%s", seen.text())
	}

	// Other exceptions, with the same recovery link.
	if seen := b.get(path("people")); !slices.Contains(seen.values("except"), string(p.people[lee].ID)) {
		t.Errorf("the exceptions are not ticked: %v", seen.values("except"))
	}
	if seen := b.post(path("on"), "admin", string(p.people[priya].ID)); seen.URL.Path != path() || !strings.Contains(seen.text(), "The exceptions are changed.") {
		t.Errorf("%d\n%s", seen.Status, seen.text())
	}
	if e := p.enforced(linden, priya); len(e.Exceptions) != 1 || !e.On {
		t.Errorf("enforcement is %+v", e)
	}
	if seen := b.post(path("off")); !strings.Contains(seen.text(), "People may sign in with a password or a passkey again.") || p.enforced(linden, priya).On {
		t.Errorf("%d\n%s", seen.Status, seen.text())
	}
	if seen := p.browser().get(strings.TrimPrefix(link, p.url)); seen.Status != http.StatusNotFound && seen.Status != http.StatusGone {
		t.Errorf("the recovery link after it: %d", seen.Status)
	}
	recorded := p.audited(linden)
	for _, want := range []identity.Action{identity.ActionEnforced, identity.ActionRecoveryMade, identity.ActionEnforcementEnded} {
		if !slices.Contains(recorded, want) {
			t.Errorf("%s is not on record: %v", want, recorded)
		}
	}
}

func TestARecoveryLinkEndsEnforcementOnce(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(priya)
	p.activate(linden, priya, p.signInRows(linden, priya, "linden.example"))
	path := views.InPortal(p.id(linden)).Enforcement
	seen := b.post(path("on"), "admin", string(p.people[priya].ID))
	first := attribute(find(seen.doc, "input", "id", "recovery"), "value")
	seen = b.post(path("recovery"))
	link := strings.TrimPrefix(attribute(find(seen.doc, "input", "id", "recovery"), "value"), p.url)
	if seen := p.browser().get(strings.TrimPrefix(first, p.url)); seen.Status != http.StatusNotFound {
		t.Errorf("the link before: %d", seen.Status)
	}
	anybody := p.browser()
	for range 3 {
		if seen := anybody.get(link); seen.Status != http.StatusOK || !strings.Contains(seen.text(), "passwords and passkeys work again") {
			t.Fatalf("%d\n%s", seen.Status, seen.text())
		}
	}
	if !p.enforced(linden, priya).On {
		t.Fatal("looking at the link ended enforcement")
	}
	if seen := anybody.post(link); seen.Status != http.StatusOK || !strings.Contains(seen.text(), "Other ways to sign in work again") || p.enforced(linden, priya).On {
		t.Errorf("%d\n%s", seen.Status, seen.text())
	}
	if seen := anybody.post(link); seen.Status != http.StatusGone && seen.Status != http.StatusNotFound {
		t.Errorf("twice: %d\n%s", seen.Status, seen.text())
	}
	recorded := p.audited(linden)
	count := 0
	for _, action := range recorded {
		if action == identity.ActionRecoveryMade {
			count++
		}
	}
	if count != 2 || !slices.Contains(recorded, identity.ActionRecoveryUsed) {
		t.Errorf("on record: %v", recorded)
	}
	if seen := b.post(path("recovery")); seen.Status != http.StatusConflict {
		t.Errorf("a recovery link while it is off: %d", seen.Status)
	}
}

func TestNobodyElseIsExcepted(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(priya)
	p.activate(linden, priya, p.signInRows(linden, priya, "linden.example"))
	path := views.InPortal(p.id(linden)).Enforcement
	for _, tt := range []struct {
		name, except, admin string
		want                int
	}{
		{"somebody of another school", mallory, priya, http.StatusNotFound},
		{"the admin of another school", lee, bob, http.StatusNotFound},
		{"an admin who is none", lee, sam, http.StatusConflict},
		{"an operator at home elsewhere", lee, olu, http.StatusNotFound},
	} {
		seen := b.post(path("on"), "except", string(p.people[tt.except].ID), "admin", string(p.people[tt.admin].ID))
		if seen.Status != tt.want && (tt.want != http.StatusConflict || seen.Status != http.StatusUnprocessableEntity) {
			t.Errorf("%s: %d, want %d\n%s", tt.name, seen.Status, tt.want, seen.text())
		}
	}
	if p.enforced(linden, priya).On {
		t.Error("it is on")
	}
}

// enforced is a school's enforcement as its rows have it.
func (p *portal) enforced(school, admin string) identity.Enforcement {
	p.t.Helper()
	e, err := p.in(school, admin).Enforcement(p.ctx)
	p.check(err)
	return e
}
