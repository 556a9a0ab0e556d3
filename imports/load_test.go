package imports_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	zitadelgo "github.com/zitadel/zitadel-go/v3/pkg/zitadel"
	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/imports"
	"homeroom.dev/homeroom/projection"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/roster/rostertest"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
)

// How much is imported, and where: HOMEROOM_IMPORT_LOAD is the number of students,
// HOMEROOM_IMPORT_ANSWER how long the stand-in takes for each call, and
// HOMEROOM_IMPORT_WRITERS how many writes there are at once. HOMEROOM_CONTRACT_ISSUER
// and HOMEROOM_CONTRACT_KEY name a real Zitadel instead of the stand-in.
const (
	loadStudents = "HOMEROOM_IMPORT_LOAD"
	loadAnswer   = "HOMEROOM_IMPORT_ANSWER"
	loadWriters  = "HOMEROOM_IMPORT_WRITERS"
	standinChild = "HOMEROOM_IMPORT_STANDIN"
)

// site is a Zitadel that schools are opened at.
type site struct {
	t           *testing.T
	made        zitadel.Installation
	gateway     *zitadel.Runtime
	provisioner *zitadel.Provisioner
}

func (s *site) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// newSite prepares a Zitadel.
func newSite(t *testing.T, issuer string, key []byte) *site {
	t.Helper()
	s, ctx := &site{t: t}, t.Context()
	var err error
	s.made, err = zitadel.Bootstrap(ctx, zitadel.BootstrapOptions{
		Issuer: issuer, OwnerKey: key, PortalURL: "http://localhost:18080", Name: "Imports",
	}, func(string, bool) {})
	s.check(err)
	s.gateway, err = zitadel.NewRuntime(ctx, s.made.RuntimeConfig())
	s.check(err)
	t.Cleanup(func() { _ = s.gateway.Close() })
	s.provisioner, err = zitadel.NewProvisioner(ctx, s.made.ProvisionerConfig())
	s.check(err)
	t.Cleanup(func() { _ = s.provisioner.Close() })
	return s
}

// realSite is the Zitadel that the environment names; nil if it names none.
func realSite(t *testing.T) *site {
	t.Helper()
	issuer, path := os.Getenv("HOMEROOM_CONTRACT_ISSUER"), os.Getenv("HOMEROOM_CONTRACT_KEY")
	if issuer == "" || path == "" {
		return nil
	}
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return newSite(t, issuer, key)
}

// standinApart is a stand-in in a process of its own, so that memory that is
// measured here is ours.
func standinApart(t *testing.T) *site {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestTheStandInInAnotherProcess$")
	child.Env = append(os.Environ(), standinChild+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill(); _ = child.Wait() })
	var at struct {
		Issuer string
		Key    []byte
	}
	if err := json.NewDecoder(out).Decode(&at); err != nil {
		t.Fatal(err)
	}
	return newSite(t, at.Issuer, at.Key)
}

// TestTheStandInInAnotherProcess is no test but that process.
func TestTheStandInInAnotherProcess(t *testing.T) {
	if os.Getenv(standinChild) == "" {
		t.Skip("it is started by the tests of load")
	}
	server, err := standin.New(standin.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if answer, err := time.ParseDuration(os.Getenv(loadAnswer)); err == nil {
		server.Faults().Slow("", answer)
	}
	at, err := json.Marshal(map[string]any{"Issuer": server.Issuer(), "Key": server.OwnerKey()})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(at))
	select {} // until it is killed
}

// house is a school at a site, with a database of its own.
type house struct {
	*site
	path   string
	keys   string
	queue  *queue
	store  *store.Store
	engine *imports.Engine
	school identity.Organization
	admin  identity.Actor
	mark   string // before every user name, because they are unique at Zitadel
}

func (s *site) newHouse(writers int) *house {
	s.t.Helper()
	ctx := s.t.Context()
	h := &house{site: s, path: filepath.Join(s.t.TempDir(), "homeroom.sqlite"), keys: store.NewKey(), queue: &queue{}}
	n := identity.NewOrganization{ID: identity.NewOrganizationID(), Kind: identity.KindSchool, Name: "Birch School"}
	_, err := s.provisioner.Open(ctx, n)
	s.check(err)
	h.school = identity.Organization{ID: n.ID, Kind: n.Kind, Name: n.Name, State: identity.OrganizationActive}
	h.mark = string(n.ID)[:6]
	opened, err := identity.OpenFounded(h.school, identity.Actor{User: "test"}, identity.RoleSchoolAdmin)
	s.check(err)
	remote := s.gateway.In(opened)
	h.admin = identity.Actor{User: identity.UserID(identity.NewOrganizationID()), Name: "Priya Nair"}
	address := h.mark + "priya@birch.example"
	_, err = remote.CreateUser(ctx, identity.NewUser{
		ID: h.admin.User, UserName: address, GivenName: "Priya", FamilyName: "Nair", Address: address, AddressVerified: true,
	})
	s.check(err)
	_, err = remote.CreateRoleAssignment(ctx, h.admin.User, []identity.Role{identity.RoleSchoolAdmin})
	s.check(err)
	h.reopen(writers)
	h.sync()
	return h
}

// reopen opens the database, as the next process does.
func (h *house) reopen(writers int) {
	h.t.Helper()
	keys, err := store.ParseKeyRing(h.keys)
	h.check(err)
	h.store, err = store.Open(h.t.Context(), store.Options{Path: h.path, Keys: keys, Operators: h.made.Operators})
	h.check(err)
	opened := h.store
	h.t.Cleanup(func() { _ = opened.Close() })
	h.store.UseQueue(h.queue)
	h.engine = imports.New(imports.Options{
		Store: h.store, Gateway: h.gateway, Provisioner: h.provisioner, Writers: writers, Log: slog.New(slog.DiscardHandler),
	})
}

func (h *house) sync() {
	h.t.Helper()
	events, err := zitadel.NewEvents(h.t.Context(), h.made.EventsConfig())
	h.check(err)
	defer func() { _ = events.Close() }()
	h.check(projection.New(h.store, events, projection.Options{Logger: slog.New(slog.DiscardHandler)}).Sync(h.t.Context(), nil))
}

func (h *house) rows() *store.Organization {
	h.t.Helper()
	opened, err := h.store.OpenFor(h.t.Context(), h.admin, h.school.ID)
	h.check(err)
	return h.store.In(opened)
}

// work does jobs until there are none.
func (h *house) work() {
	h.t.Helper()
	for {
		job, more := h.queue.next()
		if !more {
			return
		}
		h.check(h.engine.Handle(h.t.Context(), job, false))
	}
}

// set is a school's set with user names of this school; without people it has the
// classes alone.
func (h *house) set(students int, people bool) roster.File {
	h.t.Helper()
	var whole, own bytes.Buffer
	h.check(rostertest.OneRoster(&whole, students))
	from, err := zip.NewReader(bytes.NewReader(whole.Bytes()), int64(whole.Len()))
	h.check(err)
	into := zip.NewWriter(&own)
	for _, file := range from.File {
		r, err := file.Open()
		h.check(err)
		content, err := io.ReadAll(r)
		h.check(err)
		text := string(content)
		switch file.Name {
		case "users.csv":
			text = strings.NewReplacer(",pupil", ","+h.mark+"pupil", ",teacher", ","+h.mark+"teacher").Replace(text)
			fallthrough
		case "roles.csv", "enrollments.csv":
			if !people {
				text, _, _ = strings.Cut(text, "\n")
				text += "\n"
			}
		}
		w, err := into.Create(file.Name)
		h.check(err)
		_, err = io.WriteString(w, text)
		h.check(err)
	}
	h.check(into.Close())
	return rostertest.Bytes("set.zip", own.Bytes())
}

// planned brings a set and has it planned.
func (h *house) planned(file roster.File) store.Import {
	h.t.Helper()
	ctx, o := h.t.Context(), h.rows()
	reading, _, err := roster.Recognise(file)
	h.check(err)
	content := make([]byte, file.Size)
	if _, err := file.ReadAt(content, 0); err != nil && !errors.Is(err, io.EOF) {
		h.t.Fatal(err)
	}
	id, err := o.BeginImport(ctx, store.NewImport{
		Submission: identity.NewSubmission(), FileName: file.Name, File: content, Reading: reading,
	})
	h.check(err)
	h.check(h.engine.Plan(ctx, o, id))
	h.work()
	one, err := o.Import(ctx, id)
	h.check(err)
	if one.State != store.ImportPlanned {
		h.t.Fatalf("%s: %+v", one.State, one.Trouble)
	}
	return one
}

func (h *house) applied(one store.Import) store.Import {
	h.t.Helper()
	o := h.rows()
	h.check(o.ApplyImport(h.t.Context(), one.ID, 0))
	h.work()
	one, err := o.Import(h.t.Context(), one.ID)
	h.check(err)
	if one.State != store.ImportDone {
		h.t.Fatalf("%s: %+v", one.State, one.Trouble)
	}
	return one
}

// peak is the largest heap while f runs.
func peak(f func()) uint64 {
	runtime.GC()
	var most uint64
	ended, measured := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(measured)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-ended:
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(ended)
	<-measured
	return most
}

// raw makes the writes of a planned import at Zitadel's own client, and answers
// how many they were.
func (h *house) raw(one store.Import, writers int) int {
	h.t.Helper()
	c := h.client()
	o := h.rows()
	work := make(chan store.ImportRow, writers)
	var under sync.WaitGroup
	var mu sync.Mutex
	writes := 0
	for range writers {
		under.Go(func() {
			for row := range work {
				n, err := rawRow(h.t.Context(), c, h.school.ID, h.made.Project, row)
				if err != nil {
					h.t.Error(err)
				}
				mu.Lock()
				writes += n
				mu.Unlock()
			}
		})
	}
	for after := ""; ; {
		page, err := o.ImportRows(h.t.Context(), one.ID, store.ImportRowQuery{After: after, Limit: 500})
		h.check(err)
		for _, row := range page.Rows {
			work <- row
		}
		if after = page.Next; after == "" {
			break
		}
	}
	close(work)
	under.Wait()
	return writes
}

// client is Zitadel's own, as homeroom-runtime. It is told to keep its token: left
// to itself it asks for another one before each call.
func (h *house) client() *client.Client {
	h.t.Helper()
	file, err := client.ConfigFromKeyFileData([]byte(h.made.Runtime.Key))
	h.check(err)
	profile := client.AuthenticationJWTProfile(file, "openid", client.ScopeZitadelAPI())
	at, err := url.Parse(h.made.Issuer)
	h.check(err)
	c, err := client.New(h.t.Context(), zitadelgo.New(at.Hostname(), zitadelgo.WithInsecure(at.Port())),
		client.WithAuth(func(ctx context.Context, issuer string) (oauth2.TokenSource, error) {
			source, err := profile(ctx, issuer)
			return oauth2.ReuseTokenSource(nil, source), err
		}))
	h.check(err)
	return c
}

func rawRow(ctx context.Context, c *client.Client, school identity.OrganizationID, project string, row store.ImportRow) (int, error) {
	writes, p := 0, row.Person
	id := "raw-" + string(school) + "-" + strconv.FormatInt(row.Position, 10)
	for _, s := range row.Steps {
		switch s.Kind {
		case roster.StepCreate:
			request := &userpb.CreateUserRequest{OrganizationId: string(school), UserId: &id, Username: &p.UserName}
			human := &userpb.CreateUserRequest_Human{
				Profile: &userpb.SetHumanProfile{GivenName: p.GivenName, FamilyName: p.FamilyName},
				Email: &userpb.SetHumanEmail{
					Email: id + "@no-mail.homeroom.invalid", Verification: &userpb.SetHumanEmail_IsVerified{IsVerified: true},
				},
			}
			if p.Address == "" {
				human.PasswordType = &userpb.CreateUserRequest_Human_Password{Password: &userpb.Password{Password: "Otter-maple-lamp-4829"}}
			}
			request.UserType = &userpb.CreateUserRequest_Human_{Human: human}
			if _, err := c.UserServiceV2().CreateUser(ctx, request); err != nil {
				return writes, err
			}
			writes++
		case roster.StepAssign:
			if _, err := c.AuthorizationServiceV2().CreateAuthorization(ctx, &authorizationpb.CreateAuthorizationRequest{
				UserId: id, ProjectId: project, OrganizationId: string(s.Place), RoleKeys: []string{string(s.Role)},
			}); err != nil {
				return writes, err
			}
			writes++
		}
	}
	return writes, nil
}

// A whole school from a OneRoster set, against the same writes at Zitadel's own
// client: first the classes, then the people, who alone are compared.
func TestLoad(t *testing.T) {
	students, err := strconv.Atoi(os.Getenv(loadStudents))
	if err != nil {
		t.Skip(loadStudents + " says how many students there are")
	}
	writers := imports.DefaultWriters
	if n, err := strconv.Atoi(os.Getenv(loadWriters)); err == nil {
		writers = n
	}
	s := realSite(t)
	if s == nil {
		s = standinApart(t)
	}
	var raw time.Duration
	for _, way := range []string{"raw", "ours, nothing read back", "ours", "raw again"} {
		h := s.newHouse(writers)
		if strings.HasPrefix(way, "ours, ") {
			h.engine.Blind()
		}
		begun := time.Now()
		classes := h.planned(h.set(students, false))
		classes = h.applied(classes)
		t.Logf("%s: %d classes opened in %.1f s", way, classes.Receipt.Classrooms, time.Since(begun).Seconds())
		begun = time.Now()
		var one store.Import
		planning := peak(func() { one = h.planned(h.set(students, true)) })
		t.Logf("%s: %d rows planned in %.1f s, peak heap %.1f MB", way, one.Rows(), time.Since(begun).Seconds(), float64(planning)/1e6)
		begun = time.Now()
		if strings.HasPrefix(way, "raw") {
			writes := h.raw(one, writers)
			took := time.Since(begun)
			t.Logf("%s: %d writes by %d in %.1f s, %.0f a second", way, writes, writers, took.Seconds(), float64(writes)/took.Seconds())
			if raw == 0 || took < raw {
				raw = took
			}
			continue
		}
		heap := peak(func() { one = h.applied(one) })
		took := time.Since(begun)
		t.Logf("%s: %.1f s, %.3f × the first raw one, peak heap %.1f MB; %+v", way, took.Seconds(), took.Seconds()/raw.Seconds(), float64(heap)/1e6, one.Receipt)
	}
}
