package imports_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
)

const (
	createUser   = "/zitadel.user.v2.UserService/CreateUser"
	listUsers    = "/zitadel.user.v2.UserService/ListUsers"
	createRole   = "/zitadel.authorization.v2.AuthorizationService/CreateAuthorization"
	listRoles    = "/zitadel.authorization.v2.AuthorizationService/ListAuthorizations"
	passwordRule = "/zitadel.settings.v2.SettingsService/GetPasswordComplexitySettings"
)

// many is a list of so many students whom nobody knows.
func many(n int) roster.File {
	lines := []string{"Given name\tFamily name\tUser name"}
	for i := range n {
		lines = append(lines, fmt.Sprintf("Given%c\tFamily%c\tnew.%d", 'a'+i/26, 'a'+i%26, i))
	}
	return pasted(lines...)
}

// once runs f when the nth account is made.
func (s *school) once(n int, f func()) {
	var mu sync.Mutex
	s.zitadel.Faults().LoseUsers(func(string) bool {
		mu.Lock()
		defer mu.Unlock()
		if n--; n == 0 {
			f()
		}
		return false
	})
}

// An import waits while Zitadel is away, says so, and goes on as if nothing had
// been.
func TestZitadelIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.engine.Hurried().Batches(10)
	o := s.as("tim", "7b")
	for n, method := range []string{createUser, listUsers, createRole, listRoles} {
		for _, in := range []string{"the job", "later"} {
			name := fmt.Sprintf("%s%d", strings.ReplaceAll(in, " ", ""), n)
			one := s.planned(o, pasted("Given name\tFamily name\tUser name", "A\t"+name+"a\t"+name+"a", "B\t"+name+"b\t"+name+"b", "C\t"+name+"c\t"+name+"c"),
				store.ImportOptions{})
			s.check(o.ApplyImport(t.Context(), one.ID, 0))
			job, _ := s.queue.next()
			if in == "later" {
				s.engine.Patient(0)
				s.zitadel.Faults().Unavailable(method, 1-n%2, -1)
				if err := s.engine.Handle(t.Context(), job, false); !identity.IsKind(err, identity.KindUnavailable) {
					t.Fatalf("%s away: %v", method, err)
				}
				if one = s.imported(o, one.ID); one.State != store.ImportApplying || one.Trouble.ID == "" || one.Finished() {
					t.Errorf("%s away: %s, %+v", method, one.State, one.Trouble)
				}
				s.zitadel.Faults().Heal()
			} else {
				s.engine.Patient(1)
				s.zitadel.Faults().Unavailable(method, 1-n%2, 1)
			}
			s.check(s.engine.Handle(t.Context(), job, false))
			one = s.imported(o, one.ID)
			if want := (store.ImportReceipt{Created: 3, Verified: 3}); one.Receipt != want || one.State != store.ImportDone || one.Trouble.ID != "" {
				t.Errorf("%s back, %s: %s, %+v, %+v: %v", method, in, one.State, one.Receipt, one.Trouble, s.ends(o, one.ID))
			}
		}
	}
	s.rebuilt()
}

// Rows that nobody had come to when Zitadel went away are not done, whatever they
// are about.
func TestRowsThatWereNotComeToAreDoneLater(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.engine.Hurried().Patient(0)
	o := s.as("tim", "7b")
	lines := []string{"Given name\tFamily name\tUser name"}
	for given, userName := range map[string]string{
		"Lena": "lena.v-7b", "Chloé": "c.beaumont", "María José": "maria.g-7b", "Mila": "mila.a-7b", "Luis": "luis.b-7b", "Luisa": "luis.b-7b-2",
	} {
		lines = append(lines, given+"\tChanged\t"+userName)
	}
	one := s.planned(o, pasted(lines...), store.ImportOptions{})
	s.check(o.ApplyImport(t.Context(), one.ID, 0))
	job, _ := s.queue.next()
	s.zitadel.Faults().Unavailable(updateHuman, 0, -1)
	if err := s.engine.Handle(t.Context(), job, false); !identity.IsKind(err, identity.KindUnavailable) {
		t.Fatalf("away: %v", err)
	}
	if one = s.imported(o, one.ID); one.Receipt.Updated > 0 {
		t.Errorf("away: %+v", one.Receipt)
	}
	s.zitadel.Faults().Heal()
	s.check(s.engine.Handle(t.Context(), job, false))
	s.sync()
	changed := 0
	for _, line := range s.atZitadel() {
		if strings.Contains(line, "|Changed|") {
			changed++
		}
	}
	if one = s.imported(o, one.ID); one.State != store.ImportDone || one.Receipt.Updated != 6 || changed < 6 {
		t.Errorf("back: %s, %+v, %d changed", one.State, one.Receipt, changed)
	}
}

// One that was tried too often is paused, and can be gone on with.
func TestAnImportThatIsGivenUpIsPaused(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.engine.Hurried()
	o := s.as("tim", "7b")
	one := s.planned(o, many(2), store.ImportOptions{})
	s.check(o.ApplyImport(t.Context(), one.ID, 0))
	job, _ := s.queue.next()
	s.zitadel.Faults().Unavailable(createUser, 0, -1)
	s.check(s.engine.Handle(t.Context(), job, true))
	if one = s.imported(o, one.ID); one.State != store.ImportPaused || one.Trouble.ID != "import.given-up" {
		t.Errorf("%s, %+v", one.State, one.Trouble)
	}
	s.zitadel.Faults().Heal()
	s.check(o.ContinueImport(t.Context(), one.ID))
	s.work()
	if one = s.imported(o, one.ID); one.State != store.ImportDone || one.Receipt.Created != 2 {
		t.Errorf("%s, %+v", one.State, one.Receipt)
	}
}

// Who stops an import, or loses the right to, stops it after the rows that are
// under way.
func TestAnImportIsStopped(t *testing.T) {
	t.Parallel()
	const rows = 60
	for _, test := range []struct {
		name  string
		stop  func(s *school, o *store.Organization, id store.ImportID) error
		state store.ImportState
		goOn  bool
	}{
		{"paused", func(s *school, o *store.Organization, id store.ImportID) error {
			return o.PauseImport(s.t.Context(), id)
		}, store.ImportPaused, true},
		{"cancelled", func(s *school, o *store.Organization, id store.ImportID) error {
			return o.CancelImport(s.t.Context(), id)
		}, store.ImportCancelled, false},
		{"without rights", func(s *school, _ *store.Organization, _ store.ImportID) error {
			_, err := s.store.Writer().ExecContext(s.t.Context(), "DELETE FROM role_assignments WHERE user_id = 'u-tim'")
			return err
		}, store.ImportCancelled, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSchool(t)
			s.engine.Hurried().Batches(5)
			o := s.as("tim", "7b")
			one := s.planned(o, many(rows), store.ImportOptions{})
			s.once(7, func() { s.check(test.stop(s, o, one.ID)) })
			one = s.applied(o, one.ID, 0)
			created, states := one.Receipt.Created, map[store.ImportRowState]int{}
			for _, r := range s.rows(o, one.ID) {
				states[r.State]++
			}
			if one.State != test.state || created < 7 || created > 35 || states[store.ImportRowBegun] > 0 || states[store.ImportRowDone] != created {
				t.Errorf("%s, %+v, rows %v", one.State, one.Receipt, states)
			}
			if !test.goOn {
				if one.Receipt.LeftOut != rows-created || !one.Finished() {
					t.Errorf("receipt %+v", one.Receipt)
				}
				return
			}
			s.check(o.ContinueImport(t.Context(), one.ID))
			s.work()
			if one = s.imported(o, one.ID); one.State != store.ImportDone || one.Receipt != (store.ImportReceipt{Created: rows, Verified: rows}) {
				t.Errorf("%s, %+v", one.State, one.Receipt)
			}
			s.rebuilt()
		})
	}
}

// People with an address are invited where that is wanted, and once.
func TestPeopleWithAnAddressAreInvited(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	o := s.as("tim", "7b")
	list := pasted("Given name\tFamily name\tE-mail", "Ada\tAddress\tada@home.example", "Nora\tNew\t", "Bo\tBoth\tbo@home.example")
	one := s.planned(o, list, store.ImportOptions{Invite: true, Language: "es"})
	one = s.applied(o, one.ID, 0)
	want := []string{"Ada Address create done invited", "Nora New create done verified", "Bo Both create done invited"}
	if d := cmp.Diff(want, s.ends(o, one.ID)); d != "" {
		t.Error(d)
	}
	if want := (store.ImportReceipt{Created: 1, Verified: 1, Invited: 2}); one.Receipt != want {
		t.Errorf("receipt %+v", one.Receipt)
	}
	var mails, invitations int
	s.check(s.store.Writer().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM outbox").Scan(&mails))
	s.check(s.store.Writer().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM invitations WHERE state = 'pending' AND language = 'es'").Scan(&invitations))
	if mails != 2 || invitations != 2 {
		t.Errorf("%d mails, %d invitations", mails, invitations)
	}
	if again := s.planned(o, list, store.ImportOptions{Invite: true}); !again.Empty() {
		t.Errorf("again: %v", again.Counts)
	}
}

// While the school's pause lasts a list for the whole school waits, and goes on
// by itself afterwards. A class's list does not wait.
func TestAWholeSchoolsListWaitsForTheEndOfAPause(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	o, room := s.as("priya", "school"), s.as("tim", "7b")
	one := s.planned(o, pasted("Given name\tFamily name\tClass\tUser name", "Ana\tAlt\t8A\tana.alt", "Dan\tDoe\tNew 1\tdan.doe"), store.ImportOptions{})
	small := s.planned(room, many(2), store.ImportOptions{})
	s.check(o.AddImportPause(t.Context(), store.ImportPause{
		ID: identity.NewSubmission(), From: s.clock.Add(-time.Hour), Until: s.clock.Add(24 * time.Hour), Reason: "Summer",
	}))
	if small = s.applied(room, small.ID, 0); small.State != store.ImportDone {
		t.Errorf("the class's: %s", small.State)
	}
	one = s.applied(o, one.ID, 0)
	s.check(s.engine.Resume(t.Context()))
	s.work()
	if one = s.imported(o, one.ID); one.State != store.ImportApplying || one.Receipt != (store.ImportReceipt{}) || one.Trouble.ID != "import.paused-until" {
		t.Errorf("in the pause: %s, %+v, %+v", one.State, one.Receipt, one.Trouble)
	}
	s.clock = s.clock.Add(25 * time.Hour)
	s.check(s.engine.Resume(t.Context()))
	s.work()
	if one = s.imported(o, one.ID); one.State != store.ImportDone || one.Receipt != (store.ImportReceipt{Created: 2, Verified: 2, Classrooms: 1}) || one.Trouble.ID != "" {
		t.Errorf("after it: %s, %+v, %+v", one.State, one.Receipt, one.Trouble)
	}
}
