package sso

import (
	"regexp"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// Values are what a school's IT copies into its identity provider.
type Values struct {
	Provider identity.ServiceProvider
	StartURL string // where a tile has to lead: https://…/s/{school}
	LoginV1  bool   // Zitadel's Login V1 is in use: its ACS and redirect URL are needed too
	AppName  string // what to call the application there; empty: Homeroom
	District string // Clever, ClassLink: as far as it is known
}

// Step is one step of a set-up. Menus, buttons and fields of the vendor stand in
// the texts as they are, the same in every language.
type Step struct {
	Title, Body identity.Message
	Notes       []identity.Message
	Copy        []CopyValue
	Snippets    []Snippet
}

// CopyValue is a value to copy and the field of the vendor's menus, or the
// protocol's word, for where it goes.
type CopyValue struct{ Label, Value string }

// Snippet is a piece of configuration and the file it belongs into.
type Snippet struct{ File, Text string }

// guides are the set-ups by vendor and protocol.
var guides = map[identity.Protocol]map[identity.Vendor]func(Values) []Step{
	identity.ProtocolSAML: {
		identity.VendorOkta: oktaGuide, identity.VendorEntra: entraGuide, identity.VendorGoogle: googleGuide,
		identity.VendorADFS: adfsGuide, identity.VendorOneLogin: oneLoginGuide, identity.VendorJumpCloud: jumpCloudGuide,
		identity.VendorShibboleth: shibbolethGuide, identity.VendorSAML: samlGuide,
	},
	identity.ProtocolOIDC: {
		identity.VendorOkta: oktaOIDCGuide, identity.VendorEntra: entraOIDCGuide, identity.VendorGoogle: googleOIDCGuide,
		identity.VendorOneLogin: oneLoginOIDCGuide, identity.VendorOIDC: oidcGuide,
		identity.VendorClever: cleverGuide, identity.VendorClassLink: classLinkGuide,
	},
}

// Guide is how a school connects a vendor by a protocol, step by step; nil if it
// cannot be.
func Guide(vendor identity.Vendor, protocol identity.Protocol, values Values) []Step {
	guide, ok := guides[protocol][vendor]
	if !ok {
		return nil
	}
	if values.AppName == "" {
		values.AppName = appName
	}
	steps := guide(values)
	for i := range steps {
		// What is not known is not there to be copied.
		steps[i].Copy = slices.DeleteFunc(steps[i].Copy, func(c CopyValue) bool { return c.Value == "" })
	}
	return steps
}

// MetadataURLHint reports whether the vendor publishes metadata at a URL, which
// can then be watched. Google and JumpCloud let it be downloaded only.
func MetadataURLHint(vendor identity.Vendor) bool {
	return vendor != identity.VendorGoogle && vendor != identity.VendorJumpCloud
}

// step makes a step of the texts' IDs.
func (v Values) step(title, body string, values ...CopyValue) Step {
	return Step{Title: identity.Say(title), Body: identity.Say(body, "App", v.AppName), Copy: values}
}

func (s Step) noting(messages ...string) Step {
	for _, m := range messages {
		s.Notes = append(s.Notes, identity.Say(m))
	}
	return s
}

// tile is the step for a tile on the vendor's dashboard: Zitadel refuses
// sign-ins that the identity provider starts.
func (v Values) tile(body, label string) Step {
	return v.step("guide.title.tile", body, CopyValue{label, v.StartURL}).noting("guide.note.start-url")
}

// acs are the values for where responses go: under label, and under label V1 the
// one of Login V1 where that is in use.
func (v Values) acs(label, labelV1 string) []CopyValue {
	values := []CopyValue{{label, v.Provider.ACS}}
	if v.LoginV1 {
		values = append(values, CopyValue{labelV1, v.Provider.ACSV1})
	}
	return values
}

// redirects are the same for OpenID Connect.
func (v Values) redirects(label string) []CopyValue {
	values := []CopyValue{{label, v.Provider.RedirectURI}}
	if v.LoginV1 {
		values = append(values, CopyValue{label, v.Provider.RedirectV1})
	}
	return values
}

// bothACS adds why there are two, where there are.
func (v Values) bothACS(s Step) Step {
	if v.LoginV1 {
		return s.noting("guide.note.two-acs")
	}
	return s
}

func oktaGuide(v Values) []Step {
	addresses := v.step("guide.title.addresses", "guide.okta.addresses", append(
		v.acs("Single sign-on URL", "Other Requestable SSO URLs"),
		CopyValue{"Audience URI (SP Entity ID)", v.Provider.EntityID}, CopyValue{"Name ID format", "EmailAddress"})...)
	return []Step{
		v.step("guide.title.create", "guide.okta.create", CopyValue{"App name", v.AppName}),
		v.bothACS(addresses),
		v.step("guide.title.attributes", "guide.okta.attributes",
			CopyValue{"email", "user.email"}, CopyValue{"firstName", "user.firstName"}, CopyValue{"lastName", "user.lastName"}),
		v.step("guide.title.metadata", "guide.okta.metadata"),
		v.step("guide.title.assign", "guide.okta.assign").noting("guide.note.assign-yourself"),
		v.tile("guide.okta.tile", "URL"),
	}
}

func entraGuide(v Values) []Step {
	addresses := v.step("guide.title.addresses", "guide.entra.addresses", append(
		[]CopyValue{{"Identifier (Entity ID)", v.Provider.EntityID}},
		v.acs("Reply URL (Assertion Consumer Service URL)", "Reply URL (Assertion Consumer Service URL)")...)...)
	addresses.Copy = append(addresses.Copy, CopyValue{"Sign on URL", v.StartURL}, CopyValue{"Logout URL", v.Provider.SLO})
	return []Step{
		v.step("guide.title.create", "guide.entra.create", CopyValue{"What's the name of your app?", v.AppName}),
		v.bothACS(addresses).noting("guide.note.start-url", "guide.note.entra-two-values"),
		v.step("guide.title.attributes", "guide.entra.attributes",
			CopyValue{"emailaddress", "user.mail"}, CopyValue{"givenname", "user.givenname"},
			CopyValue{"surname", "user.surname"}, CopyValue{"Unique User Identifier (Name ID)", "user.userprincipalname"}).
			noting("guide.note.entra-mail-empty"),
		v.step("guide.title.metadata", "guide.entra.metadata").noting("guide.note.entra-certificate-mail"),
		v.step("guide.title.assign", "guide.entra.assign").noting("guide.note.assign-yourself"),
	}
}

func googleGuide(v Values) []Step {
	addresses := v.step("guide.title.addresses", "guide.google.addresses",
		CopyValue{"ACS URL", v.Provider.ACS}, CopyValue{"Entity ID", v.Provider.EntityID}, CopyValue{"Start URL", v.StartURL},
		CopyValue{"Name ID format", "EMAIL"}, CopyValue{"Name ID", "Basic Information › Primary email"}).noting("guide.note.start-url")
	if v.LoginV1 {
		addresses = addresses.noting("guide.note.google-one-acs")
	}
	return []Step{
		v.step("guide.title.create", "guide.google.create", CopyValue{"App name", v.AppName}),
		v.step("guide.title.metadata", "guide.google.metadata").noting("guide.note.google-no-url"),
		addresses,
		v.step("guide.title.attributes", "guide.google.attributes",
			CopyValue{"Primary email", "email"}, CopyValue{"First name", "firstName"}, CopyValue{"Last name", "lastName"}),
		v.step("guide.title.assign", "guide.google.assign").noting("guide.note.google-wait", "guide.note.assign-yourself"),
	}
}

func adfsGuide(v Values) []Step {
	signing := v.step("guide.title.signing", "guide.adfs.signing")
	signing.Snippets = []Snippet{{"PowerShell", adfsSigning(v.AppName)}}
	return []Step{
		v.step("guide.title.metadata", "guide.adfs.metadata",
			CopyValue{"URL", "https://SERVER/federationmetadata/2007-06/federationmetadata.xml"}),
		v.step("guide.title.create", "guide.adfs.create"),
		v.step("guide.title.addresses", "guide.adfs.addresses",
			CopyValue{"Federation metadata address", v.Provider.EntityID}, CopyValue{"Display name", v.AppName}),
		v.step("guide.title.access", "guide.adfs.access", v.acs("SAML Assertion Consumer Endpoints", "SAML Assertion Consumer Endpoints")...),
		v.step("guide.title.attributes", "guide.adfs.attributes",
			CopyValue{"E-Mail-Addresses", "E-Mail Address"}, CopyValue{"Given-Name", "Given Name"},
			CopyValue{"Surname", "Surname"}, CopyValue{"User-Principal-Name", "UPN"}),
		v.step("guide.title.name-id", "guide.adfs.name-id",
			CopyValue{"Incoming claim type", "UPN"}, CopyValue{"Outgoing claim type", "Name ID"},
			CopyValue{"Outgoing name ID format", "Persistent Identifier"}),
		signing,
		v.tile("guide.adfs.tile", "URL"),
	}
}

// adfsSigning is the command that makes AD FS sign both, with the name as a
// PowerShell literal, in which only its own quote has a meaning.
func adfsSigning(name string) string {
	return `Set-AdfsRelyingPartyTrust -TargetName '` + strings.ReplaceAll(name, "'", "''") +
		`' -SamlResponseSignature "MessageAndAssertion"`
}

func oneLoginGuide(v Values) []Step {
	addresses := v.step("guide.title.addresses", "guide.onelogin.addresses",
		CopyValue{"Audience (EntityID)", v.Provider.EntityID}, CopyValue{"Recipient", v.Provider.ACS},
		CopyValue{"ACS (Consumer) URL Validator", v.validator()}, CopyValue{"ACS (Consumer) URL", v.Provider.ACS},
		CopyValue{"Login URL", v.StartURL}, CopyValue{"SAML initiator", "Service Provider"}).noting("guide.note.start-url")
	return []Step{
		v.step("guide.title.create", "guide.onelogin.create", CopyValue{"Display Name", v.AppName}),
		v.bothACS(addresses),
		v.step("guide.title.attributes", "guide.onelogin.attributes",
			CopyValue{"email", "Email"}, CopyValue{"firstName", "First Name"}, CopyValue{"lastName", "Last Name"}),
		v.step("guide.title.metadata", "guide.onelogin.metadata"),
		v.step("guide.title.assign", "guide.onelogin.assign").noting("guide.note.assign-yourself"),
	}
}

// validator is the regular expression by which OneLogin checks where a response
// may go; it wants slashes escaped too.
func (v Values) validator() string {
	quote := func(url string) string { return strings.ReplaceAll(regexp.QuoteMeta(url), "/", `\/`) }
	if v.LoginV1 {
		return "^(" + quote(v.Provider.ACS) + "|" + quote(v.Provider.ACSV1) + ")$"
	}
	return "^" + quote(v.Provider.ACS) + "$"
}

func jumpCloudGuide(v Values) []Step {
	addresses := v.step("guide.title.addresses", "guide.jumpcloud.addresses", append([]CopyValue{
		{"IdP Entity ID", strings.TrimSuffix(v.Provider.EntityID, "/metadata") + "/jumpcloud"},
		{"SP Entity ID", v.Provider.EntityID},
	}, v.acs("ACS URLs", "ACS URLs")...)...)
	addresses.Copy = append(addresses.Copy, CopyValue{"Login URL", v.StartURL})
	return []Step{
		v.step("guide.title.create", "guide.jumpcloud.create", CopyValue{"Display Label", v.AppName}),
		v.bothACS(addresses).noting("guide.note.start-url"),
		v.step("guide.title.attributes", "guide.jumpcloud.attributes",
			CopyValue{"email", "email"}, CopyValue{"firstName", "firstname"}, CopyValue{"lastName", "lastname"}),
		v.step("guide.title.assign", "guide.jumpcloud.assign").noting("guide.note.assign-yourself"),
		v.step("guide.title.metadata", "guide.jumpcloud.metadata").noting("guide.note.jumpcloud-no-url"),
	}
}

func samlGuide(v Values) []Step {
	addresses := v.step("guide.title.addresses", "guide.saml.addresses", append([]CopyValue{
		{"SP metadata URL", v.Provider.EntityID},
		{"Entity ID / Audience URI / Relying Party Identifier", v.Provider.EntityID},
	}, v.acs("ACS URL / Reply URL / Consumer URL / Recipient", "ACS URL / Reply URL / Consumer URL / Recipient")...)...)
	addresses.Copy = append(addresses.Copy, CopyValue{"SLO", v.Provider.SLO})
	return []Step{
		v.bothACS(addresses),
		v.step("guide.title.signing", "guide.saml.signing", CopyValue{"Response", "signed"}, CopyValue{"Assertion", "signed"},
			CopyValue{"Signature Algorithm", "RSA-SHA256"}, CopyValue{"Encryption", "none"}),
		v.step("guide.title.attributes", "guide.saml.attributes",
			CopyValue{"NameID", "persistent"}, CopyValue{"email", "mail"}, CopyValue{"firstName", "givenName"}, CopyValue{"lastName", "sn"}),
		v.step("guide.title.metadata", "guide.saml.metadata"),
		v.tile("guide.saml.tile", "URL"),
	}
}
