package imports_test

import (
	"slices"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

// leaving are who would be taken out of classes.
func (s *school) leaving(o *store.Organization, id store.ImportID) []string {
	s.t.Helper()
	var all []string
	for _, r := range s.rows(o, id) {
		if slices.ContainsFunc(r.Steps, func(step roster.Step) bool { return step.Kind == roster.StepUnassign }) {
			all = append(all, string(r.User))
		}
	}
	slices.Sort(all)
	return all
}

// A list that is everybody takes students out of a class, never who teaches it, and
// nobody of whom the list may speak in a row that cannot be used.
func TestAListThatIsEverybodySparesWhomItMaySpeakOf(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	o := s.as("tim", "7b")
	everybody := store.ImportOptions{Whole: true}
	all := []string{"u-amara", "u-chloe", "u-diogo", "u-joerg", "u-lena", "u-luis-1", "u-luis-2", "u-maria", "u-megan", "u-mila", "u-noah"}
	for _, test := range []struct {
		name   string
		rows   []string
		spared []string
	}{
		{"somebody new", []string{"New\tStudent\t\t"}, nil},
		{"by name", []string{"Amara\tOkafor\t\t"}, []string{"u-amara"}},
		{"with an address that is none", []string{"Amara\tOkafor\tno address\t"}, []string{"u-amara"}},
		{"by address, with a name that is none", []string{"12345\t678\tjoerg.baecker@linde.example\t"}, []string{"u-joerg"}},
		{"one of two of a name, not decided", []string{"Luis\tBecker\t\t"}, []string{"u-luis-1", "u-luis-2"}},
		{"who has the address of another", []string{"Sofia\tBäcker\tjoerg.baecker@linde.example\t"}, []string{"u-joerg"}},
		{"in another class", []string{"New\tStudent\t\t7B", "Mila\tArnold\t\t8A"}, []string{"u-mila"}},
		{"oneself and a teacher", []string{"Tim\tBrandt\ttim.brandt@linde.example\t", "Jo\tMoss\tjo.moss@birch.example\t"}, nil},
	} {
		one := s.planned(o, pasted(append([]string{"Given name\tFamily name\tE-mail\tClass"}, test.rows...)...), everybody)
		want := slices.DeleteFunc(slices.Clone(all), func(user string) bool { return slices.Contains(test.spared, user) })
		if got := s.leaving(o, one.ID); !slices.Equal(got, want) {
			t.Errorf("%s: %q leave, want %q\n%s", test.name, got, want, s.planTold(o, one.ID))
		}
		if one.Leaving != len(want) || one.Concerned != len(all) || one.NeedsNumber() != len(want) {
			t.Errorf("%s: %d of %d leave, %d to be typed", test.name, one.Leaving, one.Concerned, one.NeedsNumber())
		}
	}
}

// A class of a set that has a mistake loses nobody, and one that is not in the set
// any more does.
func TestASetThatIsEverybodySparesClassesWithAMistake(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	o := s.as("priya", "school")
	reading := roster.Reading{Format: roster.FormatOneRoster12}
	r := records{people: []roster.Person{{ExternalID: "u3", GivenName: "Ben", FamilyName: "Ott", Role: identity.RoleStudent}}}
	of8A := []string{"u-amrit", "u-clara", "u-greta", "u-lea", "u-maria", "u-mei", "u-olivia", "u-pat", "u-zoe"}
	for _, test := range []struct {
		name    string
		classes []roster.Classroom
		want    []string
	}{
		{"both named, nobody in them", []roster.Classroom{{ExternalID: "k1", Name: "Biology 7B"}, {ExternalID: "k8", Name: "8A"}}, append([]string{"u-ben"}, of8A...)},
		{"one not named", []roster.Classroom{{ExternalID: "k1", Name: "Biology 7B"}}, append([]string{"u-ben"}, of8A...)},
		{"one with a mistake", []roster.Classroom{
			{ExternalID: "k1", Name: "Biology 7B"},
			{ExternalID: "k8", Problems: identity.Problems{{Field: "title", Message: identity.Say("list.class-no-name")}}},
		}, []string{"u-amrit", "u-ben"}},
		{"one with a mistake, and right", []roster.Classroom{
			{ExternalID: "k1", Name: "Biology 7B"},
			{ExternalID: "k8", Problems: identity.Problems{{Field: "title", Message: identity.Say("list.class-no-name")}}},
			{ExternalID: "k8", Name: "8A"},
		}, append([]string{"u-ben"}, of8A...)},
	} {
		r.classes = test.classes
		id := s.stagedRecords(o, reading, store.ImportOptions{Whole: true}, r)
		slices.Sort(test.want)
		if got := s.leaving(o, id); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q leave, want %q\n%s", test.name, got, test.want, s.planTold(o, id))
		}
	}
}
