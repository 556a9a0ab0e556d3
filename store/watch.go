package store

import (
	"context"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// MetadataFetched notes that a connection's metadata was asked for again, and
// why nothing could be made of what came; an empty message is a good end.
func (o *Organization) MetadataFetched(ctx context.Context, id identity.ConnectionID, trouble identity.Message) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		text := ""
		if trouble.ID != "" {
			text = messageText(trouble)
		}
		noted, err := tx.MetadataFetched(ctx, query.MetadataFetchedParams{
			OrganizationID: o.id, ConnectionID: string(id), NowUs: tx.now, Trouble: text,
		})
		if err == nil && noted == 0 {
			return identity.NotFound("connection.not-found")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("note a refetch of metadata: %w", err)
	}
	return nil
}

// MetadataFetch is when a connection's metadata was asked for again last, zero
// if never, and why nothing could be made of what came.
func (o *Organization) MetadataFetch(
	ctx context.Context, id identity.ConnectionID,
) (at time.Time, trouble identity.Message, err error) {
	row, err := o.store.read().MetadataFetch(ctx, query.MetadataFetchParams{OrganizationID: o.id, ConnectionID: string(id)})
	if err != nil {
		return time.Time{}, identity.Message{},
			fmt.Errorf("load the last refetch of metadata: %w", orNotFound(err, identity.NotFound("connection.not-found")))
	}
	return moment(row.FetchedUs), parseMessage(row.Trouble), nil
}

// WarnOfCertificate writes to the school's admins that a certificate in use ends
// within so many days: once for these days, and not any more after a warning of
// fewer. The mails and the note that they are on their way are one transaction.
func (o *Organization) WarnOfCertificate(
	ctx context.Context, c identity.Certificate, days int, compose func(to identity.User) (identity.Mail, error),
) error {
	admins, err := o.store.read().SchoolAdmins(ctx, o.id)
	if err != nil {
		return fmt.Errorf("list the school's admins: %w", translate(err))
	}
	mails := make([]identity.Mail, len(admins))
	for i, a := range admins {
		if mails[i], err = compose(identity.User{
			ID: identity.UserID(a.ID), Home: identity.OrganizationID(a.OrganizationID), UserName: a.UserName,
			GivenName: a.GivenName, FamilyName: a.FamilyName, Address: a.Address, Language: a.Language,
		}); err != nil {
			return fmt.Errorf("compose a warning: %w", err)
		}
	}
	err = o.store.write(ctx, func(tx *transaction) error {
		warned, err := tx.CertificateWarned(ctx, query.CertificateWarnedParams{
			OrganizationID: o.id, ConnectionID: string(c.Connection), Side: c.Side, Fingerprint: c.Fingerprint,
			Days: int64(days),
		})
		if err != nil || warned == 0 {
			return err
		}
		for _, mail := range mails {
			if err := o.queueMail(ctx, tx, occasion{}, mail); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("warn of a certificate: %w", err)
	}
	return nil
}
