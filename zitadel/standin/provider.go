package standin

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// endpoints puts the provider library's own default paths to Zitadel's, once:
// its options would change them in the same place each time, under the hands
// of servers that run already.
var endpoints = sync.OnceFunc(func() {
	op.DefaultEndpoints = &op.Endpoints{
		Authorization:       op.NewEndpoint("/oauth/v2/authorize"),
		Token:               op.NewEndpoint("/oauth/v2/token"),
		Introspection:       op.NewEndpoint("/oauth/v2/introspect"),
		Userinfo:            op.NewEndpoint("/oidc/v1/userinfo"),
		Revocation:          op.NewEndpoint("/oauth/v2/revoke"),
		EndSession:          op.NewEndpoint("/oidc/v1/end_session"),
		JwksURI:             op.NewEndpoint("/oauth/v2/keys"),
		DeviceAuthorization: op.NewEndpoint("/oauth/v2/device_authorization"),
	}
})

func (s *Server) newProvider() (*op.Provider, error) {
	endpoints()
	config := &op.Config{
		CodeMethodS256: true, AuthMethodPost: true, AuthMethodPrivateKeyJWT: true, GrantTypeRefreshToken: true,
		BackChannelLogoutSupported: true, BackChannelLogoutSessionSupported: true,
		DefaultLogoutRedirectURI: "/ui/login/logout/done",
	}
	if s.version == 2 {
		config.DefaultLogoutRedirectURI = "/ui/v2/login/logout/done"
	}
	if _, err := rand.Read(config.CryptoKey[:]); err != nil {
		return nil, fmt.Errorf("make the token key: %w", err)
	}
	issuer := func(bool) (op.IssuerFromRequest, error) { return s.issuerOf, nil }
	return op.NewProvider(config, &storage{s: s}, issuer, op.WithAllowInsecure())
}

// storage is what the provider library asks for; all of it is the state.
type storage struct{ s *Server }

// signingKey signs every token of the server.
type signingKey struct {
	id  string
	key *rsa.PrivateKey
}

func (k signingKey) ID() string                                  { return k.id }
func (k signingKey) Key() any                                    { return k.key }
func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }

// publicKey is its other half.
type publicKey struct{ signingKey }

func (k publicKey) Key() any                           { return &k.key.PublicKey }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }

func (x *storage) SigningKey(context.Context) (op.SigningKey, error) { return x.s.signing, nil }

func (x *storage) SignatureAlgorithms(context.Context) ([]jose.SignatureAlgorithm, error) {
	return []jose.SignatureAlgorithm{jose.RS256}, nil
}

func (x *storage) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publicKey{x.s.signing}}, nil
}

func (x *storage) Health(context.Context) error { return nil }

func (x *storage) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	a := s.apps[id]
	if a == nil || a.api {
		return nil, oidc.ErrInvalidClient().WithDescription("Errors.App.NotFound")
	}
	known := *a
	if a.console {
		known.redirectURIs = []string{s.issuer + consoleCallback}
	}
	return client{app: known, version: s.loginVersionOf(a), idLife: s.instance.oidc.id}, nil
}

// loginVersionOf is the application's own, or the server's.
func (s *Server) loginVersionOf(a *app) int {
	switch {
	case a.loginVersion.GetLoginV1() != nil:
		return 1
	case a.loginVersion.GetLoginV2() != nil:
		return 2
	default:
		return s.version
	}
}

func (x *storage) AuthorizeClientIDSecret(_ context.Context, id, secret string) error {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	if a := s.apps[id]; a == nil || a.secret == "" || a.secret != secret {
		return oidc.ErrUnauthorizedClient().WithDescription("Errors.App.ClientSecretInvalid")
	}
	return nil
}

func (x *storage) CreateAuthRequest(ctx context.Context, in *oidc.AuthRequest, hinted string) (op.AuthRequest, error) {
	s := x.s
	s.Lock()
	defer s.Unlock()
	s.forgetRequests()
	a := &authRequest{
		id: s.nextID(), created: time.Now(), in: in, hinted: hinted, agent: agentOf(ctx),
		audience: s.audience(in.ClientID, in.Scopes),
	}
	s.requests[a.id] = a
	return a, nil
}

// requestLife is how long somebody may take to sign in.
const requestLife = 30 * time.Minute

func (s *state) forgetRequests() {
	for id, a := range s.requests {
		if time.Since(a.created) > requestLife {
			delete(s.requests, id)
			delete(s.codes, a.code)
		}
	}
}

var errNoRequest = errors.New("no such auth request")

func (x *storage) AuthRequestByID(_ context.Context, id string) (op.AuthRequest, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	if a := s.requests[id]; a != nil {
		copied := *a
		return &copied, nil
	}
	return nil, errNoRequest
}

func (x *storage) AuthRequestByCode(_ context.Context, code string) (op.AuthRequest, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	if a := s.codes[code]; a != nil {
		copied := *a
		return &copied, nil
	}
	return nil, errNoRequest
}

func (x *storage) SaveAuthCode(_ context.Context, id, code string) error {
	s := x.s
	s.Lock()
	defer s.Unlock()
	a := s.requests[id]
	if a == nil {
		return errNoRequest
	}
	a.code = code
	s.codes[code] = a
	return nil
}

func (x *storage) DeleteAuthRequest(_ context.Context, id string) error {
	s := x.s
	s.Lock()
	defer s.Unlock()
	if a := s.requests[id]; a != nil {
		delete(s.codes, a.code)
		delete(s.requests, id)
	}
	return nil
}

func (x *storage) CreateAccessToken(_ context.Context, r op.TokenRequest) (string, time.Time, error) {
	s := x.s
	s.Lock()
	defer s.Unlock()
	t, err := s.issue(r)
	if err != nil {
		return "", time.Time{}, err
	}
	return t.id, t.expires, nil
}

// issue makes an access token for a request of any kind.
func (s *Server) issue(r op.TokenRequest) (*accessToken, error) {
	u := s.users[r.GetSubject()]
	if u == nil || u.state != userActive {
		return nil, oidc.ErrInvalidRequest().WithDescription("Errors.User.NotActive")
	}
	s.sweep()
	t := &accessToken{
		user: u.id, audience: r.GetAudience(), scopes: r.GetScopes(),
		issued: time.Now(), expires: time.Now().Add(s.instance.oidc.access),
	}
	parent := s.nextID()
	switch r := r.(type) {
	case *authRequest:
		t.client, t.session, t.authTime, t.amr = r.GetClientID(), r.session, r.authTime, r.GetAMR()
	case *refreshRequest:
		t.client, t.session, t.authTime, t.amr = r.GetClientID(), r.token.session, r.token.authTime, r.token.amr
	default:
		t.machine = true
		t.audience = s.audience("", r.GetScopes())
	}
	t.id = "V2_" + parent + "-at_" + s.nextID()
	if from, signedIn := r.(*authRequest); signedIn {
		s.tellSignedIn(u, "V2_"+parent, from)
	}
	s.tokens[t.id] = t
	return t, nil
}

// tellSignedIn is the event in which every kind of sign-in ends.
func (s *state) tellSignedIn(u *user, id string, a *authRequest) {
	data := trimmed(values{"nonce": a.in.Nonce})
	data["userID"], data["userResourceOwner"], data["sessionID"], data["clientID"] = u.id, u.owner, a.session, a.in.ClientID
	data["scope"], data["audience"], data["authMethods"] = []string(a.in.Scopes), a.audience, a.methods
	data["authTime"] = a.authTime.UTC().Format(time.RFC3339Nano)
	if tag := u.languageTag(); tag != "und" {
		data["preferredLanguage"] = tag
	}
	if len(a.device) > 0 {
		data["userAgent"] = a.device
	}
	s.begin(u.id).emit(&aggregate{id: id, kind: kindOIDC, owner: u.owner}, "oidc_session.added", data)
}

func (x *storage) CreateAccessAndRefreshTokens(_ context.Context, r op.TokenRequest, current string) (string, string, time.Time, error) {
	s := x.s
	s.Lock()
	defer s.Unlock()
	fail := func(err error) (string, string, time.Time, error) { return "", "", time.Time{}, err }
	if used, ok := r.(*refreshRequest); ok && s.refreshes[used.token.token] != used.token {
		return fail(oidc.ErrInvalidGrant().WithDescription("Errors.OIDCSession.RefreshTokenInvalid"))
	}
	t, err := s.issue(r)
	if err != nil {
		return fail(err)
	}
	next := &refreshToken{
		token: randomToken(48), user: t.user, client: t.client, audience: t.audience, scopes: t.scopes,
		authTime: t.authTime, amr: t.amr, session: t.session, access: t.id, expires: time.Now().Add(s.instance.oidc.refresh),
		idle: time.Now().Add(s.instance.oidc.refreshIdle),
	}
	if used, ok := r.(*refreshRequest); ok {
		// A refresh token works once, and the access token that came with it
		// ends with it. What was asked for first may be asked for again.
		if old := s.tokens[used.token.access]; old != nil {
			old.dead = true
		}
		next.scopes, next.expires = used.token.scopes, used.token.expires
		delete(s.refreshes, current)
	}
	t.refresh = next.token
	s.refreshes[next.token] = next
	return t.id, next.token, t.expires, nil
}

func (x *storage) TokenRequestByRefreshToken(_ context.Context, token string) (op.RefreshTokenRequest, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	r := s.refreshes[token]
	if r == nil || time.Now().After(r.expires) || time.Now().After(r.idle) {
		return nil, oidc.ErrInvalidGrant().WithDescription("Errors.OIDCSession.RefreshTokenInvalid")
	}
	return &refreshRequest{token: r, scopes: r.scopes}, nil
}

func (x *storage) GetRefreshTokenInfo(_ context.Context, _, token string) (userID, tokenID string, err error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	if r := s.refreshes[token]; r != nil {
		return r.user, r.token, nil
	}
	return "", "", op.ErrInvalidRefreshToken
}

// RevokeToken ends a refresh token with its access token, or an access token.
// One that is unknown is no error.
func (x *storage) RevokeToken(_ context.Context, id, _, clientID string) *oidc.Error {
	s := x.s
	s.Lock()
	defer s.Unlock()
	if r := s.refreshes[id]; r != nil {
		if r.client != clientID {
			return oidc.ErrInvalidClient().WithDescription("token was not issued for this client")
		}
		delete(s.refreshes, id)
		id = r.access
	}
	if t := s.tokens[id]; t != nil {
		if t.client != clientID {
			return oidc.ErrInvalidClient().WithDescription("token was not issued for this client")
		}
		t.dead = true
	}
	return nil
}

func (x *storage) GetKeyByIDAndClientID(_ context.Context, keyID, userID string) (*jose.JSONWebKey, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	k := s.keys[keyID]
	if k == nil || k.user != userID || time.Now().After(k.expires) {
		return nil, oidc.ErrInvalidGrant().WithDescription("invalid key")
	}
	return &jose.JSONWebKey{KeyID: k.id, Use: "sig", Algorithm: string(jose.RS256), Key: k.public}, nil
}

func (x *storage) ValidateJWTProfileScopes(_ context.Context, userID string, scopes []string) ([]string, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	u := s.users[userID]
	if u == nil || !u.machine || u.state != userActive {
		return nil, oidc.ErrInvalidGrant().WithDescription("Errors.User.NotFound")
	}
	if orgs := after(scopes, scopeOrgID); len(orgs) > 0 && !slices.Contains(orgs, u.owner) {
		return nil, oidc.ErrInvalidScope().WithDescription("User is no member of the required organization")
	}
	return scopes, nil
}
