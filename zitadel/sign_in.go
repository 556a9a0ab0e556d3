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
	if _, err := removeFactors(ctx, r.client.UserServiceV2(), id); err != nil {
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
func (r *remote) ResetSecret(ctx context.Context, id identity.UserID, secret string, mustChange bool) error {
	u, err := r.atHome(ctx, id)
	if err != nil {
		return err
	}
	if u.Address != "" {
		return identity.Conflict("user.has-address")
	}
	if _, err := removeFactors(ctx, r.client.UserServiceV2(), id); err != nil {
		return err
	}
	_, err = r.client.UserServiceV2().UpdateUser(ctx, &userpb.UpdateUserRequest{
		UserId: string(id),
		UserType: &userpb.UpdateUserRequest_Human_{Human: &userpb.UpdateUserRequest_Human{
			Password: &userpb.SetPassword{
				PasswordType: &userpb.SetPassword_Password{Password: &userpb.Password{Password: secret, ChangeRequired: mustChange}},
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

// removeFactors removes passkeys and second factors, and tells which. One that is
// gone already is no error. Recovery codes stay: they are no factor of their own,
// and taking them away is not ours to do at Zitadel.
func removeFactors(ctx context.Context, users userpb.UserServiceClient, user identity.UserID) ([]identity.Fact, error) {
	const doing = "remove second factors"
	id := string(user)
	var facts []identity.Fact
	remove := func(kind identity.Credential, which string, call func() (*objectpb.Details, error)) error {
		details, err := call()
		if isCode(err, codes.NotFound) {
			return nil
		}
		if err != nil {
			return fail(doing, err, "user.not-found")
		}
		facts = append(facts, identity.CredentialRemoved{User: user, Kind: kind, ID: which, At: at(details.GetChangeDate())})
		return nil
	}
	passkeys, err := users.ListPasskeys(ctx, &userpb.ListPasskeysRequest{UserId: id})
	if err != nil {
		return nil, fail(doing, err, "user.not-found")
	}
	for _, key := range passkeys.GetResult() {
		err := remove(identity.CredentialPasskey, key.GetId(), func() (*objectpb.Details, error) {
			answer, err := users.RemovePasskey(ctx, &userpb.RemovePasskeyRequest{UserId: id, PasskeyId: key.GetId()})
			return answer.GetDetails(), err
		})
		if err != nil {
			return facts, err
		}
	}
	factors, err := users.ListAuthenticationFactors(ctx, &userpb.ListAuthenticationFactorsRequest{UserId: id})
	if err != nil {
		return facts, fail(doing, err, "user.not-found")
	}
	for _, factor := range factors.GetResult() {
		var err error
		switch f := factor.GetType().(type) {
		case *userpb.AuthFactor_Otp:
			err = remove(identity.CredentialTOTP, "", func() (*objectpb.Details, error) {
				answer, err := users.RemoveTOTP(ctx, &userpb.RemoveTOTPRequest{UserId: id})
				return answer.GetDetails(), err
			})
		case *userpb.AuthFactor_U2F:
			err = remove(identity.CredentialSecurityKey, f.U2F.GetId(), func() (*objectpb.Details, error) {
				answer, err := users.RemoveU2F(ctx, &userpb.RemoveU2FRequest{UserId: id, U2FId: f.U2F.GetId()})
				return answer.GetDetails(), err
			})
		case *userpb.AuthFactor_OtpSms:
			err = remove(identity.CredentialTextCode, "", func() (*objectpb.Details, error) {
				answer, err := users.RemoveOTPSMS(ctx, &userpb.RemoveOTPSMSRequest{UserId: id})
				return answer.GetDetails(), err
			})
		case *userpb.AuthFactor_OtpEmail:
			err = remove(identity.CredentialMailCode, "", func() (*objectpb.Details, error) {
				answer, err := users.RemoveOTPEmail(ctx, &userpb.RemoveOTPEmailRequest{UserId: id})
				return answer.GetDetails(), err
			})
		}
		if err != nil {
			return facts, err
		}
	}
	return facts, nil
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
	_, err := deleteSessions(ctx, c, u.ID)
	return err
}

// deleteSessions ends the sessions that are listed, and answers how many.
func deleteSessions(ctx context.Context, c *client.Client, user identity.UserID) (ended int, err error) {
	const doing, page = "end sessions", 100
	// All of them before the first ends: the list grows shorter under our feet.
	var ids []string
	for offset := uint64(0); ; offset += page {
		sessions, err := c.SessionServiceV2().ListSessions(ctx, &sessionpb.ListSessionsRequest{
			Query:   &objectpb.ListQuery{Offset: offset, Limit: page, Asc: true},
			Queries: []*sessionpb.SearchQuery{{Query: &sessionpb.SearchQuery_UserIdQuery{UserIdQuery: &sessionpb.UserIDQuery{Id: string(user)}}}},
		})
		if err != nil {
			return 0, fail(doing, err, "user.not-found")
		}
		for _, s := range sessions.GetSessions() {
			// The owner once more: ending a session takes no user.
			if s.GetFactors().GetUser().GetId() == string(user) {
				ids = append(ids, s.GetId())
			}
		}
		if len(sessions.GetSessions()) < page {
			break
		}
	}
	for _, id := range ids {
		_, err := c.SessionServiceV2().DeleteSession(ctx, &sessionpb.DeleteSessionRequest{SessionId: id})
		if isCode(err, codes.NotFound) {
			continue
		}
		if err != nil {
			return ended, fail(doing, err, "user.not-found")
		}
		ended++
	}
	return ended, nil
}
