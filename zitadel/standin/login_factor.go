package standin

import (
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
