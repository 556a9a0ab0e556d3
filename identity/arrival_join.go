package identity

import (
	"context"
	"fmt"
	"slices"
)

// join gives who has been identified the role that the connection's rules have
// for a first time, and lets people of a domain who hold no role join as the
// domain says. What somebody holds already stays as it is: it is never lowered,
// never raised, and a suspension never ended.
func (a *arrival) join(ctx context.Context) error {
	before, err := a.rows.CameThrough(ctx, a.connection.ID, a.out.User.ID)
	if err != nil {
		return fmt.Errorf("look up whether they came before: %w", err)
	}
	// An arrival that was cut off is not remembered, so its repetition is the
	// first again. A role that a teacher has ended since does not come back.
	a.out.First = !before
	if a.out.First {
		rules := a.connection.Rules
		if err := a.place(ctx, rules.Role, rules.Classroom); err != nil {
			return err
		}
	}
	return a.joinByDomain(ctx)
}

// joinByDomain is automatic joining.
func (a *arrival) joinByDomain(ctx context.Context) error {
	d := a.domain
	if !d.Verified || d.Join != AutoJoinOn && d.Join != AutoJoinAsk {
		return nil
	}
	holds, err := a.desk.Holds(ctx, a.school.ID(), a.out.User.ID)
	if err != nil {
		return fmt.Errorf("look up roles: %w", err)
	}
	switch {
	case holds:
		return nil
	case d.Join == AutoJoinOn:
		return a.place(ctx, d.Role, d.Classroom)
	}
	user := a.out.User
	err = a.rows.AskToJoin(ctx, JoinRequest{
		User: user.ID, Name: user.DisplayName(), Address: a.person.Address, Domain: d.Name,
		Role: d.Role, Classroom: d.Classroom,
	})
	if err != nil {
		return fmt.Errorf("ask to join: %w", err)
	}
	a.out.Asked = true
	return nil
}

// givenByRules are the roles that a rule may give. It never makes anybody the
// school's IT.
var givenByRules = []Role{RoleStudent, RoleCoTeacher, RoleTeacher}

// place assigns the role in the classroom. Without one a teacher becomes one of
// the school's, and others get no role yet.
func (a *arrival) place(ctx context.Context, role Role, classroom OrganizationID) error {
	switch {
	case !slices.Contains(givenByRules, role):
		return nil
	case classroom == "" && role == RoleTeacher:
		return a.assign(ctx, a.school, role)
	case classroom == "":
		return nil
	}
	organization, err := a.rows.ClassroomIn(ctx, classroom)
	if err == nil {
		var opened Opened
		if opened, err = OpenForArrival(a.school, organization); err == nil {
			return a.assign(ctx, opened, role)
		}
	}
	if IsKind(err, KindNotFound) {
		// The classroom is gone. They sign in all the same.
		a.out.Findings = append(a.out.Findings, Finding{Code: "classroom-gone", Level: LevelWarning})
		return nil
	}
	return fmt.Errorf("open the classroom of the rules: %w", err)
}

func (a *arrival) assign(ctx context.Context, in Opened, role Role) error {
	rows, remote, user := a.desk.Rows(in), a.desk.Remote(in), a.out.User
	return rows.InTurn(ctx, func(ctx context.Context) error {
		switch _, err := rows.Member(ctx, user.ID); {
		case err == nil:
			return nil // what they hold is not for a rule to change
		case !IsKind(err, KindNotFound):
			return fmt.Errorf("load member: %w", err)
		}
		change := Change{
			Action: ActionRoleAssigned, Target: string(user.ID), TargetName: user.DisplayName(), After: auditedRole(role),
		}
		return rows.Change(ctx, change, func(ctx context.Context) ([]Fact, error) {
			fact, err := remote.CreateRoleAssignment(ctx, user.ID, []Role{role})
			if err != nil {
				return nil, fmt.Errorf("assign role: %w", err)
			}
			return []Fact{fact}, nil
		})
	})
}
