package standin

import (
	"context"
	"slices"

	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
)

// ListAuthenticationMethodTypes looks at the context organization of the
// caller, not at the user's: with the header of an organization of its own a
// caller reads the methods of every user.
func (x *userService) ListAuthenticationMethodTypes(ctx context.Context, r *userv2.ListAuthenticationMethodTypesRequest) (*userv2.ListAuthenticationMethodTypesResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	if r.GetUserId() != c.user.id {
		if err := s.check(c, "user.read", c.org); err != nil {
			return nil, err
		}
	}
	answer := &userv2.ListAuthenticationMethodTypesResponse{}
	if u := s.users[r.GetUserId()]; u != nil {
		d := u.details()
		add := func(has bool, t userv2.AuthenticationMethodType) {
			if has {
				answer.AuthMethodTypes = append(answer.AuthMethodTypes, t)
			}
		}
		add(d.totp, userv2.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_TOTP)
		add(len(d.u2f) > 0, userv2.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_U2F)
		add(len(d.passkeys) > 0, userv2.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_PASSKEY)
		add(d.otpSMS, userv2.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_OTP_SMS)
		add(d.otpEmail, userv2.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_OTP_EMAIL)
		add(d.password != "", userv2.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_PASSWORD)
		add(len(d.links) > 0, userv2.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_IDP)
	}
	answer.Details = s.totals(len(answer.GetAuthMethodTypes()))
	return answer, nil
}

func (x *userService) ListAuthenticationFactors(ctx context.Context, r *userv2.ListAuthenticationFactorsRequest) (*userv2.ListAuthenticationFactorsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	u := s.users[r.GetUserId()]
	answer := &userv2.ListAuthenticationFactorsResponse{}
	if u == nil {
		return answer, nil
	}
	d := u.details()
	ready := userv2.AuthFactorState_AUTH_FACTOR_STATE_READY
	if d.totp {
		answer.Result = append(answer.Result, &userv2.AuthFactor{State: ready, Type: &userv2.AuthFactor_Otp{Otp: &userv2.AuthFactorOTP{}}})
	}
	for _, f := range d.u2f {
		answer.Result = append(answer.Result, &userv2.AuthFactor{State: ready, Type: &userv2.AuthFactor_U2F{U2F: &userv2.AuthFactorU2F{Id: f.id, Name: f.name}}})
	}
	if d.otpSMS {
		answer.Result = append(answer.Result, &userv2.AuthFactor{State: ready, Type: &userv2.AuthFactor_OtpSms{OtpSms: &userv2.AuthFactorOTPSMS{}}})
	}
	if d.otpEmail {
		answer.Result = append(answer.Result, &userv2.AuthFactor{State: ready, Type: &userv2.AuthFactor_OtpEmail{OtpEmail: &userv2.AuthFactorOTPEmail{}}})
	}
	// Somebody without any factor is answered before the rights are looked at.
	if len(answer.GetResult()) > 0 {
		if err := s.checkUser(c, "user.read", u); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

func (x *userService) ListPasskeys(ctx context.Context, r *userv2.ListPasskeysRequest) (*userv2.ListPasskeysResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	answer := &userv2.ListPasskeysResponse{Details: &object.ListDetails{Timestamp: never()}}
	u := s.users[r.GetUserId()]
	if u == nil || len(u.details().passkeys) == 0 {
		return answer, nil
	}
	if err := s.checkUser(c, "user.read", u); err != nil {
		return nil, err
	}
	for _, f := range u.details().passkeys {
		answer.Result = append(answer.Result, &userv2.Passkey{Id: f.id, Name: f.name, State: userv2.AuthFactorState_AUTH_FACTOR_STATE_READY})
	}
	answer.Details = s.totals(len(answer.GetResult()))
	return answer, nil
}

// removal takes one factor away. find tells whether it is there; whether it is
// there is answered before the rights of the caller, except for the factors
// that Zitadel checks the other way round.
type removal struct {
	user    string
	find    func(*userMore) bool
	take    func(*userMore)
	missing error
	rights  bool // first
	kind    string
	data    values
}

func (s *Server) remove(ctx context.Context, r removal) (*object.Details, error) {
	c := callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.user]
	if u == nil {
		return nil, r.missing
	}
	if r.rights {
		if err := s.checkUser(c, "user.write", u); err != nil {
			return nil, err
		}
	}
	m := u.extra()
	if !r.find(m) {
		return nil, r.missing
	}
	if err := s.checkUser(c, "user.write", u); err != nil {
		return nil, err
	}
	t := s.begin(c.user.id)
	r.take(m)
	var data payload
	if r.data != nil {
		data = r.data
	}
	t.emit(&u.aggregate, r.kind, data)
	return objectDetails(t.sequence(), t.at, u.owner), nil
}

const (
	noOTP      = "Multifactor OTP (OneTimePassword) doesn't exist"
	noWebAuthN = "WebAuthN Token could not be found"
)

func hasFactor(list []factor, id string) bool {
	return slices.ContainsFunc(list, func(f factor) bool { return f.id == id })
}

func withoutFactor(list []factor, id string) []factor {
	return slices.DeleteFunc(slices.Clone(list), func(f factor) bool { return f.id == id })
}

func (x *userService) RemovePasskey(ctx context.Context, r *userv2.RemovePasskeyRequest) (*userv2.RemovePasskeyResponse, error) {
	d, err := x.s.remove(ctx, removal{
		user: r.GetUserId(), missing: notFound("COMMAND-DAfb2", noWebAuthN),
		find: func(m *userMore) bool { return hasFactor(m.passkeys, r.GetPasskeyId()) },
		take: func(m *userMore) { m.passkeys = withoutFactor(m.passkeys, r.GetPasskeyId()) },
		kind: "user.human.passwordless.token.removed", data: values{"webAuthNTokenId": r.GetPasskeyId()},
	})
	if err != nil {
		return nil, err
	}
	return &userv2.RemovePasskeyResponse{Details: d}, nil
}

func (x *userService) RemoveU2F(ctx context.Context, r *userv2.RemoveU2FRequest) (*userv2.RemoveU2FResponse, error) {
	d, err := x.s.remove(ctx, removal{
		user: r.GetUserId(), missing: notFound("COMMAND-DAfb2", noWebAuthN),
		find: func(m *userMore) bool { return hasFactor(m.u2f, r.GetU2FId()) },
		take: func(m *userMore) { m.u2f = withoutFactor(m.u2f, r.GetU2FId()) },
		kind: "user.human.mfa.u2f.token.removed", data: values{"webAuthNTokenId": r.GetU2FId()},
	})
	if err != nil {
		return nil, err
	}
	return &userv2.RemoveU2FResponse{Details: d}, nil
}

func (x *userService) RemoveTOTP(ctx context.Context, r *userv2.RemoveTOTPRequest) (*userv2.RemoveTOTPResponse, error) {
	d, err := x.s.remove(ctx, removal{
		user: r.GetUserId(), missing: notFound("COMMAND-Hd9sd", noOTP),
		find: func(m *userMore) bool { return m.totp }, take: func(m *userMore) { m.totp, m.secret = false, "" },
		kind: "user.human.mfa.otp.removed",
	})
	if err != nil {
		return nil, err
	}
	return &userv2.RemoveTOTPResponse{Details: d}, nil
}

func (x *userService) RemoveOTPEmail(ctx context.Context, r *userv2.RemoveOTPEmailRequest) (*userv2.RemoveOTPEmailResponse, error) {
	d, err := x.s.remove(ctx, removal{
		user: r.GetUserId(), missing: notFound("COMMAND-b312D", noOTP), rights: true,
		find: func(m *userMore) bool { return m.otpEmail }, take: func(m *userMore) { m.otpEmail = false },
		kind: "user.human.mfa.otp.email.removed",
	})
	if err != nil {
		return nil, err
	}
	return &userv2.RemoveOTPEmailResponse{Details: d}, nil
}

func (x *userService) RemoveOTPSMS(ctx context.Context, r *userv2.RemoveOTPSMSRequest) (*userv2.RemoveOTPSMSResponse, error) {
	d, err := x.s.remove(ctx, removal{
		user: r.GetUserId(), missing: notFound("COMMAND-Sr3h3", noOTP), rights: true,
		find: func(m *userMore) bool { return m.otpSMS }, take: func(m *userMore) { m.otpSMS = false },
		kind: "user.human.mfa.otp.sms.removed",
	})
	if err != nil {
		return nil, err
	}
	return &userv2.RemoveOTPSMSResponse{Details: d}, nil
}

// AddOTPEmail gives a user codes by mail; for others it wants a right that the
// portal's accounts do not have.
func (x *userService) AddOTPEmail(ctx context.Context, r *userv2.AddOTPEmailRequest) (*userv2.AddOTPEmailResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.GetUserId()]
	if u == nil {
		return nil, notFound("COMMAND-4g3xq", "Errors.NotFound")
	}
	if err := s.checkUser(c, "user.credential.write", u); err != nil {
		return nil, err
	}
	if u.extra().otpEmail {
		return nil, exists("COMMAND-MKL2s", "Multifactor OTP (OneTimePassword) is already set up")
	}
	t := s.begin(c.user.id)
	u.more.otpEmail = true
	t.emit(&u.aggregate, "user.human.mfa.otp.email.added", nil)
	return &userv2.AddOTPEmailResponse{Details: objectDetails(t.sequence(), t.at, u.owner)}, nil
}
