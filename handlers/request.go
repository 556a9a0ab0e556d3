package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// record collects what the one log line of a request says. It holds IDs and
// never a name, an address, a token or a body.
type record struct {
	id           string
	user         identity.UserID
	organization identity.OrganizationID
	err          error
	aside        error      // something that went wrong without failing the request
	stack        []byte     // of a panic
	page         views.Page // the frame once the person is known, for error pages
}

type recordKey struct{}

// logged is the record of the request. Outside the chain it is a spare one.
func logged(ctx context.Context) *record {
	if rec, ok := ctx.Value(recordKey{}).(*record); ok {
		return rec
	}
	return &record{}
}

// identify gives every request its ID, in the context for audit records and in
// the answer for whoever reports a problem. An ID from outside is not taken
// over: it would be a way to write into our log.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &record{id: rand.Text()}
		ctx := context.WithValue(r.Context(), recordKey{}, rec)
		ctx = identity.WithRequest(ctx, identity.Request{ID: rec.id, Address: clientAddress(r), Device: device(r)})
		w.Header().Set("X-Request-Id", rec.id)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// clientAddress is who asks, as far as the configured proxies can be believed.
func clientAddress(r *http.Request) string {
	if address := middleware.GetClientIP(r.Context()); address != "" {
		return address
	}
	// A proxy that says nothing of use. The port is no part of who asks: with it
	// every connection would be somebody else.
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// device is what the browser calls itself, as far as it is kept.
func device(r *http.Request) string {
	name := strings.ToValidUTF8(r.UserAgent(), "")
	if len(name) > identity.MaxDevice {
		name = strings.ToValidUTF8(name[:identity.MaxDevice], "")
	}
	return name
}

// resolveAddress finds the client's address: the connection's, or what the
// trusted proxies wrote.
func resolveAddress(trusted []string) func(http.Handler) http.Handler {
	if len(trusted) == 0 {
		return middleware.ClientIPFromRemoteAddr
	}
	return middleware.ClientIPFromXFF(trusted...)
}

// logRequests writes the one line per request. The route's pattern stands for
// the path, because a path may hold an invitation's token.
func (s *Server) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer s.logRequest(r, seen, began) // also of one that is cut off in the middle
		next.ServeHTTP(seen, r)
	})
}

func (s *Server) logRequest(r *http.Request, seen middleware.WrapResponseWriter, began time.Time) {
	rec := logged(r.Context())
	status := seen.Status()
	if status == 0 {
		status = http.StatusOK
	}
	if r.Context().Err() != nil && errors.Is(r.Context().Err(), context.Canceled) {
		status = statusClientGone
	}
	attrs := []slog.Attr{
		slog.String("request", rec.id),
		slog.String("method", r.Method),
		slog.String("route", route(r)),
		slog.Int("status", status),
		slog.Int("bytes", seen.BytesWritten()),
		slog.Duration("took", time.Since(began)),
	}
	if rec.user != "" {
		attrs = append(attrs, slog.String("user", string(rec.user)))
	}
	if rec.organization != "" {
		attrs = append(attrs, slog.String("organization", string(rec.organization)))
	}
	if rec.err != nil {
		attrs = append(attrs, slog.String("error", rec.err.Error()))
	}
	if rec.aside != nil {
		attrs = append(attrs, slog.String("aside", rec.aside.Error()))
	}
	if rec.stack != nil {
		attrs = append(attrs, slog.String("stack", string(rec.stack)))
	}
	severity := level(status)
	if rec.err != nil && status < http.StatusBadRequest {
		severity = slog.LevelError // it broke off after it had begun well
	}
	s.log.LogAttrs(context.WithoutCancel(r.Context()), severity, "request", attrs...)
}

// statusClientGone is logged where nobody waits for the answer any more, which
// is no error of ours.
const statusClientGone = 499

func level(status int) slog.Level {
	switch {
	case status >= 500:
		return slog.LevelError
	case status == http.StatusTooManyRequests:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

func route(r *http.Request) string {
	if ctx := chi.RouteContext(r.Context()); ctx != nil {
		if pattern := ctx.RoutePattern(); pattern != "" {
			return pattern
		}
	}
	return "unmatched"
}

// recoverPanics answers a panic as any failure of ours, and keeps its stack for
// the log line.
func (s *Server) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			problem := recover()
			if problem == nil {
				return
			}
			if problem == http.ErrAbortHandler {
				panic(problem) // net/http's own way to give up a connection
			}
			logged(r.Context()).stack = debug.Stack()
			s.fail(w, r, fmt.Errorf("panic: %v", problem))
		}()
		next.ServeHTTP(w, r)
	})
}
