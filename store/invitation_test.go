package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

func TestInvitingWritesRowsRecordsAndMailsAtOnce(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	ctx := identity.WithRequest(t.Context(), identity.Request{ID: "r1", Address: "192.0.2.7"})
	drafts := []identity.Invitation{
		{Address: "Bea@x.example", GivenName: "Bea", Role: identity.RoleStudent, Message: "Hi", Language: "es", ExpiresAt: noon.Add(time.Hour)},
		{Address: "zoe@linden.example", Role: identity.RoleStudent}, // on the roster
		{Address: "bea@x.example", Role: identity.RoleStudent},      // twice
		{Address: "cal@x.example", Role: identity.RoleStudent, Mail: identity.MailNone},
	}
	tokens := make(map[identity.InvitationID]string)
	result, err := o.Invite(ctx, drafts, "form-1", func(i identity.Invitation, token string) (identity.Mail, error) {
		tokens[i.ID] = token
		return composed(i, token)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Invited) != 2 || len(result.AlreadyInvited) != 0 || !slices.Equal(result.AlreadyHere, []string{"zoe@linden.example"}) {
		t.Fatalf("result = %+v", result)
	}
	bea, cal := result.Invited[0], result.Invited[1]
	want := identity.Invitation{
		ID: bea.ID, Organization: "linden-7b", Address: "Bea@x.example", GivenName: "Bea", Role: identity.RoleStudent,
		Message: "Hi", Language: "es", Inviter: identity.Actor{User: "linden-tom", Name: "linden-tom"},
		State: identity.InvitationPending, Mail: identity.MailQueued, CreatedAt: noon, ExpiresAt: noon.Add(time.Hour),
	}
	if diff := cmp.Diff(want, bea); diff != "" {
		t.Error(diff)
	}
	if cal.Mail != identity.MailNone || !cal.ExpiresAt.Equal(noon.Add(identity.InvitationLifetime)) {
		t.Errorf("the second = %+v", cal)
	}
	stored, err := o.Invitation(ctx, bea.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(bea, stored); diff != "" {
		t.Errorf("stored: %s", diff)
	}
	if len(w.queue.mails) != 1 {
		t.Fatalf("%d mails are queued, want 1", len(w.queue.mails))
	}
	mail, err := w.OutboxMail(ctx, w.queue.mails[0])
	if err != nil || mail.To != "Bea@x.example" || mail.Key != w.queue.mails[0] || !strings.HasSuffix(mail.Text, tokens[bea.ID]) {
		t.Errorf("mail = %+v, %v", mail, err)
	}
	page, err := o.Audit(ctx, AuditQuery{Action: identity.ActionInvited})
	if err != nil || len(page.Records) != 2 {
		t.Fatalf("records = %+v, %v; want two", page.Records, err)
	}
	last := page.Records[0] // the newest: the first that was typed
	if last.Target != string(bea.ID) || last.TargetName != "Bea" || last.RequestID != "r1" || last.Address != "192.0.2.7" ||
		last.After[identity.AuditRole] != "student" || last.Outcome != identity.OutcomeDone {
		t.Errorf("record = %+v", last)
	}
	if held := w.dump("SELECT * FROM invitations") + w.dump("SELECT * FROM outbox"); strings.Contains(held, tokens[bea.ID]) {
		t.Error("a token stands in the database as it is")
	}
}

func TestTheSameFormAgainInvitesNobodyAndAnswersTheSame(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	drafts := []identity.Invitation{
		{Address: "a@x.example", Role: identity.RoleStudent},
		{Address: "b@x.example", Role: identity.RoleStudent},
		{Address: "sam@linden.example", Role: identity.RoleStudent},
	}
	first, err := o.Invite(t.Context(), drafts, "form-1", composed)
	if err != nil {
		t.Fatal(err)
	}
	again, err := o.Invite(t.Context(), drafts, "form-1", composed)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	if len(w.queue.mails) != 2 {
		t.Errorf("%d mails are queued, want 2", len(w.queue.mails))
	}
	other, err := o.Invite(t.Context(), drafts, "form-2", composed)
	if err != nil || len(other.Invited) != 0 || !slices.Equal(other.AlreadyInvited, []string{"a@x.example", "b@x.example"}) {
		t.Errorf("another form = %+v, %v; want nobody invited twice", other, err)
	}
	// Another classroom's form may have the same key, and invite the same people.
	theirs, err := w.as("birch-tom", "birch-7b").Invite(t.Context(), drafts[:2], "form-1", composed)
	if err != nil || len(theirs.Invited) != 2 {
		t.Errorf("another classroom's = %+v, %v; want both invited", theirs, err)
	}
}

func TestTwoTabsThatSendOneFormInviteOnce(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			result, err := o.Invite(t.Context(), []identity.Invitation{{Address: "a@x.example", Role: identity.RoleStudent}}, "form", composed)
			if err != nil || len(result.Invited) != 1 {
				t.Errorf("result = %+v, %v", result, err)
			}
		})
	}
	group.Wait()
	if page, err := o.Invitations(t.Context(), InvitationQuery{}); err != nil || len(page.Rows) != 1 || len(w.queue.mails) != 1 {
		t.Errorf("invitations = %+v, %v, mails = %v; want one", page.Rows, err, w.queue.mails)
	}
}

func TestWhatIsNotQueuedIsNotInvited(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	before := w.rowsOf("linden")
	w.queue.refused = errors.New("no room")
	_, err := o.Invite(t.Context(), []identity.Invitation{{Address: "a@x.example", Role: identity.RoleStudent}}, "form", composed)
	if !errors.Is(err, w.queue.refused) {
		t.Errorf("error = %v", err)
	}
	if diff := cmp.Diff(before, w.rowsOf("linden")); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
}

func TestARoleAboveOnesOwnIsNotOffered(t *testing.T) {
	w := newWorld(t)
	_, err := w.as("linden-cleo", "linden-7b").Invite(t.Context(),
		[]identity.Invitation{{Address: "a@x.example", Role: identity.RoleTeacher}}, "form", composed)
	if !identity.IsKind(err, identity.KindForbidden) {
		t.Errorf("error = %v, want forbidden", err)
	}
}

func TestInvitationsByStateAndName(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	pending, _ := w.invite(o, "pia.pending@x.example")
	opened, openedToken := w.invite(o, "otto@x.example")
	expired, _ := w.invite(o, "emil@x.example")
	revoked, _ := w.invite(o, "rosa@x.example")
	accepted, acceptedToken := w.invite(o, "ali@x.example")
	w.invite(w.as("birch-tom", "birch-7b"), "pia@x.example")
	if err := w.invited(openedToken).OpenedInvitation(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := o.RevokeInvitation(t.Context(), revoked.ID); err != nil {
		t.Fatal(err)
	}
	accepting := w.invited(acceptedToken)
	if err := errors.Join(accepting.BeginAcceptance(t.Context(), identity.User{ID: "ali"}), accepting.FinishAcceptance(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, err := w.writer.ExecContext(t.Context(), `UPDATE invitations SET expires_us = ? WHERE id = ?`, micros(noon), string(expired.ID)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		query InvitationQuery
		want  []identity.InvitationID
	}{
		{InvitationQuery{}, []identity.InvitationID{accepted.ID, revoked.ID, expired.ID, opened.ID, pending.ID}},
		{InvitationQuery{State: identity.InvitationPending}, []identity.InvitationID{pending.ID}},
		{InvitationQuery{State: identity.InvitationOpened}, []identity.InvitationID{opened.ID}},
		{InvitationQuery{State: identity.InvitationExpired}, []identity.InvitationID{expired.ID}},
		{InvitationQuery{State: identity.InvitationRevoked}, []identity.InvitationID{revoked.ID}},
		{InvitationQuery{State: identity.InvitationAccepted}, []identity.InvitationID{accepted.ID}},
		{InvitationQuery{Search: "PIA"}, []identity.InvitationID{pending.ID}},
		{InvitationQuery{Search: "pia.pending@x.example"}, []identity.InvitationID{pending.ID}},
		{InvitationQuery{Search: "%"}, []identity.InvitationID{accepted.ID, revoked.ID, expired.ID, opened.ID, pending.ID}},
		{InvitationQuery{Search: "nobody"}, nil},
	} {
		page, err := o.Invitations(t.Context(), tt.query)
		if err != nil {
			t.Fatal(err)
		}
		var got []identity.InvitationID
		for _, i := range page.Rows {
			got = append(got, i.ID)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%+v = %v, want %v", tt.query, got, tt.want)
		}
		counts := map[identity.InvitationState]int{"pending": 1, "opened": 1, "expired": 1, "revoked": 1, "accepted": 1}
		if diff := cmp.Diff(counts, page.Counts); diff != "" {
			t.Errorf("counts: %s", diff)
		}
	}
	var paged []identity.InvitationID
	for after, more := "", true; more; more = after != "" {
		page, err := o.Invitations(t.Context(), InvitationQuery{Limit: 2, After: after})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Rows {
			paged = append(paged, i.ID)
		}
		after = page.Next
	}
	if want := []identity.InvitationID{accepted.ID, revoked.ID, expired.ID, opened.ID, pending.ID}; !slices.Equal(paged, want) {
		t.Errorf("pages = %v, want %v", paged, want)
	}
}

func TestResendingRevivesAndRemindingWaitsADay(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	i, token := w.invite(o, "a@x.example")
	first := w.queue.mails[0]
	if err := w.MailSent(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	remind := func() int {
		t.Helper()
		n, err := o.RemindAll(t.Context(), composed)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	w.clock = noon.Add(23 * time.Hour)
	if n := remind(); n != 0 {
		t.Errorf("reminded %d within a day", n)
	}
	w.clock = noon.Add(24 * time.Hour)
	if page, err := o.Invitations(t.Context(), InvitationQuery{}); err != nil || page.Remindable != 1 {
		t.Errorf("remindable = %d, %v; want 1", page.Remindable, err)
	}
	if a, b := remind(), remind(); a != 1 || b != 0 {
		t.Errorf("reminded %d and then %d, want 1 and 0", a, b)
	}
	second := w.queue.mails[1]
	if mail, err := w.OutboxMail(t.Context(), second); err != nil || !strings.HasSuffix(mail.Text, token) || mail.Key == first {
		t.Errorf("mail = %+v, %v; want the same link in a new mail", mail, err)
	}
	w.clock = i.ExpiresAt.Add(time.Hour)
	if n := remind(); n != 0 {
		t.Errorf("reminded %d of what is expired", n)
	}
	if err := o.ResendInvitation(t.Context(), i.ID, composed); err != nil {
		t.Fatal(err)
	}
	if _, err := w.OutboxMail(t.Context(), second); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("the mail before = %v, want it withdrawn", err)
	}
	got, err := o.Invitation(t.Context(), i.ID)
	if err != nil || !got.ExpiresAt.Equal(w.clock.Add(identity.InvitationLifetime)) || got.Mail != identity.MailQueued {
		t.Errorf("after resending = %+v, %v", got, err)
	}
	records, err := o.Audit(t.Context(), AuditQuery{Target: string(i.ID), Action: identity.ActionInvitationResent})
	if err != nil || len(records.Records) != 2 {
		t.Errorf("records = %+v, %v; want two", records, err)
	}
}

func TestARevokedInvitationSendsNothingAndOpensNothing(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	i, token := w.invite(o, "a@x.example")
	for range 2 { // twice is no error
		if err := o.RevokeInvitation(t.Context(), i.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.OutboxMail(t.Context(), w.queue.mails[0]); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("mail = %v, want it withdrawn", err)
	}
	if err := w.MailSent(t.Context(), w.queue.mails[0]); err != nil {
		t.Errorf("a mail that went out at the same moment: %v", err)
	}
	accepting := w.invited(token)
	if err := accepting.BeginAcceptance(t.Context(), identity.User{ID: "new"}); !identity.IsKind(err, identity.KindGone) {
		t.Errorf("accepting = %v, want gone", err)
	}
	if err := o.ResendInvitation(t.Context(), i.ID, composed); !identity.IsKind(err, identity.KindGone) {
		t.Errorf("resending = %v, want gone", err)
	}
	if _, err := o.InvitationToken(t.Context(), i.ID); !identity.IsKind(err, identity.KindGone) {
		t.Errorf("copying = %v, want gone", err)
	}
	got, err := o.Invitation(t.Context(), i.ID)
	if err != nil || got.State != identity.InvitationRevoked || !got.RevokedAt.Equal(noon) || !got.SentAt.IsZero() {
		t.Errorf("invitation = %+v, %v", got, err)
	}
	records, err := o.Audit(t.Context(), AuditQuery{Action: identity.ActionInvitationRevoked})
	if err != nil || len(records.Records) != 1 {
		t.Errorf("records = %+v, %v; want one", records, err)
	}
}

func TestCopyingALinkIsOnRecord(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	i, token := w.invite(o, "a@x.example")
	got, err := o.InvitationToken(t.Context(), i.ID)
	if err != nil || got == token || len(got) != len(token) {
		t.Errorf("token = %q, %v; want another one than %q", got, err, token)
	}
	for token, handed := range map[string]bool{token: false, got: true} {
		if _, found, err := w.OpenInvited(t.Context(), identity.Actor{}, token); err != nil || found.ID != i.ID || found.Handed != handed {
			t.Errorf("opened by %s: %+v, %v; want handed = %v", token, found, err, handed)
		}
	}
	records, err := o.Audit(t.Context(), AuditQuery{Action: identity.ActionInvitationCopied})
	if err != nil || len(records.Records) != 1 {
		t.Errorf("records = %+v, %v; want one", records, err)
	}
}

func TestAnInvitationIsOpenedByItsTokenAlone(t *testing.T) {
	w := newWorld(t)
	i, token := w.invite(w.as("linden-tom", "linden-7b"), "a@x.example")
	opened, got, err := w.OpenInvited(t.Context(), identity.Actor{}, token)
	if err != nil || got.ID != i.ID || opened.ID() != "linden-7b" || opened.Invitation() != i.ID || opened.Permits(identity.Visit) {
		t.Errorf("opened = %+v, %+v, %v", opened, got, err)
	}
	for _, wrong := range []string{"", string(i.ID), strings.ToUpper(token), hashToken(token), token[:len(token)-1]} {
		if _, _, err := w.OpenInvited(t.Context(), identity.Actor{}, wrong); !identity.IsKind(err, identity.KindNotFound) {
			t.Errorf("token %q = %v, want not found", wrong, err)
		}
	}
}

func TestOfTwoWhoAcceptOneWins(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	i, token := w.invite(o, "a@x.example")
	accepting := w.invited(token)
	var mu sync.Mutex
	results := map[string]int{}
	var group sync.WaitGroup
	for n := range 6 {
		group.Go(func() {
			err := accepting.BeginAcceptance(context.WithoutCancel(t.Context()), identity.User{ID: identity.UserID(fmt.Sprint("user", n))})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				results["won"]++
			case identity.IsKind(err, identity.KindConflict):
				results["taken"]++
			default:
				t.Error(err)
			}
		})
	}
	group.Wait()
	if results["won"] != 1 || results["taken"] != 5 {
		t.Errorf("results = %v", results)
	}
	claimed, err := o.Invitation(t.Context(), i.ID)
	if err != nil || claimed.AcceptedBy == "" || claimed.State != identity.InvitationOpened {
		t.Fatalf("claimed = %+v, %v", claimed, err)
	}
	// Somebody else cannot let go of it; who has it can, and can come back.
	if err := accepting.ReleaseAcceptance(t.Context(), "stranger"); err != nil {
		t.Fatal(err)
	}
	if again, err := o.Invitation(t.Context(), i.ID); err != nil || again.AcceptedBy != claimed.AcceptedBy {
		t.Errorf("a stranger released it: %+v, %v", again, err)
	}
	if err := errors.Join(accepting.ReleaseAcceptance(t.Context(), claimed.AcceptedBy),
		accepting.BeginAcceptance(t.Context(), identity.User{ID: "late", GivenName: "Late"}),
		accepting.BeginAcceptance(t.Context(), identity.User{ID: "late", GivenName: "Late"}),
	); err != nil {
		t.Fatal(err)
	}
	w.clock = i.ExpiresAt.Add(time.Hour) // begun in time
	if err := accepting.BeginAcceptance(t.Context(), identity.User{ID: "late"}); err != nil {
		t.Errorf("going on after the time is over: %v", err)
	}
	w.apply(userFacts("linden", "late", "Late", "Lewis")...)
	if err := accepting.FinishAcceptance(t.Context(), assigned("linden-7b", "linden-late", identity.RoleStudent)); err != nil {
		t.Fatal(err)
	}
	got, err := o.Invitation(t.Context(), i.ID)
	if err != nil || got.State != identity.InvitationAccepted || got.AcceptedBy != "late" || !got.AcceptedAt.Equal(w.clock) {
		t.Errorf("accepted = %+v, %v", got, err)
	}
	if _, err := o.Member(t.Context(), "linden-late"); err != nil {
		t.Errorf("the facts were not applied: %v", err)
	}
	for _, user := range []identity.UserID{"late", "other"} {
		if err := accepting.BeginAcceptance(t.Context(), identity.User{ID: user}); !identity.IsKind(err, identity.KindGone) {
			t.Errorf("accepting again as %s = %v, want gone", user, err)
		}
	}
	page, err := o.Audit(t.Context(), AuditQuery{Action: identity.ActionInvitationAccepted})
	if err != nil || len(page.Records) != 2 {
		t.Fatalf("records = %+v, %v; want the one that was let go and the one that was done", page.Records, err)
	}
	for _, r := range page.Records {
		want := identity.OutcomeFailed
		if r.Target == "late" {
			want = identity.OutcomeDone
		}
		if r.Outcome != want || r.Actor.User != identity.UserID(r.Target) || r.After[identity.AuditRole] != "student" {
			t.Errorf("record = %+v, want %s", r, want)
		}
	}
}

func TestAnExpiredInvitationIsNotAccepted(t *testing.T) {
	w := newWorld(t)
	i, token := w.invite(w.as("linden-tom", "linden-7b"), "a@x.example")
	w.clock = i.ExpiresAt
	if err := w.invited(token).BeginAcceptance(t.Context(), identity.User{ID: "new"}); !identity.IsKind(err, identity.KindGone) {
		t.Errorf("error = %v, want gone", err)
	}
}

func TestInvitationsWaitForAVerifiedAddressAlone(t *testing.T) {
	w := newWorld(t)
	_, token := w.invite(w.as("linden-tom", "linden-7b"), "ANN@birch.example")
	got, err := w.InvitationsFor(t.Context(), "birch-ann")
	if err != nil || len(got) != 1 || got[0].Token != token || got[0].Organization != "Linden-7b" || got[0].School != "Linden" ||
		got[0].Kind != identity.KindClassroom {
		t.Errorf("waiting = %+v, %v", got, err)
	}
	unverified := false
	w.apply(identity.UserChanged{User: "birch-ann", AddressVerified: &unverified, At: noon.Add(1)})
	for _, user := range []identity.UserID{"birch-ann", "linden-ann", "nobody"} {
		if got, err := w.InvitationsFor(t.Context(), user); err != nil || len(got) != 0 {
			t.Errorf("%s: waiting = %+v, %v; want none", user, got, err)
		}
	}
}

func TestAMailThatFailsShowsOnItsInvitation(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	i, _ := w.invite(o, "a@x.example")
	why := identity.Say("mail.refused", "Code", "550")
	if err := w.MailFailed(t.Context(), w.queue.mails[0], why); err != nil {
		t.Fatal(err)
	}
	got, err := o.Invitation(t.Context(), i.ID)
	if err != nil || got.Mail != identity.MailFailed {
		t.Fatalf("invitation = %+v, %v", got, err)
	}
	if diff := cmp.Diff(why, got.MailError); diff != "" {
		t.Error(diff)
	}
	if held := w.dump("SELECT sealed FROM outbox"); strings.TrimSpace(held) != "" {
		t.Errorf("the mail's text is still there: %q", held)
	}
	if err := w.MailSent(t.Context(), w.queue.mails[0]); err != nil { // too late: it is closed
		t.Fatal(err)
	}
	if again, _ := o.Invitation(t.Context(), i.ID); again.Mail != identity.MailFailed {
		t.Errorf("a closed mail became %s", again.Mail)
	}
}

// Taking an invitation back while it is being accepted waits: what happens at
// Zitadel then counts, and the sender reads that it was accepted.
func TestRevokingWaitsForAnAcceptanceUnderWay(t *testing.T) {
	w := newWorld(t)
	o := w.as("linden-tom", "linden-7b")
	i, token := w.invite(o, "a@x.example")
	accepting := w.invited(token)
	revoked := make(chan error, 1)
	err := accepting.InInvitationTurn(t.Context(), func(ctx context.Context) error {
		go func() { revoked <- o.RevokeInvitation(ctx, i.ID) }()
		return errors.Join(accepting.BeginAcceptance(ctx, identity.User{ID: "new"}), accepting.FinishAcceptance(ctx))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-revoked; !identity.IsKind(err, identity.KindGone) {
		t.Errorf("revoking = %v, want gone", err)
	}
	if got, err := o.Invitation(t.Context(), i.ID); err != nil || got.State != identity.InvitationAccepted {
		t.Errorf("invitation = %+v, %v", got, err)
	}
}
