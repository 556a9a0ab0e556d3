package store

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

// retired takes a classroom out of use.
func (w *world) retired(classroom identity.OrganizationID) {
	w.t.Helper()
	w.apply(identity.OrganizationStateChanged{Organization: classroom, State: identity.OrganizationInactive, At: noon.Add(time.Minute)})
}

func TestAnOverviewCountsWhatTheSchoolHasAndWhatNeedsAttention(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"linden-8a", "linden-9c"} {
		w.apply(organizationFacts(name, identity.KindClassroom, "linden")...)
	}
	w.retired("linden-9c")
	room := w.as("linden-tom", "linden-7b")
	unmailed, _ := w.invite(room, "nobody@linden.example")
	w.invite(room, "late@linden.example")
	staff := []identity.Invitation{{Address: "staff@linden.example", Role: identity.RoleTeacher}}
	if _, err := w.as("linden-ada", "linden").Invite(t.Context(), staff, "form", composed); err != nil {
		t.Fatal(err)
	}
	w.invite(w.as("birch-tom", "birch-7b"), "x@birch.example")
	for statement, arguments := range map[string][]any{
		"UPDATE invitations SET mail = 'failed' WHERE id = ?":                   {string(unmailed.ID)},
		"UPDATE invitations SET expires_us = ? WHERE address LIKE '%@linden.%'": {micros(noon.Add(14 * 24 * time.Hour))},
		"UPDATE invitations SET expires_us = ? WHERE address LIKE '%@birch.%'":  {micros(noon.Add(time.Hour))},
	} {
		if _, err := w.writer.ExecContext(t.Context(), statement, arguments...); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.writer.ExecContext(t.Context(), "UPDATE invitations SET expires_us = ? WHERE address = 'late@linden.example'",
		micros(noon.Add(24*time.Hour))); err != nil {
		t.Fatal(err)
	}
	school := w.as("linden-ada", "linden")
	if err := school.AskToJoin(t.Context(), identity.JoinRequest{User: "linden-zoe", Name: "Zoë", AskedAt: noon}); err != nil {
		t.Fatal(err)
	}
	if err := w.BeginOpening(t.Context(), identity.Actor{User: "linden-ada", Name: "Ada"},
		identity.NewOrganization{ID: "linden-10d", Kind: identity.KindClassroom, Name: "Linden 10D", School: "linden"}, ""); err != nil {
		t.Fatal(err)
	}
	const run = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	if err := school.BeginOpenings(t.Context(), run, "en", []OpeningItem{{Line: 1, Name: "A"}, {Line: 2, Name: "B"}}); err != nil {
		t.Fatal(err)
	}
	for line, state := range map[int]OpeningItemState{1: OpeningFailed, 2: OpeningDone} {
		if err := school.CloseOpening(t.Context(), run, OpeningItem{Line: line, State: state, Problem: identity.Say("opening.failed")}); err != nil {
			t.Fatal(err)
		}
	}
	w.clock = noon.Add(5 * time.Minute) // the opening takes too long
	got, err := school.Overview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Overview{
		Classrooms: 2, Archived: 1, WithoutTeacher: 1, Waiting: 3,
		Places:       []TroubledPlace{{ID: "linden-7b", Name: "Linden-7b", Unmailed: 1, Expiring: 1}},
		JoinRequests: 1, UnfinishedOpening: 1,
		FailedOpenings: []FailedOpening{{ID: run, At: noon, Failed: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := school.LeaveOpenings(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	if got, err = school.Overview(t.Context()); err != nil || len(got.FailedOpenings) != 0 {
		t.Errorf("what was left out still needs attention: %+v, %v", got.FailedOpenings, err)
	}
}

func TestClassroomsAreListedByWhatTheyLack(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"linden-8a", "linden-9c"} {
		w.apply(organizationFacts(name, identity.KindClassroom, "linden")...)
	}
	w.apply(assigned("linden-8a", "linden-cleo", identity.RoleCoTeacher))
	w.retired("linden-9c")
	w.invite(w.as("linden-tom", "linden-7b"), "new@linden.example")
	school := w.as("linden-ada", "linden")
	for _, tt := range []struct {
		name  string
		query ClassroomQuery
		want  []string
	}{
		{"in use", ClassroomQuery{}, []string{"Linden-7b", "Linden-8a"}},
		{"without a teacher: a co-teacher is none", ClassroomQuery{WithoutTeacher: true}, []string{"Linden-8a"}},
		{"with invitations", ClassroomQuery{Waiting: true}, []string{"Linden-7b"}},
		{"archived", ClassroomQuery{Archived: true}, []string{"Linden-9c"}},
		{"archived, by name", ClassroomQuery{Archived: true, Search: "8"}, nil},
	} {
		page, err := school.Classrooms(t.Context(), tt.query)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range page.Rows {
			got = append(got, r.Organization.Name)
		}
		if !slices.Equal(got, tt.want) || page.Total != len(tt.want) {
			t.Errorf("%s: %v of %d, want %v", tt.name, got, page.Total, tt.want)
		}
	}
}

func TestAListOfClassroomsGoesOnWhereItWas(t *testing.T) {
	w := newWorld(t)
	school := w.as("linden-ada", "linden")
	const run = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	items := []OpeningItem{{Line: 1, Name: "A"}, {Line: 3, Name: "B", Address: "b@x.example"}, {Line: 4, Name: "C", Teacher: "linden-tom", TeacherName: "Tom"}}
	for range 2 { // sent twice it is one list, and one job
		if err := school.BeginOpenings(t.Context(), run, "es", items); err != nil {
			t.Fatal(err)
		}
	}
	if jobs := w.queue.named(OpeningJob); jobs != 1 {
		t.Errorf("%d jobs, want 1", jobs)
	}
	if err := w.as("linden-tom", "linden").BeginOpenings(t.Context(), run, "en", nil); !identity.IsKind(err, identity.KindForbidden) {
		t.Errorf("a teacher of the school begins one: %v", err)
	}
	opened, loaded, err := w.OpenForOpenings(t.Context(), OpeningPayload{Organization: "linden", Run: run})
	if err != nil || opened.ID() != "linden" || loaded.Language != "es" || loaded.Actor.User != "linden-ada" {
		t.Fatalf("opened %v for %+v, %v", opened.ID(), loaded, err)
	}
	close := func(line int, state OpeningItemState, classroom identity.OrganizationID) {
		item := OpeningItem{Line: line, State: state, Classroom: classroom}
		if state == OpeningFailed {
			item.Problem = identity.Say("opening.failed")
		}
		if err := school.CloseOpening(t.Context(), run, item); err != nil {
			t.Fatal(err)
		}
	}
	lines := func() string {
		r, err := school.OpeningRun(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, item := range r.Items {
			all = append(all, fmt.Sprint(item.Line, item.Name, " ", item.State, " ", item.Problem.ID))
		}
		return fmt.Sprint(all, " finished ", !r.FinishedAt.IsZero(), " ", r.Trouble.ID)
	}
	if err := school.HoldOpenings(t.Context(), run, identity.Say("remote.unavailable")); err != nil {
		t.Fatal(err)
	}
	if got, want := lines(), "[1A waiting  3B waiting  4C waiting ] finished false remote.unavailable"; got != want {
		t.Errorf("held: %s", got)
	}
	close(1, OpeningDone, "linden-a")
	close(3, OpeningFailed, "")
	next, err := school.OpeningsToDo(t.Context(), run, 10)
	if err != nil || len(next) != 1 || next[0].Line != 4 || next[0].Teacher != "linden-tom" {
		t.Fatalf("next are %+v, %v", next, err)
	}
	close(4, OpeningDone, "linden-c")
	if got, want := lines(), "[1A done  3B failed opening.failed 4C done ] finished true "; got != want {
		t.Errorf("at the end: %s", got)
	}
	if n, err := school.RetryOpenings(t.Context(), run); n != 1 || err != nil {
		t.Errorf("%d are tried again, %v", n, err)
	}
	if got, want := lines(), "[1A done  3B waiting  4C done ] finished false "; got != want {
		t.Errorf("again: %s", got)
	}
	if jobs := w.queue.named(OpeningJob); jobs != 2 {
		t.Errorf("%d jobs, want 2", jobs)
	}
	// Whoever lost the right meanwhile opens no more.
	w.apply(identity.RoleAssignmentRemoved{ID: "linden/linden-ada", At: noon.Add(time.Hour)})
	job := OpeningPayload{Organization: "linden", Run: run}
	if _, _, err := w.OpenForOpenings(t.Context(), job); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("without the role: %v", err)
	}
	if err := w.RefuseOpenings(t.Context(), job, identity.Say("permission.missing")); err != nil {
		t.Fatal(err)
	}
	if got, want := lines(), "[1A done  3B failed permission.missing 4C done ] finished true "; got != want {
		t.Errorf("refused: %s", got)
	}
}

func TestNamesOfClassroomsAreComparedAsTheyAreRead(t *testing.T) {
	w := newWorld(t)
	w.apply(organizationFacts("linden-9c", identity.KindClassroom, "linden")...)
	w.retired("linden-9c")
	names, err := w.as("linden-ada", "linden").ClassroomNames(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]identity.OrganizationID{
		"Linden-7b": "linden-7b", " LÍNDEN-7B ": "linden-7b", "Linden-9c": "", "Birch-7b": "", "Linden": "",
	} {
		if got, found := names.Find(name); got != want || found != (want != "") {
			t.Errorf("%q is %q", name, got)
		}
	}
}

// Every table in which an organization has rows is either the projection's, the
// log's, or forgotten with a classroom that is deleted.
func TestADeletedClassroomLeavesNothingButItsLog(t *testing.T) {
	kept := []string{
		"audit_head_of", "audit_records", "audit_retention", "sign_in_days", "sign_in_people", // the log
		"users", "role_assignments", "roster_counts", "grants", "people", "people_counts", "search_codes", "drift", // the projection
	}
	w := mixed(t)
	for _, table := range w.tables("organization_id") {
		switch own := slices.Contains(ownTables, table); {
		case own == (slices.Contains(kept, table) || projected(table)):
			t.Errorf("table %s: own = %v; it belongs to exactly one list", table, own)
		}
	}
	room := w.as("linden-ada", "linden-7b")
	w.invite(room, "new@linden.example")
	school := w.as("linden-ada", "linden")
	if err := school.AskToJoin(t.Context(), identity.JoinRequest{User: "linden-zoe", Classroom: "linden-7b", AskedAt: noon}); err != nil {
		t.Fatal(err)
	}
	w.retired("linden-7b")
	before := w.rowsOf("birch")
	what := identity.Change{Action: identity.ActionClassroomDeleted, Target: "linden-7b", TargetName: "Linden-7b"}
	err := w.as("linden-ada", "linden-7b").DeleteClassroom(t.Context(), what, func(context.Context) ([]identity.Fact, error) {
		return []identity.Fact{identity.OrganizationRemoved{Organization: "linden-7b", At: noon.Add(time.Hour)}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range w.tables("organization_id") {
		var rows int
		if err := w.reader.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table+" WHERE organization_id = 'linden-7b'").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		switch logged := slices.Contains([]string{"audit_records", "roster_counts", "search_codes"}, table); {
		case rows > 0 && !logged:
			t.Errorf("%d rows of %s are left", rows, table)
		case rows == 0 && table == "audit_records":
			t.Error("the log is gone")
		}
	}
	if diff := cmp.Diff(before, w.rowsOf("birch")); diff != "" {
		t.Error(diff)
	}
	log, err := school.Audit(t.Context(), AuditQuery{Action: identity.ActionClassroomDeleted})
	if err != nil || len(log.Records) != 1 || log.Records[0].Outcome != identity.OutcomeDone {
		t.Errorf("the school's log has %+v, %v", log.Records, err)
	}
}

// projected reports whether a table is a copy the projection is rebuilt in.
func projected(table string) bool { return len(table) > 7 && table[:7] == "shadow_" }

func TestADeletionThatWasCutOffIsFinished(t *testing.T) {
	w := newWorld(t)
	room := w.as("linden-ada", "linden-7b")
	w.invite(room, "new@linden.example")
	left := func() (invitations, marks int) {
		for table, into := range map[string]*int{"invitations": &invitations, "deletions": &marks} {
			if err := w.reader.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table+" WHERE organization_id = 'linden-7b'").Scan(into); err != nil {
				t.Fatal(err)
			}
		}
		return invitations, marks
	}
	what := identity.Change{Action: identity.ActionClassroomDeleted, Target: "linden-7b"}
	cut := room.DeleteClassroom(t.Context(), what, func(context.Context) ([]identity.Fact, error) { return nil, errBoom })
	if cut == nil {
		t.Fatal("it was not cut off")
	}
	finish := func() {
		if err := w.FinishDeletions(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	finish()
	if i, m := left(); i != 1 || m != 1 {
		t.Errorf("while nobody knows: %d invitations, %d marks", i, m)
	}
	w.clock = noon.Add(25 * time.Hour)
	finish()
	if i, m := left(); i != 1 || m != 0 {
		t.Errorf("given up: %d invitations, %d marks", i, m)
	}
	_ = room.DeleteClassroom(t.Context(), what, func(context.Context) ([]identity.Fact, error) { return nil, errBoom })
	w.apply(identity.OrganizationRemoved{Organization: "linden-7b", At: noon.Add(26 * time.Hour)})
	finish()
	if i, m := left(); i != 0 || m != 0 {
		t.Errorf("gone at Zitadel: %d invitations, %d marks", i, m)
	}
}
