package identity

import (
	"strings"
	"unicode"

	"github.com/anyascii/go"
)

// Spelling is how a school writes letters with marks where only a to z are to be
// had. No spelling is right in every language, so a school chooses.
type Spelling string

// The spellings.
const (
	SpellPlain  Spelling = "plain"  // ä ö ü å ø become a o u a o
	SpellGerman Spelling = "german" // ä ö ü become ae oe ue
	SpellNordic Spelling = "nordic" // å ä æ become aa ae ae, ø ö become oe
)

// Spellings lists them.
var Spellings = []Spelling{SpellPlain, SpellGerman, SpellNordic}

var ownSpellings = map[Spelling]map[rune]string{
	SpellGerman: {'ä': "ae", 'ö': "oe", 'ü': "ue"},
	SpellNordic: {'å': "aa", 'ä': "ae", 'ø': "oe", 'ö': "oe"},
}

// spellFirst writes the first word of a name in a to z, spellAll all of them
// together.
func spellFirst(name string, how Spelling) string {
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '-' }) {
		if spelling := spell(word, how); spelling != "" {
			return spelling
		}
	}
	return ""
}

func spellAll(name string, how Spelling) string { return spell(name, how) }

// spell writes the letters and digits of a name in a to z and 0 to 9. Letters of
// other alphabets are written as they sound, as far as a table without context
// can tell; marks, signs and pictures fall away.
func spell(name string, how Spelling) string {
	var b strings.Builder
	for _, r := range composed.Replace(strings.ToLower(name)) {
		spelling, ok := ownSpellings[how][r]
		if !ok {
			spelling, ok = latin[r]
		}
		switch {
		case ok:
		case r < unicode.MaxASCII:
			spelling = string(r)
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			spelling = strings.ToLower(anyascii.TransliterateRune(r))
		}
		for i := range len(spelling) {
			if c := spelling[i]; c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
				b.WriteByte(c)
			}
		}
	}
	return b.String()
}

// composed joins the marks that matter to a spelling to their letters: an a and
// two dots are an ä. Others fall away from their letter later.
var composed = strings.NewReplacer("a\u0308", "ä", "o\u0308", "ö", "u\u0308", "ü", "a\u030a", "å")

// latin spells the letters of the Latin alphabets of Europe.
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
