package zitadel_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
)

// Many are made with one call each, and looked for together.
func TestContractPeopleAreEnrolledTogether(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		remote := w.in(t, w.biology)
		var ids []identity.UserID
		for i := range 12 {
			n := someone()
			n.FamilyName, n.MustChange = fmt.Sprintf("No %d", i), i%2 == 0
			fact, err := remote.AddUser(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			made := fact.(identity.UserCreated)
			read, err := remote.User(t.Context(), n.ID)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(read, made.User); diff != "" || !made.Password || made.At != made.User.CreatedAt {
				t.Errorf("fact differs from the user (-user +fact):\n%s", diff)
			}
			again, err := remote.AddUser(t.Context(), n)
			if err != nil {
				t.Fatalf("the same again: %v", err)
			}
			if diff := cmp.Diff(fact, again, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the same again differs (-first +again):\n%s", diff)
			}
			ids = append(ids, n.ID)
		}
		stranger, nobody := w.student(t, w.birch).ID, identity.UserID(unique("nobody"))
		asked := append([]identity.UserID{stranger, nobody, ids[0]}, ids...)
		eventually(t, "all are shown", func() bool {
			shown, err := remote.ShownUsers(t.Context(), asked)
			if err != nil {
				t.Fatal(err)
			}
			return slices.Equal(shown, asked[2:])
		})
		biology, linden, birch := opened(t, w.biology), opened(t, w.linden), opened(t, w.birch)
		if shown, err := w.runtime.ShownRoleAssignments(t.Context(), ids, biology, linden); err != nil || len(shown) > 0 {
			t.Errorf("role assignments shown = %v, %v, want none", shown, err)
		}
		wanted := map[identity.RoleAssignmentID]identity.RoleAssignment{}
		fact, err := w.in(t, w.linden).AssignRoles(t.Context(), ids[0], []identity.Role{identity.RoleTeacher})
		if err != nil {
			t.Fatal(err)
		}
		wanted[fact.(identity.RoleAssignmentCreated).Assignment.ID] = fact.(identity.RoleAssignmentCreated).Assignment
		for _, id := range ids[:6] {
			fact, err := remote.AssignRoles(t.Context(), id, []identity.Role{identity.RoleStudent})
			if err != nil {
				t.Fatal(err)
			}
			a := fact.(identity.RoleAssignmentCreated).Assignment
			wanted[a.ID] = a
			if events := w.history(t, string(fact.(identity.RoleAssignmentCreated).Assignment.ID)); len(events) != 1 || !cmp.Equal(events[0].Fact, fact) {
				t.Errorf("fact = %+v, want that of the log %s", fact, dump(t, events))
			}
		}
		asked = append([]identity.UserID{stranger}, ids...)
		eventually(t, "the role assignments are shown, of all organizations that are opened", func() bool {
			shown, err := w.runtime.ShownRoleAssignments(t.Context(), asked, biology, linden)
			if err != nil {
				t.Fatal(err)
			}
			found := map[identity.RoleAssignmentID]identity.RoleAssignment{}
			for _, a := range shown {
				found[a.ID] = a
			}
			return cmp.Equal(wanted, found)
		})
		for _, test := range []struct {
			name string
			in   []identity.Opened
			want int
		}{{"one", []identity.Opened{biology}, 6}, {"the other", []identity.Opened{linden}, 1}, {"another school", []identity.Opened{birch}, 0}, {"none", nil, 0}} {
			if shown, err := w.runtime.ShownRoleAssignments(t.Context(), ids, test.in...); err != nil || len(shown) != test.want {
				t.Errorf("%s: %v, %v, want %d", test.name, shown, err, test.want)
			}
		}
		_, err = w.runtime.ShownRoleAssignments(t.Context(), ids, biology, identity.Opened{})
		wantKind(t, err, identity.KindNotFound, "organization.not-found")
		again, err := remote.AssignRoles(t.Context(), ids[0], []identity.Role{identity.RoleCoTeacher})
		if err != nil || !slices.Equal(again.(identity.RoleAssignmentCreated).Assignment.Roles, []identity.Role{identity.RoleCoTeacher}) {
			t.Errorf("other roles = %+v, %v, want them adopted", again, err)
		}
		_, err = remote.ShownUsers(t.Context(), make([]identity.UserID, identity.MaxShown+1))
		wantKind(t, err, identity.KindInvalid, "remote.refused")
		if shown, err := remote.ShownUsers(t.Context(), nil); err != nil || len(shown) > 0 {
			t.Errorf("of nobody: %v, %v", shown, err)
		}
	})
}

// What is shown needs no repair, and nobody who may have signed in is deleted.
func TestContractRepairsTouchNobodyWhoIsShown(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		remote, n := w.in(t, w.linden), someone()
		if _, err := remote.CreateUser(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		fact, err := remote.RepairUser(t.Context(), n)
		if err != nil || fact.(identity.UserCreated).User.ID != n.ID {
			t.Errorf("repair = %+v, %v, want the user", fact, err)
		}
		if removed := w.happened(t, string(n.ID), "user.removed"); removed > 0 {
			t.Error("the user was deleted")
		}
		_, err = remote.RepairRoleAssignment(t.Context(), n.ID, []identity.Role{identity.RoleTeacher})
		wantKind(t, err, identity.KindNotFound, "role-assignment.not-found")
		if _, err := remote.CreateRoleAssignment(t.Context(), n.ID, []identity.Role{identity.RoleTeacher}); err != nil {
			t.Fatal(err)
		}
		if _, err := remote.RepairRoleAssignment(t.Context(), n.ID, []identity.Role{identity.RoleTeacher}); err != nil {
			t.Errorf("one that is shown: %v", err)
		}
		changes, err := w.as(t, w.installation.Runtime).ManagementService().ListUserChanges(
			middleware.SetOrgID(t.Context(), string(w.birch.ID)), &managementpb.ListUserChangesRequest{UserId: string(n.ID)})
		if err != nil || len(changes.GetResult()) > 0 {
			t.Errorf("changes told to another school: %v, %v", changes.GetResult(), err)
		}
	})
}

func TestContractPeopleAreUpdated(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		taken := w.student(t, w.birch)
		address := unique("ivo") + "@example.org"
		name := unique("ivo")
		for _, test := range []struct {
			name   string
			update identity.UserUpdate
			want   func(*identity.User)
		}{
			{"names", identity.UserUpdate{GivenName: new("Ivo"), FamilyName: new("Ñandú")}, func(u *identity.User) { u.GivenName, u.FamilyName = "Ivo", "Ñandú" }},
			{"one name", identity.UserUpdate{FamilyName: new("")}, func(u *identity.User) { u.FamilyName = "" }},
			{"user name", identity.UserUpdate{UserName: &name}, func(u *identity.User) { u.UserName = name }},
			{"address", identity.UserUpdate{Address: &address}, func(u *identity.User) { u.Address, u.AddressVerified = address, false }},
			{"everything", identity.UserUpdate{UserName: new(name + "x"), GivenName: new("Eva"), FamilyName: new("Lu"), Address: new("x" + address)}, func(u *identity.User) {
				u.UserName, u.GivenName, u.FamilyName, u.Address, u.AddressVerified = name+"x", "Eva", "Lu", "x"+address, false
			}},
			{"no address", identity.UserUpdate{Address: new("")}, func(u *identity.User) { u.Address, u.AddressVerified = "", true }},
			{"nothing", identity.UserUpdate{}, func(*identity.User) {}},
		} {
			t.Run(test.name, func(t *testing.T) {
				remote := w.in(t, w.biology)
				want := w.student(t, w.biology)
				if test.name == "no address" {
					n := someone()
					n.Secret, n.Address = "", unique("old")+"@example.org"
					fact, err := remote.CreateUser(t.Context(), n)
					if err != nil {
						t.Fatal(err)
					}
					want = fact.(identity.UserCreated).User
				}
				test.want(&want)
				fact, err := remote.UpdateUser(t.Context(), want.ID, test.update)
				if err != nil {
					t.Fatal(err)
				}
				if changed, ok := fact.(identity.UserChanged); ok == test.update.Empty() || ok && (changed.At.IsZero() || changed.User != want.ID) {
					t.Errorf("fact = %+v", fact)
				}
				var read identity.User
				eventually(t, "the change is shown", func() bool {
					if read, err = remote.User(t.Context(), want.ID); err != nil {
						t.Fatal(err)
					}
					return cmp.Equal(want, read)
				})
				if again, err := remote.UpdateUser(t.Context(), want.ID, test.update); err != nil || again != identity.Fact(identity.Unknown{}) {
					t.Errorf("once more = %+v, %v, want nothing", again, err)
				}
				if asked := w.happened(t, string(want.ID), "user.human.email.code.sent"); asked > 0 {
					t.Error("Zitadel sent a mail")
				}
			})
		}
		user := w.student(t, w.linden)
		for _, test := range []struct {
			update  identity.UserUpdate
			kind    identity.ErrorKind
			message string
		}{
			{identity.UserUpdate{UserName: &taken.UserName}, identity.KindConflict, "user.name-taken"},
			{identity.UserUpdate{UserName: new(strings.ToUpper(taken.UserName)), GivenName: new("Half")}, identity.KindConflict, "user.name-taken"},
			{identity.UserUpdate{UserName: new("")}, identity.KindInvalid, "user.name-missing"},
			{identity.UserUpdate{Address: new("nobody")}, identity.KindInvalid, "remote.refused"},
		} {
			_, err := w.in(t, w.linden).UpdateUser(t.Context(), user.ID, test.update)
			wantKind(t, err, test.kind, test.message)
		}
		if read, err := w.in(t, w.linden).User(t.Context(), user.ID); err != nil || !cmp.Equal(user, read) {
			t.Errorf("after refused changes: %+v, %v, want %+v", read, err, user)
		}
	})
}

// The rules are the home's, in its classrooms too, or else the instance's; and
// they are what passwords are held against.
func TestContractPasswordRulesAreThoseInForce(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		instance, err := w.in(t, w.club).PasswordRules(t.Context())
		if err != nil || instance != identity.DefaultPasswordRules {
			t.Errorf("rules = %+v, %v, want those that Zitadel is shipped with", instance, err)
		}
		school, in := w.ownSchool(t)
		wanted := identity.PasswordRules{MinLength: 10, Lower: true}
		if _, err := w.owner.ManagementService().AddCustomPasswordComplexityPolicy(in, &managementpb.AddCustomPasswordComplexityPolicyRequest{MinLength: 10, HasLowercase: true}); err != nil {
			t.Fatal(err)
		}
		remote := w.in(t, school)
		eventually(t, "the school's own rules", func() bool {
			rules, err := remote.PasswordRules(t.Context())
			return err == nil && rules == wanted
		})
		for secret, weak := range map[string]bool{"sun-and-": true, "SUNANDMOON": true, "sun-and-moon": false, "1234567890": true, "élanvitals": false} {
			n := someone()
			n.Secret = secret
			_, err := remote.AddUser(t.Context(), n)
			if weak {
				wantKind(t, err, identity.KindInvalid, "secret.too-weak")
			} else if err != nil {
				t.Errorf("%s: %v", secret, err)
			}
		}
		if _, err := w.owner.ManagementService().ResetPasswordComplexityPolicyToDefault(in, &managementpb.ResetPasswordComplexityPolicyToDefaultRequest{}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the instance's rules", func() bool {
			rules, err := remote.PasswordRules(t.Context())
			return err == nil && rules == instance
		})
	})
}

// A first secret that has to be changed is asked for once, and so is one that a
// teacher has made.
func TestContractSecretsThatMustChange(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		remote, n := w.in(t, w.biology), someone()
		n.MustChange = true
		if _, err := remote.AddUser(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		mustChange := func() bool {
			answer, err := w.owner.UserServiceV2().GetUserByID(t.Context(), &userpb.GetUserByIDRequest{UserId: string(n.ID)})
			if err != nil {
				t.Fatal(err)
			}
			return answer.GetUser().GetHuman().GetPasswordChangeRequired()
		}
		eventually(t, "another password is asked for", mustChange)
		if w.version(t) == 1 && w.changeAtLoginPages(t, n.UserName, n.Secret, "Another-horse-8") {
			eventually(t, "it is asked for once", func() bool { return !mustChange() })
			if asked := w.atLoginPages(t, newBrowser(t), n.UserName, "Another-horse-8"); !asked {
				t.Error("no password was asked for")
			}
		}
		if err := remote.ResetSecret(t.Context(), n.ID, "Better-horse-9", true); err != nil {
			t.Fatal(err)
		}
		eventually(t, "another password is asked for after a reset", mustChange)
		if err := remote.ResetSecret(t.Context(), n.ID, "Better-horse-10", false); err != nil {
			t.Fatal(err)
		}
		eventually(t, "none is asked for", func() bool { return !mustChange() })
	})
}

// Wrong passwords lock somebody where the school says so, and Unlock ends it.
func TestContractWrongPasswordsLockUntilUnlocked(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		if w.version(t) != 1 {
			t.Skip("login pages that need a real browser")
		}
		school, in := w.ownSchool(t)
		if _, err := w.owner.ManagementService().AddCustomLockoutPolicy(in, &managementpb.AddCustomLockoutPolicyRequest{MaxPasswordAttempts: 2}); err != nil {
			t.Fatal(err)
		}
		remote, student := w.in(t, school), w.student(t, school)
		for range 2 {
			w.failAtLoginPages(t, newBrowser(t), student.UserName)
		}
		eventually(t, "the lock", func() bool {
			u, err := remote.User(t.Context(), student.ID)
			return err == nil && u.State == identity.UserLocked
		})
		if _, err := remote.Unlock(t.Context(), student.ID); err != nil {
			t.Fatal(err)
		}
		eventually(t, "its end", func() bool {
			u, err := remote.User(t.Context(), student.ID)
			return err == nil && u.State == identity.UserActive
		})
		w.atLoginPages(t, newBrowser(t), student.UserName, "Correct-horse-7")
	})
}
