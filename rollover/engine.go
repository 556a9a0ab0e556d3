package rollover

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// Within bounds one try of a job of a rollover, and slice is how long one works
// before it leaves the rest to another.
const (
	Within = 10 * time.Minute
	slice  = 5 * time.Minute
)

// DefaultWriters is how many classes are worked on at once, and how many writes of
// one class.
const DefaultWriters = 4

// Options are what an engine needs; all but the last three must be set.
type Options struct {
	Store       *store.Store
	Gateway     identity.Gateway
	Provisioner identity.Provisioner
	// Runs does runs that archive and restore classrooms: the handler of
	// [store.BulkJob].
	Runs    func(ctx context.Context, payload json.RawMessage, last bool) error
	Writers int              // zero is [DefaultWriters]
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: slog.Default()
}

// Engine plans, applies and undoes rollovers.
type Engine struct {
	Options
	// busy are the rollovers somebody is at: after a crash, or a click more, two
	// jobs may be about one.
	busy sync.Map
}

// New makes an engine.
func New(o Options) *Engine {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Log = cmp.Or(o.Log, slog.Default())
	o.Writers = cmp.Or(o.Writers, DefaultWriters)
	return &Engine{Options: o}
}

// work is a rollover with its school, opened for who began it, as they may now.
type work struct {
	school identity.Opened
	rows   *store.Organization
	one    store.Rollover
}

func (e *Engine) open(ctx context.Context, job store.RolloverPayload) (work, error) {
	opened, one, err := e.Store.OpenForRollover(ctx, job)
	if err != nil {
		return work{one: one}, err
	}
	return work{school: opened, rows: e.Store.In(opened), one: one}, nil
}

// Handle goes on with a rollover for a while, as a handler of [store.RolloverJob].
// An error has the job tried again later; last says that nobody will.
func (e *Engine) Handle(ctx context.Context, payload json.RawMessage, last bool) error {
	var job store.RolloverPayload
	if err := json.Unmarshal(payload, &job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	key := string(job.Organization) + "/" + string(job.Rollover)
	if _, taken := e.busy.LoadOrStore(key, true); taken {
		return nil // who is at it looks again before they leave
	}
	err := e.goOn(ctx, job, e.Now().Add(slice))
	e.busy.Delete(key)
	w, again := e.open(ctx, job)
	switch {
	case refused(again) != nil && w.one.ID == "":
		return nil // the school is gone, with its rollovers
	case refused(again) != nil:
		e.Log.InfoContext(ctx, "a rollover is paused", "rollover", job.Rollover, "organization", job.Organization, "error", again)
		return e.Store.HoldRollover(ctx, job, identity.Say("rollover.rights-lost"), true)
	case again != nil:
		return errors.Join(err, again)
	case err != nil:
		return e.trouble(ctx, job, err, last || refused(err) != nil)
	case w.one.State == store.RolloverApplying || w.one.State == store.RolloverUndoing:
		return w.rows.QueueRollover(ctx, job.Rollover) // gone on with while this one left
	}
	return nil
}

// goOn does what is to be done next, batch by batch, until end.
func (e *Engine) goOn(ctx context.Context, job store.RolloverPayload, end time.Time) error {
	for e.Now().Before(end) {
		// Opened anew for each batch: who loses the right meanwhile does no more.
		w, err := e.open(ctx, job)
		if refused(err) != nil {
			return nil // Handle asks again, and says so
		}
		if err != nil {
			return err
		}
		var items []store.RolloverItem
		do := e.class
		switch w.one.State {
		case store.RolloverStaging:
			return stage(ctx, w.rows, w.one.ID)
		case store.RolloverApplying:
			items, err = w.rows.NextRolloverItems(ctx, w.one.ID,
				[]store.RolloverItemState{store.RolloverBegun, store.RolloverWaiting}, e.Writers)
		case store.RolloverCancelled: // what was begun is brought to its end
			items, err = w.rows.NextRolloverItems(ctx, w.one.ID, []store.RolloverItemState{store.RolloverBegun}, e.Writers)
		case store.RolloverUndoing:
			// What was begun when the rollover was ended is whole before it is put back.
			items, err = w.rows.NextRolloverItems(ctx, w.one.ID, []store.RolloverItemState{store.RolloverBegun}, e.Writers)
			if err == nil && len(items) == 0 {
				do = e.back
				items, err = w.rows.RolloverItemsToUndo(ctx, w.one.ID, e.Writers)
			}
		default:
			return nil // paused, or done meanwhile
		}
		if err != nil {
			return err
		}
		if len(items) == 0 {
			return w.rows.FinishRollover(ctx, w.one.ID)
		}
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(e.Writers)
		for _, item := range items {
			group.Go(func() error { return do(groupCtx, w, item) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// trouble notes why a rollover cannot go on now. One that is not tried again is
// paused, until somebody goes on with it.
func (e *Engine) trouble(ctx context.Context, job store.RolloverPayload, err error, last bool) error {
	why := identity.Say("rollover.trouble")
	if last {
		why = identity.Say("rollover.trouble.last")
	}
	var known *identity.Error
	if errors.As(err, &known) {
		why = known.Message
	}
	held := e.Store.HoldRollover(ctx, job, why, last)
	if !last {
		return errors.Join(err, held)
	}
	e.Log.WarnContext(ctx, "a rollover is given up for now", "rollover", job.Rollover, "error", err)
	return held
}

// refused is the refusal that no other try would change.
func refused(err error) *identity.Error {
	var known *identity.Error
	if errors.As(err, &known) && known.Kind != identity.KindUnavailable && known.Kind != identity.KindLimited {
		return known
	}
	return nil
}

// request is the context of one class's changes: of who began the rollover, and
// with IDs of records that are the same when it is done again.
func (w work) request(ctx context.Context, item store.RolloverItem, what string) context.Context {
	request := w.one.Request
	request.Once = fmt.Sprintf("rollover/%s/%d/%d/%s", w.one.ID, w.one.Version, item.Position, what)
	return identity.WithRequest(ctx, request)
}

// runID is that of a run on a class of the rollover.
func (w work) runID(item store.RolloverItem, what string) identity.BulkRunID {
	key := fmt.Sprintf("%s/%s/%d", w.one.ID, what, w.one.Version)
	return identity.BulkRunID(identity.LineSubmission(key, int(item.Position)))
}

// runWait is how long to wait for a run that somebody else is at.
const runWait = 100 * time.Millisecond

// unlessSo archives or restores a class that is not so already, and answers how many
// of its students were left as they are. A run that was begun goes on in any case:
// its last step is not the one that changes the class.
func (e *Engine) unlessSo(ctx context.Context, class identity.Opened, action identity.BulkAction, id identity.BulkRunID) (refused int, err error) {
	if class.Organization().Archived() == (action == identity.BulkArchive) {
		_, err := e.Store.In(class).Run(ctx, id)
		if identity.IsKind(err, identity.KindNotFound) {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
	}
	return e.run(ctx, class, action, id)
}

// run archives or restores a class, to its end.
func (e *Engine) run(ctx context.Context, class identity.Opened, action identity.BulkAction, id identity.BulkRunID) (refused int, err error) {
	rows := e.Store.In(class)
	if err := rows.BeginRunInLine(ctx, action, id); err != nil {
		return 0, err
	}
	run, err := rows.Run(ctx, id)
	if err != nil || run.Finished() {
		return run.Refused, err
	}
	payload, err := json.Marshal(store.BulkPayload{Organization: class.ID(), Run: id, Actor: run.Actor.User})
	if err != nil {
		return 0, err
	}
	for {
		if err := e.Runs(ctx, payload, false); err != nil {
			return 0, err
		}
		if run, err = rows.Run(ctx, id); err != nil || run.Finished() {
			return run.Refused, err
		}
		if err := wait(ctx, runWait); err != nil {
			return 0, err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
