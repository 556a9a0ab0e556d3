package handlers

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/projection"
	"homeroom.dev/homeroom/store"
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
	projection *projection.Projection
	handler    http.Handler
	inside     *Server
	url        string
	now        *clock
	log        *syncBuffer
	queue      *queue
	oidcCalls  atomic.Int64 // requests of the relying party

	people        map[string]identity.User // by user name
	organizations map[string]identity.Organization
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
	keys, err := store.ParseKeyRing(store.NewKey())
	p.check(err)
	p.store, err = store.Open(p.ctx, store.Options{
		Path: filepath.Join(t.TempDir(), "homeroom.db"), Keys: keys, Operators: p.made.Operators, Now: p.now.Now,
	})
	p.check(err)
	p.store.UseQueue(p.queue)
	p.projection = projection.New(p.store, events, projection.Options{
		Interval: 25 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
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

	options := Options{
		Store: p.store, Gateway: p.gateway, Provisioner: p.opener,
		OIDC: OIDC{
			Issuer: p.made.Issuer, ClientID: p.made.ClientID,
			Client: &http.Client{Transport: countingTransport{&p.oidcCalls}, Timeout: 5 * time.Second},
		},
		PublicURL: p.url,
		Projection: func() ProjectionStatus {
			status := p.projection.Status(context.Background())
			return ProjectionStatus{KnownAt: p.now.Now().Add(-status.Age), Err: status.Err}
		},
		MailReady: func(context.Context) error { return nil },
		Now:       p.now.Now,
		Log:       slog.New(slog.NewJSONHandler(p.log, nil)),
		Demo:      true,
	}
	for _, f := range change {
		f(&options)
	}
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

// browser keeps cookies and follows links and redirects, as a browser without
// script does.
type browser struct {
	p      *portal
	client *http.Client
	header http.Header // sent with every request
}

// page is what a browser sees.
type page struct {
	Status int
	URL    *url.URL
	Header http.Header
	Body   string
	doc    *html.Node
}

func (p *portal) browser() *browser {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	p.check(err)
	return &browser{p: p, client: &http.Client{Jar: jar, Timeout: 20 * time.Second}, header: http.Header{}}
}

// staying is the same browser, which does not follow redirects.
func (b *browser) staying() *browser {
	client := *b.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{p: b.p, client: &client, header: b.header}
}

// with is the same browser, which sends a header as well.
func (b *browser) with(name, value string) *browser {
	header := b.header.Clone()
	header.Set(name, value)
	return &browser{p: b.p, client: b.client, header: header}
}

func (b *browser) get(path string) page {
	b.p.t.Helper()
	return b.do(http.MethodGet, path, nil)
}

// post sends a form; fields are pairs of name and value.
func (b *browser) post(path string, fields ...string) page {
	b.p.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.do(http.MethodPost, path, form)
}

// do makes a request to the portal, or to a full URL.
func (b *browser) do(method, path string, form url.Values) page {
	b.p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = b.p.url + path
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(b.p.ctx, method, path, body)
	b.p.check(err)
	request.Header = b.header.Clone()
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := b.client.Do(request)
	b.p.check(err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	b.p.check(err)
	doc, err := html.Parse(bytes.NewReader(text))
	b.p.check(err)
	seen := page{Status: response.StatusCode, URL: response.Request.URL, Header: response.Header, Body: string(text), doc: doc}
	if target, ok := strings.CutPrefix(response.Header.Get("Refresh"), "0; url="); ok && b.client.CheckRedirect == nil {
		return b.get(target)
	}
	return seen
}

// signIn signs somebody in through Zitadel's login page.
func (p *portal) signIn(userName string) *browser {
	p.t.Helper()
	b := p.browser()
	if seen := b.signInAt("/home", userName, secret); seen.URL.Path != "/home" || seen.Status != http.StatusOK {
		p.t.Fatalf("sign in as %s: %d at %s\n%s", userName, seen.Status, seen.URL, seen.Body)
	}
	return b
}

// signInAt asks for a page of the portal and types the credentials wherever
// that leads.
func (b *browser) signInAt(path, userName, password string) page {
	b.p.t.Helper()
	return b.through(b.get(path), userName, password)
}

// through fills in the forms of Zitadel's login pages until they lead back to
// the portal, or say that something is wrong.
func (b *browser) through(seen page, userName, password string) page {
	b.p.t.Helper()
	for range 8 {
		if "http://"+seen.URL.Host != b.p.zitadel.Issuer() {
			return seen
		}
		form := find(seen.doc, "form", "", "")
		if form == nil {
			return seen
		}
		fields := url.Values{}
		for _, input := range findAll(form, "input") {
			name, value := attribute(input, "name"), attribute(input, "value")
			switch kind := attribute(input, "type"); {
			case name == "":
				continue
			case kind == "password":
				value = password
			case kind != "hidden" && kind != "submit" && (name == "loginName" || value == ""):
				value = userName
			case kind == "submit":
				continue
			}
			fields.Set(name, value)
		}
		action, err := seen.URL.Parse(attribute(form, "action"))
		b.p.check(err)
		seen = b.do(strings.ToUpper(attribute(form, "method")), action.String(), fields)
	}
	return seen
}

// find is the first element with the attribute, or nil. An empty name is any.
func find(n *html.Node, element, name, value string) *html.Node {
	for _, e := range findAll(n, element) {
		if name == "" || attribute(e, name) == value {
			return e
		}
	}
	return nil
}

func findAll(n *html.Node, element string) []*html.Node {
	var found []*html.Node
	for e := range n.Descendants() {
		if e.Type == html.ElementNode && e.Data == element {
			found = append(found, e)
		}
	}
	return found
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text is what a page says, without markup and with white space folded.
func (s page) text() string {
	var b strings.Builder
	for n := range s.doc.Descendants() {
		if n.Type == html.TextNode && (n.Parent == nil || n.Parent.Data != "script" && n.Parent.Data != "style") {
			b.WriteString(n.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// field is the value of an input of the page.
func (s page) field(name string) string {
	if input := find(s.doc, "input", "name", name); input != nil {
		return attribute(input, "value")
	}
	return ""
}

// scenario is one request and all that is to be seen of its answer. Every
// column is asserted: an empty redirect means that there is none, and an empty
// audit that nothing was recorded.
type scenario struct {
	name     string
	who      string // user name; empty: signed out
	method   string
	path     string // {biology} and the like stand for IDs
	form     url.Values
	region   string // HX-Target; empty: a browser
	status   int
	text     []string // all of them are said
	absent   []string // none of them is
	redirect string   // path of Location
	audit    []identity.Action
}

// run plays scenarios in order on one portal, where organization names whose
// audit log is watched.
func (p *portal) run(organization string, scenarios []scenario) {
	p.t.Helper()
	browsers := map[string]*browser{"": p.browser()}
	for _, s := range scenarios {
		p.t.Run(s.name, func(t *testing.T) {
			if browsers[s.who] == nil {
				browsers[s.who] = p.signIn(s.who)
			}
			b := browsers[s.who].staying()
			if s.region != "" {
				b = b.with("HX-Request", "true").with("HX-Target", s.region)
			}
			before := p.audited(organization)
			seen := b.do(s.method, p.fill(s.path), s.form)
			if seen.Status != s.status {
				t.Errorf("%s %s = %d, want %d\n%s", s.method, s.path, seen.Status, s.status, seen.text())
			}
			for _, want := range s.text {
				if !strings.Contains(seen.text(), want) {
					t.Errorf("%s %s does not say %q:\n%s", s.method, s.path, want, seen.text())
				}
			}
			for _, unwanted := range s.absent {
				if strings.Contains(seen.text(), unwanted) {
					t.Errorf("%s %s says %q:\n%s", s.method, s.path, unwanted, seen.text())
				}
			}
			if got := seen.Header.Get("Location"); got != p.fill(s.redirect) {
				t.Errorf("%s %s leads to %q, want %q", s.method, s.path, got, p.fill(s.redirect))
			}
			if got, want := fmt.Sprint(p.audited(organization)[len(before):]), fmt.Sprint(s.audit); got != want {
				t.Errorf("%s %s recorded %v, want %v", s.method, s.path, got, want)
			}
		})
	}
}

// fill puts IDs in place of names in braces: {biology}, {sam}.
func (p *portal) fill(path string) string {
	for name, id := range map[string]identity.OrganizationID{
		"{linden}": p.id(linden), "{biology}": p.id(biology), "{history}": p.id(history),
		"{birch}": p.id(birch), "{maths}": p.id(maths), "{club}": p.id(club),
	} {
		path = strings.ReplaceAll(path, name, string(id))
	}
	for userName, user := range p.people {
		short, _, _ := strings.Cut(userName, "@")
		path = strings.ReplaceAll(path, "{"+short+"}", string(user.ID))
	}
	return path
}

// audited are the actions on record in an organization, oldest first.
func (p *portal) audited(organization string) []identity.Action {
	p.t.Helper()
	var actions []identity.Action
	records, err := p.store.In(p.founded(organization)).Audit(p.ctx, store.AuditQuery{Limit: 500})
	p.check(err)
	for _, r := range records.Records {
		if r.Source == identity.SourcePortal {
			actions = append([]identity.Action{r.Action}, actions...)
		}
	}
	return actions
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
}

// Enqueue implements [store.Queue].
func (q *queue) Enqueue(_ context.Context, _ *sql.Tx, kind string, payload any) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, kind)
	if mail, ok := payload.(store.MailPayload); ok {
		q.mails = append(q.mails, mail.Mail)
	}
	return nil
}

// mail is the ID of the mail that was queued as number i, from 0.
func (q *queue) mail(i int) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.mails[i]
}

// location is the portal's URL.
func (p *portal) location() *url.URL {
	u, err := url.Parse(p.url)
	p.check(err)
	return u
}

func (b *browser) cookie(name string) string {
	for _, c := range b.client.Jar.Cookies(b.p.location()) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (b *browser) setCookie(name, value string) {
	b.client.Jar.SetCookies(b.p.location(), []*http.Cookie{{Name: name, Value: value, Path: "/"}})
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
