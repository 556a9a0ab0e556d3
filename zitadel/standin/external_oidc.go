package standin

import (
	"context"
	"errors"
	"slices"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"
)

// relyingParty is Zitadel as relying party of one provider. It asks the issuer
// each time who it is.
func (s *Server) relyingParty(ctx context.Context, p *idProvider, w way) (rp.RelyingParty, error) {
	c := p.oidc
	scopes := slices.Clone(c.scopes)
	switch {
	case len(scopes) == 0:
		scopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail, oidc.ScopePhone}
	case !slices.Contains(scopes, oidc.ScopeOpenID):
		scopes = append(scopes, oidc.ScopeOpenID)
	}
	options := []rp.Option{rp.WithHTTPClient(s.client)}
	if c.pkce {
		options = append(options, rp.WithPKCE(nil))
	}
	return rp.NewRelyingPartyOIDC(ctx, c.issuer, c.clientID, c.clientSecret, w.callback, scopes, options...)
}

func (s *Server) departOIDC(ctx context.Context, p *idProvider, w way, state, hint string) (departure, error) {
	party, err := s.relyingParty(ctx, p, w)
	if err != nil {
		return departure{}, err
	}
	var d departure
	var options []rp.AuthURLOpt
	if hint == "" {
		options = append(options, rp.WithPrompt(oidc.PromptSelectAccount))
	} else {
		options = append(options, func() []oauth2.AuthCodeOption {
			return []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("login_hint", hint)}
		})
	}
	if party.IsPKCE() {
		d.verifier = oauth2.GenerateVerifier()
		options = append(options, rp.WithCodeChallenge(oidc.NewSHACodeChallenge(d.verifier)))
	}
	d.url = rp.AuthURL(state, party, options...)
	return d, nil
}

var errNoCode = errors.New("no auth code provided")

func (s *Server) arriveOIDC(ctx context.Context, p *idProvider, w way, code, verifier string) (*arrived, error) {
	party, err := s.relyingParty(ctx, p, w)
	if err != nil {
		return nil, err
	}
	if code == "" {
		return nil, errNoCode
	}
	var options []rp.CodeExchangeOpt
	if verifier != "" {
		options = append(options, rp.WithCodeVerifier(verifier))
	}
	tokens, err := rp.CodeExchange[*oidc.IDTokenClaims](ctx, code, party, options...)
	if err != nil {
		return nil, err
	}
	info := tokens.IDTokenClaims.GetUserInfo()
	if !p.oidc.idTokenMapping {
		if info, err = rp.Userinfo[*oidc.UserInfo](ctx, tokens.AccessToken, tokens.TokenType, tokens.IDTokenClaims.GetSubject(), party); err != nil {
			return nil, err
		}
	}
	a := &arrived{
		id: info.Subject, name: info.PreferredUsername, claims: info, expires: tokens.Expiry,
		accessToken: tokens.AccessToken, idToken: tokens.IDToken, refreshToken: tokens.RefreshToken,
	}
	return a, a.setRaw(info)
}
