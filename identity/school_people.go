package identity

import (
	"context"
	"fmt"
	"slices"
)

// What a school does to its people it does in the school and in each of its
// classrooms, by the rules of each: the same use cases as on their own pages.
// First it is planned as a whole, and refused as a whole where one place refuses
// it; then it is done. A plan that was kept can be gone on with after a crash,
// and reversed.

// SchoolRows is what the use cases of a school's people use of the store for the
// opened school.
type SchoolRows interface {
	// SchoolPerson is somebody of the school, or not-found ("person.not-found").
	SchoolPerson(context.Context, UserID) (PersonOfSchool, error)
	// ClassroomOf is a classroom of the school in use, or not-found.
	ClassroomOf(context.Context, OrganizationID) (Organization, error)
	// EndSessionsOf ends the sessions of somebody at home in the school at the
	// portal.
	EndSessionsOf(context.Context, UserID) error
	// Change is [Roster.Change].
	Change(ctx context.Context, change Change, act func(context.Context) ([]Fact, error)) error
}

// School is an opened school with its rows, and the way into its classrooms.
type School struct {
	Opened
	Rows   SchoolRows
	Remote Remote
	Enter  func(Opened) (Roster, Remote)
}

// into opens the school itself or one of its classrooms.
func (s School) into(o Organization) (Opened, Roster, Remote, error) {
	opened := s.Opened
	if o.ID != s.ID() {
		var err error
		if opened, err = OpenClassroomOf(s.Opened, o); err != nil {
			return Opened{}, nil, nil, err
		}
	}
	rows, remote := s.Enter(opened)
	return opened, rows, remote, nil
}

// person loads somebody of the school for who may manage its people.
func (s School) person(ctx context.Context, user UserID) (PersonOfSchool, error) {
	if !s.Permits(ManageSchool) {
		return PersonOfSchool{}, Forbidden("permission.missing")
	}
	p, err := s.Rows.SchoolPerson(ctx, user)
	if err != nil {
		return PersonOfSchool{}, fmt.Errorf("load a person of the school: %w", err)
	}
	return p, s.mayTouchPerson(p)
}

// mayTouchPerson holds for every change to somebody of a school, whatever their
// role in a classroom.
func (o Opened) mayTouchPerson(p PersonOfSchool) error {
	if p.User.ID == o.actor.User {
		return Forbidden("rule.own-role")
	}
	if Highest(o.Effective(p.Held)).Rank() > o.Role().Rank() {
		return Forbidden("rule.higher-role")
	}
	return nil
}

// PlanSuspend takes the access of a person away in the school and in all of its
// classrooms. Nothing planned means that they are suspended already.
func (s School) PlanSuspend(ctx context.Context, user UserID) ([]Effect, error) {
	return s.planStates(ctx, user, AssignmentSuspended)
}

// PlanRestore ends every suspension of a person in the school.
func (s School) PlanRestore(ctx context.Context, user UserID) ([]Effect, error) {
	return s.planStates(ctx, user, AssignmentActive)
}

func (s School) planStates(ctx context.Context, user UserID, to RoleAssignmentState) ([]Effect, error) {
	return s.plan(ctx, user, Opened.MaySuspend, func(standing Standing) (Position, bool) {
		after := positionOf(standing.Assignment)
		after.State = to
		return after, standing.Assignment.State != to
	})
}

// PlanRemove ends every role of a person in the school. Archived classrooms keep
// their rosters.
func (s School) PlanRemove(ctx context.Context, user UserID) ([]Effect, error) {
	return s.plan(ctx, user, Opened.MayRemove, func(Standing) (Position, bool) { return Position{}, true })
}

// PlanMove makes somebody a student of a classroom. They leave the one named, or
// all others, or stay where they are. Only students are moved, and people
// without a role.
func (s School) PlanMove(ctx context.Context, user UserID, how BulkParameters) ([]Effect, error) {
	p, err := s.person(ctx, user)
	if err != nil {
		return nil, err
	}
	if p.Role().Rank() > RoleStudent.Rank() {
		return nil, Conflict("bulk.not-a-student")
	}
	to, err := s.Rows.ClassroomOf(ctx, how.Classroom)
	if err != nil {
		return nil, fmt.Errorf("load the classroom to move to: %w", err)
	}
	effects, err := s.plan(ctx, user, Opened.MayRemove, func(standing Standing) (Position, bool) {
		in := standing.Organization
		return Position{}, in.Kind == KindClassroom && in.ID != to.ID && (how.All || how.From == in.ID)
	})
	if err != nil {
		return nil, err
	}
	before := Position{}
	for _, standing := range p.Standings {
		if standing.Organization.ID == to.ID {
			before = positionOf(standing.Assignment)
		}
	}
	after := Position{Roles: []Role{RoleStudent}, State: AssignmentActive}
	if before.equal(after) {
		return effects, nil
	}
	// First in, then out: nobody is without a classroom in between.
	return append([]Effect{{Place: to.ID, PlaceName: to.Name, Before: before, After: after}}, effects...), nil
}

// plan asks each place in use whether it allows what is wanted there.
func (s School) plan(
	ctx context.Context, user UserID, may func(Opened, Member) error, want func(Standing) (Position, bool),
) ([]Effect, error) {
	p, err := s.person(ctx, user)
	if err != nil {
		return nil, err
	}
	var effects []Effect
	for _, standing := range p.InUse() {
		after, wanted := want(standing)
		if !wanted {
			continue
		}
		opened, rows, _, err := s.into(standing.Organization)
		if err != nil {
			return nil, err
		}
		m, err := rows.Member(ctx, user)
		if IsKind(err, KindNotFound) {
			continue // has left meanwhile
		}
		if err == nil {
			err = may(opened, m)
		}
		if err != nil {
			return nil, &RefusedIn{Place: standing.Organization.Name, Err: err}
		}
		effects = append(effects, Effect{
			Place: standing.Organization.ID, PlaceName: standing.Organization.Name,
			Before: positionOf(m.Assignment), After: after,
		})
	}
	return effects, nil
}

// Do brings a person to what was planned. What is so already is left alone: a
// plan may be done again after a crash.
func (s School) Do(ctx context.Context, user UserID, effects []Effect) error {
	p, err := s.person(ctx, user)
	if IsKind(err, KindNotFound) && !slices.ContainsFunc(effects, func(e Effect) bool { return len(e.After.Roles) > 0 }) {
		return nil // gone from the school, which was all that was wanted
	}
	if err != nil {
		return err
	}
	for _, effect := range effects {
		place, err := s.place(ctx, p, effect.Place)
		if err == nil {
			err = s.bring(ctx, p, place, effect.After)
		}
		if err != nil {
			return &RefusedIn{Place: effect.PlaceName, Err: err}
		}
	}
	return nil
}

// StandsAs reports whether a person is still as the effects left them: only then
// may they be reversed.
func (s School) StandsAs(ctx context.Context, user UserID, effects []Effect) error {
	p, err := s.Rows.SchoolPerson(ctx, user)
	if err != nil && !IsKind(err, KindNotFound) {
		return err
	}
	for _, effect := range effects {
		var present Position
		for _, standing := range p.Standings {
			if standing.Organization.ID == effect.Place {
				present = positionOf(standing.Assignment)
			}
		}
		if !present.equal(effect.Before) {
			return &RefusedIn{Place: effect.PlaceName, Err: Conflict("bulk.changed-since")}
		}
	}
	return nil
}

// place is the school or one of its classrooms, by ID.
func (s School) place(ctx context.Context, p PersonOfSchool, id OrganizationID) (Organization, error) {
	if id == s.ID() {
		return s.Organization(), nil
	}
	for _, standing := range p.Standings {
		if standing.Organization.ID == id {
			return standing.Organization, nil
		}
	}
	return s.Rows.ClassroomOf(ctx, id)
}

// bring changes one assignment to what it is to be.
func (s School) bring(ctx context.Context, p PersonOfSchool, place Organization, to Position) error {
	opened, rows, remote, err := s.into(place)
	if err != nil {
		return err
	}
	return bring(ctx, opened, rows, remote, p.User.ID, to, func(role Role) error {
		if err := opened.mayTouchPerson(p); err != nil {
			return err
		}
		return assign(ctx, opened, rows, remote, p.User, role)
	})
}

// MayEndSessions decides whether the actor may end somebody's sessions: only of
// those at home here, because a guest keeps control of their account.
func (s School) MayEndSessions(ctx context.Context, user UserID) (PersonOfSchool, error) {
	p, err := s.person(ctx, user)
	if err == nil && p.Guest {
		err = Forbidden("rule.guest-sessions")
	}
	return p, err
}

// EndSessionsOf signs a person of the school out everywhere.
func (s School) EndSessionsOf(ctx context.Context, user UserID) error {
	p, err := s.MayEndSessions(ctx, user)
	if err != nil {
		return err
	}
	change := Change{Action: ActionSessionsEnded, Target: string(user), TargetName: p.User.DisplayName()}
	return s.Rows.Change(ctx, change, func(ctx context.Context) ([]Fact, error) {
		if err := s.Rows.EndSessionsOf(ctx, user); err != nil {
			return nil, err
		}
		_, err := s.Remote.EndSessions(ctx, user)
		return nil, err
	})
}
