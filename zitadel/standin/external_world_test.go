package standin_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/xml"
	"html"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/crewjam/saml"
	"github.com/zitadel/zitadel-go/v3/pkg/client"
	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	application "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/application/v2"
	idpv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/protobuf/types/known/durationpb"
)

// samlServer is an identity provider made of the library's own other half. It
// signs in whoever person says and sends what change makes of it.
type samlServer struct {
	*saml.IdentityProvider
	t       *testing.T
	url     string
	trusted map[string]*saml.EntityDescriptor // service providers by entity ID
	person  saml.Session
	change  func(*saml.Assertion)
}

var samlKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func newSAMLServer(t *testing.T) *samlServer {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Linden"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &samlKey().PublicKey, samlKey())
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	i := &samlServer{t: t, trusted: map[string]*saml.EntityDescriptor{}, person: saml.Session{
		NameID: "Maya-1", NameIDFormat: string(saml.PersistentNameIDFormat), ID: "s1", Index: "s1", CreateTime: time.Now(), ExpireTime: time.Now().Add(time.Hour),
		CustomAttributes: []saml.Attribute{{Name: "email", Values: []saml.AttributeValue{{Type: "xs:string", Value: "maya@linden.example"}}}},
	}}
	i.IdentityProvider = &saml.IdentityProvider{
		Key: samlKey(), Certificate: certificate, ServiceProviderProvider: i, SessionProvider: i, AssertionMaker: i,
		SignatureMethod: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { i.ServeSSO(w, r) }))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	i.url, i.SSOURL, i.MetadataURL = server.URL, *u.JoinPath("sso"), *u.JoinPath("metadata")
	return i
}

func (i *samlServer) GetServiceProvider(_ *http.Request, id string) (*saml.EntityDescriptor, error) {
	if d := i.trusted[id]; d != nil {
		return d, nil
	}
	return nil, os.ErrNotExist
}

func (i *samlServer) GetSession(http.ResponseWriter, *http.Request, *saml.IdpAuthnRequest) *saml.Session {
	return &i.person
}

func (i *samlServer) MakeAssertion(r *saml.IdpAuthnRequest, session *saml.Session) error {
	if err := (saml.DefaultAssertionMaker{}).MakeAssertion(r, session); err != nil {
		return err
	}
	if i.change != nil {
		i.change(r.Assertion)
	}
	return nil
}

func (i *samlServer) metadata() []byte {
	text, err := xml.Marshal(i.Metadata())
	if err != nil {
		i.t.Fatal(err)
	}
	return text
}

// trust reads the service provider's own metadata, as a school's IT does.
func (i *samlServer) trust(issuer, provider string) {
	i.t.Helper()
	r, err := http.Get(issuer + "/idps/" + provider + "/saml/metadata")
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	d := &saml.EntityDescriptor{}
	if err := xml.NewDecoder(r.Body).Decode(d); err != nil {
		i.t.Fatal(err)
	}
	i.trusted[d.EntityID] = d
}

// federation is a school whose people sign in elsewhere.
type federation struct {
	*school
	owner *client.Client
	ctx   context.Context // with Linden's header
	saml  *samlServer
	idp   string
}

func newFederation(t *testing.T, version int) *federation {
	t.Helper()
	f := &federation{school: newSchool(t, version), saml: newSAMLServer(t)}
	f.owner = dial(t, f.Server, f.OwnerKey())
	f.ctx = middleware.SetOrgID(t.Context(), f.linden)
	f.idp = f.addSAML(f.ctx, f.saml)
	return f
}

func (f *federation) addSAML(ctx context.Context, i *samlServer) string {
	f.t.Helper()
	made, err := f.owner.ManagementService().AddSAMLProvider(ctx, &management.AddSAMLProviderRequest{
		Name: "Linden School", Metadata: &management.AddSAMLProviderRequest_MetadataXml{MetadataXml: i.metadata()},
	})
	if err != nil {
		f.t.Fatal(err)
	}
	i.trust(f.Issuer(), made.GetId())
	return made.GetId()
}

func loginPolicy() *management.AddCustomLoginPolicyRequest {
	d := func(hours int) *durationpb.Duration { return durationpb.New(time.Duration(hours) * time.Hour) }
	return &management.AddCustomLoginPolicyRequest{
		AllowUsernamePassword: true, AllowExternalIdp: true, PasswordlessType: policy.PasswordlessType_PASSWORDLESS_TYPE_ALLOWED,
		PasswordCheckLifetime: d(240), ExternalLoginCheckLifetime: d(240), MfaInitSkipLifetime: d(720), SecondFactorCheckLifetime: d(18), MultiFactorCheckLifetime: d(12),
	}
}

// attach offers providers to the people of Linden.
func (f *federation) attach(change func(*management.AddCustomLoginPolicyRequest), ids ...string) {
	f.t.Helper()
	p := loginPolicy()
	if change != nil {
		change(p)
	}
	if _, err := f.owner.ManagementService().AddCustomLoginPolicy(f.ctx, p); err != nil {
		f.t.Fatal(err)
	}
	for _, id := range ids {
		if _, err := f.owner.ManagementService().AddIDPToLoginPolicy(f.ctx, &management.AddIDPToLoginPolicyRequest{IdpId: id, OwnerType: idpv1.IDPOwnerType_IDP_OWNER_TYPE_ORG}); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *federation) link(user, idp, external string) {
	f.t.Helper()
	_, err := f.owner.UserServiceV2().AddIDPLink(f.t.Context(), &userv2.AddIDPLinkRequest{UserId: user, IdpLink: &userv2.IDPLink{IdpId: idp, UserId: external, UserName: external}})
	if err != nil {
		f.t.Fatal(err)
	}
}

// start begins an intent that comes back to the application.
func (f *federation) start(idp string) (string, error) {
	r, err := f.owner.UserServiceV2().StartIdentityProviderIntent(f.t.Context(), &userv2.StartIdentityProviderIntentRequest{
		IdpId: idp, Content: &userv2.StartIdentityProviderIntentRequest_Urls{Urls: &userv2.RedirectURLs{
			SuccessUrl: f.callback + "?outcome=success&keep=me", FailureUrl: f.callback + "?outcome=failure",
		}},
	})
	return r.GetAuthUrl(), err
}

// walk follows redirects and the forms that identity providers let browsers
// post, until it gets somewhere else.
func (v *visitor) walk(to string) seen {
	v.s.t.Helper()
	page := v.see(v.Get(to))
	for range 5 {
		action := actions.FindStringSubmatch(page.body)
		if action == nil || !hasField(page, "SAMLResponse") {
			return page
		}
		form := url.Values{}
		for _, m := range inputs.FindAllStringSubmatch(page.body, -1) {
			form.Set(m[1], html.UnescapeString(m[2]))
		}
		page = v.see(v.PostForm(html.UnescapeString(action[1]), form))
	}
	return page
}

func hasField(page seen, name string) bool {
	return slices.ContainsFunc(inputs.FindAllStringSubmatch(page.body, -1), func(m []string) bool { return m[1] == name })
}

func (f *federation) retrieve(at seen) (*userv2.RetrieveIdentityProviderIntentResponse, error) {
	q := at.url.Query()
	return f.owner.UserServiceV2().RetrieveIdentityProviderIntent(f.t.Context(), &userv2.RetrieveIdentityProviderIntentRequest{
		IdpIntentId: q.Get("id"), IdpIntentToken: q.Get("token"),
	})
}

// told are the events of an aggregate, oldest first.
func (f *federation) told(aggregate string) []string {
	f.t.Helper()
	events, err := f.owner.AdminService().ListEvents(f.t.Context(), &admin.ListEventsRequest{AggregateId: aggregate, Asc: true})
	if err != nil {
		f.t.Fatal(err)
	}
	var kinds []string
	for _, e := range events.GetEvents() {
		kinds = append(kinds, e.GetType().GetType())
	}
	return kinds
}

// reason is why an intent failed, as its event says.
func (f *federation) reason(intent string) string {
	f.t.Helper()
	events, err := f.owner.AdminService().ListEvents(f.t.Context(), &admin.ListEventsRequest{AggregateId: intent, EventTypes: []string{"idpintent.failed"}, Limit: 1})
	if err != nil {
		f.t.Fatal(err)
	}
	if len(events.GetEvents()) != 1 {
		return ""
	}
	return events.GetEvents()[0].GetPayload().GetFields()["reason"].GetStringValue()
}

func read(t *testing.T, address string) (http.Header, string) {
	t.Helper()
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.Header, string(body)
}

func withOrg(t *testing.T, org string) context.Context {
	return middleware.SetOrgID(t.Context(), org)
}

// addClient registers an application that has a secret.
func (s *school) addClient(redirects ...string) (id, secret string) {
	s.t.Helper()
	made, err := dial(s.t, s.Server, s.OwnerKey()).ApplicationServiceV2().CreateApplication(s.t.Context(), &application.CreateApplicationRequest{
		ProjectId: s.project, Name: "Other",
		ApplicationType: &application.CreateApplicationRequest_OidcConfiguration{OidcConfiguration: &application.CreateOIDCApplicationRequest{
			RedirectUris: redirects, AuthMethodType: application.OIDCAuthMethodType_OIDC_AUTH_METHOD_TYPE_BASIC,
			GrantTypes: []application.OIDCGrantType{application.OIDCGrantType_OIDC_GRANT_TYPE_AUTHORIZATION_CODE},
		}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return made.GetOidcConfiguration().GetClientId(), made.GetOidcConfiguration().GetClientSecret()
}
