package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

func TestAnAttemptComesBackToItsOwnBrowserForAQuarterOfAnHour(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.connect(o, "c")
	id := w.begin(o, "c", identity.AttemptSignIn)
	opened, a, way, err := w.OpenAttempt(t.Context(), id, "browser")
	w.must(err)
	if diff := cmp.Diff(identity.Attempt{
		ID: id, Connection: "c", Kind: identity.AttemptSignIn, State: identity.AttemptBegun, StartedAt: noon,
	}, a); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(AttemptWay{Intent: "intent", Next: "/o/linden", Return: "/back"}, way); diff != "" {
		t.Error(diff)
	}
	if opened.ID() != "linden" || opened.Actor().User != "arriving:"+identity.UserID(id) || opened.Permits(identity.Visit) {
		t.Errorf("opened = %+v", opened)
	}
	if held := w.dump("SELECT browser_hash FROM attempts"); strings.Contains(held, "browser") {
		t.Errorf("the browser's secret is kept: %s", held)
	}
	lost := func(why string, id identity.AttemptID, browser string) {
		t.Helper()
		if _, _, _, err := w.OpenAttempt(t.Context(), id, browser); err == nil {
			t.Errorf("%s: opened", why)
		} else {
			refused(t, err, identity.KindGone, "sign-in.lost")
		}
	}
	lost("another browser", id, "other")
	lost("no browser", id, "")
	lost("no such attempt", "nothing", "browser")
	w.must(o.BeginAttempt(t.Context(), identity.Attempt{ID: "bare", Connection: "c", Kind: identity.AttemptTest}, AttemptWay{}))
	lost("bound to no browser", "bare", "")
	w.after(attemptLifetime - time.Second)
	if _, _, _, err := w.OpenAttempt(t.Context(), id, "browser"); err != nil {
		t.Error(err)
	}
	w.after(time.Second)
	lost("too late", id, "browser")
}

func TestAnAttemptIsFinishedOnce(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.connect(o, "c")
	id := w.begin(o, "c", identity.AttemptSignIn)
	failed := together(6, func() error {
		return o.FinishAttempt(t.Context(), identity.Attempt{ID: id, State: identity.AttemptPassed, User: "linden-zoe"})
	})
	if len(failed) != 5 {
		t.Errorf("%d of 6 were refused, want 5", len(failed))
	}
	for _, err := range failed {
		refused(t, err, identity.KindGone, "sign-in.lost")
	}
	_, _, _, err := w.OpenAttempt(t.Context(), id, "browser")
	refused(t, err, identity.KindGone, "sign-in.lost")
	health, err := o.Health(t.Context())
	if err != nil || len(health) != 1 || health[0].Successes != 1 {
		t.Errorf("health = %+v, %v; want one success", health, err)
	}
}

func TestAFinishedAttemptIsWhole(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.connect(o, "c")
	findings := []identity.Finding{{Code: "audience", Level: identity.LevelBad, Expected: "a", Received: "b"}}
	received := []identity.Received{{Name: "mail", Values: []string{"zoe@linden.example"}, Use: "address"}}
	for _, tt := range []struct {
		kind  identity.AttemptKind
		state identity.AttemptState
		keeps bool
	}{
		{identity.AttemptTest, identity.AttemptPassed, true},
		{identity.AttemptTest, identity.AttemptFailed, true},
		{identity.AttemptSignIn, identity.AttemptFailed, true},
		{identity.AttemptSignIn, identity.AttemptPassed, false},
		{identity.AttemptPasted, identity.AttemptFailed, true},
	} {
		t.Run(string(tt.kind)+" "+string(tt.state), func(t *testing.T) {
			want := identity.Attempt{
				Connection: "c", Kind: tt.kind, State: tt.state, Findings: findings, Received: received,
				User: "linden-zoe", StartedAt: w.clock, FinishedAt: w.clock,
			}
			if tt.kind == identity.AttemptPasted {
				want.ID = "pasted"
				w.must(o.RecordAttempt(t.Context(), want))
			} else {
				want.ID = w.begin(o, "c", tt.kind)
				w.must(o.FinishAttempt(t.Context(), want))
			}
			if !tt.keeps {
				want.Received = nil
			}
			got, err := o.Attempt(t.Context(), want.ID)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("attempt: %v\n%s", err, diff)
			}
		})
	}
	for _, state := range []identity.AttemptState{"", identity.AttemptBegun} {
		if o.RecordAttempt(t.Context(), identity.Attempt{ID: "x", Connection: "c", State: state}) == nil ||
			o.FinishAttempt(t.Context(), identity.Attempt{ID: "pasted", State: state}) == nil {
			t.Errorf("an attempt that is %q was finished", state)
		}
	}
}

func TestWhatAnAttemptTellsItsConnection(t *testing.T) {
	for _, tt := range []struct {
		kind             identity.AttemptKind
		passed           bool
		changed          bool // while the browser was away
		state            identity.ConnectionState
		tested           bool
		success, failure bool
		records          int
	}{
		{identity.AttemptTest, true, false, identity.ConnectionTested, true, true, false, 1},
		{identity.AttemptTest, true, true, identity.ConnectionDraft, false, true, false, 1},
		{identity.AttemptTest, false, false, identity.ConnectionDraft, false, false, true, 1},
		{identity.AttemptSignIn, true, false, identity.ConnectionDraft, false, true, false, 0},
		{identity.AttemptSignIn, false, false, identity.ConnectionDraft, false, false, true, 0},
	} {
		t.Run(fmt.Sprint(tt.kind, tt.passed, tt.changed), func(t *testing.T) {
			w := newWorld(t)
			o := w.school("linden")
			w.save(o, okta("c"))
			w.after(time.Minute)
			id := w.begin(o, "c", tt.kind)
			w.after(time.Minute)
			if tt.changed {
				c := okta("c")
				c.Metadata = "<other/>"
				w.save(o, c)
			}
			a := identity.Attempt{ID: id, State: identity.AttemptFailed}
			if tt.passed {
				a.State = identity.AttemptPassed
			}
			w.must(o.FinishAttempt(t.Context(), a))
			c, err := o.Connection(t.Context(), "c")
			w.must(err)
			if c.State != tt.state || c.TestedAt.Equal(w.clock) != tt.tested || c.LastSuccessAt.Equal(w.clock) != tt.success ||
				c.LastFailureAt.Equal(w.clock) != tt.failure {
				t.Errorf("connection = %+v", c)
			}
			if got := outcomes(t, o, identity.ActionConnectionTested); len(got) != tt.records {
				t.Errorf("records = %v, want %d", got, tt.records)
			}
		})
	}
}

func TestAttemptsComeNewestFirstPageByPage(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.connect(o, "c")
	w.connect(o, "d")
	w.after(time.Minute)
	add := func(c identity.ConnectionID, id string, kind identity.AttemptKind, state identity.AttemptState) {
		t.Helper()
		a := identity.Attempt{ID: identity.AttemptID(id), Connection: c, Kind: kind, State: state}
		if kind == identity.AttemptPasted {
			w.must(o.RecordAttempt(t.Context(), a))
			return
		}
		w.must(o.BeginAttempt(t.Context(), a, AttemptWay{}))
		if state != identity.AttemptBegun {
			w.must(o.FinishAttempt(t.Context(), a))
		}
	}
	for i, a := range []struct {
		c     identity.ConnectionID
		kind  identity.AttemptKind
		state identity.AttemptState
	}{
		{"c", identity.AttemptSignIn, identity.AttemptPassed},
		{"c", identity.AttemptSignIn, identity.AttemptFailed},
		{"d", identity.AttemptSignIn, identity.AttemptFailed},
		{"c", identity.AttemptPasted, identity.AttemptFailed},
		{"d", identity.AttemptTest, identity.AttemptPassed},
		{"c", identity.AttemptSignIn, identity.AttemptBegun},
	} {
		add(a.c, fmt.Sprint("a", i), a.kind, a.state)
		if i != 1 { // two at the same moment
			w.after(time.Minute)
		}
	}
	for _, tt := range []struct {
		name  string
		query AttemptQuery
		want  string
	}{
		{"of one connection", AttemptQuery{Connection: "c"}, "a5 a3 a1 a0 test"},
		{"failed", AttemptQuery{State: identity.AttemptFailed}, "a3 a2 a1"},
		{"failed of one", AttemptQuery{Connection: "c", State: identity.AttemptFailed}, "a3 a1"},
		{"failed sign-ins of one", AttemptQuery{Connection: "c", State: identity.AttemptFailed, Kind: identity.AttemptSignIn}, "a1"},
		{"sign-ins", AttemptQuery{Kind: identity.AttemptSignIn}, "a5 a2 a1 a0"},
		{"sign-ins of one", AttemptQuery{Connection: "c", Kind: identity.AttemptSignIn}, "a5 a1 a0"},
		{"begun ones", AttemptQuery{State: identity.AttemptBegun}, "a5"},
		{"begun ones of one", AttemptQuery{Connection: "d", State: identity.AttemptBegun}, ""},
		{"pasted", AttemptQuery{Kind: identity.AttemptPasted}, "a3"},
		{"pasted of another", AttemptQuery{Connection: "d", Kind: identity.AttemptPasted}, ""},
		{"tests of one that passed", AttemptQuery{Connection: "d", Kind: identity.AttemptTest, State: identity.AttemptPassed}, "a4 test"},
		{"tests that failed", AttemptQuery{Kind: identity.AttemptTest, State: identity.AttemptFailed}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			q := tt.query
			q.Limit = 2
			for {
				page, err := o.Attempts(t.Context(), q)
				w.must(err)
				for _, a := range page.Attempts {
					id := string(a.ID)
					if strings.HasPrefix(id, "linden-") {
						id = "test" // that of connect
					}
					got = append(got, id)
				}
				if page.Next == "" {
					break
				}
				q.After = page.Next
			}
			if text := strings.Join(got, " "); text != tt.want {
				t.Errorf("attempts = %q, want %q", text, tt.want)
			}
		})
	}
	if _, err := o.Attempts(t.Context(), AttemptQuery{After: "nonsense"}); !identity.IsKind(err, identity.KindInvalid) {
		t.Errorf("a wrong cursor: %v", err)
	}
}

func TestHealthTellsTheCausesOfAWeek(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.connect(o, "c")
	finish := func(kind identity.AttemptKind, state identity.AttemptState, findings ...identity.Finding) {
		t.Helper()
		w.must(o.FinishAttempt(t.Context(), identity.Attempt{ID: w.begin(o, "c", kind), State: state, Findings: findings}))
	}
	bad := func(code string) identity.Finding { return identity.Finding{Code: code, Level: identity.LevelBad} }
	warning := identity.Finding{Code: "clock", Level: identity.LevelWarning}
	finish(identity.AttemptSignIn, identity.AttemptFailed, bad("issuer")) // too long ago in the end
	w.after(3 * 24 * time.Hour)
	finish(identity.AttemptSignIn, identity.AttemptPassed, warning)
	w.after(4 * 24 * time.Hour)
	finish(identity.AttemptSignIn, identity.AttemptFailed, warning, bad("audience"), bad("issuer"))
	finish(identity.AttemptSignIn, identity.AttemptFailed, bad("audience"))
	finish(identity.AttemptSignIn, identity.AttemptFailed)
	finish(identity.AttemptTest, identity.AttemptFailed, bad("certificate"))
	w.must(o.RecordAttempt(t.Context(), identity.Attempt{ID: "p", Connection: "c", Kind: identity.AttemptPasted, State: identity.AttemptFailed}))
	finish(identity.AttemptSignIn, identity.AttemptPassed)
	want := []ConnectionHealth{{
		Connection: "c", LastSuccessAt: w.clock, LastFailureAt: w.clock, Successes: 2, Failures: 3,
		Causes: []HealthCause{{"audience", 2}, {"unknown", 1}},
	}}
	got, err := o.Health(t.Context())
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("health: %v\n%s", err, diff)
	}
}
