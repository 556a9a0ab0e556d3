package testidp

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"homeroom.dev/homeroom/identity"
)

// AppOptions is what an administrator sets for one app: one service provider's
// entry at the identity provider. Every app is an identity provider of its own
// to its service provider, with its own issuer and certificate.
type AppOptions struct {
	Name     string
	Vendor   identity.Vendor // whose habits; empty: generic
	Protocol identity.Protocol

	// SAML, typed by hand; SPMetadata fills them when they are empty.
	EntityID     string   // the service provider's: "Identifier (Entity ID)", "Audience URI"
	ACS          []string // "Reply URL", "Single sign-on URL"; the first is the default
	SPMetadata   []byte
	NameIDFormat string // URN; empty: the vendor's habit
	Encrypt      bool   // the assertion, for the certificate in SPMetadata or EncryptFor
	EncryptFor   *x509.Certificate

	// OIDC. ClientID and ClientSecret are made when they are empty.
	RedirectURIs []string
	ClientID     string
	ClientSecret string

	// StartURL is what the app's tile opens.
	StartURL string
	// WithoutAttributes leaves out every attribute, as before anybody mapped them.
	WithoutAttributes bool
	Misbehaviour      Misbehaviour
	// CertificateDays is how long a new certificate holds; 0: three years.
	CertificateDays int
}

// App is one service provider's entry at the identity provider.
type App struct {
	id     string
	server *Server

	mu      sync.Mutex
	options AppOptions
	keys    []signingKey // the metadata lists all of them
	signing int          // which one signs
	sent    string
}

// CreateApp makes an app. What the service provider is may be said later, with
// [App.Connect] or [App.Configure].
func (s *Server) CreateApp(options AppOptions) (*App, error) {
	if options.Vendor == "" {
		options.Vendor = identity.VendorSAML
		if options.Protocol == identity.ProtocolOIDC {
			options.Vendor = identity.VendorOIDC
		}
	}
	if options.Protocol == "" {
		options.Protocol = options.Vendor.Protocols()[0]
	}
	if !options.Vendor.Speaks(options.Protocol) {
		return nil, fmt.Errorf("%s does not speak %s", options.Vendor, options.Protocol)
	}
	if options.ClientID == "" {
		options.ClientID = randomID()
	}
	if options.ClientSecret == "" {
		options.ClientSecret = randomID() + randomID()
	}
	app := &App{id: randomID()[:12], server: s}
	if err := app.set(options); err != nil {
		return nil, err
	}
	if err := app.Rotate(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apps = append(s.apps, app)
	return app, nil
}

// App is the app with an ID.
func (s *Server) App(id string) (*App, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.apps, func(a *App) bool { return a.id == id })
	if i < 0 {
		return nil, false
	}
	return s.apps[i], true
}

// Apps lists the apps, the oldest first.
func (s *Server) Apps() []*App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.apps)
}

// ID is the app's ID, which stands in its URLs.
func (a *App) ID() string { return a.id }

// Options are the app's settings.
func (a *App) Options() AppOptions {
	a.mu.Lock()
	defer a.mu.Unlock()
	options := a.options
	options.ACS, options.RedirectURIs = slices.Clone(options.ACS), slices.Clone(options.RedirectURIs)
	return options
}

// Configure changes the settings. Vendor and protocol stay what they are.
func (a *App) Configure(change func(*AppOptions)) error {
	options := a.Options()
	vendor, protocol := options.Vendor, options.Protocol
	change(&options)
	options.Vendor, options.Protocol = vendor, protocol
	return a.set(options)
}

func (a *App) set(options AppOptions) error {
	if options.Misbehaviour != Behaves && !slices.Contains(Misbehaviours(options.Protocol), options.Misbehaviour) {
		return fmt.Errorf("%s cannot be done over %s", options.Misbehaviour, options.Protocol)
	}
	if len(options.SPMetadata) > 0 {
		if err := options.readSPMetadata(); err != nil {
			return err
		}
	}
	if options.Vendor == identity.VendorGoogle && len(options.ACS) > 1 {
		return errors.New("an app of Google Workspace takes one ACS URL")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.options = options
	return nil
}

// Connect types in what a service provider is, as an administrator copies it
// from the wizard. Google takes one ACS alone.
func (a *App) Connect(sp identity.ServiceProvider) error {
	return a.Configure(func(o *AppOptions) {
		o.EntityID, o.ACS = sp.EntityID, []string{sp.ACS, sp.ACSV1}
		if o.Vendor == identity.VendorGoogle {
			o.ACS = o.ACS[:1]
		}
		o.RedirectURIs = []string{sp.RedirectURI, sp.RedirectV1}
	})
}

// SetMisbehaviour makes the app misbehave from the next sign-in on, or behave.
func (a *App) SetMisbehaviour(m Misbehaviour) error {
	return a.Configure(func(o *AppOptions) { o.Misbehaviour = m })
}

// MetadataURL is where the app's SAML metadata is. Google and JumpCloud have
// none in the real world; here the page says so.
func (a *App) MetadataURL() string { return a.url("/saml/metadata") }

// SSOURL is where authentication requests go, by redirect and by POST.
func (a *App) SSOURL() string { return a.url("/saml/sso") }

// Issuer is the app's OpenID issuer.
func (a *App) Issuer() string { return a.url("/oidc") }

// EntityID is the identity provider's own, in the vendor's shape.
func (a *App) EntityID() string { return habitsOf(a.Options().Vendor).entityID(a) }

func (a *App) url(path string) string { return a.server.URL() + "/apps/" + a.id + path }

// Sent is the last SAMLResponse, as it stood in the form and as IT would copy
// it from a browser's tools.
func (a *App) Sent() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sent
}

// Certificates are those in the metadata, the oldest first.
func (a *App) Certificates() []*x509.Certificate {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []*x509.Certificate
	for _, key := range a.keys {
		all = append(all, key.certificate)
	}
	return all
}

// CertificatePEM is the one that signs, for whoever types metadata by hand.
func (a *App) CertificatePEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.signingKey().certificate.Raw}))
}

// Rotate makes another certificate and puts it into the metadata beside those
// that are there. It does not sign yet: see [App.Switch].
func (a *App) Rotate() error {
	options := a.Options()
	days := options.CertificateDays
	if days == 0 {
		days = 3 * 365
	}
	now := a.server.now()
	key, err := newSigningKey(habitsOf(options.Vendor).certificate, now.Add(-time.Hour), now.Add(time.Duration(days)*24*time.Hour))
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys = append(a.keys, key)
	return nil
}

// Switch signs with the newest certificate from now on.
func (a *App) Switch() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.signing = len(a.keys) - 1
}

// Retire takes every certificate out of the metadata that does not sign.
func (a *App) Retire() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys, a.signing = []signingKey{a.keys[a.signing]}, 0
}

func (a *App) signingKey() signingKey {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.keys[a.signing]
}

// randomID is a random ID of 32 characters.
func randomID() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	return strings.ToLower(hex.EncodeToString(random))
}
