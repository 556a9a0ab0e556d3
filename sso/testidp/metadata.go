package testidp

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
)

const (
	namespaceMetadata = "urn:oasis:names:tc:SAML:2.0:metadata"
	namespaceDsig     = "http://www.w3.org/2000/09/xmldsig#"
	protocolSAML      = "urn:oasis:names:tc:SAML:2.0:protocol"
)

// Metadata is the app's SAML metadata, which names its issuer, its endpoints
// and all its certificates.
func (a *App) Metadata() ([]byte, error) {
	doc := etree.NewDocument()
	doc.CreateProcInst("xml", `version="1.0" encoding="UTF-8"`)
	entity := doc.CreateElement("md:EntityDescriptor")
	entity.CreateAttr("xmlns:md", namespaceMetadata)
	entity.CreateAttr("entityID", a.EntityID())
	idp := entity.CreateElement("md:IDPSSODescriptor")
	idp.CreateAttr("WantAuthnRequestsSigned", "false")
	idp.CreateAttr("protocolSupportEnumeration", protocolSAML)
	for _, certificate := range a.Certificates() {
		key := idp.CreateElement("md:KeyDescriptor")
		key.CreateAttr("use", "signing")
		info := key.CreateElement("ds:KeyInfo")
		info.CreateAttr("xmlns:ds", namespaceDsig)
		info.CreateElement("ds:X509Data").CreateElement("ds:X509Certificate").
			SetText(base64.StdEncoding.EncodeToString(certificate.Raw))
	}
	idp.CreateElement("md:NameIDFormat").SetText(a.nameIDFormat())
	for _, binding := range []string{saml.HTTPRedirectBinding, saml.HTTPPostBinding} {
		sso := idp.CreateElement("md:SingleSignOnService")
		sso.CreateAttr("Binding", binding)
		sso.CreateAttr("Location", a.SSOURL())
	}
	doc.Indent(2)
	document, err := doc.WriteToBytes()
	if err != nil {
		return nil, fmt.Errorf("write the metadata: %w", err)
	}
	return document, nil
}

// nameIDFormat is the format the app sends when the request does not matter.
func (a *App) nameIDFormat() string {
	options := a.Options()
	if options.NameIDFormat != "" {
		return options.NameIDFormat
	}
	return string(habitsOf(options.Vendor).format)
}

// readSPMetadata takes the service provider's entity ID, ACS and certificate
// from its metadata, where nobody typed them.
func (o *AppOptions) readSPMetadata() error {
	var entity saml.EntityDescriptor
	if err := xml.Unmarshal(o.SPMetadata, &entity); err != nil {
		return fmt.Errorf("read the service provider's metadata: %w", err)
	}
	if entity.EntityID == "" || len(entity.SPSSODescriptors) == 0 {
		return errors.New("read the service provider's metadata: it describes no service provider")
	}
	sp := entity.SPSSODescriptors[0]
	if o.EntityID == "" {
		o.EntityID = entity.EntityID
	}
	if len(o.ACS) == 0 {
		for _, acs := range sp.AssertionConsumerServices {
			if acs.Binding == saml.HTTPPostBinding {
				o.ACS = append(o.ACS, acs.Location)
			}
		}
	}
	for _, key := range sp.KeyDescriptors {
		if o.EncryptFor != nil || key.Use == "signing" || len(key.KeyInfo.X509Data.X509Certificates) == 0 {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(key.KeyInfo.X509Data.X509Certificates[0].Data), ""))
		if err != nil {
			return fmt.Errorf("read the service provider's certificate: %w", err)
		}
		if o.EncryptFor, err = x509.ParseCertificate(raw); err != nil {
			return fmt.Errorf("read the service provider's certificate: %w", err)
		}
	}
	return nil
}
