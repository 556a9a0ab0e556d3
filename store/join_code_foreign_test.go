package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// joinCodeCalls are the calls of what belongs to join codes and lessons, on Linden's
// classroom with IDs of Birch's: see
// [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func joinCodeCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden, birch := w.as("linden-tom", "linden-7b"), w.as("birch-tom", "birch-7b")
	theirs := w.coded(birch, identity.JoinCodeSettings{Approval: true, Seats: 3})
	if _, err := w.joining("birch-uma", theirs).AskByCode(t.Context(), asking("birch-uma", theirs)); err != nil {
		t.Fatal(err)
	}
	nothing := func(context.Context) ([]identity.Fact, error) { return nil, nil }
	settings := identity.JoinCodeSettings{Approval: true, Seats: 5, ExpiresAt: noon.Add(time.Hour)}
	return map[string]func(context.Context) (any, error){
		"JoinCode":       func(ctx context.Context) (any, error) { return linden.JoinCode(ctx) },
		"NewJoinCode":    func(ctx context.Context) (any, error) { return nil, linden.NewJoinCode(ctx, settings) },
		"ChangeJoinCode": func(ctx context.Context) (any, error) { return nil, linden.ChangeJoinCode(ctx, settings) },
		"StopJoinCode":   func(ctx context.Context) (any, error) { return nil, linden.StopJoinCode(ctx) },
		"SentAway":       func(ctx context.Context) (any, error) { return linden.SentAway(ctx, "birch-zoe") },
		"AskByCode": func(ctx context.Context) (any, error) {
			return linden.AskByCode(ctx, asking("linden-uma", theirs))
		},
		"TakeSeat": func(ctx context.Context) (any, error) {
			return nil, linden.TakeSeat(ctx, asking("linden-vic", theirs), nothing) // their seat stays free
		},
		"LetIn":    func(ctx context.Context) (any, error) { return nil, linden.LetIn(ctx, "birch-uma", nothing) },
		"TurnAway": func(ctx context.Context) (any, error) { return nil, linden.TurnAway(ctx, "birch-uma", true) },
		"Unblock":  func(ctx context.Context) (any, error) { return nil, linden.Unblock(ctx, "birch-uma") },
		"AskedAt": func(ctx context.Context) (any, error) {
			at, _, err := linden.AskedAt(ctx, "birch-uma")
			if !at.IsZero() {
				t.Error("a request to Birch is told in Linden")
			}
			return nil, err
		},
		"ClassRequests":   func(ctx context.Context) (any, error) { return linden.ClassRequests(ctx) },
		"RequestsWaiting": func(ctx context.Context) (any, error) { return linden.RequestsWaiting(ctx) },
		"Lesson": func(ctx context.Context) (any, error) {
			students, err := linden.Lesson(ctx)
			// Sam of Birch is a guest of Linden's: a row of Linden's roster.
			return slices.DeleteFunc(students, func(s identity.LessonStudent) bool { return s.User.ID == "birch-sam" }), err
		},
	}
}

// coded gives a classroom a join code.
func (w *world) coded(o *Organization, settings identity.JoinCodeSettings) identity.JoinCode {
	w.t.Helper()
	if settings.ExpiresAt.IsZero() {
		settings.ExpiresAt = w.clock.Add(identity.JoinCodeWeek)
	}
	if err := o.NewJoinCode(w.t.Context(), settings); err != nil {
		w.t.Fatal(err)
	}
	code, err := o.JoinCode(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return code
}

// joining is the classroom, opened by the code for somebody.
func (w *world) joining(user string, code identity.JoinCode) *Organization {
	w.t.Helper()
	opened, _, err := w.OpenByCode(w.t.Context(), identity.Actor{User: identity.UserID(user)}, code.Spelled())
	if err != nil {
		w.t.Fatal(err)
	}
	return w.In(opened)
}

func asking(user string, code identity.JoinCode) identity.JoinRequest {
	return identity.JoinRequest{
		User: identity.UserID(user), Name: "Name of " + user, Address: user + "@example.org", Verified: true,
		Domain: "example.org", Role: identity.RoleStudent, Code: code.ID,
	}
}
