package identity

import (
	"context"
	"fmt"
)

// Leading is what closing a classroom uses of the store.
type Leading interface {
	// LeadingHere names what lets people of the school into the classroom by
	// itself: domains and connections.
	LeadingHere(context.Context) ([]string, error)
}

// Deleting is what deleting a classroom uses of the store.
type Deleting interface {
	// InTurn is that of [Roster].
	InTurn(ctx context.Context, f func(context.Context) error) error
	Leading
	// DeleteClassroom is the Change of [Roster], and lets go of all that the
	// portal keeps of the classroom but its audit records.
	DeleteClassroom(ctx context.Context, change Change, act func(context.Context) ([]Fact, error)) error
}

// MayArchive decides whether the actor may take the classroom out of use, or
// into use again.
func (o Opened) MayArchive() error {
	if o.organization.Kind != KindClassroom {
		return NotFound("organization.not-found")
	}
	return o.Refusal(ManageClassroom)
}

// MayDelete decides whether the actor may delete the classroom for good: an
// archived one, and one of a school only where they manage the school.
func (o Opened) MayDelete() error {
	if err := o.MayArchive(); err != nil {
		return err
	}
	switch {
	case o.organization.School != "" && o.Role().Rank() < RoleSchoolAdmin.Rank():
		return Forbidden("classroom.delete.by-school")
	case !o.organization.Archived():
		return Conflict("classroom.delete.in-use", "Classroom", o.organization.Name)
	}
	return nil
}

// MayClose refuses to close a classroom into which the school's sign-in lets
// people by itself: they would stand before a closed door.
func MayClose(ctx context.Context, rows Leading) error {
	leading, err := rows.LeadingHere(ctx)
	if err != nil {
		return fmt.Errorf("list what leads into the classroom: %w", err)
	}
	if len(leading) > 0 {
		return Conflict("classroom.joined-by", "Through", leading[0])
	}
	return nil
}

// DeleteClassroom removes an archived classroom for good: at Zitadel with the
// accounts that are at home in it and all roles in it, and here with all that the
// portal keeps of it. What was done in it stays on the audit log.
func DeleteClassroom(ctx context.Context, org Opened, rows Deleting, provisioner Provisioner) error {
	if err := org.MayDelete(); err != nil {
		return err
	}
	return rows.InTurn(ctx, func(ctx context.Context) error {
		if err := MayClose(ctx, rows); err != nil {
			return err
		}
		change := Change{Action: ActionClassroomDeleted, Target: string(org.ID()), TargetName: org.Organization().Name}
		return rows.DeleteClassroom(ctx, change, func(ctx context.Context) ([]Fact, error) {
			return one(provisioner.Delete(ctx, org))
		})
	})
}
