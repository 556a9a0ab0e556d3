package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Lesson lists the students of the classroom by name, 500 at most, with what
// tells whether they can work. It is one statement by an index: a page that
// follows a lesson asks every second.
func (o *Organization) Lesson(ctx context.Context) ([]identity.LessonStudent, error) {
	rows, err := o.store.read().Lesson(ctx, query.LessonParams{
		OrganizationID: o.id, SchoolID: string(o.opened.Organization().Home()),
	})
	if err != nil {
		return nil, fmt.Errorf("list students of a lesson: %w", translate(err))
	}
	students := make([]identity.LessonStudent, len(rows))
	for i, row := range rows {
		s := identity.LessonStudent{
			User: identity.User{
				ID: identity.UserID(row.UserID), Home: identity.OrganizationID(row.Home), UserName: row.UserName,
				GivenName: row.GivenName, FamilyName: row.FamilyName, Address: row.Address, State: identity.UserState(row.UserState),
				LastSeenAt: moment(row.SeenUs),
			},
			Suspended: row.State == string(identity.AssignmentSuspended),
			SeenAt:    moment(max(row.SeenUs, row.ActiveUs)),
		}
		nameless(&s.User)
		students[i] = s
	}
	return students, nil
}
