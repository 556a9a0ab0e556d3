package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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

// ImportsHeld are the imports that wait for the end of a pause, of all schools. No
// job is there for them.
func (s *Store) ImportsHeld(ctx context.Context) ([]ImportPayload, error) {
	rows, err := s.read().ImportsApplying(ctx)
	if err != nil {
		return nil, fmt.Errorf("list imports that wait: %w", translate(err))
	}
	var held []ImportPayload
	for _, row := range rows {
		if parseMessage(row.Trouble).ID == importHeld {
			held = append(held, ImportPayload{Organization: identity.OrganizationID(row.OrganizationID), Import: ImportID(row.ID)})
		}
	}
	return held, nil
}

// importHeld is the trouble of an import that waits for the end of a pause.
const importHeld = "import.paused-until"

// HoldImport leaves an import until the pause ends that the school has set.
func (o *Organization) HoldImport(ctx context.Context, id ImportID) error {
	return o.EndImport(ctx, id, ImportApplying, identity.Say(importHeld))
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
	r := i.Receipt
	after := map[string]string{}
	for key, n := range map[string]int{
		"created": r.Created, "updated": r.Updated, "moved": r.Moved, "removed": r.Removed, "invited": r.Invited,
		"refused": r.Refused + r.Changed, "left-out": r.LeftOut,
	} {
		if n > 0 {
			after[key] = strconv.Itoa(n)
		}
	}
	return o.record(ctx, tx, identity.Change{Action: action, Target: string(i.ID), After: after})
}

// OpenForImport opens the organization of an import for who began it, or undoes
// it, as their rights are now, with the import. Rights that are gone are an error like any
// other of [Store.OpenFor].
func (s *Store) OpenForImport(ctx context.Context, job ImportPayload) (identity.Opened, Import, error) {
	row, err := s.read().ImportForJob(ctx, query.ImportForJobParams{OrganizationID: string(job.Organization), ID: string(job.Import)})
	if err != nil {
		return identity.Opened{}, Import{}, fmt.Errorf("load an import: %w", orNotFound(err, errNoImport()))
	}
	i, err := importOf(row)
	if err != nil {
		return identity.Opened{}, Import{}, err
	}
	actor := i.Actor
	if i.State == ImportUndoing && job.Actor != "" && job.Actor != actor.User {
		user, err := s.User(ctx, job.Actor)
		if err != nil {
			return identity.Opened{}, i, err
		}
		actor = identity.Actor{User: user.ID, Name: user.DisplayName()}
	}
	opened, err := s.OpenFor(ctx, actor, job.Organization)
	if err == nil {
		err = s.In(opened).mayImport()
	}
	return opened, i, err
}

// ImportKey is the random key that IDs and secrets of an import come from.
func (o *Organization) ImportKey(ctx context.Context, id ImportID) ([]byte, error) {
	row, err := o.store.read().ImportByID(ctx, query.ImportByIDParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return nil, fmt.Errorf("load the key of an import: %w", orNotFound(err, errNoImport()))
	}
	key, err := o.store.keys.open(importPlace(o.id, id), row.Sealed)
	if err != nil {
		return nil, fmt.Errorf("load the key of an import: %w", err)
	}
	return key, nil
}

// ErrImportStopped says that an import is not being applied, or undone, any more.
var ErrImportStopped = errors.New("the import was stopped")

// EndImport notes how an import goes on or ends: state is what it is now, and
// trouble why it waits. The last of it is put on record.
func (o *Organization) EndImport(ctx context.Context, id ImportID, state ImportState, trouble identity.Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err := o.store.endImport(ctx, o, o.id, id, state, trouble)
	if err != nil {
		return fmt.Errorf("end an import: %w", err)
	}
	return nil
}

// AbandonImport ends an import nothing stands behind any more, such as the rights
// of who began it. What is done stays.
func (s *Store) AbandonImport(ctx context.Context, job ImportPayload, why identity.Message) error {
	err := s.write(ctx, func(tx *transaction) error {
		row, err := tx.ImportForJob(ctx, query.ImportForJobParams{OrganizationID: string(job.Organization), ID: string(job.Import)})
		if err != nil {
			return orNotFound(err, errNoImport())
		}
		i, err := importOf(row)
		if err != nil || i.Finished() {
			return err
		}
		left, err := tx.LeaveImportRows(ctx, query.LeaveImportRowsParams{OrganizationID: row.OrganizationID, ImportID: row.ID})
		if err != nil {
			return err
		}
		i.Receipt.LeftOut += int(left)
		if err := tx.putReceipts(ctx, row.OrganizationID, i); err != nil {
			return err
		}
		i.State, i.Trouble, i.FinishedAt = ImportCancelled, why, moment(tx.now)
		if i.AppliedAt.IsZero() {
			i.State = ImportFailed
		}
		return tx.putImport(ctx, row.OrganizationID, i)
	})
	if err != nil {
		return fmt.Errorf("abandon an import: %w", err)
	}
	return nil
}

func (s *Store) endImport(
	ctx context.Context, o *Organization, organization string, id ImportID, state ImportState, trouble identity.Message,
) error {
	return s.write(ctx, func(tx *transaction) error {
		row, err := tx.ImportByID(ctx, query.ImportByIDParams{OrganizationID: organization, ID: string(id)})
		if err != nil {
			return orNotFound(err, errNoImport())
		}
		i, err := importOf(row)
		if err != nil {
			return err
		}
		// Who cancels or pauses meanwhile is right.
		if i.State != state && !slices.Contains([]ImportState{ImportReading, ImportApplying, ImportUndoing}, i.State) {
			return nil
		}
		fresh := i.State != state
		i.State, i.Trouble = state, trouble
		switch {
		case !fresh:
		case state == ImportDone:
			i.FinishedAt = moment(tx.now)
			if err := tx.keepPrints(ctx, organization, i); err != nil {
				return err
			}
			if err := o.recordImport(ctx, tx, i, identity.ActionImportFinished); err != nil {
				return err
			}
		case state == ImportUndone:
			i.UndoneAt = moment(tx.now)
			if err := tx.DeleteImportPrints(ctx, query.DeleteImportPrintsParams{
				OrganizationID: organization, ImportID: string(id), HomeID: string(i.Home), SetUs: micros(i.FinishedAt),
			}); err != nil {
				return err
			}
		case state == ImportPaused:
			i.PausedAt = moment(tx.now)
		case state == ImportFailed:
			i.FinishedAt = moment(tx.now)
		}
		return tx.putImport(ctx, organization, i)
	})
}

// keepPrints remembers who the rows without a number were about.
func (tx *transaction) keepPrints(ctx context.Context, organization string, i Import) error {
	err := tx.KeepImportPrints(ctx, query.KeepImportPrintsParams{
		OrganizationID: organization, ImportID: string(i.ID), HomeID: string(i.Home), NowUs: tx.now,
	})
	if err != nil {
		return err
	}
	return tx.KeepJoinedImportPrints(ctx, query.KeepJoinedImportPrintsParams{
		OrganizationID: organization, ImportID: string(i.ID), HomeID: string(i.Home), NowUs: tx.now,
	})
}

// ImportCreated lists whom an import made an account, in the order of the list.
func (o *Organization) ImportCreated(ctx context.Context, id ImportID, after identity.UserID, most int) ([]identity.UserID, error) {
	rows, err := o.store.read().ImportCreated(ctx, query.ImportCreatedParams{
		OrganizationID: o.id, ImportID: string(id), After: string(after), MaxRows: int64(most),
	})
	if err != nil {
		return nil, fmt.Errorf("list whom an import made: %w", translate(err))
	}
	users := make([]identity.UserID, len(rows))
	for i, row := range rows {
		users[i] = identity.UserID(row)
	}
	return users, nil
}
