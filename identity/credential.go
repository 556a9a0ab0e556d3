package identity

import "slices"

// Credential is a kind of thing that a user signs in with.
type Credential string

// The kinds of credential Zitadel knows.
const (
	CredentialPassword    Credential = "password"
	CredentialProvider    Credential = "provider" // an identity provider, such as the school's
	CredentialPasskey     Credential = "passkey"
	CredentialTOTP        Credential = "totp" // an authenticator app
	CredentialSecurityKey Credential = "security-key"
	CredentialMailCode    Credential = "mail-code"
	CredentialTextCode    Credential = "text-code"
)

// Credentials lists every kind, in the order in which people read of them.
var Credentials = []Credential{
	CredentialPassword, CredentialProvider, CredentialPasskey,
	CredentialTOTP, CredentialSecurityKey, CredentialMailCode, CredentialTextCode,
}

// secondFactors are the kinds that prove a second time who signs in. A passkey
// proves both at once.
var secondFactors = []Credential{
	CredentialPasskey, CredentialTOTP, CredentialSecurityKey, CredentialMailCode, CredentialTextCode,
}

// SecondFactor reports whether c counts as a second factor.
func (c Credential) SecondFactor() bool { return slices.Contains(secondFactors, c) }
