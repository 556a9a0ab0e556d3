package audit

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

func TestARecordIsReadFromJSONAsItWas(t *testing.T) {
	for name, r := range map[string]identity.AuditRecord{
		"everything": removed(),
		"little":     {ID: "r", Organization: "linden", Home: "linden", At: noon, Outcome: identity.OutcomeBegun},
		"signs":      {ID: "r", At: noon, TargetName: "<b>&\u2028\"\\\n", Address: "::1"},
	} {
		line := JSON(r)
		if bytes.ContainsAny(line, "\n\r") {
			t.Errorf("%s: more than one line: %s", name, line)
		}
		got, err := ParseJSON(line)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if Hash("", got) != Hash("", r) {
			t.Errorf("%s: the hash is another", name)
		}
	}
	for _, line := range []string{"", "{}{}", `{"secret":1}`, `{"time":"yesterday"}`, "null x", "[]"} {
		if r, err := ParseJSON([]byte(line)); err == nil {
			t.Errorf("%q is read as %+v", line, r)
		}
	}
}

func FuzzParseJSON(f *testing.F) {
	f.Add(JSON(removed()))
	f.Add([]byte(`{"id":"","actor":{}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := ParseJSON(line)
		if err != nil {
			return
		}
		again, err := ParseJSON(JSON(r))
		if err != nil {
			t.Skip("a time that has no form in JSON") // a year beyond 9999
		}
		if Hash("", again) != Hash("", r) {
			t.Errorf("written and read again, its hash is another: %s", line)
		}
	})
}

func TestJSONLinesAreOneRecordALine(t *testing.T) {
	var b bytes.Buffer
	w := NewJSONLines(&b)
	for range 3 {
		if err := w.Write(removed()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat(string(JSON(removed()))+"\n", 3)
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestCSVHasEverythingAndNoFormula(t *testing.T) {
	r := removed()
	r.TargetName = `=HYPERLINK("https://evil.example")`
	r.Hash = "ab"
	var b bytes.Buffer
	w := NewCSV(&b)
	if err := w.Write(r); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("rows = %q, %v", rows, err)
	}
	got := map[string]string{}
	for i, column := range rows[0] {
		got[column] = rows[1][i]
	}
	want := map[string]string{
		"time": "2026-09-01T12:00:00.000123Z", "action": "role.removed", "outcome": "done",
		"actor": "tom", "actor_name": "Tom, Tanner", "actor_role": "teacher",
		"target": "sam", "target_name": `'=HYPERLINK("https://evil.example")`, "organization": "7b",
		"before": `{"a":"1","role":"student"}`, "after": `{"x":"ü"}`, "address": "192.0.2.7", "device": "Mozilla/5.0",
		"request": "q1", "source": "zitadel", "event_type": "user.grant.removed", "event_aggregate": "g1",
		"event_sequence": "7", "id": "r1", "home": "linden", "closed": "2026-09-01T12:00:01.000123Z",
		"position": "9", "number": "3", "hash": "ab",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	b.Reset()
	if err := NewCSV(&b).Flush(); err != nil || b.String() != strings.Join(Columns, ",")+"\n" {
		t.Errorf("a file without records = %q, %v", b.String(), err)
	}
}

func TestRecordsInTheShapeOfOCSF(t *testing.T) {
	type shape struct {
		Class, Activity, Status int
		User, Entity            string
		Privileges              []string
	}
	for action, want := range map[identity.Action]shape{
		identity.ActionSignedIn:          {3002, 1, 1, "sam", "", nil},
		identity.ActionSignInFailed:      {3002, 1, 2, "sam", "", nil},
		identity.ActionStudentCreated:    {3001, 1, 1, "sam", "", nil},
		identity.ActionFactorsReset:      {3001, 11, 1, "sam", "", nil},
		identity.ActionRoleRemoved:       {3005, 2, 1, "sam", "", []string{"student"}},
		identity.ActionClassroomArchived: {3004, 12, 1, "", "classroom", nil},
		identity.ActionPoliciesChanged:   {3004, 3, 1, "", "policies", nil},
		identity.ActionAuditExported:     {3004, 2, 1, "", "audit", nil},
	} {
		r := removed()
		r.Action = action
		line := OCSF(r, Product{Version: "1.2.3", URL: "https://homeroom.example"})
		if bytes.ContainsRune(line, '\n') {
			t.Errorf("%s: more than one line", action)
		}
		var e ocsfEvent
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatal(err)
		}
		got := shape{Class: e.ClassUID, Activity: e.ActivityID, Status: e.StatusID, Privileges: e.Privileges}
		if e.User != nil {
			got.User = e.User.UID
		}
		if e.Entity != nil {
			got.Entity = e.Entity.Type
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", action, diff)
		}
		if e.TypeUID != e.ClassUID*100+e.ActivityID || e.ClassName == "" || e.CategoryUID != 3 {
			t.Errorf("%s: type %d of class %d %q", action, e.TypeUID, e.ClassUID, e.ClassName)
		}
		if e.Metadata.UID != "r1" || e.Metadata.Sequence != 9 || e.Metadata.TenantUID != "linden" ||
			e.Metadata.CorrelationUID != "q1" || e.Metadata.Version != "1.5.0" || e.Metadata.Product.Version != "1.2.3" {
			t.Errorf("%s: metadata = %+v", action, e.Metadata)
		}
		if e.Time != noon.UnixMilli() || e.Source.IP != "192.0.2.7" || e.Request.UserAgent != "Mozilla/5.0" || e.Actor.User.UID != "tom" {
			t.Errorf("%s: %s", action, line)
		}
		if e.Unmapped.ID != "r1" || e.Unmapped.Number != 3 || e.Unmapped.Before["role"] != "student" {
			t.Errorf("%s: the record is not in it: %+v", action, e.Unmapped)
		}
	}
}
