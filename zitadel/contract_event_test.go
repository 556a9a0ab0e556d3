package zitadel_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
)

// What people do past the portal is told as facts, in order.
func TestContractTheLogTellsOfUsers(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user, users := w.student(t, w.linden), w.owner.UserServiceV2()
		id := string(user.ID)
		assigned, err := w.in(t, w.biology).CreateRoleAssignment(t.Context(), user.ID, student)
		if err != nil {
			t.Fatal(err)
		}
		renamed, address := unique("sammy"), unique("sammy")+"@example.org"
		steps := []struct {
			name string
			do   func() error
			want identity.UserChanged
		}{
			{"profile", func() error {
				_, err := users.UpdateUser(t.Context(), &userpb.UpdateUserRequest{UserId: id, UserType: &userpb.UpdateUserRequest_Human_{
					Human: &userpb.UpdateUserRequest_Human{Profile: &userpb.UpdateUserRequest_Human_Profile{GivenName: new("Sammy"), FamilyName: new("-"), PreferredLanguage: new("es")}},
				}})
				return err
			}, identity.UserChanged{GivenName: new("Sammy"), FamilyName: new(""), Language: new("es")}},
			{"address", func() error {
				_, err := users.UpdateUser(t.Context(), &userpb.UpdateUserRequest{UserId: id, UserType: &userpb.UpdateUserRequest_Human_{
					Human: &userpb.UpdateUserRequest_Human{Email: &userpb.SetHumanEmail{
						Email: address, Verification: &userpb.SetHumanEmail_ReturnCode{ReturnCode: &userpb.ReturnEmailVerificationCode{}},
					}},
				}})
				return err
			}, identity.UserChanged{Address: &address, AddressVerified: new(false)}},
			{"user name", func() error {
				_, err := users.UpdateUser(t.Context(), &userpb.UpdateUserRequest{UserId: id, Username: &renamed, UserType: &userpb.UpdateUserRequest_Human_{Human: &userpb.UpdateUserRequest_Human{}}})
				return err
			}, identity.UserChanged{UserName: &renamed}},
			{"lock", func() error {
				_, err := users.LockUser(t.Context(), &userpb.LockUserRequest{UserId: id})
				return err
			}, identity.UserChanged{State: new(identity.UserLocked)}},
			{"unlock", func() error {
				_, err := users.UnlockUser(t.Context(), &userpb.UnlockUserRequest{UserId: id})
				return err
			}, identity.UserChanged{State: new(identity.UserActive)}},
			{"deactivate", func() error {
				_, err := users.DeactivateUser(t.Context(), &userpb.DeactivateUserRequest{UserId: id})
				return err
			}, identity.UserChanged{State: new(identity.UserInactive)}},
			{"reactivate", func() error {
				_, err := users.ReactivateUser(t.Context(), &userpb.ReactivateUserRequest{UserId: id})
				return err
			}, identity.UserChanged{State: new(identity.UserActive)}},
		}
		for _, step := range steps {
			if err := step.do(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
		}
		if _, err := users.DeleteUser(t.Context(), &userpb.DeleteUserRequest{UserId: id}); err != nil {
			t.Fatal(err)
		}

		history := w.history(t, id)
		if len(history) != len(steps)+3 {
			t.Fatalf("%d events, want %d: %s", len(history), len(steps)+3, dump(t, history))
		}
		created := user
		created.AddressVerified = false // an event of its own tells that
		if diff := cmp.Diff(identity.Fact(identity.UserCreated{User: created, Password: true, At: user.CreatedAt}), history[0].Fact); diff != "" {
			t.Errorf("creation differs (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(identity.Fact(identity.UserChanged{User: user.ID, AddressVerified: new(true), At: user.CreatedAt}), history[1].Fact); diff != "" {
			t.Errorf("verification differs (-want +got):\n%s", diff)
		}
		for i, step := range steps {
			event := history[i+2]
			step.want.User, step.want.At = user.ID, event.At
			if diff := cmp.Diff(identity.Fact(step.want), event.Fact); diff != "" {
				t.Errorf("%s differs (-want +got):\n%s", step.name, diff)
			}
			if event.Organization != w.linden.ID || event.Editor == "" || event.Editor == w.installation.Runtime.User {
				t.Errorf("%s: event of %s by %s, want Linden's by the owner", step.name, event.Organization, event.Editor)
			}
		}
		last := history[len(history)-1]
		if diff := cmp.Diff(identity.Fact(identity.UserRemoved{User: user.ID, At: last.At}), last.Fact); diff != "" {
			t.Errorf("removal differs (-want +got):\n%s", diff)
		}
		assignment := assigned.(identity.RoleAssignmentCreated).Assignment
		told := w.history(t, string(assignment.ID))
		if _, ok := told[len(told)-1].Fact.(identity.RoleAssignmentRemoved); !ok {
			t.Errorf("the role assignment of a removed user ends in %+v, want its removal", told[len(told)-1].Fact)
		}
	})
}

// Everything since a moment is read in pages of every size, and nothing is lost
// between them although many events share one time.
func TestContractPagesLoseNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		began := w.latest(t)
		for range 5 {
			user := w.student(t, w.linden) // two events at one time
			if _, err := w.in(t, w.biology).CreateRoleAssignment(t.Context(), user.ID, student); err != nil {
				t.Fatal(err)
			}
			// Of each kind that is asked for on its own.
			w.secondFactor(t, user.ID)
			if _, err := w.in(t, w.biology).SetName(t.Context(), unique("Biology")); err != nil {
				t.Fatal(err)
			}
		}
		whole, err := w.events.Events(t.Context(), identity.EventQuery{After: began, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if whole.More || len(whole.Events) < 25 {
			t.Fatalf("%d events, more %v, want at least 25 and no more", len(whole.Events), whole.More)
		}
		if !slices.IsSortedFunc(whole.Events, func(a, b identity.Event) int { return a.At.Compare(b.At) }) {
			t.Error("events are not in the order of their time")
		}
		for _, limit := range []int{1, 2, 3, 7, len(whole.Events)} {
			var all []identity.Event
			for after, more := began, true; more; {
				page, err := w.events.Events(t.Context(), identity.EventQuery{After: after, Limit: limit})
				if err != nil {
					t.Fatal(err)
				}
				if len(page.Events) > limit+1 {
					t.Errorf("%d events on a page of %d", len(page.Events), limit)
				}
				if page.More && !page.Last.After(after) {
					t.Fatalf("pages of %d stand still at %v", limit, after)
				}
				all, after, more = append(all, page.Events...), page.Last, page.More
			}
			if diff := cmp.Diff(whole.Events, all); diff != "" {
				t.Errorf("pages of %d differ (-whole +pages):\n%s", limit, diff)
			}
		}
		rest, err := w.events.Events(t.Context(), identity.EventQuery{After: whole.Last, Limit: 10})
		if err != nil || len(rest.Events) != 0 || rest.More || !rest.Last.Equal(whole.Last) {
			t.Errorf("after the end: %s, %v, want nothing and the same time", dump(t, rest), err)
		}
	})
}

// Password hashes and codes are in Zitadel's events, and end here.
func TestContractFactsCarryNoSecrets(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		began := w.latest(t)
		n := someone()
		n.Address = unique("eve") + "@example.org"
		if _, err := w.in(t, w.linden).CreateUser(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		if _, err := w.in(t, w.linden).ResetSignIn(t.Context(), n.ID); err != nil {
			t.Fatal(err)
		}
		page, err := w.events.Events(t.Context(), identity.EventQuery{After: began, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for i := range page.Events {
			page.Events[i].Type = "" // the name of an event may well be about a code
		}
		text := dump(t, page)
		if !strings.Contains(text, string(n.ID)) {
			t.Fatal("the user is not told of")
		}
		for _, secret := range []string{n.Secret, "$2", "Crypted", "code", "ash"} {
			if strings.Contains(text, secret) {
				t.Errorf("events contain %q: %s", secret, text)
			}
		}
	})
}

func TestContractTheInstallationIsKnown(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		in := w.installation
		want := identity.Platform{
			Project: in.Project, Operators: in.Operators, Individuals: in.Individuals,
			ServiceAccounts: []identity.UserID{in.Runtime.User, in.Provisioner.User, in.Events.User},
		}
		got, err := w.events.Platform(t.Context())
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("platform differs: %v (-want +got):\n%s", err, diff)
		}
		_, err = w.events.User(t.Context(), in.Runtime.User)
		wantKind(t, err, identity.KindNotFound, "user.not-found") // no person
		_, err = w.events.User(t.Context(), "nobody")
		wantKind(t, err, identity.KindNotFound, "user.not-found")
		_, err = w.events.Organization(t.Context(), "nowhere")
		wantKind(t, err, identity.KindNotFound, "organization.not-found")
		if all, err := w.events.RoleAssignments(t.Context(), "nowhere"); err != nil || len(all) != 0 {
			t.Errorf("role assignments of nowhere = %v, %v, want none", all, err)
		}
	})
}
