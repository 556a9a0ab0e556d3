package store

import (
	"context"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// savingConnection is a change of a connection under way.
type savingConnection struct {
	*Organization
	c         identity.Connection // as it is to be
	before    query.Connection    // as it was
	activates bool
	doubted   bool // a test counts no more, from the moment Zitadel may know something else
}

func (s *savingConnection) begin(ctx context.Context, tx *transaction) error {
	stored, row, err := s.connection(ctx, tx.Queries, s.c.ID)
	fresh := identity.IsKind(err, identity.KindNotFound)
	if err != nil && !fresh {
		return err
	}
	s.before = row.Connection
	if s.activates, err = s.mayChangeConnection(ctx, tx, stored, s.c); err != nil {
		return err
	}
	if s.activates {
		return s.claimActivation(ctx, tx, s.c.ID)
	}
	renewed := s.c.State == identity.ConnectionDraft && stored.State != identity.ConnectionDraft
	if s.doubted = !fresh && (renewed || !sameProvider(stored, s.c)); !s.doubted {
		return nil
	}
	state := stored.State
	if state != identity.ConnectionActive {
		state = identity.ConnectionDraft
	}
	return s.trust(ctx, tx, string(state), tx.now, 0)
}

func (s *savingConnection) done(ctx context.Context, tx *transaction) error {
	if err := s.putConnection(ctx, tx, s.c); err != nil || !s.activates {
		return err
	}
	return s.finishActivation(ctx, tx)
}

func (s *savingConnection) failed(ctx context.Context, tx *transaction, failure error) error {
	if s.activates {
		return s.releaseActivation(ctx, tx)
	}
	// What Zitadel has refused it does not know. Of anything else that went wrong
	// nobody can tell.
	if s.doubted && (identity.IsKind(failure, identity.KindInvalid) || identity.IsKind(failure, identity.KindConflict)) {
		return s.trust(ctx, tx, s.before.State, s.before.ChangedUs, s.before.TestedUs)
	}
	return nil
}

func (s *savingConnection) trust(ctx context.Context, tx *transaction, state string, changed, tested int64) error {
	return tx.TrustConnection(ctx, query.TrustConnectionParams{
		OrganizationID: s.id, ID: string(s.c.ID), State: state, ChangedUs: changed, TestedUs: tested,
	})
}

// The one activation of a set-up link is claimed before Zitadel is called and
// finished with the connection's row: of two devices one activates, and after a
// crash the same connection may be tried again.

func (o *Organization) claimActivation(ctx context.Context, tx *transaction, id identity.ConnectionID) error {
	link := o.opened.Setup()
	if link == nil {
		return nil
	}
	claimed, err := tx.SetupLinkActivates(ctx, query.SetupLinkActivatesParams{
		OrganizationID: o.id, ID: string(link.ID), ConnectionID: string(id),
	})
	if err != nil {
		return err
	}
	if claimed == 0 {
		return identity.Gone("setup.finished", "Maker", link.Maker, "School", o.opened.Organization().Name)
	}
	return nil
}

func (o *Organization) releaseActivation(ctx context.Context, tx *transaction) error {
	link := o.opened.Setup()
	if link == nil {
		return nil
	}
	return tx.SetupLinkReleased(ctx, query.SetupLinkReleasedParams{OrganizationID: o.id, ID: string(link.ID)})
}

func (o *Organization) finishActivation(ctx context.Context, tx *transaction) error {
	if o.opened.Setup() == nil {
		return nil
	}
	return o.finishLink(ctx, tx)
}
