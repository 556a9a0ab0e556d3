package roster

import (
	"cmp"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// gone reports whether a row says that its object is to be deleted. OneRoster 1.0
// called that inactive, and some still do.
func gone(r *recordFile) bool {
	status := r.get("status")
	return strings.EqualFold(status, "tobedeleted") || strings.EqualFold(status, "inactive")
}

// status says what is wrong with the status of a row.
func (s *setReader) status(r *recordFile, problems *identity.Problems) {
	status := r.get("status")
	if gone(r) || strings.EqualFold(status, "active") || status == "" && !s.reading.Delta {
		return
	}
	problems.Add("status", "list.status", "Text", shown(status))
}

// oneRosterReader hands on sets of OneRoster and of School Data Sync, whose files
// are those of OneRoster with some columns more, less, or called differently. It
// keeps the IDs that rows refer to.
type oneRosterReader struct {
	*setReader
	orgs      map[string]bool
	classes   map[string]bool // true: of the school that counts
	courses   map[string]string
	years     map[string]string // of people whose row does not say it
	guardians map[string]Guardian
	children  map[string][]string // guardians by student, where the student's row does not say it
	relations map[string]string   // of who is the contact of a student, in a file of their own
	// What the columns are called that name the school and the terms of a class, and
	// the guardians of a student.
	school, terms, agents string
}

func (s *setReader) oneRoster(school, terms, agents string) *oneRosterReader {
	return &oneRosterReader{
		setReader: s, orgs: make(map[string]bool), classes: make(map[string]bool), courses: make(map[string]string),
		years: make(map[string]string), guardians: make(map[string]Guardian), children: make(map[string][]string),
		relations: make(map[string]string), school: school, terms: terms, agents: agents,
	}
}

// readOneRoster hands on a OneRoster set.
func (s *setReader) readOneRoster() error {
	modes, delta, _, err := s.set.modes()
	if err != nil {
		return err
	}
	s.reading.Delta = delta // what the file says counts, not what a form sent
	for name := range s.set.files {
		if modes[name] == "" && slices.Contains(oneRosterFiles, name) {
			delete(s.set.files, name)
		}
	}
	o := s.oneRoster("schoolSourcedId", "termSourcedIds", "agentSourcedIds")
	return s.steps(s.set.needs, []step{
		{"orgs", o.org},
		{"academicSessions", o.academicSession},
		{"courses", o.course},
		{"classes", o.class},
		{"roles", o.role},
		{"enrollments", o.belongs},
		{"users", o.meet},
		{"users", o.user},
		{"enrollments", o.enrolled},
	})
}

func (o *oneRosterReader) org(r *recordFile) error {
	o.orgs[r.get("sourcedId")] = true
	return o.keep()
}

// counts reports whether an organization of the set is the one that counts.
func (o *oneRosterReader) counts(org string) bool {
	return o.reading.School == "" || org == o.reading.School
}

func (o *oneRosterReader) academicSession(r *recordFile) error {
	if gone(r) {
		return nil
	}
	_, err := o.session(r, r.get("sourcedId"), r.get("title"), r.get("startDate"), r.get("endDate"))
	return err
}

func (o *oneRosterReader) course(r *recordFile) error {
	o.courses[r.get("sourcedId")] = r.get("title")
	return o.keep()
}

func (o *oneRosterReader) class(r *recordFile) error {
	c := Classroom{Place: r.place(), ExternalID: r.get("sourcedId"), Year: r.get("grades"), Gone: gone(r)}
	school := r.get(o.school)
	counts := o.counts(school)
	_, twice := o.classes[c.ExternalID]
	o.classes[c.ExternalID] = counts
	if err := o.keep(); err != nil || !counts {
		return err
	}
	if terms := r.list(o.terms); len(terms) > 0 {
		c.Term = terms[0]
	}
	title := r.get("title")
	if title == "" {
		title = strings.TrimSpace(o.courses[r.get("courseSourcedId")] + " " + r.get("classCode"))
	}
	if title != "" || !o.reading.Delta {
		className(&c, title, "title")
	}
	o.status(r, &c.Problems)
	identified(c.ExternalID, "sourcedId", twice, &c.Problems)
	if !o.orgs[school] && o.set.has("orgs") && !o.reading.Delta {
		c.Problems.Add(o.school, "list.ref-school", "ID", shown(school))
	}
	return o.classroom(c)
}

// role meets the role of a person in roles.csv of OneRoster 1.2 and of School
// Data Sync.
func (o *oneRosterReader) role(r *recordFile) error {
	if gone(r) {
		return nil
	}
	user := r.get("userSourcedId")
	if grade := r.get("grade"); grade != "" {
		o.years[user] = grade
	}
	return o.meetRole(user, r.get("role"), o.counts(r.get("orgSourcedId")))
}

// belongs meets people by the classes of the school that counts, whatever
// organization they are of.
func (o *oneRosterReader) belongs(r *recordFile) error {
	if o.reading.School == "" || !o.classes[r.get("classSourcedId")] {
		return nil
	}
	id := r.get("userSourcedId")
	m, known := o.people[id]
	m.inside = true
	o.people[id] = m
	if known {
		return nil
	}
	return o.keep()
}

// meet reads users once for what other rows need: roles, and guardians.
func (o *oneRosterReader) meet(r *recordFile) error {
	id := r.get("sourcedId")
	if !o.set.has("roles") {
		inside := o.reading.School == "" || slices.Contains(r.list("orgSourcedIds"), o.reading.School)
		if err := o.meetRole(id, r.get("role"), inside); err != nil {
			return err
		}
	}
	m, known := o.people[id]
	relation, contact := o.relations[id]
	if contact && m.role == "" {
		m.role = roleGuardian // a contact who is nothing else at the school
	}
	o.people[id] = m
	if !known {
		if err := o.keep(); err != nil {
			return err
		}
	}
	if m.role != roleGuardian && !contact || gone(r) {
		return nil
	}
	given, _ := cleanName(r.get("givenName"))
	family, _ := cleanName(r.get("familyName"))
	o.guardians[id] = Guardian{
		Name: strings.TrimSpace(given + " " + family), Relation: cmp.Or(relation, m.other),
		Address: mailable(r.get("email")), Phone: cmp.Or(r.get("phone"), r.get("sms")),
	}
	for _, child := range r.list(o.agents) {
		o.children[child] = append(o.children[child], id)
		if err := o.keep(); err != nil {
			return err
		}
	}
	return o.keep()
}

// user hands on a person. Guardians are none.
func (o *oneRosterReader) user(r *recordFile) error {
	p := Person{Place: r.place(), ExternalID: r.get("sourcedId"), UserName: r.get("username"), Gone: gone(r)}
	p.Year = cmp.Or(r.get("grades"), o.years[p.ExternalID])
	m := o.people[p.ExternalID]
	if o.reading.School != "" && !m.inside || m.role == roleGuardian {
		return nil
	}
	identified(p.ExternalID, "sourcedId", m.emitted, &p.Problems)
	m.emitted = true
	o.people[p.ExternalID] = m
	o.names(&p, cmp.Or(r.get("preferredGivenName"), r.get("givenName")), cmp.Or(r.get("preferredFamilyName"), r.get("familyName")),
		"givenName", "familyName")
	o.address(&p, r.get("email"), "email")
	o.status(r, &p.Problems)
	o.roleOf(&p, m)
	if strings.EqualFold(r.get("enabledUser"), "false") && !p.Gone {
		p.Problems.Add("enabledUser", "list.disabled")
	}
	p.settleUserName()
	for _, id := range append(r.list(o.agents), o.children[p.ExternalID]...) {
		g, found := o.guardians[id]
		switch {
		case found && !slices.Contains(p.Guardians, g):
			p.Guardians = append(p.Guardians, g)
		case !found && !o.reading.Delta && p.Role == identity.RoleStudent:
			p.Notes.Add(o.agents, "list.ref-guardian", "ID", shown(id))
		}
	}
	return o.person(p)
}

func (o *oneRosterReader) enrolled(r *recordFile) error {
	e := Enrolment{Place: r.place(), Classroom: r.get("classSourcedId"), Person: r.get("userSourcedId"), Gone: gone(r)}
	counts, class := o.classes[e.Classroom]
	if class && !counts {
		return nil // of another school
	}
	o.status(r, &e.Problems)
	m, person := o.people[e.Person]
	if m.role == roleGuardian {
		return nil
	}
	if e.Role = readRole(r.get("role")); !slices.Contains(identity.RolesIn(identity.KindClassroom), e.Role) {
		e.Problems.Add("role", "list.role", "Text", shown(r.get("role")))
		e.Role = ""
	}
	// In a delta both ends may have come earlier.
	if !class && !o.reading.Delta {
		e.Problems.Add("classSourcedId", "list.ref-class", "ID", shown(e.Classroom))
	}
	if !person && !o.reading.Delta {
		e.Problems.Add("userSourcedId", "list.ref-person", "ID", shown(e.Person))
	}
	return o.enrolment(e)
}
