package standin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/zitadel/oidc/v3/pkg/op"
)

// What may speak against finishing a sign-in.
const (
	requestGone = "request gone"
	notActive   = "not active"
	notMember   = "not a member"
	notGranted  = "not granted"
	notVerified = "not verified"
	noFactor    = "no factor"
)

// proof is how somebody showed just now who they are.
type proof uint8

const (
	alreadyIn proof = iota // before, in this browser
	byPassword
	byIDP
	byPasskey // in seeds alone: the pages know no real ones
)

// findLogin finds who signs in. problem is for the person.
func (s *Server) findLogin(t texts, name string) (userID, problem string) {
	s.RLock()
	defer s.RUnlock()
	u := s.byLoginName(name)
	if u == nil && !s.instance.loginPolicy.noEmail {
		var found []*user
		for _, other := range s.addresses[lower(name)] {
			if other.lost == 0 && !other.machine {
				found = append(found, other)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			u = found[0]
		default:
			return "", t.many
		}
	}
	switch {
	case u == nil || u.machine:
		if s.instance.loginPolicy.ignoreUnknown {
			return "", t.wrong
		}
		return "", t.noMatch
	case u.state == userLocked:
		return "", t.locked
	case u.state != userActive:
		return "", t.inactive
	}
	return u.id, ""
}

// checkLogin checks a password, and notes the try with what is known of the
// browser.
func (s *Server) checkLogin(t texts, userID, password string, by payload) (problem string) {
	s.Lock()
	defer s.Unlock()
	u := s.users[userID]
	switch {
	case u == nil:
		return t.noMatch
	case u.details().password == "":
		return t.noPassword
	}
	if err := s.checkPassword(s.begin(loginEditor), u, password, by); err != nil {
		if u.state == userLocked {
			return t.locked
		}
		return t.wrong
	}
	return ""
}

// signedIn finds the one person of this browser whom the request may take
// without asking.
func (s *Server) signedIn(agent string, a authRequest) string {
	s.RLock()
	defer s.RUnlock()
	b, asking := s.v1[agent], s.apps[a.in.ClientID]
	if b == nil || asking == nil {
		return ""
	}
	for _, prompt := range a.in.Prompt {
		if prompt == "login" || prompt == "create" || prompt == "select_account" {
			return ""
		}
	}
	var found []string
	for id, in := range b.users {
		u := s.users[id]
		if u == nil || u.state != userActive || in.v2 != (s.loginVersionOf(asking) == 2) {
			continue
		}
		if !in.firstCounts(a, s.loginPolicyOf(u.owner)) {
			continue
		}
		if a.hinted != "" && a.hinted != id {
			continue
		}
		if hint := lower(a.in.LoginHint); hint != "" && hint != lower(u.userName) && hint != lower(u.address) {
			continue
		}
		found = append(found, id)
	}
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// pass lets somebody who has shown who they are go on with a request: to the
// page that asks for a second factor, or back to the application. next is
// where the browser goes.
func (g generation) pass(r *http.Request, requestID, userID string, how proof) (next, problem string) {
	s := g.s
	s.Lock()
	defer s.Unlock()
	a, u := s.requests[requestID], s.users[userID]
	if a == nil || u == nil || s.apps[a.in.ClientID] == nil {
		return "", requestGone
	}
	if problem := s.speaksAgainst(a, u, g.version); problem != "" {
		return "", problem
	}
	if how == byIDP && g.version == 1 && !u.verified {
		// It would be mailed a code, which the stand-in does not.
		return "", notVerified
	}
	in := s.remember(r, u, g.version, how)
	a.user, a.agent = u.id, agentOf(r.Context())
	switch s.factorStep(*a, u, in) {
	case factorMissing:
		return "", noFactor
	case factorAsked:
		return g.pageOf(g.verifyPath(), a.id), ""
	case factorSetUp, factorOffered:
		return g.pageOf(g.setUpPath(), a.id), ""
	}
	a.done, a.authTime, a.session, a.methods = true, in.at(), in.sid, in.methods()
	a.device = visitorOf(r, a.id).device(g.version)
	if a.checked == u.id {
		a.device = a.brought
	}
	if x := s.sessions[in.sid]; x != nil {
		a.device = x.device()
	}
	if s.logins[in.sid] == nil {
		s.logins[in.sid] = map[string]string{}
	}
	s.logins[in.sid][a.in.ClientID] = u.id
	return s.callbackLocked(a.id), ""
}

// isDone tells whether a request goes back to its application.
func (s *Server) isDone(requestID string) bool {
	s.RLock()
	defer s.RUnlock()
	a := s.requests[requestID]
	return a != nil && a.done
}

// speaksAgainst asks what the scopes and the project ask of a user.
func (s *state) speaksAgainst(a *authRequest, u *user, version int) string {
	if u.state != userActive {
		return notActive
	}
	home := s.orgs[u.owner]
	if home.state == orgInactive && version == 1 {
		return notActive
	}
	if orgs := after(a.in.Scopes, scopeOrgID); len(orgs) > 0 && !slices.Contains(orgs, u.owner) {
		return notMember
	}
	if domains := after(a.in.Scopes, scopeOrgDomain); len(domains) > 0 && !slices.Contains(domains, home.primary) {
		return notMember
	}
	p := s.apps[a.in.ClientID].project
	if p.hasProjectCheck && p.owner != u.owner && p.grants[u.owner] == nil {
		return notGranted
	}
	if p.roleCheck && !slices.ContainsFunc(u.grants, func(g *authorization) bool { return g.project == p && !g.inactive }) {
		return notGranted
	}
	return ""
}

// remember notes that a user is signed in in this browser. Login V1 keeps one
// session per user and browser, Login V2 makes one each time.
func (s *Server) remember(r *http.Request, u *user, version int, how proof) *signIn {
	agent := agentOf(r.Context())
	b := s.v1[agent]
	if b == nil {
		b = &browser{users: map[string]*signIn{}}
		s.v1[agent] = b
	}
	in := b.users[u.id]
	if in == nil || in.v2 != (version == 2) || in.v2 && how != alreadyIn {
		if how == alreadyIn {
			how = byPassword
		}
		in = &signIn{v2: version == 2}
		if in.v2 {
			t := s.begin(loginEditor)
			x := s.addSession(t, u, visitorOf(r, "").device(2))
			x.checked(t, how)
			x.settled(t, s.loginPolicyOf(u.owner).lifetimes[how.lifetime()])
			in.sid = x.id
		} else {
			in.sid = "V1_" + s.nextID()
		}
		b.users[u.id] = in
	}
	if how != alreadyIn {
		in.first, in.how = time.Now(), how
	}
	return in
}

// callbackLocked is where the provider library takes over again. The caller
// holds the lock.
func (s *Server) callbackLocked(requestID string) string {
	ctx := op.ContextWithIssuer(context.Background(), s.issuer)
	return op.AuthCallbackURL(s.provider)(ctx, requestID)
}

// mustChange tells whether a password was given by somebody else for one use.
func (s *Server) mustChange(userID string) bool {
	s.RLock()
	defer s.RUnlock()
	u := s.users[userID]
	return u != nil && u.details().changeRequired
}

// changeURL lets somebody who has just typed the password set another one.
func (s *Server) changeURL(g generation, userID, requestID string) string {
	s.Lock()
	defer s.Unlock()
	u := s.users[userID]
	u.extra().reset = s.newCode(resetCodeLife)
	query := url.Values{"userID": {u.id}, "code": {u.more.reset.plain}, "orgID": {u.owner}, "change": {"true"}}
	path := "/password/init?"
	if g.version == 2 {
		query = url.Values{"userId": {u.id}, "code": {u.more.reset.plain}, "organization": {u.owner}, "change": {"true"}}
		path = "/password/set?"
	}
	for _, f := range g.carried(requestID) {
		query.Set(f.Name, f.Value)
	}
	return g.base + path + query.Encode()
}
