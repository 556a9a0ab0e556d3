package identity

import "time"

// InvitationID is the portal's own ID of an invitation.
type InvitationID string

// InvitationState is how far an invitation has come. Expired is not stored: a
// waiting invitation is expired once its time is over.
type InvitationState string

// States of an invitation.
const (
	InvitationPending  InvitationState = "pending" // made, mail queued or sent
	InvitationOpened   InvitationState = "opened"  // its page was seen
	InvitationAccepted InvitationState = "accepted"
	InvitationExpired  InvitationState = "expired"
	InvitationRevoked  InvitationState = "revoked"
	// InvitationLapsed is not stored either: a waiting invitation holds as long as
	// its inviter may make it.
	InvitationLapsed InvitationState = "lapsed"
)

// InvitationStates lists the states that can be asked for, in the order in which
// pages show them.
var InvitationStates = []InvitationState{
	InvitationPending, InvitationOpened, InvitationAccepted, InvitationExpired, InvitationRevoked,
}

// MailState is what became of the mail of an invitation.
type MailState string

// States of an invitation's mail.
const (
	MailQueued MailState = "queued"
	MailSent   MailState = "sent"
	MailFailed MailState = "failed" // for good, after all tries
	MailNone   MailState = "none"   // the link is handed over by hand
)

// InvitationLifetime is how long an invitation can be accepted, if its sender
// says nothing else.
const InvitationLifetime = 14 * 24 * time.Hour

// MaxInvitationLifetime is the longest a sender can choose.
const MaxInvitationLifetime = 90 * 24 * time.Hour

// MaxInvitationsAtOnce bounds one paste.
const MaxInvitationsAtOnce = 500

// Invitation is an offer of a role in an organization to an address. It lives
// in the portal; accepting it makes the user and the role assignment at
// Zitadel.
type Invitation struct {
	ID           InvitationID
	Organization OrganizationID
	Address      string
	GivenName    string // if the sender knew it
	FamilyName   string
	Role         Role
	Message      string // from the sender, plain text
	Language     string // of the mail
	Inviter      Actor
	State        InvitationState // as of the time it was read; see StateAt
	Mail         MailState
	MailError    Message // why the mail failed for good; zero otherwise
	CreatedAt    time.Time
	SentAt       time.Time // the last time a mail went out; zero if none did
	OpenedAt     time.Time
	AcceptedAt   time.Time
	RevokedAt    time.Time
	ExpiresAt    time.Time
	// AcceptedBy is who took it up. It is set, with the state still opened,
	// while the acceptance is being carried out at Zitadel.
	AcceptedBy UserID
	// Handed says that it was reached by a link that was copied and handed over.
	// Whoever has seen such a link may have it, its sender too, so that it proves
	// nothing about the address.
	Handed bool
	// Lapsed says that the inviter may not make it any more: one who was removed
	// must not come back by an invitation from before.
	Lapsed bool
}

// StateAt is the state of the invitation at now: a waiting one expires, or lapses
// with its inviter's right to make it.
func (i Invitation) StateAt(now time.Time) InvitationState {
	if i.Waiting() && !now.Before(i.ExpiresAt) {
		return InvitationExpired
	}
	if i.Waiting() && i.Lapsed {
		return InvitationLapsed
	}
	return i.State
}

// Waiting reports whether the invitation was neither accepted nor revoked.
func (i Invitation) Waiting() bool {
	return i.State == InvitationPending || i.State == InvitationOpened
}

// MayInvite decides whether the actor may offer role here: a role that can be
// held here and that the actor may assign.
func (o Opened) MayInvite(role Role) error { return o.mayAssign(role) }
