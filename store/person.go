package store

import (
	"context"
	"fmt"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Candidate is somebody at home in the opened school, who may be meant by who
// comes from its identity provider.
type Candidate = identity.Candidate

// PeopleByAddress lists who is at home here and has the address, verified or not.
func (o *Organization) PeopleByAddress(ctx context.Context, address string) ([]Candidate, error) {
	key := addressKey(address)
	if key == "" {
		return nil, nil
	}
	rows, err := o.store.read().PeopleAtHome(ctx, query.PeopleAtHomeParams{
		OrganizationID: o.id, Operators: string(o.store.operators), AddressKey: key,
	})
	if err != nil {
		return nil, fmt.Errorf("look up an address: %w", translate(err))
	}
	found := make([]Candidate, len(rows))
	for i, row := range rows {
		found[i] = candidateOf(query.PersonAtHomeRow(row))
	}
	return found, nil
}

// Person is somebody at home here; not found ("user.not-found") otherwise.
func (o *Organization) Person(ctx context.Context, user identity.UserID) (Candidate, error) {
	row, err := o.store.read().PersonAtHome(ctx, query.PersonAtHomeParams{
		OrganizationID: o.id, Operators: string(o.store.operators), UserID: string(user),
	})
	if err != nil {
		return Candidate{}, fmt.Errorf("load somebody at home: %w", orNotFound(err, identity.NotFound("user.not-found")))
	}
	return candidateOf(row), nil
}

func candidateOf(row query.PersonAtHomeRow) Candidate {
	return Candidate{
		User: identity.User{
			ID: identity.UserID(row.ID), Home: identity.OrganizationID(row.OrganizationID), UserName: row.UserName,
			GivenName: row.GivenName, FamilyName: row.FamilyName, Address: row.Address,
			AddressVerified: row.AddressVerified, Language: row.Language, State: identity.UserState(row.State),
			LastSeenAt: moment(row.LastSeenUs), CreatedAt: moment(row.CreatedUs),
		},
		Roles:    row.HasRoles,
		Operator: slices.Contains(parseRoles(row.RolesPlatform), identity.RoleOperator),
	}
}

// ClassroomIn is a classroom of the opened school; not found
// ("organization.not-found") otherwise.
func (o *Organization) ClassroomIn(ctx context.Context, id identity.OrganizationID) (identity.Organization, error) {
	row, err := o.store.read().ClassroomIn(ctx, query.ClassroomInParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return identity.Organization{}, fmt.Errorf("load classroom: %w", orNotFound(err, identity.NotFound("organization.not-found")))
	}
	return identity.Organization{
		ID: identity.OrganizationID(row.ID), Kind: identity.Kind(row.Kind), Name: row.Name,
		State: identity.OrganizationState(row.State), School: identity.OrganizationID(row.SchoolID),
		SchoolName: o.opened.Organization().Name, RemoteName: row.RemoteName, CreatedAt: moment(row.CreatedUs),
	}, nil
}
