package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"time"

	"github.com/alexedwards/scs/v2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Keys of the session values that fill columns, so that a user's sessions can be
// ended from outside.
const (
	sessionUser    = "user"    // ID of the signed-in user
	sessionSID     = "sid"     // session ID at the OpenID provider
	sessionDevice  = "device"  // User-Agent of the sign-in
	sessionAddress = "address" // and where it came from
	sessionSince   = "since"   // when, in Unix microseconds
	sessionSeen    = "seen"    // the last click
	sessionBadge   = "badge"   // the badge it was begun with, if it was
)

// Sessions keeps login sessions for scs, which has to hash the tokens
// (HashTokenInStore). Their data is sealed. A session that was ended stays
// ended, also for a request that was under way.
type Sessions struct{ store *Store }

var _ scs.CtxStore = (*Sessions)(nil)

// Sessions is the store of login sessions.
func (s *Store) Sessions() *Sessions { return &Sessions{store: s} }

// sessionSlack is how much an unchanged session's expiry may lag: without it
// every page that is read would be a write.
const sessionSlack = time.Minute

func sessionPlace(tokenHash string) place {
	return place{table: "sessions", column: "sealed", row: tokenHash}
}

// FindCtx is the data of a session that is there and was not ended.
func (s *Sessions) FindCtx(ctx context.Context, tokenHash string) ([]byte, bool, error) {
	row, err := s.store.read().Session(ctx, tokenHash)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("find session: %w", translate(err))
	}
	if row.EndedUs != 0 || row.ExpiresUs <= micros(s.store.clock()) {
		return nil, false, nil
	}
	data, err := s.store.keys.open(sessionPlace(tokenHash), row.Sealed)
	if errors.Is(err, errSealed) {
		return nil, false, nil // of a key that was retired: sign in again
	}
	if err != nil {
		return nil, false, fmt.Errorf("find session: %w", err)
	}
	return data, true, nil
}

// CommitCtx keeps a session. One that was ended meanwhile stays ended, which is
// no error.
func (s *Sessions) CommitCtx(ctx context.Context, tokenHash string, data []byte, expiry time.Time) error {
	deadline, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return fmt.Errorf("commit session: %w", err)
	}
	row, err := s.store.read().Session(ctx, tokenHash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("commit session: %w", translate(err))
	}
	if err == nil && s.unchanged(row, deadline, values, expiry) {
		return nil
	}
	sealed, err := s.store.keys.seal(sessionPlace(tokenHash), data)
	if err != nil {
		return fmt.Errorf("commit session: %w", err)
	}
	kept := query.PutSessionParams{TokenHash: tokenHash, Sealed: sealed, ExpiresUs: micros(expiry)}
	kept.UserID, _ = values[sessionUser].(string)
	kept.Sid, _ = values[sessionSID].(string)
	kept.Device, _ = values[sessionDevice].(string)
	kept.Address, _ = values[sessionAddress].(string)
	kept.CreatedUs, _ = values[sessionSince].(int64)
	kept.SeenUs, _ = values[sessionSeen].(int64)
	kept.BadgeID, _ = values[sessionBadge].(string)
	err = s.store.write(ctx, func(tx *transaction) error {
		_, err := tx.PutSession(ctx, kept)
		return err
	})
	if err != nil {
		return fmt.Errorf("commit session: %w", err)
	}
	return nil
}

// unchanged reports whether the stored session says the same, or was ended.
func (s *Sessions) unchanged(
	row query.Session, deadline time.Time, values map[string]any, expiry time.Time,
) bool {
	if row.EndedUs != 0 {
		return true
	}
	if lag := expiry.Sub(moment(row.ExpiresUs)); lag < 0 || lag > sessionSlack {
		return false
	}
	data, err := s.store.keys.open(sessionPlace(row.TokenHash), row.Sealed)
	if err != nil {
		return false
	}
	storedDeadline, stored, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return false
	}
	return storedDeadline.Equal(deadline) && maps.EqualFunc(stored, values, func(a, b any) bool {
		return reflect.DeepEqual(a, b)
	})
}

// DeleteCtx ends a session. One that is not there is no error.
func (s *Sessions) DeleteCtx(ctx context.Context, tokenHash string) error {
	return s.end(ctx, func(tx *transaction) error {
		_, err := tx.EndSession(ctx, query.EndSessionParams{TokenHash: tokenHash, NowUs: tx.now})
		return err
	})
}

// End ends all sessions of a user.
func (s *Sessions) End(ctx context.Context, user identity.UserID) error {
	return s.end(ctx, func(tx *transaction) error {
		_, err := tx.EndSessionsOfUser(ctx, query.EndSessionsOfUserParams{UserID: string(user), NowUs: tx.now})
		return err
	})
}

// EndOIDC ends the session that stands on this session at the OpenID provider.
func (s *Sessions) EndOIDC(ctx context.Context, sid string) error {
	return s.end(ctx, func(tx *transaction) error {
		_, err := tx.EndSessionsOfSID(ctx, query.EndSessionsOfSIDParams{Sid: sid, NowUs: tx.now})
		return err
	})
}

func (s *Sessions) end(ctx context.Context, f func(*transaction) error) error {
	if err := s.store.write(ctx, f); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// Find is FindCtx for callers without a context.
func (s *Sessions) Find(tokenHash string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), tokenHash)
}

// Commit is CommitCtx for callers without a context.
func (s *Sessions) Commit(tokenHash string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), tokenHash, data, expiry)
}

// Delete is DeleteCtx for callers without a context.
func (s *Sessions) Delete(tokenHash string) error {
	return s.DeleteCtx(context.Background(), tokenHash)
}

// submissionsKept is how long a form that is sent again gets the same answer.
const submissionsKept = 7 * 24 * time.Hour

// DeleteExpired deletes what nobody can use any more: expired sessions, the
// answers of old forms, and what school sign-in has left behind.
func (s *Store) DeleteExpired(ctx context.Context) error {
	err := s.write(ctx, func(tx *transaction) error {
		if _, err := tx.DeleteExpiredSessions(ctx, tx.now); err != nil {
			return err
		}
		if _, err := tx.DeleteExpiredStashes(ctx, tx.now); err != nil {
			return err
		}
		if _, err := tx.DeleteOldSubmissions(ctx, tx.now-submissionsKept.Microseconds()); err != nil {
			return err
		}
		if _, err := tx.DeleteOldSelections(ctx, tx.now-selectionKept.Microseconds()); err != nil {
			return err
		}
		if err := tx.deleteOldBadges(ctx); err != nil {
			return err
		}
		if err := tx.deleteOldImportFiles(ctx); err != nil {
			return err
		}
		if err := tx.deleteOldSignIn(ctx); err != nil {
			return err
		}
		return tx.withdrawOldProposals(ctx)
	})
	if err != nil {
		return fmt.Errorf("delete what is expired: %w", err)
	}
	return nil
}
