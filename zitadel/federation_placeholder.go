package zitadel

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"time"
)

// notConnected is where a school's identity provider is before the school has
// said so: a name that resolves nowhere.
const notConnected = "https://not-connected.invalid"

// placeholder is SAML metadata that Zitadel can read and nobody can sign in
// with. Zitadel gives a provider the URLs that a school's IT has to copy only
// once it has metadata, and IT has metadata only once the URLs were copied.
const placeholder = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="` + notConnected + `">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing">
      <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>%s</X509Certificate></X509Data></KeyInfo>
    </KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="` + notConnected + `/sso"/>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="` + notConnected + `/sso"/>
  </IDPSSODescriptor>
</EntityDescriptor>`

// placeholderMetadata fills placeholder with the certificate of a key that is
// forgotten at once, so that no signature ever fits.
func placeholderMetadata() (string, error) {
	const doing = "make a certificate for placeholder metadata"
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "not connected"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	return fmt.Sprintf(placeholder, base64.StdEncoding.EncodeToString(certificate)), nil
}
