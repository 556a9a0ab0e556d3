package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

const (
	// answerGrace is how long the answer to a write of ours counts more than an
	// event log that does not show it.
	answerGrace = 2 * time.Minute
	// staleFor is how long the missing beginning of an aggregate is waited for.
	staleFor = 10 * time.Minute
	// staleMost is how many aggregates are folded anew in one pass.
	staleMost = 1000
)

// ProjectionState is how far the projection has come.
type ProjectionState struct {
	Cursor   time.Time // of the latest event read; zero if never
	HeardAt  time.Time // when the end of the log was last reached, to the half minute
	Complete bool      // the end was reached at least once
}

// ProjectionState reads how far the projection has come.
func (s *Store) ProjectionState(ctx context.Context) (ProjectionState, error) {
	cursor, err := s.read().EventCursor(ctx)
	if err != nil {
		return ProjectionState{}, fmt.Errorf("read the event cursor: %w", translate(err))
	}
	rows, err := s.read().ProjectionState(ctx)
	if err != nil {
		return ProjectionState{}, fmt.Errorf("read the projection's state: %w", translate(err))
	}
	state := ProjectionState{Cursor: moment(cursor)}
	for _, row := range rows {
		switch row.Name {
		case "heard":
			state.HeardAt, state.Complete = moment(row.AtUs), true
		}
	}
	return state, nil
}

// ProjectionHeard notes that the end of the event log was reached.
func (s *Store) ProjectionHeard(ctx context.Context, at time.Time) error {
	err := s.write(ctx, func(tx *transaction) error {
		return tx.SetProjectionState(ctx, query.SetProjectionStateParams{Name: "heard", AtUs: micros(at)})
	})
	if err != nil {
		return fmt.Errorf("note the projection's state: %w", err)
	}
	return nil
}

// UnseenEvents leaves those events that were not applied yet. It only reads, so
// that a portal in which nothing happens does not write either. The events are
// a page of the log, so what was seen within their time is no more than they are.
func (s *Store) UnseenEvents(ctx context.Context, events []identity.Event) ([]identity.Event, error) {
	if len(events) == 0 {
		return nil, nil
	}
	between := query.EventsSeenBetweenParams{FirstUs: math.MaxInt64, LastUs: math.MinInt64}
	for _, e := range events {
		between.FirstUs, between.LastUs = min(between.FirstUs, micros(e.At)), max(between.LastUs, micros(e.At))
	}
	rows, err := s.read().EventsSeenBetween(ctx, between)
	if err != nil {
		return nil, fmt.Errorf("look for events seen: %w", translate(err))
	}
	seen := make(map[query.EventsSeenBetweenRow]bool, len(rows))
	for _, row := range rows {
		seen[row] = true
	}
	var unseen []identity.Event
	for _, e := range events {
		if about, id, _ := subjectOf(e.Fact); about == "" || id == "" {
			if _, tells := observed(e); !tells {
				continue
			}
		}
		if !seen[query.EventsSeenBetweenRow{Aggregate: e.Aggregate, Sequence: int64(e.Sequence)}] {
			unseen = append(unseen, e)
		}
	}
	return unseen, nil
}

// MarkStale has aggregates folded anew.
func (s *Store) MarkStale(ctx context.Context, aggregates ...string) error {
	err := s.write(ctx, func(tx *transaction) error {
		for _, aggregate := range aggregates {
			if err := tx.NoteStale(ctx, query.NoteStaleParams{Aggregate: aggregate, NowUs: tx.now}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("mark aggregates: %w", err)
	}
	return nil
}

// StaleAggregates lists aggregates of which all events are to be read again:
// those that are due, or all.
func (s *Store) StaleAggregates(ctx context.Context, all bool) ([]string, error) {
	due := micros(s.clock())
	if all {
		due = math.MaxInt64
	}
	aggregates, err := s.read().StaleAggregates(ctx, query.StaleAggregatesParams{DueUs: due, Most: staleMost})
	if err != nil {
		return nil, fmt.Errorf("list aggregates to be folded anew: %w", translate(err))
	}
	return aggregates, nil
}

// Refold makes the row of an aggregate from all of its events. The row is left
// as it is, for another try, while the log does not show an event that is known
// to exist, or shows nothing as new as the answer to a write of ours.
func (s *Store) Refold(ctx context.Context, aggregate string, events []identity.Event) error {
	err := s.write(ctx, func(tx *transaction) error {
		note, err := tx.StaleAggregate(ctx, aggregate)
		if err != nil {
			return err
		}
		waited := time.Duration(tx.now-note.NotedUs) * time.Microsecond
		completeEvents := make([]identity.Event, len(events))
		for i, e := range events {
			completeEvents[i] = completed(e)
		}
		fresh, complete := foldAll(completeEvents)
		overdue := waited > answerGrace // what the log shows now, it means
		if complete && (fresh.sequence >= uint64(note.Sequence) || overdue) {
			done, err := refold(ctx, tx, fresh, overdue)
			if err != nil {
				return err
			}
			if done {
				return tx.FoldedAnew(ctx, aggregate)
			}
		}
		if waited > staleFor {
			return tx.FoldedAnew(ctx, aggregate) // another project's, or a machine's
		}
		pause := min(500*time.Millisecond<<min(note.Tries, 10), time.Minute)
		return tx.PutOffStale(ctx, query.PutOffStaleParams{Aggregate: aggregate, DueUs: tx.now + pause.Microseconds()})
	})
	if err != nil {
		return fmt.Errorf("fold an aggregate anew: %w", err)
	}
	return nil
}

// refold puts fresh in place of the row, if it knows as much.
func refold(ctx context.Context, tx *transaction, fresh folded, overdue bool) (bool, error) {
	f := newFolding(tx)
	row, err := f.thing(ctx, fresh.about, fresh.id)
	if err != nil {
		return false, err
	}
	if (fresh.sequence < row.sequence || fresh.changed.Before(row.changed)) && !overdue {
		return false, nil
	}
	fresh.user.LastSeenAt = later(fresh.user.LastSeenAt, row.user.LastSeenAt) // sessions tell it too
	fresh.stone, fresh.stored = row.stone, row.stored
	*row = fresh
	f.touch(row)
	return true, f.flush(ctx)
}
