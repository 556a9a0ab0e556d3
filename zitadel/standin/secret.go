package standin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// Lives of codes as Zitadel is shipped.
const (
	inviteCodeLife = 72 * time.Hour
	emailCodeLife  = time.Hour
	resetCodeLife  = time.Hour
)

const codeLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

func randomCode() string {
	b := make([]byte, 6)
	_, _ = rand.Read(b)
	for i := range b {
		b[i] = codeLetters[int(b[i])%len(codeLetters)]
	}
	return string(b)
}

func randomToken(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

func (s *state) newCode(life time.Duration) *code {
	return &code{plain: randomCode(), expires: s.now().Add(life).UnixMicro()}
}

// right tells whether the text is the code, in time, and not tried wrongly
// three times before. A wrong try counts.
func (c *code) right(text string, now time.Time) bool {
	if c == nil || c.wrong >= 3 {
		return false
	}
	if subtle.ConstantTimeCompare([]byte(c.plain), []byte(text)) != 1 {
		c.wrong++
		return false
	}
	return now.UnixMicro() <= c.expires
}

// crypted looks like the encrypted code of an event. The code itself is not in
// it.
func crypted() map[string]any {
	b := make([]byte, 24)
	_, _ = rand.Read(b)
	return map[string]any{
		"Algorithm": "aes", "CryptoType": 0, "KeyID": "userKey",
		"Crypted": base64.StdEncoding.EncodeToString(b),
	}
}

// hashes keeps the hash of a password once made, because demo people share
// theirs and because a hash costs more than all else that happens to a user.
var hashes sync.Map

// hashPassword hashes at the lowest cost: nothing of a stand-in outlives its
// process.
func hashPassword(password string) string {
	if known, ok := hashes.Load(password); ok {
		return known.(string)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		return ""
	}
	hashes.Store(password, string(hash))
	return string(hash)
}

func passwordMatches(hash, password string) bool {
	return hash != "" && bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
}
