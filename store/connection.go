package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Connections lists the connections of the opened school, the oldest first.
func (o *Organization) Connections(ctx context.Context) ([]identity.Connection, error) {
	q := o.store.read()
	rows, err := q.Connections(ctx, o.id)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", translate(err))
	}
	served, err := o.connectionDomains(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	connections := make([]identity.Connection, len(rows))
	for i, row := range rows {
		connections[i] = connectionOf(row.Connection, served)
		connections[i].MetadataURL, connections[i].Metadata = row.MetadataUrl, row.Metadata
	}
	return connections, nil
}

// Connection is one of the school's; not found ("connection.not-found")
// otherwise.
func (o *Organization) Connection(ctx context.Context, id identity.ConnectionID) (identity.Connection, error) {
	c, _, err := o.connection(ctx, o.store.read(), id)
	if err != nil {
		return identity.Connection{}, fmt.Errorf("load connection: %w", err)
	}
	return c, nil
}

func (o *Organization) connection(
	ctx context.Context, q *query.Queries, id identity.ConnectionID,
) (identity.Connection, query.ConnectionRow, error) {
	row, err := q.Connection(ctx, query.ConnectionParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return identity.Connection{}, row, orNotFound(err, identity.NotFound("connection.not-found"))
	}
	served, err := o.connectionDomains(ctx, q)
	if err != nil {
		return identity.Connection{}, row, err
	}
	c := connectionOf(row.Connection, served)
	c.MetadataURL, c.Metadata = row.MetadataUrl, row.Metadata
	return c, row, nil
}

// connectionDomains are the domains that each connection of the school serves.
func (o *Organization) connectionDomains(ctx context.Context, q *query.Queries) (map[string][]string, error) {
	rows, err := q.ConnectionDomains(ctx, o.id)
	if err != nil {
		return nil, translate(err)
	}
	served := make(map[string][]string, len(rows))
	for _, row := range rows {
		served[row.ConnectionID] = append(served[row.ConnectionID], row.Domain)
	}
	return served, nil
}

// connectionOf is a connection without its metadata.
func connectionOf(row query.Connection, served map[string][]string) identity.Connection {
	return identity.Connection{
		ID: identity.ConnectionID(row.ID), Provider: identity.ProviderID(row.ProviderID),
		Vendor: identity.Vendor(row.Vendor), Protocol: identity.Protocol(row.Protocol), Name: row.Name,
		State: identity.ConnectionState(row.State), EntityID: row.EntityID, Issuer: row.Issuer,
		ClientID: row.ClientID, District: row.District,
		Rules: identity.JoiningRules{
			Joining: identity.Joining(row.Joining), Role: identity.Role(row.Role),
			Classroom: identity.OrganizationID(row.ClassroomID),
		},
		Domains: served[row.ID], CreatedAt: moment(row.CreatedUs), TestedAt: moment(row.TestedUs),
		ActivatedAt: moment(row.ActivatedUs), LastSuccessAt: moment(row.LastSuccessUs),
		LastFailureAt: moment(row.LastFailureUs),
	}
}

// SignedInThrough remembers that somebody came through a connection, and who
// they are at its identity provider: enforcement would not lock them out.
func (o *Organization) SignedInThrough(
	ctx context.Context, connection identity.ConnectionID, user identity.UserID, externalID string,
) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		if _, _, err := o.connection(ctx, tx.Queries, connection); err != nil {
			return err
		}
		return tx.CameThrough(ctx, query.CameThroughParams{
			OrganizationID: o.id, ConnectionID: string(connection), UserID: string(user),
			ExternalID: externalID, NowUs: tx.now,
		})
	})
	if err != nil {
		return fmt.Errorf("remember who came through a connection: %w", err)
	}
	return nil
}

// CameThrough reports whether somebody has come through a connection.
func (o *Organization) CameThrough(
	ctx context.Context, connection identity.ConnectionID, user identity.UserID,
) (bool, error) {
	_, err := o.store.read().ConnectedPerson(ctx, query.ConnectedPersonParams{
		OrganizationID: o.id, ConnectionID: string(connection), UserID: string(user),
	})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("look up who came through a connection: %w", translate(err))
	}
	return err == nil, nil
}

// AnyConnection reports whether any school has an active connection.
func (s *Store) AnyConnection(ctx context.Context) (bool, error) {
	_, err := s.read().AnyConnection(ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("look for a connection: %w", translate(err))
	}
	return err == nil, nil
}

// SchoolSignIn is a school in use with its active connections, without their
// metadata, for its page to sign in at. One that has none is not found
// ("organization.not-found"), like one that does not exist; one that is suspended
// is closed.
func (s *Store) SchoolSignIn(
	ctx context.Context, school identity.OrganizationID,
) (identity.Organization, []identity.Connection, error) {
	missing := identity.NotFound("organization.not-found")
	organization, err := s.organization(ctx, string(school))
	if err != nil {
		return identity.Organization{}, nil, fmt.Errorf("load school: %w", orNotFound(err, missing))
	}
	if organization.Kind != identity.KindSchool {
		return identity.Organization{}, nil, missing
	}
	if organization.Suspended() {
		return identity.Organization{}, nil, identity.SchoolClosed(organization.Name)
	}
	rows, err := s.read().ActiveConnections(ctx, string(school))
	if err != nil {
		return identity.Organization{}, nil, fmt.Errorf("list connections of a school: %w", translate(err))
	}
	if len(rows) == 0 {
		return identity.Organization{}, nil, missing
	}
	connections := make([]identity.Connection, len(rows))
	for i, row := range rows {
		connections[i] = connectionOf(row, nil)
	}
	return organization, connections, nil
}

// SchoolConnection is a connection with the school it belongs to.
type SchoolConnection struct {
	School     identity.Organization
	Connection identity.Connection
}

// ConnectionsForAddress lists the active connections that serve the domain of an
// address, in schools that have proven it, without their metadata. If there are
// none but those of a suspended school, it is closed.
func (s *Store) ConnectionsForAddress(ctx context.Context, address string) ([]SchoolConnection, error) {
	domain := domainOf(address)
	if domain == "" {
		return nil, nil
	}
	rows, err := s.read().SchoolConnections(ctx, domain)
	if err != nil {
		return nil, fmt.Errorf("look up a domain: %w", translate(err))
	}
	var (
		found  []SchoolConnection
		closed error
	)
	for _, row := range rows {
		school, err := s.organization(ctx, row.Connection.OrganizationID)
		if err := orNotFound(err, identity.NotFound("organization.not-found")); err != nil {
			if identity.IsKind(err, identity.KindNotFound) {
				continue // its rows outlived it
			}
			return nil, fmt.Errorf("look up a domain: %w", err)
		}
		if school.Suspended() {
			closed = identity.SchoolClosed(school.Name)
			continue
		}
		if school.Kind == identity.KindSchool {
			found = append(found, SchoolConnection{School: school, Connection: connectionOf(row.Connection, nil)})
		}
	}
	if len(found) == 0 {
		return nil, closed
	}
	return found, nil
}

// EverySchoolConnection calls f with every connection of every school in use,
// whatever its state, and stops at f's first error.
func (s *Store) EverySchoolConnection(ctx context.Context, f func(identity.Opened, identity.Connection) error) error {
	for after := ""; ; {
		rows, err := s.read().EveryConnection(ctx, query.EveryConnectionParams{After: after, Most: most})
		if err != nil {
			return fmt.Errorf("list every connection: %w", translate(err))
		}
		for _, row := range rows {
			after = row.ID
			school, err := s.organization(ctx, row.OrganizationID)
			if err != nil {
				return fmt.Errorf("load school: %w", translate(err))
			}
			opened, err := identity.OpenWatched(school)
			if err != nil {
				return err
			}
			c, err := s.In(opened).Connection(ctx, identity.ConnectionID(row.ID))
			switch {
			case identity.IsKind(err, identity.KindNotFound):
				continue // deleted meanwhile
			case err != nil:
				return err
			}
			if err := f(opened, c); err != nil {
				return err
			}
		}
		if len(rows) < most {
			return nil
		}
	}
}
