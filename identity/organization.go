package identity

import (
	"strings"
	"time"
)

// OrganizationID is the ID of an organization at Zitadel, and the same one
// everywhere in Homeroom.
type OrganizationID string

// Kind says what an organization is.
type Kind string

// The kinds of organization Homeroom serves, as written in Zitadel's
// organization metadata under [MetadataKind].
const (
	KindSchool    Kind = "school"
	KindClassroom Kind = "classroom"
)

// Keys of Zitadel's organization metadata, which make the model readable for
// other services and let the projection be rebuilt from Zitadel alone.
const (
	MetadataKind   = "homeroom.kind"
	MetadataSchool = "homeroom.school"
	MetadataName   = "homeroom.name"
)

// OrganizationState is whether an organization is in use.
type OrganizationState string

// States of an organization. A removed one is gone from the projection.
const (
	OrganizationActive   OrganizationState = "active"
	OrganizationInactive OrganizationState = "inactive"
)

// Organization is what owns things: a school or a classroom.
type Organization struct {
	ID    OrganizationID
	Kind  Kind
	Name  string // what people see; metadata homeroom.name
	State OrganizationState
	// School is the school a classroom belongs to. It is empty for a school
	// and for a classroom that stands alone.
	School     OrganizationID
	SchoolName string
	// SchoolState is that of the classroom's school: a suspended school closes
	// its classrooms.
	SchoolState OrganizationState
	// RemoteName is the name at Zitadel, unique in the instance: Name with a
	// short suffix.
	RemoteName string
	Settings   OrganizationSettings
	// Brand is the version of the school's [Branding]; empty for Homeroom's own.
	Brand     string
	CreatedAt time.Time
}

// OrganizationSettings are the portal's own settings of an organization. For a
// classroom of a school, TeachersOpenClassrooms is the school's.
type OrganizationSettings struct {
	// StudentsSeeNames lets students of a classroom see who else is in it.
	StudentsSeeNames bool
	// NamesForbidden is the school's word that no classroom of it does.
	NamesForbidden bool
	// TeachersOpenClassrooms lets people with the role teacher in a school
	// open classrooms there. It means nothing for a classroom.
	TeachersOpenClassrooms bool
}

// Home is the organization in which people who are created here are at home:
// the school of a classroom, or the organization itself.
func (o Organization) Home() OrganizationID {
	if o.School != "" {
		return o.School
	}
	return o.ID
}

// HasLogo reports whether the school's look has a logo: its version says so.
func (o Organization) HasLogo() bool { return strings.HasPrefix(o.Brand, lookWithLogo) }

// AtHome reports whether people whose home is home are at home here, in the
// organization itself or in its school.
func (o Organization) AtHome(home OrganizationID) bool {
	return home != "" && (home == o.ID || home == o.Home())
}

// Suspended reports whether the operators closed the school, or the school of
// the classroom, for the time being.
func (o Organization) Suspended() bool {
	return o.Kind == KindSchool && o.State == OrganizationInactive || o.SchoolState == OrganizationInactive
}

// Archived reports whether the classroom is out of use: it can be read, restored
// and deleted.
func (o Organization) Archived() bool {
	return o.Kind == KindClassroom && o.State == OrganizationInactive
}

// NewOrganization is an organization to be opened. Its ID is chosen by the
// portal beforehand, so that opening can be resumed after a crash without
// opening twice.
type NewOrganization struct {
	ID     OrganizationID
	Kind   Kind
	Name   string
	School OrganizationID
}

// maxNameLength leaves room for the suffix within the 200 characters that
// Zitadel's AddOrganization allows.
const maxNameLength = 120

// Check finds what is wrong with the input of a person.
func (n NewOrganization) Check() Problems {
	var p Problems
	switch name := CleanName(n.Name); {
	case name == "":
		p.Add("name", "organization.name.missing")
	case len([]rune(name)) > maxNameLength:
		p.Add("name", "organization.name.too-long", "Max", maxNameLength)
	}
	return p
}
