package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"

	"homeroom.dev/homeroom/identity"
)

// How much one request may be. The largest form is 500 pasted addresses with
// names.
const (
	maxBody    = 1 << 20
	maxTime    = 30 * time.Second
	rateWindow = time.Minute
)

// How often, within rateWindow. A limit per address lets through what a whole
// school does at eight o'clock behind one address: a class of 35 signing in
// needs about 150 requests. What a person does is limited per person.
const (
	signInsPerAddress     = 1200
	invitationsPerAddress = 1200 // looking at and accepting invitations
	triesPerInvitation    = 20
	invitesPerPerson      = 30 // each may hold 500 addresses
	changesPerPerson      = 240
	setupsPerAddress      = 600 // a school's IT behind one address, with pages that follow what happens
	triesPerSetup         = 20  // sending and confirming codes; the store counts as well
	changesPerSetup       = 120
)

// limitRequests bounds the size and the time of every request.
func limitRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, most := r.Context(), maxTime
		if takesFile(r) {
			ctx, most = withUpload(ctx, r.Body), maxUploadTime
		}
		ctx, cancel := context.WithTimeout(ctx, most)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// parseForm reads the form of a POST, so that handlers can use r.PostForm, and
// a body that is too large or broken is told apart from an empty one.
func parseForm(r *http.Request) error {
	if r.Method != http.MethodPost || isUpload(r) {
		return nil
	}
	err := r.ParseForm()
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = r.ParseMultipartForm(maxBody)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return err
	}
	return identity.Invalid("request.broken").Because(err)
}

// limit lets a request pass n times per window for each key. An empty key is
// not limited.
func (s *Server) limit(n int, key func(*http.Request) string) func(http.Handler) http.Handler {
	limiter := httprate.NewRateLimiter(n, rateWindow, httprate.WithResponseHeaders(
		httprate.ResponseHeaders{RetryAfter: "Retry-After"}))
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if k := key(r); k != "" && limiter.OnLimit(w, r, k) {
				s.fail(w, r, &identity.Error{Kind: identity.KindLimited, Message: identity.Say("request.limited")})
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// byAddress limits each client address; an IPv6 network of 64 bits is one.
func byAddress(r *http.Request) string { return httprate.CanonicalizeIP(clientAddress(r)) }

// byToken limits what is tried with each link that holds a secret.
func byToken(r *http.Request) string {
	if r.Method != http.MethodPost {
		return ""
	}
	return chi.URLParam(r, "token")
}

// byPerson limits what each signed-in person changes. Reading is free.
func (s *Server) byPerson(r *http.Request) string {
	if r.Method != http.MethodPost {
		return ""
	}
	return s.sessions.GetString(r.Context(), sessionUser)
}

// bySetupLink limits what is changed through each set-up link.
func bySetupLink(r *http.Request) string {
	if r.Method != http.MethodPost {
		return ""
	}
	return chi.URLParam(r, "link")
}
