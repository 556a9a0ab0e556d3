package projection

import (
	"context"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

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
