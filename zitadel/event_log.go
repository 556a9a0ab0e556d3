package zitadel

import (
	"cmp"
	"context"
	"slices"
	"time"

	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	eventpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// list reads events strictly after a time, oldest first, in whole moments.
func (e *Events) list(ctx context.Context, aggregate string, after time.Time) (events []*eventpb.Event, more bool, err error) {
	if aggregate != "" {
		return e.answer(ctx, question{}, aggregate, after, time.Time{})
	}
	// What happens while the questions are asked one by one would be in the
	// answer to one and not to another, of one moment even. It is left for the
	// next page. Far behind, an older end will do until it is reached.
	e.mu.Lock()
	until := e.newest
	e.mu.Unlock()
	for _, known := range []bool{true, false} {
		if known && until.Sub(after) < time.Minute {
			continue
		}
		if !known {
			if until, err = e.horizon(ctx, after); err != nil || !until.After(after) {
				return nil, false, err
			}
		}
		if events, more, err = e.ask(ctx, after, until); err != nil || more {
			break
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.newest = time.Time{}
	if more {
		e.newest = until
	}
	return events, more, err
}

// ask asks all questions about the time after one moment and up to another. more
// is true if what is answered ends before it.
func (e *Events) ask(ctx context.Context, after, until time.Time) (events []*eventpb.Event, more bool, err error) {
	for _, q := range questions {
		answer, full, err := e.answer(ctx, q, "", after, until)
		if err != nil {
			return nil, false, err
		}
		if full {
			until, more = at(answer[len(answer)-1].GetCreationDate()), true
		}
		events = append(events, answer...)
	}
	return inOrder(events, until), more, nil
}

// horizon is the time of the newest event there is, whatever its type.
func (e *Events) horizon(ctx context.Context, after time.Time) (time.Time, error) {
	// Zitadel has no index for the newest of all: it looks through what it is
	// given. If nothing happened for an hour nothing is under way either.
	newest := time.Now().Add(-time.Hour)
	if after.After(newest) {
		newest = after
	}
	answer, err := e.client.AdminService().ListEvents(ctx, &adminpb.ListEventsRequest{
		Limit: 1, CreationDateFilter: between(newest, time.Time{}),
	})
	if err != nil {
		return time.Time{}, fail("list events", err, "remote.refused")
	}
	for _, ev := range answer.GetEvents() {
		newest = at(ev.GetCreationDate())
	}
	return newest, nil
}

// answer is what Zitadel answers to one question about the time after one moment
// and up to another. full is true where it may know more: the answer ends with a
// whole moment then.
func (e *Events) answer(ctx context.Context, q question, aggregate string, after, until time.Time) (events []*eventpb.Event, full bool, err error) {
	if !until.IsZero() {
		until = until.Add(time.Microsecond) // both ends are exclusive
	}
	events, err = e.search(ctx, q, aggregate, after, until, true)
	if err != nil || len(events) < maxEvents {
		return events, false, err
	}
	last := at(events[len(events)-1].GetCreationDate())
	// The answer may have ended within a moment: leave that for the next one.
	whole := slices.IndexFunc(events, func(ev *eventpb.Event) bool { return at(ev.GetCreationDate()).Equal(last) })
	if whole > 0 {
		return events[:whole], true, nil
	}
	// More events in one moment than Zitadel gives out: one transaction, such as
	// the removal of a grant with its assignments. Its other end can be read
	// backwards; what lies between cannot be listed at all.
	back, err := e.search(ctx, q, aggregate, last.Add(-time.Microsecond), last.Add(time.Microsecond), false)
	if err != nil {
		return nil, false, err
	}
	seen := make(map[eventKey]bool, len(events))
	for _, ev := range events {
		seen[keyOf(ev)] = true
	}
	slices.Reverse(back)
	for _, ev := range back {
		if at(ev.GetCreationDate()).Equal(last) && !seen[keyOf(ev)] {
			events = append(events, ev)
		}
	}
	return events, true, nil
}

// search asks for events between two times, both exclusive, upwards or downwards.
func (e *Events) search(ctx context.Context, q question, aggregate string, since, until time.Time, up bool) ([]*eventpb.Event, error) {
	answer, err := e.client.AdminService().ListEvents(ctx, &adminpb.ListEventsRequest{
		Limit: maxEvents, Asc: up, AggregateId: aggregate, EventTypes: q.types, AggregateTypes: q.aggregates,
		CreationDateFilter: between(since, until),
	})
	if err != nil {
		return nil, fail("list events", err, "remote.refused")
	}
	return answer.GetEvents(), nil
}

// between is a filter by time; a zero time bounds nothing.
func between(since, until time.Time) *adminpb.ListEventsRequest_Range {
	stamp := func(t time.Time) *timestamppb.Timestamp {
		if t.IsZero() {
			return nil
		}
		return timestamppb.New(t)
	}
	return &adminpb.ListEventsRequest_Range{Range: &adminpb.ListEventsRequestCreationDateRange{Since: stamp(since), Until: stamp(until)}}
}

// eventKey identifies an event. Sequences count per aggregate, and one ID may be
// that of two kinds of aggregate.
type eventKey struct {
	kind, aggregate string
	sequence        uint64
}

func keyOf(ev *eventpb.Event) eventKey {
	return eventKey{ev.GetAggregate().GetType().GetType(), ev.GetAggregate().GetId(), ev.GetSequence()}
}

// inOrder puts the answers to several questions into the order of their time, up
// to a moment, each once. Within a moment the events of each aggregate are in
// their sequence, and the aggregates in the order in which they were answered.
func inOrder(events []*eventpb.Event, until time.Time) []*eventpb.Event {
	seen := make(map[eventKey]bool, len(events))
	events = slices.DeleteFunc(events, func(ev *eventpb.Event) bool {
		twice := seen[keyOf(ev)]
		seen[keyOf(ev)] = true
		return twice || at(ev.GetCreationDate()).After(until)
	})
	byTime := func(a, b *eventpb.Event) int { return at(a.GetCreationDate()).Compare(at(b.GetCreationDate())) }
	slices.SortStableFunc(events, byTime)
	for rest := events; len(rest) > 0; {
		n := moment(rest)
		if n > 2 {
			first := map[string]int{}
			for i, ev := range rest[:n] {
				if _, known := first[ev.GetAggregate().GetId()]; !known {
					first[ev.GetAggregate().GetId()] = i
				}
			}
			slices.SortStableFunc(rest[:n], func(a, b *eventpb.Event) int {
				return cmp.Or(
					cmp.Compare(first[a.GetAggregate().GetId()], first[b.GetAggregate().GetId()]),
					cmp.Compare(a.GetSequence(), b.GetSequence()),
				)
			})
		}
		rest = rest[n:]
	}
	return events
}

// moment is how many of events share the time of the first.
func moment(events []*eventpb.Event) int {
	first := at(events[0].GetCreationDate())
	n := slices.IndexFunc(events, func(ev *eventpb.Event) bool { return !at(ev.GetCreationDate()).Equal(first) })
	if n < 0 {
		return len(events)
	}
	return n
}
