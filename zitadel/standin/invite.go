package standin

import (
	"context"
	"regexp"

	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
)

// inTemplate are the fields of a URL template; Zitadel knows three for invites.
var inTemplate = regexp.MustCompile(`\{\{[^}]*\}\}`)

func checkTemplate(template string) error {
	for _, field := range inTemplate.FindAllString(template, -1) {
		switch field {
		case "{{.UserID}}", "{{.OrgID}}", "{{.Code}}":
		default:
			return invalid("DOMAIN-ieYa7", "URL Template is invalid")
		}
	}
	return nil
}

func (x *userService) CreateInviteCode(ctx context.Context, r *userv2.CreateInviteCodeRequest) (*userv2.CreateInviteCodeResponse, error) {
	send := r.GetSendCode()
	if send != nil && send.UrlTemplate != nil {
		const field = "CreateInviteCodeRequest.SendCode: embedded message failed validation | caused by: invalid SendInviteCode.UrlTemplate"
		if err := checkLength(field, send.GetUrlTemplate(), 200); err != nil {
			return nil, err
		}
		if err := checkTemplate(send.GetUrlTemplate()); err != nil {
			return nil, err
		}
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.GetUserId()]
	if err := s.inviteAllowed(c, u); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	code := s.invite(t, u, send.GetUrlTemplate(), send.GetApplicationName(), r.GetReturnCode() != nil)
	answer := &userv2.CreateInviteCodeResponse{Details: objectDetails(t.sequence(), t.at, u.owner)}
	if r.GetReturnCode() != nil {
		answer.InviteCode = &code
	}
	return answer, nil
}

// inviteAllowed: an unknown user looks like one in a foreign organization, and
// one who has a credential gets no code.
func (s *state) inviteAllowed(c caller, u *user) error {
	if u == nil {
		if err := s.check(c, "user.write", ""); err != nil {
			return err
		}
		return precondition("COMMAND-Wgvn4", noUser)
	}
	if err := s.checkUser(c, "user.write", u); err != nil {
		return err
	}
	if d := u.details(); d.password != "" || len(d.passkeys) > 0 || len(d.links) > 0 || u.machine {
		return precondition("COMMAND-EF34g", "User is already initialized")
	}
	return nil
}

// invite makes a code for a first credential; the one before is void.
func (s *state) invite(t *tx, u *user, template, application string, returned bool) string {
	m := u.extra()
	c := s.newCode(inviteCodeLife)
	if m.invite != nil {
		c.template, c.appName = m.invite.template, m.invite.appName
	}
	if template != "" {
		c.template = template
	}
	if application != "" {
		c.appName = application
	}
	c.returned = returned
	m.invite = c
	t.emit(&u.aggregate, "user.human.invite.code.added", trimmed(values{
		"code": crypted(), "expiry": inviteCodeLife.Nanoseconds(), "urlTemplate": c.template, "codeReturned": returned,
		"applicationName": c.appName, "triggerOrigin": s.issuer,
	}))
	return c.plain
}

func (x *userService) ResendInviteCode(ctx context.Context, r *userv2.ResendInviteCodeRequest) (*userv2.ResendInviteCodeResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.GetUserId()]
	if err := s.inviteAllowed(c, u); err != nil {
		return nil, err
	}
	if i := u.details().invite; i == nil || i.returned {
		return nil, precondition("COMMAND-Wr3gq", "Code not found")
	}
	t := s.begin(c.user.id)
	s.invite(t, u, "", "", false)
	return &userv2.ResendInviteCodeResponse{Details: objectDetails(t.sequence(), t.at, u.owner)}, nil
}

// VerifyInviteCode is open to every authenticated caller.
func (x *userService) VerifyInviteCode(ctx context.Context, r *userv2.VerifyInviteCodeRequest) (*userv2.VerifyInviteCodeResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.GetUserId()]
	if u == nil {
		return nil, precondition("COMMAND-F5g2h", noUser)
	}
	t := s.begin(c.user.id)
	if err := s.verifyInvite(t, u, r.GetVerificationCode(), ""); err != nil {
		return nil, err
	}
	return &userv2.VerifyInviteCodeResponse{Details: objectDetails(t.sequence(), t.at, u.owner)}, nil
}

// verifyInvite uses an invite code up and verifies the address with it. With a
// password it sets that too; a weak one neither uses the code up nor counts as
// a wrong try.
func (s *state) verifyInvite(t *tx, u *user, code, password string) error {
	m := u.extra()
	if m.invite != nil && password != "" && m.invite.plain == code && m.invite.wrong < 3 {
		if err := s.passwordPolicyOf(u.owner).check(password); err != nil {
			return err
		}
	}
	if !m.invite.right(code, s.now()) {
		t.emit(&u.aggregate, "user.human.invite.check.failed", nil)
		return invalid("COMMAND-Wgn4q", "Code is invalid")
	}
	m.invite = nil
	t.emit(&u.aggregate, "user.human.invite.check.succeeded", nil)
	u.verified = true
	t.emit(&u.aggregate, "user.human.email.verified", nil)
	if password != "" {
		s.setPassword(t, u, hashPassword(password), false)
	}
	u.touch(t)
	return nil
}
