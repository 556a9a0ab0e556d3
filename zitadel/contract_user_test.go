package zitadel_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	sessionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

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

func TestContractFirstSignInLeadsToZitadel(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		n := someone()
		n.Secret, n.Address = "", unique("ana")+"@example.org"
		if _, err := w.in(t, w.biology).CreateUser(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		link, err := w.in(t, w.biology).FirstSignIn(t.Context(), n.ID)
		if err != nil {
			t.Fatal(err)
		}
		query := w.wantLogin(t, link, map[int]string{1: "/user/invite", 2: "/verify"})
		if got := query.Get("userID") + query.Get("userId"); got != string(n.ID) {
			t.Errorf("%s names user %q, want %q", link, got, n.ID)
		}
		if got := query.Get("orgID") + query.Get("organization"); got != string(w.linden.ID) {
			t.Errorf("%s names organization %q, want the home %q", link, got, w.linden.ID)
		}
		second, err := w.in(t, w.biology).FirstSignIn(t.Context(), n.ID)
		if err != nil {
			t.Fatalf("a fresh link: %v", err)
		}
		code := w.wantLogin(t, second, map[int]string{1: "/user/invite", 2: "/verify"}).Get("code")
		if _, err := w.owner.UserServiceV2().VerifyInviteCode(t.Context(), &userpb.VerifyInviteCodeRequest{UserId: string(n.ID), VerificationCode: code}); err != nil {
			t.Errorf("the code of the link: %v", err)
		}
		u, err := w.in(t, w.biology).User(t.Context(), n.ID)
		if err != nil || !u.AddressVerified {
			t.Errorf("user after the code = %+v, %v, want a verified address", u, err)
		}
	})
}

func TestContractFirstSignInIsForPeopleWithoutCredential(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		_, err := w.in(t, w.linden).FirstSignIn(t.Context(), w.student(t, w.linden).ID)
		wantKind(t, err, identity.KindConflict, "user.has-credential")
	})
}

func TestContractResetSignInTakesEverythingAway(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		n := someone()
		n.Address, n.AddressVerified = unique("leo")+"@example.org", true
		if _, err := w.in(t, w.linden).CreateUser(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		w.signIn(t, n.ID, n.Secret)
		w.secondFactor(t, n.ID)
		link, err := w.in(t, w.biology).ResetSignIn(t.Context(), n.ID)
		if err != nil {
			t.Fatal(err)
		}
		query := w.wantLogin(t, link, map[int]string{1: "/password/init", 2: "/password/set"})
		eventually(t, "no session and no second factor", func() bool { return w.sessions(t, n.ID) == 0 && w.secondFactors(t, n.ID) == 0 })
		if u, err := w.in(t, w.linden).User(t.Context(), n.ID); err != nil || u.State != identity.UserActive {
			t.Errorf("user afterwards = %v, %v, want active", u.State, err)
		}
		if _, err := w.owner.UserServiceV2().SetPassword(t.Context(), &userpb.SetPasswordRequest{
			UserId: string(n.ID), NewPassword: &userpb.Password{Password: "Another-horse-8"},
			Verification: &userpb.SetPasswordRequest_VerificationCode{VerificationCode: query.Get("code")},
		}); err != nil {
			t.Fatalf("the code of the link: %v", err)
		}
		w.signIn(t, n.ID, "Another-horse-8")
		if _, err := w.in(t, w.linden).ResetSignIn(t.Context(), n.ID); err != nil {
			t.Errorf("once more: %v", err)
		}
	})
}

func TestContractResetSecretGivesANewPassword(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		student := w.student(t, w.biology)
		w.signIn(t, student.ID, "Correct-horse-7")
		if err := w.in(t, w.biology).ResetSecret(t.Context(), student.ID, "Better-horse-9"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "no session", func() bool { return w.sessions(t, student.ID) == 0 })
		w.signIn(t, student.ID, "Better-horse-9")

		wantKind(t, w.in(t, w.biology).ResetSecret(t.Context(), student.ID, "cat"), identity.KindInvalid, "secret.too-weak")

		n := someone()
		n.Address, n.Secret = unique("zoe")+"@example.org", ""
		if _, err := w.in(t, w.linden).CreateUser(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		wantKind(t, w.in(t, w.linden).ResetSecret(t.Context(), n.ID, "Better-horse-9"), identity.KindConflict, "user.has-address")
	})
}

// A person who was locked out by wrong passwords can sign in after a reset, and
// one who was deactivated stays so.
func TestContractResetUnlocksButDoesNotReactivate(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		locked, inactive := w.student(t, w.linden), w.student(t, w.linden)
		if _, err := w.owner.UserServiceV2().LockUser(t.Context(), &userpb.LockUserRequest{UserId: string(locked.ID)}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.owner.UserServiceV2().DeactivateUser(t.Context(), &userpb.DeactivateUserRequest{UserId: string(inactive.ID)}); err != nil {
			t.Fatal(err)
		}
		for id, want := range map[identity.UserID]identity.UserState{locked.ID: identity.UserActive, inactive.ID: identity.UserInactive} {
			if err := w.in(t, w.linden).ResetSecret(t.Context(), id, "Better-horse-9"); err != nil {
				t.Errorf("reset: %v", err)
			}
			if u, err := w.in(t, w.linden).User(t.Context(), id); err != nil || u.State != want {
				t.Errorf("state = %v, %v, want %v", u.State, err, want)
			}
		}
	})
}

// wantLogin checks that link is a page of the login in use.
func (w *world) wantLogin(t *testing.T, link string, path map[int]string) url.Values {
	t.Helper()
	pages, err := w.runtime.LoginPages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(link, pages.Base+path[pages.Version]+"?") {
		t.Fatalf("link = %s, want a page %s of %+v", link, path[pages.Version], pages)
	}
	if u.Query().Get("code") == "" {
		t.Fatalf("link = %s, want a code", link)
	}
	return u.Query()
}

// signIn makes a session with a password, as Zitadel's login does.
func (w *world) signIn(t *testing.T, user identity.UserID, password string) {
	t.Helper()
	_, err := w.owner.SessionServiceV2().CreateSession(t.Context(), &sessionpb.CreateSessionRequest{Checks: &sessionpb.Checks{
		User:     &sessionpb.CheckUser{Search: &sessionpb.CheckUser_UserId{UserId: string(user)}},
		Password: &sessionpb.CheckPassword{Password: password},
	}})
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	eventually(t, "a session", func() bool { return w.sessions(t, user) > 0 })
}

func (w *world) sessions(t *testing.T, user identity.UserID) int {
	t.Helper()
	answer, err := w.owner.SessionServiceV2().ListSessions(t.Context(), &sessionpb.ListSessionsRequest{
		Query:   &objectpb.ListQuery{Limit: 100},
		Queries: []*sessionpb.SearchQuery{{Query: &sessionpb.SearchQuery_UserIdQuery{UserIdQuery: &sessionpb.UserIDQuery{Id: string(user)}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return len(answer.GetSessions())
}

// secondFactor gives somebody codes by mail.
func (w *world) secondFactor(t *testing.T, user identity.UserID) {
	t.Helper()
	if _, err := w.owner.UserServiceV2().AddOTPEmail(t.Context(), &userpb.AddOTPEmailRequest{UserId: string(user)}); err != nil {
		t.Fatalf("add a second factor: %v", err)
	}
	eventually(t, "a second factor", func() bool { return w.secondFactors(t, user) > 0 })
}

func (w *world) secondFactors(t *testing.T, user identity.UserID) int {
	t.Helper()
	answer, err := w.owner.UserServiceV2().ListAuthenticationFactors(t.Context(), &userpb.ListAuthenticationFactorsRequest{UserId: string(user)})
	if err != nil {
		t.Fatal(err)
	}
	return len(answer.GetResult())
}
