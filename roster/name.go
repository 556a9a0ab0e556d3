package roster

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"homeroom.dev/homeroom/identity"
)

// longestName is how long a given or a family name may be. It is what
// [identity.NewStudent.Check] allows.
const longestName = 100

// cleanName is a name as it will be shown: without what deceives readers, and
// without pictures, which no card and no user name can show. It reports whether
// pictures were taken out.
func cleanName(s string) (name string, pictures bool) {
	plain := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] < ' ' {
			plain = false
			break
		}
	}
	if !plain {
		s = strings.Map(func(r rune) rune {
			if unicode.In(r, unicode.So, unicode.Co) || r >= 0x1f3fb && r <= 0x1f3ff || r == '\ufe0f' || r == '\u20e3' {
				pictures = true
				return ' '
			}
			return r
		}, s)
		if pictures {
			s = strings.ReplaceAll(s, "\u200d", "") // joined the pictures
		}
	}
	return identity.CleanName(s), pictures
}

// particles begin a family name of several words.
var particles = strings.Fields("van von de da do dos das del della delle di du des della la le el al bin ben ibn ten ter den der zu zum zur vom af av st. mac o'")

func particle(word string) bool { return slices.Contains(particles, word) }

// suffixes stand behind a family name and a comma without being a given name.
var suffixes = strings.Fields("jr jr. sr sr. ii iii iv")

// splitFull parts "Sam Lee". Whatever the column was taken for, a comma means
// that the family name came first.
func splitFull(name string) (given, family string) {
	if before, behind, comma := strings.Cut(name, ","); comma {
		if !slices.Contains(suffixes, strings.ToLower(strings.TrimSpace(behind))) {
			return splitFamilyFirst(name)
		}
		name = before + " " + strings.TrimSpace(behind)
	}
	parts := strings.Fields(name)
	if given, family, found := splitCapitals(parts); found {
		return given, family
	}
	at := min(1, len(parts))
	for i := 1; i < len(parts)-1; i++ {
		if particle(parts[i]) {
			at = i
			break
		}
	}
	return strings.Join(parts[:at], " "), strings.Join(parts[at:], " ")
}

// splitFamilyFirst parts "Lee, Sam", "LEE Sam" and "Lee Sam".
func splitFamilyFirst(name string) (given, family string) {
	if before, behind, comma := strings.Cut(name, ","); comma {
		return strings.Trim(behind, " ,"), strings.Trim(before, " ,")
	}
	parts := strings.Fields(name)
	if given, family, found := splitCapitals(parts); found {
		return given, family
	}
	if len(parts) == 1 {
		return name, "" // the one name somebody has
	}
	at := 1
	for at < len(parts)-1 && particle(strings.ToLower(parts[at-1])) {
		at++
	}
	return strings.Join(parts[at:], " "), strings.Join(parts[:at], " ")
}

// splitCapitals parts "LEE KIM Sam" and "Sam LEE", as lists in French do.
func splitCapitals(parts []string) (given, family string, found bool) {
	var capitals, others []string
	turns := 0
	for i, part := range parts {
		upper := capital(part)
		if upper || particle(part) && (i+1 < len(parts) && capital(parts[i+1])) {
			capitals = append(capitals, part)
		} else {
			others = append(others, part)
		}
		if i > 0 && upper != capital(parts[i-1]) {
			turns++
		}
	}
	if len(capitals) == 0 || len(others) == 0 || turns > 2 {
		return "", "", false
	}
	return strings.Join(others, " "), strings.Join(capitals, " "), true
}

// capital reports whether a word is written in capitals and is more than an
// initial.
func capital(word string) bool {
	count := 0
	for _, r := range word {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			count++
		}
	}
	return count > 1
}

// checkName says what keeps a text from being the name of a person.
func checkName(name string) (message string) {
	switch {
	case utf8.RuneCountInString(name) > longestName:
		return "list.name-long"
	case strings.Contains(name, "@") || strings.Contains(name, "://"):
		return "list.name-address"
	case name != "" && !strings.ContainsFunc(name, unicode.IsLetter) || number(strings.TrimRightFunc(name, unicode.IsLetter)):
		return "list.name-letters"
	}
	return ""
}
