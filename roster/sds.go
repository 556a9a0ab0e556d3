package roster

import (
	"slices"
	"strings"

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

var sdsFiles = []string{"orgs", "academicSessions", "courses", "classes", "users", "roles", "enrollments", "relationships"}

func (s *set) sampleSDS(sample *Sample) error {
	for _, name := range []string{"orgs", "users", "roles"} {
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

// readSDS hands on a set of School Data Sync. Its files are those of OneRoster
// with other columns, so the same steps read them.
func (s *setReader) readSDS() error {
	for _, name := range []string{"orgs", "users", "roles"} {
		if !s.set.has(name) {
			return identity.Invalid("list.file-missing", "Name", name+".csv")
		}
	}
	s.reading.Delta = false
	o := &oneRosterReader{
		setReader: s, orgs: make(map[string]bool), classes: make(map[string]bool), courses: make(map[string]string),
		guardians: make(map[string]Guardian), children: make(map[string][]string),
	}
	d := &sdsReader{oneRosterReader: o, contacts: make(map[string]string)}
	for _, step := range []struct {
		file string
		row  func(*recordFile) error
	}{
		{"orgs", o.org},
		{"academicSessions", o.academicSession},
		{"courses", o.course},
		{"classes", d.class},
		{"roles", d.role},
		{"relationships", d.related},
		{"enrollments", o.belongs},
		{"users", d.meet},
		{"users", d.user},
		{"enrollments", o.enrolled},
	} {
		if err := s.set.each(step.file, sdsNeeds[step.file], step.row); err != nil {
			return err
		}
	}
	return nil
}

type sdsReader struct {
	*oneRosterReader
	contacts map[string]string // relation of who is the contact of a student
	years    map[string]string
}

func (d *sdsReader) class(r *recordFile) error {
	c := Classroom{Place: r.place(), ExternalID: r.get("sourcedId")}
	org := r.get("orgSourcedId")
	counts := d.counts(org)
	_, twice := d.classes[c.ExternalID]
	d.classes[c.ExternalID] = counts
	if err := d.keep(); err != nil || !counts {
		return err
	}
	if terms := r.list("sessionSourcedIds"); len(terms) > 0 {
		c.Term = terms[0]
	}
	title := r.get("title")
	if title == "" {
		title = d.courses[r.get("courseSourcedId")]
	}
	className(&c, title, "title")
	d.identified(c.ExternalID, twice, &c.Problems)
	if !d.orgs[org] {
		c.Problems.Add("orgSourcedId", "list.ref-school", "ID", shown(org))
	}
	return d.classroom(c)
}

func (d *sdsReader) role(r *recordFile) error {
	user, org := r.get("userSourcedId"), r.get("orgSourcedId")
	if grade := r.get("grade"); grade != "" {
		if d.years == nil {
			d.years = make(map[string]string)
		}
		d.years[user] = grade
	}
	return d.meetRole(user, r.get("role"), d.counts(org))
}

// related keeps who is a contact of whom.
func (d *sdsReader) related(r *recordFile) error {
	student, contact := r.get("userSourcedId"), r.get("relationshipUserSourcedId")
	if student == "" || contact == "" {
		return nil
	}
	if !slices.Contains(d.children[student], contact) {
		d.children[student] = append(d.children[student], contact)
	}
	if d.contacts[contact] == "" {
		d.contacts[contact] = r.get("relationshipRole")
	}
	return d.keep()
}

func (d *sdsReader) meet(r *recordFile) error {
	id := r.get("sourcedId")
	m, known := d.people[id]
	if !known {
		if err := d.keep(); err != nil {
			return err
		}
	}
	relation, contact := d.contacts[id]
	if contact && m.role == "" {
		m.role = roleGuardian // a contact who is nothing else at the school
	}
	d.people[id] = m
	if !contact {
		return nil
	}
	given, _ := cleanName(r.get("givenName"))
	family, _ := cleanName(r.get("familyName"))
	g := Guardian{Name: strings.TrimSpace(given + " " + family), Relation: relation, Phone: r.get("phone")}
	if g.Phone == "" {
		g.Phone = r.get("sms")
	}
	e := Entry{Text: r.get("email")}
	if e.check(normalize(e.Text)); e.Good() {
		g.Address = e.Address
	}
	d.guardians[id] = g
	return d.keep()
}

func (d *sdsReader) user(r *recordFile) error {
	p := Person{Place: r.place(), ExternalID: r.get("sourcedId"), UserName: r.get("username")}
	p.Year = d.years[p.ExternalID]
	m := d.people[p.ExternalID]
	if d.reading.School != "" && !m.inside || m.role == roleGuardian {
		return nil
	}
	d.identified(p.ExternalID, m.emitted, &p.Problems)
	m.emitted = true
	d.people[p.ExternalID] = m
	given, family := r.get("givenName"), r.get("familyName")
	if preferred := r.get("preferredGivenName"); preferred != "" {
		given = preferred
	}
	if preferred := r.get("preferredFamilyName"); preferred != "" {
		family = preferred
	}
	d.names(&p, given, family, "givenName", "familyName")
	d.address(&p, r.get("email"), "email")
	d.roleOf(&p, m)
	p.settleUserName()
	for _, id := range d.children[p.ExternalID] {
		if g, found := d.guardians[id]; found {
			p.Guardians = append(p.Guardians, g)
		} else {
			p.Notes.Add("relationshipUserSourcedId", "list.ref-guardian", "ID", shown(id))
		}
	}
	return d.person(p)
}
