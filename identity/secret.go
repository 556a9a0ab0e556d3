package identity

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a first secret.
const (
	wordCount = 512
	// maxSecret is as much as Zitadel's hash (bcrypt) looks at.
	maxSecret = 72
)

// secretShape is how many words and digits a band has.
var secretShapes = map[SecretBand]struct{ words, digits int }{
	BandTwoWords:   {2, 2},
	BandThreeWords: {3, 4},
	BandPassphrase: {5, 2},
}

// FirstSecret makes a first password that its age can read off a card and type:
// small words of 512 with hyphens between, and digits behind them.
//
//	two words     Otter-lamp-48                    2 × 9 +  6.6 = 24.6 bits
//	three words   Otter-maple-lamp-4829            3 × 9 + 13.2 = 40.2 bits
//	passphrase    Otter-maple-lamp-violin-sun-48   5 × 9 +  6.6 = 51.6 bits
//
// Two words withstand guessing at the login page for as long as the card is in
// use, not more; longer ones also withstand who has the hash for some time.
// Capital, small letter, digit and hyphen meet Zitadel's own rules; where the
// rules ask for no capital there is none, because it is the key that children
// miss, and where they ask for more characters there are more words.
//
// It is the same for the same random bytes, which must be 16 or more and uniform.
func (r StudentRules) FirstSecret(rules PasswordRules, random []byte) string {
	shape, ok := secretShapes[r.Band]
	if !ok {
		shape = secretShapes[BandThreeWords]
	}
	list := secretLists[r.Words]
	if list == nil {
		list = secretLists["en"]
	}
	draw := newStream(random, "first secret "+string(r.Band)+" "+r.Words, 0)
	var words []string
	length := shape.digits
	for len(words) < shape.words || length < min(rules.MinLength, maxSecret) {
		word := list[draw.pick(wordCount)]
		if slices.Contains(words, word) {
			continue // a word twice reads like a mistake; of bits it costs nothing to speak of
		}
		words = append(words, word)
		length += len(word) + 1
	}
	if rules.Upper {
		words[0] = strings.ToUpper(words[0][:1]) + words[0][1:]
	}
	// Words that would not fit any more give way, the digits stay and fill up.
	secret := strings.Join(words, "-")
	secret = strings.TrimSuffix(secret[:min(len(secret), maxSecret-shape.digits-1)], "-") + "-"
	for range max(shape.digits, min(rules.MinLength, maxSecret)-len(secret)) {
		secret += string(rune('0' + draw.pick(10)))
	}
	return secret
}

// NewSecret makes a first password from crypto/rand.
func (r StudentRules) NewSecret(rules PasswordRules) string {
	return r.FirstSecret(rules, randomBytes())
}

// Satisfied reports whether a password is as the rules ask.
func (r PasswordRules) Satisfied(password string) bool {
	has := func(from, to rune) bool {
		return strings.ContainsFunc(password, func(c rune) bool { return c >= from && c <= to })
	}
	symbol := strings.ContainsFunc(password, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9')
	})
	return utf8.RuneCountInString(password) >= r.MinLength && (!r.Upper || has('A', 'Z')) && (!r.Lower || has('a', 'z')) &&
		(!r.Digit || has('0', '9')) && (!r.Symbol || symbol)
}
