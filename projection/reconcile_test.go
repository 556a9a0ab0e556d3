package projection

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

func TestTheDriftReportNamesWhatZitadelLost(t *testing.T) {
	log := smallSchool(10)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	want := export(t, s)
	for _, id := range []string{"student-0003", "biology:student-0004", "chess"} {
		log.lost[id] = true
	}
	var last Progress
	got, err := p.Reconcile(t.Context(), func(now Progress) { last = now })
	if err != nil {
		t.Fatal(err)
	}
	wantReport := store.DriftReport{At: log.clock(), Checked: 3 + 12 + 13, Rows: []store.Drift{
		{Kind: store.DriftOrganization, ID: "chess", Name: "Chess", Organization: "chess", What: store.LostThere},
		{Kind: store.DriftRoleAssignment, ID: "biology:student-0004", Name: "Sam 4 Müller", Organization: "biology", What: store.LostThere},
		{Kind: store.DriftUser, ID: "student-0003", Name: "Sam 3 Müller", Organization: "linden", What: store.LostThere},
	}}
	if diff := cmp.Diff(wantReport, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if last.Step != StepCompare {
		t.Errorf("last progress %+v, want step %q", last, StepCompare)
	}
	stored, err := s.Drift(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantReport, stored); diff != "" {
		t.Errorf("stored report (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, export(t, s)); diff != "" {
		t.Errorf("a list made rows go away:\n%s", diff)
	}
}

// What differs here and not in the log is put right, and is no drift.
func TestReconcileRepairsFromTheLog(t *testing.T) {
	log := smallSchool(10)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	want := export(t, s)
	exec1(t, s, "UPDATE users SET given_name = 'Nobody', changed_us = 1 WHERE id = 'ada'")
	exec1(t, s, "DELETE FROM role_assignments WHERE id = 'biology:student-0002'")
	exec1(t, s, "UPDATE organizations SET name = '' WHERE id = 'chess'")
	got, err := p.Reconcile(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rows) != 0 {
		t.Errorf("drift after the repair: %+v", got.Rows)
	}
	if diff := cmp.Diff(want, export(t, s)); diff != "" {
		t.Errorf("rosters differ (-want +got):\n%s", diff)
	}
}

// A read side that answers something else than the log is reported, and not
// believed.
func TestReconcileDoesNotBelieveTheReadSide(t *testing.T) {
	log := smallSchool(3)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	want := export(t, s)
	reading := log.read()
	ada := reading.users["ada"]
	ada.GivenName = "Somebody"
	reading.users["ada"] = ada
	reading.assignments["ghost"] = identity.RoleAssignment{
		ID: "ghost", User: "ada", Organization: "biology", Roles: []identity.Role{identity.RoleStudent}, State: identity.AssignmentActive,
	}
	got, err := p.Reconcile(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]store.Drift{
		{Kind: store.DriftRoleAssignment, ID: "ghost", Organization: "biology", What: store.MissingHere},
		{Kind: store.DriftUser, ID: "ada", Name: "Ada Byron", Organization: "linden", What: store.Differs},
	}, got.Rows); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, export(t, s)); diff != "" {
		t.Errorf("rosters differ (-want +got):\n%s", diff)
	}
}
