package sso

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"homeroom.dev/homeroom/identity"
)

// texts are the catalogue's entries of one language without plural forms.
func texts(t *testing.T, language string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	files, err := filepath.Glob("../views/messages/*." + language + ".json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no message files: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var entries map[string]any
		if err := json.Unmarshal(content, &entries); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for id, text := range entries {
			if text, ok := text.(string); ok {
				all[id] = text
			}
		}
	}
	return all
}

// sayer puts messages into words as the views do.
func sayer(t *testing.T, language string) func(identity.Message) string {
	all := texts(t, language)
	return func(m identity.Message) string {
		t.Helper()
		if m.ID == "" {
			return ""
		}
		text, ok := all[m.ID]
		if !ok {
			t.Errorf("%s is in no message file", m.ID)
			return m.ID
		}
		var b strings.Builder
		if err := template.Must(template.New(m.ID).Option("missingkey=error").Parse(text)).Execute(&b, m.Args); err != nil {
			t.Errorf("%s: %v", m.ID, err)
		}
		return b.String()
	}
}

func TestEveryFindingHasItsWords(t *testing.T) {
	if len(Codes) != len(levels) {
		t.Errorf("%d codes are ordered and %d have levels", len(Codes), len(levels))
	}
	used := map[string]bool{"finding.expected": true, "finding.received": true}
	for _, language := range []string{"en", "es"} {
		say := sayer(t, language)
		for _, code := range Codes {
			if len(levels[code]) == 0 {
				t.Errorf("%s has no level", code)
			}
			for _, level := range levels[code] {
				f := identity.Finding{Code: code, Level: level, Expected: "this", Received: "that"}
				for _, m := range []identity.Message{Sentence(f), Label(f)} {
					used[m.ID] = true
					if say(m) == "" {
						t.Errorf("%s says nothing in %s", m.ID, language)
					}
				}
				for _, vendor := range identity.Vendors {
					for _, protocol := range vendor.Protocols() {
						m := Mend(f, vendor, protocol)
						if level == identity.LevelGood {
							if m.ID != "" {
								t.Errorf("%s is good and has the mend %s", code, m.ID)
							}
							continue
						}
						used[m.ID] = true
						said := say(m)
						if said == "" {
							t.Errorf("%s of %s has no mend in %s", code, vendor, language)
						}
						for _, hole := range []string{"“”", "«»", "<no value>", "  ", "to .", "to ;"} {
							if strings.Contains(said, hole) {
								t.Errorf("%s for %s by %s in %s has a hole: %s", m.ID, vendor, protocol, language, said)
							}
						}
					}
				}
			}
		}
	}
	unknown := Mend(identity.Finding{Code: "of-tomorrow", Level: identity.LevelBad}, identity.VendorOkta, identity.ProtocolSAML)
	if unknown.ID != "mend.unknown" {
		t.Errorf("a code of tomorrow has the mend %s", unknown.ID)
	}
	for id := range texts(t, "en") {
		if (strings.HasPrefix(id, "finding.") || strings.HasPrefix(id, "mend.")) && !used[id] {
			t.Errorf("%s is said of nothing", id)
		}
	}
}

func TestMendsSpeakTheVendorsWords(t *testing.T) {
	say := sayer(t, "en")
	for _, tt := range []struct {
		code     string
		vendor   identity.Vendor
		protocol identity.Protocol
		id       string
		words    []string
	}{
		{codeAudience, identity.VendorEntra, identity.ProtocolSAML, "mend.audience.menu", []string{"Basic SAML Configuration", "Identifier (Entity ID)", "expected-value"}},
		{codeAudience, identity.VendorOkta, identity.ProtocolSAML, "mend.audience.menu", []string{"Audience URI (SP Entity ID)"}},
		{codeAudience, identity.VendorGoogle, identity.ProtocolSAML, "mend.audience.menu", []string{"Service provider details", "“Entity ID”"}},
		{codeAudience, identity.VendorADFS, identity.ProtocolSAML, "mend.audience.menu", []string{"Relying party identifiers"}},
		{codeAudience, identity.VendorOneLogin, identity.ProtocolSAML, "mend.audience.menu", []string{"Audience (EntityID)"}},
		{codeAudience, identity.VendorJumpCloud, identity.ProtocolSAML, "mend.audience.menu", []string{"SP Entity ID"}},
		{codeAudience, identity.VendorShibboleth, identity.ProtocolSAML, "mend.audience.shibboleth", []string{"conf/metadata-providers.xml"}},
		{codeAudience, identity.VendorSAML, identity.ProtocolSAML, "mend.audience", []string{"relying party identifier", "expected-value"}},
		{codeDestination, identity.VendorEntra, identity.ProtocolSAML, "mend.recipient.menu", []string{"Reply URL (Assertion Consumer Service URL)"}},
		{codeRecipient, identity.VendorOneLogin, identity.ProtocolSAML, "mend.recipient.onelogin", []string{"Recipient", "ACS (Consumer) URL Validator"}},
		{codeCertificate, identity.VendorEntra, identity.ProtocolSAML, "mend.issuer.menu", []string{"App Federation Metadata Url"}},
		{codeCertificateExpiry, identity.VendorGoogle, identity.ProtocolSAML, "mend.issuer.menu", []string{"Download metadata"}},
		{codeSignature, identity.VendorADFS, identity.ProtocolSAML, "mend.signature.adfs", []string{"Set-AdfsRelyingPartyTrust"}},
		{codeSignature, identity.VendorGoogle, identity.ProtocolSAML, "mend.signature.menu", []string{"Signed response"}},
		{codeNameIDFormat, identity.VendorADFS, identity.ProtocolSAML, "mend.name-id.adfs", []string{"Transform an Incoming Claim"}},
		{codeAddress, identity.VendorEntra, identity.ProtocolSAML, "mend.address.entra", []string{"user.mail", "user.userprincipalname"}},
		{codeAddress, identity.VendorEntra, identity.ProtocolOIDC, "mend.address.menu", []string{"Token configuration"}},
		{codeGivenName, identity.VendorOkta, identity.ProtocolSAML, "mend.given-name.menu", []string{"Attribute Statements", "user.firstName"}},
		{codeUnsolicited, identity.VendorOkta, identity.ProtocolSAML, "mend.unsolicited.menu", []string{"Bookmark App"}},
		{codeStatus, identity.VendorEntra, identity.ProtocolOIDC, "mend.status.menu", []string{"Users and groups"}},
		{codeIssuer, identity.VendorEntra, identity.ProtocolOIDC, "mend.discovery.menu", []string{"OpenID Connect metadata document"}},
		{codeClient, identity.VendorEntra, identity.ProtocolOIDC, "mend.client.menu", []string{"Certificates & secrets", "New client secret"}},
		{codeRedirect, identity.VendorGoogle, identity.ProtocolOIDC, "mend.redirect.menu", []string{"Authorized redirect URIs", "expected-value"}},
		{codeRedirect, identity.VendorOIDC, identity.ProtocolOIDC, "mend.redirect", []string{"expected-value"}},
		{codeDistrict, identity.VendorClever, identity.ProtocolOIDC, "mend.district.clever", []string{"Clever"}},
		{codeDomain, identity.VendorOkta, identity.ProtocolSAML, "mend.domain", []string{"domain"}},
	} {
		f := identity.Finding{Code: tt.code, Level: identity.LevelBad, Expected: "expected-value", Received: "received-value"}
		m := Mend(f, tt.vendor, tt.protocol)
		if m.ID != tt.id {
			t.Errorf("%s of %s by %s: %s, want %s", tt.code, tt.vendor, tt.protocol, m.ID, tt.id)
		}
		said := say(m)
		for _, word := range tt.words {
			if !strings.Contains(said, word) {
				t.Errorf("%s of %s by %s: %q lacks %q", tt.code, tt.vendor, tt.protocol, said, word)
			}
		}
	}
}

func TestPlainTextTellsWhatToMendAndNothingElse(t *testing.T) {
	said := PlainText([]identity.Finding{
		{Code: codeAudience, Level: identity.LevelBad, Expected: "https://id.example/idps/1/saml/metadata", Received: "homeroom"},
		{Code: codeSignatureAlgorithm, Level: identity.LevelWarning, Expected: "RSA-SHA256", Received: "RSA-SHA1"},
		{Code: codeIssuer, Level: identity.LevelGood, Expected: "x", Received: "x"},
	}, identity.VendorEntra, identity.ProtocolSAML, sayer(t, "en"))
	want := `The assertion is meant for another service: the audience does not fit.
  Expected: https://id.example/idps/1/saml/metadata
  Received: homeroom
  → Open Enterprise applications › Homeroom › Manage › Single sign-on › Basic SAML Configuration › Edit and set “Identifier (Entity ID)” to https://id.example/idps/1/saml/metadata, to the letter and without a slash at the end.

The response is signed with SHA-1. That still works and is considered broken.
  Expected: RSA-SHA256
  Received: RSA-SHA1
  → Open Enterprise applications › Homeroom › Manage › Single sign-on › SAML Certificates › Edit and set “Signing Algorithm” to SHA-256.
`
	if said != want {
		t.Errorf("got\n%s\nwant\n%s", said, want)
	}
}
