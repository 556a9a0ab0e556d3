package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// load reads one thing's row, or the stone of one that was removed.
func load(ctx context.Context, read *query.Queries, about subject, id string) (*folded, error) {
	row := &folded{about: about, id: id}
	var err error
	switch about {
	case aboutOrganization:
		var o query.ProjectedOrganizationRow
		if o, err = read.ProjectedOrganization(ctx, id); err == nil {
			*row = foldedOrganization(query.ProjectedOrganizationsRow(o))
		}
	case aboutUser:
		var u query.ProjectedUserRow
		if u, err = read.ProjectedUser(ctx, id); err == nil {
			*row = foldedUser(query.ProjectedUsersRow(u))
			if u.Credentials != 0 {
				var credentials []query.Credential
				credentials, err = read.ProjectedCredentials(ctx, id)
				row.credentials = credentialsOf(credentials)
				row.stored = row.credentials
			}
		}
	case aboutAssignment:
		var a query.ProjectedRoleAssignmentRow
		if a, err = read.ProjectedRoleAssignment(ctx, id); err == nil {
			*row = foldedAssignment(query.ProjectedRoleAssignmentsRow(a))
		}
	}
	if err == nil || !errors.Is(err, sql.ErrNoRows) {
		return row, err
	}
	stone, err := read.Removed(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		return row, nil
	}
	row.changed, row.sequence, row.stone = moment(stone.ChangedUs), uint64(stone.Sequence), true
	return row, err
}

func foldedOrganization(o query.ProjectedOrganizationsRow) folded {
	return folded{
		about: aboutOrganization, id: o.ID, exists: true, changed: moment(o.ChangedUs), sequence: uint64(o.Sequence),
		organization: identity.Organization{
			ID: identity.OrganizationID(o.ID), Kind: identity.Kind(o.Kind), Name: o.Name, RemoteName: o.RemoteName,
			School: identity.OrganizationID(o.SchoolID), State: identity.OrganizationState(o.State),
			CreatedAt: moment(o.CreatedUs),
		},
	}
}

func foldedUser(u query.ProjectedUsersRow) folded {
	return folded{
		about: aboutUser, id: u.ID, exists: true, changed: moment(u.ChangedUs), sequence: uint64(u.Sequence),
		user: identity.User{
			ID: identity.UserID(u.ID), Home: identity.OrganizationID(u.OrganizationID), UserName: u.UserName,
			GivenName: u.GivenName, FamilyName: u.FamilyName, Address: u.Address, AddressVerified: u.AddressVerified,
			Language: u.Language, State: identity.UserState(u.State), LastSeenAt: moment(u.LastSeenUs),
			CreatedAt: moment(u.CreatedUs),
		},
	}
}

func foldedAssignment(a query.ProjectedRoleAssignmentsRow) folded {
	return folded{
		about: aboutAssignment, id: a.ID, exists: true, changed: moment(a.ChangedUs), sequence: uint64(a.Sequence),
		assignedAt: moment(a.AssignedUs),
		assignment: identity.RoleAssignment{
			ID: identity.RoleAssignmentID(a.ID), User: identity.UserID(a.UserID),
			Organization: identity.OrganizationID(a.OrganizationID), Roles: splitRoles(a.Roles),
			State: identity.RoleAssignmentState(a.State), CreatedAt: moment(a.CreatedUs), ChangedAt: moment(a.ChangedUs),
		},
	}
}

// splitRoles reads the column roles.
func splitRoles(column string) []identity.Role {
	if column == "" {
		return nil
	}
	var roles []identity.Role
	for _, r := range strings.Split(column, ",") {
		roles = append(roles, identity.Role(r))
	}
	return roles
}

// joinRoles writes the column roles, lowest first.
func joinRoles(roles []identity.Role) string {
	texts := make([]string, 0, len(roles))
	for _, r := range identity.SortRoles(roles) {
		texts = append(texts, string(r))
	}
	return strings.Join(texts, ",")
}

// flush writes what changed: organizations before users before role
// assignments, because what is gone takes along what belonged to it.
func (f *folding) flush(ctx context.Context) error {
	for _, about := range []subject{aboutOrganization, aboutUser, aboutAssignment} {
		for i := 0; i < len(f.dirty); i++ { // removals add to it
			if f.dirty[i].about != about {
				continue
			}
			if err := f.put(ctx, f.things[f.dirty[i]]); err != nil {
				return err
			}
		}
	}
	clear(f.things)
	f.dirty = nil
	return nil
}

// put writes one thing's row, or its stone if it is gone.
func (f *folding) put(ctx context.Context, row *folded) error {
	row.dirty = false
	if row.exists {
		// What it belonged to may be gone, and its own removal untold.
		gone, err := f.outlived(ctx, row)
		if err != nil {
			return err
		}
		row.exists = !gone
	}
	if !row.exists {
		return f.bury(ctx, row)
	}
	if row.stone {
		row.stone = false
		if err := f.UnRemove(ctx, row.id); err != nil {
			return err
		}
	}
	switch row.about {
	case aboutOrganization:
		return f.putOrganization(ctx, row)
	case aboutUser:
		return f.putUser(ctx, row)
	default:
		return f.putAssignment(ctx, row)
	}
}

func (f *folding) putOrganization(ctx context.Context, row *folded) error {
	o := row.organization
	return f.PutOrganization(ctx, query.PutOrganizationParams{
		ID: row.id, Kind: string(o.Kind), Name: o.Name, SortName: foldName(o.Name), RemoteName: o.RemoteName,
		SchoolID: string(o.School), State: string(o.State), CreatedUs: micros(o.CreatedAt),
		ChangedUs: micros(row.changed), Sequence: int64(row.sequence),
	})
}

func (f *folding) putUser(ctx context.Context, row *folded) error {
	u := row.user
	if u.State != identity.UserActive {
		if _, err := f.EndSessionsOfUser(ctx, query.EndSessionsOfUserParams{NowUs: f.now, UserID: row.id}); err != nil {
			return err
		}
	}
	if err := f.putCredentials(ctx, row); err != nil {
		return err
	}
	return f.PutUser(ctx, query.PutUserParams{
		OrganizationID: string(u.Home), ID: row.id, UserName: u.UserName, UserNameDomain: domainOf(u.UserName),
		AddressDomain: domainOf(u.Address), GivenName: u.GivenName, FamilyName: u.FamilyName, SortName: sortName(u), SearchWords: searchWords(u), Address: u.Address,
		AddressVerified: u.AddressVerified, Language: u.Language, State: string(u.State),
		LastSeenUs: micros(u.LastSeenAt), CreatedUs: micros(u.CreatedAt),
		ChangedUs: micros(row.changed), Sequence: int64(row.sequence), Credentials: credentialBits(row.credentials),
	})
}

func (f *folding) putAssignment(ctx context.Context, row *folded) error {
	a := row.assignment
	// A user has one assignment in an organization. Two rows mean that the
	// removal of the older one has not been told yet.
	other, err := f.ProjectedRoleAssignmentOf(ctx, query.ProjectedRoleAssignmentOfParams{
		OrganizationID: string(a.Organization), UserID: string(a.User),
	})
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && other.ID == row.id:
	case err != nil:
		return err
	case other.CreatedUs > micros(a.CreatedAt):
		row.exists, row.changed = false, later(row.changed, moment(other.CreatedUs))
		return f.bury(ctx, row)
	default:
		old, err := f.thing(ctx, aboutAssignment, other.ID)
		if err != nil {
			return err
		}
		old.exists, old.changed = false, later(old.changed, a.CreatedAt)
		if err := f.bury(ctx, old); err != nil {
			return err
		}
	}
	return f.PutRoleAssignment(ctx, query.PutRoleAssignmentParams{
		OrganizationID: string(a.Organization), UserID: string(a.User), ID: row.id, Role: string(a.Role()),
		Roles: joinRoles(a.Roles), State: string(a.State), CreatedUs: micros(a.CreatedAt),
		AssignedUs: micros(row.assignedAt), ChangedUs: micros(row.changed), Sequence: int64(row.sequence),
	})
}

// bury deletes a row, leaves a stone with its version, and takes along what
// belonged to it, of which Zitadel tells nothing.
func (f *folding) bury(ctx context.Context, row *folded) error {
	row.exists, row.stone, row.dirty = false, true, false
	err := f.PutRemoved(ctx, query.PutRemovedParams{
		ID: row.id, ChangedUs: micros(row.changed), Sequence: int64(row.sequence),
	})
	if err != nil {
		return err
	}
	switch row.about {
	case aboutOrganization:
		if err := f.RemoveOrganization(ctx, row.id); err != nil {
			return err
		}
		if err := f.ForgetExternalClassrooms(ctx, row.id); err != nil {
			return err
		}
		users, err := f.ProjectedUsersAtHome(ctx, row.id)
		if err != nil {
			return err
		}
		if err := f.buryAll(ctx, aboutUser, users, row); err != nil {
			return err
		}
		assignments, err := f.RoleAssignmentsOfOrganization(ctx, row.id)
		if err != nil {
			return err
		}
		return f.buryAll(ctx, aboutAssignment, assignments, row)
	case aboutUser:
		if err := f.RemoveUser(ctx, row.id); err != nil {
			return err
		}
		if err := f.RemoveCredentials(ctx, row.id); err != nil {
			return err
		}
		row.credentials, row.stored = nil, nil
		if err := forgetBadges(ctx, f.Queries, string(row.user.Home), row.id); err != nil {
			return err
		}
		if err := f.forgetImported(ctx, row.id); err != nil {
			return err
		}
		if err := f.ForgetRolledOver(ctx, row.id); err != nil {
			return err
		}
		if _, err := f.EndSessionsOfUser(ctx, query.EndSessionsOfUserParams{NowUs: f.now, UserID: row.id}); err != nil {
			return err
		}
		assignments, err := f.RoleAssignmentsOfUser(ctx, row.id)
		if err != nil {
			return err
		}
		return f.buryAll(ctx, aboutAssignment, assignments, row)
	default:
		return f.RemoveRoleAssignment(ctx, row.id)
	}
}

// buryAll removes what belonged to owner, as of owner's removal. What came
// later than that stays.
func (f *folding) buryAll(ctx context.Context, about subject, ids []string, owner *folded) error {
	for _, id := range ids {
		row, err := f.thing(ctx, about, id)
		if err != nil {
			return err
		}
		if !row.exists || !row.createdAt().Before(owner.changed) {
			continue
		}
		row.exists, row.changed = false, later(row.changed, owner.changed)
		if err := f.bury(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// outlived reports whether what a thing belongs to was removed after it came,
// and takes away the roles that its organization's grants have lost since. A
// role assignment without roles is none.
func (f *folding) outlived(ctx context.Context, row *folded) (bool, error) {
	var owners []string
	switch row.about {
	case aboutUser:
		owners = []string{string(row.user.Home)}
	case aboutAssignment:
		owners = []string{string(row.assignment.Organization), string(row.assignment.User)}
	}
	for _, id := range owners {
		stone, err := f.Removed(ctx, id)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return false, err
		}
		if at := moment(stone.ChangedUs); row.createdAt().Before(at) {
			row.changed = later(row.changed, at)
			return true, nil
		}
	}
	if row.about != aboutAssignment {
		return false, nil
	}
	return f.ungranted(ctx, row)
}
