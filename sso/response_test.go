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

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"homeroom.dev/homeroom/identity"
)

const request = "id-42"

// response is what an identity provider makes; the zero value of a field is
// what is right.
type response struct {
	issuer, responseIssuer, recipient, destination string
	audience                                       []string
	inResponseTo, confirmedRequest                 *string
	nameID                                         string // the whole element
	attributes                                     string
	issued                                         time.Time
	notBefore, notOnOrAfter                        time.Duration // from issued
	status                                         string
	conditions                                     *string

	key                  string // rsa
	method               string
	unsigned, outer      bool // no signature; on the response
	both                 bool
	withoutKeyInfo       bool
	after                func(string) string // what is done to the text once signed
	assertionsAroundHere func(assertion string) string
}

var provider = identity.ServiceProviderAt("https://id.example", "42")

func or(text, usual string) string {
	if text == "" {
		return usual
	}
	return text
}

func pointed(text *string, usual string) string {
	if text == nil {
		return usual
	}
	return *text
}

// make signs and writes the response.
func (r response) make(t testing.TB) string {
	t.Helper()
	if r.issued.IsZero() {
		r.issued = noon
	}
	if r.notBefore == 0 {
		r.notBefore = -time.Minute
	}
	if r.notOnOrAfter == 0 {
		r.notOnOrAfter = 5 * time.Minute
	}
	stamp := func(d time.Duration) string { return r.issued.Add(d).Format("2006-01-02T15:04:05.000Z") }
	if r.audience == nil {
		r.audience = []string{provider.EntityID}
	}
	restriction := ""
	if len(r.audience) > 0 {
		restriction = "<saml:AudienceRestriction><saml:Audience>" + strings.Join(r.audience, "</saml:Audience><saml:Audience>") + "</saml:Audience></saml:AudienceRestriction>"
	}
	conditions := pointed(r.conditions, `<saml:Conditions NotBefore="`+stamp(r.notBefore)+`" NotOnOrAfter="`+stamp(r.notOnOrAfter)+`">`+restriction+`</saml:Conditions>`)
	assertion := element(t, `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_assertion" Version="2.0" IssueInstant="`+stamp(0)+`">`+
		`<saml:Issuer>`+or(r.issuer, "https://idp.linden.example")+`</saml:Issuer>`+
		`<saml:Subject>`+or(r.nameID, `<saml:NameID Format="`+formatPersistent+`">4711</saml:NameID>`)+
		`<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="`+pointed(r.confirmedRequest, request)+
		`" Recipient="`+or(r.recipient, provider.ACS)+`" NotOnOrAfter="`+stamp(r.notOnOrAfter)+`"/></saml:SubjectConfirmation></saml:Subject>`+conditions+
		`<saml:AttributeStatement>`+or(r.attributes, attribute("email", ada)+attribute("firstName", "Ada")+attribute("lastName", "Lovelace"))+
		`</saml:AttributeStatement></saml:Assertion>`)
	if !r.unsigned && (!r.outer || r.both) {
		assertion = r.sign(t, assertion)
	}
	text := write(t, assertion)
	if r.assertionsAroundHere != nil {
		text = r.assertionsAroundHere(text)
	}
	outer := element(t, `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="`+
		stamp(0)+`" Destination="`+or(r.destination, provider.ACS)+`" InResponseTo="`+pointed(r.inResponseTo, request)+`"><saml:Issuer>`+
		or(r.responseIssuer, "https://idp.linden.example")+`</saml:Issuer><samlp:Status>`+
		or(r.status, `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/>`)+`</samlp:Status>`+text+`</samlp:Response>`)
	if r.outer && !r.unsigned {
		outer = r.sign(t, outer)
	}
	text = write(t, outer)
	if r.after != nil {
		text = r.after(text)
	}
	return text
}

func attribute(name, value string) string {
	return `<saml:Attribute Name="` + name + `"><saml:AttributeValue>` + escape(value) + `</saml:AttributeValue></saml:Attribute>`
}

func element(t testing.TB, text string) *etree.Element {
	t.Helper()
	document := etree.NewDocument()
	if err := document.ReadFromString(text); err != nil {
		t.Fatal(err)
	}
	return document.Root()
}

func write(t testing.TB, el *etree.Element) string {
	t.Helper()
	document := etree.NewDocument()
	document.SetRoot(el)
	text, err := document.WriteToString()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (r response) sign(t testing.TB, el *etree.Element) *etree.Element {
	t.Helper()
	key := or(r.key, "rsa")
	context, err := dsig.NewSigningContext(keys[key](), [][]byte{lasting(t, key).Raw})
	if err != nil {
		t.Fatal(err)
	}
	context.Canonicalizer = dsig.MakeC14N10ExclusiveCanonicalizerWithPrefixList("")
	if err := context.SetSignatureMethod(or(r.method, dsig.RSASHA256SignatureMethod)); err != nil {
		t.Fatal(err)
	}
	signed, err := context.SignEnveloped(el)
	if err != nil {
		t.Fatal(err)
	}
	// The schema wants the signature behind the issuer.
	signed = element(t, write(t, signed))
	signature := childOf(signed, nsSignature, "Signature")
	signed.RemoveChild(signature)
	signed.InsertChildAt(1, signature)
	if info := childOf(signature, nsSignature, "KeyInfo"); r.withoutKeyInfo {
		signature.RemoveChild(info)
	}
	return signed
}

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

// misbehaviour is a response with the findings it leads to.
type misbehaviour struct {
	name     string
	response response
	keys     []string // in the metadata; nil: the right one
	bad      string   // codes of the bad findings
	warnings string
	refused  bool // by Zitadel
}

var misbehaviours = []misbehaviour{
	{"as it should be", response{}, nil, "", "", false},
	{"the response signed too", response{outer: true, both: true}, nil, "", "", false},
	{"the response signed alone", response{outer: true}, nil, "", "", false},
	{"ECDSA", response{key: "ecdsa", method: dsig.ECDSASHA256SignatureMethod}, []string{"ecdsa"}, "", "", false},
	{"two certificates in the metadata", response{}, []string{"other", "rsa"}, "", "", false},
	{"no certificate in the response", response{withoutKeyInfo: true}, nil, "", "", false},
	{"no certificate in the response and two to choose from", response{withoutKeyInfo: true}, []string{"other", "rsa"}, "certificate", "", true},
	{"SHA-1", response{method: dsig.RSASHA1SignatureMethod}, nil, "", "signature-algorithm digest-algorithm", false},
	{"not signed", response{unsigned: true}, nil, "signature", "", true},
	{"another's key", response{key: "other"}, nil, "certificate", "", true},
	{"a changed address", response{after: replacing(ada, "eve@linden.example")}, nil, "signature", "", true},
	{"a changed audience in a signed response", response{outer: true, after: replacing(provider.EntityID, "https://other.example")}, nil, "signature audience", "", true},
	{"another audience", response{audience: []string{"homeroom"}}, nil, "audience", "", true},
	{"this audience among several, the last", response{audience: []string{"homeroom", provider.EntityID}}, nil, "", "", false},
	{"this audience among several, not the last", response{audience: []string{provider.EntityID, "homeroom"}}, nil, "audience", "", true},
	{"no audience", response{audience: []string{}}, nil, "", "audience", false},
	{"a slash at the end", response{audience: []string{provider.EntityID + "/"}}, nil, "audience", "", true},
	{"another recipient", response{recipient: "https://id.example/other"}, nil, "recipient", "", true},
	{"another destination", response{destination: "https://id.example/other"}, nil, "destination", "", true},
	{"another issuer", response{issuer: "https://idp.birch.example"}, nil, "issuer", "", true},
	{"a response of another issuer", response{responseIssuer: "https://idp.birch.example"}, nil, "issuer", "", true},
	{"nobody asked", response{inResponseTo: text(""), confirmedRequest: text("")}, nil, "unsolicited", "", true},
	{"a clock far ahead", response{issued: noon.Add(10 * time.Minute)}, nil, "clock", "", true},
	{"a clock a little ahead", response{issued: noon.Add(2 * time.Minute)}, nil, "", "clock", false},
	{"ended before it began", response{notOnOrAfter: -10 * time.Minute}, nil, "clock", "", true},
	{"no conditions", response{conditions: text("")}, nil, "response", "", true},
	{"no end", response{conditions: text(`<saml:Conditions/>`)}, nil, "clock", "audience", true},
	{"the identity provider refuses", response{status: `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode><samlp:StatusMessage>not assigned</samlp:StatusMessage>`}, nil, "status", "", true},
	{"a NameID policy it does not know", response{status: `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Requester"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy"/></samlp:StatusCode>`}, nil, "status name-id-format", "", true},
	{"no assertion", response{assertionsAroundHere: func(string) string { return "" }}, nil, "response", "", true},
	{"an encrypted assertion", response{assertionsAroundHere: func(string) string {
		return `<saml:EncryptedAssertion><x/></saml:EncryptedAssertion>`
	}}, nil, "", "encryption", true}, // Zitadel could open a real one
	{"a wrapped signature, the forged one first", response{assertionsAroundHere: func(signed string) string {
		return forged(`<saml:Advice>` + signed + `</saml:Advice>`)
	}}, nil, "signature", "", true},
	{"a wrapped signature, the forged one beside", response{assertionsAroundHere: func(signed string) string { return forged("") + signed }}, nil, "signature", "", false},
	{"the same ID twice", response{assertionsAroundHere: func(signed string) string {
		return `<saml:Extra ID="_assertion"/>` + signed
	}}, nil, "signature", "", false},
	{"XXE", response{after: func(signed string) string {
		return `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + strings.Replace(signed, "4711", "&x;", 1)
	}}, nil, "response", "", true},
	{"XML that is read in two ways", response{after: replacing("<samlp:Status>", `<samlp:Status ::attr="x">`)}, nil, "response", "", true},
	{"cut off", response{after: func(signed string) string { return signed[:len(signed)-20] }}, nil, "response", "", true},

	{"a comment in the NameID", response{
		nameID: `<saml:NameID Format="` + formatAddress + `">ada@linden.example.evil.example</saml:NameID>`,
		after:  replacing("ada@linden.example.evil", "ada@linden.example<!-- -->.evil"),
	}, nil, "", "name-id", false},
	{"no NameID", response{nameID: " "}, nil, "name-id", "", true},
	{"an encrypted NameID", response{nameID: "<saml:EncryptedID/>"}, nil, "name-id", "", true},
	{"a transient NameID", response{nameID: `<saml:NameID Format="` + formatTransient + `">_1</saml:NameID>`}, nil, "name-id-format", "", true},
	{"no address", response{attributes: attribute("firstName", "Ada") + attribute("lastName", "Lovelace")}, nil, "address", "", false},
	{"an address in the NameID", response{
		nameID: `<saml:NameID Format="` + formatAddress + `">` + ada + `</saml:NameID>`, attributes: attribute("firstName", "Ada") + attribute("lastName", "Lovelace"),
	}, nil, "", "address", false},
	{"no names", response{attributes: attribute("email", ada)}, nil, "", "given-name family-name", false},
	{"another domain", response{attributes: attribute("email", "ada@birch.example") + attribute("firstName", "Ada") + attribute("lastName", "Lovelace")}, nil, "domain", "", false},
}

func replacing(old, now string) func(string) string {
	return func(signed string) string { return strings.Replace(signed, old, now, 1) }
}

func forged(within string) string {
	return `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_forged" Version="2.0" IssueInstant="2026-11-21T12:00:00Z">` +
		`<saml:Issuer>https://idp.linden.example</saml:Issuer><saml:Subject><saml:NameID>eve</saml:NameID></saml:Subject>` + within + `</saml:Assertion>`
}

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

func TestLoginV1sAddressIsTakenTooWherePasted(t *testing.T) {
	r := response{recipient: provider.ACSV1, destination: provider.ACSV1}
	if found, _, err := CheckResponse(connection(t, "rsa"), r.make(t)); err != nil || Bad(found) {
		t.Errorf("%v, %v", found, err)
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
