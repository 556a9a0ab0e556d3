package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

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
	if err := s.accountOpen(ctx, user); err != nil {
		s.endThere(ctx, store.EndedSession{SID: tokens.IDTokenClaims.SessionID, IDToken: tokens.IDToken, Refresh: tokens.RefreshToken})
		return err
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
