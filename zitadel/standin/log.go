package standin

import (
	"sort"
	"time"
)

// Aggregate types as the event log names them.
const (
	kindInstance = "instance"
	kindOrg      = "org"
	kindUser     = "user"
	kindProject  = "project"
	kindGrant    = "usergrant"
	kindSession  = "session"
	kindOIDC     = "oidc_session"
	kindIntent   = "idpintent"
)

// aggregate is what a sequence of events belongs to.
type aggregate struct {
	id    string
	kind  string
	owner string // resource owner: an organization, or the instance
	seq   uint32 // of its last event
	last  int32  // index of its last event in the log plus one, 0 for none
}

// payload is what an event says beside its type; it becomes JSON only when
// somebody reads the event, which keeps a million users small.
type payload interface{ fields() map[string]any }

type values map[string]any

func (v values) fields() map[string]any { return v }

type event struct {
	of     *aggregate
	kind   string
	editor string
	data   payload
	at     int64 // µs since 1970
	seq    uint32
	prev   int32 // index of the aggregate's event before plus one
}

// chunk is how many events are allocated at once, so that a long log is never
// copied.
const chunk = 8192

// eventLog is the truth: all events in the order of their time. It is guarded
// by the lock of its state.
type eventLog struct {
	chunks [][]event
	n      int
	hidden map[int]int64 // index → time (µs) at which a late event is seen
}

func (l *eventLog) at(i int) *event { return &l.chunks[i/chunk][i%chunk] }

func (l *eventLog) append(e event) {
	if l.n%chunk == 0 {
		l.chunks = append(l.chunks, make([]event, 0, chunk))
	}
	last := len(l.chunks) - 1
	e.of.seq++
	e.seq, e.prev = e.of.seq, e.of.last
	l.chunks[last] = append(l.chunks[last], e)
	l.n++
	e.of.last = int32(l.n)
}

// after is the index of the first event later than t.
func (l *eventLog) after(t int64) int {
	return sort.Search(l.n, func(i int) bool { return l.at(i).at > t })
}

// tx is one transaction: all its events share one time, which is later than
// that of any transaction before.
type tx struct {
	s      *state
	editor string
	at     int64
	first  int
	last   *event
}

// begin starts a transaction of the editor, a user's ID. The caller holds the
// lock.
func (s *state) begin(editor string) *tx {
	at := s.now().UnixMicro()
	if at <= s.clock {
		at = s.clock + 1
	}
	s.clock = at
	return &tx{s: s, editor: editor, at: at, first: s.log.n}
}

func (t *tx) emit(of *aggregate, kind string, data payload) {
	i := t.s.log.n
	t.s.log.append(event{of: of, kind: kind, editor: t.editor, data: data, at: t.at})
	t.last = t.s.log.at(i)
	if until := t.s.faults.lateUntil(t.first, t.at); until > 0 {
		if t.s.log.hidden == nil {
			t.s.log.hidden = map[int]int64{}
		}
		t.s.log.hidden[i] = until
	}
}

// sequence is that of the last event, of whatever aggregate, as Zitadel's
// details show it.
func (t *tx) sequence() uint64 {
	if t.last == nil {
		return 0
	}
	return uint64(t.last.seq)
}

func micros(us int64) time.Time { return time.UnixMicro(us).UTC() }
