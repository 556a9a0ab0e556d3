package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// The lesson's rows are of the classroom's students alone. What somebody does at
// the portal counts where they are at home.
func TestTheRowsOfALesson(t *testing.T) {
	w := newWorld(t)
	for i, user := range []string{"linden-zoe", "birch-sam"} {
		w.must(w.write(t.Context(), func(tx *transaction) error {
			_, err := tx.tx.Exec("INSERT INTO sessions (token_hash, user_id, sid, sealed, expires_us, seen_us) VALUES ($1, $2, '', '', $3, $4)",
				fmt.Sprint(i), user, micros(noon.Add(time.Hour)), micros(noon.Add(time.Minute)))
			return err
		}))
	}
	w.apply(identity.UserSignedIn{User: "linden-ann", At: noon.Add(2 * time.Minute)})
	w.apply(identity.RoleAssignmentStateChanged{ID: "linden-7b/linden-ann", State: identity.AssignmentSuspended, At: noon.Add(time.Minute)})
	locked := identity.UserLocked
	w.apply(identity.UserChanged{User: "linden-zoe", State: &locked, At: noon.Add(time.Minute)})
	students, err := w.as("linden-tom", "linden-7b").Lesson(t.Context())
	w.must(err)
	var got []string
	for _, s := range students {
		got = append(got, fmt.Sprint(s.User.ID, " ", s.User.State, " ", s.Suspended, " ", s.SeenAt.Sub(noon).Minutes(), " ", s.SeenAt.IsZero()))
	}
	want := []string{
		"linden-zoe locked false 1 false", "linden-ann active true 2 false",
	}
	for _, line := range want {
		if !strings.Contains(strings.Join(got, "\n"), line) {
			t.Errorf("no %q in\n%s", line, strings.Join(got, "\n"))
		}
	}
	for _, line := range got {
		if strings.HasPrefix(line, "birch-sam") && !strings.HasSuffix(line, "true") {
			t.Errorf("where a guest works is told: %s", line)
		}
	}
	if len(got) != 4 {
		t.Errorf("rows\n%s", strings.Join(got, "\n"))
	}
}
