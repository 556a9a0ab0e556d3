package views

import "homeroom.dev/homeroom/identity"

// ListSelectionPath keeps, by POST, who is ticked on a class's list.
func ListSelectionPath(class identity.OrganizationID) string { return in(class, "roster", "selection") }

// ListActPath shows what would be done to those on a class's list, and by POST
// does it.
func ListActPath(class identity.OrganizationID) string { return in(class, "roster", "act") }

// ListRunPath is how far that has come.
func ListRunPath(class identity.OrganizationID, run identity.BulkRunID) string {
	return in(class, "roster", "runs", string(run))
}

// UndoListRunPath puts back, by POST, what was done.
func UndoListRunPath(class identity.OrganizationID, run identity.BulkRunID) string {
	return in(class, "roster", "runs", string(run), "undo")
}

// ListExportPath asks in which form a class's list is to be taken out, and by POST
// answers the file.
func ListExportPath(class identity.OrganizationID) string { return in(class, "roster", "export") }

// PeopleSelectionPath keeps, by POST, who is ticked on the list of a school's
// people.
func PeopleSelectionPath(school identity.OrganizationID) string {
	return in(school, "people", "act", "selection")
}

// PeopleExportPath is [ListExportPath] for the people of a school.
func PeopleExportPath(school identity.OrganizationID) string { return in(school, "people", "export") }

// GuardiansPath lists the contacts of a student, and takes new ones by POST.
func GuardiansPath(organization identity.OrganizationID, student identity.UserID) string {
	return in(organization, "people", string(student), "guardians")
}

// GuardianPath shows the form to change a contact, and changes it by POST.
func GuardianPath(organization identity.OrganizationID, student identity.UserID, guardian string) string {
	return in(organization, "people", string(student), "guardians", guardian)
}

// RemoveGuardianPath removes a contact by POST.
func RemoveGuardianPath(organization identity.OrganizationID, student identity.UserID, guardian string) string {
	return in(organization, "people", string(student), "guardians", guardian, "remove")
}
