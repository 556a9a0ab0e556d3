package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// Dangerous changes ask for a fresh sign-in: a session that was left open on a
// desk, or a cookie that was carried off, is not enough for them. Pages are read
// as ever. What was posted waits sealed in the store while its sender goes
// through Zitadel, and fills in the form again when they are back.

const (
	// freshFor is how long a sign-in is fresh.
	freshFor = 5 * time.Minute
	// maxStashed bounds the form that waits.
	maxStashed = 64 << 10
	// againParam names the form that waits in the URL of its page.
	againParam = "again"
)

// freshly is around the routes of dangerous changes: what is posted there counts
// only soon after a sign-in. It takes what a door such as [Server.inSchool]
// returns, so that who may not pass is told that first.
func (s *Server) freshly(h http.Handler) http.Handler { return dangerous(h) }

// dangerous is [Server.freshly] for routes that have a door behind a set-up link
// as well, which is left as it is: nobody is signed in there.
func dangerous(h http.Handler) http.Handler {
	switch door := h.(type) {
	case gate:
		door.fresh = true
		return door
	case linkGate:
		return door
	}
	return freshDoor{h}
}

// freshDoor is a fresh route that is no organization's.
type freshDoor struct{ http.Handler }

// ServeHTTP marks the request for [Server.askFresh].
func (d freshDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.Handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), freshKey{}, true)))
}

// ServeHTTP marks the request for [Server.askFresh] where the route is fresh.
func (g gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if g.fresh {
		freshDoor{g.Handler}.ServeHTTP(w, r)
		return
	}
	g.Handler.ServeHTTP(w, r)
}

type (
	freshKey struct{}
	againKey struct{}
)

// askFresh sends who changes something dangerous through sign-in first, where
// theirs is too old, and reports whether it answered the request with that.
func (s *Server) askFresh(w http.ResponseWriter, r *http.Request, user identity.User) (asked bool, err error) {
	if reads(r) || r.Context().Value(freshKey{}) == nil {
		return false, nil
	}
	if fresh, err := s.fresh(r.Context(), user.ID); fresh || err != nil {
		return false, err
	}
	return true, s.signInAgain(w, r, user)
}

// fresh reports whether the sign-in of the session is fresh, and was made with a
// second factor where its owner has one. Whoever came by their school's sign-in
// proved there what the school asks for.
func (s *Server) fresh(ctx context.Context, user identity.UserID) (bool, error) {
	if s.portal.Now().Sub(s.moment(ctx, sessionAuth)) > freshFor || s.sessions.GetString(ctx, sessionBadge) != "" {
		return false, nil // the latter: whoever found a card has it too
	}
	if s.sessions.GetString(ctx, sessionThrough) != "" || twoFactors(strings.Fields(s.sessions.GetString(ctx, sessionAMR))) {
		return true, nil
	}
	has, err := s.store.HasSecondFactor(ctx, user)
	return !has, err
}

// twoFactors reports whether a sign-in was made with more than a password: by
// the methods (RFC 8176) that Zitadel names in amr.
func twoFactors(amr []string) bool {
	return slices.ContainsFunc(amr, func(method string) bool {
		return method == "mfa" || method == "otp" || method == "user"
	})
}

// signInAgain keeps the form of the request and leads through sign-in, the way
// that its sender came.
func (s *Server) signInAgain(w http.ResponseWriter, r *http.Request, user identity.User) error {
	ctx := r.Context()
	if len(r.PostForm.Encode()) > maxStashed {
		return &identity.Error{Kind: identity.KindConflict, Message: identity.Say("fresh.too-long")}
	}
	page := s.formPage(r)
	token, err := s.store.PutStash(ctx, store.Stash{User: user.ID, Page: page, Form: r.PostForm})
	if err != nil {
		return err
	}
	next := withAgain(page, token)
	if school, provider, ok := strings.Cut(s.sessions.GetString(ctx, sessionThrough), " "); ok {
		begun, err := s.schoolAgain(w, r, identity.OrganizationID(school), identity.ProviderID(provider), next)
		if begun || err != nil {
			return err
		}
	}
	return s.authorize(w, r, next, withHint(user.UserName), rp.WithPrompt(oidc.PromptLogin),
		rp.AuthURLOpt(rp.WithURLParam("max_age", strconv.Itoa(int(freshFor.Seconds())))))
}

// schoolAgain begins a sign-in through the school's connection they came by
// before, if it is still there.
func (s *Server) schoolAgain(
	w http.ResponseWriter, r *http.Request, id identity.OrganizationID, provider identity.ProviderID, next string,
) (begun bool, err error) {
	school, connections, err := s.store.SchoolSignIn(r.Context(), id)
	if identity.IsKind(err, identity.KindNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, c := range connections {
		if c.Provider == provider {
			return true, s.beginSignIn(w, r, school, c, next)
		}
	}
	return false, nil
}

// formPage is the page that holds the form of a request: the one it was sent
// from, or, for a form that was shown again by the route it was sent to, the
// page next to that route.
func (s *Server) formPage(r *http.Request) string {
	from := s.ownPath(r.Header.Get("HX-Current-URL"), s.ownPath(r.Header.Get("Referer"), ""))
	if u, err := url.Parse(from); err == nil && from != "" && u.Path != r.URL.Path && isPage(r, u.EscapedPath()) {
		query := u.Query()
		query.Del(againParam)
		u.RawQuery = query.Encode()
		if page := u.RequestURI(); len(withAgain(page, strings.Repeat("x", 26))) <= maxNext {
			return page
		}
		return u.EscapedPath()
	}
	path := r.URL.EscapedPath()
	if page := path + "/new"; isPage(r, page) {
		return page
	}
	for ; path != ""; path = path[:strings.LastIndexByte(path, '/')] {
		if isPage(r, path) {
			return path
		}
	}
	return views.HomePath
}

// isPage reports whether the portal has a page at path.
func isPage(r *http.Request, path string) bool {
	routes := chi.RouteContext(r.Context())
	return routes != nil && routes.Routes.Match(chi.NewRouteContext(), http.MethodGet, path)
}

// withAgain is the page with the token of the form that waits for it.
func withAgain(page, token string) string {
	u, err := url.Parse(page)
	if err != nil {
		return views.HomePath
	}
	query := u.Query()
	query.Set(againParam, token)
	u.RawQuery = query.Encode()
	return u.RequestURI()
}

// stashOwner is whose form waits for the sign-in that goes on to next; empty if
// none does.
func (s *Server) stashOwner(ctx context.Context, next string) (user identity.UserID, token string, err error) {
	if u, problem := url.Parse(next); problem == nil {
		token = u.Query().Get(againParam)
	}
	if token == "" {
		return "", "", nil
	}
	user, err = s.store.StashOwner(ctx, token)
	if identity.IsKind(err, identity.KindNotFound) {
		return "", "", nil
	}
	return user, token, err
}

// stepped checks a sign-in that a dangerous change asked for. What Zitadel was
// asked (prompt, max_age) travelled through the browser; what counts is what its
// answer says. Somebody else who signed in instead does not get the form.
func (s *Server) stepped(
	ctx context.Context, tokens *oidc.Tokens[*oidc.IDTokenClaims], next string,
) (other bool, err error) {
	user := identity.UserID(tokens.IDTokenClaims.Subject)
	owner, token, err := s.stashOwner(ctx, next)
	if err != nil || owner == "" {
		return false, err
	}
	if owner != user {
		_, err := s.store.TakeStash(ctx, token, user) // which drops it
		if err != nil && !identity.IsKind(err, identity.KindNotFound) {
			return false, err
		}
		return true, nil
	}
	enough := signInAge(tokens.IDTokenClaims) <= freshFor
	if enough && s.arrivedLately(ctx).User != user && !twoFactors(tokens.IDTokenClaims.AuthenticationMethodsReferences) {
		has, err := s.store.HasSecondFactor(ctx, user)
		if err != nil {
			return false, err
		}
		enough = !has
	}
	if !enough {
		s.revoke(ctx, tokens.RefreshToken)
		return false, identity.Forbidden("fresh.not-shown")
	}
	return false, nil
}

// signInAge is how long before the ID token its user was authenticated, by
// Zitadel's clock alone: ours may go wrong by minutes. Without auth_time nobody
// was.
func signInAge(claims *oidc.IDTokenClaims) time.Duration {
	at := claims.GetAuthTime()
	if at.IsZero() || at.Unix() <= 0 {
		return sessionLifetime
	}
	return claims.GetIssuedAt().Sub(at)
}

// refill takes the form that waits for this page out of the store, for [again],
// and its token off the URL. It reports whether there was one.
func (s *Server) refill(r *http.Request, user identity.UserID) (*http.Request, bool, error) {
	query := r.URL.Query()
	token := query.Get(againParam)
	if token == "" || r.Method != http.MethodGet {
		return r, false, nil
	}
	query.Del(againParam)
	plain := *r.URL
	plain.RawQuery = query.Encode()
	ctx := r.Context()
	stash, err := s.store.TakeStash(ctx, token, user)
	found := err == nil
	if err != nil && !identity.IsKind(err, identity.KindNotFound) {
		return r, false, err
	}
	if page, err := url.Parse(stash.Page); err == nil && found && page.Path == plain.Path {
		ctx = context.WithValue(ctx, againKey{}, stash.Form)
	}
	r = r.WithContext(ctx)
	r.URL = &plain
	return r, found, nil
}

// again is what the form of the page was filled in with before its sender was
// asked to sign in again; nil if nobody was.
func again(r *http.Request) url.Values {
	form, _ := r.Context().Value(againKey{}).(url.Values)
	return form
}
