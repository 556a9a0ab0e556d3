package handlers

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// Attempts to sign in are kept in the browser, a cookie for each, and not in
// the session: tabs that are opened at once all begin without a session, and
// the last one's would replace the others'. The cookie can be neither read by
// scripts nor set by other hosts, and without the code that Zitadel sends to
// this browser it is worth nothing. It also means that asking for the sign-in
// page writes nothing to the database.
const (
	attemptCookie   = "sign-in-"
	maxAttempts     = 6
	attemptLifetime = time.Hour
)

// attempt is one way through Zitadel's login, begun in one tab.
type attempt struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // PKCE
	Next     string `json:"p"`
	Badge    string `json:"b,omitempty"` // the sign-in with a badge that it is the way of
}

func newAttempt(next string) attempt {
	return attempt{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Next: next}
}

// keepAttempt remembers an attempt until callback, and forgets the oldest if
// there are many.
func (s *Server) keepAttempt(w http.ResponseWriter, r *http.Request, a attempt) {
	prefix := hostCookie(attemptCookie, s.secure)
	var kept []string
	for _, cookie := range r.Cookies() {
		if strings.HasPrefix(cookie.Name, prefix) {
			kept = append(kept, cookie.Name)
		}
	}
	slices.SortFunc(kept, func(a, b string) int { return strings.Compare(attemptTime(a), attemptTime(b)) })
	for len(kept) >= maxAttempts {
		http.SetCookie(w, s.attemptCookie(kept[0], "", -1))
		kept = kept[1:]
	}
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // strings alone
	}
	// The time in the name orders attempts; Zitadel returns the state alone.
	name := prefix + a.State[:8] + "-" + strconv.FormatInt(s.portal.Now().Unix(), 36)
	http.SetCookie(w, s.attemptCookie(name, base64.RawURLEncoding.EncodeToString(text), int(attemptLifetime.Seconds())))
}

func attemptTime(name string) string { return name[strings.LastIndexByte(name, '-')+1:] }

// takeAttempt finds the attempt that state belongs to, once.
func (s *Server) takeAttempt(w http.ResponseWriter, r *http.Request, state string) (attempt, bool) {
	for _, cookie := range r.Cookies() {
		if !strings.HasPrefix(cookie.Name, hostCookie(attemptCookie, s.secure)) {
			continue
		}
		var a attempt
		text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
		if err != nil || json.Unmarshal(text, &a) != nil || a.State == "" || a.State != state {
			continue
		}
		http.SetCookie(w, s.attemptCookie(cookie.Name, "", -1))
		a.Next = localPath(a.Next, "/home")
		return a, true
	}
	return attempt{}, false
}

func (s *Server) attemptCookie(name, value string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name:     name,
		Value:    value,
		Path:     "/",
		MaxAge:   seconds,
		Secure:   s.secure,
		HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	}
}
