package standin

import (
	"context"
	"slices"
	"strings"

	projectv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"
)

// projectService is zitadel.project.v2.ProjectService.
type projectService struct {
	projectv2.UnimplementedProjectServiceServer
	s *Server
}

func (x *projectService) CreateProject(ctx context.Context, r *projectv2.CreateProjectRequest) (*projectv2.CreateProjectResponse, error) {
	if err := checkLength("CreateProjectRequest.Name", r.GetName(), 200); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	if err := s.check(c, "project.create", r.GetOrganizationId()); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	p, err := s.addProject(t, r)
	if err != nil {
		return nil, err
	}
	return &projectv2.CreateProjectResponse{ProjectId: p.id, CreationDate: stamp(t.at)}, nil
}

func (s *state) addProject(t *tx, r *projectv2.CreateProjectRequest) (*project, error) {
	if s.orgs[r.GetOrganizationId()] == nil {
		return nil, precondition("COMMAND-QXPGs", "Organisation not found")
	}
	name := strings.TrimSpace(r.GetName())
	if r.GetProjectId() != "" && s.projects[r.GetProjectId()] != nil {
		return nil, exists("COMMAND-opamwu", "Errors.Project.AlreadyExisting")
	}
	for _, p := range s.projects {
		if p.owner == r.GetOrganizationId() && lower(p.name) == lower(name) {
			return nil, exists("V3-DKcYh", "Project already exists on organization")
		}
	}
	id := r.GetProjectId()
	if id == "" {
		id = s.nextID()
	}
	p := &project{
		aggregate: s.revive(id, kindProject, r.GetOrganizationId()), name: name,
		roleAssertion: r.GetProjectRoleAssertion(), roleCheck: r.GetAuthorizationRequired(),
		hasProjectCheck: r.GetProjectAccessRequired(), labeling: int32(r.GetPrivateLabelingSetting()),
		created: t.at, changed: t.at, grants: map[string]*projectGrant{},
	}
	s.projects[id] = p
	t.emit(&p.aggregate, "project.added", trimmed(values{
		"name": p.name, "projectRoleAssertion": p.roleAssertion, "projectRoleCheck": p.roleCheck,
		"hasProjectCheck": p.hasProjectCheck, "privateLabelingSetting": p.labeling,
	}))
	return p, nil
}

// trimmed leaves out what is false, zero or empty, as the payloads do.
func trimmed(v values) values {
	for key, value := range v {
		switch x := value.(type) {
		case bool:
			if !x {
				delete(v, key)
			}
		case string:
			if x == "" {
				delete(v, key)
			}
		case int32:
			if x == 0 {
				delete(v, key)
			}
		case int64:
			if x == 0 {
				delete(v, key)
			}
		case []string:
			if len(x) == 0 {
				delete(v, key)
			}
		}
	}
	return v
}

func (x *projectService) UpdateProject(ctx context.Context, r *projectv2.UpdateProjectRequest) (*projectv2.UpdateProjectResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	p := s.projects[r.GetProjectId()]
	if p == nil {
		return nil, notFound("COMMAND-3M9sd", "Project not found")
	}
	if err := s.check(c, "project.write", p.owner); err != nil {
		return nil, err
	}
	changed := values{}
	if r.Name != nil && strings.TrimSpace(r.GetName()) != p.name {
		p.name = strings.TrimSpace(r.GetName())
		changed["name"] = p.name
	}
	set := func(field string, have *bool, want *bool) {
		if want != nil && *want != *have {
			*have = *want
			changed[field] = *want
		}
	}
	set("projectRoleAssertion", &p.roleAssertion, r.ProjectRoleAssertion)
	set("projectRoleCheck", &p.roleCheck, r.AuthorizationRequired)
	set("hasProjectCheck", &p.hasProjectCheck, r.ProjectAccessRequired)
	if r.PrivateLabelingSetting != nil && int32(r.GetPrivateLabelingSetting()) != p.labeling {
		p.labeling = int32(r.GetPrivateLabelingSetting())
		changed["privateLabelingSetting"] = p.labeling
	}
	if len(changed) > 0 {
		t := s.begin(c.user.id)
		t.emit(&p.aggregate, "project.changed", changed)
		p.changed = t.at
	}
	return &projectv2.UpdateProjectResponse{ChangeDate: stamp(p.changed)}, nil
}

func (x *projectService) GetProject(ctx context.Context, r *projectv2.GetProjectRequest) (*projectv2.GetProjectResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	p := s.projects[r.GetProjectId()]
	if p == nil {
		return nil, notFound("QUERY-fk2fs", "Project not found")
	}
	if err := s.check(c, "project.read", p.owner); err != nil {
		return nil, err
	}
	return &projectv2.GetProjectResponse{Project: projectMessage(p)}, nil
}

func projectMessage(p *project) *projectv2.Project {
	m := &projectv2.Project{
		ProjectId: p.id, OrganizationId: p.owner, Name: p.name, CreationDate: stamp(p.created), ChangeDate: stamp(p.changed),
		State: projectv2.ProjectState_PROJECT_STATE_ACTIVE, ProjectRoleAssertion: p.roleAssertion,
		AuthorizationRequired: p.roleCheck, ProjectAccessRequired: p.hasProjectCheck,
		PrivateLabelingSetting: projectv2.PrivateLabelingSetting(p.labeling),
	}
	if p.inactive {
		m.State = projectv2.ProjectState_PROJECT_STATE_INACTIVE
	}
	return m
}

func (x *projectService) ListProjects(ctx context.Context, r *projectv2.ListProjectsRequest) (*projectv2.ListProjectsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	shown := s.faults.shownUntil(s.now())
	var found []*projectv2.Project
	for _, p := range s.projects {
		if p.created > shown {
			continue
		}
		for _, m := range s.projectRows(p) {
			if matchesProject(m, r.GetFilters()) {
				found = append(found, m)
			}
		}
	}
	byName := r.GetSortingColumn() == projectv2.ProjectFieldName_PROJECT_FIELD_NAME_NAME
	arrange(found, r.GetPagination().GetAsc(), func(a, b *projectv2.Project) int {
		if byName {
			return strings.Compare(a.GetName(), b.GetName())
		}
		if n := a.GetCreationDate().AsTime().Compare(b.GetCreationDate().AsTime()); n != 0 {
			return n
		}
		return strings.Compare(a.GetGrantedOrganizationId(), b.GetGrantedOrganizationId())
	})
	rows, pagination, err := page(found, r.GetPagination())
	if err != nil {
		return nil, err
	}
	answer := &projectv2.ListProjectsResponse{Pagination: pagination}
	for _, m := range rows {
		if s.may(c, "project.read", m.GetOrganizationId()) {
			answer.Projects = append(answer.Projects, m)
		}
	}
	return answer, nil
}

// projectRows are a project itself and once more for each organization it is
// granted to.
func (s *state) projectRows(p *project) []*projectv2.Project {
	rows := []*projectv2.Project{projectMessage(p)}
	for _, g := range p.order {
		m := projectMessage(p)
		m.GrantedOrganizationId = &g.org
		if o := s.orgs[g.org]; o != nil {
			name := o.name // the row outlives the lock
			m.GrantedOrganizationName = &name
		}
		m.GrantedState = projectv2.GrantedProjectState_GRANTED_PROJECT_STATE_ACTIVE
		if g.inactive {
			m.GrantedState = projectv2.GrantedProjectState_GRANTED_PROJECT_STATE_INACTIVE
		}
		rows = append(rows, m)
	}
	return rows
}

func matchesProject(m *projectv2.Project, filters []*projectv2.ProjectSearchFilter) bool {
	for _, f := range filters {
		ok := true
		switch f := f.GetFilter().(type) {
		case *projectv2.ProjectSearchFilter_ProjectNameFilter:
			ok = matches(int32(f.ProjectNameFilter.GetMethod()), m.GetName(), f.ProjectNameFilter.GetProjectName())
		case *projectv2.ProjectSearchFilter_InProjectIdsFilter:
			ok = slices.Contains(f.InProjectIdsFilter.GetIds(), m.GetProjectId())
		case *projectv2.ProjectSearchFilter_OrganizationIdFilter:
			id := f.OrganizationIdFilter.GetOrganizationId()
			owned := m.GetOrganizationId() == id && m.GrantedOrganizationId == nil
			granted := m.GetGrantedOrganizationId() == id
			switch f.OrganizationIdFilter.GetType() {
			case projectv2.ProjectOrganizationIDFilter_OWNED:
				ok = owned
			case projectv2.ProjectOrganizationIDFilter_GRANTED:
				ok = granted
			default:
				ok = owned || granted
			}
		}
		if !ok {
			return false
		}
	}
	return true
}
