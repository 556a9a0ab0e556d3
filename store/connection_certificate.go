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

// Certificates have two sides: that of the identity provider, and Zitadel's own
// as service provider.
const idpSide = "idp"

// Certificates lists the certificates of all connections, proposed ones too: the
// one that ends first comes first.
func (o *Organization) Certificates(ctx context.Context) ([]identity.Certificate, error) {
	rows, err := o.store.read().Certificates(ctx, o.id)
	if err != nil {
		return nil, fmt.Errorf("list certificates: %w", translate(err))
	}
	return certificatesOf(rows), nil
}

func certificatesOf(rows []query.ConnectionCertificate) []identity.Certificate {
	certificates := make([]identity.Certificate, len(rows))
	for i, row := range rows {
		certificates[i] = identity.Certificate{
			Connection: identity.ConnectionID(row.ConnectionID), Side: row.Side, Fingerprint: row.Fingerprint,
			Subject: row.Subject, NotBefore: moment(row.NotBeforeUs), NotAfter: moment(row.NotAfterUs),
			Proposed: row.Proposed,
		}
	}
	return certificates
}

// SetCertificates replaces the certificates of one side of a connection, "idp"
// or "sp", that are in use.
func (o *Organization) SetCertificates(
	ctx context.Context, id identity.ConnectionID, side string, certificates []identity.Certificate,
) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		if _, _, err := o.connection(ctx, tx.Queries, id); err != nil {
			return err
		}
		return o.putCertificates(ctx, tx, id, side, false, certificates)
	})
	if err != nil {
		return fmt.Errorf("note certificates: %w", err)
	}
	return nil
}

// putCertificates keeps the rows of those that stay, which know whom they were
// announced to.
func (o *Organization) putCertificates(
	ctx context.Context, tx *transaction, id identity.ConnectionID, side string, proposed bool,
	certificates []identity.Certificate,
) error {
	before, err := tx.CertificatesOfSide(ctx, query.CertificatesOfSideParams{
		OrganizationID: o.id, ConnectionID: string(id), Side: side, Proposed: proposed,
	})
	if err != nil {
		return err
	}
	for _, row := range before {
		if slices.ContainsFunc(certificates, func(c identity.Certificate) bool { return c.Fingerprint == row.Fingerprint }) {
			continue
		}
		if err := tx.DeleteCertificate(ctx, query.DeleteCertificateParams{
			OrganizationID: o.id, ConnectionID: string(id), Side: side, Proposed: proposed, Fingerprint: row.Fingerprint,
		}); err != nil {
			return err
		}
	}
	for _, c := range certificates {
		if err := tx.InsertCertificate(ctx, query.InsertCertificateParams{
			OrganizationID: o.id, ConnectionID: string(id), Side: side, Fingerprint: c.Fingerprint, Proposed: proposed,
			Subject: c.Subject, NotBeforeUs: micros(c.NotBefore), NotAfterUs: micros(c.NotAfter),
		}); err != nil {
			return err
		}
	}
	return nil
}

// ProposeMetadata keeps what a refetch of the metadata brought, until somebody
// accepts it by saving it ([Organization.ChangeConnection]), with the
// certificates in it. The same again keeps the time it came first; an empty one
// withdraws what is there.
func (o *Organization) ProposeMetadata(
	ctx context.Context, id identity.ConnectionID, metadata string, certificates []identity.Certificate,
) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		if metadata == "" {
			return tx.withdrawProposal(ctx, o.id, id)
		}
		proposed, err := tx.ProposeMetadata(ctx, query.ProposeMetadataParams{
			OrganizationID: o.id, ConnectionID: string(id), Proposal: metadata, NowUs: tx.now,
		})
		if err != nil {
			return err
		}
		if proposed == 0 {
			return identity.NotFound("connection.not-found")
		}
		return o.putCertificates(ctx, tx, id, idpSide, true, certificates)
	})
	if err != nil {
		return fmt.Errorf("propose metadata: %w", err)
	}
	return nil
}

// Proposal is the metadata that a refetch brought and when it did first; not
// found ("connection.no-proposal") if there is none.
func (o *Organization) Proposal(
	ctx context.Context, id identity.ConnectionID,
) (metadata string, at time.Time, err error) {
	row, err := o.store.read().MetadataProposal(ctx, query.MetadataProposalParams{
		OrganizationID: o.id, ConnectionID: string(id),
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("load proposed metadata: %w", orNotFound(err, identity.NotFound("connection.no-proposal")))
	}
	return row.Proposal, moment(row.ProposedUs), nil
}

// settleProposal ends a proposal when metadata is saved: with its certificates
// in use if it is what is saved.
func (o *Organization) settleProposal(
	ctx context.Context, tx *transaction, c identity.Connection, before string,
) error {
	if c.Metadata == before {
		return nil
	}
	row, err := tx.MetadataProposal(ctx, query.MetadataProposalParams{OrganizationID: o.id, ConnectionID: string(c.ID)})
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if row.Proposal == c.Metadata {
		rows, err := tx.CertificatesOfSide(ctx, query.CertificatesOfSideParams{
			OrganizationID: o.id, ConnectionID: string(c.ID), Side: idpSide, Proposed: true,
		})
		if err != nil {
			return err
		}
		if err := o.putCertificates(ctx, tx, c.ID, idpSide, false, certificatesOf(rows)); err != nil {
			return err
		}
	}
	return tx.withdrawProposal(ctx, o.id, c.ID)
}
