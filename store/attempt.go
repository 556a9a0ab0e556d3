package store

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

const (
	// attemptLifetime is how long somebody may be away at the identity provider.
	attemptLifetime = 15 * time.Minute
	// attemptsKept is how long attempts can be looked at.
	attemptsKept = 30 * 24 * time.Hour
)

// AttemptWay is how an attempt goes on when it comes back.
type AttemptWay struct {
	Intent  string // Zitadel's ID, if it is known
	Browser string // a secret of the browser's session; its hash is kept, and it is not read back
	Next    string // where the person wanted to go
	Return  string // where a test goes back to
}

// BeginAttempt notes an attempt before the browser leaves for the identity
// provider.
func (o *Organization) BeginAttempt(ctx context.Context, a identity.Attempt, way AttemptWay) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		a.State, a.StartedAt, a.FinishedAt = identity.AttemptBegun, moment(tx.now), time.Time{}
		return o.insertAttempt(ctx, tx, a, way)
	})
	if err != nil {
		return fmt.Errorf("begin an attempt: %w", err)
	}
	return nil
}

// RecordAttempt notes an attempt that is finished already, such as a pasted
// response. The connection and its health are as before.
func (o *Organization) RecordAttempt(ctx context.Context, a identity.Attempt) error {
	if a.State != identity.AttemptPassed && a.State != identity.AttemptFailed {
		return fmt.Errorf("record an attempt: it is %q", a.State)
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		a.StartedAt, a.FinishedAt = moment(tx.now), moment(tx.now)
		return o.insertAttempt(ctx, tx, a, AttemptWay{})
	})
	if err != nil {
		return fmt.Errorf("record an attempt: %w", err)
	}
	return nil
}

func (o *Organization) insertAttempt(ctx context.Context, tx *transaction, a identity.Attempt, way AttemptWay) error {
	if _, _, err := o.connection(ctx, tx.Queries, a.Connection); err != nil {
		return err
	}
	var browser string
	if way.Browser != "" {
		browser = hashToken(way.Browser)
	}
	return tx.InsertAttempt(ctx, query.InsertAttemptParams{
		OrganizationID: o.id, ID: string(a.ID), ConnectionID: string(a.Connection), Kind: string(a.Kind),
		State: string(a.State), Findings: listText(a.Findings), Received: listText(a.Received), UserID: string(a.User),
		IntentID: way.Intent, BrowserHash: browser, NextPath: way.Next, ReturnPath: way.Return,
		StartedUs: micros(a.StartedAt), FinishedUs: micros(a.FinishedAt),
	})
}

// FinishAttempt notes what became of an attempt, once: after that it is gone
// ("sign-in.lost"). The connection knows its last success and failure by it, and
// that it was tested, unless what the identity provider is was changed since
// the attempt began. What a person who got in had sent is not kept.
func (o *Organization) FinishAttempt(ctx context.Context, a identity.Attempt) error {
	passed := a.State == identity.AttemptPassed
	if !passed && a.State != identity.AttemptFailed {
		return fmt.Errorf("finish an attempt: it is %q", a.State)
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.Attempt(ctx, query.AttemptParams{OrganizationID: o.id, ID: string(a.ID)})
		if err != nil {
			return orNotFound(err, identity.Gone("sign-in.lost"))
		}
		a.Connection, a.Kind = identity.ConnectionID(row.ConnectionID), identity.AttemptKind(row.Kind)
		received := a.Received
		if passed && a.Kind == identity.AttemptSignIn {
			received = nil
		}
		finished, err := tx.FinishAttempt(ctx, query.FinishAttemptParams{
			OrganizationID: o.id, ID: row.ID, State: string(a.State), Findings: listText(a.Findings),
			Received: listText(received), UserID: string(a.User), NowUs: tx.now,
		})
		if err != nil {
			return err
		}
		if finished == 0 {
			return identity.Gone("sign-in.lost")
		}
		return o.countAttempt(ctx, tx, a, row.StartedUs)
	})
	if err != nil {
		return fmt.Errorf("finish an attempt: %w", err)
	}
	return nil
}

// countAttempt tells the connection of a finished attempt.
func (o *Organization) countAttempt(ctx context.Context, tx *transaction, a identity.Attempt, started int64) error {
	c, _, err := o.connection(ctx, tx.Queries, a.Connection)
	if err != nil {
		return err
	}
	if a.State == identity.AttemptPassed {
		err = tx.ConnectionPassed(ctx, query.ConnectionPassedParams{OrganizationID: o.id, ID: string(a.Connection), NowUs: tx.now})
	} else {
		err = tx.ConnectionFailed(ctx, query.ConnectionFailedParams{OrganizationID: o.id, ID: string(a.Connection), NowUs: tx.now})
	}
	if err != nil {
		return err
	}
	if a.Kind == identity.AttemptSignIn {
		return tx.CountSignIn(ctx, query.CountSignInParams{
			OrganizationID: o.id, ConnectionID: string(a.Connection), Day: dayOf(tx.now), Cause: causeOf(a),
		})
	}
	if a.State == identity.AttemptPassed {
		if err := tx.ConnectionTested(ctx, query.ConnectionTestedParams{
			OrganizationID: o.id, ID: string(a.Connection), StartedUs: started, NowUs: tx.now,
		}); err != nil {
			return err
		}
	}
	return o.record(ctx, tx, identity.Change{
		Action: identity.ActionConnectionTested, Target: string(a.Connection), TargetName: c.Name,
		After: map[string]string{identity.AuditState: string(a.State)},
	})
}

// dayOf is the day of a moment, UTC.
func dayOf(us int64) int64 { return us / (24 * time.Hour).Microseconds() }

// causeOf is why an attempt failed: the code of its first bad finding. It is
// empty for one that passed.
func causeOf(a identity.Attempt) string {
	if a.State == identity.AttemptPassed {
		return ""
	}
	for _, f := range a.Findings {
		if f.Level == identity.LevelBad {
			return f.Code
		}
	}
	return "unknown"
}

// listText is a list as JSON; an empty one is an empty text.
func listText[T any](list []T) string {
	if len(list) == 0 {
		return ""
	}
	text, _ := json.Marshal(list) // lists of texts always can be
	return string(text)
}

func attemptOf(row query.Attempt) (identity.Attempt, error) {
	a := identity.Attempt{
		ID: identity.AttemptID(row.ID), Connection: identity.ConnectionID(row.ConnectionID),
		Kind: identity.AttemptKind(row.Kind), State: identity.AttemptState(row.State), User: identity.UserID(row.UserID),
		StartedAt: moment(row.StartedUs), FinishedAt: moment(row.FinishedUs),
	}
	for _, list := range []struct {
		text string
		into any
	}{{row.Findings, &a.Findings}, {row.Received, &a.Received}} {
		if list.text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(list.text), list.into); err != nil {
			return identity.Attempt{}, fmt.Errorf("read attempt %s: %w", row.ID, err)
		}
	}
	return a, nil
}

// OpenAttempt opens the school of an attempt for the browser that began it and
// now comes back. An attempt that is not known, is another browser's, was begun
// more than a quarter of an hour ago or is finished is gone ("sign-in.lost").
func (s *Store) OpenAttempt(
	ctx context.Context, id identity.AttemptID, browser string,
) (identity.Opened, identity.Attempt, AttemptWay, error) {
	fail := func(err error) (identity.Opened, identity.Attempt, AttemptWay, error) {
		return identity.Opened{}, identity.Attempt{}, AttemptWay{}, fmt.Errorf("open an attempt: %w", err)
	}
	lost := identity.Gone("sign-in.lost")
	row, err := s.read().AttemptByID(ctx, string(id))
	if err != nil {
		return fail(orNotFound(err, lost))
	}
	same := subtle.ConstantTimeCompare([]byte(row.BrowserHash), []byte(hashToken(browser))) == 1
	late := micros(s.clock())-row.StartedUs >= attemptLifetime.Microseconds()
	if !same || late || row.State != string(identity.AttemptBegun) {
		return fail(lost)
	}
	school, err := s.organization(ctx, row.OrganizationID)
	if err != nil {
		return fail(orNotFound(err, lost))
	}
	a, err := attemptOf(row)
	if err != nil {
		return fail(err)
	}
	opened, err := identity.OpenArriving(school, a.ID)
	if err != nil {
		return fail(err)
	}
	return opened, a, AttemptWay{Intent: row.IntentID, Next: row.NextPath, Return: row.ReturnPath}, nil
}
