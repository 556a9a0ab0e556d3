package store

import (
	"context"
	"slices"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// importCalls are the calls of imports, on Linden with the ID of one of Birch's:
// see [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func importCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	o, birch := w.as("linden-tom", "linden-7b"), w.as("birch-tom", "birch-7b")
	const id ImportID = "birchbirchbirchbirchbirchb"
	w.planned(birch, id, ImportOptions{Whole: true}, roster.Person{GivenName: "Birch", FamilyName: "Birch"})
	nothing := func(err error) (any, error) { return nil, err }
	return map[string]func(context.Context) (any, error){
		"BeginImport": func(ctx context.Context) (any, error) {
			return nothing(func() error {
				_, err := o.BeginImport(ctx, NewImport{Submission: "lindenlindenlindenlindenl", File: []byte("x")})
				return err
			}())
		},
		"SetImportReading": func(ctx context.Context) (any, error) {
			return nothing(o.SetImportReading(ctx, id, roster.Reading{}, ImportOptions{}))
		},
		"Import":  func(ctx context.Context) (any, error) { return o.Import(ctx, id) },
		"Imports": func(ctx context.Context) (any, error) { return o.Imports(ctx, "") },
		"ImportFile": func(ctx context.Context) (any, error) {
			content, err := o.ImportFile(ctx, id)
			if identity.IsKind(err, identity.KindGone) {
				err = nil
			}
			return content, err
		},
		"ImportRows":       func(ctx context.Context) (any, error) { return o.ImportRows(ctx, id, ImportRowQuery{}) },
		"ImportClassrooms": func(ctx context.Context) (any, error) { return o.ImportClassrooms(ctx, id, "") },
		"ImportCreated":    func(ctx context.Context) (any, error) { return o.ImportCreated(ctx, id, "", 5) },
		"ImportKey":        func(ctx context.Context) (any, error) { return o.ImportKey(ctx, id) },
		"ImportPlaces": func(ctx context.Context) (any, error) {
			return o.ImportPlaces(ctx, id, []ImportRow{{Steps: []roster.Step{{Class: 1}}}})
		},
		"StageImport": func(ctx context.Context) (any, error) { return o.StageImport(ctx, id, 0) },
		"PlanImport":  func(ctx context.Context) (any, error) { return o.PlanImport(ctx, id, 0) },
		"DecideImport": func(ctx context.Context) (any, error) {
			return nothing(o.DecideImport(ctx, id, 1, roster.DecisionSkip, "", 0))
		},
		"DecideImportAll": func(ctx context.Context) (any, error) { return o.DecideImportAll(ctx, id, roster.DecisionSkip) },
		"ApplyImport":     func(ctx context.Context) (any, error) { return nothing(o.ApplyImport(ctx, id, 0)) },
		"PauseImport":     func(ctx context.Context) (any, error) { return nothing(o.PauseImport(ctx, id)) },
		"ContinueImport":  func(ctx context.Context) (any, error) { return nothing(o.ContinueImport(ctx, id)) },
		"CancelImport":    func(ctx context.Context) (any, error) { return nothing(o.CancelImport(ctx, id)) },
		"UndoImport":      func(ctx context.Context) (any, error) { return nothing(o.UndoImport(ctx, id)) },
		"QueueImport":     func(ctx context.Context) (any, error) { return nothing(o.QueueImport(ctx, id)) },
		"EndImport": func(ctx context.Context) (any, error) {
			return nothing(o.EndImport(ctx, id, ImportDone, identity.Message{}))
		},
		"HoldImport":      func(ctx context.Context) (any, error) { return nothing(o.HoldImport(ctx, id)) },
		"BegunImportRows": func(ctx context.Context) (any, error) { return o.BegunImportRows(ctx, id, 0, 5) },
		"BeginImportRows": func(ctx context.Context) (any, error) {
			rows, _, err := o.BeginImportRows(ctx, id, 0, 5, func(*ImportRow, UserNameTaken) error { return nil })
			return rows, err
		},
		"KeepImportSecret": func(ctx context.Context) (any, error) {
			return nothing(o.KeepImportSecret(ctx, id, ImportRow{Position: 1, Secret: "Otter-maple-1"}))
		},
		"CloseImportRows": func(ctx context.Context) (any, error) {
			return nothing(o.CloseImportRows(ctx, id, []ImportedRow{{Row: ImportRow{Position: 1, Kind: roster.KindCreate}}}))
		},
		"BeginImportUndo": func(ctx context.Context) (any, error) { return o.BeginImportUndo(ctx, id, 5) },
		"CloseImportUndo": func(ctx context.Context) (any, error) {
			return nothing(o.CloseImportUndo(ctx, id, []UndoneRow{{Row: ImportRow{Position: 1}, Undo: UndoBack}}))
		},
		"ImportClassroomsToUndo": func(ctx context.Context) (any, error) {
			classes, _, err := o.ImportClassroomsToUndo(ctx, id, 0, 5)
			return classes, err
		},
		"CloseImportClassroomUndo": func(ctx context.Context) (any, error) {
			return nothing(o.CloseImportClassroomUndo(ctx, id, ImportClassroom{Position: 1, Undo: UndoBack}))
		},
		"Holders": func(ctx context.Context) (any, error) {
			users, err := o.Holders(ctx, 5)
			return slices.DeleteFunc(users, func(user identity.UserID) bool { return user == "birch-sam" }), err // a guest here
		},
		"WaitingImportClassrooms": func(ctx context.Context) (any, error) { return o.WaitingImportClassrooms(ctx, id, 0, 5) },
		"CloseImportClassrooms": func(ctx context.Context) (any, error) {
			return nothing(o.CloseImportClassrooms(ctx, id, []ImportClassroom{{Position: 1, State: ImportRowDone}}))
		},
	}
}
