package store

import (
	"context"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// classroomCalls are the calls of what a school does with its classrooms, on
// Linden with IDs of Birch's: see [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func classroomCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden, birch := w.school("linden"), w.school("birch")
	const run = "birchbirchbirchbirchbirchb"
	if err := birch.BeginOpenings(t.Context(), run, "en", []OpeningItem{{Line: 1, Name: "Birch 9A", Address: "x@birch.example"}}); err != nil {
		t.Fatal(err)
	}
	return map[string]func(context.Context) (any, error){
		"Overview": func(ctx context.Context) (any, error) { return linden.Overview(ctx) },
		"BeginOpenings": func(ctx context.Context) (any, error) {
			return nil, linden.BeginOpenings(ctx, run, "en", []OpeningItem{{Line: 1, Name: "Linden 9A"}})
		},
		"OpeningRun":     func(ctx context.Context) (any, error) { return linden.OpeningRun(ctx, run) },
		"OpeningsToDo":   func(ctx context.Context) (any, error) { return linden.OpeningsToDo(ctx, run, 5) },
		"RetryOpenings":  func(ctx context.Context) (any, error) { return linden.RetryOpenings(ctx, run) },
		"LeaveOpenings":  func(ctx context.Context) (any, error) { return nil, linden.LeaveOpenings(ctx, run) },
		"ClassroomNames": func(ctx context.Context) (any, error) { return linden.ClassroomNames(ctx) },
		"AtHome":         func(ctx context.Context) (any, error) { return linden.AtHome(ctx) },
		"CloseOpening": func(ctx context.Context) (any, error) {
			return nil, linden.CloseOpening(ctx, run, OpeningItem{Line: 1, State: OpeningFailed})
		},
		"HoldOpenings": func(ctx context.Context) (any, error) {
			return nil, linden.HoldOpenings(ctx, run, identity.Say("opening.failed"))
		},
		"ContinueOpenings": func(ctx context.Context) (any, error) { return nil, linden.ContinueOpenings(ctx, run) },
		"UnfinishedOpenings": func(ctx context.Context) (any, error) {
			return linden.UnfinishedOpenings(ctx)
		},
		"LeadingHere": func(ctx context.Context) (any, error) {
			return w.as("linden-tom", "linden-7b").LeadingHere(ctx)
		},
		"DeleteClassroom": func(ctx context.Context) (any, error) {
			what := identity.Change{Action: identity.ActionClassroomDeleted, Target: "birch-7b"}
			return nil, w.as("linden-tom", "linden-7b").DeleteClassroom(ctx, what, func(context.Context) ([]identity.Fact, error) { return nil, nil })
		},
	}
}
