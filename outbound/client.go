package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
)

// maxRedirects is how often a fetch may be sent on.
const maxRedirects = 3

// Options configure a [Client].
type Options struct {
	Allowed []netip.Prefix // addresses that are not public and may be asked all the same
	DNS     string         // host:port of the DNS server; empty: the system's
	Timeout time.Duration  // of a whole fetch or look-up; 0: 10 seconds
	// Resolve finds the addresses of a host; nil: by DNS.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Roots   *x509.CertPool // who may issue certificates; nil: the system's
}

// Client fetches what strangers name. It may be used by many at once.
type Client struct {
	allowed  []netip.Prefix
	timeout  time.Duration
	resolver *net.Resolver
	resolve  func(ctx context.Context, host string) ([]netip.Addr, error)
	dialer   net.Dialer
	http     *http.Client
}

// New makes a client.
func New(options Options) *Client {
	c := &Client{
		allowed: options.Allowed, timeout: options.Timeout, resolver: net.DefaultResolver, resolve: options.Resolve,
		dialer: net.Dialer{Timeout: 5 * time.Second},
	}
	if c.timeout == 0 {
		c.timeout = 10 * time.Second
	}
	if options.DNS != "" {
		c.resolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return c.dialer.DialContext(ctx, network, options.DNS)
		}}
	}
	if c.resolve == nil {
		c.resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return c.resolver.LookupNetIP(ctx, "ip", host)
		}
	}
	c.http = &http.Client{
		CheckRedirect: follow,
		Transport: &http.Transport{
			// No proxy of the environment: it would resolve names itself, past the check.
			Proxy:                  nil,
			DialContext:            c.dial,
			TLSClientConfig:        &tls.Config{RootCAs: options.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    5 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			// A kept connection would be one that was checked for another fetch.
			DisableKeepAlives: true,
			ForceAttemptHTTP2: true,
		},
	}
	return c
}

// Fetched is what came. URL is where it came from after all redirects.
type Fetched struct {
	Body        []byte
	URL         string
	ContentType string
	Status      int
}

// Get fetches address, which must be http or https, and reads at most limit
// bytes. Every failure is an [identity.Error] with a sentence: invalid where the
// address itself is refused, unavailable where it did not answer as it should.
// Status is set whenever there was an answer.
func (c *Client) Get(ctx context.Context, address string, limit int64) (Fetched, error) {
	u, err := parse(address)
	if err != nil {
		return Fetched{}, err
	}
	bounded, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(bounded, http.MethodGet, u.String(), nil)
	if err != nil {
		return Fetched{}, identity.Invalid("outbound.url").Because(err)
	}
	request.Header.Set("User-Agent", "Homeroom")
	request.Header.Set("Accept", "*/*")
	response, err := c.http.Do(request)
	if err != nil {
		return Fetched{}, explain(ctx, u.Hostname(), err)
	}
	defer response.Body.Close()
	got := Fetched{
		URL: response.Request.URL.String(), ContentType: response.Header.Get("Content-Type"), Status: response.StatusCode,
	}
	if response.StatusCode != http.StatusOK {
		return got, identity.Unavailable("outbound.status", "Host", u.Hostname(), "Status", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return got, explain(ctx, u.Hostname(), err)
	}
	if int64(len(body)) > limit {
		return got, identity.Unavailable("outbound.too-large", "Host", u.Hostname(), "Limit", int(limit/1000))
	}
	got.Body = body
	return got, nil
}

// LookupTXT are the TXT records of name, each with its parts joined. Nothing
// there is no error.
func (c *Client) LookupTXT(ctx context.Context, name string) ([]string, error) {
	bounded, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	// With the dot no search list of this machine is tried.
	records, err := c.resolver.LookupTXT(bounded, strings.TrimSuffix(name, ".")+".")
	var failure *net.DNSError
	switch {
	case err == nil:
		return records, nil
	case errors.As(err, &failure) && failure.IsNotFound:
		return nil, nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("look up TXT of %s: %w", name, ctx.Err())
	}
	return nil, identity.Unavailable("outbound.dns", "Host", name).Because(err)
}

func parse(address string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
		return nil, identity.Invalid("outbound.url").Because(err)
	}
	return u, nil
}

// follow decides about a redirect. Where it leads is checked when it is dialled.
func follow(request *http.Request, via []*http.Request) error {
	host := request.URL.Hostname()
	if len(via) > maxRedirects {
		return identity.Unavailable("outbound.redirects", "Host", host, "Limit", maxRedirects)
	}
	if _, err := parse(request.URL.String()); err != nil {
		return err
	}
	if via[len(via)-1].URL.Scheme == "https" && request.URL.Scheme != "https" {
		return identity.Invalid("outbound.downgrade", "Host", host)
	}
	return nil
}

// dial resolves a host, checks what came out and connects to exactly that: a
// name that answers otherwise the next time gains nothing.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, identity.Invalid("outbound.url").Because(err)
	}
	var addresses []netip.Addr
	if literal, err := netip.ParseAddr(host); err == nil {
		addresses = []netip.Addr{literal}
	} else if addresses, err = c.resolve(ctx, host); err != nil {
		return nil, fmt.Errorf("resolve %s: %w", host, err)
	}
	if len(addresses) == 0 {
		return nil, identity.Unavailable("outbound.unresolvable", "Host", host)
	}
	// One refused address spoils the name: it would be tried sooner or later.
	for _, a := range addresses {
		if !c.mayAsk(a) {
			return nil, identity.Invalid("outbound.refused", "Host", host).Because(fmt.Errorf("%s resolves to %s", host, a))
		}
	}
	var failures []error
	for _, a := range addresses {
		connection, err := c.dialer.DialContext(ctx, network, net.JoinHostPort(a.Unmap().String(), port))
		if err == nil {
			return connection, nil
		}
		failures = append(failures, err)
	}
	return nil, errors.Join(failures...)
}

// explain tells why a fetch failed. One that its caller gave up is no failure of
// the host's.
func explain(ctx context.Context, host string, err error) error {
	var (
		said        *identity.Error
		lookup      *net.DNSError
		verify      *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		alert       tls.AlertError
		unreachable net.Error
	)
	switch {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("fetch from %s: %w", host, ctx.Err())
	case errors.As(err, &said):
		return said
	case errors.As(err, &lookup) && !lookup.IsTimeout:
		return identity.Unavailable("outbound.unresolvable", "Host", host).Because(err)
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert), errors.Is(err, http.ErrSchemeMismatch):
		return identity.Unavailable("outbound.tls", "Host", host).Because(err)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &unreachable) && unreachable.Timeout():
		return identity.Unavailable("outbound.timeout", "Host", host).Because(err)
	}
	return identity.Unavailable("outbound.unreachable", "Host", host).Because(err)
}
