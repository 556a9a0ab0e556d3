package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

const (
	onWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0"
	onPhone   = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)

// signInOn is signIn in a browser of a certain kind.
func (p *portal) signInOn(device, who string) *browser {
	p.t.Helper()
	b := p.browser().with("User-Agent", device)
	if seen := b.signInAt("/sign-in?local=1", who, secret); seen.URL.Path != "/home" {
		p.t.Fatalf("sign in as %s: %d at %s", who, seen.Status, seen.URL)
	}
	return b
}

func TestAPersonSeesAndEndsTheirSessions(t *testing.T) {
	p := newPortal(t)
	here, there, third := p.signInOn(onWindows, lee), p.signInOn(onPhone, lee), p.signInOn(onPhone, lee)
	other := p.signIn(sam)

	seen := here.get("/account")
	if seen.Status != http.StatusOK {
		t.Fatalf("account = %d", seen.Status)
	}
	text := seen.text()
	for _, want := range []string{"Maria Lee", "lee@linden.example", "Linden School", "Firefox on Windows This one 127.0.0.1", "Safari on iPhone", "Biology 7B", "Teacher"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if security := find(seen.doc, "a", "href", p.zitadel.Issuer()+"/ui/console/users/me?id=security"); security == nil {
		t.Error("no way to Zitadel's page of passwords")
	}
	forms := sessionForms(seen)
	if len(forms) != 2 {
		t.Fatalf("%d sessions can be ended, want the two others\n%s", len(forms), text)
	}

	// Nobody ends somebody else's, nor learns that it is there.
	for _, path := range []string{forms[0], "/account/sessions/unknown/end"} {
		if got := other.post(path); got.Status != http.StatusNotFound {
			t.Errorf("somebody else posts %s = %d", path, got.Status)
		}
	}
	if got := there.staying().get("/home").Status + third.staying().get("/home").Status; got != 400 {
		t.Fatal("a session was ended by somebody else")
	}

	refreshes := p.calls()["relying party"]
	ended := here.post(forms[0])
	if ended.URL.Path != "/account" || !strings.Contains(ended.text(), "Signed out: Safari on iPhone.") || len(sessionForms(ended)) != 1 {
		t.Errorf("ended = %d at %s\n%s", ended.Status, ended.URL, ended.text())
	}
	if p.calls()["relying party"] == refreshes {
		t.Error("Zitadel was not told")
	}
	left := 0
	for _, b := range []*browser{there, third} {
		if b.staying().get("/home").Status == http.StatusOK {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d of the two others are signed in, want one", left)
	}
	ended = here.post("/account/sessions/end-others")
	if !strings.Contains(ended.text(), "One other session was ended.") || len(sessionForms(ended)) != 0 {
		t.Errorf("ended the others = %s", ended.text())
	}
	for name, b := range map[string]*browser{"there": there, "third": third} {
		// Not even with one click: the session at Zitadel is over as well.
		if seen := b.get("/home"); seen.URL.Path == "/home" {
			t.Errorf("%s is still in", name)
		}
	}
	if here.get("/home").URL.Path != "/home" || other.get("/home").URL.Path != "/home" {
		t.Error("this session, or somebody else's, ended as well")
	}

	// An hour later the list holds what is in use alone.
	p.signInOn(onPhone, lee)
	p.now.advance(sessionIdle - time.Minute)
	here.get("/home")
	p.now.advance(2 * time.Minute)
	if got := here.get("/account"); len(sessionForms(got)) != 0 {
		t.Errorf("a session that is over is listed:\n%s", got.text())
	}
}

// sessionForms are where the sessions of a page are ended.
func sessionForms(s page) []string {
	var paths []string
	for _, form := range findAll(s.doc, "form") {
		if path := attribute(form, "action"); strings.HasPrefix(path, "/account/sessions/") && strings.HasSuffix(path, "/end") {
			paths = append(paths, path)
		}
	}
	return paths
}

// Staff of a school that asks for it get in with a second factor alone; students,
// and those who came by the school's own sign-in, as ever.
func TestStaffNeedASecondFactorWhereTheSchoolAsksForIt(t *testing.T) {
	p := newPortal(t)
	policies := identity.DefaultPolicies
	policies.StaffFactor = true
	p.check(p.in(linden, priya).SetPolicies(p.ctx, policies, identity.LoginPolicy{}, nil))
	for _, c := range []struct {
		who  string
		lets bool
	}{{lee, false}, {jon, false}, {priya, false}, {sam, true}, {lea, true}, {mallory, true}, {olu, true}} {
		b := p.browser()
		seen := b.signInAt("/sign-in?local=1&next=/account", c.who, secret)
		if c.lets {
			if seen.URL.Path != "/account" {
				t.Errorf("%s is kept out: %d at %s", c.who, seen.Status, seen.URL)
			}
			continue
		}
		if seen.Status != http.StatusForbidden || !strings.Contains(seen.text(), "Your school asks its staff to sign in with two factors") {
			t.Errorf("%s without a second factor = %d at %s", c.who, seen.Status, seen.URL)
		}
		if find(seen.doc, "a", "href", p.zitadel.Issuer()+"/ui/console/users/me?id=security") == nil {
			t.Errorf("%s is not told where to set one up", c.who)
		}
		again := find(seen.doc, "a", "href", "/sign-in?local=1&fresh=1&next=%2Faccount")
		if again == nil {
			t.Fatalf("%s has no way back:\n%s", c.who, seen.Body)
		}
		if target := b.staying().get(attribute(again, "href")).Header.Get("Location"); !strings.Contains(target, "prompt=login") {
			t.Errorf("signing in again leads to %s", target)
		}
		if got := b.staying().get("/account"); got.Status != http.StatusSeeOther {
			t.Errorf("%s is signed in all the same: %d", c.who, got.Status)
		}
	}
}
