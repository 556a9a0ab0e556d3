package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
)

// UserNamePattern is how user names of a school's students are made up, such as
// "{given}.{family:1}-{0a}" for sam.k-7b. In braces stand
//
//	{given}     the first given name, in letters a to z
//	{family}    the family name, without its spaces
//	{year}      the year group as the school writes it: its letters and digits
//	{given:3}   no more than three of them; of a year the last ones
//	{0} {a}     a digit, a letter; any number of both: {00}, {0a}, {0a0a}
//
// and between them small letters, digits, dots, hyphens and underscores. Where a
// name is taken the ending gets longer; a pattern without one gets one then.
type UserNamePattern string

// DefaultUserNamePattern is that of a school that has set none.
const DefaultUserNamePattern UserNamePattern = "{given}.{family:1}-{0a}"

// UserNameOf is whom a user name is for.
type UserNameOf struct {
	GivenName, FamilyName string
	Year                  string // year group, may be unknown
}

const (
	endingDigits  = "23456789"
	endingLetters = "abcdefghjkmnpqrstuvwxyz" // without i, l and o

	// longestPart bounds a name within a user name.
	longestPart = 16
	// maxEnding bounds a pattern's ending, and maxPattern the pattern.
	maxEnding  = 8
	maxPattern = 60
)

// patternPart is a piece of a pattern: a text, a part of a name, or an ending.
type patternPart struct {
	text   string
	token  string // given, family, year; "ending"; empty for a text
	limit  int
	ending string // its 0s and as
}

// parse splits a pattern into its parts.
func (p UserNamePattern) parse() ([]patternPart, Message) {
	var parts []patternPart
	rest := string(p)
	if len(rest) > maxPattern {
		return nil, Say("students.pattern.too-long", "Max", maxPattern)
	}
	for rest != "" {
		text, after, braced := strings.Cut(rest, "{")
		if text != "" {
			if strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
				return nil, Say("students.pattern.text", "Text", text)
			}
			parts = append(parts, patternPart{text: text})
		}
		if !braced {
			break
		}
		inside, behind, closed := strings.Cut(after, "}")
		if !closed {
			return nil, Say("students.pattern.brace", "Text", "{"+after)
		}
		part, ok := parseToken(inside)
		if !ok {
			return nil, Say("students.pattern.unknown", "Text", "{"+inside+"}")
		}
		parts, rest = append(parts, part), behind
	}
	if !slices.ContainsFunc(parts, func(part patternPart) bool { return part.token == "given" || part.token == "family" }) {
		return nil, Say("students.pattern.no-name")
	}
	return parts, Message{}
}

func parseToken(inside string) (patternPart, bool) {
	if inside != "" && strings.Trim(inside, "0a") == "" {
		return patternPart{token: "ending", ending: inside}, len(inside) <= maxEnding
	}
	name, digits, limited := strings.Cut(inside, ":")
	part := patternPart{token: name, limit: longestPart}
	if limited {
		if len(digits) == 0 || len(digits) > 2 || strings.Trim(digits, "0123456789") != "" {
			return part, false
		}
		part.limit = 0
		for _, d := range digits {
			part.limit = part.limit*10 + int(d-'0')
		}
		if part.limit < 1 || part.limit > longestPart {
			return part, false
		}
	}
	return part, name == "given" || name == "family" || name == "year"
}

// Check finds what is wrong with a pattern that somebody wrote.
func (p UserNamePattern) Check() Problems {
	var problems Problems
	if _, wrong := p.parse(); wrong.ID != "" {
		problems = append(problems, Problem{Field: "pattern", Message: wrong})
	}
	return problems
}

// stream draws from random bytes as many as are wanted: the same bytes and the
// same purpose give the same ones.
type stream struct {
	seed  []byte
	block [sha256.Size]byte
	used  int
	count uint64
}

func newStream(random []byte, purpose string, n int) *stream {
	seed := binary.BigEndian.AppendUint64([]byte(purpose+"\x00"), uint64(n))
	return &stream{seed: append(seed, random...), used: sha256.Size}
}

func (s *stream) byte() byte {
	if s.used == len(s.block) {
		s.block = sha256.Sum256(binary.BigEndian.AppendUint64(slices.Clone(s.seed), s.count))
		s.count++
		s.used = 0
	}
	s.used++
	return s.block[s.used-1]
}

// pick answers a number below n, which is at most 65536, each as likely.
func (s *stream) pick(n int) int {
	for {
		drawn := int(s.byte())<<8 | int(s.byte())
		if drawn < 65536-65536%n {
			return drawn % n
		}
	}
}

// ending makes digits and letters after a shape of 0s and as.
func (s *stream) ending(shape string) string {
	made := make([]byte, len(shape))
	for i := range shape {
		alphabet := endingDigits
		if shape[i] == 'a' {
			alphabet = endingLetters
		}
		made[i] = alphabet[s.pick(len(alphabet))]
	}
	return string(made)
}

// UserName makes a user name that its owner can read and type. It is the same
// for the same random bytes and try, so that who was cut off goes on with it;
// each further try is another one, and with every second the ending gets longer.
// No user name has an offensive word in it, made by the names, by chance or by
// both; if the names bring one along, less of them is used. A pattern that is
// wrong is the default one.
func (r StudentRules) UserName(of UserNameOf, try int, random []byte) string {
	parts, wrong := r.Pattern.parse()
	if wrong.ID != "" {
		parts, _ = DefaultUserNamePattern.parse()
	}
	said := spelled{
		given: spellFirst(of.GivenName, r.Spelling), family: spellAll(of.FamilyName, r.Spelling), year: spellAll(of.Year, r.Spelling),
	}
	draw := newStream(random, "user name", try)
	for _, names := range said.lessAndLess() {
		for range 8 {
			if pieces := makeName(parts, names, try, draw); !offends(pieces) {
				return strings.Join(pieces, "")
			}
		}
	}
	for { // no name at all, and endings without vowels and look-alikes of them
		if pieces := []string{"student", "-", draw.ending(strings.Repeat("0", 4+try))}; !offends(pieces) {
			return strings.Join(pieces, "")
		}
	}
}

// randomBytes are fresh ones from crypto/rand.
func randomBytes() []byte {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: the program ends instead
	return random
}

// spelled are the parts of a name in letters a to z.
type spelled struct{ given, family, year string }

// lessAndLess are the spellings to be tried where one offends: all of the name,
// then less and less of it, and none.
func (s spelled) lessAndLess() []spelled {
	first := func(text string) string { return text[:min(1, len(text))] }
	return []spelled{
		s,
		{s.given, first(s.family), s.year},
		{first(s.given), s.family, s.year},
		{first(s.given), first(s.family), s.year},
		{s.given, "", s.year},
		{"", s.family, s.year},
		{"", "", s.year},
		{},
	}
}

// makeName puts a user name together. What is too short gets an ending, what
// would be too long less of the names.
func makeName(parts []patternPart, names spelled, try int, draw *stream) []string {
	for most := longestPart; ; most-- {
		pieces := putTogether(parts, names, try, most, draw)
		length := 0
		for _, piece := range pieces {
			length += len(piece)
		}
		if length <= maxUserName || most == 1 {
			return pieces
		}
	}
}

func putTogether(parts []patternPart, names spelled, try, most int, draw *stream) []string {
	if names.given == "" && names.family == "" {
		names.given = "student"
	}
	var pieces []string
	longer, ended, named := try/2, false, false
	for _, part := range parts {
		switch part.token {
		case "":
			pieces = append(pieces, part.text)
		case "ending":
			shape := part.ending
			if !ended {
				shape += strings.Repeat(part.ending[:min(2, len(part.ending))], longer)
			}
			ended = true
			pieces = append(pieces, draw.ending(shape))
		case "given", "family":
			text := map[string]string{"given": names.given, "family": names.family}[part.token]
			named = named || text != ""
			pieces = append(pieces, text[:min(part.limit, most, len(text))])
		case "year":
			from := max(0, len(names.year)-min(part.limit, most))
			pieces = append(pieces, names.year[from:])
		}
	}
	if !named { // the pattern asks for the one of the names that is not there
		pieces = append([]string{(names.given + names.family)[:min(most, len(names.given+names.family))]}, pieces...)
	}
	pieces = trimmed(pieces)
	length := 0
	for _, piece := range pieces {
		length += len(piece)
	}
	if !ended && (try > 0 || length < minUserName) {
		pieces = append(pieces, draw.ending(strings.Repeat("0", max(1+longer, minUserName-length))))
	}
	return pieces
}

// trimmed leaves out separators at the ends, and all but the last of several in
// a row: they stand where a part of the name is missing.
func trimmed(pieces []string) []string {
	var kept []string
	open := false // a separator that waits for something behind it
	var separator string
	for _, piece := range pieces {
		for piece != "" {
			at := strings.IndexAny(piece, ".-_")
			if at == 0 {
				open, separator = true, piece[:1]
				piece = piece[1:]
				continue
			}
			word := piece
			if at > 0 {
				word = piece[:at]
			}
			if open && len(kept) > 0 {
				kept = append(kept, separator)
			}
			open = false
			kept, piece = append(kept, word), piece[len(word):]
		}
	}
	return kept
}
