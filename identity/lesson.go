package identity

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// LessonState is whether a student can work in the lesson that is going on.
type LessonState string

// The states, in the order in which a teacher looks at them: who needs help
// first, who was sent away last.
const (
	LessonLocked    LessonState = "locked"    // too many wrong passwords
	LessonNever     LessonState = "never"     // has never signed in
	LessonAway      LessonState = "away"      // not today
	LessonToday     LessonState = "today"     // earlier today
	LessonIn        LessonState = "in"        // within [LessonFresh]
	LessonSuspended LessonState = "suspended" // in this classroom
	LessonInactive  LessonState = "inactive"  // the account was deactivated
)

// LessonStates lists the states in their order.
var LessonStates = []LessonState{
	LessonLocked, LessonNever, LessonAway, LessonToday, LessonIn, LessonSuspended, LessonInactive,
}

// LessonFresh is how long ago a student who counts as signed in was last seen.
const LessonFresh = 10 * time.Minute

// LessonStudent is a student as the lesson's page shows them.
type LessonStudent struct {
	User      User
	Suspended bool
	// SeenAt is the last sign-in at Zitadel, or, of people at home here, what they
	// did at the portal after it; zero if they never came.
	SeenAt time.Time
}

// State is the student's at a moment. The day is that of now's location.
func (s LessonStudent) State(now time.Time) LessonState {
	switch {
	case s.Suspended:
		return LessonSuspended
	case s.User.State == UserInactive:
		return LessonInactive
	case s.User.State == UserLocked:
		return LessonLocked
	case s.SeenAt.IsZero():
		return LessonNever
	case now.Sub(s.SeenAt) < LessonFresh:
		return LessonIn
	}
	year, month, day := now.Date()
	if s.SeenAt.Before(time.Date(year, month, day, 0, 0, 0, 0, now.Location())) {
		return LessonAway
	}
	return LessonToday
}

// SortLesson puts those first who need help. Those of one state keep their order.
func SortLesson(students []LessonStudent, now time.Time) {
	slices.SortStableFunc(students, func(a, b LessonStudent) int {
		return cmp.Compare(slices.Index(LessonStates, a.State(now)), slices.Index(LessonStates, b.State(now)))
	})
}

// mayUnstick holds for what a teacher does to the account of a student in the
// middle of a lesson: what holds for a new password, for students alone.
func (o Opened) mayUnstick(m Member) error {
	if m.Assignment.Role() != RoleStudent {
		return Forbidden("lesson.students-only")
	}
	return o.MayResetSignIn(m)
}

// MayUnlockStudent decides whether the actor may end a lock that wrong passwords
// caused. Whoever may give somebody a new password may.
func (o Opened) MayUnlockStudent(m Member) error {
	if err := o.mayUnstick(m); err != nil {
		return err
	}
	if m.User.State != UserLocked {
		return Conflict("rule.not-locked")
	}
	return nil
}

// MaySignOutStudent decides whether the actor may end a student's sessions.
func (o Opened) MaySignOutStudent(m Member) error { return o.mayUnstick(m) }

// UnlockStudent ends a lock that too many wrong passwords caused. One that is
// over already is no error and leaves no record.
func UnlockStudent(ctx context.Context, org Opened, rows Roster, remote Remote, user UserID) error {
	return unlessSo(decided(ctx, rows, user,
		func(m Member) error {
			if err := org.mayUnstick(m); err != nil {
				return err
			}
			if m.User.State != UserLocked {
				return errSoAlready
			}
			return nil
		},
		func(m Member) Change {
			return Change{
				Action: ActionUserUnlocked,
				Before: map[string]string{AuditState: string(m.User.State)},
				After:  map[string]string{AuditState: string(UserActive)},
			}
		},
		func(ctx context.Context) (Fact, error) { return remote.Unlock(ctx, user) },
	))
}

// SignOutStudent ends a student's sessions, here and at Zitadel.
func SignOutStudent(ctx context.Context, org Opened, rows Roster, remote Remote, user UserID) error {
	return rows.InTurn(ctx, func(ctx context.Context) error {
		m, err := rows.Member(ctx, user)
		if err != nil {
			return fmt.Errorf("load member: %w", err)
		}
		if err := org.MaySignOutStudent(m); err != nil {
			return err
		}
		change := Change{Action: ActionSessionsEnded, Target: string(user), TargetName: m.User.DisplayName()}
		return rows.Change(ctx, change, func(ctx context.Context) ([]Fact, error) {
			if err := rows.EndSessions(ctx, user); err != nil {
				return nil, err
			}
			_, err := remote.EndSessions(ctx, user)
			return nil, err
		})
	})
}
