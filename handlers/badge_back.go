package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"homeroom.dev/homeroom/identity"
)

// badgeBack is what callback knows of the badge that a sign-in stands on.
type badgeBack struct {
	badge identity.BadgeID // empty: it stands on none
	ends  time.Time
	// stale: it stands on a badge that does not count any more, and whoever it is
	// has to show another way who they are.
	stale bool
}

// badgeBack looks whether a sign-in came by a badge. One that was begun with a
// badge is its student's, in the browser that began it and once, or nobody's.
// Zitadel does not say how somebody came, but it says when: a sign-in at the moment
// of a badge's answer that is not the one that was answered is somebody else's, and
// one that is a finished one's, found again at Zitadel, is no better than the badge.
func (s *Server) badgeBack(ctx context.Context, way attempt, tokens *oidc.Tokens[*oidc.IDTokenClaims]) (badgeBack, error) {
	claims, limits := tokens.IDTokenClaims, s.badgeLimits(ctx)
	user := identity.UserID(claims.Subject)
	if way.Badge != "" {
		id := identity.BadgeSignInID(way.Badge)
		if s.badged(ctx) != id {
			return badgeBack{}, &identity.BadgeRefusedError{Why: identity.BadgeOther}
		}
		holder, ends, err := s.store.FinishBadge(ctx, id, way.State, user, limits)
		if err != nil {
			return badgeBack{}, err
		}
		return badgeBack{badge: holder.Badge.ID, ends: ends}, nil
	}
	if len(claims.AuthenticationMethodsReferences) > 0 {
		return badgeBack{}, nil
	}
	now := s.portal.Now()
	behind, found, err := s.store.BadgeBehind(ctx, user, now.Add(-signInAge(claims)))
	if err != nil || !found {
		return badgeBack{}, err
	}
	if !behind.Finished {
		if err := s.store.FailBadge(ctx, behind.ID, identity.BadgeOther); err != nil {
			return badgeBack{}, err
		}
		return badgeBack{}, &identity.BadgeRefusedError{Why: identity.BadgeOther}
	}
	may, err := s.store.MayHoldBadge(ctx, claimedUser(claims).Home, user)
	return badgeBack{badge: behind.Badge, ends: behind.Ends, stale: behind.Void || !may || !now.Before(behind.Ends)}, err
}

// badgeGone answers a sign-in that stands on a badge which does not count any
// more: Zitadel asks for a password.
func (s *Server) badgeGone(w http.ResponseWriter, r *http.Request, way attempt) error {
	return s.authorize(w, r, way.Next, rp.WithPrompt(oidc.PromptLogin))
}

// marked marks the session that was just begun as one of a badge, which ends
// sooner.
func (s *Server) marked(ctx context.Context, back badgeBack) {
	s.sessions.Put(ctx, sessionBadge, string(back.badge))
	if ends := s.sessions.Deadline(ctx); back.ends.Before(ends) {
		s.sessions.SetDeadline(ctx, back.ends)
	}
}

// outgrown ends a session that a badge began when its owner has become more than a
// student, and reports whether it did.
func (s *Server) outgrown(ctx context.Context, user identity.User) (bool, error) {
	if s.sessions.GetString(ctx, sessionBadge) == "" {
		return false, nil
	}
	may, err := s.store.MayHoldBadge(ctx, user.Home, user.ID)
	if err != nil || may {
		return false, err
	}
	return true, s.sessions.Destroy(ctx)
}

// failedBadge ends the sign-in with a badge that Zitadel sent back without a code.
func (s *Server) failedBadge(w http.ResponseWriter, r *http.Request, way attempt, problem error) error {
	if way.Badge == "" || s.badged(r.Context()) != identity.BadgeSignInID(way.Badge) {
		return problem
	}
	return s.lostBadge(w, r, identity.BadgeSignInID(way.Badge), problem)
}
