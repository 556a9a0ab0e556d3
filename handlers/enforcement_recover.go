package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/views"
)

// showRecover serves GET /recover/{token}: what the link does. It changes
// nothing.
func (s *Server) showRecover(w http.ResponseWriter, r *http.Request) error {
	token := chi.URLParam(r, "token")
	school, err := s.store.RecoveryOf(r.Context(), token)
	if err != nil {
		return err
	}
	page := views.Page{Here: views.RecoveryPath(token), Notice: notice(r.Context())}
	return render(w, r, http.StatusOK, views.Recover(page, school, token))
}

// recoverSchool serves POST /recover/{token}: the school's own sign-in is not
// the only way in any more.
func (s *Server) recoverSchool(w http.ResponseWriter, r *http.Request) error {
	token := chi.URLParam(r, "token")
	school, err := s.store.RecoveryOf(r.Context(), token)
	if err != nil {
		return err
	}
	logged(r.Context()).organization = school.ID
	if err := s.store.Recover(r.Context(), token); err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Recovered(views.Page{Here: views.LandingPath}, school))
}
