package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"

	"homeroom.dev/homeroom/identity"
)

// Transport carries requests to addresses that may be asked. It keeps no
// connection. roots say who may issue certificates; nil: as the client's.
func (c *Client) Transport(roots *x509.CertPool) http.RoundTripper {
	base := c.http.Transport.(*http.Transport)
	if roots == nil {
		return base
	}
	own := base.Clone()
	own.TLSClientConfig.RootCAs = roots
	return own
}

// Send sends request, which its context bounds, and reads at most limit bytes of
// the answer. An answer that leads elsewhere is not followed. Failures are those
// of [Client.Get]; every status is an answer.
func (c *Client) Send(request *http.Request, roots *x509.CertPool, limit int64) (Fetched, error) {
	ctx, host := request.Context(), request.URL.Hostname()
	if _, err := parse(request.URL.String()); err != nil {
		return Fetched{}, err
	}
	client := http.Client{
		Transport:     c.Transport(roots),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return Fetched{}, explain(ctx, host, err)
	}
	defer response.Body.Close()
	got := Fetched{
		URL: request.URL.String(), ContentType: response.Header.Get("Content-Type"), Status: response.StatusCode,
	}
	if got.Body, err = io.ReadAll(io.LimitReader(response.Body, limit)); err != nil {
		return got, explain(ctx, host, err)
	}
	return got, nil
}

// DialTLS connects to host:port with TLS 1.2 or later. ctx bounds it.
func (c *Client) DialTLS(ctx context.Context, address string, roots *x509.CertPool) (*tls.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, identity.Invalid("outbound.url").Because(err)
	}
	plain, err := c.dial(ctx, "tcp", address)
	if err != nil {
		return nil, explain(ctx, host, err)
	}
	if roots == nil {
		roots = c.http.Transport.(*http.Transport).TLSClientConfig.RootCAs
	}
	connection := tls.Client(plain, &tls.Config{ServerName: host, RootCAs: roots, MinVersion: tls.VersionTLS12})
	if err := connection.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, explain(ctx, host, fmt.Errorf("agree on TLS: %w", err))
	}
	return connection, nil
}

// Explain tells in an [identity.Error] why asking host failed, for who uses
// [Client.Transport] by other means.
func Explain(ctx context.Context, host string, err error) error { return explain(ctx, host, err) }
