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
			form: inviting("addresses", "SAM@linden.example"), text: []string{"Nobody was invited", "One is in already", "See in the class list"},
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
