package imports

import (
	"cmp"
	"context"
	"errors"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

// undoing puts back what an import did, until end: first what a killed process had
// begun to apply is ended; then its rows, the last one of the list first, and its
// classes. Each batch is worked on with the rights of now,
// and compared with how things are now, so that one that was cut off is simply
// begun again.
func (e *Engine) undoing(ctx context.Context, w work, end time.Time) error {
	if err := e.finishBegun(ctx, w); err != nil {
		return err
	}
	for e.Now().Before(end) {
		var err error
		if w, err = e.open(ctx, w.job); err != nil {
			return err
		}
		rows, err := w.rows.BeginImportUndo(ctx, w.one.ID, e.batch)
		switch {
		case errors.Is(err, store.ErrImportStopped):
			return nil
		case err != nil:
			return err
		case len(rows) == 0:
			return e.undoClasses(ctx, w, end)
		}
		if err := e.undoBatch(ctx, w, rows); err != nil {
			return err
		}
	}
	return nil
}

// undoBatch puts rows back that are begun. An error says that some of them stay
// begun.
func (e *Engine) undoBatch(ctx context.Context, w work, rows []store.UndoneRow) error {
	b := &batch{Engine: e, work: w, turn: e.writers.turn(), places: map[identity.OrganizationID]*place{}}
	items := make([]*item, len(rows))
	for n := range rows {
		items[n] = &item{row: rows[n].Row}
	}
	ctx = identity.WithRequest(ctx, w.one.Request)
	come := b.each(ctx, len(rows), func(n int) { b.putBack(ctx, items[n], rows[n].Back) })
	b.wait(ctx, items[come:]...)
	var done []store.UndoneRow
	var err error
	for n, i := range items {
		if i.left != nil {
			err = cmp.Or(err, i.left)
			continue
		}
		d := rows[n]
		d.Reasons, d.Facts, d.Undo = append(d.Back.Reasons, i.reasons...), i.facts, undoneAs(d.Back, i)
		done = append(done, d)
	}
	if len(done) > 0 {
		err = errors.Join(err, w.rows.CloseImportUndo(ctx, w.one.ID, done))
	}
	return err
}

// undoneAs says what became of a row.
func undoneAs(back roster.Back, i *item) store.ImportUndo {
	switch {
	case i.refused:
		return store.UndoRefused
	case back.Delete:
		return store.UndoDeleted
	case back.Kept:
		return store.UndoKept
	case len(back.Reasons)+len(i.reasons) > 0:
		return store.UndoRefused
	}
	return store.UndoBack
}

// putBack puts one row back, step after step.
func (b *batch) putBack(ctx context.Context, i *item, back roster.Back) {
	if back.Delete {
		if i.row.User == "" {
			return
		}
		fact, err := b.remote.DeleteUser(ctx, i.row.User)
		if i.refused = !b.answer(i, err) && i.left == nil; fact != nil && err == nil {
			i.facts = append(i.facts, fact)
		}
		return
	}
	if f := back.Fields; !f.Empty() {
		fact, err := b.remote.UpdateUser(ctx, i.row.User, identity.UserUpdate{
			UserName: f.UserName, GivenName: f.GivenName, FamilyName: f.FamilyName, Address: f.Address,
		})
		if b.answer(i, err) {
			i.facts = append(i.facts, fact)
		}
	}
	for _, s := range back.Steps {
		facts, err := b.stepBack(ctx, i.row.User, s)
		i.facts = append(i.facts, facts...)
		b.answer(i, err)
	}
}

// stepBack ends or gives a role, or withdraws an invitation.
func (b *batch) stepBack(ctx context.Context, user identity.UserID, s roster.Step) ([]identity.Fact, error) {
	p := b.at(ctx, s.Place)
	if identity.IsKind(p.err, identity.KindNotFound) && s.Kind != roster.StepAssign {
		return nil, nil // gone, with all roles in it and all that was offered
	}
	if p.err != nil {
		return nil, p.err
	}
	needs := identity.ManageStudents
	if s.Role != identity.RoleStudent {
		needs = identity.ManageTeachers
	}
	if err := p.opened.Refusal(needs); err != nil {
		return nil, err
	}
	switch {
	case s.Kind == roster.StepInvite:
		err := p.rows.RevokeInvitation(ctx, s.Invitation)
		if identity.IsKind(err, identity.KindGone) || identity.IsKind(err, identity.KindConflict) {
			err = identity.Conflict("import.invitation-used", "Classroom", s.Name)
		}
		return nil, err
	case s.Kind == roster.StepUnassign && s.Role != identity.RoleStudent && s.Class == 0:
		// By the rules for one: no class loses its last teacher.
		err := identity.RemoveFromRoster(ctx, p.opened, p.rows, p.remote, user)
		if identity.IsKind(err, identity.KindNotFound) {
			err = nil
		}
		return nil, err
	case s.Kind == roster.StepUnassign:
		fact, err := p.remote.DeleteRoleAssignment(ctx, user)
		return oneFact(fact, err), err
	}
	fact, err := p.remote.CreateRoleAssignment(ctx, user, s.Held.Roles)
	facts := oneFact(fact, err)
	if err == nil && s.Held.State == identity.AssignmentSuspended {
		fact, err = p.remote.SuspendRoleAssignment(ctx, user)
		facts = append(facts, oneFact(fact, err)...)
	}
	return facts, err
}

func oneFact(fact identity.Fact, err error) []identity.Fact {
	if err != nil || fact == nil {
		return nil
	}
	return []identity.Fact{fact}
}

// undoClasses deletes the classes again that an import opened and nobody is in, and
// gives those that it renamed their names back; and ends the undoing.
func (e *Engine) undoClasses(ctx context.Context, w work, end time.Time) error {
	for after := int64(0); ; {
		all, next, err := w.rows.ImportClassroomsToUndo(ctx, w.one.ID, after, classesAtOnce)
		if err != nil {
			return err
		}
		for _, c := range all {
			if !e.Now().Before(end) {
				return nil
			}
			if w, err = e.open(ctx, w.job); err != nil {
				return err
			}
			if w.one.State != store.ImportUndoing {
				return nil
			}
			if c, err = e.undoClass(ctx, w, c); err != nil {
				return err
			}
			if err := w.rows.CloseImportClassroomUndo(ctx, w.one.ID, c); err != nil {
				return err
			}
		}
		if after = next; after == 0 {
			return w.rows.EndImport(ctx, w.one.ID, store.ImportUndone, identity.Message{})
		}
	}
}

// undoClass puts one class back. What is refused is its reason; an error is worth
// another try.
func (e *Engine) undoClass(ctx context.Context, w work, c store.ImportClassroom) (store.ImportClassroom, error) {
	ctx = identity.WithRequest(ctx, w.one.Request)
	var err error
	switch c.Undo = store.UndoBack; c.Kind {
	case roster.KindCreate:
		c.Undo, err = store.UndoDeleted, e.closeClass(ctx, w, c)
	case roster.KindUpdate:
		err = e.nameBack(ctx, w, c)
	}
	if known := refused(err); known != nil {
		c.Undo, c.Reason, err = store.UndoRefused, known.Message, nil
	}
	return c, err
}

func (e *Engine) closeClass(ctx context.Context, w work, c store.ImportClassroom) error {
	opened, err := e.Store.OpenFor(ctx, w.opened.Actor(), c.Classroom)
	if identity.IsKind(err, identity.KindNotFound) {
		return nil // deleted already
	}
	if err != nil {
		return err
	}
	rows := e.Store.In(opened)
	used, err := e.used(ctx, opened, rows)
	switch {
	case err != nil:
		return err
	case used:
		return identity.Conflict("import.class-in-use")
	case e.Provisioner == nil:
		return identity.Forbidden("permission.missing")
	}
	if err := identity.Archive(ctx, opened, rows, e.Gateway.In(opened)); err != nil {
		return err
	}
	if opened, err = e.Store.OpenFor(ctx, w.opened.Actor(), c.Classroom); err != nil {
		return err
	}
	return identity.DeleteClassroom(ctx, opened, e.Store.In(opened), e.Provisioner)
}

// used reports whether anybody has a role in a class. Who seems to have one is asked
// about at Zitadel: a process that was killed may have ended it, and nobody heard.
func (e *Engine) used(ctx context.Context, class identity.Opened, rows *store.Organization) (bool, error) {
	holders, err := rows.Holders(ctx, identity.MaxShown+1)
	if err != nil || len(holders) == 0 || len(holders) > identity.MaxShown {
		return len(holders) > 0, err
	}
	shown, err := e.Gateway.ShownRoleAssignments(ctx, holders, class)
	return len(shown) > 0, err
}

func (e *Engine) nameBack(ctx context.Context, w work, c store.ImportClassroom) error {
	opened, err := e.Store.OpenFor(ctx, w.opened.Actor(), c.Classroom)
	if err != nil {
		return err
	}
	switch opened.Organization().Name {
	case c.Before:
		return nil
	case c.Name:
		return identity.Rename(ctx, opened, e.Store.In(opened), e.Gateway.In(opened), c.Before)
	}
	return identity.Conflict("import.class-changed-since")
}
