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
	switch {
	case org.Organization().Archived():
		return org.Refusal(ManageTeachers)
	case org.mayAssign(RoleTeacher) != nil:
		return org.mayAssign(RoleTeacher)
	case person.User.ID == org.Actor().User:
		return Forbidden("rule.own-role")
	case person.Operator && org.Role().Rank() < RoleOperator.Rank():
		return Forbidden("rule.higher-role")
	case !org.Organization().AtHome(person.User.Home):
		return NotFound("user.not-found")
	case person.User.State != UserActive:
		return Conflict("teacher.cannot-sign-in", "Person", person.User.DisplayName())
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
			fact, err := remote.CreateRoleAssignment(ctx, person.User.ID, []Role{RoleTeacher})
			if err != nil {
				return nil, err
			}
			return []Fact{fact}, nil
		})
	}))
}
