package zitadel

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	orgpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"

	"homeroom.dev/homeroom/identity"
)

// domainPattern is a domain in lower case and A-labels: Zitadel takes any text
// for one.
var domainPattern = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// AddDomain adds an unverified domain.
func (r *remote) AddDomain(ctx context.Context, domain string) error {
	if err := r.school(); err != nil {
		return err
	}
	if !domainPattern.MatchString(domain) || len(domain) > 253 || r.generated(domain) {
		return identity.Invalid("remote.refused").Because(fmt.Errorf("%q is no domain to add", domain))
	}
	if err := r.provenElsewhere(ctx, domain); err != nil {
		return err
	}
	_, err := r.client.OrganizationServiceV2().AddOrganizationDomain(ctx, &orgpb.AddOrganizationDomainRequest{
		OrganizationId: string(r.opened.ID()), Domain: domain,
	})
	switch {
	case is(err, idDomainExists):
		return nil
	case is(err, idTaken):
		return identity.Conflict("domain.taken").Because(err)
	}
	return fail("add organization domain", err, "organization.not-found")
}

// provenElsewhere says that an organization we see has proven the domain: until
// it is proven Zitadel lets everybody add it. Of organizations we do not see,
// proving tells.
func (r *remote) provenElsewhere(ctx context.Context, domain string) error {
	answer, err := r.client.OrganizationServiceV2().ListOrganizations(ctx, &orgpb.ListOrganizationsRequest{
		Query: &objectpb.ListQuery{Limit: 10},
		Queries: []*orgpb.SearchQuery{{Query: &orgpb.SearchQuery_DomainQuery{DomainQuery: &orgpb.OrganizationDomainQuery{
			Domain: domain, Method: objectpb.TextQueryMethod_TEXT_QUERY_METHOD_EQUALS,
		}}}},
	})
	if err != nil {
		return fail("list organizations", err, "organization.not-found")
	}
	for _, o := range answer.GetResult() {
		if o.GetId() == string(r.opened.ID()) {
			continue
		}
		return identity.Conflict("domain.taken").Because(fmt.Errorf("proven by organization %s", o.GetId()))
	}
	return nil
}

// ChallengeDomain makes a challenge that replaces the one before.
func (r *remote) ChallengeDomain(ctx context.Context, domain string, proof identity.DomainProof) (identity.DomainChallenge, error) {
	if err := r.school(); err != nil {
		return identity.DomainChallenge{}, err
	}
	kind := orgpb.DomainValidationType_DOMAIN_VALIDATION_TYPE_DNS
	switch proof {
	case identity.ProofDNS:
	case identity.ProofHTTP:
		kind = orgpb.DomainValidationType_DOMAIN_VALIDATION_TYPE_HTTP
	default:
		return identity.DomainChallenge{}, identity.Invalid("remote.refused").Because(fmt.Errorf("no proof %q", proof))
	}
	answer, err := r.client.OrganizationServiceV2().GenerateOrganizationDomainValidation(ctx, &orgpb.GenerateOrganizationDomainValidationRequest{
		OrganizationId: string(r.opened.ID()), Domain: domain, Type: kind,
	})
	if is(err, idDomainVerified) {
		return identity.DomainChallenge{}, identity.Conflict("domain.proven").Because(err)
	}
	if err != nil {
		return identity.DomainChallenge{}, fail("generate domain validation", err, "domain.not-found")
	}
	return identity.DomainChallenge{Proof: proof, Token: answer.GetToken(), Place: answer.GetUrl()}, nil
}

// VerifyDomain lets Zitadel look for the proof. It may be repeated.
func (r *remote) VerifyDomain(ctx context.Context, domain string) error {
	const doing = "verify organization domain"
	if err := r.school(); err != nil {
		return err
	}
	_, err := r.client.OrganizationServiceV2().VerifyOrganizationDomain(ctx, &orgpb.VerifyOrganizationDomainRequest{
		OrganizationId: string(r.opened.ID()), Domain: domain,
	})
	switch {
	case is(err, idDomainVerified):
		return nil
	case is(err, idTaken):
		return identity.Conflict("domain.taken").Because(err)
	case is(err, notProven...):
		return identity.Conflict("domain.not-proven").Because(fmt.Errorf("%s: %w", doing, err))
	}
	return fail(doing, err, "domain.not-found")
}

// Domains lists what the school has added. The name that Zitadel gives every
// organization below its own host is nobody's to care about.
func (r *remote) Domains(ctx context.Context) ([]identity.Domain, error) {
	if err := r.school(); err != nil {
		return nil, err
	}
	const page = 100
	var domains []identity.Domain
	for offset := uint64(0); ; offset += page {
		answer, err := r.client.OrganizationServiceV2().ListOrganizationDomains(ctx, &orgpb.ListOrganizationDomainsRequest{
			OrganizationId: string(r.opened.ID()), Pagination: &filterpb.PaginationRequest{Offset: offset, Limit: page, Asc: true},
		})
		if err != nil {
			return nil, fail("list organization domains", err, "organization.not-found")
		}
		for _, d := range answer.GetDomains() {
			if d.GetOrganizationId() != string(r.opened.ID()) || d.GetIsPrimary() && r.generated(d.GetDomain()) {
				continue
			}
			domain := identity.Domain{Name: d.GetDomain(), Verified: d.GetIsVerified()}
			switch d.GetValidationType() {
			case orgpb.DomainValidationType_DOMAIN_VALIDATION_TYPE_DNS:
				domain.Challenge.Proof = identity.ProofDNS
			case orgpb.DomainValidationType_DOMAIN_VALIDATION_TYPE_HTTP:
				domain.Challenge.Proof = identity.ProofHTTP
			}
			domains = append(domains, domain)
		}
		if len(answer.GetDomains()) < page {
			return domains, nil
		}
	}
}

// generated reports whether a domain lies below Zitadel's own host, where it
// gives out the names.
func (r *remote) generated(domain string) bool {
	issuer, err := url.Parse(r.config.Issuer)
	return err == nil && strings.HasSuffix(domain, "."+issuer.Hostname())
}

// DeleteDomain gives a domain up. One that is gone and one that never was the
// school's are the same: nothing happens.
func (r *remote) DeleteDomain(ctx context.Context, domain string) error {
	if err := r.school(); err != nil {
		return err
	}
	_, err := r.client.OrganizationServiceV2().DeleteOrganizationDomain(ctx, &orgpb.DeleteOrganizationDomainRequest{
		OrganizationId: string(r.opened.ID()), Domain: domain,
	})
	switch {
	case is(err, idDomainGone):
		return nil
	case is(err, idDomainPrimary):
		return identity.NotFound("domain.not-found").Because(err) // Zitadel's own, see Domains
	}
	return fail("delete organization domain", err, "domain.not-found")
}
