package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// OpenJoining opens the classroom of a join code for who has it. It carries no
// permission: all it allows is to join by the code as a student, or to ask. A
// classroom that is not in use is as unknown as a code that is none.
func OpenJoining(classroom Organization, actor Actor, code JoinCode) (Opened, error) {
	if classroom.ID == "" || classroom.ID != code.Classroom || classroom.Kind != KindClassroom ||
		code.ID == "" || classroom.Archived() || classroom.Suspended() {
		return Opened{}, NotFound("code.unknown")
	}
	return Opened{organization: classroom, actor: actor, code: code.ID}, nil
}

// Code is the join code by which the organization was opened, or empty.
func (o Opened) Code() string { return o.code }

// JoinOutcome is what became of somebody with a join code.
type JoinOutcome string

// The outcomes. JoinRefused is said to who was declined and who was blocked
// alike.
const (
	JoinedAlready JoinOutcome = "already"
	JoinedNow     JoinOutcome = "joined"
	JoinWaits     JoinOutcome = "waits"
	JoinRefused   JoinOutcome = "refused"
)

// JoinRows is what joining by a code uses of the store, for a classroom opened
// by [OpenJoining].
type JoinRows interface {
	// InTurn and Member are those of [Roster].
	InTurn(ctx context.Context, f func(context.Context) error) error
	Member(context.Context, UserID) (Member, error)
	// SentAway reports whether somebody took the user out of the classroom before.
	SentAway(context.Context, UserID) (bool, error)
	// AskByCode puts the request before the teachers. It may be repeated. Too many
	// that wait are a conflict ("code.crowded").
	AskByCode(context.Context, JoinRequest) (JoinOutcome, error)
	// TakeSeat records that somebody joins, with one of the code's seats, while act
	// does it. Without a free one it is a conflict ("code.full"); who was declined
	// or blocked is forbidden ("code.refused").
	TakeSeat(ctx context.Context, request JoinRequest, act func(context.Context) ([]Fact, error)) error
}

// JoinByCode lets user, who is signed in and has the code by which org was
// opened, join as a student, or ask to. Who was suspended or taken out always
// asks: a code on a wall is no way back. A role held here stays as it is.
func JoinByCode(ctx context.Context, org Opened, rows JoinRows, remote Remote, code JoinCode, user User) (JoinOutcome, error) {
	if org.code == "" || org.code != code.ID || user.ID == "" || org.actor.User != user.ID {
		return "", NotFound("code.unknown")
	}
	var outcome JoinOutcome
	err := rows.InTurn(ctx, func(ctx context.Context) (err error) {
		outcome, err = joinByCode(ctx, org, rows, remote, code, user)
		return err
	})
	if err != nil {
		return "", err
	}
	return outcome, nil
}

func joinByCode(ctx context.Context, org Opened, rows JoinRows, remote Remote, code JoinCode, user User) (JoinOutcome, error) {
	m, err := rows.Member(ctx, user.ID)
	asks := code.Approval
	switch {
	case IsKind(err, KindNotFound):
		if err := code.Admits(user); err != nil {
			return "", err
		}
	case err != nil:
		return "", fmt.Errorf("load member: %w", err)
	case m.Assignment.State == AssignmentActive:
		return JoinedAlready, nil
	default:
		asks = true
	}
	if !asks {
		if asks, err = rows.SentAway(ctx, user.ID); err != nil {
			return "", fmt.Errorf("look up who was taken out: %w", err)
		}
	}
	request := JoinRequest{
		User: user.ID, Name: requestName(user), Role: RoleStudent, Code: code.ID,
		Address: user.Address, Verified: user.AddressVerified, Domain: AddressDomain(user.Address),
	}
	if len(request.Address) > maxRequestAddress {
		request.Address, request.Verified = "", false // no mailbox has one as long
	}
	if asks {
		if code.Full() {
			return "", Conflict("code.full")
		}
		return rows.AskByCode(ctx, request)
	}
	err = rows.TakeSeat(ctx, request, func(ctx context.Context) ([]Fact, error) {
		return one(remote.CreateRoleAssignment(ctx, user.ID, []Role{RoleStudent}))
	})
	var known *Error
	if errors.As(err, &known) && known.Message.ID == "code.refused" {
		return JoinRefused, nil
	}
	if err != nil {
		return "", fmt.Errorf("join: %w", err)
	}
	return JoinedNow, nil
}

// maxRequestAddress is the length of the longest address (RFC 5321).
const maxRequestAddress = 254

// requestName is the name in a request. Who registers writes it, so it is
// cleaned as any other, and no longer than those typed here.
func requestName(user User) string {
	name := arrivingName(user.DisplayName())
	if name == "" {
		name = arrivingName(user.UserName)
	}
	if name == "" {
		name = string(user.ID)
	}
	return strings.TrimSpace(name)
}

// RequestRows is what the answers to requests use of the store.
type RequestRows interface {
	InTurn(ctx context.Context, f func(context.Context) error) error
	Member(context.Context, UserID) (Member, error)
	// LetIn records that the request is granted, with one of the seats of the code
	// that it came by, while act does it. A request that is answered already is not
	// found ("join.not-found"), a code without seats is a conflict ("code.full").
	LetIn(ctx context.Context, user UserID, act func(context.Context) ([]Fact, error)) error
}

// LetIn lets somebody in who asked to join the classroom. It ends a suspension;
// a role they got meanwhile stays as it is.
func LetIn(ctx context.Context, org Opened, rows RequestRows, remote Remote, user UserID) error {
	if err := org.mayAssign(RoleStudent); err != nil {
		return err
	}
	return rows.InTurn(ctx, func(ctx context.Context) error {
		m, err := rows.Member(ctx, user)
		missing := IsKind(err, KindNotFound)
		switch {
		case missing:
		case err != nil:
			return fmt.Errorf("load member: %w", err)
		case m.Assignment.State != AssignmentActive:
			if err := org.MaySuspend(m); err != nil {
				return err
			}
		}
		return rows.LetIn(ctx, user, func(ctx context.Context) ([]Fact, error) {
			switch {
			case missing:
				return one(remote.CreateRoleAssignment(ctx, user, []Role{RoleStudent}))
			case m.Assignment.State != AssignmentActive:
				return one(remote.ActivateRoleAssignment(ctx, user))
			}
			return nil, nil
		})
	})
}
