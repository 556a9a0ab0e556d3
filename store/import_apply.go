package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// ApplyImport has a planned import applied in the background. number is what was
// typed where [Import.NeedsNumber] asks for one. Rows that wait for a decision are
// a conflict ("import.undecided"), and so is another number ("import.number").
func (o *Organization) ApplyImport(ctx context.Context, id ImportID, number int) error {
	if err := o.mayImport(); err != nil {
		return err
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		i, err := o.importIn(ctx, tx, id, ImportPlanned, ImportApplying)
		switch {
		case err != nil || i.State == ImportApplying: // a second click
			return err
		case i.Undecided() > 0:
			return identity.Conflict("import.undecided", "Count", i.Undecided())
		case number != i.NeedsNumber() && i.NeedsNumber() > 0:
			return identity.Conflict("import.number", "Count", i.NeedsNumber())
		}
		if err := tx.LeaveUnchangedImportRows(ctx, query.LeaveUnchangedImportRowsParams{OrganizationID: o.id, ImportID: string(id)}); err != nil {
			return err
		}
		i.Receipt.Unchanged = i.Counts[roster.KindUnchanged]
		i.Receipt.LeftOut = i.Counts[roster.KindError] + i.Counts[roster.KindConflict] + i.Counts[roster.KindSkipped]
		if err := tx.putReceipts(ctx, o.id, i); err != nil {
			return err
		}
		i.State, i.AppliedAt, i.Trouble = ImportApplying, moment(tx.now), identity.Message{}
		if err := tx.putImport(ctx, o.id, i); err != nil {
			return err
		}
		after := map[string]string{"count": strconv.Itoa(i.Changing())}
		for kind, n := range i.Counts {
			if kind.Changes() && n > 0 {
				after[string(kind)] = strconv.Itoa(n)
			}
		}
		if err := o.record(ctx, tx, identity.Change{Action: identity.ActionImportBegun, Target: string(id), After: after}); err != nil {
			return err
		}
		return o.enqueueImport(ctx, tx, id)
	})
	if err != nil {
		return fmt.Errorf("apply an import: %w", err)
	}
	return nil
}

func (o *Organization) enqueueImport(ctx context.Context, tx *transaction, id ImportID) error {
	return o.store.enqueue(ctx, tx, ImportJob, ImportPayload{
		Organization: o.opened.ID(), Import: id, Actor: o.opened.Actor().User,
	})
}

// QueueImport leaves the rest of an import to another job.
func (o *Organization) QueueImport(ctx context.Context, id ImportID) error {
	err := o.store.write(ctx, func(tx *transaction) error { return o.enqueueImport(ctx, tx, id) })
	if err != nil {
		return fmt.Errorf("go on with an import: %w", err)
	}
	return nil
}

func (tx *transaction) putReceipts(ctx context.Context, organization string, i Import) error {
	receipt, err := json.Marshal(i.Receipt)
	if err != nil {
		return err
	}
	undo, err := json.Marshal(i.UndoReceipt)
	if err != nil {
		return err
	}
	return tx.SetImportReceipts(ctx, query.SetImportReceiptsParams{
		OrganizationID: organization, ID: string(i.ID), Receipt: string(receipt), UndoReceipt: string(undo),
	})
}

// PauseImport stops an import that is being applied, after the rows that are
// under way.
func (o *Organization) PauseImport(ctx context.Context, id ImportID) error {
	return o.turnImport(ctx, id, "pause an import", []ImportState{ImportApplying, ImportPaused}, func(tx *transaction, i *Import) error {
		if i.State == ImportApplying {
			i.State, i.PausedAt = ImportPaused, moment(tx.now)
		}
		return nil
	})
}

// ContinueImport goes on with one that is paused.
func (o *Organization) ContinueImport(ctx context.Context, id ImportID) error {
	return o.turnImport(ctx, id, "go on with an import", []ImportState{ImportApplying, ImportPaused}, func(tx *transaction, i *Import) error {
		if i.State == ImportApplying {
			return nil
		}
		i.State, i.PausedAt, i.Trouble = ImportApplying, moment(0), identity.Message{}
		return o.enqueueImport(ctx, tx, id)
	})
}

// CancelImport throws a plan away, or ends an import after the rows that are
// under way: what is done stays, and can be undone.
func (o *Organization) CancelImport(ctx context.Context, id ImportID) error {
	states := []ImportState{ImportReading, ImportPlanned, ImportFailed, ImportApplying, ImportPaused, ImportCancelled}
	return o.turnImport(ctx, id, "cancel an import", states, func(tx *transaction, i *Import) error {
		if i.State == ImportCancelled {
			return nil
		}
		applied := i.State == ImportApplying || i.State == ImportPaused
		i.State, i.CancelledAt, i.FinishedAt = ImportCancelled, moment(tx.now), moment(tx.now)
		if !applied {
			return tx.emptyImport(ctx, o.id, id)
		}
		left, err := tx.LeaveImportRows(ctx, query.LeaveImportRowsParams{OrganizationID: o.id, ImportID: string(id)})
		if err != nil {
			return err
		}
		i.Receipt.LeftOut += int(left)
		// Rows that were begun when a process was killed are ended by a job.
		return errors.Join(
			tx.putReceipts(ctx, o.id, *i), o.recordImport(ctx, tx, *i, identity.ActionImportFinished), o.enqueueImport(ctx, tx, id),
		)
	})
}

// UndoImport has what an import did put back, within [ImportUndoFor] of its end;
// later it is gone ("import.undo-over").
func (o *Organization) UndoImport(ctx context.Context, id ImportID) error {
	states := []ImportState{ImportDone, ImportCancelled, ImportUndoing, ImportUndone}
	return o.turnImport(ctx, id, "undo an import", states, func(tx *transaction, i *Import) error {
		switch i.State {
		case ImportUndone:
			return nil
		case ImportUndoing: // a second click, or another try
			return o.enqueueImport(ctx, tx, id)
		}
		if until := i.UndoableUntil(); !moment(tx.now).Before(until) {
			return identity.Gone("import.undo-over")
		}
		i.State, i.Trouble = ImportUndoing, identity.Message{}
		return errors.Join(o.recordImport(ctx, tx, *i, identity.ActionImportUndone), o.enqueueImport(ctx, tx, id))
	})
}

func (o *Organization) turnImport(
	ctx context.Context, id ImportID, doing string, from []ImportState, turn func(*transaction, *Import) error,
) error {
	if err := o.mayImport(); err != nil {
		return err
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		i, err := o.importIn(ctx, tx, id, from...)
		if err != nil {
			return err
		}
		before := i.State
		if err := turn(tx, &i); err != nil || i.State == before {
			return err
		}
		return tx.putImport(ctx, o.id, i)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// recordImport puts a step of an import as a whole on record, with its counts.
func (o *Organization) recordImport(ctx context.Context, tx *transaction, i Import, action identity.Action) error {
	return o.record(ctx, tx, identity.Change{Action: action, Target: string(i.ID), After: auditedReceipt(i.Receipt)})
}

// auditedReceipt are the counts of a receipt as a record tells them.
func auditedReceipt(r ImportReceipt) map[string]string {
	after := map[string]string{}
	for key, n := range map[string]int{
		"created": r.Created, "updated": r.Updated, "moved": r.Moved, "removed": r.Removed, "invited": r.Invited,
		"refused": r.Refused + r.Changed, "left-out": r.LeftOut,
	} {
		if n > 0 {
			after[key] = strconv.Itoa(n)
		}
	}
	return after
}
