package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// signIn serves GET /sign-in: it asks who signs in where that makes a
// difference, or else leads at once to Zitadel's login, which leads back to
// callback. Query: next, the local path to go on to; create, to register; local,
// to sign in past the school's own sign-in; fresh, to prove once more who one is;
// as, the user name of a login card.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	next := localPath(query.Get("next"), views.HomePath)
	if as := query.Get("as"); as != "" {
		return s.signInAs(w, r, as, next)
	}
	if live, err := s.live(r); err != nil {
		return err
	} else if live && query.Get("create") == "" {
		return leave(w, r, next)
	}
	if query.Get("create") != "" {
		// Zitadel would register people in its default organization, where
		// registering is closed.
		return s.authorize(w, r, next, rp.WithPrompt("create"), withScopes(scopeIn+string(s.discovery.oidc.Individuals)))
	}
	hint := s.invitedName(r.Context(), next)
	if hint == "" {
		hint = s.sessions.PopString(r.Context(), sessionHint)
	}
	if query.Get("local") == "" {
		if asked, err := s.askWho(w, r, hint); asked || err != nil {
			return err
		}
	}
	var options []rp.AuthURLOpt
	if hint != "" {
		options = append(options, withHint(hint))
	}
	if query.Get("fresh") != "" {
		options = append(options, rp.WithPrompt(oidc.PromptLogin))
	}
	return s.authorize(w, r, next, options...)
}

// signInAs leads who scanned a login card to Zitadel's login with the card's user
// name filled in. On a device that somebody else is signed in on, that somebody
// stays out of it: the card's owner is asked for their password.
func (s *Server) signInAs(w http.ResponseWriter, r *http.Request, userName, next string) error {
	live, err := s.live(r)
	if err != nil {
		return err
	}
	if live {
		user, err := s.person(r.Context())
		if err != nil {
			return err
		}
		if strings.EqualFold(user.UserName, userName) {
			return leave(w, r, next)
		}
	}
	return s.authorize(w, r, next, withHint(userName), rp.WithPrompt(oidc.PromptLogin))
}

// authorize leads to Zitadel's login, and from there to callback and next.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request, next string, options ...rp.AuthURLOpt) error {
	return s.authorizeAs(w, r, newAttempt(next), options...)
}

func (s *Server) authorizeAs(w http.ResponseWriter, r *http.Request, attempt attempt, options ...rp.AuthURLOpt) error {
	party, err := s.discovery.party(r.Context())
	if err != nil {
		return err
	}
	s.keepAttempt(w, r, attempt)
	options = append(options,
		rp.AuthURLOpt(rp.WithURLParam("nonce", attempt.Nonce)),
		rp.WithCodeChallenge(oidc.NewSHACodeChallenge(attempt.Verifier)),
		rp.AuthURLOpt(rp.WithURLParam("ui_locales", views.LanguageOf(r.Context()))),
	)
	return leave(w, r, rp.AuthURL(attempt.State, party, options...))
}

// withHint tells Zitadel's login who is about to sign in.
func withHint(name string) rp.AuthURLOpt { return rp.AuthURLOpt(rp.WithURLParam("login_hint", name)) }

// withScopes asks for more than every sign-in does.
func withScopes(more ...string) rp.AuthURLOpt {
	return rp.AuthURLOpt(rp.WithURLParam("scope", strings.Join(append(slices.Clone(scopes), more...), " ")))
}

// welcome serves GET /welcome, Zitadel's default redirect: whoever finished
// something there is signed in on the way here, and goes on to the classroom
// whose invitation they accepted, or whose code they typed, or home.
func (s *Server) welcome(w http.ResponseWriter, r *http.Request, who Person) error {
	landing := s.sessions.PopString(r.Context(), sessionLanding)
	if id, ok := strings.CutPrefix(landing, views.OrganizationPath("")); ok {
		joined, err := s.store.OpenFor(r.Context(), who.Actor, identity.OrganizationID(id))
		if err == nil {
			return redirect(w, r, landing, identity.Say("accept.welcome", "Organization", joined.Organization().Name))
		}
		// Removed meanwhile, for example: that page says so.
	}
	if code := s.sessions.GetString(r.Context(), sessionJoin); code != "" {
		return leave(w, r, views.JoinCodePath(code))
	}
	return leave(w, r, localPath(landing, views.HomePath))
}

// askToSignIn leads to sign-in and back to the page asked for, or, after a
// change, to the page that held the form.
func (s *Server) askToSignIn(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.RequestURI()
	htmx := r.Header.Get("HX-Request") != ""
	if asksStream(r) {
		// Nobody signs in in a stream.
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	if htmx || !reads(r) {
		next = s.ownPath(r.Header.Get("HX-Current-URL"), s.ownPath(r.Header.Get("Referer"), views.HomePath))
	}
	target := views.ReturningSignInPath(localPath(next, views.HomePath))
	if htmx {
		// An XHR cannot follow a redirect to Zitadel's origin.
		w.Header().Set("HX-Redirect", target)
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// reads reports whether a request asks for a page and changes nothing.
func reads(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// leave goes on to target, which may be Zitadel's. After a form's POST it is a
// page that goes on by itself: the policy form-action 'self' holds for
// redirects of a form as well.
func leave(w http.ResponseWriter, r *http.Request, target string) error {
	switch local := strings.HasPrefix(target, "/"); {
	case r.Header.Get("HX-Request") != "" && !local:
		w.Header().Set("HX-Redirect", target)
		w.WriteHeader(http.StatusOK)
		return nil
	case r.Method == http.MethodPost && !local:
		w.Header().Set("Refresh", "0; url="+target)
		return render(w, r, http.StatusOK, views.GoingOn(frame(r), target))
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// maxNext bounds the path to return to, which travels in cookies.
const maxNext = 500

// localPath is path if it leads nowhere but to a page of the portal, or else
// the other one. Browsers read a backslash as a slash, and two slashes as the
// beginning of a host.
func localPath(path, otherwise string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil ||
		!strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") ||
		strings.ContainsFunc(path, func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }) ||
		len(path) > maxNext {
		return otherwise
	}
	return path
}

// ownPath is the path of one of our own URLs.
func (s *Server) ownPath(address, otherwise string) string {
	path, ok := strings.CutPrefix(address, s.portal.PublicURL)
	if !ok {
		return otherwise
	}
	return localPath(path, otherwise)
}
