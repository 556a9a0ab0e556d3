package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

func TestASubstituteIsCoTeacherUntilADayAndNoLonger(t *testing.T) {
	p := newPortal(t)
	admin := p.signIn(priya)
	list := admin.get(p.fill("/o/{history}/substitutes"))
	if list.Status != http.StatusOK || !strings.Contains(list.text(), "Jon Okafor") || strings.Contains(list.text(), "Sam Kim") {
		t.Fatalf("who could stand in: %d\n%s", list.Status, list.text())
	}
	day := p.now.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	added := admin.post(p.fill("/o/{history}/substitutes"), "user", string(p.people[jon].ID), "until", day)
	if added.Status != http.StatusOK || !strings.Contains(added.text(), "Jon Okafor is co-teacher until") ||
		!strings.Contains(added.text(), "set by Priya Nair") {
		t.Fatalf("added: %d\n%s", added.Status, added.text())
	}
	substitute := p.signIn(jon)
	if seen := substitute.get(p.fill("/o/{history}/roster")); seen.Status != http.StatusOK {
		t.Errorf("the substitute sees %d", seen.Status)
	}
	if seen := admin.get(p.fill("/o/{history}/people/") + string(p.people[jon].ID)); !strings.Contains(seen.text(), "Last day") {
		t.Errorf("their page does not say when it ends:\n%s", seen.text())
	}

	p.endSubstitutions()
	if seen := substitute.get(p.fill("/o/{history}/roster")); seen.Status != http.StatusOK {
		t.Errorf("before its end the access is %d", seen.Status)
	}
	p.now.advance(3 * 24 * time.Hour)
	p.endSubstitutions()
	if seen := p.signIn(jon).get(p.fill("/o/{history}/roster")); seen.Status != http.StatusNotFound {
		t.Errorf("after its end the access is %d", seen.Status)
	}
	if seen := p.signIn(jon).get(p.fill("/o/{biology}/roster")); seen.Status != http.StatusOK {
		t.Errorf("their own class is %d", seen.Status)
	}
	p.endSubstitutions() // nothing is left to end
	if got, want := p.audited(history), []identity.Action{identity.ActionSubstituteEnded, identity.ActionSubstituteAdded}; len(got) != 2 ||
		got[0] != want[0] || got[1] != want[1] {
		t.Errorf("audit has %v, want %v", got, want)
	}
}

// endSubstitutions does what the portal does every minute.
func (p *portal) endSubstitutions() {
	p.t.Helper()
	due, err := p.store.DueSubstitutions(p.ctx, 10)
	p.check(err)
	for _, d := range due {
		p.check(identity.EndSubstitution(p.ctx, d.Opened, p.store.In(d.Opened), p.gateway.In(d.Opened), d.Substitution))
	}
}

func TestAnEndIsAboutOneRoleAssignment(t *testing.T) {
	for _, c := range []struct {
		name    string
		meanwhile func(p *portal, admin *browser)
		status  int // of the class for the substitute once the time is over
	}{
		{"nothing happened", func(*portal, *browser) {}, http.StatusNotFound},
		{"they may stay", func(p *portal, admin *browser) {
			admin.post(p.fill("/o/{biology}/people/")+string(p.people[jon].ID)+"/until", "stay", "yes")
		}, http.StatusOK},
		{"became a teacher", func(p *portal, admin *browser) {
			admin.post(p.fill("/o/{biology}/people/")+string(p.people[jon].ID)+"/role", "role", "teacher")
		}, http.StatusOK},
		{"left and came back", func(p *portal, admin *browser) {
			admin.post(p.fill("/o/{biology}/people/")+string(p.people[jon].ID)+"/remove", "", "")
			p.assign(biology, jon, identity.RoleCoTeacher)
		}, http.StatusOK},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPortal(t)
			admin := p.signIn(priya)
			day := p.now.Now().Format(time.DateOnly)
			set := admin.post(p.fill("/o/{biology}/people/")+string(p.people[jon].ID)+"/until", "until", day)
			if set.Status != http.StatusOK || !strings.Contains(set.text(), "Jon Okafor has access until") {
				t.Fatalf("set: %d\n%s", set.Status, set.text())
			}
			c.meanwhile(p, admin)
			p.now.advance(2 * 24 * time.Hour)
			p.endSubstitutions()
			if seen := p.signIn(jon).get(p.fill("/o/{biology}/roster")); seen.Status != c.status {
				t.Errorf("the class is %d, want %d", seen.Status, c.status)
			}
			p.endSubstitutions()
			if due, err := p.store.DueSubstitutions(t.Context(), 10); err != nil || len(due) != 0 {
				t.Errorf("still due: %v, %v", due, err)
			}
		})
	}
}

func TestOnlyWhoManagesTeachersAddsSubstitutes(t *testing.T) {
	p := newPortal(t)
	tomorrow := p.now.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	form := func(who, until string) url.Values {
		return url.Values{"user": {string(p.people[who].ID)}, "until": {until}}
	}
	const path = "/o/{biology}/substitutes"
	p.run(biology, []scenario{
		{name: "no day", who: lee, method: "POST", path: path, form: form(priya, ""), status: 422, text: []string{"Choose the last day."}},
		{name: "a day that is over", who: lee, method: "POST", path: path, form: form(priya, "2020-01-01"), status: 422, text: []string{"Choose today or a later day."}},
		{name: "a day far off", who: lee, method: "POST", path: path, form: form(priya, "2120-01-01"), status: 422, text: []string{"Choose a day within the next 366 days."}},
		{name: "who is in the class", who: lee, method: "POST", path: path, form: form(jon, tomorrow), status: 422, text: []string{"Jon Okafor is in this class already."}},
		{name: "a student is no staff", who: lee, method: "POST", path: path, form: form(sam, tomorrow), status: 404},
		{name: "oneself", who: priya, method: "POST", path: path, form: form(priya, tomorrow), status: 403},
		{name: "a co-teacher", who: jon, method: "POST", path: path, form: form(priya, tomorrow), status: 403},
		{name: "a student", who: sam, method: "GET", path: path, status: 403},
		{name: "a school has none", who: priya, method: "GET", path: "/o/{linden}/substitutes", status: 404},
		{name: "a student's access has no last day", who: lee, method: "GET", path: "/o/{biology}/people/" + string(p.people[noor].ID) + "/until", status: 409},
	})
}
