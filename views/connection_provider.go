package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// The ways to give a SAML identity provider's metadata.
const (
	MetadataByURL  = "url"
	MetadataByFile = "file"
	MetadataByHand = "hand"
)

// MetadataForm is what was typed of an identity provider's metadata.
type MetadataForm struct {
	Way string
	URL string
	// By hand.
	EntityID, SSOURL, Certificate string
}

func metadataTabs(ctx context.Context, f ConnectionFrame, way string) []Tab {
	tabs := []Tab{
		{Label: text(ctx, "connection.metadata.by-url"), Href: MetadataByURL},
		{Label: text(ctx, "connection.metadata.by-file"), Href: MetadataByFile},
		{Label: text(ctx, "connection.metadata.by-hand"), Href: MetadataByHand},
	}
	for i, tab := range tabs {
		tabs[i].Current = tab.Href == way
		tabs[i].Href = WithQuery(f.path("provider"), Param{Name: "way", Value: tab.Href})
	}
	return tabs
}

// MetadataExplained is what metadata says, before it is saved.
type MetadataExplained struct {
	URL           string // where it came from, or empty
	Document      string // base64, to come back with the form
	EntityID      string
	SignOn        []NamedValue // by binding
	LogOut        []NamedValue
	Certificates  []CertificateRow
	NameIDFormats []string
	ValidUntil    time.Time
	WantsSigned   bool
	Warnings      []identity.Message
	Changes       []identity.Message // against what is saved; none for the first
	First         bool               // nothing was saved before
}

// DiscoveryExplained is what an OpenID provider says about itself.
type DiscoveryExplained struct {
	Issuer    string
	Endpoints []NamedValue
	Warnings  []identity.Message
}

// ClientForm is what was typed of a registration at an OpenID provider. The
// secret is never shown again.
type ClientForm struct {
	ClientID string
	Saved    bool // there is a secret, which an empty field keeps
}

func secretHint(ctx context.Context, saved bool) string {
	if saved {
		return text(ctx, "connection.client.secret.kept")
	}
	return text(ctx, "connection.client.secret.hint")
}

// districtLabel is what a vendor calls the ID of a district.
func districtLabel(ctx context.Context, vendor identity.Vendor) string {
	if vendor == identity.VendorClassLink {
		return "Tenant ID"
	}
	return text(ctx, "connection.district.clever")
}

func districtHint(ctx context.Context, vendor identity.Vendor) string {
	if vendor == identity.VendorClassLink {
		return text(ctx, "connection.district.classlink.hint")
	}
	return text(ctx, "connection.district.clever.hint")
}
