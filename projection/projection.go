package projection

import (
	"context"
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
