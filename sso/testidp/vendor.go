package testidp

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/crewjam/saml"

	"homeroom.dev/homeroom/identity"
)

// signs is which parts of a SAML response a vendor signs.
type signs int

const (
	signsAssertion signs = 1 << iota
	signsResponse
)

// habits are what one vendor does by default.
type habits struct {
	certificate string            // the common name on its certificates
	entityID    func(*App) string // its issuer's shape
	nameID      func(Person) string
	format      saml.NameIDFormat
	// takesFormat sends the NameID in the format the request asks for;
	// refusesFormat answers InvalidNameIDPolicy when that is another one.
	takesFormat, refusesFormat bool
	// fixedACS refuses requests whose ACS nobody typed in; the others answer to
	// the first one that was.
	fixedACS   bool
	signs      signs
	encrypts   bool // whenever the service provider's certificate is known
	attributes func(Person) []attribute
	claims     func(Person) map[string]any
}

// attribute is a SAML attribute before it is written. It has no values when the
// directory has none, and is left out then.
type attribute struct {
	name, friendly string
	use            string // address, given-name, family-name or nothing
	value          string
}

const (
	claimURI     = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
	microsoftURI = "http://schemas.microsoft.com/identity/claims/"
	entraTenant  = "8c1f6a52-3b1e-4f0b-9d57-2f6d0c3b7a10"
)

func byAddress(p Person) string { return p.UserName }

// pairwise is an opaque ID that means nothing elsewhere.
func pairwise(p Person) string {
	sum := sha256.Sum256([]byte("pairwise " + p.ID))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// shortNames are the attributes that the guides have an administrator add by
// hand at Okta, Google, OneLogin and JumpCloud.
func shortNames(p Person) []attribute {
	return []attribute{
		{name: "email", use: useAddress, value: p.Address},
		{name: "firstName", use: useGivenName, value: p.GivenName},
		{name: "lastName", use: useFamilyName, value: p.FamilyName},
	}
}

const (
	useAddress    = "address"
	useGivenName  = "given-name"
	useFamilyName = "family-name"
)

func entraAttributes(p Person) []attribute {
	return []attribute{
		{name: microsoftURI + "tenantid", value: entraTenant},
		{name: microsoftURI + "objectidentifier", value: p.ID},
		{name: microsoftURI + "displayname", value: p.name()},
		{name: microsoftURI + "identityprovider", value: "https://sts.windows.net/" + entraTenant + "/"},
		{name: "http://schemas.microsoft.com/claims/authnmethodsreferences", value: "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password"},
		{name: claimURI + "givenname", use: useGivenName, value: p.GivenName},
		{name: claimURI + "surname", use: useFamilyName, value: p.FamilyName},
		{name: claimURI + "emailaddress", use: useAddress, value: p.Address},
		{name: claimURI + "name", value: p.UserName},
	}
}

func adfsAttributes(p Person) []attribute {
	return []attribute{
		{name: claimURI + "emailaddress", use: useAddress, value: p.Address},
		{name: claimURI + "givenname", use: useGivenName, value: p.GivenName},
		{name: claimURI + "surname", use: useFamilyName, value: p.FamilyName},
		{name: claimURI + "upn", value: p.UserName},
	}
}

func eduPerson(p Person) []attribute {
	_, scope, _ := strings.Cut(p.UserName, "@")
	return []attribute{
		{name: "urn:oid:0.9.2342.19200300.100.1.3", friendly: "mail", use: useAddress, value: p.Address},
		{name: "urn:oid:2.5.4.42", friendly: "givenName", use: useGivenName, value: p.GivenName},
		{name: "urn:oid:2.5.4.4", friendly: "sn", use: useFamilyName, value: p.FamilyName},
		{name: "urn:oid:1.3.6.1.4.1.5923.1.1.1.6", friendly: "eduPersonPrincipalName", value: p.UserName},
		{name: "urn:oid:1.3.6.1.4.1.5923.1.1.1.9", friendly: "eduPersonScopedAffiliation", value: p.Affiliation + "@" + scope},
	}
}

// genericAttributes are LDAP's names, which SimpleSAMLphp and many others send.
func genericAttributes(p Person) []attribute {
	return []attribute{
		{name: "mail", use: useAddress, value: p.Address},
		{name: "givenName", use: useGivenName, value: p.GivenName},
		{name: "sn", use: useFamilyName, value: p.FamilyName},
	}
}

// habitsOf are a vendor's. Sources: the vendors' own set-up pages.
func habitsOf(v identity.Vendor) habits {
	h := habits{
		certificate: "idp.linden.example", nameID: byAddress, format: saml.EmailAddressNameIDFormat, signs: signsAssertion,
		entityID: (*App).MetadataURL, attributes: shortNames, claims: standardClaims,
	}
	switch v {
	case identity.VendorOkta:
		h.certificate, h.format, h.signs = "linden", saml.UnspecifiedNameIDFormat, signsAssertion|signsResponse
		h.entityID = func(a *App) string { return "http://www.okta.com/exk" + a.id }
	case identity.VendorEntra:
		h.certificate, h.takesFormat, h.fixedACS, h.attributes, h.claims = "Microsoft Azure Federated SSO Certificate", true, true, entraAttributes, entraClaims
		h.entityID = func(*App) string { return "https://sts.windows.net/" + entraTenant + "/" }
	case identity.VendorGoogle:
		h.certificate, h.fixedACS, h.signs, h.claims = "Google", true, signsResponse, googleClaims
		h.entityID = func(a *App) string { return "https://accounts.google.com/o/saml2?idpid=C0" + a.id[:7] }
	case identity.VendorADFS:
		h.certificate, h.refusesFormat, h.fixedACS, h.attributes = "ADFS Signing - sts.linden.example", true, true, adfsAttributes
		h.format, h.signs = saml.PersistentNameIDFormat, signsAssertion|signsResponse
		h.entityID = func(*App) string { return "http://sts.linden.example/adfs/services/trust" }
	case identity.VendorOneLogin:
		h.certificate, h.signs, h.claims = "OneLogin Account", signsAssertion, oneLoginClaims
		h.entityID = func(a *App) string { return "https://app.onelogin.com/saml/metadata/" + a.id }
	case identity.VendorJumpCloud:
		h.certificate, h.format = "JumpCloudCertificate", saml.UnspecifiedNameIDFormat
		h.entityID = func(a *App) string { return "homeroom-" + a.id }
	case identity.VendorShibboleth:
		h.nameID, h.format, h.fixedACS, h.signs, h.encrypts = pairwise, saml.PersistentNameIDFormat, true, signsResponse, true
		h.attributes = eduPerson
		h.entityID = func(*App) string { return "https://idp.linden.example/idp/shibboleth" }
	case identity.VendorSAML:
		h.nameID, h.format, h.attributes = pairwise, saml.PersistentNameIDFormat, genericAttributes
	case identity.VendorClever:
		h.claims = cleverClaims
	case identity.VendorClassLink:
		h.claims = classLinkClaims
	}
	return h
}
