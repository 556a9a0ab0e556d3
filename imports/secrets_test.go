package imports_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// First secrets are made by the class's band and by the rules that Zitadel has
// now.
func TestFirstSecretsAreMadeByTheRulesOfNow(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	o := s.as("priya", "school")
	s.check(s.as("priya", "8a").SetClassroomBand(t.Context(), identity.BandTwoWords))
	// What was known of Zitadel's rules is not right any more.
	s.check(o.KeepPasswordRules(t.Context(), identity.PasswordRules{MinLength: 4}, s.clock))
	one := s.planned(o, pasted("Given name\tFamily name\tClass\tUser name\tRole",
		"Ana\tAlt\t8A\tana.alt\tstudent", "Bea\tBlau\t7B\tbea.blau\tstudent", "Cid\tCano\t7B\tcid.cano\tteacher", "Dan\tDoe\tNew 1\tdan.doe\tstudent"), store.ImportOptions{})
	one = s.applied(o, one.ID, 0)
	words := []int{}
	for _, r := range s.rows(o, one.ID) {
		secret, err := o.FirstSecret(t.Context(), r.User, "o-school")
		s.check(err)
		words = append(words, strings.Count(secret, "-"))
		if secret == "" || !identity.DefaultPasswordRules.Satisfied(secret) {
			t.Errorf("%s: %q", r.Name(), secret)
		}
	}
	if d := cmp.Diff([]int{2, 3, 5, 3}, words); d != "" {
		t.Errorf("words: %s", d)
	}
	if one.Receipt != (store.ImportReceipt{Created: 4, Verified: 4, Classrooms: 1}) {
		t.Errorf("receipt %+v", one.Receipt)
	}
	if rules, known, err := o.PasswordRules(t.Context()); err != nil || !known || rules != identity.DefaultPasswordRules {
		t.Errorf("rules kept: %+v, %v, %v", rules, known, err)
	}
}

// The card says what was sent, although the rules are others by the time that an
// import that was cut off is gone on with.
func TestTheFirstSecretIsTheOneThatWasSent(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.engine.Hurried().Patient(0)
	o, room := s.as("priya", "school"), s.as("priya", "8a")
	s.check(room.SetClassroomBand(t.Context(), identity.BandTwoWords))
	one := s.planned(o, pasted("Given name\tFamily name\tClass", "Ana\tAlt\t8A"), store.ImportOptions{})
	s.check(o.ApplyImport(t.Context(), one.ID, 0))
	job, _ := s.queue.next()
	s.zitadel.Faults().Unavailable(createRole, 0, -1)
	if err := s.engine.Handle(t.Context(), job, false); !identity.IsKind(err, identity.KindUnavailable) {
		t.Fatalf("away: %v", err)
	}
	s.zitadel.Faults().Heal()
	s.check(room.SetClassroomBand(t.Context(), identity.BandPassphrase))
	s.check(o.KeepPasswordRules(t.Context(), identity.PasswordRules{MinLength: 40}, s.clock))
	s.check(s.engine.Handle(t.Context(), job, false))
	secret, err := o.FirstSecret(t.Context(), s.rows(o, one.ID)[0].User, "o-school")
	if err != nil || strings.Count(secret, "-") != 2 {
		t.Errorf("the card says %q, %v", secret, err)
	}
}

// A user name that Zitadel has already, and this school does not know of, gives
// way to another.
func TestATakenUserNameGivesWay(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	rules := identity.DefaultStudentRules
	rules.Pattern = "{given}"
	s.check(s.as("priya", "school").SetStudentRules(t.Context(), rules))
	for _, name := range []string{"nora", "ida"} {
		_, err := s.at(s.places["other"]).CreateUser(t.Context(), identity.NewUser{ID: identity.UserID("u-" + name), UserName: name, GivenName: name, Secret: "Homeroom-1!"})
		s.check(err)
	}
	o := s.as("tim", "7b")
	one := s.planned(o, pasted("Given name\tFamily name", "Nora\tNew", "Nora\tOther", "Ida\tIde", "Lena\tLast"), store.ImportOptions{})
	one = s.applied(o, one.ID, 0)
	seen := map[string]bool{}
	for _, r := range s.rows(o, one.ID) {
		given := strings.ToLower(r.Person.GivenName)
		if !strings.HasPrefix(r.UserName, given) || given != "lena" && r.UserName == given || seen[r.UserName] {
			t.Errorf("%s is called %q", r.Name(), r.UserName)
		}
		seen[r.UserName] = true
	}
	if one.Receipt != (store.ImportReceipt{Created: 4, Verified: 4}) {
		t.Errorf("receipt %+v: %v", one.Receipt, s.ends(o, one.ID))
	}
	s.rebuilt()
}
