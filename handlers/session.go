package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// How long a session lives: without a click, and at all. What ends one sooner
// comes from Zitadel by itself: the end of the session there by back-channel
// logout, a user deactivated, locked or removed by the event log. No page asks
// Zitadel; spending the refresh token would not tell more, for Zitadel accepts it
// after the end of its session.
const (
	sessionIdle     = 30 * time.Minute
	sessionLifetime = 12 * time.Hour
	// sessionTouch is how often a click is written down. Writing each one would
	// make every page a write.
	sessionTouch = time.Minute
)

// What a session holds. The store keeps user, sid and what tells its owner where
// it is in columns as well, to find and end it by them, and seals the whole.
const (
	sessionUser    = "user"
	sessionSID     = "sid"      // of the session at Zitadel
	sessionIDToken = "id_token" // for signing out
	sessionRefresh = "refresh"  // refresh token, to be revoked at sign-out
	sessionClaims  = "claims"   // identity.User as JSON, as the ID token said
	sessionSince   = "since"    // when they came back from signing in
	sessionAuth    = "auth"     // when Zitadel saw them prove who they are
	sessionAMR     = "amr"      // and how (RFC 8176)
	sessionThrough = "through"  // school and identity provider they came by
	sessionDevice  = "device"   // User-Agent
	sessionAddress = "address"  // and address of the sign-in
	sessionSeen    = "seen"     // the last click, to the minute
	sessionLanding = "landing"  // where an accepted invitation leads after sign-in
	sessionJoin    = "join"     // the join code that was typed before signing in
	sessionHint    = "hint"     // login name for the sign-in to come
	sessionArrived = "arrived"  // arrivedPerson as JSON, for the sign-in to come
)

func newSessions(store scs.Store, secure bool, onError func(http.ResponseWriter, *http.Request, error)) *scs.SessionManager {
	sessions := scs.New()
	sessions.Store = store
	sessions.Lifetime = sessionLifetime
	sessions.HashTokenInStore = true
	sessions.ErrorFunc = onError
	sessions.Cookie.Name = hostCookie("session", secure)
	sessions.Cookie.Secure = secure
	sessions.Cookie.HttpOnly = true
	sessions.Cookie.SameSite = http.SameSiteLaxMode
	// The browser forgets it when it closes: school computers are shared.
	sessions.Cookie.Persist = false
	return sessions
}

// withSession loads the session of a request, and keeps what became of it
// before the first byte of the answer.
func (s *Server) withSession(next http.Handler) http.Handler {
	kept := s.sessions.LoadAndSave(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept.ServeHTTP(&oneAnswer{ResponseWriter: w}, r)
	})
}

// sessionFailed answers when a session cannot be read or written. To somebody
// who is signed in and reads, pages are shown all the same: all that is lost is
// a note of the click.
func (s *Server) sessionFailed(w http.ResponseWriter, r *http.Request, err error) {
	if rec := logged(r.Context()); rec.user != "" && reads(r) && r.URL.Path != views.CallbackPath {
		rec.aside = err
		return
	}
	for _, elsewhere := range []string{"Location", "Refresh", "HX-Redirect", "HX-Push-Url"} {
		w.Header().Del(elsewhere)
	}
	s.fail(w, r, err)
	if answer, ok := w.(*oneAnswer); ok {
		answer.over = true
	}
}

// oneAnswer lets nothing follow once over: scs asks for the answer to a failure
// and then goes on with the page that was about to be sent.
type oneAnswer struct {
	http.ResponseWriter
	over bool
}

// WriteHeader sends the status of the first answer.
func (w *oneAnswer) WriteHeader(status int) {
	if !w.over {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *oneAnswer) Write(text []byte) (int, error) {
	if w.over {
		return len(text), nil
	}
	return w.ResponseWriter.Write(text)
}

// Unwrap is for http.ResponseController.
func (w *oneAnswer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// moment reads a time of the session; zero if there is none.
func (s *Server) moment(ctx context.Context, key string) time.Time {
	if us := s.sessions.GetInt64(ctx, key); us != 0 {
		return time.UnixMicro(us)
	}
	return time.Time{}
}

func (s *Server) setMoment(ctx context.Context, key string, at time.Time) {
	s.sessions.Put(ctx, key, at.UnixMicro())
}

// live ends the session if its time is over, notes the click, and reports
// whether somebody is signed in.
func (s *Server) live(r *http.Request) (bool, error) {
	ctx := r.Context()
	if s.sessions.GetString(ctx, sessionUser) == "" {
		return false, nil
	}
	now, seen := s.portal.Now(), s.moment(ctx, sessionSeen)
	if now.Sub(seen) > sessionIdle || now.Sub(s.moment(ctx, sessionSince)) > sessionLifetime {
		return false, s.sessions.Destroy(ctx)
	}
	if now.Sub(seen) > sessionTouch && !polls(r) {
		s.setMoment(ctx, sessionSeen, now)
	}
	return true, nil
}

// polls reports whether the page asks for a region of itself, with nobody
// clicking: a roster left open must not keep its reader signed in. htmx names
// the element that asks and the one to be replaced.
func polls(r *http.Request) bool {
	if asksStream(r) {
		return true
	}
	region := r.Header.Get("HX-Target")
	return region != "" && r.Header.Get("HX-Trigger") == region
}

// claimsTrusted is how long the ID token may speak for a user whom the
// projection does not know (yet). After that they sign in again.
const claimsTrusted = 15 * time.Minute

// person is who is signed in, as the projection knows them; the zero value if
// nobody is. Somebody who has just come to exist at Zitadel is taken from the
// claims of their sign-in.
func (s *Server) person(ctx context.Context) (identity.User, error) {
	id := s.sessions.GetString(ctx, sessionUser)
	if id == "" {
		return identity.User{}, nil
	}
	user, err := s.store.User(ctx, identity.UserID(id))
	if err == nil {
		return user, nil
	}
	if !identity.IsKind(err, identity.KindNotFound) {
		return identity.User{}, fmt.Errorf("look up who is signed in: %w", err)
	}
	if s.portal.Now().Sub(s.moment(ctx, sessionSince)) > claimsTrusted {
		return identity.User{}, s.sessions.Destroy(ctx)
	}
	if err := json.Unmarshal(s.sessions.GetBytes(ctx, sessionClaims), &user); err != nil {
		return identity.User{}, fmt.Errorf("read the claims of the session: %w", err)
	}
	return user, nil
}
