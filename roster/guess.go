package roster

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"homeroom.dev/homeroom/identity"
)

// seen is a row of the beginning of a table.
type seen struct {
	line  int
	cells []string
}

// guessHeader finds the line of the column titles in the first rows of a table:
// below what a program prints above them, and above the first person. It is 0 if
// there are none.
func guessHeader(table []seen) int {
	best, at := 0, 0
	for i, row := range table[:min(len(table), 25)] {
		filled, known, data := 0, 0, false
		for _, cell := range row.cells {
			if strings.TrimSpace(cell) == "" {
				continue
			}
			filled++
			if readTitle(cell).known {
				known++
			}
			data = data || strings.Contains(cell, "@")
		}
		if data || known == 0 || known*2 < filled || filled == 1 && !alone(table, i) {
			continue
		}
		if known > best {
			best, at = known, row.line
		}
	}
	if at > 0 {
		return at
	}
	// Titles in words we do not know: the first row of full width has none of the
	// addresses and numbers that stand below it.
	for i, row := range table[:min(len(table), 10)] {
		if count(row.cells) < 2 || i+1 >= len(table) {
			continue
		}
		for column, cell := range row.cells {
			if nothingWord(cell) || cell == "" || address(cell) || number(cell) || strings.Contains(cell, "@") {
				continue
			}
			kinds := 0
			below := table[i+1:]
			for _, other := range below {
				if column < len(other.cells) && (address(other.cells[column]) || number(other.cells[column])) {
					kinds++
				}
			}
			if kinds*3 >= len(below)*2 && len(below) > 1 {
				return row.line
			}
		}
		return 0
	}
	return 0
}

// alone reports whether the rows below row i have one cell as it has: then one
// word is a title.
func alone(table []seen, i int) bool {
	below := table[i+1:]
	for _, row := range below[:min(len(below), 5)] {
		if count(row.cells) > 1 {
			return false
		}
	}
	return len(below) > 0
}

func count(cells []string) int {
	filled := 0
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			filled++
		}
	}
	return filled
}

// column is what the cells of a column are like.
type column struct {
	title   title
	text    string // of the title, folded
	filled  int
	address float64 // shares of the filled cells
	comma   float64 // "Lee, Sam"
	capital float64 // "LEE Sam"
	given   float64 // begins with a usual given name
	ends    float64 // ends with one: "Lee Sam"
	letters float64 // letters, and what stands between them in names
	inner   float64 // capitals within a word, as in short names: "MeieLena"
	words   float64 // words of a cell, on average
	number  float64
	class   float64 // 7b, 10-A, CM2
	// lettered is the share of those that are digits and one letter: 7b, 10-A.
	lettered float64
	role     float64
	counts   bool // 1, 2, 3, …
	unlike   int  // different values
}

// study looks at a column of rows.
func study(table []seen, at int) column {
	var c column
	different := make(map[string]bool)
	c.counts = true
	for _, row := range table {
		if at >= len(row.cells) {
			continue
		}
		cell := strings.TrimSpace(row.cells[at])
		if cell == "" {
			continue
		}
		c.filled++
		different[cell] = true
		if n, err := strconv.Atoi(strings.TrimSuffix(cell, ".")); err != nil || n != c.filled {
			c.counts = false
		}
		add := func(share *float64, is bool) {
			if is {
				*share++
			}
		}
		words := strings.Fields(cell)
		last := words[len(words)-1]
		before, behind, comma := strings.Cut(cell, ",")
		_, _, capitals := splitCapitals(words)
		add(&c.address, address(cell))
		add(&c.comma, comma && nameLike(before) && nameLike(behind))
		add(&c.capital, capitals && capital(words[0]))
		add(&c.given, usualGiven(cell))
		add(&c.ends, len(words) > 1 && usualGiven(last))
		add(&c.letters, nameLike(cell))
		add(&c.inner, innerCapital(cell))
		c.words += float64(len(words))
		add(&c.number, number(cell))
		add(&c.class, classLike(cell))
		add(&c.lettered, lettered(cell))
		add(&c.role, len(cell) > 1 && readRole(cell) != "")
	}
	c.unlike = len(different)
	c.counts = c.counts && c.filled > 2
	if n := float64(c.filled); n > 0 {
		for _, share := range []*float64{&c.address, &c.comma, &c.capital, &c.given, &c.ends, &c.letters, &c.inner, &c.words, &c.number, &c.class, &c.lettered, &c.role} {
			*share /= n
		}
	}
	return c
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

// innerCapital reports whether small letters and then a capital stand in the
// middle of a single word.
func innerCapital(cell string) bool {
	if strings.Contains(cell, " ") || strings.HasPrefix(cell, "Mc") || strings.HasPrefix(cell, "Mac") || strings.HasPrefix(cell, "De") {
		return false
	}
	var before rune
	for _, r := range cell {
		if unicode.IsUpper(r) && unicode.IsLower(before) {
			return true
		}
		before = r
	}
	return false
}

func address(cell string) bool {
	at := strings.IndexByte(cell, '@')
	return at > 0 && strings.Contains(cell[at:], ".") && !strings.Contains(strings.TrimSpace(cell), " ")
}

// number reports whether a cell is made of digits, as IDs, telephones and dates
// are.
func number(cell string) bool {
	digits := 0
	for _, r := range cell {
		switch {
		case unicode.IsDigit(r):
			digits++
		case strings.ContainsRune(" +-/.:()", r):
		default:
			return false
		}
	}
	return digits > 0
}

func nameLike(cell string) bool {
	letters := 0
	for _, r := range cell {
		switch {
		case unicode.IsLetter(r) || unicode.Is(unicode.Mn, r):
			letters++
		case unicode.IsSpace(r) || strings.ContainsRune("-'’.,()´`", r):
		default:
			return false
		}
	}
	return letters > 1
}

// classLike reports whether a cell is short and has a digit and a letter, or is
// a number of a year group.
func classLike(cell string) bool {
	letters, digits := false, 0
	for _, r := range cell {
		letters = letters || unicode.IsLetter(r)
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return letters && digits > 0 && digits < 3 && len([]rune(cell)) <= 12 && !strings.Contains(cell, "@")
}

func lettered(cell string) bool {
	rest := strings.TrimLeft(cell, "0123456789")
	digits := len(cell) - len(rest)
	rest = strings.TrimLeft(rest, " -./")
	return digits > 0 && digits < 3 && len(rest) == 1 && unicode.IsLetter(rune(rest[0]))
}

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
		local, _, _ := strings.Cut(lowered(strings.ToLower(strings.SplitN(row.cells[at], "@", 2)[0])), "@")
		local = strings.ReplaceAll(local, " ", "")
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
