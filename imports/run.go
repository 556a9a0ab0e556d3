package imports

import (
	"context"
	"errors"
	"sync"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

const (
	// batchSize is how many rows are begun, read back and closed together: as many
	// as Zitadel is asked for at once.
	batchSize = identity.MaxShown
	// batchesAtOnce is how many batches share the writers, so that they are busy
	// while some of them are begun, read back and closed.
	batchesAtOnce = 5
)

// pauses are how long an import waits within a job when Zitadel is away for a
// moment. When it gets nowhere for so many times, the job ends and is tried again
// later.
var pauses = []time.Duration{time.Second, 5 * time.Second}

// applying applies what was planned, until end: first what a killed process had
// begun, then the classes, then the people.
func (e *Engine) applying(ctx context.Context, w work, end time.Time) error {
	for failed := 0; ; failed++ {
		done, err := e.apply(ctx, w, end)
		switch {
		case errors.Is(err, store.ErrImportStopped):
			return nil
		case err == nil || !identity.IsKind(err, identity.KindUnavailable) || ctx.Err() != nil:
			return err
		}
		if done > 0 {
			failed = 0
		}
		if failed == len(e.pauses) {
			return err
		}
		_ = e.trouble(ctx, w, err, false) // says why it waits; err itself is looked at here
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(e.pauses[failed]):
		}
		if w, err = e.open(ctx, w.job); err != nil || w.one.State != store.ImportApplying {
			return err
		}
	}
}

// apply works until end, or until something fails, and answers how many rows were
// closed.
func (e *Engine) apply(ctx context.Context, w work, end time.Time) (int, error) {
	r := &run{Engine: e, job: w.job}
	if err := r.begun(ctx); err != nil {
		return r.closed, err
	}
	if err := r.classes(ctx, end); err != nil {
		return r.closed, err
	}
	err := r.people(ctx, end)
	return r.closed, err
}

// finishBegun ends the rows that a process had begun that is no more.
func (e *Engine) finishBegun(ctx context.Context, w work) error {
	return (&run{Engine: e, job: w.job}).begun(ctx)
}

// run is one stretch of applying an import.
type run struct {
	*Engine
	job store.ImportPayload

	mu     sync.Mutex
	closed int   // rows
	failed error // the first thing that ended a batch
}

func (r *run) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = err
	}
}

func (r *run) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// begun does the rows that are begun and not closed. Nobody else is at them.
func (r *run) begun(ctx context.Context) error {
	for after := int64(0); ; {
		w, err := r.open(ctx, r.job)
		if err != nil {
			return err
		}
		rows, err := w.rows.BegunImportRows(ctx, w.one.ID, after, r.batch)
		if err != nil || len(rows) == 0 {
			return err
		}
		m, err := w.making(ctx)
		if err != nil {
			return err
		}
		if err := r.do(ctx, w, m, rows); err != nil {
			return err
		}
		after = rows[len(rows)-1].Position
	}
}

// people begins batch after batch, and lets some of them be worked on at the same
// time.
func (r *run) people(ctx context.Context, end time.Time) error {
	var under sync.WaitGroup
	free := make(chan struct{}, batchesAtOnce)
	finished, err := false, error(nil)
	for after := int64(0); !finished; {
		free <- struct{}{}
		if r.failure() != nil || ctx.Err() != nil || !r.Now().Before(end) {
			break
		}
		var w work
		var m making
		var rows []store.ImportRow
		if w, m, rows, after, finished, err = r.next(ctx, after); err != nil {
			break
		}
		under.Go(func() {
			defer func() { <-free }()
			if len(rows) == 0 {
				return
			}
			if err := r.do(ctx, w, m, rows); err != nil {
				r.fail(err)
			}
		})
	}
	under.Wait()
	if err := errors.Join(err, r.failure(), ctx.Err()); err != nil || !finished {
		return err
	}
	w, err := r.open(ctx, r.job)
	if err != nil {
		return err
	}
	return w.rows.EndImport(ctx, w.one.ID, store.ImportDone, identity.Message{})
}

// next begins the next rows, with the rights and by the rules of now.
func (r *run) next(ctx context.Context, after int64) (w work, m making, rows []store.ImportRow, next int64, finished bool, err error) {
	if w, err = r.open(ctx, r.job); err != nil {
		return w, m, nil, after, false, err
	}
	if m, err = w.making(ctx); err != nil {
		return w, m, nil, after, false, err
	}
	rows, next, err = w.rows.BeginImportRows(ctx, w.one.ID, after, r.batch, m.name)
	return w, m, rows, next, err == nil && next == after, err
}
