package store

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
)

func TestALogIsKeptAsLongAsItsSchoolSays(t *testing.T) {
	w := newWorld(t)
	school, room, other := w.as("linden-ada", "linden"), w.as("linden-tom", "linden-7b"), w.as("birch-ada", "birch")
	for _, months := range []int{-1, 1, 2, 241} {
		if err := school.SetAuditRetention(t.Context(), months); !identity.IsKind(err, identity.KindInvalid) {
			t.Errorf("%d months: %v, want invalid", months, err)
		}
	}
	if err := room.SetAuditRetention(t.Context(), 6); !identity.IsKind(err, identity.KindForbidden) {
		t.Errorf("a classroom's own: %v, want forbidden", err)
	}
	w.told(room, 3)
	w.told(other, 2)
	w.checkpoint2(t)
	w.clock = w.clock.AddDate(0, 5, 0)
	for range 2 {
		if err := school.SetAuditRetention(t.Context(), 6); err != nil {
			t.Fatal(err)
		}
	}
	if months, err := room.AuditRetention(t.Context()); months != 6 || err != nil {
		t.Errorf("the classroom's log is kept %d months, %v", months, err)
	}
	if err := w.AuditChores(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.one("SELECT COUNT(*) FROM audit_records WHERE home_id = 'linden'"); n != "4" {
		t.Errorf("after five months %s records, want all four", n)
	}
	w.clock = w.clock.AddDate(0, 2, 0)
	w.told(school, 1)
	if err := w.AuditChores(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, err := school.Audit(t.Context(), AuditQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var actions []identity.Action
	for _, r := range page.Records {
		actions = append(actions, r.Action)
	}
	want := []identity.Action{identity.ActionAuditPruned, identity.ActionSettingsChanged, identity.ActionRetentionChanged}
	if diff := cmp.Diff(want, actions); diff != "" {
		t.Error(diff)
	}
	pruned := page.Records[0]
	if pruned.Actor.User != "retention" || pruned.After[audit.ValueRecords] != "3" || pruned.After[audit.ValueNumber] != "3" {
		t.Errorf("record of pruning = %+v", pruned)
	}
	if changed := page.Records[2]; changed.Before["months"] != "0" || changed.After["months"] != "6" {
		t.Errorf("record of retention = %+v", changed)
	}
	if n := w.one("SELECT COUNT(*) FROM audit_records WHERE home_id = 'birch'"); n != "2" {
		t.Errorf("%s records of Birch, which keeps its log; want 2", n)
	}
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Errorf("problems: %s", got)
	}
	// What is gone is not found either.
	if page, err := school.Audit(t.Context(), AuditQuery{Text: "change 2"}); err != nil || len(page.Records) != 0 {
		t.Errorf("search = %+v, %v; want nothing", page.Records, err)
	}
	if n := w.one("SELECT COUNT(*) || MIN(word) FROM audit_words WHERE home_id = 'linden' AND word IN ('7b', 'linden')"); n != "1linden" {
		t.Errorf("words of what is gone are known: %s, want linden alone", n)
	}
	// Once more, with the earlier record of pruning pruned as well.
	w.clock = w.clock.AddDate(1, 0, 0)
	if err := w.AuditChores(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.one("SELECT COUNT(*) FROM audit_records WHERE home_id = 'linden'"); n != "1" {
		t.Errorf("%s records, want the one about pruning", n)
	}
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Errorf("problems: %s", got)
	}
}

func TestALogWaitsForItsTargetsThoughNotForGood(t *testing.T) {
	w := newWorld(t)
	school := w.as("linden-ada", "linden")
	if err := school.SetAuditRetention(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	w.told(school, 4)
	w.exec(`INSERT INTO streams (organization_id, id, kind, name, address, secret, position, created_us)
		VALUES ('linden', 's', 'webhook', 'S', 'https://x.example', '', 2, 1)`)
	for _, tt := range []struct {
		pass time.Duration
		left string
	}{
		{100 * 24 * time.Hour, "4"}, // two that the target took are gone, and the record of that is there
		{31 * 24 * time.Hour, "2"},
	} {
		w.clock = w.clock.Add(tt.pass)
		if err := w.AuditChores(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := w.one("SELECT COUNT(*) FROM audit_records WHERE home_id = 'linden'"); n != tt.left {
			t.Errorf("%s records are left, want %s", n, tt.left)
		}
	}
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Errorf("problems: %s", got)
	}
}

func TestAnErasedLogIsGoneAndMissedByNobody(t *testing.T) {
	w := newWorld(t)
	school := w.as("linden-ada", "linden")
	w.told(school, 3)
	w.told(w.as("linden-tom", "linden-7b"), 3)
	w.told(w.as("birch-ada", "birch"), 2)
	w.checkpoint2(t)
	w.told(school, 1)
	if err := school.SetAuditRetention(t.Context(), 12); err != nil {
		t.Fatal(err)
	}
	w.signIn("linden-tom", noon)
	var ends []audit.Head
	for range 2 { // it may be repeated
		end, err := w.EraseAudit(t.Context(), identity.Actor{User: "operators-olga"}, "linden", "Linden")
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, end)
	}
	if ends[0].Number != 9 || ends[0].Hash == "" || ends[1].Number != 0 {
		t.Errorf("it ended at %+v", ends)
	}
	for _, table := range []string{"audit_records", "audit_heads", "audit_words", "audit_retention", "sign_in_days", "sign_in_people"} {
		column := "organization_id"
		if table == "audit_records" || table == "audit_heads" || table == "audit_words" {
			column = "home_id"
		}
		if n := w.one("SELECT COUNT(*) FROM " + table + " WHERE " + column + " LIKE 'linden%'"); n != "0" {
			t.Errorf("%s rows are left in %s", n, table)
		}
	}
	if page, err := school.Audit(t.Context(), AuditQuery{Text: "change"}); err != nil || len(page.Records) != 0 {
		t.Errorf("search finds %+v, %v", page.Records, err)
	}
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Errorf("problems: %s", got)
	}
	if got := w.verified(AuditVerification{Home: "linden"}); len(got) != 0 {
		t.Errorf("problems of what is not there: %s", got)
	}
	// What is recorded of it afterwards is a log of its own.
	w.told(school, 2)
	w.checkpoint2(t)
	for _, home := range []identity.OrganizationID{"", "linden"} {
		if got := w.verified(AuditVerification{Home: home}); len(got) != 0 {
			t.Errorf("problems of a log that began anew: %s", got)
		}
	}
	w.exec("DELETE FROM audit_records WHERE home_id = 'linden' AND number = 2")
	if got := w.verified(AuditVerification{Home: "linden"}); len(got) != 2 || !strings.HasPrefix(got[0], "cut: log of linden") {
		t.Errorf("problems: %s, want that its tail is missed", got)
	}
	if _, err := w.EraseAudit(t.Context(), identity.Actor{User: "operators-olga"}, "linden", "Linden"); err != nil {
		t.Fatal(err)
	}
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Errorf("problems, erased once more: %s", got)
	}
	opened, err := identity.OpenPlatform(identity.Actor{User: "operators-olga"}, []identity.Role{identity.RoleOperator})
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.PlatformAuditLog(opened).Page(t.Context(), AuditQuery{Target: "linden"})
	if err != nil || len(page.Records) != 2 {
		t.Fatalf("the platform's log = %+v, %v; want two records", page.Records, err)
	}
	r := page.Records[1]
	if r.Action != identity.ActionAuditErased || r.TargetName != "Linden" || r.After[audit.ValueRecords] != "9" || r.After[audit.ValueHash] != ends[0].Hash {
		t.Errorf("record = %+v", r)
	}
	// Without that record the log would be missed.
	w.exec("DELETE FROM audit_records WHERE home_id = 'operators'")
	w.exec("DELETE FROM audit_heads WHERE home_id = 'operators'")
	if got := w.verified(AuditVerification{}); len(got) != 2 || !strings.HasPrefix(got[0], "cut: log of operators") || !strings.HasPrefix(got[1], "cut: log of linden") {
		t.Errorf("problems: %s, want that both logs are missed", got)
	}
}
