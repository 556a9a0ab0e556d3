package views

import "homeroom.dev/homeroom/identity"

// RunsPath lists what was done for many people of a school at once, or with a
// classroom.
func RunsPath(organization identity.OrganizationID) string { return in(organization, "runs") }

// RunPath is how far such a run has come.
func RunPath(organization identity.OrganizationID, run identity.BulkRunID) string {
	return in(organization, "runs", string(run))
}
