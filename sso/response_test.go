package sso

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"homeroom.dev/homeroom/identity"
)

// connection is Linden's, with certificates of the keys in its metadata.
func connection(t testing.TB, names ...string) Expected {
	var parts []string
	for _, name := range names {
		parts = append(parts, keyPart("signing", base64Of(lasting(t, name))))
	}
	return ExpectedOf(identity.Connection{
		Vendor: identity.VendorSAML, Protocol: identity.ProtocolSAML, Metadata: metadataOf(append(parts, redirectPart)...),
		EntityID: "https://idp.linden.example", Domains: []string{"linden.example"},
	}, provider, noon)
}

// zitadel is Zitadel's library as service provider of a connection.
func zitadel(t testing.TB, names ...string) func(document string) (*saml.Assertion, error) {
	t.Helper()
	saml.TimeNow = func() time.Time { return noon }
	saml.Clock = dsig.NewFakeClockAt(noon)
	var parts []string
	for _, name := range names {
		parts = append(parts, keyPart("signing", base64Of(lasting(t, name))))
	}
	var metadata saml.EntityDescriptor
	if err := xml.Unmarshal([]byte(metadataOf(append(parts, redirectPart)...)), &metadata); err != nil {
		t.Fatal(err)
	}
	acs, err := url.Parse(provider.ACS)
	if err != nil {
		t.Fatal(err)
	}
	sp := saml.ServiceProvider{EntityID: provider.EntityID, AcsURL: *acs, IDPMetadata: &metadata}
	return func(document string) (_ *saml.Assertion, err error) {
		defer func() {
			if trouble := recover(); trouble != nil {
				err = fmt.Errorf("panic: %v", trouble) // the server answers with 500
			}
		}()
		assertion, err := sp.ParseXMLResponse([]byte(document), []string{request}, *acs)
		var refused *saml.InvalidResponseError
		if errors.As(err, &refused) {
			return nil, refused.PrivateErr
		}
		return assertion, err
	}
}

func text(s string) *string { return &s }

func codesOf(findings []identity.Finding, level identity.Level) []string {
	var codes []string
	for _, f := range findings {
		if f.Level == level {
			codes = append(codes, f.Code)
		}
	}
	return codes
}

func TestMisbehavioursAreFound(t *testing.T) {
	for _, tt := range misbehaviours {
		t.Run(tt.name, func(t *testing.T) {
			names := tt.keys
			if names == nil {
				names = []string{"rsa"}
			}
			document := tt.response.make(t)
			expected := connection(t, names...)
			found, _, err := CheckResponse(expected, base64.StdEncoding.EncodeToString([]byte(document)))
			if err != nil {
				t.Fatal(err)
			}
			bad, warnings := codesOf(found, identity.LevelBad), codesOf(found, identity.LevelWarning)
			if strings.Join(bad, " ") != tt.bad || strings.Join(warnings, " ") != tt.warnings {
				t.Errorf("bad %v, warnings %v, want %q, %q", bad, warnings, tt.bad, tt.warnings)
			}
			for _, f := range found {
				if !slices.Contains(levels[f.Code], f.Level) {
					t.Errorf("%s is not to be %s", f.Code, f.Level)
				}
			}
			assertion, refusal := zitadel(t, names...)(document)
			// What Zitadel's own session adds.
			switch {
			case refusal != nil:
			case assertion.Subject.NameID == nil:
				refusal = errors.New("Errors.Intent.MissingTransientMappingAttributeName")
			case assertion.Subject.NameID.Format == formatTransient:
				refusal = errors.New("Errors.Intent.MissingSingleMappingAttribute")
			}
			if (refusal != nil) != tt.refused {
				t.Errorf("Zitadel: %v", refusal)
			}
			if refusal != nil && tt.bad == "" && tt.warnings != "encryption" {
				t.Errorf("green here, and Zitadel refuses: %v", refusal)
			}
			if refusal == nil {
				checkKept(t, expected, assertion, found)
				return
			}
			// The reason alone leads to one of the same findings.
			told := Explain("ID=SAML-ajl3irfs Message=Errors.Intent.ResponseInvalid Parent=("+refusal.Error()+")", expected)
			if len(told) != 1 || !slices.Contains(strings.Fields(tt.bad+" encryption"), told[0].Code) && !strings.HasPrefix(refusal.Error(), "panic") {
				t.Errorf("%v is explained as %+v, want one of %s", refusal, told, tt.bad)
			}
		})
	}
}

// checkKept compares with what is found in what Zitadel keeps of the response.
func checkKept(t *testing.T, expected Expected, assertion *saml.Assertion, pasted []identity.Finding) {
	t.Helper()
	kept, err := xml.Marshal(assertion)
	if err != nil {
		t.Fatal(err)
	}
	a, err := readAssertion(kept)
	if err != nil {
		t.Fatal(err)
	}
	found := CheckArrival(expected, a.arrival(kept, ""))
	// Only the pasted text has these.
	lost := []string{
		codeSignature, codeSignatureAlgorithm, codeDigestAlgorithm, codeCertificate, codeCertificateExpiry, codeDestination, codeNameID, codeClock, codeAudience,
	}
	for _, f := range pasted {
		if !slices.Contains(lost, f.Code) && !slices.Contains(found, f) {
			t.Errorf("%+v is not found in what Zitadel keeps: %+v", f, found)
		}
	}
	for _, code := range []string{codeSignature, codeIssuer, codeAudience, codeRecipient, codeUnsolicited, codeClock, codeNameID, codeGivenName, codeFamilyName} {
		if !slices.ContainsFunc(found, func(f identity.Finding) bool { return f.Code == code && f.Level != identity.LevelBad }) {
			t.Errorf("%s is not told as good: %+v", code, found)
		}
	}
}

func TestWhatIsPasted(t *testing.T) {
	document := response{}.make(t)
	packed := base64.StdEncoding.EncodeToString([]byte(document))
	expected := connection(t, "rsa")
	for _, tt := range []struct{ name, pasted, message string }{
		{"XML", document, ""},
		{"XML with a byte order mark and spaces", "\ufeff " + document + "\n", ""},
		{"base64", packed, ""},
		{"base64 in lines", strings.Join(chunks(packed, 76), "\r\n"), ""},
		{"base64 for URLs", base64.RawURLEncoding.EncodeToString([]byte(document)), ""},
		{"in quotation marks", `"` + packed + `"`, ""},
		{"escaped", url.QueryEscape(packed), ""},
		{"the body of the request", "RelayState=x&SAMLResponse=" + url.QueryEscape(packed) + "&x=y", ""},
		{"the body as a browser shows it", "SAMLResponse=" + packed + "&RelayState=x", ""},
		{"the page", `<html><form><input type="hidden" name="SAMLResponse" value="` + packed + `"/></form></html>`, ""},
		{"the page, turned round", `<html><form><input value="` + packed + `" type="hidden" name="SAMLResponse"></form></html>`, ""},
		{"nothing", "  ", "pasted.empty"},
		{"too much", strings.Repeat("A", MaxPasted+1), "pasted.too-large"},
		{"words", "it does not work", "pasted.unreadable"},
		{"bad escapes", "SAMLResponse=%zz", "pasted.unreadable"},
		{"base64 of something else", base64.StdEncoding.EncodeToString([]byte("hello")), "pasted.unreadable"},
		{"the request", `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>`, "pasted.request"},
		{"the request's field", "SAMLRequest=fZJ", "pasted.request"},
		{"a sign-out", `<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>`, "pasted.logout"},
		{"metadata", metadataOf(redirectPart), "pasted.other"},
	} {
		found, received, err := CheckResponse(expected, tt.pasted)
		var said *identity.Error
		if errors.As(err, &said) != (tt.message != "") || said != nil && said.Message.ID != tt.message {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.message)
		}
		if tt.message == "" && (Bad(found) || len(found) < 15 || len(received) != 4) {
			t.Errorf("%s: %+v, %+v", tt.name, found, received)
		}
	}
}

// Login V1 has one address for all identity providers: a response sent there
// may be looked at, and nobody arrives by it.
func TestLoginV1sAddressIsTakenWherePastedAlone(t *testing.T) {
	document := response{recipient: provider.ACSV1, destination: provider.ACSV1}.make(t)
	expected := connection(t, "rsa")
	if found, _, err := CheckResponse(expected, document); err != nil || Bad(found) {
		t.Errorf("%v, %v", found, err)
	}
	assertion := []byte(write(t, childOf(element(t, document), nsAssertion, "Assertion")))
	a, err := readAssertion(assertion)
	if err != nil {
		t.Fatal(err)
	}
	if got := codesOf(CheckArrival(expected, a.arrival(assertion, "")), identity.LevelBad); list(got) != codeRecipient {
		t.Errorf("bad are %v, want the recipient", got)
	}
}

// Zitadel lets another connection's identity provider answer. Its assertion is
// told by where it was sent, even if it claims this issuer and audience too.
func TestAnAssertionOfAnotherConnectionIsFound(t *testing.T) {
	other := identity.ServiceProviderAt("https://id.example", "43")
	document := response{recipient: other.ACS, destination: other.ACS, audience: []string{provider.EntityID}}.make(t)
	assertion := []byte(write(t, childOf(element(t, document), nsAssertion, "Assertion")))
	a, err := readAssertion(assertion)
	if err != nil {
		t.Fatal(err)
	}
	if got := codesOf(CheckArrival(connection(t, "rsa"), a.arrival(assertion, "")), identity.LevelBad); list(got) != codeRecipient {
		t.Errorf("bad are %v, want the recipient", got)
	}
}

func TestAnAttributeStandsInForATransientNameID(t *testing.T) {
	for _, tt := range []struct{ name, nameID, warnings string }{
		{"transient", `<saml:NameID Format="` + formatTransient + `">_1</saml:NameID>`, ""},
		{"missing", " ", "name-id"},
	} {
		expected := connection(t, "rsa")
		expected.TransientID = "uid"
		r := response{nameID: tt.nameID, attributes: attribute("uid", "ada") + attribute("email", ada) + attribute("sn", "Lovelace") + attribute("givenName", "Ada")}
		found, received, err := CheckResponse(expected, r.make(t))
		if err != nil || Bad(found) || strings.Join(codesOf(found, identity.LevelWarning), " ") != tt.warnings {
			t.Errorf("%s: %+v, %v", tt.name, found, err)
		}
		if !slices.ContainsFunc(received, func(r identity.Received) bool { return r.Name == nameID && r.Values[0] == "ada" }) {
			t.Errorf("%s: who it is is not told: %+v", tt.name, received)
		}
	}
}

func FuzzCheckResponse(f *testing.F) {
	for _, m := range misbehaviours {
		f.Add(m.response.make(f))
	}
	f.Add("SAMLResponse=%41")
	expected := connection(f, "rsa")
	accepts := zitadel(f, "rsa")
	f.Fuzz(func(t *testing.T, pasted string) {
		found, _, err := CheckResponse(expected, pasted)
		if err != nil || Bad(found) || slices.ContainsFunc(found, func(f identity.Finding) bool { return f.Code == codeEncryption }) {
			return
		}
		document, err := unpack(pasted)
		if err != nil {
			t.Fatal(err)
		}
		// Nothing that Zitadel would refuse is called green, but for the request it
		// answers, which nobody can tell from a paste.
		if _, err := accepts(string(document)); err != nil && !strings.Contains(err.Error(), "request ID") {
			t.Errorf("green here, and Zitadel refuses: %v\n%s", err, document)
		}
	})
}
