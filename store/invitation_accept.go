package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// The methods of this file are for an organization that was opened by an
// invitation; for any other they find nothing.

// OpenedInvitation notes when the invitation's page was first seen. It may be
// called again.
func (o *Organization) OpenedInvitation(ctx context.Context) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		_, err := tx.OpenedInvitation(ctx, query.OpenedInvitationParams{
			OrganizationID: o.id, ID: string(o.opened.Invitation()), NowUs: tx.now,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("note that an invitation was opened: %w", err)
	}
	return nil
}

// BeginAcceptance notes that user takes the invitation up, before anything
// happens at Zitadel: of two clicks one wins, and after a crash the same user
// goes on. It may be repeated by the same user. What somebody else has taken up
// is a conflict ("invitation.taken"); what is expired, revoked or accepted is
// gone, and what the inviter may not offer any more.
func (o *Organization) BeginAcceptance(ctx context.Context, user identity.User) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := o.holding(ctx, tx, string(o.opened.Invitation()))
		if err != nil {
			return err
		}
		if row.AcceptedBy != string(user.ID) {
			if row.AcceptedBy != "" {
				return identity.Conflict("invitation.taken")
			}
			// One that was begun in time may be finished later.
			if tx.now >= row.ExpiresUs {
				return identity.Gone("accept.expired.title")
			}
		}
		if _, err := tx.ClaimInvitation(ctx, query.ClaimInvitationParams{
			OrganizationID: o.id, ID: row.ID, UserID: string(user.ID), NowUs: tx.now,
		}); err != nil {
			return err
		}
		begun, err := tx.BegunRecord(ctx, query.BegunRecordParams{
			OrganizationID: o.id, Target: string(user.ID), Action: string(identity.ActionInvitationAccepted),
		})
		if err != nil || len(begun) > 0 {
			return err
		}
		record := o.auditRecord(ctx, identity.Change{
			Action: identity.ActionInvitationAccepted, Target: string(user.ID), TargetName: user.DisplayName(),
			After: map[string]string{identity.AuditRole: row.Role},
		}, identity.OutcomeBegun)
		// They act, whatever the actor was called before they had told their name.
		record.Actor = identity.Actor{User: user.ID, Name: user.DisplayName()}
		return tx.audit(ctx, &record)
	})
	if err != nil {
		return fmt.Errorf("claim invitation: %w", err)
	}
	return nil
}

// ReleaseAcceptance forgets that user has begun. For anybody else it does
// nothing.
func (o *Organization) ReleaseAcceptance(ctx context.Context, user identity.UserID) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		released, err := tx.ReleaseInvitation(ctx, query.ReleaseInvitationParams{
			OrganizationID: o.id, ID: string(o.opened.Invitation()), UserID: string(user),
		})
		if err != nil || released == 0 {
			return err
		}
		return o.closeAcceptance(ctx, tx, string(user), identity.OutcomeFailed)
	})
	if err != nil {
		return fmt.Errorf("release invitation: %w", err)
	}
	return nil
}

// FinishAcceptance makes the invitation accepted and applies facts, in one
// transaction. The request may be over: what happened at Zitadel is written down
// all the same.
func (o *Organization) FinishAcceptance(ctx context.Context, facts ...identity.Fact) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err := o.store.write(ctx, func(tx *transaction) error {
		if err := tx.applyFacts(ctx, facts); err != nil {
			return fmt.Errorf("apply facts: %w", err)
		}
		id := string(o.opened.Invitation())
		row, err := tx.Invitation(ctx, query.InvitationParams{OrganizationID: o.id, ID: id})
		if err != nil {
			return orNotFound(err, identity.NotFound("invitation.not-found"))
		}
		accepted, err := tx.AcceptInvitation(ctx, query.AcceptInvitationParams{OrganizationID: o.id, ID: id, NowUs: tx.now})
		if err != nil || accepted == 0 {
			return err
		}
		if err := tx.WithdrawMailOf(ctx, query.WithdrawMailOfParams{
			OrganizationID: o.id, InvitationID: id, NowUs: tx.now,
		}); err != nil {
			return err
		}
		return o.closeAcceptance(ctx, tx, row.AcceptedBy, identity.OutcomeDone)
	})
	if err != nil {
		return fmt.Errorf("finish acceptance: %w", err)
	}
	return nil
}

func (o *Organization) closeAcceptance(
	ctx context.Context, tx *transaction, user string, outcome identity.Outcome,
) error {
	begun, err := tx.BegunRecord(ctx, query.BegunRecordParams{
		OrganizationID: o.id, Target: user, Action: string(identity.ActionInvitationAccepted),
	})
	if err != nil {
		return err
	}
	for _, id := range begun {
		if err := tx.closeRecord(ctx, o.id, id, outcome); err != nil {
			return err
		}
	}
	return nil
}
