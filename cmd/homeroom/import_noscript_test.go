package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// listsWithoutScript brings lists to a class and to a school, by browsers that run
// no script: one that would take so many out of the class that their number has to
// be typed, and one so long that it is read while the page waits.
func (d *demo) listsWithoutScript(b *browser, class string) {
	b.t.Helper()
	teacher := b.window("teacher with a list").withoutScript()
	teacher.signIn(d, demoTeacher.userName, demoPassword)
	teacher.open(d.urls.portal + "/o/" + class + "/import")
	teacher.paste("Paste your list here", "Name\nAda Ek\nSam Kim\nAda Ek\n")
	teacher.press("Check the list")
	teacher.sees("Decide about 1 person")
	teacher.press("Leave out Ada Ek")
	teacher.sees("Add 1 student")
	teacher.press("Options")
	teacher.press("This list is everybody in the class")
	teacher.press("Check again with these")
	teacher.sees("Decide about 1 person") // anew, as the plan is
	teacher.press("Leave out Ada Ek")
	teacher.sees("Is the list whole?")
	teacher.fill("Type 31 to go on", "30")
	teacher.press("Add 1 student, take 31 out")
	teacher.sees("Type 31, if so many are to leave.")
	teacher.picture("import-brake")
	teacher.fill("Type 31 to go on", "31")
	teacher.press("Add 1 student, take 31 out")
	teacher.reloadsUntil("The list is applied")
	teacher.press("See the class")
	teacher.sees("2 students")

	admin := b.window("school admin with a list").withoutScript()
	admin.signIn(d, demoSchoolAdmin.userName, demoPassword)
	admin.press("Linden School")
	admin.press("People")
	admin.press("Import a list")
	var list strings.Builder
	list.WriteString("Given name\tFamily name\tClass\n")
	for i := range 1_200 {
		fmt.Fprintf(&list, "Ana\tRuiz %c%c%c\tArt %d\n", 'A'+i/676, 'a'+i/26%26, 'a'+i%26, i/30)
	}
	admin.paste("Paste your list here", list.String())
	admin.press("Check the list")
	admin.reloadsUntil("Check what will happen")
	admin.sees("1,200 New")
	admin.sees("Add 1,200 people, open 40 classes")
	admin.press("Next")
	admin.sees("Check what will happen")
	admin.press("Throw this list away")
	admin.sees("The list is thrown away. Nothing was changed.")
}

// reloadsUntil loads the page again until it says text, as somebody does whose
// browser runs no script.
func (w *window) reloadsUntil(text string) {
	w.t.Helper()
	for deadline := time.Now().Add(2 * patience); ; w.do(chromedp.Sleep(100 * time.Millisecond)) { // nothing tells without script
		if strings.Contains(w.page(), text) {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: does not see %q\n%s", w.who, text, w.page())
		}
		w.open(w.location())
	}
}
