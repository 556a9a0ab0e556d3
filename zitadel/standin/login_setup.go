package standin

import (
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// setUpView shows the secret of an authenticator app, if the policy allows one,
// and what else may be set up.
func (g generation) setUpView(r *http.Request, p pending, t texts, problem string) view {
	v := view{
		Language: t.code, Brand: g.s.brandOf(p.u.owner), Title: t.secondFactor, Lead: t.setUpLead, Error: problem, Action: g.setUpPath(),
		Hidden: g.carried(p.id),
	}
	g.s.RLock()
	allowed, step := g.s.factorsOf(p.u.owner).second, g.s.factorStep(p.authRequest, &p.u, &p.in)
	g.s.RUnlock()
	if step == factorOffered && r.FormValue("wanted") == "" {
		v.Lead, v.Button, v.Hidden = t.setUpLead, t.skip, append(v.Hidden, field{Name: "skip", Value: "true"})
		v.Links = []link{{g.pageOf(g.setUpPath(), p.id) + "&wanted=true", t.setUp}}
		return v
	}
	v.Hidden = append(v.Hidden, field{Name: "wanted", Value: "true"})
	if slices.Contains(allowed, factorTOTP) && !p.d.totp {
		v.Lead, v.Button = t.setUpAppLead, t.confirm
		v.Secret = secretViewOf(t, &p.u, g.s.pendingSecret(p.u.id, loginEditor))
		v.Fields = []field{{Name: "code", Label: t.appCode, Type: "text", Autocomplete: "one-time-code", Focus: true}}
	}
	for _, f := range allowed {
		if f != factorTOTP && canSetUp(f) && !p.d.has(f) {
			v.Choices = append(v.Choices, choice{"factor", strconv.Itoa(int(f)), t.factors[f]})
		}
	}
	return v
}

func secretViewOf(t texts, u *user, secret string) *secretView {
	return &secretView{Label: t.secret, Text: secret, URI: template.URL(secretURI("Zitadel stand-in", u.userName, secret))} //nolint:gosec // made here
}

// pendingSecret is the secret of an authenticator app that somebody is setting
// up; the first time it is made.
func (s *Server) pendingSecret(userID, editor string) string {
	s.Lock()
	defer s.Unlock()
	u := s.users[userID]
	if u == nil || u.extra().totp {
		return ""
	}
	if u.more.secret == "" {
		u.more.secret = newSecret()
		s.begin(editor).emit(&u.aggregate, "user.human.mfa.otp.added", values{"otpSecret": crypted()})
	}
	return u.more.secret
}

// confirmApp ends the setting up of an authenticator app with its first code.
func (s *Server) confirmApp(userID, editor, agent, typed string) (ok bool) {
	s.Lock()
	defer s.Unlock()
	u := s.users[userID]
	if u == nil || u.extra().totp || !rightCode(u.more.secret, typed, time.Now()) {
		return false
	}
	t := s.begin(editor)
	s.addTOTP(t, u, agent)
	s.showed(t, agent, u, factorTOTP)
	return true
}

// addTOTP makes the secret that a user has the user's authenticator app.
func (s *state) addTOTP(t *tx, u *user, agent string) {
	u.more.totp, u.more.wrongCodes = true, 0
	t.emit(&u.aggregate, "user.human.mfa.otp.verified", trimmed(values{"userAgentID": agent}))
}

// showSetUp asks to set up a second factor.
func (g generation) showSetUp(w http.ResponseWriter, r *http.Request) {
	p, ok := g.pending(r)
	t := g.texts(r, p.authRequest)
	if !ok {
		g.lost(w, t)
		return
	}
	render(w, http.StatusOK, "form", g.setUpView(r, p, t, ""))
}

// setUpFactor does it, or skips it.
func (g generation) setUpFactor(w http.ResponseWriter, r *http.Request) {
	p, ok := g.pending(r)
	t := g.texts(r, p.authRequest)
	if !ok {
		g.lost(w, t)
		return
	}
	if r.PostFormValue("skip") != "" {
		g.s.skipFactor(p)
		g.goAhead(w, r, p, t)
		return
	}
	if n, err := strconv.Atoi(r.PostFormValue("factor")); err == nil && n != int(factorTOTP) {
		if !g.s.addFactor(p, int32(n)) {
			g.lost(w, t)
			return
		}
		g.goAhead(w, r, p, t)
		return
	}
	if !g.s.confirmApp(p.u.id, loginEditor, p.agent, r.PostFormValue("code")) {
		render(w, http.StatusUnprocessableEntity, "form", g.setUpView(r, p, t, t.wrongCode))
		return
	}
	g.goAhead(w, r, p, t)
}

// skipFactor notes that somebody wants no second factor now. It does nothing
// where the policy wants one.
func (s *Server) skipFactor(p pending) {
	s.Lock()
	defer s.Unlock()
	u := s.users[p.u.id]
	if u == nil || s.factorStep(p.authRequest, u, &p.in) != factorOffered {
		return
	}
	u.extra().mfaSkipped = true
	s.begin(loginEditor).emit(&u.aggregate, "user.human.mfa.init.skipped", nil)
}

// addFactor gives somebody a security key, or codes by mail or text, if the
// policy allows it.
func (s *Server) addFactor(p pending, factor int32) bool {
	s.Lock()
	defer s.Unlock()
	u := s.users[p.u.id]
	if u == nil || !slices.Contains(s.factorsOf(u.owner).second, factor) || u.extra().has(factor) || !canSetUp(factor) {
		return false
	}
	t := s.begin(loginEditor)
	s.giveFactor(t, u, factor, p.agent)
	s.showed(t, p.agent, u, factor)
	return true
}

// giveFactor gives a user a factor with the events that tell of it. An
// authenticator app keeps the secret that is there, or gets one.
func (s *state) giveFactor(t *tx, u *user, factor int32, agent string) {
	m := u.extra()
	switch factor {
	case factorTOTP:
		if m.secret == "" {
			m.secret = newSecret()
		}
		t.emit(&u.aggregate, "user.human.mfa.otp.added", values{"otpSecret": crypted()})
		s.addTOTP(t, u, agent)
	case factorKey:
		key := s.tellKey(t, u, "user.human.mfa.u2f.token", "security key")
		m.u2f = append(slices.Clone(m.u2f), key)
	case factorMail:
		m.otpEmail = true
		t.emit(&u.aggregate, "user.human.mfa.otp.email.added", nil)
	case factorText:
		m.otpSMS = true
		t.emit(&u.aggregate, "user.human.mfa.otp.sms.added", nil)
	}
}

// tellKey tells of a new passkey or security key.
func (s *state) tellKey(t *tx, u *user, kind, name string) factor {
	key := factor{id: s.nextID(), name: name}
	t.emit(&u.aggregate, kind+".added", values{"webAuthNTokenId": key.id, "challenge": randomToken(32), "rpID": "localhost"})
	t.emit(&u.aggregate, kind+".verified", values{"webAuthNTokenId": key.id, "webAuthNTokenName": key.name})
	return key
}
