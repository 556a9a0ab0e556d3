package bulk

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

const (
	// slice is how long one job works on a run before it leaves the rest to
	// another one: below what a job may take.
	slice = 40 * time.Second
	// atOnce is how many items are looked up together.
	atOnce = 50
)

// Options are what a runner needs; Store and Gateway must be set.
type Options struct {
	Store   *store.Store
	Gateway identity.Gateway
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: slog.Default()
}

// Runner does runs.
type Runner struct {
	Options
	// busy are the runs somebody is at, each with what is closed at its end: after
	// a crash two jobs may be about one, and a short run begins before its job.
	busy sync.Map
}

// New makes a runner.
func New(o Options) *Runner {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Log = cmp.Or(o.Log, slog.Default())
	return &Runner{Options: o}
}

// Handle does a slice of a run, and leaves the rest to another job. An error has
// the job tried again later; last says that nobody will.
func (r *Runner) Handle(ctx context.Context, payload json.RawMessage, last bool) error {
	var job store.BulkPayload
	if err := json.Unmarshal(payload, &job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	key := string(job.Organization) + "/" + string(job.Run)
	over := make(chan struct{})
	for {
		other, taken := r.busy.LoadOrStore(key, over)
		if !taken {
			break
		}
		select {
		case <-other.(chan struct{}):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() {
		r.busy.Delete(key)
		close(over)
	}()
	for end := r.Now().Add(slice); ; {
		w, err := r.open(ctx, job)
		if refused(err) != nil {
			return r.Store.AbandonRun(ctx, job, identity.Say("bulk.rights-lost"))
		}
		if err != nil || w.run.Finished() {
			return err
		}
		items, err := w.rows.NextItems(ctx, job.Run, atOnce)
		if err != nil {
			return err
		}
		if len(items) == 0 {
			return w.rows.FinishRun(ctx, job.Run)
		}
		for i, item := range items {
			if i > 0 { // rights may be lost, and the classroom archived, between any two
				if w, err = r.open(ctx, job); err != nil {
					break // and is asked for again above
				}
			}
			if err := w.item(ctx, item); err != nil {
				return r.trouble(ctx, w, item, err, last)
			}
			if !r.Now().Before(end) {
				return w.rows.ContinueRun(ctx, job.Run)
			}
		}
	}
}

// atOncePeople is how many a run may be about that is done before its page is
// shown, and atOnceFor how long that may take.
const (
	atOncePeople = 25
	atOnceFor    = 8 * time.Second
)

// AtOnce does a run that is about few people without waiting for its job, so that
// its page shows what came of it. What is not done in time, or fails, is left to
// the job.
func (r *Runner) AtOnce(ctx context.Context, org identity.Opened, id identity.BulkRunID) {
	run, err := r.Store.In(org).Run(ctx, id)
	if err != nil || run.Finished() || run.Total > atOncePeople {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, atOnceFor)
	defer cancel()
	payload, err := json.Marshal(store.BulkPayload{Organization: org.ID(), Run: id, Actor: org.Actor().User})
	if err == nil {
		err = r.Handle(ctx, payload, false)
	}
	if err != nil {
		r.Log.InfoContext(ctx, "a run is left to its job", "run", id, "error", err)
	}
}

// trouble notes why a run cannot go on now. When it was tried often enough, this
// one person is given up.
func (r *Runner) trouble(ctx context.Context, w work, item identity.BulkItem, err error, last bool) error {
	why := identity.Say("bulk.trouble")
	var known *identity.Error
	if errors.As(err, &known) {
		why = known.Message
	}
	ctx = context.WithoutCancel(ctx) // the job's time may be over
	if !last {
		return errors.Join(err, w.rows.RunTrouble(ctx, w.run.ID, why))
	}
	r.Log.WarnContext(ctx, "one of many is given up", "run", w.run.ID, "position", item.Position, "error", err)
	item.State, item.Reason = identity.ItemRefused, why
	if err := w.rows.CloseItem(ctx, w.run.ID, item); err != nil {
		return err
	}
	return w.rows.ContinueRun(ctx, w.run.ID)
}

// work is an opened run.
type work struct {
	run    identity.BulkRun
	rows   *store.Organization
	school identity.School // the run's organization, a classroom too
	class  identity.ClassList
}

// open opens the organization for who began the run, as they may now.
func (r *Runner) open(ctx context.Context, job store.BulkPayload) (work, error) {
	opened, err := r.Store.OpenFor(ctx, identity.Actor{User: job.Actor}, job.Organization)
	if err != nil {
		return work{}, err
	}
	run, err := r.Store.In(opened).Run(ctx, job.Run)
	if err != nil {
		return work{}, err
	}
	if run.Actor.User != job.Actor {
		return work{}, identity.Forbidden("permission.missing")
	}
	needs := identity.ManageSchool
	switch {
	case run.Action.ToClassroom():
		needs = identity.ManageClassroom
	case opened.Organization().Kind == identity.KindClassroom:
		needs = identity.ManageStudents
	}
	if !opened.Permits(needs) {
		return work{}, identity.Forbidden("permission.missing")
	}
	// With the name that goes on record.
	if opened, err = r.Store.OpenFor(ctx, run.Actor, job.Organization); err != nil {
		return work{}, err
	}
	rows := r.Store.In(opened)
	return work{run: run, rows: rows, class: r.class(opened), school: identity.School{
		Opened: opened, Rows: rows, Remote: r.Gateway.In(opened),
		Enter: func(place identity.Opened) (identity.Roster, identity.Remote) {
			return r.Store.In(place), r.Gateway.In(place)
		},
	}}, nil
}

// item does one item to its end. An error is not about the person: it is worth
// another try.
func (w work) item(ctx context.Context, item identity.BulkItem) error {
	request := w.run.Request
	request.Once = string(w.run.ID) + "/" + strconv.FormatInt(item.Position, 10)
	ctx = identity.WithRequest(ctx, request)
	effects, changed, err := w.change(ctx, item)
	var known *identity.Error
	switch known = refused(err); {
	case known != nil:
		item.State, item.Reason, item.Effects = identity.ItemRefused, known.Message, nil
		var in *identity.RefusedIn
		if errors.As(err, &in) {
			item.Place = in.Place
		}
	case err != nil:
		return err
	case changed:
		item.State, item.Effects = identity.ItemChanged, effects
	default:
		item.State, item.Effects = identity.ItemUnchanged, nil
	}
	return w.rows.CloseItem(ctx, w.run.ID, item)
}

// refused is the answer that another try would not change, or nil.
func refused(err error) *identity.Error {
	var known *identity.Error
	if errors.As(err, &known) && known.Kind != identity.KindUnavailable && known.Kind != identity.KindLimited {
		return known
	}
	return nil
}

// change makes the change to one, and says what it was.
func (w work) change(ctx context.Context, item identity.BulkItem) (effects []identity.Effect, changed bool, err error) {
	if w.run.Action.ToClassroom() {
		return w.classroom(ctx, item)
	}
	if w.school.Organization().Kind == identity.KindClassroom {
		return w.listed(ctx, item)
	}
	user := identity.UserID(item.Target)
	begun := item.State == identity.ItemBegun
	a := actions[w.run.Action]
	switch {
	case w.run.UndoOf != "" && !begun:
		effects = identity.Reversed(item.Effects)
		if err := w.school.StandsAs(ctx, user, effects); err != nil {
			return nil, false, err
		}
	case begun:
		effects = item.Effects // what was planned before the crash
	case a.plan != nil:
		if effects, err = a.plan(w.school, ctx, user, w.run.Parameters); err != nil || len(effects) == 0 {
			return nil, false, err
		}
	case a.act == nil:
		return nil, false, identity.Invalid("request.broken")
	}
	if !begun {
		if err := w.rows.BeginItem(ctx, w.run.ID, item.Position, effects); err != nil {
			return nil, false, err
		}
	}
	if a.plan == nil {
		return nil, true, a.act(w.school, ctx, user, w.run.Parameters)
	}
	return effects, true, w.school.Do(ctx, user, effects)
}
