package handlers

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// arrivalCookie names the browser that began a way through a school's identity
// provider. Only there it may end: else somebody could send others the end of
// their own way, and have them work in an account that is not theirs.
const arrivalCookie = "arrival"

// browserOf is the secret of the browser; it gets one if it has none.
func browserOf(w http.ResponseWriter, r *http.Request, p Portal) string {
	if secret := knownBrowser(r, p); secret != "" {
		return secret
	}
	secret := rand.Text()
	http.SetCookie(w, &http.Cookie{
		Name: hostCookie(arrivalCookie, p.secure()), Value: secret, Path: "/",
		Secure: p.secure(), HttpOnly: true,
		// The identity provider's page leads back by a redirect, which is a GET.
		SameSite: http.SameSiteLaxMode,
	})
	return secret
}

// knownBrowser is the secret of a browser that has begun something; empty if it
// has not.
func knownBrowser(r *http.Request, p Portal) string {
	cookie, err := r.Cookie(hostCookie(arrivalCookie, p.secure()))
	if err != nil || len(cookie.Value) < 20 {
		return ""
	}
	return cookie.Value
}

// secure reports whether browsers reach the portal by https.
func (p Portal) secure() bool { return strings.HasPrefix(p.PublicURL, "https://") }

// beginAttempt begins a way through the connection's identity provider and
// answers where to send the browser. It comes back to [Server.arrive]. In
// way.Return, [views.ThisAttempt] stands for the attempt's ID; way.Intent and
// way.Browser are filled in here.
func beginAttempt(
	w http.ResponseWriter, r *http.Request, org Organization,
	c identity.Connection, kind identity.AttemptKind, way store.AttemptWay,
) (string, error) {
	return beginAttemptAs(w, r, org, c, identity.Attempt{
		ID: identity.NewAttemptID(), Connection: c.ID, Kind: kind,
		State: identity.AttemptBegun, StartedAt: org.Portal.Now(),
	}, way)
}

func beginAttemptAs(
	w http.ResponseWriter, r *http.Request, org Organization,
	c identity.Connection, a identity.Attempt, way store.AttemptWay,
) (string, error) {
	back := org.Portal.URL(views.ArrivalPath(a.ID))
	target, err := org.Remote.StartIntent(r.Context(), c.Provider, back, back)
	if err != nil {
		return "", err
	}
	way.Intent = intentOf(target)
	way.Browser = browserOf(w, r, org.Portal)
	way.Return = strings.ReplaceAll(way.Return, url.PathEscape(string(views.ThisAttempt)), string(a.ID))
	if err := org.Store.BeginAttempt(r.Context(), a, way); err != nil {
		return "", err
	}
	return target, nil
}

// intentOf is the intent's ID, which travels to the identity provider and back
// as RelayState (SAML) or state (OpenID Connect). Empty if it is not there: then
// any intent of the same provider counts.
func intentOf(target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return ""
	}
	if relay := u.Query().Get("RelayState"); relay != "" {
		return relay
	}
	return u.Query().Get("state")
}
