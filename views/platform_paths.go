package views

import "homeroom.dev/homeroom/identity"

// Paths of the operators' pages.
const (
	PlatformPath           = "/platform"
	PlatformSchoolsPath    = "/platform/schools"
	NewSchoolPath          = "/platform/schools/new"
	PlatformClassroomsPath = "/platform/classrooms"
	PlatformAuditPath      = "/platform/audit"
	PlatformStreamsPath    = "/platform/streams"
	PlatformHealthPath     = "/platform/health"
	PlatformProjectionPath = "/platform/projection"
	PlatformJobsPath       = "/platform/jobs"
)

// PlatformSchoolPath is the operators' page of a school, or with parts what is
// done there: suspend, restore, look.
func PlatformSchoolPath(school identity.OrganizationID, parts ...string) string {
	return at("platform", "schools", string(school)) + at(parts...)
}

// LookPath asks why an operator looks into a school, or into a classroom that
// stands alone.
func LookPath(home identity.OrganizationID) string { return PlatformSchoolPath(home, "look") }

// EndLookPath ends the look.
func EndLookPath(home identity.OrganizationID) string { return PlatformSchoolPath(home, "look", "end") }

// AdoptPath puts a classroom that stands alone into a school.
func AdoptPath(classroom identity.OrganizationID) string {
	return at("platform", "classrooms", string(classroom), "adopt")
}

// RetryJobPath has a job tried again at once.
func RetryJobPath(job string) string { return at("platform", "jobs", job, "retry") }
