package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
)

func TestAChangeIsRecordedBeforeItIsMade(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	remote := identity.Unavailable("remote.unavailable")
	previous := "" // hash
	for i, tt := range []struct {
		name    string
		facts   []identity.Fact
		failure error
		outcome identity.Outcome
		there   bool // afterwards
	}{
		{"one that fails changes nothing", nil, remote, identity.OutcomeFailed, true},
		{"one that fails half way keeps what happened", []identity.Fact{
			identity.RoleAssignmentStateChanged{ID: "linden-7b/linden-zoe", State: identity.AssignmentSuspended, At: noon.Add(1)},
		}, remote, identity.OutcomeFailed, true},
		{"one that is done shows at once", []identity.Fact{
			identity.RoleAssignmentRemoved{ID: "linden-7b/linden-zoe", At: noon.Add(2)},
		}, nil, identity.OutcomeDone, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			change := identity.Change{
				Action: identity.ActionRoleRemoved, Target: "linden-zoe", TargetName: "Zoë Núñez",
				Before: map[string]string{identity.AuditRole: "student"},
			}
			ctx, cancel := context.WithCancel(identity.WithRequest(t.Context(), identity.Request{ID: "r1", Address: "192.0.2.7", Device: "Firefox"}))
			err := o.Change(ctx, change, func(ctx context.Context) ([]identity.Fact, error) {
				page, err := o.Audit(ctx, AuditQuery{Limit: 1})
				if err != nil || len(page.Records) != 1 || page.Records[0].Outcome != identity.OutcomeBegun {
					t.Errorf("while it is made: %+v, %v; want a begun record", page, err)
				}
				if err := w.Ready(ctx); err != nil { // nothing is locked
					t.Error(err)
				}
				cancel() // the reader is gone; what happened is written down all the same
				return tt.facts, tt.failure
			})
			if !errors.Is(err, tt.failure) {
				t.Errorf("error = %v, want %v", err, tt.failure)
			}
			page, err := o.Audit(t.Context(), AuditQuery{Limit: 1})
			if err != nil || len(page.Records) != 1 {
				t.Fatal(err)
			}
			got := page.Records[0]
			want := identity.AuditRecord{
				ID: got.ID, Organization: "linden-7b", Home: "linden", At: noon, ClosedAt: noon, Actor: identity.Actor{User: "linden-tom", Name: "linden-tom"},
				ActorRole: identity.RoleTeacher, Action: identity.ActionRoleRemoved, Target: "linden-zoe", TargetName: "Zoë Núñez",
				Before: map[string]string{identity.AuditRole: "student"}, RequestID: "r1", Address: "192.0.2.7", Device: "Firefox",
				Source: identity.SourcePortal, Outcome: tt.outcome,
				Position: int64(i + 1), Number: int64(i + 1), Hash: audit.Hash(previous, got),
			}
			previous = got.Hash
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if _, err := o.Member(t.Context(), "linden-zoe"); (err == nil) != tt.there {
				t.Errorf("on the roster: %v, want %v", err, tt.there)
			}
		})
	}
}

// What the store itself writes with a change is written although the request is
// over: Zitadel has done its part by then.
func TestWhatGoesWithAChangeOutlastsItsRequest(t *testing.T) {
	w := newWorld(t)
	school, p := w.school("linden"), w.operating("operators-olga")
	for name, turn := range map[string]func(ctx context.Context, cancel func()) error{
		"policies": func(ctx context.Context, cancel func()) error {
			policies := identity.DefaultPolicies
			policies.InvitationDays = 3
			return school.SetPolicies(ctx, policies, identity.LoginPolicy{}, func(context.Context) error { cancel(); return nil })
		},
		"a suspension": func(ctx context.Context, cancel func()) error {
			return p.Suspend(ctx, w.school("birch"), "does not pay", func(context.Context) ([]identity.Fact, error) { cancel(); return nil, nil })
		},
		"one that fails, on two logs": func(ctx context.Context, cancel func()) error {
			err := p.Restore(ctx, w.school("birch"), func(context.Context) ([]identity.Fact, error) { cancel(); return nil, errBoom })
			if errors.Is(err, context.Canceled) || !errors.Is(err, errBoom) {
				return err
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if err := turn(ctx, cancel); err != nil {
				t.Error(err)
			}
			if begun := w.dump("SELECT action FROM audit_records WHERE outcome = 'begun'"); begun != "" {
				t.Errorf("left begun: %s", begun)
			}
		})
	}
	if days, _, err := school.InvitationPolicies(t.Context()); err != nil || days != 3 {
		t.Errorf("invitations last %d days, %v", days, err)
	}
}

func TestRecordsComeNewestFirstInPages(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	for i := range 7 {
		w.clock = noon.Add(time.Duration(i/2) * time.Minute) // some at the same moment
		target := "even"
		if i%2 == 1 {
			target = "odd"
		}
		change := identity.Change{Action: identity.ActionSignInReset, Target: target, TargetName: fmt.Sprint(i)}
		if err := o.Change(t.Context(), change, func(context.Context) ([]identity.Fact, error) { return nil, nil }); err != nil {
			t.Fatal(err)
		}
	}
	walk := func(q AuditQuery) string {
		t.Helper()
		var names []string
		for {
			page, err := o.Audit(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Records {
				names = append(names, r.TargetName)
			}
			if q.Before = page.Next; page.Next == "" {
				return strings.Join(names, " ")
			}
		}
	}
	for _, tt := range []struct {
		query AuditQuery
		want  string
	}{
		{AuditQuery{Limit: 2}, "6 5 4 3 2 1 0"},
		{AuditQuery{Limit: 2, Target: "odd"}, "5 3 1"},
		{AuditQuery{Limit: 2, Action: identity.ActionSignInReset}, "6 5 4 3 2 1 0"},
		{AuditQuery{Action: identity.ActionLeft}, ""},
		{AuditQuery{Target: "odd", Action: identity.ActionLeft}, ""},
	} {
		if got := walk(tt.query); got != tt.want {
			t.Errorf("%+v = %q, want %q", tt.query, got, tt.want)
		}
	}
	for _, cursor := range []string{"x!", "-", "1-", "*-1"} {
		if _, err := o.Audit(t.Context(), AuditQuery{Before: cursor}); !identity.IsKind(err, identity.KindInvalid) {
			t.Errorf("cursor %q = %v, want invalid", cursor, err)
		}
	}
}

func TestMembersComeWithWhatTheRulesNeed(t *testing.T) {
	w := newWorld(t)
	w.apply(assigned("linden-7b", "linden-ada", identity.RoleTeacher), assigned("linden-7b", "operators-olga", identity.RoleStudent))
	o := w.as("linden-tom", "linden-7b")
	inactive := identity.UserInactive
	for _, tt := range []struct {
		user     identity.UserID
		held     identity.Held
		anywhere identity.Role
		peers    int
	}{
		{"linden-tom", identity.Held{Here: []identity.Role{identity.RoleTeacher}, School: []identity.Role{identity.RoleTeacher}}, identity.RoleTeacher, 1},
		{"linden-ada", identity.Held{Here: []identity.Role{identity.RoleTeacher}, School: []identity.Role{identity.RoleSchoolAdmin}}, identity.RoleSchoolAdmin, 1},
		{"operators-olga", identity.Held{Here: []identity.Role{identity.RoleStudent}, Platform: []identity.Role{identity.RoleOperator}}, identity.RoleOperator, 4},
		{"linden-cleo", identity.Held{Here: []identity.Role{identity.RoleCoTeacher}}, identity.RoleCoTeacher, 0},
	} {
		m, err := o.Member(t.Context(), tt.user)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.held, m.Held); diff != "" {
			t.Errorf("%s: held: %s", tt.user, diff)
		}
		if m.HeldAnywhere != tt.anywhere || m.Peers != tt.peers || m.User.ID != tt.user || m.Assignment.User != tt.user {
			t.Errorf("%s = %+v, want %s anywhere and %d peers", tt.user, m, tt.anywhere, tt.peers)
		}
	}
	w.apply(identity.UserChanged{User: "linden-ada", State: &inactive, At: noon.Add(1)})
	if m, err := o.Member(t.Context(), "linden-tom"); err != nil || m.Peers != 0 {
		t.Errorf("peers = %d, %v; somebody who cannot sign in does not count", m.Peers, err)
	}
	w.apply(identity.RoleAssignmentStateChanged{ID: "linden-7b/linden-tom", State: identity.AssignmentSuspended, At: noon.Add(1)})
	if m, err := o.Member(t.Context(), "linden-tom"); err != nil || m.Held.Here != nil {
		t.Errorf("held = %+v, %v; a suspended role does not count", m.Held, err)
	}
	if _, err := o.Member(t.Context(), "birch-ann"); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("a stranger = %v, want not found", err)
	}
}

func TestEndingSessionsIsForPeopleOnTheRoster(t *testing.T) {
	w := newWorld(t)
	w.clock = time.Now()
	m, tokens := signedIn(t, w, "linden-zoe", "birch-zoe")
	o := w.as("linden-tom", "linden-7b")
	if err := o.EndSessions(t.Context(), "linden-zoe"); err != nil {
		t.Error(err)
	}
	if err := o.EndSessions(t.Context(), "birch-zoe"); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("error = %v, want not found", err)
	}
	if a, b := who(t, m, tokens["linden-zoe"]), who(t, m, tokens["birch-zoe"]); a != "" || b == "" {
		t.Errorf("sessions left: %q, %q", a, b)
	}
}

func TestOneThingAtATimeHappensToAnOrganization(t *testing.T) {
	w := newWorld(t)
	ours, theirs := w.as("linden-tom", "linden-7b"), w.as("birch-tom", "birch-7b")
	inside := 0
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			err := ours.InTurn(t.Context(), func(context.Context) error {
				inside++ // the race detector watches
				if inside != 1 {
					t.Errorf("%d at once", inside)
				}
				inside--
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	err := ours.InTurn(t.Context(), func(ctx context.Context) error {
		if err := theirs.InTurn(ctx, func(context.Context) error { return nil }); err != nil {
			return err
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if err := ours.InTurn(ended, func(context.Context) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("waiting without end: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if len(w.turns.rooms) != 0 {
		t.Errorf("%d turns are kept", len(w.turns.rooms))
	}
}

func TestOpeningsAreFinishedOrTakenUpAgain(t *testing.T) {
	w := newWorld(t)
	founder := identity.Actor{User: "linden-ada", Name: "Ada Adler"}
	n := identity.NewOrganization{ID: "linden-new", Kind: identity.KindClassroom, Name: "New", School: "linden"}
	alone := identity.NewOrganization{ID: "alone", Kind: identity.KindClassroom, Name: "Club"}
	for range 2 { // the same again changes nothing
		if err := w.BeginOpening(t.Context(), founder, n, identity.RoleTeacher); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.BeginOpening(t.Context(), identity.Actor{User: "birch-tom"}, alone, identity.RoleTeacher); err != nil {
		t.Fatal(err)
	}
	if err := w.BeginOpening(t.Context(), identity.Actor{User: "birch-tom"}, n, identity.RoleTeacher); err == nil {
		t.Error("somebody opened a classroom in a school they have no role in")
	}
	other := n
	other.Name = "Other"
	if err := w.BeginOpening(t.Context(), founder, other, identity.RoleTeacher); !identity.IsKind(err, identity.KindConflict) {
		t.Errorf("another opening with the same ID = %v, want a conflict", err)
	}
	got, err := w.Openings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []Opening{
		{Organization: alone, Founder: identity.Actor{User: "birch-tom"}, First: identity.RoleTeacher, BegunAt: noon},
		{Organization: n, Founder: founder, First: identity.RoleTeacher, BegunAt: noon},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	opened, err := identity.OpenFounded(identity.Organization{
		ID: n.ID, Kind: n.Kind, Name: n.Name, School: n.School, State: identity.OrganizationActive,
	}, founder, identity.RoleTeacher)
	if err != nil {
		t.Fatal(err)
	}
	facts := append(organizationFacts("linden-new", identity.KindClassroom, "linden"), assigned("linden-new", "linden-ada", identity.RoleTeacher))
	for range 2 {
		if err := w.FinishOpening(t.Context(), opened, facts); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := w.Openings(t.Context()); err != nil || len(got) != 1 || got[0].Organization.ID != "alone" {
		t.Errorf("left = %+v, %v", got, err)
	}
	for _, organization := range []string{"linden", "linden-new"} { // one record, in both logs
		page, err := w.as("linden-ada", organization).Audit(t.Context(), AuditQuery{Action: identity.ActionClassroomOpened})
		if err != nil || len(page.Records) != 1 {
			t.Fatalf("%s: records = %+v, %v; want one", organization, page.Records, err)
		}
		r := page.Records[0]
		if r.Outcome != identity.OutcomeDone || r.Target != "linden-new" || r.TargetName != "New" || r.Actor != founder ||
			r.ActorRole != identity.RoleSchoolAdmin || r.Organization != "linden-new" || r.Home != "linden" {
			t.Errorf("%s: record = %+v", organization, r)
		}
	}
}

func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	before := w.rowsOf("linden")
	if _, err := w.writer.ExecContext(t.Context(), `PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err)
	}
	drafts := make([]identity.Invitation, 300)
	for i := range drafts {
		drafts[i] = identity.Invitation{Address: fmt.Sprintf("a%d@x.example", i), Role: identity.RoleStudent}
	}
	_, err := o.Invite(t.Context(), drafts, "form", composed)
	var said *identity.Error
	if !errors.As(err, &said) || said.Kind != identity.KindUnavailable || said.Message.ID != "store.full" {
		t.Fatalf("error = %v, want store.full", err)
	}
	if diff := cmp.Diff(before, w.rowsOf("linden")); diff != "" {
		t.Errorf("half of it was written:\n%s", diff)
	}
	if page, err := o.Roster(t.Context(), RosterQuery{}); err != nil || page.Total != 6 {
		t.Errorf("reading = %+v, %v; want pages to go on", page, err)
	}
	if _, err := w.writer.ExecContext(t.Context(), `PRAGMA max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	if result, err := o.Invite(t.Context(), drafts, "form", composed); err != nil || len(result.Invited) != len(drafts) {
		t.Errorf("with room again: %d invited, %v", len(result.Invited), err)
	}
}

func TestAPanicUndoesItsTransaction(t *testing.T) {
	w := newWorld(t)
	before := w.dump("SELECT * FROM users")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = w.write(t.Context(), func(tx *transaction) error {
			if _, err := tx.tx.Exec("DELETE FROM users"); err != nil {
				t.Error(err)
			}
			panic("boom")
		})
	}()
	if after := w.dump("SELECT * FROM users"); after != before {
		t.Error("the transaction was not undone")
	}
}

func TestReadersDoNotWaitForTheWriter(t *testing.T) {
	w := newWorld(t)
	err := w.write(t.Context(), func(tx *transaction) error {
		if _, err := tx.tx.Exec("UPDATE users SET given_name = 'X'"); err != nil {
			return err
		}
		page, err := w.as("linden-tom", "linden-7b").Roster(t.Context(), RosterQuery{})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(page.Rows, func(r RosterRow) bool { return r.User.GivenName == "X" }) {
			t.Error("a reader sees what is not committed")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.reader.ExecContext(t.Context(), "DELETE FROM users"); err == nil {
		t.Error("a reader can write")
	}
}

func TestAStoreWithoutKeysDoesNotOpen(t *testing.T) {
	if _, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "x.sqlite")}); err == nil {
		t.Error("it opened")
	}
}
