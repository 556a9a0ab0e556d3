package handlers

import (
	"net/http"
	"net/url"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// askArchive serves GET /o/{classroom}/archive.
func askArchive(w http.ResponseWriter, r *http.Request, org Organization) error {
	if err := org.MayArchive(); err != nil {
		return err
	}
	if org.Organization().Archived() {
		return redirect(w, r, views.OrganizationPath(org.ID()))
	}
	if err := identity.MayClose(r.Context(), org.Store); err != nil {
		return err
	}
	view := views.ArchiveView{Back: backToClassroom(org)}
	page, err := org.Store.Roster(r.Context(), store.RosterQuery{Role: identity.RoleStudent, State: identity.AssignmentActive, Limit: 1})
	if err != nil {
		return err
	}
	invitations, err := org.Store.Invitations(r.Context(), store.InvitationQuery{Limit: 1})
	if err != nil {
		return err
	}
	view.Students = page.Total
	view.Waiting = invitations.Counts[identity.InvitationPending] + invitations.Counts[identity.InvitationOpened]
	return render(w, r, http.StatusOK, views.ArchiveClassroom(org.Page, org.Opened, view))
}

// backToClassroom is where who manages a classroom came from.
func backToClassroom(org Organization) string {
	if school := org.Organization().School; school != "" && org.Role().Rank() >= identity.RoleSchoolAdmin.Rank() {
		return views.ManageClassroomPath(school, org.ID())
	}
	return views.SettingsPath(org.ID())
}

// archive serves POST /o/{classroom}/archive. It takes the students' roles out of
// their tokens first, in the background.
func archive(w http.ResponseWriter, r *http.Request, org Organization) error {
	if err := org.MayArchive(); err != nil {
		return err
	}
	if err := identity.MayClose(r.Context(), org.Store); err != nil {
		return err
	}
	run, err := org.Store.BeginClassroomRun(r.Context(), identity.BulkArchive)
	if err != nil {
		return err
	}
	return redirect(w, r, views.RunPath(org.ID(), run))
}

// restoreClassroom serves POST /o/{classroom}/restore. Exactly those get access
// again who lost it when the classroom was archived.
func restoreClassroom(w http.ResponseWriter, r *http.Request, org Organization) error {
	if err := org.MayArchive(); err != nil {
		return err
	}
	run, err := org.Store.BeginClassroomRun(r.Context(), identity.BulkRestoreClassroom)
	if err != nil {
		return err
	}
	return redirect(w, r, views.RunPath(org.ID(), run))
}

// deleting deletes classrooms. Only its handler holds the service account that
// can.
type deleting struct{ provisioner identity.Provisioner }

// askClassroomDeletion serves GET /o/{classroom}/delete.
func askClassroomDeletion(w http.ResponseWriter, r *http.Request, org Organization) error {
	view := views.DeleteClassroomView{Typed: url.Values(again(r)).Get("name")}
	return showDeletion(w, r, org, http.StatusOK, view)
}

func showDeletion(w http.ResponseWriter, r *http.Request, org Organization, status int, view views.DeleteClassroomView) error {
	if err := org.MayDelete(); err != nil {
		return err
	}
	page, err := org.Store.Roster(r.Context(), store.RosterQuery{Limit: 1})
	if err != nil {
		return err
	}
	if view.AtHome, err = org.Store.AtHome(r.Context()); err != nil {
		return err
	}
	view.People, view.Back = page.Total, backToClassroom(org)
	return render(w, r, status, views.DeleteClassroom(org.Page, org.Opened, view))
}

// delete serves POST /o/{classroom}/delete. Form: name, that of the classroom,
// typed.
func (d deleting) delete(w http.ResponseWriter, r *http.Request, org Organization) error {
	if err := org.MayDelete(); err != nil {
		return err
	}
	name := org.Organization().Name
	view := views.DeleteClassroomView{Typed: r.PostFormValue("name")}
	if identity.CleanName(view.Typed) != name {
		view.Problems.Add("name", "classroom.delete.mistyped", "Classroom", name)
		return showDeletion(w, r, org, http.StatusUnprocessableEntity, view)
	}
	if err := identity.DeleteClassroom(r.Context(), org.Opened, org.Store, d.provisioner); err != nil {
		status, problems := retryable(err, "name")
		if problems == nil {
			return err
		}
		view.Problems = problems
		return showDeletion(w, r, org, status, view)
	}
	back := views.HomePath
	if school := org.Organization().School; school != "" {
		back = views.ClassroomsPath(school)
	}
	return redirect(w, r, back, identity.Say("classroom.deleted", "Name", name))
}
