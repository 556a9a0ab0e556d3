package projection

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

const (
	// pageSize is the most events Zitadel gives at once.
	pageSize = 1000
	// overlap is read again in every pass: an event may become visible after a
	// newer one. On a real server 0.05 s sufficed for eight writers.
	overlap = 5 * time.Second
	// deepOverlap is read again each deepInterval, for what came later still.
	deepOverlap  = 2 * time.Minute
	deepInterval = time.Minute
	// unseenAfter is how long after its beginning a change of the portal's, of
	// which the log shows nothing, is taken for one that was cut off before it
	// reached Zitadel.
	unseenAfter = 20 * time.Minute
	// cursorLag is how far the stored cursor may be behind while no event
	// concerns us: an idle portal does not write to its disk all the time.
	cursorLag = 30 * time.Second
	// maxBackoff bounds the pause between attempts while Zitadel is away, so
	// that pages are right again soon after it is back.
	maxBackoff = 5 * time.Second
)

// Options are the projection's few settings; the zero value is right for a
// running portal.
type Options struct {
	Interval time.Duration             // between polls; 500 ms if zero
	Now      func() time.Time          // time.Now if nil
	Logger   *slog.Logger              // slog.Default() if nil
	Settle   time.Duration             // how long a difference may last before it is drift; 2 s if zero
	Nightly  func(time.Time) time.Time // when to reconcile next; 03:00 local time if nil
}

// Projection keeps the rows of a store equal to an event log. Its methods may
// be called at the same time.
type Projection struct {
	store   *store.Store
	events  identity.Events
	options Options

	pass sync.Mutex // one pass over the log at a time

	platform identity.Platform // under pass
	cursor   time.Time         // under pass; the stored one may be behind
	deepAt   time.Time         // under pass

	mu     sync.Mutex
	status Status
}

// New makes a projection of events in s. Nothing is read until [Projection.Run]
// or [Projection.Sync]; Zitadel may be away.
func New(s *store.Store, events identity.Events, options Options) *Projection {
	if options.Interval <= 0 {
		options.Interval = 500 * time.Millisecond
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.Settle <= 0 {
		options.Settle = 2 * time.Second
	}
	if options.Nightly == nil {
		options.Nightly = nextNight
	}
	return &Projection{store: s, events: events, options: options}
}

// Progress tells how far long work has come. Total is 0 while it is unknown.
type Progress struct {
	Step  Step
	Done  int
	Total int
	At    time.Time // time of the last event read, in [StepEvents]
}

// Step is what long work is doing.
type Step string

// The steps of [Projection.Sync], [Projection.Rebuild] and
// [Projection.Reconcile].
const (
	StepEvents  Step = "events"  // reading the event log
	StepCompare Step = "compare" // comparing rows: old with new, or with Zitadel
	StepWrite   Step = "write"   // putting new rows in place of the old
)

// Run follows the event log until ctx ends, and reconciles every night. It
// outlives Zitadel's absence: pages go on from the rows that are there, and
// [Projection.Status] says how old they are.
func (p *Projection) Run(ctx context.Context) error {
	var failures int
	night := p.options.Nightly(p.options.Now())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		pause := p.options.Interval
		switch err := p.follow(ctx); {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			if failures == 0 { // once, not twice a second
				p.options.Logger.WarnContext(ctx, "projection cannot follow the event log", "error", err)
			}
			failures++
			pause = backoff(p.options.Interval, failures)
		case failures > 0:
			p.options.Logger.InfoContext(ctx, "projection follows the event log again")
			failures = 0
		}
		if now := p.options.Now(); failures == 0 && !now.Before(night) {
			night = p.options.Nightly(now)
			go p.nightly(ctx)
		}
		timer.Reset(pause)
	}
}

// backoff doubles the pause with every failure in a row.
func backoff(interval time.Duration, failures int) time.Duration {
	pause := interval
	for range failures {
		if pause *= 2; pause >= maxBackoff {
			return max(maxBackoff, interval)
		}
	}
	return pause
}

// nextNight is the next 03:00 of local time.
func nextNight(now time.Time) time.Time {
	night := time.Date(now.Year(), now.Month(), now.Day(), 3, 0, 0, 0, now.Location())
	if !night.After(now) {
		night = night.AddDate(0, 0, 1)
	}
	return night
}

func (p *Projection) nightly(ctx context.Context) {
	report, err := p.Reconcile(ctx, nil)
	if err != nil {
		if ctx.Err() == nil {
			p.options.Logger.WarnContext(ctx, "nightly reconciliation was cut off", "error", err)
		}
		return
	}
	p.options.Logger.InfoContext(ctx, "nightly reconciliation", "checked", report.Checked, "drift", len(report.Rows))
}

// Sync brings the projection up to date once and returns when the end of the
// event log is reached and nothing is left to be folded anew that can be.
func (p *Projection) Sync(ctx context.Context, progress func(Progress)) error {
	p.pass.Lock()
	defer p.pass.Unlock()
	if err := p.catchUp(ctx, deepOverlap, progress); err != nil {
		return p.failed(err)
	}
	if err := p.refold(ctx, true); err != nil {
		return p.failed(err)
	}
	return nil
}

// follow is one poll of the tail.
func (p *Projection) follow(ctx context.Context) error {
	p.pass.Lock()
	defer p.pass.Unlock()
	again := overlap
	if now := p.options.Now(); now.Sub(p.deepAt) >= deepInterval {
		again, p.deepAt = deepOverlap, now
	}
	if err := p.catchUp(ctx, again, nil); err != nil {
		return p.failed(err)
	}
	if err := p.refold(ctx, false); err != nil {
		return p.failed(err)
	}
	if again == deepOverlap {
		return p.store.FailUnseen(ctx, p.options.Now().Add(-unseenAfter))
	}
	return nil
}

// catchUp reads the log from the cursor, less what is to be read again, to its
// end.
func (p *Projection) catchUp(ctx context.Context, again time.Duration, progress func(Progress)) error {
	state, err := p.store.ProjectionState(ctx)
	if err != nil {
		return err
	}
	p.cursor = maxTime(p.cursor, state.Cursor)
	if state.Cursor.IsZero() { // never built, or dropped: from the beginning
		p.cursor = time.Time{}
	}
	if err := p.identify(ctx); err != nil {
		return err
	}
	// What happened before the portal was first up to date is history and goes
	// on nobody's activity page.
	batch := store.EventBatch{Platform: p.platform, Quiet: !state.Complete}
	after := p.cursor
	if !after.IsZero() {
		after = after.Add(-again)
	}
	stored := state.Cursor
	err = p.read(ctx, after, func(page identity.EventPage, read int) error {
		p.cursor = maxTime(p.cursor, page.Last)
		batch.Events, batch.Cursor = page.Events, p.cursor
		if !page.More { // the last page mostly holds what is known already
			unseen, err := p.store.UnseenEvents(ctx, page.Events)
			if err != nil {
				return err
			}
			batch.Events = unseen
		}
		if len(batch.Events) > 0 || p.cursor.Sub(stored) > cursorLag {
			if err := p.store.ApplyEvents(ctx, batch); err != nil {
				return err
			}
			stored = p.cursor
		}
		p.heard(page)
		report(progress, Progress{Step: StepEvents, Done: read, At: page.Last})
		return nil
	})
	if err != nil {
		return err
	}
	if !state.Complete || p.options.Now().Sub(state.HeardAt) > cursorLag {
		return p.store.ProjectionHeard(ctx, p.options.Now())
	}
	return nil
}

// identify learns once what bootstrap made.
func (p *Projection) identify(ctx context.Context) error {
	if p.platform.Project != "" {
		return nil
	}
	platform, err := p.events.Platform(ctx)
	if err != nil {
		return fmt.Errorf("learn what the installation consists of: %w", err)
	}
	p.platform = platform
	return nil
}

// read hands on the pages after a time, with how many events were read.
func (p *Projection) read(ctx context.Context, after time.Time, page func(identity.EventPage, int) error) error {
	for count := 0; ; {
		got, err := p.events.Events(ctx, identity.EventQuery{After: after, Limit: pageSize})
		if err != nil {
			return fmt.Errorf("list events: %w", err)
		}
		count += len(got.Events)
		if err := page(got, count); err != nil {
			return err
		}
		if !got.More {
			return nil
		}
		// Events of one transaction share their time, and a page may end among
		// them: the next one begins with the last time, not after it.
		next := got.Last.Add(-time.Microsecond)
		if !next.After(after) {
			next = got.Last // a page full of one single time: go on, or stand still
		}
		after = next
	}
}

// aggregate reads all events of one aggregate.
func (p *Projection) aggregate(ctx context.Context, id string) ([]identity.Event, error) {
	var events []identity.Event
	var after time.Time
	for {
		got, err := p.events.Events(ctx, identity.EventQuery{After: after, Aggregate: id, Limit: pageSize})
		if err != nil {
			return nil, fmt.Errorf("list events of one aggregate: %w", err)
		}
		events = append(events, got.Events...) // folding drops the doubles
		if !got.More {
			return events, nil
		}
		next := got.Last.Add(-time.Microsecond)
		if !next.After(after) {
			next = got.Last
		}
		after = next
	}
}

// refold folds anew what events out of order, or newer own writes, left in
// doubt. all takes also what is not due yet.
func (p *Projection) refold(ctx context.Context, all bool) error {
	stale, err := p.store.StaleAggregates(ctx, all)
	if err != nil {
		return err
	}
	for _, id := range stale {
		events, err := p.aggregate(ctx, id)
		if err != nil {
			return err
		}
		if err := p.store.Refold(ctx, id, events); err != nil {
			return err
		}
	}
	return nil
}

func report(progress func(Progress), now Progress) {
	if progress != nil {
		progress(now)
	}
}

func maxTime(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
