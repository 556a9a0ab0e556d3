package imports

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// Within bounds one try of a job of an import, and slice is how long one works
// before it leaves the rest to another.
const (
	Within = 10 * time.Minute
	slice  = 5 * time.Minute
)

// DefaultWriters is how many writes go to Zitadel at once.
const DefaultWriters = 4

// Options are what an engine needs; Store and Gateway must be set, and for what
// opens classes and invites people also Provisioner and Compose.
type Options struct {
	Store       *store.Store
	Gateway     identity.Gateway
	Provisioner identity.Provisioner
	// Compose writes the mails of invitations into an organization.
	Compose func(context.Context, identity.Organization) store.Compose
	// Writers is how many writes go to Zitadel at once; zero is [DefaultWriters].
	Writers int
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: slog.Default()
}

// Engine reads, plans, applies and undoes imports.
type Engine struct {
	Options
	// busy are the imports somebody is at: after a crash, or a click more, two
	// jobs may be about one.
	busy    sync.Map
	writers writers
	looks   []time.Duration
	pauses  []time.Duration
	slice   time.Duration
	batch   int  // rows
	blind   bool // nothing is read back: for measuring what that takes
	// reading are the lists that are being read.
	reading readers
}

// New makes an engine.
func New(o Options) *Engine {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Log = cmp.Or(o.Log, slog.Default())
	o.Writers = cmp.Or(o.Writers, DefaultWriters)
	return &Engine{Options: o, writers: writers{free: o.Writers}, looks: looks, pauses: pauses, slice: slice, batch: batchSize}
}

// work is an import with its organization, opened for who began it, as they may
// now.
type work struct {
	job    store.ImportPayload
	opened identity.Opened
	rows   *store.Organization
	remote identity.Remote
	one    store.Import
}

// open opens an import. Between two calls rights may be lost, and the import
// stopped.
func (e *Engine) open(ctx context.Context, job store.ImportPayload) (work, error) {
	opened, one, err := e.Store.OpenForImport(ctx, job)
	if err != nil {
		return work{job: job, one: one}, err
	}
	return work{job: job, opened: opened, rows: e.Store.In(opened), remote: e.Gateway.In(opened), one: one}, nil
}

// Handle goes on with an import for a while, as a handler of [store.ImportJob]:
// it plans one that is being read, applies one that is being applied, and undoes
// one that is being undone. An error has the job tried again later; last says that
// nobody will.
func (e *Engine) Handle(ctx context.Context, payload json.RawMessage, last bool) error {
	var job store.ImportPayload
	if err := json.Unmarshal(payload, &job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	key := string(job.Organization) + "/" + string(job.Import)
	if _, taken := e.busy.LoadOrStore(key, true); taken {
		return nil // who is at it looks again before they leave
	}
	state, err := e.goOn(ctx, job, e.Now().Add(e.slice))
	e.busy.Delete(key)
	w, again := e.open(ctx, job)
	switch {
	case refused(again) != nil:
		return e.abandon(ctx, job, w, again)
	case again != nil:
		return errors.Join(err, again)
	case err != nil:
		return e.trouble(ctx, w, err, last)
	case state == held && w.one.State == store.ImportApplying:
		return nil // until Resume
	case w.one.State == store.ImportApplying, w.one.State == store.ImportUndoing,
		w.one.State == store.ImportCancelled && state != w.one.State:
		return w.rows.QueueImport(ctx, job.Import)
	}
	return nil
}

// goOn does what is to be done next, until end, and answers the state that it was
// done in.
func (e *Engine) goOn(ctx context.Context, job store.ImportPayload, end time.Time) (store.ImportState, error) {
	w, err := e.open(ctx, job)
	if refused(err) != nil {
		return w.one.State, nil // Handle asks again, and ends it
	}
	if err != nil {
		return w.one.State, err
	}
	switch w.one.State {
	case store.ImportReading:
		err = e.planning(ctx, w)
	case store.ImportApplying:
		var pause bool
		if pause, err = w.held(ctx); err == nil && pause {
			return held, w.rows.HoldImport(ctx, w.one.ID)
		}
		if err == nil {
			err = e.applying(ctx, w, end)
		}
	case store.ImportCancelled:
		err = e.finishBegun(ctx, w)
	case store.ImportUndoing:
		err = e.undoing(ctx, w, end)
	}
	return w.one.State, err
}

// held is the state of an import that waits for the end of a pause.
const held store.ImportState = "held"

// held reports whether the school has set a pause. Lists of one class go on.
func (w work) held(ctx context.Context) (bool, error) {
	if w.opened.Organization().Kind != identity.KindSchool {
		return false, nil
	}
	until, err := w.rows.ImportsPausedUntil(ctx)
	return !until.IsZero(), err
}

// Resume goes on with the imports whose school's pause is over. It is to be called
// now and then.
func (e *Engine) Resume(ctx context.Context) error {
	waiting, err := e.Store.ImportsHeld(ctx)
	if err != nil {
		return err
	}
	var failures []error
	for _, job := range waiting {
		w, err := e.open(ctx, job)
		if err == nil {
			var pause bool
			if pause, err = w.held(ctx); err == nil && pause {
				continue
			}
		}
		if refused(err) != nil {
			failures = append(failures, e.abandon(ctx, job, w, err))
			continue
		}
		if err == nil {
			err = w.rows.QueueImport(ctx, job.Import)
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// abandon ends an import that nothing stands behind any more. One that is gone has
// nothing to end.
func (e *Engine) abandon(ctx context.Context, job store.ImportPayload, w work, why error) error {
	if w.one.ID == "" {
		return nil
	}
	e.Log.InfoContext(ctx, "an import is ended", "import", job.Import, "organization", job.Organization, "error", why)
	return e.Store.AbandonImport(ctx, job, identity.Say("import.rights-lost"))
}

// trouble notes why an import cannot go on now. One that was tried often enough
// is paused, until somebody goes on with it.
func (e *Engine) trouble(ctx context.Context, w work, err error, last bool) error {
	why := identity.Say("import.trouble")
	if known, is := asKnown(err); is {
		why = known.Message
	}
	ctx = context.WithoutCancel(ctx) // the job's time may be over
	if !last {
		return errors.Join(err, w.rows.EndImport(ctx, w.one.ID, w.one.State, why))
	}
	e.Log.WarnContext(ctx, "an import is given up for now", "import", w.one.ID, "error", err)
	state := w.one.State
	switch state {
	case store.ImportApplying:
		state, why = store.ImportPaused, identity.Say("import.given-up")
	case store.ImportReading:
		state = store.ImportFailed
	}
	return w.rows.EndImport(ctx, w.one.ID, state, why)
}

// refused is the refusal that no other try would change.
func refused(err error) *identity.Error {
	if known, is := asKnown(err); is && known.Kind != identity.KindUnavailable {
		return known
	}
	return nil
}

func asKnown(err error) (*identity.Error, bool) {
	var known *identity.Error
	return known, errors.As(err, &known)
}
