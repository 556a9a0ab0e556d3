package store

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"homeroom.dev/homeroom/identity"
)

// plainLetters are letters that Unicode does not take apart into a base letter
// and a mark, but that every European school sorts next to one.
var plainLetters = strings.NewReplacer(
	"æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ı", "i", "ŋ", "n", "ħ", "h",
)

// sortName is what rosters are ordered by: family name, then given name, then,
// for a person without either, the user name. Case and accents do not count,
// and no language is preferred: Ángel and angel are neighbours everywhere.
func sortName(u identity.User) string {
	family, given := foldName(u.FamilyName), foldName(u.GivenName)
	switch {
	case family == "" && given == "":
		return foldName(u.UserName)
	case family == "":
		return given
	case given == "":
		return family
	}
	// A tab is lower than every character in a name, so "De, Zoe" stays before
	// "De Anna, Bo".
	return family + "\t" + given
}

// foldName folds case, drops accents and runs of white space.
func foldName(s string) string {
	s = norm.NFKD.String(cases.Fold().String(s))
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(plainLetters.Replace(s)), " ")
}
