package handlers

import (
	"context"
	"net/http"
	"time"

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
	// LoginV1 is whether Zitadel shows its first login pages, which have an ACS
	// and a redirect URI of their own. While it is not known it is true: one URL
	// too many does no harm.
	LoginV1 bool
}

type setupHandler func(http.ResponseWriter, *http.Request, SignInSetup) error

// setupDoor opens the school for a page that needs a permission.
type setupDoor func(needs identity.Permission, h setupHandler) http.Handler

// setupRoutes are the pages of a school's sign-in, behind one of its doors.
func setupRoutes(r chi.Router, door setupDoor) {
	r.Method("GET", "/domains", door(identity.VerifyDomains, listDomains))
	r.Method("POST", "/domains", door(identity.VerifyDomains, addDomain))
	r.Method("GET", "/domains/{domain}", door(identity.VerifyDomains, showDomain))
	r.Method("POST", "/domains/{domain}/challenge", door(identity.VerifyDomains, challengeDomain))
	r.Method("POST", "/domains/{domain}/check", door(identity.VerifyDomains, checkDomain))
	r.Method("GET", "/domains/{domain}/verify", door(identity.VerifyDomains, askVerification))
	r.Method("POST", "/domains/{domain}/verify", door(identity.VerifyDomains, verifyDomain))
	r.Method("POST", "/domains/{domain}/joining", door(identity.VerifyDomains, saveJoining))
	r.Method("GET", "/domains/{domain}/delete", door(identity.VerifyDomains, askDomainDeletion))
	r.Method("POST", "/domains/{domain}/delete", door(identity.VerifyDomains, deleteDomain))
	connectionRoutes(r, door)
}

// inPortal is the door of a school's admins.
func (s *Server) inPortal(needs identity.Permission, h setupHandler) http.Handler {
	return s.inOrganization(needs, func(w http.ResponseWriter, r *http.Request, org Organization) error {
		return h(w, r, s.setup(r, org, views.InPortal(org.ID())))
	})
}

// setup is what the pages behind a door may touch.
func (s *Server) setup(r *http.Request, org Organization, door views.SignInDoor) SignInSetup {
	return SignInSetup{
		Organization: org, Door: door, Zitadel: s.discovery.oidc.Issuer,
		Fetch: s.fetch, Intents: s.intents, Offered: s.offered, LoginV1: s.loginV1(r),
	}
}

// loginVersionTime bounds how long a change may wait for the version of the
// login pages to be found out.
const loginVersionTime = 2 * time.Second

// loginV1 tells whether Zitadel's first login pages are in use, as far as it is
// known. A page that is read never asks.
func (s *Server) loginV1(r *http.Request) bool {
	if !reads(r) {
		ctx, cancel := context.WithTimeout(r.Context(), loginVersionTime)
		defer cancel()
		if pages, err := s.gateway.LoginPages(ctx); err == nil {
			s.loginVersion.Store(int64(pages.Version))
		}
	}
	return s.loginVersion.Load() != 2
}
