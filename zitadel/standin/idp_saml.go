package standin

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"

	idpv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
)

// samlRequest is what the requests that add or change a SAML provider have in
// common.
type samlRequest interface {
	GetName() string
	GetMetadataXml() []byte
	GetMetadataUrl() string
	GetBinding() idpv1.SAMLBinding
	GetWithSignedRequest() bool
	GetSignatureAlgorithm() idpv1.SAMLSignatureAlgorithm
	GetNameIdFormat() idpv1.SAMLNameIDFormat
	GetTransientMappingAttributeName() string
	GetFederatedLogoutEnabled() bool
	GetProviderOptions() *idpv1.Options
}

// certificateLife is how long the certificate of a SAML provider is good.
const certificateLife = 365 * 24 * time.Hour

// spCertificate makes the certificate by which Zitadel signs and decrypts as
// service provider of one identity provider.
func spCertificate(id string, key *rsa.PrivateKey, now time.Time) (*x509.Certificate, []byte, error) {
	serial, ok := new(big.Int).SetString(id, 10)
	if !ok {
		return nil, nil, fmt.Errorf("the ID %q is no number", id)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"ZITADEL"}, CommonName: "ZITADEL SP " + id, SerialNumber: id},
		NotBefore:    now, NotAfter: now.Add(certificateLife),
		KeyUsage:              x509.KeyUsageKeyEncipherment | x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, nil, fmt.Errorf("make the certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("read the certificate: %w", err)
	}
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// mostMetadata is the most that is read of metadata from a URL.
const mostMetadata = 5 << 20

func (s *Server) fetchMetadata(ctx context.Context, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the answer is %s", answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, mostMetadata))
}

// metadataOf is the metadata of a request, fetched if it must be, and refused
// if it cannot be read. What it says of keys and places nobody looks at.
func (s *Server) metadataOf(ctx context.Context, r samlRequest, missing, format string) ([]byte, error) {
	metadata := slices.Clone(r.GetMetadataXml())
	if metadata == nil {
		fetched, err := s.fetchMetadata(ctx, r.GetMetadataUrl())
		if err != nil {
			return nil, invalid(missing, "SAML metadata is missing")
		}
		metadata = fetched
	}
	if _, err := parseMetadata(metadata); err != nil {
		return nil, invalid(format, "SAML Metadata format error")
	}
	return metadata, nil
}

// set replaces what a request says; key and certificate stay.
func (c *samlIDP) set(metadata []byte, nameIDFormat *idpv1.SAMLNameIDFormat, r samlRequest) {
	c.metadata, c.binding, c.signed = metadata, int32(r.GetBinding()), r.GetWithSignedRequest()
	c.algorithm, c.transient, c.logout = int32(r.GetSignatureAlgorithm()), r.GetTransientMappingAttributeName(), r.GetFederatedLogoutEnabled()
	c.nameIDFormat = nil
	if nameIDFormat != nil {
		n := int32(*nameIDFormat)
		c.nameIDFormat = &n
	}
}

func (x *managementService) AddSAMLProvider(ctx context.Context, r *management.AddSAMLProviderRequest) (*management.AddSAMLProviderResponse, error) {
	if err := checkLength("AddSAMLProviderRequest.Name", r.GetName(), 200); err != nil {
		return nil, err
	}
	if r.GetMetadata() == nil {
		return nil, validation("AddSAMLProviderRequest.Metadata: value is required")
	}
	s, c := x.s, callerOf(ctx)
	metadata, err := s.metadataOf(ctx, r, "ORG-ipzxvf3cv2", "ORG-SF3rwhgh")
	if err != nil {
		return nil, err
	}
	s.Lock()
	defer s.Unlock()
	p := &idProvider{id: s.nextID(), name: strings.TrimSpace(r.GetName()), options: optionsOf(r.GetProviderOptions()), saml: &samlIDP{}}
	p.saml.set(metadata, r.NameIdFormat, r)
	if p.saml.key, err = s.fresh.next(); err != nil {
		return nil, fmt.Errorf("make the key of a provider: %w", err)
	}
	if p.saml.certificate, p.saml.pem, err = spCertificate(p.id, p.saml.key, time.Now()); err != nil {
		return nil, err
	}
	details := s.idpsOfOrg(c.org).add(s.begin(c.user.id), p)
	return &management.AddSAMLProviderResponse{Id: p.id, Details: details}, nil
}

// UpdateSAMLProvider leaves an event even when nothing changes.
func (x *managementService) UpdateSAMLProvider(ctx context.Context, r *management.UpdateSAMLProviderRequest) (*management.UpdateSAMLProviderResponse, error) {
	if err := checkLength("UpdateSAMLProviderRequest.Name", r.GetName(), 200); err != nil {
		return nil, err
	}
	if r.GetMetadata() == nil {
		return nil, validation("UpdateSAMLProviderRequest.Metadata: value is required")
	}
	s, c := x.s, callerOf(ctx)
	metadata, err := s.metadataOf(ctx, r, "ORG-bkaiyd3rfo", "ORG-SFqqh42")
	if err != nil {
		return nil, err
	}
	s.Lock()
	defer s.Unlock()
	o := s.idpsOfOrg(c.org)
	old, err := o.find(r.GetId(), "z82dddndql")
	if err != nil {
		return nil, err
	}
	if old.saml == nil {
		return nil, notFound("ORG-z82dddndql", o.text)
	}
	p, config := *old, *old.saml
	p.name, p.options, p.saml = strings.TrimSpace(r.GetName()), optionsOf(r.GetProviderOptions()), &config
	p.saml.set(metadata, r.NameIdFormat, r)
	return &management.UpdateSAMLProviderResponse{Details: o.change(s.begin(c.user.id), old, &p, true)}, nil
}
