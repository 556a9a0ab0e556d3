package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"homeroom.dev/homeroom/roster/rostertest"
)

// From any list to a working class: a school admin opens one, its teacher pastes
// 28 names from a spreadsheet, sees what would happen, decides about somebody who
// is there already, has the list applied and prints login cards. What is done with
// the class afterwards goes on here, step by step.
func TestAPastedListBecomesAClass(t *testing.T) {
	f := newClassFlow(t)
	f.opensClass()
	f.pastesList()
	f.appliesList()
	f.printsCards()
}

// classFlow is a class that begins with a list. Its steps are taken in the order
// of the test.
type classFlow struct {
	t              *testing.T
	d              *demo
	b              *browser
	admin, teacher *window
	school, class  string // IDs
}

// newClassFlow starts the demo, with a school admin and a teacher of Linden School
// signed in.
func newClassFlow(t *testing.T) *classFlow {
	t.Helper()
	f := &classFlow{t: t, d: startDemo(t), b: newBrowser(t)}
	f.admin, f.teacher = f.b.window("school admin"), f.b.window("teacher")
	f.admin.signIn(f.d, demoSchoolAdmin.userName, demoPassword)
	f.admin.press("Linden School")
	f.admin.sees("Sign-ins of the last 30 days")
	f.school = organizationOf(f.d, f.admin)
	f.teacher.signIn(f.d, demoTeacher.userName, demoPassword)
	f.teacher.sees("Biology 7B")
	return f
}

// organizationOf is the organization whose page a window shows.
func organizationOf(d *demo, w *window) string {
	w.t.Helper()
	return strings.FieldsFunc(strings.TrimPrefix(w.location(), d.urls.portal+"/o/"), func(r rune) bool { return r == '/' || r == '?' })[0]
}

// newClass is the class of the flow.
const newClass = "Science 7C"

func (f *classFlow) opensClass() {
	f.admin.press("Classes")
	f.admin.press("Open many classes")
	f.admin.paste("List of classes", newClass+", "+demoTeacher.userName)
	f.admin.press("Check the list")
	f.admin.sees("1 class to open")
	f.admin.press("Open 1 class")
	f.admin.sees("1 class is open")
	f.class = f.d.classroomOf(f.t, f.admin, f.school, newClass)
}

// pastedList are 28 students as they are copied out of a spreadsheet: one of them
// is in another class of the school, of one the name is missing.
const pastedList = "Nr.\tNachname\tVorname\tE-Mail\n" +
	"1\tAkin\tDeniz\t\n2\tAlvarez\tLucía\t\n3\tBauer\tJonas\t\n4\tBianchi\tGiulia\t\n5\tBrandt\tAlma\talma.brandt@linden.example\n" +
	"6\tCohen\tNoa\t\n7\tDemir\tCem\t\n8\tDubois\tChloé\t\n9\tEze\tAmara\t\n10\tFischer\tMax\t\n11\tGruber\tLena\t\n" +
	"12\tHaddad\tYara\t\n13\tIbrahim\tOmar\t\n14\tJansen\tSanne\t\n15\tKim\tSam\t\n16\tKowalska\tZofia\t\n17\tLarsen\tEmil\t\n" +
	"18\tLi\tWei\t\n19\tMüller\tJürgen\t\n20\tNguyen\tLinh\t\n21\tO’Brien\tSaoirse\t\n22\tPetrov\tIvan\t\n23\tQuispe\tInti\t\n" +
	"24\tRossi\t\t\n25\tSingh\tArjun\t\n26\tŞahin\tElif\t\n27\tWójcik\tŁukasz\t\n28\tYılmaz\tAyşe\t\n"

func (f *classFlow) pastesList() {
	w := f.teacher
	w.open(f.d.urls.portal + "/o/" + f.class + "/roster")
	w.picture("class-start")
	w.press("Paste a list")
	w.sees("Add students from a list")
	w.picture("import")
	w.paste("Paste your list here", pastedList)
	w.press("Check the list")
	w.sees("Check what will happen")
	w.sees("Decide about 1 person")
	w.sees("1 row has a mistake")
	w.sees("Line 25")
	w.picture("import-plan")
	w.press("Columns are not right?")
	w.sees("What is in each column?")
	w.picture("import-columns")
	w.press("Check what happens")
	w.sees("Decide about 1 person")
}

func (f *classFlow) appliesList() {
	w := f.teacher
	w.press("This is the same person Sam Kim")
	w.sees("Add 26 students, add 1 who has an account")
	w.picture("import-decided")
	w.press("Add 26 students, add 1 who has an account")
	w.sees("The list is applied")
	w.picture("import-receipt")
}

func (f *classFlow) printsCards() {
	w := f.teacher
	w.press("Make 25 cards")
	w.sees("Deniz Akin")
	w.sees("25 login cards")
	w.picture("import-cards")
}

// A school admin drops what the school's system exports on the page, sees which
// classes and people it would make, and has them. The same file again changes
// nothing.
func TestASchoolBringsWhatItsSystemExports(t *testing.T) {
	d := startDemo(t)
	w := newBrowser(t).window("school admin")
	w.signIn(d, demoBirchAdmin.userName, demoPassword)
	w.press("Birch Academy")
	w.sees("Sign-ins of the last 30 days")
	school := organizationOf(d, w)
	file := filepath.Join(t.TempDir(), "oneroster.zip")
	var set bytes.Buffer
	if err := errors.Join(rostertest.OneRoster(&set, 50), os.WriteFile(file, set.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}

	w.press("Import a list")
	w.sees("Import people and classes")
	w.picture("import-school")
	w.drop("Or a file", file)
	w.press("Check the list")
	w.sees("Check what will happen")
	w.sees("4 new")
	w.sees("Homeroom 0")
	w.picture("import-school-plan")
	w.press("Add 52 people, open 4 classes")
	w.sees("The list is applied")
	w.sees("Everything on the list is as it says.")
	applied := w.location()
	w.picture("import-school-receipt")
	w.press("Classes")
	w.sees("Art 0")

	w.open(d.urls.portal + "/o/" + school + "/import")
	w.sees("oneroster.zip")
	w.picture("import-school-earlier")
	w.drop("Or a file", file)
	w.press("Check the list")
	w.sees("Nothing to do: everything on the list is so already.")
	w.picture("import-school-again")

	// All of it was a mistake.
	w.open(applied)
	w.press("Undo all of it")
	w.sees("52 accounts that were made are deleted.")
	w.sees("4 classes that were opened")
	w.picture("import-school-undo")
	w.press("Undo the list")
	w.sees("The list is undone")
	w.sees("52 accounts deleted")
	w.sees("4 classes deleted")
	w.picture("import-school-undone")
}

// drop puts a file into the field of that label, as dropping it there does.
func (w *window) drop(label, file string) {
	w.t.Helper()
	w.steps++
	find := strings.Replace(field, "%s", quote(label), 1)
	w.until(find, "has no field "+quote(label))
	id := w.text(find + ".id")
	w.do(chromedp.SetUploadFiles("#"+id, []string{file}))
}
