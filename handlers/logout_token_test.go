package handlers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// signer is an OpenID provider that signs whatever it is given.
type signer struct {
	t   *testing.T
	url string
	key *ecdsa.PrivateKey
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &signer{t: t, key: key}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	answer := func(path string, value any) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(value) })
	}
	answer("/.well-known/openid-configuration", map[string]any{
		"issuer": s.url, "jwks_uri": s.url + "/keys", "token_endpoint": s.url + "/token",
		"authorization_endpoint": s.url + "/authorize", "id_token_signing_alg_values_supported": []string{"ES256"},
	})
	answer("/keys", jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "ES256", Use: "sig"}}})
	return s
}

// sign makes a token; with another key, one that only looks like it.
func (s *signer) sign(claims map[string]any, key *ecdsa.PrivateKey) string {
	s.t.Helper()
	with, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := json.Marshal(claims)
	if err != nil {
		s.t.Fatal(err)
	}
	signed, err := with.Sign(text)
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

func TestOnlyLogoutTokensOfTheIssuerEndSessions(t *testing.T) {
	provider := newSigner(t)
	p := newPortal(t)
	options := Options{
		Store: p.store, Gateway: p.gateway, Provisioner: p.opener, OIDC: OIDC{Issuer: provider.url, ClientID: "homeroom"},
		PublicURL: p.url, Projection: func() ProjectionStatus { return ProjectionStatus{} }, MailReady: p.store.Ready, Now: p.now.Now,
	}
	handler, err := New(options)
	p.check(err)
	b := p.signIn(lee) // one database: the session is that of the other portal
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.check(err)
	claims := func(change func(map[string]any)) map[string]any {
		c := map[string]any{
			"iss": provider.url, "aud": "homeroom", "sub": string(p.people[lee].ID), "jti": rand.Text(),
			"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
			"events": map[string]any{logoutEvent: map[string]any{}},
		}
		change(c)
		return c
	}
	good := provider.sign(claims(func(map[string]any) {}), provider.key)
	for _, c := range []struct {
		name   string
		token  string
		status int
	}{
		{"an ID token", provider.sign(claims(func(c map[string]any) {
			delete(c, "events")
			c["nonce"] = "n"
		}), provider.key), 400},
		{"an ID token of a refresh, without a nonce", provider.sign(claims(func(c map[string]any) { delete(c, "events") }), provider.key), 400},
		{"a logout token with a nonce", provider.sign(claims(func(c map[string]any) { c["nonce"] = "n" }), provider.key), 400},
		{"of another event", provider.sign(claims(func(c map[string]any) { c["events"] = map[string]any{"other": 1} }), provider.key), 400},
		{"for another client", provider.sign(claims(func(c map[string]any) { c["aud"] = "another" }), provider.key), 400},
		{"of another issuer", provider.sign(claims(func(c map[string]any) { c["iss"] = "https://evil.example" }), provider.key), 400},
		{"of another key", provider.sign(claims(func(map[string]any) {}), other), 400},
		{"expired", provider.sign(claims(func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }), provider.key), 400},
		{"that never expires", provider.sign(claims(func(c map[string]any) { delete(c, "exp") }), provider.key), 400},
		{"without an ID", provider.sign(claims(func(c map[string]any) { delete(c, "jti") }), provider.key), 400},
		{"for nobody", provider.sign(claims(func(c map[string]any) { delete(c, "sub") }), provider.key), 400},
		{"for somebody else", provider.sign(claims(func(c map[string]any) { c["sub"] = "u-nobody" }), provider.key), 200},
		{"for another session", provider.sign(claims(func(c map[string]any) { c["sid"] = "another" }), provider.key), 200},
	} {
		if got := logOut(handler, c.token); got != c.status {
			t.Errorf("%s: %d, want %d", c.name, got, c.status)
		}
		if seen := b.staying().get("/home"); seen.Status != http.StatusOK {
			t.Fatalf("%s ended the session", c.name)
		}
	}
	if got := logOut(handler, good); got != http.StatusOK {
		t.Errorf("a logout token: %d, want 200", got)
	}
	if seen := b.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("the session goes on: %d", seen.Status)
	}
	b = p.signIn(lee)
	if got := logOut(handler, good); got != http.StatusBadRequest || b.staying().get("/home").Status != http.StatusOK {
		t.Errorf("a logout token again: %d, want 400 and a session that goes on", got)
	}
}

func logOut(handler http.Handler, token string) int {
	form := httptest.NewRequest(http.MethodPost, views.BackChannelPath+"?logout_token=ignored", nil)
	form.PostForm = map[string][]string{"logout_token": {token}}
	form.Form = maps.Clone(form.PostForm)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, form)
	return answer.Code
}

func TestOnlyProxiesThatAreTrustedSayWhoAsks(t *testing.T) {
	for _, c := range []struct {
		name    string
		trusted []string
		peer    string
		headers map[string]string
		want    string
	}{
		{"nobody is trusted", nil, "192.0.2.1:4711", map[string]string{"X-Forwarded-For": "198.51.100.7", "X-Real-Ip": "198.51.100.7", "True-Client-Ip": "198.51.100.7"}, "192.0.2.1"},
		{"a proxy", []string{"10.0.0.0/8"}, "10.0.0.1:4711", map[string]string{"X-Forwarded-For": "198.51.100.7"}, "198.51.100.7"},
		{"what the client wrote before it", []string{"10.0.0.0/8"}, "10.0.0.1:4711", map[string]string{"X-Forwarded-For": "203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		{"past the proxy", []string{"10.0.0.0/8"}, "192.0.2.1:4711", map[string]string{"X-Forwarded-For": "198.51.100.7"}, "192.0.2.1"},
		{"a proxy that says nothing", []string{"10.0.0.0/8"}, "10.0.0.1:4711", nil, "10.0.0.1"},
		{"a proxy that says nonsense", []string{"10.0.0.0/8"}, "10.0.0.1:4711", map[string]string{"X-Forwarded-For": "<script>"}, "10.0.0.1"},
		{"IPv6", nil, "[2001:db8::1]:4711", nil, "2001:db8::1"},
	} {
		var got string
		handler := resolveAddress(c.trusted)(identify(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			got = identity.RequestFrom(r.Context()).Address
		})))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		for name, value := range c.headers {
			r.Header.Set(name, value)
		}
		handler.ServeHTTP(httptest.NewRecorder(), r)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
