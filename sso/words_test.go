package sso

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
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

func TestEveryVendorHasItsSteps(t *testing.T) {
	values := Values{
		Provider: identity.ServiceProviderAt("https://id.example", "42"), StartURL: "https://homeroom.example/s/linden",
		District: "district-7",
	}
	for _, language := range []string{"en", "es"} {
		say := sayer(t, language)
		for _, vendor := range identity.Vendors {
			for _, protocol := range []identity.Protocol{identity.ProtocolSAML, identity.ProtocolOIDC} {
				steps := Guide(vendor, protocol, values)
				if vendor.Speaks(protocol) != (len(steps) > 0) {
					t.Errorf("%s by %s has %d steps", vendor, protocol, len(steps))
					continue
				}
				if len(steps) == 0 {
					continue
				}
				var copied, notes []string
				for _, step := range steps {
					if say(step.Title) == "" || say(step.Body) == "" {
						t.Errorf("%s by %s: an empty step", vendor, protocol)
					}
					for _, note := range step.Notes {
						say(note)
						notes = append(notes, note.ID)
					}
					for _, c := range step.Copy {
						if c.Label == "" || c.Value == "" {
							t.Errorf("%s by %s: nothing to copy in %+v", vendor, protocol, c)
						}
						copied = append(copied, c.Value)
					}
				}
				if !slices.Contains(copied, values.StartURL) && vendor != identity.VendorGoogle {
					t.Errorf("%s by %s does not say the start URL", vendor, protocol)
				}
				if vendor.InstanceWide() {
					if !slices.Contains(copied, values.District) || slices.Contains(copied, values.Provider.RedirectURI) {
						t.Errorf("%s: the school's step copies %v", vendor, copied)
					}
					continue
				}
				if protocol == identity.ProtocolSAML && !slices.Contains(notes, "guide.note.start-url") {
					t.Errorf("%s by %s does not say that sign-in cannot begin there", vendor, protocol)
				}
				wanted := []string{values.Provider.EntityID, values.Provider.ACS}
				if protocol == identity.ProtocolOIDC {
					wanted = []string{values.Provider.RedirectURI}
				}
				if vendor == identity.VendorShibboleth {
					wanted = wanted[:1] // the rest is in the metadata
				}
				for _, w := range wanted {
					if !slices.Contains(copied, w) {
						t.Errorf("%s by %s does not say %s", vendor, protocol, w)
					}
				}
			}
		}
	}
}

func TestLoginV1NeedsTheOtherAddressToo(t *testing.T) {
	values := Values{Provider: identity.ServiceProviderAt("https://id.example", "42"), LoginV1: true}
	for _, tt := range []struct {
		vendor   identity.Vendor
		protocol identity.Protocol
		value    string // empty: not told
		note     string
	}{
		{identity.VendorOkta, identity.ProtocolSAML, values.Provider.ACSV1, "guide.note.two-acs"},
		{identity.VendorEntra, identity.ProtocolSAML, values.Provider.ACSV1, "guide.note.two-acs"},
		{identity.VendorGoogle, identity.ProtocolSAML, "", "guide.note.google-one-acs"},
		{identity.VendorOneLogin, identity.ProtocolSAML, `^(https:\/\/id\.example\/idps\/42\/saml\/acs|https:\/\/id\.example\/ui\/login\/login\/externalidp\/saml\/acs)$`, "guide.note.two-acs"},
		{identity.VendorJumpCloud, identity.ProtocolSAML, values.Provider.ACSV1, "guide.note.two-acs"},
		{identity.VendorSAML, identity.ProtocolSAML, values.Provider.ACSV1, "guide.note.two-acs"},
		{identity.VendorGoogle, identity.ProtocolOIDC, values.Provider.RedirectV1, "guide.note.two-acs"},
		{identity.VendorEntra, identity.ProtocolOIDC, values.Provider.RedirectV1, "guide.note.two-acs"},
	} {
		tell := func(v Values) (bool, bool) {
			valued, noted := false, false
			for _, step := range Guide(tt.vendor, tt.protocol, v) {
				valued = valued || slices.ContainsFunc(step.Copy, func(c CopyValue) bool { return c.Value == tt.value })
				noted = noted || slices.ContainsFunc(step.Notes, func(m identity.Message) bool { return m.ID == tt.note })
			}
			return valued, noted
		}
		if valued, noted := tell(values); valued != (tt.value != "") || !noted {
			t.Errorf("%s by %s with V1: value %t, note %t", tt.vendor, tt.protocol, valued, noted)
		}
		without := values
		without.LoginV1 = false
		if valued, noted := tell(without); valued || noted {
			t.Errorf("%s by %s without V1: value %t, note %t", tt.vendor, tt.protocol, valued, noted)
		}
	}
}

func TestSnippetsAreFilledInAndEscaped(t *testing.T) {
	values := Values{Provider: identity.ServiceProvider{EntityID: `https://id.example/?a="1"&b=<2>`}, AppName: "Linden & Co's <Homeroom>"}
	want := map[string]string{
		"conf/metadata-providers.xml": `metadataURL="https://id.example/?a=&#34;1&#34;&amp;b=&lt;2&gt;"`,
		"conf/attribute-filter.xml":   `value="https://id.example/?a=&#34;1&#34;&amp;b=&lt;2&gt;"`,
		"conf/saml-nameid.xml":        `shibboleth.SAML2PersistentGenerator`,
		"conf/relying-party.xml":      `c:relyingPartyIds="https://id.example/?a=&#34;1&#34;&amp;b=&lt;2&gt;"`,
	}
	for _, step := range Guide(identity.VendorShibboleth, identity.ProtocolSAML, values) {
		for _, s := range step.Snippets {
			if !strings.Contains(s.Text, want[s.File]) || want[s.File] == "" {
				t.Errorf("%s lacks %s:\n%s", s.File, want[s.File], s.Text)
			}
			delete(want, s.File)
			if _, err := scan([]byte("<x xmlns:xsi='x' xmlns:c='c' xmlns:p='p' xmlns:util='u'>" + s.Text + "</x>")); err != nil {
				t.Errorf("%s is no XML: %v", s.File, err)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("not there: %v", want)
	}
	if got, want := adfsSigning("Linden's"), `Set-AdfsRelyingPartyTrust -TargetName 'Linden''s' -SamlResponseSignature "MessageAndAssertion"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
