package zitadel_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sessionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel/standin"
)

func TestContractSessionsAreEnded(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user, other := w.student(t, w.linden), w.student(t, w.linden)
		for range 3 {
			w.signIn(t, user.ID, "Correct-horse-7")
		}
		w.signIn(t, other.ID, "Correct-horse-7")
		eventually(t, "three sessions", func() bool { return w.sessions(t, user.ID) == 3 })
		if ended, err := w.in(t, w.biology).EndSessions(t.Context(), user.ID); err != nil || ended != 3 {
			t.Errorf("ended %d sessions, %v, want 3", ended, err)
		}
		eventually(t, "no session", func() bool { return w.sessions(t, user.ID) == 0 })
		if got := w.sessions(t, other.ID); got != 1 {
			t.Errorf("somebody else has %d sessions, want still 1", got)
		}
		if ended, err := w.in(t, w.linden).EndSessions(t.Context(), user.ID); err != nil || ended != 0 {
			t.Errorf("ended %d sessions once more, %v, want none", ended, err)
		}
		w.signIn(t, user.ID, "Correct-horse-7") // nothing else has changed
	})
}

func TestContractFactorsAreReset(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user := w.student(t, w.linden)
		w.authenticator(t, user.ID)
		w.secondFactor(t, user.ID)
		eventually(t, "two second factors", func() bool { return w.secondFactors(t, user.ID) == 2 })
		facts, err := w.in(t, w.linden).ResetFactors(t.Context(), user.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := []identity.Credential{identity.CredentialMailCode, identity.CredentialTOTP}
		if diff := cmp.Diff(want, removedKinds(t, facts, user.ID)); diff != "" {
			t.Errorf("removed differs (-want +got):\n%s", diff)
		}
		eventually(t, "no second factor", func() bool { return w.secondFactors(t, user.ID) == 0 })
		// The log tells of each being there and gone, and the password stays.
		var told []identity.Fact
		for _, event := range w.history(t, string(user.ID)) {
			switch fact := event.Fact.(type) {
			case identity.CredentialAdded:
				fact.At = time.Time{}
				told = append(told, fact)
			case identity.CredentialRemoved:
				if !slices.ContainsFunc(facts, func(f identity.Fact) bool { return f == identity.Fact(fact) }) {
					t.Errorf("the log says %+v, and no answer did", fact)
				}
				fact.At = time.Time{}
				told = append(told, fact)
			}
		}
		slices.SortStableFunc(told[2:], func(a, b identity.Fact) int {
			return len(a.(identity.CredentialRemoved).Kind) - len(b.(identity.CredentialRemoved).Kind)
		})
		wantTold := []identity.Fact{
			identity.CredentialAdded{User: user.ID, Kind: identity.CredentialTOTP},
			identity.CredentialAdded{User: user.ID, Kind: identity.CredentialMailCode},
			identity.CredentialRemoved{User: user.ID, Kind: identity.CredentialTOTP},
			identity.CredentialRemoved{User: user.ID, Kind: identity.CredentialMailCode},
		}
		if diff := cmp.Diff(wantTold, told); diff != "" {
			t.Errorf("told differs (-want +got):\n%s", diff)
		}
		if facts, err := w.in(t, w.linden).ResetFactors(t.Context(), user.ID); err != nil || len(facts) != 0 {
			t.Errorf("once more: %v, %v, want nothing", facts, err)
		}
		w.signIn(t, user.ID, "Correct-horse-7")
	})
}

func removedKinds(t *testing.T, facts []identity.Fact, user identity.UserID) (kinds []identity.Credential) {
	t.Helper()
	for _, fact := range facts {
		removed, ok := fact.(identity.CredentialRemoved)
		if !ok || removed.User != user || removed.At.IsZero() {
			t.Errorf("fact = %+v, want a credential of %s removed", fact, user)
		}
		kinds = append(kinds, removed.Kind)
	}
	slices.Sort(kinds)
	return kinds
}

// Deactivated means out at once, and every change may be made twice.
func TestContractAccountsAreDeactivatedAndBack(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user := w.student(t, w.linden)
		w.signIn(t, user.ID, "Correct-horse-7")
		here := w.in(t, w.biology)
		for _, step := range []struct {
			name string
			do   func() (identity.Fact, error)
			want identity.UserState
		}{
			{"reactivate one who is active", func() (identity.Fact, error) { return here.Reactivate(t.Context(), user.ID) }, identity.UserActive},
			{"unlock one who is not locked", func() (identity.Fact, error) { return here.Unlock(t.Context(), user.ID) }, identity.UserActive},
			{"deactivate", func() (identity.Fact, error) { return here.Deactivate(t.Context(), user.ID) }, identity.UserInactive},
			{"deactivate again", func() (identity.Fact, error) { return here.Deactivate(t.Context(), user.ID) }, identity.UserInactive},
			{"unlock one who is deactivated", func() (identity.Fact, error) { return here.Unlock(t.Context(), user.ID) }, identity.UserInactive},
			{"reactivate", func() (identity.Fact, error) { return here.Reactivate(t.Context(), user.ID) }, identity.UserActive},
			{"reactivate again", func() (identity.Fact, error) { return here.Reactivate(t.Context(), user.ID) }, identity.UserActive},
			{"lock by hand", func() (identity.Fact, error) {
				_, err := w.owner.UserServiceV2().LockUser(t.Context(), &userpb.LockUserRequest{UserId: string(user.ID)})
				state := identity.UserLocked
				return identity.UserChanged{User: user.ID, State: &state, At: time.Now()}, err
			}, identity.UserLocked},
			{"reactivate one who is locked", func() (identity.Fact, error) { return here.Reactivate(t.Context(), user.ID) }, identity.UserLocked},
			{"unlock", func() (identity.Fact, error) { return here.Unlock(t.Context(), user.ID) }, identity.UserActive},
		} {
			fact, err := step.do()
			if err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			changed, ok := fact.(identity.UserChanged)
			if !ok || changed.User != user.ID || changed.State == nil || *changed.State != step.want || changed.At.IsZero() {
				t.Errorf("%s: %s, want state %s", step.name, dump(t, fact), step.want)
			}
			if is, err := here.User(t.Context(), user.ID); err != nil || is.State != step.want {
				t.Errorf("%s: state %s, %v, want %s", step.name, is.State, err, step.want)
			}
			_, err = w.owner.SessionServiceV2().CreateSession(t.Context(), &sessionpb.CreateSessionRequest{Checks: &sessionpb.Checks{
				User:     &sessionpb.CheckUser{Search: &sessionpb.CheckUser_UserId{UserId: string(user.ID)}},
				Password: &sessionpb.CheckPassword{Password: "Correct-horse-7"},
			}})
			if (err == nil) != (step.want == identity.UserActive) {
				t.Errorf("%s: sign in: %v", step.name, err)
			}
		}
	})
}

// Somebody deleted takes their role assignments along; the same once more is no
// error, and nobody else can be deleted from here.
func TestContractAccountsAreDeleted(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user := w.student(t, w.linden)
		w.signIn(t, user.ID, "Correct-horse-7")
		if _, err := w.in(t, w.biology).CreateRoleAssignment(t.Context(), user.ID, student); err != nil {
			t.Fatal(err)
		}
		_, err := w.in(t, w.birch).DeleteUser(t.Context(), user.ID)
		wantKind(t, err, identity.KindNotFound, "user.not-found")
		fact, err := w.in(t, w.linden).DeleteUser(t.Context(), user.ID)
		if removed, ok := fact.(identity.UserRemoved); err != nil || !ok || removed.User != user.ID || removed.At.IsZero() {
			t.Fatalf("fact = %+v, %v, want the user removed", fact, err)
		}
		if events := w.history(t, string(user.ID)); events[len(events)-1].Fact != fact {
			t.Errorf("the log ends in %+v, want %+v", events[len(events)-1], fact)
		}
		eventually(t, "the role assignment is gone", func() bool { return w.held(t, w.biology, user.ID).ID == "" })
		eventually(t, "the user is gone", func() bool {
			_, err := w.in(t, w.linden).User(t.Context(), user.ID)
			return identity.IsKind(err, identity.KindNotFound)
		})
		if again, err := w.in(t, w.linden).DeleteUser(t.Context(), user.ID); err != nil || again != fact {
			t.Errorf("once more: %+v, %v, want %+v", again, err, fact)
		}
	})
}

// A classroom that a school takes in keeps its own people: they are at home in it
// and not in the school, and new ones are the school's.
func TestContractAnAdoptedClassroomKeepsItsPeople(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		n := identity.NewOrganization{ID: identity.NewOrganizationID(), Kind: identity.KindClassroom, Name: "Robotics"}
		if _, err := w.provisioner.Open(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		club := identity.Organization{ID: n.ID, Kind: n.Kind, Name: n.Name, State: identity.OrganizationActive}
		own := w.student(t, club)
		for _, nowhere := range []identity.OrganizationID{"", n.ID, w.club.ID, w.biology.ID, w.installation.Operators, "nowhere"} {
			_, err := w.in(t, club).SetSchool(t.Context(), nowhere)
			wantKind(t, err, identity.KindNotFound, "organization.not-found")
		}
		_, err := w.in(t, w.biology).SetSchool(t.Context(), w.birch.ID)
		wantKind(t, err, identity.KindNotFound, "organization.not-found")
		_, err = w.in(t, w.birch).SetSchool(t.Context(), w.linden.ID)
		wantKind(t, err, identity.KindNotFound, "organization.not-found")

		fact, err := w.in(t, club).SetSchool(t.Context(), w.linden.ID)
		if err != nil {
			t.Fatal(err)
		}
		set := fact.(identity.OrganizationMetadataSet)
		want := identity.OrganizationMetadataSet{Organization: n.ID, Key: identity.MetadataSchool, Value: string(w.linden.ID), At: set.At}
		if set != want || set.At.IsZero() {
			t.Errorf("fact = %+v, want %+v", set, want)
		}
		if events := w.history(t, string(n.ID)); !slices.ContainsFunc(events, func(e identity.Event) bool { return e.Fact == fact }) {
			t.Errorf("the log does not tell of it: %s", dump(t, events))
		}
		eventually(t, "the school is shown", func() bool {
			o, err := w.events.Organization(t.Context(), n.ID)
			return err == nil && o.School == w.linden.ID
		})
		club.School = w.linden.ID
		if _, err := w.in(t, club).Deactivate(t.Context(), own.ID); err != nil {
			t.Errorf("its own: %v", err)
		}
		_, err = w.in(t, w.linden).Deactivate(t.Context(), own.ID)
		wantKind(t, err, identity.KindNotFound, "user.not-found")
		_, err = w.in(t, w.biology).Reactivate(t.Context(), own.ID)
		wantKind(t, err, identity.KindNotFound, "user.not-found")
		if later := w.student(t, club); later.Home != w.linden.ID {
			t.Errorf("a new one is at home in %s, want the school", later.Home)
		}
	})
}

// authenticator gives somebody an authenticator app, and returns its secret.
func (w *world) authenticator(t *testing.T, user identity.UserID) (secret string) {
	t.Helper()
	users := w.owner.UserServiceV2()
	registered, err := users.RegisterTOTP(t.Context(), &userpb.RegisterTOTPRequest{UserId: string(user)})
	if err != nil {
		t.Fatalf("register an authenticator app: %v", err)
	}
	if _, err := users.VerifyTOTPRegistration(t.Context(), &userpb.VerifyTOTPRegistrationRequest{
		UserId: string(user), Code: standin.Code(registered.GetSecret(), time.Now()),
	}); err != nil {
		t.Fatalf("prove the authenticator app: %v", err)
	}
	return registered.GetSecret()
}
