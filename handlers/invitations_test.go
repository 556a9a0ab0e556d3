package handlers

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

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

func TestTheLinkShownLeadsToTheInvitationAndIsNotThatOfTheMail(t *testing.T) {
	p := newPortal(t)
	token := p.invite(biology, lee, "ada@x.example", identity.RoleStudent)
	path := p.fill("/o/{biology}/invitations/") + string(p.invitationTo(biology, "ada@x.example").ID) + "/link"
	seen := p.signIn(lee).post(path)
	field := find(seen.doc, "input", "id", "link")
	if field == nil || !strings.HasPrefix(attribute(field, "value"), p.url+"/i/") {
		t.Fatalf("no field holds the link: %s", seen.text())
	}
	shown := strings.TrimPrefix(attribute(field, "value"), p.url+"/i/")
	if got := p.invitation(shown); shown == token || got.ID != p.invitation(token).ID || !got.Handed {
		t.Errorf("the link leads to %+v", got)
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
