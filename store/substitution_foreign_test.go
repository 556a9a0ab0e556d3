package store

import (
	"context"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// substitutionCalls are the calls about substitutes, on Linden with IDs of
// Birch's: see [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func substitutionCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden := w.as("linden-tom", "linden-7b")
	return map[string]func(context.Context) (any, error){
		"ChangeUntil": func(ctx context.Context) (any, error) {
			return nil, linden.ChangeUntil(ctx, identity.Change{Action: identity.ActionSubstituteChanged}, "birch-zoe",
				time.Unix(2e9, 0), func(context.Context) ([]identity.Fact, error) { return nil, nil })
		},
		"ForgetUntil":     func(ctx context.Context) (any, error) { return nil, linden.ForgetUntil(ctx, "birch-zoe") },
		"Substitutions":   func(ctx context.Context) (any, error) { return linden.Substitutions(ctx) },
		"Substitution":    func(ctx context.Context) (any, error) { return linden.Substitution(ctx, "birch-zoe") },
		"SchoolStaff":     func(ctx context.Context) (any, error) { return linden.SchoolStaff(ctx, "birch") },
		"SchoolCandidate": func(ctx context.Context) (any, error) { return linden.SchoolCandidate(ctx, "birch-tom") },
	}
}
