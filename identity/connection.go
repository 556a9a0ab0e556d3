package identity

import (
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"time"
)

// ConnectionID is the portal's own ID of a connection.
type ConnectionID string

// SubmittedConnectionID is the ID of what a form of the school makes: the same
// form sent again makes nothing more, and no form reaches another school's.
func SubmittedConnectionID(school OrganizationID, submission string) ConnectionID {
	sum := sha256.Sum256([]byte("homeroom connection\x00" + string(school) + "\x00" + submission))
	return ConnectionID(strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:16])))
}

// ProviderID is the ID of an identity provider at Zitadel. It stands in the
// URLs that a school's IT copies.
type ProviderID string

// Protocol is what a connection speaks.
type Protocol string

// The protocols.
const (
	ProtocolSAML Protocol = "saml"
	ProtocolOIDC Protocol = "oidc"
)

// Vendor is whose identity provider a school has. It decides which steps the
// wizard shows and in whose words a failed test is explained, and nothing else.
type Vendor string

// The vendors the wizard knows by name, and the two it does not.
const (
	VendorOkta       Vendor = "okta"
	VendorEntra      Vendor = "entra"
	VendorGoogle     Vendor = "google"
	VendorADFS       Vendor = "adfs"
	VendorOneLogin   Vendor = "onelogin"
	VendorJumpCloud  Vendor = "jumpcloud"
	VendorShibboleth Vendor = "shibboleth"
	VendorSAML       Vendor = "saml"
	VendorOIDC       Vendor = "oidc"
	VendorClever     Vendor = "clever"
	VendorClassLink  Vendor = "classlink"
)

// Vendors lists all of them in the order the wizard offers them.
var Vendors = []Vendor{
	VendorEntra, VendorGoogle, VendorOkta, VendorADFS, VendorOneLogin, VendorJumpCloud,
	VendorShibboleth, VendorClever, VendorClassLink, VendorSAML, VendorOIDC,
}

// Protocols are what a school may connect this vendor by, the usual one first.
func (v Vendor) Protocols() []Protocol {
	switch v {
	case VendorOIDC, VendorClever, VendorClassLink:
		return []Protocol{ProtocolOIDC}
	case VendorOkta, VendorEntra, VendorGoogle, VendorOneLogin:
		return []Protocol{ProtocolSAML, ProtocolOIDC}
	}
	return []Protocol{ProtocolSAML}
}

// Speaks reports whether v is a vendor that can be connected by p.
func (v Vendor) Speaks(p Protocol) bool {
	return slices.Contains(Vendors, v) && slices.Contains(v.Protocols(), p)
}

// InstanceWide reports whether one registration serves every school of the
// installation, so that a school has only its own district to name.
func (v Vendor) InstanceWide() bool { return v == VendorClever || v == VendorClassLink }

// ConnectionState is how far a connection is.
type ConnectionState string

// States of a connection. Only an active one is attached to the school's login
// policy; an attempt that passed makes a draft a tested one, and every later
// change of what the identity provider is makes it a draft again.
const (
	ConnectionDraft  ConnectionState = "draft"
	ConnectionTested ConnectionState = "tested"
	ConnectionActive ConnectionState = "active"
	ConnectionOff    ConnectionState = "off" // was active, switched off
)

// Joining is whom a connection lets in for the first time.
type Joining string

// The just-in-time rules. Each includes the one after it.
const (
	// JoinCreate makes an account for whoever the identity provider vouches for.
	JoinCreate Joining = "create"
	// JoinLink lets in who has an account at home in the school with the same,
	// verified address.
	JoinLink Joining = "link"
	// JoinRoster lets in who has such an account and holds a role in the school
	// or one of its classrooms.
	JoinRoster Joining = "roster"
)

// JoiningRules are what happens when somebody signs in through a connection
// for the first time. The portal keeps them itself: at Zitadel automatic
// creation and linking are off for every connection, because its flags do not
// hold what they say.
type JoiningRules struct {
	Joining Joining
	// Role is student, co_teacher or teacher; it is held in Classroom. Without a
	// classroom a student and a co_teacher get no role yet, and a teacher becomes
	// one of the school's.
	Role      Role
	Classroom OrganizationID // empty: none
}

// Connection is a school's SAML or OIDC identity provider.
type Connection struct {
	ID       ConnectionID
	Provider ProviderID // empty until it exists at Zitadel
	Vendor   Vendor
	Protocol Protocol
	Name     string // on the sign-in page, "Linden School"
	State    ConnectionState

	// SAML: where the metadata came from (empty: a file, or by hand) and what it was.
	MetadataURL string
	Metadata    string
	EntityID    string
	// OIDC. The client secret is at Zitadel alone.
	Issuer   string
	ClientID string
	// District is the school's own ID at Clever or ClassLink: whoever comes
	// from another district is refused.
	District string

	Rules   JoiningRules
	Domains []string // those whose people it serves, all verified

	CreatedAt     time.Time
	TestedAt      time.Time // last attempt that passed since the last change; zero if none
	ActivatedAt   time.Time
	LastSuccessAt time.Time
	LastFailureAt time.Time
}

// Complete reports whether all is there that a test sign-in needs.
func (c Connection) Complete() bool {
	if c.Provider == "" {
		return false
	}
	switch {
	case c.Vendor.InstanceWide():
		return c.District != ""
	case c.Protocol == ProtocolOIDC:
		return c.Issuer != "" && c.ClientID != ""
	}
	return c.Metadata != ""
}

// AttemptID is the ID of one way through a school's identity provider.
type AttemptID string

// NewAttemptID makes the ID of an attempt that is about to begin.
func NewAttemptID() AttemptID { return AttemptID(newID()) }

// AttemptKind is what an attempt was made for.
type AttemptKind string

// Kinds of attempt.
const (
	AttemptTest   AttemptKind = "test"
	AttemptSignIn AttemptKind = "sign-in"
	AttemptPasted AttemptKind = "pasted" // a SAML response that IT copied from a browser
)

// AttemptState is what became of an attempt.
type AttemptState string

// States of an attempt. One that was begun and never came back stays begun:
// the identity provider did not send the person back.
const (
	AttemptBegun  AttemptState = "begun"
	AttemptPassed AttemptState = "passed"
	AttemptFailed AttemptState = "failed" // Zitadel or the portal's rules refused
)

// Attempt is one sign-in through a connection, a test or a real one, with what
// was found. It is kept for 30 days.
type Attempt struct {
	ID         AttemptID
	Connection ConnectionID
	Kind       AttemptKind
	State      AttemptState
	Findings   []Finding
	Received   []Received
	User       UserID // who it was, once that is known
	StartedAt  time.Time
	FinishedAt time.Time
}

// Level is how much a finding weighs.
type Level string

// Levels of a finding. A bad one is why the sign-in fails, or would; a warning
// is worth mending and stops nobody.
const (
	LevelGood    Level = "good"
	LevelWarning Level = "warning"
	LevelBad     Level = "bad"
)

// Finding compares one thing that was expected with what arrived. Its sentence
// is the catalogue's "finding.<code>.<level>", and the mend, in the words of the
// vendor's own menus, "mend.<code>.<vendor>".
type Finding struct {
	Code     string `json:"code"` // audience, recipient, issuer, …: see package sso
	Level    Level  `json:"level"`
	Expected string `json:"expected,omitempty"`
	Received string `json:"received,omitempty"` // empty: nothing arrived, or it is not known
}

// Received is one attribute or claim as it arrived, and what it was taken for:
// address, given-name, family-name, or nothing.
type Received struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
	Use    string   `json:"use,omitempty"`
}

// Certificate is a signing certificate of a connection: the identity
// provider's, or Zitadel's own as service provider.
type Certificate struct {
	Connection  ConnectionID
	Side        string // "idp" or "sp"
	Fingerprint string // SHA-256, hexadecimal
	Subject     string
	NotBefore   time.Time
	NotAfter    time.Time
	// Proposed is one that a refetch of the metadata brought and that nobody
	// has accepted yet.
	Proposed bool
}
