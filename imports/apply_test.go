package imports_test

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/roster/rostertest"
	"homeroom.dev/homeroom/store"
)

// applied has an import applied to its end.
func (s *school) applied(o *store.Organization, id store.ImportID, number int) store.Import {
	s.t.Helper()
	s.check(o.ApplyImport(s.t.Context(), id, number))
	s.work()
	return s.imported(o, id)
}

func (s *school) imported(o *store.Organization, id store.ImportID) store.Import {
	s.t.Helper()
	one, err := o.Import(s.t.Context(), id)
	s.check(err)
	return one
}

// ends are how the rows ended: name, kind, state, outcome and reasons.
func (s *school) ends(o *store.Organization, id store.ImportID) []string {
	s.t.Helper()
	var all []string
	for _, r := range s.rows(o, id) {
		end := fmt.Sprintf("%s %s %s %s", r.Name(), r.Kind, r.State, cmp.Or(r.Outcome, "-"))
		for _, m := range r.Reasons {
			end += " " + told(m)
		}
		all = append(all, end)
	}
	return all
}

// people at Zitadel, by user name, with their names and roles: what a list has
// brought about, without IDs.
func (s *school) atZitadel() []string {
	s.t.Helper()
	rows, err := s.store.Writer().QueryContext(s.t.Context(), `
		SELECT u.user_name, u.given_name, u.family_name, u.address, COALESCE(o.name, ''), COALESCE(a.roles, ''), COALESCE(a.state, '')
		FROM users u LEFT JOIN role_assignments a ON a.user_id = u.id LEFT JOIN organizations o ON o.id = a.organization_id
		WHERE u.organization_id = 'o-school' ORDER BY u.sort_name, u.user_name, o.name`)
	s.check(err)
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var cells [7]string
		s.check(rows.Scan(&cells[0], &cells[1], &cells[2], &cells[3], &cells[4], &cells[5], &cells[6]))
		all = append(all, strings.Join(cells[:], "|"))
	}
	s.check(rows.Err())
	return all
}

// rebuilt compares what is known here with what Zitadel's events tell.
func (s *school) rebuilt() {
	s.t.Helper()
	before := s.atZitadel()
	s.sync()
	if d := diff.Diff(before, s.atZitadel()); d != "" {
		s.t.Errorf("-as applied +as Zitadel tells:\n%s", d)
	}
}

func pasted(lines ...string) roster.File { return roster.Pasted(strings.Join(lines, "\n")) }

// A teacher's list: somebody new without an address, somebody new with one, one
// whose name changes, one who is there.
func TestAListOfAClassIsApplied(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	o := s.as("tim", "7b")
	one := s.planned(o, pasted("Given name\tFamily name\tE-mail\tUser name",
		"Nora\tNew\t\t", "Ada\tAddress\tada@home.example\t", "Mila-Marie\tArnold\t\tmila.a-7b", "Lena\tVogt\t\t", "Ned\tNamed\t\tned.n", "Wes\tWrong\t\temi",
		"Greta\tDietz\t\tgreta.d-8a"),
		store.ImportOptions{Language: "es"})
	_, err := s.store.Writer().ExecContext(t.Context(), "UPDATE imports SET request_id = 'request-1', client_address = '192.0.2.7'")
	s.check(err)
	one = s.applied(o, one.ID, 0)
	want := []string{
		"Nora New create done verified", "Ada Address create done verified", "Mila-Marie Arnold update done changed",
		"Lena Vogt unchanged left -", "Ned Named create done verified", "Wes Wrong create done refused user.name-taken",
		"Greta Dietz move done changed",
	}
	if d := diff.Diff(want, s.ends(o, one.ID)); d != "" {
		t.Error(d)
	}
	if want := (store.ImportReceipt{Created: 3, Verified: 3, Updated: 1, Moved: 1, Unchanged: 1, Refused: 1}); one.Receipt != want || one.State != store.ImportDone {
		t.Errorf("receipt %+v, %s", one.Receipt, one.State)
	}
	s.rebuilt()

	rows := s.rows(o, one.ID)
	rules, err := o.StudentRules(t.Context())
	s.check(err)
	for n, wants := range []bool{true, false, false, false, true} {
		secret, err := o.FirstSecret(t.Context(), rows[n].User, "o-school")
		s.check(err)
		if (secret != "") != wants || wants && strings.Count(secret, "-") < 3 || rules.Band != identity.BandThreeWords {
			t.Errorf("%s has the first secret %q", rows[n].Name(), secret)
		}
	}
	if name := rows[0].UserName; !strings.HasPrefix(name, "nora.n-") || rows[1].UserName != "ada@home.example" || rows[4].UserName != "ned.n" {
		t.Errorf("user names %q, %q, %q", name, rows[1].UserName, rows[4].UserName)
	}

	records, err := o.Audit(t.Context(), store.AuditQuery{Limit: 100})
	s.check(err)
	told := map[string]int{}
	for _, r := range records.Records {
		if strings.HasPrefix(string(r.Action), "import.") {
			told[string(r.Action)+" "+string(r.Outcome)+" "+r.Actor.Name]++
			if row := r.Action != identity.ActionImportBegun && r.Action != identity.ActionImportFinished; row && (r.RequestID != "request-1" || r.Address != "192.0.2.7" || strings.Contains(fmt.Sprint(r.Before, r.After), "@")) {
				t.Errorf("on record: %+v", r)
			}
		}
	}
	if d := diff.Diff(map[string]int{
		"import.begun done tim": 1, "import.created done tim": 3, "import.created failed tim": 1, "import.updated done tim": 1,
		"import.moved done tim": 1, "import.finished done tim": 1,
	}, told); d != "" {
		t.Errorf("on record: %s", d)
	}
}

// A whole school's set: classes, teachers, students and who is in which class;
// and the same set again.
func TestASetOfASchoolIsAppliedAndChangesNothingAgain(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	var set bytes.Buffer
	s.check(rostertest.OneRoster(&set, 60))
	o := s.as("priya", "school")
	file := rostertest.Bytes("set.zip", set.Bytes())
	one := s.planned(o, file, store.ImportOptions{})
	one = s.applied(o, one.ID, 0)
	want := store.ImportReceipt{Created: 62, Verified: 62, Classrooms: 4}
	if one.Receipt != want || one.State != store.ImportDone {
		t.Errorf("receipt %+v, %s: %v", one.Receipt, one.State, s.ends(o, one.ID))
	}
	s.rebuilt()
	roles := map[string]int{}
	for _, line := range s.atZitadel() {
		if cells := strings.Split(line, "|"); strings.HasPrefix(cells[0], "pupil") || strings.HasPrefix(cells[0], "teacher") {
			roles[cells[4]+" "+cells[5]]++
		}
	}
	if d := diff.Diff(map[string]int{
		"Homeroom 0 student": 35, "Homeroom 1 student": 25, "Art 1 student": 35, "Art 0 student": 25, "Homeroom 0 teacher": 1, "Homeroom 1 teacher": 1,
		"Art 0 teacher": 1, "Art 1 teacher": 1, "Linden School teacher": 2,
	}, roles); d != "" {
		t.Error(d)
	}
	events := s.zitadel.EventCount()
	again := s.planned(o, file, store.ImportOptions{})
	if !again.Empty() || again.Undecided() > 0 || again.Counts[roster.KindUnchanged] != 62 {
		t.Errorf("again: %v, classes %v", again.Counts, again.Classes)
	}
	again = s.applied(o, again.ID, 0)
	if again.State != store.ImportDone || s.zitadel.EventCount() != events {
		t.Errorf("again: %s, %d events", again.State, s.zitadel.EventCount()-events)
	}
}

// Who is not shown is made anew; who is not shown then either is named.
func TestWhoIsNotShownIsRepairedOrNamed(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.engine.Hurried()
	faults := s.zitadel.Faults()
	o := s.as("tim", "7b")
	one := s.planned(o, pasted("Given name\tFamily name\tUser name", "Una\tUser\tuna", "Gil\tGone\tgil", "Rae\tRole\trae", "Pia\tPlain\tpia"), store.ImportOptions{})
	named := map[string]string{} // user IDs, once they are given
	lost := map[string]int{}
	which := func(what string, most int, names ...string) func(string) bool {
		return func(id string) bool {
			if len(named) == 0 {
				for _, r := range s.rows(o, one.ID) {
					named[string(r.User)] = r.UserName
				}
			}
			if !slices.Contains(names, named[id]) || lost[what+id] >= most {
				return false
			}
			lost[what+id]++
			return true
		}
	}
	faults.LoseUsers(func(id string) bool { return which("once", 1, "una")(id) || which("always", 100, "gil")(id) })
	faults.LoseAuthorizations(which("role", 1, "rae"))
	one = s.applied(o, one.ID, 0)
	want := []string{
		"Una User create done repaired", "Gil Gone create done hidden import.hidden", "Rae Role create done repaired", "Pia Plain create done verified",
	}
	if d := diff.Diff(want, s.ends(o, one.ID)); d != "" {
		t.Error(d)
	}
	if want := (store.ImportReceipt{Created: 4, Verified: 1, Repaired: 2, Hidden: 1}); one.Receipt != want {
		t.Errorf("receipt %+v", one.Receipt)
	}
	s.rebuilt()
	if rows := s.rows(o, one.ID); len(rows) != 4 {
		t.Errorf("%d rows are left", len(rows))
	}
	for user, name := range named {
		if secret, err := o.FirstSecret(t.Context(), identity.UserID(user), "o-school"); err != nil || secret == "" {
			t.Errorf("%s: no first secret, %v", name, err)
		}
		shown, err := s.gateway.ShownRoleAssignments(t.Context(), []identity.UserID{identity.UserID(user)}, s.opened(s.places["7b"]))
		s.check(err)
		if (len(shown) == 1) != (name != "gil") {
			t.Errorf("%s: roles shown %v", name, shown)
		}
	}
}

// Who is not on a list that is everybody leaves the class, and keeps the account;
// who teaches stays.
func TestWhoIsNotOnAListThatIsEverybodyLeaves(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	o := s.as("tim", "7b")
	one := s.planned(o, pasted("Given name\tFamily name", "Lena\tVogt", "Nora\tNew"), store.ImportOptions{Whole: true})
	count := func(what string) (n int) {
		s.check(s.store.Writer().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+what).Scan(&n))
		return n
	}
	before := count("users")
	one = s.applied(o, one.ID, one.NeedsNumber())
	left := 0
	for _, r := range s.rows(o, one.ID) {
		if r.Kind == roster.KindRemove && (r.State != store.ImportRowDone || r.Outcome != store.OutcomeChanged) {
			t.Errorf("%s: %s %s %v", r.Name(), r.State, r.Outcome, r.Reasons)
		} else if r.Kind == roster.KindRemove {
			left++
		}
	}
	if left < 9 || one.Receipt != (store.ImportReceipt{Created: 1, Verified: 1, Removed: left, Unchanged: 1}) {
		t.Errorf("%d left: %+v", left, one.Receipt)
	}
	s.rebuilt()
	students, after := count("role_assignments WHERE organization_id = 'o-7b' AND role = 'student'"), count("users")
	if students != 2 || after != before+1 {
		t.Errorf("%d students, %d people instead of %d", students, after, before)
	}
}
