package projection

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/zitadel-go/v3/pkg/client"
	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	target "github.com/zitadel/zitadel-go/v3/pkg/zitadel"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
	"homeroom.dev/homeroom/zitadel"
	"homeroom.dev/homeroom/zitadel/standin"
)

// zitadelWorld is the stand-in behind the gateway, with a clock of its own that
// everybody shares.
type zitadelWorld struct {
	server       *standin.Server
	installation zitadel.Installation
	events       *zitadel.Events
	store        *store.Store
	path         string
	projection   *Projection

	mu     sync.Mutex
	offset time.Duration
}

func (w *zitadelWorld) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.offset)
}

func (w *zitadelWorld) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offset += d
}

func newZitadelWorld(t testing.TB) *zitadelWorld {
	t.Helper()
	w := &zitadelWorld{path: storetest.Path(t)}
	var err error
	if w.server, err = standin.New(standin.Options{Now: w.clock}); err != nil {
		t.Fatal(err)
	}
	if err := w.server.Start(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.server.Close() })
	w.installation, err = zitadel.Bootstrap(t.Context(), zitadel.BootstrapOptions{
		Issuer: w.server.Issuer(), OwnerKey: w.server.OwnerKey(), PortalURL: "http://localhost:18080", Name: "Projection",
	}, func(string, bool) {})
	if err != nil {
		t.Fatal(err)
	}
	if w.events, err = zitadel.NewEvents(t.Context(), w.installation.EventsConfig()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.events.Close() })
	keys, err := store.ParseKeyRing(store.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	w.store, err = store.Open(t.Context(), store.Options{
		Path: w.path, Keys: keys, Operators: w.installation.Operators, Now: w.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.store.Close() })
	w.projection = New(w.store, w.events, Options{
		Now: w.clock, Settle: time.Millisecond, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	return w
}

func (w *zitadelWorld) organization(t testing.TB, id string, kind identity.Kind, school string) {
	t.Helper()
	metadata := map[string]string{identity.MetadataKind: string(kind), identity.MetadataName: "The " + id}
	if school != "" {
		metadata[identity.MetadataSchool] = school
	}
	seed := w.server.Seed().As(string(w.installation.Provisioner.User))
	if _, err := seed.Organization(standin.SeedOrganization{
		ID: id, Name: id + " x1", Metadata: metadata,
		Managers: map[string][]string{string(w.installation.Runtime.User): {"ORG_USER_MANAGER", "ORG_SETTINGS_MANAGER"}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := seed.Grant(w.installation.Project, id, "student", "co_teacher", "teacher", "school_admin"); err != nil {
		t.Fatal(err)
	}
}

func studentID(i int) string { return fmt.Sprintf("student-%04d", i) }

// students makes students from one number up to another, each in one of the
// classrooms.
func (w *zitadelWorld) students(t testing.TB, from, to, classrooms int) {
	t.Helper()
	seed := w.server.Seed().As(string(w.installation.Runtime.User))
	for i := from; i < to; i++ {
		if _, err := seed.User(standin.SeedUser{
			ID: studentID(i), Organization: "linden", UserName: studentID(i), GivenName: "Sam", FamilyName: "Number " + studentID(i),
			Address: studentID(i) + "@linden.example",
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := seed.Authorize(studentID(i), w.installation.Project, fmt.Sprintf("room-%d", i%classrooms), "student"); err != nil {
			t.Fatal(err)
		}
	}
}

// Zitadel loses rows of its lists and shows events late. Nobody is missing here,
// and every loss has its line in the report.
func TestNobodyIsMissingThoughZitadelForgets(t *testing.T) {
	const count, rooms, step = bigSchool, 40, bigSchool / 20
	w := newZitadelWorld(t)
	w.organization(t, "linden", identity.KindSchool, "")
	for i := range rooms {
		w.organization(t, fmt.Sprintf("room-%d", i), identity.KindClassroom, "linden")
	}
	lostUsers := []string{studentID(7), studentID(count / 4), studentID(count - 1)}
	lostNames := []string{studentID(8), studentID(count / 2)}
	lostAssignments := []string{studentID(9), studentID(count / 3)}
	among := func(ids []string) func(string) bool {
		return func(id string) bool { return slices.Contains(ids, id) }
	}
	w.server.Faults().LoseUsers(among(lostUsers))
	w.server.Faults().LoseLoginNames(among(lostNames))
	w.server.Faults().LoseAuthorizations(among(lostAssignments))
	w.server.Faults().LateEvents(7, 3*time.Second)
	for i := 0; i < count; i += step { // the tail follows while they come
		w.students(t, i, i+step, rooms)
		poll(t, w.projection)
		w.pass(200 * time.Millisecond)
	}
	for range 10 {
		w.pass(500 * time.Millisecond)
		poll(t, w.projection)
	}
	before := export(t, w.store)
	if people(before) != count {
		t.Errorf("%d students on rosters, want %d", people(before), count)
	}
	for i := range count {
		if !strings.Contains(before, fmt.Sprintf(",Sam,Number %s,%s@linden.example,true,", studentID(i), studentID(i))) {
			t.Errorf("%s is missing", studentID(i))
		}
	}

	w.server.Faults().Heal()
	rebuild(t, w.projection)
	if diff := cmp.Diff(before, export(t, w.store)); diff != "" {
		t.Errorf("the rebuild changed rosters (-before +after):\n%s", diff)
	}

	report, err := w.projection.Reconcile(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, id := range lostUsers {
		want = append(want, "user lost-at-zitadel Sam Number "+id, "role-assignment lost-at-zitadel Sam Number "+id)
	}
	for _, id := range append(lostNames, lostAssignments...) { // no login name, no line in a list of assignments
		want = append(want, "role-assignment lost-at-zitadel Sam Number "+id)
	}
	var got []string
	for _, row := range report.Rows {
		got = append(got, fmt.Sprintf("%s %s %s", row.Kind, row.What, row.Name))
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("drift (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, export(t, w.store)); diff != "" {
		t.Errorf("the reconciliation changed rosters (-before +after):\n%s", diff)
	}
}

// What the gateway answers has the time of its events, so that these change
// nothing and have nothing folded anew.
func TestAnswersAgreeWithTheirEvents(t *testing.T) {
	w := newZitadelWorld(t)
	w.organization(t, "linden", identity.KindSchool, "")
	w.organization(t, "biology", identity.KindClassroom, "linden")
	update(t, w.projection)
	runtime, err := zitadel.NewRuntime(t.Context(), w.installation.RuntimeConfig())
	if err != nil {
		t.Fatal(err)
	}
	opened, err := identity.Open(
		identity.Organization{ID: "biology", Kind: identity.KindClassroom, School: "linden"},
		identity.Actor{User: "tess"}, identity.Held{Here: []identity.Role{identity.RoleTeacher}},
	)
	if err != nil {
		t.Fatal(err)
	}
	remote := runtime.In(opened)
	steps := []struct {
		name string
		act  func(context.Context) (identity.Fact, error)
		want string
	}{
		{"create a user", func(ctx context.Context) (identity.Fact, error) {
			return remote.CreateUser(ctx, identity.NewUser{
				ID: "sam", GivenName: "Sam", FamilyName: "Lee", Address: "sam@linden.example", AddressVerified: true, Language: "es",
			})
		}, ""},
		{"assign", func(ctx context.Context) (identity.Fact, error) {
			return remote.CreateRoleAssignment(ctx, "sam", []identity.Role{identity.RoleStudent})
		}, ",student,active,"},
		{"change", func(ctx context.Context) (identity.Fact, error) {
			return remote.UpdateRoleAssignment(ctx, "sam", []identity.Role{identity.RoleCoTeacher})
		}, ",co_teacher,active,"},
		{"suspend", func(ctx context.Context) (identity.Fact, error) { return remote.SuspendRoleAssignment(ctx, "sam") }, ",co_teacher,suspended,"},
		{"activate", func(ctx context.Context) (identity.Fact, error) { return remote.ActivateRoleAssignment(ctx, "sam") }, ",co_teacher,active,"},
		{"remove", func(ctx context.Context) (identity.Fact, error) { return remote.DeleteRoleAssignment(ctx, "sam") }, ""},
	}
	for _, step := range steps {
		if err := w.store.In(opened).Change(t.Context(), ownChange, func(ctx context.Context) ([]identity.Fact, error) {
			fact, err := step.act(ctx)
			return []identity.Fact{fact}, err
		}); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		own := export(t, w.store)
		if (people(own) > 0) != (step.want != "") || !strings.Contains(own, step.want) {
			t.Errorf("%s: the answer made\n%s\nwant %q", step.name, own, step.want)
		}
		poll(t, w.projection)
		if diff := cmp.Diff(own, export(t, w.store)); diff != "" {
			t.Errorf("%s: the events changed what the answer said (-answer +events):\n%s", step.name, diff)
		}
		stale, err := w.store.StaleAggregates(t.Context(), true)
		if err != nil || len(stale) != 0 {
			t.Errorf("%s: %v (%v) to be folded anew, want none", step.name, stale, err)
		}
	}
}

// A change somebody else makes at Zitadel is on the teacher's page within two
// seconds.
func TestChangesMadeElsewhereShowWithinTwoSeconds(t *testing.T) {
	w := newZitadelWorld(t)
	w.organization(t, "linden", identity.KindSchool, "")
	w.organization(t, "room-0", identity.KindClassroom, "linden")
	w.students(t, 0, 3, 1)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.projection.Run(ctx) }()
	shows := func(text string) time.Duration {
		began := time.Now()
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if strings.Contains(export(t, w.store), text) {
				return time.Since(began)
			}
			if time.Since(began) > 10*time.Second {
				t.Fatalf("%q does not show", text)
			}
		}
		return 0
	}
	shows(studentID(2))
	if err := w.server.Seed().Rename(studentID(1), "Alexandra", "Renamed"); err != nil {
		t.Fatal(err)
	}
	if took := shows("Alexandra,Renamed"); took > 2*time.Second {
		t.Errorf("it took %v, want at most 2 s", took)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run ended with %v", err)
	}
}

// Events carry password hashes and codes. None of them reaches the disk.
func TestNoSecretOfAnEventIsStored(t *testing.T) {
	w := newZitadelWorld(t)
	w.organization(t, "linden", identity.KindSchool, "")
	w.organization(t, "room-0", identity.KindClassroom, "linden")
	const password = "Planted-secret-4711"
	seed := w.server.Seed()
	if _, err := seed.User(standin.SeedUser{
		ID: "secretive", Organization: "linden", UserName: "secretive", GivenName: "Sec", FamilyName: "Ret",
		Address: "secretive@linden.example", Password: password, Unverified: true,
	}); err != nil {
		t.Fatal(err)
	}
	if err := seed.Factors("secretive"); err != nil {
		t.Fatal(err)
	}
	if _, err := seed.Authorize("secretive", w.installation.Project, "room-0", "student"); err != nil {
		t.Fatal(err)
	}
	update(t, w.projection)
	rebuild(t, w.projection)
	if _, err := w.projection.Reconcile(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := export(t, w.store); !strings.Contains(got, "secretive@linden.example") {
		t.Fatalf("the user is not there:\n%s", got)
	}
	secrets := append(planted(t, w, "secretive"), password)
	if len(secrets) < 2 {
		t.Fatalf("the log carries no secret to look for")
	}
	files, err := filepath.Glob(w.path + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("database files %v, %v", files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s contains %q", filepath.Base(file), secret)
			}
		}
	}
}

// planted lists the secrets that the log tells of a user, to those who may read
// all of it.
func planted(t *testing.T, w *zitadelWorld, user string) []string {
	t.Helper()
	issuer, err := url.Parse(w.server.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	key, err := client.ConfigFromKeyFileData(w.server.OwnerKey())
	if err != nil {
		t.Fatal(err)
	}
	owner, err := client.New(t.Context(), target.New(issuer.Hostname(), target.WithInsecure(issuer.Port())),
		client.WithAuth(client.AuthenticationJWTProfile(key, oidc.ScopeOpenID, client.ScopeZitadelAPI())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Close() })
	events, err := owner.AdminService().ListEvents(t.Context(), &adminpb.ListEventsRequest{AggregateId: user, Asc: true})
	if err != nil {
		t.Fatal(err)
	}
	var secrets []string
	for _, e := range events.GetEvents() {
		if hash := e.GetPayload().GetFields()["encodedHash"].GetStringValue(); hash != "" {
			secrets = append(secrets, hash)
		}
	}
	return secrets
}

func TestTheTailOutlivesZitadelsAbsence(t *testing.T) {
	w := newZitadelWorld(t)
	w.organization(t, "linden", identity.KindSchool, "")
	w.organization(t, "room-0", identity.KindClassroom, "linden")
	w.students(t, 0, 5, 1)
	update(t, w.projection)
	want := export(t, w.store)
	w.server.Faults().Unavailable("/zitadel.admin.v1.AdminService/ListEvents", 0, -1)
	w.students(t, 5, 6, 1)
	if err := w.projection.follow(t.Context()); !identity.IsKind(err, identity.KindUnavailable) {
		t.Errorf("poll says %v, want unavailable", err)
	}
	if _, err := w.projection.Rebuild(t.Context(), nil); !identity.IsKind(err, identity.KindUnavailable) {
		t.Errorf("rebuild says %v, want unavailable", err)
	}
	if diff := cmp.Diff(want, export(t, w.store)); diff != "" {
		t.Errorf("rosters changed while Zitadel was away:\n%s", diff)
	}
	w.server.Faults().Heal()
	poll(t, w.projection)
	if got := people(export(t, w.store)); got != 6 {
		t.Errorf("%d people afterwards, want 6", got)
	}
}
