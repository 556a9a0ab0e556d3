package standin

import (
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// accessToken is one that was issued; its ID is in the token.
type accessToken struct {
	id, user, client string
	audience, scopes []string
	issued, expires  time.Time
	authTime         time.Time
	amr              []string
	machine          bool // of a service account
	dead             bool
	session          string // sid
	refresh          string // the refresh token it came with
}

// refreshToken lives on when its session ends, as at a real server.
type refreshToken struct {
	token, user, client string
	audience, scopes    []string
	authTime            time.Time
	amr                 []string
	session             string
	expires             time.Time
	idle                time.Time
	access              string // ID of its access token
}

// token finds what an access token or personal access token stands for, or
// nothing if it is void. The caller holds the lock.
func (s *Server) token(text string) *accessToken {
	found := s.pats[text]
	if found == nil {
		found = s.tokens[s.tokenID(text)]
	}
	if found == nil || found.dead || time.Now().After(found.expires) {
		return nil
	}
	return found
}

// tokenID reads the ID out of an opaque or a signed token.
func (s *Server) tokenID(text string) string {
	if strings.Count(text, ".") == 2 {
		if parsed, err := jwt.ParseSigned(text, []jose.SignatureAlgorithm{jose.RS256}); err == nil {
			var claims jwt.Claims
			if parsed.Claims(&s.signing.key.PublicKey, &claims) == nil {
				return claims.ID
			}
		}
	}
	plain, err := s.provider.Crypto().Decrypt(text)
	if err != nil {
		return ""
	}
	id, _, _ := strings.Cut(plain, ":")
	return id
}

// sweep forgets tokens that ended long ago, so that a server in a long test or
// demo does not grow without end. The caller holds the lock.
func (s *state) sweep() {
	if len(s.tokens) < s.nextSweep {
		return
	}
	now := time.Now()
	for id, t := range s.tokens {
		if t.dead || now.After(t.expires) {
			delete(s.tokens, id)
		}
	}
	s.nextSweep = 2*len(s.tokens) + 1000
}
