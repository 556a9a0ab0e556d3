package standin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	idpv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
)

// jwtIDP takes the word of a signed token for who somebody is.
type jwtIDP struct {
	issuer, endpoint, keys, header string
}

// jwtRequest is what the requests that add or change a JWT provider have in
// common.
type jwtRequest interface {
	GetName() string
	GetIssuer() string
	GetJwtEndpoint() string
	GetKeysEndpoint() string
	GetHeaderName() string
	GetProviderOptions() *idpv1.Options
}

func jwtOf(r jwtRequest) *jwtIDP {
	return &jwtIDP{
		issuer: strings.TrimSpace(r.GetIssuer()), endpoint: strings.TrimSpace(r.GetJwtEndpoint()),
		keys: strings.TrimSpace(r.GetKeysEndpoint()), header: strings.TrimSpace(r.GetHeaderName()),
	}
}

// checkJWT is what the validators of the real server refuse. Whether there is
// anything at the addresses does not matter.
func checkJWT(message string, r jwtRequest, keysOptional bool) error {
	for _, f := range []struct{ name, value string }{
		{"Name", r.GetName()},
		{"Issuer", r.GetIssuer()},
		{"JwtEndpoint", r.GetJwtEndpoint()},
		{"KeysEndpoint", r.GetKeysEndpoint()},
		{"HeaderName", r.GetHeaderName()},
	} {
		if f.name == "KeysEndpoint" && f.value == "" && keysOptional {
			continue
		}
		if err := checkLength(message+"."+f.name, f.value, 200); err != nil {
			return err
		}
	}
	return nil
}

// checkFilled is what is refused of texts that are only blanks.
func (c *jwtIDP) checkFilled(name string, ids [5]string) error {
	for i, value := range []string{name, c.issuer, c.endpoint, c.keys, c.header} {
		if value == "" {
			return invalid(ids[i], "Argument is invalid")
		}
	}
	return nil
}

func (x *managementService) AddJWTProvider(ctx context.Context, r *management.AddJWTProviderRequest) (*management.AddJWTProviderResponse, error) {
	if err := checkJWT("AddJWTProviderRequest", r, false); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	p := &idProvider{id: s.nextID(), name: strings.TrimSpace(r.GetName()), options: optionsOf(r.GetProviderOptions()), jwt: jwtOf(r)}
	if err := p.jwt.checkFilled(p.name, [5]string{"ORG-JLKef", "ORG-WNJK3", "ORG-NJKSD", "ORG-NJKE3", "ORG-2rlks"}); err != nil {
		return nil, err
	}
	details := s.idpsOfOrg(c.org).add(s.begin(c.user.id), p)
	return &management.AddJWTProviderResponse{Id: p.id, Details: details}, nil
}

func (x *managementService) UpdateJWTProvider(ctx context.Context, r *management.UpdateJWTProviderRequest) (*management.UpdateJWTProviderResponse, error) {
	if err := checkJWT("UpdateJWTProviderRequest", r, true); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.idpsOfOrg(c.org)
	changed := jwtOf(r)
	if err := changed.checkFilled(strings.TrimSpace(r.GetName()), [5]string{"ORG-JKLS2", "ORG-JKs3f", "ORG-NJKS2", "ORG-SJk2d", "ORG-SJK2f"}); err != nil {
		return nil, err
	}
	old, err := o.find(r.GetId(), "Bhju5")
	if err != nil || old.jwt == nil {
		return nil, notFound("ORG-Bhju5", o.text)
	}
	p := *old
	p.name, p.options, p.jwt = strings.TrimSpace(r.GetName()), optionsOf(r.GetProviderOptions()), changed
	return &management.UpdateJWTProviderResponse{Details: o.change(s.begin(c.user.id), old, &p, false)}, nil
}

// departJWT sends the browser to where a token is made for it. agent is named
// sealed, so that whoever makes the token can name it again and nobody else can.
func (s *Server) departJWT(p *idProvider, state, agent string) (departure, error) {
	target, err := url.Parse(p.jwt.endpoint)
	if err != nil {
		return departure{}, err
	}
	sealed, err := s.tokenOf(agent)
	if err != nil {
		return departure{}, err
	}
	query := target.Query()
	query.Set("authRequestID", state)
	query.Set("userAgentID", sealed)
	target.RawQuery = query.Encode()
	return departure{url: target.String()}, nil
}

// What the real server allows of clocks that differ, and how old a token may be.
const (
	jwtOffset = 3 * time.Second
	jwtMaxAge = time.Hour
)

var errBadToken = errors.New("invalid tokens provided")

// arriveJWT reads a token with the library Zitadel reads it with, so that it
// refuses what Zitadel refuses and for the same reasons.
func (s *Server) arriveJWT(ctx context.Context, p *idProvider, token string) (*arrived, error) {
	claims := new(oidc.IDTokenClaims)
	payload, err := oidc.ParseToken(token, claims)
	if err != nil {
		return nil, fmt.Errorf("%w: malformed jwt payload: %w", errBadToken, err)
	}
	if claims.Issuer != p.jwt.issuer {
		return nil, fmt.Errorf("%w: invalid issuer %q", errBadToken, claims.Issuer)
	}
	if err := oidc.CheckSignature(ctx, token, payload, claims, nil, rp.NewRemoteKeySet(s.client, p.jwt.keys)); err != nil {
		return nil, fmt.Errorf("%w: invalid signature: %w", errBadToken, err)
	}
	if err := oidc.CheckExpiration(claims, jwtOffset); err != nil {
		return nil, fmt.Errorf("%w: expired: %w", errBadToken, err)
	}
	if err := oidc.CheckIssuedAt(claims, jwtMaxAge, jwtOffset); err != nil {
		return nil, fmt.Errorf("%w: %w", errBadToken, err)
	}
	a := &arrived{id: claims.Subject, name: claims.PreferredUsername, claims: claims.GetUserInfo(), idToken: token, expires: claims.GetExpiration()}
	return a, a.setRaw(claims)
}

// handedToken is the token in the header that the provider names.
func handedToken(r *http.Request, p *idProvider) string {
	return strings.TrimPrefix(r.Header.Get(p.jwt.header), oidc.PrefixBearer)
}
