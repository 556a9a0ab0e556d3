package roster

import (
	"strings"

	"homeroom.dev/homeroom/identity"
)

// guardians collects the contacts of a student from the columns about them: the
// first name belongs to the first address and the first telephone, the second to
// the second, however the columns are ordered.
type guardians struct {
	names, given, family, mails, calls, relations, languages []string
	further                                                  []Guardian
}

// take reads a cell if its column is about guardians.
func (g *guardians) take(t *tableReader, p *Person, at int, means Meaning, cell string) bool {
	if nothingWord(cell) {
		cell = ""
	}
	switch means {
	case MeansGuardianName:
		g.names = append(g.names, g.name(t, p, at, cell))
	case MeansGuardianGiven:
		g.given = append(g.given, g.name(t, p, at, cell))
	case MeansGuardianFamily:
		g.family = append(g.family, g.name(t, p, at, cell))
	case MeansGuardianMail:
		g.mails = append(g.mails, g.address(t, p, at, cell))
	case MeansGuardianCall:
		g.calls = append(g.calls, shown(cell))
	case MeansGuardianRole:
		g.relations = append(g.relations, shown(cell))
	case MeansGuardianReads:
		g.languages = append(g.languages, languages[lowered(cell)])
	default:
		return false
	}
	return true
}

// name reads the name of a guardian; one that is none is left out with a note,
// because the student can be imported without.
func (g *guardians) name(t *tableReader, p *Person, at int, cell string) string {
	name, _ := cleanName(cell)
	if message := checkName(name); message != "" {
		p.Notes.Add(t.column(at), message, "Max", longestName)
		return ""
	}
	if before, behind, comma := strings.Cut(name, ","); comma {
		name = identity.CleanName(behind + " " + before)
	}
	return name
}

// address reads the address of a guardian; of several in one cell the others are
// contacts of their own.
func (g *guardians) address(t *tableReader, p *Person, at int, cell string) string {
	first := ""
	for i, e := range parseLine(normalize(strings.ReplaceAll(cell, "\n", ";"))) {
		switch {
		case !e.Good():
			p.Notes = append(p.Notes, identity.Problem{Field: t.column(at), Message: e.Problem})
		case i == 0:
			first = e.Address
		default:
			g.further = append(g.further, Guardian{Name: identity.CleanName(e.GivenName + " " + e.FamilyName), Address: e.Address})
		}
	}
	return first
}

func (g *guardians) all() []Guardian {
	var all []Guardian
	nth := func(list []string, i int) string {
		if i < len(list) {
			return list[i]
		}
		return ""
	}
	for i := range max(len(g.names), len(g.given), len(g.family), len(g.mails), len(g.calls), len(g.relations)) {
		one := Guardian{
			Name: nth(g.names, i), Relation: nth(g.relations, i), Address: nth(g.mails, i), Phone: nth(g.calls, i),
			Language: nth(g.languages, i),
		}
		if one.Name == "" {
			one.Name = strings.TrimSpace(nth(g.given, i) + " " + nth(g.family, i))
		}
		if one.Name != "" || one.Address != "" || one.Phone != "" {
			all = append(all, one)
		}
	}
	return append(all, g.further...)
}
