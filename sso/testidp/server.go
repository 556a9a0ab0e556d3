package testidp

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options are what a Server is made of.
type Options struct {
	// URL is the origin under which browsers and the service provider reach it,
	// such as http://localhost:8083. [Server.Listen] fills it when it is empty.
	URL string
	// People it vouches for; nil: [LindenPeople].
	People []Person
	// DNS is where its console publishes records; nil: it has no page for that.
	DNS Records
	// Now is the clock; nil: time.Now.
	Now func() time.Time
}

// Records is a name server's zone; testdns has one.
type Records interface {
	SetTXT(name string, values ...string)
	TXT(name string) []string
}

// Server is an identity provider.
type Server struct {
	url    string
	dns    Records
	now    func() time.Time
	routes http.Handler
	http   *http.Server

	foreignOnce sync.Once
	foreign     signingKey
	foreignErr  error

	mu      sync.Mutex
	people  []Person
	apps    []*App
	pending map[string]pendingSignIn
	codes   map[string]grantedCode
	tokens  map[string]grantedCode
}

// New makes an identity provider without apps. It is an [http.Handler]; Listen
// answers on a port of its own.
func New(o Options) (*Server, error) {
	s := &Server{
		url: strings.TrimSuffix(o.URL, "/"), dns: o.DNS, now: o.Now, people: o.People,
		pending: map[string]pendingSignIn{}, codes: map[string]grantedCode{}, tokens: map[string]grantedCode{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.people == nil {
		s.people = LindenPeople()
	}
	s.routes = guard(s.mux())
	return s, nil
}

// Listen answers on address, such as "127.0.0.1:0", until Close.
func (s *Server) Listen(ctx context.Context, address string) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for sign-ins: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.url == "" {
		s.url = fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second}
	// Serve returns when Close is called; nobody waits for its word.
	go func(server *http.Server) { _ = server.Serve(listener) }(s.http)
	return nil
}

// Close stops what Listen began.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		return nil
	}
	return s.http.Close()
}

// URL is the origin under which it is reached.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.url
}
