package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
)

// HasSecondFactor reports whether the user could sign in with more than a
// password, as far as the projection knows. It is for the person who is signed
// in, about themselves.
func (s *Store) HasSecondFactor(ctx context.Context, user identity.UserID) (bool, error) {
	kinds, err := s.CredentialKinds(ctx, user)
	if identity.IsKind(err, identity.KindNotFound) {
		return false, nil // has just come to exist
	}
	for _, kind := range kinds {
		if kind.SecondFactor() {
			return true, nil
		}
	}
	return false, err
}

// CredentialKinds are what the user signs in with, in the order of
// [identity.Credentials]; not found ("user.not-found") for somebody the
// projection does not know. It is for the person who is signed in, about
// themselves.
func (s *Store) CredentialKinds(ctx context.Context, user identity.UserID) ([]identity.Credential, error) {
	row, err := s.read().UserByID(ctx, string(user))
	if err != nil {
		return nil, fmt.Errorf("load credentials: %w", orNotFound(err, identity.NotFound("user.not-found")))
	}
	var kinds []identity.Credential
	for i, kind := range identity.Credentials {
		if row.Credentials&(1<<i) != 0 {
			kinds = append(kinds, kind)
		}
	}
	return kinds, nil
}
