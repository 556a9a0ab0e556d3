package standin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// scopeIDP asks for an identity provider, by its ID.
const scopeIDP = "urn:zitadel:iam:org:idp:id:"

// requestedOrg is the organization whose people a request is for, if it says.
func (s *state) requestedOrg(a authRequest) string {
	if a.in == nil {
		return ""
	}
	for _, id := range after(a.in.Scopes, scopeOrgID) {
		if s.orgs[id] != nil {
			return id
		}
	}
	for _, domain := range after(a.in.Scopes, scopeOrgDomain) {
		if o := s.domains[lower(domain)]; o != nil {
			return o.id
		}
	}
	return ""
}

// offer is what the login page has for a request.
type offer struct {
	password bool
	idps     []*idProvider
}

func (s *Server) offerOf(a authRequest) offer {
	s.RLock()
	defer s.RUnlock()
	org := s.requestedOrg(a)
	return offer{password: s.loginPolicyOf(org).userNamePassword, idps: s.loginIDPsOf(org)}
}

func (o offer) idp(id string) *idProvider {
	if at := slices.IndexFunc(o.idps, func(p *idProvider) bool { return p.id == id }); at >= 0 {
		return o.idps[at]
	}
	return nil
}

// straightOn sends the browser to the identity provider that the request names,
// and in Login V1 to the only one if there is no other way in. It tells whether
// it has answered.
//
// A request that asks for a login prompt sees the login page of V1 all the same.
func (g generation) straightOn(w http.ResponseWriter, r *http.Request, a authRequest, t texts) bool {
	o := g.s.offerOf(a)
	wanted := after(a.in.Scopes, scopeIDP)
	prompted := g.version == 1 && len(a.in.Prompt) > 0 && !slices.Contains(a.in.Prompt, "select_account")
	if len(wanted) > 0 && !prompted {
		switch p := o.idp(wanted[0]); {
		case p != nil:
			g.toIDP(w, r, a, t, p)
			return true
		case g.version == 1:
			render(w, http.StatusUnprocessableEntity, "form", g.loginView(t, a, a.in.LoginHint, t.idpNotAllowed))
			return true
		}
	}
	if g.version == 1 && !o.password && len(o.idps) == 1 {
		g.toIDP(w, r, a, t, o.idps[0])
		return true
	}
	return false
}

// idpOf is where somebody who has typed a name is sent on to: the attached
// provider the account is linked to, or any if there are no passwords.
func (s *Server) idpOf(userID string) (p *idProvider, closed bool) {
	s.RLock()
	defer s.RUnlock()
	u := s.users[userID]
	if u == nil {
		return nil, false
	}
	idps := s.loginIDPsOf(u.owner)
	closed = !s.loginPolicyOf(u.owner).userNamePassword
	for _, p := range idps {
		if slices.ContainsFunc(u.details().links, func(l idpLink) bool { return l.idp == p.id }) {
			return p, closed
		}
	}
	if closed && len(idps) > 0 {
		return idps[0], closed
	}
	return nil, closed
}

// choose is a button of the login page.
func (g generation) choose(w http.ResponseWriter, r *http.Request) {
	a, ok := g.request(r)
	t := g.texts(r, a)
	if !ok {
		g.lost(w, t)
		return
	}
	p := g.s.offerOf(a).idp(r.FormValue("idpConfigID"))
	if p == nil {
		render(w, http.StatusUnprocessableEntity, "form", g.loginView(t, a, "", t.idpNotAllowed))
		return
	}
	g.toIDP(w, r, a, t, p)
}

func (g generation) chooseURL(a authRequest, p *idProvider) string {
	return g.base + "/login/externalidp?" + url.Values{g.parameter(): {g.carried(a.id)[0].Value}, "idpConfigID": {p.id}}.Encode()
}

// toIDP sends the browser to an identity provider: in Login V1 for the request
// itself, in Login V2 by an intent.
func (g generation) toIDP(w http.ResponseWriter, r *http.Request, a authRequest, t texts, p *idProvider) {
	left, err := g.departure(r, a, p)
	if err != nil {
		_, text := shown(err)
		if text == "" {
			text = err.Error()
		}
		render(w, http.StatusUnprocessableEntity, "form", g.loginView(t, a, "", text))
		return
	}
	if left.fields == nil {
		http.Redirect(w, r, left.url, http.StatusFound)
		return
	}
	v := view{Language: t.code, Title: p.name, Action: left.url, Button: t.next}
	for name, value := range left.fields {
		v.Hidden = append(v.Hidden, field{Name: name, Value: value})
	}
	render(w, http.StatusOK, "form", v)
}

func (g generation) departure(r *http.Request, a authRequest, p *idProvider) (departure, error) {
	if g.version == 2 {
		base := g.s.Issuer() + g.base + "/idp/" + p.kind()
		query := url.Values{"requestId": {"oidc_V2_" + a.id}}.Encode()
		success, err := url.Parse(base + "/process?" + query)
		if err != nil {
			return departure{}, err
		}
		failed, err := url.Parse(base + "/failure?" + query)
		if err != nil {
			return departure{}, err
		}
		i, err := g.s.startIntent(r.Context(), loginEditor, p.id, "", success, failed)
		if err != nil {
			return departure{}, err
		}
		return i.left, nil
	}
	left, err := g.s.depart(r.Context(), p, g.s.loginWay(p.id), a.id, a.in.LoginHint)
	if err != nil {
		return departure{}, err
	}
	g.s.Lock()
	defer g.s.Unlock()
	if kept := g.s.requests[a.id]; kept != nil {
		kept.idp, kept.left, kept.agent = p.id, left, agentOf(r.Context())
	}
	return left, nil
}

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
		render(w, http.StatusUnprocessableEntity, "form", g.loginView(t, a, "", text))
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
	s.begin(loginEditor).emit(&u.aggregate, "user.human.externallogin.check.succeeded", values{
		"id": a.id, "selectedIDPConfigID": p.id, "userAgentID": agentOf(r.Context()),
	})
	s.Unlock()
	if problem := s.finish(r, g.version, a.id, u.id, byIDP); problem != "" {
		g.failed(w, t, g.problem(t, problem))
		return
	}
	http.Redirect(w, r, s.callback(a.id), http.StatusFound)
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
		problem := requestGone
		if u != nil && err == nil {
			problem = s.finish(r, g.version, a.id, user, byIDP)
		}
		if problem != "" {
			render(w, http.StatusOK, "say", view{Language: t.code, Title: t.loginFailed, Error: g.problem(t, problem)})
			return
		}
		http.Redirect(w, r, s.callback(a.id), http.StatusFound)
	}
}

// failedIntent is where it comes back to if it failed.
func (g generation) failedIntent(w http.ResponseWriter, r *http.Request) {
	t := textsFor(accepted(r)...)
	render(w, http.StatusOK, "say", view{Language: t.code, Title: t.loginFailed})
}
