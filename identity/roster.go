package identity

import (
	"context"
	"fmt"
	"slices"
)

// A change to a roster is always the same four steps: decide by the rules,
// record it as begun, act at Zitadel, apply the answer. The store's Change does
// the last three.

// decided loads the member and, if may allows it, makes the change. Deciding
// and acting are one turn: nothing else happens to the roster in between.
func decided(
	ctx context.Context, rows Roster, user UserID,
	may func(Member) error, change func(Member) Change, act func(context.Context) (Fact, error),
) error {
	return rows.InTurn(ctx, func(ctx context.Context) error {
		m, err := rows.Member(ctx, user)
		if err != nil {
			return fmt.Errorf("load member: %w", err)
		}
		if err := may(m); err != nil {
			return err
		}
		c := change(m)
		c.Target, c.TargetName = string(m.User.ID), m.User.DisplayName()
		return rows.Change(ctx, c, func(ctx context.Context) ([]Fact, error) {
			return one(act(ctx))
		})
	})
}

func auditedRole(role Role) map[string]string {
	return map[string]string{AuditRole: string(role)}
}

func auditedState(state RoleAssignmentState) map[string]string {
	return map[string]string{AuditState: string(state)}
}

// RemoveFromRoster ends a user's role assignment. The last teacher, a higher
// role and one's own assignment are refused.
func RemoveFromRoster(ctx context.Context, org Opened, rows Roster, remote Remote, user UserID) error {
	return decided(ctx, rows, user, org.MayRemove,
		func(m Member) Change {
			return Change{Action: ActionRoleRemoved, Before: auditedRole(m.Assignment.Role())}
		},
		func(ctx context.Context) (Fact, error) { return remote.DeleteRoleAssignment(ctx, user) },
	)
}

// ChangeRole gives the user the role to instead of the present one. A user who
// has exactly that role already is no error and leaves no record.
func ChangeRole(ctx context.Context, org Opened, rows Roster, remote Remote, user UserID, to Role) error {
	return unlessSo(decided(ctx, rows, user,
		func(m Member) error {
			if err := org.MayChangeRole(m, to); err != nil {
				return err
			}
			if slices.Equal(m.Assignment.Roles, []Role{to}) {
				return errSoAlready
			}
			return nil
		},
		func(m Member) Change {
			return Change{
				Action: ActionRoleChanged,
				Before: auditedRole(m.Assignment.Role()), After: auditedRole(to),
			}
		},
		func(ctx context.Context) (Fact, error) {
			return remote.UpdateRoleAssignment(ctx, user, []Role{to})
		},
	))
}

// Suspend keeps the user on the roster and takes the access away. Suspending
// twice is no error.
func Suspend(ctx context.Context, org Opened, rows Roster, remote Remote, user UserID) error {
	return setState(ctx, org, rows, user, ActionRoleSuspended, AssignmentSuspended, remote.SuspendRoleAssignment)
}

// Activate ends a suspension. Doing it twice is no error.
func Activate(ctx context.Context, org Opened, rows Roster, remote Remote, user UserID) error {
	return setState(ctx, org, rows, user, ActionRoleActivated, AssignmentActive, remote.ActivateRoleAssignment)
}

func setState(
	ctx context.Context, org Opened, rows Roster, user UserID,
	action Action, to RoleAssignmentState, act func(context.Context, UserID) (Fact, error),
) error {
	return unlessSo(decided(ctx, rows, user,
		func(m Member) error {
			if err := org.MaySuspend(m); err != nil {
				return err
			}
			if m.Assignment.State == to {
				return errSoAlready
			}
			return nil
		},
		func(m Member) Change {
			return Change{Action: action, Before: auditedState(m.Assignment.State), After: auditedState(to)}
		},
		func(ctx context.Context) (Fact, error) { return act(ctx, user) },
	))
}

// errSoAlready ends a use case that finds nothing to do: another tab or a
// second click did it.
var errSoAlready = Conflict("member.so-already")

func unlessSo(err error) error {
	if err == error(errSoAlready) {
		return nil
	}
	return err
}

// SignIn is a user's new way in, shown once to who reset or created it. Either
// Link or Secret is set.
type SignIn struct {
	User   User
	Link   string // at Zitadel's login, for a user with an address
	Secret string // first password of a user without one
}

// ResetSignIn ends the user's sessions and present credentials and answers the
// new way in. Only where the user is at home.
func ResetSignIn(ctx context.Context, org Opened, rows Roster, remote Remote, user UserID) (SignIn, error) {
	var in SignIn
	err := rows.InTurn(ctx, func(ctx context.Context) error {
		m, err := rows.Member(ctx, user)
		if err != nil {
			return fmt.Errorf("load member: %w", err)
		}
		if err := org.MayResetSignIn(m); err != nil {
			return err
		}
		in, err = reset(ctx, rows, remote, m.User, func(ctx context.Context) error { return rows.EndSessions(ctx, user) })
		return err
	})
	if err != nil {
		return SignIn{}, err
	}
	return in, nil
}

// Leave ends the actor's own role assignment. The last teacher and the last
// school_admin stay, and who is here through the school or the platform alone
// has nothing to leave.
func Leave(ctx context.Context, org Opened, rows Roster, remote Remote) error {
	if !org.Holds() {
		return Conflict("rule.nothing-to-leave")
	}
	user := org.Actor().User
	return decided(ctx, rows, user, org.MayLeave,
		func(m Member) Change {
			return Change{Action: ActionLeft, Before: auditedRole(m.Assignment.Role())}
		},
		func(ctx context.Context) (Fact, error) { return remote.DeleteRoleAssignment(ctx, user) },
	)
}
