package standin

import (
	"context"
	"slices"
	"strings"

	authorizationv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
)

func (x *authorizationService) ListAuthorizations(ctx context.Context, r *authorizationv2.ListAuthorizationsRequest) (*authorizationv2.ListAuthorizationsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	shown := s.faults.shownUntil(s.now())
	var found []*authorization
	s.grantCandidates(r.GetFilters(), func(a *authorization) {
		if !a.lost && a.user.lost == 0 && a.created <= shown && matchesGrant(a, r.GetFilters()) {
			found = append(found, a)
		}
	})
	arrange(found, r.GetPagination().GetAsc(), grantOrder(r.GetSortingColumn()))
	rows, pagination, err := page(found, r.GetPagination())
	if err != nil {
		return nil, err
	}
	// Foreign rows are taken out after paging, and the total counts them.
	answer := &authorizationv2.ListAuthorizationsResponse{Pagination: pagination}
	for _, a := range rows {
		if a.user.id == c.user.id || s.may(c, "user.grant.read", a.owner) {
			answer.Authorizations = append(answer.Authorizations, s.grantMessage(a))
		}
	}
	return answer, nil
}

// grantCandidates visits the authorizations that can match at all.
func (s *state) grantCandidates(filters []*authorizationv2.AuthorizationsSearchFilter, visit func(*authorization)) {
	for _, f := range filters {
		switch f := f.GetFilter().(type) {
		case *authorizationv2.AuthorizationsSearchFilter_AuthorizationIds:
			for _, id := range slices.Compact(slices.Sorted(slices.Values(f.AuthorizationIds.GetIds()))) {
				if a := s.grants[id]; a != nil {
					visit(a)
				}
			}
			return
		case *authorizationv2.AuthorizationsSearchFilter_InUserIds:
			for _, id := range slices.Compact(slices.Sorted(slices.Values(f.InUserIds.GetIds()))) {
				if u := s.users[id]; u != nil {
					for _, a := range u.grants {
						visit(a)
					}
				}
			}
			return
		}
	}
	for _, f := range filters {
		if id := f.GetOrganizationId(); id != nil {
			if o := s.orgs[id.GetId()]; o != nil {
				for _, a := range o.grants {
					visit(a)
				}
			}
			return
		}
	}
	for _, a := range s.grants {
		visit(a)
	}
}

func grantOrder(column authorizationv2.AuthorizationFieldName) func(a, b *authorization) int {
	text := func(of func(*authorization) string) func(a, b *authorization) int {
		return func(a, b *authorization) int { return strings.Compare(of(a), of(b)) }
	}
	switch column {
	case authorizationv2.AuthorizationFieldName_AUTHORIZATION_FIELD_NAME_CHANGED_DATE:
		return func(a, b *authorization) int { return int(a.changed - b.changed) }
	case authorizationv2.AuthorizationFieldName_AUTHORIZATION_FIELD_NAME_ID:
		return text(func(a *authorization) string { return a.id })
	case authorizationv2.AuthorizationFieldName_AUTHORIZATION_FIELD_NAME_USER_ID:
		return text(func(a *authorization) string { return a.user.id })
	case authorizationv2.AuthorizationFieldName_AUTHORIZATION_FIELD_NAME_PROJECT_ID:
		return text(func(a *authorization) string { return a.project.id })
	case authorizationv2.AuthorizationFieldName_AUTHORIZATION_FIELD_NAME_ORGANIZATION_ID:
		return text(func(a *authorization) string { return a.owner })
	case authorizationv2.AuthorizationFieldName_AUTHORIZATION_FIELD_NAME_USER_ORGANIZATION_ID:
		return text(func(a *authorization) string { return a.user.owner })
	default:
		return func(a, b *authorization) int { return int(a.created - b.created) }
	}
}

func matchesGrant(a *authorization, filters []*authorizationv2.AuthorizationsSearchFilter) bool {
	for _, f := range filters {
		ok := true
		switch f := f.GetFilter().(type) {
		case *authorizationv2.AuthorizationsSearchFilter_AuthorizationIds:
			ok = slices.Contains(f.AuthorizationIds.GetIds(), a.id)
		case *authorizationv2.AuthorizationsSearchFilter_OrganizationId:
			ok = a.owner == f.OrganizationId.GetId()
		case *authorizationv2.AuthorizationsSearchFilter_State:
			ok = a.inactive == (f.State.GetState() == authorizationv2.State_STATE_INACTIVE)
		case *authorizationv2.AuthorizationsSearchFilter_InUserIds:
			ok = slices.Contains(f.InUserIds.GetIds(), a.user.id)
		case *authorizationv2.AuthorizationsSearchFilter_UserOrganizationId:
			ok = a.user.owner == f.UserOrganizationId.GetId()
		case *authorizationv2.AuthorizationsSearchFilter_UserPreferredLoginName:
			ok = matches(int32(f.UserPreferredLoginName.GetMethod()), a.user.userName, f.UserPreferredLoginName.GetLoginName())
		case *authorizationv2.AuthorizationsSearchFilter_UserDisplayName:
			ok = matches(int32(f.UserDisplayName.GetMethod()), a.user.displayName, f.UserDisplayName.GetDisplayName())
		case *authorizationv2.AuthorizationsSearchFilter_ProjectId:
			ok = a.project.id == f.ProjectId.GetId()
		case *authorizationv2.AuthorizationsSearchFilter_ProjectName:
			ok = matches(int32(f.ProjectName.GetMethod()), a.project.name, f.ProjectName.GetName())
		case *authorizationv2.AuthorizationsSearchFilter_RoleKey:
			ok = slices.Contains(a.roles, f.RoleKey.GetKey())
		case *authorizationv2.AuthorizationsSearchFilter_ProjectGrantId:
			ok = a.grantID == f.ProjectGrantId.GetId()
		}
		if !ok {
			return false
		}
	}
	return true
}

func (s *state) grantMessage(a *authorization) *authorizationv2.Authorization {
	m := &authorizationv2.Authorization{
		Id: a.id, CreationDate: stamp(a.created), ChangeDate: stamp(a.changed),
		Project:      &authorizationv2.Project{Id: a.project.id, Name: a.project.name, OrganizationId: a.project.owner},
		Organization: &authorizationv2.Organization{Id: a.owner},
		User: &authorizationv2.User{
			Id: a.user.id, PreferredLoginName: a.user.userName, DisplayName: a.user.displayName, OrganizationId: a.user.owner,
		},
		State: authorizationv2.State_STATE_ACTIVE,
	}
	if o := s.orgs[a.owner]; o != nil {
		m.Organization.Name = o.name
	}
	if a.inactive {
		m.State = authorizationv2.State_STATE_INACTIVE
	}
	for _, key := range a.roles {
		if r := a.project.role(key); r != nil {
			m.Roles = append(m.Roles, &authorizationv2.Role{Key: r.key, DisplayName: r.name, Group: r.group})
		}
	}
	return m
}
