package rollover

import (
	"context"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// back puts one class back, from the step it had come to. An error is not about
// the class: it is worth another try.
func (e *Engine) back(ctx context.Context, w work, item store.RolloverItem) error {
	if item.Undo == "" {
		how, err := e.howBack(ctx, w, item)
		if err != nil {
			return err
		}
		if item.Undo = how; how == store.BackRemoving || how == store.BackKeeping {
			if err := w.rows.SaveRolloverItem(ctx, w.one.ID, item); err != nil {
				return err
			}
		}
	}
	how := item.Undo
	left, err := e.put(ctx, w, how, item)
	switch known := refused(err); {
	case known != nil:
		item.Undo, item.UndoReason = store.BackRefused, known.Message
	case err != nil:
		return err
	case left > 0 && how == store.BackKeeping:
		item.Undo, item.UndoReason = store.BackPartly, identity.Say("rollover.back.partly.kept", "Count", left)
	case left > 0:
		item.Undo, item.UndoReason = store.BackPartly, identity.Say("rollover.back.partly", "Count", left)
	case how == store.BackRemoving:
		item.Undo = store.BackRemoved
	case how == store.BackKeeping:
		item.Undo, item.UndoReason = store.BackKept, identity.Say("rollover.back.changed")
	default:
		item.Undo = store.BackRestored
	}
	return w.rows.CloseRolloverBack(ctx, w.one.ID, item)
}

// howBack decides what becomes of the new class: it is removed if nobody changed
// anything in it, and else archived.
func (e *Engine) howBack(ctx context.Context, w work, item store.RolloverItem) (store.RolloverBack, error) {
	if item.NewClassroom == "" {
		return store.BackRestored, nil
	}
	opened, err := e.Store.OpenFor(ctx, w.school.Actor(), item.NewClassroom)
	if identity.IsKind(err, identity.KindNotFound) {
		return store.BackRestored, nil // somebody deleted it
	}
	if err != nil {
		return "", err
	}
	records, err := e.Store.In(opened).RecordsHere(ctx)
	if err != nil {
		return "", err
	}
	if records > item.Records {
		return store.BackKeeping, nil
	}
	return store.BackRemoving, nil
}

// put takes the old class into use again first, so that nobody is without one, and
// then the new one out of it. It answers how many students did not come back.
func (e *Engine) put(ctx context.Context, w work, how store.RolloverBack, item store.RolloverItem) (left int, err error) {
	if !item.Action.Archives() {
		return 0, w.rows.BringBackIntoTerm(ctx, item)
	}
	old, err := e.Store.OpenFor(ctx, w.school.Actor(), item.Classroom)
	if identity.IsKind(err, identity.KindNotFound) {
		err = identity.NotFound("rollover.class-gone")
	}
	if err != nil {
		return 0, err
	}
	left, err = e.unlessSo(w.request(ctx, item, "restore"), old, identity.BulkRestoreClassroom, w.runID(item, "restore"))
	if err != nil {
		return left, err
	}
	if old, err = e.Store.OpenFor(ctx, w.school.Actor(), item.Classroom); err != nil {
		return left, err
	}
	if old.Organization().Archived() {
		return left, identity.Conflict("rollover.not-restored")
	}
	if how != store.BackRemoving && how != store.BackKeeping {
		return left, nil
	}
	return left, e.retire(w.request(ctx, item, "back"), w, how, item)
}

// retire takes the new class out of use.
func (e *Engine) retire(ctx context.Context, w work, how store.RolloverBack, item store.RolloverItem) error {
	follower, err := e.Store.OpenFor(ctx, w.school.Actor(), item.NewClassroom)
	if identity.IsKind(err, identity.KindNotFound) {
		return nil // removed before a crash
	}
	if err != nil {
		return err
	}
	if how == store.BackKeeping {
		_, err := e.unlessSo(ctx, follower, identity.BulkArchive, w.runID(item, "keep"))
		return err
	}
	rows := e.Store.In(follower)
	if err := identity.Archive(ctx, follower, rows, e.Gateway.In(follower)); err != nil {
		return err
	}
	if err := rows.NoteState(ctx, identity.OrganizationInactive); err != nil {
		return err // what was written before a crash is not known here yet
	}
	if follower, err = e.Store.OpenFor(ctx, w.school.Actor(), item.NewClassroom); err != nil {
		return err
	}
	return identity.DeleteClassroom(ctx, follower, e.Store.In(follower), e.Provisioner)
}
