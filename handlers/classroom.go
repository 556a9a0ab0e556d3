package handlers

import (
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// showOrganization serves GET /o/{organization}: what the reader comes for. That
// is the roster for a classroom's teachers, the classroom's own page for its
// students, and the list of classrooms for those who run a school.
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

// showSchool lists a school's classrooms. Query: q, after.
func showSchool(w http.ResponseWriter, r *http.Request, org Organization) error {
	search, after := identity.CleanName(r.URL.Query().Get("q")), r.URL.Query().Get("after")
	page, err := org.Store.Classrooms(r.Context(), store.ClassroomQuery{Search: search, After: after})
	if err != nil {
		return err
	}
	view := views.SchoolView{Search: search, Total: page.Total, Next: page.Next, Paged: after != ""}
	for _, row := range page.Rows {
		view.Rows = append(view.Rows, views.ClassroomRow{
			ID: row.Organization.ID, Name: row.Organization.Name,
			Students: row.Students, Teachers: row.Teachers, CreatedAt: row.Organization.CreatedAt,
		})
	}
	return render(w, r, http.StatusOK, views.School(org.Page, org.Opened, view))
}

// showClassroom is a student's page of a classroom.
func showClassroom(w http.ResponseWriter, r *http.Request, org Organization) error {
	var teachers []views.RosterPerson
	for _, role := range []identity.Role{identity.RoleTeacher, identity.RoleCoTeacher} {
		page, err := org.Store.Roster(r.Context(), store.RosterQuery{Role: role, State: identity.AssignmentActive})
		if err != nil {
			return err
		}
		teachers = append(teachers, rosterPeople(page.Rows)...)
	}
	return render(w, r, http.StatusOK, views.ClassroomForStudents(org.Page, org.Opened, teachers))
}
