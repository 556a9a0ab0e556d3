package standin

import (
	"slices"
	"strings"
	"time"
)

// signIn is one user's login in one browser.
type signIn struct {
	sid    string
	v2     bool
	how    proof     // of the first factor
	first  time.Time // when it was shown
	factor int32     // which second one, in the policy's numbering
	second time.Time // when
}

// Second factors as login policies number them.
const (
	factorTOTP int32 = 1
	factorKey  int32 = 2
	factorMail int32 = 3
	factorText int32 = 4
)

// Ways of signing in as the events of OIDC sessions number them.
const (
	methodTOTP     int32 = 1
	methodKey      int32 = 2
	methodPasskey  int32 = 3
	methodPassword int32 = 4
	methodIDP      int32 = 5
	methodText     int32 = 6
	methodMail     int32 = 7
	methodOTP      int32 = 8 // any code, where Login V1 does not tell them apart
)

// lifetime is the place of a proof's lifetime in a login policy.
func (p proof) lifetime() int {
	if p == byIDP {
		return 1
	}
	return 0
}

// at is when somebody last showed who they are: the auth_time of tokens.
func (in *signIn) at() time.Time {
	if in.second.After(in.first) {
		return in.second
	}
	return in.first
}

// firstCounts tells whether the first factor need not be shown again for a
// request. Login V2 does not look at max_age; it asks again for prompt=login.
func (in *signIn) firstCounts(a authRequest, p loginPolicy) bool {
	if in.v2 {
		return true
	}
	return fresh(in.first, p.lifetimes[in.how.lifetime()], a)
}

// secondCounts is the same for the second factor.
func (in *signIn) secondCounts(a authRequest, p loginPolicy) bool {
	if in.second.IsZero() {
		return false
	}
	return in.v2 || fresh(in.second, p.lifetimes[3], a)
}

// fresh tells whether a check of that time still counts: by the policy, and by
// the request's max_age, which prompt=login sets to 0.
func fresh(at time.Time, life time.Duration, a authRequest) bool {
	if time.Since(at) >= life {
		return false
	}
	return a.in.MaxAge == nil || at.After(a.created.Add(-time.Duration(*a.in.MaxAge)*time.Second))
}

// methods are how somebody signed in, for events and the amr of tokens. Login
// V1 says nothing of an identity provider, calls every code an OTP, and takes a
// security key for a passkey.
func (in *signIn) methods() []int32 {
	var list []int32
	switch {
	case in.how == byPassword:
		list = append(list, methodPassword)
	case in.how == byPasskey:
		list = append(list, methodPasskey)
	case in.v2:
		list = append(list, methodIDP)
	}
	if in.second.IsZero() {
		return list
	}
	switch {
	case !in.v2 && in.factor == factorKey:
		return append(list, methodPasskey)
	case !in.v2:
		return append(list, methodOTP)
	default:
		return append(list, map[int32]int32{factorTOTP: methodTOTP, factorKey: methodKey, factorMail: methodMail, factorText: methodText}[in.factor])
	}
}

// amrOf writes methods as Authentication Method References (RFC 8176).
func amrOf(methods []int32) []string {
	var amr []string
	factors, code := 0, false
	for _, m := range methods {
		factors++
		switch m {
		case methodPassword:
			amr = append(amr, "pwd")
		case methodPasskey:
			amr = append(amr, "user")
			factors++
		case methodKey:
			amr = append(amr, "user")
		case methodTOTP, methodText, methodMail, methodOTP:
			code = true
		}
	}
	if code {
		amr = append(amr, "otp")
	}
	if factors >= 2 {
		amr = append(amr, "mfa")
	}
	return amr
}

// factorsOf are the factors the policy for an organization's people allows.
func (s *state) factorsOf(orgID string) factors {
	if o := s.orgs[orgID]; o != nil && o.loginPolicy != nil {
		return o.loginFactors
	}
	return s.instance.factors
}

// readyFactors are the second factors that a user has and may use.
func (s *state) readyFactors(u *user) []int32 {
	var ready []int32
	for _, f := range s.factorsOf(u.owner).second {
		if u.details().has(f) {
			ready = append(ready, f)
		}
	}
	return ready
}

// has tells whether a user has a second factor.
func (m userMore) has(f int32) bool {
	switch f {
	case factorTOTP:
		return m.totp
	case factorKey:
		return len(m.u2f) > 0
	case factorMail:
		return m.otpEmail
	case factorText:
		return m.otpSMS
	default:
		return false
	}
}

// factorState is what stands between a first factor and the application.
type factorState uint8

const (
	factorDone    factorState = iota
	factorAsked               // one of the user's is to be shown
	factorSetUp               // the policy wants one and the user has none
	factorOffered             // the user may set one up, or skip that
	factorMissing             // the policy wants one and allows none
)

func (s *state) factorStep(a authRequest, u *user, in *signIn) factorState {
	p, allowed := s.loginPolicyOf(u.owner), s.factorsOf(u.owner).second
	ready := s.readyFactors(u)
	// Where both are set, Login V1 lets external sign-ins pass, and Login V2 does not.
	switch wanted := p.forceMFA && (in.how != byIDP || !p.forceMFALocal || in.v2) || p.forceMFALocal && in.how != byIDP; {
	case len(ready) > 0 && in.secondCounts(a, p):
		return factorDone
	case len(ready) > 0:
		return factorAsked
	case wanted && slices.ContainsFunc(allowed, canSetUp):
		return factorSetUp
	case wanted:
		return factorMissing
	case !in.v2 && in.how == byIDP && s.offersFactor(u, allowed):
		return factorOffered
	default:
		return factorDone
	}
}

// canSetUp tells which factors people can set up at the login pages of the
// stand-in.
func canSetUp(f int32) bool { return f >= factorTOTP && f <= factorText }

// offersFactor tells whether Login V1 puts the page "2-Factor Setup" between an
// external sign-in and the application: where the policy has second factors,
// the user has none, and did not skip it. A real server does so after passwords
// as well.
func (s *state) offersFactor(u *user, allowed []int32) bool {
	d := u.details()
	has := d.totp || d.otpEmail || d.otpSMS || len(d.u2f) > 0 || len(d.passkeys) > 0
	return s.loginPolicyOf(u.owner).lifetimes[2] > 0 && len(allowed) > 0 && !has && !d.mfaSkipped
}

// device is the browser of a session, as its first event has it.
func (x *session) device() values {
	d := trimmed(values{"fingerprint_id": x.agent, "ip": x.address, "description": x.description})
	if x.header != "" {
		d["header"] = values{"user-agent": strings.Split(x.header, ",")}
	}
	return d
}

// showed notes in a session which second factor was shown.
func (x *session) showed(t *tx, factor int32) {
	checked := values{"checkedAt": checkedAt(t)}
	x.changed = t.at
	switch factor {
	case factorTOTP:
		x.totpAt = t.at
		t.emit(&x.aggregate, "session.totp.checked", checked)
	case factorKey:
		x.keyAt = t.at
		t.emit(&x.aggregate, "session.webAuthN.checked", checked)
	case factorText:
		x.codeAt[0] = t.at
		t.emit(&x.aggregate, "session.otp.sms.checked", checked)
	case factorMail:
		x.codeAt[1] = t.at
		t.emit(&x.aggregate, "session.otp.email.checked", checked)
	}
}
