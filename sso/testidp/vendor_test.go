package testidp_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/crewjam/saml"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
)

// asked is what the identity provider answers to a request for acs.
func (sp *serviceProvider) asked(t *testing.T, app *testidp.App, acs string) (int, string) {
	t.Helper()
	request, err := sp.MakeAuthenticationRequest(app.SSOURL(), saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	if err != nil {
		t.Fatal(err)
	}
	request.AssertionConsumerServiceURL = acs
	address, err := request.Redirect("state", &sp.ServiceProvider)
	if err != nil {
		t.Fatal(err)
	}
	status, _, body := get(t, newBrowser(t), address.String())
	return status, body
}

// Some vendors stop at an ACS that nobody typed in, with their own words; the
// others answer to the one that was typed.
func TestVendorsTreatAnUnknownACSInTheirOwnWay(t *testing.T) {
	server := newServer(t)
	for _, tt := range []struct {
		vendor identity.Vendor
		stops  string
	}{
		{identity.VendorEntra, "AADSTS50011"},
		{identity.VendorGoogle, "app_not_configured"},
		{identity.VendorADFS, "MSIS3200"},
		{identity.VendorShibboleth, "is not in this service provider"},
		{identity.VendorOkta, ""},
		{identity.VendorOneLogin, ""},
		{identity.VendorJumpCloud, ""},
		{identity.VendorSAML, ""},
	} {
		app, sp := connected(t, server, testidp.AppOptions{Vendor: tt.vendor})
		status, body := sp.asked(t, app, "https://elsewhere.example/acs")
		want := http.StatusOK
		if tt.stops != "" {
			want = http.StatusBadRequest
		}
		if status != want || !strings.Contains(body, tt.stops) {
			t.Errorf("%s: %d %s, want %d with %q", tt.vendor, status, body, want, tt.stops)
		}
	}
}

// AD FS issues the NameID that its rules say, and refuses a request for another
// format.
func TestADFSRefusesANameIDPolicyItCannotMeet(t *testing.T) {
	app, sp := connected(t, newServer(t), testidp.AppOptions{
		Vendor: identity.VendorADFS, NameIDFormat: string(saml.EmailAddressNameIDFormat),
	})
	for _, tt := range []struct {
		asked  saml.NameIDFormat
		reason string
	}{
		{saml.PersistentNameIDFormat, saml.StatusRequester},
		{saml.EmailAddressNameIDFormat, ""},
		{saml.UnspecifiedNameIDFormat, ""},
	} {
		sp.AuthnNameIDFormat = tt.asked
		sp.signIn(t, app, "sam.kim@linden.example")
		switch {
		case tt.reason == "" && sp.err != nil:
			t.Errorf("asked for %s: %v", tt.asked, sp.err)
		case tt.reason != "" && (sp.err == nil || !strings.Contains(sp.err.Error(), tt.reason)):
			t.Errorf("asked for %s: %v, want %s", tt.asked, sp.err, tt.reason)
		}
	}
}

func TestAppsThatCannotBeAreRefused(t *testing.T) {
	server := newServer(t)
	for _, tt := range []struct {
		name    string
		options testidp.AppOptions
		says    string
	}{
		{"AD FS over OIDC", testidp.AppOptions{Vendor: identity.VendorADFS, Protocol: identity.ProtocolOIDC}, "does not speak"},
		{"two ACS at Google", testidp.AppOptions{Vendor: identity.VendorGoogle, ACS: []string{"a", "b"}}, "one ACS"},
		{"no nonce in SAML", testidp.AppOptions{Vendor: identity.VendorOkta, Misbehaviour: testidp.WrongNonce}, "cannot be done"},
		{"metadata that is none", testidp.AppOptions{Vendor: identity.VendorOkta, SPMetadata: []byte("<html/>")}, "service provider's metadata"},
	} {
		if _, err := server.CreateApp(tt.options); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.says)
		}
	}
	if apps := server.Apps(); len(apps) != 0 {
		t.Errorf("%d apps were made all the same", len(apps))
	}
}

// A certificate is announced first, used then, and the old one forgotten last.
func TestCertificatesRollOver(t *testing.T) {
	app, sp := connected(t, newServer(t), testidp.AppOptions{Vendor: identity.VendorOkta, CertificateDays: 30})
	known := app.Certificates()
	if left := time.Until(known[0].NotAfter); len(known) != 1 || left > 30*24*time.Hour || left < 29*24*time.Hour {
		t.Fatalf("%d certificates, the first for %s", len(known), left)
	}
	works := func(step string, certificates int, want bool) {
		t.Helper()
		if got := len(app.Certificates()); got != certificates {
			t.Errorf("%s: %d certificates, want %d", step, got, certificates)
		}
		sp.signIn(t, app, "sam.kim@linden.example")
		if got := sp.err == nil; got != want {
			t.Errorf("%s: a service provider with the first metadata accepts: %v (%v)", step, got, sp.err)
		}
	}
	works("at first", 1, true)
	if err := app.Rotate(); err != nil {
		t.Fatal(err)
	}
	works("announced", 2, true)
	app.Switch()
	works("in use", 2, false)
	app.Retire()
	works("retired", 1, false)
	if app.Certificates()[0].Equal(known[0]) {
		t.Error("the old certificate stayed")
	}
	if !strings.Contains(app.CertificatePEM(), "BEGIN CERTIFICATE") {
		t.Error("no PEM to copy")
	}
}

// The service provider's metadata says all that is needed, and with its
// certificate assertions can be encrypted.
func TestAppsAreConnectedByMetadata(t *testing.T) {
	server := newServer(t)
	for _, vendor := range []identity.Vendor{identity.VendorOkta, identity.VendorShibboleth, identity.VendorGoogle} {
		app, err := server.CreateApp(testidp.AppOptions{Name: "Homeroom", Vendor: vendor})
		if err != nil {
			t.Fatal(err)
		}
		sp := newServiceProvider(t, app)
		document, err := sp.document()
		if err != nil {
			t.Fatal(err)
		}
		err = app.Configure(func(o *testidp.AppOptions) { o.SPMetadata, o.Encrypt = document, true })
		if err != nil {
			t.Fatal(err)
		}
		if options := app.Options(); options.EntityID != sp.MetadataURL.String() || len(options.ACS) != 1 || options.ACS[0] != sp.AcsURL.String() {
			t.Errorf("%s: read %s and %v", vendor, options.EntityID, options.ACS)
		}
		sp.signIn(t, app, "sam.kim@linden.example")
		if sp.err != nil || sp.nameID() == "-" {
			t.Errorf("%s: %v", vendor, sp.err)
		}
		if sent := app.Sent(); !strings.Contains(decoded(t, sent), "EncryptedAssertion") {
			t.Errorf("%s: the assertion was not encrypted", vendor)
		}
	}
}

// Before anybody mapped attributes, and before anybody typed anything, an app
// does what vendors do then.
func TestUnfinishedAppsSaySo(t *testing.T) {
	server := newServer(t)
	app, sp := connected(t, server, testidp.AppOptions{Vendor: identity.VendorOkta, WithoutAttributes: true})
	sp.signIn(t, app, "sam.kim@linden.example")
	if got := sp.attributes(); sp.err != nil || len(got) != 0 {
		t.Errorf("without attributes arrived %v, %v", got, sp.err)
	}
	bare, err := server.CreateApp(testidp.AppOptions{Name: "Bare", Vendor: identity.VendorOkta})
	if err != nil {
		t.Fatal(err)
	}
	status, body := sp.asked(t, bare, sp.AcsURL.String())
	if status != http.StatusBadRequest || !strings.Contains(body, "no Identifier (Entity ID)") {
		t.Errorf("an app nobody configured: %d %s", status, body)
	}
	status, _, body = get(t, newBrowser(t), bare.SSOURL())
	if status != http.StatusBadRequest || !strings.Contains(body, "no SAMLRequest") {
		t.Errorf("without a request: %d %s", status, body)
	}
}
