package standin

import (
	"context"
	"maps"
	"slices"
	"strings"

	filter "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	metadatav2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/metadata/v2"
	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	orgv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
)

// orgService is zitadel.org.v2.OrganizationService.
type orgService struct {
	orgv2.UnimplementedOrganizationServiceServer
	s *Server
}

func (x *orgService) AddOrganization(ctx context.Context, r *orgv2.AddOrganizationRequest) (*orgv2.AddOrganizationResponse, error) {
	if err := checkLength("AddOrganizationRequest.Name", r.GetName(), 200); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	id := r.GetOrganizationId()
	if id == "" {
		//lint:ignore SA1019 callers of the older field are served as well
		id = r.GetOrgId()
	}
	if err := s.check(c, "org.write", ""); err != nil {
		return nil, err
	}
	for _, a := range r.GetAdmins() {
		if a.GetHuman() != nil {
			return nil, invalid("STANDIN-human", "the stand-in makes administrators of existing users only")
		}
	}
	return s.addOrganization(c.user.id, id, r)
}

// addOrganization looks at everything before it changes anything, because a
// refused organization must leave no event.
func (s *state) addOrganization(editor, id string, r *orgv2.AddOrganizationRequest) (*orgv2.AddOrganizationResponse, error) {
	members := map[string][]string{}
	for _, a := range r.GetAdmins() {
		roles := a.GetRoles()
		if len(roles) == 0 {
			roles = []string{"ORG_OWNER"}
		}
		for _, role := range roles {
			if !strings.HasPrefix(role, "ORG_") || rolePermissions[role] == nil {
				return nil, invalid("Org-4N8es", "Errors.Org.MemberInvalid")
			}
		}
		if s.users[a.GetUserId()] == nil {
			return nil, precondition("ORG-GoXOn", noUser)
		}
		if id != "" && s.orgs[id] == nil && s.formerMembers[id][a.GetUserId()] != nil {
			return nil, exists("ORG-poWwe", "Errors.Org.Member.AlreadyExists")
		}
		members[a.GetUserId()] = roles
	}
	t := s.begin(editor)
	o, err := s.addOrg(t, id, r.GetName())
	if err != nil {
		return nil, err
	}
	for _, a := range r.GetAdmins() {
		if o.members[a.GetUserId()] != nil {
			continue
		}
		if err := s.addMember(t, o, a.GetUserId(), members[a.GetUserId()]); err != nil {
			return nil, err
		}
	}
	return &orgv2.AddOrganizationResponse{Details: objectDetails(t.sequence(), t.at, o.id), OrganizationId: o.id}, nil
}

// write finds an organization that the caller may change.
func (s *state) orgForWrite(c caller, id, permission string, missing error) (*org, error) {
	if err := s.check(c, permission, id); err != nil {
		return nil, err
	}
	o := s.orgs[id]
	if o == nil {
		return nil, missing
	}
	return o, nil
}

func (x *orgService) UpdateOrganization(ctx context.Context, r *orgv2.UpdateOrganizationRequest) (*orgv2.UpdateOrganizationResponse, error) {
	if err := checkLength("UpdateOrganizationRequest.Name", r.GetName(), 200); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o, err := s.orgForWrite(c, r.GetOrganizationId(), "org.write", notFound("ORG-1MRds", "Organisation not found"))
	if err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	if err := s.renameOrg(t, o, r.GetName()); err != nil {
		return nil, err
	}
	return &orgv2.UpdateOrganizationResponse{ChangeDate: stamp(t.at)}, nil
}

func (x *orgService) DeactivateOrganization(ctx context.Context, r *orgv2.DeactivateOrganizationRequest) (*orgv2.DeactivateOrganizationResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o, err := s.orgForWrite(c, r.GetOrganizationId(), "org.write", notFound("ORG-oL9nT", "Organisation not found"))
	if err != nil {
		return nil, err
	}
	if o.state == orgInactive {
		return nil, precondition("EVENT-Dbs2g", "Organisation is already deactivated")
	}
	t := s.begin(c.user.id)
	o.state = orgInactive
	t.emit(&o.aggregate, "org.deactivated", nil)
	o.touch(t)
	return &orgv2.DeactivateOrganizationResponse{ChangeDate: stamp(t.at)}, nil
}

func (x *orgService) ActivateOrganization(ctx context.Context, r *orgv2.ActivateOrganizationRequest) (*orgv2.ActivateOrganizationResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o, err := s.orgForWrite(c, r.GetOrganizationId(), "org.write", notFound("ORG-Dgf3g", "Organisation not found"))
	if err != nil {
		return nil, err
	}
	if o.state == orgActive {
		return nil, precondition("EVENT-bfnrh", "Organisation is already active")
	}
	t := s.begin(c.user.id)
	o.state = orgActive
	t.emit(&o.aggregate, "org.reactivated", nil)
	o.touch(t)
	return &orgv2.ActivateOrganizationResponse{ChangeDate: stamp(t.at)}, nil
}

func (x *orgService) DeleteOrganization(ctx context.Context, r *orgv2.DeleteOrganizationRequest) (*orgv2.DeleteOrganizationResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o, err := s.orgForWrite(c, r.GetOrganizationId(), "org.delete", notFound("COMMA-aps2n", "Organisation not found"))
	if err != nil {
		return nil, err
	}
	if o.id == s.instance.defaultOrg {
		return nil, precondition("COMMA-wG9p1", "Default Organisation must not be deleted")
	}
	t := s.begin(c.user.id)
	s.removeOrg(t, o)
	return &orgv2.DeleteOrganizationResponse{DeletionDate: stamp(t.at)}, nil
}

func (x *orgService) ListOrganizations(ctx context.Context, r *orgv2.ListOrganizationsRequest) (*orgv2.ListOrganizationsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	shown := s.faults.shownUntil(s.now())
	var found []*org
	for _, o := range s.orgOrder {
		if o.created <= shown && s.orgMatches(o, r.GetQueries()) {
			found = append(found, o)
		}
	}
	asc := r.GetQuery().GetAsc()
	switch r.GetSortingColumn() {
	case orgv2.OrganizationFieldName_ORGANIZATION_FIELD_NAME_NAME:
		arrange(found, asc, func(a, b *org) int { return strings.Compare(lower(a.name), lower(b.name)) })
	case orgv2.OrganizationFieldName_ORGANIZATION_FIELD_NAME_CREATION_DATE:
		arrange(found, asc, func(a, b *org) int { return int(a.created - b.created) })
	}
	// Rows of foreign organizations are taken out after paging, and the total
	// counts them.
	answer := &orgv2.ListOrganizationsResponse{Details: s.totals(len(found)), SortingColumn: r.GetSortingColumn()}
	for _, o := range cut(found, r.GetQuery().GetOffset(), uint64(r.GetQuery().GetLimit())) {
		if s.may(c, "org.read", o.id) {
			answer.Result = append(answer.Result, orgMessage(o))
		}
	}
	return answer, nil
}

func orgMessage(o *org) *orgv2.Organization {
	state := orgv2.OrganizationState_ORGANIZATION_STATE_ACTIVE
	if o.state == orgInactive {
		state = orgv2.OrganizationState_ORGANIZATION_STATE_INACTIVE
	}
	return &orgv2.Organization{
		Id: o.id, Name: o.name, PrimaryDomain: o.primary, State: state,
		Details: &object.Details{Sequence: uint64(o.shown), ChangeDate: stamp(o.changed), CreationDate: stamp(o.created), ResourceOwner: o.id},
	}
}

func (s *state) orgMatches(o *org, queries []*orgv2.SearchQuery) bool {
	for _, q := range queries {
		ok := true
		switch q := q.GetQuery().(type) {
		case *orgv2.SearchQuery_NameQuery:
			ok = matches(int32(q.NameQuery.GetMethod()), o.name, q.NameQuery.GetName())
		case *orgv2.SearchQuery_DomainQuery:
			ok = slices.ContainsFunc(o.domains, func(d *orgDomain) bool {
				return d.verified && matches(int32(q.DomainQuery.GetMethod()), d.name, q.DomainQuery.GetDomain())
			})
		case *orgv2.SearchQuery_StateQuery:
			ok = orgMessage(o).GetState() == q.StateQuery.GetState()
		case *orgv2.SearchQuery_IdQuery:
			ok = o.id == q.IdQuery.GetId()
		case *orgv2.SearchQuery_DefaultQuery:
			ok = o.id == s.instance.defaultOrg
		}
		if !ok {
			return false
		}
	}
	return true
}

func (x *orgService) SetOrganizationMetadata(ctx context.Context, r *orgv2.SetOrganizationMetadataRequest) (*orgv2.SetOrganizationMetadataResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o, err := s.orgForWrite(c, r.GetOrganizationId(), "org.write", precondition("COMMAND-QXPGs", "Organisation not found"))
	if err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	for _, m := range r.GetMetadata() {
		s.setOrgMetadata(t, o, m.GetKey(), m.GetValue())
	}
	return &orgv2.SetOrganizationMetadataResponse{SetDate: stamp(o.metadataChanged)}, nil
}

func (x *orgService) ListOrganizationMetadata(ctx context.Context, r *orgv2.ListOrganizationMetadataRequest) (*orgv2.ListOrganizationMetadataResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	answer := &orgv2.ListOrganizationMetadataResponse{Pagination: &filter.PaginationResponse{}}
	o := s.orgs[r.GetOrganizationId()]
	if o == nil || !s.may(c, "org.read", o.id) {
		return answer, nil
	}
	entries := metadataEntries(o.metadata, r.GetFilters(), s.faults.shownUntil(s.now()))
	answer.Pagination.TotalResult = uint64(len(entries))
	answer.Pagination.AppliedLimit = uint64(r.GetPagination().GetLimit())
	answer.Metadata = cut(entries, r.GetPagination().GetOffset(), uint64(r.GetPagination().GetLimit()))
	return answer, nil
}

func metadataEntries(all map[string]*metadataEntry, filters []*metadatav2.MetadataSearchFilter, shown int64) []*metadatav2.Metadata {
	var found []*metadatav2.Metadata
	for _, key := range slices.Sorted(maps.Keys(all)) {
		entry := all[key]
		ok := entry.created <= shown
		for _, f := range filters {
			if k := f.GetKeyFilter(); k != nil {
				ok = ok && matches(int32(k.GetMethod()), key, k.GetKey())
			}
		}
		if ok {
			found = append(found, &metadatav2.Metadata{Key: key, Value: entry.value, CreationDate: stamp(entry.created), ChangeDate: stamp(entry.changed)})
		}
	}
	return found
}

func (x *orgService) DeleteOrganizationMetadata(ctx context.Context, r *orgv2.DeleteOrganizationMetadataRequest) (*orgv2.DeleteOrganizationMetadataResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o, err := s.orgForWrite(c, r.GetOrganizationId(), "org.write", precondition("COMMAND-QXPGs", "Organisation not found"))
	if err != nil {
		return nil, err
	}
	for _, key := range r.GetKeys() {
		if o.metadata[key] == nil {
			return nil, notFound("META-2npds", "One or more keys do not exist")
		}
	}
	t := s.begin(c.user.id)
	for _, key := range r.GetKeys() {
		delete(o.metadata, key)
		t.emit(&o.aggregate, "org.metadata.removed", values{"key": key})
	}
	o.metadataChanged = t.at
	return &orgv2.DeleteOrganizationMetadataResponse{DeletionDate: stamp(t.at)}, nil
}
