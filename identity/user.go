package identity

import (
	"strings"
	"time"
	"unicode"
)

// UserID is the ID of a user at Zitadel.
type UserID string

// UserState is whether a user may sign in at all.
type UserState string

// States of a user at Zitadel, in our words. A removed user is gone from the
// projection.
const (
	UserActive   UserState = "active"
	UserInactive UserState = "inactive"
	UserLocked   UserState = "locked"
)

// User is a person. A user has one home organization and may hold roles in any
// number of others.
type User struct {
	ID         UserID
	Home       OrganizationID
	UserName   string // unique in the instance, ignoring case (Zitadel)
	GivenName  string
	FamilyName string
	// Address is the e-mail address, or empty for a user without one. Zitadel
	// requires an address; [PlaceholderAddress] stands in for it there and
	// never leaves the gateway.
	Address         string
	AddressVerified bool
	Language        string // BCP 47, empty if unknown
	State           UserState
	LastSeenAt      time.Time // last successful sign-in; zero if never
	CreatedAt       time.Time
}

// DisplayName is the name as given, or the user name of someone without one.
func (u User) DisplayName() string {
	if name := strings.TrimSpace(u.GivenName + " " + u.FamilyName); name != "" {
		return name
	}
	return u.UserName
}

// NewUser is a user to be created in the home of an opened organization.
type NewUser struct {
	// ID is chosen by the portal beforehand: a repeated creation is then told
	// apart from a taken user name, and a lost row can be repaired.
	ID         UserID
	UserName   string // empty: the address
	GivenName  string
	FamilyName string
	Address    string // empty: a user without e-mail
	// AddressVerified is true only if the person proved to read mail at Address,
	// by following a link that was sent there.
	AddressVerified bool
	Language        string
	// Secret is a first password for a user without e-mail. It is empty for
	// everybody else: they set one at Zitadel.
	Secret string
	// MustChange asks for another password at the first sign-in with Secret.
	MustChange bool
}

// placeholderDomain can never receive mail (RFC 2606).
const placeholderDomain = "no-mail.homeroom.invalid"

// PlaceholderAddress is what Zitadel stores as the address of a user who has
// none, because it requires one.
func PlaceholderAddress(user UserID) string { return string(user) + "@" + placeholderDomain }

// IsPlaceholderAddress reports whether address stands for "no e-mail".
func IsPlaceholderAddress(address string) bool {
	return strings.HasSuffix(strings.ToLower(address), "@"+placeholderDomain)
}

// CleanName trims a name typed by a person, folds runs of white space, and
// drops characters that serve only to deceive readers. One that shows nothing is
// empty.
func CleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case deceives(r):
			return -1
		}
		return r
	}, name)
	if !strings.ContainsFunc(name, func(r rune) bool { return unicode.IsGraphic(r) && r != ' ' }) {
		return ""
	}
	return strings.Join(strings.Fields(name), " ")
}

// deceives reports whether r cannot be seen or turns round what is written:
// control and bidirectional-override characters, and those that fill no space
// or an empty one, with which a name looks like another one. The joiners of
// Arabic and Indic scripts stay.
func deceives(r rune) bool {
	switch r {
	case '\u200c', '\u200d':
		return false
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800', unicode.ReplacementChar:
		return true
	}
	// Cf holds the bidirectional controls, and a few Arabic signs that are seen.
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}
