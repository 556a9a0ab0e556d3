package views

import (
	"context"
	"path"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
)

// ConnectionFrame is what every page of a connection says around its own: the
// frame, the school, the door one came by, and the connection.
type ConnectionFrame struct {
	Page       Page
	Org        identity.Opened
	Door       SignInDoor
	Connection identity.Connection
	// SecondURL is where people come back to at Zitadel's Login V1 after the
	// portal has seen them, if that is in use: no test passes there.
	SecondURL string
}

// path is a page of the connection.
func (f ConnectionFrame) path(parts ...string) string {
	return f.Door.Connection(f.Connection.ID, parts...)
}

// wizard reports whether the connection is still being set up, so that its
// pages lead from one to the next.
func (f ConnectionFrame) wizard() bool {
	return f.Connection.State == identity.ConnectionDraft || f.Connection.State == identity.ConnectionTested
}

// The steps of a connection in the portal; behind a set-up link the frame
// itself says how far one is.
const (
	stepVendor = iota + 1
	stepSettings
	stepTest
	stepActivate
)

func connectionSteps(ctx context.Context) []string {
	return setupStepLabels(ctx, identity.SetupSteps(identity.IntentSSO))
}

// VendorName is what a vendor calls its product. It is the same in every
// language, but for those without a name.
func VendorName(ctx context.Context, vendor identity.Vendor) string {
	switch vendor {
	case identity.VendorOkta:
		return "Okta"
	case identity.VendorEntra:
		return "Microsoft Entra ID"
	case identity.VendorGoogle:
		return "Google Workspace"
	case identity.VendorADFS:
		return "AD FS"
	case identity.VendorOneLogin:
		return "OneLogin"
	case identity.VendorJumpCloud:
		return "JumpCloud"
	case identity.VendorShibboleth:
		return "Shibboleth"
	case identity.VendorClever:
		return "Clever"
	case identity.VendorClassLink:
		return "ClassLink"
	case identity.VendorOIDC:
		return text(ctx, "connection.vendor.oidc")
	}
	return text(ctx, "connection.vendor.saml")
}

// vendorHint says by which of its other names a vendor is known.
func vendorHint(ctx context.Context, vendor identity.Vendor) string {
	switch vendor {
	case identity.VendorEntra:
		return text(ctx, "connection.vendor.entra.hint")
	case identity.VendorGoogle:
		return text(ctx, "connection.vendor.google.hint")
	case identity.VendorADFS:
		return text(ctx, "connection.vendor.adfs.hint")
	case identity.VendorShibboleth:
		return text(ctx, "connection.vendor.shibboleth.hint")
	case identity.VendorClever, identity.VendorClassLink:
		return text(ctx, "connection.vendor.district.hint")
	case identity.VendorSAML:
		return text(ctx, "connection.vendor.saml.hint")
	case identity.VendorOIDC:
		return text(ctx, "connection.vendor.oidc.hint")
	}
	return ""
}

// ProtocolName is the name of a protocol, the same in every language.
func ProtocolName(protocol identity.Protocol) string {
	if protocol == identity.ProtocolOIDC {
		return "OpenID Connect"
	}
	return "SAML 2.0"
}

func connectionTag(ctx context.Context, c identity.Connection) (TagKind, string) {
	switch c.State {
	case identity.ConnectionActive:
		if c.TestedAt.IsZero() {
			return TagWarning, text(ctx, "connection.state.untested")
		}
		return TagGood, text(ctx, "connection.state.active")
	case identity.ConnectionTested:
		return TagSeen, text(ctx, "connection.state.tested")
	case identity.ConnectionOff:
		return TagOff, text(ctx, "connection.state.off")
	}
	return TagWaiting, text(ctx, "connection.state.draft")
}

// NewConnectionForm is what somebody chose for a connection that is to be made.
type NewConnectionForm struct {
	Submission string // the form's key, so that sending it twice makes one
	Vendor     identity.Vendor
	Protocol   identity.Protocol
	Name       string
}

func vendorOptions(ctx context.Context, offered []identity.Vendor) []Option {
	options := make([]Option, len(offered))
	for i, vendor := range offered {
		options[i] = Option{Value: string(vendor), Label: VendorName(ctx, vendor), Hint: vendorHint(ctx, vendor)}
	}
	return options
}

func protocolOptions(ctx context.Context, vendor identity.Vendor) []Option {
	var options []Option
	for _, protocol := range vendor.Protocols() {
		hint := text(ctx, "connection.protocol.saml.hint")
		if protocol == identity.ProtocolOIDC {
			hint = text(ctx, "connection.protocol.oidc.hint")
		}
		options = append(options, Option{Value: string(protocol), Label: ProtocolName(protocol), Hint: hint})
	}
	return options
}

// GuideStep is one step of what IT does at its identity provider.
type GuideStep struct {
	Title, Body identity.Message
	Notes       []identity.Message
	Values      []NamedValue
	Files       []GuideFile
}

// NamedValue is a value and what it is called.
type NamedValue struct{ Name, Value string }

// GuideFile is a piece of configuration, to be copied or downloaded.
type GuideFile struct{ Name, Text string }

// base is the file's name without the folder it belongs in.
func (f GuideFile) base() string { return path.Base(f.Name) }

// lines is how many a text area of the file shows.
func (f GuideFile) lines() int {
	n := 1
	for _, r := range f.Text {
		if r == '\n' {
			n++
		}
	}
	return min(n, 24)
}

// CertificateRow is a certificate with how it stands.
type CertificateRow struct {
	Subject             string
	Fingerprint         string
	NotBefore, NotAfter time.Time
}

// certificateTag says how long a certificate is still good.
func certificateTag(ctx context.Context, c CertificateRow) (TagKind, string) {
	now := nowOf(ctx)
	switch days := int(c.NotAfter.Sub(now).Hours() / 24); {
	case !now.Before(c.NotAfter):
		return TagBad, text(ctx, "connection.certificate.expired")
	case now.Before(c.NotBefore):
		return TagBad, text(ctx, "connection.certificate.not-yet")
	case days < 60:
		return TagWarning, text(ctx, "connection.certificate.soon", "Count", days)
	}
	return TagGood, text(ctx, "connection.certificate.good")
}

// fingerprint sets a colon after each byte, as consoles show it.
func fingerprint(hexadecimal string) string {
	var b []byte
	for i := range len(hexadecimal) {
		if i > 0 && i%2 == 0 {
			b = append(b, ':')
		}
		c := hexadecimal[i]
		if c >= 'a' && c <= 'f' {
			c -= 'a' - 'A'
		}
		b = append(b, c)
	}
	return string(b)
}

// element is an ID for the element number i of a kind.
func element(kind string, parts ...int) string {
	for _, part := range parts {
		kind += "-" + strconv.Itoa(part)
	}
	return kind
}
