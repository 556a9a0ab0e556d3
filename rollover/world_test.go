package rollover_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom.dev/homeroom/bulk"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/projection"
	"homeroom.dev/homeroom/rollover"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
)

// place is a school at a stand-in of Zitadel: four classes, an admin who teaches
// one of them, a teacher, a co-teacher, students, and a guest among them.
type place struct {
	t       *testing.T
	zitadel *standin.Server
	made    zitadel.Installation
	gateway *zitadel.Runtime
	opener  *zitadel.Provisioner
	events  *zitadel.Events
	path    string
	keys    string
	clock   time.Time // zero: the time it is
	school  identity.Organization
	classes map[string]identity.Organization
	admin   identity.Actor
}

const (
	biology = "7B Biology"
	history = "8A History"
	physics = "13C Physics"
	choir   = "Choir"
)

func (p *place) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func newPlace(t *testing.T) *place {
	t.Helper()
	ctx := t.Context()
	server, err := standin.New(standin.Options{})
	if err == nil {
		err = server.Start(ctx, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	p := emptyPlace(t, server.Issuer(), server.OwnerKey())
	p.zitadel = server
	other := p.open(identity.KindSchool, "Birch Academy", "")
	for _, name := range []string{biology, history, physics, choir} {
		p.classes[name] = p.open(identity.KindClassroom, name, p.school.ID)
	}
	for _, user := range []identity.UserID{"lee", "jon", "s0", "s1", "s2", "s3", "s4", "s5", "s6"} {
		p.user(p.school, user)
	}
	p.user(other, "guest")
	p.assign(p.classes[biology], "lee", identity.RoleTeacher)
	p.assign(p.classes[biology], "jon", identity.RoleCoTeacher)
	p.assign(p.classes[history], "priya", identity.RoleTeacher)
	p.assign(p.classes[physics], "lee", identity.RoleTeacher)
	for class, students := range map[string]string{
		biology: "s0 s1 s2 guest", history: "s3 s4", physics: "s5 s6", choir: "s0 s5",
	} {
		for _, student := range strings.Fields(students) {
			p.assign(p.classes[class], identity.UserID(student), identity.RoleStudent)
		}
	}
	p.assign(p.classes[biology], "s4", identity.RoleStudent)
	_, err = p.in(p.classes[biology]).SuspendRoleAssignment(ctx, "s4") // stays behind
	p.check(err)
	return p
}

// emptyPlace is a school at a Zitadel with an admin and nothing else.
func emptyPlace(t *testing.T, issuer string, key []byte) *place {
	t.Helper()
	p := &place{
		t: t, path: storetest.Path(t), keys: store.NewKey(),
		classes: map[string]identity.Organization{}, clock: time.Now().Truncate(time.Second),
	}
	ctx := t.Context()
	var err error
	p.made, err = zitadel.Bootstrap(ctx, zitadel.BootstrapOptions{
		Issuer: issuer, OwnerKey: key, PortalURL: "http://127.0.0.1:1",
	}, func(string, bool) {})
	p.check(err)
	p.gateway, err = zitadel.NewRuntime(ctx, p.made.RuntimeConfig())
	p.check(err)
	t.Cleanup(func() { _ = p.gateway.Close() })
	p.opener, err = zitadel.NewProvisioner(ctx, p.made.ProvisionerConfig())
	p.check(err)
	t.Cleanup(func() { _ = p.opener.Close() })
	p.events, err = zitadel.NewEvents(ctx, p.made.EventsConfig())
	p.check(err)
	t.Cleanup(func() { _ = p.events.Close() })

	p.school = p.open(identity.KindSchool, "Linden School", "")
	p.admin = identity.Actor{User: "priya", Name: "Priya Nair"}
	p.user(p.school, p.admin.User)
	p.assign(p.school, p.admin.User, identity.RoleSchoolAdmin)
	return p
}

func (p *place) open(kind identity.Kind, name string, school identity.OrganizationID) identity.Organization {
	p.t.Helper()
	n := identity.NewOrganization{ID: identity.NewOrganizationID(), Kind: kind, Name: name, School: school}
	_, err := p.opener.Open(p.t.Context(), n)
	p.check(err)
	return identity.Organization{ID: n.ID, Kind: kind, Name: name, School: school, State: identity.OrganizationActive}
}

func (p *place) user(home identity.Organization, id identity.UserID) {
	p.t.Helper()
	name := string(id)
	_, err := p.in(home).CreateUser(p.t.Context(), identity.NewUser{
		ID: id, UserName: name, GivenName: name, FamilyName: "Smith", Secret: "Homeroom-1!",
	})
	p.check(err)
}

func (p *place) assign(in identity.Organization, user identity.UserID, role identity.Role) {
	p.t.Helper()
	_, err := p.in(in).CreateRoleAssignment(p.t.Context(), user, []identity.Role{role})
	p.check(err)
}

// in is an organization at Zitadel for nobody in particular.
func (p *place) in(o identity.Organization) identity.Remote {
	p.t.Helper()
	opened, err := identity.OpenFounded(o, identity.Actor{User: "test"}, identity.RolesIn(o.Kind)[0])
	p.check(err)
	return p.gateway.In(opened)
}

// site is the portal's part: a database and an engine on it.
type site struct {
	*place
	store  *store.Store
	engine *rollover.Engine
	jobs   *heldJobs
}

// heldJobs keeps jobs until they are done by [site.work].
type heldJobs struct {
	mu       sync.Mutex
	payloads []json.RawMessage
}

// Enqueue implements [store.Queue].
func (h *heldJobs) Enqueue(_ context.Context, _ *sql.Tx, kind string, payload any) error {
	if kind != store.RolloverJob {
		return fmt.Errorf("a job %s was enqueued", kind)
	}
	text, err := json.Marshal(payload)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.payloads = append(h.payloads, text)
	return err
}

func (p *place) now() time.Time {
	if p.clock.IsZero() {
		return time.Now()
	}
	return p.clock
}

// site opens the database and brings it up to what Zitadel knows.
func (p *place) site(change ...func(*rollover.Options)) *site {
	p.t.Helper()
	keys, err := store.ParseKeyRing(p.keys)
	p.check(err)
	s := &site{place: p, jobs: &heldJobs{}}
	s.store, err = store.Open(p.t.Context(), store.Options{Path: p.path, Keys: keys, Operators: p.made.Operators, Now: p.now})
	p.check(err)
	p.t.Cleanup(func() { _ = s.store.Close() })
	s.store.UseQueue(s.jobs)
	p.sync(s.store)
	options := rollover.Options{
		Store: s.store, Gateway: p.gateway, Provisioner: p.opener, Now: p.now, Log: slog.New(slog.DiscardHandler),
		Runs: bulk.New(bulk.Options{Store: s.store, Gateway: p.gateway, Log: slog.New(slog.DiscardHandler)}).Handle,
	}
	for _, f := range change {
		f(&options)
	}
	s.engine = rollover.New(options)
	return s
}

func (p *place) sync(s *store.Store) {
	p.t.Helper()
	p.check(projection.New(s, p.events, projection.Options{Logger: slog.New(slog.DiscardHandler)}).Sync(p.t.Context(), nil))
}

// as opens an organization for the admin.
func (s *site) as(id identity.OrganizationID) *store.Organization {
	s.t.Helper()
	opened, err := s.store.OpenFor(s.t.Context(), s.admin, id)
	s.check(err)
	return s.store.In(opened)
}

// plan adds next year's term and makes the plan of a rollover into it.
func (s *site) plan() store.RolloverID {
	s.t.Helper()
	ctx, school := s.t.Context(), s.as(s.school.ID)
	term := store.Term{
		ID: store.TermID(identity.NewSubmission()), Name: "2027/28", First: s.now().AddDate(0, 1, 0), End: s.now().AddDate(1, 0, 0),
	}
	s.check(school.AddTerm(ctx, term))
	return s.planInto(term.ID)
}

func (s *site) planInto(term store.TermID) store.RolloverID {
	s.t.Helper()
	ctx, school := s.t.Context(), s.as(s.school.ID)
	id, err := school.BeginRollover(ctx, store.NewRollover{Submission: identity.NewSubmission(), Term: term, Leaving: 13})
	s.check(err)
	s.check(s.engine.Plan(ctx, school, id))
	return id
}

// apply checks the plan and has it carried out.
func (s *site) apply(id store.RolloverID) {
	s.t.Helper()
	school := s.as(s.school.ID)
	s.check(school.CheckRollover(s.t.Context(), id))
	s.check(school.ApplyRollover(s.t.Context(), id, false))
}

// work does what jobs there are, and answers the first error.
func (s *site) work() error {
	s.t.Helper()
	for {
		s.jobs.mu.Lock()
		if len(s.jobs.payloads) == 0 {
			s.jobs.mu.Unlock()
			return nil
		}
		payload := s.jobs.payloads[0]
		s.jobs.payloads = s.jobs.payloads[1:]
		s.jobs.mu.Unlock()
		if err := s.engine.Handle(s.t.Context(), payload, false); err != nil {
			s.jobs.payloads = append(s.jobs.payloads, payload)
			return err
		}
	}
}

// rosters are all classes of the school by name and state with their people, as
// the portal knows them; Zitadel is asked whether it knows the same.
func (s *site) rosters() map[string]string {
	s.t.Helper()
	found := map[string]string{}
	for class, err := range s.as(s.school.ID).EveryClassroom(s.t.Context()) {
		s.check(err)
		page, err := s.as(class.ID).Roster(s.t.Context(), store.RosterQuery{Limit: 500})
		s.check(err)
		var people []string
		for _, row := range page.Rows {
			people = append(people, fmt.Sprintf("%s:%s:%s", row.User.ID, row.Assignment.Role(), row.Assignment.State))
		}
		remote, err := s.events.RoleAssignments(s.t.Context(), class.ID)
		s.check(err)
		var there []string
		for _, a := range remote {
			there = append(there, fmt.Sprintf("%s:%s:%s", a.User, a.Role(), a.State))
		}
		slices.Sort(people)
		slices.Sort(there)
		if !slices.Equal(people, there) {
			s.t.Errorf("%s: the portal knows %v and Zitadel %v", class.Name, people, there)
		}
		key := class.Name + " " + string(class.State)
		if found[key] != "" {
			s.t.Errorf("there are two classes %s", key)
		}
		found[key] = strings.Join(people, " ")
	}
	return found
}

// runsOn does runs through the gateway of the options.
func runsOn(o *rollover.Options) func(context.Context, json.RawMessage, bool) error {
	return bulk.New(bulk.Options{Store: o.Store, Gateway: o.Gateway, Log: slog.New(slog.DiscardHandler)}).Handle
}
