package roster

import (
	"cmp"
	"strconv"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// cleverNeeds are the columns without which a file of a Clever set cannot be
// read (Clever SFTP instructions).
var cleverNeeds = map[string][]string{
	"schools":     {"School_id", "School_name"},
	"students":    {"School_id", "Student_id", "Last_name", "First_name"},
	"teachers":    {"School_id", "Teacher_id", "Last_name", "First_name"},
	"staff":       {"School_id", "Staff_id", "Last_name", "First_name"},
	"sections":    {"School_id", "Section_id", "Teacher_id"},
	"enrollments": {"School_id", "Section_id", "Student_id"},
}

var cleverFiles = []string{"schools", "sections", "students", "teachers", "staff", "enrollments"}

func (s *set) sampleClever(sample *Sample) error {
	for _, name := range []string{"schools", "students", "sections", "enrollments"} {
		if !s.has(name) {
			return identity.Invalid("list.file-missing", "Name", name+".csv")
		}
	}
	for _, name := range cleverFiles {
		if !s.has(name) {
			continue
		}
		if err := s.sampleFile(sample, name, "", cleverNeeds[name]); err != nil {
			return err
		}
	}
	return s.sampleSchools(sample, "schools", "School_id", "School_name")
}

// cleverReader keeps the IDs of a set that rows refer to.
type cleverReader struct {
	*setReader
	schools  map[string]bool
	sections map[string]bool // true: of the school that counts
	terms    map[string]bool
	contacts map[string][]Guardian // of students who have several rows
}

// Clever counts students, teachers and staff apart, so their IDs are told apart
// here.
func studentID(id string) string { return prefixed("student/", id) }
func teacherID(id string) string { return prefixed("teacher/", id) }
func staffID(id string) string   { return prefixed("staff/", id) }

func prefixed(kind, id string) string {
	if id == "" {
		return ""
	}
	return kind + id
}

// readClever hands on a Clever set. It is always the whole of it.
func (s *setReader) readClever() error {
	s.reading.Delta = false
	c := &cleverReader{
		setReader: s, schools: make(map[string]bool), sections: make(map[string]bool), terms: make(map[string]bool),
		contacts: make(map[string][]Guardian),
	}
	return s.steps(func(name string) []string { return cleverNeeds[name] }, []step{
		{"schools", c.school},
		{"sections", c.term},
		{"sections", c.section},
		{"students", c.meet},
		{"students", c.student},
		{"teachers", c.teacher},
		{"staff", c.staff},
		{"sections", c.teaches},
		{"enrollments", c.enrolled},
	})
}

func (c *cleverReader) counts(r *recordFile) bool {
	return c.reading.School == "" || r.get("School_id") == c.reading.School
}

func (c *cleverReader) school(r *recordFile) error {
	c.schools[r.get("School_id")] = true
	return c.keep()
}

// term makes terms of what sections say.
func (c *cleverReader) term(r *recordFile) error {
	id := termOf(r)
	if id == "" || c.terms[id] || !c.counts(r) {
		return nil
	}
	c.terms[id] = true
	known, err := c.session(r, id, r.get("Term_name"), r.get("Term_start"), r.get("Term_end"))
	if err != nil || !known {
		return err
	}
	return c.keep()
}

func termOf(r *recordFile) string {
	if r.get("Term_start") == "" || r.get("Term_end") == "" {
		return ""
	}
	return strings.TrimSpace(r.get("Term_name") + " " + r.get("Term_start"))
}

func (c *cleverReader) section(r *recordFile) error {
	k := Classroom{Place: r.place(), ExternalID: r.get("Section_id"), Year: r.get("Grade"), Term: termOf(r)}
	counts := c.counts(r)
	_, twice := c.sections[k.ExternalID]
	c.sections[k.ExternalID] = counts
	if err := c.keep(); err != nil || !counts {
		return err
	}
	name := r.get("Name")
	if name == "" {
		name = r.get("Course_name")
		if period := r.get("Period"); name != "" && period != "" {
			name += " " + period
		} else if number := r.get("Section_number"); number != "" {
			name = strings.TrimSpace(name + " " + number)
		}
	}
	className(&k, name, "Name")
	identified(k.ExternalID, "Section_id", twice, &k.Problems)
	if school := r.get("School_id"); !c.schools[school] {
		k.Problems.Add("School_id", "list.ref-school", "ID", shown(school))
	}
	return c.classroom(k)
}

// meet reads students once: Clever gives a student a further row for each
// further contact.
func (c *cleverReader) meet(r *recordFile) error {
	if !c.counts(r) {
		return nil
	}
	id := studentID(r.get("Student_id"))
	if _, twice := c.people[id]; twice {
		if g := c.contact(r); g != (Guardian{}) {
			c.contacts[id] = append(c.contacts[id], g)
			return c.keep()
		}
		return nil
	}
	c.people[id] = met{role: identity.RoleStudent, inside: true}
	return c.keep()
}

func (c *cleverReader) contact(r *recordFile) Guardian {
	name, _ := cleanName(r.get("Contact_name"))
	g := Guardian{Name: name, Relation: r.get("Contact_relationship"), Phone: r.get("Contact_phone"), Address: mailable(r.get("Contact_email"))}
	if g.Name == "" && g.Address == "" && g.Phone == "" {
		return Guardian{}
	}
	return g
}

func (c *cleverReader) student(r *recordFile) error {
	if !c.counts(r) {
		return nil
	}
	p := c.read(r, studentID(r.get("Student_id")), "Student_id", "Student_email")
	p.Role, p.Year = identity.RoleStudent, r.get("Grade")
	m := c.people[p.ExternalID]
	if m.emitted && p.ExternalID != "" {
		return nil // the row of a further contact, or of a further school
	}
	m.emitted = true
	c.people[p.ExternalID] = m
	if g := c.contact(r); g != (Guardian{}) {
		p.Guardians = append(p.Guardians, g)
	}
	p.Guardians = append(p.Guardians, c.contacts[p.ExternalID]...)
	return c.person(p)
}

// read reads what the rows of all people have.
func (c *cleverReader) read(r *recordFile, id, idColumn, mailColumn string) Person {
	p := Person{Place: r.place(), ExternalID: id, UserName: r.get("Username")}
	identified(p.ExternalID, idColumn, false, &p.Problems)
	c.names(&p, cmp.Or(r.get("Preferred_first_name"), r.get("First_name")), cmp.Or(r.get("Preferred_last_name"), r.get("Last_name")),
		"First_name", "Last_name")
	c.address(&p, r.get(mailColumn), mailColumn)
	p.settleUserName()
	return p
}

func (c *cleverReader) teacher(r *recordFile) error {
	if !c.counts(r) {
		return nil
	}
	p := c.read(r, teacherID(r.get("Teacher_id")), "Teacher_id", "Teacher_email")
	p.Role = identity.RoleTeacher
	if _, twice := c.people[p.ExternalID]; twice && p.ExternalID != "" {
		return nil // a teacher of several schools has several rows
	}
	c.people[p.ExternalID] = met{role: p.Role, inside: true, emitted: true}
	if err := c.keep(); err != nil {
		return err
	}
	return c.person(p)
}

// staff hands on who is neither a teacher nor a student.
func (c *cleverReader) staff(r *recordFile) error {
	if !c.counts(r) {
		return nil
	}
	p := c.read(r, staffID(r.get("Staff_id")), "Staff_id", "Staff_email")
	if _, twice := c.people[p.ExternalID]; twice && p.ExternalID != "" {
		return nil
	}
	word := cmp.Or(r.get("Role"), r.get("Title"))
	m := met{role: readRole(word), other: shown(word), inside: true, emitted: true}
	if m.role == roleGuardian {
		m.role = ""
	}
	c.roleOf(&p, m)
	c.people[p.ExternalID] = m
	if err := c.keep(); err != nil {
		return err
	}
	return c.person(p)
}

// teaches hands on the teachers of a section; the first one counts as much as the
// others.
func (c *cleverReader) teaches(r *recordFile) error {
	section := r.get("Section_id")
	if !c.sections[section] || !c.counts(r) {
		return nil
	}
	for i := range 10 {
		column := "Teacher_id"
		if i > 0 {
			column = "Teacher_" + strconv.Itoa(i+1) + "_id"
		}
		id := teacherID(r.get(column))
		if id == "" {
			continue
		}
		e := Enrolment{Place: r.place(), Classroom: section, Person: id, Role: identity.RoleTeacher}
		if _, known := c.people[id]; !known {
			e.Problems.Add(column, "list.ref-person", "ID", shown(r.get(column)))
		}
		if err := c.enrolment(e); err != nil {
			return err
		}
	}
	return nil
}

func (c *cleverReader) enrolled(r *recordFile) error {
	e := Enrolment{
		Place: r.place(), Classroom: r.get("Section_id"), Person: studentID(r.get("Student_id")), Role: identity.RoleStudent,
	}
	counts, section := c.sections[e.Classroom]
	if section && !counts || !section && !c.counts(r) {
		return nil
	}
	if !section {
		e.Problems.Add("Section_id", "list.ref-class", "ID", shown(e.Classroom))
	}
	if _, known := c.people[e.Person]; !known {
		e.Problems.Add("Student_id", "list.ref-person", "ID", shown(r.get("Student_id")))
	}
	return c.enrolment(e)
}
