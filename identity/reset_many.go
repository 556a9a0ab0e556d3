package identity

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// MaxResets is how many students get new secrets at once: two classes. They are
// made while the teacher waits, a few at a time, so that nothing has to be looked
// for afterwards.
const MaxResets = 60

const (
	// resetsInTurn are made while nothing else happens to the roster.
	resetsInTurn = 8
	// resetsAtOnce are under way at Zitadel together.
	resetsAtOnce = 4
	// resetsWithin is when no further ones are begun: the page has to answer in half
	// a minute, and makes the cards after it.
	resetsWithin = 12 * time.Second
)

// Reset is what became of one of many resets.
type Reset struct {
	SignIn
	// Err is why nothing, or not everything, was done; nil for a new secret.
	Err error
}

// ResetSignIns gives many students of the roster new first secrets, each by the
// rules of [ResetSignIn]. Who has an address keeps what they have: a link would
// be sent by hand, one by one. What fails for one leaves the others alone, and
// what is not begun in time is unavailable ("students.reset.later").
func ResetSignIns(ctx context.Context, org Opened, rows Roster, remote Remote, users []UserID) ([]Reset, error) {
	if len(users) == 0 || len(users) > MaxResets {
		return nil, Invalid("students.reset.number", "Max", MaxResets)
	}
	until := time.Now().Add(resetsWithin)
	resets := make([]Reset, len(users))
	for i, user := range users {
		resets[i] = Reset{SignIn: SignIn{User: User{ID: user}}, Err: Unavailable("students.reset.later")}
	}
	for from := 0; from < len(users) && time.Now().Before(until) && ctx.Err() == nil; from += resetsInTurn {
		slice := resets[from:min(from+resetsInTurn, len(users))]
		err := rows.InTurn(ctx, func(ctx context.Context) error {
			var running sync.WaitGroup
			slots := make(chan struct{}, resetsAtOnce)
			for i := range slice {
				slots <- struct{}{}
				running.Go(func() {
					defer func() { <-slots }()
					slice[i].SignIn, slice[i].Err = resetStudent(ctx, org, rows, remote, slice[i].User.ID)
				})
			}
			running.Wait()
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return resets, nil
}

func resetStudent(ctx context.Context, org Opened, rows Roster, remote Remote, user UserID) (SignIn, error) {
	m, err := rows.Member(ctx, user)
	if err != nil {
		return SignIn{User: User{ID: user}}, fmt.Errorf("load member: %w", err)
	}
	in := SignIn{User: m.User}
	if err := org.MayResetSignIn(m); err != nil {
		return in, err
	}
	switch {
	case m.Assignment.Role() != RoleStudent:
		return in, Forbidden("rule.higher-role")
	case m.User.Address != "":
		return in, Conflict("cards.has-address")
	}
	made, err := reset(ctx, rows, remote, m.User, func(ctx context.Context) error { return rows.EndSessions(ctx, user) })
	made.User = m.User
	return made, err
}
