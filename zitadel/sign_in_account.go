package zitadel

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
)

// TryKey signs in with a service account's key and lets go of the token: whether
// the key still counts, nothing else tells.
func TryKey(ctx context.Context, issuer string, key []byte) error {
	source, err := tokensOf(ctx, issuer, key)
	if err != nil {
		return err
	}
	if _, err := source.Token(); err != nil {
		return identity.Unavailable("remote.unavailable").Because(fmt.Errorf("sign in with a key: %w", err))
	}
	return nil
}
