package main

import (
	"strings"
	"testing"
)

// People are ticked in a class, with a search in between, copied to another class
// and taken back out of it; and a student gets a guardian.
func TestPeopleOfAClassAreCopiedAndTakenBack(t *testing.T) {
	d := startDemo(t)
	b := newBrowser(t)
	admin := b.window("admin")
	admin.signIn(d, demoSchoolAdmin.userName, demoPassword)
	admin.press("Linden School")
	admin.press("Classes")
	admin.press("Biology 7B")
	admin.press("Class list")
	class := strings.TrimSuffix(admin.location(), "/roster")
	for _, row := range []string{"0", "3"} {
		admin.click(`document.querySelectorAll('[id^="tick-"]')[`+row+`]`, "has no box to tick")
	}
	admin.sees("Those ticked (2)")
	admin.picture("list-ticked")
	admin.barrierFree(d, "a list with ticks")
	admin.fill("Search by name", "haddad\r")
	admin.doesNotSee("Camille Banerjee")
	admin.click(`document.querySelector('[id^="tick-"]')`, "has no box to tick")
	admin.sees("Those ticked (3)")
	admin.click(`document.querySelector("summary.button.small")`, "has no menu of exports")
	admin.sees("OneRoster 1.2 (ZIP)")
	admin.picture("list-export")
	admin.open(admin.location())
	admin.sees("Those ticked (3)")

	admin.choose("Choose what to do", "Copy to another class")
	admin.press("Continue")
	admin.sees("They become students of another class and stay in Biology 7B.")
	admin.picture("list-copy")
	admin.barrierFree(d, "the question where to")
	admin.choose("Class", "Maths 6C")
	admin.press("Continue")
	admin.sees("Copy 3 people to Maths 6C")
	admin.picture("list-check")
	admin.barrierFree(d, "the question before a list is changed")
	admin.press("Copy 3 people to Maths 6C")
	admin.sees("Undo all of it")
	admin.picture("list-done")
	admin.barrierFree(d, "the receipt of a list")
	admin.press("Undo all of it")
	admin.sees("Undo: Copy 3 people to Maths 6C")
	admin.sees("Done: 3 changed.")
	admin.picture("list-undone")

	admin.open(class + "/people/" + d.studentID(t, demoPupil.userName) + "/guardians")
	admin.sees("No contact is known yet.")
	admin.fill("Name", "Rana Haddad")
	admin.fill("Relation", "Mother")
	admin.fill("Phone", "+49 30 1234")
	admin.press("Add a guardian")
	admin.sees("Rana Haddad is added.")
	admin.picture("guardians")
	admin.barrierFree(d, "guardians")
}
