package identity

import "context"

// Rename changes the name people see of a school or a classroom. The name it
// has already is no error and leaves no record.
func Rename(ctx context.Context, org Opened, rows Roster, remote Remote, name string) error {
	if !org.Permits(ManageClassroom) {
		return Forbidden("permission.missing")
	}
	if org.Organization().Archived() {
		return Conflict("classroom.archived", "Classroom", org.Organization().Name)
	}
	name = CleanName(name)
	before := org.Organization().Name
	if name == before {
		return nil
	}
	change := Change{
		Action: ActionOrganizationRenamed, Target: string(org.ID()),
		Before: map[string]string{AuditName: before}, After: map[string]string{AuditName: name},
	}
	return rows.InTurn(ctx, func(ctx context.Context) error {
		return rows.Change(ctx, change, func(ctx context.Context) ([]Fact, error) {
			return one(remote.SetName(ctx, name))
		})
	})
}
