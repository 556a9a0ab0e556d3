package watch

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
)

// world is a school with a connection to a test identity provider that is in
// use.
type world struct {
	t     *testing.T
	store *store.Store
	rows  *store.Organization
	app   *testidp.App
	queue *counted
	own   time.Time // the end of Zitadel's certificate
	now   time.Time
	watch *Watch
}

// counted is a queue that counts.
type counted struct{ mails int }

func (q *counted) Enqueue(context.Context, *sql.Tx, string, any) error {
	q.mails++
	return nil
}

const connection identity.ConnectionID = "linden-idp"

func newWorld(t *testing.T) *world {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	w := &world{t: t, queue: new(counted), now: now, own: now.AddDate(1, 0, 0)}
	keys, err := store.ParseKeyRing(store.NewKey())
	must(t, err)
	w.store, err = store.Open(t.Context(), store.Options{
		Path: storetest.Path(t), Keys: keys, Now: func() time.Time { return w.now },
	})
	must(t, err)
	t.Cleanup(func() { _ = w.store.Close() })
	w.store.UseQueue(w.queue)
	w.people()

	idp, err := testidp.New(testidp.Options{})
	must(t, err)
	must(t, idp.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { _ = idp.Close() })
	w.app, err = idp.CreateApp(testidp.AppOptions{Vendor: identity.VendorEntra})
	must(t, err)

	zitadel := httptest.NewServer(http.HandlerFunc(w.certificate))
	t.Cleanup(zitadel.Close)
	w.watch = New(Options{
		Store: w.store, Zitadel: zitadel.URL, PublicURL: "https://homeroom.example",
		Fetch: outbound.New(outbound.Options{Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}}),
		Now:   func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	w.connect()
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// people are a school with an admin who can be written to.
func (w *world) people() {
	w.t.Helper()
	at := w.now.Add(-time.Hour)
	var events []identity.Event
	tell := func(aggregate string, facts ...identity.Fact) {
		for i, fact := range facts {
			events = append(events, identity.Event{
				Aggregate: aggregate, Sequence: uint64(i + 1), Organization: "linden", At: at, Fact: fact,
			})
		}
	}
	tell("linden",
		identity.OrganizationCreated{Organization: "linden", RemoteName: "linden-x1", At: at},
		identity.OrganizationMetadataSet{Organization: "linden", Key: identity.MetadataKind, Value: string(identity.KindSchool), At: at},
		identity.OrganizationMetadataSet{Organization: "linden", Key: identity.MetadataName, Value: "Linden School", At: at})
	tell("ada", identity.UserCreated{User: identity.User{
		ID: "ada", Home: "linden", UserName: "ada@linden.example", GivenName: "Ada", FamilyName: "Adler",
		Address: "ada@linden.example", AddressVerified: true, State: identity.UserActive,
	}, At: at})
	tell("1", identity.RoleAssignmentCreated{Assignment: identity.RoleAssignment{
		ID: "1", User: "ada", Organization: "linden", Roles: []identity.Role{identity.RoleSchoolAdmin}, State: identity.AssignmentActive,
	}, At: at})
	must(w.t, w.store.ApplyEvents(w.t.Context(), store.EventBatch{Events: events, Cursor: at}))
	opened, err := w.store.OpenFor(w.t.Context(), identity.Actor{User: "ada", Name: "Ada Adler"}, "linden")
	must(w.t, err)
	w.rows = w.store.In(opened)
}

// connect makes the connection as the wizard does: saved, tested, active.
func (w *world) connect() {
	w.t.Helper()
	asItIs := func(context.Context, *identity.Connection) error { return nil }
	metadata, err := w.app.Metadata()
	must(w.t, err)
	c := identity.Connection{
		ID: connection, Provider: "77", Vendor: identity.VendorEntra, Protocol: identity.ProtocolSAML, Name: "Linden Entra",
		State: identity.ConnectionDraft, MetadataURL: w.app.MetadataURL(), Metadata: string(metadata), EntityID: w.app.EntityID(),
		Rules: identity.JoiningRules{Joining: identity.JoinLink, Role: identity.RoleStudent},
	}
	must(w.t, w.rows.ChangeConnection(w.t.Context(), identity.Change{Action: identity.ActionConnectionMade}, c, asItIs))
	attempt := identity.Attempt{ID: identity.NewAttemptID(), Connection: connection, Kind: identity.AttemptTest}
	must(w.t, w.rows.BeginAttempt(w.t.Context(), attempt, store.AttemptWay{Intent: "1", Browser: "b"}))
	attempt.State = identity.AttemptPassed
	must(w.t, w.rows.FinishAttempt(w.t.Context(), attempt))
	c.State = identity.ConnectionActive
	must(w.t, w.rows.ChangeConnection(w.t.Context(), identity.Change{Action: identity.ActionConnectionActivated}, c, asItIs))
	w.queue.mails = 0
}

// certificate is Zitadel's own, at the address where it publishes it.
func (w *world) certificate(answer http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/idps/77/saml/certificate" {
		http.NotFound(answer, r)
		return
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Error(err)
	}
	raw, err := x509.CreateCertificate(rand.Reader, template(w.own), template(w.own), key.Public(), key)
	if err != nil {
		w.t.Error(err)
	}
	if err := pem.Encode(answer, &pem.Block{Type: "CERTIFICATE", Bytes: raw}); err != nil {
		w.t.Error(err)
	}
}

func template(end time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Zitadel"},
		NotBefore: end.AddDate(-1, 0, 0), NotAfter: end,
	}
}

func (w *world) run() {
	w.t.Helper()
	must(w.t, w.watch.Run(w.t.Context()))
}

func TestANewCertificateInTheMetadataIsProposed(t *testing.T) {
	w := newWorld(t)
	w.run()
	if _, _, err := w.rows.Proposal(t.Context(), connection); !identity.IsKind(err, identity.KindNotFound) {
		t.Fatalf("unchanged metadata is proposed: %v", err)
	}
	must(t, w.app.Rotate())
	w.run()
	metadata, _, err := w.rows.Proposal(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	proposed, problems := sso.ParseMetadata([]byte(metadata), w.now)
	if len(problems) > 0 || len(proposed.Certificates) != 2 {
		t.Errorf("proposed = %d certificates, %v", len(proposed.Certificates), problems)
	}
	in, err := w.rows.Connection(t.Context(), connection)
	if err != nil || in.Metadata == metadata || in.State != identity.ConnectionActive {
		t.Errorf("the connection took the proposal by itself: %v", err)
	}
	if at, trouble, err := w.rows.MetadataFetch(t.Context(), connection); err != nil || !at.Equal(w.now) || trouble.ID != "" {
		t.Errorf("refetch = %s %v %v", at, trouble, err)
	}
}

func TestMetadataThatCannotBeHadIsNotedAndChangesNothing(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answer  http.HandlerFunc
		trouble string
	}{
		{"gone", http.NotFound, "outbound.status"},
		{"a page", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<!doctype html><html>Sign in</html>"))
		}, "metadata.html"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			broken := httptest.NewServer(tt.answer)
			t.Cleanup(broken.Close)
			c, err := w.rows.Connection(t.Context(), connection)
			must(t, err)
			c.MetadataURL = broken.URL
			must(t, w.rows.ChangeConnection(t.Context(), identity.Change{Action: identity.ActionConnectionChanged}, c,
				func(context.Context, *identity.Connection) error { return nil }))
			w.run()
			_, trouble, err := w.rows.MetadataFetch(t.Context(), connection)
			if err != nil || trouble.ID != tt.trouble {
				t.Errorf("trouble = %q, %v; want %q", trouble.ID, err, tt.trouble)
			}
			if _, _, err := w.rows.Proposal(t.Context(), connection); !identity.IsKind(err, identity.KindNotFound) {
				t.Errorf("something is proposed: %v", err)
			}
		})
	}
}

// Sixty, thirty and seven days before and on the day before: one mail each, to
// whoever looks after sign-in, however often the watch comes by.
func TestTheSchoolIsWarnedOfACertificateOnceForEachOfTheDays(t *testing.T) {
	w := newWorld(t)
	w.run()
	if w.queue.mails != 0 {
		t.Fatalf("%d mails a year before the end", w.queue.mails)
	}
	end := w.own
	for _, tt := range []struct {
		left time.Duration
		want int // mails so far
	}{
		{61 * 24 * time.Hour, 0},
		{60 * 24 * time.Hour, 1},
		{59 * 24 * time.Hour, 1},
		{30 * 24 * time.Hour, 2},
		{7 * 24 * time.Hour, 3},
		{6 * 24 * time.Hour, 3},
		{24 * time.Hour, 4},
		{time.Hour, 4},
		{-48 * time.Hour, 4},
	} {
		w.now = end.Add(-tt.left)
		must(t, w.rows.SetCertificates(t.Context(), connection, "sp", []identity.Certificate{{
			Side: "sp", Fingerprint: "the one", Subject: "Zitadel", NotAfter: end,
		}}))
		c, err := w.rows.Connection(t.Context(), connection)
		must(t, err)
		opened, err := w.store.OpenFor(t.Context(), identity.Actor{User: "ada"}, "linden")
		must(t, err)
		must(t, w.watch.warn(t.Context(), opened, w.rows, c))
		if w.queue.mails != tt.want {
			t.Errorf("%s before the end: %d mails, want %d", tt.left, w.queue.mails, tt.want)
		}
	}
}

func TestACertificateThatIsReplacedAlreadyWorriesNobody(t *testing.T) {
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	old := identity.Certificate{Connection: "a", Side: "idp", Fingerprint: "old", NotAfter: now.AddDate(0, 0, 5)}
	for _, tt := range []struct {
		name  string
		other identity.Certificate
		want  bool
	}{
		{"another one in use", identity.Certificate{Connection: "a", Side: "idp", Fingerprint: "new", NotAfter: now.AddDate(1, 0, 0)}, true},
		{"one that nobody accepted", identity.Certificate{Connection: "a", Side: "idp", Fingerprint: "new", NotAfter: now.AddDate(1, 0, 0), Proposed: true}, false},
		{"the other side's", identity.Certificate{Connection: "a", Side: "sp", Fingerprint: "new", NotAfter: now.AddDate(1, 0, 0)}, false},
		{"another connection's", identity.Certificate{Connection: "b", Side: "idp", Fingerprint: "new", NotAfter: now.AddDate(1, 0, 0)}, false},
		{"one that ends soon, too", identity.Certificate{Connection: "a", Side: "idp", Fingerprint: "new", NotAfter: now.AddDate(0, 0, 20)}, false},
	} {
		if got := replaced(old, []identity.Certificate{old, tt.other}, now); got != tt.want {
			t.Errorf("%s: replaced = %v", tt.name, got)
		}
	}
}

func TestTheCalendarEntryIsOneThatCalendarsRead(t *testing.T) {
	end := time.Date(2027, 3, 9, 8, 0, 0, 0, time.UTC)
	entry := calendar(identity.Certificate{Connection: "c", Fingerprint: "ab12", Subject: "CN=Ünïcode, O=" + strings.Repeat("é", 60), NotAfter: end},
		"The certificate of A, B; and C ends", "https://homeroom.example/o/1/sign-in/connections/c", end.AddDate(0, -1, 0))
	for line := range bytes.SplitSeq(bytes.TrimSuffix(entry, []byte("\r\n")), []byte("\r\n")) {
		if len(line) > lineLength || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
	whole := strings.ReplaceAll(string(entry), "\r\n ", "")
	for _, want := range []string{
		"DTSTART;VALUE=DATE:20270309\r\n", "UID:c-ab12@homeroom\r\n", `SUMMARY:The certificate of A\, B\; and C ends` + "\r\n",
		`DESCRIPTION:CN=Ünïcode\, O=` + strings.Repeat("é", 60) + "\r\n", "BEGIN:VCALENDAR\r\n", "END:VCALENDAR\r\n",
	} {
		if !strings.Contains(whole, want) {
			t.Errorf("without %q:\n%s", want, whole)
		}
	}
}
