package standin

import (
	"context"
	"slices"
	"strings"

	authorizationv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
)

// authorizationService is zitadel.authorization.v2.AuthorizationService.
type authorizationService struct {
	authorizationv2.UnimplementedAuthorizationServiceServer
	s *Server
}

// checkRoles looks whether roles may be assigned on the project in the
// organization, and tells the grant it rests on. With the feature
// improved_performance USER_GRANT Zitadel looks at the project's roles alone.
func (s *state) checkRoles(userID, projectID, orgID string, roles []string) (grant string, err error) {
	p := s.projects[projectID]
	if s.instance.features.userGrant() {
		if s.users[userID] == nil {
			return "", precondition("COMMAND-uXHNj", noUser)
		}
		if p == nil {
			return "", precondition("COMMAND-m9gsd", "Project not found")
		}
		if s.orgs[orgID] == nil {
			return "", precondition("COMMAND-3m9gg", "Organisation not found")
		}
		return "", p.refuseUnknown(roles, "COMMAND-mm9F4")
	}
	if s.users[userID] == nil {
		return "", precondition("COMMAND-4f8sg", noUser)
	}
	if p == nil {
		return "", precondition("COMMAND-4m9ff", "Project Grant not found")
	}
	if p.owner == orgID {
		return "", p.refuseUnknown(roles, "COMMAND-mm9F4")
	}
	g := p.grants[orgID]
	if g == nil {
		return "", precondition("COMMAND-4m9ff", "Project Grant not found")
	}
	for _, r := range roles {
		if !slices.Contains(g.roles, r) {
			return "", precondition("COMMAND-mm9F4", "Errors.Project.Role.NotFound")
		}
	}
	return g.id, nil
}

func (p *project) refuseUnknown(roles []string, id string) error {
	for _, r := range roles {
		if p.role(r) == nil {
			return precondition(id, "Errors.Project.Role.NotFound")
		}
	}
	return nil
}

func (s *state) addAuthorization(t *tx, userID, projectID, orgID, grantID string, roles []string) (*authorization, error) {
	u, p, o := s.users[userID], s.projects[projectID], s.orgs[orgID]
	for _, a := range u.grants {
		if a.project == p && a.owner == orgID {
			return nil, exists("V3-DKcYh", "User grant already exists")
		}
	}
	a := &authorization{
		aggregate: aggregate{id: s.nextID(), kind: kindGrant, owner: orgID},
		user:      u, project: p, grantID: grantID, roles: s.sharedRoles(roles), created: t.at, changed: t.at,
		lost: s.faults.losesGrant(userID),
	}
	a.written = a.roles
	a.at = int32(len(o.grants))
	o.grants = append(o.grants, a)
	u.grants = append(u.grants, a)
	s.grants[a.id] = a
	t.emit(&a.aggregate, "user.grant.added", grantAdded{a, a.roles})
	return a, nil
}

// sharedRoles is one list for all who have the same roles. It is never changed
// in place.
func (s *state) sharedRoles(roles []string) []string {
	key := strings.Join(roles, " ")
	if known, ok := s.roleLists[key]; ok {
		return known
	}
	list := slices.Clone(roles)
	s.roleLists[key] = list
	return list
}

// grantAdded shares all it says with its authorization.
type grantAdded struct {
	a     *authorization
	roles []string
}

func (g grantAdded) fields() map[string]any {
	v := g.a.reference()
	if len(g.roles) > 0 {
		v["roleKeys"] = g.roles
	}
	return v
}

func (a *authorization) reference() values {
	v := values{"userId": a.user.id, "projectId": a.project.id}
	if a.grantID != "" {
		v["grantId"] = a.grantID
	}
	return v
}

// dropAuthorization takes an authorization out of all indexes.
func (s *state) dropAuthorization(a *authorization) {
	if o := s.orgs[a.owner]; o != nil {
		last := len(o.grants) - 1
		moved := o.grants[last]
		o.grants[a.at], moved.at = moved, a.at
		o.grants[last] = nil
		o.grants = o.grants[:last]
	}
	a.user.grants = slices.DeleteFunc(a.user.grants, func(x *authorization) bool { return x == a })
	delete(s.grants, a.id)
	s.bury(&a.aggregate)
	s.removedGrants[a.id] = a
}

func (x *authorizationService) CreateAuthorization(ctx context.Context, r *authorizationv2.CreateAuthorizationRequest) (*authorizationv2.CreateAuthorizationResponse, error) {
	if err := unique("CreateAuthorizationRequest.RoleKeys", r.GetRoleKeys()); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	grant, err := s.checkRoles(r.GetUserId(), r.GetProjectId(), r.GetOrganizationId(), r.GetRoleKeys())
	if err != nil {
		return nil, err
	}
	if err := s.check(c, "user.grant.write", r.GetOrganizationId()); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	a, err := s.addAuthorization(t, r.GetUserId(), r.GetProjectId(), r.GetOrganizationId(), grant, r.GetRoleKeys())
	if err != nil {
		return nil, err
	}
	return &authorizationv2.CreateAuthorizationResponse{Id: a.id, CreationDate: stamp(t.at)}, nil
}

// unique refuses a list that says something twice.
func unique(field string, list []string) error {
	for i, v := range list {
		if slices.Contains(list[:i], v) {
			return validation("%s[%d]: repeated value must contain unique items", field, i)
		}
		if v == "" {
			return validation("%s[%d]: value length must be between 1 and 200 runes, inclusive", field, i)
		}
	}
	return nil
}

func (x *authorizationService) UpdateAuthorization(ctx context.Context, r *authorizationv2.UpdateAuthorizationRequest) (*authorizationv2.UpdateAuthorizationResponse, error) {
	if err := unique("UpdateAuthorizationRequest.RoleKeys", r.GetRoleKeys()); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	a := s.grants[r.GetId()]
	if a == nil {
		return nil, notFound("COMMAND-3M9sd", "User grant not found")
	}
	if slices.Equal(a.written, r.GetRoleKeys()) {
		return &authorizationv2.UpdateAuthorizationResponse{ChangeDate: stamp(a.changed)}, nil
	}
	if _, err := s.checkRoles(a.user.id, a.project.id, a.owner, r.GetRoleKeys()); err != nil {
		return nil, err
	}
	if err := s.check(c, "user.grant.write", a.owner); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	s.setRoles(t, a, r.GetRoleKeys())
	return &authorizationv2.UpdateAuthorizationResponse{ChangeDate: stamp(t.at)}, nil
}

func (s *state) setRoles(t *tx, a *authorization, roles []string) {
	a.roles = s.sharedRoles(roles)
	a.written, a.changed = a.roles, t.at
	v := values{}
	if len(roles) > 0 {
		v["roleKeys"] = a.roles
	}
	t.emit(&a.aggregate, "user.grant.cascade.changed", v)
}

// turn switches an authorization off or on; repeating it changes nothing.
func (s *Server) turn(ctx context.Context, id string, inactive bool, missing, kind string) (int64, error) {
	c := callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	a := s.grants[id]
	if a == nil {
		return 0, notFound(missing, "User grant not found")
	}
	if a.inactive == inactive {
		return a.changed, nil
	}
	if err := s.check(c, "user.grant.write", a.owner); err != nil {
		return 0, err
	}
	t := s.begin(c.user.id)
	a.inactive, a.changed = inactive, t.at
	t.emit(&a.aggregate, kind, nil)
	return t.at, nil
}

func (x *authorizationService) DeactivateAuthorization(ctx context.Context, r *authorizationv2.DeactivateAuthorizationRequest) (*authorizationv2.DeactivateAuthorizationResponse, error) {
	at, err := x.s.turn(ctx, r.GetId(), true, "COMMAND-3M9sd", "user.grant.deactivated")
	if err != nil {
		return nil, err
	}
	return &authorizationv2.DeactivateAuthorizationResponse{ChangeDate: stamp(at)}, nil
}

func (x *authorizationService) ActivateAuthorization(ctx context.Context, r *authorizationv2.ActivateAuthorizationRequest) (*authorizationv2.ActivateAuthorizationResponse, error) {
	at, err := x.s.turn(ctx, r.GetId(), false, "COMMAND-Lp0gs", "user.grant.reactivated")
	if err != nil {
		return nil, err
	}
	return &authorizationv2.ActivateAuthorizationResponse{ChangeDate: stamp(at)}, nil
}

func (x *authorizationService) DeleteAuthorization(ctx context.Context, r *authorizationv2.DeleteAuthorizationRequest) (*authorizationv2.DeleteAuthorizationResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	a := s.grants[r.GetId()]
	if a == nil {
		if old := s.removedGrants[r.GetId()]; old != nil {
			return &authorizationv2.DeleteAuthorizationResponse{DeletionDate: stamp(old.changed)}, nil
		}
		return &authorizationv2.DeleteAuthorizationResponse{DeletionDate: never()}, nil
	}
	if err := s.check(c, "user.grant.delete", a.owner); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	s.removeAuthorization(t, a)
	return &authorizationv2.DeleteAuthorizationResponse{DeletionDate: stamp(t.at)}, nil
}

func (s *state) removeAuthorization(t *tx, a *authorization) {
	t.emit(&a.aggregate, "user.grant.removed", a.reference())
	a.changed = t.at
	s.dropAuthorization(a)
}
