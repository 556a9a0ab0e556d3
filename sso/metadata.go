package sso

import (
	"crypto/x509"
	"encoding/xml"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// MaxMetadata is how large metadata may be, in bytes: Zitadel's limit.
const MaxMetadata = 500_000

// CertificateSoon is how long before its end a certificate is worth a warning.
const CertificateSoon = 30 * 24 * time.Hour

// The namespaces and names of SAML 2.0, as its core and metadata
// specifications have them.
const (
	nsMetadata  = "urn:oasis:names:tc:SAML:2.0:metadata"
	nsAssertion = "urn:oasis:names:tc:SAML:2.0:assertion"
	nsProtocol  = "urn:oasis:names:tc:SAML:2.0:protocol"
	nsSignature = "http://www.w3.org/2000/09/xmldsig#"
	bindings    = "urn:oasis:names:tc:SAML:2.0:bindings:"
)

// The bindings by which Zitadel can send somebody to an identity provider.
const (
	BindingRedirect = "HTTP-Redirect"
	BindingPOST     = "HTTP-POST"
)

// Endpoint is an address of an identity provider and how it is spoken to.
type Endpoint struct {
	Binding string // BindingRedirect, BindingPOST, or another's last word
	URL     string
}

// Metadata is what an identity provider says about itself.
type Metadata struct {
	EntityID      string
	SSO, SLO      []Endpoint
	Certificates  []identity.Certificate // for signing; Side is "idp", Connection left empty
	NameIDFormats []string
	ValidUntil    time.Time // zero: for ever
	WantsSigned   bool      // wants signed requests
	// Warnings are worth mending and stop nobody.
	Warnings identity.Problems

	// signing are the certificates as often as they are given: with more than
	// one Zitadel wants every signature to name its certificate.
	signing []*x509.Certificate
}

// ParseMetadata reads the SAML 2.0 metadata of one identity provider. It
// refuses what Zitadel would refuse, what no sign-in could come through, and
// what a document of that kind has no use for, such as a DTD, with a sentence
// for each. What could be read comes back beside the problems, whose field is
// "metadata".
func ParseMetadata(document []byte, now time.Time) (Metadata, identity.Problems) {
	var problems identity.Problems
	entity, ok := readEntity(document, &problems)
	if !ok {
		return Metadata{}, problems
	}
	m := Metadata{EntityID: strings.TrimSpace(entity.EntityID)}
	switch {
	case m.EntityID == "":
		problems.Add("metadata", "metadata.entity-id-missing")
	case len(m.EntityID) > 1024: // core, section 8.3.6
		problems.Add("metadata", "metadata.entity-id-long")
	}
	if len(entity.IDP) == 0 {
		if len(entity.SP) > 0 {
			problems.Add("metadata", "metadata.service-provider", "EntityID", m.EntityID)
		} else {
			problems.Add("metadata", "metadata.no-identity-provider", "EntityID", m.EntityID)
		}
		return m, problems
	}
	m.readValidity(entity, now, &problems)
	for _, role := range entity.IDP {
		m.WantsSigned = m.WantsSigned || role.WantsSigned == "true" || role.WantsSigned == "1"
		if spoken := role.Protocols; spoken != "" && !slices.Contains(strings.Fields(spoken), nsProtocol) {
			problems.Add("metadata", "metadata.not-saml2")
		}
		m.SSO = append(m.SSO, endpoints(role.SSO)...)
		m.SLO = append(m.SLO, endpoints(role.SLO)...)
		for _, format := range role.NameIDFormats {
			if format = strings.TrimSpace(format); format != "" && !slices.Contains(m.NameIDFormats, format) {
				m.NameIDFormats = append(m.NameIDFormats, format)
			}
		}
	}
	m.checkEndpoints(&problems)
	m.readCertificates(entity, now, &problems)
	return m, problems
}

// SignOn is the endpoint Zitadel sends people to: by redirect if there is one.
func (m Metadata) SignOn() (Endpoint, bool) {
	for _, binding := range []string{BindingRedirect, BindingPOST} {
		for _, e := range m.SSO {
			if e.Binding == binding && e.URL != "" {
				return e, true
			}
		}
	}
	return Endpoint{}, false
}

func (m *Metadata) readValidity(entity entityXML, now time.Time, problems *identity.Problems) {
	texts := []string{entity.ValidUntil}
	for _, role := range entity.IDP {
		texts = append(texts, role.ValidUntil)
	}
	for _, text := range texts {
		if text == "" {
			continue
		}
		until, ok := readTime(text)
		if !ok {
			problems.Add("metadata", "metadata.valid-until-unreadable", "Text", text)
			continue
		}
		if m.ValidUntil.IsZero() || until.Before(m.ValidUntil) {
			m.ValidUntil = until
		}
	}
	if !m.ValidUntil.IsZero() && !now.Before(m.ValidUntil) {
		problems.Add("metadata", "metadata.expired", "Date", day(m.ValidUntil))
	}
}

func (m *Metadata) checkEndpoints(problems *identity.Problems) {
	if _, ok := m.SignOn(); !ok {
		if len(m.SSO) == 0 {
			problems.Add("metadata", "metadata.no-sign-on")
		} else {
			var offered []string
			for _, e := range m.SSO {
				offered = append(offered, e.Binding)
			}
			slices.Sort(offered)
			problems.Add("metadata", "metadata.no-usable-sign-on", "Bindings", strings.Join(slices.Compact(offered), ", "))
		}
		return
	}
	for _, e := range m.SSO {
		if e.Binding != BindingRedirect && e.Binding != BindingPOST {
			continue
		}
		switch judgeURL(e.URL) {
		case urlMalformed:
			problems.Add("metadata", "metadata.endpoint-malformed", "URL", e.URL)
		case urlPlain:
			problems.Add("metadata", "metadata.endpoint-plain", "URL", e.URL)
		case urlLoopback:
			m.Warnings.Add("metadata", "metadata.endpoint-loopback", "URL", e.URL)
		case urlSecure:
		}
	}
}

// urlVerdict is what can be said of an address without asking for it.
type urlVerdict int

const (
	urlSecure urlVerdict = iota
	urlLoopback
	urlPlain
	urlMalformed
)

func judgeURL(text string) urlVerdict {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return urlMalformed
	}
	if u.Scheme == "https" {
		return urlSecure
	}
	address, err := netip.ParseAddr(u.Hostname())
	if u.Hostname() == "localhost" || err == nil && address.IsLoopback() {
		return urlLoopback // on a developer's own machine
	}
	return urlPlain
}

// entityXML is as much of an EntityDescriptor as sign-in needs.
type entityXML struct {
	EntityID   string     `xml:"entityID,attr"`
	ValidUntil string     `xml:"validUntil,attr"`
	IDP        []roleXML  `xml:"urn:oasis:names:tc:SAML:2.0:metadata IDPSSODescriptor"`
	SP         []struct{} `xml:"urn:oasis:names:tc:SAML:2.0:metadata SPSSODescriptor"`
}

type roleXML struct {
	ValidUntil    string        `xml:"validUntil,attr"`
	Protocols     string        `xml:"protocolSupportEnumeration,attr"`
	WantsSigned   string        `xml:"WantAuthnRequestsSigned,attr"`
	Keys          []keyXML      `xml:"urn:oasis:names:tc:SAML:2.0:metadata KeyDescriptor"`
	SSO           []endpointXML `xml:"urn:oasis:names:tc:SAML:2.0:metadata SingleSignOnService"`
	SLO           []endpointXML `xml:"urn:oasis:names:tc:SAML:2.0:metadata SingleLogoutService"`
	NameIDFormats []string      `xml:"urn:oasis:names:tc:SAML:2.0:metadata NameIDFormat"`
}

type keyXML struct {
	Use          string   `xml:"use,attr"`
	Certificates []string `xml:"http://www.w3.org/2000/09/xmldsig# KeyInfo>X509Data>X509Certificate"`
}

type endpointXML struct {
	Binding  string `xml:"Binding,attr"`
	Location string `xml:"Location,attr"`
}

type entitiesXML struct {
	XMLName  xml.Name
	Entities []entityXML   `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
	Groups   []entitiesXML `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntitiesDescriptor"`
}

func (e entitiesXML) all() []entityXML {
	all := slices.Clone(e.Entities)
	for _, group := range e.Groups {
		all = append(all, group.all()...)
	}
	return all
}

func endpoints(given []endpointXML) []Endpoint {
	var all []Endpoint
	for _, e := range given {
		all = append(all, Endpoint{
			Binding: strings.TrimPrefix(strings.TrimSpace(e.Binding), bindings), URL: strings.TrimSpace(e.Location),
		})
	}
	return all
}
