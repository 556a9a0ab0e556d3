package stream

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// syslogServer takes messages over TLS as RFC 5425 frames them.
type syslogServer struct {
	address string
	roots   *x509.CertPool
}

// newSyslogServer answers a connection by handle, which is given its messages.
func newSyslogServer(t *testing.T, handle func(connection *tls.Conn, read func() (string, error))) *syslogServer {
	t.Helper()
	// httptest has a certificate for 127.0.0.1.
	http := httptest.NewTLSServer(nil)
	t.Cleanup(http.Close)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: http.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	s := &syslogServer{address: listener.Addr().String(), roots: rootsOf(http.Certificate())}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				from := bufio.NewReader(connection)
				handle(connection.(*tls.Conn), func() (string, error) { return frame(from) })
			}()
		}
	}()
	return s
}

// frame reads one message: MSG-LEN SP SYSLOG-MSG.
func frame(from *bufio.Reader) (string, error) {
	length, err := from.ReadString(' ')
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(length, " "))
	if err != nil {
		return "", err
	}
	message := make([]byte, n)
	_, err = io.ReadFull(from, message)
	return string(message), err
}

// all reads everything and closes in answer.
func all(to chan<- string) func(*tls.Conn, func() (string, error)) {
	return func(_ *tls.Conn, read func() (string, error)) {
		for {
			message, err := read()
			if err != nil {
				return
			}
			to <- message
		}
	}
}

func TestSyslogMessagesAreThoseOfTheStandards(t *testing.T) {
	messages := make(chan string, 2)
	s := newSyslogServer(t, all(messages))
	to := syslog{client: loopback(), roots: s.roots, address: s.address, host: "portal one", closing: closing}
	if err := to.send(t.Context(), lines()); err != nil {
		t.Fatal(err)
	}
	got := []string{<-messages, <-messages}
	want := []string{
		`<109>1 2026-03-10T09:14:05.123456Z portalone Homeroom - role.removed - {"metadata":{"uid":"r1"},"message":"Zo\u00eb \ud83d\ude00"}`,
		`<108>1 2026-03-10T09:14:06.123456Z portalone Homeroom - sign-in.failed - {"metadata":{"uid":"r2"}}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("messages\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var event struct{ Message string }
	if err := json.Unmarshal([]byte(got[0][strings.IndexByte(got[0], '{'):]), &event); err != nil || event.Message != "Zoë 😀" {
		t.Errorf("the event reads %q, %v", event.Message, err)
	}
}

func TestSyslogHeadersAreBounded(t *testing.T) {
	for _, tt := range []struct {
		text string
		most int
		want string
	}{
		{"", 10, "-"}, {"ä ö", 10, "-"}, {"a b\tc\n", 10, "abc"}, {strings.Repeat("x", 40), 32, strings.Repeat("x", 32)},
	} {
		if got := header(tt.text, tt.most); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

// A batch counts as taken when the server has closed its side, and never because
// a write succeeded.
func TestSyslogCountsAsTakenWhenTheServerHasReadAll(t *testing.T) {
	for _, tt := range []struct {
		name   string
		handle func(*tls.Conn, func() (string, error))
		want   string
	}{
		{"reads all and closes", func(_ *tls.Conn, read func() (string, error)) {
			for _, err := read(); err == nil; _, err = read() {
			}
		}, ""},
		{"dies after one message", func(c *tls.Conn, read func() (string, error)) {
			_, _ = read()
			_ = c.NetConn().(*net.TCPConn).SetLinger(0)
			_ = c.NetConn().Close()
		}, "outbound.unreachable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSyslogServer(t, tt.handle)
			err := syslog{client: loopback(), roots: s.roots, address: s.address, closing: closing}.send(t.Context(), long())
			if got := problemOf(t, err); got != tt.want {
				t.Errorf("%q (%v), want %q", got, err, tt.want)
			}
		})
	}
}

// long is a batch that no buffer of a connection holds.
func long() batch {
	b := batch{name: "t1-1-64"}
	for range 64 {
		b.lines = append(b.lines, line{id: "r", json: []byte(`"` + strings.Repeat("x", 256<<10) + `"`)})
	}
	return b
}

func TestSyslogThatNeverClosesIsNotBelieved(t *testing.T) {
	release := make(chan struct{})
	s := newSyslogServer(t, func(_ *tls.Conn, read func() (string, error)) {
		for _, err := read(); err == nil; _, err = read() {
		}
		<-release
	})
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	to := syslog{client: loopback(), roots: s.roots, address: s.address, closing: closing}
	if err := to.send(ctx, lines()); err == nil {
		t.Error("it counts as taken")
	}
	to.closing = 50 * time.Millisecond
	if got := problemOf(t, to.send(t.Context(), lines())); got != "stream.unconfirmed" {
		t.Errorf("%q, want stream.unconfirmed", got)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if err := to.send(gone, lines()); !errors.Is(err, context.Canceled) {
		t.Errorf("after a stop: %v, want that it was stopped", err)
	}
}

func TestSyslogToWhomNobodyMayTalk(t *testing.T) {
	s := newSyslogServer(t, func(_ *tls.Conn, read func() (string, error)) { _, _ = read() })
	for _, tt := range []struct {
		name   string
		client *outbound.Client
		roots  *x509.CertPool
		want   string
	}{
		{"an address that is not public", outbound.New(outbound.Options{}), s.roots, "outbound.refused"},
		{"a certificate of nobody's", loopback(), x509.NewCertPool(), "outbound.tls"},
	} {
		err := syslog{client: tt.client, roots: tt.roots, address: s.address, closing: closing}.send(t.Context(), lines())
		if got := problemOf(t, err); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	var said *identity.Error
	err := syslog{client: loopback(), roots: s.roots, address: "no port", closing: closing}.send(t.Context(), lines())
	if !errors.As(err, &said) || said.Kind != identity.KindInvalid {
		t.Errorf("an address without a port: %v", err)
	}
}
