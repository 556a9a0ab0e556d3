package store

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

// accountCalls are the calls of accounts: see
// [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func accountCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	began := w.clock
	signedInFrom(t, w, "birch-zoe", "birch-device")
	w.clock = began
	linden := w.school("linden")
	return map[string]func(context.Context) (any, error){
		"Account": func(ctx context.Context) (any, error) { return linden.Account(ctx, "birch-zoe") },
		"SessionsOf": func(ctx context.Context) (any, error) {
			return linden.SessionsOf(ctx, "birch-zoe", time.Time{})
		},
		"InTurnsOf": func(ctx context.Context) (any, error) {
			return nil, linden.InTurnsOf(ctx, "birch-zoe", func(context.Context) error { return nil })
		},
	}
}

// With a school that has two classes, one of them archived, and a class elsewhere.
func TestAnAccountTellsWhatWouldBeLeftWithoutIt(t *testing.T) {
	w := newWorld(t)
	for _, facts := range [][]identity.Fact{
		organizationFacts("oak", identity.KindSchool, ""),
		organizationFacts("art", identity.KindClassroom, "oak"),
		organizationFacts("old", identity.KindClassroom, "oak"),
		organizationFacts("chess", identity.KindClassroom, ""),
		userFacts("oak", "ida", "Ida", "Ek"), userFacts("oak", "tom", "Tom", "Ash"), userFacts("oak", "una", "Una", "Fir"),
		{identity.OrganizationStateChanged{Organization: "old", State: identity.OrganizationInactive, At: noon}},
		{assigned("oak", "oak-ida", identity.RoleSchoolAdmin)},
		{assigned("art", "oak-tom", identity.RoleTeacher), assigned("old", "oak-tom", identity.RoleTeacher), assigned("chess", "oak-tom", identity.RoleTeacher)},
		{assigned("art", "oak-una", identity.RoleStudent)},
	} {
		w.apply(facts...)
	}
	oak := w.as("oak-ida", "oak")
	for _, step := range []struct {
		name     string
		fact     identity.Fact
		user     identity.UserID
		anywhere identity.Role
		last     []identity.Organization
	}{
		{
			name: "the only teacher", user: "oak-tom", anywhere: identity.RoleTeacher,
			last: []identity.Organization{{Kind: identity.KindClassroom}, {ID: "art", Kind: identity.KindClassroom, Name: "Art", School: "oak"}},
		},
		{name: "a student", user: "oak-una", anywhere: identity.RoleStudent},
		{
			name: "the only one of the school's IT", user: "oak-ida", anywhere: identity.RoleSchoolAdmin,
			last: []identity.Organization{{ID: "oak", Kind: identity.KindSchool, Name: "Oak"}},
		},
		{
			name: "with another teacher", fact: identity.RoleAssignmentChanged{ID: "art/oak-una", Roles: []identity.Role{identity.RoleTeacher}, At: noon.Add(time.Minute)},
			user: "oak-tom", anywhere: identity.RoleTeacher, last: []identity.Organization{{Kind: identity.KindClassroom}},
		},
		{
			name: "who is suspended", fact: identity.RoleAssignmentStateChanged{ID: "art/oak-una", State: identity.AssignmentSuspended, At: noon.Add(2 * time.Minute)},
			user: "oak-tom", anywhere: identity.RoleTeacher,
			last: []identity.Organization{{Kind: identity.KindClassroom}, {ID: "art", Kind: identity.KindClassroom, Name: "Art", School: "oak"}},
		},
		{name: "suspended oneself", user: "oak-una"},
	} {
		if step.fact != nil {
			w.apply(step.fact)
		}
		got, err := oak.Account(t.Context(), step.user)
		if err != nil {
			t.Fatal(err)
		}
		if got.User.ID != step.user || got.HeldAnywhere != step.anywhere {
			t.Errorf("%s: %s holds %q anywhere, want %q", step.name, got.User.ID, got.HeldAnywhere, step.anywhere)
		}
		if diff := cmp.Diff(step.last, got.Last); diff != "" {
			t.Errorf("%s: %s", step.name, diff)
		}
	}
	inactive := identity.UserInactive
	w.apply(identity.RoleAssignmentStateChanged{ID: "art/oak-una", State: identity.AssignmentActive, At: noon.Add(3 * time.Minute)},
		identity.UserChanged{User: "oak-una", State: &inactive, At: noon.Add(3 * time.Minute)})
	if got, err := oak.Account(t.Context(), "oak-tom"); err != nil || len(got.Last) != 2 {
		t.Errorf("with another teacher who cannot sign in: %v, %v", got.Last, err)
	}
	if _, err := oak.Account(t.Context(), "linden-ada"); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("somebody of another school: %v", err)
	}
}

// Whoever decides about an account waits for the rosters its owner is on.
func TestAnAccountTakesTheTurnsOfItsRosters(t *testing.T) {
	w := newWorld(t)
	w.apply(organizationFacts("oak", identity.KindSchool, "")...)
	w.apply(organizationFacts("art", identity.KindClassroom, "oak")...)
	w.apply(userFacts("oak", "ida", "Ida", "Ek")...)
	w.apply(assigned("oak", "oak-ida", identity.RoleSchoolAdmin), assigned("art", "oak-ida", identity.RoleTeacher))
	oak, art := w.as("oak-ida", "oak"), w.as("oak-ida", "art")

	var inside atomic.Int32
	entered, leave, done := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	go func() {
		done <- art.InTurn(context.Background(), func(context.Context) error {
			inside.Add(1)
			close(entered)
			<-leave
			inside.Add(-1)
			return nil
		})
	}()
	<-entered
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := oak.InTurnsOf(short, "oak-ida", func(context.Context) error { return nil }); err == nil {
		t.Error("decided while the roster changes")
	}
	go func() {
		done <- oak.InTurnsOf(context.Background(), "oak-ida", func(context.Context) error {
			if inside.Load() != 0 {
				t.Error("two are in at once")
			}
			return nil
		})
	}()
	close(leave)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	// And gives them back.
	if err := art.InTurn(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
}
