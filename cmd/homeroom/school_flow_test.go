package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// How a school begins, and how one is run: an operator opens it, its first admin
// opens twelve classes from a list and assigns teachers. At a school that has
// been there for a while its admin finds who of the staff has no second factor
// and asks for one, suspends thirty people and takes that back, and answers an
// auditor's question with one search and a file of exactly what it found.
func TestASchoolIsOpenedAndRun(t *testing.T) {
	d := startDemo(t)
	b := newBrowser(t)
	const it = "ines.duarte@harbour.example"

	operator := b.window("operator")
	operator.signIn(d, demoOperator.userName, demoPassword)
	operator.open(d.urls.portal + "/platform/schools/new")
	operator.fill("School", "Harbour School")
	operator.fill("E-mail of the first school admin", it)
	operator.press("Open school")
	operator.sees("“Harbour School” is open")

	// The first admin comes by the mail, sets a password, and is on the school's page.
	first := b.window("first admin")
	first.open(d.mailed(t, it, regexp.QuoteMeta(d.urls.portal)+`/i/\S+`))
	first.fill("Given name", "Inês")
	first.press("Join Harbour School")
	first.fill("New password", "Blue-Table-42!")
	first.fill("New password again", "Blue-Table-42!")
	first.press("Set password")
	first.sees("Harbour School")
	first.sees("Nothing needs attention.")
	harbour := strings.Split(strings.TrimPrefix(first.location(), d.urls.portal+"/o/"), "/")[0]

	first.press("Classes")
	first.press("Open many classes")
	var list []string
	for n := range 12 {
		line := fmt.Sprintf("Form %dA", n+1)
		if n < 3 {
			line += fmt.Sprintf(", teacher%d@harbour.example", n+1)
		}
		list = append(list, line)
	}
	first.paste("List of classes", strings.Join(append(list, "Form 1A"), "\n"))
	first.press("Check the list")
	first.sees("12 classes to open")
	first.sees("“Form 1A” is in line 1 already.")
	first.picture("classes-check")
	first.press("Open 12 classes, leave out 1 line")
	first.sees("12 classes are open")
	first.sees("3 teachers are invited.")
	first.picture("classes-open")
	first.open(d.urls.portal + "/o/" + harbour + "/classrooms?show=without-teacher")
	first.sees("Form 4A")
	first.picture("classes")
	first.press("Assign a teacher Form 4A")
	first.fill("Or invite by e-mail", "dana@harbour.example")
	first.press("Invite to teach")
	first.sees("dana@harbour.example is invited to teach “Form 4A”.")

	// A school that has been there for a while.
	admin := b.window("admin")
	admin.signIn(d, demoSchoolAdmin.userName, demoPassword)
	admin.press("Linden School")
	admin.sees("Sign-ins of the last 30 days")
	admin.picture("overview")
	linden := strings.Split(strings.TrimPrefix(admin.location(), d.urls.portal+"/o/"), "/")[0]

	admin.open(d.urls.portal + "/o/" + linden + "/people?role=staff&sign-in=no-factor")
	admin.sees("people found")
	admin.picture("people")
	admin.press("Settings")
	admin.press("Policies")
	admin.sees("Nobody has to have one")
	admin.picture("policies")
	admin.press("Staff must have one")
	admin.press("See what changes")
	admin.sees("Check what changes")
	admin.sees("You have no second factor yourself.")
	admin.sees("cannot sign in to Homeroom until they have set one up at Zitadel")
	admin.picture("policies-check")
	admin.press("Save policies")
	admin.sees("The policies are saved.")

	// A teacher without one is told what to do.
	teacher := b.window("teacher")
	teacher.signIn(d, demoTeacher.userName, demoPassword)
	teacher.sees("second factor")
	teacher.picture("factor-asked")

	// Thirty people at once, and back.
	admin.open(d.urls.portal + "/o/" + linden + "/people?role=student&q=&classroom=" + d.classroomOf(t, admin, linden, "History 8A"))
	admin.sees("30 people found")
	admin.press("All 30 that match")
	admin.choose("Choose what to do", "Suspend")
	admin.press("Continue")
	admin.sees("Suspend 30 people")
	admin.picture("bulk-check")
	admin.press("Suspend 30 people")
	admin.sees("Done: 30 changed.")
	admin.picture("bulk-done")
	admin.press("Undo all of it")
	admin.sees("Undo: Suspend 30 people")
	admin.sees("Done: 30 changed.")

	// Somebody removes Sam. Who was it, when, and from where?
	class := d.classroomOf(t, admin, linden, "Biology 7B")
	admin.open(d.urls.portal + "/o/" + class + "/roster?q=sam+kim")
	admin.pressRow("Sam Kim")
	admin.press("Remove Sam Kim from Biology 7B")
	admin.press("Remove Sam Kim from Biology 7B")
	admin.sees("Sam Kim was removed.")
	admin.open(d.urls.portal + "/o/" + linden + "/activity")
	admin.fill("Search names, words, addresses", "sam kim 7b removed")
	admin.sees("Priya Nair removed Sam Kim.")
	admin.sees("Biology 7B")
	admin.sees("127.0.0.1")
	admin.until(`document.querySelectorAll("li.event").length === 1`, "finds more than was asked for")
	admin.picture("audit-search")
	admin.press("Export what is shown")
	admin.sees("The file has exactly the records that the filter shows.")
	admin.picture("audit-export")
	if file := admin.exported(d); strings.Count(file, "\n") != 2 || !strings.Contains(file, "role.removed") || !strings.Contains(file, "Sam Kim") {
		t.Errorf("the file holds\n%s", file)
	}
	admin.open(d.urls.portal + "/o/" + linden + "/activity")
	admin.sees("exported")
}

// paste puts a text of several lines into a field, as one event.
func (w *window) paste(label, text string) {
	w.t.Helper()
	w.steps++
	find := strings.Replace(field, "%s", quote(label), 1)
	w.until(find, "has no field "+quote(label))
	w.do(chromedp.Evaluate[chromedp.Void](find + `.value = ` + quote(text) + `; void 0`))
}

// classroomOf is the ID of a class of a school, from the school's own list.
func (d *demo) classroomOf(t *testing.T, w *window, school, name string) string {
	t.Helper()
	w.open(d.urls.portal + "/o/" + school + "/classrooms?q=" + url.QueryEscape(name))
	w.sees(name)
	id := w.text(`document.querySelector("a.person[id^=classroom-]").id.replace("classroom-", "")`)
	if id == "" {
		t.Fatalf("no class %q", name)
	}
	return id
}

// exported is the file that the form of the page leads to, fetched with the
// window's cookies: a browser without a screen keeps no downloads.
func (w *window) exported(d *demo) string {
	w.t.Helper()
	fields := w.text(`new URLSearchParams(new FormData(document.querySelector("main form[method=post]"))).toString()`)
	action := w.text(`document.querySelector("main form[method=post]").action`)
	values, err := url.ParseQuery(fields)
	if err != nil {
		w.t.Fatal(err)
	}
	values.Set("format", "csv")
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, action, strings.NewReader(values.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range w.cookies(d.urls.portal) {
		request.AddCookie(c)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	file, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		w.t.Fatalf("export = %d, %v", response.StatusCode, err)
	}
	return string(file)
}
