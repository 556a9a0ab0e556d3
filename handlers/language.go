package handlers

import (
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

const languageCookie = "language"

// withLanguage chooses the language of the answer, once: what was chosen here,
// or else what the browser asks for.
func (s *Server) withLanguage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chosen := ""
		if cookie, err := r.Cookie(hostCookie(languageCookie, s.secure)); err == nil {
			chosen = cookie.Value
		}
		ctx := views.WithLanguage(r.Context(), views.Match(r.Header.Get("Accept-Language"), chosen))
		ctx = views.WithNow(ctx, s.portal.Now())
		w.Header().Add("Vary", "Accept-Language, Cookie")
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// setLanguage serves POST /language. Form: language, and next, the page to see
// again.
func (s *Server) setLanguage(w http.ResponseWriter, r *http.Request) error {
	language := r.PostFormValue("language")
	if !views.Speaks(language) {
		return identity.Invalid("request.broken")
	}
	cookie := s.attemptCookie(hostCookie(languageCookie, s.secure), language, 365*24*60*60)
	http.SetCookie(w, cookie)
	return redirect(w, r, localPath(r.PostFormValue("next"), views.LandingPath))
}
