package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// States of a request to join, as its row has them. One that is joining holds a
// seat while its role is being assigned: after a crash, or a lost answer, the same
// person goes on with it.
const (
	requestAsked    = "asked"
	requestApproved = "approved"
	requestDeclined = "declined"
	requestBlocked  = "blocked"
	requestJoining  = "joining"
)

// requestsWaiting is how many may wait at one classroom: whoever floods it gets
// no further than this.
const requestsWaiting = 300

// requestsKept is how long a request by a code waits for an answer, and codesKeptFor
// how long a code stays known after its end, for the seats of those who wait.
const (
	requestsKept = 30 * 24 * time.Hour
	codesKeptFor = 60 * 24 * time.Hour
)

// SentAway reports whether somebody took the user out of the classroom before.
func (o *Organization) SentAway(ctx context.Context, user identity.UserID) (bool, error) {
	n, err := o.store.read().SentAway(ctx, query.SentAwayParams{OrganizationID: o.id, UserID: string(user)})
	if err != nil {
		return false, fmt.Errorf("look up who was taken out: %w", translate(err))
	}
	return n > 0, nil
}

// AskByCode puts the request of somebody with a join code before the classroom's
// teachers. It may be repeated. Who was blocked, or declined lately, is refused;
// too many that wait are a conflict ("code.crowded").
func (o *Organization) AskByCode(ctx context.Context, r identity.JoinRequest) (identity.JoinOutcome, error) {
	outcome := identity.JoinWaits
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.RequestOf(ctx, query.RequestOfParams{OrganizationID: o.id, UserID: string(r.User)})
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		case row.State == requestAsked:
			return nil
		case refusedUntil(row) > tx.now:
			outcome = identity.JoinRefused
			return nil
		}
		waiting, err := tx.CountJoinRequests(ctx, o.id)
		if err != nil {
			return err
		}
		if waiting >= requestsWaiting {
			return identity.Conflict("code.crowded")
		}
		if err := tx.PutRequest(ctx, o.requestRow(r, requestAsked, tx.now)); err != nil {
			return err
		}
		record := o.auditRecord(ctx, identity.Change{
			Action: identity.ActionJoinAsked, Target: string(r.User), TargetName: r.Name,
			After: map[string]string{identity.AuditRole: string(r.Role)},
		}, identity.OutcomeDone)
		return tx.audit(ctx, &record)
	})
	if err != nil {
		return "", fmt.Errorf("ask to join by a code: %w", err)
	}
	return outcome, nil
}

// refusedUntil is how long somebody with this answered request cannot ask again.
func refusedUntil(row query.JoinRequest) int64 {
	switch row.State {
	case requestBlocked:
		return 1<<63 - 1
	case requestDeclined:
		return row.DecidedUs + declinedFor.Microseconds()
	}
	return 0
}

func (o *Organization) requestRow(r identity.JoinRequest, state string, now int64) query.PutRequestParams {
	return query.PutRequestParams{
		OrganizationID: o.id, UserID: string(r.User), State: state, Name: r.Name, Address: r.Address, Domain: r.Domain,
		Role: string(r.Role), NowUs: now, CodeID: r.Code, Verified: r.Verified,
	}
}

// TakeSeat records that somebody joins by a code that asks nobody, while act does
// it. The seat is taken before, and given back if Zitadel refuses; if its answer is
// lost the same person goes on with it. Of two who want the last one, one is told
// that the code is full ("code.full").
func (o *Organization) TakeSeat(
	ctx context.Context, r identity.JoinRequest, act func(context.Context) ([]identity.Fact, error),
) error {
	user := string(r.User)
	err := o.make(ctx, making{
		change: identity.Change{
			Action: identity.ActionJoined, Target: user, TargetName: r.Name,
			After: map[string]string{identity.AuditRole: string(r.Role)},
		},
		begin: func(ctx context.Context, tx *transaction) error {
			row, err := tx.RequestOf(ctx, query.RequestOfParams{OrganizationID: o.id, UserID: user})
			switch {
			case errors.Is(err, sql.ErrNoRows):
			case err != nil:
				return err
			case row.State == requestJoining && row.CodeID == r.Code && row.Seated:
				return nil // it was cut off before
			case refusedUntil(row) > tx.now:
				return identity.Forbidden("code.refused")
			}
			if err := tx.PutRequest(ctx, o.requestRow(r, requestJoining, tx.now)); err != nil {
				return err
			}
			return o.seat(ctx, tx, user, r.Code, requestJoining, tx.now)
		},
		act: act,
		done: func(ctx context.Context, tx *transaction) error {
			return tx.SetRequestState(ctx, query.SetRequestStateParams{
				OrganizationID: o.id, UserID: user, State: requestApproved, DecidedUs: tx.now, Seated: true,
			})
		},
		failed: func(ctx context.Context, tx *transaction, failure error) error {
			if unclear(failure) {
				return nil
			}
			if err := o.unseat(ctx, tx, r.Code); err != nil {
				return err
			}
			_, err := tx.DeleteRequest(ctx, query.DeleteRequestParams{OrganizationID: o.id, UserID: user, State: requestJoining})
			return err
		},
	})
	if err != nil {
		return fmt.Errorf("join by a code: %w", err)
	}
	return nil
}

// seat takes one of the code's seats for somebody's request. A code that is
// forgotten meanwhile has no end of them.
func (o *Organization) seat(ctx context.Context, tx *transaction, user, code, state string, decided int64) error {
	taken, err := tx.TakeSeat(ctx, query.TakeSeatParams{OrganizationID: o.id, ID: code})
	if err != nil {
		return err
	}
	if taken == 0 {
		_, err := tx.JoinCode(ctx, query.JoinCodeParams{OrganizationID: o.id, ID: code})
		if err == nil {
			return identity.Conflict("code.full")
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return tx.SetRequestState(ctx, query.SetRequestStateParams{
		OrganizationID: o.id, UserID: user, State: state, DecidedUs: decided, Seated: true,
	})
}

func (o *Organization) unseat(ctx context.Context, tx *transaction, code string) error {
	return tx.ReturnSeat(ctx, query.ReturnSeatParams{OrganizationID: o.id, ID: code})
}

// LetIn records that a request to join the classroom is granted, with one of the
// seats of the code that it came by, while act does it. If act fails the request
// waits on, with its seat if Zitadel's answer was lost. One that is answered
// already is not found ("join.not-found").
func (o *Organization) LetIn(
	ctx context.Context, user identity.UserID, act func(context.Context) ([]identity.Fact, error),
) error {
	row, err := o.asked(ctx, user)
	if err != nil {
		return err
	}
	seated := false
	err = o.make(ctx, making{
		change: identity.Change{
			Action: identity.ActionJoinApproved, Target: row.UserID, TargetName: row.Name,
			After: map[string]string{identity.AuditRole: string(identity.RoleStudent)},
		},
		begin: func(ctx context.Context, tx *transaction) error {
			row, err := tx.RequestOf(ctx, query.RequestOfParams{OrganizationID: o.id, UserID: row.UserID})
			if err := stillAsks(row, err); err != nil {
				return err
			}
			if row.Seated {
				return nil // it was cut off before
			}
			seated = true
			return o.seat(ctx, tx, row.UserID, row.CodeID, requestAsked, 0)
		},
		act: act,
		done: func(ctx context.Context, tx *transaction) error {
			return tx.SetRequestState(ctx, query.SetRequestStateParams{
				OrganizationID: o.id, UserID: row.UserID, State: requestApproved, DecidedUs: tx.now, Seated: true,
			})
		},
		failed: func(ctx context.Context, tx *transaction, failure error) error {
			if !seated || unclear(failure) {
				return nil
			}
			if err := o.unseat(ctx, tx, row.CodeID); err != nil {
				return err
			}
			return tx.SetRequestState(ctx, query.SetRequestStateParams{
				OrganizationID: o.id, UserID: row.UserID, State: requestAsked,
			})
		},
	})
	if err != nil {
		return fmt.Errorf("let in who asks to join: %w", err)
	}
	return nil
}
