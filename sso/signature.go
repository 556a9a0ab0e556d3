package sso

import (
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"
	"github.com/russellhaering/goxmldsig/etreeutils"

	"homeroom.dev/homeroom/identity"
)

// signatures verifies as Zitadel's library does: a signature of the response
// counts for its assertion; without one the assertion needs its own. It returns
// the assertion as it was signed, or as it stands if it was not.
func (f *findings) signatures(e Expected, response, assertion *etree.Element) *etree.Element {
	if childOf(response, nsSignature, "Signature") != nil {
		if verified := f.signature(e, response); verified != nil {
			if signed := childOf(verified, nsAssertion, "Assertion"); signed != nil {
				return signed
			}
		}
		return assertion
	}
	if childOf(assertion, nsSignature, "Signature") == nil {
		f.add(codeSignature, identity.LevelBad, "", "")
		return assertion
	}
	if verified := f.signature(e, assertion); verified != nil {
		return verified
	}
	return assertion
}

// signature verifies the signature of el and tells all there is to tell of it.
// It returns what was signed, or nil.
func (f *findings) signature(e Expected, el *etree.Element) *etree.Element {
	signature := childOf(el, nsSignature, "Signature")
	method := algorithm(signature, "./SignedInfo/SignatureMethod")
	digest := algorithm(signature, "./SignedInfo/Reference/DigestMethod")
	embedded := f.embedded(e, signature)
	verified, err := verify(e, el, embedded != nil)
	if err != nil {
		before := len(*f)
		f.reason("cannot validate signature on "+el.Tag+": "+err.Error(), e)
		// The cause may have been told already, with more to it.
		*f = dropRepeated(*f, before)
		return nil
	}
	f.add(codeSignature, identity.LevelGood, el.Tag, el.Tag)
	f.strength(codeSignatureAlgorithm, method)
	f.strength(codeDigestAlgorithm, digest)
	return verified
}

// dropRepeated removes findings from index on whose code is among those before
// it as a bad one.
func dropRepeated(all findings, from int) findings {
	kept := all[:from:from]
	for _, later := range all[from:] {
		repeated := false
		for _, earlier := range all[:from] {
			repeated = repeated || earlier.Code == later.Code && earlier.Level == identity.LevelBad
		}
		if !repeated {
			kept = append(kept, later)
		}
	}
	return kept
}

// strength judges an algorithm that Zitadel accepts: SHA-1 is worth a warning.
func (f *findings) strength(code, uri string) {
	level := identity.LevelGood
	name, expected := algorithmName(uri), "RSA-SHA256"
	if code == codeDigestAlgorithm {
		expected = "SHA256"
	}
	if strings.HasSuffix(name, "SHA1") {
		level = identity.LevelWarning
	}
	f.add(code, level, expected, name)
}

// embedded compares the certificate a signature carries with the metadata's. It
// returns the one that is used, or nil.
func (f *findings) embedded(e Expected, signature *etree.Element) *x509.Certificate {
	var known []string
	for _, c := range e.Metadata.Certificates {
		known = append(known, short(c.Fingerprint))
	}
	text := signature.FindElement("./KeyInfo/X509Data/X509Certificate")
	if text == nil {
		switch len(e.Metadata.signing) {
		case 0:
			f.add(codeCertificate, identity.LevelBad, "", "")
		case 1:
			f.add(codeCertificate, identity.LevelGood, list(known), "")
			f.expiry(e, e.Metadata.signing[0].NotAfter)
		default:
			f.add(codeCertificate, identity.LevelBad, list(known), "")
		}
		return nil
	}
	certificate, _ := readCertificate(text.Text())
	if certificate == nil {
		f.add(codeCertificate, identity.LevelBad, list(known), "X509Certificate")
		return nil
	}
	level := identity.LevelBad
	for _, c := range e.Metadata.signing {
		if c.Equal(certificate) {
			level = identity.LevelGood
		}
	}
	f.add(codeCertificate, level, list(known), short(fingerprint(certificate))+" ("+describe(certificate).Subject+")")
	f.expiry(e, certificate.NotAfter)
	return certificate
}

// short is enough of a fingerprint to tell two certificates apart.
func short(fingerprint string) string {
	if len(fingerprint) > 16 {
		return fingerprint[:16] + "…"
	}
	return fingerprint
}

func algorithm(signature *etree.Element, path string) string {
	if el := signature.FindElement(path); el != nil {
		return el.SelectAttrValue("Algorithm", "")
	}
	return ""
}

// algorithmName is how people call an algorithm: RSA-SHA256, SHA1.
func algorithmName(uri string) string {
	return strings.ToUpper(lastWord(uri))
}

// verify checks the signature of el against the metadata's certificates, in the
// way and with the library that Zitadel does it.
func verify(e Expected, el *etree.Element, hasCertificate bool) (verified *etree.Element, err error) {
	// The library was written for messages that a browser brought, and this text
	// was typed by anybody.
	defer func() {
		if trouble := recover(); trouble != nil {
			verified, err = nil, fmt.Errorf("invalid signature: %v", trouble)
		}
	}()
	detached, err := detach(el)
	if err != nil {
		return nil, err
	}
	if !hasCertificate {
		// A bare RSA key names a key that is known from the metadata, or a stranger's.
		if signature := childOf(detached, nsSignature, "Signature"); signature != nil {
			for _, info := range signature.SelectElements("KeyInfo") {
				signature.RemoveChild(info)
			}
		}
	}
	context := dsig.NewDefaultValidationContext(&dsig.MemoryX509CertificateStore{Roots: e.Metadata.signing})
	context.IdAttribute = "ID"
	context.Clock = dsig.NewFakeClockAt(e.Now)
	return context.Validate(detached)
}

// detach copies an element with the namespaces that its ancestors declare.
func detach(el *etree.Element) (*etree.Element, error) {
	context, err := etreeutils.NSBuildParentContext(el)
	if err != nil {
		return nil, fmt.Errorf("read namespaces: %w", err)
	}
	if context, err = context.SubContext(el); err != nil {
		return nil, fmt.Errorf("read namespaces: %w", err)
	}
	detached, err := etreeutils.NSDetatch(context, el)
	if err != nil {
		return nil, fmt.Errorf("read namespaces: %w", err)
	}
	return detached, nil
}

// standAlone writes an element as a document of its own.
func standAlone(el *etree.Element) ([]byte, error) {
	detached, err := detach(el)
	if err != nil {
		return nil, err
	}
	document := etree.NewDocument()
	document.SetRoot(detached)
	text, err := document.WriteToBytes()
	if err != nil {
		return nil, fmt.Errorf("write element: %w", err)
	}
	return text, nil
}
