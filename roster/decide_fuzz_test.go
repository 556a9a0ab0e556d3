package roster_test

import (
	"slices"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// Whatever is known, in whatever order: it is decided without a crash, the same
// each time, and within what each kind means.
func FuzzWhatBecomesOfARow(f *testing.F) {
	f.Add(uint64(0), uint64(0))
	f.Add(uint64(0xdeadbeef), uint64(0x0123456789abcdef))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		d := decidable(a, b)
		first := roster.Decide(d)
		slices.Reverse(d.Known)
		slices.Reverse(d.Twins)
		again := roster.Decide(d)
		if first.Kind != again.Kind || first.User != again.User {
			t.Errorf("another order: %s %s, %s %s", first.Kind, first.User, again.Kind, again.User)
		}
		for _, s := range first.Steps {
			switch {
			case !first.Kind.Changes():
				t.Errorf("%s does %s", first.Kind, s.Kind)
			case s.Kind == roster.StepUnassign && s.Role != identity.RoleStudent:
				t.Errorf("%s is taken from %s", s.Role, first.User)
			case d.Rules.Classroom != "" && s.Place != "" && s.Place != d.Rules.Classroom:
				t.Errorf("a class's list does %s in %s", s.Kind, s.Place)
			case s.Role != "" && s.Role != identity.RoleStudent && (d.Rules.Classroom != "" || !d.Rules.MayTeach):
				t.Errorf("a list gives %s", s.Role)
			}
		}
		if first.Kind == roster.KindCreate && first.User != "" || first.Kind == roster.KindDuplicate && len(first.Candidates) == 0 {
			t.Errorf("%+v", first)
		}
		for _, k := range d.Known {
			if k.User == first.User && (k.Self || k.Higher) && slices.ContainsFunc(first.Steps, func(s roster.Step) bool { return s.Kind != roster.StepIdentify }) {
				t.Errorf("a list changes who it must not: %+v", first)
			}
		}
	})
}

// decidable is a row that bits say.
func decidable(a, b uint64) roster.Decidable {
	bit := func() bool { b := a & 1; a >>= 1; return b == 1 }
	pick := func(n uint64) int { p := b % n; b /= n; return int(p) }
	roles := []identity.Role{"", identity.RoleStudent, identity.RoleTeacher, identity.RoleCoTeacher, identity.RoleSchoolAdmin}
	places := []identity.OrganizationID{"7b", "8a", "linden"}
	by := []roster.By{roster.ByExternalID, roster.ByAddress, roster.ByUserName, roster.ByNameInClass, roster.ByName, roster.ByPrint}
	d := roster.Decidable{Rules: ofClass, Person: sam()}
	if bit() {
		d.Rules = ofSchool
	}
	d.Rules.Invite, d.Rules.Whole, d.Rules.Delta, d.Rules.MayTeach = bit(), bit(), bit(), bit()
	d.Person.Gone, d.Missing = bit(), bit()
	d.Person.Role = roles[pick(5)]
	for _, field := range []struct {
		into  *string
		value string
	}{{&d.Person.Address, "s@l.example"}, {&d.Person.UserName, "sam"}, {&d.Person.ExternalID, "9"}, {&d.Person.GivenName, ""}} {
		if bit() {
			*field.into = field.value
		}
	}
	for range pick(3) {
		place := places[pick(2)]
		if d.Rules.Classroom != "" {
			place = "7b"
		}
		d.Wanted = append(d.Wanted, roster.Wanted{Place: place, Role: roles[pick(4)], Gone: bit()})
	}
	for n := range pick(3) {
		k := known(identity.UserID(rune('u'+n)), by[pick(6)])
		k.Standings = nil
		for _, place := range places[:pick(4)] {
			k.Standings = append(k.Standings, in(place, roles[1+pick(4)]))
		}
		k.Self, k.Higher, k.Guest = bit(), bit(), bit()
		k.Protected = k.Self || k.Higher || k.Guest
		d.Known = append(d.Known, k)
	}
	d.Decision = []roster.Decision{roster.Undecided, roster.DecisionKeep, roster.DecisionSkip, roster.DecisionMerge}[pick(4)]
	if d.Decision == roster.DecisionMerge {
		d.With = "u"
	}
	return d
}
