package projection

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// records are the audit records as "organization action target(name) before
// after by editor source outcome".
func records(t *testing.T, s *store.Store) []string {
	t.Helper()
	rows, err := s.Writer().QueryContext(t.Context(), `
		SELECT organization_id || ' ' || action || ' ' || target || ' (' || target_name || ') '
			|| before_values || ' ' || after_values || ' ' || actor_id || ' ' || source || ' ' || outcome
		FROM audit_records ORDER BY at_us, id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestChangesPastThePortalAreRecordedOnce(t *testing.T) {
	log := smallSchool(3)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	if got := records(t, s); len(got) != 0 {
		t.Fatalf("a log read for the first time is history, got %v", got)
	}

	locked, given := identity.UserLocked, "Lee"
	verified := true
	for _, change := range []struct {
		editor       identity.UserID
		organization identity.OrganizationID
		aggregate    string
		fact         func(time.Time) identity.Fact
	}{
		{consoleAdmin, "chess", "chess:student-0000", func(at time.Time) identity.Fact {
			return identity.RoleAssignmentCreated{At: at, Assignment: identity.RoleAssignment{
				ID: "chess:student-0000", User: "student-0000", Organization: "chess", Roles: []identity.Role{identity.RoleStudent},
			}}
		}},
		{"ada", "chess", "chess:student-0000", func(at time.Time) identity.Fact {
			return identity.RoleAssignmentChanged{ID: "chess:student-0000", Roles: []identity.Role{identity.RoleTeacher}, At: at}
		}},
		{consoleAdmin, "chess", "chess:student-0000", func(at time.Time) identity.Fact {
			return identity.RoleAssignmentStateChanged{ID: "chess:student-0000", State: identity.AssignmentSuspended, At: at}
		}},
		{consoleAdmin, "chess", "chess:student-0000", func(at time.Time) identity.Fact {
			return identity.RoleAssignmentRemoved{ID: "chess:student-0000", At: at}
		}},
		{consoleAdmin, "linden", "student-0001", func(at time.Time) identity.Fact {
			return identity.UserChanged{User: "student-0001", GivenName: &given, State: &locked, At: at}
		}},
		{consoleAdmin, "linden", "student-0002", func(at time.Time) identity.Fact {
			return identity.UserRemoved{User: "student-0002", At: at}
		}},
		{consoleAdmin, "linden", "linden", func(at time.Time) identity.Fact {
			return identity.OrganizationMetadataSet{Organization: "linden", Key: identity.MetadataName, Value: "Lime", At: at}
		}},
		{"tess", "linden", "tess", func(at time.Time) identity.Fact { return identity.UserSignedIn{User: "tess", At: at} }},
		{"tess", "linden", "tess", func(at time.Time) identity.Fact {
			return identity.Observed{Action: identity.ActionSignInFailed, User: "tess", At: at}
		}},
		{consoleAdmin, "linden", "linden", func(at time.Time) identity.Fact {
			return identity.Observed{Action: identity.ActionRemotePolicy, Organization: "linden", At: at}
		}},
		// None of these is anything to read about.
		{runtimeAccount, "linden", "linden", func(at time.Time) identity.Fact {
			return identity.Observed{Action: identity.ActionRemotePolicy, Organization: "linden", At: at}
		}},
		{"tess", "linden", "tess", func(at time.Time) identity.Fact {
			return identity.UserChanged{User: "tess", AddressVerified: &verified, At: at}
		}},
		{runtimeAccount, "biology", "biology:student-0000", func(at time.Time) identity.Fact {
			return identity.RoleAssignmentStateChanged{ID: "biology:student-0000", State: identity.AssignmentSuspended, At: at}
		}},
	} {
		at := log.tick()
		log.write(change.editor, change.organization, change.aggregate, at, change.fact(at))
	}
	want := []string{
		`chess role.assigned student-0000 (Sam 0 Müller)  {"role":"student"} console-admin zitadel done`,
		`chess role.changed student-0000 (Sam 0 Müller) {"role":"student"} {"role":"teacher"} ada zitadel done`,
		`chess role.suspended student-0000 (Sam 0 Müller)   console-admin zitadel done`,
		`chess role.removed student-0000 (Sam 0 Müller) {"role":"teacher"}  console-admin zitadel done`,
		`linden user.changed student-0001 (Lee Müller) {"name":"Sam 1 Müller","state":"active"} {"name":"Lee Müller","state":"locked"} console-admin zitadel done`,
		`linden user.removed student-0002 (Sam 2 Müller)   console-admin zitadel done`,
		`linden organization.renamed linden () {"name":"Linden School"} {"name":"Lime"} console-admin zitadel done`,
		`linden sign-in.done tess (Tess Ångström)   tess zitadel done`,
		`linden sign-in.failed tess (Tess Ångström)   tess zitadel done`,
		`linden remote.policy linden ()   console-admin zitadel done`,
	}
	poll(t, p)
	if diff := cmp.Diff(want, records(t, s)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	// Another process, a rebuild and the same events once more add nothing.
	update(t, newProjection(t, log, s))
	rebuild(t, p)
	exec1(t, s, "DELETE FROM events_seen")
	update(t, p)
	if diff := cmp.Diff(want, records(t, s)); diff != "" {
		t.Errorf("records after all was read again (-want +got):\n%s", diff)
	}
}

func TestARecordThatWasCutOffIsSettledByItsEvent(t *testing.T) {
	tests := []struct {
		name    string
		action  identity.Action
		before  time.Duration // begun so long before the event
		editor  identity.UserID
		outcome identity.Outcome
	}{
		{"by the portal's own event", identity.ActionRoleRemoved, time.Second, runtimeAccount, identity.OutcomeDone},
		{"leaving is a removal too", identity.ActionLeft, time.Second, runtimeAccount, identity.OutcomeDone},
		{"not by somebody else's event", identity.ActionRoleRemoved, time.Second, consoleAdmin, identity.OutcomeBegun},
		{"not by another action's", identity.ActionRoleSuspended, time.Second, runtimeAccount, identity.OutcomeBegun},
		{"not an hour afterwards", identity.ActionRoleRemoved, time.Hour, runtimeAccount, identity.OutcomeFailed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := smallSchool(1)
			s := newStore(t, log)
			p := newProjection(t, log, s)
			update(t, p)
			exec1(t, s, `INSERT INTO audit_records (organization_id, id, at_us, action, target, source, outcome)
				VALUES ('biology', 'cut-off', ?, ?, 'student-0000', 'portal', 'begun')`, log.clock().UnixMicro(), tt.action)
			log.pass(tt.before)
			at := log.tick()
			log.write(tt.editor, "biology", "biology:student-0000", at, identity.RoleAssignmentRemoved{ID: "biology:student-0000", At: at})
			poll(t, p)
			if got := outcome(t, s); got != tt.outcome {
				t.Errorf("outcome %q, want %q", got, tt.outcome)
			}
		})
	}
}

func outcome(t *testing.T, s *store.Store) (outcome identity.Outcome) {
	t.Helper()
	err := s.Writer().QueryRowContext(t.Context(), "SELECT outcome FROM audit_records WHERE id = 'cut-off'").Scan(&outcome)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

func TestARecordWithoutAnyEventHasFailed(t *testing.T) {
	log := smallSchool(1)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	exec1(t, s, `INSERT INTO audit_records (organization_id, id, at_us, action, target, source, outcome)
		VALUES ('biology', 'cut-off', ?, 'role.removed', 'student-0000', 'portal', 'begun')`, log.clock().UnixMicro())
	log.pass(5 * time.Minute)
	poll(t, p)
	if got := outcome(t, s); got != identity.OutcomeBegun {
		t.Errorf("after five minutes: %q, want it still begun", got)
	}
	log.pass(20 * time.Minute)
	poll(t, p)
	if got := outcome(t, s); got != identity.OutcomeFailed {
		t.Errorf("after 25 minutes: %q, want failed", got)
	}
}

func TestSessionsOfWhoMayNotSignInEnd(t *testing.T) {
	inactive, locked, active := identity.UserInactive, identity.UserLocked, identity.UserActive
	state := func(s *identity.UserState) func(time.Time) identity.Fact {
		return func(at time.Time) identity.Fact { return identity.UserChanged{User: "tess", State: s, At: at} }
	}
	tests := []struct {
		name string
		fact func(time.Time) identity.Fact
		on   string
		ends bool
	}{
		{"deactivated", state(&inactive), "tess", true},
		{"locked", state(&locked), "tess", true},
		{"active", state(&active), "tess", false},
		{"removed", func(at time.Time) identity.Fact { return identity.UserRemoved{User: "tess", At: at} }, "tess", true},
		{"with the school removed", func(at time.Time) identity.Fact {
			return identity.OrganizationRemoved{Organization: "linden", At: at}
		}, "linden", true},
		{"with a role removed", func(at time.Time) identity.Fact {
			return identity.RoleAssignmentRemoved{ID: "biology:tess", At: at}
		}, "biology:tess", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := smallSchool(1)
			s := newStore(t, log)
			p := newProjection(t, log, s)
			update(t, p)
			for _, user := range []string{"tess", "student-else"} {
				exec1(t, s, "INSERT INTO sessions (token_hash, user_id, sealed, expires_us) VALUES (?, ?, 'x', ?)",
					user, user, log.clock().Add(time.Hour).UnixMicro())
			}
			at := log.tick()
			log.write(consoleAdmin, "linden", tt.on, at, tt.fact(at))
			poll(t, p)
			var ended, others int
			err := s.Writer().QueryRowContext(t.Context(), `SELECT
				(SELECT COUNT(*) FROM sessions WHERE user_id = 'tess' AND ended_us > 0 AND sealed = ''),
				(SELECT COUNT(*) FROM sessions WHERE user_id <> 'tess' AND ended_us > 0)`).Scan(&ended, &others)
			if err != nil {
				t.Fatal(err)
			}
			if (ended == 1) != tt.ends || others != 0 {
				t.Errorf("%d sessions of the user ended, %d of others; want ended: %t, and none of others", ended, others, tt.ends)
			}
		})
	}
}
