package handlers

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

// How often Zitadel is asked whether a session's user may still be signed in,
// how soon again if it did not answer, and how long a page waits for it.
const (
	revalidateEvery   = 10 * time.Minute
	revalidateAgain   = time.Minute
	revalidateTimeout = 3 * time.Second
)

// refreshed is what became of a refresh token.
type refreshed struct {
	refresh, idToken string
	ended            bool // Zitadel refused it: the session is over
	at               time.Time
}

// refreshes spends each refresh token once. Zitadel takes every token only
// once, and several requests of one browser find theirs old at the same
// moment: the first spends it, the others get the same answer, as do those that
// had read the session before.
type refreshes struct {
	flight singleflight.Group
	mu     sync.Mutex
	recent map[refreshKey]refreshed
}

// refreshKey is the SHA-256 of a refresh token.
type refreshKey [sha256.Size]byte

// refreshMemory is how long an answer is kept for requests that are under way.
const refreshMemory = 2 * maxTime

func (f *refreshes) spend(token string, now time.Time, ask func() (refreshed, error)) (refreshed, error) {
	key := refreshKey(sha256.Sum256([]byte(token)))
	answer, err, _ := f.flight.Do(string(key[:]), func() (any, error) {
		f.mu.Lock()
		known, ok := f.recent[key]
		f.mu.Unlock()
		if ok {
			return known, nil
		}
		result, err := ask()
		if err != nil {
			return refreshed{}, err
		}
		result.at = now
		f.mu.Lock()
		defer f.mu.Unlock()
		for k, r := range f.recent {
			if now.Sub(r.at) > refreshMemory {
				delete(f.recent, k)
			}
		}
		f.recent[key] = result
		return result, nil
	})
	if err != nil {
		return refreshed{}, err
	}
	return answer.(refreshed), nil
}

// revalidate asks Zitadel from time to time, by spending the refresh token,
// whether the person may still be signed in. A refusal ends the session; a
// Zitadel that is away ends nothing.
func (s *Server) revalidate(ctx context.Context) error {
	token := s.sessions.GetString(ctx, sessionRefresh)
	now := s.portal.Now()
	if token == "" ||
		now.Sub(s.moment(ctx, sessionConfirmed)) < revalidateEvery ||
		now.Sub(s.moment(ctx, sessionTried)) < revalidateAgain {
		return nil
	}
	user := s.sessions.GetString(ctx, sessionUser)
	result, err := s.refreshes.spend(token, now, func() (refreshed, error) {
		// The answer serves other requests too, so this one may not cut it off.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revalidateTimeout)
		defer cancel()
		return s.discovery.refresh(ctx, token, user)
	})
	s.setMoment(ctx, sessionTried, now)
	switch {
	case err != nil:
		// Zitadel is away. The page is answered from what is known.
		logged(ctx).aside = fmt.Errorf("revalidate the session: %w", err)
		return nil
	case result.ended:
		return s.sessions.Destroy(ctx)
	}
	s.sessions.Put(ctx, sessionRefresh, result.refresh)
	if result.idToken != "" {
		s.sessions.Put(ctx, sessionIDToken, result.idToken)
	}
	s.setMoment(ctx, sessionConfirmed, now)
	return nil
}

// refresh spends a refresh token. Any refusal of the token means that the
// session is over: besides invalid_grant, a real Zitadel answers
// invalid_request for a user who was deactivated.
func (d *discovery) refresh(ctx context.Context, token, user string) (refreshed, error) {
	party, err := d.party(ctx)
	if err != nil {
		return refreshed{}, err
	}
	client := context.WithValue(ctx, oauth2.HTTPClient, party.HttpClient())
	tokens, err := party.OAuthConfig().TokenSource(client, &oauth2.Token{RefreshToken: token}).Token()
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode == http.StatusBadRequest &&
		answer.ErrorCode != "" {
		return refreshed{ended: true}, nil
	}
	if err != nil {
		return refreshed{}, fmt.Errorf("spend the refresh token: %w", err)
	}
	result := refreshed{refresh: tokens.RefreshToken}
	if idToken, _ := tokens.Extra("id_token").(string); idToken != "" {
		claims, err := rp.VerifyIDToken[*oidc.IDTokenClaims](ctx, idToken, withoutNonce(party))
		if err != nil {
			return refreshed{}, fmt.Errorf("verify the refreshed ID token: %w", err)
		}
		if claims.Subject != user {
			return refreshed{ended: true}, nil // OpenID Connect Core 12.2: must be the same user
		}
		result.idToken = idToken
	}
	return result, nil
}
