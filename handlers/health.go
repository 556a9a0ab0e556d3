package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// ProjectionStatus is how far the projection is behind Zitadel.
type ProjectionStatus struct {
	// KnownAt is the last time the projection was known to be complete.
	KnownAt time.Time
	// Err is why it is not, or nil.
	Err error

	// What follows is for the operators. HeardAt is Zitadel's last answer, Behind
	// how far back the last event taken in is while there are more, and Built is
	// false until the projection was complete once.
	HeardAt, LastEvent time.Time
	Behind             time.Duration
	Built              bool
}

// staleAfter is how old the projection may be before pages say so. A tail that
// is well is behind by a second.
const staleAfter = 30 * time.Second

// healthz serves GET /healthz: the process answers.
func healthz(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n")) // or the reader is gone
	return nil
}

// part is one thing the portal depends on.
type part struct {
	Name  string `json:"name"`
	State string `json:"state"` // ok, late, away
	// Seconds is how far the projection is behind.
	Seconds int `json:"seconds,omitempty"`
	err     error
}

// States of a part, and of the whole: ready, degraded, unready.
const (
	partOK   = "ok"
	partLate = "late"
	partAway = "away"
)

// readyz serves GET /readyz: each part by its name, as JSON or, for a terminal,
// as text. The portal is unready only without its database; without Zitadel or
// mail it still answers pages, so a load balancer must not take it away.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	parts := s.ready.parts(r.Context(), s.checkParts)
	overall, status := "ready", http.StatusOK
	for _, p := range parts {
		switch {
		case p.Name == "database" && p.State != partOK:
			overall, status = "unready", http.StatusServiceUnavailable
		case p.State != partOK && status == http.StatusOK:
			overall = "degraded"
		}
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		return json.NewEncoder(w).Encode(map[string]any{"state": overall, "parts": parts})
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, overall)
	for _, p := range parts {
		fmt.Fprintf(w, "%s: %s", p.Name, p.State)
		if p.Seconds > 0 {
			fmt.Fprintf(w, " (%d s behind)", p.Seconds)
		}
		fmt.Fprintln(w)
	}
	return nil
}

// readiness keeps the answer for a moment: the path is open, and must not be a
// way to make the portal call Zitadel and the mail server at will.
type readiness struct {
	mu    sync.Mutex
	known []part
	at    time.Time
}

const readinessKept = 2 * time.Second

func (c *readiness) parts(ctx context.Context, check func(context.Context) []part) []part {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.at) > readinessKept {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		c.known, c.at = check(ctx), time.Now()
	}
	return c.known
}

// checkParts asks every part at once. The causes go to the log alone.
func (s *Server) checkParts(ctx context.Context) []part {
	parts := []part{{Name: "database"}, {Name: "projection"}, {Name: "zitadel"}, {Name: "mail"}}
	checks := []func() error{
		func() error { return s.store.Ready(ctx) },
		func() error { return s.projection().Err },
		func() error { return s.discovery.answers(ctx) },
		func() error { return s.mailReady(ctx) },
	}
	var wait sync.WaitGroup
	for i := range parts {
		wait.Go(func() {
			parts[i].State = partOK
			if parts[i].err = checks[i](); parts[i].err != nil {
				parts[i].State = partAway
			}
		})
	}
	wait.Wait()
	if behind := s.portal.Now().Sub(s.projection().KnownAt); behind > staleAfter {
		parts[1].State = partLate
		if !s.projection().KnownAt.IsZero() {
			parts[1].Seconds = int(behind.Seconds())
		}
	}
	for _, p := range parts {
		if p.err != nil {
			s.log.WarnContext(ctx, "not ready", "part", p.Name, "error", p.err)
		}
	}
	return parts
}

// answers reports whether Zitadel does.
func (d *discovery) answers(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.oidc.Issuer+"/.well-known/openid-configuration", nil)
	if err != nil {
		return err
	}
	response, err := d.oidc.Client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("discovery: %s", response.Status)
	}
	return nil
}
