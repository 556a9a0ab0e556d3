package projection

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/store/storetest"
)

// newStore opens a store whose clock is the log's.
func newStore(t testing.TB, log *eventLog) *store.Store {
	t.Helper()
	return openStore(t, log, storetest.Path(t))
}

func openStore(t testing.TB, log *eventLog, path string) *store.Store {
	t.Helper()
	keys, err := store.ParseKeyRing(store.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{Path: path, Keys: keys, Operators: operators, Now: log.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newProjection(t testing.TB, log *eventLog, s *store.Store) *Projection {
	t.Helper()
	return New(s, log, Options{
		Now: log.clock, Settle: time.Microsecond, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
}

// export is all rosters as text.
func export(t testing.TB, s *store.Store) string {
	t.Helper()
	var text bytes.Buffer
	if err := s.ExportRosters(t.Context(), &text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func update(t testing.TB, p *Projection) {
	t.Helper()
	if err := p.Sync(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}

// poll is what the running tail does twice a second.
func poll(t testing.TB, p *Projection) {
	t.Helper()
	if err := p.follow(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// smallSchool is a school with two classrooms, a school_admin, a teacher and
// students.
func smallSchool(students int) *eventLog {
	log := newLog()
	log.organization("linden", identity.KindSchool, "", "Linden School")
	log.organization("biology", identity.KindClassroom, "linden", "Biology 7B")
	log.organization("chess", identity.KindClassroom, "linden", "Chess")
	log.user("linden", "ada", "Ada", "Byron")
	log.assign("linden", "ada", identity.RoleSchoolAdmin)
	log.user("linden", "tess", "Tess", "Ångström")
	log.assign("linden", "tess", identity.RoleTeacher)
	log.assign("biology", "tess", identity.RoleTeacher)
	for i := range students {
		id := identity.UserID(fmt.Sprintf("student-%04d", i))
		log.user("linden", id, "Sam "+fmt.Sprint(i), "Müller")
		log.assign("biology", id, identity.RoleStudent)
	}
	return log
}

// people are the rows of the export without the heading.
func people(text string) int { return strings.Count(text, "\n") - 1 }

func TestTheLogBecomesRosters(t *testing.T) {
	log := smallSchool(3)
	s := newStore(t, log)
	update(t, newProjection(t, log, s))

	got := export(t, s)
	if people(got) != 6 {
		t.Errorf("%d people on rosters, want 6:\n%s", people(got), got)
	}
	for _, want := range []string{
		"linden,school,Linden School,,active,ada,linden:ada,school_admin,active,",
		"biology,classroom,Biology 7B,linden,active,tess,biology:tess,teacher,active,",
		",linden,student-0002@school.example,Sam 2,Müller,student-0002@school.example,true,,active,",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the export lacks %q:\n%s", want, got)
		}
	}
}

func TestOneUserIsOnARosterOnlyOnce(t *testing.T) {
	for _, laterFirst := range []bool{false, true} { // as the log shows them
		log := smallSchool(1)
		first := log.events[len(log.events)-1]
		second := log.write(consoleAdmin, "biology", "second", log.tick(), identity.RoleAssignmentCreated{
			At: log.clock(), Assignment: identity.RoleAssignment{
				ID: "second", User: "student-0000", Organization: "biology", Roles: []identity.Role{identity.RoleCoTeacher},
			},
		})
		s := newStore(t, log)
		p := newProjection(t, log, s)
		late := second
		if laterFirst {
			late = first
		}
		log.hide(late)
		update(t, p)
		log.show(late)
		update(t, p)
		got := export(t, s)
		if people(got) != 4 || !strings.Contains(got, "student-0000,second,co_teacher") {
			t.Errorf("later first %t: want the later assignment alone:\n%s", laterFirst, got)
		}
	}
}

func TestTheSameEventsAgainAskForNothing(t *testing.T) {
	log := eventful()
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	want := export(t, s)
	if err := s.ApplyEvents(t.Context(), store.EventBatch{Events: log.visible(), Cursor: log.clock()}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, export(t, s)); diff != "" {
		t.Errorf("rosters differ (-once +twice):\n%s", diff)
	}
	stale, err := s.StaleAggregates(t.Context(), true)
	if err != nil || len(stale) != 0 {
		t.Errorf("%v (%v) to be folded anew, want none", stale, err)
	}
}

// Sign-ins are told by sessions, which may be seen before the person is.
func TestASignInBeforeItsUserCounts(t *testing.T) {
	log := smallSchool(1)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	log.user("linden", "new", "Nia", "New")
	created := log.events[len(log.events)-2]
	log.hide(created)
	log.assign("biology", "new", identity.RoleStudent)
	at := log.tick()
	log.write("new", "instance", "session-1", at, identity.UserSignedIn{User: "new", At: at})
	poll(t, p)
	log.show(created)
	log.pass(time.Second)
	poll(t, p)
	poll(t, p)
	if got := export(t, s); !strings.Contains(got, ",new@school.example,true,,active,"+at.Format(time.RFC3339Nano)) {
		t.Errorf("the sign-in at %v does not count:\n%s", at, got)
	}
}

func TestEventsBecomeVisibleLate(t *testing.T) {
	log := smallSchool(1)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)

	log.user("linden", "late", "Lou", "Late")
	created := log.events[len(log.events)-2]
	log.hide(created)
	log.assign("biology", "late", identity.RoleStudent)
	changed := log.events[len(log.events)-1]
	log.hide(changed)
	at := log.tick()
	roles := log.write(consoleAdmin, "biology", "biology:late", at, identity.RoleAssignmentChanged{
		ID: "biology:late", Roles: []identity.Role{identity.RoleCoTeacher}, At: at,
	})
	poll(t, p)
	if got := export(t, s); strings.Contains(got, "late") {
		t.Errorf("on the roster without a beginning:\n%s", got)
	}

	log.pass(90 * time.Second) // only the deep pass reads that far back
	log.show(created)
	log.show(changed)
	poll(t, p)
	poll(t, p)
	if got := export(t, s); !strings.Contains(got, "late,biology:late,co_teacher,active") {
		t.Errorf("event %d, older than one already seen, is missing:\n%s", roles.Sequence-1, got)
	}
}

func TestEqualTimesAcrossAPageEndLoseNothing(t *testing.T) {
	log := newLog()
	log.organization("linden", identity.KindClassroom, "", "Linden")
	at := log.tick()
	for i := range 40 { // groups of four events share their time
		if i%4 == 0 {
			at = log.tick()
		}
		id := identity.UserID(fmt.Sprintf("u%02d", i))
		log.write(runtimeAccount, "linden", string(id), at, identity.UserCreated{At: at, User: identity.User{ID: id, Home: "linden", UserName: string(id)}})
		log.write(runtimeAccount, "linden", "a"+string(id), at, identity.RoleAssignmentCreated{At: at, Assignment: identity.RoleAssignment{
			ID: identity.RoleAssignmentID("a" + id), User: id, Organization: "linden", Roles: []identity.Role{identity.RoleStudent},
		}})
	}
	for _, limit := range []int{9, 10, 11, 13} {
		log.pageLimit = limit
		s := newStore(t, log)
		update(t, newProjection(t, log, s))
		if got := people(export(t, s)); got != 40 {
			t.Errorf("with pages of %d events there are %d people, want 40", limit, got)
		}
	}
}

func TestAnOwnWriteIsNotFlippedBackByAnOlderEvent(t *testing.T) {
	log := smallSchool(1)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)

	// Somebody suspends the student, which the log shows late; then the portal
	// makes the student a co-teacher, which the log shows later still.
	at := log.tick()
	suspended := log.write(consoleAdmin, "biology", "biology:student-0000", at, identity.RoleAssignmentStateChanged{
		ID: "biology:student-0000", State: identity.AssignmentSuspended, At: at,
	})
	log.hide(suspended)
	at = log.tick()
	fact := identity.RoleAssignmentChanged{ID: "biology:student-0000", Roles: []identity.Role{identity.RoleCoTeacher}, At: at}
	changed := log.write(runtimeAccount, "biology", "biology:student-0000", at, fact)
	log.hide(changed)
	apply(t, s, fact)

	const own, both = "biology:student-0000,co_teacher,active", "biology:student-0000,co_teacher,suspended"
	if got := export(t, s); !strings.Contains(got, own) {
		t.Fatalf("the own write does not show at once:\n%s", got)
	}
	log.show(suspended)
	for range 3 {
		log.pass(time.Second)
		poll(t, p)
		if got := export(t, s); !strings.Contains(got, own) {
			t.Fatalf("an older event flipped the own write back:\n%s", got)
		}
	}
	log.show(changed)
	log.pass(time.Second)
	poll(t, p)
	update(t, p)
	if got := export(t, s); !strings.Contains(got, both) {
		t.Errorf("both changes should count in the end:\n%s", got)
	}
}

func TestARemovalOfOurOwnOutlivesTheLateCreation(t *testing.T) {
	log := smallSchool(1)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	log.user("linden", "brief", "Bo", "Brief")
	log.assign("chess", "brief", identity.RoleStudent)
	at := log.tick()
	removed := log.write(runtimeAccount, "chess", "chess:brief", at, identity.RoleAssignmentRemoved{ID: "chess:brief", At: at})
	log.hide(removed)
	apply(t, s, removed.Fact)
	poll(t, p)
	if got := export(t, s); strings.Contains(got, "chess:brief") {
		t.Fatalf("back on the roster after the own removal:\n%s", got)
	}
	log.show(removed)
	log.pass(time.Second)
	poll(t, p)
	update(t, p)
	if got := export(t, s); strings.Contains(got, "chess:brief") {
		t.Errorf("back on the roster:\n%s", got)
	}
}

func TestWhatZitadelTellsNothingOfIsGoneToo(t *testing.T) {
	tests := []struct {
		name  string
		write func(*eventLog)
		want  int // people on rosters, of 5
		gone  string
	}{
		{"a removed school takes its people along, wherever they are", func(l *eventLog) {
			at := l.tick()
			l.write(consoleAdmin, "linden", "linden", at, identity.OrganizationRemoved{Organization: "linden", At: at})
		}, 0, "tess"},
		{"a removed classroom takes its roster along", func(l *eventLog) {
			at := l.tick()
			l.write(consoleAdmin, "biology", "biology", at, identity.OrganizationRemoved{Organization: "biology", At: at})
		}, 2, "biology"},
		{"a removed user is on no roster", func(l *eventLog) {
			at := l.tick()
			l.write(consoleAdmin, "linden", "tess", at, identity.UserRemoved{User: "tess", At: at})
		}, 3, "tess"},
		{"a role taken from the grant is nobody's", func(l *eventLog) {
			at := l.tick()
			l.write(consoleAdmin, operators, "project", at, identity.GrantSet{
				Grant: "grant-biology", Roles: []identity.Role{identity.RoleTeacher, identity.RoleCoTeacher}, At: at,
			})
		}, 3, "biology:student"},
		{"a removed grant empties the roster", func(l *eventLog) {
			at := l.tick()
			l.write(consoleAdmin, operators, "project", at, identity.GrantRemoved{Grant: "grant-biology", At: at})
		}, 2, "biology:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := smallSchool(2)
			s := newStore(t, log)
			p := newProjection(t, log, s)
			update(t, p)
			if got := people(export(t, s)); got != 5 {
				t.Fatalf("%d people before, want 5", got)
			}
			tt.write(log)
			poll(t, p)
			got := export(t, s)
			if people(got) != tt.want || strings.Contains(got, tt.gone) {
				t.Errorf("%d people, want %d and nothing of %q:\n%s", people(got), tt.want, tt.gone, got)
			}
		})
	}
}

// Any order of becoming visible, with any event twice, ends in the same rows.
func TestEveryOrderOfEventsGivesTheSameRows(t *testing.T) {
	reference := eventful()
	s := newStore(t, reference)
	update(t, newProjection(t, reference, s))
	want := export(t, s)
	if people(want) < 5 {
		t.Fatalf("too little to compare:\n%s", want)
	}
	for seed := range uint64(orders) {
		log := eventful()
		random := rand.New(rand.NewPCG(seed, 1))
		shuffleIn(t, log, random, want)
	}
}

func FuzzEveryOrderOfEventsGivesTheSameRows(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	reference := eventful()
	f.Fuzz(func(t *testing.T, a, b uint64) {
		s := newStore(t, reference)
		update(t, newProjection(t, reference, s))
		shuffleIn(t, eventful(), rand.New(rand.NewPCG(a, b)), export(t, s))
	})
}

// shuffleIn makes the log's events visible a few at a time in random order,
// polls in between, and compares the rosters in the end.
func shuffleIn(t *testing.T, log *eventLog, random *rand.Rand, want string) {
	t.Helper()
	events := slices.Clone(log.events)
	for _, e := range events {
		log.hide(e)
	}
	random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	s := newStore(t, log)
	p := newProjection(t, log, s)
	for len(events) > 0 {
		n := min(len(events), 1+random.IntN(12))
		for _, e := range events[:n] {
			log.show(e)
		}
		if random.IntN(2) == 0 { // the same events once more, past the cursor
			again := append(slices.Clone(events[:n]), events[:n]...)
			if err := s.ApplyEvents(t.Context(), store.EventBatch{Events: again, Cursor: p.cursor}); err != nil {
				t.Fatal(err)
			}
		}
		events = events[n:]
		log.pass(20 * time.Millisecond)
		p.deepAt = time.Time{} // every pass is a deep one
		poll(t, p)
	}
	update(t, p)
	if diff := cmp.Diff(want, export(t, s)); diff != "" {
		t.Fatalf("rosters differ (-in order +shuffled):\n%s", diff)
	}
}

// eventful is a log in which everything happens to somebody.
func eventful() *eventLog {
	log := smallSchool(6)
	log.organization("birch", identity.KindSchool, "", "Birch School")
	log.user("birch", "guest", "Gil", "Guest")
	log.assign("birch", "guest", identity.RoleTeacher)
	log.assign("chess", "guest", identity.RoleTeacher)
	given, off, on := "Samuel", identity.UserInactive, identity.UserActive
	for _, change := range []func(time.Time) (identity.OrganizationID, string, identity.Fact){
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return "linden", "student-0000", identity.UserChanged{User: "student-0000", GivenName: &given, At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return "linden", "student-0001", identity.UserChanged{User: "student-0001", State: &off, At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return "linden", "student-0001", identity.UserSignedIn{User: "student-0001", At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return "linden", "student-0001", identity.UserChanged{User: "student-0001", State: &on, At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return "linden", "student-0002", identity.UserRemoved{User: "student-0002", At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return "biology", "biology:student-0003", identity.RoleAssignmentStateChanged{ID: "biology:student-0003", State: identity.AssignmentSuspended, At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return "biology", "biology:student-0003", identity.RoleAssignmentChanged{ID: "biology:student-0003", Roles: []identity.Role{identity.RoleTeacher, identity.RoleCoTeacher}, At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return "biology", "biology:student-0004", identity.RoleAssignmentRemoved{ID: "biology:student-0004", At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return operators, "project", identity.GrantSet{Grant: "grant-biology", Roles: []identity.Role{identity.RoleTeacher, identity.RoleStudent}, At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return operators, "project", identity.GrantSet{Grant: "grant-biology", Roles: identity.Roles, At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return "biology", "biology:student-0005", identity.RoleAssignmentChanged{ID: "biology:student-0005", Roles: []identity.Role{identity.RoleCoTeacher}, At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return "birch", "birch", identity.OrganizationMetadataSet{Organization: "birch", Key: identity.MetadataName, Value: "Silver Birch", At: at}
		},
		func(at time.Time) (identity.OrganizationID, string, identity.Fact) {
			return "chess", "chess", identity.OrganizationStateChanged{Organization: "chess", State: identity.OrganizationInactive, At: at}
		},
	} {
		at := log.tick()
		organization, aggregate, fact := change(at)
		log.write(consoleAdmin, organization, aggregate, at, fact)
	}
	// Two events of one transaction share their time; their sequence decides.
	at := log.tick()
	for _, role := range []identity.Role{identity.RoleTeacher, identity.RoleCoTeacher} {
		log.write(consoleAdmin, "biology", "biology:student-0000", at, identity.RoleAssignmentChanged{
			ID: "biology:student-0000", Roles: []identity.Role{role}, At: at,
		})
	}
	// An organization that was there for a while, with its people.
	log.organization("gone", identity.KindSchool, "", "Gone")
	log.user("gone", "wanderer", "Wim", "Wanderer")
	log.assign("chess", "wanderer", identity.RoleStudent)
	log.assign("gone", "wanderer", identity.RoleTeacher)
	at = log.tick()
	log.write(consoleAdmin, "gone", "gone", at, identity.OrganizationRemoved{Organization: "gone", At: at})
	// A user created twice with the same ID, as a repair does it.
	log.user("linden", "repaired", "Ria", "Repaired")
	at = log.tick()
	log.write(runtimeAccount, "linden", "repaired", at, identity.UserRemoved{User: "repaired", At: at})
	log.user("linden", "repaired", "Ria", "Repaired")
	log.assign("biology", "repaired", identity.RoleStudent)
	return log
}

func TestZitadelAwayLeavesTheRowsAndSaysHowOldTheyAre(t *testing.T) {
	log := smallSchool(2)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	if status := p.Status(t.Context()); status.Built || !status.Stale() {
		t.Errorf("before anything: %+v, want stale and not built", status)
	}
	poll(t, p)
	if status := p.Status(t.Context()); !status.Built || status.Stale() || status.Age != 0 || status.Err != nil {
		t.Errorf("after a poll: %+v, want fresh", status)
	}
	want := export(t, s)

	away := errors.New("connection refused")
	log.setAway(away)
	log.pass(time.Minute)
	if err := p.follow(t.Context()); !errors.Is(err, away) {
		t.Errorf("poll says %v, want %v", err, away)
	}
	if status := p.Status(t.Context()); !status.Stale() || status.Age != time.Minute || !errors.Is(status.Err, away) {
		t.Errorf("while away: %+v, want a minute old", status)
	}
	if diff := cmp.Diff(want, export(t, s)); diff != "" {
		t.Errorf("rosters changed while Zitadel was away:\n%s", diff)
	}
	// A portal that starts meanwhile knows the age as well, to the half minute.
	if status := newProjection(t, log, s).Status(t.Context()); !status.Built || status.Age < 30*time.Second {
		t.Errorf("another process: %+v, want built and old", status)
	}

	log.setAway(nil)
	log.user("linden", "new", "Nia", "New")
	log.assign("biology", "new", identity.RoleStudent)
	poll(t, p)
	if status := p.Status(t.Context()); status.Stale() || status.Err != nil {
		t.Errorf("back again: %+v, want fresh", status)
	}
	if got := export(t, s); !strings.Contains(got, "biology:new") {
		t.Errorf("what happened meanwhile is missing:\n%s", got)
	}
}

func TestPausesGrowToABoundWhileZitadelIsAway(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 5 * time.Second, 400: 5 * time.Second,
	} {
		if got := backoff(500*time.Millisecond, failures); got != want {
			t.Errorf("backoff after %d failures = %v, want %v", failures, got, want)
		}
	}
}

func TestAnIdlePortalDoesNotWrite(t *testing.T) {
	log := smallSchool(1)
	s := newStore(t, log)
	p := newProjection(t, log, s)
	update(t, p)
	before := changes(t, s)
	for range 10 {
		log.pass(500 * time.Millisecond)
		poll(t, p)
	}
	if after := changes(t, s); after != before {
		t.Errorf("ten idle polls wrote to the database (%d, before %d)", after, before)
	}
}

// changes counts the rows written over the writing connection.
func changes(t *testing.T, s *store.Store) (count int) {
	t.Helper()
	if err := s.Writer().QueryRowContext(t.Context(), "SELECT total_changes()").Scan(&count); err != nil {
		t.Fatal(err)
	}
	return count
}
