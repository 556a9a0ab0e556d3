package sso

import (
	"strings"

	"homeroom.dev/homeroom/identity"
)

// Sentence is what a finding says: "finding.<code>.<level>" with Expected and
// Received.
func Sentence(f identity.Finding) identity.Message {
	return identity.Say("finding."+f.Code+"."+string(f.Level), "Expected", f.Expected, "Received", f.Received)
}

// Label is what a finding is about: "finding.<code>".
func Label(f identity.Finding) identity.Message { return identity.Say("finding." + f.Code) }

// mendings are the codes that are mended in the same way as another.
var mendings = map[string]string{
	codeDestination:       codeRecipient,
	codeDigestAlgorithm:   codeSignatureAlgorithm,
	codeCertificate:       codeIssuer,
	codeCertificateExpiry: codeIssuer,
	codeNameIDFormat:      codeNameID,
}

// mendingsOIDC are those of OpenID Connect.
var mendingsOIDC = map[string]string{
	codeIssuer:   codeDiscovery,
	codeAudience: codeClient,
}

// ownMends are the vendors whose menus ask for more than setting one field.
var ownMends = map[string][]identity.Vendor{
	codeAudience:           {identity.VendorShibboleth},
	codeRecipient:          {identity.VendorShibboleth, identity.VendorOneLogin},
	codeSignature:          {identity.VendorADFS, identity.VendorShibboleth},
	codeSignatureAlgorithm: {identity.VendorGoogle, identity.VendorShibboleth},
	codeEncryption:         {identity.VendorShibboleth},
	codeNameID:             {identity.VendorADFS, identity.VendorShibboleth},
	codeAddress:            {identity.VendorEntra, identity.VendorShibboleth, identity.VendorClever, identity.VendorClassLink},
	codeGivenName:          {identity.VendorShibboleth},
	codeFamilyName:         {identity.VendorShibboleth},
	codeDistrict:           {identity.VendorClever, identity.VendorClassLink},
}

// Mend is what to do about a finding, in the words of the vendor's own menus
// where there are any: "mend.<code>.<vendor>" if the vendor has a way of its own,
// "mend.<code>.menu" if it is a field to set, "mend.<code>" otherwise. It is
// empty for a good finding.
func Mend(f identity.Finding, vendor identity.Vendor, protocol identity.Protocol) identity.Message {
	if f.Level == identity.LevelGood {
		return identity.Message{}
	}
	code := f.Code
	if other, ok := mendings[code]; ok {
		code = other
	}
	if protocol == identity.ProtocolOIDC {
		if other, ok := mendingsOIDC[code]; ok {
			code = other
		}
	}
	switch {
	case f.Level == identity.LevelWarning && (code == codeDomain || code == codeEncryption):
		return identity.Say("mend." + code + ".warning")
	case !mended(code):
		return identity.Say("mend.unknown")
	}
	at, known := placeOf(vendor, protocol, code)
	id := "mend." + code
	switch {
	case protocol == identity.ProtocolSAML && has(ownMends[code], vendor), vendor.InstanceWide() && has(ownMends[code], vendor):
		id += "." + string(vendor)
	case known:
		id += ".menu"
	}
	return identity.Say(id, "Expected", f.Expected, "Received", f.Received, "Menu", at.menu, "Field", at.field, "Value", at.value)
}

func mended(code string) bool { _, ok := levels[code]; return ok }

func has(vendors []identity.Vendor, vendor identity.Vendor) bool {
	for _, v := range vendors {
		if v == vendor {
			return true
		}
	}
	return false
}

// PlainText writes what is bad or worth mending for a mail to whoever
// administers the identity provider: what it is, what was expected and received,
// what to do. say puts a message into the reader's language.
func PlainText(findings []identity.Finding, vendor identity.Vendor, protocol identity.Protocol, say func(identity.Message) string) string {
	var b strings.Builder
	for _, f := range findings {
		if f.Level == identity.LevelGood {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString(say(Sentence(f)) + "\n")
		if f.Expected != "" {
			b.WriteString("  " + say(identity.Say("finding.expected", "Value", f.Expected)) + "\n")
		}
		if f.Received != "" {
			b.WriteString("  " + say(identity.Say("finding.received", "Value", f.Received)) + "\n")
		}
		if mend := say(Mend(f, vendor, protocol)); mend != "" {
			b.WriteString("  → " + mend + "\n")
		}
	}
	return b.String()
}
