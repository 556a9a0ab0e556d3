package projection

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// Rebuild makes all rows anew from the first event on, in a database of their
// own, and then puts them in place of the old ones in one transaction. Readers
// see the old rows until then; a process that dies on the way leaves them, and
// the next Rebuild starts over. Portal, tail and own writes go on meanwhile:
// what they changed after the new rows were read stays.
func (p *Projection) Rebuild(ctx context.Context, progress func(Progress)) (store.Replaced, error) {
	shadow, err := p.store.Shadow(ctx)
	if err != nil {
		return store.Replaced{}, fmt.Errorf("open a database for the new rows: %w", err)
	}
	defer func() { _ = shadow.Close() }() // it is deleted; nothing is left to lose

	fresh := New(shadow.Store, p.events, p.options)
	if err := fresh.Sync(ctx, progress); err != nil {
		return store.Replaced{}, err
	}

	p.pass.Lock()
	defer p.pass.Unlock()
	state, err := p.store.ProjectionState(ctx)
	if err != nil {
		return store.Replaced{}, err
	}
	if !state.Cursor.IsZero() {
		// The tail writes audit records for what it sees first. It has to have
		// seen everything before rows that know more take their places.
		if err := p.catchUp(ctx, deepOverlap, nil); err != nil {
			return store.Replaced{}, p.failed(err)
		}
	}
	replaced, err := p.store.Replace(ctx, shadow, func(writing bool, done, total int) {
		step := StepCompare
		if writing {
			step = StepWrite
		}
		report(progress, Progress{Step: step, Done: done, Total: total})
	})
	if err != nil {
		return store.Replaced{}, fmt.Errorf("put the new rows in place: %w", err)
	}
	p.cursor = fresh.cursor
	p.heard(identity.EventPage{Last: fresh.cursor})
	return replaced, p.refold(ctx, true)
}
