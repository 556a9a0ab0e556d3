package zitadel

import (
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"strings"

	idppb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	"google.golang.org/grpc/codes"

	"homeroom.dev/homeroom/identity"
)

// maxMetadata is what Zitadel takes.
const maxMetadata = 500_000

// defaultScopes bring the claims a person is made of.
var defaultScopes = []string{"openid", "profile", "email"}

// nothingAutomatic is what every identity provider is set to. Zitadel's flags
// do not hold what they say: automatic creation and linking happen although
// creating and linking are not allowed. So none is on, and the portal's own
// rules decide.
func nothingAutomatic() *idppb.Options { return &idppb.Options{} }

// CreateProvider makes an identity provider that is attached to nothing.
func (r *remote) CreateProvider(ctx context.Context, p identity.Provider) (identity.ProviderID, error) {
	if err := r.school(); err != nil {
		return "", err
	}
	if p.Vendor.InstanceWide() {
		id := r.config.Offered[p.Vendor]
		if id == "" {
			return "", identity.Unavailable("connection.not-offered")
		}
		return id, nil
	}
	id, err := r.addProvider(ctx, p)
	if err != nil {
		return "", failProvider("add identity provider", err)
	}
	// One that is not shown is never used: nothing hangs on it, and the next try
	// makes another.
	found, err := shown(ctx, func() (bool, error) {
		_, err := r.ownProvider(ctx, id)
		if identity.IsKind(err, identity.KindNotFound) {
			return false, nil
		}
		return err == nil, err
	})
	if err == nil && !found {
		err = notShown("read identity provider back")
	}
	if err != nil {
		return "", err
	}
	return id, nil
}

func (r *remote) addProvider(ctx context.Context, p identity.Provider) (identity.ProviderID, error) {
	if !p.Vendor.Speaks(p.Protocol) {
		return "", identity.Invalid("remote.refused").Because(fmt.Errorf("%s does not speak %s", p.Vendor, p.Protocol))
	}
	if p.Protocol == identity.ProtocolOIDC {
		added, err := r.client.ManagementService().AddGenericOIDCProvider(r.here(ctx), &managementpb.AddGenericOIDCProviderRequest{
			Name:   cmp.Or(p.Name, string(p.Vendor)),
			Issuer: cmp.Or(p.Issuer, notConnected),
			// Zitadel wants all three, also before the school has them.
			ClientId: cmp.Or(p.ClientID, "not-connected"), ClientSecret: cmp.Or(p.ClientSecret, "not-connected"),
			Scopes: scopes(p), UsePkce: true, ProviderOptions: nothingAutomatic(),
		})
		return identity.ProviderID(added.GetId()), err
	}
	document := p.Metadata
	if document == "" {
		var err error
		if document, err = placeholderMetadata(); err != nil {
			return "", err
		}
	}
	if len(document) > maxMetadata {
		return "", identity.Invalid("connection.metadata-refused")
	}
	added, err := r.client.ManagementService().AddSAMLProvider(r.here(ctx), &managementpb.AddSAMLProviderRequest{
		Name:     cmp.Or(p.Name, string(p.Vendor)),
		Metadata: &managementpb.AddSAMLProviderRequest_MetadataXml{MetadataXml: []byte(document)},
		Binding:  idppb.SAMLBinding_SAML_BINDING_REDIRECT, NameIdFormat: nameIDFormat(p),
		WithSignedRequest: wantsSigned(document), SignatureAlgorithm: idppb.SAMLSignatureAlgorithm_SAML_SIGNATURE_RSA_SHA256,
		TransientMappingAttributeName: transientID(p), ProviderOptions: nothingAutomatic(),
	})
	return identity.ProviderID(added.GetId()), err
}

// UpdateProvider replaces what the provider is. What p leaves empty stays.
func (r *remote) UpdateProvider(ctx context.Context, id identity.ProviderID, p identity.Provider) error {
	is, err := r.provider(ctx, id)
	if err != nil || shared(is) {
		return err // one of the installation's is no school's to change
	}
	if p.Protocol == identity.ProtocolOIDC {
		return r.updateOIDC(ctx, is, p)
	}
	return r.updateSAML(ctx, is, p)
}

func (r *remote) updateOIDC(ctx context.Context, is *idppb.Provider, p identity.Provider) error {
	config := is.GetConfig().GetOidc()
	if config == nil {
		return identity.Invalid("remote.refused").Because(fmt.Errorf("identity provider %s is %s, not OIDC", is.GetId(), is.GetType()))
	}
	_, err := r.client.ManagementService().UpdateGenericOIDCProvider(r.here(ctx), &managementpb.UpdateGenericOIDCProviderRequest{
		Id: is.GetId(), Name: cmp.Or(p.Name, is.GetName()),
		Issuer: cmp.Or(p.Issuer, config.GetIssuer()), ClientId: cmp.Or(p.ClientID, config.GetClientId()), ClientSecret: p.ClientSecret,
		Scopes: scopes(p), UsePkce: true, ProviderOptions: nothingAutomatic(),
	})
	return failProvider("update identity provider", err)
}

func (r *remote) updateSAML(ctx context.Context, is *idppb.Provider, p identity.Provider) error {
	config := is.GetConfig().GetSaml()
	if config == nil {
		return identity.Invalid("remote.refused").Because(fmt.Errorf("identity provider %s is %s, not SAML", is.GetId(), is.GetType()))
	}
	document := cmp.Or(p.Metadata, string(config.GetMetadataXml()))
	if len(document) > maxMetadata {
		return identity.Invalid("connection.metadata-refused")
	}
	_, err := r.client.ManagementService().UpdateSAMLProvider(r.here(ctx), &managementpb.UpdateSAMLProviderRequest{
		Id: is.GetId(), Name: cmp.Or(p.Name, is.GetName()),
		Metadata: &managementpb.UpdateSAMLProviderRequest_MetadataXml{MetadataXml: []byte(document)},
		Binding:  idppb.SAMLBinding_SAML_BINDING_REDIRECT, NameIdFormat: nameIDFormat(p),
		WithSignedRequest: wantsSigned(document), SignatureAlgorithm: idppb.SAMLSignatureAlgorithm_SAML_SIGNATURE_RSA_SHA256,
		TransientMappingAttributeName: transientID(p), ProviderOptions: nothingAutomatic(),
	})
	return failProvider("update identity provider", err)
}

// DeleteProvider detaches and deletes the provider. One that is gone and one
// that never was the school's are the same: nothing happens.
func (r *remote) DeleteProvider(ctx context.Context, id identity.ProviderID) error {
	if err := r.school(); err != nil {
		return err
	}
	p, err := r.provider(ctx, id)
	if identity.IsKind(err, identity.KindNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := r.DetachProvider(ctx, id); err != nil || shared(p) {
		return err
	}
	return r.removeProvider(ctx, id)
}

func (r *remote) removeProvider(ctx context.Context, id identity.ProviderID) error {
	_, err := r.client.ManagementService().DeleteProvider(r.here(ctx), &managementpb.DeleteProviderRequest{Id: string(id)})
	if isCode(err, codes.NotFound) {
		return nil
	}
	return fail("delete identity provider", err, "connection.not-found")
}

// failProvider tells metadata that Zitadel cannot read from everything else.
// One change of many says that nothing changed by an error.
func failProvider(doing string, err error) error {
	switch {
	case is(err, idMetadataRefused, idNewMetadataRefused):
		return identity.Invalid("connection.metadata-refused").Because(fmt.Errorf("%s: %w", doing, err))
	case isNotChanged(err):
		return nil
	}
	return fail(doing, err, "connection.not-found")
}

func scopes(p identity.Provider) []string {
	if len(p.Scopes) > 0 {
		return p.Scopes
	}
	return defaultScopes
}

// nameIDFormat is the NameID that requests ask for. Most identity providers
// send what they were set up to send if none is named, and some (AD FS) refuse
// to sign anybody in if it is another. Shibboleth sends a transient one then,
// which names nobody twice.
func nameIDFormat(p identity.Provider) *idppb.SAMLNameIDFormat {
	if p.Vendor == identity.VendorShibboleth && p.TransientID == "" {
		return idppb.SAMLNameIDFormat_SAML_NAME_ID_FORMAT_PERSISTENT.Enum()
	}
	return idppb.SAMLNameIDFormat_SAML_NAME_ID_FORMAT_UNSPECIFIED.Enum()
}

func transientID(p identity.Provider) *string {
	if p.TransientID == "" {
		return nil
	}
	return &p.TransientID
}

// wantsSigned reports whether metadata asks for signed requests. Where it does
// not, signing them only adds a certificate that runs out.
func wantsSigned(document string) bool {
	decoder := xml.NewDecoder(strings.NewReader(document))
	for {
		switch token, err := decoder.Token(); element := token.(type) {
		case xml.StartElement:
			if element.Name.Local != "IDPSSODescriptor" {
				continue
			}
			for _, a := range element.Attr {
				if a.Name.Local == "WantAuthnRequestsSigned" {
					return a.Value == "true" || a.Value == "1"
				}
			}
			return false
		default:
			if err != nil {
				return false // Zitadel says what is wrong with it
			}
		}
	}
}
