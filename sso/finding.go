package sso

import "homeroom.dev/homeroom/identity"

// Codes are those of all findings.
var Codes []string

// CheckArrival compares a sign-in that Zitadel accepted with what was expected.
func CheckArrival(expected Expected, arrival identity.Arrival) []identity.Finding { return nil }

// CheckResponse does the same with a SAML response copied from a browser.
func CheckResponse(expected Expected, pasted string) ([]identity.Finding, []identity.Received, error) {
	return nil, nil, nil
}

// Explain tells Zitadel's reason for a refusal as findings.
func Explain(reason string, expected Expected) []identity.Finding { return nil }

// Bad reports whether any of findings is bad.
func Bad(findings []identity.Finding) bool { return false }

// Sentence is what a finding says.
func Sentence(finding identity.Finding) identity.Message { return identity.Message{} }

// Mend is what to do about a finding; empty for a good one.
func Mend(finding identity.Finding, vendor identity.Vendor, protocol identity.Protocol) identity.Message {
	return identity.Message{}
}

// PlainText writes findings for a mail to who administers the identity provider.
func PlainText(findings []identity.Finding, vendor identity.Vendor, protocol identity.Protocol, say func(identity.Message) string) string {
	return ""
}
