package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Session is one browser in which somebody is signed in. Its ID names it in
// pages and is no key to it.
type Session struct {
	ID        string
	Device    string // User-Agent
	Address   string // where the sign-in came from
	CreatedAt time.Time
	SeenAt    time.Time // last click, to the minute
	Badge     bool      // begun with the QR code of a card
}

// EndedSession is what an ended session held of Zitadel's, to end it there too.
type EndedSession struct {
	SID     string // of the session at Zitadel
	IDToken string
	Refresh string // refresh token
}

// Keys of the session values that [EndedSession] tells.
const (
	sessionIDToken = "id_token"
	sessionRefresh = "refresh"
)

// SessionID is the ID of the session with this token of scs.
func SessionID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return sessionID(base64.RawURLEncoding.EncodeToString(sum[:])) // as scs hashes it
}

// sessionID names a session by something that is made of its row's key and does
// not lead back to it.
func sessionID(tokenHash string) string {
	sum := sha256.Sum256([]byte("homeroom session\x00" + tokenHash))
	return hex.EncodeToString(sum[:12])
}

// Of lists where the user is signed in and was seen since a moment, the last
// used first, at most 100.
func (s *Sessions) Of(ctx context.Context, user identity.UserID, since time.Time) ([]Session, error) {
	rows, err := s.rows(ctx, user, since)
	if err != nil {
		return nil, err
	}
	sessions := make([]Session, len(rows))
	for i, row := range rows {
		sessions[i] = Session{
			ID: sessionID(row.TokenHash), Device: row.Device, Address: row.Address,
			CreatedAt: moment(row.CreatedUs), SeenAt: moment(row.SeenUs), Badge: row.BadgeID != "",
		}
	}
	return sessions, nil
}

func (s *Sessions) rows(ctx context.Context, user identity.UserID, since time.Time) ([]query.Session, error) {
	rows, err := s.store.read().SessionsOfUser(ctx, query.SessionsOfUserParams{
		UserID: string(user), NowUs: micros(s.store.clock()), SinceUs: micros(since),
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", translate(err))
	}
	return rows, nil
}

// EndOne ends one session of the user's; not found ("session.not-found") if it
// is not theirs, or over.
func (s *Sessions) EndOne(ctx context.Context, user identity.UserID, id string) (EndedSession, error) {
	ended, err := s.endThose(ctx, user, func(row query.Session) bool { return sessionID(row.TokenHash) == id })
	if err != nil {
		return EndedSession{}, err
	}
	if len(ended) == 0 {
		return EndedSession{}, identity.NotFound("session.not-found")
	}
	return ended[0], nil
}

// EndOthers ends all sessions of the user's but one.
func (s *Sessions) EndOthers(ctx context.Context, user identity.UserID, id string) ([]EndedSession, error) {
	return s.endThose(ctx, user, func(row query.Session) bool { return sessionID(row.TokenHash) != id })
}

func (s *Sessions) endThose(
	ctx context.Context, user identity.UserID, which func(query.Session) bool,
) ([]EndedSession, error) {
	rows, err := s.rows(ctx, user, time.Time{})
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(row query.Session) bool { return !which(row) })
	err = s.end(ctx, func(tx *transaction) error {
		for _, row := range rows {
			if _, err := tx.EndSession(ctx, query.EndSessionParams{TokenHash: row.TokenHash, NowUs: tx.now}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	ended := make([]EndedSession, len(rows))
	for i, row := range rows {
		ended[i] = s.held(row)
	}
	return ended, nil
}

// held is what a session holds of Zitadel's. One that does not open any more
// holds no tokens.
func (s *Sessions) held(row query.Session) EndedSession {
	held := EndedSession{SID: row.Sid}
	data, err := s.store.keys.open(sessionPlace(row.TokenHash), row.Sealed)
	if err != nil {
		return held
	}
	_, values, err := scs.GobCodec{}.Decode(data)
	if err != nil {
		return held
	}
	held.IDToken, _ = values[sessionIDToken].(string)
	held.Refresh, _ = values[sessionRefresh].(string)
	return held
}
