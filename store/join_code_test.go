package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// A code opens its classroom while it lives, however it is typed. What is void,
// over or unknown, and what is not in use, is all the same.
func TestWhatAJoinCodeOpens(t *testing.T) {
	w := newWorld(t)
	room := w.as("linden-tom", "linden-7b")
	code := w.coded(room, identity.JoinCodeSettings{Approval: true, Seats: 2, Domains: []string{"linden.example", "b.example"}})
	opens := func(typed, why string, want bool) {
		t.Helper()
		opened, found, err := w.OpenByCode(t.Context(), identity.Actor{User: "linden-sam"}, typed)
		if !want {
			refused(t, err, identity.KindNotFound, "code.unknown")
			return
		}
		if err != nil || opened.ID() != "linden-7b" || found.ID != code.ID || opened.Code() != code.ID {
			t.Errorf("%s: %v, %v, %v", why, opened.ID(), found, err)
		}
		if got := fmt.Sprint(found.Seats, found.Taken, found.Domains, found.Approval); got != "2 0 [linden.example b.example] true" {
			t.Errorf("%s: %s", why, got)
		}
	}
	opens(code.Spelled(), "as it is shown", true)
	opens(strings.ToLower(code.Code), "in small letters", true)
	opens("CCCC-CCCC", "one that nobody made", false)
	opens("", "nothing", false)

	before := code
	code = w.coded(room, identity.JoinCodeSettings{Approval: true, Seats: 2, Domains: []string{"linden.example", "b.example"}})
	opens(before.Code, "the one before", false)
	opens(code.Code, "the new one", true)
	w.apply(identity.OrganizationStateChanged{Organization: "linden-7b", State: identity.OrganizationInactive, At: noon.Add(time.Second)})
	opens(code.Code, "archived", false)
	w.apply(identity.OrganizationStateChanged{Organization: "linden-7b", State: identity.OrganizationActive, At: noon.Add(2 * time.Second)})
	w.apply(identity.OrganizationStateChanged{Organization: "linden", State: identity.OrganizationInactive, At: noon.Add(3 * time.Second)})
	opens(code.Code, "of a suspended school", false)
	w.apply(identity.OrganizationStateChanged{Organization: "linden", State: identity.OrganizationActive, At: noon.Add(4 * time.Second)})
	w.after(identity.JoinCodeWeek)
	opens(code.Code, "over", false)
	if err := room.ChangeJoinCode(t.Context(), identity.JoinCodeSettings{
		Approval: true, Seats: 2, Domains: code.Domains, ExpiresAt: w.clock.Add(time.Hour),
	}); err != nil {
		t.Fatal(err)
	}
	opens(code.Code, "with another last day", true)
	for range 2 {
		w.must(room.StopJoinCode(t.Context()))
	}
	opens(code.Code, "stopped", false)
	_, err := room.JoinCode(t.Context())
	refused(t, err, identity.KindNotFound, "code.none")
}

// Of many who are there for the last seats at once, as many get one as there are.
func TestTheLastSeatsAreTakenOnce(t *testing.T) {
	w := newWorld(t)
	code := w.coded(w.as("linden-tom", "linden-7b"), identity.JoinCodeSettings{Seats: 3})
	var wait sync.WaitGroup
	answers := make(chan error, 20)
	for i := range cap(answers) {
		user := fmt.Sprintf("new-%d", i)
		room := w.joining(user, code)
		wait.Go(func() {
			answers <- room.TakeSeat(t.Context(), asking(user, code), func(context.Context) ([]identity.Fact, error) {
				return []identity.Fact{assigned("linden-7b", user, identity.RoleStudent)}, nil
			})
		})
	}
	wait.Wait()
	close(answers)
	in := 0
	for err := range answers {
		if err == nil {
			in++
			continue
		}
		refused(t, err, identity.KindConflict, "code.full")
	}
	left, err := w.as("linden-tom", "linden-7b").JoinCode(t.Context())
	if in != 3 || left.Taken != 3 || !left.Full() || err != nil {
		t.Errorf("%d got in, %d seats are taken, %v", in, left.Taken, err)
	}
}

// A seat goes back when joining was refused. One that was taken before a crash, or
// before an answer was lost, is not taken twice; it is forgotten when nobody comes
// back for it.
func TestASeatIsTakenForOnePerson(t *testing.T) {
	w := newWorld(t)
	teacher := w.as("linden-tom", "linden-7b")
	code := w.coded(teacher, identity.JoinCodeSettings{Seats: 5})
	room := w.joining("uma", code)
	taken := func(want int) {
		t.Helper()
		if now, err := teacher.JoinCode(t.Context()); err != nil || now.Taken != want {
			t.Errorf("%d seats are taken, want %d (%v)", now.Taken, want, err)
		}
	}
	fails := func(failure error) {
		t.Helper()
		err := room.TakeSeat(t.Context(), asking("uma", code), func(context.Context) ([]identity.Fact, error) {
			taken(1)
			return nil, failure
		})
		if !errors.Is(err, failure) {
			t.Errorf("error = %v", err)
		}
	}
	fails(identity.Conflict("user.gone"))
	taken(0)
	fails(identity.Unavailable("remote.unavailable"))
	taken(1)
	fails(errBoom)
	taken(1)
	func() {
		defer func() { _ = recover() }() // what a crash leaves behind
		_ = room.TakeSeat(t.Context(), asking("uma", code), func(context.Context) ([]identity.Fact, error) { panic("crash") })
	}()
	taken(1)
	w.must(room.TakeSeat(t.Context(), asking("uma", code), func(context.Context) ([]identity.Fact, error) { return nil, nil }))
	taken(1)

	lost := w.joining("vic", code)
	_ = lost.TakeSeat(t.Context(), asking("vic", code), func(context.Context) ([]identity.Fact, error) { return nil, errBoom })
	w.after(requestsKept + time.Hour)
	w.must(w.DeleteExpired(t.Context()))
	if left := w.dump("SELECT * FROM join_requests WHERE state = 'joining'"); left != "" {
		t.Errorf("what nobody came back for is kept: %s", left)
	}
}

// Who joined when the program was cut off is on record as done as
// soon as the event is read; of whom none comes, it failed.
func TestEventsSettleWhoJoined(t *testing.T) {
	w := newWorld(t)
	code := w.coded(w.as("linden-tom", "linden-7b"), identity.JoinCodeSettings{Seats: 5})
	w.apply(userFacts("birch", "uma", "Uma", "Ulrich")...)
	for _, user := range []string{"birch-uma", "vic"} {
		func() {
			defer func() { _ = recover() }() // what a crash leaves behind
			_ = w.joining(user, code).TakeSeat(t.Context(), asking(user, code), func(context.Context) ([]identity.Fact, error) { panic("crash") })
		}()
	}
	w.events(identity.Event{
		Aggregate: "linden-7b/birch-uma", Sequence: 1, Organization: "linden-7b", At: noon, Editor: "runtime", Type: "user.grant.added",
		Fact: assigned("linden-7b", "birch-uma", identity.RoleStudent),
	})
	w.must(w.FailUnseen(t.Context(), noon.Add(time.Hour)))
	got := w.dump("SELECT target, outcome FROM audit_records WHERE action = 'join.joined' ORDER BY target")
	if want := "birch-uma done\nvic failed\n"; got != want {
		t.Errorf("records say %q, want %q", got, want)
	}
}

// Requests wait, are answered once, and stay answered.
func TestRequestsToAClassroom(t *testing.T) {
	w := newWorld(t)
	teacher := w.as("linden-tom", "linden-7b")
	code := w.coded(teacher, identity.JoinCodeSettings{Approval: true, Seats: 1})
	ask := func(user string, want identity.JoinOutcome) {
		t.Helper()
		if got, err := w.joining(user, code).AskByCode(t.Context(), asking(user, code)); err != nil || got != want {
			t.Errorf("%s asks: %q, %v, want %q", user, got, err, want)
		}
	}
	w.apply(userFacts("birch", "uma", "Uma", "Ulrich")...)
	for _, user := range []string{"birch-uma", "vic", "wes", "xia"} {
		ask(user, identity.JoinWaits)
		ask(user, identity.JoinWaits) // once more
		w.after(time.Second)
	}
	requests, err := teacher.ClassRequests(t.Context())
	if err != nil || requests.Waiting != 4 || len(requests.Rows) != 4 {
		t.Fatalf("%+v, %v", requests, err)
	}
	first := requests.Rows[0]
	if got := fmt.Sprintln(first.User, first.Home, first.HomeName, first.Verified, first.UserName, first.Code == code.ID, first.AskedAt.Equal(noon)); got !=
		"birch-uma birch Birch true uma.birch true true\n" {
		t.Errorf("the first is %s", got)
	}
	waits, err := w.RequestsOf(t.Context(), "birch-uma")
	if err != nil || len(waits) != 1 || waits[0].Name != "Linden-7b" || waits[0].School != "Linden" {
		t.Errorf("uma waits for %+v, %v", waits, err)
	}
	for user, want := range map[identity.UserID]int{"linden-tom": 4, "linden-cleo": 4, "linden-zoe": 0, "birch-tom": 0} {
		if got, err := w.RequestsToAnswer(t.Context(), user); err != nil || got["linden-7b"] != want {
			t.Errorf("%s is told of %v, %v, want %d", user, got, err, want)
		}
	}

	in := func(user string) error {
		return teacher.LetIn(t.Context(), identity.UserID(user), func(context.Context) ([]identity.Fact, error) {
			return []identity.Fact{assigned("linden-7b", user, identity.RoleStudent)}, nil
		})
	}
	// A refusal leaves the request as it was, and its seat free; a lost answer
	// leaves it with its seat.
	for _, failure := range []struct {
		err   error
		taken int
	}{{identity.Conflict("user.gone"), 0}, {errBoom, 1}, {identity.Unavailable("remote.unavailable"), 1}} {
		err = teacher.LetIn(t.Context(), "birch-uma", func(context.Context) ([]identity.Fact, error) { return nil, failure.err })
		if now, problem := teacher.JoinCode(t.Context()); !errors.Is(err, failure.err) || problem != nil || now.Taken != failure.taken {
			t.Errorf("%v, %d seats are taken, want %v and %d (%v)", err, now.Taken, failure.err, failure.taken, problem)
		}
	}
	w.must(teacher.StopJoinCode(t.Context())) // what waits stays decidable
	w.must(in("birch-uma"))
	refused(t, in("birch-uma"), identity.KindNotFound, "join.not-found")
	refused(t, in("vic"), identity.KindConflict, "code.full")
	w.must(teacher.TurnAway(t.Context(), "vic", false))
	w.must(teacher.TurnAway(t.Context(), "wes", true))
	refused(t, teacher.TurnAway(t.Context(), "wes", false), identity.KindNotFound, "join.not-found")

	code = w.coded(teacher, identity.JoinCodeSettings{Seats: 9})
	ask("vic", identity.JoinRefused)
	ask("wes", identity.JoinRefused)
	nothing := func(context.Context) ([]identity.Fact, error) { t.Error("they were let in"); return nil, nil }
	refused(t, w.joining("vic", code).TakeSeat(t.Context(), asking("vic", code), nothing), identity.KindForbidden, "code.refused")
	w.after(declinedFor + time.Hour)
	w.must(w.DeleteExpired(t.Context()))
	requests, err = teacher.ClassRequests(t.Context())
	if err != nil || requests.Waiting != 0 || len(requests.Blocked) != 1 || requests.Blocked[0].User != "wes" {
		t.Errorf("after a month: %+v, %v", requests, err)
	}
	code = w.coded(teacher, identity.JoinCodeSettings{Seats: 9})
	ask("vic", identity.JoinWaits)
	ask("wes", identity.JoinRefused)
	w.must(teacher.Unblock(t.Context(), "wes"))
	refused(t, teacher.Unblock(t.Context(), "wes"), identity.KindNotFound, "join.not-found")
	ask("wes", identity.JoinWaits)
	// Who is gone is forgotten.
	w.apply(userFacts("birch", "yan", "Yan", "Yu")...)
	ask("birch-yan", identity.JoinWaits)
	w.apply(identity.UserRemoved{User: "birch-yan", At: w.clock})
	if n, err := teacher.RequestsWaiting(t.Context()); err != nil || n != 2 {
		t.Errorf("%d wait, %v", n, err)
	}
}

// No flood makes more wait than a teacher could ever answer.
func TestOnlySoManyWait(t *testing.T) {
	w := newWorld(t)
	code := w.coded(w.as("linden-tom", "linden-7b"), identity.JoinCodeSettings{Approval: true, Seats: 500})
	room := w.joining("x", code)
	for i := range requestsWaiting {
		if _, err := room.AskByCode(t.Context(), asking(fmt.Sprint("x", i), code)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := room.AskByCode(t.Context(), asking("one-more", code))
	refused(t, err, identity.KindConflict, "code.crowded")
}

// Who was taken out is known, whoever did it and however often.
func TestWhoWasSentAwayIsKnown(t *testing.T) {
	w := newWorld(t)
	room := w.as("linden-tom", "linden-7b")
	away := func(want bool) {
		t.Helper()
		if got, err := room.SentAway(t.Context(), "linden-sam"); err != nil || got != want {
			t.Errorf("sent away = %v, %v, want %v", got, err, want)
		}
	}
	away(false)
	left := identity.Change{Action: identity.ActionLeft, Target: "linden-sam"}
	w.must(room.Change(t.Context(), left, func(context.Context) ([]identity.Fact, error) { return nil, nil }))
	away(false)
	removed := identity.Change{Action: identity.ActionRoleRemoved, Target: "linden-sam"}
	_ = room.Change(t.Context(), removed, func(context.Context) ([]identity.Fact, error) { return nil, errBoom })
	away(false)
	w.must(room.Change(t.Context(), removed, func(context.Context) ([]identity.Fact, error) { return nil, nil }))
	away(true)
}

// Wrong codes of an hour and of a day are counted, and forgotten.
func TestGuessingIsNoticed(t *testing.T) {
	w := newWorld(t)
	guessed := func(want bool) {
		t.Helper()
		if got, err := w.CodesGuessed(t.Context()); err != nil || got != want {
			t.Errorf("guessed = %v, %v, want %v", got, err, want)
		}
	}
	put := func(hoursAgo, wrong int) {
		t.Helper()
		_, err := w.writer.ExecContext(t.Context(), "INSERT INTO join_tries (hour, wrong) VALUES ($1, $2)", hourOf(micros(w.clock))-int64(hoursAgo), wrong)
		w.must(err)
	}
	guessed(false)
	put(0, wrongTriesPerHour-1)
	guessed(false)
	w.must(w.CountWrongCode(t.Context()))
	guessed(true)
	w.after(time.Hour)
	guessed(false)
	put(23, wrongTriesPerDay)
	guessed(true)
	w.after(2 * time.Hour)
	w.must(w.DeleteExpired(t.Context()))
	guessed(false)
}

// What the documentation says about guessing is what the code does.
func TestTheLimitsOfGuessingAreAsWritten(t *testing.T) {
	text, err := os.ReadFile("../docs/join-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("| %d,%03d in an hour, %d,%03d in 24 hours |",
		wrongTriesPerHour/1000, wrongTriesPerHour%1000, wrongTriesPerDay/1000, wrongTriesPerDay%1000)
	if !strings.Contains(string(text), want) {
		t.Errorf("docs/join-codes.md does not say %q", want)
	}
}
