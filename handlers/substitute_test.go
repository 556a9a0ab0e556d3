package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
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
	substitute.get("/home").says(t, "You stand in here until")
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
	want := []identity.Action{identity.ActionSubstituteAdded, identity.ActionSubstituteEnded}
	if got := p.audited(history); !slices.Equal(got, want) {
		t.Errorf("recorded %v, want %v", got, want)
	}
}

// endSubstitutions does what the portal does every minute.
func (p *portal) endSubstitutions() {
	p.t.Helper()
	p.check(p.triesToEndSubstitutions())
}

func (p *portal) triesToEndSubstitutions() error {
	p.t.Helper()
	due, err := p.store.DueSubstitutions(p.ctx, 10)
	p.check(err)
	for _, d := range due {
		err := identity.EndSubstitution(p.ctx, d.Opened, p.store.In(d.Opened), p.gateway.In(d.Opened), d.Substitution)
		if err != nil {
			return err
		}
	}
	return nil
}

func TestAnEndIsAboutOneRoleAssignment(t *testing.T) {
	for _, c := range []struct {
		name      string
		meanwhile func(p *portal, admin *browser)
		status    int // of the class for the substitute once the time is over
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
			p.settled()
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

// What goes wrong on the way leaves nobody in a class for longer than was said.
func TestASubstitutionEndsWhateverHappened(t *testing.T) {
	const remove = "/zitadel.authorization.v2.AuthorizationService/DeleteAuthorization"
	add := func(p *portal) {
		day := p.now.Now().Format(time.DateOnly)
		p.signIn(priya).post(p.fill("/o/{history}/substitutes"), "user", string(p.people[jon].ID), "until", day).
			says(p.t, "Jon Okafor is co-teacher until")
	}
	// cutOff adds the substitute at Zitadel, and the portal hears cause of it.
	cutOff := func(p *portal, cause error) {
		change := identity.Change{Action: identity.ActionSubstituteAdded, Target: string(p.people[jon].ID)}
		err := p.in(history, priya).ChangeUntil(p.ctx, change, p.people[jon].ID, p.now.Now().Add(time.Hour),
			func(context.Context) ([]identity.Fact, error) {
				p.assign(history, jon, identity.RoleCoTeacher)
				return nil, cause
			})
		if !errors.Is(err, cause) {
			p.t.Fatalf("cut off: %v", err)
		}
		p.settled()
	}
	for _, c := range []struct {
		name   string
		add    func(*portal)
		before func(*portal) // before the end
		status int           // of the class for the substitute after it
	}{
		{"nothing", add, func(*portal) {}, http.StatusNotFound},
		{"Zitadel is away", add, func(p *portal) {
			p.zitadel.Faults().Unavailable(remove, 0, -1)
			p.now.advance(25 * time.Hour)
			if err := p.triesToEndSubstitutions(); !identity.IsKind(err, identity.KindUnavailable) {
				p.t.Errorf("with Zitadel away: %v", err)
			}
			if seen := p.signIn(jon).get(p.fill("/o/{history}/roster")); seen.Status != http.StatusOK {
				p.t.Errorf("meanwhile the class is %d", seen.Status)
			}
			p.zitadel.Faults().Heal()
		}, http.StatusNotFound},
		{"the answer was lost", func(p *portal) { cutOff(p, errors.New("cut off")) }, func(p *portal) {
			p.signIn(priya).get(p.fill("/o/{history}/substitutes")).says(p.t, "set by Priya Nair")
		}, http.StatusNotFound},
		{"Zitadel said no, and somebody added them otherwise", func(p *portal) { cutOff(p, identity.Conflict("rule.own-role")) }, func(*portal) {}, http.StatusOK},
		{"the class was archived", add, func(p *portal) {
			p.signIn(priya).post(p.fill("/o/{history}/archive"))
			p.work()
			p.settled()
		}, http.StatusNotFound},
		{"the role was suspended", add, func(p *portal) {
			p.signIn(priya).post(views.SuspendPath(p.id(history), p.people[jon].ID))
		}, http.StatusNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPortal(t)
			c.add(p)
			c.before(p)
			p.now.advance(25 * time.Hour)
			p.endSubstitutions()
			if seen := p.signIn(jon).get(p.fill("/o/{history}/roster")); seen.Status != c.status {
				t.Errorf("the class is %d, want %d", seen.Status, c.status)
			}
			if _, err := p.in(history, priya).Member(t.Context(), p.people[jon].ID); identity.IsKind(err, identity.KindNotFound) != (c.status == http.StatusNotFound) {
				t.Errorf("in the class: %v", err)
			}
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
		{name: "nobody chosen", who: lee, method: "POST", path: path, form: url.Values{}, status: 400},
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
