package imports_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/imports"
	"homeroom.dev/homeroom/projection"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
)

// school is a small school at a stand-in of Zitadel, with a database and an
// engine. IDs are words, so that plans can be read.
type school struct {
	t           *testing.T
	zitadel     *standin.Server
	made        zitadel.Installation
	gateway     *zitadel.Runtime
	provisioner *zitadel.Provisioner
	store       *store.Store
	engine      *imports.Engine
	events      *zitadel.Events
	queue       *queue
	clock       time.Time
	places      map[string]identity.Organization // by word
}

// queue holds the jobs until they are done by hand, one after the other.
type queue struct {
	mu   sync.Mutex
	jobs []json.RawMessage
}

// Enqueue takes a job of an import, and forgets others.
func (q *queue) Enqueue(_ context.Context, _ *sql.Tx, kind string, payload any) error {
	if kind != store.ImportJob {
		return nil
	}
	text, err := json.Marshal(payload)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, text)
	return err
}

func (q *queue) next() (json.RawMessage, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		return nil, false
	}
	job := q.jobs[0]
	q.jobs = q.jobs[1:]
	return job, true
}

// somebody is a person of the school: at home in the school or in the place that
// home names, with roles as "place:role", of which "-" in front is suspended.
type somebody struct {
	id, given, family, address, userName string
	roles                                []string
	home                                 string
}

// people are who the school has before any list comes.
var people = []somebody{
	{id: "priya", given: "Priya", family: "Nair", address: "priya@linden.example", roles: []string{"school:school_admin"}},
	{id: "tim", given: "Tim", family: "Brandt", address: "tim.brandt@linde.example", roles: []string{"school:teacher", "7b:teacher"}},
	{id: "jo", given: "Jo", family: "Moss", address: "jo.moss@birch.example", roles: []string{"school:teacher", "7b:co_teacher"}},
	{id: "ute", given: "Ute", family: "Brandner", address: "ute.brandner@linde.example", roles: []string{"school:teacher", "8a:teacher", "biology:teacher"}},
	{id: "robin", given: "Robin", family: "Stone", address: "robin.stone@birch.example", roles: []string{"school:school_admin"}},
	// Students of 7B.
	{id: "amara", given: "Amara", family: "Okafor", address: "amara.okafor@birch.example", roles: []string{"7b:student"}},
	{id: "noah", given: "Noah", family: "Walker", address: "noah@home.example", roles: []string{"7b:student"}},
	{id: "joerg", given: "Jörg", family: "Bäcker", address: "joerg.baecker@linde.example", roles: []string{"7b:student"}},
	{id: "lena", given: "Lena", family: "Vogt", userName: "lena.v-7b", roles: []string{"7b:student"}},
	{id: "chloe", given: "Chloé", family: "Beaumont", userName: "c.beaumont", roles: []string{"7b:student"}},
	{id: "maria", given: "María José", family: "García", userName: "maria.g-7b", roles: []string{"7b:student", "8a:student"}},
	{id: "mila", given: "Mila", family: "Arnold", userName: "mila.a-7b", roles: []string{"7b:student"}},
	{id: "luis-1", given: "Luis", family: "Becker", userName: "luis.b-7b", roles: []string{"7b:student"}},
	{id: "luis-2", given: "Luis", family: "Becker", userName: "luis.b-7b-2", roles: []string{"7b:student"}},
	{id: "megan", given: "Megan", family: "Evans", userName: "megan.e-7b", roles: []string{"-7b:student"}},
	{id: "ben", given: "Ben", family: "Ott", address: "ben.ott@birch.example", roles: []string{"biology:student"}},
	{id: "amrit", given: "Amrit", family: "Kaur", userName: "akaur17", roles: []string{"biology:student", "8a:student"}},
	// Students of 8A alone.
	{id: "mei", given: "Mei", family: "Chen", address: "mei.chen@birch.example", roles: []string{"8a:student"}},
	{id: "olivia", given: "Olivia", family: "Baker", userName: "olivia.b-8a", roles: []string{"8a:student"}},
	{id: "greta", given: "Greta", family: "Dietz", userName: "greta.d-8a", roles: []string{"8a:student"}},
	{id: "zoe", given: "Zoë", family: "Groß", userName: "zoe.g-8a", roles: []string{"8a:student"}},
	{id: "clara", given: "Clara", family: "Lindqvist", address: "sofia.lindqvist@birch.example", roles: []string{"8a:student"}},
	{id: "pat", given: "Pat", family: "Quinn", address: "pat.quinn@birch.example", roles: []string{"8a:student"}},
	{id: "lea", given: "Lea", family: "Kaufmann", address: "lea.kaufmann@linde.example", roles: []string{"8a:student"}},
	// At home in another school.
	{id: "diogo", given: "Diogo", family: "da Silva Antão", userName: "diogo", home: "other", roles: []string{"7b:student"}},
	{id: "emi", given: "Emi", family: "Sato", userName: "emi", home: "other", roles: []string{"other:teacher"}},
}

func (s *school) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func newSchool(t *testing.T) *school {
	t.Helper()
	s := &school{
		t: t, queue: &queue{}, clock: time.Now(), places: map[string]identity.Organization{},
	}
	ctx := t.Context()
	var err error
	s.zitadel, err = standin.New(standin.Options{})
	s.check(err)
	s.check(s.zitadel.Start(ctx, ""))
	t.Cleanup(func() { _ = s.zitadel.Close() })
	s.made, err = zitadel.Bootstrap(ctx, zitadel.BootstrapOptions{
		Issuer: s.zitadel.Issuer(), OwnerKey: s.zitadel.OwnerKey(), PortalURL: "http://127.0.0.1:1",
	}, func(string, bool) {})
	s.check(err)
	s.gateway, err = zitadel.NewRuntime(ctx, s.made.RuntimeConfig())
	s.check(err)
	t.Cleanup(func() { _ = s.gateway.Close() })
	s.provisioner, err = zitadel.NewProvisioner(ctx, s.made.ProvisionerConfig())
	s.check(err)
	t.Cleanup(func() { _ = s.provisioner.Close() })

	s.events, err = zitadel.NewEvents(ctx, s.made.EventsConfig())
	s.check(err)
	t.Cleanup(func() { _ = s.events.Close() })
	keys, err := store.ParseKeyRing(store.NewKey())
	s.check(err)
	s.store, err = store.Open(ctx, store.Options{
		Path: storetest.Path(t), Keys: keys, Operators: s.made.Operators,
		Now: func() time.Time { return s.clock },
	})
	s.check(err)
	t.Cleanup(func() { _ = s.store.Close() })
	s.store.UseQueue(s.queue)
	s.engine = imports.New(imports.Options{
		Store: s.store, Gateway: s.gateway, Provisioner: s.provisioner, Now: func() time.Time { return s.clock },
		Log: slog.New(slog.DiscardHandler),
		Compose: func(context.Context, identity.Organization) store.Compose {
			return func(identity.Invitation, string) (identity.Mail, error) { return identity.Mail{Subject: "join"}, nil }
		},
	})
	s.open("school", identity.KindSchool, "Linden School", "")
	s.open("other", identity.KindSchool, "Other School", "")
	s.open("7b", identity.KindClassroom, "7B", "school")
	s.open("8a", identity.KindClassroom, "8A", "school")
	s.open("biology", identity.KindClassroom, "Biology 7B", "school")
	for _, p := range people {
		s.enrol(p)
	}
	s.sync()
	s.number("external_ids", "list", "1803456", "u-maria")
	s.number("external_ids", "oneroster", "u1", "u-jo")
	s.number("external_ids", "oneroster", "u2", "u-amrit")
	s.number("external_ids", "oneroster", "u3", "u-ben")
	s.number("external_ids", "clever", "student/101", "u-noah")
	s.number("external_classrooms", "oneroster", "k1", "o-biology")
	s.number("external_classrooms", "oneroster", "k8", "o-8a")
	return s
}

// number keeps the number that lists of a source have of a person or a class.
func (s *school) number(table, source, number, id string) {
	s.t.Helper()
	whose := map[string]string{"external_ids": "user_id", "external_classrooms": "classroom_id"}[table]
	_, err := s.store.Writer().ExecContext(s.t.Context(),
		"INSERT INTO "+table+" (organization_id, source, external_id, "+whose+", set_us) VALUES ('o-school', ?, ?, ?, 1)",
		source, number, id)
	s.check(err)
}

// open opens an organization at Zitadel whose ID is a word.
func (s *school) open(word string, kind identity.Kind, name, of string) {
	s.t.Helper()
	n := identity.NewOrganization{ID: identity.OrganizationID("o-" + word), Kind: kind, Name: name, School: s.places[of].ID}
	_, err := s.provisioner.Open(s.t.Context(), n)
	s.check(err)
	s.places[word] = identity.Organization{ID: n.ID, Kind: kind, Name: name, School: n.School, State: identity.OrganizationActive}
}

// enrol makes a person at Zitadel.
func (s *school) enrol(p somebody) {
	s.t.Helper()
	ctx, home := s.t.Context(), s.places["school"]
	if p.home != "" {
		home = s.places[p.home]
	}
	n := identity.NewUser{
		ID: identity.UserID("u-" + p.id), UserName: p.userName, GivenName: p.given, FamilyName: p.family, Address: p.address,
		AddressVerified: true, Secret: "Homeroom-1!",
	}
	if n.UserName == "" {
		n.UserName = p.address
	}
	_, err := s.at(home).CreateUser(ctx, n)
	s.check(err)
	for _, role := range p.roles {
		place, role, _ := strings.Cut(strings.TrimPrefix(role, "-"), ":")
		remote := s.at(s.places[place])
		_, err := remote.CreateRoleAssignment(ctx, n.ID, []identity.Role{identity.Role(role)})
		s.check(err)
		if strings.HasPrefix(p.roles[0], "-") {
			_, err := remote.SuspendRoleAssignment(ctx, n.ID)
			s.check(err)
		}
	}
}

// at is an organization at Zitadel for nobody in particular.
func (s *school) at(o identity.Organization) identity.Remote {
	s.t.Helper()
	return s.gateway.In(s.opened(o))
}

func (s *school) opened(o identity.Organization) identity.Opened {
	s.t.Helper()
	opened, err := identity.OpenFounded(o, identity.Actor{User: "test"}, identity.RolesIn(o.Kind)[0])
	s.check(err)
	return opened
}

// sync brings the database up to what Zitadel knows.
func (s *school) sync() {
	s.t.Helper()
	s.check(projection.New(s.store, s.events, projection.Options{Logger: slog.New(slog.DiscardHandler)}).Sync(s.t.Context(), nil))
}

// as is a place of the school for one of its people.
func (s *school) as(who, place string) *store.Organization {
	s.t.Helper()
	opened, err := s.store.OpenFor(s.t.Context(), identity.Actor{User: identity.UserID("u-" + who), Name: who}, s.places[place].ID)
	s.check(err)
	return s.store.In(opened)
}

// work does jobs until there are none.
func (s *school) work() {
	s.t.Helper()
	for {
		job, more := s.queue.next()
		if !more {
			return
		}
		s.check(s.engine.Handle(s.t.Context(), job, false))
	}
}

// contentOf is all that is in a file.
func contentOf(t *testing.T, file roster.File) []byte {
	t.Helper()
	content, err := io.ReadAll(io.NewSectionReader(file, 0, file.Size))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// planned brings a list and has it planned.
func (s *school) planned(o *store.Organization, file roster.File, options store.ImportOptions) store.Import {
	s.t.Helper()
	return s.plannedAs(o, file, options, nil)
}

// plannedAs is planned, with a say in how the list is read.
func (s *school) plannedAs(
	o *store.Organization, file roster.File, options store.ImportOptions, say func(*roster.Reading),
) store.Import {
	s.t.Helper()
	ctx := s.t.Context()
	reading, _, err := roster.Recognise(file)
	s.check(err)
	if say != nil {
		say(&reading)
	}
	id, err := o.BeginImport(ctx, store.NewImport{
		Submission: identity.NewSubmission(), FileName: file.Name, File: contentOf(s.t, file), Reading: reading, Options: options,
	})
	s.check(err)
	s.check(s.engine.Plan(ctx, o, id))
	s.work()
	one, err := o.Import(ctx, id)
	s.check(err)
	return one
}

// rows are all rows of an import.
func (s *school) rows(o *store.Organization, id store.ImportID) []store.ImportRow {
	s.t.Helper()
	var rows []store.ImportRow
	for after := ""; ; {
		page, err := o.ImportRows(s.t.Context(), id, store.ImportRowQuery{After: after, Limit: 500})
		s.check(err)
		rows = append(rows, page.Rows...)
		if after = page.Next; after == "" {
			return rows
		}
	}
}

// told is a message with its arguments, without its words.
func told(m identity.Message) string {
	if len(m.Args) == 0 {
		return m.ID
	}
	args, err := json.Marshal(m.Args)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s", m.ID, args)
}
