package handlers

import (
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

func TestASchoolAtAGlance(t *testing.T) {
	p := newPortal(t)
	unmailed := p.invitation(p.invite(biology, lee, "nobody@linden.example", identity.RoleStudent))
	p.check(p.store.MailFailed(p.ctx, p.queue.mail(0), identity.Say("mail.gave-up")))
	p.check(p.in(linden, priya).AskToJoin(p.ctx, identity.JoinRequest{
		User: p.people[lea].ID, Name: "Lea Novak", Domain: "linden.example", Role: identity.RoleTeacher, AskedAt: p.now.Now(),
	}))
	it := p.signIn(priya)
	p.settled()
	seen := it.get(p.fill("/o/{linden}"))
	for _, want := range []string{
		"Students", "Teachers", "Classes", "Invitations waiting", "What needs attention",
		"1 invitation to Biology 7B could not be mailed.", "1 class has no teacher.", "1 person asks to join.",
		"Sign-ins of the last 30 days", "Show the numbers",
	} {
		if !strings.Contains(seen.text(), want) {
			t.Errorf("the overview does not say %q:\n%s", want, seen.text())
		}
	}
	if strings.Contains(seen.Body, "style=") {
		t.Error("the overview has a style of its own, which the policy of contents forbids")
	}
	for _, path := range []string{
		"/o/{biology}/invitations", "/o/{linden}/classrooms?show=without-teacher", "/o/{linden}/sign-in/requests", "/o/{linden}/people?role=student",
	} {
		if !strings.Contains(seen.Body, strings.ReplaceAll(p.fill(path), "&", "&amp;")) {
			t.Errorf("nothing leads to %s", path)
		}
	}
	if rows := strings.Count(seen.Body, `<th scope="row">`); rows != signInDays {
		t.Errorf("%d days are in the table, want %d", rows, signInDays)
	}
	// What is mended is gone.
	p.check(p.in(biology, lee).RevokeInvitation(p.ctx, unmailed.ID))
	if after := it.get(p.fill("/o/{linden}")); strings.Contains(after.text(), "could not be mailed") {
		t.Errorf("what was mended still needs attention:\n%s", after.text())
	}
	p.invite(biology, lee, "late@linden.example", identity.RoleStudent)
	p.now.advance(12 * 24 * time.Hour)
	if after := p.signIn(priya).get(p.fill("/o/{linden}")); !strings.Contains(after.text(), "1 invitation to Biology 7B expires within 3 days.") {
		t.Errorf("what ends soon is not told:\n%s", after.text())
	}
}

func TestASchoolAssignsTeachersAndRenamesItsClassrooms(t *testing.T) {
	p := newPortal(t)
	page := "/o/{linden}/classrooms/{history}"
	p.run(linden, []scenario{
		{
			name: "a class without a teacher", who: priya, method: "GET", path: page, status: 200,
			text: []string{history, "Nobody teaches this class", "Assign a teacher", "Archive this class"}, absent: []string{"Lea Novak"},
		},
		{name: "who may become one", who: priya, method: "GET", path: page + "?q=novak", status: 200, text: []string{"Lea Novak", "Make teacher"}, absent: []string{"Mallory"}},
		{name: "students are not offered", who: priya, method: "GET", path: page + "?q=kim", status: 200, text: []string{"Nobody of the school is found"}, absent: []string{"Sam Kim"}},
		{name: "people of another school are not either", who: priya, method: "GET", path: page + "?q=quinn", status: 200, text: []string{"Nobody of the school is found"}, absent: []string{"Mallory"}},
		{name: "another school's class is none", who: priya, method: "GET", path: "/o/{linden}/classrooms/{maths}", status: 404},
	})
	p.run(history, []scenario{
		{name: "somebody of the school", who: priya, method: "POST", path: page + "/teachers", form: form("user", string(p.people[lea].ID)), status: 303, redirect: page, audit: []identity.Action{identity.ActionRoleAssigned}},
		{name: "it is told", who: priya, method: "GET", path: page, status: 200, text: []string{"Lea Novak teaches “History 8A” now.", "Lea Novak"}, absent: []string{"Nobody teaches"}},
		{name: "once more changes nothing", who: priya, method: "POST", path: page + "/teachers", form: form("user", string(p.people[lea].ID)), status: 303, redirect: page},
		{name: "by the address of somebody of the school", who: priya, method: "POST", path: page + "/teachers", form: form("address", "Maria Lee <"+lee+">"), status: 303, redirect: page, audit: []identity.Action{identity.ActionRoleAssigned}},
		{name: "by any other address, an invitation", who: priya, method: "POST", path: page + "/teachers", form: form("address", "new@linden.example"), status: 303, redirect: page, audit: []identity.Action{identity.ActionInvited}},
		{name: "who is invited already", who: priya, method: "POST", path: page + "/teachers", form: form("address", "new@linden.example"), status: 303, redirect: page},
		{name: "that is told", who: priya, method: "GET", path: page, status: 200, text: []string{"new@linden.example is invited or teaches"}},
		{name: "no address", who: priya, method: "POST", path: page + "/teachers", form: form("address", "new teacher"), status: 422, text: []string{"Enter one e-mail address", history}},
		{name: "nobody's ID", who: priya, method: "POST", path: page + "/teachers", form: form("user", "nobody"), status: 404},
		{name: "somebody of another school", who: priya, method: "POST", path: page + "/teachers", form: form("user", string(p.people[mallory].ID)), status: 404},
		{name: "oneself", who: priya, method: "POST", path: page + "/teachers", form: form("user", string(p.people[priya].ID)), status: 403},
		{name: "a name", who: priya, method: "POST", path: page + "/name", form: form("name", " History  8B "), status: 303, redirect: page, audit: []identity.Action{identity.ActionOrganizationRenamed}},
		{name: "the new name", who: priya, method: "GET", path: page, status: 200, text: []string{"The class is called “History 8B” now."}},
		{name: "no name", who: priya, method: "POST", path: page + "/name", form: form("name", ""), status: 422, text: []string{"Enter a name."}},
		{name: "not a teacher's", who: lea, method: "POST", path: page + "/name", form: form("name", "Mine"), status: 404},
	})
}
