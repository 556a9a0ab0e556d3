package identity

import (
	"crypto/rand"
	"strings"
)

// NewUserName makes a user name that its owner can read and type, such as
// sam.k-7b for Sam Kowalski: the given name, the first letter of the family
// name, and a digit and a letter so that the next Sam K finds a free one too.
// With every second try the ending gets longer. Names in scripts without an
// obvious spelling in Latin letters become "student".
func NewUserName(given, family string, try int) string {
	base := spell(given, 16)
	if base == "" {
		base = "student"
	}
	if initial := spell(family, 1); initial != "" {
		base += "." + initial
	}
	return base + "-" + ending(1+try/2)
}

const (
	endingDigits  = "23456789"
	endingLetters = "abcdefghjkmnpqrstuvwxyz" // without i, l and o
)

// ending makes pairs of a digit and a letter. It has to be free, not secret, so
// a slight bias does no harm.
func ending(pairs int) string {
	random := make([]byte, 2*pairs)
	_, _ = rand.Read(random) // never fails: the program ends instead
	for i, b := range random {
		alphabet := endingDigits
		if i%2 == 1 {
			alphabet = endingLetters
		}
		random[i] = alphabet[int(b)%len(alphabet)]
	}
	return string(random)
}

// spell writes the first word of name in lower-case ASCII letters, at most
// limit of them.
func spell(name string, limit int) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == ' ' || r == '-' })
	if len(words) == 0 {
		return ""
	}
	var b strings.Builder
	for _, r := range words[0] {
		if r >= 'a' && r <= 'z' {
			b.WriteRune(r)
			continue
		}
		b.WriteString(latin[r])
	}
	spelled := b.String()
	return spelled[:min(limit, len(spelled))]
}

// latin spells the letters of the Latin alphabets of Europe. A combining mark
// is not in it and so falls away from its letter.
var latin = func() map[rune]string {
	spellings := make(map[rune]string)
	for spelling, letters := range map[string]string{
		"a": "àáâãäåāăą", "ae": "æ", "c": "çćĉċč", "d": "ďđð", "e": "èéêëēĕėęě", "g": "ĝğġģ",
		"h": "ĥħ", "i": "ìíîïĩīĭįı", "j": "ĵ", "k": "ķ", "l": "ĺļľŀł", "n": "ñńņňŉŋ",
		"o": "òóôõöøōŏő", "oe": "œ", "r": "ŕŗř", "s": "śŝşšș", "ss": "ß", "t": "ţťŧț", "th": "þ",
		"u": "ùúûüũūŭůűų", "w": "ŵ", "y": "ýÿŷ", "z": "źżž",
	} {
		for _, r := range letters {
			spellings[r] = spelling
		}
	}
	return spellings
}()
