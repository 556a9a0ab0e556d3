package handlers

import (
	"context"
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// showOrganization serves GET /o/{organization}: what the reader comes for. That
// is the roster for a classroom's teachers, the classroom's own page for its
// students, and the whole of it at a glance for those who manage a school.
func showOrganization(w http.ResponseWriter, r *http.Request, org Organization) error {
	switch school := org.Organization().Kind == identity.KindSchool; {
	case school && org.Permits(identity.ManageSchool):
		return showSchool(w, r, org)
	case school:
		return render(w, r, http.StatusOK, views.SchoolForTeachers(org.Page, org.Opened))
	case org.Permits(identity.ManageStudents):
		return redirect(w, r, views.RosterPath(org.ID()))
	}
	return showClassroom(w, r, org)
}

// showClassroom is a student's page of a classroom.
func showClassroom(w http.ResponseWriter, r *http.Request, org Organization) error {
	teachers, err := teachersOf(r.Context(), org, identity.AssignmentActive)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.ClassroomForStudents(org.Page, org.Opened, rosterPeople(teachers)))
}

// teachersOf are who teaches a classroom, co-teachers last; those in one state,
// or in any.
func teachersOf(ctx context.Context, org Organization, state identity.RoleAssignmentState) ([]store.RosterRow, error) {
	var teachers []store.RosterRow
	for _, role := range []identity.Role{identity.RoleTeacher, identity.RoleCoTeacher} {
		page, err := org.Store.Roster(ctx, store.RosterQuery{Role: role, State: state})
		if err != nil {
			return nil, err
		}
		teachers = append(teachers, page.Rows...)
	}
	return teachers, nil
}
