package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// AttemptQuery selects attempts.
type AttemptQuery struct {
	Connection identity.ConnectionID // empty: of all
	Kind       identity.AttemptKind  // empty: of every kind
	State      identity.AttemptState // empty: in every state
	After      string                // a page's Next
	Limit      int                   // 50 if 0
}

// AttemptPage is a page of attempts, newest first.
type AttemptPage struct {
	Attempts []identity.Attempt
	Next     string // empty on the last page
}

// Attempts lists the attempts of the last 30 days, newest first.
func (o *Organization) Attempts(ctx context.Context, q AttemptQuery) (AttemptPage, error) {
	before, err := parseTimeCursor(q.After)
	if err != nil {
		return AttemptPage{}, err
	}
	limit := limitOf(q.Limit)
	rows, err := o.attemptRows(ctx, q, before, int64(limit)+1)
	if err != nil {
		return AttemptPage{}, fmt.Errorf("list attempts: %w", translate(err))
	}
	var page AttemptPage
	for i, row := range rows {
		if i == limit {
			page.Next = timeCursor{us: rows[i-1].StartedUs, id: rows[i-1].ID}.String()
			break
		}
		a, err := attemptOf(row)
		if err != nil {
			return AttemptPage{}, err
		}
		page.Attempts = append(page.Attempts, a)
	}
	return page, nil
}

// attemptRows asks in the way that leaves the fewest rows out: nearly all
// attempts of a large school are sign-ins that passed.
func (o *Organization) attemptRows(
	ctx context.Context, q AttemptQuery, before timeCursor, most int64,
) ([]query.Attempt, error) {
	read := o.store.read()
	switch {
	case q.Kind != "" && q.Kind != identity.AttemptSignIn:
		return read.SetupAttempts(ctx, query.SetupAttemptsParams{
			OrganizationID: o.id, Kind: string(q.Kind), BeforeUs: before.us, BeforeID: before.id,
			ConnectionID: string(q.Connection), State: string(q.State), MaxRows: most,
		})
	case q.State == identity.AttemptFailed:
		return read.FailedAttempts(ctx, query.FailedAttemptsParams{
			OrganizationID: o.id, BeforeUs: before.us, BeforeID: before.id,
			ConnectionID: string(q.Connection), Kind: string(q.Kind), MaxRows: most,
		})
	case q.Connection != "":
		return read.AttemptsOfConnection(ctx, query.AttemptsOfConnectionParams{
			OrganizationID: o.id, ConnectionID: string(q.Connection), BeforeUs: before.us, BeforeID: before.id,
			Kind: string(q.Kind), State: string(q.State), MaxRows: most,
		})
	}
	return read.Attempts(ctx, query.AttemptsParams{
		OrganizationID: o.id, BeforeUs: before.us, BeforeID: before.id,
		Kind: string(q.Kind), State: string(q.State), MaxRows: most,
	})
}

// Attempt is one of the school's; not found ("attempt.not-found") otherwise.
func (o *Organization) Attempt(ctx context.Context, id identity.AttemptID) (identity.Attempt, error) {
	row, err := o.store.read().Attempt(ctx, query.AttemptParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return identity.Attempt{}, fmt.Errorf("load attempt: %w", orNotFound(err, identity.NotFound("attempt.not-found")))
	}
	return attemptOf(row)
}

// healthDays is of how many days, UTC, the health of a connection tells: today
// and those before.
const healthDays = 7

// ConnectionHealth is how real sign-ins through a connection went lately. Tests
// count for the last success and failure alone.
type ConnectionHealth struct {
	Connection    identity.ConnectionID
	LastSuccessAt time.Time
	LastFailureAt time.Time
	Successes     int
	Failures      int
	Causes        []HealthCause // the most frequent first
}

// HealthCause is how often one finding was why a sign-in failed.
type HealthCause struct {
	Code  string
	Count int
}

// Health tells of every connection how it is.
func (o *Organization) Health(ctx context.Context) ([]ConnectionHealth, error) {
	read := o.store.read()
	connections, err := read.Connections(ctx, o.id)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", translate(err))
	}
	counts, err := read.SignInCounts(ctx, query.SignInCountsParams{
		OrganizationID: o.id, SinceDay: dayOf(micros(o.store.clock())) - healthDays + 1,
	})
	if err != nil {
		return nil, fmt.Errorf("count sign-ins: %w", translate(err))
	}
	health := make([]ConnectionHealth, len(connections))
	for i, row := range connections {
		c := row.Connection
		h := ConnectionHealth{
			Connection: identity.ConnectionID(c.ID), LastSuccessAt: moment(c.LastSuccessUs), LastFailureAt: moment(c.LastFailureUs),
		}
		for _, count := range counts {
			switch {
			case count.ConnectionID != c.ID:
			case count.Cause == "":
				h.Successes += int(count.Attempts)
			default:
				h.Failures += int(count.Attempts)
				h.Causes = append(h.Causes, HealthCause{Code: count.Cause, Count: int(count.Attempts)})
			}
		}
		slices.SortFunc(h.Causes, func(a, b HealthCause) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Code, b.Code))
		})
		health[i] = h
	}
	return health, nil
}
