package testidp

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"math/big"
	"time"
)

// signingKey is a key with its self-signed certificate, as vendors make them.
type signingKey struct {
	private     *rsa.PrivateKey
	certificate *x509.Certificate
}

const keyBits = 2048

func newSigningKey(commonName string, from, until time.Time) (signingKey, error) {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return signingKey{}, fmt.Errorf("make a signing key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return signingKey{}, fmt.Errorf("make a serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: commonName}, NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return signingKey{}, fmt.Errorf("sign a certificate: %w", err)
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		return signingKey{}, fmt.Errorf("read the new certificate: %w", err)
	}
	return signingKey{private: private, certificate: certificate}, nil
}

// id names the key in OpenID's key set.
func (k signingKey) id() string {
	sum := sha256.Sum256(k.certificate.Raw)
	return hex.EncodeToString(sum[:8])
}

// fingerprint is the SHA-256 of the certificate.
func (k signingKey) fingerprint() string {
	sum := sha256.Sum256(k.certificate.Raw)
	return hex.EncodeToString(sum[:])
}

// foreignKey is a key that no metadata of this server lists, and that no
// service provider decrypts with.
func (s *Server) foreignKey() (signingKey, error) {
	s.foreignOnce.Do(func() {
		now := s.now()
		s.foreign, s.foreignErr = newSigningKey("another identity provider", now.Add(-time.Hour), now.Add(365*24*time.Hour))
	})
	return s.foreign, s.foreignErr
}
