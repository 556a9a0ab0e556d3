package projection

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// Status says how fresh the projection is.
type Status struct {
	// HeardAt is when Zitadel last answered with the end of its event log; zero
	// if it never did. Age is the time since.
	HeardAt time.Time
	Age     time.Duration
	// LastEvent is the time of the latest event taken in, and Behind how long
	// before now that is while there are more; 0 once the end was reached.
	LastEvent time.Time
	Behind    time.Duration
	// Built is false until the projection was complete for the first time.
	Built bool
	// Err is why the last attempt failed, or nil.
	Err error
}

// Stale reports whether pages should say how old they are.
func (s Status) Stale() bool { return !s.Built || s.Age > StaleAfter }

// StaleAfter is the age at which pages say that changes made elsewhere may be
// missing.
const StaleAfter = 30 * time.Second

// Status is how fresh the projection is now. It asks the store only until this
// process has itself heard from Zitadel.
func (p *Projection) Status(ctx context.Context) Status {
	p.mu.Lock()
	status := p.status
	p.mu.Unlock()
	if status.HeardAt.IsZero() {
		if state, err := p.store.ProjectionState(ctx); err == nil {
			status.HeardAt, status.Built = state.HeardAt, state.Complete
			status.LastEvent = maxTime(status.LastEvent, state.Cursor)
		}
	}
	if !status.HeardAt.IsZero() {
		status.Age = max(0, p.options.Now().Sub(status.HeardAt))
	}
	return status
}

// heard takes note of a page of events.
func (p *Projection) heard(page identity.EventPage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.options.Now()
	p.status.Err = nil
	p.status.LastEvent = maxTime(p.status.LastEvent, page.Last)
	p.status.Behind = 0
	if page.More {
		p.status.Behind = max(0, now.Sub(page.Last))
		return
	}
	p.status.HeardAt, p.status.Built = now, true
}

func (p *Projection) failed(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status.Err = err
	return err
}
