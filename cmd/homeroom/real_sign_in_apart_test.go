package main

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
	"homeroom.dev/homeroom/views"
)

// Two schools see, attach, test and delete nothing of each other.
func TestRealZitadelKeepsSchoolsApart(t *testing.T) {
	s := newRealSchools(t)
	linden, birch := s.school("Linden"), s.school("Birch")
	c := linden.connect(identity.VendorOkta, identity.ProtocolSAML, identity.JoinCreate)
	evil := birch.connect(identity.VendorOkta, identity.ProtocolSAML, identity.JoinCreate)
	before := s.column("SELECT state || name || joining FROM connections WHERE id = ?", string(c.id))
	changes := s.count("SELECT COUNT(*) FROM audit_records WHERE organization_id = ?", string(linden.school.ID))

	// Behind Birch's own door what is Linden's is not there; Linden's door is
	// closed.
	for _, door := range []views.SignInDoor{birch.door, linden.door} {
		for _, path := range []string{
			door.Connection(c.id), door.Connection(c.id, "name"), door.Connection(c.id, "guide"), door.Connection(c.id, "provider"),
			door.Connection(c.id, "people"), door.Connection(c.id, "test"), door.Connection(c.id, "pasted"), door.Connection(c.id, "attempts"),
			door.Connection(c.id, "activate"), door.Connection(c.id, "off"), door.Connection(c.id, "delete"), door.Connection(c.id, "certificate"),
			door.Domain(linden.domain), door.Domain(linden.domain, "verify"), door.Domain(linden.domain, "delete"),
		} {
			if seen := birch.desk.get(path); seen.status != http.StatusNotFound {
				t.Errorf("GET %s: %d\n%.300s", path, seen.status, seen.text())
			}
		}
		for _, post := range [][]string{
			{door.Connection(c.id, "name"), "name", "Birch's now"},
			{door.Connection(c.id, "provider"), "way", "url", "url", evil.app.MetadataURL()},
			{door.Connection(c.id, "people"), "domain", linden.domain, "joining", "roster", "role", "teacher"},
			{door.Connection(c.id, "test")},
			{door.Connection(c.id, "pasted"), "response", "PHNhbWw+"},
			{door.Connection(c.id, "activate")},
			{door.Connection(c.id, "certificate")},
			{door.Connection(c.id, "off")},
			{door.Connection(c.id, "delete")},
			{door.Domain(linden.domain, "challenge"), "proof", "dns"},
			{door.Domain(linden.domain, "check")},
			{door.Domain(linden.domain, "verify"), "agreed", "on"},
			{door.Domain(linden.domain, "joining"), "join", "on", "role", "teacher"},
			{door.Domain(linden.domain, "delete")},
		} {
			if seen := birch.desk.post(post[0], post[1:]...); seen.status != http.StatusNotFound {
				t.Errorf("POST %v: %d at %s\n%.300s", post, seen.status, seen.url, seen.text())
			}
		}
	}

	// Linden's domain cannot serve Birch's connection, nor be proven anew.
	seen := birch.desk.post(birch.door.Connection(evil.id, "people"), "domain", linden.domain, "joining", "create", "role", "student")
	if seen.status != http.StatusUnprocessableEntity {
		t.Errorf("Linden's domain at Birch: %d", seen.status)
	}
	seen = birch.desk.post(birch.door.Domains(), "domain", linden.domain)
	t.Logf("Linden's domain, added at Birch: %d at %s: %.300s", seen.status, seen.url.Path, seen.text())
	if seen.status == http.StatusOK {
		page := birch.desk.get(birch.door.Domain(linden.domain))
		s.dns.SetTXT(page.copied("challenge-place"), append(s.dns.TXT(page.copied("challenge-place")), page.copied("challenge-value"))...)
		seen = birch.desk.post(birch.door.Domain(linden.domain, "check"))
		t.Logf("and checked with the record published: %d: %.600s", seen.status, seen.text())
		if s.count("SELECT COUNT(*) FROM domains WHERE organization_id = ? AND name = ? AND verified_us <> 0", string(birch.school.ID), linden.domain) != 0 {
			t.Error("Birch has Linden's domain")
		}
	}

	if after := s.column("SELECT state || name || joining FROM connections WHERE id = ?", string(c.id)); after != before {
		t.Errorf("Linden's connection was %s and is %s", before, after)
	}
	if n := s.count("SELECT COUNT(*) FROM audit_records WHERE organization_id = ?", string(linden.school.ID)); n != changes {
		t.Errorf("Linden's record grew by %d", n-changes)
	}
	if seen := c.test("tester@" + linden.domain); !strings.Contains(seen.text(), "The test passed") {
		t.Errorf("Linden's connection does not work any more: %.900s", seen.text())
	}
	c.refusesOthersAnswers(evil)
}

// refusesOthersAnswers has Birch's identity provider answer for somebody of
// Linden: Zitadel takes that for the answer of Linden's.
func (c *realConnection) refusesOthersAnswers(evil *realConnection) {
	t := c.t
	t.Helper()
	alma := c.knows("alma", "Alma", "Brandt") // both schools' people are at the test's one server
	v := c.visitor()
	v.visits(v.leads(views.SignInPath, "address", alma), alma)
	if len(c.links(c.userID(alma))) != 1 {
		t.Fatal("Alma did not come in by herself")
	}
	for _, who := range []string{alma, c.knows("nobody-yet", "Nobody", "Yet")} {
		thief := c.visitor()
		asked, err := url.Parse(thief.leads(views.SignInPath, "address", alma))
		c.check(err)
		query := asked.Query()
		query.Set("SAMLRequest", readdressed(t, query.Get("SAMLRequest"), string(c.provider), string(evil.provider)))
		seen := thief.visits(evil.app.SSOURL()+"?"+query.Encode(), who)
		t.Logf("an answer of Birch's for %s: %d at %s: %.300s", who, seen.status, seen.url.Path, seen.text())
		if !strings.HasPrefix(seen.url.String(), c.url+"/arrive/") || seen.status < 400 {
			t.Errorf("the answer of another school's identity provider: %d at %s\n%.600s", seen.status, seen.url, seen.text())
		}
		if thief.signedIn() {
			t.Errorf("Birch's identity provider signed in %s", who)
		}
	}
	if c.atZitadel("nobody-yet@"+c.domain) != nil {
		t.Error("Birch's identity provider made an account at Linden")
	}
}

// Login V2 takes such an answer in its own pages as well, past /arrive: the
// portal does not let in who comes that way.
func TestRealZitadelsOwnPagesTakeNobodyIn(t *testing.T) {
	s := newRealSchools(t)
	if s.version() == 1 {
		t.Skip("Login V1 takes the identity provider from the request")
	}
	linden := s.school("Linden")
	c := linden.connect(identity.VendorOkta, identity.ProtocolSAML, identity.JoinCreate)
	alma := c.knows("alma", "Alma", "Brandt")
	// Birch has a server of its own, which says of somebody else that it is Alma.
	elsewhere := *s
	var err error
	elsewhere.idp, err = testidp.New(testidp.Options{People: []testidp.Person{{ID: "birchs-alma", UserName: alma, Address: alma}}})
	s.check(err)
	s.check(elsewhere.idp.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { _ = elsewhere.idp.Close() })
	evil := elsewhere.school("Birch").connect(identity.VendorOkta, identity.ProtocolSAML, identity.JoinCreate)
	s.browser.window("Alma").comesByAddress(s, alma)

	// The thief's own sign-in at the portal, with the scopes of a school sign-in.
	thief := s.browser.window("thief")
	v := s.visitor()
	staying := *v.client
	staying.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := staying.Get(s.url + views.SignInPath + "?local=1")
	s.check(err)
	_ = answer.Body.Close()
	authorize, err := url.Parse(answer.Header.Get("Location"))
	s.check(err)
	query := authorize.Query()
	query.Set("scope", query.Get("scope")+" urn:zitadel:iam:org:id:"+string(linden.school.ID)+" urn:zitadel:iam:org:idp:id:"+string(c.provider))
	authorize.RawQuery = query.Encode()
	thief.has(v)
	thief.open(authorize.String())
	thief.until(`location.href.startsWith(`+quote(c.app.SSOURL())+`) || document.querySelector("#address")`, "is not led to Linden's identity provider")
	asked, err := url.Parse(thief.location())
	s.check(err)
	form := asked.Query()
	form.Set("SAMLRequest", readdressed(t, form.Get("SAMLRequest"), string(c.provider), string(evil.provider)))
	thief.open(evil.app.SSOURL() + "?" + form.Encode())
	thief.typesInto(`document.querySelector("#address")`, alma)
	thief.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#address").form.requestSubmit(), void 0`))
	thief.until(`document.readyState === "complete" && !location.href.startsWith(`+quote(elsewhere.idp.URL())+`)`, "stays at Birch's identity provider")
	thief.until(`document.readyState === "complete" && (location.href.startsWith(`+quote(s.url)+`) && location.pathname !== "/auth/callback" || document.querySelector("#address") ||
		document.body.innerText.match(/fail|error|not found|could not/i))`, "ends nowhere")
	t.Logf("ends at %.120s … %s", thief.location(), thief.text("document.body.innerText.slice(0, 400)"))
	if thief.visitor(s.site).signedIn() {
		t.Error("Birch's identity provider signed its thief in as Alma, by Login V2")
	}
}

// readdressed is a SAML request as if another identity provider had been asked.
func readdressed(t *testing.T, request, asked, other string) string {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(request)
	if err != nil {
		t.Fatal(err)
	}
	document, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	writer, err := flate.NewWriter(&again, flate.DefaultCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(writer, strings.ReplaceAll(string(document), asked, other))
	_ = writer.Close()
	return base64.StdEncoding.EncodeToString(again.Bytes())
}

// has gives the window a visitor's cookies.
func (w *window) has(v *visitor) {
	w.t.Helper()
	at, err := url.Parse(v.s.url)
	v.s.check(err)
	var cookies []*network.CookieParam
	for _, c := range v.client.Jar.Cookies(at) {
		cookies = append(cookies, &network.CookieParam{Name: c.Name, Value: c.Value, URL: v.s.url, HTTPOnly: true})
	}
	w.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, network.SetCookies, network.SetCookiesParams{Cookies: cookies})
		return err
	}))
}
