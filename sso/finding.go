package sso

import (
	"cmp"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// The codes of findings. What a protocol message says of itself comes first,
// then the person, then what the portal's own rules say.
const (
	codeStatus             = "status"   // the identity provider itself refused
	codeResponse           = "response" // no SAML response that could be read
	codeSignature          = "signature"
	codeSignatureAlgorithm = "signature-algorithm"
	codeDigestAlgorithm    = "digest-algorithm"
	codeCertificate        = "certificate"
	codeCertificateExpiry  = "certificate-expiry"
	codeEncryption         = "encryption"
	codeIssuer             = "issuer"
	codeAudience           = "audience"
	codeDestination        = "destination"
	codeRecipient          = "recipient"
	codeUnsolicited        = "unsolicited"
	codeClock              = "clock"
	codeDiscovery          = "discovery"
	codeClient             = "client"
	codeRedirect           = "redirect"
	codeToken              = "token"
	codeNameID             = "name-id"
	codeNameIDFormat       = "name-id-format"
	codeAddress            = "address"
	codeGivenName          = "given-name"
	codeFamilyName         = "family-name"
	codeDomain             = "domain"
	codeDistrict           = "district"
	codeJoining            = "joining"
	codeTaken              = "taken"
	codeUnknown            = "unknown"
)

// levels are the levels each code comes with. Those after codeDistrict are
// found by the portal's rules, in package identity.
var levels = map[string][]identity.Level{
	codeStatus:             {identity.LevelBad},
	codeResponse:           {identity.LevelBad},
	codeSignature:          {identity.LevelGood, identity.LevelBad},
	codeSignatureAlgorithm: {identity.LevelGood, identity.LevelWarning, identity.LevelBad},
	codeDigestAlgorithm:    {identity.LevelGood, identity.LevelWarning, identity.LevelBad},
	codeCertificate:        {identity.LevelGood, identity.LevelBad},
	codeCertificateExpiry:  {identity.LevelGood, identity.LevelWarning, identity.LevelBad},
	codeEncryption:         {identity.LevelWarning, identity.LevelBad},
	codeIssuer:             {identity.LevelGood, identity.LevelBad},
	codeAudience:           {identity.LevelGood, identity.LevelWarning, identity.LevelBad},
	codeDestination:        {identity.LevelGood, identity.LevelBad},
	codeRecipient:          {identity.LevelGood, identity.LevelBad},
	codeUnsolicited:        {identity.LevelGood, identity.LevelBad},
	codeClock:              {identity.LevelGood, identity.LevelWarning, identity.LevelBad},
	codeDiscovery:          {identity.LevelBad},
	codeClient:             {identity.LevelBad},
	codeRedirect:           {identity.LevelBad},
	codeToken:              {identity.LevelBad},
	codeNameID:             {identity.LevelGood, identity.LevelWarning, identity.LevelBad},
	codeNameIDFormat:       {identity.LevelGood, identity.LevelBad},
	codeAddress:            {identity.LevelGood, identity.LevelWarning, identity.LevelBad},
	codeGivenName:          {identity.LevelGood, identity.LevelWarning},
	codeFamilyName:         {identity.LevelGood, identity.LevelWarning},
	codeDomain:             {identity.LevelGood, identity.LevelWarning, identity.LevelBad},
	codeDistrict:           {identity.LevelGood, identity.LevelBad},

	codeJoining:          {identity.LevelBad},
	codeTaken:            {identity.LevelBad},
	"account-elsewhere":  {identity.LevelBad},
	"account-off":        {identity.LevelBad},
	"account-operator":   {identity.LevelBad},
	"account-several":    {identity.LevelBad},
	"account-unverified": {identity.LevelBad},
	"connection-off":     {identity.LevelBad},
	"classroom-gone":     {identity.LevelWarning},
	codeUnknown:          {identity.LevelBad},
}

// Codes are those of all findings, in the order in which they are told.
var Codes = []string{
	codeStatus, codeResponse, codeSignature, codeSignatureAlgorithm, codeDigestAlgorithm, codeCertificate,
	codeCertificateExpiry, codeEncryption, codeIssuer, codeAudience, codeDestination, codeRecipient, codeUnsolicited,
	codeClock, codeDiscovery, codeClient, codeRedirect, codeToken, codeNameID, codeNameIDFormat, codeAddress,
	codeGivenName, codeFamilyName, codeDomain, codeDistrict, codeJoining, codeTaken, "account-elsewhere",
	"account-off", "account-operator", "account-several", "account-unverified", "connection-off", "classroom-gone",
	codeUnknown,
}

// Bad reports whether any of findings is bad.
func Bad(findings []identity.Finding) bool {
	return slices.ContainsFunc(findings, func(f identity.Finding) bool { return f.Level == identity.LevelBad })
}

// findings grow by one comparison after the other.
type findings []identity.Finding

func (f *findings) add(code string, level identity.Level, expected, received string) {
	*f = append(*f, identity.Finding{Code: code, Level: level, Expected: clip(expected, 1000), Received: clip(received, 1000)})
}

// same adds a good finding if received is expected, and a bad one otherwise.
func (f *findings) same(code, expected, received string) {
	level := identity.LevelBad
	if expected == received {
		level = identity.LevelGood
	}
	f.add(code, level, expected, received)
}

// ordered puts the bad ones first, then the warnings, each in the order of
// [Codes].
func (f findings) ordered() []identity.Finding {
	weights := []identity.Level{identity.LevelBad, identity.LevelWarning, identity.LevelGood}
	slices.SortStableFunc(f, func(a, b identity.Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(weights, a.Level), slices.Index(weights, b.Level)),
			cmp.Compare(slices.Index(Codes, a.Code), slices.Index(Codes, b.Code)),
		)
	})
	return slices.CompactFunc(f, func(a, b identity.Finding) bool { return a == b })
}

// list writes several values where one has its place.
func list(values []string) string { return strings.Join(values, ", ") }
