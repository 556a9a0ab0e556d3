package store

import (
	"context"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// listCalls are the calls about lists and guardians, on Linden with IDs of
// Birch's: see [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func listCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden, birch := w.as("linden-tom", "linden-7b"), w.as("birch-tom", "birch-7b")
	if err := birch.AddGuardian(t.Context(), "birch-zoe", identity.Guardian{ID: "birch-g", Name: "birch mother", Phone: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := birch.ChangeSelection(t.Context(), []identity.UserID{"birch-zoe"}, nil); err != nil {
		t.Fatal(err)
	}
	selected, err := birch.Selection(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run, err := birch.BeginListRun(t.Context(), ListRun{Action: identity.BulkRemove, Mark: selected.Mark, Submission: identity.NewSubmission()})
	if err != nil {
		t.Fatal(err)
	}
	if err := birch.ChangeSelection(t.Context(), []identity.UserID{"birch-zoe"}, nil); err != nil {
		t.Fatal(err)
	}
	theirs := identity.User{ID: "birch-zoe", Home: "birch"}
	change := identity.Guardian{ID: "birch-g", Name: "Other", Phone: "2"}
	return map[string]func(context.Context) (any, error){
		"Selection": func(ctx context.Context) (any, error) { return linden.Selection(ctx) },
		"ChangeSelection": func(ctx context.Context) (any, error) {
			return nil, linden.ChangeSelection(ctx, nil, []identity.UserID{"birch-zoe"})
		},
		"ClearSelection": func(ctx context.Context) (any, error) { return nil, linden.ClearSelection(ctx) },
		"BeginListRun": func(ctx context.Context) (any, error) {
			if err := linden.ChangeSelection(ctx, []identity.UserID{"birch-zoe"}, nil); err != nil {
				return nil, err
			}
			ours, err := linden.Selection(ctx)
			if err != nil {
				return nil, err
			}
			_, err = linden.BeginListRun(ctx, ListRun{Action: identity.BulkRemove, Mark: ours.Mark, Submission: identity.NewSubmission()})
			if identity.IsKind(err, identity.KindInvalid) { // nobody of ours was ticked
				err = nil
			}
			return nil, err
		},
		"CountListed":  func(ctx context.Context) (any, error) { return linden.CountListed(ctx, RosterQuery{Search: "birch"}) },
		"ListedPerson": func(ctx context.Context) (any, error) { return linden.ListedPerson(ctx, run, 1) },
		"RosterRows": func(ctx context.Context) (any, error) {
			return withoutGuest(linden.RosterRows(ctx, RosterQuery{}), func(r RosterRow) bool { return r.Guest })
		},
		"PeopleRows": func(ctx context.Context) (any, error) {
			return withoutGuest(w.as("linden-ada", "linden").PeopleRows(ctx, PeopleQuery{}), func(p identity.SchoolPerson) bool { return p.Guest })
		},
		"ListTaken": func(ctx context.Context) (any, error) {
			return nil, linden.ListTaken(ctx, map[string]string{"format": "csv"})
		},
		"GuardiansOf":    func(ctx context.Context) (any, error) { return linden.GuardiansOf(ctx, theirs) },
		"Guardian":       func(ctx context.Context) (any, error) { return linden.Guardian(ctx, theirs, "birch-g") },
		"AddGuardian":    func(ctx context.Context) (any, error) { return nil, linden.AddGuardian(ctx, "birch-zoe", change) },
		"ChangeGuardian": func(ctx context.Context) (any, error) { return nil, linden.ChangeGuardian(ctx, "birch-zoe", change) },
		"RemoveGuardian": func(ctx context.Context) (any, error) { return nil, linden.RemoveGuardian(ctx, "birch-zoe", "birch-g") },
	}
}
