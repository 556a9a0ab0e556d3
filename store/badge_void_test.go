package store

import (
	"context"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// All badges of a class are those of its students who are at home in the school,
// and of a school those of everybody; the sessions they began are over, also those
// of a badge that was for once.
func TestAllBadgesAreVoidWithTheirSessions(t *testing.T) {
	for _, tt := range []struct {
		name  string
		void  func(*world) (int, error)
		count int
		left  string
	}{
		{"of a class", func(w *world) (int, error) { return w.as("linden-tom", "linden-7b").VoidBadges(w.ctx()) }, 1, "birch-zoe"},
		{"of a class with a guest", func(w *world) (int, error) { return w.as("birch-tom", "birch-7b").VoidBadges(w.ctx()) }, 1, "linden-sam linden-zoe"},
		{"of the school", func(w *world) (int, error) { return w.school("linden").VoidBadges(w.ctx()) }, 1, "birch-zoe"},
		{"when badges are turned off", func(w *world) (int, error) {
			return 1, w.school("linden").EndBadges(w.ctx(), func(context.Context, identity.ProviderID) error { return nil })
		}, 1, "birch-zoe"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			for _, school := range []string{"linden", "birch"} {
				w.withBadges(w.school(school), identity.ProviderID(school)+"-cards")
				w.badge(w.school(school), identity.UserID(school)+"-zoe")
			}
			w.badge(w.school("linden"), "linden-sam")
			w.exec("UPDATE badges SET void_us = 1, void_why = 'used-up' WHERE user_id = 'linden-sam'")
			w.exec(`INSERT INTO sessions (token_hash, user_id, badge_id, sealed, expires_us) SELECT 's-' || id, user_id, id, 'x', 9 FROM badges`)
			count, err := tt.void(w)
			if err != nil || count != tt.count {
				t.Errorf("%d badges are void, %v, want %d", count, err, tt.count)
			}
			left := strings.Fields(w.dump("SELECT user_id FROM sessions WHERE ended_us = 0 ORDER BY user_id"))
			if got := strings.Join(left, " "); got != tt.left {
				t.Errorf("signed in are %q, want %q", got, tt.left)
			}
		})
	}
}
