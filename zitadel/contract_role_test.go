package zitadel_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

var (
	student   = []identity.Role{identity.RoleStudent}
	coTeacher = []identity.Role{identity.RoleCoTeacher}
	teacher   = []identity.Role{identity.RoleTeacher}
)

// held is the assignment of user in o as Zitadel's read side shows it, or zero.
func (w *world) held(t *testing.T, o identity.Organization, user identity.UserID) identity.RoleAssignment {
	t.Helper()
	all, err := w.events.RoleAssignments(t.Context(), o.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.User == user {
			return a
		}
	}
	return identity.RoleAssignment{}
}

// Each step answers the fact that the event log tells as well, and Zitadel
// shows what it says.
func TestContractRoleAssignmentsLiveTheirLife(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		for _, home := range []identity.Organization{w.biology, w.birch} { // at home, and a guest
			user, remote := w.student(t, home).ID, w.in(t, w.biology)
			var assignment identity.RoleAssignment
			for _, step := range []struct {
				name  string
				do    func() (identity.Fact, error)
				again bool // may be repeated, with the same answer
				roles []identity.Role
				state identity.RoleAssignmentState
			}{
				{"create", func() (identity.Fact, error) { return remote.CreateRoleAssignment(t.Context(), user, student) }, true, student, identity.AssignmentActive},
				{"update", func() (identity.Fact, error) { return remote.UpdateRoleAssignment(t.Context(), user, coTeacher) }, true, coTeacher, identity.AssignmentActive},
				{"suspend", func() (identity.Fact, error) { return remote.SuspendRoleAssignment(t.Context(), user) }, true, coTeacher, identity.AssignmentSuspended},
				{"activate", func() (identity.Fact, error) { return remote.ActivateRoleAssignment(t.Context(), user) }, true, coTeacher, identity.AssignmentActive},
				{"suspend once more", func() (identity.Fact, error) { return remote.SuspendRoleAssignment(t.Context(), user) }, true, coTeacher, identity.AssignmentSuspended},
				{"adopt", func() (identity.Fact, error) { return remote.CreateRoleAssignment(t.Context(), user, teacher) }, false, teacher, identity.AssignmentActive},
				{"delete", func() (identity.Fact, error) { return remote.DeleteRoleAssignment(t.Context(), user) }, false, nil, ""},
			} {
				fact, err := step.do()
				if err != nil {
					t.Fatalf("%s: %v", step.name, err)
				}
				if created, ok := fact.(identity.RoleAssignmentCreated); ok && assignment.ID == "" {
					assignment = created.Assignment
				}
				history := w.history(t, string(assignment.ID))
				if step.name != "adopt" { // two events, which the fact sums up
					if diff := cmp.Diff(fact, history[len(history)-1].Fact); diff != "" {
						t.Errorf("%s: the event log tells something else (-answer +log):\n%s", step.name, diff)
					}
				}
				var shown identity.RoleAssignment
				eventually(t, step.name+" is shown", func() bool {
					shown = w.held(t, w.biology, user)
					return cmp.Equal(shown.Roles, step.roles) && shown.State == step.state
				})
				if step.roles != nil {
					want := identity.RoleAssignment{ID: assignment.ID, User: user, Organization: w.biology.ID, Roles: step.roles, State: step.state}
					if diff := cmp.Diff(want, shown, noTimes); diff != "" {
						t.Errorf("%s: shown differs (-want +got):\n%s", step.name, diff)
					}
				}
				if step.again {
					again, err := step.do()
					if err != nil {
						t.Errorf("%s again: %v", step.name, err)
					}
					if diff := cmp.Diff(fact, again); diff != "" {
						t.Errorf("%s again: answer differs (-first +again):\n%s", step.name, diff)
					}
					if len(w.history(t, string(assignment.ID))) != len(history) {
						t.Errorf("%s again: the event log has grown", step.name)
					}
				}
			}
			fact, err := remote.DeleteRoleAssignment(t.Context(), user)
			if diff := cmp.Diff(identity.Fact(identity.Unknown{}), fact); err != nil || diff != "" {
				t.Errorf("delete again = %v, %v, want nothing and no error", fact, err)
			}
			back, err := remote.CreateRoleAssignment(t.Context(), user, student)
			if err != nil {
				t.Fatalf("create after delete: %v", err)
			}
			if created := back.(identity.RoleAssignmentCreated); created.Assignment.ID == assignment.ID {
				t.Error("create after delete gave the old assignment")
			}
		}
	})
}

func TestContractRolesThatAreNotHereAreRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user := w.student(t, w.linden).ID
		if _, err := w.in(t, w.biology).CreateRoleAssignment(t.Context(), user, student); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			in    identity.Organization
			roles []identity.Role
		}{
			{w.biology, nil},
			{w.biology, []identity.Role{identity.RoleSchoolAdmin}},
			{w.biology, []identity.Role{identity.RoleStudent, identity.RoleOperator}},
			{w.biology, []identity.Role{"headmaster"}},
			{w.linden, student},
			{w.linden, []identity.Role{identity.RoleOperator}},
			{w.club, []identity.Role{""}},
		} {
			_, err := w.in(t, test.in).CreateRoleAssignment(t.Context(), user, test.roles)
			wantKind(t, err, identity.KindInvalid, "role.not-here")
			_, err = w.in(t, test.in).UpdateRoleAssignment(t.Context(), user, test.roles)
			wantKind(t, err, identity.KindInvalid, "role.not-here")
		}
		if got := w.held(t, w.biology, user).Roles; !cmp.Equal(got, student) {
			t.Errorf("roles afterwards = %v, want %v", got, student)
		}
	})
}

func TestContractSchoolsHaveTheirOwnRoles(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user := w.student(t, w.linden).ID
		both := []identity.Role{identity.RoleSchoolAdmin, identity.RoleTeacher, identity.RoleTeacher}
		fact, err := w.in(t, w.linden).CreateRoleAssignment(t.Context(), user, both)
		if err != nil {
			t.Fatal(err)
		}
		want := []identity.Role{identity.RoleTeacher, identity.RoleSchoolAdmin}
		if got := fact.(identity.RoleAssignmentCreated).Assignment.Roles; !cmp.Equal(got, want) {
			t.Errorf("roles = %v, want %v", got, want)
		}
	})
}

// Nothing can be assigned where the portal opened nothing, even by an Opened
// that somebody made up.
func TestContractNothingIsAssignedWhereNothingWasOpened(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user := w.student(t, w.linden).ID
		for name, o := range map[string]identity.Organization{
			"operators":              {ID: w.installation.Operators, Kind: identity.KindSchool},
			"individuals":            {ID: w.installation.Individuals, Kind: identity.KindClassroom},
			"a classroom of theirs":  {ID: w.biology.ID, Kind: identity.KindClassroom, School: w.installation.Operators},
			"without a kind":         {ID: w.linden.ID},
			"unknown":                {ID: "nowhere", Kind: identity.KindClassroom},
			"an organization of old": {ID: w.foreign(t), Kind: identity.KindSchool},
		} {
			_, err := w.in(t, o).CreateRoleAssignment(t.Context(), user, teacher)
			if !identity.IsKind(err, identity.KindNotFound) {
				t.Errorf("%s: error = %v, want not found", name, err)
			}
		}
		_, err := w.runtime.In(identity.Opened{}).CreateRoleAssignment(t.Context(), user, teacher)
		wantKind(t, err, identity.KindNotFound, "organization.not-found")
	})
}

// Two who assign at once do not get in each other's way, and the user holds the
// roles of one of them.
func TestContractAssigningAtOnceLeavesOneAssignment(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user, remote := w.student(t, w.linden).ID, w.in(t, w.biology)
		var wait sync.WaitGroup
		for _, roles := range [][]identity.Role{student, coTeacher, teacher} {
			wait.Go(func() {
				if _, err := remote.CreateRoleAssignment(t.Context(), user, roles); err != nil {
					t.Errorf("assign %v: %v", roles, err)
				}
			})
		}
		wait.Wait()
		all, err := w.events.RoleAssignments(t.Context(), w.biology.ID)
		if err != nil {
			t.Fatal(err)
		}
		var held int
		for _, a := range all {
			if a.User == user {
				held++
			}
		}
		if held != 1 {
			t.Errorf("%d assignments, want 1", held)
		}
	})
}
