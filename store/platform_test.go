package store

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

// platformCalls are the calls of what operators read of one organization: see
// [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func platformCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden := w.as("operators-olga", "linden")
	birch := w.as("operators-olga", "birch")
	p := w.operating("operators-olga")
	w.must(p.BeginLook(t.Context(), birch, "a look into birch"))
	w.must(p.Suspend(t.Context(), birch, "birch does not pay", w.turned("birch", identity.OrganizationActive)))
	return map[string]func(context.Context) (any, error){
		"Look":       func(ctx context.Context) (any, error) { return linden.Look(ctx) },
		"Suspension": func(ctx context.Context) (any, error) { return linden.Suspension(ctx) },
	}
}

// operating opens the platform for an operator.
func (w *world) operating(user identity.UserID) *Platform {
	w.t.Helper()
	opened, err := w.OpenPlatform(w.t.Context(), identity.Actor{User: user, Name: "Olga Ortiz"})
	w.must(err)
	return w.Platform(opened)
}

// turned is what Zitadel answers when an organization's state changes.
func (w *world) turned(id identity.OrganizationID, state identity.OrganizationState) func(context.Context) ([]identity.Fact, error) {
	return func(context.Context) ([]identity.Fact, error) {
		w.clock = w.clock.Add(time.Second)
		return []identity.Fact{identity.OrganizationStateChanged{Organization: id, State: state, At: w.clock}}, nil
	}
}

// logged are the actions on the log of an organization, the latest first.
func (w *world) logged(id identity.OrganizationID) []identity.Action {
	w.t.Helper()
	rows, err := w.reader.QueryContext(w.t.Context(),
		"SELECT action, outcome FROM audit_records WHERE organization_id = ? ORDER BY position DESC", string(id))
	w.must(err)
	defer rows.Close()
	var actions []identity.Action
	for rows.Next() {
		var action, outcome string
		w.must(rows.Scan(&action, &outcome))
		if outcome != string(identity.OutcomeDone) {
			action += " " + outcome
		}
		actions = append(actions, identity.Action(action))
	}
	w.must(rows.Err())
	return actions
}

func TestThePlatformOpensForOperatorsAlone(t *testing.T) {
	w := newWorld(t)
	for _, user := range []identity.UserID{"linden-ada", "linden-tom", "linden-zoe", "nobody", ""} {
		_, err := w.OpenPlatform(t.Context(), identity.Actor{User: user})
		refused(t, err, identity.KindNotFound, "organization.not-found")
	}
	w.operating("operators-olga")
	w.apply(identity.RoleAssignmentStateChanged{
		ID: "operators/operators-olga", State: identity.AssignmentSuspended, At: noon.Add(1),
	})
	_, err := w.OpenPlatform(t.Context(), identity.Actor{User: "operators-olga"})
	refused(t, err, identity.KindNotFound, "organization.not-found")
}

func TestSchoolsAreListedWithTheirFigures(t *testing.T) {
	w := newWorld(t)
	w.apply(organizationFacts("alone", identity.KindClassroom, "")...)
	p := w.operating("operators-olga")
	w.must(p.Suspend(t.Context(), w.as("operators-olga", "birch"), "asked for it", w.turned("birch", identity.OrganizationInactive)))
	for _, tt := range []struct {
		name  string
		query SchoolQuery
		want  []string
		total int
	}{
		{"all", SchoolQuery{}, []string{"birch", "linden"}, 2},
		{"suspended", SchoolQuery{State: identity.OrganizationInactive}, []string{"birch"}, 2},
		{"in use", SchoolQuery{State: identity.OrganizationActive}, []string{"linden"}, 2},
		{"by a part of the name", SchoolQuery{Search: "IND"}, []string{"linden"}, 1},
		{"none", SchoolQuery{Search: "nowhere"}, nil, 0},
		{"a page", SchoolQuery{Limit: 1}, []string{"birch"}, 2},
	} {
		page, err := p.Schools(t.Context(), tt.query)
		w.must(err)
		var got []string
		for _, row := range page.Rows {
			got = append(got, string(row.Organization.ID))
			if row.Classrooms != 1 || row.Students != 4 || row.Admins != 1 || (row.Reason != "") != row.Organization.Suspended() {
				t.Errorf("%s: %+v", tt.name, row)
			}
		}
		if !slices.Equal(got, tt.want) || page.Total != tt.total {
			t.Errorf("%s: %v of %d, want %v of %d", tt.name, got, page.Total, tt.want, tt.total)
		}
	}
	first, err := p.Schools(t.Context(), SchoolQuery{Limit: 1})
	w.must(err)
	second, err := p.Schools(t.Context(), SchoolQuery{Limit: 1, After: first.Next})
	if err != nil || len(second.Rows) != 1 || second.Rows[0].Organization.ID != "linden" || second.Next != "" {
		t.Errorf("the second page = %+v, %v", second, err)
	}
	alone, err := p.StandaloneClassrooms(t.Context(), ClassroomQuery{})
	if err != nil || alone.Total != 1 || alone.Rows[0].Organization.ID != "alone" {
		t.Errorf("classrooms that stand alone = %+v, %v", alone, err)
	}
	figures, err := p.Figures(t.Context(), w.as("operators-olga", "linden"))
	if diff := cmp.Diff(SchoolFigures{Classrooms: 1, Students: 4, Admins: 1}, figures); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestALookLastsAnHourAndIsOnBothLogs(t *testing.T) {
	w := newWorld(t)
	p, linden, room := w.operating("operators-olga"), w.as("operators-olga", "linden"), w.as("operators-olga", "linden-7b")
	open := func(o *Organization) bool {
		look, err := o.Look(t.Context())
		w.must(err)
		return look.Open()
	}
	if open(linden) || open(room) {
		t.Fatal("a look is open that nobody began")
	}
	w.must(p.BeginLook(t.Context(), linden, "request 12"))
	if !open(linden) || !open(room) || open(w.as("operators-olga", "birch")) || open(w.as("linden-ada", "linden")) {
		t.Error("a look is not open in the school and its classroom, for who began it, alone")
	}
	looks, err := p.Looks(t.Context())
	if err != nil || len(looks) != 1 || looks[0].Reason != "request 12" || looks[0].By.Name != "Olga Ortiz" || looks[0].Name != "Linden" {
		t.Errorf("looks = %+v, %v", looks, err)
	}
	w.clock = w.clock.Add(identity.LookLasts - time.Second)
	if !open(linden) {
		t.Error("it ended before its hour")
	}
	w.clock = w.clock.Add(time.Second)
	if open(linden) {
		t.Error("it goes on after its hour")
	}
	w.must(p.EndLook(t.Context(), linden)) // nothing to end, and nothing to record
	w.must(p.BeginLook(t.Context(), linden, "once more"))
	if kept := w.one("SELECT COUNT(*) FROM looks"); kept != "1" {
		t.Errorf("%s looks are kept, want the open one: the logs tell of the other", kept)
	}
	w.must(p.EndLook(t.Context(), linden))
	if open(linden) {
		t.Error("it goes on after it was ended")
	}
	want := []identity.Action{identity.ActionLookEnded, identity.ActionVisited, identity.ActionVisited}
	for _, id := range []identity.OrganizationID{"linden", "operators"} {
		if got := w.logged(id); !slices.Equal(got, want) {
			t.Errorf("the log of %s = %v, want %v", id, got, want)
		}
	}
}

func TestASuspendedSchoolIsClosedUntilItIsRestored(t *testing.T) {
	w := newWorld(t)
	p, linden := w.operating("operators-olga"), w.as("operators-olga", "linden")
	who := func(user, id string) error {
		_, err := w.OpenFor(t.Context(), identity.Actor{User: identity.UserID(user)}, identity.OrganizationID(id))
		return err
	}
	w.must(p.Suspend(t.Context(), linden, "does not pay", w.turned("linden", identity.OrganizationInactive)))
	for _, tt := range []struct {
		user, id string
		closed   bool
	}{
		{"linden-ada", "linden", true},
		{"linden-tom", "linden-7b", true},
		{"linden-ada", "linden-7b", true},
		{"birch-sam", "linden-7b", true}, // a guest
		{"linden-sam", "birch-7b", false},
		{"birch-ada", "birch", false},
		{"operators-olga", "linden", false},
		{"operators-olga", "linden-7b", false},
	} {
		if err := who(tt.user, tt.id); identity.Closed(err) != tt.closed || !tt.closed && err != nil {
			t.Errorf("%s at %s: %v, closed %v", tt.user, tt.id, err, tt.closed)
		}
	}
	refused(t, who("birch-ada", "linden"), identity.KindNotFound, "organization.not-found") // a stranger learns nothing
	if name, suspended, err := w.SuspendedHome(t.Context(), "linden"); name != "Linden" || !suspended || err != nil {
		t.Errorf("home = %s, %v, %v", name, suspended, err)
	}
	for _, home := range []identity.OrganizationID{"birch", "linden-7b", "operators", ""} {
		if _, suspended, err := w.SuspendedHome(t.Context(), home); suspended || err != nil {
			t.Errorf("%s: %v, %v", home, suspended, err)
		}
	}
	suspension, err := linden.Suspension(t.Context())
	if err != nil || suspension.Reason != "does not pay" || suspension.By.User != "operators-olga" || suspension.At.IsZero() {
		t.Errorf("suspension = %+v, %v", suspension, err)
	}

	w.must(p.Restore(t.Context(), w.as("operators-olga", "linden"), w.turned("linden", identity.OrganizationActive)))
	for _, tt := range [][2]string{{"linden-ada", "linden"}, {"linden-tom", "linden-7b"}, {"birch-sam", "linden-7b"}} {
		if err := who(tt[0], tt[1]); err != nil {
			t.Errorf("%s at %s after it was restored: %v", tt[0], tt[1], err)
		}
	}
	if suspension, err := linden.Suspension(t.Context()); suspension != (Suspension{}) || err != nil {
		t.Errorf("suspension = %+v, %v", suspension, err)
	}
	want := []identity.Action{identity.ActionSchoolRestored, identity.ActionSchoolSuspended}
	for _, id := range []identity.OrganizationID{"linden", "operators"} {
		if got := w.logged(id); !slices.Equal(got, want) {
			t.Errorf("the log of %s = %v, want %v", id, got, want)
		}
	}
}

func TestASchoolWhereOperatorsLiveIsNotSuspended(t *testing.T) {
	w := newWorld(t)
	w.apply(assigned("operators", "linden-ada", identity.RoleOperator))
	called := false
	err := w.operating("operators-olga").Suspend(t.Context(), w.as("operators-olga", "linden"), "does not pay",
		func(context.Context) ([]identity.Fact, error) { called = true; return nil, nil })
	refused(t, err, identity.KindConflict, "platform.operators-at-home")
	if called || len(w.logged("linden")) > 0 {
		t.Errorf("called %v, recorded %v", called, w.logged("linden"))
	}
}

func TestASuspensionThatZitadelRefusesChangesNothing(t *testing.T) {
	w := newWorld(t)
	p, linden := w.operating("operators-olga"), w.as("operators-olga", "linden")
	err := p.Suspend(t.Context(), linden, "does not pay", func(context.Context) ([]identity.Fact, error) { return nil, errBoom })
	if !errors.Is(err, errBoom) {
		t.Errorf("error = %v", err)
	}
	if suspension, err := linden.Suspension(t.Context()); suspension != (Suspension{}) || err != nil {
		t.Errorf("suspension = %+v, %v", suspension, err)
	}
	want := []identity.Action{identity.ActionSchoolSuspended + " failed"}
	for _, id := range []identity.OrganizationID{"linden", "operators"} {
		if got := w.logged(id); !slices.Equal(got, want) {
			t.Errorf("the log of %s = %v, want %v", id, got, want)
		}
	}
}

func TestAnAdoptedClassroomIsOnThreeLogs(t *testing.T) {
	w := newWorld(t)
	w.apply(organizationFacts("alone", identity.KindClassroom, "")...)
	w.apply(userFacts("alone", "ruth", "Ruth", "Rey")...)
	w.apply(assigned("alone", "alone-ruth", identity.RoleTeacher))
	p, alone, linden := w.operating("operators-olga"), w.as("operators-olga", "alone"), w.as("operators-olga", "linden")
	w.must(p.Adopt(t.Context(), alone, linden, func(context.Context) ([]identity.Fact, error) {
		return []identity.Fact{identity.OrganizationMetadataSet{
			Organization: "alone", Key: identity.MetadataSchool, Value: "linden", At: noon.Add(time.Second),
		}}, nil
	}))
	for _, id := range []identity.OrganizationID{"alone", "linden", "operators"} {
		if got := w.logged(id); !slices.Equal(got, []identity.Action{identity.ActionClassroomAdopted}) {
			t.Errorf("the log of %s = %v", id, got)
		}
	}
	if o := w.as("linden-ada", "alone").opened.Organization(); o.School != "linden" || o.SchoolName != "Linden" {
		t.Errorf("the classroom = %+v", o)
	}
	w.as("alone-ruth", "alone") // who taught it still does
}

func TestWhatTheDoctorFoundIsKept(t *testing.T) {
	w := newWorld(t)
	if c, err := w.Checkup(t.Context()); !c.At.IsZero() || err != nil {
		t.Errorf("checkup = %+v, %v", c, err)
	}
	for i := range 2 {
		want := identity.Checkup{At: noon.Add(time.Duration(i) * time.Hour), Took: time.Second, Ailments: []identity.Ailment{
			{Code: "drift", Level: identity.LevelWarning, Args: map[string]any{"Count": i, "Names": "x"}},
			{Code: "database", Level: identity.LevelGood},
		}}
		w.must(w.SaveCheckup(t.Context(), want))
		got, err := w.operating("operators-olga").Checkup(t.Context())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
}
