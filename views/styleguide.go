package views

import (
	"time"

	"homeroom.dev/homeroom/identity"
)

// sample is what the style guide shows its components with. It is written here
// and not in the catalogue, because only the demo shows it.
type sample struct {
	name, address string
	role          identity.Role
	state         identity.RoleAssignmentState
	seen          time.Duration // ago; 0 for never
}

var samples = []sample{
	{"Amelia Okafor", "amelia.okafor@linden.example", identity.RoleTeacher, identity.AssignmentActive, 4 * time.Minute},
	{"Zoë Müller-Lüdenscheidt", "zoe@linden.example", identity.RoleCoTeacher, identity.AssignmentActive, 26 * time.Hour},
	{"Sam K", "sam.k", identity.RoleStudent, identity.AssignmentActive, 9 * 24 * time.Hour},
	{"María José Fernández de la Cruz y Santillana", "maria.jose.fernandez.de.la.cruz@a-very-long-domain-name.example", identity.RoleStudent, identity.AssignmentSuspended, 0},
}

// failing is a form as it comes back.
var failing = identity.Problems{
	{Field: "wrong", Message: identity.Say("organization.name.missing")},
	{Field: "wrong-role", Message: identity.Say("role.not-here")},
}

var sampleRoles = []Option{
	{Value: "student", Label: "Student", Hint: "Sees the class and can leave it."},
	{Value: "co_teacher", Label: "Co-teacher", Hint: "Invites and removes students."},
	{Value: "teacher", Label: "Teacher", Hint: "Also decides who teaches.", Disabled: true},
}
