package store

import (
	"context"
	"fmt"
	"iter"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// privacyCalls are the calls of what is about privacy and leaving: see
// [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func privacyCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden, birch := w.school("linden"), w.school("birch")
	if err := birch.RecordBasis(t.Context(), identity.AccountBasis{User: "birch-zoe", Basis: identity.BasisParent}); err != nil {
		t.Fatal(err)
	}
	if err := birch.SetRetention(t.Context(), identity.Retention{Inactive: 3, Invitations: 4}); err != nil {
		t.Fatal(err)
	}
	foreign, err := birch.BeginExport(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(context.Context) (any, error){
		"Basis": func(ctx context.Context) (any, error) {
			b, err := linden.Basis(ctx, "birch-zoe")
			return string(b.Basis), err
		},
		"RecordBasis": func(ctx context.Context) (any, error) {
			return nil, linden.RecordBasis(ctx, identity.AccountBasis{User: "birch-zoe", Basis: identity.BasisSchool})
		},
		"BasisCounts": func(ctx context.Context) (any, error) {
			counts, err := linden.BasisCounts(ctx)
			if counts[identity.BasisParent] != 0 {
				t.Error("the other school's ledger is counted")
			}
			return nil, err
		},
		"Retention": func(ctx context.Context) (any, error) {
			kept, err := linden.Retention(ctx)
			if kept != (identity.Retention{}) {
				t.Errorf("the other school keeps %+v", kept)
			}
			return nil, err
		},
		"SetRetention": func(ctx context.Context) (any, error) {
			return nil, linden.SetRetention(ctx, identity.Retention{Inactive: 12})
		},
		"Unused":      func(ctx context.Context) (any, error) { return linden.Unused(ctx, "", 0) },
		"BeginExport": func(ctx context.Context) (any, error) { _, err := linden.BeginExport(ctx); return nil, err },
		"Export":      func(ctx context.Context) (any, error) { return linden.Export(ctx, foreign) },
		"Exports":     func(ctx context.Context) (any, error) { return linden.Exports(ctx) },
		"CloseExport": func(ctx context.Context) (any, error) {
			return nil, linden.CloseExport(ctx, identity.SchoolExport{ID: foreign, State: identity.ExportFailed})
		},
		"ExportTaken": func(ctx context.Context) (any, error) {
			return nil, linden.ExportTaken(ctx, identity.SchoolExport{ID: "taken"})
		},
		"OwnRows":        func(ctx context.Context) (any, error) { return gathered(linden.OwnRows(ctx)) },
		"EveryClassroom": func(ctx context.Context) (any, error) { return gathered(linden.EveryClassroom(ctx)) },
		"EveryPerson": func(ctx context.Context) (any, error) {
			return withoutGuest(linden.EveryPerson(ctx), func(u identity.User) bool { return u.ID == "birch-sam" })
		},
		"EveryAssignment": func(ctx context.Context) (any, error) {
			return withoutGuest(linden.EveryAssignment(ctx), func(a identity.RoleAssignment) bool { return a.User == "birch-sam" })
		},
	}
}

// gathered is what a sequence answers, as text.
func gathered[T any](all iter.Seq2[T, error]) (string, error) {
	return withoutGuest(all, func(T) bool { return false })
}

// withoutGuest leaves out the guest from the other school, who belongs to both.
func withoutGuest[T any](all iter.Seq2[T, error], guest func(T) bool) (text string, err error) {
	for one, err := range all {
		if err != nil {
			return "", err
		}
		if !guest(one) {
			text += fmt.Sprintf("%+v\n", one)
		}
	}
	return text, nil
}
