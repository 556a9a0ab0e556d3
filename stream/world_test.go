package stream

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
)

// school is a store with one school, whose log is sent on.
type school struct {
	*store.Store
	t   testing.TB
	org *store.Organization
}

func newSchool(t testing.TB) *school {
	t.Helper()
	return openSchool(t, storetest.Path(t), store.NewKey())
}

func openSchool(t testing.TB, path, key string) *school {
	t.Helper()
	keys, err := store.ParseKeyRing(key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Path: path, Keys: keys, Operators: "operators"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	opened, err := identity.OpenFounded(
		identity.Organization{ID: "linden", Kind: identity.KindSchool, Name: "Linden School"},
		identity.Actor{User: "priya", Name: "Priya Nair"}, identity.RoleSchoolAdmin)
	if err != nil {
		t.Fatal(err)
	}
	return &school{Store: s, t: t, org: s.In(opened)}
}

// happen puts n records on the log.
func (s *school) happen(n int) {
	s.t.Helper()
	for i := range n {
		on := i%2 == 0
		settings := identity.OrganizationSettings{StudentsSeeNames: on, TeachersOpenClassrooms: !on}
		if err := s.org.SetSettings(s.t.Context(), settings); err != nil {
			s.t.Fatal(err)
		}
	}
}

// add adds a webhook to which all there is is sent, and answers its secret.
func (s *school) add(id string, to *receiver) {
	s.t.Helper()
	target := identity.StreamTarget{
		ID: id, Kind: identity.StreamWebhook, Name: "SIEM", Address: to.URL, Authorities: pemOf(to.Certificate()),
	}
	if err := s.org.Streams().Add(s.t.Context(), target, "", true); err != nil {
		s.t.Fatal(err)
	}
	secret, err := s.org.Streams().Secret(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	to.know(secret)
}

func (s *school) target(id string) identity.StreamTarget {
	s.t.Helper()
	target, err := s.org.Streams().Target(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return target
}

// logged are the IDs of all closed records, the oldest first.
func (s *school) logged() []string {
	s.t.Helper()
	var ids []string
	for r, err := range s.org.AuditLog().All(s.t.Context(), store.AuditQuery{}) {
		if err != nil {
			s.t.Fatal(err)
		}
		ids = append([]string{r.ID}, ids...)
	}
	return ids
}

// caughtUp waits until a target has all.
func (s *school) caughtUp(id string) identity.StreamTarget {
	s.t.Helper()
	return s.until(id, func(t identity.StreamTarget) bool { return t.Waiting == 0 })
}

func (s *school) until(id string, fits func(identity.StreamTarget) bool) identity.StreamTarget {
	s.t.Helper()
	end := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if target := s.target(id); fits(target) {
			return target
		}
		select {
		case <-end:
			s.t.Fatalf("the target is still %+v", s.target(id))
		case <-tick.C:
		}
	}
}

// streams runs until the test ends.
func (s *school) streams() *Streams {
	s.t.Helper()
	streams := New(Options{Store: s.Store, Outbound: loopback(), Product: audit.Product{Version: "test"}})
	streams.firstPause = 10 * time.Millisecond
	streams.poll = 10 * time.Millisecond
	return streams
}

// receiver is a webhook that outlives whoever sends to it. It believes nothing
// that is not signed.
type receiver struct {
	*httptest.Server

	mu      sync.Mutex
	secret  string
	answer  int      // 0: takes what comes
	got     []string // IDs of the events taken, in the order in which they came
	batches map[string]string
	seen    chan struct{} // a request came
	refused []string
}

func newReceiver(t testing.TB) *receiver {
	t.Helper()
	r := &receiver{batches: make(map[string]string), seen: make(chan struct{}, 10_000)}
	r.Server = httptest.NewTLSServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) know(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = secret
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	defer func() { r.seen <- struct{}{} }()
	if r.answer != 0 {
		w.WriteHeader(r.answer)
		return
	}
	verifier, problem := webhooks.NewWebhook(r.secret)
	if problem == nil {
		problem = verifier.Verify(body, request.Header)
	}
	if err != nil || problem != nil {
		r.refused = append(r.refused, "not signed")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	id := request.Header.Get("Webhook-Id")
	if before, twice := r.batches[id]; twice && before != string(body) {
		r.refused = append(r.refused, "another body under the same ID")
	}
	r.batches[id] = string(body)
	for _, text := range strings.Split(strings.TrimSuffix(string(body), "\n"), "\n") {
		var event struct{ Metadata struct{ UID string } }
		if err := json.Unmarshal([]byte(text), &event); err != nil {
			r.refused = append(r.refused, err.Error())
		}
		r.got = append(r.got, event.Metadata.UID)
	}
}

// taken is what came, and what was wrong with it.
func (r *receiver) taken() (ids, wrong []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.got...), append([]string(nil), r.refused...)
}

func (r *receiver) set(answer int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// unique are IDs without their repetitions, in order, and how many those are.
func unique(ids []string) (once []string, twice int) {
	seen := make(map[string]bool)
	for _, id := range ids {
		if seen[id] {
			twice++
			continue
		}
		seen[id] = true
		once = append(once, id)
	}
	return once, twice
}
