package main

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// withoutScript is the window of somebody whose browser runs no script.
func (w *window) withoutScript() *window {
	w.t.Helper()
	if _, err := chromedp.Call(w.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		w.t.Fatalf("%s: %v", w.who, err)
	}
	return w
}

// The main job needs no script, on either side of it.
func TestTheMainJobWithoutScript(t *testing.T) {
	d := startDemo(t)
	b := newBrowser(t)
	const address = "alma.brandt@linden.example"

	teacher := b.window("teacher").withoutScript()
	teacher.signIn(d, demoTeacher.userName, demoPassword)
	teacher.press("Biology 7B")
	teacher.sees("32 students")
	classroom := strings.Split(strings.TrimPrefix(teacher.location(), d.urls.portal+"/o/"), "/")[0]
	teacher.press("Add students")
	teacher.press("Invite by e-mail")
	teacher.fill("E-mail addresses", "Alma Brandt <"+address+">")
	teacher.press("Send invitations")
	teacher.sees("One person is invited. The mail is on its way.")

	student := b.window("student").withoutScript()
	student.open("data:text/html,<a href='" + d.urls.portal + "/i/" + d.token(t, address) + "'>Invitation</a>")
	student.press("Invitation")
	student.sees("Maria Lee invites you to Biology 7B")
	student.press("Join Biology 7B")
	student.fill("New password", "Blue-Table-42!")
	student.fill("New password again", "Blue-Table-42!")
	student.press("Set password")
	student.sees("You joined Biology 7B.")
	student.sees("Taught by")

	teacher.open(d.urls.portal + "/o/" + classroom + "/roster")
	teacher.fill("Search by name", "brandt")
	teacher.press("Search")
	teacher.sees("1 person found")
	teacher.doesNotSee("Sam Kim")
	teacher.pressRow("Alma Brandt")
	teacher.press("Co-teacher")
	teacher.press("Change role")
	teacher.sees("Alma Brandt is now Co-teacher.")
	teacher.press("Settings")
	teacher.fill("Name of the class", "Biology 7B and 7C")
	teacher.press("Change name")
	teacher.sees("The name is “Biology 7B and 7C” now.")
	teacher.press("Activity")
	teacher.sees("Maria Lee changed the name to “Biology 7B and 7C”.")
	teacher.signOut()

	student.open(d.urls.portal + "/home")
	student.press("Biology 7B and 7C")
	student.sees("32 students")
	student.signOut()
	d.listsWithoutScript(b, classroom)
}

// signOut opens the menu and signs out.
func (w *window) signOut() {
	w.t.Helper()
	w.click(`document.querySelector("header summary")`, "has no menu")
	w.press("Sign out")
	w.sees("You are signed out")
}
