package handlers

import (
	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
)

// classroomRoutes are the pages on which a school manages its classrooms, and
// those on which a classroom goes out of use.
func (s *Server) classroomRoutes(r chi.Router) {
	f := founding{s.store, s.gateway, s.provisioner, s.anyoneOpens}
	school := func(h organizationHandler) gate { return s.inSchool(identity.ManageSchool, h).(gate) }
	opens := r.With(s.limit(invitesPerPerson, s.byPerson))
	r.Method("GET", "/classrooms", school(listClassrooms))
	r.Method("GET", "/classrooms/many", school(newMany))
	r.Method("POST", "/classrooms/many", school(checkMany))
	opens.Method("POST", "/classrooms/many/open", school(beginMany))
	r.Method("GET", "/classrooms/unfinished", school(listUnfinished))
	opens.Method("POST", "/classrooms/unfinished", school(f.completeUnfinished))
	r.Method("GET", "/classrooms/openings/{opening}", school(showOpening))
	r.Method("POST", "/classrooms/openings/{opening}/again", school(retryOpening))
	r.Method("POST", "/classrooms/openings/{opening}/leave-out", school(leaveOpening))
	r.Method("GET", "/classrooms/{classroom}", school(f.manageClassroom))
	opens.Method("POST", "/classrooms/{classroom}/teachers", school(f.assignTeacher))
	r.Method("POST", "/classrooms/{classroom}/name", school(f.renameClassroom))

	d := deleting{s.provisioner}
	r.Method("GET", "/archive", s.inOrganization(identity.ManageClassroom, askArchive))
	r.Method("POST", "/archive", s.inOrganization(identity.ManageClassroom, archive))
	r.Method("POST", "/restore", s.inArchived(identity.ManageClassroom, restoreClassroom))
	r.Method("GET", "/delete", s.inOrganization(identity.ManageClassroom, askClassroomDeletion))
	r.Method("POST", "/delete", s.freshly(s.inArchived(identity.ManageClassroom, d.delete)))
}
