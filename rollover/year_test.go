package rollover_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"testing"

	"homeroom.dev/homeroom/rollover"
)

func TestTheNameOfAClassSaysItsYearGroup(t *testing.T) {
	for _, tt := range []struct {
		name   string
		french bool
		year   int
		next   string // empty: none
	}{
		{"7B Biology", false, 7, "8B Biology"},
		{"Biology 7B", false, 7, "Biology 8B"},
		{"Biology 7-B", false, 7, "Biology 8-B"},
		{"9A", false, 9, "10A"},
		{"09A", false, 9, "10A"},
		{"07B", false, 7, "08B"},
		{"13C Physics", false, 13, ""},
		{"Year 8", false, 8, "Year 9"},
		{"Year 8 Set 2", false, 8, "Year 9 Set 2"},
		{"Set 2 Year 8", false, 8, "Set 2 Year 9"},
		{"Y10 History", false, 10, "Y11 History"},
		{"Grade 12", false, 12, "Grade 13"},
		{"1st Grade", false, 1, "2nd Grade"},
		{"2ND GRADE", false, 2, "3RD GRADE"},
		{"5th Grade, Room 12", false, 5, "6th Grade, Room 12"},
		{"Reception Owls", false, 0, "Year 1 Owls"},
		{"Kindergarten", false, 0, "Grade 1"},
		{"Biology 7", false, 7, "Biology 8"},
		{"7 Biology", false, 7, "8 Biology"},
		{"7.1 Maths", false, 7, "8.1 Maths"},
		{"7B 2026", false, 7, "8B 2026"},
		{"Klasse 5a", false, 5, "Klasse 6a"},
		{"5e", false, 5, "6e"},
		{"10. Klasse", false, 10, "11. Klasse"},
		{"Jahrgang 9", false, 9, "Jahrgang 10"},
		{"Deutsch EF", false, 11, "Deutsch Q1"},
		{"Mathe Q1", false, 12, "Mathe Q2"},
		{"Mathe Q2", false, 13, ""},
		{"3º ESO", false, 9, "4º ESO"},
		{"3º ESO B", false, 9, "4º ESO B"},
		{"4º de ESO A", false, 10, "1º de Bachillerato A"},
		{"1.º Bachillerato", false, 11, "2.º Bachillerato"},
		{"2º Bach. C", false, 12, ""},
		{"6º Primaria", false, 6, "1º ESO"},
		{"3º A", false, 3, "4º A"},
		{"6ème B", false, 6, "5ème B"},
		{"3ème 2", false, 9, "2nde 2"},
		{"6e B", true, 6, "5e B"},
		{"3e 4", true, 9, "2de 4"},
		{"CM2", false, 5, "6e"},
		{"CE2 Martin", false, 3, "CM1 Martin"},
		{"Seconde 4", false, 10, "Première 4"},
		{"1re 2", false, 11, "Tle 2"},
		{"Terminale 3", false, 12, ""},

		{"Chess Club", false, rollover.NoYear, ""},
		{"Room 12", false, rollover.NoYear, ""},
		{"Set 2", false, rollover.NoYear, ""},
		{"Maths 101", false, rollover.NoYear, ""},
		{"Abitur 2027", false, rollover.NoYear, ""},
		{"Group 3 and 4", false, rollover.NoYear, ""},
		{"Year 20", false, rollover.NoYear, ""},
		{"Web3 Design", false, rollover.NoYear, ""},
		{"", false, rollover.NoYear, ""},
		{"\xff 7\xfe", false, rollover.NoYear, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := rollover.YearOf(tt.name, tt.french); got != tt.year {
				t.Errorf("year group = %d, want %d", got, tt.year)
			}
			next, has := rollover.Promoted(tt.name, tt.french)
			if next != tt.next || has != (tt.next != "") {
				t.Errorf("next = %q, %v, want %q", next, has, tt.next)
			}
		})
	}
}

func TestFrenchSchoolsAreKnownByTheirNames(t *testing.T) {
	for _, tt := range []struct {
		name  string
		names []string
		want  bool
	}{
		{"a collège", []string{"6e A", "5e A", "4e B", "3ème C"}, true},
		{"a German school", []string{"5a", "5e", "6e", "7b"}, false},
		{"an English school with a French club", []string{"7A", "7B", "8A", "8B", "Terminale exchange"}, false},
		{"nothing", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := rollover.French(tt.names); got != tt.want {
				t.Errorf("French = %v", got)
			}
		})
	}
}

// Whatever a school's classes are called: those that are apart stay apart, each is
// for the next year group afterwards, and nothing else in a name changes.
func TestPromotingKeepsClassesApart(t *testing.T) {
	forms := []string{
		"%d%s", "%d%s Biology", "Biology %d%s", "Year %d %s", "Klasse %d%s", "Grade %d, Room 12%s", "%d.%s Maths", "%dº %s",
		"Jahrgang %d %s",
	}
	digits := regexp.MustCompile(`\d+`)
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		names := map[string]bool{}
		for range 60 {
			names[fmt.Sprintf(forms[r.IntN(len(forms))], 1+r.IntN(12), string(rune('A'+r.IntN(6))))] = true
		}
		for n := 1; n <= 6; n++ {
			names[fmt.Sprintf("%dº Primaria A", n)] = true
		}
		for n := 1; n <= 4; n++ {
			names[fmt.Sprintf("%dº ESO A", n)] = true
		}
		came := map[string]string{}
		for name := range names {
			next, has := rollover.Promoted(name, false)
			if !has {
				if rollover.YearOf(name, false) >= 0 && rollover.YearOf(name, false) < 12 {
					t.Fatalf("%q has no next name", name)
				}
				continue
			}
			if other, taken := came[next]; taken {
				t.Fatalf("%q and %q both become %q", name, other, next)
			}
			came[next] = name
			if was, is := rollover.YearOf(name, false), rollover.YearOf(next, false); is != was+1 {
				t.Fatalf("%q (%d) becomes %q (%d)", name, was, next, is)
			}
			if a, b := digits.FindAllString(name, -1), digits.FindAllString(next, -1); len(a) != len(b) {
				t.Fatalf("%q becomes %q", name, next)
			}
		}
	}
}

func FuzzPromoted(f *testing.F) {
	for _, seed := range []string{"7B", "3º ESO", "6ème", "Q1", "\xff7b", "Reception"} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, name string, french bool) {
		next, has := rollover.Promoted(name, french)
		if has && rollover.YearOf(name, french) == rollover.NoYear || has && next == name {
			t.Errorf("%q becomes %q", name, next)
		}
	})
}
