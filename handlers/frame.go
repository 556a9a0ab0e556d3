package handlers

import (
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// page is the frame around the pages of a signed-in person.
func (s *Server) page(r *http.Request, actor identity.Actor, user identity.User) views.Page {
	page := views.Page{Actor: actor, Account: user.UserName, Here: s.here(r), Notice: notice(r.Context())}
	switch known := s.projection().KnownAt; {
	case known.IsZero():
		page.Trouble = identity.Say("layout.never-known")
	case s.portal.Now().Sub(known) > staleAfter:
		page.KnownAt = known
	}
	return page
}

// here is the page to see again after a change that has no page of its own.
func (s *Server) here(r *http.Request) string {
	if reads(r) {
		return r.URL.RequestURI()
	}
	return s.ownPath(r.Header.Get("Referer"), views.HomePath)
}

// frame is the frame of a page that may be seen by anybody: that of the person
// if the request has got as far as knowing one.
func frame(r *http.Request) views.Page {
	if page := logged(r.Context()).page; page.SignedIn() {
		return page
	}
	page := views.Page{Here: views.LandingPath, Notice: notice(r.Context())}
	if reads(r) {
		page.Here = r.URL.RequestURI()
	}
	return page
}
