package sso

import "homeroom.dev/homeroom/identity"

// place is where something is set in a vendor's menus: in their own words,
// which are facts and stay the same in every language. An empty value is the
// one that was expected.
type place struct{ menu, field, value string }

// appName is what the wizard says to call the application there.
const appName = "Homeroom"

// The menus that most settings of a vendor are in.
const (
	oktaApp      = "Applications › Applications › " + appName
	oktaSAML     = oktaApp + " › General › SAML Settings › Edit › Configure SAML"
	entraApp     = "Enterprise applications › " + appName
	entraSAML    = entraApp + " › Manage › Single sign-on"
	entraOIDC    = "App registrations › " + appName
	googleApp    = "Apps › Web and mobile apps › " + appName
	googleSAML   = googleApp + " › Service provider details"
	googleOIDC   = "APIs & Services › Credentials › OAuth 2.0 Client IDs › " + appName
	adfsApp      = "AD FS Management › Relying Party Trusts › " + appName
	adfsSAML     = adfsApp + " › Properties"
	adfsRules    = adfsApp + " › Edit Claims Issuance Policy…"
	oneLoginApp  = "Applications › " + appName
	oneLoginSAML = oneLoginApp + " › Configuration"
	jumpCloudApp = "SSO Applications › " + appName
	jumpCloud    = jumpCloudApp + " › SSO"
)

// placesSAML are the places of SAML by vendor and by the code they mend.
var placesSAML = map[identity.Vendor]map[string]place{
	identity.VendorOkta: {
		codeAudience:           {oktaSAML, "Audience URI (SP Entity ID)", ""},
		codeRecipient:          {oktaSAML, "Single sign-on URL", ""},
		codeSignature:          {oktaSAML + " › Show Advanced Settings", "Assertion Signature", "Signed"},
		codeSignatureAlgorithm: {oktaSAML + " › Show Advanced Settings", "Signature Algorithm", "RSA-SHA256"},
		codeEncryption:         {oktaSAML + " › Show Advanced Settings", "Assertion Encryption", "Unencrypted"},
		codeIssuer:             {oktaApp + " › Sign On", "Metadata URL", ""},
		codeNameID:             {oktaSAML, "Name ID format", "EmailAddress"},
		codeAddress:            {oktaSAML + " › Attribute Statements", "email", "user.email"},
		codeGivenName:          {oktaSAML + " › Attribute Statements", "firstName", "user.firstName"},
		codeFamilyName:         {oktaSAML + " › Attribute Statements", "lastName", "user.lastName"},
		codeStatus:             {oktaApp + " › Assignments", "Assign", ""},
		codeUnsolicited:        {"Applications › Applications › Browse App Catalog › Bookmark App", "URL", ""},
	},
	identity.VendorEntra: {
		codeAudience:           {entraSAML + " › Basic SAML Configuration › Edit", "Identifier (Entity ID)", ""},
		codeRecipient:          {entraSAML + " › Basic SAML Configuration › Edit", "Reply URL (Assertion Consumer Service URL)", ""},
		codeSignature:          {entraSAML + " › SAML Certificates › Edit", "Signing Option", "Sign SAML assertion"},
		codeSignatureAlgorithm: {entraSAML + " › SAML Certificates › Edit", "Signing Algorithm", "SHA-256"},
		codeEncryption:         {entraApp + " › Security › Token encryption", "Token encryption", "Inactive"},
		codeIssuer:             {entraSAML + " › SAML Certificates", "App Federation Metadata Url", ""},
		codeNameID:             {entraSAML + " › Attributes & Claims › Edit", "Unique User Identifier (Name ID)", "user.userprincipalname"},
		codeAddress:            {entraSAML + " › Attributes & Claims › Edit", "emailaddress", "user.userprincipalname"},
		codeGivenName:          {entraSAML + " › Attributes & Claims › Edit", "givenname", "user.givenname"},
		codeFamilyName:         {entraSAML + " › Attributes & Claims › Edit", "surname", "user.surname"},
		codeStatus:             {entraApp + " › Manage › Users and groups", "Add user/group", ""},
		codeUnsolicited:        {entraSAML + " › Basic SAML Configuration › Edit", "Sign on URL", ""},
	},
	identity.VendorGoogle: {
		codeAudience:    {googleSAML, "Entity ID", ""},
		codeRecipient:   {googleSAML, "ACS URL", ""},
		codeSignature:   {googleSAML, "Signed response", "✓"},
		codeIssuer:      {googleApp, "Download metadata", ""},
		codeNameID:      {googleSAML, "Name ID", "Basic Information › Primary email"},
		codeAddress:     {googleApp + " › SAML attribute mapping › Add mapping", "Primary email", "email"},
		codeGivenName:   {googleApp + " › SAML attribute mapping › Add mapping", "First name", "firstName"},
		codeFamilyName:  {googleApp + " › SAML attribute mapping › Add mapping", "Last name", "lastName"},
		codeStatus:      {googleApp + " › User access", "ON for everyone", ""},
		codeUnsolicited: {googleSAML, "Start URL", ""},
	},
	identity.VendorADFS: {
		codeAudience:           {adfsSAML + " › Identifiers", "Relying party identifiers", ""},
		codeRecipient:          {adfsSAML + " › Endpoints", "SAML Assertion Consumer Endpoints", ""},
		codeSignatureAlgorithm: {adfsSAML + " › Advanced", "Secure hash algorithm", "SHA-256"},
		codeEncryption:         {adfsSAML + " › Encryption", "Encryption certificate", "Remove"},
		codeIssuer:             {"AD FS › Service › Endpoints › Metadata", "/FederationMetadata/2007-06/FederationMetadata.xml", ""},
		codeAddress:            {adfsRules + " › Send LDAP Attributes as Claims", "E-Mail-Addresses", "E-Mail Address"},
		codeGivenName:          {adfsRules + " › Send LDAP Attributes as Claims", "Given-Name", "Given Name"},
		codeFamilyName:         {adfsRules + " › Send LDAP Attributes as Claims", "Surname", "Surname"},
		codeStatus:             {adfsApp + " › Edit Access Control Policy…", "Permit everyone", ""},
	},
	identity.VendorOneLogin: {
		codeAudience:           {oneLoginSAML, "Audience (EntityID)", ""},
		codeRecipient:          {oneLoginSAML, "ACS (Consumer) URL", ""},
		codeSignature:          {oneLoginSAML, "SAML signature element", "Both"},
		codeSignatureAlgorithm: {oneLoginApp + " › SSO", "SAML Signature Algorithm", "SHA-256"},
		codeEncryption:         {oneLoginSAML, "Encrypt assertion", "☐"},
		codeIssuer:             {oneLoginApp + " › SSO", "Issuer URL", ""},
		codeNameID:             {oneLoginSAML, "SAML nameID format", "Email"},
		codeAddress:            {oneLoginApp + " › Parameters › +", "email", "Email"},
		codeGivenName:          {oneLoginApp + " › Parameters › +", "firstName", "First Name"},
		codeFamilyName:         {oneLoginApp + " › Parameters › +", "lastName", "Last Name"},
		codeStatus:             {oneLoginApp + " › Access", "Roles", ""},
		codeUnsolicited:        {oneLoginSAML, "Login URL", ""},
	},
	identity.VendorJumpCloud: {
		codeAudience:           {jumpCloud, "SP Entity ID", ""},
		codeRecipient:          {jumpCloud, "ACS URL", ""},
		codeSignature:          {jumpCloud, "Sign Assertion", "✓"},
		codeSignatureAlgorithm: {jumpCloud, "Signature Algorithm", "RSA-SHA256"},
		codeIssuer:             {jumpCloud, "Export Metadata", ""},
		codeNameID:             {jumpCloud, "SAMLSubject NameID Format", "emailAddress"},
		codeAddress:            {jumpCloud + " › Attributes", "email", "email"},
		codeGivenName:          {jumpCloud + " › Attributes", "firstName", "firstname"},
		codeFamilyName:         {jumpCloud + " › Attributes", "lastName", "lastname"},
		codeStatus:             {jumpCloudApp + " › User Groups", "User Groups", ""},
		codeUnsolicited:        {jumpCloud, "Login URL", ""},
	},
	identity.VendorShibboleth: {
		codeAudience:           {"conf/metadata-providers.xml", "MetadataProvider", ""},
		codeRecipient:          {"conf/metadata-providers.xml", "MetadataProvider", ""},
		codeSignature:          {"conf/relying-party.xml", "p:signAssertions", "true"},
		codeSignatureAlgorithm: {"conf/idp.properties", "idp.signing.config", "shibboleth.SigningConfiguration.SHA256"},
		codeEncryption:         {"conf/idp.properties", "idp.encryption.optional", "true"},
		codeIssuer:             {"metadata/idp-metadata.xml", "EntityDescriptor", ""},
		codeNameID:             {"conf/saml-nameid.xml", "shibboleth.SAML2PersistentGenerator", ""},
		codeAddress:            {"conf/attribute-filter.xml", "mail", "ANY"},
		codeGivenName:          {"conf/attribute-filter.xml", "givenName", "ANY"},
		codeFamilyName:         {"conf/attribute-filter.xml", "sn", "ANY"},
	},
}

// placesOIDC are those of OpenID Connect.
var placesOIDC = map[identity.Vendor]map[string]place{
	identity.VendorEntra: {
		codeRedirect:  {entraOIDC + " › Authentication", "Redirect URIs", ""},
		codeClient:    {entraOIDC + " › Certificates & secrets", "New client secret", ""},
		codeDiscovery: {entraOIDC + " › Overview › Endpoints", "OpenID Connect metadata document", ""},
		codeAddress:   {entraOIDC + " › Token configuration › Add optional claim", "ID", "email"},
		codeStatus:    {entraApp + " › Manage › Users and groups", "Add user/group", ""},
	},
	identity.VendorGoogle: {
		codeRedirect:  {googleOIDC, "Authorized redirect URIs", ""},
		codeClient:    {googleOIDC, "Client secrets", ""},
		codeDiscovery: {googleOIDC, "https://accounts.google.com", ""},
		codeStatus:    {"APIs & Services › OAuth consent screen", "Internal", ""},
	},
	identity.VendorOkta: {
		codeRedirect:  {oktaApp + " › General › LOGIN", "Sign-in redirect URIs", ""},
		codeClient:    {oktaApp + " › General › Client Credentials", "Client secret", ""},
		codeDiscovery: {oktaApp + " › Sign On › OpenID Connect ID Token", "Issuer", ""},
		codeStatus:    {oktaApp + " › Assignments", "Assign", ""},
	},
	identity.VendorOneLogin: {
		codeRedirect:  {oneLoginSAML, "Redirect URI's", ""},
		codeClient:    {oneLoginApp + " › SSO", "Client Secret", ""},
		codeDiscovery: {oneLoginApp + " › SSO", "Issuer URL", ""},
		codeStatus:    {oneLoginApp + " › Access", "Roles", ""},
	},
}

func placeOf(vendor identity.Vendor, protocol identity.Protocol, code string) (place, bool) {
	places := placesSAML
	if protocol == identity.ProtocolOIDC {
		places = placesOIDC
	}
	at, ok := places[vendor][code]
	return at, ok
}
