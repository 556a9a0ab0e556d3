package identity

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestFirstSecretsAreAsTheirBandAndTheRulesWant(t *testing.T) {
	none := PasswordRules{}
	for _, test := range []struct {
		band  SecretBand
		words string
		rules PasswordRules
		want  string
		bits  float64
	}{
		{BandTwoWords, "en", DefaultPasswordRules, `^[A-Z][a-z]{2,5}-[a-z]{3,6}-[0-9]{2}$`, 24.6},
		{BandThreeWords, "en", DefaultPasswordRules, `^[A-Z][a-z]{2,5}(-[a-z]{3,6}){2}-[0-9]{4}$`, 40.2},
		{BandPassphrase, "en", DefaultPasswordRules, `^[A-Z][a-z]{2,5}(-[a-z]{3,6}){4}-[0-9]{2}$`, 51.6},
		{BandTwoWords, "es", DefaultPasswordRules, `^[A-Z][a-z]{2,5}-[a-z]{3,6}-[0-9]{2}$`, 24.6},
		{BandTwoWords, "en", none, `^[a-z]{3,6}-[a-z]{3,6}-[0-9]{2}$`, 24.6},
		{BandTwoWords, "en", PasswordRules{MinLength: 20}, `^[a-z]{3,6}(-[a-z]{3,6}){2,5}-[0-9]{2}$`, 24.6},
		{BandThreeWords, "es", PasswordRules{MinLength: 72, Upper: true, Digit: true}, `^[A-Z][a-z]{2,5}(-[a-z]{1,6}){8,17}-[0-9]{4,5}$`, 40.2},
		{"", "xx", DefaultPasswordRules, `^[A-Z][a-z]{2,5}(-[a-z]{3,6}){2}-[0-9]{4}$`, 40.2},
	} {
		rules := StudentRules{Band: test.band, Words: test.words}
		shape := regexp.MustCompile(test.want)
		seen := map[string]bool{}
		const sample = 2000
		for i := range sample {
			random := fmt.Appendf(nil, "%030d", i)
			secret := rules.FirstSecret(test.rules, random)
			if !shape.MatchString(secret) || !test.rules.Satisfied(secret) || len(secret) > maxSecret {
				t.Fatalf("%s: %q is not as wanted by %+v", test.band, secret, test.rules)
			}
			if again := rules.FirstSecret(test.rules, random); again != secret {
				t.Fatalf("%q and %q of the same bytes", secret, again)
			}
			seen[secret] = true
		}
		// Of 2,000 out of 2^24 one in eight samples has a pair.
		if len(seen) < sample-3 {
			t.Errorf("%s: %d of %d are repeated", test.band, sample-len(seen), sample)
		}
		own := secretShapes[test.band]
		if own.words == 0 {
			own = secretShapes[BandThreeWords]
		}
		if bits := float64(own.words)*math.Log2(wordCount) + float64(own.digits)*math.Log2(10); bits < test.bits {
			t.Errorf("%s has %.2f bits, want %.1f", test.band, bits, test.bits)
		}
	}
}

// Every word comes up, about as often as any other.
func TestSecretsUseAllTheirWords(t *testing.T) {
	for _, language := range SecretLanguages {
		count := map[string]int{}
		rules := StudentRules{Band: BandPassphrase, Words: language}
		const sample = 20_000
		for range sample {
			parts := strings.Split(rules.NewSecret(PasswordRules{}), "-")
			for _, word := range parts[:5] {
				count[word]++
			}
		}
		if len(count) != wordCount {
			t.Errorf("%s: %d different words, want %d", language, len(count), wordCount)
		}
		const mean = 5 * sample / wordCount
		for word, n := range count {
			if n < mean/2 || n > mean*2 {
				t.Errorf("%s: %q came up %d times, about %d are to be expected", language, word, n, mean)
			}
		}
	}
}

func TestWordsCanBeReadAndTyped(t *testing.T) {
	for _, language := range SecretLanguages {
		words := secretLists[language]
		if len(words) != wordCount || !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != wordCount {
			t.Errorf("%s has %d words, or they are not sorted, or one is there twice", language, len(words))
		}
		for _, word := range words {
			if len(word) < 3 || len(word) > 6 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
				t.Errorf("%s: %q cannot be typed on every keyboard", language, word)
			}
		}
	}
}

func TestPasswordRulesAreSatisfied(t *testing.T) {
	for _, test := range []struct {
		password string
		rules    PasswordRules
		want     bool
	}{
		{"Otter-lamp-48", DefaultPasswordRules, true},
		{"otter-lamp-48", DefaultPasswordRules, false},
		{"OTTER-LAMP-48", DefaultPasswordRules, false},
		{"Otter-lamp", DefaultPasswordRules, false},
		{"Otterlamp48", DefaultPasswordRules, false},
		{"Ot-4", DefaultPasswordRules, false},
		{"otter", PasswordRules{MinLength: 5}, true},
		{"ötte", PasswordRules{MinLength: 5}, false},
		{"ötter", PasswordRules{MinLength: 5, Symbol: true}, true},
		{"", PasswordRules{}, true},
	} {
		if got := test.rules.Satisfied(test.password); got != test.want {
			t.Errorf("%q by %+v: %t", test.password, test.rules, got)
		}
	}
}
