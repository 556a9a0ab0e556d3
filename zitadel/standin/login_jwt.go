package standin

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"unicode/utf8"
)

const missingParameters = "Errors.AuthRequest.MissingParameters"

// unsealed is what departJWT sealed.
func (s *Server) unsealed(sealed string) (string, error) {
	secret, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return "", err
	}
	plain, err := s.provider.Crypto().Decrypt(string(secret))
	if err != nil {
		return "", err
	}
	if !utf8.ValidString(plain) {
		return "", invalid("LOGIN-adfzz", missingParameters)
	}
	return plain, nil
}

// waiting finds the request that waits for a token at Login V1, by the
// parameters its browser was sent away with.
func (g generation) waiting(r *http.Request) (a authRequest, p *idProvider, err error) {
	id, sealed := r.FormValue("authRequestID"), r.FormValue("userAgentID")
	if id == "" || sealed == "" {
		return a, nil, invalid("LOGIN-adfzz", missingParameters)
	}
	agent, err := g.s.unsealed(sealed)
	if err != nil {
		return a, nil, err
	}
	g.s.RLock()
	defer g.s.RUnlock()
	kept := g.s.requests[id]
	if kept == nil || kept.agent != agent {
		return a, nil, errNoRequest
	}
	p = g.s.idps[kept.idp]
	if p == nil || p.jwt == nil {
		return a, nil, notFound("QUERY-SAFrt", noIDP)
	}
	return *kept, p, nil
}

// takeToken is handed a token for a request that waits, by whoever makes the
// tokens, and answers where the browser of the request goes on. Nothing tells
// two uses of a token apart.
func (g generation) takeToken(w http.ResponseWriter, r *http.Request) {
	s := g.s
	a, p, err := g.waiting(r)
	t := g.texts(r, a)
	if err != nil {
		g.tellError(w, t, err)
		return
	}
	token := handedToken(r, p)
	if token == "" {
		g.tellError(w, t, invalid("LOGIN-adh42", "Errors.AuthRequest.TokenNotFound"))
		return
	}
	came, err := s.arriveJWT(r.Context(), p, token)
	if err != nil {
		s.logger.Info("render internal error", "error", err)
		g.tellError(w, t, err)
		return
	}
	s.Lock()
	u := s.linkedTo(p.id, came.id, s.requestedOrg(a))
	kept := s.requests[a.id]
	if u != nil && kept != nil {
		kept.checked = u.id
		by := visitorOf(r, a.id)
		by.idp, by.agent = p.id, kept.agent
		kept.brought = by.whole(r.Header)
		s.begin(loginEditor).emit(&u.aggregate, "user.human.externallogin.check.succeeded", by.check(1))
	}
	s.Unlock()
	if u == nil {
		g.stranger(w, t, p)
		return
	}
	sealed, err := s.tokenOf(a.agent)
	if err != nil {
		g.tellError(w, t, err)
		return
	}
	query := url.Values{"authRequestID": {a.id}, "userAgentID": {sealed}}
	http.Redirect(w, r, s.Issuer()+g.base+"/login/jwt/callback?"+query.Encode(), http.StatusFound)
}

// arriveWithToken lets the browser go on for whose request a token was taken.
func (g generation) arriveWithToken(w http.ResponseWriter, r *http.Request) {
	a, p, err := g.waiting(r)
	t := g.texts(r, a)
	if err != nil || a.agent != agentOf(r.Context()) {
		g.lost(w, t)
		return
	}
	if g.s.externalLife(a.checked) == 0 {
		g.toIDP(w, r, a, t, p) // as in arriveV1
		return
	}
	g.enter(w, r, a.id, a.checked, t)
}

func (g generation) tellError(w http.ResponseWriter, t texts, err error) {
	id, text := shown(err)
	if text == "" {
		text = id
	}
	g.failed(w, t, text)
}

// takeTokenForIntent is the same for an intent, and so for Login V2: the browser
// comes with the intent's ID in both parameters, once sealed.
func (s *Server) takeTokenForIntent(w http.ResponseWriter, r *http.Request) {
	id, sealed := r.FormValue("authRequestID"), r.FormValue("userAgentID")
	plain, err := s.unsealed(sealed)
	if id == "" || sealed == "" || err == nil && plain != id {
		err = invalid("LOGIN-adfzz", missingParameters)
	}
	if err != nil {
		refuseText(w, err)
		return
	}
	i, err := s.active(id)
	if err != nil {
		s.turnAway(w, r, i, err)
		return
	}
	s.RLock()
	p := s.idps[i.idp]
	s.RUnlock()
	if p == nil || p.jwt == nil {
		err := refused("IDP-JK23ed", "Errors.ExternalIDP.IDPTypeNotImplemented", nil)
		s.failIntent(i, err.Error())
		s.turnAway(w, r, i, err)
		return
	}
	s.complete(w, r, i, p)
}
