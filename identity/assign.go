package identity

import (
	"context"
	"fmt"
	"slices"
)

// AssignTeacher makes somebody who is at home in the classroom's school one of
// its teachers: who is on the roster already gets the role instead of the
// present one. A teacher already is no error and leaves no record.
func AssignTeacher(ctx context.Context, org Opened, rows Roster, remote Remote, person Candidate) error {
	if err := org.mayTakeOn(person); err != nil {
		return err
	}
	return unlessSo(rows.InTurn(ctx, func(ctx context.Context) error {
		change := Change{
			Action: ActionRoleAssigned, Target: string(person.User.ID), TargetName: person.User.DisplayName(),
			After: auditedRole(RoleTeacher),
		}
		m, err := rows.Member(ctx, person.User.ID)
		switch {
		case err == nil:
			if m.Assignment.State == AssignmentActive && slices.Equal(m.Assignment.Roles, []Role{RoleTeacher}) {
				return errSoAlready
			}
			if err := org.MayChangeRole(m, RoleTeacher); err != nil {
				return err
			}
			change.Action, change.Before = ActionRoleChanged, auditedRole(m.Assignment.Role())
		case !IsKind(err, KindNotFound):
			return fmt.Errorf("load member: %w", err)
		}
		return rows.Change(ctx, change, func(ctx context.Context) ([]Fact, error) {
			// It brings one that is there to this role, and activates it.
			return one(remote.CreateRoleAssignment(ctx, person.User.ID, []Role{RoleTeacher}))
		})
	}))
}

// mayTakeOn decides whether the actor may have somebody of the classroom's school
// teach in it.
func (o Opened) mayTakeOn(person Candidate) error {
	if o.Organization().Archived() {
		return o.Refusal(ManageTeachers)
	}
	if err := o.mayAssign(RoleTeacher); err != nil {
		return err
	}
	switch {
	case person.User.ID == o.Actor().User:
		return Forbidden("rule.own-role")
	case person.Operator && o.Role().Rank() < RoleOperator.Rank():
		return Forbidden("rule.higher-role")
	case !o.Organization().AtHome(person.User.Home):
		return NotFound("user.not-found")
	case person.User.State != UserActive:
		return Conflict("teacher.cannot-sign-in", "Person", person.User.DisplayName())
	}
	return nil
}

// assign gives somebody who has no role in the place one of its roles.
func assign(ctx context.Context, place Opened, rows Roster, remote Remote, user User, role Role) error {
	if err := place.mayAssign(role); err != nil {
		return err
	}
	return rows.InTurn(ctx, func(ctx context.Context) error {
		return rows.Change(ctx, Change{
			Action: ActionRoleAssigned, Target: string(user.ID), TargetName: user.DisplayName(), After: auditedRole(role),
		}, func(ctx context.Context) ([]Fact, error) {
			return one(remote.CreateRoleAssignment(ctx, user.ID, []Role{role}))
		})
	})
}

// bring changes the role assignment of somebody in the place to what it is to be,
// by the use case for it. What is so already is left alone. take gives a role to
// who has none there.
func bring(
	ctx context.Context, place Opened, rows Roster, remote Remote, user UserID, to Position, take func(Role) error,
) error {
	m, err := rows.Member(ctx, user)
	switch {
	case IsKind(err, KindNotFound) && len(to.Roles) == 0:
		return nil
	case IsKind(err, KindNotFound):
		if err := take(Highest(to.Roles)); err != nil {
			return err
		}
		m.Assignment.State = AssignmentActive
	case err != nil:
		return fmt.Errorf("load member: %w", err)
	case len(to.Roles) == 0:
		return RemoveFromRoster(ctx, place, rows, remote, user)
	case !slices.Equal(m.Assignment.Roles, to.Roles):
		if err := ChangeRole(ctx, place, rows, remote, user, Highest(to.Roles)); err != nil {
			return err
		}
	}
	switch {
	case m.Assignment.State == to.State:
		return nil
	case to.State == AssignmentSuspended:
		return Suspend(ctx, place, rows, remote, user)
	}
	return Activate(ctx, place, rows, remote, user)
}
