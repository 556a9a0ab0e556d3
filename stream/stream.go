package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"sync"
	"time"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
	"homeroom.dev/homeroom/store"
)

const (
	// poll is how often it is asked who is behind.
	poll = time.Second
	// most is how many records a batch has.
	most = 500
	// atOnce is how many targets are sent to at the same time.
	atOnce = 32
	// patience bounds one batch.
	patience = time.Minute
	// testTime bounds a test, for which somebody waits.
	testTime = 15 * time.Second
	// firstPause follows the first failure; each further one doubles it, up to
	// longestPause. A target is never given up.
	firstPause   = 5 * time.Second
	longestPause = 15 * time.Minute
)

// Options are what streams need.
type Options struct {
	Store *store.Store
	// Outbound is what schools' targets are reached by: it refuses addresses that
	// are not public.
	Outbound *outbound.Client
	// Directory is where directories of the platform are; empty: there are none.
	Directory string
	Product   audit.Product
	Now       func() time.Time // nil is time.Now
	Log       *slog.Logger     // nil is slog.Default()
}

// Streams sends records to the targets of all logs.
type Streams struct {
	store     *store.Store
	senders   senders
	product   audit.Product
	now       func() time.Time
	log       *slog.Logger
	directory bool

	poll, firstPause time.Duration // tests are in a hurry
	most             int           // records of a batch

	mu   sync.Mutex
	busy map[string]bool // IDs of targets that are being sent to
}

// New prepares streams. Nothing is sent before [Streams.Run].
func New(o Options) *Streams {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	host, err := os.Hostname()
	if err != nil {
		host = "" // syslog's "-"
	}
	// The operators' own network is no secret to the operators.
	anywhere := outbound.New(outbound.Options{
		Allowed: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")},
	})
	return &Streams{
		store: o.Store, product: o.Product, now: o.Now, log: o.Log, busy: make(map[string]bool),
		directory: o.Directory != "", poll: poll, firstPause: firstPause, most: most,
		senders: senders{public: o.Outbound, private: anywhere, directory: o.Directory, host: host, now: o.Now},
	}
}

// Directories reports whether the platform may stream into directories.
func (s *Streams) Directories() bool { return s.directory }

// Run sends until ctx ends. Each target is sent to by itself, so that one that
// hangs holds up no other.
func (s *Streams) Run(ctx context.Context) error {
	var sending sync.WaitGroup
	defer sending.Wait()
	ticker := time.NewTicker(s.poll)
	defer ticker.Stop()
	for {
		due, err := s.store.DueStreams(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "look for streams that are behind", "error", err)
		}
		for _, d := range due {
			if s.take(d.ID) {
				sending.Go(func() {
					defer s.leave(d.ID)
					s.catchUp(ctx, d)
				})
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (s *Streams) take(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[id] || len(s.busy) >= atOnce {
		return false
	}
	s.busy[id] = true
	return true
}

func (s *Streams) leave(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, id)
}

// catchUp sends what a target has not been sent, batch after batch.
func (s *Streams) catchUp(ctx context.Context, d store.DueStream) {
	for ctx.Err() == nil {
		took, more, err := s.deliver(ctx, d)
		if err != nil {
			s.failed(ctx, d, err)
			return
		}
		if !more {
			return
		}
		d = took
	}
}

// failed notes that a target took nothing.
func (s *Streams) failed(ctx context.Context, d store.DueStream, failure error) {
	if ctx.Err() != nil || identity.IsKind(failure, identity.KindNotFound) {
		return // a stop is nobody's failure: the batch is sent again
	}
	trouble := identity.Say("stream.broken") // ours: the log has the cause
	if said := new(identity.Error); errors.As(failure, &said) {
		trouble = said.Message
	}
	next := s.now().Add(s.pause(d.Failures))
	s.log.WarnContext(ctx, "a stream's target took nothing",
		"stream", d.ID, "failures", d.Failures+1, "next", next, "error", failure)
	if err := s.store.StreamFailed(ctx, d, trouble, next); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "note a stream's failure", "stream", d.ID, "error", err)
	}
}

// pause is how long to wait after a failure that so many went before. It varies a
// little, so that what failed together does not come back together.
func (s *Streams) pause(failures int) time.Duration {
	wait := longestPause
	if failures < 8 { // 2^8 first pauses are longer than the longest
		wait = min(s.firstPause<<failures, longestPause)
	}
	return wait - rand.N(wait/5)
}

// deliver sends one batch and moves the cursor behind it. more says that there
// may be another one.
func (s *Streams) deliver(ctx context.Context, d store.DueStream) (took store.DueStream, more bool, err error) {
	to, err := s.senderTo(d)
	if err != nil {
		return d, false, err
	}
	next, err := s.store.NextStreamBatch(ctx, d, s.most)
	if err != nil {
		return d, false, err
	}
	if len(next.Records) > 0 { // those of a cut-off batch may have been erased
		bounded, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if err := to.send(bounded, s.batchOf(d, next)); err != nil {
			return d, false, err
		}
	}
	// What the target took is noted even while the program stops.
	took, err = s.store.StreamTook(context.WithoutCancel(ctx), d, next)
	return took, len(next.Records) >= s.most, err
}

func (s *Streams) senderTo(d store.DueStream) (sender, error) {
	secret, err := d.Secret()
	if err != nil {
		return nil, err
	}
	return s.senders.to(d.StreamTarget, secret, d.Platform)
}

// batchOf puts records into the form they are sent in. The name says of which
// target and which of its records they are: the same whenever they are sent.
func (s *Streams) batchOf(d store.DueStream, records store.StreamBatch) batch {
	b := batch{name: fmt.Sprintf("%s-%d-%d", d.ID, records.After+1, records.Through)}
	for _, r := range records.Records {
		b.lines = append(b.lines, s.lineOf(r))
	}
	return b
}

func (s *Streams) lineOf(r identity.AuditRecord) line {
	return line{
		id: r.ID, at: r.At, kind: r.Action,
		bad:  r.Outcome == identity.OutcomeFailed || r.Action == identity.ActionSignInFailed,
		json: audit.OCSF(r, s.product),
	}
}

// ActionStreamTest marks the event of a test. It is on no log.
const ActionStreamTest identity.Action = "stream.test"

// Test sends one event that says it is a test, and notes how it went. The error
// is an [identity.Error] where the target is at fault.
func (s *Streams) Test(ctx context.Context, targets *store.Streams, id string) error {
	d, err := targets.ForTest(ctx, id)
	if err != nil {
		return err
	}
	to, err := s.senderTo(d)
	if err != nil {
		return err
	}
	at := s.now().UTC()
	name := fmt.Sprintf("%s-test-%d", d.ID, at.UnixMicro())
	bounded, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	failure := to.send(bounded, batch{name: name, lines: []line{s.lineOf(identity.AuditRecord{
		ID: name, At: at, ClosedAt: at, Action: ActionStreamTest, Target: d.ID, TargetName: d.Name,
		Source: identity.SourcePortal, Outcome: identity.OutcomeDone,
	})}})
	var said *identity.Error
	switch {
	case failure == nil:
		return targets.Tested(ctx, id, identity.Message{})
	case !errors.As(failure, &said):
		return failure
	}
	return errors.Join(failure, targets.Tested(ctx, id, said.Message))
}
