package roster

import (
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// readSet reads a set that was recognised as r says.
func readSet(f File, r Reading, sink Sink) (Summary, error) {
	zipped, err := openZIP(f)
	if err != nil {
		return Summary{}, err
	}
	s, err := openSet(zipped)
	if err != nil {
		return Summary{}, err
	}
	if s.format != r.Format {
		return Summary{}, identity.Invalid("list.unknown")
	}
	reader := setReader{set: s, reading: r, sink: sink, people: make(map[string]met)}
	switch r.Format {
	case FormatSDS21:
		err = reader.readSDS()
	case FormatClever:
		err = reader.readClever()
	default:
		err = reader.readOneRoster()
	}
	return reader.summary, err
}

// step reads a file of a set, row by row.
type step struct {
	file string
	row  func(*recordFile) error
}

// steps reads files one after the other. needs are the columns that a file must
// have.
func (s *setReader) steps(needs func(file string) []string, steps []step) error {
	for _, step := range steps {
		if err := s.set.each(step.file, needs(step.file), step.row); err != nil {
			return err
		}
	}
	return nil
}

// setReader hands on the records of a set.
type setReader struct {
	set     *set
	reading Reading
	sink    Sink
	summary Summary
	kept    int            // IDs in maps
	people  map[string]met // by external ID
}

// met is what is known of a person of a set before their row is handed on.
type met struct {
	role    identity.Role // the highest; "" unknown
	other   string        // the word for a role that there is none for here, guardians among them
	inside  bool          // of the school that counts
	emitted bool
}

// keep counts an ID that is kept until the set is read.
func (s *setReader) keep() error {
	if s.kept++; s.kept > maxIDs {
		return identity.Invalid("list.rows", "Max", maxIDs)
	}
	return nil
}

func (s *setReader) classroom(c Classroom) error { s.summary.Rows++; return s.sink.Classroom(c) }
func (s *setReader) person(p Person) error       { s.summary.Rows++; return s.sink.Person(p) }
func (s *setReader) enrolment(e Enrolment) error { s.summary.Rows++; return s.sink.Enrolment(e) }

// session hands on a term with its days. known is false where they cannot be read.
func (s *setReader) session(r *recordFile, id, title, starts, ends string) (known bool, err error) {
	t := Term{ExternalID: id, Title: identity.CleanName(title)}
	var first, last error
	t.Starts, first = readDay(starts)
	t.Ends, last = readDay(ends)
	if first != nil || last != nil || id == "" || t.Ends.Before(t.Starts) {
		s.warn(identity.Say("list.term", "Name", shown(t.Title), "File", r.name, "Line", r.line))
		return false, nil
	}
	s.summary.Rows++
	return true, s.sink.Term(t)
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

// identified says what is wrong with the external ID of a row.
func identified(id, column string, twice bool, problems *identity.Problems) {
	switch {
	case id == "":
		problems.Add(column, "list.no-id")
	case twice:
		problems.Add(column, "list.twice", "ID", shown(id))
	}
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
	if role == "" || role == roleGuardian {
		m.other = shown(word)
	}
	switch {
	case role == "":
	case role != roleGuardian && (m.role == roleGuardian || role.Rank() > m.role.Rank()), m.role == "":
		m.role = role
	}
	m.inside = m.inside || inside
	s.people[user] = m
	return nil
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

// names reads the two names of a person of a set, and what is wrong with them.
// In a delta an empty one is unknown.
func (s *setReader) names(p *Person, given, family, givenColumn, familyColumn string) {
	for _, part := range []struct {
		from, column string
		to           *string
	}{{given, givenColumn, &p.GivenName}, {family, familyColumn, &p.FamilyName}} {
		name, pictures := cleanName(part.from)
		if pictures {
			p.Notes.Add(part.column, "list.name-pictures")
		}
		if message := checkName(name); message != "" {
			p.Problems.Add(part.column, message, "Max", longestName)
		}
		*part.to = name
	}
	if p.GivenName == "" && !p.Gone && !s.reading.Delta {
		p.Problems.Add(givenColumn, "student.given-name.missing")
	}
}

// address reads the address of a person of a set.
func (s *setReader) address(p *Person, cell, column string) {
	reader := tableReader{titles: []string{column}}
	if cell != "" {
		reader.address(p, 0, cell)
	}
}

// className checks the name of a class of a set.
func className(c *Classroom, name, column string) {
	c.Name = identity.CleanName(name)
	if problems := (identity.NewOrganization{Name: c.Name}).Check(); problems != nil && !c.Gone {
		c.Problems = append(c.Problems, identity.Problem{Field: column, Message: problems[0].Message})
	}
}

// settleUserName takes a user name that is an address for the address: here who
// has an address signs in with it.
func (p *Person) settleUserName() {
	if !strings.Contains(p.UserName, "@") {
		return
	}
	if address := mailable(p.UserName); p.Address == "" && !identity.IsPlaceholderAddress(address) {
		p.Address = address
	}
	p.UserName = ""
}
