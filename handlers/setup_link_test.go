package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

func TestASetupLinkIsMadeSentAndFollowed(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(priya)
	school := p.id(linden)
	seen := b.post(views.SetupLinksPath(school), "name", " Ingrid  Tech ", "address", "Ingrid <"+it+">",
		"intent", "sso", "intent", "domains", "days", "7", "language", "en")
	if seen.Status != http.StatusOK || !strings.Contains(seen.text(), "The link for Ingrid Tech is on its way") {
		t.Fatalf("%d\n%s", seen.Status, seen.text())
	}
	shown := attribute(find(seen.doc, "input", "id", "link"), "value")
	mail := p.lastMail()
	if mail.To != it || !strings.Contains(mail.Text, shown) || !strings.Contains(mail.HTML, shown) || mail.FromName != linden {
		t.Errorf("mail %+v does not bring %s", mail, shown)
	}
	list := b.get(views.SetupLinksPath(school)).text()
	for _, want := range []string{"Ingrid Tech", it, "Sent", "Not opened yet"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list does not say %q\n%s", want, list)
		}
	}
	if strings.Contains(b.get(views.SetupLinksPath(school)).Body, shown) {
		t.Error("the list shows the link again")
	}

	device := p.throughLink(strings.TrimPrefix(shown, p.url+views.SetupTokenPath("")))
	list = b.get(views.SetupLinksPath(school)).text()
	for _, want := range []string{"Opened", "Ingrid Tech is on step 1 of 5: Domain"} {
		if !strings.Contains(list, want) {
			t.Errorf("after it was opened the list does not say %q\n%s", want, list)
		}
	}
	org := p.in(linden, priya)
	p.check(org.ChangeDomain(p.ctx, identity.Change{Action: identity.ActionDomainAdded},
		identity.Domain{Name: "linden.example", Verified: true, Join: identity.AutoJoinOff}, nothingDomain))
	links, err := org.Links(p.ctx)
	p.check(err)
	device.get(views.ByLink(links[0].ID).Overview())
	if list := b.get(views.SetupLinksPath(school)).text(); !strings.Contains(list, "on step 2 of 5: Identity provider") {
		t.Errorf("with a domain proven the list says\n%s", list)
	}
	if recorded := p.audited(linden); !slices.Contains(recorded, identity.ActionSetupLinkMade) || !slices.Contains(recorded, identity.ActionSetupLinkOpened) {
		t.Errorf("on record: %v", recorded)
	}
}

func TestTheFormOfASetupLinkSaysWhatIsWrong(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(priya)
	good := map[string]string{"name": "Ingrid", "address": it, "intent": "sso", "days": "14"}
	for _, tt := range []struct{ name, field, value, want string }{
		{"no name", "name", " ", "Enter the name of the IT person."},
		{"no address", "address", "", "Enter the address the link goes to."},
		{"two addresses", "address", it + ", other@linden.example", "Enter one e-mail address"},
		{"no address at all", "address", "ingrid", "Enter one e-mail address"},
		{"no intent", "intent", "", "Choose at least one thing"},
		{"an intent there is not", "intent", "everything", "Choose at least one thing"},
		{"no days", "days", "", "from 1 to 60"},
		{"too many days", "days", "61", "from 1 to 60"},
		{"days in words", "days", "ten", "from 1 to 60"},
	} {
		fields := []string{tt.field, tt.value}
		for name, value := range good {
			if name != tt.field {
				fields = append(fields, name, value)
			}
		}
		seen := b.post(views.SetupLinksPath(p.id(linden)), fields...)
		if seen.Status != http.StatusUnprocessableEntity || !strings.Contains(seen.text(), tt.want) {
			t.Errorf("%s: %d\n%s", tt.name, seen.Status, seen.text())
		}
	}
	if p.mailed() != 0 {
		t.Error("a mail was sent")
	}
}

func TestARevokedLinkEndsAtOnce(t *testing.T) {
	p := newPortal(t)
	link, token := p.setupLink(linden, priya, identity.IntentSSO, identity.IntentDomains)
	device, b := p.throughLink(token), p.signIn(priya)
	door := views.ByLink(link.ID)
	if seen := device.get(door.Domains()); seen.Status != http.StatusOK {
		t.Fatalf("%d\n%s", seen.Status, seen.text())
	}
	path := views.SetupLinksPath(p.id(linden), string(link.ID), "revoke")
	if seen := b.get(path); !strings.Contains(seen.text(), "Ingrid Tech is out at once") {
		t.Errorf("the page does not say what happens\n%s", seen.text())
	}
	if seen := b.post(path); !strings.Contains(seen.text(), "The set-up link of Ingrid Tech is revoked.") {
		t.Errorf("%d\n%s", seen.Status, seen.text())
	}
	for _, path := range []string{door.Overview(), door.Domains(), views.SetupTokenPath(token)} {
		if seen := device.get(path); seen.Status != http.StatusGone || !strings.Contains(seen.text(), "Priya Nair took this set-up link back.") {
			t.Errorf("%s: %d\n%s", path, seen.Status, seen.text())
		}
	}
	if seen := b.get(path); seen.Status != http.StatusConflict {
		t.Errorf("revoking what is revoked: %d", seen.Status)
	}
}

func TestARenewedLinkReplacesTheOneBefore(t *testing.T) {
	p := newPortal(t)
	link, token := p.setupLink(linden, priya, identity.IntentSSO)
	device, b := p.throughLink(token), p.signIn(priya)
	before := p.mailed()
	path := views.SetupLinksPath(p.id(linden), string(link.ID), "renew")
	if seen := b.get(path); !strings.Contains(seen.text(), "The one before stops working.") || p.mailed() != before {
		t.Errorf("%d, %d mails\n%s", seen.Status, p.mailed()-before, seen.text())
	}
	shown := attribute(find(b.post(path).doc, "input", "id", "link"), "value")
	if mail := p.lastMail(); p.mailed() != before+1 || shown == "" || !strings.Contains(mail.Text, shown) {
		t.Errorf("%q is not in the mail\n%s", shown, mail.Text)
	}
	if seen := p.browser().get(views.SetupTokenPath(token)); seen.Status != http.StatusNotFound {
		t.Errorf("the link before: %d", seen.Status)
	}
	if seen := device.get(views.ByLink(link.ID).Overview()); seen.Status != http.StatusOK {
		t.Errorf("the confirmed browser: %d", seen.Status)
	}
	if seen := p.browser().get(strings.TrimPrefix(shown, p.url)); seen.Status != http.StatusOK {
		t.Errorf("the new link: %d", seen.Status)
	}
}

func TestALinkEndsWithItsTimeAndCanBeSentAgain(t *testing.T) {
	p := newPortal(t)
	link, token := p.setupLink(linden, priya, identity.IntentSSO)
	device := p.throughLink(token)
	p.now.advance((identity.SetupLinkDays*24 + 1) * time.Hour)
	if seen := p.browser().get(views.SetupTokenPath(token)); seen.Status != http.StatusGone || !strings.Contains(seen.text(), "Ask Priya Nair to send it again.") {
		t.Errorf("%d\n%s", seen.Status, seen.text())
	}
	if seen := device.get(views.ByLink(link.ID).Overview()); seen.Status != http.StatusNotFound && seen.Status != http.StatusGone {
		t.Errorf("the confirmed browser: %d", seen.Status)
	}
	b := p.signIn(priya)
	if list := b.get(views.SetupLinksPath(p.id(linden))).text(); !strings.Contains(list, "Expired") {
		t.Errorf("the list says\n%s", list)
	}
	shown := attribute(find(b.post(views.SetupLinksPath(p.id(linden), string(link.ID), "renew")).doc, "input", "id", "link"), "value")
	if seen := p.browser().get(strings.TrimPrefix(shown, p.url)); seen.Status != http.StatusOK {
		t.Errorf("the new link: %d", seen.Status)
	}
}
