package sso

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

// claimSet is what a vendor sends of Ada Lovelace if nobody changes anything, or
// follows the steps of the wizard.
type claimSet struct {
	name       string
	protocol   identity.Protocol
	externalID string
	userName   string
	format     string // of the NameID
	attributes map[string][]string
	want       Person            // without Received and ExternalID
	uses       map[string]string // by name; what is missing is used for nothing
}

func one(pairs ...string) map[string][]string {
	all := make(map[string][]string)
	for i := 0; i+1 < len(pairs); i += 2 {
		all[pairs[i]] = append(all[pairs[i]], pairs[i+1])
	}
	return all
}

const ada = "ada@linden.example"

var claimSets = []claimSet{
	{
		"Okta, by the wizard", identity.ProtocolSAML, ada, "", formatAddress,
		one("email", ada, "firstName", "Ada", "lastName", "Lovelace"),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace"},
		map[string]string{"email": "address", "firstName": "given-name", "lastName": "family-name"},
	},
	{
		"Okta without attribute statements", identity.ProtocolSAML, ada, "", "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
		nil,
		Person{Address: ada, AddressVerified: true},
		map[string]string{"NameID": "address"},
	},
	{
		"Entra, as it comes", identity.ProtocolSAML, "ada_upn@linden.example", "", formatAddress,
		one(
			"http://schemas.microsoft.com/identity/claims/tenantid", "0f0f", "http://schemas.microsoft.com/identity/claims/objectidentifier", "1a1a",
			"http://schemas.microsoft.com/identity/claims/displayname", "Lovelace, Ada (7B)",
			"http://schemas.microsoft.com/identity/claims/identityprovider", "https://sts.windows.net/0f0f/",
			"http://schemas.microsoft.com/claims/authnmethodsreferences", "http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password",
			schemas+"givenname", "Ada", schemas+"surname", "Lovelace", schemas+"emailaddress", ada, schemas+"name", "ada_upn@linden.example",
		),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace", UserName: "ada_upn@linden.example"},
		map[string]string{
			schemas + "givenname": "given-name", schemas + "surname": "family-name", schemas + "emailaddress": "address", schemas + "name": "user-name",
		},
	},
	{
		"Entra, a pupil without mail", identity.ProtocolSAML, ada, "", formatAddress,
		one(schemas+"givenname", "Ada", schemas+"surname", "Lovelace", schemas+"name", ada),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace", UserName: ada},
		map[string]string{"NameID": "address", schemas + "givenname": "given-name", schemas + "surname": "family-name", schemas + "name": "user-name"},
	},
	{
		"Entra with a display name alone", identity.ProtocolSAML, ada, "", formatAddress,
		one("http://schemas.microsoft.com/identity/claims/displayname", "Ada Augusta Lovelace", schemas+"emailaddress", ada),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada Augusta", FamilyName: "Lovelace"},
		map[string]string{"http://schemas.microsoft.com/identity/claims/displayname": "family-name", schemas + "emailaddress": "address"},
	},
	{
		"Google, by the wizard", identity.ProtocolSAML, ada, "", formatAddress,
		one("email", ada, "firstName", "Ada", "lastName", "Lovelace"),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace"},
		map[string]string{"email": "address", "firstName": "given-name", "lastName": "family-name"},
	},
	{
		"AD FS", identity.ProtocolSAML, "LINDEN\\ada", "", formatPersistent,
		one(schemas+"emailaddress", ada, schemas+"givenname", "Ada", schemas+"surname", "Lovelace", schemas+"upn", "ada@linden.local"),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace", UserName: "ada@linden.local"},
		map[string]string{
			schemas + "emailaddress": "address", schemas + "givenname": "given-name", schemas + "surname": "family-name", schemas + "upn": "user-name",
		},
	},
	{
		"OneLogin, as it comes", identity.ProtocolSAML, ada, "", formatAddress,
		one("User.email", ada, "User.FirstName", "Ada", "User.LastName", "Lovelace", "memberOf", ""),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace"},
		map[string]string{"User.email": "address", "User.FirstName": "given-name", "User.LastName": "family-name"},
	},
	{
		"JumpCloud", identity.ProtocolSAML, ada, "", "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
		one("email", ada, "firstname", "Ada", "lastname", "Lovelace"),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace"},
		map[string]string{"email": "address", "firstname": "given-name", "lastname": "family-name"},
	},
	{
		"Shibboleth", identity.ProtocolSAML, "AAdzZWNyZXQx", "", formatPersistent,
		map[string][]string{
			"urn:oid:0.9.2342.19200300.100.1.3": {ada, "ada.l@linden.example"}, "urn:oid:2.5.4.42": {"Ada"}, "urn:oid:2.5.4.4": {"Lovelace"},
			"urn:oid:1.3.6.1.4.1.5923.1.1.1.6": {"ada@linden.example"},
			"urn:oid:1.3.6.1.4.1.5923.1.1.1.9": {"member@linden.example", "student@linden.example"},
		},
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace", UserName: ada, Affiliation: "student"},
		map[string]string{
			"urn:oid:0.9.2342.19200300.100.1.3": "address", "urn:oid:2.5.4.42": "given-name", "urn:oid:2.5.4.4": "family-name",
			"urn:oid:1.3.6.1.4.1.5923.1.1.1.6": "user-name", "urn:oid:1.3.6.1.4.1.5923.1.1.1.9": "affiliation",
		},
	},
	{
		"SimpleSAMLphp", identity.ProtocolSAML, "_7c1", "", formatTransient,
		one("mail", ada, "givenName", "Ada", "sn", "Lovelace", "eduPersonAffiliation", "staff", "eduPersonPrincipalName", ada),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace", UserName: ada, Affiliation: "staff"},
		map[string]string{
			"mail": "address", "givenName": "given-name", "sn": "family-name", "eduPersonAffiliation": "affiliation", "eduPersonPrincipalName": "user-name",
		},
	},
	{
		"Entra by OpenID Connect", identity.ProtocolOIDC, "sub-1", ada, "",
		one("sub", "sub-1", "email", ada, "given_name", "Ada", "family_name", "Lovelace", "name", "Ada Lovelace", "preferred_username", ada, "oid", "1a1a"),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace", UserName: ada},
		map[string]string{"email": "address", "given_name": "given-name", "family_name": "family-name", "preferred_username": "user-name"},
	},
	{
		"Google by OpenID Connect", identity.ProtocolOIDC, "1104", "", "",
		one("sub", "1104", "email", ada, "email_verified", "true", "given_name", "Ada", "family_name", "Lovelace", "hd", "linden.example"),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace"},
		map[string]string{"email": "address", "given_name": "given-name", "family_name": "family-name"},
	},
	{
		"an address nobody verified", identity.ProtocolOIDC, "sub-2", "ada", "",
		one("sub", "sub-2", "email", ada, "email_verified", "false", "name", "Ada"),
		Person{Address: ada, GivenName: "Ada", UserName: "ada"},
		map[string]string{"email": "address", "name": "given-name"},
	},
	{
		"Okta and OneLogin by OpenID Connect", identity.ProtocolOIDC, "00u1", ada, "",
		one("sub", "00u1", "email", ada, "email_verified", "true", "given_name", "Ada", "family_name", "Lovelace", "preferred_username", ada, "zoneinfo", "Europe/Berlin"),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace", UserName: ada},
		map[string]string{"email": "address", "given_name": "given-name", "family_name": "family-name", "preferred_username": "user-name"},
	},
	{
		"Clever", identity.ProtocolOIDC, "5f1", "", "",
		one("sub", "5f1", "user_id", "5f1", "user_type", "student", "district", "4fd", "email", ada, "given_name", "Ada", "family_name", "Lovelace", "multi_role_user_id", "62a"),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace", Affiliation: "student", District: "4fd"},
		map[string]string{"email": "address", "given_name": "given-name", "family_name": "family-name", "user_type": "affiliation", "district": "district"},
	},
	{
		"ClassLink", identity.ProtocolOIDC, "91", "", "",
		one("UserId", "91", "TenantId", "2", "Email", ada, "FirstName", "Ada", "LastName", "Lovelace", "Role", "Teacher", "LoginId", "alovelace", "DisplayName", "Ada L."),
		Person{Address: ada, AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace", UserName: "alovelace", Affiliation: "teacher", District: "2"},
		map[string]string{"Email": "address", "FirstName": "given-name", "LastName": "family-name", "Role": "affiliation", "LoginId": "user-name", "TenantId": "district"},
	},
}

func (c claimSet) arrival() identity.Arrival {
	a := identity.Arrival{Protocol: c.protocol, ExternalID: c.externalID, UserName: c.userName, Attributes: c.attributes}
	if c.protocol == identity.ProtocolSAML {
		a.Assertion = []byte(`<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"><Subject><NameID Format="` + c.format + `">` + escape(c.externalID) + `</NameID></Subject></Assertion>`)
	}
	return a
}

func TestDefaultClaimsOfEachVendorMakeAPerson(t *testing.T) {
	for _, c := range claimSets {
		t.Run(c.name, func(t *testing.T) {
			got := Map(c.arrival())
			for _, r := range got.Received {
				if r.Use != c.uses[r.Name] {
					t.Errorf("%s is taken for %q, want %q", r.Name, r.Use, c.uses[r.Name])
				}
				values := c.attributes[r.Name]
				if r.Name == nameID {
					values = []string{c.externalID}
				}
				if !slices.Equal(r.Values, values) {
					t.Errorf("%s is told as %q", r.Name, r.Values)
				}
			}
			if !slices.IsSortedFunc(got.Received, func(a, b identity.Received) int { return strings.Compare(a.Name, b.Name) }) {
				t.Errorf("not in order: %v", got.Received)
			}
			got.Received = nil
			want := c.want
			want.ExternalID = c.externalID
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOddAttributesAreNotTaken(t *testing.T) {
	for _, tt := range []struct {
		name       string
		attributes map[string][]string
		want       Person
	}{
		{"an empty address, and another alias", one("email", " ", "mail", ada), Person{Address: ada, AddressVerified: true}},
		{"an address that is none", one("email", "none", "mail", "a b@c"), Person{AddressVerified: true}},
		{"a header within", one("email", "ada@linden.example\r\nBcc: x@evil.example"), Person{AddressVerified: true}},
		{"a name around", one("email", "Ada <ada@linden.example>"), Person{AddressVerified: true}},
		{"a domain that looks alike", one("email", "ada@lınden.example"), Person{AddressVerified: true}},
		{"a host of one word", one("email", "ada@localhost"), Person{AddressVerified: true}},
		{"capitals and spaces around", one(" EMAIL ", " ada@linden.example ", "GivenName", "  Ada   Augusta "), Person{Address: ada, AddressVerified: true, GivenName: "Ada Augusta"}},
		{"the second value", map[string][]string{"mail": {"", ada}}, Person{Address: ada, AddressVerified: true}},
		{"two of one name but for capitals", one("Email", ada, "email", "b@linden.example"), Person{Address: ada, AddressVerified: true}},
		{"a name that is an address", one("name", ada), Person{AddressVerified: true}},
		{"a very long name", one("givenName", strings.Repeat("é", 300)), Person{AddressVerified: true, GivenName: strings.Repeat("é", 200)}},
		{"control characters", one("sn", "Love\x00lace"), Person{AddressVerified: true}},
		{"half a name and a whole one", one("givenName", "Ada", "displayName", "Ada Lovelace"), Person{AddressVerified: true, GivenName: "Ada", FamilyName: "Lovelace"}},
		{"nothing", nil, Person{AddressVerified: true}},
	} {
		got := Map(identity.Arrival{Protocol: identity.ProtocolOIDC, Attributes: tt.attributes})
		got.Received = nil
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestATransientNameIDIsNobodysAddress(t *testing.T) {
	c := claimSet{protocol: identity.ProtocolSAML, externalID: ada, format: formatTransient}
	if got := Map(c.arrival()); got.Address != "" {
		t.Errorf("taken for the address: %q", got.Address)
	}
}
