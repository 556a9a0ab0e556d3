package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// Platform is all a handler of an operators' page may touch.
type Platform struct {
	identity.OpenedPlatform                 // who asks
	Store                   *store.Platform // rows across schools
	Portal                  Portal
	Page                    views.Page // the frame: who, notice
}

type (
	platformHandler func(http.ResponseWriter, *http.Request, Platform) error
	// schoolHandler serves a page of the operators about one school, or one
	// classroom that stands alone. Its frame is the platform's.
	schoolHandler func(http.ResponseWriter, *http.Request, Platform, Organization) error
)

// onPlatform opens the platform for who asks. For everybody but its operators
// there is nothing.
func (s *Server) onPlatform(h platformHandler) http.Handler {
	return platformGate{s.known(func(w http.ResponseWriter, r *http.Request, who Person) error {
		opened, err := s.store.OpenPlatform(r.Context(), who.Actor)
		if err != nil {
			return err
		}
		if asked, err := s.askFresh(w, r, who.User); asked || err != nil {
			return err
		}
		who.Page.Operates = true
		return h(w, r, Platform{
			OpenedPlatform: opened, Store: s.store.Platform(opened), Portal: s.portal, Page: who.Page,
		})
	})}
}

// onSchool is onPlatform for the pages about the organization {school} of the
// path: a school, or a classroom that stands alone. It is opened for the
// operator whatever its state, and no look is needed: what the page shows is
// what the platform knows of it.
func (s *Server) onSchool(h schoolHandler) http.Handler {
	return s.onPlatform(func(w http.ResponseWriter, r *http.Request, p Platform) error {
		opened, err := p.Store.Open(r.Context(), identity.OrganizationID(chi.URLParam(r, "school")))
		if err != nil {
			return err
		}
		if opened.Organization().School != "" {
			return identity.NotFound("organization.not-found") // its school's page is the one
		}
		logged(r.Context()).organization = opened.ID()
		return h(w, r, p, Organization{
			Opened: opened, Store: s.store.In(opened), Remote: s.gateway.In(opened), Portal: s.portal, Page: p.Page,
		})
	})
}

// platformGate is a route of the operators, for the tests that walk every route.
type platformGate struct{ http.Handler }

// platformRoutes are the pages of the operators. What they do to a school, and
// looking into one, asks for a fresh sign-in.
func (s *Server) platformRoutes(r chi.Router, f founding) {
	r.Route("/platform", func(r chi.Router) {
		r.Use(middleware.GetHead)
		r.Method("GET", "/", s.onPlatform(s.showPlatform))
		r.Method("GET", "/schools", s.onPlatform(listSchools))
		r.Method("GET", "/schools/new", s.onPlatform(newSchool))
		r.Method("POST", "/schools", s.onPlatform(f.openSchool))
		r.Method("GET", "/schools/{school}", s.onSchool(showSchoolOfPlatform))
		r.Method("GET", "/schools/{school}/suspend", s.onSchool(askSuspend))
		r.Method("POST", "/schools/{school}/suspend", s.freshly(s.onSchool(suspendSchool)))
		r.Method("GET", "/schools/{school}/restore", s.onSchool(askRestore))
		r.Method("POST", "/schools/{school}/restore", s.onSchool(restoreSchool))
		r.Method("GET", "/schools/{school}/look", s.onSchool(askLook))
		r.Method("POST", "/schools/{school}/look", s.freshly(s.onSchool(beginLook)))
		r.Method("POST", "/schools/{school}/look/end", s.onSchool(endLook))
		r.Method("GET", "/classrooms", s.onPlatform(listStandalone))
		r.Method("GET", "/classrooms/{school}/adopt", s.onSchool(askAdopt))
		r.Method("POST", "/classrooms/{school}/adopt", s.freshly(s.onSchool(s.adopt)))
		s.platformActivityRoutes(r)
		s.platformStreamRoutes(r)
		s.eraseRoutes(r)
		r.Method("GET", "/health", s.onPlatform(s.showHealth))
		r.Method("POST", "/health", s.onPlatform(s.checkNow))
		r.Method("GET", "/projection", s.onPlatform(s.showProjection))
		r.Method("POST", "/projection", s.onPlatform(s.reconcileNow))
		r.Method("GET", "/jobs", s.onPlatform(s.listJobs))
		r.Method("POST", "/jobs/{job}/retry", s.onPlatform(s.retryJob))
	})
}
