package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// pending begins a sign-in with a card and stops where Zitadel wants a token;
// it answers that address.
func (b *browser) pending(path string) string {
	b.p.t.Helper()
	b.get(path)
	staying := b.staying()
	seen := staying.post(views.BadgePath, "card", secretOf(path))
	target, _ := strings.CutPrefix(seen.Header.Get("Refresh"), "0; url=")
	for range 8 {
		if target == "" {
			b.p.t.Fatalf("led nowhere: %d at %s\n%s", seen.Status, seen.URL, seen.Body)
		}
		next, err := seen.URL.Parse(target)
		b.p.check(err)
		if next.Path == views.BadgeTokenPath {
			return next.String()
		}
		seen = staying.get(next.String())
		target = seen.Header.Get("Location")
	}
	b.p.t.Fatal("Zitadel asked for no token")
	return ""
}

func TestATokenIsGivenToTheBrowserThatBeganOnce(t *testing.T) {
	p := newPortal(t)
	p.cards()
	path := p.card(noor)

	b := p.browser()
	ask := b.pending(path)
	if seen := p.browser().get(ask); seen.Status != http.StatusForbidden || !strings.Contains(seen.Body, "Scan your card") {
		t.Errorf("another browser: %d at %s", seen.Status, seen.URL)
	}
	if seen := p.signIn(sam).get(ask); seen.Status != http.StatusForbidden {
		t.Errorf("somebody else's session: %d", seen.Status)
	}
	first := b.staying().get(ask)
	if to := first.Header.Get("Location"); !strings.HasPrefix(to, p.zitadel.Issuer()) {
		t.Fatalf("answered: %d %q\n%s", first.Status, to, first.Body)
	}
	if again := b.staying().get(ask); again.Status != http.StatusConflict {
		t.Errorf("asked twice: %d", again.Status)
	}

	late := p.browser()
	ask = late.pending(path)
	p.now.advance(3 * time.Minute)
	if seen := late.get(ask); seen.Status != http.StatusConflict || !strings.Contains(seen.Body, "Scan your card once more") {
		t.Errorf("too late: %d\n%s", seen.Status, seen.Body)
	}

	voided := p.browser()
	ask = voided.pending(path)
	p.check(p.as(biology, lee).Store.VoidBadge(p.ctx, p.people[noor].ID))
	if seen := voided.get(ask); seen.Status != http.StatusGone {
		t.Errorf("voided between: %d\n%s", seen.Status, seen.Body)
	}
	if seen := b.get("/badge/token"); seen.Status != http.StatusForbidden {
		t.Errorf("without parameters: %d", seen.Status)
	}
}

// answering is a gateway that answers badges in its own way.
type answering struct {
	identity.Gateway
	target string
	err    error
}

// AnswerBadge implements identity.Gateway.
func (a answering) AnswerBadge(context.Context, identity.BadgeRequest, string, string) (string, error) {
	return a.target, a.err
}

// Where the browser goes on is the gateway's to say: Login V2 may have an origin of
// its own. What Zitadel does not take leads back to the card.
func TestTheBrowserGoesOnWhereTheGatewaySays(t *testing.T) {
	p := newPortal(t)
	p.cards()
	path := p.card(noor)
	for _, test := range []struct {
		name     string
		answer   answering
		status   int
		location string
		reads    string
	}{
		{"Login V2 elsewhere", answering{target: "https://login.example/ui/v2/login/idp?token=x"}, http.StatusSeeOther, "https://login.example/ui/v2/login/idp?token=x", ""},
		{"refused", answering{err: identity.Gone("sign-in.lost")}, http.StatusConflict, "", "Scan your card once more"},
		{"away", answering{err: identity.Unavailable("remote.unavailable")}, http.StatusConflict, "", "Scan your card once more"},
	} {
		b := p.browser()
		ask := b.pending(path)
		test.answer.Gateway = p.gateway
		p.inside.gateway = test.answer
		seen := b.staying().get(ask)
		p.inside.gateway = p.gateway
		if seen.Status != test.status || seen.Header.Get("Location") != test.location || !strings.Contains(seen.Body, test.reads) {
			t.Errorf("%s: %d to %q\n%s", test.name, seen.Status, seen.Header.Get("Location"), seen.Body)
		}
	}
	refused := p.badgeRecords(identity.ActionBadgeRefused)
	if len(refused) != 2 || refused[1].After["reason"] != string(identity.BadgeRemote) {
		t.Errorf("on record: %+v", refused)
	}
}

// Somebody who has a student's browser answer their own sign-in does not get in,
// and it is on record.
func TestAnAnswerForSomebodyElsesSignInIsWorthNothing(t *testing.T) {
	p := newPortal(t)
	p.cards()
	path := p.card(noor)
	thief := p.browser()
	// The thief begins a sign-in through the school's card connection with a card of
	// another student, and sends its address to Noor.
	ask := thief.pending(p.card(sam))
	victim := p.browser()
	victim.pending(path)
	answered := victim.staying().get(ask)
	to := answered.Header.Get("Location")
	if to == "" {
		t.Fatalf("not answered: %d\n%s", answered.Status, answered.Body)
	}
	seen := thief.get(to)
	if seen.Status < 400 || !strings.Contains(seen.Body, "That did not work") {
		t.Errorf("the thief: %d at %s\n%s", seen.Status, seen.URL, seen.Body)
	}
	if home := thief.staying().get("/home"); home.Status != http.StatusSeeOther {
		t.Errorf("the thief has a session: %d", home.Status)
	}
	refused := p.badgeRecords(identity.ActionBadgeRefused)
	if len(refused) == 0 || refused[len(refused)-1].After["reason"] != string(identity.BadgeOther) {
		t.Errorf("refused = %+v", refused)
	}
}

// The same by an ordinary sign-in of the thief's at the portal, which carries no
// badge at all.
func TestAnAnswerForAnOrdinarySignInIsWorthNothing(t *testing.T) {
	p := newPortal(t)
	p.cards()
	path := p.card(noor)
	thief := p.browser()
	setup, err := p.as(linden, priya).Store.BadgeSetup(p.ctx)
	p.check(err)
	begun := thief.staying().get("/sign-in?local=1")
	authorize, err := url.Parse(begun.Header.Get("Location"))
	p.check(err)
	query := authorize.Query()
	query.Set("scope", query.Get("scope")+" "+scopeIn+string(p.id(linden))+" "+scopeThrough+string(setup.Provider))
	authorize.RawQuery = query.Encode()
	target, ask := authorize.String(), ""
	for range 8 {
		seen := thief.staying().get(target)
		next, err := seen.URL.Parse(seen.Header.Get("Location"))
		p.check(err)
		if target = next.String(); next.Path == views.BadgeTokenPath {
			ask = target
			break
		}
	}
	if ask == "" {
		t.Fatal("the thief was not sent for a token")
	}
	victim := p.browser()
	victim.pending(path)
	answered := victim.staying().get(ask)
	seen := thief.get(answered.Header.Get("Location"))
	if seen.Status < 400 || !strings.Contains(seen.Body, "That did not work") {
		t.Errorf("the thief: %d at %s\n%s", seen.Status, seen.URL, seen.Body)
	}
	if home := thief.staying().get("/home"); home.Status != http.StatusSeeOther {
		t.Errorf("the thief has a session: %d", home.Status)
	}
}
