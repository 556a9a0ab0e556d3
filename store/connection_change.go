package store

import (
	"context"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// ChangeConnection makes or changes a connection: it puts the change on record,
// lets act do at Zitadel what has to be done there, and then saves c as act has
// left it and closes the record, in one transaction. Nothing is saved if act
// fails. One change of a connection waits for another.
//
// When the connection was made, tested and used is kept by the store. If what
// the identity provider is changes, it counts as never tested, and one that is
// not active is a draft again: from before act is called, so that no crash leaves
// a test standing that was made of something else. Only a tested one becomes active
// ("connection.not-tested"), and only verified domains of the school are served
// ("connection.domain-not-verified"). The last active one stays while
// enforcement is on ("connection.enforced"). A set-up link activates one
// connection and is finished with it; after that it is gone ("setup.finished").
func (o *Organization) ChangeConnection(
	ctx context.Context, change identity.Change, c identity.Connection,
	act func(context.Context, *identity.Connection) error,
) error {
	err := o.inConnectionTurn(ctx, c.ID, func(ctx context.Context) error {
		about(&change, string(c.ID), c.Name)
		saving := savingConnection{Organization: o, c: c}
		return o.make(ctx, making{
			change: change,
			begin:  saving.begin,
			act:    func(ctx context.Context) ([]identity.Fact, error) { return nil, act(ctx, &saving.c) },
			done:   saving.done,
			failed: saving.failed,
		})
	})
	if err != nil {
		return fmt.Errorf("change a connection: %w", err)
	}
	return nil
}

// about fills in what a change is about.
func about(change *identity.Change, target, name string) {
	if change.Target == "" {
		change.Target, change.TargetName = target, name
	}
}

// inConnectionTurn runs f while no other f of the connection runs. Connections
// and organizations share the waiting rooms; no ID has a slash.
func (o *Organization) inConnectionTurn(
	ctx context.Context, id identity.ConnectionID, f func(context.Context) error,
) error {
	done, err := o.store.turns.take(ctx, "connection/"+identity.OrganizationID(id))
	if err != nil {
		return err
	}
	defer done()
	return f(ctx)
}

// mayChangeConnection decides whether c may take the place of what is stored,
// which is empty for a new one, and reports whether it becomes active by that.
func (o *Organization) mayChangeConnection(
	ctx context.Context, tx *transaction, before, c identity.Connection,
) (activates bool, err error) {
	if before.ID == "" && c.State != identity.ConnectionDraft {
		return false, identity.Conflict("connection.not-tested")
	}
	if c.State == identity.ConnectionActive && before.State != identity.ConnectionActive {
		if before.State == identity.ConnectionDraft || before.TestedAt.IsZero() || !sameProvider(before, c) {
			return false, identity.Conflict("connection.not-tested")
		}
		activates = true
	}
	if before.State == identity.ConnectionActive && c.State != identity.ConnectionActive {
		if err := o.mayLeaveActive(ctx, tx); err != nil {
			return false, err
		}
	}
	verified, err := o.verifiedDomains(ctx, tx)
	if err != nil {
		return false, err
	}
	for _, domain := range c.Domains {
		if !verified[domain] {
			return false, identity.Conflict("connection.domain-not-verified", "domain", domain)
		}
	}
	return activates, nil
}

// sameProvider reports whether the identity provider is the same in both, and
// what it is called there.
func sameProvider(a, b identity.Connection) bool {
	return a.Provider == b.Provider && a.Metadata == b.Metadata && a.EntityID == b.EntityID &&
		a.Issuer == b.Issuer && a.ClientID == b.ClientID && a.District == b.District
}

// mayLeaveActive refuses to take away the last way in.
func (o *Organization) mayLeaveActive(ctx context.Context, tx *transaction) error {
	row, err := o.enforcement(ctx, tx.Queries)
	if err != nil || !row.Enforced {
		return err
	}
	active, err := tx.ActiveConnections(ctx, o.id)
	if err != nil {
		return err
	}
	if len(active) < 2 {
		return identity.Conflict("connection.enforced")
	}
	return nil
}

func (o *Organization) verifiedDomains(ctx context.Context, tx *transaction) (map[string]bool, error) {
	rows, err := tx.Domains(ctx, o.id)
	if err != nil {
		return nil, err
	}
	verified := make(map[string]bool, len(rows))
	for _, row := range rows {
		verified[row.Name] = row.VerifiedUs != 0
	}
	return verified, nil
}

// putConnection saves c over what is stored.
func (o *Organization) putConnection(ctx context.Context, tx *transaction, c identity.Connection) error {
	stored, row, err := o.connection(ctx, tx.Queries, c.ID)
	fresh := identity.IsKind(err, identity.KindNotFound)
	if err != nil && !fresh {
		return err
	}
	created, changed := row.Connection.CreatedUs, row.Connection.ChangedUs
	tested, activated := row.Connection.TestedUs, row.Connection.ActivatedUs
	switch {
	case fresh:
		created, changed = tx.now, tx.now
	case !sameProvider(stored, c):
		changed, tested = tx.now, 0
		if c.State != identity.ConnectionActive {
			c.State = identity.ConnectionDraft
		}
	case c.State == identity.ConnectionDraft && stored.State != identity.ConnectionDraft:
		changed, tested = tx.now, 0 // a new client secret, say
	}
	if c.State == identity.ConnectionActive && stored.State != identity.ConnectionActive {
		activated = tx.now
	}
	if err := tx.PutConnection(ctx, query.PutConnectionParams{
		OrganizationID: o.id, ID: string(c.ID), ProviderID: string(c.Provider), Vendor: string(c.Vendor),
		Protocol: string(c.Protocol), Name: c.Name, State: string(c.State), EntityID: c.EntityID, Issuer: c.Issuer,
		ClientID: c.ClientID, District: c.District, Joining: string(c.Rules.Joining), Role: string(c.Rules.Role),
		ClassroomID: string(c.Rules.Classroom), CreatedUs: created, ChangedUs: changed, TestedUs: tested,
		ActivatedUs: activated,
	}); err != nil {
		return err
	}
	if err := o.settleProposal(ctx, tx, c, stored.Metadata); err != nil {
		return err
	}
	if err := tx.PutConnectionMetadata(ctx, query.PutConnectionMetadataParams{
		OrganizationID: o.id, ConnectionID: string(c.ID), Url: c.MetadataURL, Metadata: c.Metadata,
	}); err != nil {
		return err
	}
	return o.putConnectionDomains(ctx, tx, c)
}

func (o *Organization) putConnectionDomains(ctx context.Context, tx *transaction, c identity.Connection) error {
	if err := tx.DeleteConnectionDomains(ctx, query.DeleteConnectionDomainsParams{
		OrganizationID: o.id, ConnectionID: string(c.ID),
	}); err != nil {
		return err
	}
	verified, err := o.verifiedDomains(ctx, tx)
	if err != nil {
		return err
	}
	for _, domain := range c.Domains {
		if !verified[domain] {
			continue // taken away since the change began
		}
		if err := tx.InsertConnectionDomain(ctx, query.InsertConnectionDomainParams{
			OrganizationID: o.id, ConnectionID: string(c.ID), Domain: domain,
		}); err != nil {
			return err
		}
	}
	return nil
}

// DeleteConnection lets act delete a connection at Zitadel, and then deletes all
// that is known of it. The last active one stays while enforcement is on
// ("connection.enforced").
func (o *Organization) DeleteConnection(
	ctx context.Context, change identity.Change, id identity.ConnectionID, act func(context.Context) error,
) error {
	err := o.inConnectionTurn(ctx, id, func(ctx context.Context) error {
		c, err := o.Connection(ctx, id)
		if err != nil {
			return err
		}
		about(&change, string(id), c.Name)
		return o.make(ctx, making{
			change: change,
			begin: func(ctx context.Context, tx *transaction) error {
				if c.State != identity.ConnectionActive {
					return nil
				}
				return o.mayLeaveActive(ctx, tx)
			},
			act:  func(ctx context.Context) ([]identity.Fact, error) { return nil, act(ctx) },
			done: func(ctx context.Context, tx *transaction) error { return o.dropConnection(ctx, tx, string(id)) },
		})
	})
	if err != nil {
		return fmt.Errorf("delete a connection: %w", err)
	}
	return nil
}

func (o *Organization) dropConnection(ctx context.Context, tx *transaction, id string) error {
	if _, err := tx.DeleteConnection(ctx, query.DeleteConnectionParams{OrganizationID: o.id, ID: id}); err != nil {
		return err
	}
	return errors.Join(
		tx.DeleteConnectionMetadata(ctx, query.DeleteConnectionMetadataParams{OrganizationID: o.id, ConnectionID: id}),
		tx.DeleteCertificatesOf(ctx, query.DeleteCertificatesOfParams{OrganizationID: o.id, ConnectionID: id}),
		tx.DeleteConnectionDomains(ctx, query.DeleteConnectionDomainsParams{OrganizationID: o.id, ConnectionID: id}),
		tx.DeleteConnectedPeople(ctx, query.DeleteConnectedPeopleParams{OrganizationID: o.id, ConnectionID: id}),
		tx.DeleteAttemptsOf(ctx, query.DeleteAttemptsOfParams{OrganizationID: o.id, ConnectionID: id}),
		tx.DeleteSignInCounts(ctx, query.DeleteSignInCountsParams{OrganizationID: o.id, ConnectionID: id}),
	)
}
