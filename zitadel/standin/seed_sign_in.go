package standin

import (
	"fmt"
	"time"

	"github.com/zitadel/oidc/v3/pkg/oidc"
)

// SeedSignIn is one sign-in, or one try, at the login pages. Device is the
// User-Agent; Address, Device and Factor may be left out.
type SeedSignIn struct {
	User, Client    string
	Address, Device string
	Factor          FactorKind // that was asked for after the password, or 0; a passkey comes instead of it
	Failed          bool       // the password was wrong
	Ended           bool       // the person signed out at once
}

// At moves the clock on to t before anything further is seeded; see
// [Server.SetClock].
func (d *Seed) At(t time.Time) *Seed {
	d.s.SetClock(t)
	return d
}

// SignIn lets somebody sign in with a password, with the events and, under
// Login V2, the session that this leaves. Too many wrong passwords lock the
// user, if the policy says so.
func (d *Seed) SignIn(in SeedSignIn) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	u, a := s.users[in.User], s.apps[in.Client]
	switch {
	case u == nil:
		return fmt.Errorf("sign in %s: %w", in.User, notFound("QUERY-Dfbg2", noUser))
	case !in.Failed && u.state != userActive:
		return fmt.Errorf("sign in %s: the user is not active", in.User)
	case !in.Failed && a == nil:
		return fmt.Errorf("sign in %s: there is no application %q", in.User, in.Client)
	}
	agent := "seed-" + in.User
	by := visitor{request: s.nextID(), agent: agent, userAgent: in.Device, accepts: "en", address: in.Address}
	t := s.begin(loginEditor)
	if in.Failed {
		s.failPassword(t, u, by.check(s.version))
		return nil
	}
	u.extra().wrongPasswords = 0
	login := &signIn{v2: s.version == 2, how: byPassword, first: micros(t.at), sid: "V1_" + s.nextID()}
	first := "user.human.password"
	if in.Factor == FactorPasskey {
		login.how, first = byPasskey, "user.human.passwordless.token"
	}
	t.emit(&u.aggregate, first+".check.succeeded", by.check(s.version))
	var x *session
	if login.v2 {
		x = s.addSession(t, u, by.device(2))
		x.checked(t, login.how)
		x.settled(t, s.loginPolicyOf(u.owner).lifetimes[0])
		login.sid = x.id
	}
	if in.Factor != 0 && in.Factor != FactorPasskey {
		login.factor, login.second = int32(in.Factor), micros(t.at)
		t.emit(&u.aggregate, factorNames[int32(in.Factor)]+".check.succeeded", by.check(s.version))
		if x != nil {
			x.showed(t, int32(in.Factor))
		}
	}
	s.tellSignedIn(u, "V2_"+s.nextID(), &authRequest{
		in:       &oidc.AuthRequest{ClientID: in.Client, Scopes: oidc.SpaceDelimitedArray{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}},
		audience: []string{in.Client}, session: login.sid, authTime: login.at(), methods: login.methods(), device: by.device(s.version),
	})
	switch {
	case !in.Ended:
	case x != nil:
		s.endSession(s.begin(u.id), x)
	default:
		s.begin(u.id).emit(&u.aggregate, "user.human.signed.out", values{"userAgentID": agent, "sessionID": login.sid, "triggerOrigin": s.issuer})
	}
	return nil
}

// failPassword notes a wrong password and what follows from it.
func (s *state) failPassword(t *tx, u *user, by payload) {
	m := u.extra()
	m.wrongPasswords++
	t.emit(&u.aggregate, "user.human.password.check.failed", by)
	if most := s.lockoutOf(u.owner).passwords; most > 0 && m.wrongPasswords >= int(most) && u.state == userActive {
		s.setUserState(t, u, userLocked, "user.locked")
	}
}
