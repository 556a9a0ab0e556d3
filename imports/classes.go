package imports

import (
	"cmp"
	"context"
	"sync"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

// classesAtOnce is how many classes are looked up together.
const classesAtOnce = 50

// classes opens and renames the classes of a list, each with an ID that the import
// and its place in the list decide.
func (r *run) classes(ctx context.Context, end time.Time) error {
	for after := int64(0); ; {
		w, err := r.open(ctx, r.job)
		if err != nil {
			return err
		}
		all, err := w.rows.WaitingImportClassrooms(ctx, w.one.ID, after, classesAtOnce)
		if err != nil || len(all) == 0 {
			return err
		}
		after = all[len(all)-1].Position
		var same, change []store.ImportClassroom
		for _, c := range all {
			switch {
			case c.State != store.ImportRowWaiting:
			case c.Kind == roster.KindCreate, c.Kind == roster.KindUpdate:
				change = append(change, c)
			default:
				c.State = store.ImportRowLeft
				if c.Kind == roster.KindUnchanged {
					c.State = store.ImportRowDone
				}
				same = append(same, c)
			}
		}
		if err := r.classesNow(ctx, change, end); err != nil {
			return err
		}
		if len(same) == 0 {
			continue
		}
		if err := w.rows.CloseImportClassrooms(ctx, w.one.ID, same); err != nil {
			return err
		}
	}
}

// classesNow opens and renames classes, as writers become free.
func (r *run) classesNow(ctx context.Context, all []store.ImportClassroom, end time.Time) error {
	var under sync.WaitGroup
	turn := r.writers.turn()
	for _, c := range all {
		r.writers.take(turn)
		if r.failure() != nil || ctx.Err() != nil || !r.Now().Before(end) {
			r.writers.give()
			r.fail(cmp.Or(ctx.Err(), store.ErrImportStopped)) // the rest is left to another job
			break
		}
		under.Go(func() {
			defer r.writers.give()
			if err := r.class(ctx, c); err != nil {
				r.fail(err)
			}
		})
	}
	under.Wait()
	return r.failure()
}

// class opens or renames one, with the rights of now. What is refused is its
// reason; an error is worth another try.
func (r *run) class(ctx context.Context, c store.ImportClassroom) error {
	w, err := r.open(ctx, r.job)
	if err != nil {
		return err
	}
	if w.one.State != store.ImportApplying {
		return store.ErrImportStopped
	}
	ctx = identity.WithRequest(ctx, w.one.Request)
	if c.Kind == roster.KindCreate {
		key := identity.LineSubmission(string(w.one.ID), int(c.Position))
		c.Classroom, err = identity.FoundClassroom(ctx, w.opened, r.Store, r.Provisioner, r.Gateway, key, c.Name, false)
	} else {
		err = r.rename(ctx, w, c)
	}
	c.State = store.ImportRowDone
	if known := refused(err); known != nil {
		r.Log.InfoContext(ctx, "a class of a list was refused", "import", w.one.ID, "line", c.Line, "error", err)
		c.State, c.Reason, err = store.ImportRowLeft, known.Message, nil
	}
	if err != nil {
		return err
	}
	return w.rows.CloseImportClassrooms(ctx, w.one.ID, []store.ImportClassroom{c})
}

func (r *run) rename(ctx context.Context, w work, c store.ImportClassroom) error {
	opened, err := r.Store.OpenFor(ctx, w.opened.Actor(), c.Classroom)
	if err != nil {
		return err
	}
	return identity.Rename(ctx, opened, r.Store.In(opened), r.Gateway.In(opened), c.Name)
}
