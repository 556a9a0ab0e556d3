package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// remindAfter is how long an invitation is left alone after its mail went out.
const remindAfter = 24 * time.Hour

// ResendInvitation sends a waiting invitation again, with the same link and new
// time to accept it. It revives an expired one, and one that lapsed: the actor
// becomes its inviter.
func (o *Organization) ResendInvitation(ctx context.Context, id identity.InvitationID, compose Compose) error {
	err := o.InTurn(ctx, func(ctx context.Context) error {
		invitation, err := o.Invitation(ctx, id)
		if err != nil {
			return err
		}
		expires := o.store.clock().Add(identity.InvitationLifetime)
		if expires.Before(invitation.ExpiresAt) {
			expires = invitation.ExpiresAt
		}
		return o.sendAgain(ctx, invitation, expires, compose)
	})
	if err != nil {
		return fmt.Errorf("resend invitation: %w", err)
	}
	return nil
}

// RemindAll sends every waiting invitation again whose mail went out more than
// a day ago, or did not go out, and answers how many those are: of those the
// actor could make themselves. The time to accept stays as it is.
func (o *Organization) RemindAll(ctx context.Context, compose Compose) (int, error) {
	var reminded int
	err := o.InTurn(ctx, func(ctx context.Context) error {
		invitations, err := o.remindable(ctx, micros(o.store.clock()))
		if err != nil {
			return err
		}
		for _, invitation := range invitations {
			err := o.sendAgain(ctx, invitation, invitation.ExpiresAt, compose)
			switch {
			case identity.IsKind(err, identity.KindGone):
				continue // accepted or revoked meanwhile
			case err != nil:
				return err
			}
			reminded++
		}
		return nil
	})
	if err != nil {
		return reminded, fmt.Errorf("remind of invitations: %w", err)
	}
	return reminded, nil
}

// remindable are the invitations RemindAll would mail. One that lapsed is not
// among them: reviving it is decided one by one.
func (o *Organization) remindable(ctx context.Context, now int64) ([]identity.Invitation, error) {
	rows, err := o.store.read().InvitationsToRemind(ctx, query.InvitationsToRemindParams{
		OrganizationID: o.id, NowUs: now, SentBeforeUs: now - remindAfter.Microseconds(),
	})
	if err != nil {
		return nil, fmt.Errorf("list invitations to remind of: %w", translate(err))
	}
	invitations := make([]identity.Invitation, len(rows))
	for i, row := range rows {
		invitations[i] = invitationOf(row)
	}
	if err := o.store.markLapsed(ctx, rows, invitations); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(invitations, func(i identity.Invitation) bool {
		return i.Lapsed || o.opened.MayInvite(i.Role) != nil
	}), nil
}

// sendAgain queues a new mail for a waiting invitation and withdraws one that is
// still queued.
func (o *Organization) sendAgain(
	ctx context.Context, invitation identity.Invitation, expires time.Time, compose Compose,
) error {
	return o.store.write(ctx, func(tx *transaction) error {
		row, err := o.offered(ctx, tx, string(invitation.ID))
		if err != nil {
			return err
		}
		lapsed, err := o.store.lapsed(ctx, row)
		if err != nil {
			return err
		}
		if lapsed {
			row.InviterID, row.InviterName = string(o.opened.Actor().User), o.opened.Actor().Name
		}
		return o.requeue(ctx, tx, row, micros(expires), identity.ActionInvitationResent, compose)
	})
}

// mailPause is how long the mail of an invitation is not sent again to who asks
// for it with a copied link.
const mailPause = 5 * time.Minute

// MailInvited sends the invitation by which the organization was opened to its
// address once more, for somebody who has only a copied link: the mail shows
// that the address is theirs. It does nothing if a mail is on its way, or went
// out a moment ago.
func (o *Organization) MailInvited(ctx context.Context, compose Compose) error {
	id := string(o.opened.Invitation())
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := o.holding(ctx, tx, id)
		if err != nil {
			return err
		}
		if tx.now >= row.ExpiresUs {
			return identity.Gone("accept.expired.title")
		}
		last, err := tx.LastMailOf(ctx, query.LastMailOfParams{OrganizationID: o.id, InvitationID: id})
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		case last.State == "queued", tx.now-last.CreatedUs < mailPause.Microseconds():
			return nil
		}
		return o.requeue(ctx, tx, row, row.ExpiresUs, identity.ActionInvitationAsked, compose)
	})
	if err != nil {
		return fmt.Errorf("mail an invitation once more: %w", err)
	}
	return nil
}

func (o *Organization) requeue(
	ctx context.Context, tx *transaction, row query.Invitation, expires int64, action identity.Action, compose Compose,
) error {
	invitation := invitationOf(row)
	invitation.ExpiresAt, invitation.Mail, invitation.MailError = moment(expires), identity.MailQueued, identity.Message{}
	token, err := o.store.token(row)
	if err != nil {
		return err
	}
	mail, err := compose(invitation, token)
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	if _, err := tx.RequeueInvitation(ctx, query.RequeueInvitationParams{
		OrganizationID: o.id, ID: row.ID, ExpiresUs: expires,
		InviterID: row.InviterID, InviterName: row.InviterName,
	}); err != nil {
		return err
	}
	if err := tx.WithdrawMailOf(ctx, query.WithdrawMailOfParams{
		OrganizationID: o.id, InvitationID: row.ID, NowUs: tx.now,
	}); err != nil {
		return err
	}
	if err := o.record(ctx, tx, auditedInvitation(action, row)); err != nil {
		return err
	}
	return o.queueMail(ctx, tx, occasion{invitation: invitation.ID}, mail)
}
