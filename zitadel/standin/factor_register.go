package standin

import (
	"context"
	"time"

	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
)

// RegisterTOTP begins to set up an authenticator app. For others it wants a
// right that the portal's accounts do not have.
func (x *userService) RegisterTOTP(ctx context.Context, r *userv2.RegisterTOTPRequest) (*userv2.RegisterTOTPResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.GetUserId()]
	if u == nil || u.machine {
		return nil, precondition("COMMAND-SqyJz", noUser)
	}
	if err := s.checkUser(c, "user.credential.write", u); err != nil {
		return nil, err
	}
	if u.extra().totp {
		return nil, exists("COMMAND-do9se", "Multifactor OTP (OneTimePassword) is already set up")
	}
	t := s.begin(c.user.id)
	u.more.secret = newSecret()
	t.emit(&u.aggregate, "user.human.mfa.otp.added", values{"otpSecret": crypted()})
	return &userv2.RegisterTOTPResponse{
		Details: objectDetails(t.sequence(), t.at, u.owner), Secret: u.more.secret, Uri: secretURI("localhost", u.userName, u.more.secret),
	}, nil
}

// VerifyTOTPRegistration ends it with a code of the app.
func (x *userService) VerifyTOTPRegistration(ctx context.Context, r *userv2.VerifyTOTPRegistrationRequest) (*userv2.VerifyTOTPRegistrationResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	u := s.users[r.GetUserId()]
	if u == nil {
		return nil, notFound("COMMAND-3Mif9s", noOTP)
	}
	if err := s.checkUser(c, "user.credential.write", u); err != nil {
		return nil, err
	}
	switch m := u.extra(); {
	case m.totp:
		return nil, precondition("COMMAND-qx4ls", "Errors.Users.MFA.OTP.AlreadyReady")
	case m.secret == "":
		return nil, notFound("COMMAND-3Mif9s", noOTP)
	case !rightCode(m.secret, r.GetCode(), time.Now()):
		return nil, invalid("EVENT-8isk2", "Invalid code")
	}
	t := s.begin(c.user.id)
	s.addTOTP(t, u, "")
	return &userv2.VerifyTOTPRegistrationResponse{Details: objectDetails(t.sequence(), t.at, u.owner)}, nil
}

// AddOTPSMS gives a user with a verified number codes by text message.
func (x *userService) AddOTPSMS(ctx context.Context, r *userv2.AddOTPSMSRequest) (*userv2.AddOTPSMSResponse, error) {
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
	switch m := u.extra(); {
	case m.otpSMS:
		return nil, exists("COMMAND-Ad3g2", "Multifactor OTP (OneTimePassword) is already set up")
	case !m.phoneVerified:
		return nil, precondition("COMMAND-Q54j2", "Multifactor OTP (OneTimePassword) isn't ready")
	}
	t := s.begin(c.user.id)
	s.giveFactor(t, u, factorText, "")
	return &userv2.AddOTPSMSResponse{Details: objectDetails(t.sequence(), t.at, u.owner)}, nil
}

// RemoveRecoveryCodes has none to remove, which is no error: nobody gets any
// here. It asks for the right to set credentials up, which the portal's
// accounts do not have.
func (x *userService) RemoveRecoveryCodes(ctx context.Context, r *userv2.RemoveRecoveryCodesRequest) (*userv2.RemoveRecoveryCodesResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	u := s.users[r.GetUserId()]
	if u == nil {
		return &userv2.RemoveRecoveryCodesResponse{}, s.check(c, "user.credential.write", "")
	}
	if err := s.checkUser(c, "user.credential.write", u); err != nil {
		return nil, err
	}
	return &userv2.RemoveRecoveryCodesResponse{Details: objectDetails(uint64(u.seq), u.changed, u.owner)}, nil
}
