package standin

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Faults are what a test makes go wrong, as it was seen to go wrong at a real
// server. The zero state has none. Methods are named as on the wire, for
// instance "/zitadel.user.v2.UserService/CreateUser"; "" means all of them. All
// of it may be changed while the server runs.
type Faults struct {
	mu    sync.Mutex
	s     *state
	slow  map[string]time.Duration
	away  map[string]*outage
	lag   time.Duration
	late  late
	loses struct {
		users, names, grants func(id string) bool
	}
}

type outage struct{ after, left int }

type late struct {
	every int
	by    time.Duration
	n     int
	last  int
	hide  bool
}

// Slow delays every call of the method by d; zero ends it.
func (f *Faults) Slow(method string, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slow == nil {
		f.slow = map[string]time.Duration{}
	}
	f.slow[method] = d
}

// Unavailable lets the method pass after more times and then answers
// unavailable calls times; calls below zero means until Heal.
func (f *Faults) Unavailable(method string, after, calls int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.away == nil {
		f.away = map[string]*outage{}
	}
	f.away[method] = &outage{after: after, left: calls}
}

// Lag keeps rows younger than d out of all lists, as projections that fall
// behind do. Reads by ID are not affected.
func (f *Faults) Lag(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lag = d
}

// LoseUsers loses the users created from now on for whom it answers true: no
// read shows them, while their user names stay taken and events exist. Deleting
// and creating them again repairs it. nil ends it.
func (f *Faults) LoseUsers(which func(userID string) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loses.users = which
}

// LoseLoginNames creates users who are shown without login names and cannot
// sign in by name; lists of authorizations leave them out.
func (f *Faults) LoseLoginNames(which func(userID string) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loses.names = which
}

// LoseAuthorizations loses authorizations created from now on for users for
// whom it answers true: no list shows them, tokens do not carry them.
func (f *Faults) LoseAuthorizations(which func(userID string) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loses.grants = which
}

// Lose loses what is already there: a user or an authorization, by ID. It tells
// whether there was one.
func (f *Faults) Lose(id string) bool { return f.mark(id, lostUser) }

// LoseLoginName loses the login name of a user who is already there.
func (f *Faults) LoseLoginName(id string) bool { return f.mark(id, lostLoginName) }

func (f *Faults) mark(id string, what lost) bool {
	f.s.Lock()
	defer f.s.Unlock()
	if u := f.s.users[id]; u != nil {
		u.lost |= what
		return true
	}
	if g := f.s.grants[id]; g != nil && what == lostUser {
		g.lost = true
		return true
	}
	return false
}

// LateEvents shows the events of every n-th transaction from now on only d
// after they happened, with their own time: after newer ones. Zero ends it.
func (f *Faults) LateEvents(n int, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.late = late{every: n, by: d, last: -1}
}

// Heal ends all faults. What was lost stays lost; late events are seen.
func (f *Faults) Heal() {
	f.mu.Lock()
	f.slow, f.away, f.lag, f.late = nil, nil, 0, late{}
	f.loses.users, f.loses.names, f.loses.grants = nil, nil, nil
	f.mu.Unlock()
	f.s.Lock()
	f.s.log.hidden = nil
	f.s.Unlock()
}

// before is asked by every call.
func (f *Faults) before(ctx context.Context, method string) error {
	f.mu.Lock()
	wait := max(f.slow[method], f.slow[""])
	away := f.outage(method) || f.outage("")
	f.mu.Unlock()
	if wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return status.FromContextError(ctx.Err()).Err()
		}
	}
	if away {
		return status.Error(codes.Unavailable, "the stand-in was told to be away")
	}
	return nil
}

func (f *Faults) outage(method string) bool {
	o := f.away[method]
	if o == nil || o.left == 0 {
		return false
	}
	if o.after > 0 {
		o.after--
		return false
	}
	if o.left > 0 {
		o.left--
	}
	return true
}

// lateUntil is the time at which the event of a transaction becomes visible, or
// zero for at once. first identifies the transaction.
func (f *Faults) lateUntil(first int, at int64) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.late.every <= 0 {
		return 0
	}
	if f.late.last != first {
		f.late.last = first
		f.late.n++
		f.late.hide = f.late.n%f.late.every == 0
	}
	if !f.late.hide {
		return 0
	}
	return at + f.late.by.Microseconds()
}

// shownUntil is the youngest creation that lists show, in µs.
func (f *Faults) shownUntil(now time.Time) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.lag <= 0 {
		return 1<<63 - 1
	}
	return now.Add(-f.lag).UnixMicro()
}

func (f *Faults) losesUser(id string) lost {
	f.mu.Lock()
	defer f.mu.Unlock()
	var l lost
	if f.loses.users != nil && f.loses.users(id) {
		l |= lostUser
	}
	if f.loses.names != nil && f.loses.names(id) {
		l |= lostLoginName
	}
	return l
}

func (f *Faults) losesGrant(user string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.loses.grants != nil && f.loses.grants(user)
}
