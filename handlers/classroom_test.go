package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

func TestASchoolShowsItsClassroomsToThoseWhoRunIt(t *testing.T) {
	p := newPortal(t)
	p.assign(linden, lea, identity.RoleTeacher)
	p.settled()
	p.run(linden, []scenario{
		{
			name: "its IT", who: priya, method: "GET", path: "/o/{linden}/classrooms", status: 200,
			text: []string{"Classes", biology, history, "2 classes", "Open a class", "Open many classes"}, absent: []string{maths},
		},
		{
			name: "a search", who: priya, method: "GET", path: "/o/{linden}/classrooms?q=bio", region: "classrooms", status: 200,
			text: []string{biology, "1 class found"}, absent: []string{history, "Skip to"},
		},
		{name: "nothing found", who: priya, method: "GET", path: "/o/{linden}/classrooms?q=zzz", status: 200, text: []string{"No class like that"}, absent: []string{biology}},
		{
			name: "without a teacher", who: priya, method: "GET", path: "/o/{linden}/classrooms?show=without-teacher", status: 200,
			text: []string{history, "1 class found", "Assign a teacher"}, absent: []string{biology},
		},
		{name: "archived", who: priya, method: "GET", path: "/o/{linden}/classrooms?show=archived", status: 200, text: []string{"No class like that"}, absent: []string{biology, history}},
		{
			name: "one of its teachers", who: lea, method: "GET", path: "/o/{linden}", status: 200,
			text: []string{"You are one of the teachers of this school."}, absent: []string{biology, "Open a class", "attention"},
		},
		{name: "the list is not a teacher's", who: lea, method: "GET", path: "/o/{linden}/classrooms", status: 403, absent: []string{biology}},
		{name: "a teacher of one of its classes", who: lee, method: "GET", path: "/o/{linden}", status: 404, absent: []string{linden}},
		{name: "another school's IT", who: bob, method: "GET", path: "/o/{linden}", status: 404},
		{name: "another school's IT and the list", who: bob, method: "GET", path: "/o/{linden}/classrooms", status: 404},
	})
}

func TestAStudentsPageOfAClassroom(t *testing.T) {
	p := newPortal(t)
	p.run(biology, []scenario{
		{
			name: "who teaches it", who: sam, method: "GET", path: "/o/{biology}", status: 200,
			text:   []string{biology, linden, "Taught by", "Maria Lee", "Sofia Berg", "Jon Okafor", "Leave Biology 7B"},
			absent: []string{"Noor Haddad", "lee@linden.example", "Who is in this class", "Activity"},
		},
		{
			name: "a teacher lets students see names", who: lee, method: "POST", path: "/o/{biology}/settings",
			form: url.Values{"students-see-names": {"on"}}, status: 303, redirect: "/o/{biology}/settings", audit: []identity.Action{identity.ActionSettingsChanged},
		},
		{name: "the settings say so", who: lee, method: "GET", path: "/o/{biology}/settings", status: 200, text: []string{"The settings are saved.", "Students see who else is in this class"}, absent: []string{"Teachers open classes"}},
		{name: "the page leads to the names", who: sam, method: "GET", path: "/o/{biology}", status: 200, text: []string{"Who is in this class"}},
		{name: "a co_teacher changes no settings", who: jon, method: "POST", path: "/o/{biology}/settings", status: 403},
		{name: "the settings as they are leave no record", who: lee, method: "POST", path: "/o/{biology}/settings", form: url.Values{"students-see-names": {"on"}}, status: 303, redirect: "/o/{biology}/settings"},
	})
}

func TestLeavingEndsOnesOwnAccessAlone(t *testing.T) {
	p := newPortal(t)
	p.run(biology, []scenario{
		{name: "it is asked first", who: sam, method: "GET", path: "/o/{biology}/leave", status: 200, text: []string{"Leave Biology 7B?", "You lose access", "all your other classes stay"}},
		{name: "a student leaves", who: sam, method: "POST", path: "/o/{biology}/leave", status: 303, redirect: "/home", audit: []identity.Action{identity.ActionLeft}},
		{name: "home says so", who: sam, method: "GET", path: "/home", status: 200, text: []string{"You have left Biology 7B."}},
		{name: "the class is gone for them", who: sam, method: "GET", path: "/o/{biology}", status: 404},
		{name: "the school's IT has nothing to leave", who: priya, method: "GET", path: "/o/{biology}/leave", status: 200, text: []string{"nothing of your own to leave"}, absent: []string{"You lose access"}},
		{name: "nor does by force", who: priya, method: "POST", path: "/o/{biology}/leave", status: 409},
		{name: "one of two teachers leaves", who: second, method: "POST", path: "/o/{biology}/leave", status: 303, redirect: "/home", audit: []identity.Action{identity.ActionLeft}},
		{name: "the last teacher is told", who: lee, method: "GET", path: "/o/{biology}/leave", status: 200, text: []string{"only teacher of the class"}, absent: []string{"You lose access"}},
		{name: "the last teacher stays", who: lee, method: "POST", path: "/o/{biology}/leave", status: 409, text: []string{"only teacher of the class"}},
	})
}

func TestASchoolsITOpensAClassroomForOthers(t *testing.T) {
	p := newPortal(t)
	it := p.signIn(priya)
	form := it.get(p.fill("/o/{linden}/classrooms/new"))
	key := form.field("submission")
	wrong := it.post(p.fill("/o/{linden}/classrooms/new"), "submission", key, "name", " ", "teacher", "not an address")
	if wrong.Status != http.StatusUnprocessableEntity || !strings.Contains(wrong.text(), "Enter a name.") ||
		!strings.Contains(wrong.text(), "Enter an e-mail address") || wrong.field("teacher") != "not an address" {
		t.Errorf("a wrong form = %d\n%s", wrong.Status, wrong.text())
	}
	send := func() page {
		return it.post(p.fill("/o/{linden}/classrooms/new"), "submission", key, "name", "Physics 9C", "teacher", "new.teacher@linden.example")
	}
	opened := send()
	if opened.Status != http.StatusOK || !strings.Contains(opened.text(), "new.teacher@linden.example is invited to teach it") {
		t.Fatalf("opened = %d at %s\n%s", opened.Status, opened.URL, opened.text())
	}
	if again := send(); again.URL.Path != opened.URL.Path {
		t.Errorf("the same form again leads to %s, want %s", again.URL.Path, opened.URL.Path)
	}
	school := it.get(p.fill("/o/{linden}/classrooms"))
	if n := strings.Count(school.Body, "<strong>Physics 9C</strong>"); n != 1 {
		t.Errorf("the school shows the class %d times:\n%s", n, school.text())
	}
	roster := it.get(strings.Replace(opened.URL.Path, "/invitations", "/roster", 1))
	if !strings.Contains(roster.text(), "Nobody is here yet") {
		t.Errorf("who opened it for others is on its roster:\n%s", roster.text())
	}
	p.settled()
	if after := it.get(p.fill("/o/{linden}/classrooms")); strings.Count(after.Body, "<strong>Physics 9C</strong>") != 1 {
		t.Errorf("after the events the school shows:\n%s", after.text())
	}
}

func TestATeacherOpensAClassroomWhereTheSchoolLetsThem(t *testing.T) {
	p := newPortal(t)
	p.assign(linden, lea, identity.RoleTeacher)
	p.settled()
	teacher := p.signIn(lea)
	if seen := teacher.get(p.fill("/o/{linden}/classrooms/new")); seen.Status != http.StatusForbidden {
		t.Fatalf("without the setting = %d", seen.Status)
	}
	form := views.PolicyFormOf(identity.DefaultPolicies, p.knowPolicy(linden))
	form.TeachersOpen = true
	saved := p.signIn(priya).post(p.fill("/o/{linden}/policies"), pairs(form.Params())...)
	if saved.Status != http.StatusOK || !strings.Contains(saved.text(), "The policies are saved.") {
		t.Fatalf("policies = %d\n%s", saved.Status, saved.text())
	}
	empty := teacher.get(p.fill("/o/{linden}/classrooms/new"))
	if empty.Status != http.StatusOK || strings.Contains(empty.text(), "I teach this class") {
		t.Fatalf("form = %d\n%s", empty.Status, empty.text())
	}
	opened := teacher.post(p.fill("/o/{linden}/classrooms/new"), "submission", empty.field("submission"), "name", "Latin 6D")
	if opened.Status != http.StatusOK || !strings.HasSuffix(opened.URL.Path, "/invitations/new") {
		t.Fatalf("opened = %d at %s\n%s", opened.Status, opened.URL, opened.text())
	}
	roster := teacher.get(strings.Replace(opened.URL.Path, "/invitations/new", "/roster", 1))
	if !strings.Contains(roster.text(), "Lea Novak") || !strings.Contains(roster.text(), "1 teacher") {
		t.Errorf("the opener does not teach it:\n%s", roster.text())
	}
}

func TestAClassroomThatStandsAloneIsOpenedWhereTheInstallationAllows(t *testing.T) {
	closed := newPortal(t)
	if seen := closed.signIn(lea).get("/classrooms/new"); seen.Status != http.StatusForbidden || !strings.Contains(seen.text(), "Only schools open classes here") {
		t.Errorf("where it is not allowed = %d\n%s", seen.Status, seen.text())
	}
	p := newPortal(t, func(o *Options) { o.AnyoneOpensClassrooms = true })
	founder := p.signIn(lea)
	form := founder.get("/classrooms/new")
	opened := founder.post("/classrooms/new", "submission", form.field("submission"), "name", "Chess")
	if opened.Status != http.StatusOK || !strings.HasSuffix(opened.URL.Path, "/invitations/new") {
		t.Fatalf("opened = %d at %s\n%s", opened.Status, opened.URL, opened.text())
	}
	if home := founder.get("/home"); !strings.Contains(home.text(), "Chess") {
		t.Errorf("home lacks it:\n%s", home.text())
	}
}
