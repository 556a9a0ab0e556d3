package zitadel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/profile"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/zitadel-go/v3/pkg/client"
	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	"github.com/zitadel/zitadel-go/v3/pkg/zitadel"
	"golang.org/x/oauth2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const (
	callTimeout = 10 * time.Second // one try of one call
	callTries   = 3                // of a call that may be repeated
	patience    = 2 * time.Second  // for Zitadel's read side to show what was written
)

// dial makes the client of the service account whose key is given. It does not
// wait for Zitadel: one that is away is an error of the calls, and no longer
// once it is back.
func dial(ctx context.Context, issuer string, key []byte) (*client.Client, error) {
	instance, err := instanceAt(issuer)
	if err != nil {
		return nil, err
	}
	c, err := client.New(ctx, instance,
		client.WithAuth(func(ctx context.Context, issuer string) (oauth2.TokenSource, error) {
			return tokensOf(ctx, issuer, key)
		}),
		client.WithGRPCDialOptions(
			grpc.WithChainUnaryInterceptor(call),
			grpc.WithConnectParams(grpc.ConnectParams{
				// Zitadel that comes back is to be seen within seconds, not minutes.
				Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second},
				MinConnectTimeout: 5 * time.Second,
			})))
	if err != nil {
		return nil, fmt.Errorf("set up the connection to %s: %w", issuer, err)
	}
	return c, nil
}

// tokensOf gets tokens of the service account whose key is given, and keeps each
// for as long as it is good.
func tokensOf(ctx context.Context, issuer string, key []byte) (oauth2.TokenSource, error) {
	file, err := client.ConfigFromKeyFileData(key)
	if err != nil {
		return nil, fmt.Errorf("read service account key: %w", err)
	}
	// The static endpoint keeps the library from asking Zitadel at start.
	source, err := profile.NewJWTProfileTokenSource(ctx, issuer, file.UserID, file.KeyID, file.Key,
		[]string{oidc.ScopeOpenID, client.ScopeZitadelAPI()},
		profile.WithStaticTokenEndpoint(issuer, issuer+"/oauth/v2/token"),
		profile.WithHTTPClient(&http.Client{Timeout: callTimeout}))
	if err != nil {
		return nil, fmt.Errorf("read service account key: %w", err)
	}
	return oauth2.ReuseTokenSourceWithExpiry(nil, tokens{source}, 30*time.Second), nil
}

// instanceAt reads an issuer. An http issuer is served without TLS.
func instanceAt(issuer string) (*zitadel.Zitadel, error) {
	u, err := url.Parse(issuer)
	if err != nil || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" {
		return nil, fmt.Errorf("issuer %q is not an origin like https://id.example.org", issuer)
	}
	switch u.Scheme {
	case "http":
		port := u.Port()
		if port == "" {
			port = "80"
		}
		return zitadel.New(u.Hostname(), zitadel.WithInsecure(port)), nil
	case "https":
		if u.Port() == "" {
			return zitadel.New(u.Hostname()), nil
		}
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil {
			return nil, fmt.Errorf("port of issuer %q: %w", issuer, err)
		}
		return zitadel.New(u.Hostname(), zitadel.WithPort(uint16(port))), nil
	}
	return nil, fmt.Errorf("issuer %q is neither https nor http", issuer)
}

// tokens gets the service account's tokens and tells a Zitadel that is away
// from a key that it refuses.
type tokens struct{ oauth2.TokenSource }

func (t tokens) Token() (*oauth2.Token, error) {
	token, err := t.TokenSource.Token()
	var refused *oidc.Error
	switch {
	case err == nil:
		return token, nil
	case errors.As(err, &refused) && refused.ErrorType != oidc.ServerError:
		return nil, status.Errorf(codes.Unauthenticated, "token of the service account: %v", err)
	}
	return nil, status.Errorf(codes.Unavailable, "token of the service account: %v", err)
}

// call carries one call: without anything from the caller's context but its
// end and the organization, under a timeout, and again if Zitadel was away and
// repeating does no harm.
func call(ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	header, _ := metadata.FromOutgoingContext(ctx)
	ctx = apart{ctx}
	if organization := header.Get(client.OrgHeader); len(organization) == 1 {
		ctx = middleware.SetOrgID(ctx, organization[0])
	}
	for try := 1; ; try++ {
		attempt, cancel := context.WithTimeout(ctx, callTimeout)
		err := invoke(attempt, method, request, answer, conn, options...)
		cancel()
		if status.Code(err) != codes.Unavailable || try == callTries || !repeatable(method) {
			return err
		}
		if pause(ctx, time.Duration(try)*100*time.Millisecond) != nil {
			return err
		}
	}
}

// apart is a context whose values stay behind. zitadel-go lets a token found
// in the context win over the client's own, and a person's token must never
// reach Zitadel through a service account's client.
type apart struct{ context.Context }

func (apart) Value(any) any { return nil }

// repeatable reports whether method may be called twice: reads, and writes
// that end in the same state. Those that make something without an ID of ours
// are missing.
func repeatable(method string) bool {
	name := path.Base(method)
	switch name {
	case "CreateUser", "CreateAuthorization", "CreateProjectGrant", "AddOrganization",
		"AddIDPLink", "AddIDPToLoginPolicy", "AddCustomLoginPolicy", "AddOrganizationDomain":
		return true // the second one is told that it exists
	case "RetrieveIdentityProviderIntent", "VerifyOrganizationDomain":
		return true // uses nothing up, or is told that it is verified
	}
	for _, verb := range []string{"Get", "List", "Set", "Update", "Delete", "Remove", "Activate", "Deactivate", "Reactivate", "Lock", "Unlock", "Reset"} {
		if strings.HasPrefix(name, verb) {
			return true
		}
	}
	return false
}

// shown looks until it is shown what was written, or gives up: Zitadel's read
// side follows its events within milliseconds, and was seen to lose rows for
// good.
func shown(ctx context.Context, look func() (bool, error)) (bool, error) {
	end := time.Now().Add(patience)
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		if found, err := look(); found || err != nil {
			return found, err
		}
		if time.Now().Add(wait).After(end) {
			return false, nil
		}
		if err := pause(ctx, wait); err != nil {
			return false, err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
