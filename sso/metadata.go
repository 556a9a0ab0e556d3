package sso

import (
	"time"

	"homeroom.dev/homeroom/identity"
)

// MaxMetadata is how large metadata may be, in bytes: Zitadel's limit.
const MaxMetadata = 500_000

// Endpoint is an address of an identity provider and how it is spoken to.
type Endpoint struct {
	Binding string // "HTTP-Redirect", "HTTP-POST", "SOAP", …
	URL     string
}

// Metadata is what an identity provider says about itself.
type Metadata struct {
	EntityID      string
	SSO, SLO      []Endpoint
	Certificates  []identity.Certificate // for signing
	NameIDFormats []string
	ValidUntil    time.Time // zero: for ever
	WantsSigned   bool      // wants signed requests
	// Warnings are worth mending and stop nobody.
	Warnings identity.Problems
}

// ParseMetadata reads SAML metadata strictly.
func ParseMetadata(document []byte, now time.Time) (Metadata, identity.Problems) {
	return Metadata{}, nil
}

// ByHand makes metadata of what can be typed.
func ByHand(entityID, ssoURL, certificate string, now time.Time) (string, identity.Problems) {
	return "", nil
}

// Diff tells what changed.
func Diff(before, after Metadata) []identity.Message { return nil }
