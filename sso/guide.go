package sso

import "homeroom.dev/homeroom/identity"

// Values are what a school's IT copies into its identity provider.
type Values struct {
	Provider identity.ServiceProvider
	StartURL string // where a tile has to lead
	LoginV1  bool   // Zitadel's Login V1 is in use: both ACS URLs are needed
	AppName  string
	District string
}

// Step is one step of a set-up.
type Step struct {
	Title, Body identity.Message
	Notes       []identity.Message
	Copy        []CopyValue
	Snippets    []Snippet
}

// CopyValue is a value to copy and the field of the vendor's menus it goes into.
type CopyValue struct{ Label, Value string }

// Snippet is a piece of configuration to put into a file.
type Snippet struct{ File, Text string }

// Guide is how to connect a vendor by a protocol; nil if it cannot be.
func Guide(vendor identity.Vendor, protocol identity.Protocol, values Values) []Step { return nil }

// MetadataURLHint reports whether the vendor publishes metadata at a URL.
func MetadataURLHint(vendor identity.Vendor) bool { return true }
