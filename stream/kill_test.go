package stream

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
)

// TestTheProcessThatIsKilled is no test but that process: it streams while more
// is recorded, until it is killed.
func TestTheProcessThatIsKilled(t *testing.T) {
	path := os.Getenv("HOMEROOM_KILLED_STORE")
	if path == "" {
		t.Skip("it is started by the test of the killed process")
	}
	s := openSchool(t, path, os.Getenv("HOMEROOM_KILLED_KEYS"))
	go func() {
		for {
			s.happen(2)
		}
	}()
	streams := s.streams()
	streams.most = 5 // many batches
	if err := streams.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A process is killed while it streams, at any moment. The next one goes on: no
// record is lost, all come in their order, and what comes twice has the same ID
// in a batch with the same ID and the same content.
func TestKilledWhileStreamingNothingIsLost(t *testing.T) {
	twice := 0
	for _, after := range []int{1, 2, 7, 20} {
		t.Run(fmt.Sprintf("after %d batches", after), func(t *testing.T) {
			to, path, key := newReceiver(t), storetest.Path(t), store.NewKey()
			s := openSchool(t, path, key)
			s.add("t1", to)
			s.happen(40)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestTheProcessThatIsKilled$")
			child.Env = append(os.Environ(), "HOMEROOM_KILLED_STORE="+path, "HOMEROOM_KILLED_KEYS="+key)
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			for range after {
				select {
				case <-to.seen:
				case <-time.After(time.Minute):
					t.Fatal("the process sends nothing")
				}
			}
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait() // it was killed

			s = openSchool(t, path, key)
			run(t, s.streams())
			s.caughtUp("t1")
			got, wrong := to.taken()
			once, repeated := unique(got)
			if want := s.logged(); !slices.Equal(once, want) {
				t.Errorf("%d records came, want the %d of the log in their order", len(once), len(want))
			}
			if len(wrong) != 0 {
				t.Errorf("wrong were %v", wrong)
			}
			if repeated > 5 {
				t.Errorf("%d records came twice; no more than one batch was on its way", repeated)
			}
			twice += repeated
		})
	}
	t.Logf("%d records came twice in all", twice)
}
