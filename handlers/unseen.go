package handlers

import (
	"context"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"homeroom.dev/homeroom/identity"
)

// unseen reports whether somebody at home in a school with a connection of its
// own came through an identity provider, but not through /arrive, and which
// school that is. They are sent the school's way once more, which costs them
// nothing: the provider has a session of theirs.
//
// What an identity provider says is believed only after the portal has compared
// it with the connection: Zitadel lets the answer of one provider stand for
// another's. It says nothing (no amr) about how somebody signed in elsewhere, so
// that is how such a sign-in is told from one with a password or a passkey.
func (s *Server) unseen(ctx context.Context, token *oidc.IDTokenClaims) (identity.OrganizationID, bool, error) {
	if len(token.AuthenticationMethodsReferences) > 0 {
		return "", false, nil
	}
	user := claimedUser(token)
	_, _, err := s.store.SchoolSignIn(ctx, user.Home)
	if identity.IsKind(err, identity.KindNotFound) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	// An operator cannot come through a school's connection, and whoever seems to
	// has been let in by somebody's identity provider.
	if operates, err := (desk{s}).Operates(ctx, user.ID); err != nil {
		return "", false, err
	} else if operates {
		return "", false, identity.Forbidden("sign-in.denied")
	}
	switch arrived := s.arrivedLately(ctx); arrived.User {
	case user.ID:
		return "", false, nil
	case "":
		return user.Home, true, nil
	}
	// Somebody else arrived just before. Going round again would end here again.
	return "", false, identity.Forbidden("sign-in.denied")
}
