package zitadel

import (
	"context"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	sessionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/session/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/codes"

	"homeroom.dev/homeroom/identity"
)

// FirstSignIn returns where a user without a credential sets the first one.
func (r *remote) FirstSignIn(ctx context.Context, id identity.UserID) (string, error) {
	u, err := r.atHome(ctx, id)
	if err != nil {
		return "", err
	}
	pages, err := r.LoginPages(ctx) // before the code, so that none is made in vain
	if err != nil {
		return "", err
	}
	answer, err := r.client.UserServiceV2().CreateInviteCode(ctx, &userpb.CreateInviteCodeRequest{
		UserId:       string(id),
		Verification: &userpb.CreateInviteCodeRequest_ReturnCode{ReturnCode: &userpb.ReturnInviteCode{}},
	})
	if is(err, idHasCredential) {
		return "", identity.Conflict("user.has-credential").Because(err)
	}
	if err != nil {
		return "", fail("create invite code", err, "user.not-found")
	}
	return firstSignInURL(pages, u, answer.GetInviteCode()), nil
}

// ResetSignIn returns where the user sets a new password, after taking away
// what the user signed in with and every session.
func (r *remote) ResetSignIn(ctx context.Context, id identity.UserID) (string, error) {
	u, err := r.atHome(ctx, id)
	if err != nil {
		return "", err
	}
	pages, err := r.LoginPages(ctx)
	if err != nil {
		return "", err
	}
	if err := removeFactors(ctx, r.client.UserServiceV2(), string(id)); err != nil {
		return "", err
	}
	answer, err := r.client.UserServiceV2().PasswordReset(ctx, &userpb.PasswordResetRequest{
		UserId: string(id),
		Medium: &userpb.PasswordResetRequest_ReturnCode{ReturnCode: &userpb.ReturnPasswordResetCode{}},
	})
	if err != nil {
		return "", fail("reset password", err, "user.not-found")
	}
	if err := endSessions(ctx, r.client, u); err != nil {
		return "", err
	}
	return newPasswordURL(pages, u, answer.GetVerificationCode()), nil
}

// ResetSecret makes secret the password of a user without e-mail. Somebody who
// has an address is never given a password that another person has seen.
func (r *remote) ResetSecret(ctx context.Context, id identity.UserID, secret string) error {
	u, err := r.atHome(ctx, id)
	if err != nil {
		return err
	}
	if u.Address != "" {
		return identity.Conflict("user.has-address")
	}
	if err := removeFactors(ctx, r.client.UserServiceV2(), string(id)); err != nil {
		return err
	}
	_, err = r.client.UserServiceV2().UpdateUser(ctx, &userpb.UpdateUserRequest{
		UserId: string(id),
		UserType: &userpb.UpdateUserRequest_Human_{Human: &userpb.UpdateUserRequest_Human{
			Password: &userpb.SetPassword{
				PasswordType: &userpb.SetPassword_Password{Password: &userpb.Password{Password: secret}},
			},
		}},
	})
	if isWeak(err) {
		return identity.Invalid("secret.too-weak").Because(err)
	}
	if err != nil {
		return fail("set password", err, "user.not-found")
	}
	return endSessions(ctx, r.client, u)
}

// removeFactors removes passkeys and second factors. One that is gone already
// is no error.
func removeFactors(ctx context.Context, users userpb.UserServiceClient, id string) error {
	const doing = "remove second factors"
	passkeys, err := users.ListPasskeys(ctx, &userpb.ListPasskeysRequest{UserId: id})
	if err != nil {
		return fail(doing, err, "user.not-found")
	}
	for _, key := range passkeys.GetResult() {
		_, err := users.RemovePasskey(ctx, &userpb.RemovePasskeyRequest{UserId: id, PasskeyId: key.GetId()})
		if err != nil && !isCode(err, codes.NotFound) {
			return fail(doing, err, "user.not-found")
		}
	}
	factors, err := users.ListAuthenticationFactors(ctx, &userpb.ListAuthenticationFactorsRequest{UserId: id})
	if err != nil {
		return fail(doing, err, "user.not-found")
	}
	for _, factor := range factors.GetResult() {
		var err error
		switch f := factor.GetType().(type) {
		case *userpb.AuthFactor_Otp:
			_, err = users.RemoveTOTP(ctx, &userpb.RemoveTOTPRequest{UserId: id})
		case *userpb.AuthFactor_U2F:
			_, err = users.RemoveU2F(ctx, &userpb.RemoveU2FRequest{UserId: id, U2FId: f.U2F.GetId()})
		case *userpb.AuthFactor_OtpSms:
			_, err = users.RemoveOTPSMS(ctx, &userpb.RemoveOTPSMSRequest{UserId: id})
		case *userpb.AuthFactor_OtpEmail:
			_, err = users.RemoveOTPEmail(ctx, &userpb.RemoveOTPEmailRequest{UserId: id})
		}
		if err != nil && !isCode(err, codes.NotFound) {
			return fail(doing, err, "user.not-found")
		}
	}
	return nil
}

// endSessions ends every session of u. Those of Zitadel's older login appear
// in no list: they end when the user is locked. Unlocking afterwards also
// helps a user who was locked out by wrong passwords; one who was deactivated
// stays so.
func endSessions(ctx context.Context, c *client.Client, u identity.User) error {
	const doing = "end sessions"
	id := string(u.ID)
	if u.State == identity.UserActive {
		if _, err := c.UserServiceV2().LockUser(ctx, &userpb.LockUserRequest{UserId: id}); err != nil && !isCode(err, codes.FailedPrecondition) {
			return fail(doing, err, "user.not-found")
		}
	}
	if u.State != identity.UserInactive {
		// The user must not stay locked because the asker went away.
		finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTries*callTimeout)
		defer cancel()
		if _, err := c.UserServiceV2().UnlockUser(finish, &userpb.UnlockUserRequest{UserId: id}); err != nil && !isCode(err, codes.FailedPrecondition) {
			return fail(doing, err, "user.not-found")
		}
	}
	const page = 100
	for offset := uint64(0); ; offset += page {
		sessions, err := c.SessionServiceV2().ListSessions(ctx, &sessionpb.ListSessionsRequest{
			Query:   &objectpb.ListQuery{Offset: offset, Limit: page, Asc: true},
			Queries: []*sessionpb.SearchQuery{{Query: &sessionpb.SearchQuery_UserIdQuery{UserIdQuery: &sessionpb.UserIDQuery{Id: id}}}},
		})
		if err != nil {
			return fail(doing, err, "user.not-found")
		}
		for _, s := range sessions.GetSessions() {
			// The owner once more: this call takes no user.
			if s.GetFactors().GetUser().GetId() != id {
				continue
			}
			_, err := c.SessionServiceV2().DeleteSession(ctx, &sessionpb.DeleteSessionRequest{SessionId: s.GetId()})
			if err != nil && !isCode(err, codes.NotFound) {
				return fail(doing, err, "user.not-found")
			}
		}
		if len(sessions.GetSessions()) < page {
			return nil
		}
	}
}
