package testidp

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// grantedCode is a person's consent, behind a code and then behind an access token.
type grantedCode struct {
	app         *App
	person      Person
	redirectURI string
	challenge   string // of PKCE, S256; empty: none
	nonce       string
	until       time.Time
}

// GET /apps/{app}/oidc/.well-known/openid-configuration
func (s *Server) discovery(w http.ResponseWriter, _ *http.Request, a *App) {
	issuer := a.Issuer()
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": issuer, "authorization_endpoint": issuer + "/authorize", "token_endpoint": issuer + "/token",
		"userinfo_endpoint": issuer + "/userinfo", "jwks_uri": issuer + "/jwks",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"}, "grant_types_supported": []string{"authorization_code"},
		"scopes_supported":                      []string{"openid", "profile", "email"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
	})
}

// GET /apps/{app}/oidc/jwks
func (s *Server) jwks(w http.ResponseWriter, _ *http.Request, a *App) {
	var set jose.JSONWebKeySet
	a.mu.Lock()
	for _, key := range a.keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.private.Public(), KeyID: key.id(), Algorithm: "RS256", Use: "sig"})
	}
	a.mu.Unlock()
	writeJSON(w, http.StatusOK, set)
}

// GET /apps/{app}/oidc/authorize
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, a *App) {
	options, query := a.Options(), r.URL.Query()
	redirectURI := query.Get("redirect_uri")
	switch {
	case query.Get("client_id") != options.ClientID:
		s.refuse(w, http.StatusBadRequest, "invalid_client: no app has the client ID "+query.Get("client_id")+".")
		return
	case !slices.Contains(options.RedirectURIs, redirectURI):
		s.refuse(w, http.StatusBadRequest, "redirect_uri_mismatch: "+redirectURI+" is not among this app's redirect URIs.")
		return
	}
	back := func(w http.ResponseWriter, r *http.Request, values url.Values) {
		values.Set("state", query.Get("state"))
		separator := "?"
		if strings.Contains(redirectURI, "?") {
			separator = "&"
		}
		http.Redirect(w, r, redirectURI+separator+values.Encode(), http.StatusFound)
	}
	if problem := unsupported(query); problem != "" {
		back(w, r, url.Values{"error": {problem}})
		return
	}
	prompt := strings.Fields(query.Get("prompt"))
	again := slices.Contains(prompt, "login") || slices.Contains(prompt, "select_account") || query.Get("max_age") == "0"
	s.ask(w, r, pendingSignIn{app: a, hint: query.Get("login_hint"), answer: func(w http.ResponseWriter, r *http.Request, person Person) {
		if a.Options().Misbehaviour == AccessDenied {
			back(w, r, url.Values{"error": {"access_denied"}, "error_description": {"The person is not assigned to this application."}})
			return
		}
		code := s.remember(s.codes, grantedCode{
			app: a, person: person, redirectURI: redirectURI, challenge: query.Get("code_challenge"),
			nonce: query.Get("nonce"), until: s.now().Add(time.Minute),
		})
		back(w, r, url.Values{"code": {code}})
	}}, again)
}

// remember keeps what was granted behind a new secret, and forgets what is over.
func (s *Server) remember(granted map[string]grantedCode, g grantedCode) string {
	secret, now := randomID(), s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(granted, func(_ string, old grantedCode) bool { return now.After(old.until) })
	granted[secret] = g
	return secret
}

// unsupported is the error code for a request that the provider does not serve.
func unsupported(query url.Values) string {
	switch {
	case query.Get("response_type") != "code":
		return "unsupported_response_type"
	case !slices.Contains(strings.Fields(query.Get("scope")), "openid"):
		return "invalid_scope"
	case query.Get("code_challenge") != "" && query.Get("code_challenge_method") != "S256":
		return "invalid_request"
	}
	return ""
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the reader went away
}

func oauthError(w http.ResponseWriter, status int, code, description string) {
	writeJSON(w, status, map[string]string{"error": code, "error_description": description})
}
