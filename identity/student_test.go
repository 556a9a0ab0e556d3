package identity_test

import (
	"regexp"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestUserNamesAreReadable(t *testing.T) {
	for _, test := range []struct {
		given, family string
		try           int
		want          string
	}{
		{"Sam", "Kowalski", 0, `^sam\.k-[2-9][a-hjkmnp-z]$`},
		{"Sam", "Kowalski", 1, `^sam\.k-[2-9][a-hjkmnp-z]$`},
		{"Sam", "Kowalski", 2, `^sam\.k-([2-9][a-hjkmnp-z]){2}$`},
		{"Sam", "Kowalski", 5, `^sam\.k-([2-9][a-hjkmnp-z]){3}$`},
		{"Zoë", "Åberg", 0, `^zoe\.a-..$`},
		{"Łukasz", "", 0, `^lukasz-..$`},
		{"Jean-Luc", "de la Tour", 0, `^jean\.d-..$`},
		{"Groß", "Ærø", 0, `^gross\.a-..$`},
		{"O'Neil", "O'Brien", 0, `^oneil\.o-..$`},
		{"李", "明", 0, `^li\.m-..$`},
		{"Maximilian-Alexander", "Y", 0, `^maximilian\.y-..$`},
		{"Abcdefghijklmnopqrstuvwxyz", "Y", 0, `^abcdefghijklmnop\.y-..$`},
		{"e\u0301mile", "X", 0, `^emile\.x-..$`},
	} {
		got := identity.DefaultStudentRules.UserName(identity.UserNameOf{GivenName: test.given, FamilyName: test.family}, test.try, []byte(test.given))
		if !regexp.MustCompile(test.want).MatchString(got) {
			t.Errorf("user name of %q %q, try %d = %q, want %s", test.given, test.family, test.try, got, test.want)
		}
		if problems := (identity.NewStudent{GivenName: "x", UserName: got}).Check(); problems != nil {
			t.Errorf("user name %q would be refused if typed: %v", got, problems)
		}
	}
}

func TestNewStudentsAreChecked(t *testing.T) {
	long := strings.Repeat("x", 101)
	for _, test := range []struct {
		name    string
		student identity.NewStudent
		field   string
		want    string
	}{
		{"a given name is enough", identity.NewStudent{GivenName: "Sam"}, "", ""},
		{"all fields", identity.NewStudent{GivenName: "Sam", FamilyName: "K", UserName: "sam.k-7b"}, "", ""},
		{"capital letters of a user name are made small", identity.NewStudent{GivenName: "Sam", UserName: " Sam.K "}, "", ""},
		{"no name", identity.NewStudent{}, "given-name", "student.given-name.missing"},
		{"white space is no name", identity.NewStudent{GivenName: " \t\u202e "}, "given-name", "student.given-name.missing"},
		{"a long given name", identity.NewStudent{GivenName: long}, "given-name", "student.name.too-long"},
		{"a long family name", identity.NewStudent{GivenName: "Sam", FamilyName: long}, "family-name", "student.name.too-long"},
		{"a short user name", identity.NewStudent{GivenName: "Sam", UserName: "sk"}, "user-name", "student.user-name.length"},
		{"a long user name", identity.NewStudent{GivenName: "Sam", UserName: long}, "user-name", "student.user-name.length"},
		{"an address as user name", identity.NewStudent{GivenName: "Sam", UserName: "sam@example.org"}, "user-name", "student.user-name.characters"},
		{"white space in a user name", identity.NewStudent{GivenName: "Sam", UserName: "sam k"}, "user-name", "student.user-name.characters"},
		{"a dot at the end", identity.NewStudent{GivenName: "Sam", UserName: "sam."}, "user-name", "student.user-name.characters"},
	} {
		t.Run(test.name, func(t *testing.T) {
			problems := test.student.Check()
			if test.want == "" {
				if problems != nil {
					t.Errorf("problems = %v, want none", problems)
				}
				return
			}
			if len(problems) != 1 || problems[0].Field != test.field || problems[0].Message.ID != test.want {
				t.Errorf("problems = %v, want %s at %s alone", problems, test.want, test.field)
			}
		})
	}
}
