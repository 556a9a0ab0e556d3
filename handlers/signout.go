package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// nextCookie holds where to go on after Zitadel's part of signing out.
const nextCookie = "next"

// signOut serves POST /sign-out: it ends the session here, revokes the refresh
// token, which Zitadel would leave alive, and ends the session at Zitadel.
// Form: next, the local path to go on to. It is open: whoever's session has run
// out still means to leave Zitadel's session on a shared computer.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	refresh := s.sessions.GetString(ctx, sessionRefresh)
	idToken := s.sessions.GetString(ctx, sessionIDToken)
	if err := s.sessions.Destroy(ctx); err != nil {
		return fmt.Errorf("end the session: %w", err)
	}
	return s.endAtZitadel(w, r, refresh, idToken, localPath(r.PostFormValue("next"), ""))
}

// endAtZitadel revokes the refresh token and ends the session of the ID token at
// Zitadel, and goes on to next, a local path, or to the page that says so.
func (s *Server) endAtZitadel(w http.ResponseWriter, r *http.Request, refresh, idToken, next string) error {
	ctx := r.Context()
	cookie := s.attemptCookie(hostCookie(nextCookie, s.secure), url.QueryEscape(next), 600)
	if next == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)

	party, err := s.discovery.party(ctx)
	if err != nil {
		logged(ctx).aside = fmt.Errorf("sign out at Zitadel: %w", err)
		return leave(w, r, views.SignedOutPath)
	}
	if refresh != "" {
		s.revoke(ctx, refresh)
	}
	query := url.Values{
		"client_id":                {s.discovery.oidc.ClientID},
		"post_logout_redirect_uri": {s.portal.URL(views.SignedOutPath)},
	}
	if idToken != "" {
		query.Set("id_token_hint", idToken)
	}
	return leave(w, r, party.GetEndSessionEndpoint()+"?"+query.Encode())
}

// revokeTimeout is how long signing out waits for Zitadel.
const revokeTimeout = 3 * time.Second

// revoke takes a refresh token's worth. If Zitadel does not answer the session
// here is over all the same, so that is no failure.
func (s *Server) revoke(ctx context.Context, refresh string) {
	ctx, cancel := context.WithTimeout(ctx, revokeTimeout)
	defer cancel()
	party, err := s.discovery.party(ctx)
	if err == nil {
		err = rp.RevokeToken(ctx, party, refresh, "refresh_token")
	}
	if err != nil {
		logged(ctx).aside = fmt.Errorf("revoke the refresh token: %w", err)
	}
}

// signedOut serves GET /signed-out, where Zitadel sends people after signing
// out.
func (s *Server) signedOut(w http.ResponseWriter, r *http.Request) error {
	name := hostCookie(nextCookie, s.secure)
	if cookie, err := r.Cookie(name); err == nil {
		http.SetCookie(w, s.attemptCookie(name, "", -1))
		if next, err := url.QueryUnescape(cookie.Value); err == nil && localPath(next, "") != "" {
			return leave(w, r, next)
		}
	}
	return render(w, r, http.StatusOK, views.SignedOut(frame(r)))
}

// logoutClaims are those of a logout token (OpenID Connect Back-Channel Logout
// 1.0, section 2.4).
type logoutClaims struct {
	oidc.TokenClaims
	SessionID string         `json:"sid"`
	Events    map[string]any `json:"events"`
}

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// backChannelLogout serves POST /auth/backchannel-logout, which Zitadel calls.
// It is authenticated by the token's signature and never reads the session
// cookie, which is why it may be exempt from the cross-origin check.
func (s *Server) backChannelLogout(w http.ResponseWriter, r *http.Request) error {
	claims, err := s.logoutToken(r)
	if identity.IsKind(err, identity.KindUnavailable) {
		return err // Zitadel tries again
	}
	if err != nil {
		// Section 2.8: 400, and nobody reads a page.
		logged(r.Context()).aside = err
		w.WriteHeader(http.StatusBadRequest)
		return nil
	}
	if claims.SessionID != "" {
		err = s.store.Sessions().EndOIDC(r.Context(), claims.SessionID)
	} else {
		err = s.store.Sessions().End(r.Context(), identity.UserID(claims.Subject))
	}
	if err != nil {
		s.logouts.forget(claims.JWTID) // Zitadel tries again, with the same token
		return fmt.Errorf("end sessions: %w", err)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// logoutToken verifies the logout token of a request (section 2.6).
func (s *Server) logoutToken(r *http.Request) (*logoutClaims, error) {
	party, err := s.discovery.party(r.Context())
	if err != nil {
		return nil, err
	}
	claims, err := rp.VerifyIDToken[*logoutClaims](r.Context(), r.PostFormValue("logout_token"), withoutNonce(party))
	if err != nil {
		return nil, fmt.Errorf("verify logout token: %w", err)
	}
	switch _, logout := claims.Events[logoutEvent]; {
	case !logout:
		return nil, errors.New("logout token without the event")
	case claims.Nonce != "":
		return nil, errors.New("logout token with a nonce") // it is an ID token
	case claims.SessionID == "" && claims.Subject == "":
		return nil, errors.New("logout token for nobody")
	case claims.JWTID == "" || !s.logouts.first(claims.JWTID, claims.GetExpiration(), time.Now()):
		return nil, errors.New("logout token seen before")
	}
	return claims, nil
}

// seenTokens remembers tokens that may be used once, until they expire.
type seenTokens struct {
	mu   sync.Mutex
	seen map[string]time.Time // ID to expiry
}

// first reports whether id is new.
func (t *seenTokens) first(id string, expires, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for old, expiry := range t.seen {
		if now.After(expiry) {
			delete(t.seen, old)
		}
	}
	if _, known := t.seen[id]; known {
		return false
	}
	t.seen[id] = expires
	return true
}

// forget lets id be used again.
func (t *seenTokens) forget(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.seen, id)
}
