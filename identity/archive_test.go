package identity

import "testing"

// What is left of a classroom that is archived, for whom.
func TestWhoMayDoWhatWithAnArchivedClassroom(t *testing.T) {
	const refused, missing, late, school = "classroom.archived", "permission.missing", "classroom.delete.in-use", "classroom.delete.by-school"
	for _, tt := range []struct {
		name                           string
		school                         OrganizationID
		state                          OrganizationState
		role                           Role
		changes, reads, closes, delete string // why not; empty: allowed
	}{
		{"a teacher, in use", "linden", OrganizationActive, RoleTeacher, "", "", "", school},
		{"a teacher, archived", "linden", OrganizationInactive, RoleTeacher, refused, "", "", school},
		{"a co_teacher, archived", "linden", OrganizationInactive, RoleCoTeacher, refused, "", missing, missing},
		{"a student, archived", "linden", OrganizationInactive, RoleStudent, missing, missing, missing, missing},
		{"school IT, in use", "linden", OrganizationActive, RoleSchoolAdmin, "", "", "", late},
		{"school IT, archived", "linden", OrganizationInactive, RoleSchoolAdmin, refused, "", "", ""},
		{"its own teacher, alone and in use", "", OrganizationActive, RoleTeacher, "", "", "", late},
		{"its own teacher, alone and archived", "", OrganizationInactive, RoleTeacher, refused, "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			held := Held{Here: []Role{tt.role}}
			if tt.role == RoleSchoolAdmin {
				held = Held{School: []Role{tt.role}}
			}
			opened, err := Open(Organization{ID: "7b", Kind: KindClassroom, Name: "7B", School: tt.school, State: tt.state}, Actor{User: "u"}, held)
			if err != nil {
				t.Fatal(err)
			}
			for what, c := range map[string]struct {
				got  error
				want string
			}{
				"change": {opened.Refusal(ManageStudents), tt.changes},
				"read":   {opened.Refusal(SeeRoster), tt.reads},
				"close":  {opened.MayArchive(), tt.closes},
				"delete": {opened.MayDelete(), tt.delete},
			} {
				said := ""
				if known, ok := c.got.(*Error); ok {
					said = known.Message.ID
				} else if c.got != nil {
					t.Fatal(c.got)
				}
				if said != c.want {
					t.Errorf("%s: %q, want %q", what, said, c.want)
				}
			}
		})
	}
}

func TestALineOfAListHasAKeyOfItsOwn(t *testing.T) {
	form := NewSubmission()
	seen := map[string]bool{}
	for line := range 300 {
		key := LineSubmission(form, line)
		if seen[key] || !IsSubmission(key) || key != LineSubmission(form, line) {
			t.Fatalf("line %d has the key %q", line, key)
		}
		seen[key] = true
	}
	if seen[LineSubmission(NewSubmission(), 1)] {
		t.Error("two lists share a key")
	}
}
