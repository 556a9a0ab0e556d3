package zitadel_test

import (
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel/standin"
)

// What Zitadel lost is not shown and is repaired; who has a history is not
// deleted.
func TestLostPeopleAreRepairedAfterwards(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		lose func(*standin.Faults, func(string) bool)
	}{
		{"the user", (*standin.Faults).LoseUsers},
		{"the login name", (*standin.Faults).LoseLoginNames},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, faults := ownWorld(t)
			remote, n := w.in(t, w.biology), someone()
			test.lose(faults, func(string) bool { return true })
			if _, err := remote.AddUser(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			test.lose(faults, nil)
			if again, err := remote.AddUser(t.Context(), n); err != nil || again.(identity.UserCreated).User.UserName != n.UserName {
				t.Errorf("the same again = %+v, %v, want the user", again, err)
			}
			if shown, err := remote.ShownUsers(t.Context(), []identity.UserID{n.ID}); err != nil || len(shown) > 0 {
				t.Errorf("shown = %v, %v, want nobody", shown, err)
			}
			if _, err := w.in(t, w.birch).RepairUser(t.Context(), n); err == nil {
				t.Error("another school repaired the user")
			}
			if _, err := remote.AssignRoles(t.Context(), n.ID, student); err != nil {
				t.Fatal(err)
			}
			if _, err := remote.RepairUser(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			if shown, err := remote.ShownUsers(t.Context(), []identity.UserID{n.ID}); err != nil || len(shown) != 1 {
				t.Errorf("shown = %v, %v, want the user", shown, err)
			}
			if _, err := remote.AssignRoles(t.Context(), n.ID, student); err != nil {
				t.Errorf("roles after a repair: %v", err)
			}

			old := w.student(t, w.biology)
			w.signIn(t, old.ID, "Correct-horse-7")
			if !faults.Lose(string(old.ID)) {
				t.Fatal("nothing lost")
			}
			n = someone()
			n.ID, n.UserName = old.ID, old.UserName
			_, err := remote.RepairUser(t.Context(), n)
			wantKind(t, err, identity.KindUnavailable, "remote.not-shown")
			if removed := w.happened(t, string(old.ID), "user.removed"); removed > 0 {
				t.Error("somebody who had signed in was deleted")
			}
		})
	}
}

// Who is not shown is deleted all the same, and what was not heard the first time
// is told again.
func TestLostPeopleAreDeleted(t *testing.T) {
	t.Parallel()
	w, faults := ownWorld(t)
	remote, n := w.in(t, w.biology), someone()
	faults.LoseUsers(func(string) bool { return true })
	if _, err := remote.AddUser(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	fact, err := remote.DeleteUser(t.Context(), n.ID)
	if removed, ok := fact.(identity.UserRemoved); err != nil || !ok || removed.User != n.ID || w.happened(t, string(n.ID), "user.removed") != 1 {
		t.Errorf("deleted: %+v, %v", fact, err)
	}
	again, err := remote.DeleteUser(t.Context(), n.ID)
	if err != nil || again != fact || w.happened(t, string(n.ID), "user.removed") != 1 {
		t.Errorf("again: %+v, %v, want %+v", again, err, fact)
	}
}

func TestLostRoleAssignmentsAreRepairedAfterwards(t *testing.T) {
	t.Parallel()
	w, faults := ownWorld(t)
	user, remote, biology := w.student(t, w.linden), w.in(t, w.biology), opened(t, w.biology)
	faults.LoseAuthorizations(func(string) bool { return true })
	fact, err := remote.AssignRoles(t.Context(), user.ID, student)
	if err != nil {
		t.Fatal(err)
	}
	faults.Heal()
	if shown, err := w.runtime.ShownRoleAssignments(t.Context(), []identity.UserID{user.ID}, biology); err != nil || len(shown) > 0 {
		t.Errorf("shown = %v, %v, want none", shown, err)
	}
	repaired, err := remote.RepairRoleAssignment(t.Context(), user.ID, student)
	if err != nil {
		t.Fatal(err)
	}
	if before, after := fact.(identity.RoleAssignmentCreated).Assignment.ID, repaired.(identity.RoleAssignmentCreated).Assignment.ID; before == after {
		t.Error("not made anew")
	}
	if shown, err := w.runtime.ShownRoleAssignments(t.Context(), []identity.UserID{user.ID}, biology); err != nil || len(shown) != 1 {
		t.Errorf("shown = %v, %v, want one", shown, err)
	}
}
