package handlers

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"homeroom.dev/homeroom/bulk"
	"homeroom.dev/homeroom/export"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/imports"
	"homeroom.dev/homeroom/projection"
	"homeroom.dev/homeroom/rollover"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
)

// secret is everybody's password in tests.
const secret = "Homeroom-1!"

// portal is the whole of Homeroom for a test: the chain on a real database and
// the real gateway, on a stand-in of Zitadel. Two schools, Linden and Birch, and
// a club that belongs to no school.
type portal struct {
	t          *testing.T
	ctx        context.Context
	zitadel    *standin.Server
	made       zitadel.Installation
	store      *store.Store
	gateway    *zitadel.Runtime
	opener     *zitadel.Provisioner
	imports    *imports.Engine
	projection *projection.Projection
	handler    http.Handler
	inside     *Server
	url        string
	now        *clock
	log        *syncBuffer
	queue      *queue
	oidcCalls  atomic.Int64 // requests of the relying party
	path       string       // of the database
	keys       *store.KeyRing
	options    Options // of the server

	people        map[string]identity.User // by user name
	organizations map[string]identity.Organization
	rows          signInRows                      // of Linden, once a walk needs them
	runs          map[string]identity.BulkRunID   // over many, likewise
	sheets        map[string]identity.CardSheetID // by place, of login cards
}

// The names of those who are there from the start.
const (
	linden  = "Linden School"
	birch   = "Birch Academy"
	biology = "Biology 7B"           // of Linden
	history = "History 8A"           // of Linden
	maths   = "Maths 5A"             // of Birch
	club    = "Saturday Coding Club" // stands alone

	priya   = "priya@linden.example"  // school_admin of Linden
	lee     = "lee@linden.example"    // teacher of Biology
	second  = "second@linden.example" // another teacher of Biology
	jon     = "jon@linden.example"    // co_teacher of Biology
	sam     = "sam@linden.example"    // student of Biology
	noor    = "noor.7b"               // student of Biology without e-mail
	lea     = "lea@linden.example"    // at home in Linden, without a role
	mallory = "mallory@birch.example" // teacher of Maths
	bob     = "bob@birch.example"     // school_admin of Birch
	ruth    = "ruth@example.com"      // teacher of the club
	olu     = "olu@operators.example" // operator
)

// newPortal starts everything and waits until the projection knows everybody.
func newPortal(t *testing.T, change ...func(*Options)) *portal {
	t.Helper()
	return newPortalOn(t, standin.Options{}, change...)
}

// newPortalOn is newPortal on a Zitadel that is set up in another way.
func newPortalOn(t *testing.T, zitadelOptions standin.Options, change ...func(*Options)) *portal {
	t.Helper()
	p := &portal{
		t: t, ctx: t.Context(), now: &clock{}, log: &syncBuffer{}, queue: &queue{},
		people: map[string]identity.User{}, organizations: map[string]identity.Organization{},
	}
	var err error
	p.zitadel, err = standin.New(zitadelOptions)
	p.check(err)
	p.check(p.zitadel.Start(p.ctx, ""))
	t.Cleanup(func() { _ = p.zitadel.Close() })

	// The portal is 127.0.0.1 and Zitadel localhost, because cookies do not tell
	// ports apart.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	p.check(err)
	p.url = "http://" + listener.Addr().String()
	p.made, err = zitadel.Bootstrap(p.ctx, zitadel.BootstrapOptions{
		Issuer: p.zitadel.Issuer(), OwnerKey: p.zitadel.OwnerKey(), PortalURL: p.url,
	}, func(string, bool) {})
	p.check(err)
	p.gateway, err = zitadel.NewRuntime(p.ctx, p.made.RuntimeConfig())
	p.check(err)
	p.opener, err = zitadel.NewProvisioner(p.ctx, p.made.ProvisionerConfig())
	p.check(err)
	events, err := zitadel.NewEvents(p.ctx, p.made.EventsConfig())
	p.check(err)
	p.keys, err = store.ParseKeyRing(store.NewKey())
	p.check(err)
	p.path = storetest.Path(t)
	p.store, err = store.Open(p.ctx, store.Options{
		Path: p.path, Keys: p.keys, Operators: p.made.Operators, Now: p.now.Now,
	})
	p.check(err)
	p.store.UseQueue(p.queue)
	p.projection = projection.New(p.store, events, projection.Options{
		Interval: 100 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	})
	following, stop := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { _ = p.projection.Run(following) })
	t.Cleanup(func() {
		stop()
		wait.Wait()
		_ = events.Close()
		_ = p.gateway.Close()
		_ = p.opener.Close()
		_ = p.store.Close()
	})
	p.populate()

	p.imports = imports.New(imports.Options{
		Store: p.store, Gateway: p.gateway, Provisioner: p.opener, Compose: InvitationMails(p.store, p.url),
		Now: p.now.Now, Log: slog.New(slog.DiscardHandler),
	})
	options := Options{
		Store: p.store, Gateway: p.gateway, Provisioner: p.opener,
		OIDC: OIDC{
			Issuer: p.made.Issuer, ClientID: p.made.ClientID, Individuals: p.made.Individuals,
			Client: &http.Client{Transport: countingTransport{&p.oidcCalls}, Timeout: 5 * time.Second},
		},
		PublicURL: p.url,
		Projection: func() ProjectionStatus {
			status := p.projection.Status(context.Background())
			return ProjectionStatus{
				KnownAt: p.now.Now().Add(-status.Age), Err: status.Err,
				HeardAt: p.now.Now().Add(-status.Age), LastEvent: status.LastEvent, Built: status.Built,
			}
		},
		MailReady: func(context.Context) error { return nil },
		Intents:   events,
		Exports:   export.Works{Store: p.store, Provisioner: p.opener, Now: p.now.Now},

		PlanImport:   p.imports.Plan,
		PlanRollover: p.rollovers().Plan,
		Now:          p.now.Now,
		Log:          slog.New(slog.NewJSONHandler(p.log, nil)),
		Demo:         true,
	}
	for _, f := range change {
		f(&options)
	}
	p.options = options
	p.inside, err = newServer(options)
	p.check(err)
	p.handler = p.inside.routes()
	server := httptest.NewUnstartedServer(p.handler)
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return p
}

func (p *portal) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// populate makes the organizations and people through the gateway, as the
// portal would.
func (p *portal) populate() {
	p.t.Helper()
	p.open(linden, identity.KindSchool, "")
	p.open(biology, identity.KindClassroom, linden)
	p.open(history, identity.KindClassroom, linden)
	p.open(birch, identity.KindSchool, "")
	p.open(maths, identity.KindClassroom, birch)
	p.open(club, identity.KindClassroom, "")

	p.person(linden, priya, "Priya", "Nair")
	p.person(linden, lee, "Maria", "Lee")
	p.person(linden, second, "Sofia", "Berg")
	p.person(linden, jon, "Jon", "Okafor")
	p.person(linden, sam, "Sam", "Kim")
	p.person(linden, noor, "Noor", "Haddad")
	p.person(linden, lea, "Lea", "Novak")
	p.person(birch, mallory, "Mallory", "Quinn")
	p.person(birch, bob, "Bob", "Vidal")
	p.person(club, ruth, "Ruth", "Adler")
	p.person(birch, olu, "Olu", "Adeyemi")

	p.assign(linden, priya, identity.RoleSchoolAdmin)
	p.assign(biology, lee, identity.RoleTeacher)
	p.assign(biology, second, identity.RoleTeacher)
	p.assign(biology, jon, identity.RoleCoTeacher)
	p.assign(biology, sam, identity.RoleStudent)
	p.assign(biology, noor, identity.RoleStudent)
	p.assign(maths, mallory, identity.RoleTeacher)
	p.assign(birch, bob, identity.RoleSchoolAdmin)
	p.assign(club, ruth, identity.RoleTeacher)
	_, err := zitadel.Bootstrap(p.ctx, zitadel.BootstrapOptions{
		Issuer: p.zitadel.Issuer(), OwnerKey: p.zitadel.OwnerKey(), PortalURL: p.url,
		Previous: p.made, Operators: []string{string(p.people[olu].ID)},
	}, func(string, bool) {})
	p.check(err)
	p.settled()
}

// settled waits until the projection has read all that happened so far.
func (p *portal) settled() {
	p.t.Helper()
	p.check(p.projection.Sync(p.ctx, nil))
}

func (p *portal) open(name string, kind identity.Kind, school string) {
	p.t.Helper()
	n := identity.NewOrganization{
		ID: identity.NewOrganizationID(), Kind: kind, Name: name, School: p.organizations[school].ID,
	}
	_, err := p.opener.Open(p.ctx, n)
	p.check(err)
	p.organizations[name] = identity.Organization{ID: n.ID, Kind: kind, Name: name, School: n.School, State: identity.OrganizationActive}
}

// founded is an organization as the gateway needs it, opened for nobody in
// particular.
func (p *portal) founded(organization string) identity.Opened {
	p.t.Helper()
	o := p.organizations[organization]
	opened, err := identity.OpenFounded(o, identity.Actor{User: "test", Name: "Test"}, identity.RolesIn(o.Kind)[0])
	p.check(err)
	return opened
}

// person makes somebody at home in organization, with the password [secret].
// A user name without @ is somebody without e-mail.
func (p *portal) person(home, userName, given, family string) identity.User {
	p.t.Helper()
	n := identity.NewUser{
		ID:       identity.UserID("u-" + strings.NewReplacer("@", "-", ".", "-").Replace(userName)),
		UserName: userName, GivenName: given, FamilyName: family, Secret: secret,
	}
	if strings.Contains(userName, "@") {
		n.Address, n.AddressVerified = userName, true
	}
	fact, err := p.gateway.In(p.founded(home)).CreateUser(p.ctx, n)
	p.check(err)
	user := fact.(identity.UserCreated).User
	p.people[userName] = user
	return user
}

func (p *portal) assign(organization, userName string, role identity.Role) {
	p.t.Helper()
	_, err := p.gateway.In(p.founded(organization)).CreateRoleAssignment(p.ctx, p.people[userName].ID, []identity.Role{role})
	p.check(err)
}

// id is the ID of an organization by its name.
func (p *portal) id(organization string) identity.OrganizationID {
	return p.organizations[organization].ID
}

// in opens an organization for somebody, as their pages do.
func (p *portal) in(organization, userName string) *store.Organization {
	p.t.Helper()
	return p.store.In(p.opened(organization, userName))
}

func (p *portal) opened(organization, userName string) identity.Opened {
	p.t.Helper()
	user := p.people[userName]
	opened, err := p.store.OpenFor(p.ctx, identity.Actor{User: user.ID, Name: user.DisplayName()}, p.id(organization))
	p.check(err)
	return opened
}

// clock is the portal's time: the real one, moved.
type clock struct {
	mu    sync.Mutex
	ahead time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// countingTransport counts requests.
type countingTransport struct{ n *atomic.Int64 }

func (c countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return http.DefaultTransport.RoundTrip(r)
}

// syncBuffer is a log that may be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// queue takes background work and does none of it.
type queue struct {
	mu    sync.Mutex
	jobs  []string
	mails []string // IDs in the outbox
	todo  []todo   // of packages bulk and imports; see portal.work
}

// todo is background work that waits.
type todo struct {
	kind    string
	payload json.RawMessage
}

// Enqueue implements [store.Queue].
func (q *queue) Enqueue(_ context.Context, _ *sql.Tx, kind string, payload any) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, kind)
	if kind == store.OpeningJob || kind == store.BulkJob || kind == store.ImportJob || kind == store.RolloverJob {
		encoded, err := json.Marshal(payload)
		if err != nil {
			return err
		}
		q.todo = append(q.todo, todo{kind, encoded})
	}
	if mail, ok := payload.(store.MailPayload); ok {
		q.mails = append(q.mails, mail.Mail)
	}
	return nil
}

// openings opens the classrooms of lists.
func (p *portal) openings() bulk.Openings {
	return bulk.Openings{
		Store: p.store, Provisioner: p.opener, Gateway: p.gateway, Now: p.now.Now,
		Log: slog.New(slog.DiscardHandler), Compose: InvitationMails(p.store, p.url),
	}
}

// runner does runs over many, and rollovers takes schools from term to term.
func (p *portal) runner() *bulk.Runner {
	return bulk.New(bulk.Options{Store: p.store, Gateway: p.gateway, Now: p.now.Now, Log: slog.New(slog.DiscardHandler)})
}

func (p *portal) rollovers() *rollover.Engine {
	return rollover.New(rollover.Options{
		Store: p.store, Gateway: p.gateway, Provisioner: p.opener, Runs: p.runner().Handle, Now: p.now.Now,
		Log: slog.New(slog.DiscardHandler),
	})
}

// work does the runs, lists and imports that wait, until none does.
func (p *portal) work() {
	p.t.Helper()
	handle := map[string]func(context.Context, json.RawMessage, bool) error{
		store.OpeningJob:  p.openings().Handle,
		store.BulkJob:     p.runner().Handle,
		store.ImportJob:   p.imports.Handle,
		store.RolloverJob: p.rollovers().Handle,
	}
	for {
		p.queue.mu.Lock()
		if len(p.queue.todo) == 0 {
			p.queue.mu.Unlock()
			return
		}
		next := p.queue.todo[0]
		p.queue.todo = p.queue.todo[1:]
		p.queue.mu.Unlock()
		p.check(handle[next.kind](p.ctx, next.payload, false))
	}
}

// mail is the ID of the mail that was queued as number i, from 0.
func (q *queue) mail(i int) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.mails[i]
}

// invite makes an invitation as somebody of the organization would, and
// returns the token of its link.
func (p *portal) invite(organization, inviter, address string, role identity.Role) string {
	p.t.Helper()
	opened := p.opened(organization, inviter)
	draft := identity.InvitationDraft{Role: role, Language: "en", Days: 14}.For(opened, p.now.Now(), address, "", "")
	var token string
	_, err := p.store.In(opened).Invite(p.ctx, []identity.Invitation{draft}, identity.NewSubmission(),
		func(i identity.Invitation, t string) (identity.Mail, error) {
			token = t
			return identity.Mail{To: i.Address, Subject: "test", Text: t}, nil
		})
	p.check(err)
	if token == "" {
		p.t.Fatalf("no invitation was made for %s", address)
	}
	return token
}
