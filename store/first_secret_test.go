package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// keeping keeps a first secret of Linden's Zoe.
func (w *world) keeping(o *Organization, secret string) error {
	kept := identity.FirstSecret{User: "linden-zoe", Home: "linden"}
	return o.ChangeSecret(w.ctx(), identity.Change{Action: identity.ActionSignInReset, Target: "linden-zoe"}, &kept,
		func(context.Context) ([]identity.Fact, error) {
			kept.Secret = secret
			if secret == "" {
				return nil, identity.Unavailable("remote.unavailable")
			}
			return nil, nil
		})
}

func (w *world) ctx() context.Context { return context.Background() }

// A first secret is there until it is used, replaced, too old, or its owner gone;
// and nowhere in the file as it is.
func TestFirstSecretsAreKeptUntilTheyAreUsed(t *testing.T) {
	for _, test := range []struct {
		name string
		then func(*world, *Organization)
		want string
	}{
		{"nothing happens", func(*world, *Organization) {}, "Otter-lamp-48"},
		{"the student signs in", func(w *world, _ *Organization) { w.signIn("linden-zoe", noon.Add(time.Minute)) }, ""},
		{"a sign-in of before is heard of late", func(w *world, _ *Organization) { w.signIn("linden-zoe", noon.Add(-time.Hour)) }, "Otter-lamp-48"},
		{"another student signs in", func(w *world, _ *Organization) { w.signIn("linden-tom", noon.Add(time.Minute)) }, "Otter-lamp-48"},
		{"it is reset", func(w *world, o *Organization) { w.must(w.keeping(o, "Lamp-otter-11")) }, "Lamp-otter-11"},
		{"a reset breaks off", func(w *world, o *Organization) {
			if err := w.keeping(o, ""); !identity.IsKind(err, identity.KindUnavailable) {
				t.Error(err)
			}
		}, ""},
		{"the student is removed", func(w *world, _ *Organization) {
			w.apply(identity.UserRemoved{User: "linden-zoe", At: noon.Add(time.Minute)})
		}, ""},
		{"13 days go by", func(w *world, _ *Organization) { w.must(w.choresAt(13 * 24 * time.Hour)) }, "Otter-lamp-48"},
		{"15 days go by", func(w *world, _ *Organization) { w.must(w.choresAt(15 * 24 * time.Hour)) }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			school := w.school("linden")
			w.must(w.keeping(school, "Otter-lamp-48"))
			if held := w.dump("SELECT * FROM first_secrets"); !strings.Contains(held, "linden-zoe") || strings.Contains(held, "Otter") {
				t.Errorf("the row is %q", held)
			}
			test.then(w, school)
			got, err := school.FirstSecret(t.Context(), "linden-zoe", "linden")
			if err != nil || got != test.want {
				t.Errorf("kept is %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

// choresAt does the chores of later.
func (w *world) choresAt(later time.Duration) error {
	w.after(later)
	return w.StudentChores(w.ctx())
}

// Moved to another student a sealed secret does not open.
func TestFirstSecretsAreBoundToTheirStudent(t *testing.T) {
	w := newWorld(t)
	school := w.school("linden")
	w.must(w.keeping(school, "Otter-lamp-48"))
	w.exec("UPDATE first_secrets SET user_id = 'linden-tom'")
	if secret, err := school.FirstSecret(t.Context(), "linden-tom", "linden"); !errors.Is(err, errSealed) {
		t.Errorf("%q, %v", secret, err)
	}
}
