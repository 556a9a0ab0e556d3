package zitadel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	idppb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"google.golang.org/protobuf/proto"

	"homeroom.dev/homeroom/identity"
)

// Where Zitadel is handed a token. Login V1 waits for it with the sign-in, Login
// V2 with an intent; the browser comes with the same two parameters from both.
const (
	badgePathV1     = "/ui/login/login/jwt/authorize"
	badgeCallbackV1 = "/ui/login/login/jwt/callback"
	badgePathV2     = "/idps/jwt"
)

// CreateBadgeProvider makes the school's JWT identity provider, or brings the
// one of its name to p.
func (r *remote) CreateBadgeProvider(ctx context.Context, p identity.BadgeProvider) (identity.ProviderID, error) {
	if err := r.school(); err != nil {
		return "", err
	}
	defer r.locks.of("badge/" + string(r.opened.ID()))()
	found, err := r.badgeProvider(ctx, p.Name)
	if err != nil {
		return "", err
	}
	if found == nil {
		return r.addBadgeProvider(ctx, p)
	}
	id := identity.ProviderID(found.GetId())
	if proto.Equal(found.GetConfig().GetJwt(), jwtConfig(p)) {
		return id, nil
	}
	_, err = r.client.ManagementService().UpdateJWTProvider(r.here(ctx), &managementpb.UpdateJWTProviderRequest{
		Id: found.GetId(), Name: p.Name, Issuer: p.Issuer, JwtEndpoint: p.Endpoint, KeysEndpoint: p.Keys, HeaderName: p.Header,
		ProviderOptions: nothingAutomatic(),
	})
	if err != nil {
		return "", failProvider("update JWT provider", err)
	}
	return id, r.shownBadgeProvider(ctx, id, p)
}

func (r *remote) addBadgeProvider(ctx context.Context, p identity.BadgeProvider) (identity.ProviderID, error) {
	added, err := r.client.ManagementService().AddJWTProvider(r.here(ctx), &managementpb.AddJWTProviderRequest{
		Name: p.Name, Issuer: p.Issuer, JwtEndpoint: p.Endpoint, KeysEndpoint: p.Keys, HeaderName: p.Header,
		ProviderOptions: nothingAutomatic(),
	})
	if err != nil {
		return "", failProvider("add JWT provider", err)
	}
	id := identity.ProviderID(added.GetId())
	return id, r.shownBadgeProvider(ctx, id, p)
}

// shownBadgeProvider waits until Zitadel shows the provider as p.
func (r *remote) shownBadgeProvider(ctx context.Context, id identity.ProviderID, p identity.BadgeProvider) error {
	found, err := shown(ctx, func() (bool, error) {
		is, err := r.ownProvider(ctx, id)
		if identity.IsKind(err, identity.KindNotFound) {
			return false, nil
		}
		return proto.Equal(is.GetConfig().GetJwt(), jwtConfig(p)), err
	})
	if err == nil && !found {
		err = notShown("read JWT provider back")
	}
	return err
}

// badgeProvider finds the school's own JWT identity provider of a name, or nil.
// Names are no keys at Zitadel: of several the oldest counts.
func (r *remote) badgeProvider(ctx context.Context, name string) (*idppb.Provider, error) {
	answer, err := r.client.ManagementService().ListProviders(r.here(ctx), &managementpb.ListProvidersRequest{
		Query: &objectpb.ListQuery{Limit: 100, Asc: true},
		Queries: []*managementpb.ProviderQuery{
			{Query: &managementpb.ProviderQuery_IdpNameQuery{IdpNameQuery: &idppb.IDPNameQuery{Name: name}}},
			{Query: &managementpb.ProviderQuery_OwnerTypeQuery{OwnerTypeQuery: &idppb.IDPOwnerTypeQuery{OwnerType: idppb.IDPOwnerType_IDP_OWNER_TYPE_ORG}}},
		},
	})
	if err != nil {
		return nil, fail("list identity providers", err, "organization.not-found")
	}
	own := slices.DeleteFunc(answer.GetResult(), func(p *idppb.Provider) bool {
		return p.GetName() != name || p.GetConfig().GetJwt() == nil || shared(p) || p.GetDetails().GetResourceOwner() != string(r.opened.ID())
	})
	if len(own) == 0 {
		return nil, nil
	}
	return slices.MinFunc(own, func(a, b *idppb.Provider) int {
		return at(a.GetDetails().GetCreationDate()).Compare(at(b.GetDetails().GetCreationDate()))
	}), nil
}

func jwtConfig(p identity.BadgeProvider) *idppb.JWTConfig {
	return &idppb.JWTConfig{Issuer: p.Issuer, JwtEndpoint: p.Endpoint, KeysEndpoint: p.Keys, HeaderName: p.Header}
}

// AnswerBadge hands Zitadel the token for a sign-in that waits for one. The
// browser is only ever sent on to Zitadel's own pages, whatever the answer says.
func (r *Runtime) AnswerBadge(ctx context.Context, request identity.BadgeRequest, header, token string) (string, error) {
	const doing = "answer a badge"
	if request.AuthRequest == "" || request.UserAgent == "" || header == "" || token == "" {
		return "", identity.Gone("sign-in.lost")
	}
	pages, err := r.LoginPages(ctx)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	path := badgePathV1
	if pages.Version == 2 {
		path = badgePathV2
	}
	query := url.Values{"authRequestID": {request.AuthRequest}, "userAgentID": {request.UserAgent}}
	ask, err := http.NewRequestWithContext(ctx, http.MethodGet, r.config.Issuer+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return "", fmt.Errorf("%s: %w", doing, err)
	}
	// Zitadel keeps every header with the sign-in, for ever: nothing of the
	// portal's own is to be among them, and the token is good for seconds.
	ask.Header.Set("User-Agent", request.Browser)
	if request.Address != "" {
		ask.Header.Set("X-Forwarded-For", request.Address)
	}
	ask.Header.Set(header, token)
	server := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := server.Do(ask)
	if err != nil {
		// Its text has the address of a sign-in that goes on.
		if failed := (*url.Error)(nil); errors.As(err, &failed) {
			err = failed.Err
		}
		return "", identity.Unavailable("remote.unavailable").Because(fmt.Errorf("%s: %w", doing, err))
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusInternalServerError {
		return "", identity.Unavailable("remote.unavailable").Because(fmt.Errorf("%s: %s", doing, answer.Status))
	}
	location, err := answer.Location()
	if err != nil {
		return "", identity.Gone("sign-in.lost").Because(fmt.Errorf("%s: %s without a redirect", doing, answer.Status))
	}
	if reason := r.leadsAstray(location, pages); reason != "" {
		return "", identity.Gone("sign-in.lost").Because(fmt.Errorf("%s: %s", doing, reason))
	}
	return location.String(), nil
}

// leadsAstray tells why a browser is not to be sent to location.
func (r *Runtime) leadsAstray(location *url.URL, pages identity.LoginPages) string {
	place, query := location.Scheme+"://"+location.Host+location.Path, location.Query()
	switch {
	case location.User != nil:
		return "led to an address with a password"
	case pages.Version == 1 && place != r.config.Issuer+badgeCallbackV1:
		return "led to " + place
	case pages.Version == 2 && !strings.HasPrefix(place, pages.Base+"/"):
		return "led to " + place
	case pages.Version == 2 && query.Get("token") == "":
		return "refused: " + query.Get("error") + " " + query.Get("error_description")
	}
	return ""
}
