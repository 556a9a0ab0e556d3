package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/badge"
	"homeroom.dev/homeroom/export"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/stream"
)

// Options are what the portal is built from. All but the last six are needed.
type Options struct {
	Store       *store.Store
	Gateway     identity.Gateway
	Provisioner identity.Provisioner // for opening classrooms
	OIDC        OIDC
	// PublicURL is where browsers reach the portal. With https, cookies are
	// secure and bound to the host.
	PublicURL string
	// Projection tells how far the projection is behind.
	Projection func() ProjectionStatus
	// MailReady reports whether mail can be sent.
	MailReady func(context.Context) error
	// AnyoneOpensClassrooms lets everybody who is signed in open a classroom that
	// belongs to no school.
	AnyoneOpensClassrooms bool
	// Offered are the vendors of which the installation has a registration for
	// every school, such as Clever.
	Offered []identity.Vendor

	// Streams sends audit logs on; nil is one that only tests targets, as far as
	// they are public.
	Streams *stream.Streams

	// Fetch asks for what a school's IT names: metadata, discovery documents. Nil
	// is one that asks public addresses alone.
	Fetch *outbound.Client
	// Intents tells why Zitadel refused a sign-in through a school's connection;
	// with nil, no page knows more than that it did.
	Intents identity.IntentLog
	// Background is the work that operators see; nil is one without any.
	Background Background
	// TrustedProxies are the networks (CIDR) whose X-Forwarded-For is believed.
	TrustedProxies []string
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Log takes one line per request; nil is slog.Default().
	Log *slog.Logger
	// Exports are the archives of schools.
	Exports export.Works
	// PlanImport reads a list that was brought and compares it: a short one at
	// once, a longer one in the background. Without it no list is taken.
	PlanImport func(context.Context, *store.Organization, store.ImportID) error
	// DoAtOnce does a run that is about few people before its page is shown; nil
	// leaves every run to its job.
	DoAtOnce func(context.Context, identity.Opened, identity.BulkRunID)
	// PlanRollover makes the plan of a rollover: a short one at once, a longer one
	// in the background. Without it there are none.
	PlanRollover func(context.Context, *store.Organization, store.RolloverID) error
	// Demo adds the page that shows every component.
	Demo bool
}

// Server is the portal. Only this package's routes reach its fields; handlers
// of organization pages never do.
type Server struct {
	store        *store.Store
	gateway      identity.Gateway
	provisioner  identity.Provisioner
	sessions     *scs.SessionManager
	discovery    *discovery
	logouts      seenTokens
	followers    followers
	ready        readiness
	projection   func() ProjectionStatus
	mailReady    func(context.Context) error
	portal       Portal
	anyoneOpens  bool
	offered      []identity.Vendor
	fetch        *outbound.Client
	streams      *stream.Streams
	intents      identity.IntentLog
	background   Background
	secure       bool
	trusted      []string
	demo         bool
	exports      export.Works
	planImport   func(context.Context, *store.Organization, store.ImportID) error
	planRollover func(context.Context, *store.Organization, store.RolloverID) error
	doAtOnce     func(context.Context, identity.Opened, identity.BulkRunID)
	log          *slog.Logger
	crossOrigin  *http.CrossOriginProtection
	loginVersion atomic.Int64 // of Zitadel's pages; 0 while it is not known
	noticeKey    []byte       // of this process; see sealNotice
	badgeSigner  *badge.Signer
}

// New is the portal as a handler. It calls nobody: Zitadel may be away.
func New(o Options) (http.Handler, error) {
	s, err := newServer(o)
	if err != nil {
		return nil, err
	}
	return s.routes(), nil
}

func newServer(o Options) (*Server, error) {
	switch {
	case o.Store == nil, o.Gateway == nil, o.Provisioner == nil, o.Projection == nil, o.MailReady == nil:
		return nil, errors.New("handlers: store, gateway, provisioner, projection and mail are needed")
	case o.OIDC.Issuer == "" || o.OIDC.ClientID == "":
		return nil, errors.New("handlers: issuer and client ID are needed")
	case !strings.HasPrefix(o.PublicURL, "http://") && !strings.HasPrefix(o.PublicURL, "https://"):
		return nil, errors.New("handlers: public URL must begin with http:// or https://")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Fetch == nil {
		o.Fetch = outbound.New(outbound.Options{})
	}
	if o.Intents == nil {
		o.Intents = silent{}
	}
	if o.Streams == nil {
		o.Streams = stream.New(stream.Options{Store: o.Store, Outbound: o.Fetch, Now: o.Now, Log: o.Log})
	}
	if o.Background == nil {
		o.Background = idle{}
	}
	if o.DoAtOnce == nil {
		o.DoAtOnce = func(context.Context, identity.Opened, identity.BulkRunID) {}
	}
	if o.PlanImport == nil {
		o.PlanImport = takesNoLists
	}
	if o.PlanRollover == nil {
		o.PlanRollover = rollsNothing
	}
	public := strings.TrimSuffix(o.PublicURL, "/")
	s := &Server{
		store:       o.Store,
		gateway:     o.Gateway,
		provisioner: o.Provisioner,
		discovery:   newDiscovery(o.OIDC, public),
		projection:  o.Projection,
		mailReady:   o.MailReady,
		portal:      Portal{PublicURL: public, Now: o.Now},
		anyoneOpens: o.AnyoneOpensClassrooms,
		offered:     o.Offered,
		fetch:       o.Fetch,
		streams:     o.Streams,
		intents:     o.Intents,
		background:  o.Background,
		secure:      strings.HasPrefix(public, "https://"),
		trusted:     o.TrustedProxies,
		demo:        o.Demo,
		exports:     o.Exports,
		planImport:  o.PlanImport,

		planRollover: o.PlanRollover,
		doAtOnce:     o.DoAtOnce,
		log:          o.Log,
		crossOrigin:  http.NewCrossOriginProtection(),
	}
	s.logouts.seen = make(map[string]time.Time)
	s.noticeKey = []byte(rand.Text())
	s.crossOrigin.SetDenyHandler(http.HandlerFunc(s.foreignOrigin))
	seeds, err := s.store.BadgeSeeds()
	if err != nil {
		return nil, err
	}
	if s.badgeSigner, err = badge.NewSigner(seeds...); err != nil {
		return nil, err
	}
	s.sessions = newSessions(s.store.Sessions(), s.secure, s.sessionFailed)
	return s, nil
}

// silent is an intent log of which nothing is known.
type silent struct{}

// IntentFailure implements [identity.IntentLog].
func (silent) IntentFailure(context.Context, string) (string, error) { return "", nil }

// chain is around every request, whatever it asks for.
func (s *Server) chain(next http.Handler) http.Handler {
	return chi.Chain(
		resolveAddress(s.trusted), identify, s.logRequests, s.recoverPanics, s.secureHeaders, limitRequests,
	).Handler(next)
}
