package standin

import (
	"context"
	"errors"
	"slices"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// SetUserinfoFromScopes does nothing: the request says more, see
// SetUserinfoFromRequest.
func (x *storage) SetUserinfoFromScopes(context.Context, *oidc.UserInfo, string, string, []string) error {
	return nil
}

// SetUserinfoFromRequest fills an id token. Its sid is what back-channel logout
// will name.
func (x *storage) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, r op.IDTokenRequest, scopes []string) error {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	u := s.users[r.GetSubject()]
	if u == nil {
		return oidc.ErrInvalidRequest().WithDescription("Errors.User.NotActive")
	}
	s.describe(info, u, scopes)
	a := s.apps[r.GetClientID()]
	roles := a != nil && a.idTokenRoles && s.assertsRoles(r.GetClientID(), scopes)
	for key, value := range s.privateClaims(u, r.GetClientID(), scopes, roles) {
		info.AppendClaims(key, value)
	}
	switch r := r.(type) {
	case *authRequest:
		info.AppendClaims("sid", r.session)
	case *refreshRequest:
		info.AppendClaims("sid", r.token.session)
	}
	return nil
}

var errToken = errors.New("the token is void")

// SetUserinfoFromToken answers the userinfo endpoint.
func (x *storage) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, id, subject, _ string) error {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	t, u := s.tokens[id], s.users[subject]
	if t == nil || u == nil || t.dead {
		return errToken
	}
	s.describe(info, u, t.scopes)
	for key, value := range s.privateClaims(u, t.client, t.scopes, s.assertsRoles(t.client, t.scopes)) {
		info.AppendClaims(key, value)
	}
	return nil
}

// SetIntrospectionFromToken tells an API what a token stands for, with the
// roles of the API's own project alone.
func (x *storage) SetIntrospectionFromToken(_ context.Context, answer *oidc.IntrospectionResponse, id, subject, clientID string) error {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	t, u := s.tokens[id], s.users[subject]
	asking := s.apps[clientID]
	if t == nil || t.dead || u == nil || u.state != userActive || asking == nil {
		return errToken
	}
	if !slices.Contains(t.audience, clientID) && !slices.Contains(t.audience, asking.project.id) {
		return errToken
	}
	info := new(oidc.UserInfo)
	s.describe(info, u, t.scopes)
	for key, value := range s.privateClaims(u, clientID, t.scopes, true) {
		info.AppendClaims(key, value)
	}
	answer.SetUserInfo(info)
	answer.Scope = append(slices.Clone(t.scopes), scopeProjectRole+"*")
	answer.ClientID, answer.TokenType, answer.Audience, answer.Issuer = t.client, oidc.BearerToken, t.audience, s.issuer
	answer.Expiration, answer.IssuedAt, answer.NotBefore = oidc.FromTime(t.expires), oidc.FromTime(t.issued), oidc.FromTime(t.issued)
	answer.AuthTime, answer.AuthenticationMethodsReferences, answer.JWTID = oidc.FromTime(t.authTime), t.amr, t.id
	return nil
}

// GetPrivateClaimsFromScopes fills a signed access token.
func (x *storage) GetPrivateClaimsFromScopes(_ context.Context, userID, clientID string, scopes []string) (map[string]any, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	u := s.users[userID]
	if u == nil {
		return nil, oidc.ErrInvalidRequest().WithDescription("Errors.User.NotActive")
	}
	a := s.apps[clientID]
	roles := a != nil && a.accessTokenRoles && s.assertsRoles(clientID, scopes)
	return s.privateClaims(u, clientID, scopes, roles), nil
}
