package sso

import (
	"crypto/rsa"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crewjam/saml"

	"homeroom.dev/homeroom/identity"
)

// metadataOf is metadata as an identity provider publishes it, with the parts
// that the test puts in.
func metadataOf(parts ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.linden.example">
<md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
		strings.Join(parts, "\n") + `</md:IDPSSODescriptor></md:EntityDescriptor>`
}

func keyPart(use, certificate string) string {
	if use != "" {
		use = ` use="` + use + `"`
	}
	return `<md:KeyDescriptor` + use + `><ds:KeyInfo><ds:X509Data><ds:X509Certificate>` + certificate +
		`</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`
}

func ssoPart(binding, url string) string {
	return `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:` + binding + `" Location="` + url + `"/>`
}

const redirectPart = `<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.linden.example/sso"/>`

func TestParseMetadata(t *testing.T) {
	key := keyPart("signing", base64Of(lasting(t, "rsa")))
	good := metadataOf(key, redirectPart)
	shortLived := func(from, until time.Time) string {
		return keyPart("signing", base64Of(certificate(t, "rsa", from, until)))
	}
	expired := shortLived(noon.AddDate(-2, 0, 0), noon.AddDate(0, 0, -1))
	entity := strings.TrimPrefix(good, `<?xml version="1.0" encoding="UTF-8"?>`)
	group := func(inner string) string {
		return `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">` + inner + `</md:EntitiesDescriptor>`
	}
	withValidity := func(until string) string {
		return strings.Replace(good, " entityID=", ` validUntil="`+until+`" entityID=`, 1)
	}
	laughs := `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol1 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">` +
		`<!ENTITY lol2 "&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;&lol1;">]>` + strings.Replace(entity, "https://idp.linden.example\"", "&lol2;\"", 1)
	for _, tt := range []struct {
		name, document     string
		problems, warnings []string
	}{
		{"as it should be", good, nil, nil},
		{"with a byte order mark", "\ufeff" + good, nil, nil},
		{"one entity in a group", group(entity), nil, nil},
		{"both bindings, signed requests", metadataOf(key, redirectPart, ssoPart("HTTP-POST", "https://idp.linden.example/sso")), nil, nil},
		{"no use of the key given", metadataOf(keyPart("", base64Of(lasting(t, "rsa"))), redirectPart), nil, nil},
		{"an elliptic curve", metadataOf(keyPart("signing", base64Of(lasting(t, "ecdsa"))), redirectPart), nil, nil},
		{"the same certificate twice", metadataOf(key, key, redirectPart), nil, nil},

		{"nothing", " \n\t", []string{"metadata.empty"}, nil},
		{"10 MB", strings.Replace(good, "<md:KeyDescriptor", "<!--"+strings.Repeat("x", 10_000_000)+"--><md:KeyDescriptor", 1), []string{"metadata.too-large"}, nil},
		{"a page", "<!DOCTYPE html><html><head><title>Sign in</title></head></html>", []string{"metadata.html"}, nil},
		{"an old page", "<HTML><BODY>404<BR></BODY></HTML>", []string{"metadata.html"}, nil},
		{"a discovery document", `{"issuer":"https://idp.linden.example"}`, []string{"metadata.json"}, nil},
		{"a certificate", pemOf(lasting(t, "rsa")), []string{"metadata.certificate-only"}, nil},
		{"its address", "https://idp.linden.example/metadata", []string{"metadata.url"}, nil},
		{"XXE", `<?xml version="1.0"?><!DOCTYPE foo [<!ENTITY xxe SYSTEM "file:///etc/passwd">]>` + strings.Replace(entity, "https://idp.linden.example\"", "&xxe;\"", 1), []string{"metadata.doctype"}, nil},
		{"billion laughs", laughs, []string{"metadata.doctype"}, nil},
		{"an external DTD", `<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">` + entity, []string{"metadata.doctype"}, nil},
		{"an entity of nobody's", strings.Replace(good, "https://idp.linden.example\"", "&xxe;\"", 1), []string{"metadata.malformed"}, nil},
		{"cut off", good[:len(good)-30], []string{"metadata.malformed"}, nil},
		{"an encoding nobody knows", strings.Replace(good, "UTF-8", "klingon", 1), []string{"metadata.malformed"}, nil},
		{"endless depth", strings.Repeat("<a>", 100_000), []string{"metadata.malformed"}, nil},
		{"words behind it", good + "tail", []string{"metadata.malformed"}, nil},
		{"two in a group", group(entity + entity), []string{"metadata.several"}, nil},
		{"a group of groups", group(group(entity)), []string{"metadata.several"}, nil},
		{"none in a group", group(""), []string{"metadata.several"}, nil},
		{"two behind each other", good + entity, []string{"metadata.several"}, nil},
		{"a response", `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>`, []string{"metadata.response"}, nil},
		{"a feed", `<rss><channel/></rss>`, []string{"metadata.other-document"}, nil},
		{"the right name in no namespace", `<EntityDescriptor entityID="x"/>`, []string{"metadata.other-document"}, nil},

		{"no entity ID", strings.Replace(good, `entityID="https://idp.linden.example"`, "", 1), []string{"metadata.entity-id-missing"}, nil},
		{"the service provider's", strings.ReplaceAll(good, "IDPSSODescriptor", "SPSSODescriptor"), []string{"metadata.service-provider"}, nil},
		{"an attribute authority", strings.ReplaceAll(good, "IDPSSODescriptor", "AttributeAuthorityDescriptor"), []string{"metadata.no-identity-provider"}, nil},
		{"SAML 1.1", strings.Replace(good, "SAML:2.0:protocol", "SAML:1.1:protocol", 1), []string{"metadata.not-saml2"}, nil},
		{"valid until yesterday", withValidity("2026-11-20T12:00:00Z"), []string{"metadata.expired"}, nil},
		{"valid until tomorrow", withValidity("2026-11-22T12:00:00"), nil, nil},
		{"valid until no date", withValidity("tomorrow"), []string{"metadata.valid-until-unreadable"}, nil},
		{"the role valid until yesterday", strings.Replace(good, "<md:IDPSSODescriptor", `<md:IDPSSODescriptor validUntil="2026-11-20T12:00:00Z"`, 1), []string{"metadata.expired"}, nil},

		{"no sign-on", metadataOf(key), []string{"metadata.no-sign-on"}, nil},
		{"sign-on by SOAP alone", metadataOf(key, ssoPart("SOAP", "https://idp.linden.example/soap")), []string{"metadata.no-usable-sign-on"}, nil},
		{"sign-on in the open", metadataOf(key, ssoPart("HTTP-Redirect", "http://idp.linden.example/sso")), []string{"metadata.endpoint-plain"}, nil},
		{"sign-on at home", metadataOf(key, ssoPart("HTTP-Redirect", "http://127.0.0.1:8083/sso")), nil, []string{"metadata.endpoint-loopback"}},
		{"sign-on nowhere", metadataOf(key, ssoPart("HTTP-POST", "/sso")), []string{"metadata.endpoint-malformed"}, nil},

		{"no key", metadataOf(redirectPart), []string{"metadata.key-missing"}, nil},
		{"a key for encryption", metadataOf(keyPart("encryption", base64Of(lasting(t, "rsa"))), redirectPart), []string{"metadata.key-encryption-only"}, nil},
		{"a key without certificate", metadataOf(`<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:KeyValue/></ds:KeyInfo></md:KeyDescriptor>`, redirectPart), []string{"metadata.key-without-certificate"}, nil},
		{"bad base64", metadataOf(keyPart("signing", "MII*"), redirectPart), []string{"metadata.certificate-base64"}, nil},
		{"an empty certificate", metadataOf(keyPart("signing", " "), redirectPart), []string{"metadata.certificate-base64"}, nil},
		{"base64 of something else", metadataOf(keyPart("signing", "aGVsbG8="), redirectPart), []string{"metadata.certificate-malformed"}, nil},
		{"one good and one bad", metadataOf(key, keyPart("signing", "aGVsbG8="), redirectPart), []string{"metadata.certificate-malformed"}, nil},
		{"an expired certificate", metadataOf(expired, redirectPart), []string{"metadata.certificate-expired"}, nil},
		{"an expired beside a valid one", metadataOf(expired, key, redirectPart), nil, []string{"metadata.certificate-expired"}},
		{"a certificate of the future", metadataOf(shortLived(noon.AddDate(0, 0, 1), noon.AddDate(1, 0, 0)), redirectPart), []string{"metadata.certificate-future"}, nil},
		{"a certificate that ends soon", metadataOf(shortLived(noon.AddDate(-1, 0, 0), noon.AddDate(0, 0, 10)), redirectPart), nil, []string{"metadata.certificate-soon"}},
		{"a weak key", metadataOf(keyPart("signing", base64Of(lasting(t, "weak"))), redirectPart), nil, []string{"metadata.certificate-key-weak"}},
		{"a key that signatures do not use", metadataOf(keyPart("signing", base64Of(lasting(t, "ed25519"))), redirectPart), []string{"metadata.certificate-key-kind"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, problems := ParseMetadata([]byte(tt.document), noon)
			for _, language := range []string{"en", "es"} {
				say := sayer(t, language)
				for _, p := range slices.Concat(problems, m.Warnings) {
					if said := say(p.Message); !strings.HasSuffix(said, ".") {
						t.Errorf("%s is no sentence: %q", p.Message.ID, said)
					}
				}
			}
			if got := ids(t, problems); !slices.Equal(got, tt.problems) {
				t.Errorf("problems %v, want %v", got, tt.problems)
			}
			if got := ids(t, m.Warnings); !slices.Equal(got, tt.warnings) {
				t.Errorf("warnings %v, want %v", got, tt.warnings)
			}
			if tt.problems == nil {
				if _, ok := m.SignOn(); m.EntityID != "https://idp.linden.example" || len(m.Certificates) == 0 || !ok {
					t.Errorf("read as %+v", m)
				}
				// Zitadel reads it too.
				if err := xml.Unmarshal([]byte(tt.document), new(saml.EntityDescriptor)); err != nil && !strings.Contains(err.Error(), "EntitiesDescriptor") {
					t.Errorf("Zitadel's library: %v", err)
				}
			}
		})
	}
}

func ids(t *testing.T, problems identity.Problems) []string {
	t.Helper()
	var all []string
	for _, p := range problems {
		if p.Field != "metadata" {
			t.Errorf("%s is about %q", p.Message.ID, p.Field)
		}
		all = append(all, p.Message.ID)
	}
	return all
}

func TestMetadataIsExplained(t *testing.T) {
	signing, old := lasting(t, "rsa"), lasting(t, "other")
	document := metadataOf(
		keyPart("signing", base64Of(signing)), keyPart("", base64Of(old)), keyPart("encryption", base64Of(signing)),
		`<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.linden.example/slo"/>`,
		redirectPart, ssoPart("HTTP-POST", "https://idp.linden.example/post"),
	)
	document = strings.Replace(document, `WantAuthnRequestsSigned="false"`, `WantAuthnRequestsSigned="true"`, 1)
	document = strings.Replace(document, " entityID=", ` validUntil="2027-01-01T00:00:00Z" entityID=`, 1)
	m, problems := ParseMetadata([]byte(document), noon)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := fmt.Sprintf("%s %v %v %v %s %t", m.EntityID, m.SSO, m.SLO, m.NameIDFormats, m.ValidUntil.Format(time.RFC3339), m.WantsSigned)
	want := "https://idp.linden.example [{HTTP-Redirect https://idp.linden.example/sso} {HTTP-POST https://idp.linden.example/post}] " +
		"[{HTTP-POST https://idp.linden.example/slo}] [urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress] 2027-01-01T00:00:00Z true"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !slices.Equal(m.Certificates, []identity.Certificate{describe(signing), describe(old)}) {
		t.Errorf("certificates %+v", m.Certificates)
	}
	if c := m.Certificates[0]; c.Subject != "Linden rsa" || len(c.Fingerprint) != 64 || !c.NotAfter.Equal(signing.NotAfter) || c.Side != "idp" {
		t.Errorf("certificate %+v", c)
	}
}

// A key under 1024 bits cannot be made any more, so the judgement is asked
// directly.
func TestKeysTooShortAreRefused(t *testing.T) {
	c := *lasting(t, "rsa")
	short := *c.PublicKey.(*rsa.PublicKey)
	modulus := *short.N
	short.N = modulus.Rsh(&modulus, 1536)
	c.PublicKey = &short
	var m Metadata
	var problems identity.Problems
	m.checkKey(&c, "short", &problems)
	if got := ids(t, problems); !slices.Equal(got, []string{"metadata.certificate-key-short"}) {
		t.Errorf("%v", got)
	}
}

func FuzzParseMetadata(f *testing.F) {
	f.Add([]byte(metadataOf(keyPart("signing", base64Of(lasting(f, "rsa"))), redirectPart)))
	f.Add([]byte(metadataOf(redirectPart)))
	f.Add([]byte("<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"))
	f.Add([]byte("<html>"))
	f.Add([]byte(`<?xml version="1.0" encoding="ISO-8859-1"?><x/>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		m, problems := ParseMetadata(document, noon)
		if len(problems) > 0 {
			return
		}
		// What is taken can be used.
		if signOn, ok := m.SignOn(); !ok || m.EntityID == "" || len(m.signing) == 0 || judgeURL(signOn.URL) == urlMalformed {
			t.Errorf("taken without what a sign-in needs: %+v", m)
		}
		Diff(Metadata{}, m)
	})
}
