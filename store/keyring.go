package store

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// KeyRing seals the secrets the store has to read back, with AES-256-GCM. The
// first key seals, all of them open: to rotate, a new key is put in front and
// the old one stays until nothing is sealed with it any more.
//
// Each purpose has a key of its own, derived by HKDF, and a sealed text is bound
// to its table, column and row: moved to another row it does not open.
type KeyRing struct {
	keys []masterKey

	mu    sync.Mutex
	aeads map[string]cipher.AEAD // by key ID and purpose
}

type masterKey struct {
	id     string
	secret []byte
}

// keyLength is that of a master key: 256 bits.
const keyLength = 32

// ParseKeyRing reads "id:base64,id2:base64", the newest key first. A key is 32
// random bytes; an ID is any short text of letters and digits.
func ParseKeyRing(text string) (*KeyRing, error) {
	ring := &KeyRing{aeads: make(map[string]cipher.AEAD)}
	seen := make(map[string]bool)
	for i, part := range strings.Split(strings.TrimSpace(text), ",") {
		id, encoded, ok := strings.Cut(strings.TrimSpace(part), ":")
		if !ok || id == "" || strings.ContainsAny(id, ".:, ") {
			return nil, fmt.Errorf("key %d of the key ring is not written id:base64", i+1)
		}
		// The key itself stays out of the message, which is logged.
		secret, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, fmt.Errorf("key %q of the key ring is not base64", id)
		}
		if len(secret) != keyLength {
			return nil, fmt.Errorf("key %q of the key ring has %d bytes, not %d", id, len(secret), keyLength)
		}
		if seen[id] {
			return nil, fmt.Errorf("key %q is in the key ring twice", id)
		}
		seen[id] = true
		ring.keys = append(ring.keys, masterKey{id: id, secret: secret})
	}
	return ring, nil
}

// NewKey makes a key in the form [ParseKeyRing] reads.
func NewKey() string {
	secret := make([]byte, keyLength)
	_, _ = rand.Read(secret) // never fails
	return strings.ToLower(rand.Text()[:8]) + ":" + base64.StdEncoding.EncodeToString(secret)
}

// place is where a sealed secret is kept.
type place struct{ table, column, row string }

func (p place) purpose() string { return p.table + "." + p.column + "/v1" }
func (p place) binding() []byte { return []byte(p.table + "." + p.column + "/" + p.row) }

// errSealed is a sealed text that does not open: a key that is missing, or a
// text that was changed or moved.
var errSealed = errors.New("sealed value does not open")

func (k *KeyRing) seal(at place, plain []byte) (string, error) {
	key := k.keys[0]
	aead, err := k.aead(key, at.purpose())
	if err != nil {
		return "", err
	}
	sealed := aead.Seal(nil, nil, plain, at.binding())
	return key.id + "." + base64.RawStdEncoding.EncodeToString(sealed), nil
}

func (k *KeyRing) open(at place, text string) ([]byte, error) {
	id, encoded, _ := strings.Cut(text, ".")
	sealed, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, fmt.Errorf("open %s.%s: %w", at.table, at.column, errSealed)
	}
	return k.opened(at, id, sealed)
}

// sealFile seals what is too long to be written as text.
func (k *KeyRing) sealFile(at place, plain []byte) ([]byte, error) {
	key := k.keys[0]
	aead, err := k.aead(key, at.purpose())
	if err != nil {
		return nil, err
	}
	head := key.id + "."
	sealed := make([]byte, len(head), len(head)+len(plain)+aead.Overhead())
	copy(sealed, head)
	return aead.Seal(sealed, nil, plain, at.binding()), nil
}

func (k *KeyRing) openFile(at place, content []byte) ([]byte, error) {
	id, sealed, _ := bytes.Cut(content, []byte("."))
	return k.opened(at, string(id), sealed)
}

// opened is what was sealed with the key of that name.
func (k *KeyRing) opened(at place, id string, sealed []byte) ([]byte, error) {
	for _, key := range k.keys {
		if key.id != id {
			continue
		}
		aead, err := k.aead(key, at.purpose())
		if err != nil {
			return nil, err
		}
		plain, err := aead.Open(nil, nil, sealed, at.binding())
		if err != nil {
			return nil, fmt.Errorf("open %s.%s: %w", at.table, at.column, errSealed)
		}
		return plain, nil
	}
	return nil, fmt.Errorf("open %s.%s: key %q is not in the key ring: %w", at.table, at.column, id, errSealed)
}

// sealURL seals a text that stands in a URL; openURL opens it.
func (k *KeyRing) sealURL(at place, plain []byte) (string, error) {
	text, err := k.seal(at, plain)
	return toURL.Replace(text), err
}

func (k *KeyRing) openURL(at place, text string) ([]byte, error) {
	return k.open(at, fromURL.Replace(text))
}

var (
	toURL   = strings.NewReplacer("+", "-", "/", "_")
	fromURL = strings.NewReplacer("-", "+", "_", "/")
)

// aead is the cipher of a key for a purpose. Deriving one takes longer than
// using it, so they are kept.
func (k *KeyRing) aead(key masterKey, purpose string) (cipher.AEAD, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	name := key.id + "." + purpose
	if aead, ok := k.aeads[name]; ok {
		return aead, nil
	}
	derived, err := hkdf.Key(sha256.New, key.secret, nil, purpose, keyLength)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	k.aeads[name] = aead
	return aead, nil
}

// derived are secrets for a purpose, one of each key of the ring, in its order.
func (k *KeyRing) derived(purpose string) ([][]byte, error) {
	secrets := make([][]byte, len(k.keys))
	for i, key := range k.keys {
		secret, err := hkdf.Key(sha256.New, key.secret, nil, purpose, keyLength)
		if err != nil {
			return nil, fmt.Errorf("derive key: %w", err)
		}
		secrets[i] = secret
	}
	return secrets, nil
}
