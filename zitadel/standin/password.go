package standin

import (
	"context"

	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
)

// setPassword gives a user a password that is hashed already.
func (s *state) setPassword(t *tx, u *user, hash string, changeRequired bool) {
	m := u.extra()
	m.password, m.changeRequired, m.passwordChanged, m.wrongPasswords, m.reset = hash, changeRequired, t.at, 0, nil
	t.emit(&u.aggregate, "user.human.password.changed", values{
		"encodedHash": hash, "changeRequired": changeRequired, "triggerOrigin": s.issuer,
	})
	u.touch(t)
}

// replacePassword is the password part of UpdateUser: by the old password, by a
// code, or by right.
func (s *state) replacePassword(t *tx, c caller, u *user, in *userv2.SetPassword) error {
	switch v := in.GetVerification().(type) {
	case *userv2.SetPassword_CurrentPassword:
		if err := s.checkPassword(t, u, v.CurrentPassword, values{}); err != nil {
			return err
		}
	case *userv2.SetPassword_VerificationCode:
		if err := s.checkReset(u, v.VerificationCode); err != nil {
			return err
		}
	default:
		if err := s.check(c, "user.write", u.owner); err != nil {
			return err
		}
	}
	if h := in.GetHashedPassword(); h != nil {
		s.setPassword(t, u, h.GetHash(), h.GetChangeRequired())
		return nil
	}
	if err := s.passwordPolicyOf(u.owner).check(in.GetPassword().GetPassword()); err != nil {
		return err
	}
	s.setPassword(t, u, hashPassword(in.GetPassword().GetPassword()), in.GetPassword().GetChangeRequired())
	return nil
}

// checkPassword tells whether it is the user's, and notes the try with what is
// known of the browser. Too many wrong ones lock the user, if the policy says
// so.
func (s *state) checkPassword(t *tx, u *user, password string, by payload) error {
	d := u.details()
	switch {
	case u.state == userLocked:
		return precondition("COMMAND-JLK35", "User is locked")
	case d.password == "":
		return precondition("COMMAND-3nJ4t", "Password is not set")
	case !passwordMatches(d.password, password):
		s.failPassword(t, u, by)
		return invalid("COMMAND-3M0fs", "Password is invalid")
	}
	u.more.wrongPasswords = 0
	t.emit(&u.aggregate, "user.human.password.check.succeeded", by)
	return nil
}

func (s *state) checkReset(u *user, code string) error {
	c := u.details().reset
	if c == nil || !c.right(code, s.now()) {
		return invalid("CODE-woT0xc", "Code is invalid")
	}
	return nil
}

func (x *userService) PasswordReset(ctx context.Context, r *userv2.PasswordResetRequest) (*userv2.PasswordResetResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.GetUserId()]
	if u == nil || u.machine {
		return nil, notFound("COMMAND-SAF4f", noUser)
	}
	if err := s.checkUser(c, "user.write", u); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	code := s.resetCode(t, u, r.GetSendLink().GetUrlTemplate(), r.GetReturnCode() != nil)
	answer := &userv2.PasswordResetResponse{Details: objectDetails(t.sequence(), t.at, u.owner)}
	if r.GetReturnCode() != nil {
		answer.VerificationCode = &code
	}
	return answer, nil
}

func (s *state) resetCode(t *tx, u *user, template string, returned bool) string {
	c := s.newCode(resetCodeLife)
	c.template, c.returned = template, returned
	u.extra().reset = c
	t.emit(&u.aggregate, "user.human.password.code.added", trimmed(values{
		"code": crypted(), "expiry": resetCodeLife.Nanoseconds(), "url_template": template, "code_returned": returned, "triggerOrigin": s.issuer,
	}))
	return c.plain
}

func (x *userService) SetPassword(ctx context.Context, r *userv2.SetPasswordRequest) (*userv2.SetPasswordResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.GetUserId()]
	if u == nil || u.machine {
		return nil, precondition("COMMAND-G8dh3", "Password not found")
	}
	in := &userv2.SetPassword{PasswordType: &userv2.SetPassword_Password{Password: r.GetNewPassword()}}
	switch v := r.GetVerification().(type) {
	case *userv2.SetPasswordRequest_CurrentPassword:
		in.Verification = &userv2.SetPassword_CurrentPassword{CurrentPassword: v.CurrentPassword}
	case *userv2.SetPasswordRequest_VerificationCode:
		in.Verification = &userv2.SetPassword_VerificationCode{VerificationCode: v.VerificationCode}
	}
	t := s.begin(c.user.id)
	if err := s.replacePassword(t, c, u, in); err != nil {
		return nil, err
	}
	return &userv2.SetPasswordResponse{Details: objectDetails(t.sequence(), t.at, u.owner)}, nil
}
