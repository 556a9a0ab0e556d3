package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// ApplyRollover has a plan carried out that was checked as it is. One that was
// changed since is a conflict ("rollover.unchecked"), and so is one with equal
// names unless they are meant ("rollover.doubled"), and one beside another that is
// at work ("rollover.busy").
func (o *Organization) ApplyRollover(ctx context.Context, id RolloverID, doubled bool) error {
	err := o.changeRollover(ctx, id, func(tx *transaction, r *Rollover) error {
		if err := o.mayManageTerms(); err != nil {
			return err
		}
		switch {
		case r.State == RolloverApplying:
			return nil // a second click
		case r.State != RolloverPlanned:
			return identity.Conflict("rollover.not-planned")
		case !r.Checked():
			return identity.Conflict("rollover.unchecked")
		case r.Figures.Doubled > 0 && !doubled:
			return identity.Conflict("rollover.doubled", "Count", r.Figures.Doubled)
		}
		if err := o.noOtherRollover(ctx, tx, id); err != nil {
			return err
		}
		r.State, r.AppliedAt, r.Trouble = RolloverApplying, moment(tx.now), identity.Message{}
		r.Actor, r.Request = o.opened.Actor(), identity.RequestFrom(ctx)
		if err := o.begunRecord(ctx, tx, *r, r.Total); err != nil {
			return err
		}
		return o.queueRollover(ctx, tx, id)
	})
	if err != nil {
		return fmt.Errorf("apply a rollover: %w", err)
	}
	return nil
}

func (o *Organization) noOtherRollover(ctx context.Context, tx *transaction, id RolloverID) error {
	busy, err := tx.BusyRollover(ctx, query.BusyRolloverParams{OrganizationID: o.id, ID: string(id)})
	if err == nil && busy > 0 {
		err = identity.Conflict("rollover.busy")
	}
	return err
}

// PauseRollover has a rollover wait after the classes that are under way.
func (o *Organization) PauseRollover(ctx context.Context, id RolloverID) error {
	return o.steer(ctx, id, "pause", func(_ *transaction, r *Rollover) error {
		if r.State == RolloverApplying {
			r.State = RolloverPaused
		}
		return nil
	})
}

// ContinueRollover goes on with a rollover that was paused, or with its undoing.
// It stays with who began it as long as they may; after that it is taken over.
func (o *Organization) ContinueRollover(ctx context.Context, id RolloverID) error {
	var lost *identity.Error
	_, _, err := o.store.OpenForRollover(ctx, RolloverPayload{o.opened.ID(), id})
	if err != nil && !errors.As(err, &lost) {
		return err
	}
	return o.steer(ctx, id, "go on with", func(tx *transaction, r *Rollover) error {
		switch r.State {
		case RolloverPaused:
			r.State = RolloverApplying
		case RolloverUndoPaused:
			r.State = RolloverUndoing
		default:
			return nil
		}
		if r.Trouble = (identity.Message{}); lost != nil {
			r.Actor, r.Request = o.opened.Actor(), identity.RequestFrom(ctx)
		}
		return o.queueRollover(ctx, tx, id)
	})
}

// RetryRollover tries the classes again that were refused.
func (o *Organization) RetryRollover(ctx context.Context, id RolloverID) error {
	return o.steer(ctx, id, "try again", func(tx *transaction, r *Rollover) error {
		if r.State != RolloverDone {
			return nil
		}
		if err := o.noOtherRollover(ctx, tx, id); err != nil {
			return err
		}
		again, err := tx.RetryRolloverItems(ctx, query.RetryRolloverItemsParams{OrganizationID: o.id, RolloverID: string(id)})
		if err != nil || again == 0 {
			return err
		}
		// The records of this try are others than those of the one that failed.
		r.State, r.Trouble, r.Version = RolloverApplying, identity.Message{}, r.Version+1
		r.checked, r.Refused = r.Version, r.Refused-int(again)
		r.Actor, r.Request = o.opened.Actor(), identity.RequestFrom(ctx)
		if err := o.begunRecord(ctx, tx, *r, int(again)); err != nil {
			return err
		}
		return o.queueRollover(ctx, tx, id)
	})
}

// CancelRollover throws a plan away, or ends a rollover after the classes that are
// under way: the others stay as they are.
func (o *Organization) CancelRollover(ctx context.Context, id RolloverID) error {
	return o.steer(ctx, id, "cancel", func(tx *transaction, r *Rollover) error {
		switch r.State {
		case RolloverStaging, RolloverPlanned, RolloverApplying, RolloverPaused:
		default:
			return nil
		}
		if _, err := tx.LeaveRolloverItems(ctx, query.LeaveRolloverItemsParams{OrganizationID: o.id, RolloverID: string(id)}); err != nil {
			return err
		}
		r.State, r.FinishedAt, r.Trouble = RolloverCancelled, moment(tx.now), identity.Message{}
		if r.AppliedAt.IsZero() {
			return nil
		}
		if err := o.finishedRecord(ctx, tx, *r); err != nil {
			return err
		}
		return o.queueRollover(ctx, tx, id) // what was begun is brought to its end
	})
}

// UndoRollover begins to put back what a rollover did; gone ("rollover.undo-over")
// when it cannot any more.
func (o *Organization) UndoRollover(ctx context.Context, id RolloverID) error {
	return o.steer(ctx, id, "undo", func(tx *transaction, r *Rollover) error {
		if r.State == RolloverUndoing {
			return nil // a second click
		}
		if !moment(tx.now).Before(r.UndoableUntil()) {
			return identity.Gone("rollover.undo-over")
		}
		if err := o.noOtherRollover(ctx, tx, id); err != nil {
			return err
		}
		r.State, r.Actor, r.Request = RolloverUndoing, o.opened.Actor(), identity.RequestFrom(ctx)
		if err := o.record(ctx, tx, identity.Change{
			Action: identity.ActionRolloverUndone, Target: string(id), TargetName: r.TermName,
		}); err != nil {
			return err
		}
		return o.queueRollover(ctx, tx, id)
	})
}

func (o *Organization) steer(ctx context.Context, id RolloverID, what string, f func(*transaction, *Rollover) error) error {
	err := o.changeRollover(ctx, id, func(tx *transaction, r *Rollover) error {
		if err := o.mayManageTerms(); err != nil {
			return err
		}
		return f(tx, r)
	})
	if err != nil {
		return fmt.Errorf("%s a rollover: %w", what, err)
	}
	return nil
}

func (o *Organization) begunRecord(ctx context.Context, tx *transaction, r Rollover, classes int) error {
	return o.record(ctx, tx, identity.Change{
		Action: identity.ActionRolloverBegun, Target: string(r.ID), TargetName: r.TermName,
		After: map[string]string{"count": strconv.Itoa(classes)},
	})
}

func (o *Organization) finishedRecord(ctx context.Context, tx *transaction, r Rollover) error {
	return o.record(ctx, tx, identity.Change{
		Action: identity.ActionRolloverFinished, Target: string(r.ID), TargetName: r.TermName,
		After: map[string]string{"changed": strconv.Itoa(r.Done), "refused": strconv.Itoa(r.Refused)},
	})
}

// NextRolloverItems are the next classes of a rollover to be worked on: what was
// cut off comes first.
func (o *Organization) NextRolloverItems(ctx context.Context, id RolloverID, states []RolloverItemState, most int) ([]RolloverItem, error) {
	var items []RolloverItem
	for _, state := range states {
		rows, err := o.store.read().RolloverItemsInState(ctx, query.RolloverItemsInStateParams{
			OrganizationID: o.id, RolloverID: string(id), State: string(state), MaxRows: int64(most - len(items)),
		})
		if err != nil {
			return nil, fmt.Errorf("list the next classes of a rollover: %w", translate(err))
		}
		for _, row := range rows {
			items = append(items, rolloverItemOf(row))
		}
		if len(items) == most {
			break
		}
	}
	return items, nil
}

// RefusedRolloverItems lists classes of a rollover that were refused.
func (o *Organization) RefusedRolloverItems(ctx context.Context, id RolloverID) ([]RolloverItem, error) {
	return o.NextRolloverItems(ctx, id, []RolloverItemState{RolloverRefused}, pageSize)
}

// RolloverItemsBack lists classes of a rollover that came back in a way.
func (o *Organization) RolloverItemsBack(ctx context.Context, id RolloverID, back RolloverBack) ([]RolloverItem, error) {
	rows, err := o.store.read().RolloverItemsByUndo(ctx, query.RolloverItemsByUndoParams{
		OrganizationID: o.id, RolloverID: string(id), Undo: string(back), MaxRows: pageSize,
	})
	if err != nil {
		return nil, fmt.Errorf("list classes that came back: %w", translate(err))
	}
	items := make([]RolloverItem, len(rows))
	for i, row := range rows {
		items[i] = rolloverItemOf(row)
	}
	return items, nil
}

// RolloverItemsToUndo are the next classes of a rollover to be put back: what was
// cut off comes first.
func (o *Organization) RolloverItemsToUndo(ctx context.Context, id RolloverID, most int) ([]RolloverItem, error) {
	var items []RolloverItem
	for _, undo := range []RolloverBack{BackRemoving, BackKeeping, ""} {
		rows, err := o.store.read().RolloverItemsToUndo(ctx, query.RolloverItemsToUndoParams{
			OrganizationID: o.id, RolloverID: string(id), Undo: string(undo), MaxRows: int64(most - len(items)),
		})
		if err != nil {
			return nil, fmt.Errorf("list the next classes to put back: %w", translate(err))
		}
		for _, row := range rows {
			items = append(items, rolloverItemOf(row))
		}
		if len(items) == most {
			break
		}
	}
	return items, nil
}

func (tx *transaction) putRolloverItem(ctx context.Context, organization string, id RolloverID, item RolloverItem) error {
	text := func(m identity.Message) string {
		if m.ID == "" {
			return ""
		}
		return messageText(m)
	}
	return tx.PutRolloverItem(ctx, query.PutRolloverItemParams{
		OrganizationID: organization, RolloverID: string(id), Position: item.Position, State: string(item.State), Step: string(item.Step),
		NewClassroomID: string(item.NewClassroom), NewRecords: int64(item.Records), Assigned: int64(item.Assigned),
		Missing: int64(item.Missing), TermBefore: string(item.TermBefore), Reason: text(item.Reason),
		Undo: string(item.Undo), UndoReason: text(item.UndoReason),
	})
}

// SaveRolloverItem notes how far a class has come, so that it is gone on with
// after a crash.
func (o *Organization) SaveRolloverItem(ctx context.Context, id RolloverID, item RolloverItem) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		if _, err := tx.Rollover(ctx, query.RolloverParams{OrganizationID: o.id, ID: string(id)}); err != nil {
			return orNotFound(err, errNoRollover())
		}
		return tx.putRolloverItem(ctx, o.id, id, item)
	})
	if err != nil {
		return fmt.Errorf("note how far a class has come: %w", err)
	}
	return nil
}

// NoteNotTaken notes who could not be taken along into a new class, in place of
// what was noted before.
func (o *Organization) NoteNotTaken(ctx context.Context, id RolloverID, position int64, people map[identity.UserID]identity.Message) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		if _, err := tx.Rollover(ctx, query.RolloverParams{OrganizationID: o.id, ID: string(id)}); err != nil {
			return orNotFound(err, errNoRollover())
		}
		if err := tx.DeleteRolloverPeople(ctx, query.DeleteRolloverPeopleParams{
			OrganizationID: o.id, RolloverID: string(id), Kind: rolloverRefused, Position: position,
		}); err != nil {
			return err
		}
		for user, why := range people {
			if err := tx.PutRolloverPerson(ctx, query.PutRolloverPersonParams{
				OrganizationID: o.id, RolloverID: string(id), Kind: rolloverRefused, Position: position, UserID: string(user),
				Reason: messageText(why),
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note who could not be taken along: %w", err)
	}
	return nil
}

// CloseRolloverItem notes what became of a class and counts it, once, with its
// record.
func (o *Organization) CloseRolloverItem(ctx context.Context, id RolloverID, item RolloverItem) error {
	err := o.changeRollover(ctx, id, func(tx *transaction, r *Rollover) error {
		row, err := tx.RolloverItem(ctx, query.RolloverItemParams{OrganizationID: o.id, RolloverID: string(id), Position: item.Position})
		if err != nil {
			return orNotFound(err, errNoRollover())
		}
		if state := RolloverItemState(row.State); state != RolloverWaiting && state != RolloverBegun {
			return nil
		}
		if err := tx.putRolloverItem(ctx, o.id, id, item); err != nil {
			return err
		}
		r.Trouble = identity.Message{}
		if item.State == RolloverRefused {
			r.Refused++
			return nil
		}
		r.Done++
		change, told := rolledChange(item)
		if !told {
			return nil
		}
		record := o.batchRecord(identity.WithRequest(ctx, r.Request), batchChange{
			place: item.Classroom, change: change, once: fmt.Sprintf("rollover/%s/%d", id, item.Position),
		}, identity.OutcomeDone)
		return tx.auditOnce(ctx, &record)
	})
	if err != nil {
		return fmt.Errorf("close a class of a rollover: %w", err)
	}
	return nil
}

// rolledChange is what the log of the old class tells. That it was archived, its
// own record says.
func rolledChange(item RolloverItem) (identity.Change, bool) {
	switch {
	case item.Action.Opens():
		return identity.Change{
			Action: identity.ActionClassroomFollowed, Target: string(item.NewClassroom), TargetName: item.NewName,
			Before: map[string]string{identity.AuditName: item.Name},
			After:  map[string]string{identity.AuditName: item.NewName, "people": strconv.Itoa(item.Assigned)},
		}, true
	case item.Action == identity.RolloverKeep:
		return identity.Change{Action: identity.ActionClassroomKept, Target: string(item.Classroom), TargetName: item.Name}, true
	}
	return identity.Change{}, false
}

// CloseRolloverBack notes how a class came back, and counts it once.
func (o *Organization) CloseRolloverBack(ctx context.Context, id RolloverID, item RolloverItem) error {
	err := o.changeRollover(ctx, id, func(tx *transaction, r *Rollover) error {
		row, err := tx.RolloverItem(ctx, query.RolloverItemParams{OrganizationID: o.id, RolloverID: string(id), Position: item.Position})
		if err != nil {
			return orNotFound(err, errNoRollover())
		}
		switch RolloverBack(row.Undo) {
		case "", BackRemoving, BackKeeping:
		default:
			return nil
		}
		r.Undone++
		r.Trouble = identity.Message{}
		return tx.putRolloverItem(ctx, o.id, id, item)
	})
	if err != nil {
		return fmt.Errorf("note how a class came back: %w", err)
	}
	return nil
}

// FinishRollover closes a rollover of which nothing is left to be done or to be
// undone.
func (o *Organization) FinishRollover(ctx context.Context, id RolloverID) error {
	err := o.changeRollover(ctx, id, func(tx *transaction, r *Rollover) error {
		ctx := identity.WithRequest(ctx, r.Request)
		switch r.Trouble = (identity.Message{}); r.State {
		case RolloverApplying:
			r.State, r.FinishedAt = RolloverDone, moment(tx.now)
			return o.finishedRecord(ctx, tx, *r)
		case RolloverUndoing:
			r.State, r.UndoneAt = RolloverUndone, moment(tx.now)
			return o.record(ctx, tx, identity.Change{
				Action: identity.ActionRolloverBack, Target: string(id), TargetName: r.TermName,
				After: map[string]string{"changed": strconv.Itoa(r.Undone)},
			})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("finish a rollover: %w", err)
	}
	return nil
}

// HoldRollover notes why a rollover does not go on for now. With pause it waits for
// somebody to go on, and a plan that cannot be made is over.
func (s *Store) HoldRollover(ctx context.Context, job RolloverPayload, why identity.Message, pause bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err := s.write(ctx, func(tx *transaction) error {
		row, err := tx.RolloverForJob(ctx, query.RolloverForJobParams{OrganizationID: string(job.Organization), ID: string(job.Rollover)})
		if err != nil {
			return orNotFound(err, errNoRollover())
		}
		r := rolloverOf(row)
		if r.Trouble = why; pause {
			switch r.State {
			case RolloverApplying:
				r.State = RolloverPaused
			case RolloverUndoing:
				r.State = RolloverUndoPaused
			case RolloverStaging:
				r.State, r.FinishedAt = RolloverCancelled, moment(tx.now)
			}
		}
		return tx.putRollover(ctx, string(job.Organization), r)
	})
	if err != nil {
		return fmt.Errorf("hold a rollover: %w", err)
	}
	return nil
}
