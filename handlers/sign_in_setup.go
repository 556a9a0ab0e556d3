package handlers

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
	"homeroom.dev/homeroom/views"
)

// SignInSetup is all a page of a school's sign-in may touch. It is the same one
// in the portal and behind a set-up link.
type SignInSetup struct {
	Organization
	Door views.SignInDoor
	// Zitadel is the origin of its URLs, to be copied by IT.
	Zitadel string
	// Fetch asks for metadata, discovery documents and proofs of domains.
	Fetch *outbound.Client
	// Intents tells why Zitadel refused a sign-in.
	Intents identity.IntentLog
	// Offered are the instance-wide vendors that the installation has.
	Offered []identity.Vendor
	// LoginPages tells which login pages Zitadel shows.
	LoginPages func(context.Context) (identity.LoginPages, error)
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
		return h(w, r, s.setup(org, views.InPortal(org.ID())))
	})
}

// setup is what the pages behind a door may touch.
func (s *Server) setup(org Organization, door views.SignInDoor) SignInSetup {
	return SignInSetup{
		Organization: org, Door: door, Zitadel: s.discovery.oidc.Issuer,
		Fetch: s.fetch, Intents: s.intents, Offered: s.offered, LoginPages: s.gateway.LoginPages,
	}
}
