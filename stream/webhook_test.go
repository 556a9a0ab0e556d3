package stream

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/outbound"
)

const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// loopback asks this machine too.
func loopback() *outbound.Client {
	return outbound.New(outbound.Options{Allowed: []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"),
	}})
}

// rootsOf are who issued a test server's certificate.
func rootsOf(certificate *x509.Certificate) *x509.CertPool {
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return roots
}

func pemOf(certificate *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
}

// lines is a batch of two records.
func lines() batch {
	at := time.Date(2026, 3, 10, 9, 14, 5, 123456000, time.UTC)
	return batch{name: "t1-1-2", lines: []line{
		{id: "r1", at: at, kind: identity.ActionRoleRemoved, json: []byte(`{"metadata":{"uid":"r1"},"message":"Zoë 😀"}`)},
		{id: "r2", at: at.Add(time.Second), kind: identity.ActionSignInFailed, bad: true, json: []byte(`{"metadata":{"uid":"r2"}}`)},
	}}
}

func problemOf(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	said, ok := err.(*identity.Error)
	if !ok {
		t.Fatalf("error %v has no sentence", err)
	}
	return said.Message.ID
}

// What a webhook receives passes the verification of the scheme's own library.
func TestAWebhookIsSignedByTheStandardScheme(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	to := webhook{client: loopback(), roots: rootsOf(server.Certificate()), url: server.URL + "/audit?from=homeroom", secret: whsec, now: time.Now}
	if err := to.send(t.Context(), lines()); err != nil {
		t.Fatal(err)
	}
	verifier, err := webhooks.NewWebhook(whsec)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(body, got.Header); err != nil {
		t.Errorf("the scheme's library refuses it: %v", err)
	}
	if err := verifier.Verify(append(body, ' '), got.Header); err == nil {
		t.Error("a changed body passes")
	}
	want := `{"metadata":{"uid":"r1"},"message":"Zoë 😀"}` + "\n" + `{"metadata":{"uid":"r2"}}` + "\n"
	if string(body) != want {
		t.Errorf("body %q, want %q", body, want)
	}
	for name, want := range map[string]string{
		"Webhook-Id": "t1-1-2", "Content-Type": "application/x-ndjson", "User-Agent": "Homeroom",
	} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if got.Method != http.MethodPost || got.URL.RequestURI() != "/audit?from=homeroom" {
		t.Errorf("%s %s", got.Method, got.URL.RequestURI())
	}
}

// The scheme's own signature over the same message is ours.
func TestTheSignatureIsThatOfTheSchemesLibrary(t *testing.T) {
	at := time.Unix(1614265330, 0)
	verifier, err := webhooks.NewWebhook(whsec)
	if err != nil {
		t.Fatal(err)
	}
	want, err := verifier.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, []byte(`{"test": 2432232314}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := sign(whsec, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, []byte(`{"test": 2432232314}`)); err != nil || got != want {
		t.Errorf("signature %q, %v, want %q", got, err, want)
	}
	if _, err := sign("whsec_"+strings.Repeat("?", 8), "m", at, nil); err == nil {
		t.Error("a secret that is none signs")
	}
	if _, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(want, "v1,")); err != nil {
		t.Error(err)
	}
}

func TestWhatAWebhookAnswersDecides(t *testing.T) {
	public := outbound.New(outbound.Options{})
	for _, tt := range []struct {
		name   string
		status int
		client *outbound.Client
		roots  bool
		want   string // the message; empty: it took the batch
	}{
		{"taken", 204, loopback(), true, ""},
		{"accepted", 202, loopback(), true, ""},
		{"refused", 401, loopback(), true, "stream.refused"},
		{"gone", 410, loopback(), true, "stream.refused"},
		{"broken", 500, loopback(), true, "stream.refused"},
		{"sent elsewhere, which is not followed", 307, loopback(), true, "stream.refused"},
		{"a certificate of nobody's", 200, loopback(), false, "outbound.tls"},
		{"an address that is not public", 200, public, true, "outbound.refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := 0
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
			}))
			server.Config.ErrorLog = quiet()
			server.StartTLS()
			defer server.Close()
			roots := rootsOf(server.Certificate())
			if !tt.roots {
				roots = x509.NewCertPool()
			}
			err := webhook{client: tt.client, roots: roots, url: server.URL, secret: whsec, now: time.Now}.send(t.Context(), lines())
			if got := problemOf(t, err); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if asked > 1 {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

func TestAWebhookThatHangsIsGivenUp(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := webhook{client: loopback(), roots: rootsOf(server.Certificate()), url: server.URL, secret: whsec, now: time.Now}.send(ctx, lines())
	if got := problemOf(t, err); got != "outbound.timeout" {
		t.Errorf("%q, want outbound.timeout", got)
	}
}
