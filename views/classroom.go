package views

import "homeroom.dev/homeroom/identity"

// backFromOpening is where who opens no classroom after all goes.
func backFromOpening(school identity.Opened) string {
	if school.Permits(identity.ManageSchool) {
		return ClassroomsPath(school.ID())
	}
	return OrganizationPath(school.ID())
}

// NewClassroomForm is what is typed to open a classroom.
type NewClassroomForm struct {
	Name    string
	Teaches bool   // the opener teaches it, who need not
	Teacher string // address of another teacher to invite
	// Chooses is set for those who open classrooms for others.
	Chooses bool
	// Submission is the form's own key: sent twice, it opens one class.
	Submission string
}
