package rollover

import (
	"context"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// class does one class of a rollover to its end, from the step it had come to. An
// error is not about the class: it is worth another try.
func (e *Engine) class(ctx context.Context, w work, item store.RolloverItem) error {
	if item.State == store.RolloverWaiting {
		item.State = store.RolloverBegun
		if err := w.rows.SaveRolloverItem(ctx, w.one.ID, item); err != nil {
			return err
		}
	}
	err := e.take(ctx, w, &item)
	if known := refused(err); known != nil {
		item.State, item.Reason = store.RolloverRefused, known.Message
		if item.Step == store.RolloverOpened {
			if err := e.count(ctx, w, &item); err != nil {
				return err
			}
		}
	} else if err != nil {
		return err
	} else {
		item.State = store.RolloverMade
	}
	return w.rows.CloseRolloverItem(ctx, w.one.ID, item)
}

// count notes how much is on the new class's log when the rollover is done with it,
// so that it can be seen later whether people changed something in it.
func (e *Engine) count(ctx context.Context, w work, item *store.RolloverItem) error {
	opened, err := e.Store.OpenFor(ctx, w.school.Actor(), item.NewClassroom)
	if refused(err) != nil {
		return nil
	}
	if err != nil {
		return err
	}
	item.Records, err = e.Store.In(opened).RecordsHere(ctx)
	return err
}

// take does to a class what is planned.
func (e *Engine) take(ctx context.Context, w work, item *store.RolloverItem) error {
	old, err := e.Store.OpenFor(ctx, w.school.Actor(), item.Classroom)
	switch {
	case identity.IsKind(err, identity.KindNotFound):
		return identity.NotFound("rollover.class-gone")
	case err != nil:
		return err
	case old.Organization().School != w.school.ID():
		return identity.NotFound("rollover.class-gone")
	case old.Organization().Archived() && item.Step == "":
		return identity.Conflict("rollover.class-archived")
	}
	if !item.Action.Archives() {
		return w.rows.TakeIntoTerm(ctx, w.one.ID, w.one.Term, item)
	}
	if item.Step == "" {
		// What is led into by itself must not be closed: asked before anything is made.
		if err := identity.MayClose(ctx, e.Store.In(old)); err != nil {
			return err
		}
	}
	if item.Action.Opens() {
		if err := e.follow(ctx, w, item, old); err != nil {
			return err
		}
	}
	if item.Step != store.RolloverFilled {
		item.Step = store.RolloverFilled
		if item.Action.Opens() {
			if err := e.count(ctx, w, item); err != nil {
				return err
			}
		}
		if err := w.rows.SaveRolloverItem(ctx, w.one.ID, *item); err != nil {
			return err
		}
	}
	ctx = w.request(ctx, *item, "archive")
	// One that was begun before a crash is brought to its end, even where nothing
	// but that is left of it.
	if _, err := e.unlessSo(ctx, old, identity.BulkArchive, w.runID(*item, "archive")); err != nil {
		return err
	}
	if old, err = e.Store.OpenFor(ctx, w.school.Actor(), item.Classroom); err != nil {
		return err
	}
	if !old.Organization().Archived() {
		return identity.Conflict("rollover.not-archived")
	}
	return nil
}

// follow opens the class that takes the place of an old one, with its people.
func (e *Engine) follow(ctx context.Context, w work, item *store.RolloverItem, old identity.Opened) error {
	if item.Step == store.RolloverFilled {
		return nil
	}
	people, err := e.people(ctx, w, *item, old)
	if err != nil {
		return err
	}
	if item.Step == "" {
		me := slices.IndexFunc(people, func(c identity.Carried) bool {
			return c.User.ID == w.school.Actor().User && identity.Highest(c.Roles) == identity.RoleTeacher
		})
		teaches := me >= 0
		item.NewClassroom, err = identity.FoundClassroom(w.request(ctx, *item, "open"), w.school, e.Store, e.Provisioner, e.Gateway,
			identity.LineSubmission(string(w.one.ID), int(item.Position)), item.NewName, teaches)
		if err != nil {
			return err
		}
		if item.Step = store.RolloverOpened; teaches {
			people[me].There = true // as its founder
		}
		if err := w.rows.SaveRolloverItem(ctx, w.one.ID, *item); err != nil {
			return err
		}
	}
	if err := w.rows.SettleFollower(ctx, item.NewClassroom, item.Classroom, w.one.Term, nextYear(*item)); err != nil {
		return err
	}
	opened, err := e.Store.OpenFor(ctx, w.school.Actor(), item.NewClassroom)
	if err != nil {
		return err
	}
	missing, err := e.carry(w.request(ctx, *item, "carry"), opened, people)
	if err != nil {
		return err
	}
	item.Assigned, item.Missing = len(people)-len(missing), len(missing)
	return w.rows.NoteNotTaken(ctx, w.one.ID, item.Position, missing)
}

// people are who is to be in the new class of an item: who goes along from the old
// one, and the teachers who come.
func (e *Engine) people(ctx context.Context, w work, item store.RolloverItem, old identity.Opened) ([]identity.Carried, error) {
	stay, err := w.rows.RolloverStays(ctx, w.one.ID, item.Position)
	if err != nil {
		return nil, err
	}
	come, err := w.rows.RolloverComes(ctx, w.one.ID, item.Position, item.NewClassroom)
	if err != nil {
		return nil, err
	}
	people, err := e.Store.In(old).Carried(ctx, item.NewClassroom)
	if err != nil {
		return nil, err
	}
	people = slices.DeleteFunc(people, func(c identity.Carried) bool {
		role := identity.Highest(c.Roles)
		return !item.Action.Carries(role) || role != identity.RoleStudent && slices.Contains(stay, c.User.ID) ||
			slices.ContainsFunc(come, func(other identity.Carried) bool { return other.User.ID == c.User.ID })
	})
	return append(people, come...), nil
}

// nextYear is the year group that the new class is for.
func nextYear(item store.RolloverItem) int {
	if item.Action == identity.RolloverPromote && item.Year != NoYear && item.Year < LastYear {
		return item.Year + 1
	}
	return item.Year
}
