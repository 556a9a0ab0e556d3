package roster

import (
	"strconv"
	"strings"
	"unicode"
)

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
