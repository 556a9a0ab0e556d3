package main

import (
	"fmt"
	"testing"
	"time"
)

// The end of a school year: the admin adds the next one, plans the rollover,
// gives one class another name, applies it and sees the receipt. A pupil finds the
// new class. Then all of it is undone.
func TestASchoolGoesIntoTheNextYearAndBack(t *testing.T) {
	d := startDemo(t)
	b := newBrowser(t)
	admin := b.window("admin")
	admin.signIn(d, demoSchoolAdmin.userName, demoPassword)
	admin.press("Linden School")
	admin.press("Classes")
	admin.press("School years and terms")
	admin.sees("There are no terms yet")
	year := time.Now().AddDate(0, -7, 0).Year() // school years begin in August
	next := fmt.Sprintf("%d/%d", year+1, (year+2)%100)
	for _, term := range []struct{ name, first, last string }{
		{fmt.Sprintf("%d/%d", year, (year+1)%100), fmt.Sprintf("%d-08-01", year), fmt.Sprintf("%d-07-31", year+1)},
		{next, fmt.Sprintf("%d-08-01", year+1), fmt.Sprintf("%d-07-31", year+2)},
	} {
		admin.press("Add a term")
		admin.fill("Name", term.name)
		admin.set("First day", quote(term.first))
		admin.set("Last day", quote(term.last))
		admin.press("Save the term")
		admin.sees("The term " + term.name + " was added.")
	}
	admin.press("Pause imports")
	admin.fill("Reason", "Summer holidays")
	admin.set("First day", quote(fmt.Sprintf("%d-07-15", year+1)))
	admin.set("Last day", quote(fmt.Sprintf("%d-08-20", year+1)))
	admin.press("Pause imports")
	admin.sees("The pause was set.")
	admin.picture("terms")
	admin.barrierFree(d, "terms")

	admin.press("Plan a rollover")
	admin.sees("Into which term?")
	admin.picture("rollover-new")
	admin.barrierFree(d, "the form of a rollover")
	admin.press(admin.text(`document.querySelector("main form .button.primary").innerText`))
	admin.sees("Biology 8B")
	admin.picture("rollover-plan")
	admin.barrierFree(d, "the plan of a rollover")
	plan := admin.location()
	for _, list := range []string{"without", "missing"} {
		admin.open(plan + "/" + list)
		admin.barrierFree(d, "who is "+list)
	}
	admin.open(plan)
	admin.press("Change Biology 7B")
	admin.sees("What happens to Biology 7B?")
	admin.fill("New name", "Maths 7C")
	admin.press("Save")
	admin.sees("2 classes will share their names with others.")
	admin.barrierFree(d, "a plan with names that are there twice")
	admin.press("Change Biology 7B")
	admin.fill("New name", "Advanced Biology 8B")
	admin.press("Save and choose another teacher")
	admin.sees("Who else teaches Advanced Biology 8B?")
	admin.picture("rollover-teachers")
	admin.barrierFree(d, "the choice of a teacher")
	admin.press(admin.text(`document.querySelector("main .rows button").innerText.replace(/\s+/g, " ")`))
	admin.sees("comes new")
	admin.picture("rollover-class")
	admin.barrierFree(d, "the plan of a class with another teacher")
	admin.press("Save")
	admin.sees("The plan of Biology 7B was changed.")
	admin.doesNotSee("will share their names")
	admin.press("Check the plan")
	admin.sees("Roll over into " + next + "?")
	admin.picture("rollover-check")
	admin.barrierFree(d, "the question before a rollover")
	admin.press(admin.text(`document.querySelector("main form .button.primary").innerText`))
	admin.sees("Rolled over into " + next)
	admin.sees("Every class was rolled over into " + next + ", as planned.")
	admin.picture("rollover-receipt")
	admin.barrierFree(d, "the receipt of a rollover")

	pupil := b.window("pupil")
	pupil.size(390, 844, "light")
	pupil.signIn(d, demoStudent.userName, demoPassword)
	pupil.sees("Advanced Biology 8B")

	admin.press("Undo the rollover")
	admin.sees("New classes in which nobody changed anything are deleted.")
	admin.picture("rollover-undo")
	admin.barrierFree(d, "the question before an undo")
	admin.press("Undo the rollover into " + next)
	admin.sees("The classes are as they were before the rollover.")
	admin.picture("rollover-undone")

	pupil.open(d.urls.portal + "/home")
	pupil.sees("Biology 7B")
	pupil.doesNotSee("Advanced Biology 8B")
}
