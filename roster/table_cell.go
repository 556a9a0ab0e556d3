package roster

import (
	"slices"
	"strings"
	"unicode/utf8"

	"homeroom.dev/homeroom/identity"
)

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
