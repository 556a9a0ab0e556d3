package views

import "homeroom.dev/homeroom/identity"

// OpenManyPath is the form to open many classrooms of a school from a list; what
// is posted there is checked.
func OpenManyPath(school identity.OrganizationID) string { return in(school, "classrooms", "many") }

// BeginOpeningsPath takes a list that was checked.
func BeginOpeningsPath(school identity.OrganizationID) string {
	return in(school, "classrooms", "many", "open")
}

// OpeningRunPath is how far a list of classrooms has come.
func OpeningRunPath(school identity.OrganizationID, run string) string {
	return in(school, "classrooms", "openings", run)
}

// RetryOpeningsPath opens those of a list again that failed.
func RetryOpeningsPath(school identity.OrganizationID, run string) string {
	return in(school, "classrooms", "openings", run, "again")
}

// LeaveOpeningsPath leaves those of a list that failed.
func LeaveOpeningsPath(school identity.OrganizationID, run string) string {
	return in(school, "classrooms", "openings", run, "leave-out")
}

// UnfinishedOpeningsPath lists the classrooms whose opening was cut off.
func UnfinishedOpeningsPath(school identity.OrganizationID) string {
	return in(school, "classrooms", "unfinished")
}

// ManageClassroomPath is what a school does with one of its classrooms.
func ManageClassroomPath(school, classroom identity.OrganizationID) string {
	return in(school, "classrooms", string(classroom))
}

// AssignTeachersPath is where a school says who teaches one of its classrooms.
func AssignTeachersPath(school, classroom identity.OrganizationID) string {
	return in(school, "classrooms", string(classroom), "teachers")
}

// RenameClassroomPath changes the name of a classroom of a school.
func RenameClassroomPath(school, classroom identity.OrganizationID) string {
	return in(school, "classrooms", string(classroom), "name")
}

// ArchivePath asks about, and by POST does, taking a classroom out of use.
func ArchivePath(classroom identity.OrganizationID) string { return in(classroom, "archive") }

// RestoreClassroomPath takes an archived classroom into use again.
func RestoreClassroomPath(classroom identity.OrganizationID) string { return in(classroom, "restore") }

// DeleteClassroomPath asks about, and by POST does, deleting an archived
// classroom.
func DeleteClassroomPath(classroom identity.OrganizationID) string { return in(classroom, "delete") }
