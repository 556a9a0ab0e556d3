package roster

import (
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// tableReader makes people of rows.
type tableReader struct {
	reading Reading
	titles  []string
	secret  []int  // columns of passwords, of which nothing is made
	class   string // of a heading between the rows
}

// title takes the titles of the columns.
func (t *tableReader) title(titles []string) {
	t.titles = titles
	for i, title := range titles {
		if secretTitle(title) && (i >= len(t.reading.Columns) || t.reading.Columns[i] == MeansNothing) {
			t.secret = append(t.secret, i)
		}
	}
}

// column names a column as people find it: by its title, or by its letter.
func (t *tableReader) column(at int) string {
	if at < len(t.titles) && t.titles[at] != "" {
		return shown(t.titles[at])
	}
	if at < 26 {
		return string(rune('A' + at))
	}
	return "A" + string(rune('A'+at-26))
}

// certain reports whether the row has both parts of a name: then it is a person
// who is called Total.
func (t *tableReader) certain(cells []string) bool {
	given, family := false, false
	for i, means := range t.reading.Columns {
		if i < len(cells) && nameLike(cells[i]) {
			given = given || means == MeansGivenName
			family = family || means == MeansFamilyName
		}
	}
	return given && family
}

// section takes "Class 7b" in a row of its own for the class of the rows below,
// in a table that does not say the class otherwise.
func (t *tableReader) section(cells []string) bool {
	if count(cells) != 1 || len(t.reading.Columns) < 2 {
		return false
	}
	for _, means := range t.reading.Columns {
		if means == MeansClassroom {
			return false
		}
	}
	text := strings.TrimSpace(strings.Join(cells, ""))
	word, rest, found := strings.Cut(strings.ReplaceAll(text, ":", " "), " ")
	rest = identity.CleanName(rest)
	if !found || !classLike(rest) || !among([]string{lowered(word)}, sectionWords) {
		return false
	}
	t.class = rest
	return true
}

var sectionWords = words("class klasse classe clase grupo group groupe gruppe form turma klas groep klasa unidad kurs course")

// withoutSecrets are the cells of a row but for passwords, which nobody gets back
// from us, and nothing keeps.
func (t *tableReader) withoutSecrets(cells []string) []string {
	if len(t.secret) == 0 {
		return cells
	}
	kept := slices.Clone(cells)
	for _, i := range t.secret {
		if i < len(kept) {
			kept[i] = ""
		}
	}
	return kept
}

// person reads a row.
func (t *tableReader) person(cells []string) Person {
	p := Person{Role: t.reading.Role, Cells: t.withoutSecrets(cells)}
	var given, family, prefix []string
	full := ""
	nameColumn := -1
	var guardians guardians
	for i, means := range t.reading.Columns {
		if i >= len(cells) {
			break
		}
		cell := cells[i]
		if nameColumn < 0 && (means == MeansGivenName || means == MeansFullName || means == MeansFamilyFirst) {
			nameColumn = i
		}
		if guardians.take(t, &p, i, means, cell) || cell == "" {
			continue
		}
		switch means {
		case MeansGivenName:
			given = append(given, t.name(&p, i, cell))
		case MeansFamilyName:
			family = append(family, t.name(&p, i, cell))
		case MeansFamilyPrefix:
			prefix = append(prefix, t.name(&p, i, cell))
		case MeansFullName, MeansFamilyFirst:
			full = t.fullName(&p, i, cell)
			if means == MeansFullName {
				p.GivenName, p.FamilyName = splitFull(full)
			} else {
				p.GivenName, p.FamilyName = splitFamilyFirst(full)
			}
			t.checkParts(&p, i)
		case MeansAddress:
			t.address(&p, i, cell)
		case MeansUserName:
			p.UserName = identity.CleanName(cell)
		case MeansExternalID:
			p.ExternalID = identity.CleanName(cell)
			if rounded(p.ExternalID) {
				p.Problems.Add(t.column(i), "list.id-rounded", "Text", shown(cell))
			}
		case MeansYear:
			p.Year = identity.CleanName(cell)
		case MeansClassroom:
			t.classrooms(&p, i, cell)
		case MeansRole:
			t.role(&p, i, cell)
		}
	}
	if len(given) > 0 {
		p.GivenName = strings.Join(given, " ")
	}
	if len(family)+len(prefix) > 0 {
		p.FamilyName = strings.Join(append(prefix, family...), " ")
	}
	if len(p.Classrooms) == 0 && t.class != "" {
		p.Classrooms = []string{t.class}
	}
	p.Guardians = guardians.all()
	if p.GivenName == "" && p.FamilyName != "" && full == "" && p.Address == "" {
		p.Problems.Add(t.columnOf(MeansGivenName), "student.given-name.missing")
	}
	if p.GivenName == "" && p.FamilyName == "" && p.Address == "" && len(p.Problems) == 0 {
		p.Problems.Add(t.columnOf(MeansGivenName, MeansFullName, MeansFamilyFirst, MeansFamilyName, MeansAddress), "list.nobody")
	}
	return p
}

// columnOf names the first column of one of meanings.
func (t *tableReader) columnOf(meanings ...Meaning) string {
	for _, means := range meanings {
		for i, m := range t.reading.Columns {
			if m == means {
				return t.column(i)
			}
		}
	}
	return t.column(0)
}
