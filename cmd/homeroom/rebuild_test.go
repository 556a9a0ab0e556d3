package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/mail"
	"homeroom.dev/homeroom/store"
)

const listEvents = "/zitadel.admin.v1.AdminService/ListEvents"

// portal wires a portal on the database, for looking into it.
func (s *site) portal() *portal {
	s.t.Helper()
	file, err := openConfigurationFile(s.config)
	s.check(err)
	p, err := newPortal(s.t.Context(), settings{
		made: s.made, storage: storage{Database: s.database, SealKeys: file.get("seal-keys")},
		mailer: new(mail.Mailbox), publicURL: s.url, log: slog.New(slog.DiscardHandler),
	})
	s.check(err)
	return p
}

// export is every roster as the database has it now.
func (s *site) export() string {
	s.t.Helper()
	p := s.portal()
	defer func() { s.check(p.close()) }()
	var rosters bytes.Buffer
	s.check(p.store.ExportRosters(s.t.Context(), &rosters))
	return rosters.String()
}

// follow reads what is new in the event log, as the portal does all the time,
// and compares nothing.
func (s *site) follow() {
	s.t.Helper()
	p := s.portal()
	defer func() { s.check(p.close()) }()
	s.check(p.projection.Sync(s.t.Context(), nil))
}

// rebuilt runs sync --rebuild and returns what it says and the rosters it
// writes.
func (s *site) rebuilt() (said, rosters string) {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "rosters.csv")
	said = s.command("sync", "--rebuild", "--export", path)
	content, err := os.ReadFile(path)
	s.check(err)
	return said, string(content)
}

// A rebuild that is killed leaves the rosters as they were, and the next one
// makes them right.
func TestKillingARebuildLeavesTheRosters(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	s.command("sync")
	want := s.export()
	db, err := sql.Open("sqlite", "file:"+s.database)
	s.check(err)
	for _, damage := range []string{
		"UPDATE users SET given_name = 'Nobody' WHERE user_name LIKE 'maria.lee@%'",
		"DELETE FROM role_assignments WHERE id = (SELECT MIN(id) FROM role_assignments)",
	} {
		_, err := db.ExecContext(t.Context(), damage)
		s.check(err)
	}
	s.check(db.Close())
	old := s.export()
	if old == want {
		t.Fatal("the damage does not show")
	}

	folders := func() []string {
		found, err := filepath.Glob(filepath.Join(filepath.Dir(s.database), "rebuild-*"))
		s.check(err)
		return found
	}
	// The event log answers so slowly that the moments last.
	s.zitadel.Faults().Slow(listEvents, 3*time.Second)
	for _, moment := range []struct {
		name string
		come func(*process) bool
	}{
		{"before the first event", func(*process) bool { return len(folders()) == 1 }},
		{"with all of them read", func(p *process) bool { return strings.Contains(p.text(), "events: ") }},
	} {
		sync := s.start("sync", "--rebuild")
		s.eventually("the rebuild does not come to the moment: "+moment.name, func() bool { return moment.come(sync) })
		sync.kill()
		if diff := cmp.Diff(old, s.export()); diff != "" {
			t.Errorf("killed %s, the rosters changed (-before +after):\n%s", moment.name, diff)
		}
	}
	s.zitadel.Faults().Heal()

	// What the killed ones left behind is taken for theirs once it is old.
	left := folders()
	if len(left) != 2 {
		t.Errorf("%d folders are left, want 2", len(left))
	}
	long := time.Now().Add(-time.Hour)
	for _, folder := range left {
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		s.check(err)
		for _, path := range append(files, folder) {
			s.check(os.Chtimes(path, long, long))
		}
	}
	for _, written := range []string{"2 of them new or different", "0 of them new or different"} {
		said, got := s.rebuilt()
		if !strings.Contains(said, written) || !strings.Contains(said, "no difference") {
			t.Errorf("the rebuild says %q, want %q", said, written)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the next rebuild is not right (-want +got):\n%s", diff)
		}
	}
	if left := folders(); len(left) != 0 {
		t.Errorf("%v are left", left)
	}
}

// The demo's school of 5,000, at a Zitadel that loses rows of its lists and
// tells of some events late: nobody is missing, a rebuild gives the same bytes,
// and the command names each lost row.
func TestRebuildingASchoolOfFiveThousandAtAForgetfulZitadel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	user := func(n int) string { return fmt.Sprintf("3910000000000%05d", n) } // as seedDemo numbers them
	lostUsers, lostNames, lostRoles := []string{user(200), user(3210)}, []string{user(777)}, []string{user(4321), user(5000)}
	among := func(ids []string) func(string) bool { return func(id string) bool { return slices.Contains(ids, id) } }
	faults := s.zitadel.Faults()
	faults.LoseUsers(among(lostUsers))
	faults.LoseLoginNames(among(lostNames))
	faults.LoseAuthorizations(among(lostRoles))
	s.check(seedDemo(s.zitadel, s.made))
	s.follow()

	// A class more arrives while some events do not show.
	const late, more = time.Minute, 40
	s.ahead.Store(int64(time.Hour)) // what was read before is not read again
	faults.LateEvents(7, late)
	d := &demoSeed{Seed: s.zitadel.Seed().As(string(s.made.Provisioner.User)), made: s.made, next: 90000}
	_, err := d.school(demoSchool{"Alder School", "alder.example", []string{"Biology 7C"}, more})
	s.check(err)
	s.follow()
	if got := strings.Count(s.export(), "Biology 7C"); got == 0 || got >= more {
		t.Errorf("%d of %d are on the roster, want some while some events do not show", got, more)
	}
	s.ahead.Add(int64(late))
	s.follow()
	before := s.export()
	if got := strings.Count(before, "Biology 7C"); got != more {
		t.Errorf("%d of %d are on the roster once all events show", got, more)
	}
	said, after := s.rebuilt()
	if before != after {
		t.Errorf("the rebuild changed the rosters (-before +after):\n%.5000s", cmp.Diff(before, after))
	}
	if !strings.Contains(said, ", 0 of them new or different, 0 removed.") {
		t.Errorf("the rebuild says %.200s", said)
	}

	for _, school := range demoSchools {
		for n := range school.students {
			given, family, userName, _ := school.demoStudentNamed(n)
			if line := "," + userName + "," + given + "," + family + ","; strings.Count(after, line) != 1 {
				t.Errorf("%s is on %d rosters, want one", userName, strings.Count(after, line))
			}
		}
	}
	var want []string
	for line := range strings.Lines(after) {
		columns := strings.Split(line, ",") // no name of the demo has a comma
		organization, who, assignment, home := columns[0], columns[5], columns[6], columns[10]
		if among(lostUsers)(who) {
			want = append(want, fmt.Sprintf("  %s %s in organization %s: %s", store.DriftUser, who, home, store.LostThere))
		}
		if among(slices.Concat(lostUsers, lostNames, lostRoles))(who) { // a list of roles shows none of these
			want = append(want, fmt.Sprintf("  %s %s in organization %s: %s", store.DriftRoleAssignment, assignment, organization, store.LostThere))
		}
	}
	slices.Sort(want)
	if len(want) != 2*len(lostUsers)+len(lostNames)+len(lostRoles) {
		t.Fatalf("%d rows to be named: %v", len(want), want)
	}
	var got []string
	for line := range strings.Lines(said) {
		if strings.HasPrefix(line, "  ") {
			got = append(got, strings.TrimRight(line, "\n"))
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("drift (-want +got):\n%s", diff)
	}
}
