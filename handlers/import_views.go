package handlers

import (
	"strconv"

	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// importOf is an import as its pages show it.
func importOf(one store.Import, org Organization) views.ImportOf {
	r, u := one.Receipt, one.UndoReceipt
	v := views.ImportOf{
		ID: string(one.ID), FileName: one.FileName, Table: one.Reading.Format == roster.FormatTable, Set: one.Reading.Set(),
		State: views.ImportState(one.State), By: one.Actor.Name, At: one.BegunAt, Trouble: one.Trouble, Rows: rowsOf(one),
		Read: one.Read, Counts: one.Counts, Whole: one.Options.Whole, Invite: one.Options.Invite, MustChange: one.Options.MustChange,
		Number: one.NeedsNumber(), Concerned: one.Concerned, Applied: r.Done(), ToApply: one.Changing(),
		Undone: u.Done(), ToUndo: r.Done() - r.Refused - r.Changed, FinishedAt: one.FinishedAt,
		Classrooms: views.ImportClassroomCounts{
			Create: one.Classes[roster.KindCreate], Rename: one.Classes[roster.KindUpdate],
			Unchanged: one.Classes[roster.KindUnchanged],
			Conflict:  one.Classes[roster.KindConflict] + one.Classes[roster.KindError],
		},
		Receipt: views.ImportReceipt{
			Created: r.Created, Verified: r.Verified, Repaired: r.Repaired, Hidden: r.Hidden, Updated: r.Updated, Moved: r.Moved,
			Removed: r.Removed, Unchanged: r.Unchanged, Invited: r.Invited, LeftOut: r.LeftOut, Refused: r.Refused, Changed: r.Changed,
			Classrooms: r.Classrooms, Renamed: r.Renamed,
		},
		Undo: views.ImportUndoReceipt{
			Deleted: u.Deleted, Kept: u.Kept, Back: u.Back, Refused: u.Refused, Classrooms: u.Classrooms, Stayed: u.Stayed,
		},
		Skips: one.Aside.Skips, Skipped: one.Aside.Skipped, Warnings: one.Aside.Warnings,
	}
	if until := one.UndoableUntil(); org.Portal.Now().Before(until) {
		v.UndoUntil = until
	}
	return v
}

// rowsOf is how many rows the list has. Who leaves because a list that is everybody
// does not have them stands on none.
func rowsOf(one store.Import) int {
	if one.Options.Whole {
		return one.Rows() - one.Counts[roster.KindRemove]
	}
	return one.Rows()
}

func importRows(rows []store.ImportRow) []views.ImportRow {
	shown := make([]views.ImportRow, len(rows))
	for i, row := range rows {
		shown[i] = importRow(row)
	}
	return shown
}

func importRow(row store.ImportRow) views.ImportRow {
	return views.ImportRow{
		Position: strconv.FormatInt(row.Position, 10), Person: row.Person, Kind: row.Kind, Steps: row.Steps, Reasons: row.Reasons,
		Candidates: row.Candidates, Decision: row.Decision, User: row.User, UserName: row.UserName,
		Refused: row.Outcome == store.OutcomeRefused, Hidden: row.Outcome == store.OutcomeHidden,
	}
}

func importClassrooms(rows []store.ImportClassroom) []views.ImportClassroom {
	shown := make([]views.ImportClassroom, len(rows))
	for i, row := range rows {
		shown[i] = views.ImportClassroom{Name: row.Name, Before: row.Before, Kind: row.Kind, Reason: row.Reason}
	}
	return shown
}
