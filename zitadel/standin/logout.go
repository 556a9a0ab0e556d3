package standin

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/pkg/crypto"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// TerminateSession is not called: TerminateSessionFromRequest says more.
func (x *storage) TerminateSession(context.Context, string, string) error { return nil }

// TerminateSessionFromRequest ends the session an id_token_hint names, from
// whatever browser, or without one all logins of this browser.
func (x *storage) TerminateSessionFromRequest(ctx context.Context, r *op.EndSessionRequest) (string, error) {
	s := x.s
	s.Lock()
	defer s.Unlock()
	t := s.begin(r.UserID)
	sid := ""
	if r.IDTokenHintClaims != nil {
		sid = r.IDTokenHintClaims.SessionID
		if sid == "" {
			sid, _ = r.IDTokenHintClaims.Claims["sid"].(string)
		}
	}
	if sid != "" {
		s.signOut(t, sid)
		return r.RedirectURI, nil
	}
	if b := s.v1[agentOf(ctx)]; b != nil {
		for _, in := range maps.Clone(b.users) {
			s.signOut(t, in.sid)
		}
	}
	return r.RedirectURI, nil
}

// signOut ends one login, of either generation of login pages.
func (s *Server) signOut(t *tx, sid string) {
	if x := s.sessions[sid]; x != nil && !x.terminated {
		s.endSession(t, x)
	}
	for agent, b := range s.v1 {
		for userID, in := range b.users {
			if in.sid != sid {
				continue
			}
			delete(b.users, userID)
			if u := s.users[userID]; u != nil && !in.v2 {
				t.emit(&u.aggregate, "user.human.signed.out", values{"userAgentID": agent, "sessionID": sid, "triggerOrigin": s.issuer})
				s.sessionEnded(sid)
			}
		}
	}
}

// sessionEnded kills the session's access tokens and tells the clients that
// were signed in by it. Refresh tokens live on, as at a real server.
func (s *Server) sessionEnded(sid string) {
	for _, t := range s.tokens {
		if t.session == sid {
			t.dead = true
		}
	}
	for clientID, userID := range s.logins[sid] {
		if a := s.apps[clientID]; a != nil && a.backChannelURI != "" {
			s.notify.send(notification{uri: a.backChannelURI, client: clientID, user: userID, sid: sid, issuer: s.issuer, id: s.nextID()})
		}
	}
	delete(s.logins, sid)
}

// notification is one back-channel logout.
type notification struct{ uri, client, user, sid, issuer, id string }

// notifier delivers notifications in the background, each one at a time of its
// own.
type notifier struct {
	server *Server
	mu     sync.Mutex
	ctx    context.Context
	cancel context.CancelFunc
}

// retries are the pauses between attempts, as they were seen at a real server.
var retries = []time.Duration{0, 1200 * time.Millisecond, 16 * time.Second}

func (n *notifier) send(note notification) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ctx == nil {
		n.ctx, n.cancel = context.WithCancel(context.Background())
	}
	ctx := n.ctx
	go n.deliver(ctx, note)
}

func (n *notifier) stop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cancel != nil {
		n.cancel()
	}
}

func (n *notifier) deliver(ctx context.Context, note notification) {
	for _, wait := range retries {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		if n.attempt(ctx, note) {
			return
		}
	}
}

func (n *notifier) attempt(ctx context.Context, note notification) bool {
	token, err := n.server.logoutToken(note)
	if err != nil {
		n.server.logger.Error("logout token", slog.Any("error", err))
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	body := bytes.NewBufferString(url.Values{"logout_token": {token}}.Encode())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, note.uri, body)
	if err != nil {
		return true
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode < http.StatusBadRequest
}

func (s *Server) logoutToken(note notification) (string, error) {
	signer, err := op.SignerFromKey(s.signing)
	if err != nil {
		return "", err
	}
	claims := oidc.NewLogoutTokenClaims(note.issuer, note.user, oidc.Audience{note.client}, time.Now().Add(15*time.Minute), note.id, note.sid, 0)
	return crypto.Sign(claims, signer)
}
