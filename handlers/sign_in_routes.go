package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
)

// linkRoutes are the pages of set-up links, which are the portal's alone.
func (s *Server) linkRoutes(r chi.Router) {
	door := s.inPortal
	sends := r.With(s.limit(invitesPerPerson, s.byPerson))
	r.Method("GET", "/links", door(identity.ShareSetup, listSetupLinks))
	r.Method("GET", "/links/new", door(identity.ShareSetup, newSetupLink))
	sends.Method("POST", "/links", s.freshly(door(identity.ShareSetup, makeSetupLink)))
	r.Method("GET", "/links/{link}/renew", door(identity.ShareSetup, confirmRenewLink))
	sends.Method("POST", "/links/{link}/renew", s.freshly(door(identity.ShareSetup, renewLink)))
	r.Method("GET", "/links/{link}/revoke", door(identity.ShareSetup, confirmRevokeLink))
	r.Method("POST", "/links/{link}/revoke", door(identity.ShareSetup, revokeLink))
}

// enforcementRoutes are the pages of enforcement, the portal's alone as well.
// All but the last three change nothing: what was chosen travels in the forms.
func (s *Server) enforcementRoutes(r chi.Router) {
	door := func(h setupHandler) http.Handler { return s.inPortal(identity.ConnectSignIn, onlyAdmins(h)) }
	r.Method("GET", "/enforcement", door(showEnforcement))
	r.Method("GET", "/enforcement/people", door(showRehearsal))
	r.Method("POST", "/enforcement/people", door(chooseExceptions))
	r.Method("POST", "/enforcement/admins", door(chooseAdmins))
	r.Method("POST", "/enforcement/check", door(checkEnforcement))
	r.Method("POST", "/enforcement/on", s.freshly(door(switchEnforcementOn)))
	r.Method("POST", "/enforcement/off", s.freshly(door(switchEnforcementOff)))
	r.Method("POST", "/enforcement/recovery", s.freshly(door(renewRecovery)))
}
