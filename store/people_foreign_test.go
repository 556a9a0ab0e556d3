package store

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// peopleCalls are the calls of what belongs to a school's people and to runs over
// them, on Linden with IDs of Birch's: see
// [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func peopleCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden, birch := w.school("linden"), w.school("birch")
	theirs, err := birch.BeginRun(t.Context(), NewRun{
		Action: identity.BulkSuspend, Users: []identity.UserID{"birch-zoe"}, Submission: "birch00000000000000",
	})
	if err != nil {
		t.Fatal(err)
	}
	item := identity.BulkItem{State: identity.ItemChanged}
	if items, err := birch.NextItems(t.Context(), theirs, 1); err != nil || len(items) != 1 {
		t.Fatalf("%+v, %v", items, err)
	} else {
		item.Position = items[0].Position
	}
	return map[string]func(context.Context) (any, error){
		"People": func(ctx context.Context) (any, error) {
			page, err := linden.People(ctx, PeopleQuery{Classroom: "birch-7b"})
			return page, err
		},
		"PeopleCounts":  func(ctx context.Context) (any, error) { return linden.PeopleCounts(ctx) },
		"CountMatching": func(ctx context.Context) (any, error) { return linden.CountMatching(ctx, PeopleQuery{Search: "birch"}) },
		"SchoolPerson":  func(ctx context.Context) (any, error) { return linden.SchoolPerson(ctx, "birch-zoe") },
		"CredentialsOf": func(ctx context.Context) (any, error) { return linden.CredentialsOf(ctx, "birch-zoe") },
		"ClassroomOf":   func(ctx context.Context) (any, error) { return linden.ClassroomOf(ctx, "birch-7b") },
		"EndSessionsOf": func(ctx context.Context) (any, error) { return nil, linden.EndSessionsOf(ctx, "birch-zoe") },
		"BeginRun": func(ctx context.Context) (any, error) {
			_, err := linden.BeginRun(ctx, NewRun{
				Action: identity.BulkSuspend, Users: []identity.UserID{"birch-zoe"}, Submission: "linden00000000000000",
			})
			refused(t, err, identity.KindInvalid, "bulk.nobody")
			return nil, nil
		},
		"BeginClassroomRun": func(ctx context.Context) (any, error) {
			return linden.BeginClassroomRun(ctx, identity.BulkArchive) // a school is no classroom
		},
		"UndoRun":      func(ctx context.Context) (any, error) { return linden.UndoRun(ctx, theirs) },
		"Run":          func(ctx context.Context) (any, error) { return linden.Run(ctx, theirs) },
		"Runs":         func(ctx context.Context) (any, error) { return linden.Runs(ctx, "") },
		"TroubledRuns": func(ctx context.Context) (any, error) { return linden.TroubledRuns(ctx) },
		"RunItems":     func(ctx context.Context) (any, error) { return linden.RunItems(ctx, theirs, identity.ItemWaiting, "") },
		"NextItems":    func(ctx context.Context) (any, error) { return linden.NextItems(ctx, theirs, 10) },
		"BeginItem": func(ctx context.Context) (any, error) {
			return nil, linden.BeginItem(ctx, theirs, item.Position, nil)
		},
		"CloseItem": func(ctx context.Context) (any, error) { return nil, linden.CloseItem(ctx, theirs, item) },
		"RunTrouble": func(ctx context.Context) (any, error) {
			return nil, linden.RunTrouble(ctx, theirs, identity.Say("trouble"))
		},
		"ContinueRun": func(ctx context.Context) (any, error) { return nil, linden.ContinueRun(ctx, theirs) },
		"FinishRun":   func(ctx context.Context) (any, error) { return nil, linden.FinishRun(ctx, theirs) },
	}
}

// A form that is sent twice begins one run; what is counted is counted once.
func TestARunIsBegunAndCountedOnce(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-ada", "linden")
	n := NewRun{
		Action: identity.BulkSuspend, Matching: &PeopleQuery{Role: identity.RoleStudent}, Expected: 4,
		Submission: identity.NewSubmission(),
	}
	for range 2 {
		if _, err := o.BeginRun(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	run, err := o.Run(t.Context(), identity.BulkRunID(n.Submission))
	if err != nil || run.Total != 4 || run.Done() != 0 {
		t.Fatalf("run = %+v, %v", run, err)
	}
	n.Submission, n.Expected = identity.NewSubmission(), 3
	if _, err := o.BeginRun(t.Context(), n); !identity.IsKind(err, identity.KindConflict) {
		t.Errorf("another number than expected: %v", err)
	}
	items, err := o.NextItems(t.Context(), run.ID, 10)
	if err != nil || len(items) != 4 {
		t.Fatalf("items = %+v, %v", items, err)
	}
	for i, state := range []identity.BulkItemState{identity.ItemChanged, identity.ItemChanged, identity.ItemUnchanged, identity.ItemRefused} {
		items[i].State, items[i].Reason = state, identity.Say("rule.own-role")
		for range 2 {
			if err := errors.Join(o.CloseItem(t.Context(), run.ID, items[i]), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 {
		if err := o.FinishRun(t.Context(), run.ID); err != nil {
			t.Fatal(err)
		}
	}
	run, err = o.Run(t.Context(), run.ID)
	if got := fmt.Sprint(run.Changed, run.Unchanged, run.Refused, run.Finished(), run.UndoableUntil().Sub(run.FinishedAt)); err != nil || got != "2 1 1 true 10m0s" {
		t.Errorf("run = %s, %v", got, err)
	}
	refusals, err := o.RunItems(t.Context(), run.ID, identity.ItemRefused, "")
	if err != nil || len(refusals.Items) != 1 || refusals.Items[0].Reason.ID != "rule.own-role" {
		t.Errorf("refused = %+v, %v", refusals, err)
	}
	if n, err := o.TroubledRuns(t.Context()); err != nil || n != 1 {
		t.Errorf("%d runs left somebody out, %v", n, err)
	}
}
