package views

import "homeroom.dev/homeroom/identity"

// classDeed is something that is done from the page of a class.
type classDeed struct {
	label, hint string // in the catalogue; a hint may be missing
	path        func(identity.OrganizationID) string
	needs       identity.Permission
	ofSchool    bool // for classes of schools alone
}

// classAdding are the ways into a class, the quickest first.
var classAdding = []classDeed{
	{label: "class.add.list", hint: "class.add.list.hint", path: ImportsPath, needs: identity.ManageStudents},
	{label: "class.add.code", hint: "class.add.code.hint", path: CodePath, needs: identity.ManageStudents},
	{label: "class.add.invite", hint: "class.add.invite.hint", path: NewInvitationPath, needs: identity.ManageStudents},
	{label: "class.add.account", hint: "class.add.account.hint", path: NewStudentPath, needs: identity.ManageStudents},
}

// classMore is what is wanted now and then.
var classMore = []classDeed{
	{label: "class.more.passwords", hint: "class.more.passwords.hint", path: StudentsResetPath, needs: identity.ManageStudents},
	{label: "class.more.badges", hint: "class.more.badges.hint", path: BadgesPath, needs: identity.ManageStudents, ofSchool: true},
	{label: "class.more.requests", hint: "class.more.requests.hint", path: RequestsPath, needs: identity.ManageStudents},
	{label: "class.more.substitutes", hint: "class.more.substitutes.hint", path: SubstitutesPath, needs: identity.ManageTeachers},
}

// classDeeds are those of all that the actor may do here.
func classDeeds(org identity.Opened, all []classDeed) []classDeed {
	var deeds []classDeed
	for _, d := range all {
		if org.Permits(d.needs) && (!d.ofSchool || org.Organization().School != "") {
			deeds = append(deeds, d)
		}
	}
	return deeds
}

// starting reports whether the class has no student yet, and the actor is one
// who brings them.
func (v RosterView) starting(org identity.Opened) bool {
	return org.Organization().Kind == identity.KindClassroom && org.Permits(identity.ManageStudents) &&
		v.Counts.Roles[identity.RoleStudent] == 0 && !v.Query.filtered() && v.Query.After == "" && v.Query.Before == ""
}
