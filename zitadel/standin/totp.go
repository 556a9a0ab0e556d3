package standin

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// totpStep is how long a code of an authenticator app is shown.
const totpStep = 30 * time.Second

var totpEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// newSecret is what an authenticator app is set up with: 160 bits in base32, as
// Zitadel makes it.
func newSecret() string {
	b := make([]byte, 20)
	_, _ = rand.Read(b)
	return totpEncoding.EncodeToString(b)
}

// Code is what an authenticator app shows for a secret at a time: six digits by
// RFC 6238 with SHA-1 and steps of 30 seconds. It is empty if the secret is not
// base32.
func Code(secret string, at time.Time) string {
	key, err := totpEncoding.DecodeString(strings.ToUpper(strings.TrimRight(strings.ReplaceAll(secret, " ", ""), "=")))
	if err != nil || len(key) == 0 {
		return ""
	}
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(at.Unix())/uint64(totpStep.Seconds()))
	mac := hmac.New(sha1.New, key)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}

// rightCode takes the code of now, of the step before and of the one after, for
// clocks that go wrong and people who type slowly.
func rightCode(secret, code string, now time.Time) bool {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	right := 0
	for _, at := range []time.Time{now.Add(-totpStep), now, now.Add(totpStep)} {
		right |= subtle.ConstantTimeCompare([]byte(code), []byte(Code(secret, at)))
	}
	return right == 1 && secret != ""
}

// secretURI is what apps read from a QR code.
func secretURI(issuer, account, secret string) string {
	return "otpauth://totp/" + url.PathEscape(issuer+":"+account) + "?" + url.Values{
		"secret": {secret}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"},
	}.Encode()
}

// TOTPSecret is the secret of the authenticator app that a user has, or is just
// setting up; empty if neither. It is for tests that compute [Code].
func (s *Server) TOTPSecret(userID string) string {
	s.RLock()
	defer s.RUnlock()
	if u := s.users[userID]; u != nil {
		return u.details().secret
	}
	return ""
}
