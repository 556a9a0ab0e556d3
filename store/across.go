package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Membership is one organization somebody holds a role in.
type Membership struct {
	Organization identity.Organization // without settings
	Roles        []identity.Role
	State        identity.RoleAssignmentState
	Students     int
	Teachers     int // and co-teachers
	Waiting      int // invitations
}

// Memberships lists where the user holds roles: schools first, then classrooms,
// by name. The classrooms of a school_admin's school are not among them, nor what
// is not in use.
func (s *Store) Memberships(ctx context.Context, user identity.UserID) ([]Membership, error) {
	rows, err := s.read().Memberships(ctx, query.MembershipsParams{UserID: string(user), NowUs: micros(s.clock())})
	if err != nil {
		return nil, fmt.Errorf("list memberships: %w", translate(err))
	}
	memberships := make([]Membership, len(rows))
	for i, row := range rows {
		memberships[i] = Membership{
			Organization: identity.Organization{
				ID: identity.OrganizationID(row.ID), Kind: identity.Kind(row.Kind), Name: row.Name,
				State: identity.OrganizationState(row.State), School: identity.OrganizationID(row.SchoolID),
				SchoolName: row.SchoolName, RemoteName: row.RemoteName, CreatedAt: moment(row.CreatedUs),
			},
			Roles: parseRoles(row.Roles), State: identity.RoleAssignmentState(row.AssignmentState),
			Students: int(row.Students), Teachers: int(row.Teachers), Waiting: int(row.Waiting),
		}
	}
	return memberships, nil
}

// WaitingInvitation is an invitation with where it leads to.
type WaitingInvitation struct {
	Invitation   identity.Invitation
	Kind         identity.Kind
	Organization string // its name
	School       string // the name of a classroom's school
	Token        string // of its link
}

// InvitationsFor lists the invitations to the user's own, verified address that
// can be accepted, newest first. They come with their tokens: who reads mail at
// an address may have what was sent there.
func (s *Store) InvitationsFor(ctx context.Context, user identity.UserID) ([]WaitingInvitation, error) {
	u, err := s.User(ctx, user)
	if identity.IsKind(err, identity.KindNotFound) || err == nil && (u.Address == "" || !u.AddressVerified) {
		return nil, nil // nobody can have invited them
	}
	if err != nil {
		return nil, err
	}
	rows, err := s.read().InvitationsFor(ctx, query.InvitationsForParams{
		AddressKey: addressKey(u.Address), NowUs: micros(s.clock()),
	})
	if err != nil {
		return nil, fmt.Errorf("list invitations of a user: %w", translate(err))
	}
	var waiting []WaitingInvitation
	for _, row := range rows {
		switch lapsed, err := s.lapsed(ctx, row.Invitation); {
		case err != nil:
			return nil, fmt.Errorf("list invitations of a user: %w", err)
		case lapsed:
			continue
		}
		token, err := s.keys.open(tokenPlace(row.Invitation.ID), row.Invitation.TokenSealed)
		if err != nil {
			return nil, fmt.Errorf("list invitations of a user: %w", err)
		}
		waiting = append(waiting, WaitingInvitation{
			Invitation: invitationOf(row.Invitation), Kind: identity.Kind(row.Kind),
			Organization: row.OrganizationName, School: row.SchoolName, Token: string(token),
		})
	}
	return waiting, nil
}

// User is the user as far as the projection knows them; not found
// ("user.not-found") otherwise. It is for the person who is signed in, about
// themselves.
func (s *Store) User(ctx context.Context, id identity.UserID) (identity.User, error) {
	row, err := s.read().UserByID(ctx, string(id))
	if err != nil {
		return identity.User{}, fmt.Errorf("load user: %w", orNotFound(err, identity.NotFound("user.not-found")))
	}
	return userOfRow(row), nil
}

// PlatformRole is operator for the platform's operators, and empty for everybody
// else.
func (s *Store) PlatformRole(ctx context.Context, user identity.UserID) (identity.Role, error) {
	roles, err := s.read().PlatformRoles(ctx, query.PlatformRolesParams{
		Operators: string(s.operators), UserID: string(user),
	})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("load platform role: %w", translate(err))
	}
	for _, role := range parseRoles(roles) {
		if role == identity.RoleOperator {
			return role, nil
		}
	}
	return "", nil
}

// addressKey is an address as it is compared: capital letters of ASCII make no
// difference, see [identity.SameAddress].
func addressKey(address string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, strings.TrimSpace(address))
}
