package store

import (
	"context"
	"encoding/json"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// MailJob is the kind of job that sends a mail of the outbox, and MailPayload
// what it is given: an ID and nothing personal.
const MailJob = "mail"

// MailPayload says which mail.
type MailPayload struct {
	Mail string `json:"mail"`
}

func mailPlace(id string) place { return place{table: "outbox", column: "sealed", row: id} }

// occasion is what a mail is about, so that it can be withdrawn with it; nothing
// for one that stands by itself.
type occasion struct {
	invitation identity.InvitationID
	setupLink  identity.SetupLinkID
}

// queueMail puts a mail into the outbox, with the job that sends it. Its text is
// sealed, because it may hold a link.
func (o *Organization) queueMail(ctx context.Context, tx *transaction, about occasion, mail identity.Mail) error {
	id := newID(tx.now)
	mail.Key = id
	plain, err := json.Marshal(mail)
	if err != nil {
		return err
	}
	sealed, err := o.store.keys.seal(mailPlace(id), plain)
	if err != nil {
		return err
	}
	if err := tx.InsertMail(ctx, query.InsertMailParams{
		OrganizationID: o.id, ID: id, InvitationID: string(about.invitation), SetupLinkID: string(about.setupLink),
		Sealed: sealed, NowUs: tx.now,
	}); err != nil {
		return err
	}
	return o.store.enqueue(ctx, tx, MailJob, MailPayload{Mail: id})
}

// OutboxMail is a queued mail. One that was sent, failed for good or was
// withdrawn is not found ("mail.not-queued"): there is nothing left to do.
func (s *Store) OutboxMail(ctx context.Context, id string) (identity.Mail, error) {
	missing := identity.NotFound("mail.not-queued")
	row, err := s.read().OutboxMail(ctx, id)
	if err != nil {
		return identity.Mail{}, fmt.Errorf("load mail: %w", orNotFound(err, missing))
	}
	if row.State != "queued" {
		return identity.Mail{}, missing
	}
	plain, err := s.keys.open(mailPlace(id), row.Sealed)
	if err != nil {
		return identity.Mail{}, fmt.Errorf("load mail: %w", err)
	}
	var mail identity.Mail
	if err := json.Unmarshal(plain, &mail); err != nil {
		return identity.Mail{}, fmt.Errorf("read mail: %w", err)
	}
	return mail, nil
}

// MailSent notes that a queued mail went out. Its text is dropped.
func (s *Store) MailSent(ctx context.Context, id string) error {
	return s.closeMail(ctx, id, "sent", func(tx *transaction, row query.OutboxMailRow) error {
		return tx.InvitationMailSent(ctx, query.InvitationMailSentParams{
			OrganizationID: row.OrganizationID, ID: row.InvitationID, NowUs: tx.now,
		})
	})
}

// MailFailed notes that a queued mail could not be sent, after all tries, and
// why. The invitation shows it.
func (s *Store) MailFailed(ctx context.Context, id string, why identity.Message) error {
	return s.closeMail(ctx, id, "failed", func(tx *transaction, row query.OutboxMailRow) error {
		return tx.InvitationMailFailed(ctx, query.InvitationMailFailedParams{
			OrganizationID: row.OrganizationID, ID: row.InvitationID, MailError: messageText(why),
		})
	})
}

func (s *Store) closeMail(
	ctx context.Context, id, state string, invitation func(*transaction, query.OutboxMailRow) error,
) error {
	err := s.write(ctx, func(tx *transaction) error {
		row, err := tx.OutboxMail(ctx, id)
		if err != nil {
			return orNotFound(err, identity.NotFound("mail.not-queued"))
		}
		closed, err := tx.CloseMail(ctx, query.CloseMailParams{
			OrganizationID: row.OrganizationID, ID: id, State: state, NowUs: tx.now,
		})
		if err != nil || closed == 0 || row.InvitationID == "" {
			return err // withdrawn meanwhile: a newer mail tells the invitation's state
		}
		return invitation(tx, row)
	})
	if err != nil {
		return fmt.Errorf("note that a mail is %s: %w", state, err)
	}
	return nil
}
