package standin

import (
	"context"
	"strings"

	projectv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"
)

func (x *projectService) AddProjectRole(ctx context.Context, r *projectv2.AddProjectRoleRequest) (*projectv2.AddProjectRoleResponse, error) {
	if err := checkLength("AddProjectRoleRequest.RoleKey", r.GetRoleKey(), 200); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	p := s.projects[r.GetProjectId()]
	if p == nil {
		return nil, notFound("COMMA-NDQoF", "Project not found")
	}
	if err := s.check(c, "project.write", p.owner); err != nil {
		return nil, err
	}
	if p.role(r.GetRoleKey()) != nil {
		return nil, exists("V3-DKcYh", "Role already exists")
	}
	t := s.begin(c.user.id)
	s.addRole(t, p, r.GetRoleKey(), r.GetDisplayName(), r.GetGroup())
	return &projectv2.AddProjectRoleResponse{CreationDate: stamp(t.at)}, nil
}

func (s *state) addRole(t *tx, p *project, key, name, group string) {
	p.roles = append(p.roles, &projectRole{key: key, name: name, group: group, created: t.at, changed: t.at})
	t.emit(&p.aggregate, "project.role.added", trimmed(values{"key": key, "displayName": name, "group": group}))
}

func (x *projectService) UpdateProjectRole(ctx context.Context, r *projectv2.UpdateProjectRoleRequest) (*projectv2.UpdateProjectRoleResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	p := s.projects[r.GetProjectId()]
	if p == nil || p.role(r.GetRoleKey()) == nil {
		return nil, notFound("COMMAND-vv8M9", "Role doesn't exist")
	}
	if err := s.check(c, "project.write", p.owner); err != nil {
		return nil, err
	}
	role, changed := p.role(r.GetRoleKey()), values{}
	if r.DisplayName != nil && r.GetDisplayName() != role.name {
		role.name = r.GetDisplayName()
		changed["displayName"] = role.name
	}
	if r.Group != nil && r.GetGroup() != role.group {
		role.group = r.GetGroup()
		changed["group"] = role.group
	}
	if len(changed) > 0 {
		t := s.begin(c.user.id)
		changed["key"] = role.key
		t.emit(&p.aggregate, "project.role.changed", changed)
		role.changed = t.at
	}
	return &projectv2.UpdateProjectRoleResponse{ChangeDate: stamp(role.changed)}, nil
}

func (x *projectService) ListProjectRoles(ctx context.Context, r *projectv2.ListProjectRolesRequest) (*projectv2.ListProjectRolesResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	answer := &projectv2.ListProjectRolesResponse{}
	var found []*projectRole
	p := s.projects[r.GetProjectId()]
	if p != nil && s.may(c, "project.role.read", p.owner) {
		for _, role := range p.roles {
			if matchesRole(role, r.GetFilters()) {
				found = append(found, role)
			}
		}
	}
	byKey := r.GetSortingColumn() == projectv2.ProjectRoleFieldName_PROJECT_ROLE_FIELD_NAME_KEY
	arrange(found, r.GetPagination().GetAsc(), func(a, b *projectRole) int {
		if byKey {
			return strings.Compare(a.key, b.key)
		}
		return int(a.created - b.created)
	})
	rows, pagination, err := page(found, r.GetPagination())
	if err != nil {
		return nil, err
	}
	answer.Pagination = pagination
	for _, role := range rows {
		answer.ProjectRoles = append(answer.ProjectRoles, &projectv2.ProjectRole{
			ProjectId: p.id, Key: role.key, DisplayName: role.name, Group: role.group,
			CreationDate: stamp(role.created), ChangeDate: stamp(role.changed),
		})
	}
	return answer, nil
}

func matchesRole(role *projectRole, filters []*projectv2.ProjectRoleSearchFilter) bool {
	for _, f := range filters {
		if k := f.GetRoleKeyFilter(); k != nil && !matches(int32(k.GetMethod()), role.key, k.GetKey()) {
			return false
		}
		if n := f.GetDisplayNameFilter(); n != nil && !matches(int32(n.GetMethod()), role.name, n.GetDisplayName()) {
			return false
		}
	}
	return true
}
