package identity_test

import (
	"testing"

	"homeroom.dev/homeroom/identity"
)

// The design's table "Who may do what", cell by cell. Columns are the roles
// from the lowest to the highest; "setting" is a cell that a setting decides.
func TestPermissionsAreTheTableOfTheDesign(t *testing.T) {
	const (
		no, yes, setting = "no", "yes", "setting"
		classroom        = identity.KindClassroom
		school           = identity.KindSchool
	)
	table := []struct {
		permission identity.Permission
		kind       identity.Kind
		cells      [5]string // student, co_teacher, teacher, school_admin, operator
	}{
		{identity.Visit, classroom, [5]string{yes, yes, yes, yes, yes}},
		{identity.SeeRoster, classroom, [5]string{setting, yes, yes, yes, yes}},
		{identity.ManageStudents, classroom, [5]string{no, yes, yes, yes, yes}},
		{identity.ManageTeachers, classroom, [5]string{no, no, yes, yes, yes}},
		{identity.ManageClassroom, classroom, [5]string{no, no, yes, yes, yes}},
		{identity.OpenClassroom, classroom, [5]string{no, no, no, no, no}}, // there is nothing below a classroom
		{identity.ManageSchool, classroom, [5]string{no, no, no, yes, yes}},
		// How people sign in is the school's alone.
		{identity.ConnectSignIn, classroom, [5]string{no, no, no, no, no}},
		{identity.VerifyDomains, classroom, [5]string{no, no, no, no, no}},
		{identity.ShareSetup, classroom, [5]string{no, no, no, no, no}},
		{identity.ReadAudit, classroom, [5]string{no, yes, yes, yes, yes}},
		{identity.Operate, classroom, [5]string{no, no, no, no, yes}},

		// In a school nobody is a student or a co_teacher; see TestRolesCountOnlyWhereTheyHaveAMeaning.
		{identity.Visit, school, [5]string{"", "", yes, yes, yes}},
		{identity.SeeRoster, school, [5]string{"", "", no, yes, yes}},
		{identity.ManageStudents, school, [5]string{"", "", no, yes, yes}},
		{identity.ManageTeachers, school, [5]string{"", "", no, yes, yes}},
		{identity.ManageClassroom, school, [5]string{"", "", no, yes, yes}},
		{identity.OpenClassroom, school, [5]string{"", "", setting, yes, yes}},
		{identity.ManageSchool, school, [5]string{"", "", no, yes, yes}},
		{identity.ConnectSignIn, school, [5]string{"", "", no, yes, yes}},
		{identity.VerifyDomains, school, [5]string{"", "", no, yes, yes}},
		{identity.ShareSetup, school, [5]string{"", "", no, yes, yes}},
		{identity.ReadAudit, school, [5]string{"", "", no, yes, yes}},
		{identity.Operate, school, [5]string{"", "", no, no, yes}},
	}
	seen := make(map[identity.Permission]int)
	for _, row := range table {
		seen[row.permission]++
		for i, cell := range row.cells {
			if cell == "" {
				continue
			}
			role := identity.Roles[i]
			for _, on := range []bool{false, true} {
				settings := identity.OrganizationSettings{StudentsSeeNames: on, TeachersOpenClassrooms: on}
				want := cell == yes || cell == setting && on
				if got := identity.Permitted(role, row.permission, row.kind, settings); got != want {
					t.Errorf("%s in a %s, settings %t: %s = %t, want %t", role, row.kind, on, row.permission, got, want)
				}
			}
		}
	}
	for _, permission := range identity.Permissions {
		if seen[permission] != 2 {
			t.Errorf("%s is in the table %d times, want once for a classroom and once for a school", permission, seen[permission])
		}
	}
}

func TestNothingIsPermittedToWhatIsNoRole(t *testing.T) {
	for _, role := range []identity.Role{"", "owner", "Teacher"} {
		for _, permission := range identity.Permissions {
			for _, kind := range []identity.Kind{identity.KindSchool, identity.KindClassroom, ""} {
				if identity.Permitted(role, permission, kind, identity.OrganizationSettings{}) {
					t.Errorf("%q has %s in a %q", role, permission, kind)
				}
			}
		}
	}
}

func TestRolesCountOnlyWhereTheyHaveAMeaning(t *testing.T) {
	school := identity.Organization{ID: "linden", Kind: identity.KindSchool}
	inSchool := identity.Organization{ID: "biology", Kind: identity.KindClassroom, School: "linden"}
	alone := identity.Organization{ID: "chess", Kind: identity.KindClassroom}
	actor := identity.Actor{User: "lee"}
	type roles = []identity.Role
	for _, test := range []struct {
		name         string
		organization identity.Organization
		held         identity.Held
		want         identity.Role // empty: not found
		holds        bool
		visiting     bool
	}{
		{"a stranger", inSchool, identity.Held{}, "", false, false},
		{"a student", inSchool, identity.Held{Here: roles{"student"}}, "student", true, false},
		{"the highest of several", inSchool, identity.Held{Here: roles{"student", "teacher"}}, "teacher", true, false},
		{"a school_admin in a classroom below", inSchool, identity.Held{School: roles{"school_admin"}}, "school_admin", false, false},
		{"a school_admin who teaches", inSchool, identity.Held{Here: roles{"teacher"}, School: roles{"school_admin"}}, "school_admin", true, false},
		{"a teacher of the school is nobody in others' classrooms", inSchool, identity.Held{School: roles{"teacher"}}, "", false, false},
		{"a school's role means nothing in a classroom that stands alone", alone, identity.Held{School: roles{"school_admin"}}, "", false, false},
		{"school_admin held in a classroom gives nothing", inSchool, identity.Held{Here: roles{"school_admin"}}, "", false, false},
		{"operator held in a classroom gives nothing", inSchool, identity.Held{Here: roles{"operator"}}, "", false, false},
		{"student held in a school gives nothing", school, identity.Held{Here: roles{"student"}}, "", false, false},
		{"operator held in the school gives nothing", inSchool, identity.Held{School: roles{"operator"}}, "", false, false},
		{"another role on the platform gives nothing", school, identity.Held{Platform: roles{"school_admin"}}, "", false, false},
		{"an operator visits", school, identity.Held{Platform: roles{"operator"}}, "operator", false, true},
		{"an operator who teaches here does not visit", inSchool, identity.Held{Here: roles{"teacher"}, Platform: roles{"operator"}}, "operator", true, false},
		{"an unknown role gives nothing", inSchool, identity.Held{Here: roles{"owner"}}, "", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			opened, err := identity.Open(test.organization, actor, test.held)
			if found := err == nil; found != (test.want != "") {
				t.Fatalf("open: %v, want found = %t", err, test.want != "")
			}
			if err != nil && !identity.IsKind(err, identity.KindNotFound) {
				t.Errorf("open: %v, want not-found", err)
			}
			if got := opened.Role(); got != test.want {
				t.Errorf("role = %q, want %q", got, test.want)
			}
			if got := opened.Visiting(); got != test.visiting {
				t.Errorf("visiting = %t, want %t", got, test.visiting)
			}
			if test.want != "" && opened.Holds() != test.holds {
				t.Errorf("holds = %t, want %t", opened.Holds(), test.holds)
			}
		})
	}
}
