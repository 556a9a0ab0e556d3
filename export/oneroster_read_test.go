package export

import (
	"bytes"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// taken are the records of a set in a few words.
type taken []string

func (s *taken) add(words string) error { *s = append(*s, words); return nil }

func (s *taken) Term(t roster.Term) error {
	return s.add("term " + t.ExternalID + " " + t.Title + " " + t.Starts.Format(time.DateOnly) + " " + t.Ends.Format(time.DateOnly))
}

func (s *taken) Classroom(c roster.Classroom) error {
	return s.add("class " + c.ExternalID + " " + c.Name + " " + c.Term)
}

func (s *taken) Person(p roster.Person) error {
	words := "person " + p.ExternalID + " " + p.GivenName + " " + p.FamilyName + " " + p.Address + " " + p.UserName + " " + string(p.Role)
	for _, problem := range p.Problems {
		words += " " + problem.Message.ID
	}
	return s.add(words)
}

func (s *taken) Enrolment(e roster.Enrolment) error {
	return s.add("enrolment " + e.Classroom + " " + e.Person + " " + string(e.Role))
}

func TestOneRosterIsReadBackByOurselves(t *testing.T) {
	r := Roster{
		School: identity.Organization{ID: "linden", Name: "Linden School"},
		Classrooms: func() iter.Seq2[identity.Organization, error] {
			return func(yield func(identity.Organization, error) bool) {
				yield(identity.Organization{ID: "7b", Name: "Biology, \"7B\"", State: identity.OrganizationActive}, nil)
			}
		},
		People: func() iter.Seq2[identity.User, error] {
			return func(yield func(identity.User, error) bool) {
				_ = yield(identity.User{ID: "lee", Home: "linden", UserName: "lee@linden.example", GivenName: "Ana", FamilyName: "Lee", Address: "lee@linden.example", State: identity.UserActive}, nil) &&
					yield(identity.User{ID: "sam", Home: "linden", UserName: "sam.k-7b", GivenName: "Sam", FamilyName: "Öz", State: identity.UserActive}, nil) &&
					yield(identity.User{ID: "off", Home: "linden", UserName: "off.k-7b", GivenName: "Ott", FamilyName: "Fox", State: identity.UserInactive}, nil)
			}
		},
		Assignments: func() iter.Seq2[identity.RoleAssignment, error] {
			return func(yield func(identity.RoleAssignment, error) bool) {
				_ = yield(identity.RoleAssignment{ID: "a1", User: "lee", Organization: "7b", Roles: []identity.Role{identity.RoleTeacher}, State: identity.AssignmentActive}, nil) &&
					yield(identity.RoleAssignment{ID: "a2", User: "sam", Organization: "7b", Roles: []identity.Role{identity.RoleStudent}, State: identity.AssignmentActive}, nil) &&
					yield(identity.RoleAssignment{ID: "a3", User: "off", Organization: "7b", Roles: []identity.Role{identity.RoleStudent}, State: identity.AssignmentActive}, nil)
			}
		},
	}
	var b bytes.Buffer
	if err := WriteOneRoster(&b, r, time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	file := roster.File{ReaderAt: bytes.NewReader(b.Bytes()), Size: int64(b.Len()), Name: "roster.zip"}
	reading, sample, err := roster.Recognise(file)
	if err != nil || reading.Format != roster.FormatOneRoster12 || reading.Delta || len(sample.Warnings) > 0 {
		t.Fatalf("recognised as %+v, %+v, %v", reading, sample.Warnings, err)
	}
	var got taken
	if _, err := roster.Read(file, reading, &got); err != nil {
		t.Fatal(err)
	}
	want := taken{
		"term year-2026 2026/2027 2026-08-01 2027-07-31",
		`class 7b Biology, "7B" year-2026`,
		"person lee Ana Lee lee@linden.example  teacher",
		"person sam Sam Öz  sam.k-7b student",
		"person off Ott Fox  off.k-7b student list.disabled",
		"enrolment 7b lee teacher", "enrolment 7b sam student", "enrolment 7b off student",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
