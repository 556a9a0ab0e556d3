package sso

import (
	"slices"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

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
