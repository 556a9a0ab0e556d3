package views

import (
	"context"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// Acceptance is the page of an invitation for whoever follows its link.
type Acceptance struct {
	Token        string
	Organization identity.Organization
	Invitation   identity.Invitation
	State        identity.InvitationState // as of now
	Person       identity.User            // signed in; zero if nobody is
	Same         bool                     // the invited address is theirs, verified
	// Resumable says that the invitation made an account whose owner may still
	// have to set a password or a passkey.
	Resumable bool
	// Mailed says that the way on is in a mail to the invited address.
	Mailed   bool
	Newcomer identity.Newcomer
	Problems identity.Problems
	Trouble  identity.Message // why the last try came to nothing
}

func (a Acceptance) path() string { return AcceptPath(a.Token) }

// troubled is the frame with what went wrong.
func (a Acceptance) troubled(page Page) Page {
	if a.Trouble.ID != "" {
		page.Trouble = a.Trouble
	}
	return page
}

// sender is the name people see, or empty.
func (a Acceptance) sender() string { return a.Invitation.Inviter.Name }

// veiled is enough of an address for its owner to recognize.
func veiled(address string) string {
	name, domain, ok := strings.Cut(address, "@")
	if !ok || name == "" {
		return "…"
	}
	return string([]rune(name)[:1]) + "…@" + domain
}

// acceptTitle says who invites to what.
func acceptTitle(ctx context.Context, a Acceptance) string {
	if a.sender() == "" {
		return text(ctx, "accept.title", "Organization", a.Organization.Name)
	}
	return text(ctx, "accept.title-from", "Name", a.sender(), "Organization", a.Organization.Name)
}
