package standin

import (
	"net/http"
	"net/url"
	"slices"
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
			render(w, http.StatusOK, "form", g.loginView(t, a, a.in.LoginHint, t.idpNotAllowed))
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
		render(w, http.StatusOK, "form", g.loginView(t, a, "", t.idpNotAllowed))
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
		render(w, http.StatusOK, "form", g.loginView(t, a, "", text))
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
