package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

func TestASetupLinkIsMadeWithItsMailAndRecord(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	link, token := w.link(o, "l1")
	want := identity.SetupLink{
		ID: "l1", Intents: []identity.SetupIntent{identity.IntentSSO, identity.IntentDomains}, Name: "Ivan IT",
		Address: "it@linden.example", Language: "es", Maker: "linden-ada", State: identity.SetupSent, Steps: 5,
		CreatedAt: noon, ExpiresAt: noon.AddDate(0, 0, identity.SetupLinkDays),
	}
	if diff := cmp.Diff(want, link); diff != "" {
		t.Error(diff)
	}
	found, school, err := w.OpenSetupToken(t.Context(), token)
	if diff := cmp.Diff(want, found); diff != "" || school.ID != "linden" || err != nil {
		t.Errorf("%v, %v\n%s", school.ID, err, diff)
	}
	mail, err := w.OutboxMail(t.Context(), w.queue.mails[0])
	if err != nil || !strings.Contains(mail.Text, token) || mail.Key != w.queue.mails[0] {
		t.Errorf("mail = %+v, %v", mail, err)
	}
	for _, table := range []string{"setup_links", "outbox", "audit_records"} {
		if strings.Contains(w.dump("SELECT * FROM "+table), token) {
			t.Errorf("the token stands in %s", table)
		}
	}
	w.must(w.MailSent(t.Context(), mail.Key))
	wantOutcomes(t, o, identity.ActionSetupLinkMade, identity.OutcomeDone)
	for _, wrong := range []string{"", "x", token + "x"} {
		_, _, err := w.OpenSetupToken(t.Context(), wrong)
		refused(t, err, identity.KindNotFound, "setup.not-found")
	}
}

func TestNothingOfALinkIsThereIfItsMailIsRefused(t *testing.T) {
	w := newWorld(t)
	w.queue.refused = errBoom
	o := w.school("linden")
	_, err := o.MakeLink(t.Context(), identity.SetupLink{ID: "l1", Intents: []identity.SetupIntent{identity.IntentSSO}, Address: "a@x.example"},
		func(string) (identity.Mail, error) { return identity.Mail{}, nil })
	if err == nil {
		t.Error("no error")
	}
	if links, err := o.Links(t.Context()); len(links) > 0 || err != nil {
		t.Errorf("links = %+v, %v", links, err)
	}
	wantOutcomes(t, o, identity.ActionSetupLinkMade)
}

func TestHowLongASetupLinkLasts(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	for id, tt := range map[string]struct{ asked, want time.Duration }{
		"none": {0, identity.SetupLinkDays * day}, "three": {3 * day, 3 * day}, "many": {90 * day, identity.SetupLinkMaxDays * day},
	} {
		link := identity.SetupLink{ID: identity.SetupLinkID(id), Intents: []identity.SetupIntent{identity.IntentSSO}, Address: "a@x.example"}
		if tt.asked > 0 {
			link.ExpiresAt = noon.Add(tt.asked)
		}
		_, err := o.MakeLink(t.Context(), link, nil)
		w.must(err)
		got, err := o.Link(t.Context(), link.ID)
		if err != nil || !got.ExpiresAt.Equal(noon.Add(tt.want)) {
			t.Errorf("%s: expires %v, %v", id, got.ExpiresAt, err)
		}
	}
	if len(w.queue.mails) > 0 {
		t.Error("a link without a mail was mailed")
	}
	for _, link := range []identity.SetupLink{{Address: "a@x.example"}, {Intents: []identity.SetupIntent{identity.IntentSSO}}} {
		if _, err := o.MakeLink(t.Context(), link, nil); err == nil {
			t.Errorf("%+v was made", link)
		}
	}
}

func TestWhoConfirmsTheCodeGetsIn(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.link(o, "l1")
	code := w.code("l1")
	if len(code) != codeDigits || strings.Trim(code, "0123456789") != "" {
		t.Errorf("code = %q", code)
	}
	if held := w.dump("SELECT * FROM setup_codes"); strings.Contains(held, code) || strings.Contains(held, hashToken(code)) {
		t.Errorf("the code can be found out: %s", held)
	}
	w.after(time.Minute)
	w.must(w.ConfirmSetupCode(t.Context(), "l1", code))
	link, err := o.Link(t.Context(), "l1")
	if err != nil || link.State != identity.SetupOpened || !link.OpenedAt.Equal(w.clock) || !link.SeenAt.Equal(w.clock) {
		t.Errorf("link = %+v, %v", link, err)
	}
	page, err := o.Audit(t.Context(), AuditQuery{Action: identity.ActionSetupLinkOpened})
	if err != nil || len(page.Records) != 1 || page.Records[0].Actor.User != "setup:l1" || page.Records[0].Actor.Name != "Ivan IT" {
		t.Errorf("audit = %+v, %v", page.Records, err)
	}
	opened := link.OpenedAt
	w.after(time.Hour)
	w.must(w.ConfirmSetupCode(t.Context(), "l1", w.code("l1"))) // another device
	if link, err = o.Link(t.Context(), "l1"); err != nil || !link.OpenedAt.Equal(opened) || !link.SeenAt.Equal(w.clock) {
		t.Errorf("link = %+v, %v", link, err)
	}
	by := w.bySetup("l1")
	if !by.opened.Permits(identity.ConnectSignIn) || by.opened.Permits(identity.ManageSchool) || by.opened.Permits(identity.ShareSetup) {
		t.Error("a link permits what it is not for, or not what it is for")
	}
}

func TestCodesThatDoNotGetIn(t *testing.T) {
	wrong := func(code string) string {
		if code[0] == '0' {
			return "1" + code[1:]
		}
		return "0" + code[1:]
	}
	for name, tt := range map[string]struct {
		do      func(w *world, code string) string // what is typed in the end
		kind    identity.ErrorKind
		message string
	}{
		"wrong":         {func(_ *world, code string) string { return wrong(code) }, identity.KindInvalid, "setup.code-wrong"},
		"empty":         {func(*world, string) string { return "" }, identity.KindInvalid, "setup.code-wrong"},
		"another's":     {func(w *world, _ string) string { return w.code("l2") }, identity.KindInvalid, "setup.code-wrong"},
		"replaced":      {func(w *world, code string) string { w.code("l1"); return code }, identity.KindInvalid, "setup.code-wrong"},
		"used":          {func(w *world, code string) string { w.must(w.ConfirmSetupCode(w.t.Context(), "l1", code)); return code }, identity.KindInvalid, "setup.code-wrong"},
		"old":           {func(w *world, code string) string { w.after(codeLifetime); return code }, identity.KindInvalid, "setup.code-expired"},
		"old and wrong": {func(w *world, code string) string { w.after(codeLifetime); return wrong(code) }, identity.KindInvalid, "setup.code-wrong"},
		"after five wrong ones": {func(w *world, code string) string {
			for range codeTries {
				refused(w.t.(*testing.T), w.ConfirmSetupCode(w.t.Context(), "l1", wrong(code)), identity.KindInvalid, "setup.code-wrong")
			}
			return code
		}, identity.KindLimited, "setup.code-tries"},
		"of a revoked link": {func(w *world, code string) string {
			w.must(w.school("linden").RevokeLink(w.t.Context(), "l1"))
			return code
		}, identity.KindGone, "setup.revoked"},
		"of an expired link": {func(w *world, code string) string { w.after(30 * day); return code }, identity.KindGone, "setup.expired"},
		"of a finished link": {func(w *world, code string) string {
			w.must(w.bySetup("l1").FinishLink(w.t.Context()))
			return code
		}, identity.KindGone, "setup.finished"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.link(w.school("linden"), "l1")
			w.link(w.school("birch"), "l2")
			typed := tt.do(w, w.code("l1"))
			refused(t, w.ConfirmSetupCode(t.Context(), "l1", typed), tt.kind, tt.message)
		})
	}
	w := newWorld(t)
	w.link(w.school("linden"), "l1")
	refused(t, w.ConfirmSetupCode(t.Context(), "l1", "00000000"), identity.KindInvalid, "setup.code-wrong") // none was sent
	refused(t, w.ConfirmSetupCode(t.Context(), "nothing", "00000000"), identity.KindNotFound, "setup.not-found")
}

// Two devices confirm the same code at the same moment: one gets in.
func TestACodeIsUsedOnce(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.link(o, "l1")
	code := w.code("l1")
	failed := together(8, func() error { return w.ConfirmSetupCode(t.Context(), "l1", code) })
	if len(failed) != 7 {
		t.Errorf("%d of 8 were refused, want 7", len(failed))
	}
	for _, err := range failed {
		refused(t, err, identity.KindInvalid, "setup.code-wrong")
	}
	wantOutcomes(t, o, identity.ActionSetupLinkOpened, identity.OutcomeDone)
}

// However many ask at once, five wrong codes are judged.
func TestWrongCodesThatComeTogetherAreAllCounted(t *testing.T) {
	w := newWorld(t)
	w.link(w.school("linden"), "l1")
	w.code("l1")
	var tries, limited int
	for _, err := range together(20, func() error { return w.ConfirmSetupCode(t.Context(), "l1", "x") }) {
		if identity.IsKind(err, identity.KindLimited) {
			limited++
		} else {
			tries++
		}
	}
	if tries != codeTries || limited != 20-codeTries {
		t.Errorf("%d were judged and %d refused, want %d and %d", tries, limited, codeTries, 20-codeTries)
	}
}

func TestCodesAreSentFiveTimesAnHour(t *testing.T) {
	w := newWorld(t)
	w.link(w.school("linden"), "l1")
	mails := len(w.queue.mails)
	for range codesAnHour {
		w.code("l1")
		w.after(time.Minute)
	}
	compose := func(identity.SetupLink, string) (identity.Mail, error) { return identity.Mail{}, nil }
	refused(t, w.SendSetupCode(t.Context(), "l1", compose), identity.KindLimited, "setup.codes-limit")
	if sent := len(w.queue.mails) - mails; sent != codesAnHour {
		t.Errorf("%d mails were sent, want %d", sent, codesAnHour)
	}
	w.after(time.Hour - codesAnHour*time.Minute)
	w.must(w.SendSetupCode(t.Context(), "l1", compose))
	w.queue.refused = errBoom
	before := w.dump("SELECT * FROM setup_codes")
	w.after(time.Hour)
	if w.SendSetupCode(t.Context(), "l1", compose) == nil || w.dump("SELECT * FROM setup_codes") != before {
		t.Error("a code that cannot be mailed was kept")
	}
}

func TestARevokedLinkAndItsMailAreWithdrawn(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	_, token := w.link(o, "l1")
	w.code("l1")
	for range 2 {
		w.must(o.RevokeLink(t.Context(), "l1"))
	}
	for _, mail := range w.queue.mails {
		if _, err := w.OutboxMail(t.Context(), mail); !identity.IsKind(err, identity.KindNotFound) {
			t.Errorf("a mail of a revoked link goes out: %v", err)
		}
	}
	_, err := w.OpenSetup(t.Context(), "l1")
	refused(t, err, identity.KindGone, "setup.revoked")
	link, _, err := w.OpenSetupToken(t.Context(), token)
	if err != nil || link.State != identity.SetupRevoked {
		t.Errorf("link = %+v, %v", link, err)
	}
	wantOutcomes(t, o, identity.ActionSetupLinkRevoked, identity.OutcomeDone)
	_, err = o.RenewLink(t.Context(), "l1", nil)
	refused(t, err, identity.KindGone, "setup.revoked")
	refused(t, o.RevokeLink(t.Context(), "nothing"), identity.KindNotFound, "setup.not-found")
}

func TestARenewedLinkHasAnotherSecret(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	link, old := w.link(o, "l1")
	w.must(w.ConfirmSetupCode(t.Context(), "l1", w.code("l1")))
	w.must(w.bySetup("l1").LinkProgress(t.Context(), 3))
	w.clock = link.ExpiresAt
	_, err := w.OpenSetup(t.Context(), "l1")
	refused(t, err, identity.KindGone, "setup.expired")
	fresh, err := o.RenewLink(t.Context(), "l1", func(token string) (identity.Mail, error) { return identity.Mail{Text: token}, nil })
	w.must(err)
	if _, _, err := w.OpenSetupToken(t.Context(), old); !identity.IsKind(err, identity.KindNotFound) {
		t.Errorf("the old secret: %v", err)
	}
	got, _, err := w.OpenSetupToken(t.Context(), fresh)
	if err != nil || got.Step != 3 || got.State != identity.SetupOpened || !got.ExpiresAt.Equal(w.clock.AddDate(0, 0, identity.SetupLinkDays)) {
		t.Errorf("link = %+v, %v", got, err)
	}
	var queued []string
	for _, id := range w.queue.mails {
		if mail, err := w.OutboxMail(t.Context(), id); err == nil {
			queued = append(queued, mail.Text)
		}
	}
	if diff := cmp.Diff([]string{fresh}, queued); diff != "" {
		t.Errorf("mails under way: %s", diff)
	}
}

func TestProgressIsTheFarthestStep(t *testing.T) {
	w := newWorld(t)
	o := w.school("linden")
	w.link(o, "l1")
	for _, tt := range []struct{ step, want int }{{2, 2}, {4, 4}, {1, 4}} {
		w.after(time.Minute)
		w.must(w.bySetup("l1").LinkProgress(t.Context(), tt.step))
		links, err := o.Links(t.Context())
		if err != nil || len(links) != 1 || links[0].Step != tt.want || !links[0].SeenAt.Equal(w.clock) {
			t.Errorf("after %d: %+v, %v", tt.step, links, err)
		}
	}
	refused(t, o.LinkProgress(t.Context(), 2), identity.KindNotFound, "setup.not-found")
	refused(t, o.FinishLink(t.Context()), identity.KindNotFound, "setup.not-found")
}

func TestASetupLinkActivatesOneConnection(t *testing.T) {
	w := newWorld(t)
	w.link(w.school("linden"), "l1")
	first, second := w.bySetup("l1"), w.bySetup("l1") // two devices
	var tested []identity.Connection
	for _, id := range []identity.ConnectionID{"a", "b"} {
		w.save(first, okta(string(id)))
		w.pass(first, id)
		c, err := first.Connection(t.Context(), id)
		w.must(err)
		c.State = identity.ConnectionActive
		tested = append(tested, c)
	}
	what := identity.Change{Action: identity.ActionConnectionActivated}
	fails := func(context.Context, *identity.Connection) error { return errBoom }
	if first.ChangeConnection(t.Context(), what, tested[0], fails) == nil {
		t.Error("no error")
	}
	// What failed is free again; what crashed is this connection's.
	func() {
		defer func() { _ = recover() }()
		_ = first.ChangeConnection(t.Context(), what, tested[0], func(context.Context, *identity.Connection) error { panic("killed") })
	}()
	refused(t, second.ChangeConnection(t.Context(), what, tested[1], asItIs), identity.KindGone, "setup.finished")
	w.must(first.ChangeConnection(t.Context(), what, tested[0], asItIs))
	refused(t, second.ChangeConnection(t.Context(), what, tested[1], asItIs), identity.KindGone, "setup.finished")
	_, err := w.OpenSetup(t.Context(), "l1")
	refused(t, err, identity.KindGone, "setup.finished")
	wantOutcomes(t, w.school("linden"), identity.ActionSetupLinkFinished, identity.OutcomeDone)
	connections, err := first.Connections(t.Context())
	if err != nil || connections[0].State != identity.ConnectionActive || connections[1].State != identity.ConnectionTested {
		t.Errorf("connections = %+v, %v", connections, err)
	}
	w.must(first.FinishLink(t.Context())) // once more
}

func TestTwoDevicesActivateTwoConnectionsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.link(w.school("linden"), "l1")
	o := w.bySetup("l1")
	next := make(chan identity.Connection, 2)
	for _, id := range []identity.ConnectionID{"a", "b"} {
		w.save(o, okta(string(id)))
		w.pass(o, id)
		c, err := o.Connection(t.Context(), id)
		w.must(err)
		c.State = identity.ConnectionActive
		next <- c
	}
	failed := together(2, func() error {
		return o.ChangeConnection(t.Context(), identity.Change{Action: identity.ActionConnectionActivated}, <-next, asItIs)
	})
	if len(failed) != 1 {
		t.Fatalf("refused: %v, want one", failed)
	}
	refused(t, failed[0], identity.KindGone, "setup.finished")
}

func TestALinkOfASchoolOutOfUseOpensNothing(t *testing.T) {
	w := newWorld(t)
	_, token := w.link(w.school("linden"), "l1")
	w.apply(identity.OrganizationStateChanged{Organization: "linden", State: identity.OrganizationInactive, At: noon.Add(time.Minute)})
	_, err := w.OpenSetup(t.Context(), "l1")
	refused(t, err, identity.KindForbidden, "school.suspended")
	_, _, err = w.OpenSetupToken(t.Context(), token)
	refused(t, err, identity.KindForbidden, "school.suspended")
}
