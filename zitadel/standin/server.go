package standin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
	"google.golang.org/grpc"
)

// Options configure a stand-in. The zero value is Zitadel as it is shipped,
// with an organization "Platform" that owns the instance's owner.
type Options struct {
	// Issuer is the origin the server is reached at. Start sets it to
	// http://localhost:PORT; who serves Handler alone must say it.
	Issuer string
	// LoginVersion is which of Zitadel's login pages people see: 1 (the default)
	// or 2.
	LoginVersion int
	// Now is the clock of events and codes; nil means time.Now. Tokens always
	// follow the real one.
	Now func() time.Time
	// Since is when the instance was set up, if that is to be in the past; see
	// SetClock. The zero value means now.
	Since time.Time
	// Logger gets the server's own complaints; nil means none.
	Logger *slog.Logger
	// Resolver is asked for the records that prove domains; nil means the
	// system's.
	Resolver *net.Resolver
	// HTTPClient fetches metadata and files that prove domains, and speaks to
	// OIDC providers; nil means one that gives up after ten seconds.
	HTTPClient *http.Client
}

// Server is a running or ready stand-in. All methods may be called at any time
// by any goroutine.
type Server struct {
	*state
	version  int
	logger   *slog.Logger
	faults   *Faults
	calls    counter
	grpc     *grpc.Server
	provider *op.Provider
	handler  http.Handler
	signing  signingKey
	ownerKey []byte
	ownerID  string
	fresh    keyring
	notify   notifier
	resolver *net.Resolver
	client   *http.Client

	mu       sync.Mutex
	listener net.Listener
	http     *http.Server
}

// New prepares a stand-in with its instance, first organization and owner. It
// listens nowhere yet.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.LoginVersion == 0 {
		o.LoginVersion = 1
	}
	if o.LoginVersion != 1 && o.LoginVersion != 2 {
		return nil, fmt.Errorf("login version %d: there are 1 and 2", o.LoginVersion)
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: 10 * time.Second}
	}
	faults := &Faults{}
	s := &Server{state: newState(o.Now, faults), version: o.LoginVersion, logger: o.Logger, faults: faults, resolver: o.Resolver, client: o.HTTPClient}
	faults.s = s.state
	if !o.Since.IsZero() {
		s.shift = o.Since.Sub(o.Now())
	}
	s.issuer = strings.TrimSuffix(o.Issuer, "/")
	if s.issuer == "" {
		s.issuer = "http://localhost"
	}
	s.notify.server = s
	if err := s.setUp(); err != nil {
		return nil, fmt.Errorf("set up the instance: %w", err)
	}
	if err := s.route(); err != nil {
		return nil, fmt.Errorf("build the handler: %w", err)
	}
	return s, nil
}

// Faults makes things go wrong.
func (s *Server) Faults() *Faults { return s.faults }

// Issuer is the origin of the server, without a slash at the end.
func (s *Server) Issuer() string {
	s.RLock()
	defer s.RUnlock()
	return s.issuer
}

// OwnerKey is the key file (JSON) of a service account that owns the instance,
// as Zitadel writes it when it is set up.
func (s *Server) OwnerKey() []byte { return s.ownerKey }

// Handler serves gRPC, REST, Connect, OIDC and the login pages. Its server must
// speak unencrypted HTTP/2 beside HTTP/1; see Start.
func (s *Server) Handler() http.Handler { return s.handler }

// Start listens on addr, for instance "127.0.0.1:0" (the default), and serves
// until ctx is done or Close is called. It returns as soon as it listens, and
// the issuer is http://localhost:PORT from then on.
func (s *Server) Start(ctx context.Context, addr string) error {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http != nil {
		return errors.New("the stand-in is running already")
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return fmt.Errorf("read the address: %w", err)
	}
	s.Lock()
	s.issuer = "http://localhost:" + port
	s.Unlock()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	s.listener = listener
	s.http = &http.Server{
		Handler:           s.handler,
		Protocols:         protocols,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
	}
	server := s.http
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.logger.Error("the stand-in stopped", "error", err)
		}
	}()
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return nil
}

// Addr is the address Start listens on, or nil.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Close stops serving at once and forgets what is still to be notified. It may
// be repeated.
func (s *Server) Close() error {
	s.notify.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		return nil
	}
	return s.http.Close()
}
