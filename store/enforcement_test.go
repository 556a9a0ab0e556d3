package store

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

func TestEnforcementBeginsAndEnds(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.connect(o, "c")
	same := func(why string, want identity.Enforcement) {
		t.Helper()
		got, err := o.Enforcement(t.Context())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", why, err, diff)
		}
	}
	same("never", identity.Enforcement{})
	want := enforced(o)
	want.Exceptions = append(want.Exceptions, identity.EnforcementException{User: "linden-sam", Name: "Sam"})
	token, err := o.SetEnforcement(t.Context(), identity.Change{Action: identity.ActionEnforced}, want, true)
	w.must(err)
	want.Since, want.RecoveryMadeAt = noon, noon
	same("on", want)
	if token == "" || strings.Contains(w.dump("SELECT * FROM enforcements"), token) {
		t.Errorf("token = %q, or it is kept", token)
	}
	wantOutcomes(t, o, identity.ActionEnforced, identity.OutcomeDone)
	wantOutcomes(t, o, identity.ActionRecoveryMade, identity.OutcomeDone)
	for user, c := range map[identity.UserID]struct{ on, excepted bool }{
		"linden-ada": {true, true}, "linden-sam": {true, true}, "linden-zoe": {true, false}, "birch-zoe": {false, false},
		"operators-olga": {false, false}, "nobody": {false, false},
	} {
		on, school, excepted, err := w.EnforcedFor(t.Context(), user)
		if on != c.on || excepted != c.excepted || on && school != "linden" || err != nil {
			t.Errorf("%s: %v, %s, %v, %v", user, on, school, excepted, err)
		}
	}
	w.after(time.Hour)
	want.Exceptions = want.Exceptions[:1]
	again, err := o.SetEnforcement(t.Context(), identity.Change{Action: identity.ActionEnforced}, want, false)
	if again != "" || err != nil {
		t.Errorf("token = %q, %v", again, err)
	}
	same("another exception", want)
	if _, err := w.RecoveryOf(t.Context(), token); err != nil {
		t.Errorf("the recovery link is gone: %v", err)
	}
	off := identity.Enforcement{}
	if token, err := o.SetEnforcement(t.Context(), identity.Change{Action: identity.ActionEnforcementEnded}, off, true); token != "" || err != nil {
		t.Errorf("token = %q, %v", token, err)
	}
	same("off", identity.Enforcement{Since: w.clock, RecoveryMadeAt: noon})
	_, err = w.RecoveryOf(t.Context(), token)
	refused(t, err, identity.KindNotFound, "recovery.not-found")
}

// A new recovery link does not bring back what the one before has ended.
func TestANewRecoveryLinkTakesThePlaceOfTheOneBefore(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	if _, err := o.RenewRecovery(t.Context()); !identity.IsKind(err, identity.KindConflict) {
		t.Errorf("a link without enforcement: %v", err)
	}
	w.connect(o, "c")
	first := w.enforce(o)
	w.after(time.Hour)
	second, err := o.RenewRecovery(t.Context())
	w.must(err)
	_, err = w.RecoveryOf(t.Context(), first)
	refused(t, err, identity.KindNotFound, "recovery.not-found")
	w.must(w.Recover(t.Context(), second))
	if _, err := o.RenewRecovery(t.Context()); !identity.IsKind(err, identity.KindConflict) {
		t.Errorf("a link after the recovery: %v", err)
	}
	if e, err := o.Enforcement(t.Context()); err != nil || e.On || !e.RecoveryMadeAt.Equal(w.clock) {
		t.Errorf("enforcement = %+v, %v", e, err)
	}
	wantOutcomes(t, o, identity.ActionRecoveryMade, identity.OutcomeDone, identity.OutcomeDone)
}

func TestWhatEnforcementNeeds(t *testing.T) {
	exception := func(user string, breaks bool) identity.EnforcementException {
		return identity.EnforcementException{User: identity.UserID(user), BreakGlass: breaks}
	}
	for name, tt := range map[string]struct {
		before     func(w *world)
		exceptions []identity.EnforcementException
		kind       identity.ErrorKind
		message    string
	}{
		"a connection":     {func(w *world) {}, []identity.EnforcementException{exception("linden-ada", true)}, identity.KindConflict, "enforcement.no-connection"},
		"an active one":    {func(w *world) { w.save(w.school("linden"), okta("c")); w.pass(w.school("linden"), "c") }, []identity.EnforcementException{exception("linden-ada", true)}, identity.KindConflict, "enforcement.no-connection"},
		"an exception":     {nil, nil, identity.KindConflict, "enforcement.no-break-glass"},
		"a break-glass":    {nil, []identity.EnforcementException{exception("linden-ada", false)}, identity.KindConflict, "enforcement.no-break-glass"},
		"a school_admin":   {nil, []identity.EnforcementException{exception("linden-tom", true)}, identity.KindConflict, "enforcement.no-break-glass"},
		"somebody of ours": {nil, []identity.EnforcementException{exception("linden-ada", true), exception("birch-sam", false)}, identity.KindNotFound, "user.not-found"},
		"who can sign in": {func(w *world) {
			w.connect(w.school("linden"), "c")
			state := identity.UserInactive
			w.apply(identity.RoleAssignmentChanged{ID: "linden/linden-tom", Roles: []identity.Role{identity.RoleSchoolAdmin}, At: noon.Add(1)},
				identity.UserChanged{User: "linden-tom", State: &state, At: noon.Add(1)})
		}, []identity.EnforcementException{exception("linden-tom", true)}, identity.KindConflict, "enforcement.no-break-glass"},
		"whose role is active": {func(w *world) {
			w.connect(w.school("linden"), "c")
			w.apply(identity.RoleAssignmentChanged{ID: "linden/linden-tom", Roles: []identity.Role{identity.RoleSchoolAdmin}, At: noon.Add(1)},
				identity.RoleAssignmentStateChanged{ID: "linden/linden-tom", State: identity.AssignmentSuspended, At: noon.Add(2)})
		}, []identity.EnforcementException{exception("linden-tom", true)}, identity.KindConflict, "enforcement.no-break-glass"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if tt.before == nil {
				w.connect(w.school("linden"), "c")
			} else {
				tt.before(w)
			}
			o := w.school("linden")
			_, err := o.SetEnforcement(t.Context(), identity.Change{Action: identity.ActionEnforced},
				identity.Enforcement{On: true, Exceptions: tt.exceptions}, true)
			refused(t, err, tt.kind, tt.message)
			if e, err := o.Enforcement(t.Context()); !cmp.Equal(e, identity.Enforcement{}) || err != nil {
				t.Errorf("enforcement = %+v, %v", e, err)
			}
			wantOutcomes(t, o, identity.ActionEnforced)
		})
	}
}

func TestARecoveryLinkEndsEnforcementOnce(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.connect(o, "c")
	replaced := w.enforce(o)
	token := w.enforce(o)
	w.after(time.Hour)
	for _, wrong := range []string{"", "x", replaced} {
		_, err := w.RecoveryOf(t.Context(), wrong)
		refused(t, err, identity.KindNotFound, "recovery.not-found")
		refused(t, w.Recover(t.Context(), wrong), identity.KindNotFound, "recovery.not-found")
	}
	school, err := w.RecoveryOf(t.Context(), token)
	if err != nil || school.ID != "linden" {
		t.Errorf("school = %+v, %v", school, err)
	}
	if on, _, _, err := w.EnforcedFor(t.Context(), "linden-zoe"); !on || err != nil {
		t.Errorf("enforced = %v, %v", on, err)
	}
	failed := together(6, func() error { return w.Recover(t.Context(), token) })
	if len(failed) != 5 {
		t.Fatalf("%d of 6 were refused, want 5", len(failed))
	}
	for _, err := range failed {
		refused(t, err, identity.KindGone, "recovery.used")
	}
	e, err := o.Enforcement(t.Context())
	if err != nil || e.On || !e.RecoveryUsedAt.Equal(w.clock) || !e.Since.Equal(w.clock) {
		t.Errorf("enforcement = %+v, %v", e, err)
	}
	_, err = w.RecoveryOf(t.Context(), token)
	refused(t, err, identity.KindGone, "recovery.used")
	wantOutcomes(t, o, identity.ActionRecoveryUsed, identity.OutcomeDone)
	if page, err := o.Audit(t.Context(), AuditQuery{Action: identity.ActionRecoveryUsed}); err != nil || page.Records[0].Actor.User != "recovery" || page.Records[0].Target != "linden" {
		t.Errorf("records = %+v, %v", page.Records, err)
	}
	fresh := w.enforce(o)
	if _, err := w.RecoveryOf(t.Context(), fresh); err != nil {
		t.Error(err)
	}
}

func TestPeopleAtHomeByAddress(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.apply(identity.UserCreated{At: noon, User: identity.User{
		ID: "twin", Home: "linden", UserName: "twin", Address: "ZOE@linden.example", State: identity.UserActive,
	}})
	w.apply(identity.UserCreated{At: noon, User: identity.User{
		ID: "oli", Home: "linden", UserName: "oli", Address: "oli@linden.example", AddressVerified: true, State: identity.UserActive,
	}}, assigned("operators", "oli", identity.RoleOperator))
	w.apply(identity.RoleAssignmentStateChanged{ID: "linden-7b/linden-ann", State: identity.AssignmentSuspended, At: noon.Add(1)})
	w.apply(assigned("birch-7b", "twin", identity.RoleStudent)) // a guest there, nobody here
	type line struct {
		id              string
		roles, operator bool
	}
	for address, want := range map[string][]line{
		"Zoe@Linden.Example": {{"linden-zoe", true, false}, {"twin", false, false}},
		"ada@linden.example": {{"linden-ada", true, false}},
		"ann@linden.example": {{"linden-ann", false, false}},
		"oli@linden.example": {{"oli", false, true}},
		"sam@birch.example":  nil, // a guest here
		"":                   nil,
		"@":                  nil,
	} {
		found, err := o.PeopleByAddress(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		var got []line
		for _, c := range found {
			got = append(got, line{string(c.User.ID), c.Roles, c.Operator})
			if one, err := o.Person(t.Context(), c.User.ID); err != nil || !cmp.Equal(one, c) {
				t.Errorf("person = %+v, %v; want %+v", one, err, c)
			}
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(line{})); diff != "" {
			t.Errorf("%s: %s", address, diff)
		}
	}
	want, err := w.User(t.Context(), "linden-zoe")
	w.must(err)
	if got, err := o.Person(t.Context(), "linden-zoe"); err != nil || !cmp.Equal(got.User, want) {
		t.Errorf("person = %+v, %v", got, err)
	}
	_, err = o.Person(t.Context(), "birch-sam")
	refused(t, err, identity.KindNotFound, "user.not-found")
}

func TestAClassroomOfTheSchool(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	got, err := o.ClassroomIn(t.Context(), "linden-7b")
	if diff := cmp.Diff(identity.Organization{
		ID: "linden-7b", Kind: identity.KindClassroom, Name: "Linden-7b", State: identity.OrganizationActive,
		School: "linden", SchoolName: "Linden", RemoteName: "linden-7b-x1", CreatedAt: noon,
	}, got); diff != "" || err != nil {
		t.Errorf("classroom: %v\n%s", err, diff)
	}
	for _, id := range []identity.OrganizationID{"birch-7b", "linden", "nothing", ""} {
		_, err := o.ClassroomIn(t.Context(), id)
		refused(t, err, identity.KindNotFound, "organization.not-found")
	}
}
