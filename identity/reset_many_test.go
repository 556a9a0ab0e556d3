package identity_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"homeroom.dev/homeroom/identity"
)

// slowClass is a class whose students take their time at Zitadel.
type slowClass struct {
	identity.Roster
	takes time.Duration
	mu    sync.Mutex
	made  map[identity.UserID]string
	most  int // at the same time
	now   int
}

func (c *slowClass) InTurn(ctx context.Context, f func(context.Context) error) error { return f(ctx) }

func (c *slowClass) Member(_ context.Context, user identity.UserID) (identity.Member, error) {
	m := identity.Member{
		User:       identity.User{ID: user, Home: "club", UserName: string(user), State: identity.UserActive},
		Assignment: identity.RoleAssignment{User: user, Roles: []identity.Role{identity.RoleStudent}, State: identity.AssignmentActive},
		Held:       identity.Held{Here: []identity.Role{identity.RoleStudent}},
	}
	switch user {
	case "gone":
		return m, identity.NotFound("member.not-found")
	case "mailed":
		m.User.Address = "mailed@example.org"
	case "admin":
		m.HeldAnywhere = identity.RoleSchoolAdmin
	}
	return m, nil
}

func (c *slowClass) EndSessions(context.Context, identity.UserID) error { return nil }

func (c *slowClass) StudentRules(context.Context) (identity.StudentRules, error) {
	return identity.DefaultStudentRules, nil
}

func (c *slowClass) PasswordRules(context.Context) (identity.PasswordRules, bool, error) {
	return identity.DefaultPasswordRules, true, nil
}

func (c *slowClass) ChangeSecret(
	ctx context.Context, _ identity.Change, _ *identity.FirstSecret, act func(context.Context) ([]identity.Fact, error),
) error {
	_, err := act(ctx)
	return err
}

// remoteOf is the class at Zitadel.
type remoteOf struct {
	identity.Remote
	c *slowClass
}

func (r remoteOf) ResetSecret(_ context.Context, user identity.UserID, secret string, _ bool) error {
	r.c.mu.Lock()
	r.c.now++
	r.c.most = max(r.c.most, r.c.now)
	r.c.mu.Unlock()
	time.Sleep(r.c.takes) // of the bubble's clock
	r.c.mu.Lock()
	defer r.c.mu.Unlock()
	r.c.now--
	if user == "refused" {
		return identity.Invalid("remote.refused")
	}
	r.c.made[user] = secret
	return nil
}

// A page waits for new passwords for a bounded time: what was begun by then is
// done, and the others are told to be tried again.
func TestManyResetsEndInTime(t *testing.T) {
	students := make([]identity.UserID, identity.MaxResets)
	for i := range students {
		students[i] = identity.UserID(fmt.Sprintf("student-%02d", i))
	}
	for _, test := range []struct {
		name  string
		takes time.Duration
		done  int
		lasts time.Duration
	}{
		{"Zitadel is quick", 100 * time.Millisecond, identity.MaxResets, 1500 * time.Millisecond},
		{"it is slow", 3 * time.Second, 16, 12 * time.Second},
		{"it is slower than that", 9 * time.Second, 8, 18 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			class := &slowClass{takes: test.takes, made: make(map[identity.UserID]string)}
			begun := time.Now()
			resets, err := identity.ResetSignIns(t.Context(), club(t), class, remoteOf{c: class}, students)
			if err != nil || len(resets) != len(students) {
				t.Fatalf("%s: %d, %v", test.name, len(resets), err)
			}
			for i, reset := range resets {
				if reset.User.ID != students[i] {
					t.Errorf("%s: %d is %s", test.name, i, reset.User.ID)
				}
				switch {
				case i < test.done && (reset.Err != nil || reset.Secret == "" || class.made[students[i]] != reset.Secret):
					t.Errorf("%s: %d = %q, %v", test.name, i, reset.Secret, reset.Err)
				case i >= test.done && (refusal(reset.Err) != "students.reset.later" || reset.Secret != "" || class.made[students[i]] != ""):
					t.Errorf("%s: %d = %q, %v, want none", test.name, i, reset.Secret, reset.Err)
				}
			}
			if lasted := time.Since(begun); lasted != test.lasts || class.most != 4 {
				t.Errorf("%s: lasted %v, %d at once", test.name, lasted, class.most)
			}
		})
	}
}

// What fails for one leaves the others alone.
func TestManyResetsFailOneByOne(t *testing.T) {
	class := &slowClass{made: make(map[identity.UserID]string)}
	want := map[identity.UserID]string{
		"sam": "", "gone": "member.not-found", "mailed": "cards.has-address", "admin": "rule.higher-role-elsewhere",
		"refused": "remote.refused", "zoe": "",
	}
	users := []identity.UserID{"sam", "gone", "mailed", "admin", "refused", "zoe"}
	resets, err := identity.ResetSignIns(t.Context(), club(t), class, remoteOf{c: class}, users)
	if err != nil {
		t.Fatal(err)
	}
	for i, user := range users {
		if got := refusal(resets[i].Err); got != want[user] || (got == "") != (resets[i].Secret != "") {
			t.Errorf("%s: %q, secret %q, want %q", user, got, resets[i].Secret, want[user])
		}
	}
	for _, number := range []int{0, identity.MaxResets + 1} {
		if _, err := identity.ResetSignIns(t.Context(), club(t), class, remoteOf{c: class}, make([]identity.UserID, number)); refusal(err) != "students.reset.number" {
			t.Errorf("%d at once: %v", number, err)
		}
	}
}

// club is a classroom that stands alone, opened for its teacher.
func club(t *testing.T) identity.Opened {
	t.Helper()
	opened, err := identity.Open(
		identity.Organization{ID: "club", Kind: identity.KindClassroom, Name: "Club", State: identity.OrganizationActive},
		identity.Actor{User: "ruth", Name: "Ruth Adler"}, identity.Held{Here: []identity.Role{identity.RoleTeacher}})
	if err != nil {
		t.Fatal(err)
	}
	return opened
}
