package zitadel

import (
	"context"
	"slices"

	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	permissionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/internal_permission/v2"

	"homeroom.dev/homeroom/identity"
)

// administrators lists the administrator roles of a service account, wherever
// it holds any that the caller may see.
func administrators(ctx context.Context, c permissionpb.InternalPermissionServiceClient, user identity.UserID) ([]*permissionpb.Administrator, error) {
	answer, err := c.ListAdministrators(ctx, &permissionpb.ListAdministratorsRequest{
		Pagination: &filterpb.PaginationRequest{Limit: 1000},
		Filters: []*permissionpb.AdministratorSearchFilter{
			{Filter: &permissionpb.AdministratorSearchFilter_InUserIdsFilter{InUserIdsFilter: &filterpb.InIDsFilter{Ids: []string{string(user)}}}},
		},
	})
	if err != nil {
		return nil, fail("list administrators", err, "user.not-found")
	}
	return answer.GetAdministrators(), nil
}

// ensureAdministrator gives user exactly roles on resource and reports whether
// anything had to change.
func ensureAdministrator(ctx context.Context, c permissionpb.InternalPermissionServiceClient, user identity.UserID, resource *permissionpb.ResourceType, roles []string) (changed bool, err error) {
	held, err := administrators(ctx, c, user)
	if err != nil {
		return false, err
	}
	for _, a := range held {
		if !sameResource(a, resource) {
			continue
		}
		if slices.Equal(slices.Sorted(slices.Values(a.GetRoles())), slices.Sorted(slices.Values(roles))) {
			return false, nil
		}
		_, err := c.UpdateAdministrator(ctx, &permissionpb.UpdateAdministratorRequest{UserId: string(user), Resource: resource, Roles: roles})
		return true, fail("update administrator", err, "user.not-found")
	}
	_, err = c.CreateAdministrator(ctx, &permissionpb.CreateAdministratorRequest{UserId: string(user), Resource: resource, Roles: roles})
	if is(err, idAdministratorIs, idTaken) {
		_, err = c.UpdateAdministrator(ctx, &permissionpb.UpdateAdministratorRequest{UserId: string(user), Resource: resource, Roles: roles})
	}
	return true, fail("create administrator", err, "user.not-found")
}

func sameResource(a *permissionpb.Administrator, resource *permissionpb.ResourceType) bool {
	if resource.GetInstance() {
		return a.GetInstance()
	}
	return a.GetOrganization() != nil && a.GetOrganization().GetId() == resource.GetOrganizationId()
}
