package identity

import (
	"context"
	"errors"
	"testing"
	"time"
)

// enforcing are the rows of a school for the use cases of enforcement.
type enforcing struct {
	connections []Connection
	now         Enforcement
	saved       []Change
	recovery    []bool
}

func (r *enforcing) Connections(context.Context) ([]Connection, error) { return r.connections, nil }
func (r *enforcing) Enforcement(context.Context) (Enforcement, error)  { return r.now, nil }

func (r *enforcing) SetEnforcement(_ context.Context, change Change, e Enforcement, recovery bool) (string, error) {
	r.now, r.saved, r.recovery = e, append(r.saved, change), append(r.recovery, recovery)
	if recovery {
		return "token", nil
	}
	return "", nil
}

// methodical is a Zitadel that knows how people sign in.
type methodical struct {
	Federation
	methods map[UserID][]SignInMethod
	away    bool
}

func (m *methodical) SignInMethods(_ context.Context, user UserID) ([]SignInMethod, error) {
	if m.away {
		return nil, Unavailable("remote.unavailable")
	}
	return m.methods[user], nil
}

func TestEnforce(t *testing.T) {
	school := Organization{ID: "school", Kind: KindSchool, Name: "Linden", State: OrganizationActive}
	proven := []Connection{{State: ConnectionActive, TestedAt: time.Now()}}
	admin, pupil := EnforcementException{User: "admin", BreakGlass: true}, EnforcementException{User: "pupil"}
	methods := map[UserID][]SignInMethod{
		"admin": {MethodPassword, MethodPasskey}, "pupil": {MethodPassword}, "passkey": {MethodPasskey}, "external": {MethodExternal, MethodOTP},
	}
	for _, tt := range []struct {
		name        string
		role        Role
		connections []Connection
		before      Enforcement
		exceptions  []EnforcementException
		away        bool
		token       string
		refused     string
	}{
		{name: "a passkey for every exception", connections: proven, exceptions: []EnforcementException{admin, {User: "passkey"}}, token: "token"},
		{name: "somebody with a password alone", connections: proven, exceptions: []EnforcementException{admin, pupil}, token: "token"},
		{name: "other exceptions, without a new link", connections: proven, before: Enforcement{On: true}, exceptions: []EnforcementException{admin, pupil}},
		{name: "proven by a real sign-in", connections: []Connection{{State: ConnectionActive, LastSuccessAt: time.Now()}}, exceptions: []EnforcementException{admin, pupil}, token: "token"},
		{name: "no connection", exceptions: []EnforcementException{admin}, refused: "enforcement.no-connection"},
		{name: "a connection that is off", connections: []Connection{{State: ConnectionOff, TestedAt: time.Now()}}, exceptions: []EnforcementException{admin}, refused: "enforcement.no-connection"},
		{name: "nobody came through", connections: []Connection{{State: ConnectionActive}}, exceptions: []EnforcementException{admin}, refused: "enforcement.not-proven"},
		{name: "no exception", connections: proven, refused: "enforcement.no-break-glass"},
		{name: "nobody to break the glass", connections: proven, exceptions: []EnforcementException{pupil}, refused: "enforcement.no-break-glass"},
		{name: "who only comes through the school", connections: proven, exceptions: []EnforcementException{{User: "external", BreakGlass: true}}, refused: "enforcement.no-break-glass"},
		{name: "Zitadel is away", connections: proven, exceptions: []EnforcementException{admin}, away: true, refused: "remote.unavailable"},
		{name: "a teacher", role: RoleTeacher, connections: proven, exceptions: []EnforcementException{admin}, refused: "permission.missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			role := tt.role
			if role == "" {
				role = RoleSchoolAdmin
			}
			org, err := Open(school, Actor{User: "actor"}, Held{Here: []Role{role}})
			if err != nil {
				t.Fatal(err)
			}
			rows, remote := &enforcing{connections: tt.connections, now: tt.before}, &methodical{methods: methods, away: tt.away}
			token, err := Enforce(t.Context(), org, rows, remote, tt.exceptions)
			var known *Error
			refused := ""
			if errors.As(err, &known) {
				refused = known.Message.ID
			}
			if refused != tt.refused || err != nil && known == nil {
				t.Fatalf("error %v, want %q", err, tt.refused)
			}
			if token != tt.token {
				t.Errorf("token %q, want %q", token, tt.token)
			}
			if saved := len(rows.saved) == 1; saved != (tt.refused == "") {
				t.Errorf("saved %v", rows.saved)
			} else if saved && (!rows.now.On || len(rows.now.Exceptions) != len(tt.exceptions) || rows.saved[0].Action != ActionEnforced) {
				t.Errorf("saved %+v, %+v", rows.now, rows.saved)
			}
		})
	}
}

func TestEndEnforcement(t *testing.T) {
	school := Organization{ID: "school", Kind: KindSchool, Name: "Linden", State: OrganizationActive}
	for _, tt := range []struct {
		name   string
		role   Role
		before Enforcement
		saved  int
		forbid bool
	}{
		{"by an admin", RoleSchoolAdmin, Enforcement{On: true, Exceptions: []EnforcementException{{User: "a"}}}, 1, false},
		{"by an operator", RoleOperator, Enforcement{On: true}, 1, false},
		{"that is off", RoleSchoolAdmin, Enforcement{}, 0, false},
		{"by a teacher", RoleTeacher, Enforcement{On: true}, 0, true},
	} {
		org, err := Open(school, Actor{User: "actor"}, Held{Here: []Role{tt.role}, Platform: []Role{tt.role}})
		if err != nil {
			t.Fatal(err)
		}
		rows := &enforcing{now: tt.before}
		if err := EndEnforcement(t.Context(), org, rows); IsKind(err, KindForbidden) != tt.forbid || err != nil && !tt.forbid {
			t.Errorf("%s: %v", tt.name, err)
		}
		if len(rows.saved) != tt.saved {
			t.Errorf("%s: saved %v", tt.name, rows.saved)
		}
		if tt.saved == 1 && (rows.now.On || rows.recovery[0] || len(rows.now.Exceptions) != len(tt.before.Exceptions) || rows.saved[0].Action != ActionEnforcementEnded) {
			t.Errorf("%s: %+v, %+v", tt.name, rows.now, rows.saved)
		}
	}
}

func TestARecoveryLinkPermitsNothingElse(t *testing.T) {
	school := Organization{ID: "school", Kind: KindSchool, Name: "Linden", State: OrganizationActive}
	org, err := OpenRecovering(school)
	if err != nil {
		t.Fatal(err)
	}
	if org.ID() != "school" || org.Actor().User != "recovery" || org.Permits(Visit) || org.Permits(ConnectSignIn) || org.Permits(ManageSchool) {
		t.Errorf("opened = %+v", org)
	}
	if err := EndEnforcement(t.Context(), org, &enforcing{now: Enforcement{On: true}}); !IsKind(err, KindForbidden) {
		t.Errorf("it ends enforcement without its token: %v", err)
	}
	school.State = OrganizationInactive
	if _, err := OpenRecovering(school); !Closed(err) {
		t.Errorf("a suspended school: %v", err)
	}
}
