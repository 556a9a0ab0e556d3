package outbound

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// site is a server on loopback and a client that may ask it by any name.
func site(t *testing.T, handler http.HandlerFunc) (*httptest.Server, *Client) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server, New(Options{Allowed: loopback, Resolve: always("127.0.0.1")})
}

func always(addresses ...string) func(context.Context, string) ([]netip.Addr, error) {
	return func(context.Context, string) ([]netip.Addr, error) {
		var all []netip.Addr
		for _, a := range addresses {
			all = append(all, netip.MustParseAddr(a))
		}
		return all, nil
	}
}

func port(server *httptest.Server) string {
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	return port
}

func TestGet(t *testing.T) {
	server, client := site(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/metadata":
			w.Header().Set("Content-Type", "application/samlmetadata+xml")
			fmt.Fprint(w, "<xml/>")
		case "/large":
			fmt.Fprint(w, strings.Repeat("x", 2001))
		case "/fits":
			fmt.Fprint(w, strings.Repeat("x", 2000))
		case "/gone":
			w.WriteHeader(http.StatusGone)
		case "/1", "/2", "/3", "/4":
			http.Redirect(w, r, map[string]string{"/1": "/metadata", "/2": "/1", "/3": "/2", "/4": "/3"}[r.URL.Path], http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/inside":
			http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
		case "/cut":
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "short")
		}
	})
	base := "http://idp.linden.example:" + port(server)
	for _, tt := range []struct {
		name, url     string
		status        int
		body          int // its length
		kind          identity.ErrorKind
		message, from string // message: empty if it works
	}{
		{"a document", base + "/metadata", 200, 6, "", "", "/metadata"},
		{"as much as may come", base + "/fits", 200, 2000, "", "", "/fits"},
		{"spaces around the address", " " + base + "/metadata\n", 200, 6, "", "", "/metadata"},
		{"three redirects", base + "/3", 200, 6, "", "", "/metadata"},
		{"four redirects", base + "/4", 0, 0, identity.KindUnavailable, "outbound.redirects", ""},
		{"too large", base + "/large", 200, 0, identity.KindUnavailable, "outbound.too-large", "/large"},
		{"a bad status", base + "/gone", 410, 0, identity.KindUnavailable, "outbound.status", "/gone"},
		{"redirected to a file", base + "/file", 0, 0, identity.KindInvalid, "outbound.url", ""},
		{"redirected inside", base + "/inside", 0, 0, identity.KindInvalid, "outbound.refused", ""},
		{"cut off", base + "/cut", 200, 0, identity.KindUnavailable, "outbound.unreachable", "/cut"},
		{"not http", "ftp://idp.linden.example/", 0, 0, identity.KindInvalid, "outbound.url", ""},
		{"a file", "file:///etc/passwd", 0, 0, identity.KindInvalid, "outbound.url", ""},
		{"no host", "http:///x", 0, 0, identity.KindInvalid, "outbound.url", ""},
		{"a password in it", "http://a:b@idp.linden.example/", 0, 0, identity.KindInvalid, "outbound.url", ""},
		{"no address", "not an address", 0, 0, identity.KindInvalid, "outbound.url", ""},
		{"plain http where TLS is asked for", strings.Replace(base, "http:", "https:", 1), 0, 0, identity.KindUnavailable, "outbound.tls", ""},
		{"nobody listens", "http://idp.linden.example:1/", 0, 0, identity.KindUnavailable, "outbound.unreachable", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := client.Get(context.Background(), tt.url, 2000)
			var said *identity.Error
			if errors.As(err, &said) != (tt.message != "") || said != nil && (said.Message.ID != tt.message || said.Kind != tt.kind) {
				t.Errorf("error %v, want %s %s", err, tt.kind, tt.message)
			}
			if got.Status != tt.status || len(got.Body) != tt.body || !strings.HasSuffix(got.URL, tt.from) {
				t.Errorf("status %d, %d bytes from %q, want %d, %d from %q", got.Status, len(got.Body), got.URL, tt.status, tt.body, tt.from)
			}
		})
	}
}

// Whatever a name resolves to the first time, what is dialled is what was checked.
func TestNamesThatLeadInsideAreRefused(t *testing.T) {
	var reached atomic.Int32
	server, _ := site(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	for _, tt := range []struct {
		name, host string
		resolve    func(context.Context, string) ([]netip.Addr, error)
		message    string
	}{
		{"a name of loopback", "evil.example", always("127.0.0.1"), "outbound.refused"},
		{"a public and a private address", "evil.example", always("8.8.8.8", "127.0.0.1"), "outbound.refused"},
		{"mapped", "evil.example", always("::ffff:127.0.0.1"), "outbound.refused"},
		{"an address itself", "127.0.0.1", always("8.8.8.8"), "outbound.refused"},
		{"an address in brackets", "[::1]", always("8.8.8.8"), "outbound.refused"},
		{"an address mapped", "[::ffff:127.0.0.1]", always("8.8.8.8"), "outbound.refused"},
		// The old spellings of 127.0.0.1 are names here, and the resolver decides.
		{"a decimal address", "2130706433", always("127.0.0.1"), "outbound.refused"},
		{"a short address", "127.1", always("127.0.0.1"), "outbound.refused"},
		{"no address", "nowhere.example", always(), "outbound.unresolvable"},
		{"an unknown name", "nowhere.example", func(context.Context, string) ([]netip.Addr, error) {
			return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
		}, "outbound.unresolvable"},
	} {
		_, err := New(Options{Resolve: tt.resolve}).Get(context.Background(), "http://"+tt.host+":"+port(server)+"/", 100)
		var said *identity.Error
		if !errors.As(err, &said) || said.Message.ID != tt.message {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.message)
		}
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("the server inside was reached %d times", n)
	}
}

// A name that answers with an allowed address first and with one inside for the
// redirect gains nothing: every connection is checked.
func TestRebindingIsRefused(t *testing.T) {
	var inside atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/inside" {
			inside.Add(1)
			return
		}
		http.Redirect(w, r, "/inside", http.StatusFound)
	}))
	t.Cleanup(server.Close)
	asked := 0
	client := New(Options{
		Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")},
		Resolve: func(context.Context, string) ([]netip.Addr, error) {
			if asked++; asked > 1 {
				return []netip.Addr{netip.MustParseAddr("127.0.0.2")}, nil
			}
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		},
	})
	_, err := client.Get(context.Background(), "http://rebind.example:"+port(server)+"/", 100)
	var said *identity.Error
	if !errors.As(err, &said) || said.Message.ID != "outbound.refused" || asked != 2 || inside.Load() != 0 {
		t.Errorf("%v after %d look-ups, reached %d times", err, asked, inside.Load())
	}
}

func TestEncryptionIsNotGivenUp(t *testing.T) {
	var target string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			http.Redirect(w, r, target, http.StatusFound)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	plain, _ := site(t, func(http.ResponseWriter, *http.Request) { t.Error("the plain site was asked") })
	target = "http://example.com:" + port(plain) + "/"
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate()) // for example.com
	for _, tt := range []struct {
		name, host, path string
		roots            *x509.CertPool
		message          string
	}{
		{"a certificate for the name", "example.com", "/", roots, ""},
		{"one for another name", "idp.linden.example", "/", roots, "outbound.tls"},
		{"one of nobody's", "example.com", "/", x509.NewCertPool(), "outbound.tls"},
		{"redirected to http", "example.com", "/down", roots, "outbound.downgrade"},
	} {
		client := New(Options{Allowed: loopback, Resolve: always("127.0.0.1"), Roots: tt.roots})
		_, err := client.Get(context.Background(), "https://"+tt.host+":"+port(server)+tt.path, 100)
		var said *identity.Error
		if errors.As(err, &said) != (tt.message != "") || said != nil && said.Message.ID != tt.message {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.message)
		}
	}
}

func TestNoProxyOfTheEnvironment(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	server, client := site(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "direct") })
	got, err := client.Get(context.Background(), "http://idp.linden.example:"+port(server), 100)
	if err != nil || string(got.Body) != "direct" {
		t.Errorf("%q, %v", got.Body, err)
	}
}

func TestGettingTakesNoLongerThanItMay(t *testing.T) {
	release := make(chan struct{})
	server, _ := site(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release) })
	client := New(Options{Allowed: loopback, Resolve: always("127.0.0.1"), Timeout: 50 * time.Millisecond})
	_, err := client.Get(context.Background(), "http://idp.linden.example:"+port(server), 100)
	var said *identity.Error
	if !errors.As(err, &said) || said.Message.ID != "outbound.timeout" {
		t.Errorf("%v, want outbound.timeout", err)
	}
	given, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := client.Get(given, "http://idp.linden.example:"+port(server), 100); errors.As(err, &said) && !errors.Is(err, context.Canceled) || err == nil {
		t.Errorf("given up: %v, want it cancelled", err)
	}
}
