package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
)

// told writes n records of an organization.
func (w *world) told(o *Organization, n int) {
	w.t.Helper()
	for i := range n {
		w.clock = w.clock.Add(time.Second)
		err := w.write(w.t.Context(), func(tx *transaction) error {
			return o.record(w.t.Context(), tx, identity.Change{
				Action: identity.ActionSettingsChanged, Target: o.id, TargetName: fmt.Sprint("Change ", i),
				After: map[string]string{"n": fmt.Sprint(i)},
			})
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// verified are the problems that the verification finds.
func (w *world) verified(v AuditVerification) []string {
	w.t.Helper()
	report, err := w.VerifyAudit(w.t.Context(), v)
	if err != nil {
		w.t.Fatal(err)
	}
	problems := make([]string, len(report.Problems))
	for i, p := range report.Problems {
		problems[i] = p.String()
	}
	if report.Found != len(problems) {
		w.t.Errorf("%d problems were found, %d named", report.Found, len(problems))
	}
	return problems
}

// exec changes the database past everything that looks after it.
func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	if _, err := w.writer.ExecContext(w.t.Context(), statement, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) one(statement string, args ...any) (value string) {
	w.t.Helper()
	if err := w.reader.QueryRowContext(w.t.Context(), statement, args...).Scan(&value); err != nil {
		w.t.Fatal(err)
	}
	return value
}

func TestRecordsAreChainedWhenTheyAreClosedByTheHomeTheyBelongTo(t *testing.T) {
	w := newWorld(t)
	room, school, other := w.as("linden-tom", "linden-7b"), w.as("linden-ada", "linden"), w.as("birch-tom", "birch-7b")
	w.told(room, 1)
	w.told(other, 1)
	err := room.Change(t.Context(), identity.Change{Action: identity.ActionRoleRemoved, Target: "linden-zoe"},
		func(context.Context) ([]identity.Fact, error) {
			if begun := w.one("SELECT COUNT(*) FROM audit_records WHERE outcome = 'begun' AND position = 0 AND hash = ''"); begun != "1" {
				t.Errorf("%s begun records without a place, want one", begun)
			}
			w.told(school, 1) // what is closed first stands first
			return nil, nil
		})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := w.reader.QueryContext(t.Context(), `SELECT position || ' ' || home_id || ' ' || number || ' ' || organization_id || ' ' || action
		FROM audit_records ORDER BY position`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		got = append(got, line)
	}
	want := []string{
		"1 linden 1 linden-7b settings.changed",
		"2 birch 1 birch-7b settings.changed",
		"3 linden 2 linden settings.changed",
		"4 linden 3 linden-7b role.removed",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if problems := w.verified(AuditVerification{}); len(problems) > 0 {
		t.Errorf("problems: %s", problems)
	}
}

// What somebody does at the database itself is found, and said about the right
// record.
func TestWhatIsDoneToTheDatabaseIsFound(t *testing.T) {
	made := `INSERT INTO audit_records (row_id, organization_id, home_id, id, at_us, action, source, outcome, closed_us, position, number, hash) `
	tests := []struct {
		name string
		do   func(*world)
		want []string // the beginnings of the problems, in any order
	}{
		{"nothing", func(*world) {}, nil},
		{"a flipped byte", func(w *world) {
			w.exec("UPDATE audit_records SET target_name = 'Chance 3' WHERE home_id = 'linden' AND number = 4")
		}, []string{"changed: log of linden: record 4 ("}},
		{"another time", func(w *world) {
			w.exec("UPDATE audit_records SET at_us = at_us + 1 WHERE home_id = 'linden' AND number = 4")
		}, []string{"changed: log of linden: record 4 ("}},
		{"values that are no JSON", func(w *world) {
			w.exec("UPDATE audit_records SET after_values = '{' WHERE home_id = 'linden' AND number = 4")
		}, []string{"changed: log of linden: record 4 ("}},
		{"a deleted row", func(w *world) {
			w.exec("DELETE FROM audit_records WHERE home_id = 'linden' AND number = 4")
		}, []string{"missing: log of linden: record 5 ("}},
		{"an inserted row with the number of the next", func(w *world) {
			w.exec(made + `VALUES (1, 'linden', 'linden', 'made', 1, 'role.removed', 'portal', 'done', 1, 1000, 7, '00')`)
		}, []string{"changed: log of linden: record 7 (made)", "inserted: log of linden: 1 record after its end"}},
		{"an inserted row without a place", func(w *world) {
			w.exec(made + `VALUES (1, 'linden', 'linden', 'made', 1, 'role.removed', 'portal', 'done', 1, 0, 0, '')`)
		}, []string{"inserted: log of linden: record 0 (made): it is closed and stands in no chain"}},
		{"an inserted log", func(w *world) {
			w.exec(made + `VALUES (1, 'maple', 'maple', 'made', 1, 'role.removed', 'portal', 'done', 1, 1000, 1, '00')`)
		}, []string{"changed: log of maple: record 1 (made)", "inserted: log of maple: 1 record after its end"}},
		{"a cut tail", func(w *world) {
			w.exec("DELETE FROM audit_records WHERE home_id = 'linden' AND number > 4")
		}, []string{"cut: log of linden: the last 2 records are missing", "cut: log of linden: checkpoint 1 saw 5 records"}},
		{"a tail cut with its end made up", func(w *world) {
			w.exec("DELETE FROM audit_records WHERE home_id = 'linden' AND number > 4")
			w.exec(`UPDATE audit_heads SET (number, position, hash) = (SELECT number, position, hash FROM audit_records
				WHERE home_id = 'linden' AND number = 4) WHERE home_id = 'linden'`)
		}, []string{"cut: log of linden: checkpoint 1 saw 5 records"}},
		{"a beginning cut with its anchor made up", func(w *world) {
			w.exec(`UPDATE audit_heads SET (anchor_number, anchor_position, anchor_hash) = (SELECT number, position, hash FROM audit_records
				WHERE home_id = 'linden' AND number = 2) WHERE home_id = 'linden'`)
			w.exec("DELETE FROM audit_records WHERE home_id = 'linden' AND number <= 2")
		}, []string{"missing: log of linden: its first 2 records are missing"}},
		{"a whole log deleted", func(w *world) {
			w.exec("DELETE FROM audit_records WHERE home_id = 'linden'")
			w.exec("DELETE FROM audit_heads WHERE home_id = 'linden'")
		}, []string{"cut: log of linden: checkpoint 1 saw 5 records, none is there"}},
		{"a changed checkpoint", func(w *world) {
			w.exec("UPDATE audit_checkpoints SET body = replace(body, 'head: linden 5', 'head: linden 4')")
		}, []string{"unsigned: checkpoint 1 was changed since it was signed"}},
		{"a checkpoint that cannot be read", func(w *world) {
			w.exec("UPDATE audit_checkpoints SET body = 'x'")
		}, []string{"unsigned: checkpoint 1 in the database"}},
		{"a deleted checkpoint", func(w *world) {
			w.told(w.as("linden-ada", "linden"), 1)
			w.checkpoint2(t)
			w.exec("DELETE FROM audit_checkpoints WHERE number = 1")
		}, []string{"unsigned: checkpoints 1 to 1 are missing"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.told(w.as("birch-ada", "birch"), 2)
			w.told(w.as("linden-tom", "linden-7b"), 3)
			w.told(w.as("linden-ada", "linden"), 2)
			w.checkpoint2(t)
			w.told(w.as("linden-ada", "linden"), 1)
			tt.do(w)
			got := w.verified(AuditVerification{})
			if len(got) != len(tt.want) {
				t.Errorf("problems:\n%s\nwant %d", strings.Join(got, "\n"), len(tt.want))
			}
			for _, want := range tt.want {
				if !slices.ContainsFunc(got, func(p string) bool { return strings.HasPrefix(p, want) }) {
					t.Errorf("no problem begins with %q:\n%s", want, strings.Join(got, "\n"))
				}
			}
		})
	}
}

// checkpoint2 makes a checkpoint, which has to be a new one.
func (w *world) checkpoint2(t *testing.T) audit.Checkpoint {
	t.Helper()
	c, made, err := w.MakeCheckpoint(t.Context())
	if err != nil || !made {
		t.Fatalf("checkpoint made: %t, %v", made, err)
	}
	return c
}

// A checkpoint that was kept elsewhere finds what was cut off together with the
// checkpoint itself.
func TestACheckpointKeptElsewhereFindsWhatTheDatabaseForgot(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-ada", "linden")
	w.told(o, 3)
	w.checkpoint2(t)
	w.told(o, 2)
	kept := w.checkpoint2(t)
	w.exec("DELETE FROM audit_checkpoints WHERE number = 2")
	w.exec("DELETE FROM audit_records WHERE number > 3")
	w.exec("UPDATE audit_heads SET (number, position, hash) = (SELECT number, position, hash FROM audit_records WHERE number = 3)")
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Fatalf("by itself the database is whole, got %s", got)
	}
	got := w.verified(AuditVerification{Kept: []audit.Checkpoint{kept}})
	want := []string{
		"unsigned: checkpoint 2, which was kept elsewhere, is not in the database",
		"cut: log of linden: checkpoint 2 saw 5 records, and it ends at 3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// Somebody else's checkpoint proves nothing, and says so.
	got = w.verified(AuditVerification{Keys: []audit.PublicKey{{1}}})
	if len(got) != 1 || !strings.HasPrefix(got[0], "unsigned: checkpoint 1 was signed with the key") {
		t.Errorf("with another key: %s", got)
	}
}

func TestACheckpointNamesWhatMovedSinceTheLast(t *testing.T) {
	w := newWorld(t)
	if _, made, err := w.MakeCheckpoint(t.Context()); made || err != nil {
		t.Fatalf("of nothing: %t, %v", made, err)
	}
	w.told(w.as("linden-ada", "linden"), 2)
	w.told(w.as("birch-ada", "birch"), 1)
	first := w.checkpoint2(t)
	if _, made, err := w.MakeCheckpoint(t.Context()); made || err != nil {
		t.Errorf("nothing moved: %t, %v", made, err)
	}
	w.told(w.as("linden-ada", "linden"), 1)
	second := w.checkpoint2(t)
	heads := func(c audit.Checkpoint) (all []string) {
		for _, h := range c.Heads {
			all = append(all, fmt.Sprint(h.Home, " ", h.Number, " ", h.Position))
		}
		return all
	}
	if diff := cmp.Diff([]string{"linden 2 2", "birch 1 3"}, heads(first)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"linden 3 4"}, heads(second)); diff != "" {
		t.Error(diff)
	}
	if second.Number != 2 || second.Previous != first.Hash() || second.Position != 4 || !second.At.Equal(w.clock) {
		t.Errorf("second = %+v", second)
	}
	last, err := w.LastCheckpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(second, last); diff != "" {
		t.Error(diff)
	}
}

// Keys change: what an older one signed is believed as long as it is in the ring.
func TestCheckpointsOutliveTheirKey(t *testing.T) {
	w := newWorld(t)
	w.told(w.as("linden-ada", "linden"), 1)
	w.checkpoint2(t)
	older, newer := w.keys, newKeys(t)
	newer.keys = append(newer.keys, older.keys...)
	w.Store = w.reopen(newer)
	w.told(w.as("linden-ada", "linden"), 1)
	if c := w.checkpoint2(t); c.Key == audit.PublicOf(must(older.signingKeys())[0]) {
		t.Error("the newest key does not sign")
	}
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Errorf("problems: %s", got)
	}
	w.Store = w.reopen(newKeys(t))
	if got := w.verified(AuditVerification{}); len(got) != 2 {
		t.Errorf("with other keys: %s, want two checkpoints that are not trusted", got)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestTheChoresSignOnceADayAndCloseWhatLeftNoTrace(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-ada", "linden")
	w.told(o, 1)
	for range 3 { // every hour
		if err := w.AuditChores(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.told(o, 1)
		w.clock = w.clock.Add(time.Hour)
	}
	if n := w.one("SELECT COUNT(*) FROM audit_checkpoints"); n != "1" {
		t.Errorf("%s checkpoints in three hours, want one", n)
	}
	// One is cut off, one opens a classroom and is still at it.
	err := w.write(t.Context(), func(tx *transaction) error {
		record := o.auditRecord(t.Context(), identity.Change{Action: identity.ActionPoliciesChanged}, identity.OutcomeBegun)
		record.ID = "cut-off"
		return tx.audit(t.Context(), &record)
	})
	if err != nil {
		t.Fatal(err)
	}
	n := identity.NewOrganization{ID: "linden-9c", Kind: identity.KindClassroom, Name: "9C", School: "linden"}
	if err := w.BeginOpening(t.Context(), identity.Actor{User: "linden-ada"}, n, identity.RoleTeacher); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		pass                time.Duration
		cut, opening, signs string
	}{
		{12 * time.Hour, "begun", "begun", "1"}, {13 * time.Hour, "unknown", "begun", "2"},
	} {
		w.clock = w.clock.Add(tt.pass)
		if err := w.AuditChores(t.Context()); err != nil {
			t.Fatal(err)
		}
		cut := w.one("SELECT outcome FROM audit_records WHERE id = 'cut-off'")
		opening := w.one("SELECT outcome FROM audit_records WHERE id = 'opening-linden-9c'")
		signs := w.one("SELECT COUNT(*) FROM audit_checkpoints")
		if cut != tt.cut || opening != tt.opening || signs != tt.signs {
			t.Errorf("after %s: %s, %s, %s checkpoints; want %+v", tt.pass, cut, opening, signs, tt)
		}
	}
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Errorf("problems: %s", got)
	}
}

// Two processes on one file write one chain.
func TestTwoProcessesWriteOneChain(t *testing.T) {
	w := newWorld(t)
	// With a clock of its own: the two run at once.
	other := &world{t: t, clock: noon, queue: w.queue, path: w.path}
	other.Store = other.reopen(w.keys)
	done := make(chan struct{})
	go func() {
		defer close(done)
		other.told(other.as("linden-tom", "linden-7b"), 40)
	}()
	w.told(w.as("linden-ada", "linden"), 40)
	<-done
	if n := w.one("SELECT MAX(number) FROM audit_records WHERE home_id = 'linden'"); n != "80" {
		t.Errorf("%s records, want 80", n)
	}
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Errorf("problems: %s", got)
	}
}
