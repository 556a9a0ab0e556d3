package store

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

func TestPoliciesAreTheDefaultUntilTheyAreSet(t *testing.T) {
	w := newWorld(t)
	school := w.school("linden")
	got, err := school.Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(identity.DefaultPolicies, got); diff != "" {
		t.Error(diff)
	}
}

func TestSettingPoliciesKeepsThemAndSaysWhatChanged(t *testing.T) {
	w := newWorld(t)
	school := w.school("linden")
	want := identity.SchoolPolicies{
		StaffFactor: true, Names: identity.NamesNever, InvitationDays: 7,
		InvitationDomains: []string{"linden.example", "parents.example"}, TeachersOpenClassrooms: true,
	}
	login := identity.LoginPolicy{RequireFactor: true, Factors: []identity.Credential{identity.CredentialTOTP}}
	acted := 0
	act := func(context.Context) error { acted++; return nil }
	for range 2 { // the second time there is nothing to change
		if err := school.SetPolicies(t.Context(), want, login, act); err != nil {
			t.Fatal(err)
		}
	}
	got, err := school.Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	known, err := school.LoginPolicy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(login, known.Policy); diff != "" || known.Stale || known.ReadAt.IsZero() {
		t.Errorf("known = %+v\n%s", known, diff)
	}
	if acted != 1 {
		t.Errorf("acted %d times at Zitadel, want once", acted)
	}
	page, err := school.Audit(t.Context(), AuditQuery{})
	if err != nil || len(page.Records) == 0 {
		t.Fatalf("audit = %+v, %v", page, err)
	}
	record := page.Records[0]
	if record.Action != identity.ActionPoliciesChanged || record.Outcome != identity.OutcomeDone {
		t.Errorf("record = %+v", record)
	}
	for _, key := range []string{"staff-factor", "names", "invitation-days", "invitation-domains", "require-factor", "factors"} {
		if record.After[key] == record.Before[key] {
			t.Errorf("the record does not say how %s changed: %q", key, record.After[key])
		}
	}
	if _, told := record.After["passkeys"]; told {
		t.Error("the record tells what did not change")
	}
}

func TestARefusedPolicyChangesNothing(t *testing.T) {
	w := newWorld(t)
	school := w.school("linden")
	err := school.SetPolicies(t.Context(), identity.SchoolPolicies{Names: identity.NamesNever, InvitationDays: 1},
		identity.LoginPolicy{Passkeys: true}, func(context.Context) error { return errBoom })
	if err == nil {
		t.Fatal("no error")
	}
	got, err := school.Policies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(identity.DefaultPolicies, got); diff != "" {
		t.Error(diff)
	}
}

// A school's word about names holds in its classrooms, whatever they say.
func TestASchoolForbidsNamesInItsClassrooms(t *testing.T) {
	w := newWorld(t)
	room := w.as("linden-tom", "linden-7b")
	if err := room.SetSettings(t.Context(), identity.OrganizationSettings{StudentsSeeNames: true}); err != nil {
		t.Fatal(err)
	}
	for _, rule := range []identity.NamesRule{identity.NamesByClassroom, identity.NamesNever} {
		policies := identity.DefaultPolicies
		policies.Names, policies.InvitationDays = rule, 10
		if err := w.school("linden").SetPolicies(t.Context(), policies, identity.LoginPolicy{}, nil); err != nil {
			t.Fatal(err)
		}
		opened, err := w.OpenFor(t.Context(), identity.Actor{User: "linden-sam"}, "linden-7b")
		if err != nil {
			t.Fatal(err)
		}
		if got, want := opened.Permits(identity.SeeRoster), rule == identity.NamesByClassroom; got != want {
			t.Errorf("%s: a student sees names = %v, want %v", rule, got, want)
		}
	}
}

func TestWhoIsAskedForASecondFactor(t *testing.T) {
	w := newWorld(t)
	policies := identity.DefaultPolicies
	policies.StaffFactor = true
	if err := w.school("linden").SetPolicies(t.Context(), policies, identity.LoginPolicy{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		user identity.UserID
		want bool
	}{
		{"linden-ada", true},  // school_admin
		{"linden-tom", true},  // teacher
		{"linden-sam", false}, // student
		{"birch-tom", false},  // of a school that does not ask
		{"nobody", false},
	} {
		got, err := w.StaffFactor(t.Context(), tt.user)
		if err != nil || got != tt.want {
			t.Errorf("%s: asked = %v, %v, want %v", tt.user, got, err, tt.want)
		}
	}
}

// What was changed elsewhere while Zitadel was asked is asked again.
func TestALoginPolicyThatChangedMeanwhileStaysStale(t *testing.T) {
	w := newWorld(t)
	school := w.school("linden")
	if err := w.write(t.Context(), func(tx *transaction) error {
		return tx.MarkLoginPolicy(t.Context(), query.MarkLoginPolicyParams{School: "linden", NowUs: tx.now})
	}); err != nil {
		t.Fatal(err)
	}
	others, err := w.StaleLoginPolicies(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		asked time.Time
		stale int
	}{
		{"asked before the change", w.clock.Add(-time.Minute), 1},
		{"asked after it", w.clock.Add(time.Minute), 0},
	} {
		if err := school.KeepLoginPolicy(t.Context(), identity.LoginPolicy{Passkeys: true}, tt.asked); err != nil {
			t.Fatal(err)
		}
		stale, err := w.StaleLoginPolicies(t.Context(), 10)
		if err != nil || len(stale) != len(others)-1+tt.stale {
			t.Errorf("%s: %d to be read (%v), want %d", tt.name, len(stale), err, len(others)-1+tt.stale)
		}
	}
}

// stale are the schools whose login policy has to be read, in that order.
func (w *world) stale() (ids []identity.OrganizationID) {
	w.t.Helper()
	schools, err := w.StaleLoginPolicies(w.t.Context(), 10)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, school := range schools {
		ids = append(ids, school.ID())
	}
	return ids
}

func TestALoginPolicyThatIsChangedAtZitadelIsReadAgain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		editor identity.UserID
		quiet  bool
		fact   identity.Observed
		want   []identity.OrganizationID
	}{
		{"in the console", "root", false, identity.Observed{Action: identity.ActionRemotePolicy, Organization: "linden"}, []identity.OrganizationID{"linden"}},
		{"by the portal itself", "runtime", false, identity.Observed{Action: identity.ActionRemotePolicy, Organization: "linden"}, []identity.OrganizationID{"linden"}},
		{"before the log was read", "root", true, identity.Observed{Action: identity.ActionRemotePolicy, Organization: "linden"}, []identity.OrganizationID{"linden"}},
		{"the instance's", "root", false, identity.Observed{Action: identity.ActionRemotePolicy}, []identity.OrganizationID{"birch", "linden"}},
		{"the instance's, as Zitadel's log has it", "root", false, identity.Observed{Action: identity.ActionRemotePolicy, Organization: operators}, []identity.OrganizationID{"birch", "linden"}},
		{"a class's", "root", false, identity.Observed{Action: identity.ActionRemotePolicy, Organization: "linden-7b"}, nil},
		{"of somebody else's organization", "root", false, identity.Observed{Action: identity.ActionRemotePolicy, Organization: "acme"}, nil},
		{"something else", "root", false, identity.Observed{Action: identity.ActionRemoteDomain, Organization: "linden"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			for _, school := range w.stale() {
				if err := w.school(string(school)).KeepLoginPolicy(t.Context(), identity.LoginPolicy{}, w.clock); err != nil {
					t.Fatal(err)
				}
			}
			w.clock = w.clock.Add(time.Minute)
			for range 2 { // the log is read with an overlap
				tt.fact.At = w.clock
				if err := w.ApplyEvents(t.Context(), EventBatch{
					Events: []identity.Event{{
						Aggregate: "org", Sequence: 5, Editor: tt.editor, Organization: tt.fact.Organization, At: w.clock, Fact: tt.fact,
					}},
					Quiet: tt.quiet, Platform: identity.Platform{Operators: operators, ServiceAccounts: []identity.UserID{"runtime"}},
				}); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, w.stale()); diff != "" {
					t.Error(diff)
				}
			}
			if read := w.one("SELECT COUNT(*) FROM login_policies"); read != "2" {
				t.Errorf("%s policies are kept, want the schools' two", read)
			}
		})
	}
}

func TestASchoolWhosePolicyCannotBeReadStarvesNobody(t *testing.T) {
	w := newWorld(t)
	if diff := cmp.Diff([]identity.OrganizationID{"birch", "linden"}, w.stale()); diff != "" {
		t.Fatal(diff)
	}
	w.clock = w.clock.Add(time.Minute)
	if err := w.school("birch").AskLoginPolicyLater(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.clock = w.clock.Add(time.Minute)
	if err := w.school("linden").AskLoginPolicyLater(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]identity.OrganizationID{"birch", "linden"}, w.stale()); diff != "" {
		t.Error(diff)
	}
	w.clock = w.clock.Add(time.Minute)
	if err := w.school("birch").AskLoginPolicyLater(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]identity.OrganizationID{"linden", "birch"}, w.stale()); diff != "" {
		t.Error(diff)
	}
}

func TestALookIsFoundByItsVersionAlone(t *testing.T) {
	w := newWorld(t)
	school := w.school("linden")
	look := identity.Branding{Colour: "#ffd400", OnLight: "#756100", OnDark: "#ffd400", Logo: []byte("png")}
	if err := school.SetBranding(t.Context(), look, nothing); err != nil {
		t.Fatal(err)
	}
	opened, err := w.OpenFor(t.Context(), identity.Actor{User: "linden-tom"}, "linden-7b")
	if err != nil || opened.Organization().Brand == "" {
		t.Fatalf("the classroom's look = %q, %v", opened.Organization().Brand, err)
	}
	look.Version = opened.Organization().Brand
	got, err := w.Brand(t.Context(), "linden", look.Version)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(look, got); diff != "" {
		t.Error(diff)
	}
	for _, other := range [][2]string{{"linden", "0000"}, {"birch", look.Version}, {"linden", ""}} {
		if _, err := w.Brand(t.Context(), identity.OrganizationID(other[0]), other[1]); !identity.IsKind(err, identity.KindNotFound) {
			t.Errorf("look %v: %v, want not found", other, err)
		}
	}
	if err := school.SetBranding(t.Context(), identity.Branding{}, nothing); err != nil {
		t.Fatal(err)
	}
	if got, err := school.Branding(t.Context()); err != nil || got.Version != "" || got.Colour != "" {
		t.Errorf("after the return = %+v, %v", got, err)
	}
}

// Of two changes at the same time one finds what the other made.
func TestChangesOfPoliciesFollowEachOther(t *testing.T) {
	w := newWorld(t)
	school := w.school("linden")
	var wait sync.WaitGroup
	for days := range 4 {
		policies := identity.DefaultPolicies
		policies.InvitationDays = days + 3
		wait.Go(func() {
			if err := school.SetPolicies(t.Context(), policies, identity.LoginPolicy{}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	page, err := school.Audit(t.Context(), AuditQuery{Action: identity.ActionPoliciesChanged})
	if err != nil || len(page.Records) != 4 {
		t.Fatalf("%d records, %v", len(page.Records), err)
	}
	for i, record := range page.Records[:3] { // the newest first
		if found, left := record.Before["invitation-days"], page.Records[i+1].After["invitation-days"]; found != left {
			t.Errorf("a change found %q, and the one before it left %q", found, left)
		}
	}
}
