package testidp_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crewjam/saml"
	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
)

// serviceProvider is crewjam's, set up as Zitadel sets it up.
type serviceProvider struct {
	saml.ServiceProvider
	got      *saml.Assertion
	err      error // the private cause
	requests []string
}

// spKey is the key of every service provider of the tests.
var spKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newServiceProvider(t *testing.T, app *testidp.App) *serviceProvider {
	t.Helper()
	sp := new(serviceProvider)
	server := httptest.NewServer(http.HandlerFunc(sp.acs))
	t.Cleanup(server.Close)
	key, err := spKey()
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if sp.Certificate, err = x509.ParseCertificate(raw); err != nil {
		t.Fatal(err)
	}
	origin, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	sp.Key, sp.MetadataURL, sp.AcsURL = key, *origin.JoinPath("metadata"), *origin.JoinPath("acs")
	sp.AuthnNameIDFormat = saml.PersistentNameIDFormat
	document, err := app.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	sp.IDPMetadata = new(saml.EntityDescriptor)
	if err := xml.Unmarshal(document, sp.IDPMetadata); err != nil {
		t.Fatal(err)
	}
	return sp
}

// acs takes the response as Zitadel's endpoint does.
func (sp *serviceProvider) acs(_ http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		sp.err = err
		return
	}
	sp.got, sp.err = sp.ParseResponse(r, sp.requests)
	if invalid := new(saml.InvalidResponseError); errors.As(sp.err, &invalid) {
		sp.err = invalid.PrivateErr
	}
}

// signIn walks a person through the app.
func (sp *serviceProvider) signIn(t *testing.T, app *testidp.App, person string) {
	t.Helper()
	sp.got, sp.err = nil, errors.New("nothing arrived")
	request, err := sp.MakeAuthenticationRequest(app.SSOURL(), saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	if err != nil {
		t.Fatal(err)
	}
	sp.requests = []string{request.ID}
	address, err := request.Redirect("state", &sp.ServiceProvider)
	if err != nil {
		t.Fatal(err)
	}
	response, err := testidp.Visit(t.Context(), newBrowser(t), address.String(), person)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
}

func newBrowser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func newServer(t *testing.T) *testidp.Server {
	t.Helper()
	s, err := testidp.New(testidp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (sp *serviceProvider) connection() identity.ServiceProvider {
	return identity.ServiceProvider{EntityID: sp.MetadataURL.String(), ACS: sp.AcsURL.String(), ACSV1: sp.AcsURL.String() + "/v1"}
}

// document is the service provider's metadata.
func (sp *serviceProvider) document() ([]byte, error) { return xml.Marshal(sp.Metadata()) }

// decoded is a response as XML.
func decoded(t *testing.T, response string) string {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// nameID is who came in; "-" without one.
func (sp *serviceProvider) nameID() string {
	if sp.got == nil || sp.got.Subject == nil || sp.got.Subject.NameID == nil {
		return "-"
	}
	return sp.got.Subject.NameID.Value
}

// attributes are those that came in, by name.
func (sp *serviceProvider) attributes() map[string]string {
	all := map[string]string{}
	if sp.got == nil {
		return all
	}
	for _, statement := range sp.got.AttributeStatements {
		for _, a := range statement.Attributes {
			all[a.Name] = a.Values[0].Value
		}
	}
	return all
}

// connected is an app like a vendor's that somebody connected to a service
// provider.
func connected(t *testing.T, s *testidp.Server, options testidp.AppOptions) (*testidp.App, *serviceProvider) {
	t.Helper()
	options.Name = "Homeroom"
	app, err := s.CreateApp(options)
	if err != nil {
		t.Fatal(err)
	}
	sp := newServiceProvider(t, app)
	if err := app.Connect(sp.connection()); err != nil {
		t.Fatal(err)
	}
	return app, sp
}

// Every misbehaviour meets a service provider that checks what Zitadel checks,
// whichever parts a vendor signs: it is refused for the reason in the table, or
// lets nobody in but who they are.
func TestMisbehavioursAreRefusedForTheirReason(t *testing.T) {
	server := newServer(t)
	for _, vendor := range []identity.Vendor{
		identity.VendorSAML, identity.VendorOkta, identity.VendorEntra, identity.VendorGoogle, identity.VendorADFS,
		identity.VendorOneLogin, identity.VendorJumpCloud, identity.VendorShibboleth,
	} {
		app, sp := connected(t, server, testidp.AppOptions{Vendor: vendor})
		sp.signIn(t, app, "sam.kim@linden.example")
		self := sp.nameID()
		for _, want := range testidp.Verdicts(identity.ProtocolSAML) {
			if err := app.SetMisbehaviour(want.Misbehaviour); err != nil {
				t.Fatal(err)
			}
			sp.signIn(t, app, "sam.kim@linden.example")
			// Zitadel itself looks at the NameID, its library does not.
			accepted := want.Accepted || strings.HasPrefix(want.Reason, "Errors.Intent.")
			switch {
			case accepted && sp.err != nil:
				t.Errorf("%s, %s: refused: %v", vendor, want.Misbehaviour, sp.err)
			case !accepted && sp.err == nil:
				t.Errorf("%s, %s: accepted as %s", vendor, want.Misbehaviour, sp.nameID())
			case !accepted && !strings.Contains(sp.err.Error(), want.Reason):
				t.Errorf("%s, %s: refused for %q, want %q", vendor, want.Misbehaviour, sp.err, want.Reason)
			}
			if want.Misbehaviour == testidp.CommentInNameID && sp.nameID() == self {
				t.Errorf("%s: a comment made somebody else into %s", vendor, self)
			}
			if arrived := fmt.Sprint(sp.nameID(), sp.attributes()); strings.Contains(arrived, testidp.ForgedAddress) {
				t.Errorf("%s, %s: the forged person arrived: %s", vendor, want.Misbehaviour, arrived)
			}
		}
	}
}

// The table of verdicts has every misbehaviour, once and in order.
func TestEveryMisbehaviourHasAVerdict(t *testing.T) {
	for _, protocol := range []identity.Protocol{identity.ProtocolSAML, identity.ProtocolOIDC} {
		var judged []testidp.Misbehaviour
		for _, verdict := range testidp.Verdicts(protocol) {
			judged = append(judged, verdict.Misbehaviour)
			if verdict.Accepted == (verdict.Reason != "") {
				t.Errorf("%s: accepted %v and a reason %q", verdict.Misbehaviour, verdict.Accepted, verdict.Reason)
			}
			if (verdict.Finding == "") != (verdict.Level == "") {
				t.Errorf("%s: finding %q of level %q", verdict.Misbehaviour, verdict.Finding, verdict.Level)
			}
		}
		if diff := cmp.Diff(testidp.Misbehaviours(protocol), judged); diff != "" {
			t.Errorf("%s: %s", protocol, diff)
		}
	}
}

// Each vendor sends names and addresses under its own names, and a NameID in
// its own format.
func TestVendorsSendTheirOwnClaims(t *testing.T) {
	const (
		xmlsoap = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
		address = "sam.kim@linden.example"
	)
	server := newServer(t)
	short := map[string]string{"email": address, "firstName": "Sam", "lastName": "Kim"}
	for _, tt := range []struct {
		vendor identity.Vendor
		format saml.NameIDFormat
		named  bool // the NameID is the address
		want   map[string]string
	}{
		{identity.VendorOkta, saml.UnspecifiedNameIDFormat, true, short},
		{identity.VendorGoogle, saml.EmailAddressNameIDFormat, true, short},
		{identity.VendorOneLogin, saml.EmailAddressNameIDFormat, true, short},
		{identity.VendorJumpCloud, saml.UnspecifiedNameIDFormat, true, short},
		// Entra takes the format that the request asks for.
		{identity.VendorEntra, saml.PersistentNameIDFormat, true, map[string]string{
			xmlsoap + "emailaddress": address, xmlsoap + "givenname": "Sam", xmlsoap + "surname": "Kim", xmlsoap + "name": address,
		}},
		{identity.VendorADFS, saml.PersistentNameIDFormat, true, map[string]string{
			xmlsoap + "emailaddress": address, xmlsoap + "givenname": "Sam", xmlsoap + "surname": "Kim", xmlsoap + "upn": address,
		}},
		{identity.VendorShibboleth, saml.PersistentNameIDFormat, false, map[string]string{
			"urn:oid:0.9.2342.19200300.100.1.3": address, "urn:oid:2.5.4.42": "Sam", "urn:oid:2.5.4.4": "Kim",
			"urn:oid:1.3.6.1.4.1.5923.1.1.1.6": address, "urn:oid:1.3.6.1.4.1.5923.1.1.1.9": "student@linden.example",
		}},
		{identity.VendorSAML, saml.PersistentNameIDFormat, false, map[string]string{"mail": address, "givenName": "Sam", "sn": "Kim"}},
	} {
		app, sp := connected(t, server, testidp.AppOptions{Vendor: tt.vendor})
		sp.signIn(t, app, address)
		if sp.err != nil {
			t.Errorf("%s: %v", tt.vendor, sp.err)
			continue
		}
		if got := saml.NameIDFormat(sp.got.Subject.NameID.Format); got != tt.format {
			t.Errorf("%s: NameID format %s, want %s", tt.vendor, got, tt.format)
		}
		if named := sp.nameID() == address; named != tt.named {
			t.Errorf("%s: NameID %s", tt.vendor, sp.nameID())
		}
		got := sp.attributes()
		for name := range got {
			if strings.Contains(name, "microsoft.com") {
				delete(got, name) // what Entra adds about itself
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.vendor, diff)
		}
	}
}
