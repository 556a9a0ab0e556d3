package identity

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// readable looks for a listed word as a reader would, from the name alone: a part
// between separators, parts read together, a word with a star anywhere. It does
// not know how the name was put together.
func readable(name string) string {
	for _, fold := range lookAlikes {
		parts := strings.FieldsFunc(name, separates)
		for i := range parts {
			parts[i] = fold.Replace(parts[i])
		}
		whole := strings.Join(parts, "")
		for _, word := range offensive.anywhere {
			if strings.Contains(whole, word) {
				return word
			}
		}
		for from := range parts {
			for to := from + 1; to <= len(parts); to++ {
				read := strings.Join(parts[from:to], "")
				for _, word := range offensive.apart {
					if read == word {
						return word
					}
				}
			}
		}
	}
	return ""
}

var typed = regexp.MustCompile(`^[a-z0-9]+([._-][a-z0-9]+)*$`)

// Whatever the pattern and the name, a user name can be typed, is one that the
// form would take, and holds no word of the list.
func TestNoUserNameOffends(t *testing.T) {
	given := []string{
		"Ana", "Sam", "Cassandra", "Dick", "Harshit", "Dominique", "Nazi", "Fick", "Pu", "Mar", "Kon", "Tit", "Ass", "Fat", "Putain",
		"Wichs", "Sex", "S", "H", "Mer", "An", "Cul", "李", "Зоя", "محمد", "", "Ä", "😀", "123", "O'Neil", "Jean-Luc", strings.Repeat("Long", 80),
	}
	family := []string{
		"Lopez", "Al", "Ta", "Ica", "Tas", "Uck", "Ass", "Ock", "Itler", "", "de la Cruz", "Scheiß", "Hure", "Öz", "s", "88", "Negro",
		"Vergara", "明", "Ker", strings.Repeat("Wichser", 20), "\u202enoitpircse",
	}
	patterns := []UserNamePattern{
		DefaultUserNamePattern, "{given}{family}", "{given}.{family}", "{given:1}{family}", "{year}{family:3}{given:1}", "{family}{given:1}{00}",
		"{given:2}{family:2}", "{given:3}-{a}", "{family:1}{given:1}{0a0a}", "f{given:1}{family:3}", "{year}.{given}_{family}-{00}",
		"{given:1}{family:1}{year}", "{given}--{family}..{0}", "{family}",
	}
	random := rand.New(rand.NewPCG(1, 2))
	check := func(given, family string) {
		t.Helper()
		for _, pattern := range patterns {
			for _, spelling := range Spellings {
				rules := StudentRules{Pattern: pattern, Spelling: spelling}
				try := random.IntN(userNameTries)
				of := UserNameOf{GivenName: CleanName(given), FamilyName: CleanName(family), Year: []string{"", "7", "Year 7", "2031", "3° A"}[random.IntN(5)]}
				seed := fmt.Appendf(nil, "%d", random.Uint64())
				got := rules.UserName(of, try, seed)
				if again := rules.UserName(of, try, seed); again != got {
					t.Fatalf("%q and %q for the same bytes", got, again)
				}
				if word := readable(got); word != "" {
					t.Fatalf("user name %q of %+v by %q holds %q", got, of, pattern, word)
				}
				if !typed.MatchString(got) || len(got) < minUserName || len(got) > maxUserName {
					t.Fatalf("user name %q of %+v by %q cannot be typed", got, of, pattern)
				}
				if problems := (NewStudent{GivenName: "x", UserName: got}).Check(); problems != nil {
					t.Fatalf("user name %q by %q would be refused if typed: %v", got, pattern, problems)
				}
			}
		}
	}
	for _, g := range given {
		for _, f := range family {
			check(g, f)
		}
	}
	// Names made of pieces of the list: what is harmless alone meets.
	words := append(append([]string{}, offensive.anywhere...), offensive.apart...)
	for range 1500 {
		word := words[random.IntN(len(words))]
		at := random.IntN(len(word) + 1)
		check(word[:at], word[at:]+"x"[:random.IntN(2)])
	}
}

func TestPatternsMakeWhatTheySay(t *testing.T) {
	for _, test := range []struct {
		pattern             UserNamePattern
		spelling            Spelling
		given, family, year string
		try                 int
		want                string
	}{
		{DefaultUserNamePattern, SpellPlain, "Sam", "Kowalski", "", 0, `^sam\.k-[2-9][a-z]$`},
		{DefaultUserNamePattern, SpellPlain, "Sam", "Kowalski", "", 4, `^sam\.k-([2-9][a-z]){3}$`},
		{"{given}.{family:1}-{00}", SpellPlain, "Sam", "Kowalski", "", 0, `^sam\.k-[2-9]{2}$`},
		{"{given}{family}", SpellPlain, "Sam", "Kowalski", "", 0, `^samkowalski$`},
		{"{given}{family}", SpellPlain, "Sam", "Kowalski", "", 1, `^samkowalski[2-9]$`},
		{"{given}{family}", SpellPlain, "Sam", "Kowalski", "", 2, `^samkowalski[2-9]{2}$`},
		{"{year}{family:3}{given:1}", SpellPlain, "Sam", "Kowalski", "2031", 0, `^2031kows$`},
		{"{year:2}{family:3}{given:1}", SpellPlain, "Sam", "Kowalski", "2031", 0, `^31kows$`},
		{"{year}.{given}", SpellPlain, "Sam", "", "", 0, `^sam$`},
		{"{year}.{given}", SpellPlain, "Sam", "", "Year 7", 0, `^year7\.sam$`},
		{"{given}", SpellPlain, "Jo", "", "", 0, `^jo[2-9]$`},
		{"{given}", SpellPlain, "", "", "", 0, `^student$`},
		{"{family}", SpellPlain, "Sam", "", "", 0, `^sam$`},
		{"{given}_{family}", SpellGerman, "Jürgen", "Groß", "", 0, `^juergen_gross$`},
		{"{given}_{family}", SpellNordic, "Åse", "Sørensen", "", 0, `^aase_soerensen$`},
		{"{given}_{family}", SpellPlain, "Åse", "Sørensen", "", 0, `^ase_sorensen$`},
		{"{given}_{family}", SpellGerman, "Ju\u0308rgen", "X", "", 0, `^juergen_x$`},
		{"{given}.{family}", SpellPlain, "Jean-Luc", "de la Tour", "", 0, `^jean\.delatour$`},
		{"{given}.{family:1}", SpellPlain, "Зоя", "Иванова", "", 0, `^zoya\.i$`},
		{"{given}.{family:1}", SpellPlain, "李", "明", "", 0, `^li\.m$`},
		{"{given}.{family:1}", SpellPlain, "😀", "Kim", "", 0, `^k[2-9]{2}$`},
		{"{nonsense}", SpellPlain, "Sam", "Kowalski", "", 0, `^sam\.k-[2-9][a-z]$`},
		// Where the whole of a name offends, less of it is taken.
		{"{given}.{family:1}-{0a}", SpellPlain, "Ana", "Lopez", "", 0, `^a\.l-[2-9][a-z]$`},
		{"{given}{family}", SpellPlain, "Dick", "Johnson", "", 0, `^djohnson$`},
	} {
		rules := StudentRules{Pattern: test.pattern, Spelling: test.spelling}
		got := rules.UserName(UserNameOf{GivenName: test.given, FamilyName: test.family, Year: test.year}, test.try, []byte("seed"))
		if !regexp.MustCompile(test.want).MatchString(got) {
			t.Errorf("%s of %q %q %q, try %d = %q, want %s", test.pattern, test.given, test.family, test.year, test.try, got, test.want)
		}
	}
}

func TestPatternsAreChecked(t *testing.T) {
	for _, test := range []struct {
		pattern UserNamePattern
		want    string
	}{
		{DefaultUserNamePattern, ""},
		{"{given}{family}", ""},
		{"{year}{family:3}{given:1}", ""},
		{"s-{family:16}_{0a0a0a0a}", ""},
		{"", "students.pattern.no-name"},
		{"{year}{000}", "students.pattern.no-name"},
		{"pupil", "students.pattern.no-name"},
		{"{given", "students.pattern.brace"},
		{"{given}}", "students.pattern.text"},
		{"{Given}", "students.pattern.unknown"},
		{"{given:0}", "students.pattern.unknown"},
		{"{given:17}", "students.pattern.unknown"},
		{"{given:-1}", "students.pattern.unknown"},
		{"{given:}", "students.pattern.unknown"},
		{"{}", "students.pattern.unknown"},
		{"{given}{000000000}", "students.pattern.unknown"},
		{"{given} {family}", "students.pattern.text"},
		{"{given}@{family}", "students.pattern.text"},
		{"Schüler-{given}", "students.pattern.text"},
		{UserNamePattern("{given}" + strings.Repeat("x", 60)), "students.pattern.too-long"},
	} {
		got := ""
		if problems := test.pattern.Check(); problems != nil {
			got = problems[0].Message.ID
		}
		if got != test.want {
			t.Errorf("pattern %q: %q, want %q", test.pattern, got, test.want)
		}
	}
}

func TestOffencesAreSeenThrough(t *testing.T) {
	for _, test := range []struct {
		pieces []string
		want   bool
	}{
		{[]string{"ana", ".", "l", "-", "7b"}, true},
		{[]string{"ana", "-", "7b"}, false},
		{[]string{"sam", ".", "f", "-", "4g"}, true},    // fag
		{[]string{"sam", "-", "4ss"}, true},             // ass
		{[]string{"cassandra", ".", "k"}, false},        // within a name
		{[]string{"cassandra", ".", "ass"}, true},       // apart
		{[]string{"thomas", ".", "s", "-", "7"}, false}, // too short to count across
		{[]string{"mari", "c4"}, true},
		{[]string{"fu", ".", "ck"}, true},
		{[]string{"p0rn"}, true},
		{[]string{"b1tch"}, true},
		{[]string{"s1ut"}, true},
		{[]string{"harshit", ".", "k"}, false},
		{[]string{"sh", "it"}, true},
		{[]string{"sam", ".", "k", "-", "7b"}, false},
		{nil, false},
	} {
		if got := offends(test.pieces); got != test.want {
			t.Errorf("offends(%q) = %t", test.pieces, got)
		}
	}
}

// The list is as it is read: small letters without marks, no word twice.
func TestTheListOfWordsIsWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, word := range append(append([]string{}, offensive.anywhere...), offensive.apart...) {
		if strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" || len(word) < 2 {
			t.Errorf("%q is no word", word)
		}
		if seen[word] {
			t.Errorf("%q is there twice", word)
		}
		seen[word] = true
	}
	for _, word := range offensive.anywhere {
		if len(word) < 4 {
			t.Errorf("%q is too short to be looked for within names", word)
		}
	}
	for language, words := range secretLists {
		for _, word := range words {
			if offends([]string{word}) {
				t.Errorf("first secrets in %q say %q", language, word)
			}
		}
	}
}

func FuzzUserNames(f *testing.F) {
	f.Add("{given}.{family:1}-{0a}", "Sam", "Kowalski", "7", 0)
	f.Add("{year}{family:3}{given:1}", "Zoë", "Åberg", "2031", 3)
	f.Fuzz(func(t *testing.T, pattern, given, family, year string, try int) {
		if try < 0 || try > userNameTries {
			return
		}
		rules := StudentRules{Pattern: UserNamePattern(pattern), Spelling: SpellPlain}
		got := rules.UserName(UserNameOf{GivenName: given, FamilyName: family, Year: year}, try, []byte(given))
		if !typed.MatchString(got) || len(got) < minUserName || len(got) > maxUserName || readable(got) != "" {
			t.Errorf("user name %q of %q %q %q by %q", got, given, family, year, pattern)
		}
	})
}
