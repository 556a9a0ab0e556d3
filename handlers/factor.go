package handlers

import (
	"context"
	"net/http"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// lacksFactor reports whether somebody signed in with one factor alone whose
// school asks its staff for a second one, which Zitadel cannot do: it does not
// know who is staff. Whoever came by the school's own sign-in proved there what
// the school asks for; Zitadel says nothing about it (no amr).
func (s *Server) lacksFactor(ctx context.Context, token *oidc.IDTokenClaims) (bool, error) {
	user := identity.UserID(token.Subject)
	if twoFactors(token.AuthenticationMethodsReferences) || s.arrivedLately(ctx).User == user {
		return false, nil
	}
	return s.store.StaffFactor(ctx, user)
}

// askForFactor tells somebody who came without a second factor where to set one
// up. They stay signed in at Zitadel, where they do that.
func (s *Server) askForFactor(w http.ResponseWriter, r *http.Request, next string) error {
	page := frame(r)
	page.Here = views.WithQuery(views.SignInPath, views.Param{Name: "next", Value: next}) // this URL works once
	return render(w, r, http.StatusForbidden, views.FactorNeeded(page, s.securityURL(), next))
}

// securityURL is Zitadel's own page of passwords, passkeys and second factors,
// for who is signed in there.
func (s *Server) securityURL() string {
	return s.discovery.oidc.Issuer + "/ui/console/users/me?id=security"
}
