package sso

import (
	"regexp"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// Explain tells why Zitadel refused a sign-in, from the reason it wrote down: a
// chain of its own error, "ID=… Message=… Parent=(…)", and what its libraries
// crewjam/saml, goxmldsig and zitadel/oidc said, or what an OpenID provider sent
// back, "code: description". There is always a finding; a reason that is not
// known is one of code "unknown" that carries the text.
func Explain(reason string, expected Expected) []identity.Finding {
	var f findings
	f.reason(reason, expected)
	return f.ordered()
}

// cause is a reason by what its text contains, and what it means. Of several
// that fit the first counts.
type cause struct {
	pattern  *regexp.Regexp
	code     string
	expected func(Expected) string // nil: the first group, if there is one
	received int                   // the group of the pattern that was received; 0: none
}

// fits makes a cause of the texts that libraries write.
func fits(pattern, code string, received int, expected func(Expected) string) cause {
	return cause{regexp.MustCompile(`(?is)` + pattern), code, expected, received}
}

func entityID(e Expected) string { return e.Provider.EntityID }
func acs(e Expected) string      { return e.Provider.ACS }
func idp(e Expected) string      { return e.Metadata.EntityID }
func now(e Expected) string      { return moment(e.Now) }
func none(Expected) string       { return "" }
func issuer(e Expected) string   { return e.Issuer }
func client(e Expected) string   { return e.ClientID }
func redirect(e Expected) string { return e.Provider.RedirectURI }

func certificates(e Expected) string {
	var known []string
	for _, c := range e.Metadata.Certificates {
		known = append(known, short(c.Fingerprint))
	}
	return list(known)
}

// causes of SAML, by the texts of crewjam/saml v0.5.1, goxmldsig v1.6.1 and
// Zitadel's own session.
var causes = []cause{
	fits("urn:oasis:names:tc:SAML:2.0:status:([A-Za-z]+)", codeStatus, 1, func(Expected) string { return "Success" }),
	fits("signature element not present|Missing signature referencing|expected at most one .*Signature element", codeSignature, 0, none),
	fits("Could not verify certificate against trusted certs|Missing x509 Element|missing X509Certificate|"+
		"cannot find any signing certificate|Failed to parse certificate", codeCertificate, 0, certificates),
	fits("Cert is not valid at this time", codeCertificateExpiry, 0, now),
	fits("keys are insecure|key size too small", codeCertificate, 0, certificates),
	fits(`Unknown signature method: ?([^\s()]*)`, codeSignatureAlgorithm, 1, func(Expected) string { return "RSA-SHA256" }),
	fits(`insecure algorithm ?([^\s()]*)`, codeSignatureAlgorithm, 1, func(Expected) string { return "RSA-SHA256" }),
	fits(`signature algorithm .*but got|certificate public key is not of|unsupported algorithm`, codeSignatureAlgorithm, 0,
		func(Expected) string { return "RSA-SHA256" }),
	fits(`Unknown digest algorithm: ?([^\s()]*)`, codeDigestAlgorithm, 1, func(Expected) string { return "SHA256" }),
	fits("decrypt|plaintext response", codeEncryption, 0, none),
	fits("cannot validate signature|verification error|Signature could not be verified|verification failure|"+
		"Invalid Signature", codeSignature, 0, none),
	fits("`Destination` does not match .*?\\(destination \"([^\"]*)\"", codeDestination, 1, acs),
	fits("InResponseTo|one of the possible request IDs|SAML-d09hy0wkex", codeUnsolicited, 0, func(Expected) string { return "InResponseTo" }),
	fits("Recipient is not", codeRecipient, 0, acs),
	fits("AudienceRestriction|audience restriction", codeAudience, 0, entityID),
	fits("response Issuer does not match|issuer is not \"", codeIssuer, 0, idp),
	fits(`(?:IssueInstant )?expired (?:at|on) ([0-9:. +\-A-Z]+)`, codeClock, 1, now),
	fits("SubjectConfirmationData is expired|Conditions is not yet valid|Conditions is expired", codeClock, 0, now),
	fits("MissingTransientMappingAttributeName|SAML-EFG32", codeNameID, 0, func(Expected) string { return nameID }),
	fits("MissingSingleMappingAttribute|SAML-Soij4|SAML-swwg2", codeNameIDFormat, 0, func(Expected) string { return nameIDFormats }),
	fits("at least one valid Assertion|invalid xml|XML syntax error|cannot parse base64|cannot unmarshal|expected (?:exactly|at most) one|artifact",
		codeResponse, 0, func(Expected) string { return "Assertion" }),
}

// causesOIDC are those of OpenID Connect: zitadel/oidc v3, golang.org/x/oauth2,
// the error codes of RFC 6749 and OpenID Connect Core, and Microsoft's own.
var causesOIDC = []cause{
	fits(`AADSTS50011\b|redirect_uri|redirect uri|reply url`, codeRedirect, 0, redirect),
	fits(`AADSTS50105\b|AADSTS65001\b|AADSTS65004\b|AADSTS90094\b`, codeStatus, 0, none),
	fits(`AADSTS700016\b|AADSTS7000215\b|AADSTS7000222\b|AADSTS7000218\b|invalid_client|unauthorized_client|client authentication failed`,
		codeClient, 0, client),
	fits(`OpenID Provider Configuration Discovery has failed.*?got: ([^\s()]+)`, codeIssuer, 1, issuer),
	fits(`issuer does not match.*?got: ([^\s()]*)`, codeIssuer, 1, issuer),
	fits(`issuer does not match|discovery issuer`, codeIssuer, 0, issuer),
	fits(`Discovery has failed|openid-configuration|endpoint not set`, codeDiscovery, 0, issuer),
	fits(`audience is not valid|authorized party`, codeAudience, 0, client),
	fits(`token has expired|issuedAt of token|auth time of token`, codeClock, 0, now),
	fits(`sub from userinfo|id_token|invalid_grant|signature|keys? matches|key for signature|at_hash|nonce|subject missing|cannot fetch token|missing access_token|`+
		`segments|jwt payload|key set|get keys`, codeToken, 0, none),
	fits(`^(access_denied|login_required|interaction_required|consent_required|account_selection_required|server_error|`+
		`temporarily_unavailable|invalid_request|invalid_scope|unsupported_response_type|request_not_supported)\b`, codeStatus, 1, none),
	fits(`no auth code provided`, codeStatus, 0, none),
	fits(`dial tcp|no such host|connection refused|i/o timeout|deadline exceeded|tls:|x509:|http status not ok`, codeDiscovery, 0, issuer),
}

// reason adds what a text means. Zitadel's error of both kinds may hold any of
// them, so that a connection's own are asked first.
func (f *findings) reason(text string, e Expected) {
	text = clip(strings.TrimSpace(text), 4000)
	known := append(append([]cause{}, causes...), causesOIDC...)
	if e.Protocol == identity.ProtocolOIDC {
		known = append(append([]cause{}, causesOIDC...), causes...)
	}
	for _, c := range known {
		match := c.pattern.FindStringSubmatch(text)
		if match == nil {
			continue
		}
		received := ""
		if c.received > 0 && c.received < len(match) {
			received = strings.Trim(match[c.received], ` ."'`)
		}
		switch {
		case c.code == codeStatus && e.Protocol == identity.ProtocolOIDC:
			received = clip(text, 300) // with the description, which says more than the code
		case received != "" && (c.code == codeSignatureAlgorithm || c.code == codeDigestAlgorithm):
			received = algorithmName(received)
		}
		f.add(c.code, identity.LevelBad, c.expected(e), received)
		return
	}
	f.add(codeUnknown, identity.LevelBad, "", innermost(text))
}

// innermost is the last cause of Zitadel's chain, without its own words around.
func innermost(text string) string {
	if at := strings.LastIndex(text, "Parent=("); at >= 0 {
		if inner := strings.TrimRight(text[at+len("Parent=("):], ")"); inner != "" {
			return clip(inner, 500)
		}
	}
	return clip(text, 500)
}
