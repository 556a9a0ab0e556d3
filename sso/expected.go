package sso

import (
	"time"

	"homeroom.dev/homeroom/identity"
)

// Expected is what a sign-in through a connection has to look like.
type Expected struct {
	Vendor   identity.Vendor
	Protocol identity.Protocol
	Provider identity.ServiceProvider
	Metadata Metadata // SAML
	Issuer   string   // OIDC
	ClientID string   // OIDC
	District string   // Clever, ClassLink
	Domains  []string // those of the connection; none: any
	// TransientID is the SAML attribute that identifies people without a lasting
	// NameID, or empty.
	TransientID string
	Now         time.Time
}

// ExpectedOf is what a sign-in through connection has to look like now, where
// Zitadel is provider to it.
func ExpectedOf(connection identity.Connection, provider identity.ServiceProvider, now time.Time) Expected {
	e := Expected{
		Vendor: connection.Vendor, Protocol: connection.Protocol, Provider: provider,
		Issuer: connection.Issuer, ClientID: connection.ClientID, District: connection.District,
		Domains: connection.Domains, Now: now,
	}
	if connection.Protocol == identity.ProtocolSAML {
		// What was wrong with it was told when it was given; what can be read counts.
		e.TransientID = TransientID(connection.Vendor)
		e.Metadata, _ = ParseMetadata([]byte(connection.Metadata), now)
	}
	return e
}
