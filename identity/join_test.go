package identity_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// joinRows is a classroom of which somebody has the code, in memory.
type joinRows struct {
	member *identity.Member
	away   bool
	free   int
	asked  []identity.JoinRequest
	seated []identity.JoinRequest
	done   []string
}

func (r *joinRows) InTurn(ctx context.Context, f func(context.Context) error) error { return f(ctx) }

func (r *joinRows) Member(context.Context, identity.UserID) (identity.Member, error) {
	if r.member == nil {
		return identity.Member{}, identity.NotFound("member.not-found")
	}
	return *r.member, nil
}

func (r *joinRows) SentAway(context.Context, identity.UserID) (bool, error) { return r.away, nil }

func (r *joinRows) AskByCode(_ context.Context, request identity.JoinRequest) (identity.JoinOutcome, error) {
	r.asked = append(r.asked, request)
	return identity.JoinWaits, nil
}

func (r *joinRows) TakeSeat(
	ctx context.Context, request identity.JoinRequest, act func(context.Context) ([]identity.Fact, error),
) error {
	if r.free == 0 {
		return identity.Conflict("code.full")
	}
	r.seated = append(r.seated, request)
	_, err := act(ctx)
	return err
}

func (r *joinRows) LetIn(ctx context.Context, _ identity.UserID, act func(context.Context) ([]identity.Fact, error)) error {
	_, err := act(ctx)
	return err
}

// joinRemote writes down what it is asked for.
type joinRemote struct {
	identity.Remote
	rows *joinRows
}

func (r joinRemote) CreateRoleAssignment(_ context.Context, user identity.UserID, roles []identity.Role) (identity.Fact, error) {
	r.rows.done = append(r.rows.done, "assign "+string(roles[0])+" to "+string(user))
	return identity.Unknown{}, nil
}

func (r joinRemote) ActivateRoleAssignment(_ context.Context, user identity.UserID) (identity.Fact, error) {
	r.rows.done = append(r.rows.done, "activate "+string(user))
	return identity.Unknown{}, nil
}

func TestWhatACodeDoesForWhom(t *testing.T) {
	biology := identity.Organization{ID: "biology", Kind: identity.KindClassroom, School: "linden", State: identity.OrganizationActive}
	member := func(role identity.Role, state identity.RoleAssignmentState) *identity.Member {
		return &identity.Member{
			User:       identity.User{ID: "sam"},
			Assignment: identity.RoleAssignment{User: "sam", Roles: []identity.Role{role}, State: state},
		}
	}
	for _, tt := range []struct {
		name     string
		code     identity.JoinCodeSettings
		taken    int
		rows     joinRows
		outcome  identity.JoinOutcome
		refusal  string
		asked    int
		done     string
		anothers bool // the code is another one's
	}{
		{"a stranger asks", identity.JoinCodeSettings{Approval: true, Seats: 2}, 0, joinRows{}, identity.JoinWaits, "", 1, "", false},
		{"a stranger is in", identity.JoinCodeSettings{Seats: 2}, 1, joinRows{free: 1}, identity.JoinedNow, "", 0, "assign student to sam", false},
		{"the seats are gone", identity.JoinCodeSettings{Approval: true, Seats: 2}, 2, joinRows{}, "", "code.full", 0, "", false},
		{"the last seat went meanwhile", identity.JoinCodeSettings{Seats: 2}, 1, joinRows{}, "", "code.full", 0, "", false},
		{"the last seat is theirs from before", identity.JoinCodeSettings{Seats: 2}, 2, joinRows{free: 1}, identity.JoinedNow, "", 0, "assign student to sam", false},
		{"who was sent away asks", identity.JoinCodeSettings{Seats: 2}, 0, joinRows{away: true, free: 2}, identity.JoinWaits, "", 1, "", false},
		{
			"who is suspended asks",
			identity.JoinCodeSettings{Seats: 2},
			0,
			joinRows{member: member(identity.RoleStudent, identity.AssignmentSuspended), free: 2},
			identity.JoinWaits, "", 1, "", false,
		},
		{
			"a student is there",
			identity.JoinCodeSettings{Seats: 2},
			2,
			joinRows{member: member(identity.RoleStudent, identity.AssignmentActive)},
			identity.JoinedAlready, "", 0, "", false,
		},
		{
			"a teacher stays one",
			identity.JoinCodeSettings{Seats: 2},
			0,
			joinRows{member: member(identity.RoleTeacher, identity.AssignmentActive), free: 2},
			identity.JoinedAlready, "", 0, "", false,
		},
		{
			"another domain",
			identity.JoinCodeSettings{Approval: true, Seats: 2, Domains: []string{"birch.example"}},
			0,
			joinRows{},
			"", "code.domain", 0, "", false,
		},
		{"a code of elsewhere", identity.JoinCodeSettings{Seats: 2}, 0, joinRows{free: 2}, "", "code.unknown", 0, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code := identity.JoinCode{ID: "1", Classroom: biology.ID, Code: "K7QM3TXW", JoinCodeSettings: tt.code, Taken: tt.taken}
			sam := identity.User{
				ID: "sam", GivenName: "Sam\u202e\n", FamilyName: "Kim", Address: "sam@linden.example", AddressVerified: true,
			}
			opened, err := identity.OpenJoining(biology, identity.Actor{User: sam.ID}, code)
			if err != nil {
				t.Fatal(err)
			}
			if tt.anothers {
				code.ID = "2"
			}
			rows := &tt.rows
			outcome, err := identity.JoinByCode(t.Context(), opened, rows, joinRemote{rows: rows}, code, sam)
			var known *identity.Error
			if errors.As(err, &known); known != nil && known.Message.ID != tt.refusal || known == nil && tt.refusal != "" {
				t.Errorf("error = %v, want %q", err, tt.refusal)
			}
			if outcome != tt.outcome || len(rows.asked) != tt.asked {
				t.Errorf("outcome %q with %d requests, want %q with %d", outcome, len(rows.asked), tt.outcome, tt.asked)
			}
			if done := join(rows.done); done != tt.done {
				t.Errorf("did %q, want %q", done, tt.done)
			}
			for _, request := range append(rows.asked, rows.seated...) {
				want := identity.JoinRequest{
					User: "sam", Name: "Sam Kim", Address: "sam@linden.example", Verified: true, Domain: "linden.example",
					Role: identity.RoleStudent, Code: "1",
				}
				if request != want {
					t.Errorf("request %+v, want %+v", request, want)
				}
			}
		})
	}
}

func join(done []string) string {
	if len(done) == 0 {
		return ""
	}
	return done[0]
}

func TestWhatACodeOpens(t *testing.T) {
	code := identity.JoinCode{ID: "1", Classroom: "biology"}
	use := identity.Organization{ID: "biology", Kind: identity.KindClassroom, School: "linden", State: identity.OrganizationActive}
	archived, closed, school, other := use, use, use, use
	archived.State, closed.SchoolState = identity.OrganizationInactive, identity.OrganizationInactive
	school.Kind, other.ID = identity.KindSchool, "history"
	for name, tt := range map[string]struct {
		classroom identity.Organization
		opens     bool
	}{
		"in use": {use, true}, "archived": {archived, false}, "of a suspended school": {closed, false},
		"a school": {school, false}, "another classroom": {other, false}, "nothing": {identity.Organization{}, false},
	} {
		opened, err := identity.OpenJoining(tt.classroom, identity.Actor{User: "sam"}, code)
		if (err == nil) != tt.opens || err != nil && !identity.IsKind(err, identity.KindNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		for _, permission := range identity.Permissions {
			if opened.Permits(permission) {
				t.Errorf("%s: a code carries %s", name, permission)
			}
		}
	}
}

func TestLettingSomebodyIn(t *testing.T) {
	biology := identity.Organization{ID: "biology", Kind: identity.KindClassroom, School: "linden", State: identity.OrganizationActive}
	held := func(role identity.Role) identity.Held { return identity.Held{Here: []identity.Role{role}} }
	sam := func(state identity.RoleAssignmentState) *identity.Member {
		return &identity.Member{
			User:       identity.User{ID: "sam", Home: "linden"},
			Assignment: identity.RoleAssignment{User: "sam", Roles: []identity.Role{identity.RoleStudent}, State: state},
		}
	}
	for _, tt := range []struct {
		name   string
		as     identity.Role
		member *identity.Member
		done   string
		fails  bool
	}{
		{"a teacher lets a stranger in", identity.RoleTeacher, nil, "assign student to sam", false},
		{"a co-teacher does", identity.RoleCoTeacher, nil, "assign student to sam", false},
		{"a student does not", identity.RoleStudent, nil, "", true},
		{"a suspension ends", identity.RoleTeacher, sam(identity.AssignmentSuspended), "activate sam", false},
		{"who got in meanwhile stays", identity.RoleTeacher, sam(identity.AssignmentActive), "", false},
	} {
		rows := &joinRows{member: tt.member}
		org, err := identity.Open(biology, identity.Actor{User: "lee"}, held(tt.as))
		if err != nil {
			t.Fatal(err)
		}
		err = identity.LetIn(t.Context(), org, rows, joinRemote{rows: rows}, "sam")
		if (err != nil) != tt.fails || join(rows.done) != tt.done {
			t.Errorf("%s: %v, did %q", tt.name, err, rows.done)
		}
	}
}

func TestWhoMayBeUnlocked(t *testing.T) {
	class := identity.Organization{ID: "biology", Kind: identity.KindClassroom, School: "linden", State: identity.OrganizationActive}
	member := func(change func(*identity.Member)) identity.Member {
		m := identity.Member{
			User:       identity.User{ID: "sam", Home: "linden", State: identity.UserLocked, LastSeenAt: time.Unix(1, 0)},
			Assignment: identity.RoleAssignment{User: "sam", Roles: []identity.Role{identity.RoleStudent}, State: identity.AssignmentActive},
			Held:       identity.Held{Here: []identity.Role{identity.RoleStudent}},
		}
		change(&m)
		return m
	}
	for _, tt := range []struct {
		name            string
		as              identity.Role
		change          func(*identity.Member)
		unlock, signOut string
	}{
		{"a student", identity.RoleCoTeacher, func(*identity.Member) {}, "", ""},
		{"one who is not locked", identity.RoleTeacher, func(m *identity.Member) { m.User.State = identity.UserActive }, "rule.not-locked", ""},
		{"a guest", identity.RoleTeacher, func(m *identity.Member) { m.User.Home = "birch" }, "rule.guest-sign-in", "rule.guest-sign-in"},
		{"a teacher", identity.RoleTeacher, func(m *identity.Member) {
			m.Assignment.Roles = []identity.Role{identity.RoleTeacher}
		}, "lesson.students-only", "lesson.students-only"},
		{
			"one with a higher role elsewhere", identity.RoleTeacher,
			func(m *identity.Member) { m.HeldAnywhere = identity.RoleSchoolAdmin }, "rule.higher-role-elsewhere", "rule.higher-role-elsewhere",
		},
		{"by a student", identity.RoleStudent, func(m *identity.Member) { m.User.ID = "zoe" }, "role.above-yours", "role.above-yours"},
		{"oneself", identity.RoleStudent, func(m *identity.Member) { m.User.ID = "lee" }, "rule.own-role", "rule.own-role"},
	} {
		org, err := identity.Open(class, identity.Actor{User: "lee"}, identity.Held{Here: []identity.Role{tt.as}})
		if err != nil {
			t.Fatal(err)
		}
		m := member(tt.change)
		if said := saidBy(org.MayUnlockStudent(m)); said != tt.unlock {
			t.Errorf("%s: unlock: %q, want %q", tt.name, said, tt.unlock)
		}
		if said := saidBy(org.MaySignOutStudent(m)); said != tt.signOut {
			t.Errorf("%s: sign out: %q, want %q", tt.name, said, tt.signOut)
		}
	}
}

func saidBy(err error) string {
	var known *identity.Error
	if errors.As(err, &known) {
		return known.Message.ID
	}
	return ""
}
