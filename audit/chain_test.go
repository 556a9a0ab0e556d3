package audit

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 123_000, time.UTC)

// removed is a record with everything in it.
func removed() identity.AuditRecord {
	return identity.AuditRecord{
		ID: "r1", Organization: "7b", Home: "linden", At: noon, ClosedAt: noon.Add(time.Second),
		Actor: identity.Actor{User: "tom", Name: "Tom, Tanner"}, ActorRole: identity.RoleTeacher,
		Action: identity.ActionRoleRemoved, Target: "sam", TargetName: "Sam Smith",
		Before: map[string]string{"role": "student", "a": "1"}, After: map[string]string{"x": "ü"},
		RequestID: "q1", Address: "192.0.2.7", Device: "Mozilla/5.0", Source: identity.SourceZitadel,
		Outcome: identity.OutcomeDone,
		Event:   identity.AuditEvent{Type: "user.grant.removed", Aggregate: "g1", Sequence: 7},
		Number:  3, Position: 9,
	}
}

// The bytes are the contract with whoever verifies a log by other means: they
// never change under the same format.
func TestTheCanonicalBytesStayTheSame(t *testing.T) {
	want := "16:homeroom.audit/1,6:linden,1:3,1:9,2:r1,2:7b,16:1788264000000123,16:1788264001000123,3:tom,11:Tom, Tanner," +
		"7:teacher,12:role.removed,4:done,7:zitadel,3:sam,9:Sam Smith,1:2,1:a,1:1,4:role,7:student,1:1,1:x,2:ü," +
		"2:q1,9:192.0.2.7,11:Mozilla/5.0,18:user.grant.removed,2:g1,1:7,"
	if diff := cmp.Diff(want, string(Canonical(removed()))); diff != "" {
		t.Error(diff)
	}
	// printf '2:ab,%s' "$bytes" | sha256sum
	if got, want := Hash("ab", removed()), "b5758796464a7c6613722892ffe3b1085675235a0101e5d6418cc98709031ddc"; got != want {
		t.Errorf("hash = %s, want %s", got, want)
	}
}

// Whatever is changed about a record changes its hash.
func TestEveryFieldIsHashed(t *testing.T) {
	base := Hash("", removed())
	for name, change := range map[string]func(*identity.AuditRecord){
		"ID":           func(r *identity.AuditRecord) { r.ID = "r2" },
		"Organization": func(r *identity.AuditRecord) { r.Organization = "7c" },
		"Home":         func(r *identity.AuditRecord) { r.Home = "birch" },
		"At":           func(r *identity.AuditRecord) { r.At = r.At.Add(time.Microsecond) },
		"ClosedAt":     func(r *identity.AuditRecord) { r.ClosedAt = time.Time{} },
		"Actor.User":   func(r *identity.AuditRecord) { r.Actor.User = "tim" },
		"Actor.Name":   func(r *identity.AuditRecord) { r.Actor.Name = "" },
		"ActorRole":    func(r *identity.AuditRecord) { r.ActorRole = identity.RoleOperator },
		"Action":       func(r *identity.AuditRecord) { r.Action = identity.ActionLeft },
		"Target":       func(r *identity.AuditRecord) { r.Target = "s" },
		"TargetName":   func(r *identity.AuditRecord) { r.TargetName = "Sam Smit" },
		"Before":       func(r *identity.AuditRecord) { r.Before = map[string]string{"a": "1"} },
		"After":        func(r *identity.AuditRecord) { r.After = map[string]string{"xü": ""} },
		"RequestID":    func(r *identity.AuditRecord) { r.RequestID = "" },
		"Address":      func(r *identity.AuditRecord) { r.Address = "192.0.2.8" },
		"Device":       func(r *identity.AuditRecord) { r.Device = "" },
		"Source":       func(r *identity.AuditRecord) { r.Source = identity.SourcePortal },
		"Outcome":      func(r *identity.AuditRecord) { r.Outcome = identity.OutcomeFailed },
		"Event.Type":   func(r *identity.AuditRecord) { r.Event.Type = "" },
		"Aggregate":    func(r *identity.AuditRecord) { r.Event.Aggregate = "g" },
		"Sequence":     func(r *identity.AuditRecord) { r.Event.Sequence = 8 },
		"Number":       func(r *identity.AuditRecord) { r.Number = 4 },
		"Position":     func(r *identity.AuditRecord) { r.Position = 8 },
		"moved text":   func(r *identity.AuditRecord) { r.Target, r.TargetName = "samS", "am Smith" },
	} {
		r := removed()
		change(&r)
		if Hash("", r) == base {
			t.Errorf("%s is not hashed", name)
		}
	}
	if Hash("x", removed()) == base {
		t.Error("the previous hash is not hashed")
	}
	r := removed()
	if r.Hash = "x"; Hash("", r) != base {
		t.Error("the hash itself is hashed")
	}
}

// chained are n records of a log and where it ends.
func chained(n int) ([]identity.AuditRecord, Head) {
	head := Head{Home: "linden"}
	records := make([]identity.AuditRecord, n)
	for i := range records {
		records[i] = removed()
		records[i].ID = fmt.Sprint("r", i+1)
		head = head.Next(int64(i+1)*10, &records[i])
	}
	return records, head
}

func TestWhatIsWrongWithALogIsFoundWhereItIs(t *testing.T) {
	type log struct {
		records      []identity.AuditRecord
		anchor, head Head
		marks        []Mark
	}
	tests := []struct {
		name   string
		change func(*log)
		want   string // the problems, or none
	}{
		{"nothing", func(*log) {}, ""},
		{"a flipped byte", func(l *log) { l.records[2].TargetName = "Sam Smitt" }, "changed: log of linden: record 3 (r3)"},
		{
			"a hash that was flipped", func(l *log) { l.records[2].Hash = strings.Repeat("0", 64) },
			"changed: log of linden: record 3 (r3)|changed: log of linden: record 4 (r4)",
		},
		{"a deleted record", func(l *log) { l.records = append(l.records[:2], l.records[3:]...) }, "missing: log of linden: record 4 (r4): 1 record"},
		{"two deleted records", func(l *log) { l.records = append(l.records[:2], l.records[4:]...) }, "missing: log of linden: record 5 (r5): 2 records"},
		{"a deleted first record", func(l *log) { l.records = l.records[1:] }, "missing: log of linden: record 2 (r2)"},
		{"a deleted first record with its anchor made up", func(l *log) {
			l.anchor = headOf(l.records[0])
			l.records = l.records[1:]
		}, "missing: log of linden: its first 1 record is missing, and no record says"},
		{"an inserted record", func(l *log) {
			made := removed()
			made.ID, made.Number, made.Position = "made", 3, 25
			l.records = append(l.records[:2], append([]identity.AuditRecord{made}, l.records[2:]...)...)
		}, "changed: log of linden: record 3 (made)|inserted: log of linden: record 3 (r3)|changed: log of linden: record 4 (r4)"},
		{"a record after the end", func(l *log) {
			made := removed()
			made.ID = "made"
			headOf(l.records[5]).Next(99, &made)
			l.records = append(l.records, made)
		}, "inserted: log of linden: 1 record after its end"},
		{
			"a cut tail", func(l *log) { l.records = l.records[:4] },
			"cut: log of linden: the last 2 records are missing|cut: log of linden: checkpoint 2",
		},
		{
			"a cut tail with its end made up", func(l *log) { l.records, l.head = l.records[:4], headOf(l.records[3]) },
			"cut: log of linden: checkpoint 2",
		},
		{"an end that was changed", func(l *log) { l.head.Hash = "00" }, "changed: log of linden: what is written down"},
		{"everything made anew", func(l *log) {
			head := Head{Home: "linden"}
			for i := range l.records {
				l.records[i].TargetName = "Nobody"
				head = head.Next(l.records[i].Position, &l.records[i])
			}
			l.head = head
		}, "forged: log of linden: record 2 (r2): it is not the record that checkpoint 1 saw|forged: log of linden: record 5 (r5)"},
		{
			"everything deleted", func(l *log) { l.records, l.head = nil, Head{Home: "linden"} },
			"cut: log of linden: checkpoint 1|cut: log of linden: checkpoint 2",
		},
		{"a beginning that was pruned", func(l *log) { prune(&l.records, &l.anchor, &l.head) }, ""},
		{"a beginning that was pruned to another end", func(l *log) {
			prune(&l.records, &l.anchor, &l.head)
			l.anchor.Hash = strings.Repeat("1", 64)
		}, "changed: log of linden: record 4 (r4)|missing: log of linden: its first 3 records are missing"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, head := chained(6)
			l := log{records: records, head: head, anchor: Head{Home: "linden"}, marks: []Mark{
				{Head: headOf(records[4]), Checkpoint: 2}, {Head: headOf(records[1]), Checkpoint: 1},
			}}
			tt.change(&l)
			var got []string
			c := NewChain(l.anchor, l.marks, func(p Problem) { got = append(got, p.String()) })
			for _, r := range l.records {
				c.Next(r)
			}
			if n := c.End(l.head); n != int64(len(l.records)) {
				t.Errorf("%d records were read, want %d", n, len(l.records))
			}
			var want []string
			if tt.want != "" {
				want = strings.Split(tt.want, "|")
			}
			if len(got) != len(want) {
				t.Fatalf("problems:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			for i := range want {
				if !strings.HasPrefix(got[i], want[i]) {
					t.Errorf("problem %d = %q, want %q…", i, got[i], want[i])
				}
			}
		})
	}
}

// prune removes the first three records, and records it, as retention does.
func prune(records *[]identity.AuditRecord, anchor, head *Head) {
	*anchor = headOf((*records)[2])
	r := identity.AuditRecord{ID: "pruned", Action: identity.ActionAuditPruned, At: noon, After: RemovedValues(*anchor, 3)}
	*head = head.Next(99, &r)
	*records = append((*records)[3:], r)
}

func TestARecordOfErasureCoversWhatWasBefore(t *testing.T) {
	said := Removed(RemovedValues(Head{Number: 5, Position: 50, Hash: "aa"}, 5))
	for _, tt := range []struct {
		head Head
		want bool
	}{
		{Head{Number: 5, Position: 50, Hash: "aa"}, true},
		{Head{Number: 4, Position: 40, Hash: "bb"}, true},
		{Head{Number: 5, Position: 50, Hash: "bb"}, false},
		{Head{Number: 6, Position: 60, Hash: "cc"}, false},
	} {
		if got := said.Covers(tt.head); got != tt.want {
			t.Errorf("%+v is covered: %t, want %t", tt.head, got, tt.want)
		}
	}
	if (Removed{}).Covers(Head{}) {
		t.Error("a record that says nothing covers something")
	}
}
