package export

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

func each[T any](all ...T) func() iter.Seq2[T, error] {
	return func() iter.Seq2[T, error] {
		return func(yield func(T, error) bool) {
			for _, one := range all {
				if !yield(one, nil) {
					return
				}
			}
		}
	}
}

func linden() Roster {
	active, over := identity.OrganizationActive, identity.OrganizationInactive
	roles := func(r ...identity.Role) []identity.Role { return r }
	return Roster{
		School: identity.Organization{ID: "s", Kind: identity.KindSchool, Name: "Linden, School"},
		Classrooms: each(
			identity.Organization{ID: "7b", Name: "Biology\n7B", State: active},
			identity.Organization{ID: "old", Name: "Latin", State: over},
		),
		People: each(
			identity.User{ID: "lee", Home: "s", UserName: "lee@linden.example", GivenName: "Ada", FamilyName: "Lee", Address: "lee@linden.example", State: identity.UserActive},
			identity.User{ID: "sam", Home: "s", UserName: "sam.k", GivenName: "Sam", State: identity.UserInactive},
			identity.User{ID: "gil", Home: "elsewhere", UserName: "gil", GivenName: "Gil", State: identity.UserActive},
		),
		Assignments: each(
			identity.RoleAssignment{ID: "a1", User: "lee", Organization: "s", Roles: roles(identity.RoleSchoolAdmin), State: identity.AssignmentActive},
			identity.RoleAssignment{ID: "a2", User: "lee", Organization: "7b", Roles: roles(identity.RoleTeacher), State: identity.AssignmentActive},
			identity.RoleAssignment{ID: "a3", User: "sam", Organization: "7b", Roles: roles(identity.RoleStudent), State: identity.AssignmentActive},
			identity.RoleAssignment{ID: "a4", User: "gil", Organization: "7b", Roles: roles(identity.RoleStudent), State: identity.AssignmentSuspended},
			identity.RoleAssignment{ID: "a5", User: "sam", Organization: "old", Roles: roles(identity.RoleStudent), State: identity.AssignmentActive},
		),
	}
}

// files reads the files of an archive as tables, without their heads.
func files(t *testing.T, archive []byte) map[string][][]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	tables := make(map[string][][]string)
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(r).ReadAll() // refuses rows of unequal length
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		tables[f.Name] = rows[1:]
	}
	return tables
}

func TestWriteOneRoster(t *testing.T) {
	var out bytes.Buffer
	if err := WriteOneRoster(&out, linden(), time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	got := files(t, out.Bytes())
	manifest := map[string]string{}
	for _, row := range got["manifest.csv"] {
		manifest[row[0]] = row[1]
	}
	delete(got, "manifest.csv")
	for name := range got {
		if property := "file." + name[:len(name)-len(".csv")]; manifest[property] != "bulk" {
			t.Errorf("the manifest says %q of %s", manifest[property], name)
		}
	}
	if manifest["oneroster.version"] != "1.2" || manifest["file.results"] != "absent" {
		t.Errorf("manifest = %v", manifest)
	}
	want := map[string][][]string{
		"academicSessions.csv": {{"year-2026", "", "", "2026/2027", "schoolYear", "2026-08-01", "2027-07-31", "", "2027"}},
		"orgs.csv":             {{"s", "", "", "Linden, School", "school", "", ""}},
		"courses.csv":          {{"course-7b", "", "", "year-2026", "Biology 7B", "", "", "s", "", ""}},
		"classes.csv":          {{"7b", "", "", "Biology 7B", "", "course-7b", "", "scheduled", "", "s", "year-2026", "", "", ""}},
		"users.csv": {
			{"lee", "", "", "true", "lee@linden.example", "", "Ada", "Lee", "", "", "lee@linden.example", "", "", "", "", "", "", "", "", "", "", "s", ""},
			{"sam", "", "", "false", "sam.k", "", "Sam", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "s", ""},
			{"gil", "", "", "true", "gil", "", "Gil", "", "", "", "", "", "", "", "", "", "", "", "", "", "", "", ""},
		},
		"roles.csv": {
			{"lee-siteAdministrator", "", "", "lee", "primary", "siteAdministrator", "", "", "s", ""},
			{"lee-teacher", "", "", "lee", "secondary", "teacher", "", "", "s", ""},
			{"sam-student", "", "", "sam", "primary", "student", "", "", "s", ""},
		},
		"enrollments.csv": {
			{"a2", "", "", "7b", "s", "lee", "teacher", "true", "", ""},
			{"a3", "", "", "7b", "s", "sam", "student", "false", "", ""},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestABrokenSourceBreaksTheArchive(t *testing.T) {
	broken := errors.New("disk")
	for name, change := range map[string]func(*Roster){
		"classrooms": func(r *Roster) {
			r.Classrooms = func() iter.Seq2[identity.Organization, error] {
				return func(yield func(identity.Organization, error) bool) { yield(identity.Organization{}, broken) }
			}
		},
		"people": func(r *Roster) {
			r.People = func() iter.Seq2[identity.User, error] {
				return func(yield func(identity.User, error) bool) { yield(identity.User{}, broken) }
			}
		},
		"assignments": func(r *Roster) {
			r.Assignments = func() iter.Seq2[identity.RoleAssignment, error] {
				return func(yield func(identity.RoleAssignment, error) bool) { yield(identity.RoleAssignment{}, broken) }
			}
		},
	} {
		r := linden()
		change(&r)
		if err := WriteOneRoster(&bytes.Buffer{}, r, time.Now()); !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheSchoolYear(t *testing.T) {
	for _, tt := range []struct {
		month time.Month
		want  string
	}{{time.July, "2025/2026"}, {time.August, "2026/2027"}, {time.January, "2025/2026"}} {
		if got := schoolYearOf(time.Date(2026, tt.month, 1, 0, 0, 0, 0, time.UTC)).title(); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.month, got, tt.want)
		}
	}
}
