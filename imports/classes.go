package imports

import (
	"context"
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
		var same []store.ImportClassroom
		for _, c := range all {
			after = c.Position
			if c.State != store.ImportRowWaiting {
				continue
			}
			if c.Kind != roster.KindCreate && c.Kind != roster.KindUpdate {
				c.State = store.ImportRowLeft
				if c.Kind == roster.KindUnchanged {
					c.State = store.ImportRowDone
				}
				same = append(same, c)
				continue
			}
			if !r.Now().Before(end) {
				return store.ErrImportStopped // the rest is left to another job
			}
			if w, err = r.open(ctx, r.job); err != nil { // rights may be lost between any two
				return err
			}
			if w.one.State != store.ImportApplying {
				return store.ErrImportStopped
			}
			if c, err = r.class(ctx, w, c); err != nil {
				return err
			}
			if err := w.rows.CloseImportClassrooms(ctx, w.one.ID, []store.ImportClassroom{c}); err != nil {
				return err
			}
		}
		if len(same) > 0 {
			if err := w.rows.CloseImportClassrooms(ctx, w.one.ID, same); err != nil {
				return err
			}
		}
	}
}

// class opens or renames one. What is refused is its reason; an error is worth
// another try.
func (r *run) class(ctx context.Context, w work, c store.ImportClassroom) (store.ImportClassroom, error) {
	ctx = identity.WithRequest(ctx, w.one.Request)
	r.writers <- struct{}{}
	defer func() { <-r.writers }()
	var err error
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
	return c, err
}

func (r *run) rename(ctx context.Context, w work, c store.ImportClassroom) error {
	opened, err := r.Store.OpenFor(ctx, w.opened.Actor(), c.Classroom)
	if err != nil {
		return err
	}
	return identity.Rename(ctx, opened, r.Store.In(opened), r.Gateway.In(opened), c.Name)
}
