package store

import (
	"database/sql"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"homeroom.dev/homeroom/identity"
)

// A store from before there were chains has its records chained and found when
// it is opened, and one that is still begun when it is closed.
func TestRecordsOfAnOlderStoreAreChainedAndFound(t *testing.T) {
	w := &world{t: t, clock: noon.AddDate(0, 1, 0), queue: &heldQueue{}, path: filepath.Join(t.TempDir(), "homeroom.sqlite")}
	db, err := sql.Open("sqlite", dsn(w.path, true))
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	older, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := older.UpTo(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`INSERT INTO organizations (id, kind, name, school_id) VALUES
			('linden', 'school', 'Linden', ''), ('7b', 'classroom', 'Biology 7B', 'linden'), ('club', 'classroom', 'Chess', '')`,
		// 3,000 at one moment, which is more than it has places for, and one right after.
		`INSERT INTO audit_records (organization_id, id, at_us, action, target, target_name, after_values, source, outcome, closed_us)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
			SELECT '7b', printf('r%05d', i), 1000000, 'invitation.created', 'i' || i, 'Sam Smith', '{"role":"student"}', 'portal', 'done', 1000000 FROM n`,
		`INSERT INTO audit_records (organization_id, id, at_us, action, target, source, outcome, closed_us)
			VALUES ('club', 'later', 1000001, 'role.removed', 'x', 'zitadel', 'done', 1000001)`,
		`INSERT INTO audit_records (organization_id, id, at_us, action, target, source, outcome)
			VALUES ('7b', 'cut-off', 2000000, 'role.removed', 'sam', 'portal', 'begun')`,
		`INSERT INTO audit_records (organization_id, id, at_us, action, target, source, outcome)
			VALUES ('linden', 'opening-9c', 3000000, 'classroom.opened', '9c', 'portal', 'begun')`,
		`INSERT INTO audit_records (organization_id, id, at_us, action, target, source, outcome, closed_us)
			VALUES ('linden', 'opening-7b', 500000, 'classroom.opened', '7b', 'portal', 'done', 500000),
				('7b', 'opening-7b', 500000, 'classroom.opened', '7b', 'portal', 'done', 500000)`,
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	w.Store = w.reopen(newKeys(t))
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Errorf("problems: %s", got)
	}
	got := map[string]string{}
	for id, where := range map[string]string{"linden": "home_id = 'linden'", "club": "home_id = 'club'", "begun": "position = 0"} {
		got[id] = w.one("SELECT COUNT(*) || ' ' || MIN(hash = '') || ' ' || MAX(hash = '-') FROM audit_records WHERE " + where)
	}
	want := map[string]string{"linden": "3004 0 0", "club": "1 0 0", "begun": "2 1 0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records, chained and not:\n%s", diff)
	}
	opened, err := identity.OpenWatched(identity.Organization{ID: "linden", Kind: identity.KindSchool, State: identity.OrganizationActive})
	if err != nil {
		t.Fatal(err)
	}
	school := w.In(opened).AuditLog()
	records := collected(t, school, AuditQuery{})
	if len(records) != 3004 || records[0].ID != "opening-9c" || records[1].ID != "cut-off" || records[2].ID != "r03000" ||
		records[3001].ID != "r00001" || records[3002].Organization != "linden" || records[3003].Organization != "7b" {
		t.Errorf("%d records in another order", len(records))
	}
	for _, q := range []AuditQuery{{Text: "biology smith"}, {Action: identity.ActionInvited}} {
		if found := collected(t, school, q); len(found) != 3000 {
			t.Errorf("%+v finds %d, want 3000", q, len(found))
		}
	}
	if found := collected(t, school, AuditQuery{Target: "sam"}); len(found) != 1 {
		t.Errorf("what is begun is found %d times", len(found))
	}
	// What is closed now goes behind all others, an opening in its classroom's log.
	if err := w.AuditChores(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := school.Record(t.Context(), "opening-9c"); err != nil || r.Outcome != identity.OutcomeUnknown || r.Organization != "9c" || r.Number < 3003 {
		t.Errorf("the opening = %+v, %v", r, err)
	}
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Errorf("problems: %s", got)
	}
	// Opened once more, nothing changes.
	before := w.dump("SELECT * FROM audit_records ORDER BY row_id")
	w.Store = w.reopen(newKeys(t))
	if w.dump("SELECT * FROM audit_records ORDER BY row_id") != before {
		t.Error("opened once more, records changed")
	}
}
