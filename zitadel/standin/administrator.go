package standin

import (
	"context"
	"maps"
	"slices"
	"strings"

	permission "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/internal_permission/v2"
)

// permissionService is zitadel.internal_permission.v2.InternalPermissionService,
// for the instance and for organizations.
type permissionService struct {
	permission.UnimplementedInternalPermissionServiceServer
	s *Server
}

// seat is where an administrator sits: the instance, or an organization.
type seat struct {
	of      *aggregate
	members map[string]*member
	prefix  string // of its roles
	kind    string // of its events
}

// seatOf finds the seat and checks that the caller may do this there.
func (s *state) seatOf(c caller, r *permission.ResourceType, what string) (seat, error) {
	switch r := r.GetResource().(type) {
	case *permission.ResourceType_Instance:
		if err := s.check(c, "iam.member."+what, s.instance.id); err != nil {
			return seat{}, err
		}
		return seat{&s.instance.aggregate, s.instance.members, "IAM_", "instance.member."}, nil
	case *permission.ResourceType_OrganizationId:
		if err := s.check(c, "org.member."+what, r.OrganizationId); err != nil {
			return seat{}, err
		}
		o := s.orgs[r.OrganizationId]
		if o == nil {
			return seat{}, precondition("COMMAND-QXPGs", "Organisation not found")
		}
		return seat{&o.aggregate, o.members, "ORG_", "org.member."}, nil
	case nil:
		return seat{}, invalid("ADMIN-IbPp47HDP5", "Errors.Invalid.Argument")
	default:
		return seat{}, &failure{unimplemented, "", "the stand-in has no administrators of projects"}
	}
}

func (x seat) checkRoles(roles []string, refuse error) error {
	if len(roles) == 0 {
		return refuse
	}
	for _, r := range roles {
		if !strings.HasPrefix(r, x.prefix) || rolePermissions[r] == nil {
			return refuse
		}
	}
	return nil
}

func (x *permissionService) CreateAdministrator(ctx context.Context, r *permission.CreateAdministratorRequest) (*permission.CreateAdministratorResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	at, err := s.seatOf(c, r.GetResource(), "write")
	if err != nil {
		return nil, err
	}
	if o := s.orgs[at.of.id]; o != nil {
		t := s.begin(c.user.id)
		if err := s.addMember(t, o, r.GetUserId(), r.GetRoles()); err != nil {
			return nil, err
		}
		return &permission.CreateAdministratorResponse{CreationDate: stamp(t.at)}, nil
	}
	if err := at.checkRoles(r.GetRoles(), invalid("INSTANCE-4m0fS", "Errors.Instance.MemberInvalid")); err != nil {
		return nil, err
	}
	if s.users[r.GetUserId()] == nil {
		return nil, precondition("INSTA-GSXOn", noUser)
	}
	if at.members[r.GetUserId()] != nil {
		return nil, exists("INSTA-pFDwe", "Errors.Instance.Member.AlreadyExists")
	}
	t := s.begin(c.user.id)
	s.addInstanceMember(t, r.GetUserId(), r.GetRoles())
	return &permission.CreateAdministratorResponse{CreationDate: stamp(t.at)}, nil
}

func (s *state) addInstanceMember(t *tx, userID string, roles []string) {
	s.instance.members[userID] = &member{user: userID, roles: slices.Clone(roles), created: t.at, changed: t.at}
	s.users[userID].remember(s.instance.id)
	t.emit(&s.instance.aggregate, "instance.member.added", values{"roles": roles, "userId": userID})
}

func (x *permissionService) UpdateAdministrator(ctx context.Context, r *permission.UpdateAdministratorRequest) (*permission.UpdateAdministratorResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	at, err := s.seatOf(c, r.GetResource(), "write")
	if err != nil {
		return nil, err
	}
	refuse, missing := invalid("INST-m9fG8", "Errors.Org.MemberInvalid"), notFound("Org-D8JxR", "Errors.NotFound")
	if at.prefix == "IAM_" {
		refuse, missing = invalid("INSTANCE-3m9fs", "Errors.Instance.MemberInvalid"), notFound("INSTANCE-D8JxR", "Errors.NotFound")
	}
	if err := at.checkRoles(r.GetRoles(), refuse); err != nil {
		return nil, err
	}
	m := at.members[r.GetUserId()]
	if m == nil {
		return nil, missing
	}
	if !slices.Equal(m.roles, r.GetRoles()) {
		t := s.begin(c.user.id)
		m.roles, m.changed = slices.Clone(r.GetRoles()), t.at
		t.emit(at.of, at.kind+"changed", values{"roles": m.roles, "userId": m.user})
	}
	return &permission.UpdateAdministratorResponse{ChangeDate: stamp(m.changed)}, nil
}

func (x *permissionService) DeleteAdministrator(ctx context.Context, r *permission.DeleteAdministratorRequest) (*permission.DeleteAdministratorResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	at, err := s.seatOf(c, r.GetResource(), "delete")
	if err != nil {
		return nil, err
	}
	if at.members[r.GetUserId()] == nil {
		return &permission.DeleteAdministratorResponse{}, nil
	}
	t := s.begin(c.user.id)
	delete(at.members, r.GetUserId())
	t.emit(at.of, at.kind+"removed", values{"userId": r.GetUserId()})
	return &permission.DeleteAdministratorResponse{DeletionDate: stamp(t.at)}, nil
}

func (x *permissionService) ListAdministrators(ctx context.Context, r *permission.ListAdministratorsRequest) (*permission.ListAdministratorsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	shown := s.faults.shownUntil(s.now())
	var found []*permission.Administrator
	for _, m := range s.administrators(r.GetFilters()) {
		if m.GetCreationDate().AsTime().UnixMicro() <= shown && s.matchesAdministrator(m, r.GetFilters()) {
			found = append(found, m)
		}
	}
	arrange(found, r.GetPagination().GetAsc(), func(a, b *permission.Administrator) int {
		if n := a.GetCreationDate().AsTime().Compare(b.GetCreationDate().AsTime()); n != 0 {
			return n
		}
		return strings.Compare(a.GetUser().GetId(), b.GetUser().GetId())
	})
	rows, pagination, err := page(found, r.GetPagination())
	if err != nil {
		return nil, err
	}
	answer := &permission.ListAdministratorsResponse{Pagination: pagination}
	for _, m := range rows {
		ok := m.GetUser().GetId() == c.user.id || m.GetInstance() && s.may(c, "iam.member.read", s.instance.id)
		if o := m.GetOrganization(); o != nil {
			ok = ok || s.may(c, "org.member.read", o.GetId())
		}
		if ok {
			answer.Administrators = append(answer.Administrators, m)
		}
	}
	return answer, nil
}

// administrators are those of the organization a filter names, or else all.
func (s *state) administrators(filters []*permission.AdministratorSearchFilter) []*permission.Administrator {
	var all []*permission.Administrator
	for _, f := range filters {
		if id := f.GetResource().GetOrganizationId(); id != "" {
			if o := s.orgs[id]; o != nil {
				all = s.appendAdministrators(all, o)
			}
			return all
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.instance.members)) {
		m := s.administrator(s.instance.members[id])
		m.Resource = &permission.Administrator_Instance{Instance: true}
		all = append(all, m)
	}
	for _, o := range s.orgOrder {
		all = s.appendAdministrators(all, o)
	}
	return all
}

func (s *state) appendAdministrators(all []*permission.Administrator, o *org) []*permission.Administrator {
	for _, id := range slices.Sorted(maps.Keys(o.members)) {
		m := s.administrator(o.members[id])
		m.Resource = &permission.Administrator_Organization{Organization: &permission.Organization{Id: o.id, Name: o.name}}
		all = append(all, m)
	}
	return all
}

func (s *state) administrator(m *member) *permission.Administrator {
	a := &permission.Administrator{
		CreationDate: stamp(m.created), ChangeDate: stamp(m.changed), Roles: m.roles,
		User: &permission.User{Id: m.user},
	}
	if u := s.users[m.user]; u != nil {
		a.User.PreferredLoginName, a.User.OrganizationId = u.userName, u.owner
		if !u.machine {
			a.User.DisplayName = u.displayName
		}
	}
	return a
}

func (s *state) matchesAdministrator(m *permission.Administrator, filters []*permission.AdministratorSearchFilter) bool {
	for _, f := range filters {
		if !s.matchesAdministratorFilter(m, f) {
			return false
		}
	}
	return true
}

func (s *state) matchesAdministratorFilter(m *permission.Administrator, f *permission.AdministratorSearchFilter) bool {
	switch f := f.GetFilter().(type) {
	case *permission.AdministratorSearchFilter_CreationDate:
		return compareTime(int32(f.CreationDate.GetMethod()), m.GetCreationDate().AsTime().UnixMicro(), f.CreationDate.GetTimestamp())
	case *permission.AdministratorSearchFilter_ChangeDate:
		return compareTime(int32(f.ChangeDate.GetMethod()), m.GetChangeDate().AsTime().UnixMicro(), f.ChangeDate.GetTimestamp())
	case *permission.AdministratorSearchFilter_InUserIdsFilter:
		return slices.Contains(f.InUserIdsFilter.GetIds(), m.GetUser().GetId())
	case *permission.AdministratorSearchFilter_UserOrganizationId:
		return m.GetUser().GetOrganizationId() == f.UserOrganizationId.GetId()
	case *permission.AdministratorSearchFilter_UserPreferredLoginName:
		return matches(int32(f.UserPreferredLoginName.GetMethod()), m.GetUser().GetPreferredLoginName(), f.UserPreferredLoginName.GetPreferredLoginName())
	case *permission.AdministratorSearchFilter_UserDisplayName:
		return matches(int32(f.UserDisplayName.GetMethod()), m.GetUser().GetDisplayName(), f.UserDisplayName.GetDisplayName())
	case *permission.AdministratorSearchFilter_Role:
		return slices.Contains(m.GetRoles(), f.Role.GetRoleKey())
	case *permission.AdministratorSearchFilter_Resource:
		switch r := f.Resource.GetResource().(type) {
		case *permission.ResourceFilter_Instance:
			return m.GetInstance() == r.Instance
		case *permission.ResourceFilter_OrganizationId:
			return m.GetOrganization().GetId() == r.OrganizationId
		default:
			return false
		}
	case *permission.AdministratorSearchFilter_And:
		return s.matchesAdministrator(m, f.And.GetQueries())
	case *permission.AdministratorSearchFilter_Or:
		return slices.ContainsFunc(f.Or.GetQueries(), func(q *permission.AdministratorSearchFilter) bool { return s.matchesAdministratorFilter(m, q) })
	case *permission.AdministratorSearchFilter_Not:
		return !s.matchesAdministratorFilter(m, f.Not.GetQuery())
	default:
		return true
	}
}
