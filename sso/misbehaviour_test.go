package sso

import (
	"strings"
	"time"

	dsig "github.com/russellhaering/goxmldsig"
)

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
