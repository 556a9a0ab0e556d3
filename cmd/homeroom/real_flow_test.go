package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/views"
)

// The main job: a school is opened, its admin opens a class, its teacher
// invites, a student accepts, is made co-teacher, and removed.
func TestRealZitadelCarriesTheMainJob(t *testing.T) {
	r, b := newRealSite(t), newBrowser(t)
	admin := somebody{given: "Priya", family: "Nair", name: r.called("priya.nair@linden.example"), password: "Quiet-Lamp-17!"}
	maria := somebody{given: "Maria", family: "Lee", name: r.called("maria.lee@linden.example"), password: "Green-Chair-28!"}
	alma := somebody{given: "Alma", family: "Brandt", name: r.called("alma.brandt@linden.example"), password: "Blue-Table-42!"}
	cleo := r.called("cleo@linden.example")
	school, class := r.called("Linden School"), r.called("Biology 7B")

	link := r.openSchool(school, admin.name)
	portal := r.start("serve")
	r.answers()
	if mailed := r.mailTo(admin.name).link(t); mailed != link {
		t.Errorf("the mail leads to %s, open-school said %s", mailed, link)
	}
	// The same school once more, beside the running portal: one more is invited.
	deputy := r.called("deputy@linden.example")
	if link := r.openSchool(school, deputy); r.mailTo(deputy).link(t) != link {
		t.Error("the mail to the second admin leads elsewhere")
	}
	elsewhere := r.service()

	// The school's admin sets a password at Zitadel and comes back signed in.
	office := b.joins(r, link, admin)
	office.sees(school)
	if at := office.organization(r); office.location() != r.url+views.OrganizationPath(at) {
		t.Errorf("the school's admin lands at %s, want the school", office.location())
	}
	office.open(r.url + views.OpenClassroomPath(office.organization(r)))
	office.types("input[name=name]", class)
	office.types("input[name=teacher]", maria.name)
	office.sends(strings.TrimPrefix(office.location(), r.url))
	office.sees("“" + class + "” is open, and " + maria.name + " is invited to teach it.")

	// The teacher; then three addresses, one malformed: nothing is sent yet.
	desk := b.joins(r, r.mailTo(maria.name).link(t), maria)
	at := desk.organization(r)
	desk.sees(class)
	desk.open(r.url + views.NewInvitationPath(at))
	desk.types("textarea[name=addresses]", "Alma Brandt <"+alma.name+">, ben.linden.example, "+cleo)
	desk.press("Send invitations")
	desk.sees("The @ is missing.")
	if r.mail.perAddress()[alma.name] != 0 {
		t.Error("a mail went out although the list has to be corrected")
	}
	desk.click(`[...document.querySelectorAll("button")].find(e => e.innerText.includes("leave out"))`, "cannot leave a line out")
	desk.sees("2 people are invited")

	// The student opens the mail, sets a password, lands in the classroom.
	phone := b.joins(r, r.mailTo(alma.name).link(t), alma)
	phone.isAt(views.OrganizationPath(at))
	phone.sees(class)
	desk.open(r.url + views.RosterPath(at) + "?q=alma")
	desk.sees("Alma Brandt")
	if roles := elsewhere.roles(phone, alma); len(roles) != 1 || !slices.Equal(roles["student"], []string{string(at)}) {
		t.Errorf("roles in the token: %v, want student in %s alone", roles, at)
	}
	again := b.window("a second click")
	again.open(r.mailTo(alma.name).link(t))
	again.sees("This invitation was accepted already")

	// Made co-teacher.
	desk.clicks(`[href*="/people/"]`)
	desk.clicks(`input[name=role][value=co_teacher]`)
	desk.press("Change role")
	desk.sees("Alma Brandt is now Co-teacher.")
	phone.open(r.url + views.OrganizationPath(at))
	phone.sees("Add students")
	if roles := elsewhere.roles(phone, alma); len(roles) != 1 || !slices.Equal(roles["co_teacher"], []string{string(at)}) {
		t.Errorf("roles in the token: %v, want co_teacher in %s alone", roles, at)
	}

	// Removed: the next click is refused, a new token has no role.
	phone.open(r.url + views.OrganizationPath(at))
	phone.sees("Add students")
	clicking := phone.visitor(r.site)
	desk.press("Remove Alma Brandt from " + class)
	desk.sees("Remove Alma Brandt from " + class + "?")
	removal := time.Now()
	desk.press("Remove Alma Brandt from " + class)
	r.eventually("a removed student is not refused", func() bool {
		return clicking.get(views.RosterPath(at)).status == http.StatusNotFound
	})
	within(t, "refused", removal, 2*time.Second)
	desk.sees("Alma Brandt was removed.")
	phone.press("Add students")
	phone.press("Invite by e-mail")
	phone.until(`performance.getEntriesByType("navigation")[0].responseStatus === 404`, "is not refused")
	if roles := elsewhere.roles(phone, alma); len(roles) != 0 {
		t.Errorf("roles in the token after the removal: %v", roles)
	}

	desk.open(r.url + views.ActivityPath(at))
	for _, sentence := range []string{
		"Priya Nair opened this class.",
		"Priya Nair invited " + maria.name + " as a teacher.",
		"Maria Lee accepted an invitation and is now a teacher.",
		"Maria Lee invited Alma Brandt as a student.",
		"Alma Brandt accepted an invitation and is now a student.",
		"Maria Lee made Alma Brandt a co-teacher.",
		"Maria Lee removed Alma Brandt.",
	} {
		desk.sees(sentence)
	}
	stopping := time.Now()
	portal.stop()
	within(t, "stopped", stopping, 10*time.Second)
}
