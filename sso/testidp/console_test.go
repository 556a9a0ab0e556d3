package testidp_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testdns"
	"homeroom.dev/homeroom/sso/testidp"
)

// What an administrator does at a vendor's console can be done on this one,
// without script.
func TestTheConsoleConfiguresAnApp(t *testing.T) {
	server, browser := newServer(t), newBrowser(t)
	status, body := post(t, browser, server.URL()+"/apps", url.Values{"name": {"Homeroom"}, "kind": {"entra saml"}})
	if status != http.StatusOK || len(server.Apps()) != 1 {
		t.Fatalf("create: %d %s", status, body)
	}
	app := server.Apps()[0]
	for _, shown := range []string{app.MetadataURL(), app.EntityID(), app.SSOURL(), "Microsoft Entra ID", "Identifier (Entity ID)", "Reply URL (ACS)"} {
		if !strings.Contains(body, shown) {
			t.Errorf("the app's page lacks %s", shown)
		}
	}
	form := url.Values{
		"entity-id": {" https://sp.example/metadata "}, "acs": {"https://sp.example/acs\nhttps://sp.example/v1"},
		"start-url": {"https://portal.example/s/1"}, "attributes": {"on"}, "misbehaviour": {"wrong-audience"},
	}
	status, body = post(t, browser, server.URL()+"/apps/"+app.ID(), form)
	if status != http.StatusOK || !strings.Contains(body, "Saved.") || !strings.Contains(body, `href="https://portal.example/s/1"`) {
		t.Errorf("save: %d %s", status, body)
	}
	got := app.Options()
	want := got
	want.EntityID, want.ACS = "https://sp.example/metadata", []string{"https://sp.example/acs", "https://sp.example/v1"}
	want.StartURL, want.Misbehaviour, want.WithoutAttributes, want.Encrypt = "https://portal.example/s/1", testidp.WrongAudience, false, false
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct{ field, value, says string }{
		{"start-url", "javascript:alert(1)", "The start URL is no URL."},
		{"misbehaviour", "wrong-nonce", "This cannot be saved"},
		{"sp-metadata", "<html></html>", "This cannot be saved"},
	} {
		wrong := url.Values{"entity-id": {"typed"}}
		wrong.Set(tt.field, tt.value)
		status, body := post(t, browser, server.URL()+"/apps/"+app.ID(), wrong)
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, tt.says) || !strings.Contains(body, `value="typed"`) {
			t.Errorf("%s=%s: %d %s", tt.field, tt.value, status, body)
		}
	}
	if diff := cmp.Diff(want, app.Options()); diff != "" {
		t.Errorf("a refused form changed something: %s", diff)
	}
	for _, tt := range []struct {
		button       string
		status       int
		certificates int
	}{
		{"new", http.StatusOK, 2}, {"switch", http.StatusOK, 2}, {"retire", http.StatusOK, 1}, {"other", http.StatusNotFound, 1},
	} {
		status, _ := post(t, browser, server.URL()+"/apps/"+app.ID()+"/certificates/"+tt.button, nil)
		if status != tt.status || len(app.Certificates()) != tt.certificates {
			t.Errorf("%s: %d, %d certificates", tt.button, status, len(app.Certificates()))
		}
	}
}

func TestTheConsoleRefusesWhatCannotBe(t *testing.T) {
	server, browser := newServer(t), newBrowser(t)
	for _, tt := range []struct {
		path   string
		form   url.Values
		status int
		says   string
	}{
		{"/apps", url.Values{"name": {" "}, "kind": {"okta saml"}}, http.StatusUnprocessableEntity, "needs a name"},
		{"/apps", url.Values{"name": {"Homeroom"}, "kind": {"adfs oidc"}}, http.StatusUnprocessableEntity, "cannot be made"},
		{"/apps/nothing", nil, http.StatusNotFound, "no such app"},
		{"/dns", url.Values{"name": {"a.example"}}, http.StatusNotFound, ""},
	} {
		status, body := post(t, browser, server.URL()+tt.path, tt.form)
		if status != tt.status || !strings.Contains(body, tt.says) {
			t.Errorf("%s %v: %d %s", tt.path, tt.form, status, body)
		}
	}
	if status, _, _ := get(t, browser, server.URL()+"/apps/nothing"); status != http.StatusNotFound {
		t.Errorf("an app that is not there: %d", status)
	}
	foreign, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL()+"/apps", strings.NewReader("name=x&kind=okta+saml"))
	if err != nil {
		t.Fatal(err)
	}
	foreign.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := browser.Do(foreign)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusForbidden || len(server.Apps()) != 0 {
		t.Errorf("a form of another site: %d, %d apps", answer.StatusCode, len(server.Apps()))
	}
}

// The page about DNS publishes what it is given, and removes it again.
func TestTheConsolePublishesRecords(t *testing.T) {
	names, err := testdns.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = names.Close() })
	server, err := testidp.New(testidp.Options{DNS: names})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	const name = "_zitadel-challenge.linden-school.example"
	for _, tt := range []struct {
		name, value string
		status      int
		says        string
		published   []string
	}{
		{" " + strings.ToUpper(name) + ". ", "token", http.StatusOK, name + " answers <code>token</code>", []string{"token"}},
		{name, "another", http.StatusOK, name + " answers <code>another</code>", []string{"another"}},
		{"https://linden-school.example", "token", http.StatusUnprocessableEntity, "not the name of a record", []string{"another"}},
		{name, "", http.StatusOK, name + " has no TXT record", nil},
	} {
		status, body := post(t, newBrowser(t), server.URL()+"/dns", url.Values{"name": {tt.name}, "value": {tt.value}})
		if status != tt.status || !strings.Contains(body, tt.says) {
			t.Errorf("%s=%s: %d %s", tt.name, tt.value, status, body)
		}
		got, _ := names.Resolver().LookupTXT(t.Context(), name) // none is an error
		if diff := cmp.Diff(tt.published, got); diff != "" {
			t.Errorf("%s=%s: %s", tt.name, tt.value, diff)
		}
	}
}

// Metadata can be read at its URL and downloaded; an OIDC app has none.
func TestMetadataIsServed(t *testing.T) {
	server := newServer(t)
	app, _ := connected(t, server, testidp.AppOptions{Vendor: identity.VendorEntra})
	want, err := app.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "?download"} {
		status, _, body := get(t, newBrowser(t), app.MetadataURL()+suffix)
		if status != http.StatusOK || body != string(want) {
			t.Errorf("%q: %d %s", suffix, status, body)
		}
	}
	other := newOIDCApp(t, server, identity.VendorOIDC)
	if status, _, _ := get(t, newBrowser(t), other.MetadataURL()); status != http.StatusNotFound {
		t.Errorf("SAML metadata of an OIDC app: %d", status)
	}
}
