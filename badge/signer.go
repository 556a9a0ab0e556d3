package badge

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// How long a token is taken, counted from its iat, which lies a little in the
// past: Zitadel takes none whose iat is more than three seconds ahead of its own
// clock.
const (
	Lifetime = 30 * time.Second
	backdate = 5 * time.Second
)

// Signer signs tokens with ES256. It is safe for use by many goroutines.
type Signer struct {
	keys []key // the first signs, all are published
	jwks []byte
}

type key struct {
	id     string
	secret *ecdsa.PrivateKey
}

// NewSigner derives a key from each seed. The first signs; the others stay
// published, so that seeds can be rotated. A seed is at least 32 secret bytes.
func NewSigner(seeds ...[]byte) (*Signer, error) {
	if len(seeds) == 0 {
		return nil, errors.New("badge: no seed to sign with")
	}
	s := &Signer{}
	for _, seed := range seeds {
		secret, err := derive(seed)
		if err != nil {
			return nil, err
		}
		point, err := secret.PublicKey.Bytes()
		if err != nil {
			return nil, fmt.Errorf("badge: encode public key: %w", err)
		}
		sum := sha256.Sum256(point)
		s.keys = append(s.keys, key{id: encode(sum[:12]), secret: secret})
	}
	var err error
	s.jwks, err = s.document()
	return s, err
}

// derive makes the private key that belongs to a seed: candidates are tried until
// one is in the range of P-256 (FIPS 186-5, A.2.2), which the first nearly always
// is.
func derive(seed []byte) (*ecdsa.PrivateKey, error) {
	if len(seed) < 32 {
		return nil, errors.New("badge: a seed is at least 32 bytes")
	}
	for try := range 64 {
		candidate, err := hkdf.Key(sha256.New, seed, nil, fmt.Sprintf("badge/es256/%d", try), 32)
		if err != nil {
			return nil, fmt.Errorf("badge: derive key: %w", err)
		}
		if secret, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), candidate); err == nil {
			return secret, nil
		}
	}
	return nil, errors.New("badge: no key in range")
}

// jwk is a public key (RFC 7518, section 6.2).
type jwk struct {
	KeyType   string `json:"kty"`
	Curve     string `json:"crv"`
	X         string `json:"x"`
	Y         string `json:"y"`
	ID        string `json:"kid"`
	Use       string `json:"use"`
	Algorithm string `json:"alg"`
}

func (s *Signer) document() ([]byte, error) {
	set := struct {
		Keys []jwk `json:"keys"`
	}{}
	for _, k := range s.keys {
		point, err := k.secret.PublicKey.Bytes() // 0x04, X, Y
		if err != nil {
			return nil, fmt.Errorf("badge: encode public key: %w", err)
		}
		set.Keys = append(set.Keys, jwk{
			KeyType: "EC", Curve: "P-256", X: encode(point[1:33]), Y: encode(point[33:65]), ID: k.id, Use: "sig", Algorithm: "ES256",
		})
	}
	return json.Marshal(set)
}

// Keys is the document of public keys (JWKS), to be served as it is.
func (s *Signer) Keys() []byte { return s.jwks }

// Claims are what a token says.
type Claims struct {
	Issuer   string
	Subject  string // who the student is at the school's connection
	Audience string
	ID       string // of this one sign-in
	At       time.Time
}

// Token is a signed token for claims. It holds from a few seconds before
// claims.At until less than [Lifetime] after it.
func (s *Signer) Token(c Claims) (string, error) {
	if c.Issuer == "" || c.Subject == "" || c.ID == "" || c.At.IsZero() {
		return "", errors.New("badge: a token without issuer, subject, ID or time")
	}
	signing := s.keys[0]
	header, err := json.Marshal(map[string]string{"alg": "ES256", "typ": "JWT", "kid": signing.id})
	if err != nil {
		return "", err
	}
	issued := c.At.Add(-backdate)
	body, err := json.Marshal(map[string]any{
		"iss": c.Issuer, "sub": c.Subject, "aud": c.Audience, "jti": c.ID,
		"iat": issued.Unix(), "exp": issued.Add(Lifetime).Unix(),
	})
	if err != nil {
		return "", err
	}
	text := encode(header) + "." + encode(body)
	signature, err := sign(signing.secret, text)
	if err != nil {
		return "", err
	}
	return text + "." + encode(signature), nil
}

// sign is the signature as JWS wants it: r and s, 32 bytes each (RFC 7518, 3.4).
func sign(secret *ecdsa.PrivateKey, text string) ([]byte, error) {
	sum := sha256.Sum256([]byte(text))
	der, err := secret.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("badge: sign: %w", err)
	}
	return raw(der)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
