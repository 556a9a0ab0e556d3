package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// asked is a request that waits, or not found ("join.not-found").
func (o *Organization) asked(ctx context.Context, user identity.UserID) (query.JoinRequest, error) {
	row, err := o.store.read().JoinRequest(ctx, query.JoinRequestParams{OrganizationID: o.id, UserID: string(user)})
	if err != nil {
		return row, fmt.Errorf("load a request to join: %w", orNotFound(err, identity.NotFound("join.not-found")))
	}
	return row, nil
}

// stillAsks finds what was answered meanwhile.
func stillAsks(row query.JoinRequest, err error) error {
	missing := identity.NotFound("join.not-found")
	switch {
	case err != nil:
		return orNotFound(err, missing)
	case row.State != requestAsked:
		return missing
	}
	return nil
}

// TurnAway declines a request to join the classroom, or blocks who asked: then
// they cannot ask again until [Organization.Unblock].
func (o *Organization) TurnAway(ctx context.Context, user identity.UserID, block bool) error {
	state, action := requestDeclined, identity.ActionJoinDeclined
	if block {
		state, action = requestBlocked, identity.ActionJoinBlocked
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.RequestOf(ctx, query.RequestOfParams{OrganizationID: o.id, UserID: string(user)})
		if err := stillAsks(row, err); err != nil {
			return err
		}
		if row.Seated {
			if err := o.unseat(ctx, tx, row.CodeID); err != nil {
				return err
			}
		}
		if err := tx.SetRequestState(ctx, query.SetRequestStateParams{
			OrganizationID: o.id, UserID: row.UserID, State: state, DecidedUs: tx.now,
		}); err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{Action: action, Target: row.UserID, TargetName: row.Name})
	})
	if err != nil {
		return fmt.Errorf("turn away who asks to join: %w", err)
	}
	return nil
}

// Unblock lets somebody ask again who was blocked; not found ("join.not-found")
// if nobody blocked them.
func (o *Organization) Unblock(ctx context.Context, user identity.UserID) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.RequestOf(ctx, query.RequestOfParams{OrganizationID: o.id, UserID: string(user)})
		if err != nil {
			return orNotFound(err, identity.NotFound("join.not-found"))
		}
		gone, err := tx.DeleteRequest(ctx, query.DeleteRequestParams{
			OrganizationID: o.id, UserID: row.UserID, State: requestBlocked,
		})
		if err != nil {
			return err
		}
		if gone == 0 {
			return identity.NotFound("join.not-found")
		}
		return o.record(ctx, tx, identity.Change{Action: identity.ActionJoinUnblocked, Target: row.UserID, TargetName: row.Name})
	})
	if err != nil {
		return fmt.Errorf("unblock: %w", err)
	}
	return nil
}
