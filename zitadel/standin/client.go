package standin

import (
	"fmt"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// client is an application as the provider library wants to see it. It is made
// for one request and does not change.
type client struct {
	app
	version int
	idLife  time.Duration
}

func (c client) GetID() string                    { return c.clientID }
func (c client) RedirectURIs() []string           { return c.redirectURIs }
func (c client) PostLogoutRedirectURIs() []string { return c.logoutURIs }
func (c client) DevMode() bool                    { return c.devMode }
func (c client) ClockSkew() time.Duration         { return c.skew }
func (c client) IDTokenLifetime() time.Duration   { return c.idLife }

func (c client) ApplicationType() op.ApplicationType { return op.ApplicationType(c.appType) }

func (c client) AuthMethod() oidc.AuthMethod {
	return []oidc.AuthMethod{oidc.AuthMethodBasic, oidc.AuthMethodPost, oidc.AuthMethodNone, oidc.AuthMethodPrivateKeyJWT}[c.authMethod]
}

func (c client) ResponseTypes() []oidc.ResponseType {
	known := map[int32]oidc.ResponseType{1: oidc.ResponseTypeCode, 2: oidc.ResponseTypeIDTokenOnly, 3: oidc.ResponseTypeIDToken}
	var types []oidc.ResponseType
	for _, t := range c.responseTypes {
		types = append(types, known[t])
	}
	return types
}

func (c client) GrantTypes() []oidc.GrantType {
	known := map[int32]oidc.GrantType{0: oidc.GrantTypeCode, 1: oidc.GrantTypeImplicit, 2: oidc.GrantTypeRefreshToken}
	var types []oidc.GrantType
	for _, t := range c.grantTypes {
		if g, ok := known[t]; ok {
			types = append(types, g)
		}
	}
	return types
}

// LoginURL shows by its path which of Zitadel's login pages are in use.
func (c client) LoginURL(id string) string { return loginURL(c.version, id) }

func loginURL(version int, id string) string {
	if version == 2 {
		return fmt.Sprintf("/ui/v2/login/login?authRequest=V2_%s", id)
	}
	return fmt.Sprintf("/ui/login/login?authRequestID=%s", id)
}

func (c client) AccessTokenType() op.AccessTokenType {
	if c.tokenType == 1 {
		return op.AccessTokenTypeJWT
	}
	return op.AccessTokenTypeBearer
}

func (c client) RestrictAdditionalIdTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

func (c client) RestrictAdditionalAccessTokenScopes() func([]string) []string {
	return func(scopes []string) []string { return scopes }
}

func (c client) IsScopeAllowed(scope string) bool {
	return strings.HasPrefix(scope, "urn:zitadel:iam:")
}

func (c client) IDTokenUserinfoClaimsAssertion() bool { return c.idTokenUserinfo }
