package handlers

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// signIn serves GET /sign-in: it asks who signs in where that makes a
// difference, or else leads at once to Zitadel's login, which leads back to
// callback. Query: next, the local path to go on to; create, to register; local,
// to sign in past the school's own sign-in; fresh, to prove once more who one is;
// as, the user name of a login card.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	next := localPath(query.Get("next"), views.HomePath)
	if as := query.Get("as"); as != "" {
		return s.signInAs(w, r, as, next)
	}
	if live, err := s.live(r); err != nil {
		return err
	} else if live && query.Get("create") == "" {
		return leave(w, r, next)
	}
	if query.Get("create") != "" {
		// Zitadel would register people in its default organization, where
		// registering is closed.
		return s.authorize(w, r, next, rp.WithPrompt("create"), withScopes(scopeIn+string(s.discovery.oidc.Individuals)))
	}
	hint := s.invitedName(r.Context(), next)
	if hint == "" {
		hint = s.sessions.PopString(r.Context(), sessionHint)
	}
	if query.Get("local") == "" {
		if asked, err := s.askWho(w, r, hint); asked || err != nil {
			return err
		}
	}
	var options []rp.AuthURLOpt
	if hint != "" {
		options = append(options, withHint(hint))
	}
	if query.Get("fresh") != "" {
		options = append(options, rp.WithPrompt(oidc.PromptLogin))
	}
	return s.authorize(w, r, next, options...)
}

// signInAs leads who scanned a login card to Zitadel's login with the card's user
// name filled in. On a device that somebody else is signed in on, that somebody
// stays out of it: the card's owner is asked for their password.
func (s *Server) signInAs(w http.ResponseWriter, r *http.Request, userName, next string) error {
	live, err := s.live(r)
	if err != nil {
		return err
	}
	if live {
		user, err := s.person(r.Context())
		if err != nil {
			return err
		}
		if strings.EqualFold(user.UserName, userName) {
			return leave(w, r, next)
		}
	}
	return s.authorize(w, r, next, withHint(userName), rp.WithPrompt(oidc.PromptLogin))
}

// authorize leads to Zitadel's login, and from there to callback and next.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, next string, options ...rp.AuthURLOpt) error {
	return s.authorizeAs(w, r, newAttempt(next), options...)
}

func (s *Server) authorizeAs(w http.ResponseWriter, r *http.Request, attempt attempt, options ...rp.AuthURLOpt) error {
	party, err := s.discovery.party(r.Context())
	if err != nil {
		return err
	}
	s.keepAttempt(w, r, attempt)
	options = append(options,
		rp.AuthURLOpt(rp.WithURLParam("nonce", attempt.Nonce)),
		rp.WithCodeChallenge(oidc.NewSHACodeChallenge(attempt.Verifier)),
		rp.AuthURLOpt(rp.WithURLParam("ui_locales", views.LanguageOf(r.Context()))),
	)
	return leave(w, r, rp.AuthURL(attempt.State, party, options...))
}

// withHint tells Zitadel's login who is about to sign in.
func withHint(name string) rp.AuthURLOpt { return rp.AuthURLOpt(rp.WithURLParam("login_hint", name)) }

// withScopes asks for more than every sign-in does.
func withScopes(more ...string) rp.AuthURLOpt {
	return rp.AuthURLOpt(rp.WithURLParam("scope", strings.Join(append(slices.Clone(scopes), more...), " ")))
}

// callback serves GET /auth/callback, where Zitadel sends people back to.
func (s *Server) callback(w http.ResponseWriter, r *http.Request) error {
	ctx, query := r.Context(), r.URL.Query()
	attempt, ok := s.takeAttempt(w, r, query.Get("state"))
	if !ok {
		// A bookmark, the back button, or a browser that keeps no cookies.
		live, err := s.live(r)
		switch {
		case err != nil:
			return err
		case live:
			return leave(w, r, views.HomePath)
		}
		return identity.Gone("sign-in.lost")
	}
	if code := query.Get("error"); code != "" {
		return s.failedBadge(w, r, attempt, refused(code))
	}
	party, err := s.discovery.party(ctx)
	if err != nil {
		return err
	}
	tokens, err := rp.CodeExchange[*oidc.IDTokenClaims](context.WithValue(ctx, nonceKey{}, attempt.Nonce),
		query.Get("code"), party, rp.WithCodeVerifier(attempt.Verifier))
	if err != nil {
		return exchangeError(err)
	}
	user := identity.UserID(tokens.IDTokenClaims.Subject)
	if err := s.homeOpen(ctx, claimedUser(tokens.IDTokenClaims).Home); err != nil {
		s.revoke(ctx, tokens.RefreshToken)
		return err
	}
	badge, err := s.badgeBack(ctx, attempt, tokens)
	if err != nil {
		s.endThere(ctx, store.EndedSession{SID: tokens.IDTokenClaims.SessionID, IDToken: tokens.IDToken, Refresh: tokens.RefreshToken})
		return s.refuseBadge(w, r, err)
	}
	if badge.stale {
		s.revoke(ctx, tokens.RefreshToken)
		return s.badgeGone(w, r, attempt)
	}
	if badge.badge != "" {
		// The school decided on badges knowing that they lead past its own sign-in.
		if err := s.begin(ctx, tokens); err != nil {
			return err
		}
		s.marked(ctx, badge)
		return leave(w, r, attempt.Next)
	}
	if school, closed, err := s.closed(ctx, user); err != nil {
		return err
	} else if closed {
		return s.turnAway(w, r, school, tokens, attempt.Next)
	}
	if school, unseen, err := s.unseen(ctx, tokens.IDTokenClaims); err != nil {
		return err
	} else if unseen {
		s.revoke(ctx, tokens.RefreshToken)
		return leave(w, r, views.ReturningSchoolStartPath(school, attempt.Next))
	}
	if lacks, err := s.lacksFactor(ctx, tokens.IDTokenClaims); err != nil {
		return err
	} else if lacks {
		s.revoke(ctx, tokens.RefreshToken)
		return s.askForFactor(w, r, attempt.Next)
	}
	other, err := s.stepped(ctx, tokens, attempt.Next)
	if err != nil {
		return err
	}
	arrived := s.arrivedLately(ctx)
	if err := s.begin(ctx, tokens); err != nil {
		return err
	}
	if arrived.User == user {
		s.sessions.Put(ctx, sessionThrough, string(arrived.School)+" "+string(arrived.Provider))
		// Another tab of theirs may be on its way back.
		if err := s.setArrived(ctx, arrived); err != nil {
			return err
		}
	}
	s.awaitUser(ctx, user)
	if other {
		return redirect(w, r, views.HomePath, identity.Say("fresh.other"))
	}
	if arrived.User == user && arrived.Asked != "" {
		return redirect(w, r, attempt.Next, identity.Say("arrive.asked", "School", arrived.Asked))
	}
	return leave(w, r, attempt.Next)
}

// refused says what Zitadel answered instead of a code.
func refused(code string) error {
	cause := fmt.Errorf("authorization endpoint: %s", code)
	switch code {
	case "access_denied", "login_required", "interaction_required":
		return identity.Forbidden("sign-in.denied").Because(cause)
	}
	return identity.Unavailable("sign-in.failed").Because(cause)
}

// exchangeError tells a code that was refused, for example an old one, from a
// Zitadel that does not answer.
func exchangeError(err error) error {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode < 500 {
		return identity.Gone("sign-in.lost").Because(fmt.Errorf("exchange code: %s", answer.ErrorCode))
	}
	return identity.Unavailable("sign-in.unavailable").Because(fmt.Errorf("exchange code: %w", err))
}

// begin makes the session that of the user of tokens. Its token is renewed, so
// that one known from before is worth nothing, and nothing of another user
// stays in it.
func (s *Server) begin(ctx context.Context, tokens *oidc.Tokens[*oidc.IDTokenClaims]) error {
	landing, join := s.sessions.GetString(ctx, sessionLanding), s.sessions.GetString(ctx, sessionJoin)
	if before := s.sessions.GetString(ctx, sessionRefresh); before != "" {
		s.revoke(ctx, before)
	}
	if err := s.sessions.Clear(ctx); err != nil {
		return fmt.Errorf("clear the session: %w", err)
	}
	if err := s.sessions.RenewToken(ctx); err != nil {
		return fmt.Errorf("renew the session: %w", err)
	}
	user := claimedUser(tokens.IDTokenClaims)
	claimed, err := json.Marshal(user)
	if err != nil {
		return err
	}
	s.sessions.Put(ctx, sessionUser, string(user.ID))
	s.sessions.Put(ctx, sessionSID, tokens.IDTokenClaims.SessionID)
	s.sessions.Put(ctx, sessionIDToken, tokens.IDToken)
	s.sessions.Put(ctx, sessionRefresh, tokens.RefreshToken)
	s.sessions.Put(ctx, sessionClaims, claimed)
	if landing != "" {
		s.sessions.Put(ctx, sessionLanding, landing)
	}
	if join != "" {
		s.sessions.Put(ctx, sessionJoin, join)
	}
	request := identity.RequestFrom(ctx)
	s.sessions.Put(ctx, sessionDevice, request.Device)
	s.sessions.Put(ctx, sessionAddress, request.Address)
	now := s.portal.Now()
	s.sessions.Put(ctx, sessionAMR, strings.Join(tokens.IDTokenClaims.AuthenticationMethodsReferences, " "))
	s.setMoment(ctx, sessionAuth, now.Add(-signInAge(tokens.IDTokenClaims)))
	s.sessions.SetDeadline(ctx, now.Add(sessionLifetime))
	for _, key := range []string{sessionSince, sessionSeen} {
		s.setMoment(ctx, key, now)
	}
	logged(ctx).user = user.ID
	return nil
}

// claimedUser is the user as the ID token says.
func claimedUser(token *oidc.IDTokenClaims) identity.User {
	home, _ := token.Claims[claimHome].(string)
	user := identity.User{
		ID:              identity.UserID(token.Subject),
		Home:            identity.OrganizationID(home),
		UserName:        token.PreferredUsername,
		GivenName:       token.GivenName,
		FamilyName:      token.FamilyName,
		Address:         token.Email,
		AddressVerified: bool(token.EmailVerified),
		State:           identity.UserActive,
	}
	if user.FamilyName == "-" {
		user.FamilyName = "" // Zitadel wants two names; the gateway writes this for none
	}
	if identity.IsPlaceholderAddress(user.Address) {
		user.Address, user.AddressVerified = "", false
	}
	return user
}

// awaitUser gives the projection a moment to see somebody who has just
// registered, so that their first page is complete. It is no error if it does
// not: the claims stand in.
func (s *Server) awaitUser(ctx context.Context, user identity.UserID) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 15 {
		if _, err := s.store.User(ctx, user); !identity.IsKind(err, identity.KindNotFound) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// welcome serves GET /welcome, Zitadel's default redirect: whoever finished
// something there is signed in on the way here, and goes on to the classroom
// whose invitation they accepted, or whose code they typed, or home.
func (s *Server) welcome(w http.ResponseWriter, r *http.Request, who Person) error {
	landing := s.sessions.PopString(r.Context(), sessionLanding)
	if id, ok := strings.CutPrefix(landing, views.OrganizationPath("")); ok {
		joined, err := s.store.OpenFor(r.Context(), who.Actor, identity.OrganizationID(id))
		if err == nil {
			return redirect(w, r, landing, identity.Say("accept.welcome", "Organization", joined.Organization().Name))
		}
		// Removed meanwhile, for example: that page says so.
	}
	if code := s.sessions.GetString(r.Context(), sessionJoin); code != "" {
		return leave(w, r, views.JoinCodePath(code))
	}
	return leave(w, r, localPath(landing, views.HomePath))
}

// askToSignIn leads to sign-in and back to the page asked for, or, after a
// change, to the page that held the form.
func (s *Server) askToSignIn(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.RequestURI()
	htmx := r.Header.Get("HX-Request") != ""
	if asksStream(r) {
		// Nobody signs in in a stream.
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	if htmx || !reads(r) {
		next = s.ownPath(r.Header.Get("HX-Current-URL"), s.ownPath(r.Header.Get("Referer"), views.HomePath))
	}
	target := views.ReturningSignInPath(localPath(next, views.HomePath))
	if htmx {
		// An XHR cannot follow a redirect to Zitadel's origin.
		w.Header().Set("HX-Redirect", target)
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// reads reports whether a request asks for a page and changes nothing.
func reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// leave goes on to target, which may be Zitadel's. After a form's POST it is a
// page that goes on by itself: the policy form-action 'self' holds for
// redirects of a form as well.
func leave(w http.ResponseWriter, r *http.Request, target string) error {
	switch local := strings.HasPrefix(target, "/"); {
	case r.Header.Get("HX-Request") != "" && !local:
		w.Header().Set("HX-Redirect", target)
		w.WriteHeader(http.StatusOK)
		return nil
	case r.Method == http.MethodPost && !local:
		w.Header().Set("Refresh", "0; url="+target)
		return render(w, r, http.StatusOK, views.GoingOn(frame(r), target))
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// maxNext bounds the path to return to, which travels in cookies.
const maxNext = 500

// localPath is path if it leads nowhere but to a page of the portal, or else
// the other one. Browsers read a backslash as a slash, and two slashes as the
// beginning of a host.
func localPath(path, otherwise string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil ||
		!strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.ContainsFunc(path, func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }) ||
		len(path) > maxNext {
		return otherwise
	}
	return path
}

// ownPath is the path of one of our own URLs.
func (s *Server) ownPath(address, otherwise string) string {
	path, ok := strings.CutPrefix(address, s.portal.PublicURL)
	if !ok {
		return otherwise
	}
	return localPath(path, otherwise)
}

// attempt is one way through Zitadel's login, begun in one tab.
type attempt struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // PKCE
	Next     string `json:"p"`
	Badge    string `json:"b,omitempty"` // the sign-in with a badge that it is the way of
}

func newAttempt(next string) attempt {
	return attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next}
}
