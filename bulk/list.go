package bulk

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// listActions are what can be done to those on a class's list.
var listActions = map[identity.BulkAction]plan[identity.ClassList]{
	identity.BulkCopy:   identity.ClassList.PlanCopy,
	identity.BulkMove:   identity.ClassList.PlanMove,
	identity.BulkRole:   identity.ClassList.PlanRole,
	identity.BulkRemove: without(identity.ClassList.PlanRemove),
}

// CheckListed is [Check] for somebody on a class's list.
func CheckListed(
	ctx context.Context, class identity.ClassList, what identity.BulkAction, how identity.BulkParameters, user identity.UserID,
) (changes bool, err error) {
	plan, known := listActions[what]
	if !known {
		return false, identity.Invalid("request.broken")
	}
	effects, err := plan(class, ctx, user, how)
	return len(effects) > 0, err
}

// class is the list of an opened classroom, for who opened it. Another class is
// opened anew each time: rights there may be lost between any two people.
func (r *Runner) class(opened identity.Opened) identity.ClassList {
	return identity.ClassList{
		Opened: opened, Rows: r.Store.In(opened), Remote: r.Gateway.In(opened),
		Enter: func(ctx context.Context, id identity.OrganizationID) (identity.Opened, identity.Roster, identity.Remote, error) {
			place, err := r.Store.OpenFor(ctx, opened.Actor(), id)
			if err != nil {
				return identity.Opened{}, nil, nil, err
			}
			return place, r.Store.In(place), r.Gateway.In(place), nil
		},
	}
}

// listed does one item of a run about those on a class's list.
func (w work) listed(ctx context.Context, item identity.BulkItem) ([]identity.Effect, bool, error) {
	user, effects := identity.UserID(item.Target), item.Effects // what was planned before a crash
	class := w.class
	class.Left = func(ctx context.Context, _ identity.UserID) (identity.Member, error) {
		return w.rows.ListedPerson(ctx, w.run.ID, item.Position)
	}
	if item.State != identity.ItemBegun {
		var err error
		if w.run.UndoOf != "" {
			effects = identity.Reversed(item.Effects)
			err = class.StandsAs(ctx, user, effects)
		} else if plan := listActions[w.run.Action]; plan == nil {
			err = identity.Invalid("request.broken")
		} else {
			effects, err = plan(class, ctx, user, w.run.Parameters)
		}
		if err != nil || len(effects) == 0 {
			return nil, false, err
		}
		if err := w.rows.BeginItem(ctx, w.run.ID, item.Position, effects); err != nil {
			return nil, false, err
		}
	}
	return effects, true, class.Do(ctx, user, effects)
}
