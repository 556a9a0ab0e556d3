package rollover

import (
	"regexp"
	"strconv"
	"strings"
)

// The years of schooling that a class can be for. 0 is the one before the first.
const (
	NoYear   = -1
	LastYear = 13
)

// YearOf is the year group that a class is for, as its name says: "7B Biology" is
// for 7, "3º ESO A" for 9 and "Terminale 2" for 12, the years of schooling; NoYear
// if it says nothing. French says whether the school counts as French schools do,
// see [French].
func YearOf(name string, french bool) int {
	if found, ok := find(name, french); ok {
		return found.year
	}
	return NoYear
}

// Promoted is the name of the class that the students of a class are in a year
// later: "7B Biology" becomes "8B Biology". It reports false for a class whose
// name says no year group, and for one after which school ends.
func Promoted(name string, french bool) (string, bool) {
	found, ok := find(name, french)
	if !ok || found.next == "" {
		return "", false
	}
	return name[:found.start] + found.next + name[found.end:], true
}

// token is where a name says the year group: name[start:end], to be replaced by
// next.
type token struct {
	start, end int
	year       int
	next       string // empty: school ends here
}

// find finds the year group in a name. What says most comes first.
func find(name string, french bool) (token, bool) {
	for _, look := range []func(string) (token, bool){spanish, gymnasium, words} {
		if t, ok := look(name); ok {
			return t, true
		}
	}
	if t, ok := frenchYear(name, french); ok {
		return t, true
	}
	for _, look := range []func(string) (token, bool){named, ordinal, lettered, bare} {
		if t, ok := look(name); ok {
			return t, true
		}
	}
	return token{}, false
}

// number is the token of a plain number, written as it is.
func number(name string, start, end int) (token, bool) {
	year, err := strconv.Atoi(name[start:end])
	if err != nil || year < 1 || year > LastYear {
		return token{}, false
	}
	t := token{start: start, end: end, year: year}
	if year < LastYear {
		t.next = strconv.Itoa(year + 1)
		if strings.HasPrefix(name[start:end], "0") && year+1 < 10 {
			t.next = "0" + t.next // "07B" becomes "08B"
		}
	}
	return t, true
}

var spanishStage = regexp.MustCompile(
	`(?i)(?:^|[^\pL\pN])([1-6])(\s*(?:\.?[ºª°]|er|ero|do|ro|to)?\.?\s*(?:de\s+|d'|d’)?)(e\.?s\.?o\.?|eso|bachillerato|bach\.?|bto\.?|batxillerat|primaria|prim\.?|e\.?p\.?)(?:$|[^\pL\pN])`)

// spanish reads "3º ESO", "1.º de Bachillerato", "6º Primaria".
func spanish(name string) (token, bool) {
	at := spanishStage.FindStringSubmatchIndex(name)
	if at == nil {
		return token{}, false
	}
	n := int(name[at[2]] - '0')
	between, stage := name[at[4]:at[5]], name[at[6]:at[7]]
	t := token{start: at[2], end: at[7]}
	switch folded := strings.ToLower(strings.ReplaceAll(stage, ".", "")); {
	case strings.HasPrefix(folded, "p") || folded == "ep":
		if t.year = n; n < 6 {
			t.next = strconv.Itoa(n+1) + between + stage
		} else {
			t.next = "1" + between + "ESO"
		}
	case folded == "eso":
		if n > 4 {
			return token{}, false
		}
		if t.year = 6 + n; n < 4 {
			t.next = strconv.Itoa(n+1) + between + stage
		} else {
			t.next = "1" + between + "Bachillerato"
		}
	default:
		if n > 2 {
			return token{}, false
		}
		if t.year = 10 + n; n < 2 {
			t.next = strconv.Itoa(n+1) + between + stage
		}
	}
	return t, true
}

var gymnasiumYear = regexp.MustCompile(`(?:^|[^\pL\pN])(EF|Q1|Q2)(?:$|[^\pL\pN])`)

// gymnasium reads the years of the German upper school.
func gymnasium(name string) (token, bool) {
	at := gymnasiumYear.FindStringSubmatchIndex(name)
	if at == nil {
		return token{}, false
	}
	t := token{start: at[2], end: at[3]}
	switch name[at[2]:at[3]] {
	case "EF":
		t.year, t.next = 11, "Q1"
	case "Q1":
		t.year, t.next = 12, "Q2"
	default:
		t.year = 13
	}
	return t, true
}

// firstYears are the years before the first one, and what follows them.
var firstYears = map[string]string{"reception": "Year 1", "kindergarten": "Grade 1"}

var wordYear = regexp.MustCompile(`(?i)(?:^|[^\pL\pN])(reception|kindergarten)(?:$|[^\pL\pN])`)

// words reads "Reception" and "Kindergarten".
func words(name string) (token, bool) {
	at := wordYear.FindStringSubmatchIndex(name)
	if at == nil {
		return token{}, false
	}
	return token{start: at[2], end: at[3], next: firstYears[strings.ToLower(name[at[2]:at[3]])]}, true
}

var namedYear = regexp.MustCompile(
	`(?i)(?:^|[^\pL\pN])(?:year(?:\s+group)?|yr\.?|y|grade|gr\.?|class|form|klasse|kl\.?|jahrgang(?:sstufe)?|jg\.?|stufe|curso|clase|grado|classe|año|année)[\s.:#-]*(\d{1,2})(?:$|[^\pN])`)

var beforeNamed = regexp.MustCompile(`(?i)(?:^|[^\pL\pN])(\d{1,2})\.\s*(?:klasse|kl\.?|jahrgang(?:sstufe)?|jg\.?|schuljahr)(?:$|[^\pL\pN])`)

// named reads "Year 8", "Grade 10", "Klasse 5a", "10. Klasse".
func named(name string) (token, bool) {
	for _, form := range []*regexp.Regexp{namedYear, beforeNamed} {
		if at := form.FindStringSubmatchIndex(name); at != nil {
			if t, ok := number(name, at[2], at[3]); ok {
				return t, true
			}
		}
	}
	return token{}, false
}

var ordinalYear = regexp.MustCompile(`(?i)(?:^|[^\pL\pN])(\d{1,2})(st|nd|rd|th)(?:[\s-]+(?:grade|graders|year|form))(?:$|[^\pL\pN])`)

// ordinal reads "5th Grade".
func ordinal(name string) (token, bool) {
	at := ordinalYear.FindStringSubmatchIndex(name)
	if at == nil {
		return token{}, false
	}
	t, ok := number(name, at[2], at[3])
	if !ok {
		return token{}, false
	}
	if t.end = at[5]; t.next != "" {
		suffix := "th"
		switch t.next {
		case "2":
			suffix = "nd"
		case "3":
			suffix = "rd"
		}
		if s := name[at[4]:at[5]]; s == strings.ToUpper(s) {
			suffix = strings.ToUpper(suffix)
		}
		t.next += suffix
	}
	return t, true
}

var letteredYear = regexp.MustCompile(`(?:^|[^\pL\pN.,])(\d{1,2})(?:\s?[-/.]?\s?\pL\d?|[./]\d|\s?[º°ª])(?:$|[^\pL\pN])`)

// lettered reads "7B Biology", "Biology 7-B", "5a", "7.1", "3º A".
func lettered(name string) (token, bool) {
	for from := 0; from < len(name); {
		at := letteredYear.FindStringSubmatchIndex(name[from:])
		if at == nil {
			return token{}, false
		}
		if start := from + at[2]; !counted(name[:start]) {
			if t, ok := number(name, start, from+at[3]); ok {
				return t, true
			}
		}
		from += at[3]
	}
	return token{}, false
}

var (
	anyNumber = regexp.MustCompile(`\d+`)
	counters  = regexp.MustCompile(`(?i)(?:^|[^\pL])(?:room|raum|aula|salle|set|group|groupe|gruppe|grupo|team|unit|unidad|level|nivel|niveau|part|parte|kurs|course|band|block|section|period|stunde|hora|no\.?|nr\.?|n[º°])[\s.:#-]*$`)
)

// counted reports whether what stands before a number says that it counts
// something else: "Room 12", "Set 2".
func counted(before string) bool { return counters.MatchString(before) }

// bare reads a number that stands for itself, at the beginning or the end of a name
// and the only one in it: "Biology 7". Others are guesses.
func bare(name string) (token, bool) {
	all := anyNumber.FindAllStringIndex(name, -1)
	if len(all) != 1 {
		return token{}, false
	}
	start, end := all[0][0], all[0][1]
	first, last := strings.TrimSpace(name[:start]) == "", strings.TrimSpace(name[end:]) == ""
	switch {
	case !first && !last, counted(name[:start]),
		!first && !strings.HasSuffix(name[:start], " "), !last && !strings.HasPrefix(name[end:], " "):
		return token{}, false
	}
	return number(name, start, end)
}
