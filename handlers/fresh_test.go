package handlers

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/zitadel/standin"
)

// linkForm is a good form of a dangerous change: a set-up link for Linden.
var linkForm = url.Values{
	"name": {"Ines of the IT"}, "address": {"ines@linden.example"}, "intent": {"domains", "sso"}, "days": {"9"}, "language": {"es"},
}

// asks posts the form and answers where that leads: to Zitadel, or nowhere.
func (b *browser) asks(path, referer string, form url.Values) (string, page) {
	b.p.t.Helper()
	seen := b.with("Referer", referer).staying().do(http.MethodPost, path, form)
	target, ok := strings.CutPrefix(seen.Header.Get("Refresh"), "0; url=")
	if !ok || !strings.HasPrefix(target, b.p.zitadel.Issuer()) {
		return "", seen
	}
	return target, seen
}

func TestADangerousChangeNeedsAFreshSignIn(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(priya)
	path := p.fill("/o/{linden}/sign-in/links")
	form := p.url + path + "/new"

	if target, seen := b.asks(path, form, linkForm); target != "" || seen.Status != http.StatusOK {
		t.Fatalf("a fresh sign-in is asked to sign in: %d %s", seen.Status, target)
	}
	p.now.advance(freshFor - time.Minute)
	if target, _ := b.asks(path, form, linkForm); target != "" {
		t.Fatalf("a sign-in of %s is asked to sign in", freshFor-time.Minute)
	}
	p.now.advance(time.Minute + time.Second)
	target, _ := b.asks(path, form, linkForm)
	if target == "" {
		t.Fatal("an old sign-in makes a set-up link")
	}
	u, err := url.Parse(target)
	p.check(err)
	if q := u.Query(); q.Get("prompt") != "login" || q.Get("max_age") != "300" || q.Get("login_hint") != priya {
		t.Errorf("Zitadel is asked with %v", q)
	}
	if seen := b.get(path); seen.Status != http.StatusOK || strings.Count(seen.text(), "Ines of the IT ines@linden.example") != 2 {
		t.Errorf("with an old sign-in the page = %d, and want the two links made so far\n%s", seen.Status, seen.text())
	}

	back := b.through(b.get(target), priya, secret)
	if target, seen := b.asks(path, back.URL.String(), linkForm); target != "" || seen.Status != http.StatusOK {
		t.Errorf("after the sign-in it was asked for = %d, on to %q", seen.Status, target)
	}

	// Who may not do it at all is told that, and not asked to sign in.
	stranger := p.signIn(mallory)
	teacher := p.signIn(lee)
	p.now.advance(freshFor + time.Second)
	if _, seen := stranger.asks(path, form, linkForm); seen.Status != http.StatusNotFound {
		t.Errorf("a stranger = %d", seen.Status)
	}
	if _, seen := teacher.asks(path, form, linkForm); seen.Status != http.StatusNotFound {
		t.Errorf("a teacher without a role in the school = %d", seen.Status)
	}
	p.now.advance(freshFor)
	_, seen := b.asks(path, form, url.Values{"name": {strings.Repeat("x", maxStashed)}})
	if seen.Status != http.StatusConflict || !strings.Contains(seen.text(), "this form is too long to wait for it") {
		t.Errorf("a form that is too long = %d\n%s", seen.Status, seen.text())
	}
}

// Where the form is, as far as the request tells.
func TestTheWayBackIsThePageOfTheForm(t *testing.T) {
	p := newPortal(t)
	b := p.signIn(priya)
	p.now.advance(freshFor + time.Second)
	links := p.fill("/o/{linden}/sign-in/links")
	for _, c := range []struct {
		name, path, referer, current, want string
	}{
		{"the page it was sent from", links, p.url + links + "/new", "", links + "/new"},
		{"with its query", links, p.url + links + "/new?a=b&again=old", "", links + "/new?a=b"},
		{"a form that was shown again", links, p.url + links, "", links + "/new"},
		{"htmx", links, p.url + "/home", p.url + links + "/new", links + "/new"},
		{"nothing said", links, "", "", links + "/new"},
		{"another site", links, "https://evil.example/o/x", "", links + "/new"},
		{"another site that begins like ours", links, p.url + ".evil.example/home", "", links + "/new"},
		{"a page there is not", links, p.url + "/no/such/page", "", links + "/new"},
		{"a step that is no page", p.fill("/o/{linden}/sign-in/enforcement/on"), p.url + p.fill("/o/{linden}/sign-in/enforcement/check"), "", p.fill("/o/{linden}/sign-in/enforcement")},
		{"too long a query", links, p.url + links + "/new?x=" + strings.Repeat("y", maxNext), "", links + "/new"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sender := b
			if c.current != "" {
				sender = b.with("HX-Current-URL", c.current)
			}
			target, seen := sender.asks(c.path, c.referer, linkForm)
			if target == "" {
				t.Fatalf("not asked: %d", seen.Status)
			}
			if got, token := b.next(target); got != c.want || token == "" {
				t.Errorf("the form waits at %s (%q), want %s", got, token, c.want)
			}
		})
	}
}

// next is the page that the sign-in at target goes on to, and the token of the
// form that waits there.
func (b *browser) next(target string) (page, token string) {
	b.p.t.Helper()
	u, err := url.Parse(target)
	b.p.check(err)
	for _, cookie := range b.client.Jar.Cookies(b.p.location()) {
		var a attempt
		text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
		if err != nil || json.Unmarshal(text, &a) != nil || a.State == "" || a.State != u.Query().Get("state") {
			continue
		}
		u, err := url.Parse(a.Next)
		b.p.check(err)
		query := u.Query()
		token = query.Get(againParam)
		query.Del(againParam)
		u.RawQuery = query.Encode()
		return u.RequestURI(), token
	}
	return "", ""
}

func TestAWaitingFormIsItsSendersAlone(t *testing.T) {
	p := newPortal(t)
	path := p.fill("/o/{linden}/sign-in/links")
	form := p.url + path + "/new"
	p.assign(linden, second, identity.RoleSchoolAdmin)
	p.settled()
	priyas := p.signIn(priya)
	p.now.advance(freshFor + time.Second)
	target, _ := priyas.asks(path, form, linkForm)

	seen := priyas.through(priyas.get(target), second, secret)
	if seen.URL.Path != "/home" || !strings.Contains(seen.text(), "Somebody else signed in") || strings.Contains(seen.Body, "Ines") {
		t.Fatalf("somebody else at %s:\n%s", seen.URL, seen.text())
	}
	// The URL with the form, if somebody carries it off.
	carried := p.oldSession(priya)
	target, _ = carried.asks(path, form, linkForm)
	_, token := carried.next(target)
	if token == "" {
		t.Fatal("not asked")
	}
	page := path + "/new?again=" + token
	if seen := p.signIn(second).get(page); strings.Contains(seen.Body, "Ines") || strings.Contains(seen.text(), "You signed in again") {
		t.Error("somebody else reads the form")
	}
	if seen := p.signIn(priya).get(page); strings.Contains(seen.Body, "Ines") {
		t.Error("a form is still there after somebody else asked for it")
	}
	// Too late.
	late := p.oldSession(priya)
	target, _ = late.asks(path, form, linkForm)
	p.now.advance(store.StashTime)
	if seen := late.through(late.get(target), priya, secret); seen.Status != http.StatusOK || strings.Contains(seen.Body, "Ines") {
		t.Errorf("too late = %d at %s", seen.Status, seen.URL)
	}
}

// told has the projection know something, as if the portal had made it so.
func (p *portal) told(fact identity.Fact) {
	p.t.Helper()
	p.check(p.in(linden, priya).Change(p.ctx, identity.Change{Action: identity.ActionVisited}, func(context.Context) ([]identity.Fact, error) {
		return []identity.Fact{fact}, nil
	}))
}

// oldSession is a browser in which somebody signed in long ago.
func (p *portal) oldSession(who string) *browser {
	p.t.Helper()
	b := p.signIn(who)
	p.now.advance(freshFor + time.Second)
	return b
}

// Whoever has a second factor has to use it: a password that somebody looked at
// is not enough.
func TestAFreshSignInShowsTheSecondFactor(t *testing.T) {
	for _, c := range []struct {
		amr   string
		fresh bool
	}{
		{"pwd", false},
		{"", false},
		{"pwd otp mfa", true},
		{"pwd otp", true},
		{"user mfa", true},
		{"otpish pwd", false},
	} {
		if got := twoFactors(strings.Fields(c.amr)); got != c.fresh {
			t.Errorf("twoFactors(%q) = %v", c.amr, got)
		}
	}

	p := newPortal(t)
	path := p.fill("/o/{linden}/sign-in/links")
	b := p.signIn(priya)
	if target, _ := b.asks(path, p.url+path+"/new", linkForm); target != "" {
		t.Fatal("without a second factor a password does")
	}
	p.told(identity.CredentialAdded{User: p.people[priya].ID, Kind: identity.CredentialTOTP, At: p.now.Now()})
	recorded := len(p.audited(linden))
	target, _ := b.asks(path, p.url+path+"/new", linkForm)
	if target == "" {
		t.Fatal("with a second factor a password does")
	}
	// Zitadel of the test does not know of it and asks for the password alone.
	seen := b.through(b.get(target), priya, secret)
	if seen.Status != http.StatusForbidden || !strings.Contains(seen.text(), "with your second factor or your passkey") {
		t.Errorf("back without the second factor = %d\n%s", seen.Status, seen.text())
	}
	if seen := b.get("/home"); seen.Status != http.StatusOK || seen.URL.Path != "/home" {
		t.Errorf("the session before is gone: %d at %s", seen.Status, seen.URL)
	}
	if audited := p.audited(linden)[recorded:]; len(audited) > 0 {
		t.Errorf("recorded %v", audited)
	}
}

// ages makes the sign-in of a browser older than it is.
func (b *browser) ages(by time.Duration) {
	b.p.t.Helper()
	sessions := b.p.inside.sessions
	ctx, err := sessions.Load(b.p.ctx, b.cookie(sessions.Cookie.Name))
	b.p.check(err)
	b.p.inside.setMoment(ctx, sessionAuth, b.p.inside.moment(ctx, sessionAuth).Add(-by))
	_, _, err = sessions.Commit(ctx)
	b.p.check(err)
}

// Whoever came by their school's sign-in goes that way again, and comes back to
// the form. Zitadel says nothing of how they signed in there (no amr).
func TestAFreshSignInGoesTheSchoolsWay(t *testing.T) {
	for _, version := range []int{1, 2} {
		p := newPortalOn(t, standin.Options{LoginVersion: version})
		entra := p.entra()
		b := p.browser()
		if seen := b.visit(start(p.id(linden))+"?next=/home", priya); seen.URL.Path != "/home" || !strings.Contains(seen.text(), "Priya") {
			t.Fatalf("V%d: %d at %s\n%s\n%s", version, seen.Status, seen.URL, seen.text(), p.log)
		}
		// A second factor at Zitadel is not asked for on this way.
		p.told(identity.CredentialAdded{User: p.people[priya].ID, Kind: identity.CredentialTOTP, At: p.now.Now()})
		path := p.fill("/o/{linden}/sign-in/links")
		b.ages(freshFor + time.Second) // the clock stays: the identity provider has its own
		asked := b.with("Referer", p.url+path+"/new").staying().do(http.MethodPost, path, linkForm)
		target, ok := strings.CutPrefix(asked.Header.Get("Refresh"), "0; url=")
		if !ok {
			t.Fatalf("V%d: posted = %d\n%s", version, asked.Status, asked.text())
		}
		back := b.visit(target, priya)
		if back.Status != http.StatusOK || back.URL.Path != path+"/new" || !strings.Contains(back.text(), "You signed in again") || !filledIn(back.doc, "name", "Ines of the IT") {
			t.Fatalf("V%d: back at %s: %d\n%s", version, back.URL, back.Status, back.text())
		}
		if attempts := entra.attempts(); len(attempts) != 2 || attempts[0].State != identity.AttemptPassed {
			t.Errorf("V%d: attempts %+v, want the sign-in and the one for the form", version, attempts)
		}
		if sent := b.with("Referer", back.URL.String()).staying().do(http.MethodPost, path, linkForm); sent.Status != http.StatusOK || !strings.Contains(sent.Body, "/set-up/") {
			t.Errorf("V%d: sent once more = %d\n%s", version, sent.Status, sent.text())
		}
	}
}
