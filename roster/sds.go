package roster

import (
	"slices"

	"homeroom.dev/homeroom/identity"
)

// sdsNeeds are the columns without which a file of School Data Sync v2.1 cannot
// be read. They are spelled with the letters Microsoft asks for.
var sdsNeeds = map[string][]string{
	"orgs":             {"sourcedId", "name", "type"},
	"users":            {"sourcedId", "username"},
	"roles":            {"userSourcedId", "orgSourcedId", "role"},
	"classes":          {"sourcedId", "orgSourcedId", "title"},
	"enrollments":      {"classSourcedId", "userSourcedId", "role"},
	"academicSessions": {"sourcedId", "title", "startDate", "endDate"},
	"courses":          {"sourcedId", "title"},
	"relationships":    {"userSourcedId", "relationshipUserSourcedId", "relationshipRole"},
}

// sdsRequired are the files without which there is no set.
var sdsRequired = []string{"orgs", "users", "roles"}

var sdsFiles = []string{"orgs", "academicSessions", "courses", "classes", "users", "roles", "enrollments", "relationships"}

func (s *set) sampleSDS(sample *Sample) error {
	for _, name := range sdsRequired {
		if !s.has(name) {
			return identity.Invalid("list.file-missing", "Name", name+".csv")
		}
	}
	if s.has("classes") != s.has("enrollments") {
		return identity.Invalid("list.sds-classes")
	}
	for _, name := range sdsFiles {
		if !s.has(name) {
			continue
		}
		if err := s.sampleFile(sample, name, "", sdsNeeds[name]); err != nil {
			return err
		}
	}
	return s.sampleSchools(sample, "orgs", "sourcedId", "name")
}

// readSDS hands on a set of School Data Sync.
func (s *setReader) readSDS() error {
	for _, name := range sdsRequired {
		if !s.set.has(name) {
			return identity.Invalid("list.file-missing", "Name", name+".csv")
		}
	}
	s.reading.Delta = false
	o := s.oneRoster("orgSourcedId", "sessionSourcedIds", "relationshipUserSourcedId")
	return s.steps(func(name string) []string { return sdsNeeds[name] }, []step{
		{"orgs", o.org},
		{"academicSessions", o.academicSession},
		{"courses", o.course},
		{"classes", o.class},
		{"roles", o.role},
		{"relationships", o.related},
		{"enrollments", o.belongs},
		{"users", o.meet},
		{"users", o.user},
		{"enrollments", o.enrolled},
	})
}

// related keeps who is a contact of whom.
func (o *oneRosterReader) related(r *recordFile) error {
	student, contact := r.get("userSourcedId"), r.get("relationshipUserSourcedId")
	if student == "" || contact == "" {
		return nil
	}
	if !slices.Contains(o.children[student], contact) {
		o.children[student] = append(o.children[student], contact)
	}
	if o.relations[contact] == "" {
		o.relations[contact] = r.get("relationshipRole")
	}
	return o.keep()
}
