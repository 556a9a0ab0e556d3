package imports_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/imports"
	"homeroom.dev/homeroom/projection"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/roster/rostertest"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
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
	h := &house{site: s, path: storetest.Path(s.t), keys: store.NewKey(), queue: &queue{}}
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
	id, err := o.BeginImport(ctx, store.NewImport{
		Submission: identity.NewSubmission(), FileName: file.Name, File: contentOf(h.t, file), Reading: reading,
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
	h.check(h.rows().ApplyImport(h.t.Context(), one.ID, 0))
	return h.worked(one, store.ImportDone)
}

func (h *house) undone(one store.Import) store.Import {
	h.t.Helper()
	h.check(h.rows().UndoImport(h.t.Context(), one.ID))
	return h.worked(one, store.ImportUndone)
}

// worked does the jobs of an import until it is in a state.
func (h *house) worked(one store.Import, state store.ImportState) store.Import {
	h.t.Helper()
	h.work()
	one, err := h.rows().Import(h.t.Context(), one.ID)
	h.check(err)
	if one.State != state {
		h.t.Fatalf("%s: %+v", one.State, one.Trouble)
	}
	return one
}
