package rollover_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/zitadel/standin"
)

// How many classes are rolled over by the test of load, and what has a process be
// the stand-in that it goes to.
const (
	loadClasses  = "HOMEROOM_ROLLOVER_LOAD"
	standinChild = "HOMEROOM_ROLLOVER_STANDIN"
)

// classSize is how many students each class has, beside a teacher.
const classSize = 5

// TestTheStandInInAnotherProcess is no test but that process, so that memory that
// is measured is ours.
func TestTheStandInInAnotherProcess(t *testing.T) {
	if os.Getenv(standinChild) == "" {
		t.Skip("it is started by the test of load")
	}
	server, err := standin.New(standin.Options{})
	if err == nil {
		err = server.Start(t.Context(), "")
	}
	if err != nil {
		t.Fatal(err)
	}
	at, err := json.Marshal(map[string]any{"Issuer": server.Issuer(), "Key": server.OwnerKey()})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(at))
	select {} // until it is killed
}

// A whole school goes into the next year and back.
func TestLoad(t *testing.T) {
	classes, err := strconv.Atoi(os.Getenv(loadClasses))
	if err != nil {
		t.Skip(loadClasses + " says how many classes there are")
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestTheStandInInAnotherProcess$")
	child.Env = append(os.Environ(), standinChild+"=1")
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
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
	p := emptyPlace(t, at.Issuer, at.Key)
	p.clock = time.Time{} // records of one moment are placed one behind the other
	p.fill(classes)
	s := p.site()
	school := s.as(s.school.ID)

	var id store.RolloverID
	measured(t, "planned", func() {
		id = s.plan()
		s.check(s.work()) // of more than a few hundred classes
	})
	measured(t, "checked", func() { s.check(school.CheckRollover(t.Context(), id)) })
	s.check(school.ApplyRollover(t.Context(), id, false))
	measured(t, "applied", func() { s.check(s.work()) })
	one, err := school.Rollover(t.Context(), id)
	if err != nil || one.State != store.RolloverDone || one.Done != classes || one.Refused != 0 {
		t.Fatalf("the receipt says %+v, %v", one, err)
	}
	s.check(school.UndoRollover(t.Context(), id))
	measured(t, "undone", func() { s.check(s.work()) })
	one, err = school.Rollover(t.Context(), id)
	if err != nil || one.State != store.RolloverUndone || one.Undone != classes {
		t.Fatalf("the receipt says %+v, %v", one, err)
	}
	for _, kept := range []store.RolloverBack{store.BackKept, store.BackPartly, store.BackRefused} {
		if items, err := school.RolloverItemsBack(t.Context(), id, kept); err != nil || len(items) > 0 {
			t.Errorf("%s: %v, %v", kept, items, err)
		}
	}
}

// fill opens classes of one year group after the other, each with its people.
func (p *place) fill(classes int) {
	p.t.Helper()
	begun := time.Now()
	work := make(chan int)
	var under sync.WaitGroup
	for range 8 {
		under.Go(func() {
			for n := range work {
				year, set := n%13+1, n/13+1
				class := p.open(identity.KindClassroom, fmt.Sprintf("Year %d Set %d", year, set), p.school.ID)
				for i := range classSize + 1 {
					user, role := identity.UserID(fmt.Sprintf("p%d-%d", n, i)), identity.RoleStudent
					if i == 0 {
						role = identity.RoleTeacher
					}
					p.user(p.school, user)
					p.assign(class, user, role)
				}
			}
		})
	}
	for n := range classes {
		work <- n
	}
	close(work)
	under.Wait()
	p.t.Logf("%d classes with %d people each were made in %.1f s", classes, classSize+1, time.Since(begun).Seconds())
}

// measured says how long f takes, and what the largest heap is meanwhile.
func measured(t *testing.T, what string, f func()) {
	t.Helper()
	runtime.GC()
	var most uint64
	ended, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
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
	begun := time.Now()
	f()
	took := time.Since(begun)
	close(ended)
	<-over
	t.Logf("%s in %.1f s, peak heap %.1f MB", what, took.Seconds(), float64(most)/1e6)
}
