package standin

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// arriveByForm takes what an identity provider lets the browser post here, and
// sends the browser on to the same by GET: the cookie that tells whose request
// it is does not come with a post from elsewhere.
func (g generation) arriveByForm(w http.ResponseWriter, r *http.Request) {
	state := r.FormValue("state")
	if state == "" {
		state = r.FormValue("RelayState")
	}
	g.s.Lock()
	a := g.s.requests[state]
	if a != nil {
		a.form = r.PostForm
	}
	g.s.Unlock()
	if a == nil {
		g.lost(w, textsFor(accepted(r)...))
		return
	}
	target := g.base + "/login/externalidp/callback?" + url.Values{"method": {http.MethodPost}, "state": {state}}.Encode()
	http.Redirect(w, r, target, http.StatusFound)
}

// arriveV1 finds out who came back to Login V1, and signs in whoever is linked.
func (g generation) arriveV1(w http.ResponseWriter, r *http.Request) {
	s, state := g.s, r.FormValue("state")
	s.RLock()
	var a authRequest
	var p *idProvider
	if kept := s.requests[state]; kept != nil && kept.agent == agentOf(r.Context()) {
		a, p = *kept, s.idps[kept.idp]
	}
	s.RUnlock()
	t := g.texts(r, a)
	if p == nil {
		g.lost(w, t)
		return
	}
	if r.FormValue("method") == http.MethodPost && a.form != nil {
		r.Form, r.PostForm = a.form, a.form
	}
	came, err := s.arrive(r, p, s.loginWay(p.id), a.left)
	if err != nil {
		s.logger.Info("external authentication failed", "providerID", p.id, "error", err)
		_, text := shown(err)
		if text == "" {
			text = err.Error()
		}
		render(w, http.StatusOK, "form", g.loginView(t, a, "", text))
		return
	}
	s.RLock()
	u := s.linkedTo(p.id, came.id, s.requestedOrg(a))
	s.RUnlock()
	if u == nil {
		g.stranger(w, t, p)
		return
	}
	if s.externalLife(u.id) == 0 {
		// A check that is good for no time at all is asked for again, and again.
		g.toIDP(w, r, a, t, p)
		return
	}
	s.Lock()
	by := visitorOf(r, a.id)
	by.idp = p.id
	s.begin(loginEditor).emit(&u.aggregate, "user.human.externallogin.check.succeeded", by.check(1))
	s.Unlock()
	g.enter(w, r, a.id, u.id, t)
}

func (g generation) enter(w http.ResponseWriter, r *http.Request, request, user string, t texts) {
	next, problem := g.pass(r, request, user, byIDP)
	if problem != "" {
		g.failed(w, t, g.problem(t, problem))
		return
	}
	http.Redirect(w, r, next, http.StatusFound)
}

// externalLife is how long a sign-in through an identity provider is good.
func (s *Server) externalLife(userID string) time.Duration {
	s.RLock()
	defer s.RUnlock()
	if u := s.users[userID]; u != nil {
		return s.loginPolicyOf(u.owner).lifetimes[1]
	}
	return 0
}

// stranger is somebody whom the provider vouches for and who is nobody here.
// The forms to create or link an account are not there.
func (g generation) stranger(w http.ResponseWriter, t texts, p *idProvider) {
	if p.options.linking || p.options.creation || p.options.autoCreation {
		render(w, http.StatusOK, "say", view{Language: t.code, Title: t.strangerTitle})
		return
	}
	g.failed(w, t, t.strangerRefused)
}

func (g generation) failed(w http.ResponseWriter, t texts, problem string) {
	render(w, http.StatusOK, "say", view{Language: t.code, Title: t.failed, Error: problem})
}

// processIntent is where an intent of Login V2 comes back to.
func (g generation) processIntent(w http.ResponseWriter, r *http.Request) {
	s := g.s
	id := strings.TrimPrefix(r.FormValue("requestId"), "oidc_V2_")
	s.RLock()
	var a authRequest
	if kept := s.requests[id]; kept != nil {
		a = *kept
	}
	i, err := s.succeeded(r.FormValue("id"), r.FormValue("token"), "IDP-nme4gszsvx", "IDP-SAf42")
	user := ""
	if err == nil {
		user = i.user
	}
	s.RUnlock()
	t := g.texts(r, a)
	switch {
	case a.id == "":
		g.lost(w, t)
	case err != nil:
		render(w, http.StatusOK, "say", view{Language: t.code, Title: t.loginFailed})
	case user == "":
		render(w, http.StatusOK, "say", view{Language: t.code, Title: t.unknownTitle, Lead: t.unknownLead})
	default:
		s.Lock()
		u := s.users[user]
		if u != nil {
			err = s.consume(s.begin(loginEditor), u, r.FormValue("id"), r.FormValue("token"))
		}
		s.Unlock()
		next, problem := "", requestGone
		if u != nil && err == nil {
			next, problem = g.pass(r, a.id, user, byIDP)
		}
		if problem != "" {
			render(w, http.StatusOK, "say", view{Language: t.code, Title: t.loginFailed, Error: g.problem(t, problem)})
			return
		}
		http.Redirect(w, r, next, http.StatusFound)
	}
}

// failedIntent is where it comes back to if it failed.
func (g generation) failedIntent(w http.ResponseWriter, r *http.Request) {
	t := textsFor(accepted(r)...)
	render(w, http.StatusOK, "say", view{Language: t.code, Title: t.loginFailed})
}
