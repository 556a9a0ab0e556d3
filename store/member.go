package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Member is somebody on the roster, with all that the rules have to know; not
// found ("member.not-found") for anybody else. Peers are counted up to 100.
func (o *Organization) Member(ctx context.Context, user identity.UserID) (identity.Member, error) {
	q := o.store.read()
	row, err := q.Member(ctx, query.MemberParams{
		OrganizationID: o.id, UserID: string(user),
		SchoolID: string(o.opened.Organization().School), Operators: string(o.store.operators),
	})
	if err != nil {
		return identity.Member{}, fmt.Errorf("load member: %w", orNotFound(err, identity.NotFound("member.not-found")))
	}
	peers, err := q.Peers(ctx, query.PeersParams{
		OrganizationID: o.id, UserID: string(user), RoleOrder: row.RoleAssignment.RoleOrder,
	})
	if err != nil {
		return identity.Member{}, fmt.Errorf("count peers: %w", translate(err))
	}
	anywhere, err := q.RolesAnywhere(ctx, string(user))
	if err != nil {
		return identity.Member{}, fmt.Errorf("load the roles held anywhere: %w", translate(err))
	}
	m := identity.Member{
		User: identity.User{
			ID: user, Home: identity.OrganizationID(row.Home), UserName: row.UserName,
			GivenName: row.GivenName, FamilyName: row.FamilyName,
			Address: row.Address, AddressVerified: row.AddressVerified, Language: row.Language,
			State: identity.UserState(row.UserState), LastSeenAt: moment(row.UserLastSeenUs),
			CreatedAt: moment(row.UserCreatedUs),
		},
		Assignment:   assignmentOf(row.RoleAssignment),
		HeldAnywhere: identity.Highest(rolesOf(anywhere)),
		Held:         identity.Held{School: parseRoles(row.RolesSchool), Platform: parseRoles(row.RolesPlatform)},
		Peers:        int(peers),
	}
	nameless(&m.User)
	if m.Assignment.State == identity.AssignmentActive {
		m.Held.Here = m.Assignment.Roles
	}
	return m, nil
}

func rolesOf(keys []string) []identity.Role {
	roles := make([]identity.Role, len(keys))
	for i, key := range keys {
		roles[i] = identity.Role(key)
	}
	return roles
}

// nameless gives somebody whom the projection knows by a role assignment alone,
// because the event that names them is still to come, their ID for a name.
func nameless(u *identity.User) {
	if u.UserName == "" && u.GivenName == "" && u.FamilyName == "" {
		u.UserName = string(u.ID)
	}
	if u.State == "" {
		u.State = identity.UserActive
	}
}

func assignmentOf(row query.RoleAssignment) identity.RoleAssignment {
	return identity.RoleAssignment{
		ID: identity.RoleAssignmentID(row.ID), User: identity.UserID(row.UserID),
		Organization: identity.OrganizationID(row.OrganizationID), Roles: parseRoles(row.Roles),
		State: identity.RoleAssignmentState(row.State), CreatedAt: moment(row.CreatedUs), ChangedAt: moment(row.ChangedUs),
	}
}

// EndSessions ends the sessions of somebody on the roster at the portal; not
// found ("member.not-found") for anybody else.
func (o *Organization) EndSessions(ctx context.Context, user identity.UserID) error {
	if _, err := o.Member(ctx, user); err != nil {
		return err
	}
	return o.store.Sessions().End(ctx, user)
}
