package identity

import (
	"context"
	"fmt"
	"slices"
)

// What a school does to the accounts of those who are at home there. It reaches
// further than a roster: an account opens every organization its owner has a
// role in, so the rules look at all of them.

// Account is somebody of a school, with what hangs on their account anywhere.
type Account struct {
	PersonOfSchool
	// HeldAnywhere is the highest role the user holds actively in any
	// organization.
	HeldAnywhere Role
	// Last are the organizations that would be left without a teacher, or without
	// a school_admin, were the account not there. One outside of the opened school
	// has no name.
	Last []Organization
}

// Standing reports whether somebody has a role in the organization, in use or
// not.
func (a Account) Standing(id OrganizationID) bool {
	return slices.ContainsFunc(a.Standings, func(s Standing) bool { return s.Organization.ID == id })
}

// AccountRows is what the use cases of accounts use of the store for an opened
// school.
type AccountRows interface {
	// Account is somebody of the school, or not-found ("person.not-found").
	Account(context.Context, UserID) (Account, error)
	// InTurnsOf runs f while no roster changes that the user is on, so that what
	// was decided about the last teacher stays true.
	InTurnsOf(ctx context.Context, user UserID, f func(context.Context) error) error
	// EndSessionsOf ends the sessions of somebody at home in the school at the
	// portal.
	EndSessionsOf(context.Context, UserID) error
	// Change is [Roster.Change].
	Change(ctx context.Context, change Change, act func(context.Context) ([]Fact, error)) error
}

// mayTouchAccount holds for everything that is done to somebody's account. A
// guest keeps control of theirs, and everybody changes their own at Zitadel.
func (o Opened) mayTouchAccount(a Account) error {
	switch {
	case !o.Permits(ManageSchool):
		return Forbidden("permission.missing")
	case a.User.ID == o.actor.User:
		return Forbidden("rule.own-account")
	case a.Guest || !o.organization.AtHome(a.User.Home):
		return Forbidden("rule.guest-account")
	case Highest(o.Effective(a.Held)).Rank() > o.Role().Rank():
		return Forbidden("rule.higher-role")
	case a.HeldAnywhere.Rank() > o.Role().Rank():
		return Forbidden("rule.higher-role-elsewhere")
	}
	return nil
}

// MaySuspendPerson decides whether the actor may take somebody's access in the
// school and in all of its classrooms away, or give it back. Each classroom has
// its own say when it is done.
func (o Opened) MaySuspendPerson(a Account) error {
	if !o.Permits(ManageSchool) {
		return Forbidden("permission.missing")
	}
	if err := o.mayTouchPerson(a.PersonOfSchool); err != nil {
		return err
	}
	here := a
	here.Last = slices.DeleteFunc(slices.Clone(a.Last), func(o Organization) bool { return o.Name == "" })
	return lastAnywhere(here)
}

// lastAnywhere refuses what would leave a classroom without a teacher or a
// school without a school_admin.
func lastAnywhere(a Account) error {
	if len(a.Last) == 0 {
		return nil
	}
	switch first := a.Last[0]; {
	case first.Name == "":
		return Conflict("rule.last-elsewhere")
	case first.Kind == KindSchool:
		return Conflict("rule.last-school-admin")
	default:
		return Conflict("rule.last-teacher-of", "Classroom", first.Name)
	}
}

// MaySignOut decides whether the actor may end somebody's sessions.
func (o Opened) MaySignOut(a Account) error { return o.mayTouchAccount(a) }

// MayResetFactors decides whether the actor may take away somebody's second
// factors and passkeys.
func (o Opened) MayResetFactors(a Account) error {
	if err := o.mayTouchAccount(a); err != nil {
		return err
	}
	if !a.SecondFactor() {
		return Conflict("rule.no-factor")
	}
	return nil
}

// MayResetAccount decides whether the actor may give somebody a new way in.
func (o Opened) MayResetAccount(a Account) error {
	if err := o.mayTouchAccount(a); err != nil {
		return err
	}
	if a.User.State == UserInactive {
		return Conflict("rule.inactive")
	}
	return nil
}

// MayDeactivate decides whether the actor may keep somebody from signing in
// anywhere.
func (o Opened) MayDeactivate(a Account) error {
	if err := o.mayTouchAccount(a); err != nil {
		return err
	}
	if a.User.State == UserInactive {
		return Conflict("rule.inactive-already")
	}
	return lastAnywhere(a)
}

// MayReactivate decides whether the actor may let somebody in again.
func (o Opened) MayReactivate(a Account) error {
	if err := o.mayTouchAccount(a); err != nil {
		return err
	}
	if a.User.State != UserInactive {
		return Conflict("rule.not-inactive")
	}
	return nil
}

// MayUnlock decides whether the actor may end a lock that wrong passwords caused.
func (o Opened) MayUnlock(a Account) error {
	if err := o.mayTouchAccount(a); err != nil {
		return err
	}
	if a.User.State != UserLocked {
		return Conflict("rule.not-locked")
	}
	return nil
}

// MayDeleteAccount decides whether the actor may remove somebody's account for good.
func (o Opened) MayDeleteAccount(a Account) error {
	if err := o.mayTouchAccount(a); err != nil {
		return err
	}
	return lastAnywhere(a)
}

// AccountChange is a change to the account of somebody at home in an opened
// school.
type AccountChange struct {
	School Opened
	Rows   AccountRows
	Remote Remote
	User   UserID
}

// decided loads the account and, if may allows it, makes the change, in one turn
// with every roster they are on.
func (c AccountChange) decided(
	ctx context.Context, may func(Account) error, change func(Account) Change, act func(context.Context, Account) ([]Fact, error),
) error {
	return c.Rows.InTurnsOf(ctx, c.User, func(ctx context.Context) error {
		a, err := c.Rows.Account(ctx, c.User)
		if err != nil {
			return fmt.Errorf("load account: %w", err)
		}
		if err := may(a); err != nil {
			return err
		}
		told := change(a)
		told.Target, told.TargetName = string(c.User), a.User.DisplayName()
		return c.Rows.Change(ctx, told, func(ctx context.Context) ([]Fact, error) { return act(ctx, a) })
	})
}

// signOut ends the sessions of the user, here and at Zitadel.
func (c AccountChange) signOut(ctx context.Context) error {
	if err := c.Rows.EndSessionsOf(ctx, c.User); err != nil {
		return err
	}
	_, err := c.Remote.EndSessions(ctx, c.User)
	return err
}

// one is the answer of a call that has one fact.
func one(fact Fact, err error) ([]Fact, error) {
	if err != nil {
		return nil, err
	}
	return []Fact{fact}, nil
}

func only(action Action) func(Account) Change {
	return func(Account) Change { return Change{Action: action} }
}

// states tells a change of the user's state.
func states(action Action, to UserState) func(Account) Change {
	return func(a Account) Change {
		return Change{
			Action: action,
			Before: map[string]string{AuditState: string(a.User.State)}, After: map[string]string{AuditState: string(to)},
		}
	}
}

// SignOut ends the user's sessions everywhere.
func (c AccountChange) SignOut(ctx context.Context) error {
	return c.decided(ctx, c.School.MaySignOut, only(ActionSessionsEnded), func(ctx context.Context, _ Account) ([]Fact, error) {
		return nil, c.signOut(ctx)
	})
}

// ResetFactors takes away the user's second factors and passkeys, and ends their
// sessions: what is reset may be in wrong hands.
func (c AccountChange) ResetFactors(ctx context.Context) error {
	return c.decided(ctx, c.School.MayResetFactors, only(ActionFactorsReset), func(ctx context.Context, _ Account) ([]Fact, error) {
		if err := c.signOut(ctx); err != nil {
			return nil, err
		}
		return c.Remote.ResetFactors(ctx, c.User)
	})
}

// ResetSignIn ends the user's sessions and credentials and answers the new way
// in.
func (c AccountChange) ResetSignIn(ctx context.Context) (SignIn, error) {
	var in SignIn
	err := c.decided(ctx, c.School.MayResetAccount, only(ActionSignInReset), func(ctx context.Context, a Account) ([]Fact, error) {
		in.User = a.User
		// First, because a failure afterwards costs no more than signing in again.
		if err := c.Rows.EndSessionsOf(ctx, c.User); err != nil {
			return nil, err
		}
		var err error
		if a.User.Address != "" {
			in.Link, err = c.Remote.ResetSignIn(ctx, c.User)
			return nil, err
		}
		in.Secret = NewSecret()
		return nil, c.Remote.ResetSecret(ctx, c.User, in.Secret, false)
	})
	if err != nil {
		return SignIn{}, err
	}
	return in, nil
}

// Deactivate keeps the user from signing in anywhere.
func (c AccountChange) Deactivate(ctx context.Context) error {
	return c.decided(ctx, c.School.MayDeactivate, states(ActionUserDeactivated, UserInactive), func(ctx context.Context, _ Account) ([]Fact, error) {
		// First: a session that outlived it at Zitadel would count again afterwards.
		if err := c.signOut(ctx); err != nil {
			return nil, err
		}
		return one(c.Remote.Deactivate(ctx, c.User))
	})
}

// Reactivate lets the user in again.
func (c AccountChange) Reactivate(ctx context.Context) error {
	return c.decided(ctx, c.School.MayReactivate, states(ActionUserReactivated, UserActive), func(ctx context.Context, _ Account) ([]Fact, error) {
		return one(c.Remote.Reactivate(ctx, c.User))
	})
}

// Unlock ends a lock that too many wrong passwords caused.
func (c AccountChange) Unlock(ctx context.Context) error {
	return c.decided(ctx, c.School.MayUnlock, states(ActionUserUnlocked, UserActive), func(ctx context.Context, _ Account) ([]Fact, error) {
		return one(c.Remote.Unlock(ctx, c.User))
	})
}

// Delete removes the user for good, with every role they have.
func (c AccountChange) Delete(ctx context.Context) error {
	goes := func(a Account) Change {
		before := map[string]string{AuditUserName: a.User.UserName}
		if role := a.Role(); role != "" {
			before[AuditRole] = string(role)
		}
		return Change{Action: ActionUserDeleted, Before: before}
	}
	return c.decided(ctx, c.School.MayDeleteAccount, goes, func(ctx context.Context, _ Account) ([]Fact, error) {
		if err := c.signOut(ctx); err != nil {
			return nil, err
		}
		return one(c.Remote.DeleteUser(ctx, c.User))
	})
}
