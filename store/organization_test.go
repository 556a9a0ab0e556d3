package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

func TestWhoMayOpenAnOrganization(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		name         string
		user         string
		organization string
		role         identity.Role // empty: not found
		holds        bool
	}{
		{"a teacher their classroom", "linden-tom", "linden-7b", identity.RoleTeacher, true},
		{"a student their classroom", "linden-sam", "linden-7b", identity.RoleStudent, true},
		{"a guest where they are one", "linden-sam", "birch-7b", identity.RoleStudent, true},
		{"a school_admin a classroom of the school", "linden-ada", "linden-7b", identity.RoleSchoolAdmin, false},
		{"a school_admin the school", "linden-ada", "linden", identity.RoleSchoolAdmin, true},
		{"an operator any classroom", "operators-olga", "birch-7b", identity.RoleOperator, false},
		{"a student not the school", "linden-sam", "linden", "", false},
		{"a teacher not another school's classroom", "linden-tom", "birch-7b", "", false},
		{"a school_admin not another school's classroom", "linden-ada", "birch-7b", "", false},
		{"nobody what is not there", "linden-ada", "maple", "", false},
		{"nobody the operators' organization, which is no school", "operators-olga", "operators", "", false},
		{"nobody signed out", "", "linden-7b", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opened, err := w.OpenFor(t.Context(), identity.Actor{User: identity.UserID(tt.user)},
				identity.OrganizationID(tt.organization))
			if tt.role == "" {
				if !identity.IsKind(err, identity.KindNotFound) {
					t.Errorf("error = %v, want not found", err)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if opened.Role() != tt.role {
				t.Errorf("role = %q, want %q", opened.Role(), tt.role)
			}
			if opened.Holds() != tt.holds {
				t.Errorf("holds a role of its own = %v, want %v", opened.Holds(), tt.holds)
			}
		})
	}
}

func TestAnOpenedClassroomKnowsItsSchoolAndSettings(t *testing.T) {
	w := newWorld(t)
	school := w.as("linden-ada", "linden")
	if err := school.SetSettings(t.Context(), identity.OrganizationSettings{TeachersOpenClassrooms: true}); err != nil {
		t.Fatal(err)
	}
	room := w.as("linden-tom", "linden-7b")
	if err := room.SetSettings(t.Context(), identity.OrganizationSettings{StudentsSeeNames: true}); err != nil {
		t.Fatal(err)
	}
	want := identity.Organization{
		ID: "linden-7b", Kind: identity.KindClassroom, Name: "Linden-7b", State: identity.OrganizationActive,
		School: "linden", SchoolName: "Linden", SchoolState: identity.OrganizationActive, RemoteName: "linden-7b-x1", CreatedAt: noon,
		Settings: identity.OrganizationSettings{StudentsSeeNames: true, TeachersOpenClassrooms: true},
	}
	if diff := cmp.Diff(want, w.as("linden-tom", "linden-7b").opened.Organization()); diff != "" {
		t.Error(diff)
	}
}

func TestSomebodyWhoCannotSignInOpensNothing(t *testing.T) {
	w := newWorld(t)
	for _, state := range []identity.UserState{identity.UserInactive, identity.UserLocked} {
		w.apply(identity.UserChanged{User: "linden-tom", State: &state, At: noon.Add(1)})
		_, err := w.OpenFor(t.Context(), identity.Actor{User: "linden-tom"}, "linden-7b")
		if !identity.IsKind(err, identity.KindNotFound) {
			t.Errorf("%s: error = %v, want not found", state, err)
		}
	}
}

func TestASuspendedRoleOpensNothing(t *testing.T) {
	w := newWorld(t)
	w.apply(identity.RoleAssignmentStateChanged{
		ID: "linden-7b/linden-tom", State: identity.AssignmentSuspended, At: noon.Add(1),
	})
	_, err := w.OpenFor(t.Context(), identity.Actor{User: "linden-tom"}, "linden-7b")
	if !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("error = %v, want not found", err)
	}
}

// Every method of an organization's handle is called on Linden's, with IDs of
// Birch's where it takes one. Nothing of Birch may show in an answer, and no row
// of Birch may change. A new method fails this test until it is in the table.
func TestNothingOfAnotherOrganizationIsSeenOrChanged(t *testing.T) {
	w, calls := callsOnOneOrganization(t)
	handle := reflect.TypeFor[*Organization]()
	for i := range handle.NumMethod() {
		if name := handle.Method(i).Name; calls[name] == nil {
			t.Errorf("method %s is not called here", name)
		}
	}
	before, again := w.rowsOf("birch"), w.frozen()
	for name, call := range calls {
		written := w.written()
		answer, err := call(t.Context())
		if err != nil && !identity.IsKind(err, identity.KindNotFound) && !errors.Is(err, errBoom) {
			t.Errorf("%s: %v", name, err)
		}
		if said := fmt.Sprintf("%+v", answer); strings.Contains(said, "birch") {
			t.Errorf("%s answers with something of Birch's: %s", name, said)
		}
		if w.written() == written {
			continue
		}
		if diff := cmp.Diff(before, w.rowsOf("birch")); diff != "" {
			t.Errorf("%s changed rows of Birch's:\n%s", name, diff)
		}
		again() // no call stands on what another left
	}
}

var errBoom = errors.New("boom")

// callsOnOneOrganization is a call of every method, by its name, in one world.
func callsOnOneOrganization(t *testing.T) (*world, map[string]func(context.Context) (any, error)) {
	t.Helper()
	w := mixed(t)
	linden, birch := w.as("linden-tom", "linden-7b"), w.as("birch-tom", "birch-7b")
	theirs, theirToken := w.invite(birch, "wanda@birch.example")
	_, ourToken := w.invite(linden, "wally@linden.example")
	accepting := w.invited(ourToken)
	if err := w.invited(theirToken).BeginAcceptance(t.Context(), identity.User{ID: "wanda"}); err != nil {
		t.Fatal(err)
	}

	calls := map[string]func(context.Context) (any, error){
		"Change": func(ctx context.Context) (any, error) {
			return nil, linden.Change(ctx, identity.Change{Action: identity.ActionRoleRemoved, Target: "birch-zoe"},
				func(context.Context) ([]identity.Fact, error) { return nil, errBoom })
		},
		"Audit": func(ctx context.Context) (any, error) {
			return linden.Audit(ctx, AuditQuery{Target: string(theirs.ID)})
		},
		"Classrooms": func(ctx context.Context) (any, error) {
			return w.as("linden-ada", "linden").Classrooms(ctx, ClassroomQuery{Search: "birch"})
		},
		"Invitations": func(ctx context.Context) (any, error) {
			return linden.Invitations(ctx, InvitationQuery{Search: "wanda"})
		},
		"Invitation":       func(ctx context.Context) (any, error) { return linden.Invitation(ctx, theirs.ID) },
		"InvitationToken":  func(ctx context.Context) (any, error) { return linden.InvitationToken(ctx, theirs.ID) },
		"RevokeInvitation": func(ctx context.Context) (any, error) { return nil, linden.RevokeInvitation(ctx, theirs.ID) },
		"ResendInvitation": func(ctx context.Context) (any, error) { return nil, linden.ResendInvitation(ctx, theirs.ID, composed) },
		"MailInvited":      func(ctx context.Context) (any, error) { return nil, accepting.MailInvited(ctx, composed) },
		"RemindAll":        func(ctx context.Context) (any, error) { return linden.RemindAll(ctx, composed) },
		"OpenedInvitation": func(ctx context.Context) (any, error) { return nil, accepting.OpenedInvitation(ctx) },
		"BeginAcceptance": func(ctx context.Context) (any, error) {
			return nil, accepting.BeginAcceptance(ctx, identity.User{ID: "wally"})
		},
		"ReleaseAcceptance": func(ctx context.Context) (any, error) { return nil, accepting.ReleaseAcceptance(ctx, "wanda") },
		"FinishAcceptance":  func(ctx context.Context) (any, error) { return nil, accepting.FinishAcceptance(ctx) },
		"Invite": func(ctx context.Context) (any, error) {
			return linden.Invite(ctx, []identity.Invitation{{Address: "wilma@maple.example", Role: identity.RoleStudent}}, "form", composed)
		},
		"EndSessions": func(ctx context.Context) (any, error) { return nil, linden.EndSessions(ctx, "birch-zoe") },
		"Member":      func(ctx context.Context) (any, error) { return linden.Member(ctx, "birch-zoe") },
		"InInvitationTurn": func(ctx context.Context) (any, error) {
			return nil, accepting.InInvitationTurn(ctx, func(context.Context) error { return nil })
		},
		"InTurn": func(ctx context.Context) (any, error) {
			return nil, linden.InTurn(ctx, func(context.Context) error { return nil })
		},
		"SetSettings": func(ctx context.Context) (any, error) {
			return nil, linden.SetSettings(ctx, identity.OrganizationSettings{StudentsSeeNames: true})
		},
		"Roster": func(ctx context.Context) (any, error) { return linden.Roster(ctx, RosterQuery{Search: "tanner birch"}) },
	}
	maps.Copy(calls, importCalls(t, w))
	maps.Copy(calls, signInCalls(t, w))
	maps.Copy(calls, classroomCalls(t, w))
	maps.Copy(calls, streamCalls(t, w))
	maps.Copy(calls, policyCalls(t, w))
	maps.Copy(calls, studentCalls(t, w))
	maps.Copy(calls, platformCalls(t, w))
	maps.Copy(calls, accountCalls(t, w))
	maps.Copy(calls, auditCalls(t, w))
	maps.Copy(calls, peopleCalls(t, w))
	maps.Copy(calls, privacyCalls(t, w))
	maps.Copy(calls, substitutionCalls(t, w))
	maps.Copy(calls, listCalls(t, w))
	maps.Copy(calls, badgeCalls(t, w))
	maps.Copy(calls, joinCodeCalls(t, w))
	maps.Copy(calls, termCalls(t, w))
	return w, calls
}

func TestClassroomsOfASchoolComeByNameWithTheirFigures(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"linden-8a", "linden-10c"} {
		w.apply(organizationFacts(name, identity.KindClassroom, "linden")...)
	}
	w.invite(w.as("linden-tom", "linden-7b"), "new@linden.example")
	school := w.as("linden-ada", "linden")
	type line struct {
		name                        string
		students, teachers, waiting int
	}
	var got []line
	var after string
	for range 2 {
		page, err := school.Classrooms(t.Context(), ClassroomQuery{Limit: 2, After: after})
		if err != nil {
			t.Fatal(err)
		}
		if page.Total != 3 {
			t.Errorf("total = %d, want 3", page.Total)
		}
		for _, r := range page.Rows {
			got = append(got, line{r.Organization.Name, r.Students, r.Teachers, r.Waiting})
		}
		after = page.Next
	}
	if after != "" {
		t.Errorf("the last page has a next one: %q", after)
	}
	want := []line{{"Linden-10c", 0, 0, 0}, {"Linden-7b", 4, 2, 1}, {"Linden-8a", 0, 0, 0}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(line{})); diff != "" {
		t.Error(diff)
	}
	page, err := school.Classrooms(t.Context(), ClassroomQuery{Search: "7B"})
	if err != nil || page.Total != 1 || len(page.Rows) != 1 {
		t.Errorf("search = %+v, %v; want one classroom", page, err)
	}
}

func TestMembershipsAreSchoolsFirstAndOnlyOnesOwn(t *testing.T) {
	w := newWorld(t)
	got, err := w.Memberships(t.Context(), "linden-tom")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range got {
		names = append(names, fmt.Sprint(m.Organization.Name, m.Roles, " ", m.State, " ", m.Students, m.Teachers, m.Waiting))
	}
	want := []string{"Linden[teacher] active 0 1 0", "Linden-7b[teacher] active 4 2 0"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	guest, err := w.Memberships(t.Context(), "linden-sam")
	if err != nil || len(guest) != 2 {
		t.Errorf("a guest's = %+v, %v; want two classrooms", guest, err)
	}
}

func TestOnlyTheOperatorsOrganizationMakesOperators(t *testing.T) {
	w := newWorld(t)
	w.apply(identity.RoleAssignmentChanged{ID: "linden/linden-tom", Roles: []identity.Role{identity.RoleOperator}, At: noon.Add(1)})
	for user, want := range map[identity.UserID]identity.Role{
		"operators-olga": identity.RoleOperator, "linden-ada": "", "linden-tom": "", "nobody": "",
	} {
		if got, err := w.PlatformRole(t.Context(), user); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", user, got, err, want)
		}
	}
	if _, err := w.OpenFor(t.Context(), identity.Actor{User: "linden-tom"}, "birch"); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("an operator's role held in a school opens another: %v", err)
	}
}

func TestUserIsFoundByIDAlone(t *testing.T) {
	w := newWorld(t)
	got, err := w.User(t.Context(), "linden-zoe")
	if err != nil || got.DisplayName() != "Zoë Núñez" || got.Home != "linden" || !got.AddressVerified {
		t.Errorf("user = %+v, %v", got, err)
	}
	if _, err := w.User(t.Context(), "linden"); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("error = %v, want not found", err)
	}
}

func TestSettingsThatAreSoAlreadyLeaveNoRecord(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	for range 2 {
		if err := o.SetSettings(t.Context(), identity.OrganizationSettings{StudentsSeeNames: true}); err != nil {
			t.Fatal(err)
		}
	}
	page, err := o.Audit(t.Context(), AuditQuery{Action: identity.ActionSettingsChanged})
	if err != nil || len(page.Records) != 1 {
		t.Fatalf("records = %+v, %v; want one", page.Records, err)
	}
	r := page.Records[0]
	if r.Before["students-see-names"] != "off" || r.After["students-see-names"] != "on" || r.Actor.User != "linden-tom" ||
		r.ActorRole != identity.RoleTeacher || r.Outcome != identity.OutcomeDone || !r.At.Equal(noon) {
		t.Errorf("record = %+v", r)
	}
}

// An archived classroom can be read and restored by its own people, and what leads
// into it leads nowhere.
func TestAnArchivedClassroomIsForReading(t *testing.T) {
	w := newWorld(t)
	_, token := w.invite(w.as("linden-tom", "linden-7b"), "zoe@birch.example")
	accepting := w.invited(token)
	set := func(state identity.OrganizationState, after time.Duration) {
		w.apply(identity.OrganizationStateChanged{Organization: "linden-7b", State: state, At: noon.Add(after)})
	}
	for i, c := range []struct {
		state identity.OrganizationState
		open  bool
	}{{identity.OrganizationInactive, false}, {identity.OrganizationActive, true}} {
		set(c.state, time.Duration(i+1)*time.Minute)
		for _, user := range []identity.UserID{"linden-tom", "linden-ada", "linden-zoe"} {
			opened, err := w.OpenFor(t.Context(), identity.Actor{User: user}, "linden-7b")
			if err != nil || !opened.Permits(identity.Visit) {
				t.Errorf("%s: open for %s = %v", c.state, user, err)
			}
			if teaches := user != "linden-zoe"; opened.Permits(identity.ManageStudents) != (teaches && c.open) {
				t.Errorf("%s: %s manages students = %v", c.state, user, !c.open)
			}
		}
		if _, err := w.OpenFor(t.Context(), identity.Actor{User: "operators-olga"}, "linden-7b"); err != nil {
			t.Errorf("%s: open for an operator = %v", c.state, err)
		}
		at, err := w.Memberships(t.Context(), "linden-zoe")
		if err != nil || len(at) == 1 != c.open {
			t.Errorf("%s: memberships = %+v, %v", c.state, at, err)
		}
		home, err := w.InvitationsFor(t.Context(), "birch-zoe")
		if err != nil || len(home) == 1 != c.open {
			t.Errorf("%s: invitations = %+v, %v", c.state, home, err)
		}
		if err := accepting.BeginAcceptance(t.Context(), identity.User{ID: "birch-zoe"}); identity.IsKind(err, identity.KindGone) == c.open {
			t.Errorf("%s: accepting = %v", c.state, err)
		}
	}
}

// A suspended role gives no access, wherever it is held.
func TestASuspendedRoleOpensNothingByItsSchoolOrThePlatform(t *testing.T) {
	w := newWorld(t)
	for assignment, c := range map[identity.RoleAssignmentID]struct {
		user         identity.UserID
		organization identity.OrganizationID
	}{
		"linden-7b/linden-zoe":     {"linden-zoe", "linden-7b"},
		"linden-7b/linden-cleo":    {"linden-cleo", "linden-7b"},
		"linden/linden-ada":        {"linden-ada", "linden-7b"}, // by the school
		"operators/operators-olga": {"operators-olga", "birch"}, // by the platform
	} {
		actor := identity.Actor{User: c.user}
		if _, err := w.OpenFor(t.Context(), actor, c.organization); err != nil {
			t.Errorf("%s: %v", assignment, err)
		}
		w.apply(identity.RoleAssignmentStateChanged{ID: assignment, State: identity.AssignmentSuspended, At: noon.Add(time.Minute)})
		if _, err := w.OpenFor(t.Context(), actor, c.organization); !identity.IsKind(err, identity.KindNotFound) {
			t.Errorf("%s suspended: %v, want not found", assignment, err)
		}
	}
	if role, err := w.PlatformRole(t.Context(), "operators-olga"); role != "" || err != nil {
		t.Errorf("a suspended operator is %q, %v", role, err)
	}
}
