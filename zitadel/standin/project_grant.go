package standin

import (
	"context"
	"slices"
	"strings"

	projectv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"
)

func (x *projectService) CreateProjectGrant(ctx context.Context, r *projectv2.CreateProjectGrantRequest) (*projectv2.CreateProjectGrantResponse, error) {
	if err := unique("CreateProjectGrantRequest.RoleKeys", r.GetRoleKeys()); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	p := s.projects[r.GetProjectId()]
	if err := s.checkGrant(p, r.GetGrantedOrganizationId(), r.GetRoleKeys()); err != nil {
		return nil, err
	}
	if err := s.check(c, "project.grant.write", p.owner); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	if _, err := s.addGrant(t, p, r.GetGrantedOrganizationId(), r.GetRoleKeys()); err != nil {
		return nil, err
	}
	return &projectv2.CreateProjectGrantResponse{CreationDate: stamp(t.at)}, nil
}

// checkGrant is what Zitadel looks at before the rights of the caller.
func (s *state) checkGrant(p *project, orgID string, roles []string) error {
	if p == nil {
		return precondition("COMMAND-m9gsd", "Project not found")
	}
	if s.orgs[orgID] == nil {
		return precondition("COMMAND-3m9gg", "Organisation not found")
	}
	return p.refuseUnknown(roles, "COMMAND-6m9gd")
}

func (s *state) addGrant(t *tx, p *project, orgID string, roles []string) (*projectGrant, error) {
	if p.owner == orgID {
		return nil, precondition("PROJECT-ckUpbvboAH", "Project Grant is invalid")
	}
	if p.grants[orgID] != nil {
		return nil, exists("V3-DKcYh", "Project Grant already exists")
	}
	g := &projectGrant{id: s.nextID(), org: orgID, roles: slices.Clone(roles), created: t.at, changed: t.at}
	p.grants[orgID] = g
	p.order = append(p.order, g)
	s.orgs[orgID].granted[p.id] = g
	t.emit(&p.aggregate, "project.grant.added", trimmed(values{"grantId": g.id, "grantedOrgId": orgID, "roleKeys": g.roles}))
	return g, nil
}

func (p *project) dropGrant(orgID string) {
	g := p.grants[orgID]
	delete(p.grants, orgID)
	p.order = slices.DeleteFunc(p.order, func(x *projectGrant) bool { return x == g })
}

// grant finds a grant that the caller may change.
func (s *state) grantForWrite(c caller, projectID, orgID, permission string) (*project, *projectGrant, error) {
	p := s.projects[projectID]
	if p == nil || p.grants[orgID] == nil {
		return nil, nil, notFound("PROJECT-D8JxR", "Project Grant not found")
	}
	if err := s.check(c, permission, p.owner); err != nil {
		return nil, nil, err
	}
	return p, p.grants[orgID], nil
}

func (x *projectService) UpdateProjectGrant(ctx context.Context, r *projectv2.UpdateProjectGrantRequest) (*projectv2.UpdateProjectGrantResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	p, g, err := s.grantForWrite(c, r.GetProjectId(), r.GetGrantedOrganizationId(), "project.grant.write")
	if err != nil {
		return nil, err
	}
	if err := s.checkGrant(p, g.org, r.GetRoleKeys()); err != nil {
		return nil, err
	}
	if !slices.Equal(g.roles, r.GetRoleKeys()) {
		s.regrant(s.begin(c.user.id), p, g, r.GetRoleKeys())
	}
	return &projectv2.UpdateProjectGrantResponse{ChangeDate: stamp(g.changed)}, nil
}

// regrant changes the roles of a grant. Roles that are gone are gone from the
// authorizations too, and no event of theirs tells it.
func (s *state) regrant(t *tx, p *project, g *projectGrant, roles []string) {
	g.roles, g.changed = slices.Clone(roles), t.at
	t.emit(&p.aggregate, "project.grant.changed", trimmed(values{"grantId": g.id, "roleKeys": g.roles}))
	for _, a := range s.orgs[g.org].grants {
		if a.project != p {
			continue
		}
		left := make([]string, 0, len(a.roles))
		for _, role := range a.roles {
			if slices.Contains(g.roles, role) {
				left = append(left, role)
			}
		}
		if len(left) != len(a.roles) {
			a.roles = s.sharedRoles(left)
		}
	}
}

func (x *projectService) DeleteProjectGrant(ctx context.Context, r *projectv2.DeleteProjectGrantRequest) (*projectv2.DeleteProjectGrantResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	p := s.projects[r.GetProjectId()]
	if p == nil || p.grants[r.GetGrantedOrganizationId()] == nil {
		return &projectv2.DeleteProjectGrantResponse{}, nil
	}
	if err := s.check(c, "project.grant.delete", p.owner); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	s.ungrant(t, p, p.grants[r.GetGrantedOrganizationId()])
	return &projectv2.DeleteProjectGrantResponse{DeletionDate: stamp(t.at)}, nil
}

// ungrant removes a grant and the authorizations that rest on it.
func (s *state) ungrant(t *tx, p *project, g *projectGrant) {
	t.emit(&p.aggregate, "project.grant.removed", values{"grantId": g.id})
	p.dropGrant(g.org)
	o := s.orgs[g.org]
	delete(o.granted, p.id)
	for _, a := range slices.Clone(o.grants) {
		if a.project == p {
			t.emit(&a.aggregate, "user.grant.cascade.removed", nil)
			s.dropAuthorization(a)
		}
	}
}

func (x *projectService) DeactivateProjectGrant(ctx context.Context, r *projectv2.DeactivateProjectGrantRequest) (*projectv2.DeactivateProjectGrantResponse, error) {
	at, err := x.s.turnGrant(ctx, r.GetProjectId(), r.GetGrantedOrganizationId(), true, "project.grant.deactivated")
	if err != nil {
		return nil, err
	}
	return &projectv2.DeactivateProjectGrantResponse{ChangeDate: stamp(at)}, nil
}

func (x *projectService) ActivateProjectGrant(ctx context.Context, r *projectv2.ActivateProjectGrantRequest) (*projectv2.ActivateProjectGrantResponse, error) {
	at, err := x.s.turnGrant(ctx, r.GetProjectId(), r.GetGrantedOrganizationId(), false, "project.grant.reactivated")
	if err != nil {
		return nil, err
	}
	return &projectv2.ActivateProjectGrantResponse{ChangeDate: stamp(at)}, nil
}

// turnGrant switches a grant off or on, which changes nothing but its state.
func (s *Server) turnGrant(ctx context.Context, projectID, orgID string, inactive bool, kind string) (int64, error) {
	c := callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	p, g, err := s.grantForWrite(c, projectID, orgID, "project.grant.write")
	if err != nil {
		return 0, err
	}
	if g.inactive != inactive {
		t := s.begin(c.user.id)
		g.inactive, g.changed = inactive, t.at
		t.emit(&p.aggregate, kind, values{"grantId": g.id})
	}
	return g.changed, nil
}

func (x *projectService) ListProjectGrants(ctx context.Context, r *projectv2.ListProjectGrantsRequest) (*projectv2.ListProjectGrantsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	shown := s.faults.shownUntil(s.now())
	var found []*projectv2.ProjectGrant
	for _, p := range s.projects {
		for _, g := range p.order {
			m := s.projectGrantMessage(p, g)
			if g.created <= shown && matchesProjectGrant(m, r.GetFilters()) {
				found = append(found, m)
			}
		}
	}
	arrange(found, r.GetPagination().GetAsc(), func(a, b *projectv2.ProjectGrant) int {
		return a.GetCreationDate().AsTime().Compare(b.GetCreationDate().AsTime())
	})
	rows, pagination, err := page(found, r.GetPagination())
	if err != nil {
		return nil, err
	}
	answer := &projectv2.ListProjectGrantsResponse{Pagination: pagination}
	for _, m := range rows {
		if s.may(c, "project.grant.read", m.GetOrganizationId()) {
			answer.ProjectGrants = append(answer.ProjectGrants, m)
		}
	}
	return answer, nil
}

func (s *state) projectGrantMessage(p *project, g *projectGrant) *projectv2.ProjectGrant {
	m := &projectv2.ProjectGrant{
		OrganizationId: p.owner, CreationDate: stamp(g.created), ChangeDate: stamp(g.changed),
		GrantedOrganizationId: g.org, GrantedRoleKeys: g.roles, ProjectId: p.id, ProjectName: p.name,
		State: projectv2.ProjectGrantState_PROJECT_GRANT_STATE_ACTIVE,
	}
	if o := s.orgs[g.org]; o != nil {
		m.GrantedOrganizationName = o.name
	}
	if g.inactive {
		m.State = projectv2.ProjectGrantState_PROJECT_GRANT_STATE_INACTIVE
	}
	return m
}

func matchesProjectGrant(m *projectv2.ProjectGrant, filters []*projectv2.ProjectGrantSearchFilter) bool {
	for _, f := range filters {
		ok := true
		switch f := f.GetFilter().(type) {
		case *projectv2.ProjectGrantSearchFilter_ProjectNameFilter:
			ok = matches(int32(f.ProjectNameFilter.GetMethod()), m.GetProjectName(), f.ProjectNameFilter.GetProjectName())
		case *projectv2.ProjectGrantSearchFilter_RoleKeyFilter:
			ok = slices.ContainsFunc(m.GetGrantedRoleKeys(), func(k string) bool { return strings.EqualFold(k, f.RoleKeyFilter.GetKey()) })
		case *projectv2.ProjectGrantSearchFilter_InProjectIdsFilter:
			ok = slices.Contains(f.InProjectIdsFilter.GetIds(), m.GetProjectId())
		case *projectv2.ProjectGrantSearchFilter_OrganizationIdFilter:
			ok = m.GetOrganizationId() == f.OrganizationIdFilter.GetId()
		case *projectv2.ProjectGrantSearchFilter_GrantedOrganizationIdFilter:
			ok = m.GetGrantedOrganizationId() == f.GrantedOrganizationIdFilter.GetId()
		}
		if !ok {
			return false
		}
	}
	return true
}
