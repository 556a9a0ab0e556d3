package store

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// StashTime is how long a form waits for its sender.
const StashTime = 15 * time.Minute

// Stash is a form that waits until who sent it has signed in again.
type Stash struct {
	User identity.UserID `json:"-"`
	Page string          `json:"page"` // where the form is, a local path
	Form url.Values      `json:"form"`
}

func stashPlace(tokenHash, user string) place {
	return place{table: "stashes", column: "sealed", row: tokenHash + "/" + user}
}

// PutStash keeps a form for a while and answers the token that gets it back.
func (s *Store) PutStash(ctx context.Context, stash Stash) (string, error) {
	text, err := json.Marshal(stash)
	if err != nil {
		return "", fmt.Errorf("stash a form: %w", err)
	}
	token := newToken()
	hash := hashToken(token)
	sealed, err := s.keys.seal(stashPlace(hash, string(stash.User)), text)
	if err != nil {
		return "", fmt.Errorf("stash a form: %w", err)
	}
	err = s.write(ctx, func(tx *transaction) error {
		return tx.InsertStash(ctx, query.InsertStashParams{
			TokenHash: hash, UserID: string(stash.User), Sealed: sealed, ExpiresUs: tx.now + StashTime.Microseconds(),
		})
	})
	if err != nil {
		return "", fmt.Errorf("stash a form: %w", err)
	}
	return token, nil
}

// StashOwner is whose form waits behind the token; not found ("stash.not-found")
// if none does.
func (s *Store) StashOwner(ctx context.Context, token string) (identity.UserID, error) {
	missing := identity.NotFound("stash.not-found")
	row, err := s.read().StashByToken(ctx, hashToken(token))
	if err != nil {
		return "", fmt.Errorf("find a stashed form: %w", orNotFound(err, missing))
	}
	if row.ExpiresUs <= micros(s.clock()) {
		return "", missing
	}
	return identity.UserID(row.UserID), nil
}

// TakeStash is the form behind the token, once, and for nobody but who sent it;
// not found ("stash.not-found") otherwise. Whoever asks, it is gone afterwards.
func (s *Store) TakeStash(ctx context.Context, token string, user identity.UserID) (Stash, error) {
	missing := identity.NotFound("stash.not-found")
	hash := hashToken(token)
	var row query.TakeStashRow
	err := s.write(ctx, func(tx *transaction) error {
		var err error
		row, err = tx.TakeStash(ctx, hash)
		return err
	})
	if err != nil {
		return Stash{}, fmt.Errorf("take a stashed form: %w", orNotFound(err, missing))
	}
	if row.UserID != string(user) || row.ExpiresUs <= micros(s.clock()) {
		return Stash{}, missing
	}
	text, err := s.keys.open(stashPlace(hash, row.UserID), row.Sealed)
	if err != nil {
		return Stash{}, fmt.Errorf("take a stashed form: %w", err)
	}
	stash := Stash{User: user}
	if err := json.Unmarshal(text, &stash); err != nil {
		return Stash{}, fmt.Errorf("take a stashed form: %w", err)
	}
	return stash, nil
}
