package sso

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"

	"homeroom.dev/homeroom/identity"
)

// readCertificates reads the signing certificates and says what is wrong with
// them. One that cannot be read spoils all: Zitadel reads them all or none.
func (m *Metadata) readCertificates(entity entityXML, now time.Time, problems *identity.Problems) {
	keys, encryption := 0, 0
	for _, role := range entity.IDP {
		for _, key := range role.Keys {
			switch key.Use {
			case "", "signing":
				keys++
				for _, text := range key.Certificates {
					certificate, message := readCertificate(text)
					if certificate == nil {
						problems.Add("metadata", message)
						continue
					}
					m.signing = append(m.signing, certificate)
				}
			case "encryption":
				encryption++
			}
		}
	}
	switch {
	case len(m.signing) > 0:
		m.checkCertificates(now, problems)
	case len(problems.On("metadata")) > 0 && keys > 0 && slices.ContainsFunc(*problems, isUnreadable):
		// Said already.
	case keys > 0:
		problems.Add("metadata", "metadata.key-without-certificate")
	case encryption > 0:
		problems.Add("metadata", "metadata.key-encryption-only")
	default:
		problems.Add("metadata", "metadata.key-missing")
	}
}

func isUnreadable(p identity.Problem) bool {
	return p.Message.ID == "metadata.certificate-base64" || p.Message.ID == "metadata.certificate-malformed"
}

func (m *Metadata) checkCertificates(now time.Time, problems *identity.Problems) {
	valid := 0
	var told identity.Problems // of those that are not valid
	for _, certificate := range m.signing {
		described := describe(certificate)
		if slices.ContainsFunc(m.Certificates, func(c identity.Certificate) bool { return c.Fingerprint == described.Fingerprint }) {
			continue
		}
		m.Certificates = append(m.Certificates, described)
		switch {
		case now.After(certificate.NotAfter):
			told.Add("metadata", "metadata.certificate-expired", "Subject", described.Subject, "Date", day(certificate.NotAfter))
		case now.Before(certificate.NotBefore):
			told.Add("metadata", "metadata.certificate-future", "Subject", described.Subject, "Date", day(certificate.NotBefore))
		default:
			valid++
			if certificate.NotAfter.Sub(now) < CertificateSoon {
				m.Warnings.Add("metadata", "metadata.certificate-soon", "Subject", described.Subject, "Date", day(certificate.NotAfter))
			}
		}
		m.checkKey(certificate, described.Subject, problems)
	}
	if valid == 0 {
		*problems = append(*problems, told...)
	} else {
		m.Warnings = append(m.Warnings, told...)
	}
}

// checkKey says what is wrong with a certificate's key and its own signature.
func (m *Metadata) checkKey(certificate *x509.Certificate, subject string, problems *identity.Problems) {
	switch key := certificate.PublicKey.(type) {
	case *rsa.PublicKey:
		switch bits := key.N.BitLen(); {
		case bits < 1024: // Go's crypto/rsa, and with it Zitadel, refuses these
			problems.Add("metadata", "metadata.certificate-key-short", "Subject", subject, "Bits", bits)
		case bits < 2048:
			m.Warnings.Add("metadata", "metadata.certificate-key-weak", "Subject", subject, "Bits", bits)
		}
	case *ecdsa.PublicKey:
	default:
		problems.Add("metadata", "metadata.certificate-key-kind", "Subject", subject)
	}
	switch certificate.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		m.Warnings.Add("metadata", "metadata.certificate-sha1", "Subject", subject)
	}
}

// readCertificate reads the base64 of one certificate, or says why not.
func readCertificate(text string) (*x509.Certificate, string) {
	der, err := base64.StdEncoding.DecodeString(withoutSpace(text))
	if err != nil || len(der) == 0 {
		return nil, "metadata.certificate-base64"
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, "metadata.certificate-malformed"
	}
	return certificate, ""
}

func withoutSpace(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// describe is what is kept and shown of a certificate.
func describe(certificate *x509.Certificate) identity.Certificate {
	subject := certificate.Subject.CommonName
	if subject == "" {
		subject = certificate.Subject.String()
	}
	return identity.Certificate{
		Side: "idp", Fingerprint: fingerprint(certificate), Subject: clip(subject, 200),
		NotBefore: certificate.NotBefore.UTC(), NotAfter: certificate.NotAfter.UTC(),
	}
}

func fingerprint(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.Raw)
	return hex.EncodeToString(sum[:])
}

var errPrivateKey = errors.New("a private key")

// pastedCertificates reads what somebody typed as certificate: PEM, one or
// several, or bare base64.
func pastedCertificates(text string) ([]*x509.Certificate, error) {
	if strings.Contains(text, "PRIVATE KEY-----") {
		return nil, errPrivateKey
	}
	var all []*x509.Certificate
	rest := []byte(strings.TrimSpace(text))
	for bytes.Contains(rest, []byte("-----BEGIN")) {
		block, after := pem.Decode(rest)
		if block == nil {
			return nil, errors.New("no PEM block")
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all, rest = append(all, certificate), after
	}
	if len(all) > 0 {
		return all, nil
	}
	certificate, message := readCertificate(string(rest))
	if certificate == nil {
		return nil, errors.New(message)
	}
	return []*x509.Certificate{certificate}, nil
}

// ByHand makes metadata of what can be typed where none is to be had: the
// identity provider's entity ID, where it signs people on, and its certificate
// as PEM or bare base64. The problems' fields are "entity-id", "sso-url" and
// "certificate".
func ByHand(entityID, ssoURL, certificate string, now time.Time) (string, identity.Problems) {
	var problems identity.Problems
	entityID, ssoURL = strings.TrimSpace(entityID), strings.TrimSpace(ssoURL)
	switch {
	case entityID == "":
		problems.Add("entity-id", "by-hand.entity-id-missing")
	case len(entityID) > 1024:
		problems.Add("entity-id", "metadata.entity-id-long")
	}
	switch verdict := judgeURL(ssoURL); {
	case ssoURL == "":
		problems.Add("sso-url", "by-hand.sso-url-missing")
	case verdict == urlMalformed:
		problems.Add("sso-url", "metadata.endpoint-malformed", "URL", clip(ssoURL, 200))
	case verdict == urlPlain:
		problems.Add("sso-url", "metadata.endpoint-plain", "URL", clip(ssoURL, 200))
	}
	given, err := pastedCertificates(certificate)
	switch {
	case strings.TrimSpace(certificate) == "":
		problems.Add("certificate", "by-hand.certificate-missing")
	case errors.Is(err, errPrivateKey):
		problems.Add("certificate", "by-hand.private-key")
	case err != nil:
		problems.Add("certificate", "by-hand.certificate-unreadable")
	}
	if len(problems) > 0 {
		return "", problems
	}
	document := byHandXML(entityID, ssoURL, given)
	// What the parser has to say of it, now that the rest is right, is about the
	// certificates.
	_, problems = ParseMetadata([]byte(document), now)
	for i := range problems {
		problems[i].Field = "certificate"
	}
	if len(problems) > 0 {
		return "", problems
	}
	return document, nil
}

func byHandXML(entityID, ssoURL string, certificates []*x509.Certificate) string {
	var b strings.Builder
	b.WriteString(`<EntityDescriptor xmlns="` + nsMetadata + `" entityID="` + escape(entityID) + "\">\n")
	b.WriteString(`  <IDPSSODescriptor protocolSupportEnumeration="` + nsProtocol + "\">\n")
	for _, certificate := range certificates {
		b.WriteString(`    <KeyDescriptor use="signing"><KeyInfo xmlns="` + nsSignature + `"><X509Data><X509Certificate>` +
			base64.StdEncoding.EncodeToString(certificate.Raw) + "</X509Certificate></X509Data></KeyInfo></KeyDescriptor>\n")
	}
	b.WriteString(`    <SingleSignOnService Binding="` + bindings + BindingRedirect + `" Location="` + escape(ssoURL) + "\"/>\n")
	b.WriteString("  </IDPSSODescriptor>\n</EntityDescriptor>\n")
	return b.String()
}

// escape makes a text fit for XML.
func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder never fails
	return b.String()
}
