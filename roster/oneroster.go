package roster

import (
	"slices"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// oneRosterNeeds are the columns without which a file of OneRoster cannot be
// read (1EdTech OneRoster CSV Binding 1.1 and 1.2, section 4: those that are
// required and say something about people).
var oneRosterNeeds = map[string][]string{
	"manifest":         {"propertyName", "value"},
	"academicSessions": {"sourcedId", "title", "startDate", "endDate"},
	"orgs":             {"sourcedId", "name", "type"},
	"courses":          {"sourcedId", "title"},
	"classes":          {"sourcedId", "title", "schoolSourcedId"},
	"users":            {"sourcedId", "enabledUser", "username", "givenName", "familyName"},
	"roles":            {"userSourcedId", "role", "orgSourcedId"},
	"enrollments":      {"classSourcedId", "userSourcedId", "role"},
}

// oneRosterFiles are the files that are read, in this order.
var oneRosterFiles = []string{"orgs", "academicSessions", "courses", "classes", "users", "roles", "enrollments"}

// manifest reads the properties of a OneRoster set.
func (s *set) manifest() (map[string]string, error) {
	properties := make(map[string]string)
	err := s.each("manifest", oneRosterNeeds["manifest"], func(r *recordFile) error {
		if len(properties) < 200 {
			properties[r.get("propertyName")] = r.get("value")
		}
		return nil
	})
	return properties, err
}

func (s *set) oneRosterVersion() (Format, error) {
	properties, err := s.manifest()
	if err != nil {
		return "", err
	}
	switch version := properties["oneroster.version"]; {
	case version == "1.1":
		return FormatOneRoster11, nil
	case version == "1.2" || strings.HasPrefix(version, "1.2."):
		return FormatOneRoster12, nil
	default:
		return "", identity.Invalid("list.version", "Version", shown(version))
	}
}

// modes are what the manifest says of the files that are read: bulk or delta. It
// refuses sets that say one thing and hold another.
func (s *set) modes() (modes map[string]string, delta bool, undeclared []string, err error) {
	properties, err := s.manifest()
	if err != nil {
		return nil, false, nil, err
	}
	modes = make(map[string]string)
	met := make(map[string]bool)
	for _, name := range oneRosterFiles {
		mode, declared := properties["file."+name]
		switch mode = strings.ToLower(mode); {
		case mode == "absent" || !declared:
			if s.has(name) {
				undeclared = append(undeclared, name)
			}
		case mode != "bulk" && mode != "delta":
			return nil, false, nil, identity.Invalid("list.manifest-value", "Name", "file."+name, "Text", shown(mode))
		case !s.has(name):
			return nil, false, nil, identity.Invalid("list.file-missing", "Name", name+".csv")
		default:
			modes[name], met[mode] = mode, true
		}
	}
	if met["bulk"] && met["delta"] {
		return nil, false, nil, identity.Invalid("list.set-mixed")
	}
	if !met["delta"] && modes["users"] == "" {
		return nil, false, nil, identity.Invalid("list.file-missing", "Name", "users.csv")
	}
	return modes, met["delta"], undeclared, nil
}

// needs are the columns of a file in this version.
func (s *set) needs(name string) []string {
	needs := oneRosterNeeds[name]
	if name == "users" && !s.has("roles") {
		needs = append(slices.Clone(needs), "role")
	}
	return needs
}

func (s *set) sampleOneRoster(r *Reading, sample *Sample) error {
	modes, delta, undeclared, err := s.modes()
	if err != nil {
		return err
	}
	r.Delta = delta
	for _, name := range undeclared {
		sample.Warnings = append(sample.Warnings, identity.Say("list.file-undeclared", "Name", name+".csv"))
	}
	for _, name := range oneRosterFiles {
		if modes[name] == "" {
			continue
		}
		if err := s.sampleFile(sample, name, modes[name], s.needs(name)); err != nil {
			return err
		}
	}
	if modes["orgs"] == "" {
		return nil
	}
	return s.sampleSchools(sample, "orgs", "sourcedId", "name")
}

// sampleSchools lists the schools of a set.
func (s *set) sampleSchools(sample *Sample, file, id, name string) error {
	return s.each(file, nil, func(r *recordFile) error {
		if (!r.has("type") || strings.EqualFold(r.get("type"), "school")) && !gone(r) && len(sample.Schools) < maxSchools {
			sample.Schools = append(sample.Schools, SampleSchool{ID: r.get(id), Name: shown(r.get(name))})
		}
		return nil
	})
}

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
	o := &oneRosterReader{
		setReader: s, orgs: make(map[string]bool), classes: make(map[string]bool), courses: make(map[string]string),
		guardians: make(map[string]Guardian), children: make(map[string][]string),
	}
	for _, step := range []struct {
		file string
		row  func(*recordFile) error
	}{
		{"orgs", o.org},
		{"academicSessions", o.academicSession},
		{"courses", o.course},
		{"classes", o.class},
		{"roles", o.roleRow},
		{"enrollments", o.belongs},
		{"users", o.meet},
		{"users", o.user},
		{"enrollments", o.enrolled},
	} {
		if err := s.set.each(step.file, s.set.needs(step.file), step.row); err != nil {
			return err
		}
	}
	return nil
}

// oneRosterReader keeps the IDs of a set that rows refer to.
type oneRosterReader struct {
	*setReader
	orgs      map[string]bool
	classes   map[string]bool // true: of the school that counts
	courses   map[string]string
	guardians map[string]Guardian
	children  map[string][]string // guardians by student, where only the guardian's row says it
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
	return o.session(r, r.get("startDate"), r.get("endDate"))
}

// session hands on a term with its days.
func (s *setReader) session(r *recordFile, starts, ends string) error {
	t := Term{ExternalID: r.get("sourcedId"), Title: identity.CleanName(r.get("title"))}
	var wrong error
	for _, day := range []struct {
		text string
		to   *time.Time
	}{{starts, &t.Starts}, {ends, &t.Ends}} {
		var err error
		if *day.to, err = readDay(day.text); err != nil {
			wrong = err
		}
	}
	if wrong != nil || t.ExternalID == "" || t.Ends.Before(t.Starts) {
		s.warn(identity.Say("list.term", "Name", shown(t.Title), "File", r.name, "Line", r.line))
		return nil
	}
	return s.term(t)
}

// warn adds a warning; a hundred say enough.
func (s *setReader) warn(m identity.Message) {
	if len(s.summary.Warnings) < 100 {
		s.summary.Warnings = append(s.summary.Warnings, m)
	}
}

// readDay reads a day as the formats write it, and as Excel saves it in America.
func readDay(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, text[:min(len(text), 10)])
	if err != nil {
		if us, other := time.Parse("1/2/2006", text); other == nil {
			return us, nil
		}
	}
	return day, err
}

func (o *oneRosterReader) course(r *recordFile) error {
	o.courses[r.get("sourcedId")] = r.get("title")
	return o.keep()
}

func (o *oneRosterReader) class(r *recordFile) error {
	c := Classroom{Place: r.place(), ExternalID: r.get("sourcedId"), Year: r.get("grades"), Gone: gone(r)}
	school := r.get("schoolSourcedId")
	counts := o.counts(school)
	_, twice := o.classes[c.ExternalID]
	o.classes[c.ExternalID] = counts
	if err := o.keep(); err != nil || !counts {
		return err
	}
	if terms := r.list("termSourcedIds"); len(terms) > 0 {
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
	o.identified(c.ExternalID, twice, &c.Problems)
	if !o.orgs[school] && o.set.has("orgs") && !o.reading.Delta {
		c.Problems.Add("schoolSourcedId", "list.ref-school", "ID", shown(school))
	}
	return o.classroom(c)
}

// identified says what is wrong with the external ID of a row.
func (s *setReader) identified(id string, twice bool, problems *identity.Problems) {
	switch {
	case id == "":
		problems.Add("sourcedId", "list.no-id")
	case twice:
		problems.Add("sourcedId", "list.twice", "ID", shown(id))
	}
}

// roleRow meets the role of a person in roles.csv of OneRoster 1.2 and of School
// Data Sync.
func (o *oneRosterReader) roleRow(r *recordFile) error {
	if gone(r) {
		return nil
	}
	return o.meetRole(r.get("userSourcedId"), r.get("role"), o.counts(r.get("orgSourcedId")))
}

// meetRole keeps the highest role of a person.
func (s *setReader) meetRole(user, word string, inside bool) error {
	m, known := s.people[user]
	if !known {
		if err := s.keep(); err != nil {
			return err
		}
	}
	role := readRole(word)
	switch {
	case role == "":
		m.other = shown(word)
	case role != roleGuardian && (m.role == roleGuardian || role.Rank() > m.role.Rank()), m.role == "":
		m.role = role
	}
	m.inside = m.inside || inside
	s.people[user] = m
	return nil
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
	if !known {
		o.people[id] = m
		if err := o.keep(); err != nil {
			return err
		}
	}
	if m.role != roleGuardian || gone(r) {
		return nil
	}
	given, _ := cleanName(r.get("givenName"))
	family, _ := cleanName(r.get("familyName"))
	g := Guardian{Name: strings.TrimSpace(given + " " + family), Relation: r.get("role"), Phone: r.get("phone")}
	if g.Phone == "" {
		g.Phone = r.get("sms")
	}
	e := Entry{Text: r.get("email")}
	if e.check(normalize(e.Text)); e.Good() {
		g.Address = e.Address
	}
	o.guardians[id] = g
	for _, child := range r.list("agentSourcedIds") {
		o.children[child] = append(o.children[child], id)
		if err := o.keep(); err != nil {
			return err
		}
	}
	return o.keep()
}

// user hands on a person. Guardians are none.
func (o *oneRosterReader) user(r *recordFile) error {
	p := Person{
		Place: r.place(), ExternalID: r.get("sourcedId"), UserName: r.get("username"), Year: r.get("grades"), Gone: gone(r),
	}
	m := o.people[p.ExternalID]
	if o.reading.School != "" && !m.inside || m.role == roleGuardian {
		return nil
	}
	o.identified(p.ExternalID, m.emitted, &p.Problems)
	m.emitted = true
	o.people[p.ExternalID] = m
	given, family := r.get("givenName"), r.get("familyName")
	if preferred := r.get("preferredGivenName"); preferred != "" {
		given = preferred
	}
	if preferred := r.get("preferredFamilyName"); preferred != "" {
		family = preferred
	}
	o.names(&p, given, family, "givenName", "familyName")
	o.address(&p, r.get("email"), "email")
	o.status(r, &p.Problems)
	o.roleOf(&p, m)
	if strings.EqualFold(r.get("enabledUser"), "false") && !p.Gone {
		p.Problems.Add("enabledUser", "list.disabled")
	}
	p.settleUserName()
	for _, id := range append(r.list("agentSourcedIds"), o.children[p.ExternalID]...) {
		g, found := o.guardians[id]
		switch {
		case found && !slices.Contains(p.Guardians, g):
			p.Guardians = append(p.Guardians, g)
		case !found && !o.reading.Delta && p.Role == identity.RoleStudent:
			p.Notes.Add("agentSourcedIds", "list.ref-guardian", "ID", shown(id))
		}
	}
	return o.person(p)
}

// roleOf gives a person the role that was met, or says that there is none.
func (s *setReader) roleOf(p *Person, m met) {
	p.Role = m.role
	switch {
	case m.role != "" || p.Gone:
	case m.other != "":
		p.Problems.Add("role", "list.role-other", "Text", m.other)
	case !s.reading.Delta:
		p.Problems.Add("role", "list.role-missing")
	}
}

// settleUserName takes a user name that is an address for the address: here who
// has an address signs in with it.
func (p *Person) settleUserName() {
	if !strings.Contains(p.UserName, "@") {
		return
	}
	e := Entry{Text: p.UserName}
	if e.check(normalize(p.UserName)); e.Good() && p.Address == "" && !identity.IsPlaceholderAddress(e.Address) {
		p.Address = e.Address
	}
	p.UserName = ""
}

func (o *oneRosterReader) enrolled(r *recordFile) error {
	e := Enrolment{Place: r.place(), Classroom: r.get("classSourcedId"), Person: r.get("userSourcedId"), Gone: gone(r)}
	counts, class := o.classes[e.Classroom]
	if class && !counts {
		return nil // of another school
	}
	o.status(r, &e.Problems)
	return o.enrol(e, class, r.get("role"))
}

// enrol hands on an enrolment after looking whether both ends are in the set. In
// a delta they may have come earlier.
func (s *setReader) enrol(e Enrolment, class bool, word string) error {
	m, person := s.people[e.Person]
	if person && m.role == roleGuardian {
		return nil
	}
	e.Role = readRole(word)
	if e.Role == "" || e.Role == roleGuardian {
		e.Problems.Add("role", "list.role", "Text", shown(word))
		e.Role = ""
	}
	if !class && !s.reading.Delta {
		e.Problems.Add("classSourcedId", "list.ref-class", "ID", shown(e.Classroom))
	}
	if !person && !s.reading.Delta {
		e.Problems.Add("userSourcedId", "list.ref-person", "ID", shown(e.Person))
	}
	return s.enrolment(e)
}
