package testidp

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// POST /apps/{app}/oidc/token
func (s *Server) token(w http.ResponseWriter, r *http.Request, a *App) {
	if !a.isClient(r) {
		w.Header().Set("WWW-Authenticate", "Basic")
		oauthError(w, http.StatusUnauthorized, "invalid_client", "The client secret is wrong.")
		return
	}
	if r.PostFormValue("grant_type") != "authorization_code" {
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "Codes only.")
		return
	}
	code := r.PostFormValue("code")
	s.mu.Lock()
	granted, known := s.codes[code]
	delete(s.codes, code)
	s.mu.Unlock()
	switch {
	case !known || granted.app != a || s.now().After(granted.until):
		oauthError(w, http.StatusBadRequest, "invalid_grant", "The code is unknown, used or too old.")
		return
	case granted.redirectURI != r.PostFormValue("redirect_uri"):
		oauthError(w, http.StatusBadRequest, "invalid_grant", "The redirect URI is another one.")
		return
	case granted.challenge != "" && granted.challenge != challengeOf(r.PostFormValue("code_verifier")):
		oauthError(w, http.StatusBadRequest, "invalid_grant", "The code verifier is wrong.")
		return
	}
	idToken, err := a.idToken(granted)
	if err != nil {
		oauthError(w, http.StatusInternalServerError, "server_error", err.Error())
		return
	}
	granted.until = s.now().Add(time.Hour)
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": s.remember(s.tokens, granted), "token_type": "Bearer", "expires_in": 3600, "id_token": idToken,
	})
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// isClient checks the client's ID and secret, from the header or the form.
func (a *App) isClient(r *http.Request) bool {
	options := a.Options()
	id, secret, basic := r.BasicAuth()
	if basic {
		// RFC 6749, section 2.3.1: both are form-encoded first.
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	return options.Misbehaviour != BadClient && id == options.ClientID &&
		subtle.ConstantTimeCompare([]byte(secret), []byte(options.ClientSecret)) == 1
}

// claims are the vendor's claims about a person, less or other than they should
// be where the app misbehaves.
func (a *App) claims(person Person) map[string]any {
	options := a.Options()
	if options.Misbehaviour == OtherDomain {
		person.UserName = "casey.moss@maple.example"
		person.Address = person.UserName
	}
	if options.Misbehaviour == WrongDistrict {
		person.District = "000000000000000000000000"
	}
	claims := habitsOf(options.Vendor).claims(person)
	if person.Address == "" || options.Misbehaviour == MissingAddress || options.WithoutAttributes {
		delete(claims, "email")
		delete(claims, "email_verified")
	}
	if options.Misbehaviour == MissingNames || options.WithoutAttributes {
		delete(claims, "given_name")
		delete(claims, "family_name")
		delete(claims, "name")
	}
	if options.Misbehaviour == UnverifiedAddress {
		claims["email_verified"] = false
	}
	return claims
}

// idToken is the signed statement about a person, or a wrong one.
func (a *App) idToken(granted grantedCode) (string, error) {
	options, now, key := a.Options(), a.server.now(), a.signingKey()
	claims := maps.Clone(a.claims(granted.person))
	claims["iss"], claims["aud"] = a.Issuer(), options.ClientID
	claims["iat"], claims["auth_time"], claims["exp"] = now.Unix(), now.Unix(), now.Add(time.Hour).Unix()
	if granted.nonce != "" {
		claims["nonce"] = granted.nonce
	}
	signWith := key.private
	switch options.Misbehaviour {
	case WrongIssuer:
		claims["iss"] = "https://old-idp.linden.example"
	case WrongAudience:
		claims["aud"] = "library-of-linden"
	case WrongNonce:
		claims["nonce"] = randomID()
	case Expired:
		claims["iat"], claims["exp"] = now.Add(-2*time.Hour).Unix(), now.Add(-time.Hour).Unix()
	case WrongCertificate:
		foreign, err := a.server.foreignKey()
		if err != nil {
			return "", err
		}
		signWith = foreign.private
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("write the ID token: %w", err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{
		Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: signWith, KeyID: key.id(), Algorithm: "RS256"},
	}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("sign the ID token: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign the ID token: %w", err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("write the ID token: %w", err)
	}
	if options.Misbehaviour == Tampered {
		return tamper(token, claims)
	}
	return token, nil
}

// tamper changes the address in a signed token and keeps the signature.
func tamper(token string, claims map[string]any) (string, error) {
	forged := maps.Clone(claims)
	forged["email"] = ForgedAddress
	payload, err := json.Marshal(forged)
	if err != nil {
		return "", fmt.Errorf("write the ID token: %w", err)
	}
	parts := strings.Split(token, ".")
	parts[1] = base64.RawURLEncoding.EncodeToString(payload)
	return strings.Join(parts, "."), nil
}

// GET and POST /apps/{app}/oidc/userinfo
func (s *Server) userinfo(w http.ResponseWriter, r *http.Request, a *App) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	granted, known := s.tokens[token]
	s.mu.Unlock()
	if !known || granted.app != a || s.now().After(granted.until) {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		oauthError(w, http.StatusUnauthorized, "invalid_token", "The access token is unknown or too old.")
		return
	}
	claims := a.claims(granted.person)
	if a.Options().Misbehaviour == OtherSubject {
		claims["sub"] = personID(ForgedAddress)
	}
	writeJSON(w, http.StatusOK, claims)
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}
