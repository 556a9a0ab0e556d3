package zitadel_test

import (
	"net/url"
	"strings"
	"testing"

	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	sessionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
)

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
		if _, err := w.owner.UserServiceV2().UpdateUser(t.Context(), &userpb.UpdateUserRequest{
			UserId: string(n.ID), UserType: &userpb.UpdateUserRequest_Human_{Human: &userpb.UpdateUserRequest_Human{Password: &userpb.SetPassword{
				PasswordType: &userpb.SetPassword_Password{Password: &userpb.Password{Password: "Another-horse-8"}},
				Verification: &userpb.SetPassword_VerificationCode{VerificationCode: query.Get("code")},
			}}},
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
		if err := w.in(t, w.biology).ResetSecret(t.Context(), student.ID, "Better-horse-9", false); err != nil {
			t.Fatal(err)
		}
		eventually(t, "no session", func() bool { return w.sessions(t, student.ID) == 0 })
		w.signIn(t, student.ID, "Better-horse-9")

		wantKind(t, w.in(t, w.biology).ResetSecret(t.Context(), student.ID, "cat", false), identity.KindInvalid, "secret.too-weak")

		n := someone()
		n.Address, n.Secret = unique("zoe")+"@example.org", ""
		if _, err := w.in(t, w.linden).CreateUser(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		wantKind(t, w.in(t, w.linden).ResetSecret(t.Context(), n.ID, "Better-horse-9", false), identity.KindConflict, "user.has-address")
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
			if err := w.in(t, w.linden).ResetSecret(t.Context(), id, "Better-horse-9", false); err != nil {
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
