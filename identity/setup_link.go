package identity

import (
	"slices"
	"time"
)

// SetupLinkID is the ID of a set-up link. It stands in paths and is no secret.
type SetupLinkID string

// NewSetupLinkID makes the ID of a link that is to be made.
func NewSetupLinkID() SetupLinkID { return SetupLinkID(newID()) }

// SetupIntent is what a set-up link is for.
type SetupIntent string

// The intents.
const (
	IntentSSO     SetupIntent = "sso"
	IntentDomains SetupIntent = "domains"
)

// SetupLinkState is where a set-up link stands.
type SetupLinkState string

// States of a set-up link.
const (
	SetupSent     SetupLinkState = "sent"
	SetupOpened   SetupLinkState = "opened" // the code was confirmed at least once
	SetupFinished SetupLinkState = "finished"
	SetupRevoked  SetupLinkState = "revoked"
	SetupExpired  SetupLinkState = "expired"
)

// SetupLink lets a school's IT person set up sign-in without an account. Who
// opens it confirms a code sent to the named address, on every device anew, so
// that forwarding it gives nothing away. It activates one connection and is
// finished then.
type SetupLink struct {
	ID        SetupLinkID
	Intents   []SetupIntent
	Name      string // of the IT person
	Address   string
	Language  string
	Maker     string // the name of who made it
	State     SetupLinkState
	Step      int // how far they are, 1 to Steps; 0: not opened
	Steps     int
	CreatedAt time.Time
	OpenedAt  time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// For reports whether the link is for intent.
func (l SetupLink) For(intent SetupIntent) bool { return slices.Contains(l.Intents, intent) }

// StateAt is the link's state at a moment; expiry is not stored.
func (l SetupLink) StateAt(now time.Time) SetupLinkState {
	if (l.State == SetupSent || l.State == SetupOpened) && !now.Before(l.ExpiresAt) {
		return SetupExpired
	}
	return l.State
}

// Usable reports whether somebody may still work with it.
func (l SetupLink) Usable(now time.Time) bool {
	state := l.StateAt(now)
	return state == SetupSent || state == SetupOpened
}

// Setup link lifetimes: offered to who makes one.
const (
	SetupLinkDays    = 14
	SetupLinkMaxDays = 60
)
