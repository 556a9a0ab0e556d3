package identity

import (
	"context"
	"fmt"
	"strings"
)

// Acceptance is what taking up an invitation uses of the store, for the
// organization that was opened by it.
type Acceptance interface {
	// InTurn is that of [Roster].
	InTurn(ctx context.Context, f func(context.Context) error) error
	// InInvitationTurn runs f while no other f of this invitation runs. It may be
	// called within InTurn, and not the other way round.
	InInvitationTurn(ctx context.Context, f func(context.Context) error) error
	// Member is somebody on the roster, or not-found ("member.not-found").
	Member(context.Context, UserID) (Member, error)
	// BeginAcceptance notes who takes the invitation up, before anything happens
	// at Zitadel: after a crash the same user goes on. It may be repeated by the
	// same user. An invitation that somebody else has taken up is a conflict
	// ("invitation.taken"), one that does not wait any more is gone, as is one
	// whose inviter may not make it any more.
	BeginAcceptance(context.Context, User) error
	// ReleaseAcceptance forgets that user has begun.
	ReleaseAcceptance(ctx context.Context, user UserID) error
	// FinishAcceptance makes the invitation accepted and applies facts, in one
	// transaction.
	FinishAcceptance(ctx context.Context, facts ...Fact) error
}

// Accept takes up the invitation for user, who is signed in. They become what
// it offers in that organization and nothing anywhere else. A role they hold
// there already is never lowered by it, and a suspension not ended.
func Accept(ctx context.Context, rows Acceptance, remote Remote, invitation Invitation, user User) error {
	// What they hold here already must not change until the role is assigned.
	return rows.InTurn(ctx, func(ctx context.Context) error {
		return rows.InInvitationTurn(ctx, func(ctx context.Context) error {
			return accept(ctx, rows, remote, invitation, user)
		})
	})
}

func accept(ctx context.Context, rows Acceptance, remote Remote, invitation Invitation, user User) error {
	if err := takeOver(ctx, rows, invitation, user.ID); err != nil {
		return err
	}
	assigned, err := offered(ctx, rows, invitation, user.ID)
	if err != nil {
		return err
	}
	if err := rows.BeginAcceptance(ctx, user); err != nil {
		return fmt.Errorf("begin acceptance: %w", err)
	}
	if assigned {
		return rows.FinishAcceptance(ctx)
	}
	fact, err := remote.CreateRoleAssignment(ctx, user.ID, []Role{invitation.Role})
	if err != nil {
		return fmt.Errorf("assign role: %w", err)
	}
	return rows.FinishAcceptance(ctx, fact)
}

// offered reports whether user holds what the invitation offers already, or
// more, and refuses somebody who was suspended: a link from before must not be
// a way back.
func offered(ctx context.Context, rows Acceptance, invitation Invitation, user UserID) (bool, error) {
	m, err := rows.Member(ctx, user)
	switch {
	case IsKind(err, KindNotFound):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("load member: %w", err)
	case m.Assignment.State != AssignmentActive:
		return false, Forbidden("accept.suspended")
	}
	return m.Assignment.Role().Rank() >= invitation.Role.Rank(), nil
}

// takeOver lets user go on with an invitation that somebody began to take up
// as somebody else and that led to nothing, such as an account that could not be
// made.
func takeOver(ctx context.Context, rows Acceptance, invitation Invitation, user UserID) error {
	if invitation.AcceptedBy == "" || invitation.AcceptedBy == user || !invitation.Waiting() {
		return nil
	}
	switch _, err := rows.Member(ctx, invitation.AcceptedBy); {
	case err == nil:
		return Conflict("invitation.taken")
	case !IsKind(err, KindNotFound):
		return fmt.Errorf("load member: %w", err)
	}
	if err := rows.ReleaseAcceptance(ctx, invitation.AcceptedBy); err != nil {
		return fmt.Errorf("release acceptance: %w", err)
	}
	return nil
}

// Newcomer is what somebody without an account tells on the accept page.
type Newcomer struct {
	GivenName  string
	FamilyName string
	Language   string
}

// Clean returns n as it will be stored.
func (n Newcomer) Clean() Newcomer {
	n.GivenName, n.FamilyName = CleanName(n.GivenName), CleanName(n.FamilyName)
	return n
}

// Check finds what is wrong with the input of a person.
func (n Newcomer) Check() Problems {
	n = n.Clean()
	var p Problems
	if n.GivenName == "" {
		p.Add("given-name", "accept.given-name.missing")
	}
	if len([]rune(n.GivenName)) > maxPersonName {
		p.Add("given-name", "accept.name.too-long", "Max", maxPersonName)
	}
	if len([]rune(n.FamilyName)) > maxPersonName {
		p.Add("family-name", "accept.name.too-long", "Max", maxPersonName)
	}
	return p
}

// NewcomerID is the ID of the account that accepting the invitation makes: the
// one with which it was begun, or else a new one.
func NewcomerID(invitation Invitation) UserID {
	if invitation.AcceptedBy != "" {
		return invitation.AcceptedBy
	}
	return UserID(newID())
}

// AcceptAsNewcomer takes up the invitation for somebody without an account: it
// is made in the home of the organization, which org was opened for with
// [NewcomerID]. The address counts as verified, because the link was sent there.
// One that was handed over otherwise is refused. The answer is the URL at
// Zitadel's login where they set their first credential.
//
// An address that has an account already is a conflict ("user.name-taken") and
// leaves the invitation as it was. Every step may be repeated: whatever cut it
// off, the same call goes on where it stopped.
func AcceptAsNewcomer(
	ctx context.Context, org Opened, rows Acceptance, remote Remote, invitation Invitation, n Newcomer,
) (string, error) {
	if invitation.Handed {
		return "", Forbidden("accept.handed")
	}
	n = n.Clean()
	user := User{
		ID: org.Actor().User, Home: org.Organization().Home(), UserName: invitation.Address,
		GivenName: n.GivenName, FamilyName: n.FamilyName, Language: n.Language,
		Address: invitation.Address, AddressVerified: true, State: UserActive,
	}
	// The account is new, so nothing on the roster is about it: a whole class may
	// do this at once.
	err := rows.InInvitationTurn(ctx, func(ctx context.Context) error {
		if err := rows.BeginAcceptance(ctx, user); err != nil {
			return fmt.Errorf("begin acceptance: %w", err)
		}
		created, err := remote.CreateUser(ctx, NewUser{
			ID: user.ID, UserName: user.UserName, GivenName: n.GivenName, FamilyName: n.FamilyName,
			Address: user.Address, AddressVerified: true, Language: n.Language,
		})
		if IsKind(err, KindConflict) {
			// They have an account: it is theirs to sign in with.
			if problem := rows.ReleaseAcceptance(ctx, user.ID); problem != nil {
				return fmt.Errorf("release acceptance: %w", problem)
			}
		}
		if err != nil {
			return fmt.Errorf("create user: %w", err)
		}
		assigned, err := remote.CreateRoleAssignment(ctx, user.ID, []Role{invitation.Role})
		if err != nil {
			return fmt.Errorf("assign role: %w", err)
		}
		return rows.FinishAcceptance(ctx, created, assigned)
	})
	if err != nil {
		return "", err
	}
	link, err := remote.FirstSignIn(ctx, user.ID)
	if err != nil {
		return "", fmt.Errorf("first sign-in: %w", err)
	}
	return link, nil
}

// SameAddress reports whether two e-mail addresses are the same mailbox, as far
// as that can be known: capital letters of ASCII make no difference. Others do,
// because a letter that merely looks alike is another mailbox.
func SameAddress(a, b string) bool {
	lower := func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	return a != "" && strings.Map(lower, a) == strings.Map(lower, b)
}
