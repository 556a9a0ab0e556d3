package sso

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
)

// noon is when the tests take place.
var noon = time.Date(2026, time.November, 21, 12, 0, 0, 0, time.UTC)

// keys are made once: RSA takes its time.
var keys = map[string]func() crypto.Signer{
	"rsa":     sync.OnceValue(keptKey),
	"other":   sync.OnceValue(func() crypto.Signer { return rsaKey(2048) }),
	"weak":    sync.OnceValue(func() crypto.Signer { return rsaKey(1024) }),
	"ecdsa":   sync.OnceValue(func() crypto.Signer { k, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader); return k }),
	"ed25519": sync.OnceValue(func() crypto.Signer { _, k, _ := ed25519.GenerateKey(rand.Reader); return k }),
}

// keptKey is the same in every process, so that what one signed another can
// verify when they fuzz together.
func keptKey() crypto.Signer {
	text, err := os.ReadFile("testdata/rsa.pem")
	if err != nil {
		panic(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	if err != nil {
		panic(err)
	}
	return key
}

func rsaKey(bits int) crypto.Signer {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

// certificate is a self-signed one of a key, named after it.
func certificate(t testing.TB, key string, from, until time.Time) *x509.Certificate {
	t.Helper()
	signer := keys[key]()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(from.Unix() + 1), Subject: pkix.Name{CommonName: "Linden " + key}, NotBefore: from, NotAfter: until,
	}, &x509.Certificate{Subject: pkix.Name{CommonName: "Linden " + key}, SerialNumber: big.NewInt(1)}, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

var lastingOnes sync.Map

// lasting is the certificate of a key that is valid at noon, for two years.
func lasting(t testing.TB, key string) *x509.Certificate {
	made, ok := lastingOnes.Load(key)
	if !ok {
		made, _ = lastingOnes.LoadOrStore(key, certificate(t, key, noon.AddDate(-1, 0, 0), noon.AddDate(1, 0, 0)))
	}
	return made.(*x509.Certificate)
}

func base64Of(c *x509.Certificate) string { return base64.StdEncoding.EncodeToString(c.Raw) }

func pemOf(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

func TestMetadataByHand(t *testing.T) {
	good := lasting(t, "rsa")
	const id, url = "https://idp.linden.example/?a=1&b=<2>", "https://idp.linden.example/sso?x=1&y=2"
	for _, tt := range []struct {
		name, entityID, url, certificate string
		field, problem                   string // empty: none
		certificates                     int
	}{
		{"PEM", id, url, pemOf(good), "", "", 1},
		{"bare base64", id, url, base64Of(good), "", "", 1},
		{"base64 in lines", " " + id + " ", url, strings.Join(chunks(base64Of(good), 64), "\r\n"), "", "", 1},
		{"two PEMs", id, url, pemOf(good) + "\n" + pemOf(lasting(t, "other")), "", "", 2},
		{"on one's own machine", id, "http://127.0.0.1:8083/sso", pemOf(good), "", "", 1},
		{"no entity ID", " ", url, pemOf(good), "entity-id", "by-hand.entity-id-missing", 0},
		{"an entity ID too long", strings.Repeat("x", 1025), url, pemOf(good), "entity-id", "metadata.entity-id-long", 0},
		{"no address", id, "", pemOf(good), "sso-url", "by-hand.sso-url-missing", 0},
		{"not encrypted", id, "http://idp.linden.example/sso", pemOf(good), "sso-url", "metadata.endpoint-plain", 0},
		{"no address of the web", id, "javascript:alert(1)", pemOf(good), "sso-url", "metadata.endpoint-malformed", 0},
		{"no certificate", id, url, "\n", "certificate", "by-hand.certificate-missing", 0},
		{"the private key", id, url, "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "certificate", "by-hand.private-key", 0},
		{"half a certificate", id, url, base64Of(good)[:100], "certificate", "by-hand.certificate-unreadable", 0},
		{"a broken PEM", id, url, "-----BEGIN CERTIFICATE-----\n!!", "certificate", "by-hand.certificate-unreadable", 0},
		{"an expired certificate", id, url, pemOf(certificate(t, "rsa", noon.AddDate(-2, 0, 0), noon.AddDate(-1, 0, 0))), "certificate", "metadata.certificate-expired", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			document, problems := ByHand(tt.entityID, tt.url, tt.certificate, noon)
			if tt.problem != "" {
				if document != "" || len(problems) != 1 || problems[0].Field != tt.field || problems[0].Message.ID != tt.problem {
					t.Errorf("%q and %+v, want %s on %s", document, problems, tt.problem, tt.field)
				}
				return
			}
			m, more := ParseMetadata([]byte(document), noon)
			if len(problems)+len(more) > 0 {
				t.Fatalf("%+v and %+v", problems, more)
			}
			signOn, _ := m.SignOn()
			if m.EntityID != strings.TrimSpace(tt.entityID) || signOn != (Endpoint{BindingRedirect, tt.url}) || len(m.Certificates) != tt.certificates {
				t.Errorf("read back as %+v", m)
			}
		})
	}
}

func chunks(text string, size int) []string {
	var all []string
	for len(text) > size {
		all, text = append(all, text[:size]), text[size:]
	}
	return append(all, text)
}

func TestDiffTellsWhatASignInWouldNotice(t *testing.T) {
	a, b := describe(lasting(t, "rsa")), describe(lasting(t, "other"))
	before := Metadata{
		EntityID: "one", SSO: []Endpoint{{BindingPOST, "https://x/post"}, {BindingRedirect, "https://x/redirect"}},
		Certificates: []identity.Certificate{a}, NameIDFormats: []string{"p", "q"},
	}
	for _, tt := range []struct {
		name   string
		change func(*Metadata)
		want   []string
	}{
		{"nothing", func(*Metadata) {}, nil},
		{"the order of formats", func(m *Metadata) { m.NameIDFormats = []string{"q", "p"} }, nil},
		{"sign-out", func(m *Metadata) { m.SLO = []Endpoint{{BindingPOST, "https://x/out"}} }, nil},
		{"how long it is valid", func(m *Metadata) { m.ValidUntil = noon }, nil},
		{"entity ID", func(m *Metadata) { m.EntityID = "two" }, []string{"metadata.diff.entity-id"}},
		{"an unused endpoint", func(m *Metadata) { m.SSO = before.SSO[1:] }, nil},
		{"the endpoint", func(m *Metadata) { m.SSO = before.SSO[:1] }, []string{"metadata.diff.sign-on"}},
		{"a second certificate", func(m *Metadata) { m.Certificates = []identity.Certificate{a, b} }, []string{"metadata.diff.certificate-new"}},
		{"another certificate", func(m *Metadata) { m.Certificates = []identity.Certificate{b} }, []string{"metadata.diff.certificate-new", "metadata.diff.certificate-gone"}},
		{"formats", func(m *Metadata) { m.NameIDFormats = nil }, []string{"metadata.diff.name-id-formats"}},
	} {
		after := before
		tt.change(&after)
		say := sayer(t, "en")
		var got []string
		for _, m := range Diff(before, after) {
			say(m)
			got = append(got, m.ID)
		}
		if strings.Join(got, " ") != strings.Join(tt.want, " ") {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
