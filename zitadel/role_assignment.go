package zitadel

import (
	"context"
	"slices"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"homeroom.dev/homeroom/identity"
)

// CreateRoleAssignment assigns roles here to a user of any home.
func (r *remote) CreateRoleAssignment(ctx context.Context, user identity.UserID, roles []identity.Role) (identity.Fact, error) {
	roles, err := r.assignableTo(user, roles)
	if err != nil {
		return nil, err
	}
	defer r.lockAssignment(user)()
	created, err := r.createAssignment(ctx, user, roles)
	if is(err, idTaken) {
		return r.adoptAssignment(ctx, user, roles)
	}
	if err != nil {
		return nil, fail("create authorization", err, "organization.not-found")
	}
	found, err := r.shownAssignment(ctx, user)
	if err != nil {
		return nil, err
	}
	if found == nil {
		// Made a moment ago: make it anew, which brings a lost row back.
		if created, err = r.repairAssignment(ctx, created.GetId(), user, roles); err != nil {
			return nil, err
		}
	}
	return assignmentCreated(r.opened.ID(), user, created.GetId(), roles, created.GetCreationDate(), created.GetCreationDate()), nil
}

// lockAssignment keeps changes of one role assignment here apart.
func (r *remote) lockAssignment(user identity.UserID) (unlock func()) {
	return r.locks.of(string(r.opened.ID()) + "/" + string(user))
}

func (r *remote) createAssignment(ctx context.Context, user identity.UserID, roles []identity.Role) (*authorizationpb.CreateAuthorizationResponse, error) {
	return r.client.AuthorizationServiceV2().CreateAuthorization(ctx, &authorizationpb.CreateAuthorizationRequest{
		UserId: string(user), ProjectId: r.config.Project, OrganizationId: string(r.opened.ID()), RoleKeys: roleKeys(roles),
	})
}

// adoptAssignment brings an assignment that is there already to roles and
// activates it, in this order: the roles it had before are not to come back
// for a moment.
func (r *remote) adoptAssignment(ctx context.Context, user identity.UserID, roles []identity.Role) (identity.Fact, error) {
	found, err := r.shownAssignment(ctx, user)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, notShown("adopt authorization")
	}
	updated, err := r.client.AuthorizationServiceV2().UpdateAuthorization(ctx, &authorizationpb.UpdateAuthorizationRequest{
		Id: found.GetId(), RoleKeys: roleKeys(roles),
	})
	if err != nil {
		return nil, fail("update authorization", err, "role-assignment.not-found")
	}
	activated, err := r.client.AuthorizationServiceV2().ActivateAuthorization(ctx, &authorizationpb.ActivateAuthorizationRequest{Id: found.GetId()})
	if err != nil {
		return nil, fail("activate authorization", err, "role-assignment.not-found")
	}
	changed := updated.GetChangeDate()
	if activated.GetChangeDate().AsTime().After(changed.AsTime()) {
		changed = activated.GetChangeDate()
	}
	return assignmentCreated(r.opened.ID(), user, found.GetId(), roles, found.GetCreationDate(), changed), nil
}

func assignmentCreated(organization identity.OrganizationID, user identity.UserID, id string, roles []identity.Role, created, changed *timestamppb.Timestamp) identity.RoleAssignmentCreated {
	return identity.RoleAssignmentCreated{
		Assignment: identity.RoleAssignment{
			ID: identity.RoleAssignmentID(id), User: user, Organization: organization,
			Roles: roles, State: identity.AssignmentActive,
			CreatedAt: at(created), ChangedAt: at(changed),
		},
		At: at(changed),
	}
}

func (r *remote) repairAssignment(ctx context.Context, id string, user identity.UserID, roles []identity.Role) (*authorizationpb.CreateAuthorizationResponse, error) {
	const doing = "repair authorization"
	if _, err := r.client.AuthorizationServiceV2().DeleteAuthorization(ctx, &authorizationpb.DeleteAuthorizationRequest{Id: id}); err != nil {
		return nil, fail(doing, err, "role-assignment.not-found")
	}
	created, err := r.createAssignment(ctx, user, roles)
	if err != nil {
		return nil, fail(doing, err, "organization.not-found")
	}
	found, err := r.shownAssignment(ctx, user)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, notShown(doing)
	}
	return created, nil
}

// UpdateRoleAssignment replaces the roles of the user here.
func (r *remote) UpdateRoleAssignment(ctx context.Context, user identity.UserID, roles []identity.Role) (identity.Fact, error) {
	roles, err := r.assignable(roles)
	if err != nil {
		return nil, err
	}
	defer r.lockAssignment(user)()
	a, err := r.assignment(ctx, user)
	if err != nil {
		return nil, err
	}
	answer, err := r.client.AuthorizationServiceV2().UpdateAuthorization(ctx, &authorizationpb.UpdateAuthorizationRequest{
		Id: a.GetId(), RoleKeys: roleKeys(roles),
	})
	if err != nil {
		return nil, fail("update authorization", err, "role-assignment.not-found")
	}
	return identity.RoleAssignmentChanged{ID: identity.RoleAssignmentID(a.GetId()), Roles: roles, At: at(answer.GetChangeDate())}, nil
}

// SuspendRoleAssignment takes the roles out of tokens and keeps them.
func (r *remote) SuspendRoleAssignment(ctx context.Context, user identity.UserID) (identity.Fact, error) {
	defer r.lockAssignment(user)()
	a, err := r.assignment(ctx, user)
	if err != nil {
		return nil, err
	}
	answer, err := r.client.AuthorizationServiceV2().DeactivateAuthorization(ctx, &authorizationpb.DeactivateAuthorizationRequest{Id: a.GetId()})
	if err != nil {
		return nil, fail("deactivate authorization", err, "role-assignment.not-found")
	}
	return identity.RoleAssignmentStateChanged{
		ID: identity.RoleAssignmentID(a.GetId()), State: identity.AssignmentSuspended, At: at(answer.GetChangeDate()),
	}, nil
}

// ActivateRoleAssignment ends a suspension.
func (r *remote) ActivateRoleAssignment(ctx context.Context, user identity.UserID) (identity.Fact, error) {
	defer r.lockAssignment(user)()
	a, err := r.assignment(ctx, user)
	if err != nil {
		return nil, err
	}
	answer, err := r.client.AuthorizationServiceV2().ActivateAuthorization(ctx, &authorizationpb.ActivateAuthorizationRequest{Id: a.GetId()})
	if err != nil {
		return nil, fail("activate authorization", err, "role-assignment.not-found")
	}
	return identity.RoleAssignmentStateChanged{
		ID: identity.RoleAssignmentID(a.GetId()), State: identity.AssignmentActive, At: at(answer.GetChangeDate()),
	}, nil
}

// DeleteRoleAssignment ends the assignment. One that is gone already gives a
// fact without meaning.
func (r *remote) DeleteRoleAssignment(ctx context.Context, user identity.UserID) (identity.Fact, error) {
	defer r.lockAssignment(user)()
	a, err := r.assignment(ctx, user)
	if identity.IsKind(err, identity.KindNotFound) && r.present() == nil {
		return identity.Unknown{}, nil
	}
	if err != nil {
		return nil, err
	}
	answer, err := r.client.AuthorizationServiceV2().DeleteAuthorization(ctx, &authorizationpb.DeleteAuthorizationRequest{Id: a.GetId()})
	if err != nil {
		return nil, fail("delete authorization", err, "role-assignment.not-found")
	}
	// Whoever assigns again at once must not be shown the old one. If it does
	// not go away now, it does later: the deletion stands.
	_, err = shown(ctx, func() (bool, error) {
		left, err := findAssignment(ctx, r.client, r.config.Project, r.opened.ID(), user)
		return left.GetId() != a.GetId(), err
	})
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	return identity.RoleAssignmentRemoved{ID: identity.RoleAssignmentID(a.GetId()), At: at(answer.GetDeletionDate())}, nil
}

// assignableTo checks roles, and refuses our own service accounts.
func (r *remote) assignableTo(user identity.UserID, roles []identity.Role) ([]identity.Role, error) {
	roles, err := r.assignable(roles)
	if err == nil && slices.Contains(r.config.ServiceAccounts, user) {
		err = identity.NotFound("user.not-found")
	}
	return roles, err
}

// assignable checks role keys, which Zitadel leaves to us with the feature
// improved_performance USER_GRANT on, and sorts them.
func (r *remote) assignable(roles []identity.Role) ([]identity.Role, error) {
	if err := r.present(); err != nil {
		return nil, err
	}
	kind := r.opened.Organization().Kind
	if kind != identity.KindSchool && kind != identity.KindClassroom {
		return nil, identity.NotFound("organization.not-found") // not one we opened
	}
	here := identity.RolesIn(kind)
	if len(roles) == 0 || slices.ContainsFunc(roles, func(role identity.Role) bool { return !slices.Contains(here, role) }) {
		return nil, identity.Invalid("role.not-here")
	}
	return identity.SortRoles(roles), nil
}

// assignment loads the role assignment of user here, by organization, project
// and user: no other one can come out of it.
func (r *remote) assignment(ctx context.Context, user identity.UserID) (*authorizationpb.Authorization, error) {
	if err := r.present(); err != nil {
		return nil, err
	}
	a, err := findAssignment(ctx, r.client, r.config.Project, r.opened.ID(), user)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, identity.NotFound("role-assignment.not-found")
	}
	return a, nil
}

// shownAssignment reads an assignment back that is known to exist. It is nil
// if Zitadel does not show it.
func (r *remote) shownAssignment(ctx context.Context, user identity.UserID) (*authorizationpb.Authorization, error) {
	var a *authorizationpb.Authorization
	_, err := shown(ctx, func() (found bool, err error) {
		a, err = findAssignment(ctx, r.client, r.config.Project, r.opened.ID(), user)
		return a != nil, err
	})
	return a, err
}

// findAssignment is the assignment of user in organization, or nil. Every
// filter is at the top level, where Zitadel narrows its permission check by it.
func findAssignment(ctx context.Context, c *client.Client, project string, organization identity.OrganizationID, user identity.UserID) (*authorizationpb.Authorization, error) {
	if user == "" {
		return nil, nil
	}
	answer, err := c.AuthorizationServiceV2().ListAuthorizations(ctx, &authorizationpb.ListAuthorizationsRequest{
		Filters: append(assignmentsIn(project, organization), &authorizationpb.AuthorizationsSearchFilter{
			Filter: &authorizationpb.AuthorizationsSearchFilter_InUserIds{InUserIds: &filterpb.InIDsFilter{Ids: []string{string(user)}}},
		}),
	})
	if isCode(err, codes.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fail("list authorizations", err, "role-assignment.not-found")
	}
	for _, a := range answer.GetAuthorizations() {
		if a.GetUser().GetId() == string(user) && a.GetOrganization().GetId() == string(organization) && a.GetProject().GetId() == project {
			return a, nil
		}
	}
	return nil, nil
}

func assignmentsIn(project string, organization identity.OrganizationID) []*authorizationpb.AuthorizationsSearchFilter {
	return []*authorizationpb.AuthorizationsSearchFilter{
		{Filter: &authorizationpb.AuthorizationsSearchFilter_OrganizationId{OrganizationId: &filterpb.IDFilter{Id: string(organization)}}},
		assignmentsOf(project),
	}
}

func assignmentsOf(project string) *authorizationpb.AuthorizationsSearchFilter {
	return &authorizationpb.AuthorizationsSearchFilter{
		Filter: &authorizationpb.AuthorizationsSearchFilter_ProjectId{ProjectId: &filterpb.IDFilter{Id: project}},
	}
}

func roleKeys(roles []identity.Role) []string {
	keys := make([]string, len(roles))
	for i, role := range roles {
		keys[i] = string(role)
	}
	return keys
}

func toRoles(keys []string) []identity.Role {
	roles := make([]identity.Role, len(keys))
	for i, key := range keys {
		roles[i] = identity.Role(key)
	}
	return identity.SortRoles(roles)
}

func toAssignment(a *authorizationpb.Authorization) identity.RoleAssignment {
	keys := make([]string, len(a.GetRoles()))
	for i, role := range a.GetRoles() {
		keys[i] = role.GetKey()
	}
	state := identity.AssignmentActive
	if a.GetState() == authorizationpb.State_STATE_INACTIVE {
		state = identity.AssignmentSuspended
	}
	return identity.RoleAssignment{
		ID:           identity.RoleAssignmentID(a.GetId()),
		User:         identity.UserID(a.GetUser().GetId()),
		Organization: identity.OrganizationID(a.GetOrganization().GetId()),
		Roles:        toRoles(keys),
		State:        state,
		CreatedAt:    at(a.GetCreationDate()),
		ChangedAt:    at(a.GetChangeDate()),
	}
}
