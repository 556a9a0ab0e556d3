package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// seenWindow is how long before the cursor events are remembered by aggregate
// and sequence. It is longer than anything the tail reads twice.
const seenWindow = 15 * time.Minute

// EventBatch is a page of events to be folded into the projection.
type EventBatch struct {
	Events []identity.Event
	Cursor time.Time // of the latest event read so far, known to us or not
	// Platform tells whose events are the portal's own.
	Platform identity.Platform
	// Quiet writes no audit records: a log read for the first time is history.
	Quiet bool
}

// ApplyEvents folds a page of events into the projection, moves the cursor,
// records what was changed past the portal and settles what the portal had
// begun: all in one transaction. An event that was applied before changes
// nothing, and events may come in any order; what cannot be told from the page
// alone is left to [Store.Refold].
func (s *Store) ApplyEvents(ctx context.Context, batch EventBatch) error {
	err := s.write(ctx, func(tx *transaction) error {
		tx, free := tx.prepare()
		defer free()
		f := newFolding(tx)
		f.platform, f.quiet = batch.Platform, batch.Quiet
		for _, e := range inSequence(batch.Events) {
			if err := f.event(ctx, e); err != nil {
				return err
			}
		}
		if err := f.flush(ctx); err != nil {
			return err
		}
		if batch.Cursor.IsZero() {
			return nil
		}
		if err := tx.SetEventCursor(ctx, micros(batch.Cursor)); err != nil {
			return err
		}
		return tx.ForgetEvents(ctx, micros(batch.Cursor.Add(-seenWindow)))
	})
	if err != nil {
		return fmt.Errorf("apply events: %w", err)
	}
	return nil
}

// inSequence puts the events of each aggregate into their own order without
// moving them past others.
func inSequence(events []identity.Event) []identity.Event {
	places := make(map[string][]int, len(events))
	for i, e := range events {
		places[e.Aggregate] = append(places[e.Aggregate], i)
	}
	ordered := make([]identity.Event, len(events))
	for _, at := range places {
		sorted := make([]identity.Event, len(at))
		for i, place := range at {
			sorted[i] = events[place]
		}
		slices.SortStableFunc(sorted, bySequence)
		for i, place := range at {
			ordered[place] = sorted[i]
		}
	}
	return ordered
}

// applyFacts folds the answers to the portal's own writes into the projection,
// in the transaction that closes their audit record. They have no sequence:
// their events, when they come, find the rows as they should be.
func (tx *transaction) applyFacts(ctx context.Context, facts []identity.Fact) error {
	f := newFolding(tx)
	for _, fact := range facts {
		if err := f.answer(ctx, fact); err != nil {
			return err
		}
	}
	return f.flush(ctx)
}

// folding folds facts within one transaction. Rows are read once and written
// once, however many facts concern them.
type folding struct {
	*transaction
	platform identity.Platform
	quiet    bool

	things map[thing]*folded
	dirty  []thing // in the order of their first change
	grants map[string][]query.Grant
}

// thing names an organization, user or role assignment.
type thing struct {
	about subject
	id    string
}

func newFolding(tx *transaction) *folding {
	return &folding{transaction: tx, things: map[thing]*folded{}, grants: map[string][]query.Grant{}}
}

// event folds in one event of the log.
func (f *folding) event(ctx context.Context, e identity.Event) error {
	about, id, _ := subjectOf(e.Fact)
	if about == "" || id == "" {
		return f.observe(ctx, e)
	}
	fresh, err := f.EventSeen(ctx, query.EventSeenParams{
		Aggregate: e.Aggregate, Sequence: int64(e.Sequence), AtUs: micros(e.At),
	})
	if err != nil || fresh == 0 {
		return err
	}
	if about == aboutGrant {
		return f.grant(ctx, e.Fact, int64(e.Sequence))
	}
	row, err := f.thing(ctx, about, id)
	if err != nil {
		return err
	}
	before := *row
	switch {
	case e.Aggregate != id:
		// A session's event: it counts for the user, but not in the user's order.
		if !row.exists && row.changed.IsZero() {
			// The user is not known yet. A later pass brings the event again.
			return f.UnseeEvent(ctx, query.UnseeEventParams{Aggregate: e.Aggregate, Sequence: int64(e.Sequence)})
		}
		if row.fold(e.Fact) {
			f.touch(row)
		}
		return f.record(ctx, e, before)
	case e.Sequence == row.sequence:
		return nil // folded in when the aggregate was read as a whole
	case e.Sequence < row.sequence, e.At.Before(row.changed), !row.take(completed(e)):
		if tellsAll(e.Fact) { // folding the user anew puts nothing on record
			if err := f.record(ctx, e, before); err != nil {
				return err
			}
		}
		return f.stale(ctx, id, e.Sequence)
	}
	f.touch(row)
	return f.record(ctx, e, before)
}

// completed fills in what the event itself says about a new user or role
// assignment.
func completed(e identity.Event) identity.Event {
	switch fact := e.Fact.(type) {
	case identity.UserCreated:
		if fact.User.Home == "" {
			fact.User.Home = e.Organization
			e.Fact = fact
		}
	case identity.RoleAssignmentCreated:
		if fact.Assignment.Organization == "" {
			fact.Assignment.Organization = e.Organization
			e.Fact = fact
		}
	}
	return e
}

// answer folds in what Zitadel answered to a write of ours.
func (f *folding) answer(ctx context.Context, fact identity.Fact) error {
	about, id, at := subjectOf(fact)
	switch {
	case about == "" || id == "":
		return nil // a grant is not named in the answer; its event names it
	case about == aboutGrant:
		return f.grant(ctx, fact, 0)
	}
	row, err := f.thing(ctx, about, id)
	if err != nil {
		return err
	}
	// Older than what the log has said meanwhile, or about something the log
	// has to tell about first.
	if at.Before(row.changed) || !row.fold(fact) {
		return f.stale(ctx, id, row.sequence)
	}
	row.changed = later(row.changed, at)
	f.touch(row)
	return nil
}

// stale remembers that all events of an aggregate are to be read again.
func (f *folding) stale(ctx context.Context, aggregate string, sequence uint64) error {
	return f.NoteStale(ctx, query.NoteStaleParams{Aggregate: aggregate, Sequence: int64(sequence), NowUs: f.now})
}

func (f *folding) touch(row *folded) {
	if !row.dirty {
		row.dirty = true
		f.dirty = append(f.dirty, thing{row.about, row.id})
	}
}

// thing is what is known of an organization, user or role assignment.
func (f *folding) thing(ctx context.Context, about subject, id string) (*folded, error) {
	if row, ok := f.things[thing{about, id}]; ok {
		return row, nil
	}
	row, err := load(ctx, f.Queries, about, id)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", about, err)
	}
	f.things[thing{about, id}] = row
	return row, nil
}
