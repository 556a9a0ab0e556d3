package stream

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

func run(t *testing.T, s *Streams) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ended <- nil
	}
	t.Cleanup(stop)
	return stop
}

// A target that is away gets everything once it is back, in order and once, and
// what went wrong meanwhile is seen.
func TestATargetThatWasAwayGetsEverything(t *testing.T) {
	for _, tt := range []struct {
		name    string
		away    func(*receiver)
		back    func(*receiver)
		trouble string
	}{
		{"it refuses", func(r *receiver) { r.set(503) }, func(r *receiver) { r.set(0) }, "stream.refused"},
		{"it knows another secret", func(r *receiver) { r.know(whsec) }, nil, "stream.refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, to := newSchool(t), newReceiver(t)
			s.add("t1", to)
			secret, err := s.org.Streams().Secret(t.Context(), "t1")
			if err != nil {
				t.Fatal(err)
			}
			tt.away(to)
			s.happen(700) // more than a batch
			run(t, s.streams())
			failing := s.until("t1", func(t identity.StreamTarget) bool { return t.Failures > 2 })
			if failing.Trouble.ID != tt.trouble || failing.Delivered != 0 || failing.Waiting < 700 || failing.WaitingSince.IsZero() || failing.NextAt.IsZero() {
				t.Errorf("meanwhile the target is %+v", failing)
			}
			s.happen(20)
			to.know(secret)
			if tt.back != nil {
				tt.back(to)
			}
			after := s.caughtUp("t1")
			got, wrong := to.taken()
			if tt.back == nil {
				wrong = slices.DeleteFunc(wrong, func(w string) bool { return w == "not signed" })
			}
			if want := s.logged(); !slices.Equal(got, want) || len(wrong) != 0 {
				t.Errorf("%d events came, want %d; wrong were %v", len(got), len(want), wrong)
			}
			if after.Failures != 0 || after.Trouble.ID != "" || after.Delivered != int64(len(got)) || after.SucceededAt.IsZero() {
				t.Errorf("in the end the target is %+v", after)
			}
		})
	}
}

// A target that hangs holds up no other.
func TestATargetThatHangsHoldsUpNoOther(t *testing.T) {
	s, slow, quick := newSchool(t), newReceiver(t), newReceiver(t)
	release := make(chan struct{})
	slow.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release })
	s.add("slow", slow)
	s.add("quick", quick)
	s.happen(10)
	stop := run(t, s.streams())
	s.caughtUp("quick")
	if target := s.target("slow"); target.Delivered != 0 || target.Waiting == 0 {
		t.Errorf("the slow one is %+v", target)
	}
	stop() // what hangs is given up at once
	close(release)
	if target := s.target("slow"); target.Failures != 0 {
		t.Errorf("a stop counts as a failure: %+v", target)
	}
}

func TestATestIsSentAtOnceAndNoted(t *testing.T) {
	s, to := newSchool(t), newReceiver(t)
	s.add("t1", to)
	streams := s.streams()
	if err := streams.Test(t.Context(), s.org.Streams(), "t1"); err != nil {
		t.Fatal(err)
	}
	got, wrong := to.taken()
	if len(got) != 1 || len(wrong) != 0 || slices.Contains(s.logged(), got[0]) {
		t.Errorf("it got %v, wrong %v", got, wrong)
	}
	if target := s.target("t1"); target.SucceededAt.IsZero() || target.Delivered != 0 {
		t.Errorf("after a test the target is %+v", target)
	}
	to.set(404)
	err := streams.Test(t.Context(), s.org.Streams(), "t1")
	if !identity.IsKind(err, identity.KindUnavailable) {
		t.Errorf("a test that fails: %v", err)
	}
	if target := s.target("t1"); target.Trouble.ID != "stream.refused" || target.FailedAt.IsZero() || target.Failures != 0 {
		t.Errorf("after a test that failed the target is %+v", target)
	}
	if err := streams.Test(t.Context(), s.org.Streams(), "nothing"); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("a test of nothing: %v", err)
	}
}

func TestPausesGrowAndEnd(t *testing.T) {
	s := &Streams{firstPause: firstPause}
	for _, tt := range []struct {
		failures int
		most     time.Duration
	}{{0, 5 * time.Second}, {1, 10 * time.Second}, {3, 40 * time.Second}, {7, 640 * time.Second}, {8, 15 * time.Minute}, {100000, 15 * time.Minute}} {
		for range 50 {
			if got := s.pause(tt.failures); got > tt.most || got < tt.most*4/5 {
				t.Errorf("after %d failures %s, want up to %s", tt.failures, got, tt.most)
			}
		}
	}
}

func TestAKindThereIsNot(t *testing.T) {
	if _, err := (senders{}).to(identity.StreamTarget{Kind: "fax"}, "", true); err == nil || errors.As(err, new(*identity.Error)) {
		t.Errorf("a kind there is not: %v", err)
	}
}
