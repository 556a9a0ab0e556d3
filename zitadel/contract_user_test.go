package zitadel_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"homeroom.dev/homeroom/identity"
)

func asError(err error, target **identity.Error) bool { return errors.As(err, target) }

var noTimes = cmpopts.IgnoreTypes(time.Time{})

func TestContractUsersAreCreatedAsAsked(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		address := unique("mia") + "@example.org"
		for _, test := range []struct {
			name string
			in   identity.Organization
			new  identity.NewUser
			want identity.User
			code bool // a code for the address was made, and with it no mail sent
		}{
			{
				"address proved", w.linden,
				identity.NewUser{Address: address, AddressVerified: true, GivenName: "Mía", FamilyName: "Ñandú", Language: "es"},
				identity.User{UserName: address, Address: address, AddressVerified: true, GivenName: "Mía", FamilyName: "Ñandú", Language: "es", State: identity.UserActive},
				false,
			},
			{
				"address not proved", w.linden,
				identity.NewUser{Address: "x" + address, GivenName: "Mia", FamilyName: "Wolf"},
				identity.User{UserName: "x" + address, Address: "x" + address, GivenName: "Mia", FamilyName: "Wolf", State: identity.UserActive},
				true,
			},
			{
				"without e-mail, in a classroom of the school", w.biology,
				identity.NewUser{UserName: unique("kim"), GivenName: "Kim", Secret: "Correct-horse-7"},
				identity.User{GivenName: "Kim", AddressVerified: true, State: identity.UserActive},
				false,
			},
			{
				"without any name, in a classroom that stands alone", w.club,
				identity.NewUser{UserName: unique("anon")},
				identity.User{AddressVerified: true, State: identity.UserActive},
				false,
			},
		} {
			t.Run(test.name, func(t *testing.T) {
				test.new.ID = identity.UserID(unique("user"))
				test.want.ID, test.want.Home = test.new.ID, test.in.Home()
				if test.want.UserName == "" {
					test.want.UserName = test.new.UserName
				}
				remote := w.in(t, test.in)
				began := time.Now()
				fact, err := remote.CreateUser(t.Context(), test.new)
				if err != nil {
					t.Fatal(err)
				}
				created, ok := fact.(identity.UserCreated)
				if !ok {
					t.Fatalf("fact = %T, want UserCreated", fact)
				}
				if diff := cmp.Diff(test.want, created.User, noTimes); diff != "" {
					t.Errorf("created user differs (-want +got):\n%s", diff)
				}
				if created.At.Before(began.Add(-time.Minute)) || !created.User.CreatedAt.Equal(created.At) {
					t.Errorf("created at %v and fact of %v, want now and equal", created.User.CreatedAt, created.At)
				}
				read, err := remote.User(t.Context(), test.new.ID)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(created.User, read); diff != "" {
					t.Errorf("user read differs from the one created (-created +read):\n%s", diff)
				}
				again, err := remote.CreateUser(t.Context(), test.new)
				if err != nil {
					t.Fatalf("the same user again: %v", err)
				}
				if diff := cmp.Diff(fact, again); diff != "" {
					t.Errorf("the same user again differs (-first +again):\n%s", diff)
				}
				if code := w.happened(t, string(test.new.ID), "user.human.email.code.added") > 0; code != test.code {
					t.Errorf("code for the address made: %v, want %v", code, test.code)
				}
			})
		}
	})
}

func TestContractTakenUserNamesAreAConflict(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		there := w.student(t, w.birch)
		for _, name := range []string{there.UserName, strings.ToUpper(there.UserName)} {
			n := someone()
			n.UserName = name
			_, err := w.in(t, w.linden).CreateUser(t.Context(), n)
			wantKind(t, err, identity.KindConflict, "user.name-taken")
		}
	})
}

func TestContractUsersThatCannotBeAreRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		for _, test := range []struct {
			name    string
			change  func(*identity.NewUser)
			message string
		}{
			{"without ID", func(n *identity.NewUser) { n.ID = "" }, "user.name-missing"},
			{"without name and address", func(n *identity.NewUser) { n.UserName = "" }, "user.name-missing"},
			{"address that is none", func(n *identity.NewUser) { n.Address = "nobody" }, "remote.refused"},
			{"weak secret", func(n *identity.NewUser) { n.Secret = "cat" }, "secret.too-weak"},
		} {
			t.Run(test.name, func(t *testing.T) {
				n := someone()
				test.change(&n)
				_, err := w.in(t, w.linden).CreateUser(t.Context(), n)
				wantKind(t, err, identity.KindInvalid, test.message)
			})
		}
	})
}

func TestContractGuestsAreReadThroughTheirRole(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		guest := w.student(t, w.birch)
		_, err := w.in(t, w.biology).User(t.Context(), guest.ID)
		wantKind(t, err, identity.KindNotFound, "user.not-found")
		if _, err := w.in(t, w.biology).CreateRoleAssignment(t.Context(), guest.ID, []identity.Role{identity.RoleTeacher}); err != nil {
			t.Fatal(err)
		}
		read, err := w.in(t, w.biology).User(t.Context(), guest.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(guest, read); diff != "" {
			t.Errorf("guest differs (-want +got):\n%s", diff)
		}
		_, err = w.in(t, w.linden).User(t.Context(), guest.ID)
		wantKind(t, err, identity.KindNotFound, "user.not-found") // a guest of the classroom is none of the school
	})
}

func TestContractGuestsNobodyMayReadAreKnownByTheirRole(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.individual(t)
		if _, err := w.in(t, w.club).CreateRoleAssignment(t.Context(), id, []identity.Role{identity.RoleStudent}); err != nil {
			t.Fatal(err)
		}
		got, err := w.in(t, w.club).User(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		want := identity.User{ID: id, Home: w.installation.Individuals, UserName: got.UserName, GivenName: "Ida Noble", State: identity.UserActive}
		if diff := cmp.Diff(want, got); diff != "" || !strings.HasPrefix(got.UserName, "ind-") {
			t.Errorf("guest %s differs (-want +got):\n%s", got.UserName, diff)
		}
	})
}
