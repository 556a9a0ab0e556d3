package testidp_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso/testidp"
)

const redirectURI = "http://localhost:18080/idps/callback"

// relyingParty is zitadel/oidc's, which Zitadel itself uses.
func relyingParty(t *testing.T, app *testidp.App) rp.RelyingParty {
	t.Helper()
	options := app.Options()
	party, err := rp.NewRelyingPartyOIDC(t.Context(), app.Issuer(), options.ClientID, options.ClientSecret, redirectURI,
		[]string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail})
	if err != nil {
		t.Fatal(err)
	}
	return party
}

// arrive signs a person in over OpenID Connect, and returns the userinfo claims
// or why there are none.
func arrive(t *testing.T, party rp.RelyingParty, browser *http.Client, person string, options ...rp.AuthURLOpt) (map[string]any, error) {
	t.Helper()
	verifier := oauth2.GenerateVerifier()
	options = append(options, rp.WithCodeChallenge(oidc.NewSHACodeChallenge(verifier)))
	browser.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), redirectURI) {
			return http.ErrUseLastResponse
		}
		return nil
	}
	answer, err := testidp.Visit(t.Context(), browser, rp.AuthURL("state", party, options...), person)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	back, err := answer.Location()
	if err != nil {
		t.Fatalf("nobody came back: %s", answer.Status)
	}
	if got := back.Query().Get("state"); got != "state" {
		t.Errorf("state %q came back", got)
	}
	if code := back.Query().Get("error"); code != "" {
		return nil, errors.New(code)
	}
	tokens, err := rp.CodeExchange[*oidc.IDTokenClaims](t.Context(), back.Query().Get("code"), party, rp.WithCodeVerifier(verifier))
	if err != nil {
		return nil, err
	}
	info, err := rp.Userinfo[*oidc.UserInfo](t.Context(), tokens.AccessToken, tokens.TokenType, tokens.IDTokenClaims.GetSubject(), party)
	if err != nil {
		return nil, err
	}
	claims := map[string]any{"sub": info.Subject, "email": info.Email, "email_verified": bool(info.EmailVerified)}
	for name, value := range info.Claims {
		claims[name] = value
	}
	return claims, nil
}

func newOIDCApp(t *testing.T, s *testidp.Server, vendor identity.Vendor) *testidp.App {
	t.Helper()
	app, err := s.CreateApp(testidp.AppOptions{
		Name: "Homeroom", Vendor: vendor, Protocol: identity.ProtocolOIDC, RedirectURIs: []string{redirectURI},
	})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// Zitadel's own library takes or refuses each misbehaviour as the table says.
func TestOIDCMisbehavioursAreRefusedForTheirReason(t *testing.T) {
	app := newOIDCApp(t, newServer(t), identity.VendorOIDC)
	for _, want := range testidp.Verdicts(identity.ProtocolOIDC) {
		if err := app.SetMisbehaviour(want.Misbehaviour); err != nil {
			t.Fatal(err)
		}
		claims, err := arrive(t, relyingParty(t, app), newBrowser(t), "sam.kim@linden.example")
		switch {
		case want.Accepted != (err == nil):
			t.Errorf("%s: accepted %v (%v), want %v", want.Misbehaviour, err == nil, err, want.Accepted)
		case err != nil && !strings.Contains(err.Error(), want.Reason):
			t.Errorf("%s: refused for %q, want %q", want.Misbehaviour, err, want.Reason)
		case claims["email"] == testidp.ForgedAddress:
			t.Errorf("%s: the forged person arrived", want.Misbehaviour)
		}
	}
}

// Each vendor sends its own claims.
func TestOIDCVendorsSendTheirOwnClaims(t *testing.T) {
	server := newServer(t)
	for _, tt := range []struct {
		vendor identity.Vendor
		has    map[string]any
		lacks  []string
	}{
		{identity.VendorOkta, map[string]any{"preferred_username": "sam.kim@linden.example", "email_verified": true}, nil},
		{identity.VendorEntra, map[string]any{"preferred_username": "sam.kim@linden.example"}, []string{"email_verified"}},
		{identity.VendorGoogle, map[string]any{"hd": "linden.example", "email_verified": true}, []string{"preferred_username"}},
		{identity.VendorOneLogin, map[string]any{"preferred_username": "sam.kim@linden.example"}, []string{"email_verified"}},
		{identity.VendorClever, map[string]any{"district": testidp.LindenDistrict, "user_type": "student"}, []string{"name"}},
		{identity.VendorClassLink, map[string]any{"TenantId": testidp.LindenDistrict, "Role": "Student"}, []string{"name"}},
		{identity.VendorOIDC, map[string]any{"name": "Sam Kim", "email_verified": true}, nil},
	} {
		got, err := arrive(t, relyingParty(t, newOIDCApp(t, server, tt.vendor)), newBrowser(t), "sam.kim@linden.example")
		if err != nil {
			t.Errorf("%s: %v", tt.vendor, err)
			continue
		}
		want := map[string]any{"email": "sam.kim@linden.example", "given_name": "Sam", "family_name": "Kim"}
		for name, value := range tt.has {
			want[name] = value
		}
		for name, value := range want {
			if diff := cmp.Diff(value, got[name]); diff != "" {
				t.Errorf("%s: %s: %s", tt.vendor, name, diff)
			}
		}
		for _, name := range tt.lacks {
			if value, there := got[name]; there && value != false {
				t.Errorf("%s sends %s", tt.vendor, name)
			}
		}
	}
}

// What does not belong to the app is refused before anybody signs in, and a
// code buys tokens once.
func TestOIDCRefusesWhatIsNotRegistered(t *testing.T) {
	app := newOIDCApp(t, newServer(t), identity.VendorOIDC)
	good := url.Values{
		"client_id": {app.Options().ClientID}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"},
	}
	for _, tt := range []struct {
		name, parameter, value string
		status                 int
		says, error            string
	}{
		{"another client", "client_id", "other", http.StatusBadRequest, "invalid_client", ""},
		{"another redirect URI", "redirect_uri", "https://evil.example/", http.StatusBadRequest, "redirect_uri_mismatch", ""},
		{"implicit flow", "response_type", "token", http.StatusFound, "", "unsupported_response_type"},
		{"no openid", "scope", "profile", http.StatusFound, "", "invalid_scope"},
	} {
		query := url.Values{}
		for name, values := range good {
			query[name] = values
		}
		query.Set(tt.parameter, tt.value)
		status, location, body := get(t, newBrowser(t), app.Issuer()+"/authorize?"+query.Encode())
		if status != tt.status || !strings.Contains(body, tt.says) {
			t.Errorf("%s: %d %q, want %d with %q", tt.name, status, body, tt.status, tt.says)
		}
		if got := location.Query().Get("error"); got != tt.error {
			t.Errorf("%s: error %q, want %q", tt.name, got, tt.error)
		}
	}
	for _, tt := range []struct {
		name, client, secret, grant string
		status                      int
		error                       string
	}{
		{"a wrong secret", app.Options().ClientID, "wrong", "authorization_code", http.StatusUnauthorized, "invalid_client"},
		{"no such grant", app.Options().ClientID, app.Options().ClientSecret, "password", http.StatusBadRequest, "unsupported_grant_type"},
		{"no such code", app.Options().ClientID, app.Options().ClientSecret, "authorization_code", http.StatusBadRequest, "invalid_grant"},
	} {
		status, body := post(t, newBrowser(t), app.Issuer()+"/token", url.Values{
			"client_id": {tt.client}, "client_secret": {tt.secret}, "grant_type": {tt.grant}, "code": {"nothing"},
		})
		if status != tt.status || !strings.Contains(body, tt.error) {
			t.Errorf("%s: %d %s, want %d %s", tt.name, status, body, tt.status, tt.error)
		}
	}
}
