package standin

import (
	"context"
	"net/http"
	"time"
)

// browser is what a user agent cookie stands for: who is signed in there.
type browser struct {
	users map[string]*signIn // by user ID
}

// signIn is one user's login in one browser.
type signIn struct {
	sid  string
	at   time.Time
	last time.Time
	v2   bool
}

// agentCookie names a browser, as Zitadel's own cookie does.
const agentCookie = "zitadel.useragent"

type agentKey struct{}

func agentOf(ctx context.Context) string {
	agent, _ := ctx.Value(agentKey{}).(string)
	return agent
}

func (s *Server) issuerOf(*http.Request) string { return s.Issuer() }

func (s *Server) routeLogin(mux *http.ServeMux) {}
