package handlers

import (
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

func TestActivityTellsWhoDidWhatToWhom(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(lee)
	teacher.post(p.fill("/o/{biology}/people/{sam}/role"), "role", "co_teacher")
	teacher.post(p.fill("/o/{biology}/people/{noor.7b}/suspend"))
	teacher.post(p.fill("/o/{biology}/people/{sam}/remove"))

	teacher.post(p.fill("/o/{biology}/settings"), "students-see-names", "on")
	seen := teacher.get(p.fill("/o/{biology}/activity")).text()
	last := -1
	for _, want := range []string{ // newest first
		"Maria Lee let students see who is in this class.",
		"Maria Lee removed Sam Kim .",
		"Maria Lee suspended Noor Haddad .",
		"Maria Lee made Sam Kim a co-teacher.",
	} {
		at := strings.Index(seen, want)
		if at <= last {
			t.Errorf("activity lacks %q after what is newer:\n%s", want, seen)
		}
		last = at
	}
	one := teacher.get(views.PersonActivityPath(p.id(biology), string(p.people[noor].ID))).text()
	if !strings.Contains(one, "Only what concerns Noor Haddad") || strings.Contains(one, "Sam Kim") {
		t.Errorf("activity of one person:\n%s", one)
	}
	// What the portal did comes back in Zitadel's events, and is told once.
	p.settled()
	if after := teacher.get(p.fill("/o/{biology}/activity")).text(); strings.Count(after, "made Sam Kim") != 1 {
		t.Errorf("after the events:\n%s", after)
	}
	// What is done past the portal is told as well, and marked.
	_, err := p.zitadel.Seed().Authorize(string(p.people[lea].ID), p.made.Project, string(p.id(biology)), "student")
	p.check(err)
	p.settled()
	if after := teacher.get(p.fill("/o/{biology}/activity")).text(); !strings.Contains(after, "Lea Novak a student. (not made in Homeroom)") {
		t.Errorf("what was done at Zitadel is not told:\n%s", after)
	}
}

func TestActivityIsReadByThoseWhoMay(t *testing.T) {
	p := newPortal(t)
	p.run(biology, []scenario{
		{name: "nothing yet has its own words", who: jon, method: "GET", path: "/o/{history}/activity", status: 404},
		{name: "a co_teacher", who: jon, method: "GET", path: "/o/{biology}/activity", status: 200, text: []string{"Activity", "Who did what here"}},
		{name: "a student", who: sam, method: "GET", path: "/o/{biology}/activity", status: 403},
		{name: "somebody of whom nothing is known", who: lee, method: "GET", path: "/o/{biology}/activity?person=nobody", status: 200, text: []string{"Nothing here", "Only what concerns one person"}},
		{name: "a cursor that no page of ours has", who: lee, method: "GET", path: "/o/{biology}/activity?before=%21", status: 400},
	})
}

// Every action has its sentence in every language; the catalogue's own test
// finds only literal IDs.
func TestEveryActionHasASentence(t *testing.T) {
	for _, action := range []identity.Action{
		identity.ActionClassroomOpened, identity.ActionSchoolOpened, identity.ActionOrganizationRenamed,
		identity.ActionSettingsChanged, identity.ActionVisited, identity.ActionInvited, identity.ActionInvitationResent,
		identity.ActionInvitationRevoked, identity.ActionInvitationCopied, identity.ActionInvitationAccepted,
		identity.ActionStudentCreated, identity.ActionRoleAssigned, identity.ActionRoleChanged,
		identity.ActionRoleSuspended, identity.ActionRoleActivated, identity.ActionRoleRemoved, identity.ActionLeft,
		identity.ActionSignInReset, identity.ActionUserChanged, identity.ActionUserRemoved,
	} {
		for _, language := range views.Languages {
			ctx := views.WithLanguage(t.Context(), language.Tag)
			id := "audit." + string(action)
			if said := views.Text(ctx, identity.Say(id, "Actor", "A", "Target", "T", "Role", "R", "Was", "W", "Name", "N")); said == id {
				t.Errorf("%s has no sentence in %s", action, language.Name)
			}
		}
	}
}
