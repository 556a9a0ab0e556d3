package standin

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"

	orgv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
)

// The ways to prove a domain.
const (
	proofHTTP = int32(orgv2.DomainValidationType_DOMAIN_VALIDATION_TYPE_HTTP)
	proofDNS  = int32(orgv2.DomainValidationType_DOMAIN_VALIDATION_TYPE_DNS)
)

// place is where the token of a domain is to be published.
func (d orgDomain) place() string {
	if d.proof == proofDNS {
		return "_zitadel-challenge." + d.name
	}
	return "https://" + d.name + "/.well-known/zitadel-challenge/" + d.token + ".txt"
}

func (x *orgService) GenerateOrganizationDomainValidation(ctx context.Context, r *orgv2.GenerateOrganizationDomainValidationRequest) (*orgv2.GenerateOrganizationDomainValidationResponse, error) {
	if err := checkLength("GenerateOrganizationDomainValidationRequest.Domain", r.GetDomain(), 253); err != nil {
		return nil, err
	}
	if r.GetType() == orgv2.DomainValidationType_DOMAIN_VALIDATION_TYPE_UNSPECIFIED {
		return nil, validation("GenerateOrganizationDomainValidationRequest.Type: value must not be in list [DOMAIN_VALIDATION_TYPE_UNSPECIFIED]")
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o, d, err := s.ownDomain(c, r.GetOrganizationId(), r.GetDomain(), "ORG-AGD31")
	if err != nil {
		return nil, err
	}
	if d.verified {
		return nil, precondition("ORG-HGw21", domainVerified)
	}
	d.proof, d.token = int32(r.GetType()), randomToken(24)
	s.begin(c.user.id).emit(&o.aggregate, "org.domain.verification.added", values{
		"domain": d.name, "validationType": d.proof, "validationCode": crypted(),
	})
	return &orgv2.GenerateOrganizationDomainValidationResponse{Token: d.token, Url: d.place()}, nil
}

// VerifyOrganizationDomain looks for the proof without the lock, which nobody
// else should have to wait for.
func (x *orgService) VerifyOrganizationDomain(ctx context.Context, r *orgv2.VerifyOrganizationDomainRequest) (*orgv2.VerifyOrganizationDomainResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	_, d, err := s.provable(c, r)
	var wanted orgDomain
	if err == nil {
		wanted = *d
	}
	s.RUnlock()
	if err != nil {
		return nil, err
	}
	problem := s.prove(ctx, wanted)
	s.Lock()
	defer s.Unlock()
	o, d, err := s.provable(c, r)
	if err != nil {
		return nil, err
	}
	if problem == nil && s.domains[lower(d.name)] != nil {
		return nil, errDomainTaken
	}
	t := s.begin(c.user.id)
	if problem != nil {
		t.emit(&o.aggregate, "org.domain.verification.failed", values{"domain": d.name})
		return nil, problem
	}
	s.verifyDomain(t, o, d)
	return &orgv2.VerifyOrganizationDomainResponse{ChangeDate: stamp(t.at)}, nil
}

// provable finds a domain that waits for its proof.
func (s *state) provable(c caller, r *orgv2.VerifyOrganizationDomainRequest) (*org, *orgDomain, error) {
	o, d, err := s.ownDomain(c, r.GetOrganizationId(), r.GetDomain(), "ORG-Sjdi3")
	switch {
	case err != nil:
		return nil, nil, err
	case d.verified:
		return nil, nil, precondition("ORG-HGw21", domainVerified)
	case d.token == "":
		return nil, nil, precondition("ORG-SFBB3", "Domain verification not yet started")
	}
	return o, d, nil
}

const internalError = "An internal error occurred"

func internal(id string) error { return &failure{internalCode, id, internalError} }

// prove looks for the token of a domain where it belongs.
func (s *Server) prove(ctx context.Context, d orgDomain) error {
	if d.proof == proofHTTP {
		return s.proveHTTP(ctx, d)
	}
	records, err := s.resolver.LookupTXT(ctx, d.place())
	var unknown *net.DNSError
	switch {
	case err == nil && slices.Contains(records, d.token):
		return nil
	case err == nil:
		return notFound("ORG-G28if", "The _zitadel-challenge TXT record has been found for your domain but it doesn't contain the right token text. Check that you've added the right token to your DNS server or wait till the new record is propagated")
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return notFound("ORG-G241f", "The _zitadel-challenge TXT record was not found for your domain. Check that you've added it to your DNS server or wait till the new record is propagated")
	case errors.As(err, &unknown) && unknown.IsTimeout:
		return notFound("ORG-K563l", "There was a timeout querying the DNS server")
	default:
		return internal("HTTP-Hwsw2")
	}
}

func (s *Server) proveHTTP(ctx context.Context, d orgDomain) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.place(), http.NoBody)
	if err != nil {
		return internal("HTTP-BH42h")
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return internal("HTTP-BH42h")
	}
	defer func() { _ = answer.Body.Close() }()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return notFound("ORG-F4zhw", "The file containing the challenge was not found in the expected URL. Check that you've uploaded the file in the right place with read permissions")
	default:
		return internal("HTTP-G2zsw")
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	if err != nil {
		return internal("HTTP-HB432")
	}
	if string(body) != d.token {
		return notFound("ORG-GH422", "The file containing the challenge has been found in the expected URL but it doesn't contain the right token text. Check its content")
	}
	return nil
}
