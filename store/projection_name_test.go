package store

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

func TestRostersAreOrderedWithoutCaseAndAccents(t *testing.T) {
	want := []identity.User{
		{FamilyName: "ångström", GivenName: "Zoe"},
		{FamilyName: "Åkesson", GivenName: "Bo"},
		{FamilyName: "De", GivenName: "Zoe"},
		{FamilyName: "De Anna", GivenName: "Bo"},
		{GivenName: "Élodie"},
		{FamilyName: "Łukasz", GivenName: "Jan"},
		{FamilyName: "Muller", GivenName: "Ada"},
		{FamilyName: "Müller", GivenName: "ada"},
		{FamilyName: "MÜLLER", GivenName: "Bea"},
		{UserName: "noname@linden.example"},
		{FamilyName: "Straße", GivenName: "Al"},
		{FamilyName: "Strasse", GivenName: "Bo"},
		{FamilyName: "Ørsted", GivenName: "Hans"},
	}
	slices.SortStableFunc(want, func(a, b identity.User) int {
		switch x, y := sortName(a), sortName(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	var got []string
	for _, u := range want {
		got = append(got, u.FamilyName+u.UserName+" "+u.GivenName)
	}
	if diff := cmp.Diff([]string{
		"Åkesson Bo", "ångström Zoe", "De Zoe", "De Anna Bo", " Élodie", "Łukasz Jan", "Muller Ada", "Müller ada",
		"MÜLLER Bea", "noname@linden.example ", "Ørsted Hans", "Straße Al", "Strasse Bo",
	}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}
