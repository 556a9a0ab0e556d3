package identity

import "slices"

// Permission is something a route needs. Which roles have it is decided in one
// table, [Permitted].
type Permission string

// The permissions.
const (
	// Visit is held by everyone with a role: see that the organization exists,
	// one's own role in it, and leave.
	Visit Permission = "visit"
	// SeeRoster is to see who is in it. Students have it where the classroom
	// lets them see names.
	SeeRoster Permission = "see-roster"
	// ManageStudents is to invite, create, remove and suspend students, and to
	// reset their sign-in.
	ManageStudents Permission = "manage-students"
	// ManageTeachers is to assign and end the roles teacher and co_teacher.
	ManageTeachers Permission = "manage-teachers"
	// ManageClassroom is to archive the classroom and change its settings.
	ManageClassroom Permission = "manage-classroom"
	// OpenClassroom is to open a classroom in the school.
	OpenClassroom Permission = "open-classroom"
	// ManageSchool is the school's people and settings.
	ManageSchool Permission = "manage-school"
	// ConnectSignIn is the school's connections and whether they are the only way
	// in; VerifyDomains its domains. A set-up link may carry either.
	ConnectSignIn Permission = "connect-sign-in"
	VerifyDomains Permission = "verify-domains"
	// ShareSetup is to make, follow and revoke set-up links.
	ShareSetup Permission = "share-setup"
	// ReadAudit is to read what was done here.
	ReadAudit Permission = "read-audit"
	// Operate is for the platform's operators.
	Operate Permission = "operate"
)

// Permissions lists every permission, for tests that walk them.
var Permissions = []Permission{
	Visit, SeeRoster, ManageStudents, ManageTeachers, ManageClassroom,
	OpenClassroom, ManageSchool, ConnectSignIn, VerifyDomains, ShareSetup, ReadAudit, Operate,
}

// permitted is the table of the design's section "Who may do what", without
// what settings add.
var permitted = map[Role][]Permission{
	RoleStudent:   {Visit},
	RoleCoTeacher: {Visit, SeeRoster, ManageStudents, ReadAudit},
	RoleTeacher:   {Visit, SeeRoster, ManageStudents, ManageTeachers, ManageClassroom, ReadAudit},
	RoleSchoolAdmin: {
		Visit, SeeRoster, ManageStudents, ManageTeachers, ManageClassroom,
		OpenClassroom, ManageSchool, ConnectSignIn, VerifyDomains, ShareSetup, ReadAudit,
	},
	RoleOperator: Permissions,
}

// ofSchools mean nothing in a classroom.
var ofSchools = []Permission{OpenClassroom, ConnectSignIn, VerifyDomains, ShareSetup}

// ofArchived are what is left of an archived classroom. ManageClassroom is to
// restore and to delete it; its settings and its name stay as they are.
var ofArchived = []Permission{Visit, SeeRoster, ManageClassroom, ReadAudit, Operate}

// Permitted reports whether role has permission in an organization of kind
// with settings.
func Permitted(role Role, permission Permission, kind Kind, settings OrganizationSettings) bool {
	switch {
	case role == RoleStudent && permission == SeeRoster:
		return settings.StudentsSeeNames && !settings.NamesForbidden
	case role == RoleTeacher && kind == KindSchool:
		// In the school itself a teacher is one of its staff, not its manager.
		return permission == Visit || permission == OpenClassroom && settings.TeachersOpenClassrooms
	case kind != KindSchool && slices.Contains(ofSchools, permission):
		return false
	}
	return slices.Contains(permitted[role], permission)
}

// Permits reports whether the actor has permission in the opened organization.
func (o Opened) Permits(permission Permission) bool {
	if o.setup != nil {
		return permission == ConnectSignIn && o.setup.For(IntentSSO) ||
			permission == VerifyDomains && o.setup.For(IntentDomains)
	}
	if o.organization.Archived() && !slices.Contains(ofArchived, permission) {
		return false
	}
	return o.permitsInUse(permission)
}

// permitsInUse reports whether the actor has permission where the classroom is
// not archived.
func (o Opened) permitsInUse(permission Permission) bool {
	return slices.ContainsFunc(o.roles, func(r Role) bool {
		return Permitted(r, permission, o.organization.Kind, o.organization.Settings)
	})
}

// Refusal is why the actor lacks permission, or nil: what an archived classroom
// alone keeps them from is told apart ("classroom.archived").
func (o Opened) Refusal(permission Permission) error {
	switch {
	case o.Permits(permission):
		return nil
	case o.setup == nil && o.organization.Archived() && o.permitsInUse(permission):
		return Conflict("classroom.archived", "Classroom", o.organization.Name)
	}
	return Forbidden("permission.missing")
}
