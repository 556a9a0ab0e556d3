package standin

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/xml"
	"io"
	"slices"

	"github.com/crewjam/saml"
	idpv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	objectv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"golang.org/x/text/encoding/ianaindex"
)

// idProvider is an identity provider of an organization or of the instance.
// What it is told of is never changed in place: who holds a copy may use it
// without the lock.
type idProvider struct {
	id, owner, name string
	options         idpOptions
	saml            *samlIDP // one of the three
	oidc            *oidcIDP
	jwt             *jwtIDP
	edited
}

// idpOptions say what Zitadel itself does with people it does not know yet.
type idpOptions struct {
	linking, creation, autoCreation, autoUpdate bool
	autoLinking                                 int32
}

type samlIDP struct {
	metadata     []byte
	key          *rsa.PrivateKey
	certificate  *x509.Certificate
	pem          []byte // of the certificate
	binding      int32
	signed       bool
	algorithm    int32
	nameIDFormat *int32
	transient    string // attribute that identifies people whose NameID does not
	logout       bool
}

type oidcIDP struct {
	issuer, clientID, clientSecret string
	scopes                         []string
	idTokenMapping, pkce           bool
}

// Bindings and signature algorithms by their number in the API.
var (
	samlBindings   = []string{"", saml.HTTPPostBinding, saml.HTTPRedirectBinding, saml.HTTPArtifactBinding}
	samlAlgorithms = []string{
		"", "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
		"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
	}
	samlNameIDs = []saml.NameIDFormat{saml.UnspecifiedNameIDFormat, saml.EmailAddressNameIDFormat, saml.PersistentNameIDFormat, saml.TransientNameIDFormat}
)

func numbered[T any](list []T, n int32) T {
	if n < 0 || int(n) >= len(list) {
		n = 0
	}
	return list[n]
}

func optionsOf(o *idpv1.Options) idpOptions {
	return idpOptions{
		linking: o.GetIsLinkingAllowed(), creation: o.GetIsCreationAllowed(), autoCreation: o.GetIsAutoCreation(),
		autoUpdate: o.GetIsAutoUpdate(), autoLinking: int32(o.GetAutoLinking()),
	}
}

func (o idpOptions) message() *idpv1.Options {
	return &idpv1.Options{
		IsLinkingAllowed: o.linking, IsCreationAllowed: o.creation, IsAutoCreation: o.autoCreation,
		IsAutoUpdate: o.autoUpdate, AutoLinking: idpv1.AutoLinkingOption(o.autoLinking),
	}
}

// fields are those of the provider's events. Secrets are there as they are
// kept: encrypted.
func (p *idProvider) fields() map[string]any {
	v := values{
		"id": p.id, "name": p.name, "isLinkingAllowed": p.options.linking, "isCreationAllowed": p.options.creation,
		"isAutoCreation": p.options.autoCreation, "isAutoUpdate": p.options.autoUpdate, "autoLinkingOption": p.options.autoLinking,
	}
	switch {
	case p.saml != nil:
		v["metadata"], v["certificate"], v["key"] = p.saml.metadata, p.saml.pem, crypted()
		v["binding"], v["withSignedRequest"] = numbered(samlBindings, p.saml.binding), p.saml.signed
		v["signatureAlgorithm"], v["transientMappingAttributeName"] = numbered(samlAlgorithms, p.saml.algorithm), p.saml.transient
		v["federatedLogoutEnabled"] = p.saml.logout
		if p.saml.nameIDFormat != nil {
			v["nameIDFormat"] = *p.saml.nameIDFormat
		}
	case p.oidc != nil:
		v["issuer"], v["clientId"], v["clientSecret"] = p.oidc.issuer, p.oidc.clientID, crypted()
		v["scopes"], v["idTokenMapping"], v["usePKCE"] = p.oidc.scopes, p.oidc.idTokenMapping, p.oidc.pkce
	case p.jwt != nil:
		v["issuer"], v["jwtEndpoint"], v["keysEndpoint"], v["headerName"] = p.jwt.issuer, p.jwt.endpoint, p.jwt.keys, p.jwt.header
	}
	return trimmed(v)
}

// kind is the middle of the names of the provider's events.
func (p *idProvider) kind() string {
	switch {
	case p.saml != nil:
		return "saml"
	case p.jwt != nil:
		return "jwt"
	}
	return "oidc"
}

func (s *state) idpMessage(p *idProvider) *idpv1.Provider {
	m := &idpv1.Provider{
		Id: p.id, Name: p.name, State: idpv1.IDPState_IDP_STATE_ACTIVE, Owner: idpv1.IDPOwnerType_IDP_OWNER_TYPE_ORG,
		Details: &objectv1.ObjectDetails{Sequence: uint64(p.seq), CreationDate: stamp(p.created), ChangeDate: stamp(p.changed), ResourceOwner: p.owner},
		Config:  &idpv1.ProviderConfig{Options: p.options.message()},
	}
	if p.owner == s.instance.id {
		m.Owner = idpv1.IDPOwnerType_IDP_OWNER_TYPE_SYSTEM
	}
	if p.oidc != nil {
		m.Type = idpv1.ProviderType_PROVIDER_TYPE_OIDC
		m.Config.Config = &idpv1.ProviderConfig_Oidc{Oidc: &idpv1.GenericOIDCConfig{
			Issuer: p.oidc.issuer, ClientId: p.oidc.clientID, Scopes: slices.Clone(p.oidc.scopes),
			IsIdTokenMapping: p.oidc.idTokenMapping, UsePkce: p.oidc.pkce,
		}}
		return m
	}
	if p.jwt != nil {
		m.Type = idpv1.ProviderType_PROVIDER_TYPE_JWT
		m.Config.Config = &idpv1.ProviderConfig_Jwt{Jwt: &idpv1.JWTConfig{
			Issuer: p.jwt.issuer, JwtEndpoint: p.jwt.endpoint, KeysEndpoint: p.jwt.keys, HeaderName: p.jwt.header,
		}}
		return m
	}
	c := p.saml
	algorithm := idpv1.SAMLSignatureAlgorithm(c.algorithm)
	format := idpv1.SAMLNameIDFormat_SAML_NAME_ID_FORMAT_PERSISTENT
	if c.nameIDFormat != nil {
		format = idpv1.SAMLNameIDFormat(*c.nameIDFormat)
	}
	m.Type = idpv1.ProviderType_PROVIDER_TYPE_SAML
	m.Config.Config = &idpv1.ProviderConfig_Saml{Saml: &idpv1.SAMLConfig{
		MetadataXml: slices.Clone(c.metadata), Binding: idpv1.SAMLBinding(c.binding), WithSignedRequest: c.signed,
		SignatureAlgorithm: &algorithm, NameIdFormat: format, TransientMappingAttributeName: &c.transient, FederatedLogoutEnabled: &c.logout,
	}}
	return m
}

// parseMetadata reads an identity provider's metadata as Zitadel does: of
// several entities the first identity provider, in whatever character set.
func parseMetadata(metadata []byte) (*saml.EntityDescriptor, error) {
	decode := func(into any) error {
		d := xml.NewDecoder(bytes.NewReader(metadata))
		d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
			e, err := ianaindex.IANA.Encoding(charset)
			if err != nil {
				return nil, err
			}
			return e.NewDecoder().Reader(r), nil
		}
		return d.Decode(into)
	}
	one := &saml.EntityDescriptor{}
	err := decode(one)
	if err == nil {
		return one, nil
	}
	var many saml.EntitiesDescriptor
	if decode(&many) != nil {
		return nil, err
	}
	for i := range many.EntityDescriptors {
		if len(many.EntityDescriptors[i].IDPSSODescriptors) > 0 {
			return &many.EntityDescriptors[i], nil
		}
	}
	return nil, &failure{internalCode, "SAML-Ejoi3r2", "no entity found with IDPSSODescriptor"}
}

// dropIDP removes a provider and its place in login policies, of which no event
// tells. People's links to it stay.
func (s *state) dropIDP(p *idProvider) {
	delete(s.idps, p.id)
	isIt := func(l loginIDP) bool { return l.id == p.id }
	for _, o := range s.orgs {
		o.loginIDPs = slices.DeleteFunc(slices.Clone(o.loginIDPs), isIt)
	}
	s.instance.loginIDPs = slices.DeleteFunc(slices.Clone(s.instance.loginIDPs), isIt)
}
