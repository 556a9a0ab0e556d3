package sso

import (
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
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
