package rollover_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/jobs"
	"homeroom.dev/homeroom/rollover"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/zitadel"
)

// Where the process that is killed finds what it works on.
const (
	killedStore = "HOMEROOM_KILLED_STORE"
	killedKeys  = "HOMEROOM_KILLED_KEYS"
	killedAt    = "HOMEROOM_KILLED_ZITADEL"
)

// noMail is a mailer that is not needed.
type noMail struct{}

func (noMail) Ready(context.Context) error               { return nil }
func (noMail) Send(context.Context, identity.Mail) error { return nil }

// working opens a database with the queue of a portal that rolls over.
func working(t *testing.T, path, keys string, made zitadel.Installation) (*store.Store, *jobs.Jobs) {
	t.Helper()
	ctx, log := t.Context(), slog.New(slog.DiscardHandler)
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	ring, err := store.ParseKeyRing(keys)
	check(err)
	s, err := store.Open(ctx, store.Options{Path: path, Keys: ring, Operators: made.Operators})
	check(err)
	t.Cleanup(func() { _ = s.Close() })
	gateway, err := zitadel.NewRuntime(ctx, made.RuntimeConfig())
	check(err)
	t.Cleanup(func() { _ = gateway.Close() })
	opener, err := zitadel.NewProvisioner(ctx, made.ProvisionerConfig())
	check(err)
	t.Cleanup(func() { _ = opener.Close() })
	j, err := jobs.New(ctx, s, noMail{}, log)
	check(err)
	s.UseQueue(j)
	o := rollover.Options{Store: s, Gateway: gateway, Provisioner: opener, Log: log}
	o.Runs = runsOn(&o)
	j.HandleLong(store.RolloverJob, rollover.Within, rollover.New(o).Handle)
	return s, j
}

// TestTheProcessThatIsKilled is no test but that process.
func TestTheProcessThatIsKilled(t *testing.T) {
	path := os.Getenv(killedStore)
	if path == "" {
		t.Skip("it is started by the test of the killed process")
	}
	var made zitadel.Installation
	if err := json.Unmarshal([]byte(os.Getenv(killedAt)), &made); err != nil {
		t.Fatal(err)
	}
	_, j := working(t, path, os.Getenv(killedKeys), made)
	if err := j.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// killed starts a portal in a process of its own, and kills it as soon as it is
// time.
func (s *site) killed(now func() bool) {
	s.t.Helper()
	made, err := json.Marshal(s.made)
	s.check(err)
	child := exec.CommandContext(s.t.Context(), os.Args[0], "-test.run", "^TestTheProcessThatIsKilled$")
	child.Env = append(os.Environ(), killedStore+"="+s.path, killedKeys+"="+s.keys, killedAt+"="+string(made))
	s.check(child.Start())
	s.until(now)
	s.check(child.Process.Kill())
	_ = child.Wait() // it was killed
}

// until waits for something to become so.
func (s *site) until(so func() bool) {
	s.t.Helper()
	end := time.After(2 * time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-end:
			s.t.Fatal("it does not happen")
		case <-tick.C:
		}
	}
}

// told counts what is on the school's log, by what it says.
func (s *site) told() map[string]int {
	s.t.Helper()
	page, err := s.as(s.school.ID).Audit(s.t.Context(), store.AuditQuery{Limit: 500})
	s.check(err)
	told := map[string]int{}
	for _, r := range page.Records {
		told[fmt.Sprintf("%s of %s: %s", r.Action, r.TargetName, r.Outcome)]++
	}
	return told
}

// A process is killed in the middle of a rollover, and another one in the middle of
// its undoing. The next one goes on where it was: the classes, the log and the
// number of events at Zitadel are as if nobody had been killed.
func TestKilledInARolloverNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	// There and back, with events at Zitadel in both; share says of how many the
	// process is killed, in hundredths.
	roll := func(t *testing.T, share int, want [2]int) (events [2]int, told map[string]int) {
		s := newPlace(t).site()
		ctx, school := t.Context(), s.as(s.school.ID)
		id := s.plan()
		_, queue := working(t, s.path, s.keys, s.made)
		s.store.UseQueue(queue)
		for i, way := range []struct {
			begin func()
			state store.RolloverState
			ends  map[string]string
		}{
			{func() { s.apply(id) }, store.RolloverDone, after},
			{func() { s.check(school.UndoRollover(ctx, id)) }, store.RolloverUndone, before},
		} {
			begun := s.zitadel.EventCount()
			way.begin()
			if share > 0 {
				s.killed(func() bool { return (s.zitadel.EventCount()-begun)*100 > share*want[i] })
			}
			_, next := working(t, s.path, s.keys, s.made)
			running, stop := context.WithCancel(ctx)
			ended := make(chan error, 1)
			go func() { ended <- next.Run(running) }()
			s.until(func() bool {
				one, err := school.Rollover(ctx, id)
				s.check(err)
				return one.State == way.state
			})
			stop()
			s.check(<-ended)
			events[i] = s.zitadel.EventCount() - begun
			s.sync(s.store)
			if diff := cmp.Diff(way.ends, s.rosters()); diff != "" {
				t.Error(diff)
			}
		}
		return events, s.told()
	}
	want, told := roll(t, 0, [2]int{})
	for _, share := range []int{5, 40, 80} {
		t.Run(fmt.Sprintf("after %d %%", share), func(t *testing.T) {
			t.Parallel()
			events, records := roll(t, share, want)
			if events != want {
				t.Errorf("%v events were written, want %v", events, want)
			}
			if diff := cmp.Diff(told, records); diff != "" {
				t.Errorf("-undisturbed +killed:\n%s", diff)
			}
		})
	}
}
