package bulk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"homeroom.dev/homeroom/bulk"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/jobs"
	"homeroom.dev/homeroom/projection"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
)

// classOf is how many students are suspended.
const classOf = 30

// Where the process that is killed finds what it works on.
const (
	killedStore = "HOMEROOM_KILLED_STORE"
	killedKeys  = "HOMEROOM_KILLED_KEYS"
	killedAt    = "HOMEROOM_KILLED_ZITADEL"
)

// place is a school at a stand-in of Zitadel, with one class.
type place struct {
	t       *testing.T
	zitadel *standin.Server
	made    zitadel.Installation
	gateway *zitadel.Runtime
	path    string
	keys    string
	school  identity.Organization
	room    identity.Organization
	admin   identity.Actor
}

func (p *place) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// noMail is a mailer that is not needed.
type noMail struct{}

func (noMail) Ready(context.Context) error               { return nil }
func (noMail) Send(context.Context, identity.Mail) error { return nil }

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, path: storetest.Path(t), keys: store.NewKey()}
	ctx := t.Context()
	var err error
	p.zitadel, err = standin.New(standin.Options{})
	p.check(err)
	p.check(p.zitadel.Start(ctx, ""))
	t.Cleanup(func() { _ = p.zitadel.Close() })
	p.made, err = zitadel.Bootstrap(ctx, zitadel.BootstrapOptions{
		Issuer: p.zitadel.Issuer(), OwnerKey: p.zitadel.OwnerKey(), PortalURL: "http://127.0.0.1:1",
	}, func(string, bool) {})
	p.check(err)
	p.gateway, err = zitadel.NewRuntime(ctx, p.made.RuntimeConfig())
	p.check(err)
	t.Cleanup(func() { _ = p.gateway.Close() })
	opener, err := zitadel.NewProvisioner(ctx, p.made.ProvisionerConfig())
	p.check(err)
	t.Cleanup(func() { _ = opener.Close() })
	p.school = p.open(opener, identity.KindSchool, "Linden School", "")
	p.room = p.open(opener, identity.KindClassroom, "Biology 7B", p.school.ID)

	school := p.in(p.school)
	created, err := school.CreateUser(ctx, identity.NewUser{
		ID: "u-priya", UserName: "priya@linden.example", GivenName: "Priya", FamilyName: "Nair",
		Address: "priya@linden.example", AddressVerified: true, Secret: "Homeroom-1!",
	})
	p.check(err)
	p.admin = identity.Actor{User: created.(identity.UserCreated).User.ID, Name: "Priya Nair"}
	_, err = school.CreateRoleAssignment(ctx, p.admin.User, []identity.Role{identity.RoleSchoolAdmin})
	p.check(err)
	for i := range classOf {
		id := identity.UserID(fmt.Sprintf("u-student-%02d", i))
		_, err := school.CreateUser(ctx, identity.NewUser{
			ID: id, UserName: string(id), GivenName: "Sam", FamilyName: fmt.Sprint(i), Secret: "Homeroom-1!",
		})
		p.check(err)
		_, err = p.in(p.room).CreateRoleAssignment(ctx, id, []identity.Role{identity.RoleStudent})
		p.check(err)
	}
	return p
}

func (p *place) open(opener *zitadel.Provisioner, kind identity.Kind, name string, school identity.OrganizationID) identity.Organization {
	p.t.Helper()
	n := identity.NewOrganization{ID: identity.NewOrganizationID(), Kind: kind, Name: name, School: school}
	_, err := opener.Open(p.t.Context(), n)
	p.check(err)
	return identity.Organization{ID: n.ID, Kind: kind, Name: name, School: school, State: identity.OrganizationActive}
}

// in is an organization at Zitadel for nobody in particular.
func (p *place) in(o identity.Organization) identity.Remote {
	p.t.Helper()
	opened, err := identity.OpenFounded(o, identity.Actor{User: "test"}, identity.RolesIn(o.Kind)[0])
	p.check(err)
	return p.gateway.In(opened)
}

// store opens the database; sync brings it up to what Zitadel knows.
func (p *place) store() *store.Store {
	p.t.Helper()
	keys, err := store.ParseKeyRing(p.keys)
	p.check(err)
	s, err := store.Open(p.t.Context(), store.Options{Path: p.path, Keys: keys, Operators: p.made.Operators})
	p.check(err)
	p.t.Cleanup(func() { _ = s.Close() })
	return s
}

func (p *place) sync(s *store.Store) {
	p.t.Helper()
	events, err := zitadel.NewEvents(p.t.Context(), p.made.EventsConfig())
	p.check(err)
	defer func() { _ = events.Close() }()
	p.check(projection.New(s, events, projection.Options{Logger: slog.New(slog.DiscardHandler)}).Sync(p.t.Context(), nil))
}

func (p *place) opened(s *store.Store, o identity.Organization) *store.Organization {
	p.t.Helper()
	opened, err := s.OpenFor(p.t.Context(), p.admin, o.ID)
	p.check(err)
	return s.In(opened)
}

func newJobs(t *testing.T, s *store.Store, gateway identity.Gateway) *jobs.Jobs {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	j, err := jobs.New(t.Context(), s, noMail{}, log)
	if err != nil {
		t.Fatal(err)
	}
	s.UseQueue(j)
	j.Handle(store.BulkJob, bulk.New(bulk.Options{Store: s, Gateway: gateway, Log: log}).Handle)
	return j
}

// TestTheProcessThatIsKilled is no test but that process.
func TestTheProcessThatIsKilled(t *testing.T) {
	path := os.Getenv(killedStore)
	if path == "" {
		t.Skip("it is started by the test of the killed process")
	}
	var made zitadel.Installation
	if err := json.Unmarshal([]byte(os.Getenv(killedAt)), &made); err != nil {
		t.Fatal(err)
	}
	keys, err := store.ParseKeyRing(os.Getenv(killedKeys))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Path: path, Keys: keys, Operators: made.Operators})
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := zitadel.NewRuntime(t.Context(), made.RuntimeConfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := newJobs(t, s, gateway).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A process is killed in the middle of a run. The next one goes on where it was:
// everybody is suspended by one event at Zitadel, and on record once.
func TestKilledInARunNothingIsLostOrDoubled(t *testing.T) {
	for _, after := range []int{0, 1, 5, 14, 29} {
		t.Run(fmt.Sprintf("after %d", after), func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			s := p.store()
			p.sync(s)
			newJobs(t, s, p.gateway)
			run, err := p.opened(s, p.school).BeginRun(t.Context(), store.NewRun{
				Action: identity.BulkSuspend, Matching: &store.PeopleQuery{Role: identity.RoleStudent}, Expected: classOf,
				Submission: identity.NewSubmission(),
			})
			p.check(err)
			begun := p.zitadel.EventCount()

			made, err := json.Marshal(p.made)
			p.check(err)
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestTheProcessThatIsKilled$")
			child.Env = append(os.Environ(), killedStore+"="+p.path, killedKeys+"="+p.keys, killedAt+"="+string(made))
			p.check(child.Start())
			p.until(func() bool { return p.zitadel.EventCount()-begun > after })
			p.check(child.Process.Kill())
			_ = child.Wait() // it was killed
			left, err := p.opened(s, p.school).Run(t.Context(), run)
			p.check(err)
			if left.Changed > after+5 {
				t.Logf("%d were done before it was killed", left.Changed)
			}

			// The next process: what Zitadel knows comes in beside the work.
			next := p.store()
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			j := newJobs(t, next, p.gateway)
			go func() { ended <- j.Run(ctx) }()
			rows := p.opened(next, p.school)
			p.until(func() bool {
				left, err = rows.Run(t.Context(), run)
				p.check(err)
				return left.Finished()
			})
			stop()
			p.check(<-ended)
			p.sync(next)

			if left.Changed != classOf || left.Unchanged+left.Refused != 0 || left.Total != classOf {
				t.Errorf("the run says %+v", left)
			}
			if got := p.zitadel.EventCount() - begun; got != classOf {
				t.Errorf("%d events were written, want %d", got, classOf)
			}
			page, err := rows.People(t.Context(), store.PeopleQuery{State: identity.PersonSuspended})
			if err != nil || page.Total != classOf {
				t.Errorf("%d are suspended, %v", page.Total, err)
			}
			records, err := p.opened(next, p.room).Audit(t.Context(), store.AuditQuery{Limit: 500})
			p.check(err)
			told := map[string]int{}
			for _, r := range records.Records {
				if r.Action == identity.ActionRoleSuspended {
					told[r.Target]++
				}
				if r.Action == identity.ActionRoleSuspended && (r.Outcome != identity.OutcomeDone || r.Actor != p.admin) {
					t.Errorf("on record: %+v", r)
				}
			}
			for user, times := range told {
				if times != 1 {
					t.Errorf("%s is on record %d times", user, times)
				}
			}
			if len(told) != classOf {
				t.Errorf("%d are on record, want %d", len(told), classOf)
			}
		})
	}
}

// until waits for something to become so.
func (p *place) until(so func() bool) {
	p.t.Helper()
	end := time.After(time.Minute)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-end:
			p.t.Fatal("it does not happen")
		case <-tick.C:
		}
	}
}
