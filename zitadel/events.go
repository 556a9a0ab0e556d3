package zitadel

import (
	"context"
	"sync"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	eventpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"
	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"

	"homeroom.dev/homeroom/identity"
)

// maxEvents is what Zitadel gives out at once.
const maxEvents = 1000

// Events is the service account homeroom-events, which reads the event log and
// may write nothing. It is [identity.Events].
type Events struct {
	client *client.Client
	config Config

	mu       sync.Mutex
	known    map[string]bool            // authorization → it is on the platform project
	sessions map[string]identity.UserID // session of the newer login → whose it is
	checks   map[browser]check          // the last one of each browser at the older login
	newest   time.Time                  // while there is more to read: how far it goes at least
}

var _ identity.Events = (*Events)(nil)

// NewEvents makes the reader of events. It does not wait for Zitadel.
func NewEvents(ctx context.Context, config Config) (*Events, error) {
	c, err := dial(ctx, config.Issuer, config.Key)
	if err != nil {
		return nil, err
	}
	return &Events{client: c, config: config}, nil
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
			Type:         ev.GetType().GetType(),
			Fact:         fact,
		})
	}
	return events, nil
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
