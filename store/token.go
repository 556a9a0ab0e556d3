package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"
	"sync/atomic"
)

// lastID makes IDs of one microsecond follow each other.
var lastID atomic.Uint32

// newID is an ID that sorts by time: the moment, a count, and 65 random bits, in
// letters and digits that stand in a URL as they are.
func newID(now int64) string {
	return fmt.Sprintf("%014x%04x%s", now, lastID.Add(1)&0xffff, strings.ToLower(rand.Text()[:13]))
}

// newToken is the secret of a link: 130 random bits.
func newToken() string { return strings.ToLower(rand.Text()) }

// handedToken is the secret of an invitation's link that is copied and handed
// over, made of the one that is mailed. Nobody gets from it to the mailed one,
// which is the proof that its reader reads mail at the address.
func handedToken(mailed string) string {
	sum := sha256.Sum256([]byte("homeroom handed link\x00" + mailed))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:len(mailed)])
}

// hashToken is what the store looks a token up by. A token is random and long,
// so that a plain hash does.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
