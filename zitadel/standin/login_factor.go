package standin

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// verifyPath is the page that asks for a second factor.
func (g generation) verifyPath() string {
	if g.version == 2 {
		return g.base + "/otp/time-based"
	}
	return g.base + "/mfa/verify"
}

// setUpPath is the page on which one is set up.
func (g generation) setUpPath() string {
	if g.version == 2 {
		return g.base + "/mfa/set"
	}
	return g.base + "/mfa/prompt"
}

func (g generation) pageOf(path, request string) string {
	return path + "?" + url.Values{g.parameter(): {g.carried(request)[0].Value}}.Encode()
}

// pending is somebody on the way through a request who has shown a first
// factor in this browser.
type pending struct {
	authRequest
	u  user
	d  userMore
	in signIn
}

// pending finds who that is; the copies are for reading.
func (g generation) pending(r *http.Request) (pending, bool) {
	s := g.s
	s.RLock()
	defer s.RUnlock()
	a := s.requests[g.requestID(r)]
	if a == nil || a.user == "" || a.agent != agentOf(r.Context()) {
		return pending{}, false
	}
	u, b := s.users[a.user], s.v1[a.agent]
	if u == nil || u.state != userActive || b == nil || b.users[u.id] == nil {
		return pending{}, false
	}
	return pending{authRequest: *a, u: *u, d: u.details(), in: *b.users[u.id]}, true
}

// factorNames are how factors are called in forms and events.
var factorNames = map[int32]string{
	factorTOTP: "user.human.mfa.otp", factorKey: "user.human.mfa.u2f.token", factorMail: "user.human.mfa.otp.email", factorText: "user.human.mfa.otp.sms",
}

// wantedFactor is the one a form is about: what it says, if the user has it.
func (g generation) wantedFactor(r *http.Request, p pending) int32 {
	g.s.RLock()
	defer g.s.RUnlock()
	ready := g.s.readyFactors(&p.u)
	if n, err := strconv.Atoi(r.FormValue("factor")); err == nil && slices.Contains(ready, int32(n)) {
		return int32(n)
	}
	if len(ready) == 0 {
		return 0
	}
	return ready[0]
}

func (g generation) factorView(p pending, t texts, factor int32, problem string) view {
	v := view{
		Language: t.code, Brand: g.s.brandOf(p.u.owner), Title: t.verify, Error: problem, Action: g.verifyPath(), Button: t.next,
		Hidden: append(g.carried(p.id), field{Name: "factor", Value: strconv.Itoa(int(factor))}),
	}
	switch factor {
	case factorKey:
		v.Lead, v.Button = t.useKeyLead, t.useKey
	case factorTOTP:
		v.Lead = t.codeLead
	default:
		v.Lead = t.sentLead + " " + g.s.sendCode(p.u.id, factor)
	}
	if factor != factorKey {
		v.Fields = []field{{Name: "code", Label: t.appCode, Type: "text", Autocomplete: "one-time-code", Focus: true}}
	}
	g.s.RLock()
	defer g.s.RUnlock()
	for _, other := range g.s.readyFactors(&p.u) {
		if other != factor {
			v.Links = append(v.Links, link{g.pageOf(g.verifyPath(), p.id) + "&factor=" + strconv.Itoa(int(other)), t.factors[other]})
		}
	}
	return v
}

// showFactor asks for a second factor.
func (g generation) showFactor(w http.ResponseWriter, r *http.Request) {
	p, ok := g.pending(r)
	t := g.texts(r, p.authRequest)
	factor := int32(0)
	if ok {
		factor = g.wantedFactor(r, p)
	}
	if factor == 0 {
		g.lost(w, t)
		return
	}
	render(w, http.StatusOK, "form", g.factorView(p, t, factor, ""))
}

// checkFactor checks it.
func (g generation) checkFactor(w http.ResponseWriter, r *http.Request) {
	p, ok := g.pending(r)
	t := g.texts(r, p.authRequest)
	factor := int32(0)
	if ok {
		factor = g.wantedFactor(r, p)
	}
	if factor == 0 {
		g.lost(w, t)
		return
	}
	if problem := g.s.checkFactor(t, p, factor, r.PostFormValue("code"), visitorOf(r, p.id).check(g.version)); problem != "" {
		render(w, http.StatusUnprocessableEntity, "form", g.factorView(p, t, factor, problem))
		return
	}
	g.goAhead(w, r, p, t)
}

// goAhead goes on with a request after a second factor.
func (g generation) goAhead(w http.ResponseWriter, r *http.Request, p pending, t texts) {
	next, problem := g.pass(r, p.id, p.u.id, alreadyIn)
	if problem != "" {
		g.failed(w, t, g.problem(t, problem))
		return
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// sendCode makes a code for text or mail. The stand-in sends neither, and shows
// it instead.
func (s *Server) sendCode(userID string, factor int32) string {
	s.Lock()
	defer s.Unlock()
	u := s.users[userID]
	if u == nil {
		return ""
	}
	m := u.extra()
	if m.sent == nil || time.Now().After(micros(m.sent.expires)) {
		m.sent = &code{plain: Code(newSecret(), time.Now()), expires: time.Now().Add(5 * time.Minute).UnixMicro()}
		s.begin(loginEditor).emit(&u.aggregate, factorNames[factor]+".code.added", values{
			"code": crypted(), "expiry": (5 * time.Minute).Nanoseconds(), "triggerOrigin": s.issuer,
		})
	}
	return m.sent.plain
}

// checkFactor tells whether the code is right and notes the try. A security key
// is believed: nobody holds one to a stand-in.
func (s *Server) checkFactor(t texts, p pending, factor int32, typed string, by payload) (problem string) {
	s.Lock()
	defer s.Unlock()
	u := s.users[p.u.id]
	if u == nil || u.more == nil {
		return t.lost
	}
	m, right := u.more, factor == factorKey
	switch factor {
	case factorTOTP:
		right = rightCode(m.secret, typed, time.Now())
	case factorMail, factorText:
		right = m.sent != nil && m.sent.plain == typed && time.Now().Before(micros(m.sent.expires))
	}
	tx := s.begin(loginEditor)
	if !right {
		m.wrongCodes++
		tx.emit(&u.aggregate, factorNames[factor]+".check.failed", by)
		if most := s.lockoutOf(u.owner).codes; most > 0 && m.wrongCodes >= int(most) {
			s.setUserState(tx, u, userLocked, "user.locked")
			return t.locked
		}
		return t.wrongCode
	}
	m.wrongCodes, m.sent = 0, nil
	tx.emit(&u.aggregate, factorNames[factor]+".check.succeeded", by)
	s.showed(tx, p.agent, u, factor)
	return ""
}

// showed notes in the browser's login that a second factor was shown.
func (s *Server) showed(t *tx, agent string, u *user, factor int32) {
	b := s.v1[agent]
	if b == nil || b.users[u.id] == nil {
		return
	}
	in := b.users[u.id]
	in.factor, in.second = factor, time.Now()
	if x := s.sessions[in.sid]; x != nil {
		x.showed(t, factor)
	}
}

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
