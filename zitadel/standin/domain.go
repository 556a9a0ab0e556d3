package standin

import (
	"context"
	"slices"
	"strings"

	filter "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	objectv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	orgv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
)

const (
	noDomain       = "Domain doesn't exist on organization"
	domainVerified = "Domain is already verified"
	noOrg          = "Organisation not found"
)

func (o *org) domain(name string) *orgDomain {
	if at := slices.IndexFunc(o.domains, func(d *orgDomain) bool { return d.name == name }); at >= 0 {
		return o.domains[at]
	}
	return nil
}

// verifyDomain makes a domain an organization's own, which one alone can be,
// and takes it out of the user names of everybody at home elsewhere.
func (s *state) verifyDomain(t *tx, o *org, d *orgDomain) {
	d.verified = true
	s.domains[lower(d.name)] = o
	t.emit(&o.aggregate, "org.domain.verified", values{"domain": d.name})
	suffix := "@" + lower(d.name)
	var claimed []*user
	for name, u := range s.userNames {
		if strings.HasSuffix(name, suffix) && u.owner != o.id && !s.instance.domainPolicy.mustBeDomain {
			claimed = append(claimed, u)
		}
	}
	slices.SortFunc(claimed, func(a, b *user) int { return strings.Compare(a.id, b.id) })
	for _, u := range claimed {
		p := *u.profile
		p.userName = s.nextID() + "@temporary." + s.host()
		s.change(u, p)
		t.emit(&u.aggregate, "user.domain.claimed", values{"userName": p.userName, "triggerOrigin": s.issuer})
		u.touch(t)
	}
}

// host is where the server is reached, without scheme and port.
func (s *state) host() string {
	_, host, _ := strings.Cut(s.issuer, "://")
	host, _, _ = strings.Cut(host, ":")
	return host
}

var errDomainTaken = exists("V3-DKcYh", "Domain already exists")

func (x *orgService) AddOrganizationDomain(ctx context.Context, r *orgv2.AddOrganizationDomainRequest) (*orgv2.AddOrganizationDomainResponse, error) {
	if err := checkLength("AddOrganizationDomainRequest.Domain", r.GetDomain(), 253); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	name := strings.TrimSpace(r.GetDomain())
	if name == "" {
		return nil, invalid("ORG-r3h4J", "Errors.Invalid.Argument")
	}
	o, err := s.orgForWrite(c, r.GetOrganizationId(), "org.write", precondition("COMMAND-QXPGs", noOrg))
	if err != nil {
		return nil, err
	}
	if o.domain(name) != nil {
		return nil, exists("V2-e1wse", "Errors.Already.Exists")
	}
	validate := s.instance.domainPolicy.validateDomains
	if !validate && s.domains[lower(name)] != nil {
		return nil, errDomainTaken
	}
	t, d := s.begin(c.user.id), &orgDomain{name: name}
	o.domains = append(o.domains, d)
	t.emit(&o.aggregate, "org.domain.added", values{"domain": name})
	if !validate {
		s.verifyDomain(t, o, d)
	}
	return &orgv2.AddOrganizationDomainResponse{CreationDate: stamp(t.at)}, nil
}

func (x *orgService) ListOrganizationDomains(ctx context.Context, r *orgv2.ListOrganizationDomainsRequest) (*orgv2.ListOrganizationDomainsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	answer := &orgv2.ListOrganizationDomainsResponse{Pagination: &filter.PaginationResponse{AppliedLimit: uint64(r.GetPagination().GetLimit())}}
	o := s.orgs[r.GetOrganizationId()]
	if o == nil || !s.may(c, "org.read", o.id) {
		return answer, nil
	}
	var found []*orgv2.Domain
	for _, d := range o.domains {
		ok := true
		for _, f := range r.GetFilters() {
			if q := f.GetDomainFilter(); q != nil {
				ok = ok && matches(int32(q.GetMethod()), d.name, q.GetDomain())
			}
		}
		if ok {
			found = append(found, &orgv2.Domain{
				OrganizationId: o.id, Domain: d.name, IsVerified: d.verified, IsPrimary: d.name == o.primary,
				ValidationType: orgv2.DomainValidationType(d.proof),
			})
		}
	}
	slices.SortFunc(found, func(a, b *orgv2.Domain) int { return strings.Compare(a.GetDomain(), b.GetDomain()) })
	answer.Pagination.TotalResult = uint64(len(found))
	answer.Domains = cut(found, r.GetPagination().GetOffset(), uint64(r.GetPagination().GetLimit()))
	return answer, nil
}

// ownDomain finds a domain of an organization that the caller may change.
func (s *state) ownDomain(c caller, org, name, missing string) (*org, *orgDomain, error) {
	if err := s.check(c, "org.write", org); err != nil {
		return nil, nil, err
	}
	o := s.orgs[org]
	if o == nil || o.domain(name) == nil {
		return nil, nil, notFound(missing, noDomain)
	}
	return o, o.domain(name), nil
}

func (x *orgService) DeleteOrganizationDomain(ctx context.Context, r *orgv2.DeleteOrganizationDomainRequest) (*orgv2.DeleteOrganizationDomainResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o, d, err := s.ownDomain(c, r.GetOrganizationId(), r.GetDomain(), "ORG-GDfA3")
	if err != nil {
		return nil, err
	}
	if d.name == o.primary {
		return nil, precondition("ORG-Sjdi3", "Organization Domain must not be deleted")
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.domain.removed", values{"domain": d.name})
	o.domains = slices.DeleteFunc(o.domains, func(x *orgDomain) bool { return x == d })
	if d.verified {
		delete(s.domains, lower(d.name))
	}
	return &orgv2.DeleteOrganizationDomainResponse{DeletionDate: stamp(t.at)}, nil
}

// SetPrimaryOrgDomain changes by which domain tokens call an organization.
func (x *managementService) SetPrimaryOrgDomain(ctx context.Context, r *management.SetPrimaryOrgDomainRequest) (*management.SetPrimaryOrgDomainResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o, d, err := s.ownDomain(c, c.org, r.GetDomain(), "ORG-GDfA3")
	if err != nil {
		return nil, err
	}
	if !d.verified {
		return nil, precondition("ORG-Ggd32", "Domain is not verified")
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.domain.primary.set", values{"domain": d.name})
	o.primary = d.name
	o.touch(t)
	return &management.SetPrimaryOrgDomainResponse{Details: &objectv1.ObjectDetails{
		Sequence: t.sequence(), ChangeDate: stamp(t.at), ResourceOwner: o.id,
	}}, nil
}
