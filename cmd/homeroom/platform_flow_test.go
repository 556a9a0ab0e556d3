package main

import (
	"strings"
	"testing"
)

// What an operator does: opens a school and invites who will run it, looks into
// one with a reason, suspends and restores it, puts a class that stands alone
// into a school, and sees how the installation stands.
func TestAnOperatorRunsThePlatform(t *testing.T) {
	d := startDemo(t)
	b := newBrowser(t)
	o := b.window("operator")
	o.open(d.urls.portal + "/")
	o.signIn(d, demoOperator.userName, demoPassword)
	o.sees(demoOperator.given)
	o.open(d.urls.portal + "/platform")
	o.sees("Needs attention")
	o.picture("platform")

	o.press("Open a school")
	o.fill("School", "Harbour School")
	o.fill("E-mail of the first school admin", "it@harbour.example")
	o.picture("platform-open")
	o.press("Open school")
	o.sees("“Harbour School” is open, and it@harbour.example is invited as its school admin.")
	if mail, sent := d.mailbox.To("it@harbour.example"); sent && !strings.Contains(mail.Text, "Harbour School") {
		t.Errorf("the mail says %q", mail.Text)
	}

	o.open(d.urls.portal + "/platform/schools")
	o.sees("Linden School")
	o.picture("platform-schools")
	o.press("Linden School")
	o.sees("Name at Zitadel")
	o.picture("platform-school")
	school := strings.TrimPrefix(o.location(), d.urls.portal+"/platform/schools/")

	// A page of the school leads to the question why, and from there to the page.
	o.open(d.urls.portal + "/o/" + school + "/settings")
	o.sees("Look into Linden School")
	o.fill("Reason", "Request 4711: classes are missing")
	o.picture("platform-look")
	o.press("Begin to look")
	o.sees("You look into Linden School as an operator")
	o.sees("Request 4711: classes are missing")
	o.picture("platform-looking")
	o.press("End the look")
	o.sees("You do not look into “Linden School” any more.")

	// Suspended, its people are told so; restored, they go on.
	admin := b.window("school admin")
	admin.open(d.urls.portal + "/")
	admin.signIn(d, demoSchoolAdmin.userName, demoPassword)
	admin.sees(demoSchoolAdmin.given)
	o.press("Suspend Linden School")
	o.sees("Other services go on taking tokens")
	o.fill("Reason", "Nobody answers")
	o.picture("platform-suspend")
	o.press("Suspend Linden School")
	o.sees("“Linden School” is suspended. All its doors are closed.")
	admin.open(d.urls.portal + "/o/" + school)
	admin.sees("“Linden School” is closed for the time being.")
	admin.picture("suspended")
	o.press("Restore Linden School")
	o.sees("Its people can sign in again")
	o.press("Restore Linden School")
	o.sees("“Linden School” is open again.")
	admin.open(d.urls.portal + "/home")
	admin.sees(demoSchoolAdmin.given)

	o.open(d.urls.portal + "/platform/classrooms")
	o.sees("Saturday Coding Club")
	o.picture("platform-classrooms")
	o.press("Put into a school Saturday Coding Club")
	o.sees("Choose the school.")
	o.press("Choose Harbour School")
	o.sees("It cannot be taken out of the school again.")
	o.picture("platform-adopt")
	o.press("Put into Harbour School")
	o.sees("“Saturday Coding Club” belongs to Harbour School now.")

	o.open(d.urls.portal + "/platform/health")
	o.press("Check now")
	o.sees("which is this machine alone")
	o.picture("platform-health")
	o.open(d.urls.portal + "/platform/projection")
	o.press("Compare with Zitadel now")
	o.sees("No difference")
	o.picture("platform-projection")
	o.open(d.urls.portal + "/platform/jobs?state=done")
	o.sees("Compare with Zitadel")
	o.picture("platform-jobs")
}
