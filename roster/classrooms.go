package roster

import (
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// ClassroomEntry is one classroom of a pasted list, with the address of who is
// to teach it, if there is one.
type ClassroomEntry struct {
	Line    int    // counted from 1
	Text    string // as pasted, trimmed
	Name    string
	Address string // of its teacher; empty: nobody yet
	Problem identity.Message
}

// Good reports whether the classroom can be opened as it stands.
func (e ClassroomEntry) Good() bool { return e.Problem.ID == "" }

// ParseClassrooms reads classrooms as people paste them: a name in each line, and
// behind a tab, a comma or a semicolon the address of the teacher, if there is
// one. A comma without an address behind it belongs to the name. Empty lines and
// a first line of column titles are left out; everything else is an entry, and
// the second appearance of a name one with a problem.
func ParseClassrooms(pasted string) []ClassroomEntry {
	var entries []ClassroomEntry
	lines := map[string]int{}
	for i, line := range strings.Split(normalize(pasted), "\n") {
		text := strings.TrimSpace(line)
		if strings.Trim(text, ",; ") == "" || len(entries) == 0 && columnTitles(text) {
			continue
		}
		e := parseClassroom(line)
		e.Line, e.Text = i+1, strings.Join(strings.Fields(text), " ")
		key := strings.ToLower(e.Name)
		switch first, seen := lines[key]; {
		case !e.Good():
		case seen:
			e.Problem = identity.Say("opening.twice", "Name", e.Name, "Line", first)
		default:
			lines[key] = e.Line
		}
		entries = append(entries, e)
	}
	return entries
}

// parseClassroom reads one line.
func parseClassroom(line string) ClassroomEntry {
	name, teacher := cutTeacher(line)
	e := ClassroomEntry{Name: unquote(name)}
	if problems := (identity.NewOrganization{Name: e.Name}).Check(); problems != nil {
		e.Problem = problems[0].Message
	}
	if e.Good() && strings.Contains(e.Name, "@") {
		e.Problem = identity.Say("opening.unparted", "Text", e.Name)
	}
	if teacher = strings.TrimSpace(teacher); teacher == "" {
		return e
	}
	people := ParseAddresses(teacher)
	switch {
	case len(people) == 1 && people[0].Good():
		e.Address = people[0].Address
	case len(people) == 1 && e.Good():
		e.Problem = people[0].Problem
	case e.Good():
		e.Problem = identity.Say("opening.teachers", "Text", teacher)
	}
	return e
}

// cutTeacher parts a line into a name and what stands for the teacher: behind the
// first tab, or behind the comma or semicolon before the first address.
func cutTeacher(line string) (name, teacher string) {
	if name, teacher, found := strings.Cut(line, "\t"); found {
		return name, strings.Trim(teacher, "\t ")
	}
	at := strings.IndexByte(line, '@')
	if at < 0 {
		// What a spreadsheet leaves of an empty column.
		return strings.TrimRight(line, ",; "), ""
	}
	end := strings.LastIndexAny(line[:at], ",;")
	if end < 0 {
		return line, "" // nobody calls a class by an address
	}
	return line[:end], line[end+1:]
}

// unquote is a name without the quotation marks of a CSV file around it.
func unquote(name string) string {
	name = strings.TrimSpace(name)
	if len(name) >= 2 && strings.HasPrefix(name, `"`) && strings.HasSuffix(name, `"`) {
		name = strings.ReplaceAll(name[1:len(name)-1], `""`, `"`)
	}
	return identity.CleanName(name)
}

// titles are what the columns of a list are called.
var titles = []string{
	"name", "class", "class name", "classes", "classroom", "course", "section", "teacher", "teachers", "teacher email",
	"teacher e-mail", "email", "e-mail",
	"nombre", "clase", "clases", "grupo", "curso", "aula", "docente", "profesor", "profesora", "profesorado", "correo",
	"correo electrónico",
}

// columnTitles reports whether a line names columns and nothing else.
func columnTitles(line string) bool {
	parts := splitParts(line)
	for _, part := range parts {
		if !slices.Contains(titles, strings.ToLower(unquote(part))) {
			return false
		}
	}
	return len(parts) > 0
}
