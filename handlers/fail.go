package handlers

import (
	"context"
	"errors"
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// statuses are the answers to the kinds of failure a user may read about.
var statuses = map[identity.ErrorKind]int{
	identity.KindNotFound:    http.StatusNotFound,
	identity.KindForbidden:   http.StatusForbidden,
	identity.KindConflict:    http.StatusConflict,
	identity.KindInvalid:     http.StatusBadRequest,
	identity.KindUnavailable: http.StatusServiceUnavailable,
	identity.KindLimited:     http.StatusTooManyRequests,
	identity.KindGone:        http.StatusGone,
}

// fail answers an error with its page, and keeps it for the log line. It is
// the only place that turns errors into statuses.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	rec := logged(r.Context())
	rec.err = err
	if errors.Is(r.Context().Err(), context.Canceled) {
		return // nobody is there to read it
	}
	status, message := answer(err)
	if status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "10")
	}
	page := views.Failure{Status: status, Message: message, Request: rec.id}
	if problem := render(w, r, status, views.ErrorPage(frame(r), page)); problem != nil {
		rec.err = errors.Join(err, problem)
		http.Error(w, http.StatusText(status), status)
	}
}

// answer is the status for err and what its page says.
func answer(err error) (int, identity.Message) {
	var known *identity.Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		if status, ok := statuses[known.Kind]; ok {
			return status, known.Message
		}
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, identity.Say("request.too-large")
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable, identity.Say("request.too-slow")
	}
	return http.StatusInternalServerError, identity.Message{} // the page for it says enough
}

// notFound serves every path that is no page, and a page's path asked for in
// another way, which to a person is the same.
func (s *Server) notFound(_ http.ResponseWriter, r *http.Request) error {
	if _, err := s.visitor(r); err != nil {
		return err
	}
	return identity.NotFound("request.not-found")
}

// foreignOrigin answers a change that another site's page asked for.
func (s *Server) foreignOrigin(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, identity.Forbidden("request.foreign-origin"))
}
