package testidp_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/crewjam/saml"
	"github.com/zitadel/oidc/v3/pkg/client/rp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
)

// get asks without following redirects.
func get(t *testing.T, browser *http.Client, address string) (int, *url.URL, string) {
	t.Helper()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	location, err := answer.Location()
	if err != nil {
		location = new(url.URL)
	}
	return answer.StatusCode, location, string(body)
}

func post(t *testing.T, browser *http.Client, address string, values url.Values) (int, string) {
	t.Helper()
	answer, err := browser.PostForm(address, values)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// Who has signed in is not asked again, unless the service wants it so.
func TestASessionPassesSilently(t *testing.T) {
	server := newServer(t)
	app, sp := connected(t, server, testidp.AppOptions{Vendor: identity.VendorOkta})
	browser := newBrowser(t)
	asks := func(force bool) bool {
		t.Helper()
		request, err := sp.MakeAuthenticationRequest(app.SSOURL(), saml.HTTPRedirectBinding, saml.HTTPPostBinding)
		if err != nil {
			t.Fatal(err)
		}
		request.ForceAuthn = &force
		address, err := request.Redirect("state", &sp.ServiceProvider)
		if err != nil {
			t.Fatal(err)
		}
		status, _, body := get(t, browser, address.String())
		if status != http.StatusOK {
			t.Fatalf("%d: %s", status, body)
		}
		if answered := strings.Contains(body, "SAMLResponse"); answered == strings.Contains(body, "Who signs in?") {
			t.Fatalf("neither asked nor answered: %s", body)
		}
		return strings.Contains(body, "Who signs in?")
	}
	if !asks(false) {
		t.Error("a new browser was not asked")
	}
	other := newOIDCApp(t, server, identity.VendorOIDC)
	if _, err := arrive(t, relyingParty(t, other), browser, "sam.kim@linden.example"); err != nil {
		t.Fatal(err)
	}
	if asks(false) {
		t.Error("who is signed in was asked again")
	}
	if !asks(true) {
		t.Error("ForceAuthn did not ask again")
	}
	if status, _, _ := get(t, browser, server.URL()+"/sign-out"); status != http.StatusSeeOther {
		t.Errorf("sign-out = %d", status)
	}
	if !asks(false) {
		t.Error("who signed out was not asked")
	}
}

// OpenID's prompts ask again; a hint at somebody else does too, and a hint at
// who is signed in does not.
func TestPromptsAskAgain(t *testing.T) {
	server := newServer(t)
	app := newOIDCApp(t, server, identity.VendorOIDC)
	party, browser := relyingParty(t, app), newBrowser(t)
	if _, err := arrive(t, party, browser, "sam.kim@linden.example"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		option rp.AuthURLOpt
		asks   bool
	}{
		{"nothing", rp.AuthURLOpt(rp.WithURLParam("ui_locales", "en")), false},
		{"prompt=login", rp.WithPrompt("login"), true},
		{"prompt=select_account", rp.WithPrompt("select_account"), true},
		{"a hint at them", rp.AuthURLOpt(rp.WithURLParam("login_hint", "sam.kim@linden.example")), false},
		{"a hint at another", rp.AuthURLOpt(rp.WithURLParam("login_hint", "maria.lee@linden.example")), true},
	} {
		status, _, _ := get(t, browser, rp.AuthURL("state", party, tt.option))
		if asks := status == http.StatusOK; asks != tt.asks {
			t.Errorf("%s: asked %v (%d), want %v", tt.name, asks, status, tt.asks)
		}
	}
}

// Somebody whom the directory does not know signs in by address, with names
// made from it. A sign-in that nobody began is over.
func TestPeopleMayBeTyped(t *testing.T) {
	server := newServer(t)
	app, sp := connected(t, server, testidp.AppOptions{Vendor: identity.VendorOkta})
	sp.signIn(t, app, "nadia.costa@linden.example")
	if sp.err != nil {
		t.Fatal(sp.err)
	}
	got := sp.attributes()
	if got["firstName"] != "Nadia" || got["lastName"] != "Costa" || got["email"] != "nadia.costa@linden.example" {
		t.Errorf("arrived as %v", got)
	}
	if _, known := server.Person("Nadia.Costa@linden.example"); !known {
		t.Error("a second sign-in would make another person")
	}
	status, body := post(t, newBrowser(t), server.URL()+"/sign-in/nothing", url.Values{"address": {"a@b.example"}})
	if status != http.StatusGone || !strings.Contains(body, "This sign-in has ended") {
		t.Errorf("a sign-in nobody began: %d %s", status, body)
	}
}

// A pupil without a mailbox arrives without an address.
func TestWhoHasNoMailboxHasNoAddress(t *testing.T) {
	server := newServer(t)
	app, sp := connected(t, server, testidp.AppOptions{Vendor: identity.VendorEntra})
	sp.signIn(t, app, "leo.winter@linden.example")
	if sp.err != nil {
		t.Fatal(sp.err)
	}
	for name, value := range sp.attributes() {
		if strings.HasSuffix(name, "/emailaddress") {
			t.Errorf("%s = %s", name, value)
		}
	}
}

// A tile that signs in without being asked sends a response to no request, and
// no state; service providers like Zitadel refuse it.
func TestAnUnsolicitedResponseAnswersNobody(t *testing.T) {
	app, sp := connected(t, newServer(t), testidp.AppOptions{Vendor: identity.VendorOkta})
	sp.requests = []string{"id-of-a-request"}
	answer, err := testidp.Visit(t.Context(), newBrowser(t), strings.TrimSuffix(app.SSOURL(), "sso")+"unsolicited", "sam.kim@linden.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if sp.err == nil || !strings.Contains(sp.err.Error(), "InResponseTo") {
		t.Errorf("accepted: %v", sp.err)
	}
	if response := decoded(t, app.Sent()); strings.Contains(response, "InResponseTo") {
		t.Errorf("it answers a request: %s", response)
	}
}
