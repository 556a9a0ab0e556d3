package zitadel

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	eventpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"
	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"homeroom.dev/homeroom/identity"
)

// maxEvents is what Zitadel gives out at once.
const maxEvents = 1000

// Events is the service account homeroom-events, which reads the event log and
// may write nothing. It is [identity.Events].
type Events struct {
	client *client.Client
	config Config

	mu    sync.Mutex
	known map[string]bool // authorization → it is on the platform project
}

var _ identity.Events = (*Events)(nil)

// NewEvents makes the reader of events. It does not wait for Zitadel.
func NewEvents(ctx context.Context, config Config) (*Events, error) {
	c, err := dial(ctx, config.Issuer, config.Key)
	if err != nil {
		return nil, err
	}
	return &Events{client: c, config: config, known: make(map[string]bool)}, nil
}

// Close ends the connection.
func (e *Events) Close() error { return e.client.Close() }

// Events lists events after query.After. All events of one moment stand on one
// page, so that the next page, strictly after it, loses none: a page may be a
// little shorter or longer than query.Limit.
func (e *Events) Events(ctx context.Context, query identity.EventQuery) (identity.EventPage, error) {
	limit := query.Limit
	if limit < 1 || limit > maxEvents {
		limit = maxEvents
	}
	page := identity.EventPage{Last: query.After}
	for {
		listed, more, err := e.list(ctx, query.Aggregate, page.Last)
		if err != nil {
			return identity.EventPage{}, err
		}
		for len(listed) > 0 {
			n := moment(listed)
			events, err := e.facts(ctx, listed[:n])
			if err != nil {
				return identity.EventPage{}, err
			}
			if len(page.Events) > 0 && len(page.Events)+len(events) > limit {
				page.More = true
				return page, nil
			}
			page.Events = append(page.Events, events...)
			page.Last = at(listed[n-1].GetCreationDate())
			listed = listed[n:]
		}
		if !more || len(page.Events) >= limit {
			page.More = more
			return page, nil
		}
	}
}

// list reads events strictly after a time, oldest first, in whole moments.
func (e *Events) list(ctx context.Context, aggregate string, after time.Time) (events []*eventpb.Event, more bool, err error) {
	events, err = e.search(ctx, aggregate, after, true)
	if err != nil || len(events) < maxEvents {
		return events, false, err
	}
	last := at(events[len(events)-1].GetCreationDate())
	// The page may have ended within a moment: leave that for the next one.
	whole := slices.IndexFunc(events, func(ev *eventpb.Event) bool { return at(ev.GetCreationDate()).Equal(last) })
	if whole > 0 {
		return events[:whole], true, nil
	}
	// More events in one moment than Zitadel gives out: one transaction, such as
	// the removal of a grant with its assignments. Its other end can be read
	// backwards; what lies between cannot be listed at all.
	back, err := e.search(ctx, aggregate, last.Add(time.Microsecond), false)
	if err != nil {
		return nil, false, err
	}
	type key struct {
		aggregate string
		sequence  uint64
	}
	seen := make(map[key]bool, len(events))
	for _, ev := range events {
		seen[key{ev.GetAggregate().GetId(), ev.GetSequence()}] = true
	}
	slices.Reverse(back)
	for _, ev := range back {
		if at(ev.GetCreationDate()).Equal(last) && !seen[key{ev.GetAggregate().GetId(), ev.GetSequence()}] {
			events = append(events, ev)
		}
	}
	return events, true, nil
}

// search asks for a page of the events we understand: after from upwards, or
// before from downwards.
func (e *Events) search(ctx context.Context, aggregate string, from time.Time, up bool) ([]*eventpb.Event, error) {
	request := &adminpb.ListEventsRequest{Limit: maxEvents, Asc: up, AggregateId: aggregate, EventTypes: eventTypes}
	if !from.IsZero() {
		request.CreationDateFilter = &adminpb.ListEventsRequest_From{From: timestamppb.New(from)}
	}
	answer, err := e.client.AdminService().ListEvents(ctx, request)
	if err != nil {
		return nil, fail("list events", err, "remote.refused")
	}
	return answer.GetEvents(), nil
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

func (e *Events) facts(ctx context.Context, listed []*eventpb.Event) ([]identity.Event, error) {
	var events []identity.Event
	for _, ev := range listed {
		fact, err := e.fact(ctx, ev)
		if err != nil {
			return nil, err
		}
		if fact == nil {
			continue
		}
		events = append(events, identity.Event{
			Aggregate:    ev.GetAggregate().GetId(),
			Sequence:     ev.GetSequence(),
			Organization: identity.OrganizationID(ev.GetAggregate().GetResourceOwner()),
			At:           at(ev.GetCreationDate()),
			Editor:       identity.UserID(ev.GetEditor().GetUserId()),
			Fact:         fact,
		})
	}
	return events, nil
}

// onPlatform reports whether an authorization is on the platform project. Most
// of its events do not say; then its first one is asked for, once.
func (e *Events) onPlatform(ctx context.Context, authorization string) (bool, error) {
	e.mu.Lock()
	ours, known := e.known[authorization]
	e.mu.Unlock()
	if known {
		return ours, nil
	}
	answer, err := e.client.AdminService().ListEvents(ctx, &adminpb.ListEventsRequest{
		Limit: 1, Asc: true, AggregateId: authorization, EventTypes: []string{assignmentAdded},
	})
	if err != nil {
		return false, fail("list events", err, "remote.refused")
	}
	for _, ev := range answer.GetEvents() {
		ours = payload{ev.GetPayload()}.text("projectId") == e.config.Project
		e.remember(authorization, ours)
	}
	return ours, nil
}

// elsewhere reports whether an authorization is known to be on another project.
func (e *Events) elsewhere(authorization string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	ours, known := e.known[authorization]
	return known && !ours
}

// remember keeps whose an authorization is. It forgets everything now and then
// rather than grow without end.
func (e *Events) remember(authorization string, ours bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.known) >= 50_000 {
		clear(e.known)
	}
	e.known[authorization] = ours
}

// Organization is what Zitadel's read side shows of an organization, without
// the name of its school.
func (e *Events) Organization(ctx context.Context, id identity.OrganizationID) (identity.Organization, error) {
	organization, err := getOrganization(ctx, e.client, id)
	if err != nil {
		return identity.Organization{}, err
	}
	return withMetadata(ctx, e.client, organization)
}

// User is what Zitadel's read side shows of a person.
func (e *Events) User(ctx context.Context, id identity.UserID) (identity.User, error) {
	return getUser(ctx, e.client, id)
}

// RoleAssignments is what Zitadel's read side shows of an organization's role
// assignments, by their ID.
func (e *Events) RoleAssignments(ctx context.Context, id identity.OrganizationID) ([]identity.RoleAssignment, error) {
	const page = 500
	var all []identity.RoleAssignment
	for offset := uint64(0); ; offset += page {
		answer, err := e.client.AuthorizationServiceV2().ListAuthorizations(ctx, &authorizationpb.ListAuthorizationsRequest{
			Pagination:    &filterpb.PaginationRequest{Offset: offset, Limit: page, Asc: true},
			SortingColumn: authorizationpb.AuthorizationFieldName_AUTHORIZATION_FIELD_NAME_ID,
			Filters:       assignmentsIn(e.config.Project, id),
		})
		if err != nil {
			return nil, fail("list authorizations", err, "organization.not-found")
		}
		for _, a := range answer.GetAuthorizations() {
			all = append(all, toAssignment(a))
		}
		// A page is short of the rows Zitadel dropped, so only the total ends it.
		if offset+page >= answer.GetPagination().GetTotalResult() {
			return all, nil
		}
	}
}

// Platform names what bootstrap made.
func (e *Events) Platform(context.Context) (identity.Platform, error) {
	return identity.Platform{
		Project:         e.config.Project,
		Operators:       e.config.Operators,
		Individuals:     e.config.Individuals,
		ServiceAccounts: e.config.ServiceAccounts,
	}, nil
}
