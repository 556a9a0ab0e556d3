package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// inviting is a form to invite, with fields replaced by pairs of name and value.
func inviting(replaced ...string) url.Values {
	form := url.Values{
		"submission": {"a-key"}, "role": {"student"}, "message": {""}, "days": {"14"}, "language": {"en"},
	}
	for i := 0; i+1 < len(replaced); i += 2 {
		form.Set(replaced[i], replaced[i+1])
	}
	return form
}

func created(n int) []identity.Action {
	return slices.Repeat([]identity.Action{identity.ActionInvited}, n)
}

func TestWhatIsPastedIsInvitedOrExplained(t *testing.T) {
	p := newPortal(t)
	const path = "/o/{biology}/invitations"
	three := "Ada Ott <ada@linden.example>\nben.linden.example, cleo@linden.example"
	p.run(biology, []scenario{
		{
			name: "a teacher may offer every role of a classroom", who: lee, method: "GET", path: path + "/new", status: 200,
			text: []string{"Invite to Biology 7B", "Co-teacher", "14 days", "Send invitations"}, absent: []string{"School IT", "leave out"},
		},
		{
			name: "a co-teacher offers one role, and so is not asked", who: jon, method: "GET", path: path + "/new", status: 200,
			text: []string{"Invite to Biology 7B"}, absent: []string{"Role", "Co-teacher"},
		},
		{
			name: "a student invites nobody", who: sam, method: "GET", path: path + "/new", status: 403,
			absent: []string{"Send invitations"},
		},
		{
			name: "no address", who: lee, method: "POST", path: path, form: inviting("addresses", " \n"), status: 422,
			text: []string{"Enter at least one e-mail address"},
		},
		{
			name: "one of three is none", who: lee, method: "POST", path: path, status: 422,
			form: inviting("addresses", three, "message", "See you on Monday", "days", "30", "language", "es", "role", "co_teacher"),
			text: []string{
				"One entry is not an address; nothing was sent yet", "Line 2", "The @ is missing", "2 addresses are recognised",
				"Ada Ott", "ben.linden.example, cleo@linden.example", "See you on Monday", "Invite the 2 good ones and leave out 1",
			},
		},
		{
			name: "leaving out another number than was shown", who: lee, method: "POST", path: path, status: 422,
			form: inviting("addresses", three+"\ndan.linden.example", "leave-out", "1"),
			text: []string{"2 entries are not addresses", "leave out 2"},
		},
		{
			name: "leaving everything out", who: lee, method: "POST", path: path, status: 422,
			form: inviting("addresses", "ben.linden.example", "leave-out", "1"), text: []string{"One entry is not an address"},
			absent: []string{"leave out"},
		},
		{
			name: "leaving out what was shown", who: lee, method: "POST", path: path, status: 200,
			form: inviting("addresses", three, "leave-out", "1"), audit: created(2),
			text: []string{"2 people are invited", "One entry was left out", "ben.linden.example"},
		},
		{
			name: "the same once more", who: lee, method: "POST", path: path, status: 200,
			form: inviting("addresses", three, "leave-out", "1"),
			text: []string{"2 people are invited", "One entry was left out"}, absent: []string{"invited before"},
		},
		{
			name: "going back and correcting the list", who: lee, method: "POST", path: path, status: 200,
			form: inviting("addresses", strings.Replace(three, "ben.", "ben@", 1)), audit: created(1),
			text: []string{"One person is invited", "2 were invited before", "ada@linden.example", "See the invitation"},
		},
		{
			name: "somebody who is in already", who: lee, method: "POST", path: path, status: 200,
			form: inviting("addresses", "SAM@linden.example"), text: []string{"Nobody was invited", "One is in already", "See on the roster"},
		},
		{
			name: "a list without a flaw, with a repetition", who: lee, method: "POST", path: path, status: 303,
			form:     inviting("addresses", "eve@linden.example, eve@linden.example; finn@linden.example"),
			redirect: "/o/{biology}/invitations", audit: created(2),
		},
		{
			name: "the notice says how many", who: lee, method: "GET", path: path, status: 200,
			text: []string{"2 people are invited.", "eve@linden.example", "Ada Ott", "ada@linden.example", "Mail queued", "All 5", "Waiting 5"},
		},
		{
			name: "a role above one's own", who: jon, method: "POST", path: path, status: 422,
			form: inviting("addresses", "gus@linden.example", "role", "teacher"), absent: []string{"is invited"}, text: []string{"gus@linden.example"},
		},
		{
			name: "too long a message, too long a time", who: lee, method: "POST", path: path, status: 422,
			form: inviting("addresses", "gus@linden.example", "message", strings.Repeat("é", 1001), "days", "91"),
			text: []string{"The message is one character too long", "Choose between 1 and 90 days"},
		},
		{
			name: "no number of days", who: lee, method: "POST", path: path, status: 422,
			form: inviting("addresses", "gus@linden.example", "days", "soon"), text: []string{"Choose between 1 and 90 days"},
		},
		{
			name: "too many at once", who: lee, method: "POST", path: path, status: 422,
			form: inviting("addresses", addresses(501)), text: []string{"The list has 501 addresses. Invite at most 500 at once"},
		},
		{
			name: "another school's teacher", who: mallory, method: "POST", path: path, status: 404,
			form: inviting("addresses", "gus@linden.example"), absent: []string{"Biology"},
		},
		{
			name: "signed out", method: "GET", path: path, status: 303, redirect: "/sign-in?next=%2Fo%2F{biology}%2Finvitations",
		},
	})
	p.run(linden, []scenario{
		{
			name: "a school has teachers and School IT", who: priya, method: "GET", path: "/o/{linden}/invitations/new?role=school_admin", status: 200,
			text: []string{"Invite to Linden School", "Teacher", "School IT"}, absent: []string{"Student", "Co-teacher"},
		},
		{
			name: "School IT invites a teacher", who: priya, method: "POST", path: "/o/{linden}/invitations", status: 303,
			form: inviting("addresses", "gus@linden.example", "role", "teacher"), redirect: "/o/{linden}/invitations", audit: created(1),
		},
	})
}

func addresses(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Pupil Nr%d <pupil-%d@linden.example>\n", i, i)
	}
	return b.String()
}

func TestTheFormStartsWithTheRoleOfItsLink(t *testing.T) {
	p := newPortal(t)
	for _, test := range []struct{ name, who, path, want string }{
		{"students first", lee, "/o/{biology}/invitations/new", "student"},
		{"a class invites its teachers", lee, "/o/{biology}/invitations/new?role=teacher", "teacher"},
		{"a role that may not be given", lee, "/o/{biology}/invitations/new?role=operator", "student"},
		{"a school's teachers first", priya, "/o/{linden}/invitations/new", "teacher"},
	} {
		t.Run(test.name, func(t *testing.T) {
			seen := p.signIn(test.who).get(p.fill(test.path))
			var got string
			for _, input := range findAll(seen.doc, "input") {
				checked := slices.ContainsFunc(input.Attr, func(a html.Attribute) bool { return a.Key == "checked" })
				if attribute(input, "name") == "role" && checked {
					got = attribute(input, "value")
				}
			}
			if got != test.want {
				t.Errorf("starts with %q, want %q", got, test.want)
			}
		})
	}
}

func TestAWholeYearIsInvitedAtOnce(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(lee)
	form := teacher.get(p.fill("/o/{biology}/invitations/new"))
	seen := teacher.post(p.fill("/o/{biology}/invitations"), "submission", form.field("submission"),
		"addresses", addresses(500), "role", "student", "days", "14", "language", "en", "message", "Welcome")
	if seen.Status != http.StatusOK || !strings.Contains(seen.text(), "500 people are invited.") || !strings.Contains(seen.text(), "All 500") {
		t.Fatalf("%d %s", seen.Status, seen.text())
	}
	// Every one is on exactly one page, in the order of the list.
	var found []string
	for {
		for _, row := range findAll(seen.doc, "tr") {
			if strings.HasPrefix(attribute(row, "id"), "invitation-") {
				found = append(found, page{doc: row}.text())
			}
		}
		next := find(seen.doc, "a", "id", "pager-next")
		if next == nil {
			break
		}
		seen = teacher.get(attribute(next, "href"))
	}
	if len(found) != 500 {
		t.Fatalf("%d rows on all pages", len(found))
	}
	for i, row := range found {
		if want := fmt.Sprintf("pupil-%d@linden.example", i); !strings.Contains(row, want) {
			t.Fatalf("row %d is %q, want %s", i, row, want)
		}
	}
}

func TestAnInvitationIsSentAgainTakenBackAndHandedOver(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, "ada@x.example", identity.RoleStudent)
	p.invite(biology, lee, "tom@x.example", identity.RoleTeacher)
	student, teacher := p.invitationTo(biology, "ada@x.example"), p.invitationTo(biology, "tom@x.example")
	path := func(invitation identity.Invitation, action string) string {
		return "/o/{biology}/invitations/" + string(invitation.ID) + "/" + action
	}
	elsewhere := func(path string) string { return strings.ReplaceAll(path, "{biology}", "{maths}") }
	list := "/o/{biology}/invitations"
	link := p.url + "/i/" + token

	var strangers []scenario
	for _, route := range []struct{ method, path string }{
		{"POST", path(student, "resend")},
		{"GET", path(student, "revoke")},
		{"POST", path(student, "revoke")},
		{"GET", path(student, "link")},
		{"POST", path(student, "link")},
	} {
		strangers = append(strangers,
			scenario{
				name: route.method + " " + route.path + " by a stranger", who: mallory, method: route.method, path: route.path,
				form: url.Values{}, status: 404, absent: []string{"ada@x.example", link},
			},
			scenario{
				name: route.method + " " + route.path + " in the stranger's class", who: mallory, method: route.method, path: elsewhere(route.path),
				form: url.Values{}, status: 404, absent: []string{"ada@x.example", link},
			},
			scenario{
				name: route.method + " " + route.path + " by a student", who: sam, method: route.method, path: route.path,
				form: url.Values{}, status: 403, absent: []string{"ada@x.example", link},
			},
			// With its link a co-teacher could take a teacher's place.
			scenario{
				name: route.method + " of a teacher's invitation by a co-teacher", who: jon, method: route.method,
				path: strings.ReplaceAll(route.path, string(student.ID), string(teacher.ID)),
				form: url.Values{}, status: 403, absent: []string{"tom@x.example", "/i/"},
			},
		)
	}
	p.run(biology, strangers)
	p.run(biology, []scenario{
		{
			name: "the link is asked for", who: jon, method: "GET", path: path(student, "link"), status: 200,
			text: []string{"ada@x.example", "Show the link"}, absent: []string{link},
		},
		{
			name: "and shown", who: jon, method: "POST", path: path(student, "link"), form: url.Values{}, status: 200,
			text: []string{"For ada@x.example alone"}, audit: []identity.Action{identity.ActionInvitationCopied},
		},
		{
			name: "sent again, back to the list as it was filtered", who: lee, method: "POST", path: path(student, "resend"), form: url.Values{},
			status: 303, redirect: list, audit: []identity.Action{identity.ActionInvitationResent},
		},
		{
			name: "which says so", who: lee, method: "GET", path: list, status: 200,
			text: []string{"The invitation of ada@x.example is sent again."},
		},
		{
			name: "taking back asks first", who: lee, method: "GET", path: path(student, "revoke"), status: 200,
			text: []string{"Revoke the invitation of ada@x.example?", "stops working"},
		},
		{
			name: "taken back", who: lee, method: "POST", path: path(student, "revoke"), form: url.Values{}, status: 303, redirect: list,
			audit: []identity.Action{identity.ActionInvitationRevoked},
		},
		{
			name: "which says so, too", who: lee, method: "GET", path: list, status: 200,
			text: []string{"The invitation of ada@x.example is revoked."},
		},
		{
			name: "taken back twice", who: lee, method: "POST", path: path(student, "revoke"), form: url.Values{}, status: 303, redirect: list,
		},
		{
			name: "nothing is left to send", who: lee, method: "POST", path: path(student, "resend"), form: url.Values{}, status: 409,
			text: []string{"The invitation of ada@x.example was revoked in the meantime."},
		},
		{
			name: "nor to hand over", who: lee, method: "POST", path: path(student, "link"), form: url.Values{}, status: 409, absent: []string{link},
		},
		{
			name: "the list tells it", who: lee, method: "GET", path: list, status: 200,
			text: []string{"Revoked 1", "Waiting 1", "No mail"},
		},
		{
			name: "an invitation that never was", who: lee, method: "POST", path: list + "/none/resend", form: url.Values{}, status: 404,
		},
	})
	if seen := p.signIn(lee).get(p.fill(path(teacher, "link"))); find(seen.doc, "input", "id", "link") != nil {
		t.Error("the link is shown before anybody asked for it")
	}
}

func TestTheLinkShownIsTheLinkOfTheMail(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, "ada@x.example", identity.RoleStudent)
	path := p.fill("/o/{biology}/invitations/") + string(p.invitationTo(biology, "ada@x.example").ID) + "/link"
	seen := p.signIn(lee).post(path)
	field := find(seen.doc, "input", "id", "link")
	if field == nil || attribute(field, "value") != p.url+"/i/"+token {
		t.Errorf("no field holds the link: %s", seen.text())
	}
	if got := seen.Header.Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("Cache-Control is %q", got)
	}
}

func TestTheListIsFilteredSearchedAndFollowsWhatHappens(t *testing.T) {
	p := newPortal(t)
	opened := p.invite(biology, lee, "opened@x.example", identity.RoleStudent)
	p.invite(biology, lee, "failed@x.example", identity.RoleStudent)
	p.invite(biology, second, "waiting@x.example", identity.RoleCoTeacher)
	p.browser().get("/i/" + opened)
	p.check(p.store.MailFailed(p.ctx, p.queue.mail(1), identity.Say("mail.refused-address", "Code", 550)))
	p.check(p.store.MailSent(p.ctx, p.queue.mail(2)))
	const list = "/o/{biology}/invitations"
	p.run(biology, []scenario{
		{
			name: "everything", who: lee, method: "GET", path: list, status: 200,
			text: []string{
				"All 3", "Waiting 2", "Opened 1", "Accepted 0", "opened@x.example", "Invited by Maria Lee", "Invited by Sofia Berg",
				"Mail failed", "does not know this address", "Mail sent", "Co-teacher", "Remind",
			},
		},
		{
			name: "one state", who: lee, method: "GET", path: list + "?state=opened", status: 200,
			text: []string{"opened@x.example", "All 3"}, absent: []string{"waiting@x.example", "failed@x.example"},
		},
		{
			name: "a state that there is not", who: lee, method: "GET", path: list + "?state=lost", status: 200,
			text: []string{"opened@x.example", "waiting@x.example"},
		},
		{
			name: "search", who: lee, method: "GET", path: list + "?q=wait", status: 200,
			text: []string{"waiting@x.example"}, absent: []string{"opened@x.example", "failed@x.example"},
		},
		{
			name: "nothing like that", who: lee, method: "GET", path: list + "?q=zebra&state=accepted", status: 200,
			text: []string{"No invitation is like that", "Show all invitations"}, absent: []string{"@x.example"},
		},
		{
			name: "the region by itself", who: lee, method: "GET", path: list + "?state=opened", region: "invitations", status: 200,
			text: []string{"opened@x.example", "Opened 1"}, absent: []string{"Maria Lee Your menu", "Search by name", "waiting@x.example"},
		},
		{
			name: "a cursor nobody gave out", who: lee, method: "GET", path: list + "?after=%00", status: 400,
			absent: []string{"@x.example"},
		},
		{
			name: "another classroom's list", who: priya, method: "GET", path: "/o/{history}/invitations", status: 200,
			text: []string{"Nobody has been invited yet"}, absent: []string{"@x.example"},
		},
	})
	page := p.signIn(lee).get(p.fill(list + "?state=opened&q=open"))
	region := find(page.doc, "section", "id", "invitations")
	if region == nil || attribute(region, "hx-get") != p.fill(list+"?state=opened&q=open") {
		t.Error("the region does not refresh as it is filtered")
	}
}

func TestAnExpiredInvitationIsRevivedByItsSender(t *testing.T) {
	p := newPortal(t)
	p.now.advance(-15 * 24 * time.Hour)
	p.invite(biology, lee, "late@x.example", identity.RoleStudent)
	p.invite(biology, lee, "later@x.example", identity.RoleStudent)
	p.now.advance(15 * 24 * time.Hour)
	const list = "/o/{biology}/invitations"
	id := string(p.invitationTo(biology, "late@x.example").ID)
	p.run(biology, []scenario{
		{
			name: "expired ones are nobody to remind", who: lee, method: "GET", path: list + "?state=expired", status: 200,
			text: []string{"Expired 2", "Waiting 0", "late@x.example", "Send again"}, absent: []string{"Remind"},
		},
		{
			name: "sent again", who: lee, method: "POST", path: list + "/" + id + "/resend", form: url.Values{}, status: 303,
			redirect: list, audit: []identity.Action{identity.ActionInvitationResent},
		},
		{name: "it waits again", who: lee, method: "GET", path: list, status: 200, text: []string{"Expired 1", "Waiting 1"}},
		{
			name: "the other can be invited anew", who: lee, method: "POST", path: list, status: 303,
			form: inviting("addresses", "later@x.example"), redirect: list, audit: created(1),
		},
	})
	if left := p.invitationTo(biology, "late@x.example").ExpiresAt.Sub(p.now.Now()).Round(time.Hour); left != identity.InvitationLifetime {
		t.Errorf("it can be accepted for %v more", left)
	}
}

func TestEverybodyWhoWaitsIsReminded(t *testing.T) {
	p := newPortal(t)
	const path = "/o/{biology}/invitations/remind"
	invite := func(address string) {
		p.invite(biology, lee, address, identity.RoleStudent)
		p.check(p.store.MailSent(p.ctx, p.queue.mail(len(p.queue.mails)-1)))
	}
	invite("new@x.example")
	p.run(biology, []scenario{
		{
			name: "not within a day", who: lee, method: "GET", path: path, status: 200,
			text: []string{"Nobody is left to remind"}, absent: []string{"Send"},
		},
	})
	p.now.advance(-25 * time.Hour)
	for _, address := range []string{"a@x.example", "b@x.example", "c@x.example"} {
		invite(address)
	}
	p.check(p.in(biology, lee).RevokeInvitation(p.ctx, p.invitationTo(biology, "c@x.example").ID))
	p.now.advance(25 * time.Hour)
	p.run(biology, []scenario{
		{
			name: "the list says how many", who: lee, method: "GET", path: "/o/{biology}/invitations", status: 200,
			text: []string{"Remind all 2 who wait"},
		},
		{name: "asked first", who: lee, method: "GET", path: path, status: 200, text: []string{"Remind 2 people?", "Send 2 reminders"}},
		{
			name: "reminded", who: lee, method: "POST", path: path, form: url.Values{}, status: 303, redirect: "/o/{biology}/invitations",
			audit: []identity.Action{identity.ActionInvitationResent, identity.ActionInvitationResent},
		},
		{
			name: "told", who: lee, method: "GET", path: "/o/{biology}/invitations", status: 200, text: []string{"2 reminders are on their way."},
			absent: []string{"Remind all"},
		},
		{
			name: "not twice", who: lee, method: "POST", path: path, form: url.Values{}, status: 303, redirect: "/o/{biology}/invitations",
		},
		{name: "by a student", who: sam, method: "POST", path: path, form: url.Values{}, status: 403},
		{name: "by a stranger", who: mallory, method: "POST", path: path, form: url.Values{}, status: 404},
	})
}

// What the mail says comes from the form, in the language that was chosen there.
func TestTheMailSaysWhatTheSenderChose(t *testing.T) {
	p := newPortal(t)
	p.signIn(lee).post(p.fill("/o/{biology}/invitations"), "submission", "a-key", "addresses", "Ada Ott <ada@x.example>",
		"role", "co_teacher", "days", "3", "language", "es", "message", "Hasta\r\nel lunes")
	mail, err := p.store.OutboxMail(p.ctx, p.queue.mail(0))
	p.check(err)
	for _, want := range []string{
		"Hola, Ada:", "Maria Lee te invita a Biology 7B (Linden School) como docente auxiliar.", "> Hasta\n> el lunes", p.url + "/i/",
	} {
		if !strings.Contains(mail.Text, want) {
			t.Errorf("the mail does not say %q:\n%s", want, mail.Text)
		}
	}
	if mail.To != "ada@x.example" || mail.FromName != "Biology 7B (Linden School)" || mail.Subject != "Invitación de Maria Lee a Biology 7B" {
		t.Errorf("to %q from %q: %q", mail.To, mail.FromName, mail.Subject)
	}
	invitation := p.invitationTo(biology, "ada@x.example")
	if got := invitation.ExpiresAt.Sub(invitation.CreatedAt).Round(time.Hour); got != 3*24*time.Hour {
		t.Errorf("expires after %v", got)
	}
}

// invitationTo is the newest invitation to an address.
func (p *portal) invitationTo(organization, address string) identity.Invitation {
	p.t.Helper()
	list, err := p.store.In(p.founded(organization)).Invitations(context.Background(), store.InvitationQuery{Search: address})
	p.check(err)
	i := slices.IndexFunc(list.Rows, func(i identity.Invitation) bool { return i.Address == address })
	if i < 0 {
		p.t.Fatalf("nobody at %s is invited to %s", address, organization)
	}
	return list.Rows[i]
}

// Inviting needs the portal alone: with Zitadel away nothing is different, and
// with the disk full nothing is half done and nothing typed is lost.
func TestInvitingSurvivesWhatIsAway(t *testing.T) {
	p := newPortal(t)
	teacher := p.signIn(lee)
	p.zitadel.Faults().Unavailable("", 0, -1)
	path := p.fill("/o/{biology}/invitations")
	fields := []string{
		"submission", "a-key", "addresses", addresses(300), "role", "student", "days", "14", "language", "en",
		"message", strings.Repeat("Welcome. ", 100),
	}

	// SQLite says that the disk is full when the file may not grow.
	var pages int
	p.check(p.store.Writer().QueryRowContext(p.ctx, "PRAGMA page_count").Scan(&pages))
	p.check(p.store.Writer().QueryRowContext(p.ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages)).Scan(&pages))
	seen := teacher.post(path, fields...)
	if seen.Status != http.StatusServiceUnavailable || !strings.Contains(seen.text(), "pupil-299@linden.example") ||
		!strings.Contains(seen.text(), "Welcome. Welcome.") || find(seen.doc, "div", "role", "alert") == nil {
		t.Errorf("disk full: %d %.400s", seen.Status, seen.text())
	}
	if audit := p.audited(biology); len(audit) != 0 {
		t.Errorf("disk full: %d records", len(audit))
	}

	p.check(p.store.Writer().QueryRowContext(p.ctx, "PRAGMA max_page_count = 1000000").Scan(&pages))
	for range 2 { // the same form twice invites once
		if seen := teacher.post(path, fields...); seen.Status != http.StatusOK || !strings.Contains(seen.text(), "300 people are invited.") {
			t.Errorf("again: %d %.400s", seen.Status, seen.text())
		}
	}
	if audit := p.audited(biology); len(audit) != 300 || len(p.queue.mails) != 300 {
		t.Errorf("%d records and %d mails, want 300 of each", len(audit), len(p.queue.mails))
	}
}
