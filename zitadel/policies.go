package zitadel

import (
	"context"
	"slices"
	"time"

	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	policypb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"homeroom.dev/homeroom/identity"
)

// home refuses a classroom of a school: policies and looks are those of where
// its people are at home.
func (r *remote) home() error {
	if err := r.present(); err != nil {
		return err
	}
	if r.opened.Organization().School != "" {
		return identity.NotFound("organization.not-found")
	}
	return nil
}

// LoginPolicy is the policy in force now.
func (r *remote) LoginPolicy(ctx context.Context) (identity.LoginPolicy, error) {
	if err := r.home(); err != nil {
		return identity.LoginPolicy{}, err
	}
	policy, _, err := r.loginPolicy(ctx)
	return policy, err
}

func (r *remote) loginPolicy(ctx context.Context) (identity.LoginPolicy, *policypb.LoginPolicy, error) {
	answer, err := r.client.ManagementService().GetLoginPolicy(r.here(ctx), &managementpb.GetLoginPolicyRequest{})
	if err != nil {
		return identity.LoginPolicy{}, nil, fail("get login policy", err, "organization.not-found")
	}
	policy := toLoginPolicy(answer.GetPolicy())
	policy.Own = !answer.GetIsDefault()
	return policy, answer.GetPolicy(), nil
}

// SetLoginPolicy changes the policy. Zitadel replaces it whole, so that it is
// read first, changed where [identity.LoginPolicy] has a field, and sent back
// with all the rest. Second factors have calls of their own: what is to be
// allowed comes before the policy that may demand it, what is taken away after.
func (r *remote) SetLoginPolicy(ctx context.Context, wanted identity.LoginPolicy) error {
	if err := r.home(); err != nil {
		return err
	}
	defer r.lockPolicy()()
	for try := 1; ; try++ {
		now, whole, err := r.loginPolicy(ctx)
		if err != nil {
			return err
		}
		policy := withPolicy(whole, wanted)
		if now.Own {
			err = r.updatePolicy(ctx, whole, policy)
		} else {
			_, err = r.client.ManagementService().AddCustomLoginPolicy(r.here(ctx), addedPolicy(policy))
			if is(err, idHasLoginPolicy) && try < callTries {
				continue // made by somebody else at the same time
			}
		}
		if err != nil {
			return fail("set login policy", err, "organization.not-found")
		}
		break
	}
	wanted.Own, wanted.Passwords = true, false
	// The change stands, whether or not it is shown in time; who reads it next is
	// to see it.
	_, err := shown(ctx, func() (bool, error) {
		now, _, err := r.loginPolicy(ctx)
		now.Passwords = false
		return samePolicy(now, wanted), err
	})
	if err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// updatePolicy changes the organization's own policy from one to another.
func (r *remote) updatePolicy(ctx context.Context, from, to *policypb.LoginPolicy) error {
	management, here := r.client.ManagementService(), r.here(ctx)
	for _, factor := range to.GetSecondFactors() {
		if slices.Contains(from.GetSecondFactors(), factor) {
			continue
		}
		_, err := management.AddSecondFactorToLoginPolicy(here, &managementpb.AddSecondFactorToLoginPolicyRequest{Type: factor})
		if err != nil && !isCode(err, codes.AlreadyExists) {
			return err
		}
	}
	if _, err := management.UpdateCustomLoginPolicy(here, updatedPolicy(to)); err != nil && !isNotChanged(err) {
		return err
	}
	for _, factor := range from.GetSecondFactors() {
		if slices.Contains(to.GetSecondFactors(), factor) {
			continue
		}
		_, err := management.RemoveSecondFactorFromLoginPolicy(here, &managementpb.RemoveSecondFactorFromLoginPolicyRequest{Type: factor})
		if err != nil && !isCode(err, codes.NotFound) {
			return err
		}
	}
	return nil
}

// factorTypes are the second factors a policy can allow, in Zitadel's words.
var factorTypes = map[identity.Credential]policypb.SecondFactorType{
	identity.CredentialTOTP:        policypb.SecondFactorType_SECOND_FACTOR_TYPE_OTP,
	identity.CredentialSecurityKey: policypb.SecondFactorType_SECOND_FACTOR_TYPE_U2F,
	identity.CredentialMailCode:    policypb.SecondFactorType_SECOND_FACTOR_TYPE_OTP_EMAIL,
	identity.CredentialTextCode:    policypb.SecondFactorType_SECOND_FACTOR_TYPE_OTP_SMS,
}

// toLoginPolicy reads the fields that schools may change. Zitadel has two
// switches for a second factor: the one for local sign-ins is to take everybody
// else out, whatever the other says.
func toLoginPolicy(p *policypb.LoginPolicy) identity.LoginPolicy {
	policy := identity.LoginPolicy{
		RequireFactor:    p.GetForceMfa() || p.GetForceMfaLocalOnly(),
		LocalOnly:        p.GetForceMfaLocalOnly(),
		Passkeys:         p.GetPasswordlessType() == policypb.PasswordlessType_PASSWORDLESS_TYPE_ALLOWED,
		Passwords:        p.GetAllowUsernamePassword(),
		PasswordReset:    !p.GetHidePasswordReset(),
		SelfRegistration: p.GetAllowRegister(),
		AddressAsName:    !p.GetDisableLoginWithEmail(),
		PasswordLifetime: p.GetPasswordCheckLifetime().AsDuration(),
		FactorLifetime:   p.GetSecondFactorCheckLifetime().AsDuration(),
		PasskeyLifetime:  p.GetMultiFactorCheckLifetime().AsDuration(),
		ProviderLifetime: p.GetExternalLoginCheckLifetime().AsDuration(),
	}
	for _, factor := range identity.PolicyFactors {
		if slices.Contains(p.GetSecondFactors(), factorTypes[factor]) {
			policy.Factors = append(policy.Factors, factor)
		}
	}
	return policy
}

// withPolicy is a copy of p with the fields of wanted. Second factors that we
// have no word for stay.
func withPolicy(p *policypb.LoginPolicy, wanted identity.LoginPolicy) *policypb.LoginPolicy {
	p = proto.CloneOf(p)
	// Not both: the newer login pages then ask everybody for one.
	p.ForceMfa = wanted.RequireFactor && !wanted.LocalOnly
	p.ForceMfaLocalOnly = wanted.RequireFactor && wanted.LocalOnly
	p.PasswordlessType = policypb.PasswordlessType_PASSWORDLESS_TYPE_NOT_ALLOWED
	if wanted.Passkeys {
		p.PasswordlessType = policypb.PasswordlessType_PASSWORDLESS_TYPE_ALLOWED
	}
	p.HidePasswordReset = !wanted.PasswordReset
	p.AllowRegister = wanted.SelfRegistration
	p.DisableLoginWithEmail = !wanted.AddressAsName
	for _, lifetime := range []struct {
		of     **durationpb.Duration
		wanted time.Duration
	}{
		{&p.PasswordCheckLifetime, wanted.PasswordLifetime},
		{&p.SecondFactorCheckLifetime, wanted.FactorLifetime},
		{&p.MultiFactorCheckLifetime, wanted.PasskeyLifetime},
		{&p.ExternalLoginCheckLifetime, wanted.ProviderLifetime},
	} {
		*lifetime.of = durationpb.New(lifetime.wanted)
	}
	p.SecondFactors = slices.DeleteFunc(slices.Clone(p.GetSecondFactors()), func(factor policypb.SecondFactorType) bool {
		for _, known := range factorTypes {
			if factor == known {
				return true
			}
		}
		return false
	})
	for _, factor := range identity.PolicyFactors {
		if slices.Contains(wanted.Factors, factor) {
			p.SecondFactors = append(p.SecondFactors, factorTypes[factor])
		}
	}
	return p
}

func samePolicy(a, b identity.LoginPolicy) bool {
	sorted := func(factors []identity.Credential) []identity.Credential {
		return slices.Sorted(slices.Values(factors))
	}
	if !slices.Equal(sorted(a.Factors), sorted(b.Factors)) {
		return false
	}
	// Without a demand there is nobody it leaves out.
	a.LocalOnly, b.LocalOnly = a.RequireFactor && a.LocalOnly, b.RequireFactor && b.LocalOnly
	return a.RequireFactor == b.RequireFactor && a.LocalOnly == b.LocalOnly && a.Passkeys == b.Passkeys &&
		a.Passwords == b.Passwords && a.PasswordReset == b.PasswordReset && a.SelfRegistration == b.SelfRegistration &&
		a.AddressAsName == b.AddressAsName && a.Own == b.Own &&
		a.PasswordLifetime == b.PasswordLifetime && a.FactorLifetime == b.FactorLifetime &&
		a.PasskeyLifetime == b.PasskeyLifetime && a.ProviderLifetime == b.ProviderLifetime
}
