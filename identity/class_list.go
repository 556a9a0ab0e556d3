package identity

import (
	"context"
	"fmt"
	"slices"
)

// What is done to those on a class's list is done by the rules of each class it
// touches, as they are for who does it: a teacher copies from one of her classes
// into another, a school_admin into any of the school. As in a school, each
// change is planned as a whole, refused as a whole where one class refuses it,
// and can be gone on with after a crash, and reversed.

// ClassList is an opened classroom, with the way into other ones.
type ClassList struct {
	Opened
	Rows   Roster
	Remote Remote
	// Enter opens another classroom for the actor, with what their rights are
	// there. One they hold no role in is not found.
	Enter func(context.Context, OrganizationID) (Opened, Roster, Remote, error)
	// Left is somebody who was on the list when a change to it began, or
	// not-found ("member.not-found"). It may be nil where nobody is put back.
	Left func(context.Context, UserID) (Member, error)
}

// member loads somebody on the list.
func (c ClassList) member(ctx context.Context, user UserID) (Member, error) {
	if err := c.Refusal(ManageStudents); err != nil {
		return Member{}, err
	}
	m, err := c.Rows.Member(ctx, user)
	if err != nil {
		return Member{}, fmt.Errorf("load somebody on a list: %w", err)
	}
	return m, nil
}

// PlanRemove ends somebody's role in the class.
func (c ClassList) PlanRemove(ctx context.Context, user UserID) ([]Effect, error) {
	m, err := c.member(ctx, user)
	if err == nil {
		err = c.MayRemove(m)
	}
	if err != nil {
		return nil, err
	}
	return []Effect{c.effect(c.Organization(), positionOf(m.Assignment), Position{})}, nil
}

// PlanRole gives somebody another role in the class.
func (c ClassList) PlanRole(ctx context.Context, user UserID, how BulkParameters) ([]Effect, error) {
	m, err := c.member(ctx, user)
	if err == nil {
		err = c.MayChangeRole(m, how.Role)
	}
	if err != nil {
		return nil, err
	}
	if slices.Equal(m.Assignment.Roles, []Role{how.Role}) {
		return nil, nil
	}
	after := Position{Roles: []Role{how.Role}, State: m.Assignment.State}
	return []Effect{c.effect(c.Organization(), positionOf(m.Assignment), after)}, nil
}

// PlanCopy makes a student of the class a student of another one as well.
func (c ClassList) PlanCopy(ctx context.Context, user UserID, how BulkParameters) ([]Effect, error) {
	m, err := c.member(ctx, user)
	if err != nil {
		return nil, err
	}
	return c.planInto(ctx, m, how.Classroom)
}

// PlanMove makes a student of the class a student of another one instead.
func (c ClassList) PlanMove(ctx context.Context, user UserID, how BulkParameters) ([]Effect, error) {
	m, err := c.member(ctx, user)
	if err != nil {
		return nil, err
	}
	// First in, then out: nobody is without a class in between.
	effects, err := c.planInto(ctx, m, how.Classroom)
	if err == nil {
		err = c.MayRemove(m)
	}
	if err != nil {
		return nil, err
	}
	return append(effects, c.effect(c.Organization(), positionOf(m.Assignment), Position{})), nil
}

// planInto is what makes m a student of another class.
func (c ClassList) planInto(ctx context.Context, m Member, to OrganizationID) ([]Effect, error) {
	if m.Assignment.Role() != RoleStudent {
		return nil, Conflict("bulk.not-a-student")
	}
	place, rows, _, err := c.enter(ctx, to)
	if err != nil {
		return nil, err
	}
	if place.ID() == c.ID() {
		return nil, Invalid("bulk.move.to.missing")
	}
	refused := func(err error) error { return &RefusedIn{Place: place.Organization().Name, Err: err} }
	there, err := rows.Member(ctx, m.User.ID)
	switch {
	case IsKind(err, KindNotFound):
		if err := place.MayTakeIn(c.Opened, m); err != nil {
			return nil, refused(err)
		}
	case err != nil:
		return nil, fmt.Errorf("load somebody in the other class: %w", err)
	case there.Assignment.Role() != RoleStudent:
		return nil, refused(Conflict("bulk.teaches-there"))
	case there.Assignment.State == AssignmentActive:
		return nil, nil
	default:
		if err := place.MaySuspend(there); err != nil {
			return nil, refused(err)
		}
	}
	after := Position{Roles: []Role{RoleStudent}, State: AssignmentActive}
	return []Effect{c.effect(place.Organization(), positionOf(there.Assignment), after)}, nil
}

// enter opens the class itself or another one.
func (c ClassList) enter(ctx context.Context, id OrganizationID) (Opened, Roster, Remote, error) {
	if id == c.ID() {
		return c.Opened, c.Rows, c.Remote, nil
	}
	place, rows, remote, err := c.Enter(ctx, id)
	if err == nil && place.Organization().Kind != KindClassroom {
		err = NotFound("organization.not-found")
	}
	if err == nil {
		err = place.Refusal(ManageStudents)
	}
	if err != nil {
		return Opened{}, nil, nil, fmt.Errorf("open the other class: %w", err)
	}
	return place, rows, remote, nil
}

func (c ClassList) effect(in Organization, before, after Position) Effect {
	return Effect{Place: in.ID, PlaceName: in.Name, Before: before, After: after}
}

// MayTakeIn decides whether the actor may make a student here of m, who is one in
// the class from. Students go from class to class within their school; where
// classes stand alone, only those whose account belongs to the class do. A guest
// joins another place themselves.
func (o Opened) MayTakeIn(from Opened, m Member) error {
	here, there := o.Organization(), from.Organization()
	switch {
	case m.User.ID == o.actor.User:
		return Forbidden("rule.own-role")
	case here.School != there.School:
		return Forbidden("bulk.other-school")
	case here.School == "" && here.ID != there.ID && from.Guest(m.User):
		return Forbidden("bulk.guest-elsewhere")
	case Highest(o.Effective(Held{School: m.Held.School, Platform: m.Held.Platform})).Rank() > o.Role().Rank():
		return Forbidden("rule.higher-role")
	}
	return o.mayAssign(RoleStudent)
}

// StandsAs reports whether somebody is still as effects expect them: only then
// may what was done be reversed.
func (c ClassList) StandsAs(ctx context.Context, user UserID, effects []Effect) error {
	for _, effect := range effects {
		_, rows, _, err := c.enter(ctx, effect.Place)
		if err != nil {
			return &RefusedIn{Place: effect.PlaceName, Err: err}
		}
		m, err := rows.Member(ctx, user)
		if err != nil && !IsKind(err, KindNotFound) {
			return err
		}
		if !positionOf(m.Assignment).equal(effect.Before) {
			return &RefusedIn{Place: effect.PlaceName, Err: Conflict("bulk.changed-since")}
		}
	}
	return nil
}

// Do brings somebody to what was planned. What is so already is left alone: a
// plan may be done again after a crash.
func (c ClassList) Do(ctx context.Context, user UserID, effects []Effect) error {
	for _, effect := range effects {
		if err := c.bring(ctx, user, effect); err != nil {
			return &RefusedIn{Place: effect.PlaceName, Err: err}
		}
	}
	return nil
}

// bring changes one assignment to what it is to be.
func (c ClassList) bring(ctx context.Context, user UserID, effect Effect) error {
	place, rows, remote, err := c.enter(ctx, effect.Place)
	if err != nil {
		return err
	}
	return bring(ctx, place, rows, remote, user, effect.After, func(role Role) error {
		m, err := c.Rows.Member(ctx, user)
		if IsKind(err, KindNotFound) && c.Left != nil {
			m, err = c.Left(ctx, user) // who was on the list when the change began
		}
		if err != nil {
			return fmt.Errorf("load somebody who is taken in: %w", err)
		}
		if err := place.MayTakeIn(c.Opened, m); err != nil {
			return err
		}
		return assign(ctx, place, rows, remote, m.User, role)
	})
}
