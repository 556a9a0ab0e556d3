package views

import (
	"context"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
)

// JoinPath is where a code is typed, and JoinCodePath the link of one.
const JoinPath = "/join"

// JoinCodePath is the link of a join code.
func JoinCodePath(code string) string { return at("j", identity.SpellJoinCode(code)) }

// CodePath shows a classroom's join code, and by POST makes a new one.
func CodePath(classroom identity.OrganizationID) string { return in(classroom, "code") }

// CodeSettingsPath changes what the code is set to.
func CodeSettingsPath(classroom identity.OrganizationID) string {
	return in(classroom, "code", "settings")
}

// StopCodePath ends the code.
func StopCodePath(classroom identity.OrganizationID) string { return in(classroom, "code", "stop") }

// ProjectorPath shows the code to a class.
func ProjectorPath(classroom identity.OrganizationID) string {
	return in(classroom, "code", "projector")
}

// CodeLivePath streams how many came in by the code.
func CodeLivePath(classroom identity.OrganizationID) string { return in(classroom, "code", "live") }

// RequestsPath lists who asks to join a classroom, and by POST answers.
func RequestsPath(classroom identity.OrganizationID) string { return in(classroom, "requests") }

// LessonPath is the classroom as a lesson sees it.
func LessonPath(classroom identity.OrganizationID) string { return in(classroom, "lesson") }

// LessonLivePath streams what changes about it.
func LessonLivePath(classroom identity.OrganizationID) string { return in(classroom, "lesson", "live") }

// LessonStudentPath is what can be done for one student; a deed is "", password,
// unlock or sign-out.
func LessonStudentPath(classroom identity.OrganizationID, user identity.UserID, deed string) string {
	if deed == "" {
		return in(classroom, "lesson", string(user))
	}
	return in(classroom, "lesson", string(user), deed)
}

// CodeView is the page of a classroom's join code.
type CodeView struct {
	Code     identity.JoinCode // zero: none yet
	Form     CodeForm
	Problems identity.Problems
	Waiting  int      // who ask to join
	Link     string   // the whole URL of the code
	Address  string   // where it is typed: host and path, without a scheme
	Picture  CardCode // QR code of Link; zero: none
}

// CodeForm are the settings as they were typed.
type CodeForm struct {
	Expires, Seats, Domains string
	Approval                bool
}

// JoinView is the page of a code that opens a classroom.
type JoinView struct {
	Code      string
	Classroom identity.Organization
	Person    identity.User // zero: signed out
	Full      bool
	AskedAt   time.Time // they wait for an answer
	Refused   bool
	Approval  bool
	CanCreate bool             // people can register
	Trouble   identity.Message // why it did not go
}

// ClassRequestLine is somebody who asks to join.
type ClassRequestLine struct {
	Request   identity.JoinRequest
	UserName  string
	Home      string // the name of where they are at home; empty: they registered by themselves
	Here      bool   // they are at home here
	Suspended bool
}

// RequestsView is the page of those who ask to join.
type RequestsView struct {
	Lines   []ClassRequestLine
	Blocked []identity.JoinRequest
	Waiting int // all of them
}

// LessonView is the classroom as a lesson sees it, in the order in which it is
// shown.
type LessonView struct {
	Students []identity.LessonStudent
	Now      time.Time
}

// count is how many students are in one of the states.
func (v LessonView) count(states ...identity.LessonState) int {
	n := 0
	for _, s := range v.Students {
		for _, state := range states {
			if s.State(v.Now) == state {
				n++
			}
		}
	}
	return n
}

// LessonTag is how a student's state looks.
func lessonTag(ctx context.Context, state identity.LessonState) (TagKind, string) {
	kinds := map[identity.LessonState]TagKind{
		identity.LessonLocked: TagBad, identity.LessonNever: TagWarning, identity.LessonAway: TagWaiting,
		identity.LessonToday: TagSeen, identity.LessonIn: TagGood, identity.LessonSuspended: TagOff, identity.LessonInactive: TagOff,
	}
	return kinds[state], text(ctx, "state.lesson."+string(state))
}

// LessonPerson is one student with what can be done for them. A message says why
// something cannot.
type LessonPerson struct {
	Student identity.LessonStudent
	Now     time.Time
	// Password, Unlock and SignOut are why that is not possible; zero: it is.
	Password, Unlock, SignOut identity.Message
}

// NewLessonPerson asks the rules what the actor may do for a student.
func NewLessonPerson(org identity.Opened, m identity.Member, student identity.LessonStudent, now time.Time) LessonPerson {
	return LessonPerson{
		Student: student, Now: now,
		Password: refusal(org.MayResetSignIn(m)), Unlock: refusal(org.MayUnlockStudent(m)), SignOut: refusal(org.MaySignOutStudent(m)),
	}
}

// tabCount is the number beside a tab; none for nothing.
func tabCount(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
