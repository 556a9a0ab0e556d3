package projection

import (
	"bufio"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
)

func rebuild(t testing.TB, p *Projection) store.Replaced {
	t.Helper()
	replaced, err := p.Rebuild(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return replaced
}

func exec1(t testing.TB, s *store.Store, statement string, args ...any) {
	t.Helper()
	if _, err := s.Writer().ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func TestARebuildGivesTheSameBytes(t *testing.T) {
	log := smallSchool(bigSchool)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	before := export(t, s)
	if people(before) != bigSchool+3 {
		t.Fatalf("%d people before the rebuild, want %d", people(before), bigSchool+3)
	}
	var steps []Step
	replaced, err := p.Rebuild(t.Context(), func(now Progress) {
		if len(steps) == 0 || steps[len(steps)-1] != now.Step {
			steps = append(steps, now.Step)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, export(t, s)); diff != "" {
		t.Errorf("rosters differ (-before +after):\n%s", diff)
	}
	if replaced.Written != 0 || replaced.Removed != 0 || replaced.Rows != 3+bigSchool+2+bigSchool+3 {
		t.Errorf("rebuild of right rows: %+v, want every row compared and none written", replaced)
	}
	if diff := cmp.Diff([]Step{StepEvents, StepCompare}, steps); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

func TestARebuildRepairsWhatIsWrong(t *testing.T) {
	log := smallSchool(50)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	want := export(t, s)
	damage(t, s)
	if export(t, s) == want {
		t.Fatal("the damage does not show")
	}
	log.pass(time.Hour)
	if replaced := rebuild(t, p); replaced.Written != 22 || replaced.Removed != 1 {
		t.Errorf("%+v, want 22 written and 1 removed", replaced)
	}
	if diff := cmp.Diff(want, export(t, s)); diff != "" {
		t.Errorf("rosters differ (-want +got):\n%s", diff)
	}
}

// damage does what no bug should: rows are missing, wrong, and made up.
func damage(t testing.TB, s *store.Store) {
	t.Helper()
	exec1(t, s, "DELETE FROM role_assignments WHERE id LIKE 'biology:student-000%'")
	exec1(t, s, "DELETE FROM users WHERE id LIKE 'student-001%'")
	exec1(t, s, "UPDATE users SET given_name = 'Nobody' WHERE id = 'ada'")
	exec1(t, s, "UPDATE organizations SET kind = 'school' WHERE id = 'chess'")
	exec1(t, s, `INSERT INTO role_assignments (organization_id, user_id, id, role, roles, state)
		VALUES ('biology', 'ada', 'made-up', 'teacher', 'teacher', 'active')`)
}

func TestDroppedTablesComeBack(t *testing.T) {
	log := smallSchool(20)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	want := export(t, s)
	for _, table := range []string{
		"organizations", "users", "role_assignments", "grants", "event_cursor", "events_seen", "projection_state", "removed",
	} {
		exec1(t, s, "DELETE FROM "+table)
	}
	if got := people(export(t, s)); got != 0 {
		t.Fatalf("%d people left", got)
	}
	p = newProjection(t, log, s)
	rebuild(t, p)
	if diff := cmp.Diff(want, export(t, s)); diff != "" {
		t.Errorf("rosters differ (-want +got):\n%s", diff)
	}
	// The tail goes on from there and finds nothing new.
	before := changes(t, s)
	poll(t, p)
	if after := changes(t, s); after != before {
		t.Errorf("the tail wrote %d rows after the rebuild", after-before)
	}
}

func TestOwnWritesDuringARebuildStay(t *testing.T) {
	log := smallSchool(30)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	log.pass(time.Hour)

	// While the new rows are made, the portal changes one role, removes one
	// student and adds another, and the log shows none of it yet.
	at := log.tick()
	changed := log.write(runtimeAccount, "biology", "biology:student-0000", at, identity.RoleAssignmentChanged{
		ID: "biology:student-0000", Roles: []identity.Role{identity.RoleCoTeacher}, At: at,
	})
	at = log.tick()
	removed := log.write(runtimeAccount, "biology", "biology:student-0001", at, identity.RoleAssignmentRemoved{ID: "biology:student-0001", At: at})
	log.assign("chess", "student-0002", identity.RoleStudent)
	added := log.events[len(log.events)-1]
	for _, e := range []identity.Event{changed, removed, added} {
		log.hide(e)
	}
	var done bool
	_, err := p.Rebuild(t.Context(), func(now Progress) {
		if now.Step == StepEvents && !done {
			done = true
			apply(t, s, changed.Fact, removed.Fact, added.Fact)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		got := export(t, s)
		for text, want := range map[string]bool{
			"biology:student-0000,co_teacher": true, "biology:student-0001": false, "chess:student-0002": true,
		} {
			if strings.Contains(got, text) != want {
				t.Errorf("%s: %q on the roster is %t, want %t", when, text, !want, want)
			}
		}
	}
	check("after the rebuild")
	for _, e := range []identity.Event{changed, removed, added} {
		log.show(e)
	}
	log.pass(time.Second)
	update(t, p)
	check("after the events")
	rebuild(t, p)
	check("after another rebuild")
}

const childVariable = "HOMEROOM_TEST_REBUILD"

// TestRebuildInAChildProcess is what the next test kills. It stands still at
// the step it was told and says so.
func TestRebuildInAChildProcess(t *testing.T) {
	path, step, ok := strings.Cut(os.Getenv(childVariable), "|")
	if !ok {
		t.Skip("runs as a child process alone")
	}
	log := smallSchool(killedSchool)
	p := newProjection(t, log, openStore(t, log, path))
	_, err := p.Rebuild(t.Context(), func(now Progress) {
		if string(now.Step) == step && now.Done >= 1000 {
			fmt.Println("standing still")
			select {}
		}
	})
	t.Fatalf("the rebuild ended (%v) without coming to step %q", err, step)
}

func TestKillingARebuildLeavesTheOldRows(t *testing.T) {
	for _, step := range []Step{StepEvents, StepCompare, StepWrite} {
		t.Run(string(step), func(t *testing.T) {
			log := smallSchool(killedSchool)
			path := storetest.Path(t)
			s := openStore(t, log, path)
			p := newProjection(t, log, s)
			update(t, p)
			want := export(t, s)
			damage(t, s)
			exec1(t, s, "UPDATE users SET family_name = 'Wrong', changed_us = 1, sequence = 1 WHERE id LIKE 'student-%'")
			old := export(t, s)

			killWhileStandingStill(t, path, step)

			if diff := cmp.Diff(old, export(t, s)); diff != "" {
				t.Errorf("the old rows changed (-before +after the kill):\n%s", diff)
			}
			log.pass(time.Hour)
			rebuild(t, p)
			if diff := cmp.Diff(want, export(t, s)); diff != "" {
				t.Errorf("the next rebuild is not complete (-want +got):\n%s", diff)
			}
			var integrity string
			if err := s.Writer().QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&integrity); err != nil || integrity != "ok" {
				t.Errorf("integrity check: %s, %v", integrity, err)
			}
		})
	}
}

// killWhileStandingStill runs the child process and kills it, as kill -9 does,
// once it has come to a step.
func killWhileStandingStill(t *testing.T, path string, step Step) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRebuildInAChildProcess$", "-test.v")
	child.Env = append(os.Environ(), childVariable+"="+path+"|"+string(step))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), "standing still") {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait() // it was killed, and says so
			return
		}
	}
	_ = child.Wait()
	t.Fatalf("the child process ended by itself:\n%s", strings.Join(said, "\n"))
}

func TestWhatKilledRebuildsLeftIsDeleted(t *testing.T) {
	log := smallSchool(1)
	path := storetest.Path(t)
	s := openStore(t, log, path)
	abandoned, running := filepath.Join(filepath.Dir(path), "rebuild-1"), filepath.Join(filepath.Dir(path), "rebuild-2")
	for folder, touched := range map[string]time.Time{abandoned: log.clock().Add(-time.Hour), running: log.clock()} {
		file := filepath.Join(folder, "shadow.sqlite-wal")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{file, folder} {
			if err := os.Chtimes(name, touched, touched); err != nil {
				t.Fatal(err)
			}
		}
	}
	rebuild(t, newProjection(t, log, s))
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "rebuild-*"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{running}, left); diff != "" {
		t.Errorf("folders of rebuilds (-want +got):\n%s", diff)
	}
}

// Search and counts are kept by the database's triggers; a rebuild must not
// leave them behind.
func TestARebuildKeepsSearchAndCounts(t *testing.T) {
	log := smallSchool(40)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	want := derived(t, s.Writer())
	damage(t, s)
	log.pass(time.Hour)
	rebuild(t, p)
	if diff := cmp.Diff(want, derived(t, s.Writer())); diff != "" {
		t.Errorf("derived rows differ (-want +got):\n%s", diff)
	}
}

func derived(t *testing.T, db *sql.DB) []string {
	t.Helper()
	var lines []string
	for _, statement := range []string{
		"SELECT organization_id || ' ' || role || ' ' || state || ' ' || people FROM roster_counts WHERE people > 0 ORDER BY 1",
		`SELECT a.id || ' ' || a.sort_name FROM roster_search s JOIN role_assignments a ON a.row_id = s.rowid
			WHERE roster_search MATCH 'words : sam*' ORDER BY 1`,
		"SELECT COUNT(*) || '' FROM roster_search",
	} {
		rows, err := db.QueryContext(t.Context(), statement)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, line)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return lines
}
