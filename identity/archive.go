package identity

import "context"

// Archive takes a classroom out of use. Its roster stays, and can be read; what
// its students could do there, [Suspend] takes from each. One that is archived
// already is no error and leaves no record.
func Archive(ctx context.Context, org Opened, rows Roster, remote Remote) error {
	return setClassroom(ctx, org, rows, remote, OrganizationInactive, ActionClassroomArchived)
}

// RestoreClassroom takes an archived classroom into use again.
func RestoreClassroom(ctx context.Context, org Opened, rows Roster, remote Remote) error {
	return setClassroom(ctx, org, rows, remote, OrganizationActive, ActionClassroomRestored)
}

func setClassroom(
	ctx context.Context, org Opened, rows Roster, remote Remote, to OrganizationState, action Action,
) error {
	o := org.Organization()
	switch {
	case o.Kind != KindClassroom:
		return NotFound("organization.not-found")
	case !org.Permits(ManageClassroom):
		return Forbidden("permission.missing")
	case o.State == to:
		return nil
	}
	change := Change{
		Action: action, Target: string(o.ID), TargetName: o.Name,
		Before: map[string]string{AuditState: string(o.State)}, After: map[string]string{AuditState: string(to)},
	}
	return rows.InTurn(ctx, func(ctx context.Context) error {
		return rows.Change(ctx, change, func(ctx context.Context) ([]Fact, error) {
			return one(remote.SetState(ctx, to))
		})
	})
}
