package identity_test

import (
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestAddressesAreTheSameByASCIIAlone(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"sam@linden.example", "Sam@Linden.Example", true},
		{"sam@linden.example", "sam@linden.example", true},
		{"sam@linden.example", "sam@linden.example.org", false},
		{"kim@linden.example", "\u212aim@linden.example", false}, // the Kelvin sign
		{"ñandú@linden.example", "Ñandú@linden.example", false},
		{"", "", false},
	} {
		if got := identity.SameAddress(c.a, c.b); got != c.same {
			t.Errorf("SameAddress(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func TestANewcomerTellsAGivenName(t *testing.T) {
	long := strings.Repeat("x", 101)
	for _, c := range []struct {
		name          string
		in            identity.Newcomer
		given, family string // message IDs
	}{
		{"both", identity.Newcomer{GivenName: "Nora", FamilyName: "Lind"}, "", ""},
		{"one name", identity.Newcomer{GivenName: "Madonna"}, "", ""},
		{"none", identity.Newcomer{FamilyName: "Lind"}, "accept.given-name.missing", ""},
		{"blank", identity.Newcomer{GivenName: " \u202e\t"}, "accept.given-name.missing", ""},
		{"long", identity.Newcomer{GivenName: long, FamilyName: long}, "accept.name.too-long", "accept.name.too-long"},
	} {
		problems := c.in.Check()
		for field, want := range map[string]string{"given-name": c.given, "family-name": c.family} {
			got := ""
			if messages := problems.On(field); len(messages) > 0 {
				got = messages[0].ID
			}
			if got != want {
				t.Errorf("%s: %s: %q, want %q", c.name, field, got, want)
			}
		}
	}
}

func TestAnAcceptanceThatWasBegunGoesOnAsTheSameUser(t *testing.T) {
	if got := identity.NewcomerID(identity.Invitation{AcceptedBy: "u1"}); got != "u1" {
		t.Errorf("begun by u1, goes on as %q", got)
	}
	if a, b := identity.NewcomerID(identity.Invitation{}), identity.NewcomerID(identity.Invitation{}); a == b || a == "" {
		t.Errorf("two new acceptances are %q and %q", a, b)
	}
}
