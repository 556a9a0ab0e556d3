package store

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

const (
	// codesKept is how long codes count for how many were sent in an hour.
	codesKept = 2 * time.Hour
	// linksKept is how long a set-up link stays on the list after its end.
	linksKept = 90 * 24 * time.Hour
	// decisionsKept is how long an answer to who asked to join is known; longer
	// than declinedFor.
	decisionsKept = 60 * 24 * time.Hour
	// proposalsKept is how long metadata is proposed that no refetch brings any
	// more.
	proposalsKept = 30 * 24 * time.Hour
)

// deleteOldSignIn deletes attempts, codes, set-up links and answered requests.
func (tx *transaction) deleteOldSignIn(ctx context.Context) error {
	before := func(kept time.Duration) int64 { return tx.now - kept.Microseconds() }
	if _, err := tx.DeleteOldAttempts(ctx, before(attemptsKept)); err != nil {
		return err
	}
	if _, err := tx.DeleteOldSignInCounts(ctx, dayOf(before(attemptsKept))); err != nil {
		return err
	}
	if _, err := tx.DeleteOldSetupCodes(ctx, before(codesKept)); err != nil {
		return err
	}
	if _, err := tx.DeleteOldSetupLinks(ctx, before(linksKept)); err != nil {
		return err
	}
	if _, err := tx.DeleteOldJoinRequests(ctx, before(decisionsKept)); err != nil {
		return err
	}
	return tx.deleteOldJoining(ctx)
}

// withdrawOldProposals withdraws metadata that was proposed and is not offered
// any more by where it came from.
func (tx *transaction) withdrawOldProposals(ctx context.Context) error {
	old, err := tx.OldProposals(ctx, tx.now-proposalsKept.Microseconds())
	if err != nil {
		return err
	}
	for _, row := range old {
		if err := tx.withdrawProposal(ctx, row.OrganizationID, identity.ConnectionID(row.ConnectionID)); err != nil {
			return err
		}
	}
	return nil
}

// withdrawProposal ends the proposal of a connection, with its certificates.
func (tx *transaction) withdrawProposal(ctx context.Context, organization string, id identity.ConnectionID) error {
	if err := tx.WithdrawProposal(ctx, query.WithdrawProposalParams{
		OrganizationID: organization, ConnectionID: string(id),
	}); err != nil {
		return err
	}
	return tx.DeleteProposedCertificates(ctx, query.DeleteProposedCertificatesParams{
		OrganizationID: organization, ConnectionID: string(id),
	})
}
