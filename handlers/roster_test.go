package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestTheRosterIsFoundFilteredAndPaged(t *testing.T) {
	p := newPortal(t)
	p.run(biology, []scenario{
		{
			name: "everybody with their counts", who: lee, method: "GET", path: "/o/{biology}/roster", status: 200,
			text: []string{"Class list", "Maria Lee", "Noor Haddad", "noor.7b", "2 students", "1 co-teacher", "2 teachers", "5 people", "Add students"},
		},
		{
			name: "the front page of a class is its roster for staff", who: jon, method: "GET", path: "/o/{biology}", status: 303,
			redirect: "/o/{biology}/roster",
		},
		{
			name: "search finds the beginning of a name", who: lee, method: "GET", path: "/o/{biology}/roster?q=had", status: 200,
			text: []string{"Noor Haddad", "1 person found"}, absent: []string{"Sam Kim"},
		},
		{
			name: "search as one types answers the region alone", who: lee, method: "GET", path: "/o/{biology}/roster?q=sam", region: "people", status: 200,
			text: []string{"Sam Kim", "1 person found"}, absent: []string{"Noor Haddad", "Skip to the content", "Search by name"},
		},
		{
			name: "nobody found has its own words", who: lee, method: "GET", path: "/o/{biology}/roster?q=zzz", status: 200,
			text: []string{"Nobody like that here", "Show everybody"}, absent: []string{"Noor Haddad", "Nobody is here yet"},
		},
		{
			name: "a role", who: lee, method: "GET", path: "/o/{biology}/roster?role=co_teacher", status: 200,
			text: []string{"Jon Okafor", "1 person found"}, absent: []string{"Sam Kim"},
		},
		{
			name: "a state nobody is in", who: lee, method: "GET", path: "/o/{biology}/roster?state=suspended", status: 200,
			text: []string{"Nobody like that here"}, absent: []string{"Sam Kim"},
		},
		{
			name: "a role of elsewhere and an unknown order count as nothing", who: lee, method: "GET",
			path: "/o/{biology}/roster?role=operator&state=gone&sort=shoe-size", status: 200,
			text: []string{"5 people"},
		},
		{
			name: "a cursor that no page of ours has", who: lee, method: "GET", path: "/o/{biology}/roster?after=%00nonsense", status: 400,
		},
		{
			name: "the staff of a school", who: priya, method: "GET", path: "/o/{linden}/roster", status: 200,
			text: []string{"Staff", "Priya Nair", "School IT"}, absent: []string{"Maria Lee", "Add a student"},
		},
		{
			name: "a class in which nobody is has its own words", who: priya, method: "GET", path: "/o/{history}/roster", status: 200,
			text: []string{"Nobody is here yet", "No students yet"}, absent: []string{"Nobody like that"},
		},
		{
			name: "students do not see it", who: sam, method: "GET", path: "/o/{biology}/roster", status: 403,
			absent: []string{"Noor Haddad"},
		},
		{
			name: "strangers do not know of it", who: mallory, method: "GET", path: "/o/{biology}/roster", status: 404,
			absent: []string{"Noor Haddad", biology},
		},
	})
}

func TestARosterIsPagedByFifties(t *testing.T) {
	p := newPortal(t)
	for i := range 60 {
		name := fmt.Sprintf("pupil%02d", i)
		p.person(linden, name, "Pupil", fmt.Sprintf("Number%02d", i))
		p.assign(history, name, identity.RoleStudent)
	}
	p.settled()
	b := p.signIn(priya)
	first := b.get(p.fill("/o/{history}/roster"))
	next := find(first.doc, "a", "id", "pager-next")
	if next == nil {
		t.Fatalf("no next page:\n%s", first.text())
	}
	second := b.get(attribute(next, "href"))
	for _, seen := range []struct {
		page       page
		has, lacks string
	}{
		{first, "Pupil Number49", "Pupil Number50"},
		{second, "Pupil Number50", "Pupil Number49"},
	} {
		text := seen.page.text()
		if !strings.Contains(text, seen.has) || strings.Contains(text, seen.lacks) {
			t.Errorf("%s: want %q and not %q:\n%s", seen.page.URL, seen.has, seen.lacks, text)
		}
	}
	back := find(second.doc, "a", "id", "pager-previous")
	if back == nil {
		t.Fatal("no way back")
	}
	if again := b.get(attribute(back, "href")); !strings.Contains(again.text(), "Pupil Number00") {
		t.Errorf("the page before lacks the first:\n%s", again.text())
	}
	if find(second.doc, "a", "id", "pager-next") != nil {
		t.Error("there is a page after the last")
	}
}

func TestStudentsSeeNamesAloneAndOnlyWhereTheClassAllows(t *testing.T) {
	p := newPortal(t)
	check := func(status int) page {
		t.Helper()
		seen := p.signIn(sam).with("HX-Target", "people").get(p.fill("/o/{biology}/roster?sort=-seen&state=suspended"))
		if seen.Status != status {
			t.Fatalf("roster for a student = %d, want %d", seen.Status, status)
		}
		return seen
	}
	check(http.StatusForbidden)
	p.check(p.in(biology, lee).SetSettings(p.ctx, identity.OrganizationSettings{StudentsSeeNames: true}))
	suspended := p.signIn(lee).post(p.fill("/o/{biology}/people/{noor.7b}/suspend"))
	if suspended.Status != http.StatusOK {
		t.Fatalf("suspend = %d\n%s", suspended.Status, suspended.text())
	}
	seen := check(http.StatusOK)
	for _, want := range []string{"Sam Kim", "Jon Okafor", "Co-teacher"} {
		if !strings.Contains(seen.text(), want) {
			t.Errorf("the names lack %q:\n%s", want, seen.text())
		}
	}
	for _, secret := range []string{"@linden.example", "Noor", "Last seen", "suspended", "Suspended", "/people/"} {
		if strings.Contains(seen.Body, secret) {
			t.Errorf("a student's page of names has %q", secret)
		}
	}
	member := p.signIn(sam).get(p.fill("/o/{biology}/people/{jon}"))
	if member.Status != http.StatusForbidden {
		t.Errorf("a student sees a member's page: %d", member.Status)
	}
}
