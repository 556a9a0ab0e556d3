package roster

import (
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"homeroom.dev/homeroom/identity"
)

// read does the work of [Read].
func read(f File, r Reading, sink Sink) (Summary, error) {
	if f.Size > MaxFile {
		return Summary{}, identity.Invalid("list.too-large", "Max", MaxFile>>20)
	}
	switch {
	case r.Set():
		return readSet(f, r, sink)
	case r.Format == FormatAddresses:
		return readAddresses(f, r, sink)
	case r.Format != FormatTable:
		return Summary{}, identity.Invalid("list.unknown")
	case r.Sheet != "":
		return readSheet(f, r, sink)
	}
	table, err := openTable(f, r)
	if err != nil {
		return Summary{}, err
	}
	return readTable(table, r, sink)
}

func readSheet(f File, r Reading, sink Sink) (s Summary, err error) {
	zipped, err := openZIP(f)
	if err != nil {
		return Summary{}, err
	}
	book, err := openWorkbook(f, zipped)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, book.close()) }()
	table, err := book.rows(r.Sheet)
	if err != nil {
		return Summary{}, err
	}
	defer func() { err = errors.Join(err, table.close()) }()
	return readTable(table, r, sink)
}

// maxSkipped is how many skipped lines a [Summary] names.
const maxSkipped = 50

// skip counts a line that is no person.
func (s *Summary) skip(place Place, cells []string, why string) {
	s.Skips++
	if len(s.Skipped) < maxSkipped {
		s.Skipped = append(s.Skipped, Skipped{Place: place, Text: shown(strings.Join(cells, " ")), Why: identity.Say(why)})
	}
}

// readTable reads people out of rows.
func readTable(table rows, r Reading, sink Sink) (Summary, error) {
	if len(r.Columns) > MaxColumns {
		return Summary{}, identity.Invalid("list.columns", "Max", MaxColumns, "Line", max(r.Header, 1))
	}
	if !r.Named() {
		return Summary{}, identity.Invalid("list.no-names")
	}
	var s Summary
	reader := tableReader{reading: r}
	for {
		cells, line, err := table.next()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		if blank(cells) {
			continue
		}
		cells = trimmed(cells)
		if len(cells) > MaxColumns {
			return s, identity.Invalid("list.columns", "Max", MaxColumns, "Line", line)
		}
		cells, long := shorten(tidyCells(cells))
		place := Place{Line: line}
		switch {
		case line < r.Header && reader.section(cells):
			s.skip(place, cells, "list.skipped.section")
		case line < r.Header:
			s.skip(place, cells, "list.skipped.above")
		case line == r.Header:
			reader.titles = cells
		case repeats(cells, reader.titles):
			s.skip(place, cells, "list.skipped.titles")
		case reader.section(cells):
			s.skip(place, cells, "list.skipped.section")
		case footer(cells) != "" && !reader.certain(cells):
			s.skip(place, cells, footer(cells))
		default:
			if s.Rows++; s.Rows > MaxRows {
				return s, identity.Invalid("list.rows", "Max", MaxRows)
			}
			p := reader.person(cells)
			p.Place = place
			if long >= 0 {
				p.Problems.Add(reader.column(long), "list.cell-long", "Max", maxCell)
			}
			if err := sink.Person(p); err != nil {
				return s, err
			}
		}
	}
}

// tidyCells takes out of cells what programs put around them: spaces, the ="…" that
// keeps Excel from reading a number, and the mark before a formula that our own
// exports set.
func tidyCells(cells []string) []string {
	tidied := make([]string, len(cells))
	for i, cell := range cells {
		cell = strings.Trim(cell, " \t\r\n\u00a0\ufeff\x00")
		if inside, found := strings.CutPrefix(cell, `="`); found && strings.HasSuffix(inside, `"`) {
			cell = strings.TrimSuffix(inside, `"`)
		}
		if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte("=+-@\t\r\n", cell[1]) >= 0 {
			cell = cell[1:]
		}
		if strings.HasPrefix(cell, `"`) && strings.Count(cell, `"`) == 1 {
			cell = cell[1:] // one that nothing ends
		}
		tidied[i] = cell
	}
	return tidied
}

// shorten cuts off cells that nobody types, and says which one is the first of
// them; -1: none.
func shorten(cells []string) ([]string, int) {
	long := -1
	for i, cell := range cells {
		if len(cell) > maxCell && utf8.RuneCountInString(cell) > maxCell {
			cells[i] = string([]rune(cell)[:maxCell])
			if long < 0 {
				long = i
			}
		}
	}
	return cells, long
}

// repeats reports whether a row is the titles again, as at the top of each
// printed page.
func repeats(cells, titles []string) bool {
	same := 0
	for i, cell := range cells {
		if cell == "" {
			continue
		}
		if i >= len(titles) || !strings.EqualFold(cell, titles[i]) {
			return false
		}
		same++
	}
	return same > 0
}

var (
	totalWords = words("total totals totales totale sum summe gesamt gesamtzahl insgesamt anzahl somme effectif effectifs suma numero cantidad count schulerzahl teilnehmerzahl totaal aantal totaali razem liczba")
	printWords = words("page seite pagina pagine strona stand erstellt gedruckt printed generated exported date datum imprime edite impreso fecha data report ausdruck druckdatum")
)

// footer says of a row that is no person what it is: a total, or what a program
// prints below a page. It is empty for all others.
func footer(cells []string) string {
	if count(cells) > 4 {
		return ""
	}
	digits, first := false, ""
	for _, cell := range cells {
		if strings.Contains(cell, "@") {
			return ""
		}
		digits = digits || strings.ContainsAny(cell, "0123456789")
		if first == "" {
			first = cell
		}
	}
	tokens := strings.Fields(lowered(first))
	if len(tokens) == 0 {
		return ""
	}
	switch {
	case among(tokens[:1], totalWords) && (digits || len(tokens) == 1 && count(cells) == 1),
		// "Nombre d'élèves : 28", "28 students"
		digits && tokens[0] == "nombre" && len(tokens) > 2,
		digits && number(strings.Fields(first)[0]) && len(tokens) == 2 && count(cells) == 1 && among(tokens[1:], studentWords):
		return "list.skipped.total"
	case digits && count(cells) <= 2 && among(tokens[:1], printWords):
		return "list.skipped.printed"
	}
	return ""
}

// tableReader makes people of rows.
type tableReader struct {
	reading Reading
	titles  []string
	class   string // of a heading between the rows
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
	kept := cells
	for i := range cells {
		if i >= len(t.titles) || !secretTitle(t.titles[i]) || i < len(t.reading.Columns) && t.reading.Columns[i] != MeansNothing {
			continue
		}
		if &kept[0] == &cells[0] {
			kept = slices.Clone(cells)
		}
		kept[i] = ""
	}
	return kept
}

// person reads a row.
func (t *tableReader) person(cells []string) Person {
	p := Person{Role: t.reading.Role, Cells: t.withoutSecrets(cells)}
	var given, family, prefix []string
	full := ""
	nameColumn := -1
	guardians := newGuardians()
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
			p.UserName = oneLine(cell)
		case MeansExternalID:
			p.ExternalID = oneLine(cell)
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

// oneLine is an ID or a user name without what cannot be seen.
func oneLine(cell string) string { return identity.CleanName(cell) }

// rounded reports whether Excel turned a long number into 4.9E+11, or a text into
// an error.
func rounded(id string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToUpper(id), "E+")
	if strings.HasPrefix(id, "#") && (strings.HasSuffix(id, "!") || strings.HasSuffix(id, "?") || strings.HasPrefix(id, "##") || id == "#N/A") {
		return true
	}
	return found && number(exponent) && number(strings.Replace(mantissa, ",", ".", 1))
}

// name cleans a part of a name and says what is wrong with it.
func (t *tableReader) name(p *Person, at int, cell string) string {
	name, pictures := cleanName(cell)
	if pictures {
		p.Notes.Add(t.column(at), "list.name-pictures")
	}
	if message := checkName(name); message != "" {
		p.Problems.Add(t.column(at), message, "Max", longestName)
	} else if name == "" && cell != "" {
		p.Problems.Add(t.column(at), "list.name-invisible")
	}
	return name
}

// fullName is name for both parts in one: it may be twice as long.
func (t *tableReader) fullName(p *Person, at int, cell string) string {
	name, pictures := cleanName(cell)
	if pictures {
		p.Notes.Add(t.column(at), "list.name-pictures")
	}
	if name == "" && cell != "" {
		p.Problems.Add(t.column(at), "list.name-invisible")
	}
	return name
}

// checkParts says what is wrong with the parts of a full name.
func (t *tableReader) checkParts(p *Person, at int) {
	for _, part := range []string{p.GivenName, p.FamilyName} {
		if message := checkName(part); message != "" {
			p.Problems.Add(t.column(at), message, "Max", longestName)
			return
		}
	}
}

// nothing are words that people write where there is none.
var nothing = words("- -- – — / . ? x n/a na none keine kein keins null nil ninguno ninguna aucun aucune néant ohne k.a. s/d nope geen nessuno brak")

// mailless are words for what may be missing.
var mailless = append(words("e adresse address email mail correo courriel"), mailWords...)

// without are words before one of them that say that it is.
var without = words("sin no kein keine ohne without pas sans senza sem geen brak")

// address reads the address of a person.
func (t *tableReader) address(p *Person, at int, cell string) {
	if !strings.Contains(cell, "@") && nothingWord(cell) {
		return
	}
	e := Entry{Text: shown(cell)}
	mailbox := cell
	if open := strings.LastIndexByte(cell, '<'); open >= 0 {
		mailbox, _, _ = strings.Cut(cell[open+1:], ">")
	}
	if !strings.Contains(mailbox, "@") {
		p.Problems.Add(t.column(at), "address.no-at", "Address", e.Text)
		return
	}
	e.check(normalize(mailbox))
	switch {
	case !e.Good():
		p.Problems = append(p.Problems, identity.Problem{Field: t.column(at), Message: e.Problem})
	case !identity.IsPlaceholderAddress(e.Address):
		p.Address = e.Address
	}
}

func nothingWord(cell string) bool {
	for _, word := range nothing {
		if strings.EqualFold(cell, word) {
			return true
		}
	}
	// "sin correo", "keine Mail", "no e-mail"
	first, rest, found := strings.Cut(strings.ToLower(cell), " ")
	return found && slices.Contains(without, first) && len(rest) < 20 && among(strings.Fields(lowered(rest)), mailless)
}

// maxClassroom is how long the name of a classroom may be. It is what
// [identity.NewOrganization.Check] allows.
const maxClassroom = 120

// classrooms reads the classes of a person.
func (t *tableReader) classrooms(p *Person, at int, cell string) {
	for part := range strings.FieldsFuncSeq(cell, func(r rune) bool { return r == ';' || r == '|' || r == '\n' }) {
		name := identity.CleanName(part)
		switch {
		case name == "" || nothingWord(name):
		case utf8.RuneCountInString(name) > maxClassroom:
			p.Problems.Add(t.column(at), "organization.name.too-long", "Max", maxClassroom)
		case dated(name):
			p.Problems.Add(t.column(at), "list.class-date", "Text", name)
		default:
			p.Classrooms = append(p.Classrooms, name)
		}
	}
}

// role reads the role of a person.
func (t *tableReader) role(p *Person, at int, cell string) {
	switch role := readRole(cell); role {
	case "":
		p.Problems.Add(t.column(at), "list.role", "Text", shown(cell))
	case roleGuardian:
		p.Problems.Add(t.column(at), "list.role-guardian", "Text", shown(cell))
	default:
		p.Role = role
	}
}
