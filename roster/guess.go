package roster

import (
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// guessColumns says what the columns mean, by their titles and by what stands in
// them. role is teacher if the list is one of teachers.
func guessColumns(titles []string, body []seen, width int) (means []Meaning, role identity.Role) {
	columns := make([]column, width)
	for i := range columns {
		columns[i] = study(body, i)
		if i < len(titles) {
			columns[i].title, columns[i].text = readTitle(titles[i]), lowered(titles[i])
		}
	}
	g := &guess{columns: columns, means: make([]Meaning, width), body: body, titled: len(titles) > 0}
	g.byTitle()
	g.theirNames()
	if !g.has(MeansGivenName, MeansFamilyName, MeansFullName, MeansFamilyFirst) && g.teachers(titles) {
		role = identity.RoleTeacher
	}
	g.byContent()
	g.addresses()
	if !g.surnames() {
		g.single(MeansFamilyName)
	}
	g.single(MeansGivenName, MeansExternalID, MeansUserName, MeansYear, MeansRole, MeansAddress, MeansFullName, MeansFamilyFirst)
	return g.means, role
}

// guess collects what columns mean.
type guess struct {
	columns []column
	means   []Meaning
	body    []seen
	titled  bool
}

func (g *guess) has(list ...Meaning) bool {
	return slices.ContainsFunc(g.means, func(m Meaning) bool { return m != MeansNothing && slices.Contains(list, m) })
}

// byTitle takes the titles at their word, unless what stands below them says
// otherwise.
func (g *guess) byTitle() {
	for i, c := range g.columns {
		means := c.title.means
		switch {
		case means == MeansAddress && c.filled > 0 && c.address == 0 && c.letters > 0.8:
			means = MeansNothing // a postal address
		case means == MeansAddress && c.filled > 2 && c.address == 0:
			means = MeansNothing
		case means == MeansExternalID && c.address > 0.5:
			means = MeansUserName // UPN is a number in England and a user's name at Microsoft
		case means == MeansExternalID && c.counts:
			means = MeansNothing // a running number
		case means == MeansGuardianMail && c.filled > 0 && c.address < 0.3:
			means = MeansNothing
		case means == MeansRole && c.filled > 0 && c.role < 0.5:
			means = MeansNothing // "Type: full-time"
		case means == MeansGuardianName && c.filled > 0 && c.letters < 0.3:
			means = MeansNothing
		case (means == MeansFullName || means == MeansFamilyFirst) && c.number > 0.8:
			means = MeansNothing // "Student: 4711"
		case means == MeansFullName:
			means = fullName(c)
		}
		g.means[i] = means
	}
	// "Curso" and "Grade" with letters in them ("7b") are classes where no other
	// column says the class.
	if !g.has(MeansClassroom) {
		for i, c := range g.columns {
			if g.means[i] == MeansYear && (c.text == "curso" && c.class > 0.5 || c.lettered > 0.5) {
				g.means[i] = MeansClassroom
				break
			}
		}
	}
}

// fullName tells "Sam Lee" from "Lee, Sam" and "Lee Sam".
func fullName(c column) Meaning {
	switch {
	case c.comma > 0.5, c.capital > 0.5:
		return MeansFamilyFirst
	case c.ends > c.given+0.2:
		return MeansFamilyFirst
	}
	return MeansFullName
}

// theirNames decides what "Name" is: beside given names it is the family name,
// beside family names the given name, alone both.
func (g *guess) theirNames() {
	for i, c := range g.columns {
		if !c.title.name {
			continue
		}
		given, family := g.has(MeansGivenName), g.has(MeansFamilyName)
		switch {
		case given && family:
		case given && c.comma > 0.5:
			g.means[i] = MeansFamilyFirst
		case given:
			g.means[i] = MeansFamilyName
		case family:
			g.means[i] = MeansGivenName
		case !g.has(MeansFullName, MeansFamilyFirst):
			g.means[i] = fullName(c)
		}
	}
}

// byContent takes columns that no title explains: addresses, and names where
// there are none yet.
func (g *guess) byContent() {
	for i, c := range g.columns {
		if g.means[i] == MeansNothing && c.filled > 0 && c.address >= 0.5 && (!c.title.known || c.title.means == MeansExternalID) {
			g.means[i] = MeansAddress
		}
	}
	if g.has(MeansGivenName, MeansFamilyName, MeansFullName, MeansFamilyFirst) {
		return
	}
	var candidates []int
	for i, c := range g.columns {
		if g.means[i] == MeansNothing && !c.title.known && c.letters > 0.7 && c.inner < 0.5 && c.filled*2 >= len(g.body) &&
			c.class < 0.3 && c.role < 0.5 && (c.unlike*2 > c.filled || c.filled < 3) {
			candidates = append(candidates, i)
		}
	}
	switch {
	case len(candidates) == 0:
	case len(candidates) == 1, g.columns[candidates[0]].words >= 1.8 && g.columns[candidates[0]].given+g.columns[candidates[0]].ends+g.columns[candidates[0]].comma > 0.3:
		g.means[candidates[0]] = fullName(g.columns[candidates[0]])
	default:
		first, second := candidates[0], candidates[1]
		given, family := first, second
		if g.columns[second].given > g.columns[first].given {
			given, family = second, first
		}
		g.means[given], g.means[family] = MeansGivenName, MeansFamilyName
	}
	if g.titled {
		return
	}
	for i, c := range g.columns {
		switch {
		case g.means[i] != MeansNothing || c.filled*2 < len(g.body):
		case c.role > 0.9:
			g.means[i] = MeansRole
		case c.class > 0.8 && !g.has(MeansClassroom):
			g.means[i] = MeansClassroom
		case c.number > 0.9 && !c.counts && c.unlike == c.filled && c.filled > 1 && !g.has(MeansExternalID) && g.digits(i):
			g.means[i] = MeansExternalID
		}
	}
}

// digits reports whether a column has digits alone, without what dates and
// telephones have between them.
func (g *guess) digits(at int) bool {
	for _, row := range g.body {
		if at < len(row.cells) && strings.ContainsAny(row.cells[at], " +-/.:()") {
			return false
		}
	}
	return true
}

// teachers takes a list in which the only names are those of teachers for a list
// of teachers.
func (g *guess) teachers(titles []string) bool {
	if !g.titled {
		return false
	}
	found := false
	for i, c := range g.columns {
		if g.means[i] != MeansNothing || i >= len(titles) || !among(strings.Fields(lowered(titles[i])), teacherWords) {
			continue
		}
		switch {
		case c.address > 0.6:
			g.means[i], found = MeansAddress, true
		case c.letters > 0.7 && !g.has(MeansFullName, MeansFamilyFirst):
			g.means[i], found = fullName(c), true
		}
	}
	return found
}

// surnames reports whether the columns of family names are the two that people
// have in Spanish.
func (g *guess) surnames() bool {
	for i, m := range g.means {
		if m == MeansFamilyName && !strings.Contains(g.columns[i].text, "apellido") && !strings.Contains(g.columns[i].text, "cognom") {
			return false
		}
	}
	return true
}

// single leaves the best of several columns of one meaning.
func (g *guess) single(list ...Meaning) {
	for _, means := range list {
		best := -1
		for i, m := range g.means {
			if m == means && (best < 0 || g.better(i, best)) {
				best = i
			}
		}
		for i, m := range g.means {
			if m == means && i != best {
				g.means[i] = MeansNothing
			}
		}
	}
	// A column of full names beside the two parts says nothing new.
	if g.has(MeansGivenName) && g.has(MeansFamilyName) {
		for i, m := range g.means {
			if m == MeansFullName || m == MeansFamilyFirst {
				g.means[i] = MeansNothing
			}
		}
	}
}

func (g *guess) better(i, than int) bool {
	a, b := g.columns[i], g.columns[than]
	if a.filled > 0 != (b.filled > 0) {
		return a.filled > 0
	}
	return a.title.weight > b.title.weight
}

// addresses decides whose the addresses are where there are several columns of
// them: a student's has the name of the student in it more often than the
// guardians' have.
func (g *guess) addresses() {
	var found []int
	for i, m := range g.means {
		if m == MeansAddress {
			found = append(found, i)
		}
	}
	if len(found) < 2 {
		return
	}
	theirs := make(map[int]float64)
	best := found[0]
	for _, i := range found {
		theirs[i] = g.theirs(i)
		if theirs[i] > theirs[best]+0.2 || theirs[i] > theirs[best]-0.2 && g.better(i, best) {
			best = i
		}
	}
	for _, i := range found {
		if i == best {
			continue
		}
		g.means[i] = MeansNothing
		if g.columns[i].title.weight < 10 && theirs[i] < 0.3 && theirs[best] > 0.5 && !g.has(MeansGuardianMail) {
			g.means[i] = MeansGuardianMail
		}
	}
}

// theirs is the share of the addresses of a column with the student's given name
// before the @.
func (g *guess) theirs(at int) float64 {
	hits, all := 0, 0
	for _, row := range g.body {
		if at >= len(row.cells) || !address(row.cells[at]) {
			continue
		}
		all++
		local, _, _ := strings.Cut(row.cells[at], "@")
		local = strings.ReplaceAll(lowered(strings.ToLower(local)), " ", "")
		for i, m := range g.means {
			if i >= len(row.cells) {
				continue
			}
			given := ""
			switch m {
			case MeansGivenName:
				given = row.cells[i]
			case MeansFullName:
				given, _ = splitFull(row.cells[i])
			case MeansFamilyFirst:
				given, _ = splitFamilyFirst(row.cells[i])
			}
			if first, _, _ := strings.Cut(lowered(given), " "); len(first) > 1 && strings.Contains(local, first) {
				hits++
				break
			}
		}
	}
	if all == 0 {
		return 0
	}
	return float64(hits) / float64(all)
}
