package bulk

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// classroom does one item of a run that archives or restores a classroom: a
// student, or the classroom itself.
func (w work) classroom(ctx context.Context, item identity.BulkItem) ([]identity.Effect, bool, error) {
	opened, archives := w.school.Opened, w.run.Action == identity.BulkArchive
	rows, remote := w.school.Enter(opened)
	if item.Target == string(opened.ID()) {
		act, to := identity.RestoreClassroom, identity.OrganizationActive
		if archives {
			act, to = identity.Archive, identity.OrganizationInactive
		}
		if err := act(ctx, opened, rows, remote); err != nil {
			return nil, false, err
		}
		// Written before a crash, it is so at Zitadel and not here yet; without it,
		// the students who follow would be refused as those of an archived class.
		return nil, true, w.rows.NoteState(ctx, to)
	}
	user, act, to := identity.UserID(item.Target), identity.Suspend, identity.AssignmentSuspended
	if !archives {
		act, to = identity.Activate, identity.AssignmentActive
	}
	m, err := rows.Member(ctx, user)
	if identity.IsKind(err, identity.KindNotFound) {
		return nil, false, nil // has left meanwhile
	}
	if err != nil {
		return nil, false, err
	}
	begun := item.State == identity.ItemBegun
	if m.Assignment.State == to && !begun {
		return nil, false, nil
	}
	effects := item.Effects
	if !begun {
		before := identity.Position{Roles: m.Assignment.Roles, State: m.Assignment.State}
		effects = []identity.Effect{{
			Place: opened.ID(), PlaceName: opened.Organization().Name,
			Before: before, After: identity.Position{Roles: before.Roles, State: to},
		}}
		if err := w.rows.BeginItem(ctx, w.run.ID, item.Position, effects); err != nil {
			return nil, false, err
		}
	}
	return effects, true, act(ctx, opened, rows, remote, user)
}
