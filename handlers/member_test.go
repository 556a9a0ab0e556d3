package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestMembersAreManagedByTheRules(t *testing.T) {
	p := newPortal(t)
	roleIs := func(role string) url.Values { return url.Values{"role": {role}} }
	p.run(biology, []scenario{
		{
			name: "a student's page for a teacher", who: lee, method: "GET", path: "/o/{biology}/people/{sam}", status: 200,
			text: []string{"Sam Kim", "sam@linden.example", "Linden School", "Change role", "Suspend Sam Kim", "Reset sign-in of Sam Kim", "Remove Sam Kim from Biology 7B"},
		},
		{
			name: "a co_teacher gives no roles", who: jon, method: "GET", path: "/o/{biology}/people/{sam}", status: 200,
			text:   []string{"Your own role does not let you give or take this one.", "Suspend Sam Kim", "Remove Sam Kim from Biology 7B"},
			absent: []string{"Change role"},
		},
		{
			name: "a co_teacher can do nothing to a teacher", who: jon, method: "GET", path: "/o/{biology}/people/{lee}", status: 200,
			text:   []string{"This person has a higher role than you here"},
			absent: []string{"Change role", "Suspend Maria", "Reset sign-in", "Remove Maria"},
		},
		{
			name: "one's own page offers to leave alone", who: lee, method: "GET", path: "/o/{biology}/people/{lee}", status: 200,
			text:   []string{"Nobody changes their own role", "Leave"},
			absent: []string{"Change role", "Suspend Maria", "Reset sign-in", "Remove Maria"},
		},
		{name: "somebody who is not here", who: lee, method: "GET", path: "/o/{biology}/people/{mallory}", status: 404, absent: []string{"Mallory"}},
		{name: "nobody at all", who: lee, method: "GET", path: "/o/{biology}/people/nobody", status: 404},

		{
			name: "a role that does not exist", who: lee, method: "POST", path: "/o/{biology}/people/{sam}/role", form: roleIs("king"), status: 422,
			text: []string{"There is one thing to correct", "Choose a role"},
		},
		{
			name: "a school's role in a class", who: lee, method: "POST", path: "/o/{biology}/people/{sam}/role", form: roleIs("school_admin"), status: 422,
			text: []string{"Choose a role"},
		},
		{
			name: "a co_teacher makes a co_teacher", who: jon, method: "POST", path: "/o/{biology}/people/{sam}/role", form: roleIs("co_teacher"), status: 403,
			text: []string{"Your own role does not let you"},
		},
		{
			name: "a co_teacher makes a teacher a student", who: jon, method: "POST", path: "/o/{biology}/people/{lee}/role", form: roleIs("student"), status: 403,
		},
		{
			name: "a teacher makes themselves a student", who: lee, method: "POST", path: "/o/{biology}/people/{lee}/role", form: roleIs("student"), status: 403,
			text: []string{"Nobody changes their own role"},
		},
		{
			name: "a student is made co_teacher", who: lee, method: "POST", path: "/o/{biology}/people/{sam}/role", form: roleIs("co_teacher"), status: 303,
			redirect: "/o/{biology}/people/{sam}", audit: []identity.Action{identity.ActionRoleChanged},
		},
		{
			name: "the change is on the page that follows", who: lee, method: "GET", path: "/o/{biology}/people/{sam}", status: 200,
			text: []string{"Sam Kim is now Co-teacher."},
		},
		{
			name: "the same again changes nothing", who: lee, method: "POST", path: "/o/{biology}/people/{sam}/role", form: roleIs("co_teacher"), status: 303,
			redirect: "/o/{biology}/people/{sam}",
		},

		{
			name: "suspended", who: lee, method: "POST", path: "/o/{biology}/people/{noor.7b}/suspend", status: 303,
			redirect: "/o/{biology}/people/{noor.7b}", audit: []identity.Action{identity.ActionRoleSuspended},
		},
		{
			name: "suspended twice", who: lee, method: "POST", path: "/o/{biology}/people/{noor.7b}/suspend", status: 303,
			redirect: "/o/{biology}/people/{noor.7b}",
		},
		{
			name: "a suspended student's page", who: lee, method: "GET", path: "/o/{biology}/people/{noor.7b}", status: 200,
			text: []string{"Suspended", "Give Noor Haddad access again"}, absent: []string{"Suspend Noor Haddad"},
		},
		{name: "a suspended student finds nothing", who: noor, method: "GET", path: "/o/{biology}", status: 404},
		{
			name: "active again", who: lee, method: "POST", path: "/o/{biology}/people/{noor.7b}/activate", status: 303,
			redirect: "/o/{biology}/people/{noor.7b}", audit: []identity.Action{identity.ActionRoleActivated},
		},
		{name: "an active student finds the class", who: noor, method: "GET", path: "/o/{biology}", status: 200, text: []string{"Biology 7B", "Taught by", "Maria Lee"}},

		{
			name: "removal says what happens and what stays", who: lee, method: "GET", path: "/o/{biology}/people/{sam}/remove", status: 200,
			text: []string{"Remove Sam Kim from Biology 7B?", "loses access to Biology 7B at once", "The account of Sam Kim stays"},
		},
		{
			name: "removal of a higher role says why not", who: jon, method: "GET", path: "/o/{biology}/people/{lee}/remove", status: 200,
			text: []string{"higher role"}, absent: []string{"loses access"},
		},
		{name: "a co_teacher removes a teacher", who: jon, method: "POST", path: "/o/{biology}/people/{lee}/remove", status: 403},
		{
			name: "removed", who: lee, method: "POST", path: "/o/{biology}/people/{sam}/remove", status: 303,
			redirect: "/o/{biology}/roster", audit: []identity.Action{identity.ActionRoleRemoved},
		},
		{name: "the roster no longer has them", who: lee, method: "GET", path: "/o/{biology}/roster", status: 200, text: []string{"Sam Kim was removed.", "4 people"}, absent: []string{"sam@linden.example"}},
		{name: "their next click finds nothing", who: sam, method: "GET", path: "/o/{biology}", status: 404},
		{name: "removed a second time", who: lee, method: "POST", path: "/o/{biology}/people/{sam}/remove", status: 404},

		{
			name: "one of two teachers is removed", who: priya, method: "POST", path: "/o/{biology}/people/{second}/remove", status: 303,
			redirect: "/o/{biology}/roster", audit: []identity.Action{identity.ActionRoleRemoved},
		},
		{
			name: "the last teacher's page says so", who: priya, method: "GET", path: "/o/{biology}/people/{lee}", status: 200,
			text: []string{"only teacher of the class"}, absent: []string{"Remove Maria Lee from", "Suspend Maria Lee"},
		},
		{name: "the last teacher is not removed", who: priya, method: "POST", path: "/o/{biology}/people/{lee}/remove", status: 409, text: []string{"only teacher of the class"}},
		{name: "nor suspended", who: priya, method: "POST", path: "/o/{biology}/people/{lee}/suspend", status: 409},
		{
			name: "nor demoted", who: priya, method: "POST", path: "/o/{biology}/people/{lee}/role", form: roleIs("student"), status: 422,
			text: []string{"only teacher of the class"},
		},
	})
}

// Two teachers remove each other in the same moment: one of them stays.
func TestTwoTeachersCannotRemoveEachOther(t *testing.T) {
	p := newPortal(t)
	browsers := map[string]*browser{lee: p.signIn(lee), second: p.signIn(second)}
	var wait sync.WaitGroup
	start := make(chan struct{})
	for who, other := range map[string]string{lee: "second", second: "lee"} {
		wait.Go(func() {
			<-start
			browsers[who].post(p.fill("/o/{biology}/people/{" + other + "}/remove"))
		})
	}
	close(start)
	wait.Wait()
	p.settled()
	roster := p.signIn(priya).get(p.fill("/o/{biology}/roster?role=teacher"))
	if !strings.Contains(roster.text(), "1 person found") {
		t.Errorf("want one teacher left:\n%s", roster.text())
	}
}

func TestAResetSignInIsShownOnce(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(lee)
	student := p.signIn(noor)

	ask := teacher.get(p.fill("/o/{biology}/people/{noor.7b}/reset"))
	if ask.Status != http.StatusOK || !strings.Contains(ask.text(), "You get a new first password") {
		t.Fatalf("ask = %d\n%s", ask.Status, ask.text())
	}
	done := teacher.post(p.fill("/o/{biology}/people/{noor.7b}/reset"))
	if done.Status != http.StatusOK || !strings.Contains(done.Header.Get("Cache-Control"), "no-store") {
		t.Fatalf("reset = %d, Cache-Control %q\n%s", done.Status, done.Header.Get("Cache-Control"), done.text())
	}
	codes := findAll(done.doc, "code")
	if len(codes) != 2 || codes[0].FirstChild.Data != noor {
		t.Fatalf("no user name and secret:\n%s", done.text())
	}
	fresh := codes[1].FirstChild.Data
	if strings.Contains(p.log.String(), fresh) {
		t.Error("the secret is in the log")
	}
	if seen := student.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("the student is still signed in after the reset: %d", seen.Status)
	}
	if seen := p.browser().signInAt("/home", noor, secret); seen.URL.Path == "/home" && seen.Status == http.StatusOK {
		t.Error("the old password still signs in")
	}
	if seen := p.browser().signInAt("/home", noor, fresh); seen.URL.Path != "/home" || seen.Status != http.StatusOK {
		t.Errorf("the new secret does not sign in: %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}

	link := teacher.post(p.fill("/o/{biology}/people/{sam}/reset"))
	field := find(link.doc, "input", "id", "link")
	if field == nil {
		t.Fatalf("no link for somebody with an address: %d\n%s", link.Status, link.text())
	}
	if got := attribute(field, "value"); link.Status != http.StatusOK || !strings.HasPrefix(got, p.zitadel.Issuer()) {
		t.Errorf("reset of somebody with an address = %d, link %q", link.Status, got)
	}
	records := p.audited(biology)
	if len(records) != 2 || records[0] != identity.ActionSignInReset || records[1] != identity.ActionSignInReset {
		t.Errorf("audit = %v, want two resets", records)
	}
}

func TestASignInIsResetOnlyWhereItsOwnerIsAtHome(t *testing.T) {
	p := newPortal(t)
	p.assign(biology, mallory, identity.RoleStudent) // a guest
	p.assign(biology, priya, identity.RoleStudent)   // runs the school, and learns biology
	p.assign(history, lea, identity.RoleTeacher)     // teaches elsewhere in the school,
	p.assign(biology, lea, identity.RoleStudent)     // and learns here
	p.settled()
	p.run(biology, []scenario{
		{
			name: "a guest's page says why not", who: lee, method: "GET", path: "/o/{biology}/people/{mallory}", status: 200,
			text: []string{"Guest", "A guest's account belongs elsewhere", "Remove Mallory Quinn from Biology 7B"}, absent: []string{"Reset sign-in of"},
		},
		{name: "a guest", who: lee, method: "POST", path: "/o/{biology}/people/{mallory}/reset", status: 403, text: []string{"belongs elsewhere"}},
		{name: "a guest, by the school's IT", who: priya, method: "POST", path: "/o/{biology}/people/{mallory}/reset", status: 403},
		{name: "a student who runs the school", who: lee, method: "POST", path: "/o/{biology}/people/{priya}/reset", status: 403, text: []string{"higher role"}},
		{name: "a student who teaches elsewhere, by a co_teacher", who: jon, method: "POST", path: "/o/{biology}/people/{lea}/reset", status: 403, text: []string{"higher role than you in another class"}},
		{name: "oneself", who: lee, method: "POST", path: "/o/{biology}/people/{lee}/reset", status: 403},
	})
}
