package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

// logged fills the logs of both schools with records of all kinds, in a world of
// its own, in no order of time.
func logged(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	random := rand.New(rand.NewPCG(1, 2))
	actions := []identity.Action{identity.ActionRoleRemoved, identity.ActionRoleAssigned, identity.ActionSignedIn, identity.ActionInvited}
	people := []string{"ada", "tom", "zoe", "sam"}
	names := []string{"Ada Adler", "Tom Tanner", "Zoë Núñez", "Sam Smith"}
	for i := range 300 {
		school := []string{"linden", "birch"}[i%2]
		organization := school
		if random.IntN(3) > 0 {
			organization += "-7b"
		}
		actor, target := random.IntN(len(people)), random.IntN(len(people))
		r := identity.AuditRecord{
			ID: fmt.Sprint(school, "-record-", i), Organization: identity.OrganizationID(organization),
			At:     noon.Add(time.Duration(random.IntN(100)) * time.Hour),
			Actor:  identity.Actor{User: identity.UserID(school + "-" + people[actor]), Name: names[actor]},
			Action: actions[random.IntN(len(actions))], Target: school + "-" + people[target], TargetName: names[target],
			Address: fmt.Sprint("192.0.2.", random.IntN(4)), Source: identity.SourcePortal, Outcome: identity.OutcomeDone,
		}
		switch {
		case r.Action == identity.ActionSignedIn:
			r.Source = identity.SourceZitadel
		case i%17 == 0:
			r.Outcome = identity.OutcomeFailed
		case i%23 == 0:
			r.Outcome = identity.OutcomeBegun
		}
		if err := w.write(t.Context(), func(tx *transaction) error { return tx.audit(t.Context(), &r) }); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// Every filter, alone and with others, shows exactly what it should: page by
// page, in both directions, and as an export.
func TestFiltersShowExactlyWhatTheySay(t *testing.T) {
	w := logged(t)
	removals := func(r identity.AuditRecord) bool { return r.Action == identity.ActionRoleRemoved }
	about := func(r identity.AuditRecord, person string) bool {
		return string(r.Actor.User) == person || r.Target == person
	}
	named := func(r identity.AuditRecord, name string) bool { return r.Actor.Name == name || r.TargetName == name }
	tests := []struct {
		name  string
		query AuditQuery
		shows func(identity.AuditRecord) bool
	}{
		{"all", AuditQuery{}, func(identity.AuditRecord) bool { return true }},
		{"a person", AuditQuery{Person: "linden-sam"}, func(r identity.AuditRecord) bool { return about(r, "linden-sam") }},
		{"a target", AuditQuery{Target: "linden-sam"}, func(r identity.AuditRecord) bool { return r.Target == "linden-sam" }},
		{"an action", AuditQuery{Action: identity.ActionRoleRemoved}, removals},
		{
			"one of two actions",
			AuditQuery{Actions: []identity.Action{identity.ActionRoleRemoved, identity.ActionInvited}},
			func(r identity.AuditRecord) bool { return removals(r) || r.Action == identity.ActionInvited },
		},
		{
			"but sign-ins",
			AuditQuery{Except: []identity.Action{identity.ActionSignedIn}},
			func(r identity.AuditRecord) bool { return r.Action != identity.ActionSignedIn },
		},
		{
			"but sign-ins, of a person",
			AuditQuery{Person: "linden-tom", Except: []identity.Action{identity.ActionSignedIn, identity.ActionInvited}},
			func(r identity.AuditRecord) bool {
				return about(r, "linden-tom") && r.Action != identity.ActionSignedIn && r.Action != identity.ActionInvited
			},
		},
		{"since", AuditQuery{Since: noon.Add(50 * time.Hour)}, func(r identity.AuditRecord) bool { return !r.At.Before(noon.Add(50 * time.Hour)) }},
		{"until", AuditQuery{Until: noon.Add(50 * time.Hour)}, func(r identity.AuditRecord) bool { return r.At.Before(noon.Add(50 * time.Hour)) }},
		{
			"between, removed",
			AuditQuery{Action: identity.ActionRoleRemoved, Since: noon.Add(10 * time.Hour), Until: noon.Add(50 * time.Hour)},
			func(r identity.AuditRecord) bool {
				return removals(r) && !r.At.Before(noon.Add(10*time.Hour)) && r.At.Before(noon.Add(50*time.Hour))
			},
		},
		{"seen at Zitadel", AuditQuery{Source: identity.SourceZitadel}, func(r identity.AuditRecord) bool { return r.Source == identity.SourceZitadel }},
		{"failed", AuditQuery{Outcome: identity.OutcomeFailed}, func(r identity.AuditRecord) bool { return r.Outcome == identity.OutcomeFailed }},
		{
			"begun, removed",
			AuditQuery{Outcome: identity.OutcomeBegun, Action: identity.ActionRoleRemoved},
			func(r identity.AuditRecord) bool { return removals(r) && r.Outcome == identity.OutcomeBegun },
		},
		{"done", AuditQuery{Outcome: identity.OutcomeDone}, func(r identity.AuditRecord) bool { return r.Outcome == identity.OutcomeDone }},
		{"a name without its signs", AuditQuery{Text: "nunez"}, func(r identity.AuditRecord) bool { return named(r, "Zoë Núñez") }},
		{"the beginning of a name", AuditQuery{Text: "SMI"}, func(r identity.AuditRecord) bool { return named(r, "Sam Smith") }},
		{"two letters are a word", AuditQuery{Text: "sm"}, func(identity.AuditRecord) bool { return false }},
		{"who removed sam", AuditQuery{Text: "removed sam"}, func(r identity.AuditRecord) bool { return removals(r) && named(r, "Sam Smith") }},
		{"from where", AuditQuery{Text: "192.0.2.1"}, func(r identity.AuditRecord) bool { return r.Address == "192.0.2.1" }},
		{"from a network", AuditQuery{Text: "192.0.2."}, func(identity.AuditRecord) bool { return true }},
		{"of the classroom", AuditQuery{Text: "linden 7b"}, func(r identity.AuditRecord) bool { return r.Organization == "linden-7b" }},
		{"by an ID", AuditQuery{Text: "linden-zoe"}, func(r identity.AuditRecord) bool {
			return about(r, "linden-zoe") || r.Organization == "linden-7b" && named(r, "Zoë Núñez")
		}},
		{"nothing but signs", AuditQuery{Text: "% * \""}, func(identity.AuditRecord) bool { return false }},
		{"quotation marks", AuditQuery{Text: `sam" OR "zoe`}, func(identity.AuditRecord) bool { return false }},
		{"somebody else's person", AuditQuery{Person: "birch-sam"}, func(identity.AuditRecord) bool { return false }},
		{"somebody else's classroom", AuditQuery{Text: "birch"}, func(identity.AuditRecord) bool { return false }},
	}
	for _, scope := range []string{"linden", "linden-7b"} {
		log := w.as("linden-ada", scope).AuditLog()
		everything := collected(t, log, AuditQuery{})
		if want := map[string]int{"linden": 150, "linden-7b": 97}[scope]; len(everything) < want*8/10 || len(everything) > 150 {
			t.Fatalf("%s has %d records", scope, len(everything))
		}
		for _, tt := range tests {
			t.Run(scope+"/"+tt.name, func(t *testing.T) {
				var want []string
				for _, r := range everything {
					if !strings.HasPrefix(string(r.Organization), "linden") {
						t.Fatalf("a record of %s", r.Organization)
					}
					if tt.shows(r) {
						want = append(want, r.ID)
					}
				}
				if diff := cmp.Diff(want, ids(collected(t, log, tt.query))); diff != "" {
					t.Errorf("export (-want +got):\n%s", diff)
				}
				older, newer := paged(t, log, tt.query)
				if diff := cmp.Diff(want, older); diff != "" {
					t.Errorf("pages towards older ones (-want +got):\n%s", diff)
				}
				slices.Reverse(want)
				if diff := cmp.Diff(want, newer); diff != "" {
					t.Errorf("pages towards newer ones (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func collected(t *testing.T, log *AuditLog, q AuditQuery) []identity.AuditRecord {
	t.Helper()
	var all []identity.AuditRecord
	for r, err := range log.All(t.Context(), q) {
		if err != nil {
			t.Fatal(err)
		}
		if len(all) > 0 && r.At.After(all[len(all)-1].At) {
			t.Errorf("%s is newer than the one before", r.ID)
		}
		all = append(all, r)
	}
	return all
}

func ids(records []identity.AuditRecord) (all []string) {
	for _, r := range records {
		all = append(all, r.ID)
	}
	return all
}

// paged walks all pages of seven towards older ones, and from the last one back,
// newest last.
func paged(t *testing.T, log *AuditLog, q AuditQuery) (older, newer []string) {
	t.Helper()
	q.Limit = 7
	var last AuditPage
	for {
		page, err := log.Page(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if (q.Before == "") != (page.Previous == "") {
			t.Errorf("before %q the page towards newer ones is %q", q.Before, page.Previous)
		}
		older = append(older, ids(page.Records)...)
		if last = page; page.Next == "" {
			break
		}
		q.Before = page.Next
	}
	for {
		records := ids(last.Records)
		slices.Reverse(records)
		newer = append(newer, records...)
		if last.Previous == "" {
			return older, newer
		}
		page, err := log.Page(t.Context(), AuditQuery{
			Person: q.Person, Target: q.Target, Action: q.Action, Actions: q.Actions, Except: q.Except, Since: q.Since,
			Until: q.Until, Source: q.Source, Outcome: q.Outcome, Text: q.Text, Limit: 7, After: last.Previous,
		})
		if err != nil {
			t.Fatal(err)
		}
		last = page
	}
}

func TestARecordIsFoundByItsIDInItsOwnLogs(t *testing.T) {
	w := logged(t)
	school, room := w.as("linden-ada", "linden").AuditLog(), w.as("linden-ada", "linden-7b").AuditLog()
	for _, r := range collected(t, school, AuditQuery{}) {
		got, err := school.Record(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Error(diff)
		}
		_, err = room.Record(t.Context(), r.ID)
		if inRoom := r.Organization == "linden-7b"; inRoom != (err == nil) || !inRoom && !identity.IsKind(err, identity.KindNotFound) {
			t.Errorf("%s of %s in the classroom's log: %v", r.ID, r.Organization, err)
		}
	}
	for _, id := range []string{"birch-record-1", "", "nothing"} {
		if _, err := school.Record(t.Context(), id); !identity.IsKind(err, identity.KindNotFound) {
			t.Errorf("%q: %v, want not found", id, err)
		}
	}
}

// A classroom that a school took in has its records from before in its own log;
// the school's begins with the day it came.
func TestALogSpansTheHomesOfItsClassroom(t *testing.T) {
	w := newWorld(t)
	w.apply(organizationFacts("club", identity.KindClassroom, "")...)
	w.apply(assigned("club", "linden-tom", identity.RoleTeacher))
	w.told(w.as("linden-tom", "club"), 2)
	w.apply(identity.OrganizationMetadataSet{Organization: "club", Key: identity.MetadataSchool, Value: "linden", At: noon.Add(time.Hour)})
	club := w.as("linden-tom", "club")
	w.told(club, 3)
	for _, q := range []AuditQuery{{}, {Text: "change"}, {Action: identity.ActionSettingsChanged}, {Person: "linden-tom"}} {
		if got := collected(t, club.AuditLog(), q); len(got) != 5 {
			t.Errorf("%+v: %d records in the classroom's log, want 5", q, len(got))
		}
		if got := collected(t, w.as("linden-ada", "linden").AuditLog(), q); len(got) != 3 {
			t.Errorf("%+v: %d records in the school's log, want 3", q, len(got))
		}
	}
	if got := w.verified(AuditVerification{}); len(got) != 0 {
		t.Errorf("problems: %s", got)
	}
}

func TestMoreRecordsThanAMicrosecondHasPlacesForKeepTheirOrder(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-ada", "linden")
	const many = 2*rowsPerMicrosecond + 100
	err := w.write(t.Context(), func(tx *transaction) error {
		for i := range many {
			if err := o.record(t.Context(), tx, identity.Change{Action: identity.ActionInvited, Target: fmt.Sprintf("%05d", i)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := collected(t, o.AuditLog(), AuditQuery{})
	if len(got) != many {
		t.Fatalf("%d records, want %d", len(got), many)
	}
	for i, r := range got {
		if r.Target != fmt.Sprintf("%05d", many-1-i) {
			t.Fatalf("record %d is %s", i, r.Target)
		}
	}
}

func TestWrongFiltersAreInvalid(t *testing.T) {
	log := newWorld(t).as("linden-ada", "linden").AuditLog()
	for _, q := range []AuditQuery{
		{Before: "!"}, {After: "zzzzzzzzzzzzzzzzzzzz"}, {Before: "1-2"}, {Source: "x"}, {Outcome: "x"},
	} {
		if _, err := log.Page(t.Context(), q); !identity.IsKind(err, identity.KindInvalid) {
			t.Errorf("%+v: %v, want invalid", q, err)
		}
	}
}

// Whatever is typed is searched for and never obeyed.
func FuzzAuditText(f *testing.F) {
	for _, text := range []string{"sam", `"`, "a*", "192.0.2.7", "::1", "NEAR(", "tokens:", "\x00", strings.Repeat("word ", 500), "🎓", "ﬁ"} {
		f.Add(text)
	}
	w := newWorld(f)
	w.told(w.as("birch-ada", "birch"), 1)
	w.told(w.as("linden-ada", "linden"), 1)
	log := w.as("linden-ada", "linden").AuditLog()
	f.Fuzz(func(t *testing.T, text string) {
		page, err := log.Page(t.Context(), AuditQuery{Text: text, Person: text, Action: identity.Action(text)})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		page, err = log.Page(t.Context(), AuditQuery{Text: text})
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for _, r := range page.Records {
			if r.Home != "linden" {
				t.Errorf("%q finds a record of %s", text, r.Home)
			}
		}
	})
}

// No page of a log sorts, and none walks past the records of other homes.
func TestAuditQueriesUseIndexes(t *testing.T) {
	w := logged(t)
	filters := map[string]AuditQuery{
		"all": {}, "person": {Person: "linden-sam"}, "target": {Target: "linden-sam"}, "action": {Action: identity.ActionInvited},
		"text": {Text: "sam smi"}, "failed": {Outcome: identity.OutcomeFailed}, "done": {Outcome: identity.OutcomeDone},
		"source": {Source: identity.SourceZitadel}, "span": {Since: noon, Until: noon.Add(time.Hour)},
		"but":  {Except: []identity.Action{identity.ActionSignedIn}},
		"much": {Text: "sam", Actions: []identity.Action{identity.ActionInvited, identity.ActionLeft}, Since: noon, Outcome: identity.OutcomeFailed},
	}
	for _, scope := range []string{"linden", "linden-7b"} {
		for name, q := range filters {
			for _, direction := range []string{"first", "before", "after"} {
				switch direction {
				case "before":
					q.Before = auditCursor(micros(noon) * rowsPerMicrosecond)
				case "after":
					q.Before, q.After = "", auditCursor(micros(noon)*rowsPerMicrosecond)
				}
				p, err := w.as("linden-ada", scope).AuditLog().plan(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				statement, args := p.statement()
				plan := w.explain(statement, args...)
				if strings.Contains(plan, "TEMP B-TREE") {
					t.Errorf("%s/%s/%s sorts:\n%s", scope, name, direction, plan)
				}
				byIndex := strings.Contains(plan, "SEARCH r USING INDEX audit_records_by_home (home_id=? AND rowid>? AND rowid<?)") ||
					strings.Contains(plan, "SEARCH r USING INDEX audit_records_by_organization (organization_id=? AND rowid>? AND rowid<?)") ||
					strings.Contains(plan, "SEARCH r USING INDEX audit_records_undone (home_id=? AND outcome=? AND rowid>? AND rowid<?)") ||
					strings.Contains(plan, "SCAN f VIRTUAL TABLE INDEX") && strings.Contains(plan, "SEARCH r USING INTEGER PRIMARY KEY")
				if !byIndex {
					t.Errorf("%s/%s/%s:\n%s", scope, name, direction, plan)
				}
			}
		}
	}
}
