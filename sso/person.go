package sso

import "homeroom.dev/homeroom/identity"

// Person is who an identity provider says arrived.
type Person struct {
	ExternalID      string
	Address         string
	AddressVerified bool
	GivenName       string
	FamilyName      string
	UserName        string
	Affiliation     string
	District        string
	Received        []identity.Received
}

// Map reads a person out of what arrived.
func Map(arrival identity.Arrival) Person { return Person{} }
