package standin

import (
	"fmt"
	"slices"
)

// FactorKind is a kind of second factor; a passkey is both at once.
type FactorKind int32

// The kinds of factor that can be seeded.
const (
	FactorTOTP        = FactorKind(factorTOTP) // an authenticator app
	FactorSecurityKey = FactorKind(factorKey)
	FactorMailCode    = FactorKind(factorMail)
	FactorTextCode    = FactorKind(factorText)
	FactorPasskey     = FactorKind(100)
)

// SeedFactor is a factor of a user. Secret is that of an authenticator app, in
// base32, and may be empty; so may Name, that of a key.
type SeedFactor struct {
	Kind         FactorKind
	Secret, Name string
}

// AddFactor gives a user a factor, as the person would at the login pages. It
// returns the secret of an authenticator app, from which [Code] computes what
// the app shows.
func (d *Seed) AddFactor(user string, f SeedFactor) (secret string, err error) {
	s := d.s
	s.Lock()
	defer s.Unlock()
	u := s.users[user]
	if u == nil {
		return "", notFound("QUERY-Dfbg2", noUser)
	}
	t, m := s.begin(user), u.extra()
	switch f.Kind {
	case FactorPasskey:
		m.passkeys = append(slices.Clone(m.passkeys), s.tellKey(t, u, "user.human.passwordless.token", orName(f.Name, "laptop")))
	case FactorSecurityKey:
		m.u2f = append(slices.Clone(m.u2f), s.tellKey(t, u, "user.human.mfa.u2f.token", orName(f.Name, "security key")))
	case FactorTOTP, FactorMailCode, FactorTextCode:
		if m.has(int32(f.Kind)) {
			return "", exists("COMMAND-do9se", "Multifactor OTP (OneTimePassword) is already set up")
		}
		if f.Kind == FactorTOTP {
			m.secret = orName(f.Secret, newSecret())
		}
		s.giveFactor(t, u, int32(f.Kind), "")
	default:
		return "", fmt.Errorf("there is no factor of kind %d", f.Kind)
	}
	return m.secret, nil
}

func orName(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return name
}

// RemoveFactor takes the user's factors of a kind away; there may be none.
func (d *Seed) RemoveFactor(user string, kind FactorKind) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	u := s.users[user]
	if u == nil {
		return notFound("QUERY-Dfbg2", noUser)
	}
	t, m := s.begin(d.editor), u.extra()
	if kind == FactorPasskey {
		for _, key := range m.passkeys {
			t.emit(&u.aggregate, "user.human.passwordless.token.removed", values{"webAuthNTokenId": key.id})
		}
		m.passkeys = nil
		return nil
	}
	if m.has(int32(kind)) {
		s.takeFactor(t, u, int32(kind))
	}
	return nil
}

// Lock locks a user; Unlock undoes it.
func (d *Seed) Lock(user string) error { return d.state(user, userLocked, "user.locked") }

// Unlock makes a locked user active again.
func (d *Seed) Unlock(user string) error { return d.state(user, userActive, "user.unlocked") }

// Lockout locks people after so many wrong passwords; 0 means never.
func (d *Seed) Lockout(passwords int) {
	s := d.s
	s.Lock()
	defer s.Unlock()
	p := s.instance.lockout
	p.passwords = uint32(passwords)
	if p == s.instance.lockout {
		return
	}
	t := s.begin(d.editor)
	t.emit(&s.instance.aggregate, "instance.policy.lockout.changed", p.changedFrom(s.instance.lockout))
	p.note(t, &s.instance.aggregate)
	s.instance.lockout = p
}

// RequireFactor makes everybody at home in an organization need a second
// factor, by a login policy of its own: the one it has, or a copy of the
// instance's.
func (d *Seed) RequireFactor(org string) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	o := s.orgs[org]
	if o == nil {
		return notFound("COMMAND-QXPGs", "Organisation not found")
	}
	t, p := s.begin(d.editor), s.loginPolicyOf(org)
	old := p
	p.forceMFA = true
	if o.loginPolicy == nil {
		t.emit(&o.aggregate, "org.policy.login.added", trimmed(values(p.fields())))
		p.edited = edited{}
		o.loginFactors = s.instance.factors
	} else if p != old {
		t.emit(&o.aggregate, "org.policy.login.changed", p.changedFrom(old))
	}
	p.note(t, &o.aggregate)
	o.loginPolicy = &p
	return nil
}
