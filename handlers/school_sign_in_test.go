package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

func TestTheSignInPageAsksWhereSomethingIsConnected(t *testing.T) {
	p := newPortal(t)
	if seen := p.browser().staying().get("/sign-in"); seen.Status != http.StatusSeeOther {
		t.Errorf("without a connection: %d, want 303 to Zitadel", seen.Status)
	}
	p.entra()
	token := p.invite(biology, lee, "guest@elsewhere.example", identity.RoleStudent)
	own := p.invite(biology, lee, "new@linden.example", identity.RoleStudent)
	p.run(linden, []scenario{
		{
			name: "the box", method: "GET", path: "/sign-in?next=/organizations", status: http.StatusOK,
			text: []string{"E-mail address or user name", "Sign in with a password or a passkey"},
		},
		{
			name: "an invitation to the school's address", method: "GET", path: "/sign-in?next=/i/" + own, status: http.StatusOK,
			text: []string{"E-mail address or user name"},
		},
		{
			name: "nothing typed", method: "POST", path: "/sign-in", form: url.Values{"address": {" "}},
			status: http.StatusUnprocessableEntity, text: []string{"Enter your e-mail address or your user name."},
		},
		{
			name: "already signed in", who: lee, method: "GET", path: "/sign-in?next=/organizations",
			status: http.StatusSeeOther, redirect: "/organizations",
		},
	})
	for path, hint := range map[string]string{
		"/sign-in?local=1":                     "",
		"/sign-in?next=/i/" + token:            "guest@elsewhere.example",
		"/sign-in?create=1":                    "",
		"/sign-in?local=1&next=https://e.vil/": "",
	} {
		location := p.browser().staying().get(path).Header.Get("Location")
		if !strings.HasPrefix(location, p.zitadel.Issuer()) || query(location, "login_hint") != hint {
			t.Errorf("%s leads to %q, want Zitadel's login with the hint %q", path, location, hint)
		}
	}
}

// What is typed leads by its domain alone: whether somebody has the address
// makes no difference that could be seen.
func TestTheSignInPageDoesNotTellWhoExists(t *testing.T) {
	p := newPortal(t)
	entra := p.entra()
	leads := func(typed string) string {
		seen := p.browser().staying().post("/sign-in", "address", typed)
		target, _ := strings.CutPrefix(seen.Header.Get("Refresh"), "0; url=")
		u, err := url.Parse(target)
		if err != nil || seen.Status != http.StatusOK {
			t.Fatalf("%s: %d, %v", typed, seen.Status, err)
		}
		return u.Scheme + "://" + u.Host + u.Path
	}
	authorize := p.zitadel.Issuer() + "/oauth/v2/authorize"
	for typed, want := range map[string]string{
		sam:                        entra.app.SSOURL(),
		"nobody@linden.example":    entra.app.SSOURL(),
		"Nobody@LINDEN.example":    entra.app.SSOURL(),
		bob:                        authorize,
		"nobody@birch.example":     authorize,
		noor:                       authorize,
		"nobody":                   authorize,
		"a@b@linden.example":       authorize,
		"linden.example":           authorize,
		"sam@sub.linden.example":   authorize,
		"sam@\u212ainden.example":  authorize,
		"sam@linden.example\u00a0": entra.app.SSOURL(), // typed on a phone
	} {
		if got := leads(typed); got != want {
			t.Errorf("%q leads to %s, want %s", typed, got, want)
		}
	}
	seen := p.browser().staying().post("/sign-in", "address", noor)
	target, _ := strings.CutPrefix(seen.Header.Get("Refresh"), "0; url=")
	if got := query(target, "login_hint"); got != noor {
		t.Errorf("the user name is passed on as %q, want %q", got, noor)
	}
}

func TestSeveralConnectionsAreAChoice(t *testing.T) {
	p := newPortal(t)
	entra := p.entra()
	okta := p.entra(func(c *identity.Connection) { c.Vendor, c.Name = identity.VendorOkta, "Linden Okta" })
	foreign := p.connect(birch, func(c *identity.Connection) {
		c.Vendor, c.Protocol, c.Name = identity.VendorOkta, identity.ProtocolSAML, "Birch Okta"
		c.Domains = []string{"birch.example"}
	})
	for name, at := range map[string]func(...string) page{
		"by address": func(fields ...string) page {
			return p.browser().staying().post("/sign-in", append([]string{"address", sam}, fields...)...)
		},
		"at the school": func(fields ...string) page {
			return p.browser().staying().post(start(p.id(linden)), fields...)
		},
	} {
		seen := at()
		if seen.Status != http.StatusOK || !strings.Contains(seen.text(), "Linden Entra") || !strings.Contains(seen.text(), "Linden Okta") ||
			strings.Contains(seen.text(), "Birch") {
			t.Errorf("%s: %d\n%s", name, seen.Status, seen.text())
		}
		for _, c := range []*connected{entra, okta} {
			seen := at("connection", string(c.connection.ID))
			if target := seen.Header.Get("Refresh"); !strings.HasPrefix(target, "0; url="+c.app.SSOURL()) {
				t.Errorf("%s, %s leads to %q", name, c.connection.Name, target)
			}
		}
		if seen := at("connection", string(foreign.connection.ID)); seen.Header.Get("Refresh") != "" {
			t.Errorf("%s, another school's connection leads to %q", name, seen.Header.Get("Refresh"))
		}
	}
	if seen := p.browser().visit(start(p.id(linden))+"?connection="+string(okta.connection.ID), nia); seen.Status != http.StatusOK ||
		seen.URL.Path != "/o/"+string(p.id(biology)) {
		t.Errorf("a tile of one of them: %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
}

func TestASchoolWithoutAConnectionIsTheOrdinarySignIn(t *testing.T) {
	p := newPortal(t)
	p.entra()
	for _, school := range []string{string(p.id(birch)), string(p.id(biology)), "nothing"} {
		for _, path := range []string{"/s/" + school, "/s/" + school + "/only"} {
			seen := p.browser().staying().get(path + "?next=/organizations")
			if got := seen.Header.Get("Location"); seen.Status != http.StatusSeeOther || got != "/sign-in?next=%2Forganizations" {
				t.Errorf("%s: %d to %q", path, seen.Status, got)
			}
		}
	}
}

// Whoever only looks begins nothing.
func TestALookAtATileBeginsNothing(t *testing.T) {
	p := newPortal(t)
	entra := p.entra()
	seen := p.browser().do(http.MethodHead, start(p.id(linden)), nil)
	if seen.Status != http.StatusOK || len(entra.attempts()) != 0 {
		t.Errorf("HEAD: %d, %d attempts", seen.Status, len(entra.attempts()))
	}
	p.browser().staying().get("/s/" + string(p.id(linden)) + "/only")
	if len(entra.attempts()) != 0 {
		t.Errorf("the page that explains began %d attempts", len(entra.attempts()))
	}
}
