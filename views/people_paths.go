package views

import "homeroom.dev/homeroom/identity"

// ActPath shows what would be done to many people of a school, and by POST does
// it.
func ActPath(school identity.OrganizationID) string { return in(school, "people", "act") }

// ActFreshPath does by POST what needs a fresh sign-in.
func ActFreshPath(school identity.OrganizationID) string {
	return in(school, "people", "act", "remove")
}

// UndoRunPath puts back, by POST, what a run did.
func UndoRunPath(organization identity.OrganizationID, run identity.BulkRunID) string {
	return in(organization, "runs", string(run), "undo")
}
