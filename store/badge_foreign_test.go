package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// withBadges lets a school use badges.
func (w *world) withBadges(o *Organization, provider identity.ProviderID) {
	w.t.Helper()
	rules := identity.DefaultBadgeRules
	rules.Weekdays, rules.From, rules.Until = nil, 0, 0
	w.must(o.SetBadges(w.t.Context(), rules, func(context.Context) (identity.ProviderID, error) { return provider, nil }))
}

// badge gives a student a badge and answers its secret.
func (w *world) badge(o *Organization, user identity.UserID) string {
	w.t.Helper()
	ties, err := o.BadgeTies(w.t.Context(), []identity.UserID{user})
	w.must(err)
	if len(ties) != 1 || ties[0].Why != "" {
		w.t.Fatalf("ties of %s = %+v", user, ties)
	}
	w.must(o.BadgeTied(w.t.Context(), ties[0]))
	tokens, err := o.IssueBadges(w.t.Context(), []identity.UserID{user})
	w.must(err)
	if tokens[user] == "" {
		w.t.Fatalf("%s got no badge", user)
	}
	return tokens[user]
}

// badgeCalls are the calls of badges: see
// [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func badgeCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden, birch := w.school("linden"), w.school("birch")
	w.withBadges(birch, "birch-cards")
	w.badge(birch, "birch-zoe")
	w.withBadges(linden, "linden-cards")
	zoe := []identity.UserID{"birch-zoe"}
	return map[string]func(context.Context) (any, error){
		"BadgeSetup":  func(ctx context.Context) (any, error) { return linden.BadgeSetup(ctx) },
		"BadgeSchool": func(ctx context.Context) (any, error) { s, err := linden.BadgeSchool(ctx); return s.ID, err },
		"SetBadges": func(ctx context.Context) (any, error) {
			rules := identity.DefaultBadgeRules
			return nil, linden.SetBadges(ctx, rules, func(context.Context) (identity.ProviderID, error) { return "other", nil })
		},
		"EndBadges": func(ctx context.Context) (any, error) {
			return nil, linden.EndBadges(ctx, func(context.Context, identity.ProviderID) error { return nil })
		},
		"BadgeFigures": func(ctx context.Context) (any, error) {
			figures, err := linden.BadgeFigures(ctx, time.Time{})
			if figures.InUse != 0 {
				t.Error("the other school's badges are counted")
			}
			return figures, err
		},
		"BadgeUses": func(ctx context.Context) (any, error) { return linden.BadgeUses(ctx, 10) },
		"Badges": func(ctx context.Context) (any, error) {
			list, err := w.as("linden-tom", "linden-7b").Badges(ctx)
			var ours []identity.StudentBadge
			for _, s := range list {
				if s.User.Home != "birch" { // a guest is seen as on every roster
					ours = append(ours, s)
				} else if s.Badge.ID != "" || s.Why == "" {
					t.Errorf("a guest has %+v", s)
				}
			}
			return ours, err
		},
		"BadgeOf": func(ctx context.Context) (any, error) { return linden.BadgeOf(ctx, "birch-zoe") },
		"BadgeTies": func(ctx context.Context) (any, error) {
			ties, err := linden.BadgeTies(ctx, zoe)
			return fmt.Sprint(len(ties)), err
		},
		"BadgeTied": func(ctx context.Context) (any, error) {
			return nil, linden.BadgeTied(ctx, BadgeTie{User: identity.User{ID: "birch-zoe"}, Provider: "birch-cards"})
		},
		"FinishBadges": func(ctx context.Context) (any, error) {
			return nil, linden.FinishBadges(ctx, func(context.Context, identity.ProviderID) error { return nil })
		},
		"IssueBadges": func(ctx context.Context) (any, error) { return linden.IssueBadges(ctx, zoe) },
		"VoidBadge":   func(ctx context.Context) (any, error) { return nil, linden.VoidBadge(ctx, "birch-zoe") },
		"VoidBadges":  func(ctx context.Context) (any, error) { return linden.VoidBadges(ctx) },
	}
}
