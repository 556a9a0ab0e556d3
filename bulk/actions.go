package bulk

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// plan plans effects on the role assignments of somebody in a place.
type plan[Place any] func(Place, context.Context, identity.UserID, identity.BulkParameters) ([]identity.Effect, error)

// action is what can be done to people of a school. Either it plans effects on
// their role assignments, which can be done and reversed, or it acts by itself.
type action struct {
	plan plan[identity.School]
	// may says why act would be refused.
	may func(identity.School, context.Context, identity.UserID) error
	act func(identity.School, context.Context, identity.UserID, identity.BulkParameters) error
}

// actions are all there are. What is added here, the pages offer once it is in
// [identity.BulkActions].
var actions = map[identity.BulkAction]action{
	identity.BulkSuspend: {plan: without(identity.School.PlanSuspend)},
	identity.BulkRestore: {plan: without(identity.School.PlanRestore)},
	identity.BulkRemove:  {plan: without(identity.School.PlanRemove)},
	identity.BulkMove:    {plan: identity.School.PlanMove},
	identity.BulkEndSessions: {
		may: func(s identity.School, ctx context.Context, user identity.UserID) error {
			_, err := s.MayEndSessions(ctx, user)
			return err
		},
		act: func(s identity.School, ctx context.Context, user identity.UserID, _ identity.BulkParameters) error {
			return s.EndSessionsOf(ctx, user)
		},
	},
}

// without is a plan that needs no parameters.
func without[Place any](p func(Place, context.Context, identity.UserID) ([]identity.Effect, error)) plan[Place] {
	return func(place Place, ctx context.Context, user identity.UserID, _ identity.BulkParameters) ([]identity.Effect, error) {
		return p(place, ctx, user)
	}
}

// Check says beforehand what would become of somebody: an error is why they
// would be refused, and changes is false for those who are so already.
func Check(
	ctx context.Context, school identity.School, what identity.BulkAction, how identity.BulkParameters, user identity.UserID,
) (changes bool, err error) {
	a, known := actions[what]
	switch {
	case !known:
		return false, identity.Invalid("request.broken")
	case a.plan == nil:
		return true, a.may(school, ctx, user)
	}
	effects, err := a.plan(school, ctx, user, how)
	return len(effects) > 0, err
}
