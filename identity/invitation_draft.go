package identity

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"
)

// InvitationDraft is what the sender of one or many invitations says about all
// of them.
type InvitationDraft struct {
	Role     Role
	Message  string // see [CleanMessage]
	Language string // of the mail
	Days     int    // until the invitations expire
}

// MaxInvitationMessage is how many characters a sender's message may have.
const MaxInvitationMessage = 1000

const day = 24 * time.Hour

// Check finds what is wrong with the input of a person who invites into the
// opened organization: a role they may not give, too long a message, or a time
// outside 1 to 90 days.
func (d InvitationDraft) Check(org Opened) Problems {
	var p Problems
	var refused *Error
	if errors.As(org.MayInvite(d.Role), &refused) {
		p = append(p, Problem{Field: "role", Message: refused.Message})
	}
	if n := utf8.RuneCountInString(d.Message); n > MaxInvitationMessage {
		p.Add("message", "invitation.message.too-long", "Max", MaxInvitationMessage, "Count", n-MaxInvitationMessage)
	}
	if longest := int(MaxInvitationLifetime / day); d.Days < 1 || d.Days > longest {
		p.Add("days", "invitation.days.out-of-range", "Max", longest)
	}
	return p
}

// For is the invitation of one person, made at now.
func (d InvitationDraft) For(org Opened, now time.Time, address, givenName, familyName string) Invitation {
	return Invitation{
		Organization: org.ID(),
		Address:      address,
		GivenName:    CleanName(givenName),
		FamilyName:   CleanName(familyName),
		Role:         d.Role,
		Message:      d.Message,
		Language:     d.Language,
		Inviter:      org.Actor(),
		State:        InvitationPending,
		Mail:         MailQueued,
		CreatedAt:    now,
		ExpiresAt:    now.Add(time.Duration(d.Days) * day),
	}
}

// CleanMessage makes one kind of line end of a message typed by a person, trims
// it, and drops control and bidirectional-override characters.
func CleanMessage(message string) string {
	message = strings.ReplaceAll(strings.ReplaceAll(message, "\r\n", "\n"), "\r", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case deceives(r):
			return -1
		}
		return r
	}, message))
}
