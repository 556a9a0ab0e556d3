package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// SignInSetup is all a page of a school's sign-in may touch. It is the same one
// in the portal and behind a set-up link.
type SignInSetup struct {
	Organization
	Door views.SignInDoor
	// Zitadel is the origin of its URLs, to be copied by IT.
	Zitadel string
}

type setupHandler func(http.ResponseWriter, *http.Request, SignInSetup) error

// setupDoor opens the school for a page that needs a permission.
type setupDoor func(needs identity.Permission, h setupHandler) http.Handler

// setupRoutes are the pages of a school's sign-in, behind one of its doors.
func setupRoutes(r chi.Router, door setupDoor) {
}

// inPortal is the door of a school's admins.
func (s *Server) inPortal(needs identity.Permission, h setupHandler) http.Handler {
	return s.inOrganization(needs, func(w http.ResponseWriter, r *http.Request, org Organization) error {
		return h(w, r, SignInSetup{
			Organization: org, Door: views.InPortal(org.ID()), Zitadel: s.discovery.oidc.Issuer,
		})
	})
}
