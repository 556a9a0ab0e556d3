package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// UndoneRow is a row of an import that is put back.
type UndoneRow struct {
	Row     ImportRow
	Back    roster.Back // what is to be done
	Undo    ImportUndo  // what became of it
	Reasons []identity.Message
	Facts   []identity.Fact
}

// BeginImportUndo takes the next rows of an import that is being undone, the last
// ones of the list first, says of each how it is put back as things are now, and
// puts them on record as begun. Those that a process had begun that is no more are
// among them. [ErrImportStopped] when the import is not being undone any more.
func (o *Organization) BeginImportUndo(ctx context.Context, id ImportID, most int) (begun []UndoneRow, err error) {
	err = o.store.write(ctx, func(tx *transaction) error {
		begun = nil
		i, err := o.undoing(ctx, tx, id)
		if err != nil {
			return err
		}
		found, err := tx.ImportRowsToUndo(ctx, query.ImportRowsToUndoParams{OrganizationID: o.id, ImportID: string(id), MaxRows: int64(most)})
		if err != nil {
			return err
		}
		rows, err := importRowsOf(found)
		if err != nil {
			return err
		}
		tx, free := tx.prepare()
		defer free()
		var changes []batchChange
		for _, row := range rows {
			present, err := tx.present(ctx, row.User)
			if err != nil {
				return err
			}
			back := roster.Undo(row.Steps, present)
			if row.User == "" && row.Outcome != OutcomeInvited {
				back = roster.Back{Delete: true} // gone, and what the row knew with them
			}
			if _, err := tx.UndoImportRow(ctx, query.UndoImportRowParams{
				OrganizationID: o.id, ImportID: string(id), Position: row.Position, Undo: string(UndoBegun), Reasons: "",
			}); err != nil {
				return err
			}
			row.Undo = UndoBegun
			begun = append(begun, UndoneRow{Row: row, Back: back})
			changes = append(changes, o.importUndoChange(id, row))
		}
		return tx.beginBatch(identity.WithRequest(ctx, i.Request), o, changes)
	})
	if err != nil {
		return nil, fmt.Errorf("begin to undo rows of an import: %w", err)
	}
	return begun, nil
}

// undoing loads an import that is being undone.
func (o *Organization) undoing(ctx context.Context, tx *transaction, id ImportID) (Import, error) {
	row, err := tx.ImportByID(ctx, query.ImportByIDParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return Import{}, orNotFound(err, errNoImport())
	}
	i, err := importOf(row)
	if err == nil && i.State != ImportUndoing {
		err = ErrImportStopped
	}
	return i, err
}

// present is somebody as they are now.
func (tx *transaction) present(ctx context.Context, user identity.UserID) (roster.Present, error) {
	p := roster.Present{Held: map[identity.OrganizationID]identity.Position{}}
	if user == "" {
		p.Gone = true
		return p, nil
	}
	row, err := tx.UserByID(ctx, string(user))
	if errors.Is(err, sql.ErrNoRows) {
		p.Gone = true
		return p, nil
	}
	if err != nil {
		return p, err
	}
	p.GivenName, p.FamilyName, p.UserName, p.Address = row.GivenName, row.FamilyName, row.UserName, row.Address
	p.Used = row.LastSeenUs > 0
	held, err := tx.ImportHeld(ctx, string(user))
	if err != nil {
		return p, err
	}
	for _, h := range held {
		p.Held[identity.OrganizationID(h.OrganizationID)] = identity.Position{
			Roles: parseRoles(h.Roles), State: identity.RoleAssignmentState(h.State),
		}
	}
	return p, nil
}

// importUndoChange is a row as the record of its being put back tells it.
func (o *Organization) importUndoChange(id ImportID, r ImportRow) batchChange {
	c := o.importChange(id, r)
	c.change.Action = identity.ActionImportBack
	c.change.Before, c.change.After = c.change.After, c.change.Before
	c.once += "/undo"
	return c
}

// CloseImportUndo applies what was answered about rows that were put back, forgets
// the list's numbers of them, closes their records and counts them: all in one
// transaction. A row that is closed already is left alone.
func (o *Organization) CloseImportUndo(ctx context.Context, id ImportID, done []UndoneRow) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err := o.store.write(ctx, func(tx *transaction) error {
		i, err := o.undoing(ctx, tx, id)
		if err != nil {
			return err
		}
		tx, free := tx.prepare()
		defer free()
		ctx := identity.WithRequest(ctx, i.Request)
		var facts []identity.Fact
		for _, d := range done {
			facts = append(facts, d.Facts...)
			if err := o.closeImportUndo(ctx, tx, &i, d); err != nil {
				return err
			}
		}
		// Last, since an account that is deleted takes its rows along.
		if err := tx.applyFacts(ctx, facts); err != nil {
			return fmt.Errorf("apply facts: %w", err)
		}
		i.Trouble = identity.Message{}
		if err := tx.putImport(ctx, o.id, i); err != nil {
			return err
		}
		return tx.putReceipts(ctx, o.id, i)
	})
	if err != nil {
		return fmt.Errorf("close rows of an import that is undone: %w", err)
	}
	return nil
}

func (o *Organization) closeImportUndo(ctx context.Context, tx *transaction, i *Import, d UndoneRow) error {
	reasons, err := jsonText(d.Reasons)
	if err != nil {
		return err
	}
	closed, err := tx.UndoImportRow(ctx, query.UndoImportRowParams{
		OrganizationID: o.id, ImportID: string(i.ID), Position: d.Row.Position, Undo: string(d.Undo), Reasons: reasons,
	})
	if err != nil || closed == 0 {
		return err
	}
	switch d.Undo {
	case UndoDeleted:
		i.UndoReceipt.Deleted++
	case UndoKept:
		i.UndoReceipt.Kept++
	case UndoBack:
		i.UndoReceipt.Back++
	case UndoRefused:
		i.UndoReceipt.Refused++
	}
	if d.Undo != UndoDeleted {
		if err := o.forgetNumbers(ctx, tx, *i, d.Row); err != nil {
			return err
		}
		if err := o.putGuardiansBack(ctx, tx, *i, d.Row); err != nil {
			return err
		}
	}
	outcome := identity.OutcomeDone
	if d.Undo == UndoRefused {
		outcome = identity.OutcomeFailed
	}
	return tx.closeBatch(ctx, o, o.importUndoChange(i.ID, d.Row), outcome)
}

// forgetNumbers lets go of the number that an import gave somebody; the one they
// had before is theirs again, unless it is somebody else's by now.
func (o *Organization) forgetNumbers(ctx context.Context, tx *transaction, i Import, r ImportRow) error {
	for _, s := range r.Steps {
		if s.Kind != roster.StepIdentify || r.User == "" {
			continue
		}
		if err := tx.DeleteExternalID(ctx, query.DeleteExternalIDParams{
			OrganizationID: string(i.Home), Source: i.Source, ExternalID: r.Person.ExternalID, UserID: string(r.User),
		}); err != nil {
			return err
		}
		if s.Number == "" {
			continue
		}
		if err := tx.KeepExternalID(ctx, query.KeepExternalIDParams{
			OrganizationID: string(i.Home), Source: i.Source, ExternalID: s.Number, UserID: string(r.User), NowUs: tx.now,
		}); err != nil {
			return err
		}
	}
	return nil
}

// ImportClassroomsToUndo are the next classes of an import that it opened, renamed
// or gave a number.
func (o *Organization) ImportClassroomsToUndo(ctx context.Context, id ImportID, after int64, most int) ([]ImportClassroom, int64, error) {
	all, err := o.WaitingImportClassrooms(ctx, id, after, most)
	var done []ImportClassroom
	for _, c := range all {
		after = c.Position
		if c.State == ImportRowDone && c.Undo == "" && c.Classroom != "" && c.key != hereKey {
			done = append(done, c)
		}
	}
	if err != nil || len(all) < most {
		after = 0
	}
	return done, after, err
}

// CloseImportClassroomUndo notes what became of a class when its import was undone,
// and forgets the number that the import gave it.
func (o *Organization) CloseImportClassroomUndo(ctx context.Context, id ImportID, c ImportClassroom) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		i, err := o.undoing(ctx, tx, id)
		if err != nil {
			return err
		}
		reason := ""
		if c.Reason.ID != "" {
			reason = messageText(c.Reason)
		}
		closed, err := tx.UndoImportClassroom(ctx, query.UndoImportClassroomParams{
			OrganizationID: o.id, ImportID: string(id), Position: c.Position, Undo: string(c.Undo), Reason: reason,
		})
		if err != nil || closed == 0 {
			return err
		}
		switch {
		case c.Undo == UndoDeleted:
			i.UndoReceipt.Classrooms++
		case c.Undo == UndoRefused:
			i.UndoReceipt.Stayed++
		}
		// A class that was found by its number had that before.
		if c.ExternalID != "" && c.Before == "" {
			if err := tx.DeleteExternalClassroom(ctx, query.DeleteExternalClassroomParams{
				OrganizationID: o.id, Source: i.Source, ExternalID: c.ExternalID, ClassroomID: string(c.Classroom),
			}); err != nil {
				return err
			}
		}
		return tx.putReceipts(ctx, o.id, i)
	})
	if err != nil {
		return fmt.Errorf("close a class of an import that is undone: %w", err)
	}
	return nil
}

// Holders are some of those who have a role here, as far as is known.
func (o *Organization) Holders(ctx context.Context, most int) ([]identity.UserID, error) {
	found, err := o.store.read().HoldersHere(ctx, query.HoldersHereParams{OrganizationID: o.id, MaxRows: int64(most)})
	if err != nil {
		return nil, fmt.Errorf("list who has a role here: %w", translate(err))
	}
	users := make([]identity.UserID, len(found))
	for n, user := range found {
		users[n] = identity.UserID(user)
	}
	return users, nil
}
