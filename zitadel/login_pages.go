package zitadel

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
)

// loginPagesLifetime is how long the answer of the authorization endpoint
// counts: whoever switches the login pages of an instance waits this long.
const loginPagesLifetime = 5 * time.Minute

// loginPages remembers what was found out.
type loginPages struct {
	mu    sync.Mutex
	pages identity.LoginPages
	until time.Time
}

func (l *loginPages) known() (identity.LoginPages, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pages, time.Now().Before(l.until)
}

func (l *loginPages) remember(pages identity.LoginPages) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pages, l.until = pages, time.Now().Add(loginPagesLifetime)
}

// LoginPages asks the authorization endpoint for a sign-in to the portal and
// looks where it leads. Many who ask at once share one request.
func (r *Runtime) LoginPages(ctx context.Context) (identity.LoginPages, error) {
	if pages, ok := r.login.known(); ok {
		return pages, nil
	}
	asked := r.flight.DoChan("login pages", func() (any, error) {
		// Not the asker's context: others wait for the same answer.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		pages, err := askLoginPages(ctx, r.config)
		if err != nil {
			return nil, err
		}
		r.login.remember(pages)
		return pages, nil
	})
	select {
	case <-ctx.Done():
		return identity.LoginPages{}, ctx.Err()
	case answer := <-asked:
		if answer.Err != nil {
			return identity.LoginPages{}, answer.Err
		}
		return answer.Val.(identity.LoginPages), nil
	}
}

// askLoginPages begins a sign-in that nobody finishes.
func askLoginPages(ctx context.Context, config Config) (identity.LoginPages, error) {
	const doing = "ask for the login pages"
	query := url.Values{
		"client_id":             {config.ClientID},
		"redirect_uri":          {config.RedirectURI},
		"response_type":         {"code"},
		"scope":                 {"openid"},
		"state":                 {rand.Text()},
		"code_challenge":        {oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier())},
		"code_challenge_method": {"S256"},
	}
	issuer, err := url.Parse(config.Issuer)
	if err != nil {
		return identity.LoginPages{}, fmt.Errorf("%s: %w", doing, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, issuer.JoinPath("/oauth/v2/authorize").String()+"?"+query.Encode(), nil)
	if err != nil {
		return identity.LoginPages{}, fmt.Errorf("%s: %w", doing, err)
	}
	browser := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := browser.Do(request)
	if err != nil {
		return identity.LoginPages{}, identity.Unavailable("remote.unavailable").Because(fmt.Errorf("%s: %w", doing, err))
	}
	defer answer.Body.Close()
	if answer.StatusCode >= http.StatusInternalServerError {
		return identity.LoginPages{}, identity.Unavailable("remote.unavailable").Because(fmt.Errorf("%s: %s", doing, answer.Status))
	}
	location, err := answer.Location()
	if err != nil {
		return identity.LoginPages{}, fmt.Errorf("%s: %s without a redirect", doing, answer.Status)
	}
	pages, ok := loginPagesAt(location)
	if !ok {
		return identity.LoginPages{}, fmt.Errorf("%s: led to %s%s, which is no login page", doing, location.Host, location.Path)
	}
	return pages, nil
}

// loginPagesAt reads where a sign-in was led. Login V1 is given its request as
// authRequestID, Login V2 as authRequest; both have their first page at
// /login below the others.
func loginPagesAt(location *url.URL) (identity.LoginPages, bool) {
	base := url.URL{Scheme: location.Scheme, Host: location.Host, Path: strings.TrimSuffix(location.Path, "/login")}
	pages := identity.LoginPages{Base: strings.TrimSuffix(base.String(), "/")}
	switch query := location.Query(); {
	case !strings.HasSuffix(location.Path, "/login"):
		return identity.LoginPages{}, false
	case query.Has("authRequestID"):
		pages.Version = 1
	case query.Has("authRequest"):
		pages.Version = 2
	default:
		return identity.LoginPages{}, false
	}
	return pages, true
}

// firstSignInURL is where u sets a first credential with an invite code.
func firstSignInURL(pages identity.LoginPages, u identity.User, code string) string {
	if pages.Version == 1 {
		return pages.Base + "/user/invite?" + url.Values{
			"userID": {string(u.ID)}, "loginname": {u.UserName}, "code": {code}, "orgID": {string(u.Home)},
		}.Encode()
	}
	return pages.Base + "/verify?" + url.Values{
		"userId": {string(u.ID)}, "organization": {string(u.Home)}, "code": {code}, "invite": {"true"},
	}.Encode()
}

// newPasswordURL is where u sets a new password with a reset code.
func newPasswordURL(pages identity.LoginPages, u identity.User, code string) string {
	if pages.Version == 1 {
		return pages.Base + "/password/init?" + url.Values{
			"userID": {string(u.ID)}, "code": {code}, "orgID": {string(u.Home)},
		}.Encode()
	}
	return pages.Base + "/password/set?" + url.Values{
		"userId": {string(u.ID)}, "organization": {string(u.Home)}, "code": {code},
	}.Encode()
}
