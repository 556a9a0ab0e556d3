package standin_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crewjam/saml"
	"github.com/google/go-cmp/cmp"
	idpv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Both places where a response may arrive are in the metadata, in the order a
// real server lists them.
func TestServiceProviderMetadata(t *testing.T) {
	f := newFederation(t, 1)
	idp, v1 := f.Issuer()+"/idps/"+f.idp+"/saml/", f.Issuer()+"/ui/login/login/externalidp/saml/acs"
	for _, test := range []struct {
		query string
		want  []string
		first int
	}{
		{"", []string{idp + "acs", idp + "acs", v1, v1}, 1},
		{"?internalUI=true", []string{v1, v1, idp + "acs", idp + "acs"}, 0},
	} {
		header, body := read(t, idp+"metadata"+test.query)
		var d saml.EntityDescriptor
		if err := xml.Unmarshal([]byte(body), &d); err != nil {
			t.Fatal(err)
		}
		sp := d.SPSSODescriptors[0]
		var got []string
		for i, acs := range sp.AssertionConsumerServices {
			got = append(got, acs.Location)
			if acs.Index != test.first+i || (acs.Binding == saml.HTTPPostBinding) != (i%2 == 0) {
				t.Errorf("%q: service %d = %+v", test.query, i, acs)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q: %s", test.query, diff)
		}
		if header.Get("Content-Type") != "application/samlmetadata+xml" || d.EntityID != idp+"metadata" || !*sp.WantAssertionsSigned || *sp.AuthnRequestsSigned ||
			sp.SingleLogoutServices[0].Location != idp+"slo" || d.ValidUntil.Before(time.Now().Add(364*24*time.Hour)) {
			t.Errorf("%q: %s %+v", test.query, header, d)
		}
	}
	if r := f.visitor().see(http.Get(idp + "slo")); r.status != http.StatusBadRequest {
		t.Errorf("slo: %d %s", r.status, r.body)
	}
	if _, body := read(t, idp+"certificate"); !strings.HasPrefix(body, "-----BEGIN CERTIFICATE-----") {
		t.Errorf("certificate = %q", body)
	}
}

// What a SAML sign-in tells, and that it is told by ID and token alone until a
// session takes it.
func TestIntentBySAML(t *testing.T) {
	f := newFederation(t, 1)
	start, err := f.start(f.idp)
	if err != nil {
		t.Fatal(err)
	}
	at := f.visitor().walk(start)
	q := at.url.Query()
	if q.Get("outcome") != "success" || q.Get("keep") != "me" || q.Get("token") == "" || q.Get("user") != "" {
		t.Fatalf("ended at %s: %s", at.url, f.reason(q.Get("id")))
	}
	if u, err := url.Parse(start); err != nil || u.Query().Get("RelayState") != q.Get("id") {
		t.Errorf("the relay state of %s is not the intent", start)
	}
	for range 2 {
		came, err := f.retrieve(at)
		if err != nil {
			t.Fatal(err)
		}
		i := came.GetIdpInformation()
		raw := map[string]any{"id": "Maya-1", "attributes": map[string]any{"email": []any{"maya@linden.example"}}}
		if diff := cmp.Diff(raw, i.GetRawInformation().AsMap()); diff != "" {
			t.Error(diff)
		}
		if i.GetIdpId() != f.idp || i.GetUserId() != "Maya-1" || i.GetUserName() != "" || came.GetUserId() != "" || !strings.Contains(string(i.GetSaml().GetAssertion()), "maya@linden.example") {
			t.Errorf("came = %v", came)
		}
		human := came.GetCreateUser().GetHuman()
		if len(human.GetIdpLinks()) != 1 || human.GetEmail().GetSendCode() == nil || human.GetProfile().GetPreferredLanguage() != "und" || human.GetProfile().GetGivenName() != "" {
			t.Errorf("createUser = %v", human)
		}
	}
	if got := f.told(q.Get("id")); !slices.Equal(got, []string{"idpintent.started", "idpintent.saml.requested", "idpintent.saml.succeeded"}) {
		t.Errorf("events = %v", got)
	}
	for token, id := range map[string]string{"": "CRYPTO-Sfefs", "!": "CRYPTO-Swg31"} {
		q.Set("token", token)
		at.url.RawQuery = q.Encode()
		if _, err := f.retrieve(at); status.Code(err) != codes.PermissionDenied || detailOf(status.Convert(err)) != id {
			t.Errorf("token %q: %v", token, err)
		}
	}

	f.link(f.lee, f.idp, "Maya-1")
	start, err = f.start(f.idp)
	if err != nil {
		t.Fatal(err)
	}
	at = f.visitor().walk(start)
	came, err := f.retrieve(at)
	if err != nil {
		t.Fatal(err)
	}
	if at.url.Query().Get("user") != f.lee || came.GetUserId() != f.lee || came.GetUpdateUser().GetUserId() != f.lee || came.GetCreateUser() != nil {
		t.Errorf("linked: %s %v", at.url, came)
	}
}

// The reasons are the library's own, which is Zitadel's.
func TestIntentBySAMLFails(t *testing.T) {
	const invalid = "SAML-ajl3irfs"
	for _, test := range []struct {
		name       string
		change     func(*saml.Assertion)
		person     func(*saml.Session)
		id, reason string
	}{
		{"audience", func(a *saml.Assertion) { a.Conditions.AudienceRestrictions[0].Audience.Value = "https://else.example" }, nil, invalid, "AudienceRestriction does not contain"},
		{"expired", func(a *saml.Assertion) { a.Conditions.NotOnOrAfter = time.Now().Add(-time.Hour) }, nil, invalid, "Conditions is expired"},
		{"issuer", func(a *saml.Assertion) { a.Issuer.Value = "https://else.example" }, nil, invalid, "issuer is not"},
		{"recipient", func(a *saml.Assertion) {
			a.Subject.SubjectConfirmations[0].SubjectConfirmationData.Recipient = "https://else.example"
		}, nil, invalid, "Recipient is not"},
		{"no name ID", func(a *saml.Assertion) { a.Subject.NameID = nil }, nil, "SAML-EFG32", "Errors.Intent.MissingTransientMappingAttributeName"},
		{"transient name ID", nil, func(s *saml.Session) { s.NameIDFormat = string(saml.TransientNameIDFormat) }, "SAML-swwg2", "Errors.Intent.MissingSingleMappingAttribute"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFederation(t, 1)
			f.saml.change = test.change
			if test.person != nil {
				test.person(&f.saml.person)
			}
			start, err := f.start(f.idp)
			if err != nil {
				t.Fatal(err)
			}
			at := f.visitor().walk(start)
			q := at.url.Query()
			if q.Get("outcome") != "failure" || q.Get("error") != test.id || !strings.HasPrefix(q.Get("error_description"), "Errors.Intent.") || q.Get("token") != "" {
				t.Errorf("ended at %s: %s", at.url, at.body)
			}
			if got := f.reason(q.Get("id")); !strings.HasPrefix(got, "ID="+test.id+" Message=") || !strings.Contains(got, test.reason) {
				t.Errorf("reason = %q", got)
			}
			if _, err := f.retrieve(at); status.Code(err) != codes.PermissionDenied {
				t.Errorf("a failed intent tells %v", err)
			}
		})
	}
}

// An attribute identifies people whose NameID does not.
func TestTransientNameIDNeedsAnAttribute(t *testing.T) {
	f := newFederation(t, 1)
	attribute := "email"
	if _, err := f.owner.ManagementService().UpdateSAMLProvider(f.ctx, &management.UpdateSAMLProviderRequest{
		Id: f.idp, Name: "Linden", Metadata: &management.UpdateSAMLProviderRequest_MetadataXml{MetadataXml: f.saml.metadata()}, TransientMappingAttributeName: &attribute,
	}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*saml.Assertion){
		"transient": func(a *saml.Assertion) { a.Subject.NameID.Format = string(saml.TransientNameIDFormat) },
		"none":      func(a *saml.Assertion) { a.Subject.NameID = nil },
	} {
		f.saml.change = change
		start, err := f.start(f.idp)
		if err != nil {
			t.Fatal(err)
		}
		came, err := f.retrieve(f.visitor().walk(start))
		if err != nil || came.GetIdpInformation().GetUserId() != "maya@linden.example" {
			t.Errorf("%s: %v %v", name, came.GetIdpInformation().GetUserId(), err)
		}
	}
}

func TestUnsolicitedResponsesAreRefused(t *testing.T) {
	f := newFederation(t, 1)
	start, err := f.start(f.idp)
	if err != nil {
		t.Fatal(err)
	}
	at := f.visitor().walk(start)
	used := at.url.Query().Get("id")
	acs := f.Issuer() + "/idps/" + f.idp + "/saml/acs"
	v := f.visitor()
	if got := v.see(v.PostForm(acs, url.Values{"SAMLResponse": {"PHg+"}})); got.status != http.StatusBadRequest || !strings.Contains(got.body, "IDP-gy3ctgkqe7") {
		t.Errorf("no relay state: %d %s", got.status, got.body)
	}
	if got := v.see(v.PostForm(acs, url.Values{"SAMLResponse": {"PHg+"}, "RelayState": {used}})); got.url.Query().Get("error") != "IDP-Sfrgs" {
		t.Errorf("used intent: %s", got.url)
	}
	if got := v.see(v.PostForm(f.Issuer()+"/ui/login/login/externalidp/saml/acs", url.Values{"SAMLResponse": {"PHg+"}})); got.status != http.StatusBadRequest {
		t.Errorf("Login V1: %d %s", got.status, got.body)
	}
}

// As at the real server, nobody asks whether the provider that answers is the
// one that was asked. Only the assertion tells: it names the service provider of
// the one that answered.
func TestAnotherProviderMayAnswer(t *testing.T) {
	f, other := newFederation(t, 1), newSAMLServer(t)
	theirs := f.addSAML(f.ctx, other)
	f.link(f.lee, f.idp, "Maya-1")
	start, err := f.start(f.idp)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := url.Parse(start)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	request, err := saml.NewIdpAuthnRequest(f.saml.IdentityProvider, httptest.NewRequest(http.MethodGet, start, nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := request.Validate(); err != nil {
		t.Fatal(err)
	}
	// The same request, answered by the other for its own service provider.
	sp := f.Issuer() + "/idps/" + theirs + "/saml/"
	request.IDP, request.ServiceProviderMetadata = other.IdentityProvider, other.trusted[sp+"metadata"]
	request.SPSSODescriptor = &request.ServiceProviderMetadata.SPSSODescriptors[0]
	request.ACSEndpoint = &request.SPSSODescriptor.AssertionConsumerServices[0]
	request.HTTPRequest = r
	if err := other.MakeAssertion(request, &other.person); err != nil {
		t.Fatal(err)
	}
	form, err := request.PostBinding()
	if err != nil {
		t.Fatal(err)
	}
	v := f.visitor()
	at := v.see(v.PostForm(sp+"acs", url.Values{"SAMLResponse": {form.SAMLResponse}, "RelayState": {asked.Query().Get("RelayState")}}))
	came, err := f.retrieve(at)
	if err != nil {
		t.Fatalf("%v: %s", err, f.reason(asked.Query().Get("RelayState")))
	}
	assertion := string(came.GetIdpInformation().GetSaml().GetAssertion())
	if came.GetUserId() != f.lee || came.GetIdpInformation().GetIdpId() != f.idp || !strings.Contains(assertion, `Recipient="`+sp+`acs"`) {
		t.Errorf("came = %v", came)
	}
}

// A stand-in is the identity provider of another one.
func TestIntentByOIDC(t *testing.T) {
	f, there := newFederation(t, 1), newSchool(t, 1)
	clientID, secret := there.addClient(f.Issuer()+"/idps/callback", f.Issuer()+"/ui/login/login/externalidp/callback")
	made, err := f.owner.ManagementService().AddGenericOIDCProvider(f.ctx, &management.AddGenericOIDCProviderRequest{
		Name: "Birch", Issuer: there.Issuer(), ClientId: clientID, ClientSecret: secret, Scopes: []string{"openid", "profile", "email"}, UsePkce: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	start, err := f.start(made.GetId())
	if err != nil {
		t.Fatal(err)
	}
	if u, err := url.Parse(start); err != nil || u.Query().Get("code_challenge_method") != "S256" || u.Query().Get("prompt") != "select_account" {
		t.Errorf("starts at %s", start)
	}
	v := &visitor{f.visitor().Client, there}
	at := v.fill(v.see(v.Get(start)), "loginName", "lee", "password", password)
	if at.url.Query().Get("outcome") != "success" {
		t.Fatalf("ended at %s: %s", at.url, f.reason(at.url.Query().Get("id")))
	}
	came, err := f.retrieve(at)
	if err != nil {
		t.Fatal(err)
	}
	i := came.GetIdpInformation()
	raw := i.GetRawInformation().AsMap()
	if i.GetUserId() != there.lee || i.GetUserName() != "lee" || i.GetOauth().GetAccessToken() == "" || i.GetOauth().GetIdToken() == "" ||
		raw["given_name"] != "Lee" || raw["email"] != "lee@linden.example" || raw["email_verified"] != true {
		t.Errorf("came = %v", came)
	}
	human := came.GetCreateUser().GetHuman()
	if human.GetEmail().GetEmail() != "lee@linden.example" || !human.GetEmail().GetIsVerified() || human.GetProfile().GetFamilyName() != "Ames" || came.GetCreateUser().GetUsername() != "lee" {
		t.Errorf("createUser = %v", human)
	}
	if got := f.told(at.url.Query().Get("id")); !slices.Equal(got, []string{"idpintent.started", "idpintent.succeeded"}) {
		t.Errorf("events = %v", got)
	}
	// The provider says no.
	if start, err = f.start(made.GetId()); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(start)
	if err != nil {
		t.Fatal(err)
	}
	at = v.see(v.Get(f.Issuer() + "/idps/callback?error=access_denied&error_description=not+you&state=" + u.Query().Get("state")))
	if q := at.url.Query(); q.Get("outcome") != "failure" || q.Get("error") != "access_denied" || q.Get("error_description") != "not you" || f.reason(q.Get("id")) != "access_denied: not you" {
		t.Errorf("refused: %s, %q", at.url, f.reason(at.url.Query().Get("id")))
	}
}

func TestStartIntentErrors(t *testing.T) {
	f := newFederation(t, 1)
	nowhere, err := f.owner.ManagementService().AddGenericOIDCProvider(f.ctx, &management.AddGenericOIDCProviderRequest{
		Name: "Nowhere", Issuer: "http://127.0.0.1:1", ClientId: "x", ClientSecret: "y",
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		idp, id, text string
		code          codes.Code
	}{
		{"nope", "COMMAND-as02jin", "Identity Provider Configuration doesn't exist", codes.FailedPrecondition},
		{nowhere.GetId(), "", "OpenID Provider Configuration Discovery has failed\nGet \"http://127.0.0.1:1/.well-known/openid-configuration\"", codes.Unknown},
	} {
		_, err := f.start(test.idp)
		if st := status.Convert(err); st.Code() != test.code || detailOf(st) != test.id || !strings.HasPrefix(st.Message(), test.text) {
			t.Errorf("%s: %v", test.idp, err)
		}
	}
	// A provider that is attached to nothing, of an organization the caller is no
	// member of, is good enough.
	p := newPlatform(t)
	made, err := p.owner.ManagementService().AddSAMLProvider(withOrg(t, p.foreign), &management.AddSAMLProviderRequest{
		Name: "Theirs", Metadata: &management.AddSAMLProviderRequest_MetadataXml{MetadataXml: f.saml.metadata()},
		ProviderOptions: &idpv1.Options{},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.runtime.UserServiceV2().StartIdentityProviderIntent(t.Context(), &userv2.StartIdentityProviderIntentRequest{
		IdpId: made.GetId(), Content: &userv2.StartIdentityProviderIntentRequest_Urls{Urls: &userv2.RedirectURLs{SuccessUrl: "http://a.example/ok", FailureUrl: "http://a.example/no"}},
	}); err != nil {
		t.Errorf("foreign provider: %v", err)
	}
}
