package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// signIn makes the event of a sign-in known, once more each time.
func (w *world) signIn(user identity.UserID, at time.Time) {
	w.t.Helper()
	w.events(identity.Event{
		Aggregate: "session-" + string(user), Sequence: uint64(at.UnixMicro()), Organization: "linden", At: at, Editor: user,
		Type: "session.user.checked",
		Fact: identity.UserSignedIn{User: user, Address: "192.0.2.7", Device: "Firefox", At: at},
	})
}

// events makes events known, as the projection's tail does.
func (w *world) events(events ...identity.Event) {
	w.t.Helper()
	err := w.ApplyEvents(w.t.Context(), EventBatch{Events: events, Platform: identity.Platform{
		Operators: operators, ServiceAccounts: []identity.UserID{"runtime"},
	}})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestSignInsOfADayAreCountedAtHome(t *testing.T) {
	w := newWorld(t)
	for _, at := range []struct {
		user identity.UserID
		at   time.Time
	}{
		{"linden-tom", noon},
		{"linden-tom", noon},                           // the same event, read twice
		{"linden-tom", noon.Add(time.Hour)},            // once more on the same day
		{"linden-zoe", noon.Add(12*time.Hour - 1000)},  // the last microsecond of the day
		{"linden-zoe", noon.Add(12 * time.Hour)},       // the first of the next
		{"birch-sam", noon},                            // a guest is counted at home
		{"linden-sam", noon.Add(-60 * 24 * time.Hour)}, // long ago
	} {
		w.signIn(at.user, at.at)
	}
	midnight := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	for _, organization := range []string{"linden", "linden-7b"} {
		got, err := w.as("linden-tom", organization).SignInDays(t.Context(), midnight)
		if err != nil {
			t.Fatal(err)
		}
		want := []SignInDay{
			{Day: midnight, People: 2, SignIns: 3}, {Day: midnight.AddDate(0, 0, 1), People: 1, SignIns: 1},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", organization, diff)
		}
	}
	w.clock = noon.AddDate(0, 0, 60)
	if err := w.AuditChores(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.one("SELECT COUNT(*) FROM sign_in_people"); n != "0" {
		t.Errorf("who signed in is known of %s days gone", n)
	}
	if n := w.one("SELECT COUNT(*) FROM sign_in_days"); n != "4" {
		t.Errorf("%s days are counted, want all 4", n)
	}
}

// What Zitadel alone saw goes on the log of whom it is about, once.
func TestWhatZitadelSawIsRecordedAtHome(t *testing.T) {
	inactive := identity.OrganizationInactive
	tests := []struct {
		name   string
		event  identity.Event
		quiet  bool
		wanted string // organization, action, actor, target, values, address, device, event; or nothing
	}{
		{"a sign-in", identity.Event{Aggregate: "v1", Editor: "login", Type: "session.checked", Fact: identity.UserSignedIn{
			User: "linden-tom", Address: "192.0.2.7", Device: "Firefox", At: noon,
		}}, false, "linden sign-in.done linden-tom/Tom Tanner linden-tom/Tom Tanner map[] map[] 192.0.2.7 Firefox session.checked/v1/5"},
		{"a failure of a guest", identity.Event{Aggregate: "birch-sam", Editor: "birch-sam", Type: "user.check.failed", Fact: identity.Observed{
			Action: identity.ActionSignInFailed, User: "birch-sam", Values: map[string]string{"factor": "password"}, At: noon,
		}}, false, "birch sign-in.failed birch-sam/Sam Smith birch-sam/Sam Smith map[] map[factor:password]   user.check.failed/birch-sam/5"},
		{"a policy changed in the console", identity.Event{Aggregate: "linden", Editor: "root", Type: "org.policy", Fact: identity.Observed{
			Action: identity.ActionRemotePolicy, Organization: "linden", At: noon,
		}}, false, "linden remote.policy root/ linden/ map[] map[]   org.policy/linden/5"},
		{"an identity provider of a user", identity.Event{Aggregate: "linden-zoe", Editor: "linden-zoe", Fact: identity.Observed{
			Action: identity.ActionProviderLinked, User: "linden-zoe", Target: "idp1", At: noon,
		}}, false, "linden provider.linked linden-zoe/Zoë Núñez linden-zoe/Zoë Núñez map[] map[about:idp1]   /linden-zoe/5"},
		{"of the operators' organization", identity.Event{Aggregate: "operators", Editor: "root", Fact: identity.Observed{
			Action: identity.ActionRemoteManager, Organization: "operators", Target: "u9", At: noon,
		}}, false, "operators remote.manager root/ u9/ map[] map[]   /operators/5"},
		{"of the instance", identity.Event{Aggregate: "instance", Editor: "root", Fact: identity.Observed{
			Action: identity.ActionRemotePolicy, At: noon,
		}}, false, "operators remote.policy root/ / map[] map[]   /instance/5"},
		{"the portal's own doing", identity.Event{Aggregate: "linden", Editor: "runtime", Fact: identity.Observed{
			Action: identity.ActionRemotePolicy, Organization: "linden", At: noon,
		}}, false, ""},
		{"somebody nobody knows", identity.Event{Aggregate: "x", Editor: "x", Fact: identity.Observed{
			Action: identity.ActionSignInFailed, User: "x", At: noon,
		}}, false, ""},
		{"a school that is deactivated", identity.Event{Aggregate: "linden", Editor: "root", Fact: identity.OrganizationStateChanged{
			Organization: "linden", State: inactive, At: noon,
		}}, false, "linden remote.state root/ linden/ map[state:active] map[state:inactive]   /linden/5"},
		{
			"history: yesterday's sign-in",
			identity.Event{Aggregate: "v1", Fact: identity.UserSignedIn{User: "linden-tom", At: noon}},
			true,
			"linden sign-in.done linden-tom/Tom Tanner linden-tom/Tom Tanner map[] map[]   /v1/5",
		},
		{"history: a change", identity.Event{Aggregate: "linden", Editor: "root", Fact: identity.OrganizationStateChanged{
			Organization: "linden", State: inactive, At: noon,
		}}, true, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.event.Sequence = 5
			if tt.event.At.IsZero() {
				tt.event.At = noon.Add(time.Second)
			}
			for range 2 {
				err := w.ApplyEvents(t.Context(), EventBatch{Events: []identity.Event{tt.event}, Quiet: tt.quiet, Platform: identity.Platform{
					Operators: operators, ServiceAccounts: []identity.UserID{"runtime"},
				}})
				if err != nil {
					t.Fatal(err)
				}
				w.exec("DELETE FROM events_seen") // as after a long time
			}
			var got string
			for _, r := range w.allRecords() {
				got += fmt.Sprintf("%s %s %s/%s %s/%s %v %v %s %s %s/%s/%d", r.Organization, r.Action, r.Actor.User, r.Actor.Name,
					r.Target, r.TargetName, r.Before, r.After, r.Address, r.Device, r.Event.Type, r.Event.Aggregate, r.Event.Sequence)
				if r.Source != identity.SourceZitadel || r.Outcome != identity.OutcomeDone || !r.At.Equal(tt.event.At) || r.Number == 0 {
					t.Errorf("record = %+v", r)
				}
			}
			if diff := cmp.Diff(tt.wanted, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// allRecords are the records of all homes, as they were chained.
func (w *world) allRecords() []identity.AuditRecord {
	w.t.Helper()
	var all []identity.AuditRecord
	for _, home := range []string{"linden", "birch", "operators"} {
		rows, err := w.read().AuditOfHomeAfter(w.t.Context(), query.AuditOfHomeAfterParams{OrganizationID: home, Most: 1000})
		if err != nil {
			w.t.Fatal(err)
		}
		records, err := auditRecordsOf(rows)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, records...)
	}
	return all
}
