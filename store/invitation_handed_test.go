package store

import (
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

func TestAskingForTheMailSendsTheMailedLinkNotTooOften(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	i, token := w.invite(o, "a@x.example")
	handed, err := o.InvitationToken(t.Context(), i.ID)
	if err != nil {
		t.Fatal(err)
	}
	asking := w.invited(handed)
	for _, step := range []struct {
		name  string
		at    time.Duration // since the invitation
		sent  bool          // the last mail went out before
		mails int           // queued since the invitation
	}{
		{"while the first one is on its way", time.Hour, false, 1},
		{"a moment after it went out", time.Minute, true, 1},
		{"later", 6 * time.Minute, false, 2},
		{"again at once", 6 * time.Minute, true, 2},
		{"just before the pause is over", 11*time.Minute - time.Second, false, 2},
		{"after the pause", 11 * time.Minute, false, 3},
	} {
		w.clock = noon.Add(step.at)
		if step.sent {
			if err := w.MailSent(t.Context(), w.queue.mails[len(w.queue.mails)-1]); err != nil {
				t.Fatal(err)
			}
		}
		if err := asking.MailInvited(t.Context(), composed); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if len(w.queue.mails) != step.mails {
			t.Errorf("%s: %d mails are queued, want %d", step.name, len(w.queue.mails), step.mails)
		}
	}
	mail, err := w.OutboxMail(t.Context(), w.queue.mails[2])
	if err != nil || mail.To != "a@x.example" || !strings.HasSuffix(mail.Text, token) {
		t.Errorf("mail = %+v, %v; want the mailed link", mail, err)
	}
	page, err := o.Audit(t.Context(), AuditQuery{Action: identity.ActionInvitationAsked})
	if err != nil || len(page.Records) != 2 || page.Records[0].TargetName != "a@x.example" {
		t.Errorf("records = %+v, %v; want two", page.Records, err)
	}
	w.clock = i.ExpiresAt
	if err := asking.MailInvited(t.Context(), composed); !identity.IsKind(err, identity.KindGone) {
		t.Errorf("after its time: %v, want gone", err)
	}
}

// Whoever may not offer a role may not act on an invitation that does.
func TestAnInvitationToAHigherRoleIsOutOfReach(t *testing.T) {
	w := newWorld(t)
	tom, cleo := w.as("linden-tom", "linden-7b"), w.as("linden-cleo", "linden-7b")
	result, err := tom.Invite(t.Context(), []identity.Invitation{{Address: "a@x.example", Role: identity.RoleTeacher}}, "form", composed)
	if err != nil {
		t.Fatal(err)
	}
	id := result.Invited[0].ID
	w.clock = noon.Add(48 * time.Hour)
	if err := w.MailSent(t.Context(), w.queue.mails[0]); err != nil {
		t.Fatal(err)
	}
	w.clock = noon.Add(96 * time.Hour)
	before := w.rowsOf("linden")
	_, err = cleo.InvitationToken(t.Context(), id)
	for what, err := range map[string]error{
		"copying":   err,
		"resending": cleo.ResendInvitation(t.Context(), id, composed),
		"revoking":  cleo.RevokeInvitation(t.Context(), id),
	} {
		if !identity.IsKind(err, identity.KindForbidden) {
			t.Errorf("%s = %v, want forbidden", what, err)
		}
	}
	if n, err := cleo.RemindAll(t.Context(), composed); n != 0 || err != nil {
		t.Errorf("reminded %d, %v; want nobody", n, err)
	}
	if page, err := cleo.Invitations(t.Context(), InvitationQuery{}); err != nil || page.Remindable != 0 {
		t.Errorf("%d can be reminded, %v; want none", page.Remindable, err)
	}
	for table, rows := range w.rowsOf("linden") {
		if rows != before[table] {
			t.Errorf("%s changed", table)
		}
	}
	if n, err := tom.RemindAll(t.Context(), composed); n != 1 || err != nil {
		t.Errorf("a teacher reminded %d, %v; want one", n, err)
	}
}
