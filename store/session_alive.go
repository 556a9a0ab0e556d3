package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
)

// Alive reports whether the session with this token of scs is there and was not
// ended. An answer that goes on for a while asks, because nothing else tells it.
func (s *Sessions) Alive(ctx context.Context, token string) (bool, error) {
	sum := sha256.Sum256([]byte(token))
	_, found, err := s.FindCtx(ctx, base64.RawURLEncoding.EncodeToString(sum[:])) // as scs hashes it
	return found, err
}
