package roster

import (
	"slices"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"homeroom.dev/homeroom/identity"
)

// who finds the one person the row is about, nobody, or that it has to be
// decided.
func (d Decidable) who() (*Known, Decided) {
	var strong, inClass, prints, named []*Known
	for i := range d.Known {
		k := &d.Known[i]
		switch {
		case slices.ContainsFunc(k.By, By.strong):
			strong = append(strong, k)
			continue
		case d.otherNumber(*k):
			continue // two of one name, told apart by the school's own numbers
		case slices.Contains(k.By, ByNameInClass):
			inClass = append(inClass, k)
		default:
			named = append(named, k)
		}
		if slices.Contains(k.By, ByPrint) && (slices.Contains(k.By, ByNameInClass) || len(d.Wanted) == 0) {
			prints = append(prints, k)
		}
	}
	if d.Decision == DecisionMerge && d.With != "" {
		for _, k := range append(append(strong, inClass...), named...) {
			if k.User == d.With {
				return k, Decided{}
			}
		}
		return nil, Decided{Kind: KindConflict, Reasons: []identity.Message{identity.Say("import.changed-since")}}
	}
	switch keep := d.Decision == DecisionKeep; {
	case len(strong) > 1:
		out := d.ask("import.two-keys")
		if keep {
			out = Decided{Kind: KindConflict, Reasons: []identity.Message{identity.Say("import.key-taken", "Name", strong[0].name())}}
		}
		return nil, out
	case len(strong) == 1:
		if !d.doubtful(*strong[0]) {
			return strong[0], Decided{}
		}
		if keep {
			return nil, Decided{Kind: KindConflict, Reasons: []identity.Message{identity.Say("import.key-taken", "Name", strong[0].name())}}
		}
		return nil, d.ask("import.other-name", "Name", strong[0].name())
	case keep:
		return d.kept(prints), Decided{}
	case len(prints) == 1:
		return prints[0], Decided{}
	case len(inClass) == 1:
		return inClass[0], Decided{}
	case len(inClass) > 1:
		return nil, d.ask("import.same-name-in-class")
	case len(named) > 0:
		return nil, d.ask("import.same-name")
	}
	return nil, Decided{}
}

// kept is whom the row was kept apart as before, if it was.
func (d Decidable) kept(prints []*Known) *Known {
	if len(prints) == 1 {
		return prints[0]
	}
	return nil
}

// otherNumber reports whether the list's own numbers say that these are two.
func (d Decidable) otherNumber(k Known) bool {
	return d.Person.ExternalID != "" && k.ExternalID != "" && d.Person.ExternalID != k.ExternalID
}

// doubtful reports whether an address or a user name leads to somebody who seems
// to be another: brothers and sisters share addresses, and numbers do not lie.
func (d Decidable) doubtful(k Known) bool {
	if slices.Contains(k.By, ByExternalID) {
		return false
	}
	if d.otherNumber(k) {
		return true
	}
	mine, theirs := plainName(d.Person.GivenName), plainName(k.GivenName)
	if mine == "" || theirs == "" {
		return false
	}
	return !strings.HasPrefix(mine, theirs) && !strings.HasPrefix(theirs, mine)
}

// plainName folds case and accents.
func plainName(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(cases.Fold().String(text)) {
		if r < 0x300 || r > 0x36f {
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
