package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

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
	err := o.store.write(ctx, func(tx *transaction) error {
		i, err := o.importIn(ctx, tx, id)
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
			if err := tx.keepPrints(ctx, o.id, i); err != nil {
				return err
			}
			if err := o.recordImport(ctx, tx, i, identity.ActionImportFinished); err != nil {
				return err
			}
		case state == ImportUndone:
			i.UndoneAt = moment(tx.now)
			if err := tx.DeleteImportPrints(ctx, query.DeleteImportPrintsParams{
				OrganizationID: o.id, ImportID: string(id), HomeID: string(i.Home), SetUs: micros(i.FinishedAt),
			}); err != nil {
				return err
			}
		case state == ImportPaused:
			i.PausedAt = moment(tx.now)
		case state == ImportFailed:
			i.FinishedAt = moment(tx.now)
		}
		return tx.putImport(ctx, o.id, i)
	})
	if err != nil {
		return fmt.Errorf("end an import: %w", err)
	}
	return nil
}

// AbandonImport ends an import nothing stands behind any more, such as the rights
// of who began it, and puts its end on record. What is done stays; one that is being
// undone waits for somebody who may.
func (s *Store) AbandonImport(ctx context.Context, job ImportPayload, why identity.Message) error {
	err := s.write(ctx, func(tx *transaction) error {
		row, err := tx.ImportForJob(ctx, query.ImportForJobParams{OrganizationID: string(job.Organization), ID: string(job.Import)})
		if err != nil {
			return orNotFound(err, errNoImport())
		}
		i, err := importOf(row)
		if err != nil {
			return err
		}
		if i.State == ImportUndoing {
			i.Trouble = why
			return tx.putImport(ctx, row.OrganizationID, i)
		}
		if i.Finished() {
			return nil
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
			return tx.putImport(ctx, row.OrganizationID, i)
		}
		if err := tx.putImport(ctx, row.OrganizationID, i); err != nil {
			return err
		}
		return tx.audit(ctx, &identity.AuditRecord{
			Organization: job.Organization, Actor: i.Actor, Action: identity.ActionImportFinished, Target: row.ID,
			After: auditedReceipt(i.Receipt), RequestID: i.Request.ID, Address: i.Request.Address, Device: i.Request.Device,
			Source: identity.SourcePortal, Outcome: identity.OutcomeDone,
		})
	})
	if err != nil {
		return fmt.Errorf("abandon an import: %w", err)
	}
	return nil
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
