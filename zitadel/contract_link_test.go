package zitadel_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
)

// links are a user's, as Zitadel has them.
func (w *world) links(t *testing.T, user identity.UserID) []string {
	t.Helper()
	answer, err := w.owner.UserServiceV2().ListIDPLinks(t.Context(), &userpb.ListIDPLinksRequest{UserId: string(user)})
	if err != nil {
		t.Fatal(err)
	}
	var links []string
	for _, l := range answer.GetResult() {
		links = append(links, l.GetIdpId()+" "+l.GetUserId()+" "+l.GetUserName())
	}
	slices.Sort(links)
	return links
}

// wantLink waits until a user has this link alone.
func (w *world) wantLink(t *testing.T, user identity.UserID, want string) {
	t.Helper()
	eventually(t, "the link "+want+" is shown", func() bool { return slices.Equal(w.links(t, user), []string{want}) })
}

func TestContractUsersAreTiedToAnIdentity(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		remote, id := w.in(t, w.linden), w.provider(t, w.linden)
		user, other := w.student(t, w.linden), w.student(t, w.linden)
		for range 2 {
			if err := remote.LinkUser(t.Context(), user.ID, id, "Maria@Linden", maria); err != nil {
				t.Fatal(err)
			}
		}
		wantKind(t, remote.LinkUser(t.Context(), other.ID, id, "Maria@Linden", ""), identity.KindConflict, "connection.identity-taken")
		wantKind(t, remote.LinkUser(t.Context(), other.ID, id, "", maria), identity.KindInvalid, "remote.refused")
		if err := remote.LinkUser(t.Context(), other.ID, id, "jon", ""); err != nil { // without a name to show
			t.Fatal(err)
		}
		long := string(slices.Repeat([]rune("ü"), 300))
		if err := remote.LinkUser(t.Context(), other.ID, w.provider(t, w.linden), "jon", long); err != nil {
			t.Errorf("a long name: %v", err)
		}
		// The installation's own provider serves every school.
		if err := remote.LinkUser(t.Context(), user.ID, w.installation.Clever.Provider, unique("clever"), maria); err != nil {
			t.Errorf("the installation's: %v", err)
		}
		eventually(t, "the links are shown", func() bool {
			return slices.Contains(w.links(t, user.ID), string(id)+" Maria@Linden "+maria) && slices.Contains(w.links(t, other.ID), string(id)+" jon jon")
		})
		// From a classroom of the school nobody is tied: connections are the school's.
		wantKind(t, w.in(t, w.biology).LinkUser(t.Context(), user.ID, id, "x", "x"), identity.KindNotFound, "organization.not-found")
	})
}

func TestContractUsersAreCreatedWithAnIdentity(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		remote, id := w.in(t, w.linden), w.provider(t, w.linden)
		n := someone()
		n.Secret, n.UserName, n.Address, n.AddressVerified = "", "", unique("jon")+"@linden.example", true
		for range 2 { // the same ID again answers who is there
			fact, err := remote.CreateLinkedUser(t.Context(), n, id, "jon-1")
			if err != nil {
				t.Fatal(err)
			}
			user := fact.(identity.UserCreated).User
			if user.ID != n.ID || user.Home != w.linden.ID || user.UserName != n.Address || user.Address != n.Address || !user.AddressVerified || user.GivenName != "Sam" {
				t.Errorf("created %+v", user)
			}
		}
		w.wantLink(t, n.ID, string(id)+" jon-1 "+n.Address)
		pupil := someone() // without e-mail
		pupil.Secret = ""
		if _, err := remote.CreateLinkedUser(t.Context(), pupil, id, "leo-1"); err != nil {
			t.Fatal(err)
		}
		w.wantLink(t, pupil.ID, string(id)+" leo-1 "+pupil.UserName)
		taken := someone()
		_, err := remote.CreateLinkedUser(t.Context(), taken, id, "jon-1")
		wantKind(t, err, identity.KindConflict, "connection.identity-taken")
		taken.UserName = n.Address
		_, err = remote.CreateLinkedUser(t.Context(), taken, id, "jon-2")
		wantKind(t, err, identity.KindConflict, "user.name-taken")
		_, err = remote.CreateLinkedUser(t.Context(), someone(), id, "")
		wantKind(t, err, identity.KindInvalid, "remote.refused")
		if _, err := remote.User(t.Context(), taken.ID); !identity.IsKind(err, identity.KindNotFound) {
			t.Errorf("somebody was created all the same: %v", err)
		}
		// An earlier call that made the user and not the tie is completed.
		cut := someone()
		if _, err := remote.CreateUser(t.Context(), cut); err != nil {
			t.Fatal(err)
		}
		if _, err := remote.CreateLinkedUser(t.Context(), cut, id, "cut-1"); err != nil {
			t.Fatal(err)
		}
		w.wantLink(t, cut.ID, string(id)+" cut-1 "+cut.UserName)
	})
}

// With a user their tie is gone, so that the same can be made again: this is
// how a lost user is repaired.
func TestContractAnIdentityIsFreeAgainWithoutItsUser(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		remote, id, n := w.in(t, w.linden), w.provider(t, w.linden), someone()
		for range 2 {
			if _, err := remote.CreateLinkedUser(t.Context(), n, id, "ada-1"); err != nil {
				t.Fatal(err)
			}
			w.wantLink(t, n.ID, string(id)+" ada-1 "+n.UserName)
			if _, err := w.owner.UserServiceV2().DeleteUser(t.Context(), &userpb.DeleteUserRequest{UserId: string(n.ID)}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestContractWaysToSignInAreTold(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		remote, id := w.in(t, w.linden), w.provider(t, w.linden)
		nothing := someone()
		nothing.Secret = ""
		if _, err := remote.CreateUser(t.Context(), nothing); err != nil {
			t.Fatal(err)
		}
		external := someone()
		external.Secret = ""
		if _, err := remote.CreateLinkedUser(t.Context(), external, id, unique("x")); err != nil {
			t.Fatal(err)
		}
		both := w.student(t, w.linden)
		if err := remote.LinkUser(t.Context(), both.ID, id, unique("x"), ""); err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			name string
			here identity.Organization
			user identity.UserID
			want []identity.SignInMethod
		}{
			{"nothing", w.linden, nothing.ID, nil},
			{"external", w.linden, external.ID, []identity.SignInMethod{identity.MethodExternal}},
			{"both", w.linden, both.ID, []identity.SignInMethod{identity.MethodExternal, identity.MethodPassword}},
			{"at home, asked in a class", w.biology, both.ID, []identity.SignInMethod{identity.MethodExternal, identity.MethodPassword}},
		} {
			eventually(t, test.name, func() bool {
				got, err := w.in(t, test.here).SignInMethods(t.Context(), test.user)
				if err != nil {
					t.Fatalf("%s: %v", test.name, err)
				}
				slices.Sort(got)
				return cmp.Equal(test.want, got)
			})
		}
	})
}

func TestContractNamesOfPeopleAreChanged(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user := w.student(t, w.linden)
		for _, name := range [][2]string{{"Samantha", "Lee-Kim"}, {"Samantha", ""}, {"Samantha", ""}} {
			fact, err := w.in(t, w.biology).SetPersonNames(t.Context(), user.ID, name[0], name[1])
			if err != nil {
				t.Fatal(err)
			}
			eventually(t, "the name is shown", func() bool {
				is, err := w.in(t, w.linden).User(t.Context(), user.ID)
				if err != nil {
					t.Fatal(err)
				}
				return is.GivenName == name[0] && is.FamilyName == name[1]
			})
			history := w.history(t, string(user.ID))
			if fact == (identity.Unknown{}) {
				continue // nothing to change
			}
			if diff := cmp.Diff(history[len(history)-1].Fact.(identity.UserChanged).At, fact.(identity.UserChanged).At); diff != "" {
				t.Errorf("time differs from the event's (-event +fact):\n%s", diff)
			}
			if changed := fact.(identity.UserChanged); changed.User != user.ID || *changed.GivenName != name[0] || *changed.FamilyName != name[1] {
				t.Errorf("fact = %s", dump(t, fact))
			}
		}
	})
}
