package main

import (
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/zitadel-go/v3/pkg/client"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	target "github.com/zitadel/zitadel-go/v3/pkg/zitadel"
)

// A class that is there on the first day: its teacher shows a code, somebody
// without an account types it on a phone, registers and waits; the wall counts
// along, the teacher lets them in, and they are in the class.
func TestSomebodyJoinsByTheCodeOnTheWall(t *testing.T) {
	d := startDemo(t)
	b := newBrowser(t)
	teacher := b.window("teacher")
	teacher.signIn(d, demoTeacher.userName, demoPassword)
	teacher.press("Biology 7B")
	teacher.sees("32 students")
	class := strings.TrimSuffix(teacher.location(), "/roster")
	teacher.press("Add students")
	teacher.sees("Show a join code")
	teacher.picture("class-add")
	teacher.barrierFree(d, "the class with its menu open")
	teacher.press("Show a join code")
	teacher.press("Make a code")
	teacher.sees("The code is there.")
	teacher.picture("join-code")
	code := teacher.text(`document.querySelector(".join-code").innerText`)

	wall := b.window("wall")
	wall.signIn(d, demoTeacher.userName, demoPassword)
	wall.sees("Biology 7B")
	wall.open(class + "/code/projector")
	wall.sees(code)
	wall.counts("in", "0")
	wall.counts("waiting", "0")

	guest := b.window("guest")
	guest.size(390, 844, "light")
	guest.open(d.urls.portal + "/join")
	guest.picture("join")
	guest.fill("Code", "CCCC-CCCC")
	guest.press("Continue")
	guest.sees("This code does not open a class.")
	guest.fill("Code", strings.ToLower(strings.ReplaceAll(code, "-", " ")))
	guest.press("Continue")
	guest.sees("Join Biology 7B")
	guest.picture("join-class")
	guest.barrierFree(d, "what a code opens")
	guest.press("I have no account yet")
	for label, typed := range map[string]string{
		"Given name": "Mia", "Family name": "Sandoval", "E-mail address": "mia@example.org", "New password": "Blue-Table-42!", "New password again": "Blue-Table-42!",
	} {
		guest.fill(label, typed)
	}
	guest.press("Register")
	guest.sees("You are signed in as Mia Sandoval")
	guest.press("Ask to join")
	guest.sees("Your teacher has been asked.")
	guest.picture("join-waiting")
	guest.barrierFree(d, "waiting to be let in")

	wall.counts("waiting", "1")
	teacher.open(class + "/roster")
	teacher.sees("1 person asks to join")
	teacher.press("1 person asks to join")
	teacher.sees("Mia Sandoval")
	teacher.picture("requests")
	teacher.barrierFree(d, "who asks to join")
	teacher.press("Let in Mia Sandoval")
	teacher.sees("1 person was let in.")
	wall.counts("in", "1")
	wall.counts("waiting", "0")
	wall.picture("projector")
	wall.barrierFree(d, "the code on the wall")
	guest.press("Am I in Biology 7B now?")
	guest.sees("Taught by")

	// Another code: the one before opens nothing.
	teacher.open(class + "/code")
	teacher.press("Make a new code instead")
	teacher.sees("There is a new code.")
	late := b.window("late")
	late.open(d.urls.portal + "/join")
	late.fill("Code", code)
	late.press("Continue")
	late.sees("This code does not open a class.")
	late.fill("Code", teacher.text(`document.querySelector(".join-code").innerText`))
	late.press("Continue")
	late.sees("Join Biology 7B")
}

// In the lesson: the teacher's phone shows who comes in as they do, and helps who
// cannot with a tap.
func TestALessonIsUnstuckFromAPhone(t *testing.T) {
	d := startDemo(t)
	b := newBrowser(t)
	phone := b.window("teacher's phone")
	phone.signIn(d, demoTeacher.userName, demoPassword)
	phone.press("Biology 7B")
	phone.sees("32 students")
	phone.size(390, 844, "light")
	phone.press("Lesson")
	phone.sees("0 of 32 signed in")
	noor := d.studentID(t, demoPupil.userName)
	phone.barrierFree(d, "the lesson")

	pupil := b.window("pupil")
	pupil.signIn(d, demoPupil.userName, demoPassword)
	pupil.sees("Biology 7B")
	phone.sees("1 of 32 signed in")
	phone.until(tile(noor)+`.classList.contains("in")`, "does not see Noor come in")

	sam := d.studentID(t, demoStudent.userName)
	d.lock(t, sam)
	phone.until(tile(sam)+`.classList.contains("locked")`, "does not see Sam locked")
	phone.picture("lesson")
	phone.size(390, 844, "light")
	phone.press("Unlock Sam Kim")
	phone.sees("Sam Kim is unlocked.")
	phone.until(`!`+tile(sam)+`.classList.contains("locked")`, "sees Sam locked still")
	student := b.window("student")
	student.signIn(d, demoStudent.userName, demoPassword)
	student.sees("Biology 7B")
	phone.sees("2 of 32 signed in")

	// A new password is seen once, signs in, and is on the card until then.
	phone.pressRow("Noor Haddad")
	phone.sees("Everything about Noor Haddad")
	phone.picture("lesson-student")
	phone.barrierFree(d, "one student of the lesson")
	phone.press("New password")
	phone.sees("noor.h-7b")
	secret := phone.text(`[...document.querySelectorAll(".slip code")].at(-1).innerText`)
	phone.picture("lesson-password")
	phone.barrierFree(d, "a new password")
	phone.press("Back to the lesson")
	phone.doesNotSee(secret)
	phone.pressRow("Noor Haddad")
	phone.doesNotSee(secret)
	phone.press("Show the card")
	phone.sees("1 login card")
	phone.sees(secret)
	again := b.window("pupil again")
	again.open(d.urls.portal + "/")
	again.press("Sign in")
	again.credentials(demoPupil.userName, secret)
	again.sees("Biology 7B")
}

// A substitute is added on two pages, sees at home until when, and is none any
// more once that is over.
func TestASubstituteIsAdded(t *testing.T) {
	d := startDemo(t)
	b := newBrowser(t)
	teacher := b.window("teacher")
	teacher.signIn(d, demoTeacher.userName, demoPassword)
	teacher.press("Biology 7B")
	teacher.sees("32 students")
	teacher.press("More")
	teacher.picture("class-more")
	teacher.press("Substitute teachers")
	teacher.sees("Priya Nair")
	teacher.picture("substitutes")
	teacher.barrierFree(d, "substitutes")
	teacher.press("Choose Priya Nair")
	teacher.sees("Priya Nair becomes co-teacher now")
	teacher.press("Add Priya Nair")
	teacher.sees("Choose the last day.")
	teacher.barrierFree(d, "a substitute without a last day")
	teacher.set("Last day", `new Date(Date.now() + 3 * 864e5).toISOString().slice(0, 10)`)
	teacher.press("Add Priya Nair")
	teacher.sees("Priya Nair is co-teacher until")
	teacher.sees("set by Maria Lee")
	substitute := b.window("substitute")
	substitute.signIn(d, demoSchoolAdmin.userName, demoPassword)
	substitute.sees("You stand in here until")
	substitute.press("Biology 7B")
	substitute.sees("Add students")

	// The day is over.
	if _, err := d.store.Writer().ExecContext(t.Context(), "UPDATE substitutions SET until_us = 1"); err != nil {
		t.Fatal(err)
	}
	if err := d.endSubstitutions(t.Context()); err != nil {
		t.Fatal(err)
	}
	substitute.open(d.urls.portal + "/home")
	substitute.doesNotSee("You stand in here until")
	teacher.open(d.urls.portal + teacher.text(`new URL(document.querySelector("nav.sections a[href$=activity]").href).pathname`))
	teacher.sees("The time of Priya Nair as substitute teacher was over.")
}

// tile finds a student's in the lesson.
func tile(user string) string { return `document.getElementById("student-` + user + `").closest("li")` }

// counts waits for a number on the wall.
func (w *window) counts(what, number string) {
	w.t.Helper()
	at := map[string]string{"in": "0", "waiting": "1"}[what]
	w.until(`document.querySelectorAll(".came dd")[`+at+`]?.innerText === `+quote(number), "does not count "+number+" "+what)
}

// set gives a field, which a browser may draw as it likes, the value of an
// expression.
func (w *window) set(label, expression string) {
	w.t.Helper()
	find := strings.Replace(field, "%s", quote(label), 1)
	w.until(`(e => { if (!e) return false; e.value = `+expression+`; return true })(`+find+`)`, "has no field "+quote(label))
}

// barrierFree examines the page as it stands.
func (w *window) barrierFree(d *demo, what string) {
	w.t.Helper()
	(&examiner{window: w, portal: d.urls.portal, seen: &sync.Map{}}).examine(what)
	w.size(1280, 900, "light")
}

// studentID is somebody's ID by their user name.
func (d *demo) studentID(t *testing.T, userName string) (id string) {
	t.Helper()
	if err := d.store.Writer().QueryRowContext(t.Context(), "SELECT id FROM users WHERE user_name = ?", userName).Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

// lock locks somebody at Zitadel, as too many wrong passwords do.
func (d *demo) lock(t *testing.T, user string) {
	t.Helper()
	at, err := url.Parse(d.standin.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	key, err := client.ConfigFromKeyFileData(d.standin.OwnerKey())
	if err != nil {
		t.Fatal(err)
	}
	owner, err := client.New(t.Context(), target.New(at.Hostname(), target.WithInsecure(at.Port())),
		client.WithAuth(client.AuthenticationJWTProfile(key, oidc.ScopeOpenID, client.ScopeZitadelAPI())))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = owner.Close() }()
	if _, err := owner.UserServiceV2().LockUser(t.Context(), &userpb.LockUserRequest{UserId: user}); err != nil {
		t.Fatal(err)
	}
}
