package sso

import (
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestReasonsAreExplained(t *testing.T) {
	refused := func(parent string) string {
		return "ID=SAML-ajl3irfs Message=Errors.Intent.ResponseInvalid Parent=(" + parent + ")"
	}
	byOIDC := Expected{
		Protocol: identity.ProtocolOIDC, Issuer: "https://login.linden.example", ClientID: "client-1", Provider: provider, Now: noon,
	}
	bySAML := connection(t, "rsa")
	known := short(bySAML.Metadata.Certificates[0].Fingerprint)
	const at = "2026-11-21T12:00:00Z"
	for _, tt := range []struct {
		reason                 string
		expected               Expected
		code, wanted, received string
	}{
		// crewjam/saml
		{refused("signature element not present"), bySAML, codeSignature, "", ""},
		{refused("cannot validate signature on Assertion: Missing signature referencing the top-level element"), bySAML, codeSignature, "", ""},
		{refused("cannot validate signature on Response: crypto/rsa: verification error"), bySAML, codeSignature, "", ""},
		{refused("cannot validate signature on Assertion: Signature could not be verified"), bySAML, codeSignature, "", ""},
		{refused("cannot validate signature on Assertion: Could not verify certificate against trusted certs"), bySAML, codeCertificate, known, ""},
		{refused("cannot validate signature on Assertion: Missing x509 Element"), bySAML, codeCertificate, known, ""},
		{refused("cannot validate signature on Assertion: cannot find any signing certificate in the IDP SSO descriptor"), bySAML, codeCertificate, known, ""},
		{refused("cannot validate signature on Assertion: crypto/rsa: 512-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"), bySAML, codeCertificate, known, ""},
		{refused("cannot validate signature on Assertion: Cert is not valid at this time"), bySAML, codeCertificateExpiry, at, ""},
		{refused("cannot validate signature on Assertion: Unknown signature method: http://www.w3.org/2000/09/xmldsig#dsa-sha1"), bySAML, codeSignatureAlgorithm, "RSA-SHA256", "DSA-SHA1"},
		{refused("cannot validate signature on Assertion: x509: cannot verify signature: insecure algorithm MD5-RSA"), bySAML, codeSignatureAlgorithm, "RSA-SHA256", "MD5-RSA"},
		{refused("cannot validate signature on Assertion: Unknown digest algorithm: http://www.w3.org/2001/04/xmldsig-more#md5"), bySAML, codeDigestAlgorithm, "SHA256", "MD5"},
		{refused("failed to decrypt EncryptedAssertion: failed to decrypt key from response: crypto/rsa: decryption error"), bySAML, codeEncryption, "", ""},
		{refused("`Destination` does not match requested URL or AcsURL (destination \"https://old.example/acs\", requested \"x\", acs \"y\")"), bySAML, codeDestination, provider.ACS, "https://old.example/acs"},
		{refused("`InResponseTo` does not match any of the possible request IDs (expected [id-1])"), bySAML, codeUnsolicited, "InResponseTo", ""},
		{refused("assertion SubjectConfirmation one of the possible request IDs ([id-1])"), bySAML, codeUnsolicited, "InResponseTo", ""},
		{"ID=SAML-d09hy0wkex Message=Errors.Intent.ResponseInvalid", bySAML, codeUnsolicited, "InResponseTo", ""},
		{refused("response IssueInstant expired at 2026-11-21 11:51:30 +0000 UTC"), bySAML, codeClock, at, "2026-11-21 11:51:30 +0000 UTC"},
		{refused("expired on 2026-11-21 11:51:30 +0000 UTC"), bySAML, codeClock, at, "2026-11-21 11:51:30 +0000 UTC"},
		{refused("assertion Conditions is expired"), bySAML, codeClock, at, ""},
		{refused("assertion Conditions is not yet valid"), bySAML, codeClock, at, ""},
		{refused("assertion SubjectConfirmationData is expired"), bySAML, codeClock, at, ""},
		{refused(`response Issuer does not match the IDP metadata (expected "https://idp.linden.example")`), bySAML, codeIssuer, "https://idp.linden.example", ""},
		{refused(`issuer is not "https://idp.linden.example"`), bySAML, codeIssuer, "https://idp.linden.example", ""},
		{refused("assertion SubjectConfirmation Recipient is not " + provider.ACS), bySAML, codeRecipient, provider.ACS, ""},
		{refused(`assertion Conditions AudienceRestriction does not contain "` + provider.EntityID + `"`), bySAML, codeAudience, provider.EntityID, ""},
		{refused("urn:oasis:names:tc:SAML:2.0:status:Responder"), bySAML, codeStatus, "Success", "Responder"},
		{refused("urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"), bySAML, codeStatus, "Success", "AuthnFailed"},
		{refused("urn:oasis:names:tc:SAML:2.0:status:RequestDenied"), bySAML, codeStatus, "Success", "RequestDenied"},
		{refused("urn:oasis:names:tc:SAML:2.0:status:NoPassive"), bySAML, codeStatus, "Success", "NoPassive"},
		{refused("expected at least one valid Assertion, none found"), bySAML, codeResponse, "Assertion", ""},
		{refused("cannot parse base64: illegal base64 data at input byte 4"), bySAML, codeResponse, "Assertion", ""},
		{refused("invalid xml: validator: in token starting at 1:1: roundtrip error"), bySAML, codeResponse, "Assertion", ""},
		// Zitadel
		{"ID=SAML-EFG32 Message=Errors.Intent.MissingTransientMappingAttributeName", bySAML, codeNameID, nameID, ""},
		{"ID=SAML-swwg2 Message=Errors.Intent.MissingSingleMappingAttribute", bySAML, codeNameIDFormat, nameIDFormats, ""},
		{"ID=IDP-xyz Message=Errors.Tomorrow Parent=(something (else))", bySAML, codeUnknown, "", "something (else"},
		{"something nobody has seen", bySAML, codeUnknown, "", "something nobody has seen"},
		{"", bySAML, codeUnknown, "", ""},
		// OpenID Connect
		{"access_denied: AADSTS50105: The signed in user is not assigned to a role", byOIDC, codeStatus, "", "access_denied: AADSTS50105: The signed in user is not assigned to a role"},
		{"access_denied", byOIDC, codeStatus, "", "access_denied"},
		{"login_required: no session", byOIDC, codeStatus, "", "login_required: no session"},
		{"server_error", byOIDC, codeStatus, "", "server_error"},
		{"no auth code provided", byOIDC, codeStatus, "", "no auth code provided"},
		{"invalid_request: The redirect_uri is not registered", byOIDC, codeRedirect, provider.RedirectURI, ""},
		{`oauth2: "invalid_client" "AADSTS7000215: Invalid client secret provided."`, byOIDC, codeClient, "client-1", ""},
		{`oauth2: "unauthorized_client"`, byOIDC, codeClient, "client-1", ""},
		{`oauth2: "invalid_grant" "code expired"`, byOIDC, codeToken, "", ""},
		{"oauth2: cannot fetch token: 500 Internal Server Error\nResponse: x", byOIDC, codeToken, "", ""},
		{"id_token missing", byOIDC, codeToken, "", ""},
		{"invalid signature (no possible keys matches)", byOIDC, codeToken, "", ""},
		{"sub from userinfo does not match the sub from the id_token", byOIDC, codeToken, "", ""},
		{"issuer does not match: Expected: https://login.linden.example, got: https://login.other.example", byOIDC, codeIssuer, "https://login.linden.example", "https://login.other.example"},
		{"audience is not valid: Audience must contain client_id \"client-1\"", byOIDC, codeAudience, "client-1", ""},
		{"token has expired", byOIDC, codeClock, at, ""},
		{"issuedAt of token is in the future: (iat: x, now with offset: y)", byOIDC, codeClock, at, ""},
		{"OpenID Provider Configuration Discovery has failed\nhttp status not ok: 404 Not Found", byOIDC, codeDiscovery, "https://login.linden.example", ""},
		{`Get "https://login.linden.example/.well-known/openid-configuration": dial tcp: lookup login.linden.example: no such host`, byOIDC, codeDiscovery, "https://login.linden.example", ""},
	} {
		got := Explain(tt.reason, tt.expected)
		want := identity.Finding{Code: tt.code, Level: identity.LevelBad, Expected: tt.wanted, Received: tt.received}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s\n got %+v\nwant %+v", tt.reason, got, want)
		}
	}
}

func TestClaimsAreCompared(t *testing.T) {
	expected := Expected{
		Vendor: identity.VendorOIDC, Protocol: identity.ProtocolOIDC, Issuer: "https://login.linden.example", ClientID: "client-1",
		Domains: []string{"linden.example"}, Provider: provider, Now: noon,
	}
	clever := expected
	clever.Vendor, clever.District = identity.VendorClever, "4fd"
	for _, tt := range []struct {
		name          string
		expected      Expected
		claims        map[string][]string
		bad, warnings string
		good          string
	}{
		{"all there", expected, one("iss", "https://login.linden.example", "aud", "client-1", "email", ada, "email_verified", "true", "given_name", "Ada", "family_name", "Lovelace"), "", "", "issuer audience address given-name family-name domain"},
		{"user info alone", expected, one("email", ada, "given_name", "Ada", "family_name", "Lovelace"), "", "", "address given-name family-name domain"},
		{"two audiences, this one authorized", expected, one("aud", "client-1", "aud", "other", "azp", "client-1", "email", ada, "name", "Ada Lovelace"), "", "", "audience address given-name family-name domain"},
		{"another party", expected, one("aud", "client-1", "aud", "other", "azp", "other", "email", ada, "name", "Ada Lovelace"), "audience", "", "address given-name family-name domain"},
		{"another client and issuer", expected, one("iss", "https://x", "aud", "x", "email", ada, "name", "Ada Lovelace"), "issuer audience", "", "address given-name family-name domain"},
		{"an address nobody verified", expected, one("email", ada, "email_verified", "false", "name", "Ada Lovelace"), "address", "", "given-name family-name domain"},
		{"another domain", expected, one("email", "ada@birch.example", "name", "Ada Lovelace"), "domain", "", "address given-name family-name"},
		{"capitals in the domain", expected, one("email", "ada@Linden.Example", "name", "Ada Lovelace"), "", "", "address given-name family-name domain"},
		{"nothing", expected, nil, "address", "given-name family-name", ""},
		{"this district", clever, one("district", "4fd", "email", ada, "name", "Ada Lovelace"), "", "", "address given-name family-name domain district"},
		{"another district", clever, one("district", "999", "email", ada, "name", "Ada Lovelace"), "district", "", "address given-name family-name domain"},
		{"no district", clever, one("email", ada, "name", "Ada Lovelace"), "district", "", "address given-name family-name domain"},
	} {
		found := CheckArrival(tt.expected, identity.Arrival{Protocol: identity.ProtocolOIDC, ExternalID: "sub", Attributes: tt.claims})
		for level, want := range map[identity.Level]string{identity.LevelBad: tt.bad, identity.LevelWarning: tt.warnings, identity.LevelGood: tt.good} {
			if got := list(codesOf(found, level)); got != list(strings.Fields(want)) {
				t.Errorf("%s: %s are %q, want %q", tt.name, level, got, want)
			}
		}
	}
}
