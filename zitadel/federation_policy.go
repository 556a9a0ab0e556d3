package zitadel

import (
	"context"
	"slices"
	"time"

	idppb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	policypb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"homeroom.dev/homeroom/identity"
)

// externalLoginLifetime is how long a sign-in through an identity provider
// counts where the instance does not say, as Zitadel is shipped. With none the
// browser is sent to and fro for ever.
const externalLoginLifetime = 240 * time.Hour

// AttachProvider makes the provider usable on the login pages. They offer
// nobody a second factor from then on, unless one is demanded: the offer would
// stand between every pupil's first school sign-in and the classroom, and again
// every month.
func (r *remote) AttachProvider(ctx context.Context, id identity.ProviderID) error {
	p, err := r.provider(ctx, id)
	if err != nil {
		return err
	}
	defer r.lockPolicy()()
	if err := r.makePolicyFit(ctx); err != nil {
		return err
	}
	owner := idppb.IDPOwnerType_IDP_OWNER_TYPE_ORG
	if shared(p) {
		owner = idppb.IDPOwnerType_IDP_OWNER_TYPE_SYSTEM
	}
	_, err = r.client.ManagementService().AddIDPToLoginPolicy(r.here(ctx), &managementpb.AddIDPToLoginPolicyRequest{
		IdpId: string(id), OwnerType: owner,
	})
	switch {
	case is(err, idProviderAttached):
		return nil
	case err != nil:
		return fail("attach identity provider", err, "connection.not-found")
	}
	found, err := shown(ctx, func() (bool, error) { return r.attached(ctx, id) })
	if err == nil && !found {
		err = notShown("read attached identity provider back")
	}
	return err
}

func (r *remote) attached(ctx context.Context, id identity.ProviderID) (bool, error) {
	answer, err := r.client.ManagementService().ListLoginPolicyIDPs(r.here(ctx), &managementpb.ListLoginPolicyIDPsRequest{})
	if err != nil {
		return false, fail("list attached identity providers", err, "organization.not-found")
	}
	return slices.ContainsFunc(answer.GetResult(), func(l *idppb.IDPLoginPolicyLink) bool { return l.GetIdpId() == string(id) }), nil
}

// DetachProvider takes the provider from the login pages. The policy stays the
// school's own: it may say more by now.
func (r *remote) DetachProvider(ctx context.Context, id identity.ProviderID) error {
	if _, err := r.provider(ctx, id); err != nil {
		return err
	}
	defer r.lockPolicy()()
	_, err := r.client.ManagementService().RemoveIDPFromLoginPolicy(r.here(ctx), &managementpb.RemoveIDPFromLoginPolicyRequest{IdpId: string(id)})
	if is(err, idNoLoginPolicy, idProviderDetached) {
		return nil
	}
	if err != nil {
		return fail("detach identity provider", err, "connection.not-found")
	}
	// The login pages look where we do: until it is gone there, people still come
	// through. If that takes longer, it is gone all the same.
	if _, err := shown(ctx, func() (bool, error) {
		attached, err := r.attached(ctx, id)
		return !attached, err
	}); err != nil && ctx.Err() != nil {
		return err
	}
	return nil
}

// lockPolicy keeps two changes of a login policy apart: both would start from
// what was there before, and Zitadel replaces it whole.
func (r *remote) lockPolicy() (unlock func()) { return r.locks.of("policy/" + string(r.opened.ID())) }

// makePolicyFit makes the school's login policy one under which people can come
// through an identity provider, and keeps the rest of it. A school that has none
// gets a copy of the instance's. A copy inherits nothing later.
func (r *remote) makePolicyFit(ctx context.Context) error {
	management := r.client.ManagementService()
	for try := 1; ; try++ {
		answer, err := management.GetLoginPolicy(r.here(ctx), &managementpb.GetLoginPolicyRequest{})
		if err != nil {
			return fail("get login policy", err, "organization.not-found")
		}
		policy := proto.CloneOf(answer.GetPolicy())
		policy.AllowExternalIdp = true
		policy.MfaInitSkipLifetime = durationpb.New(0)
		if policy.GetExternalLoginCheckLifetime().AsDuration() <= 0 {
			policy.ExternalLoginCheckLifetime = durationpb.New(externalLoginLifetime)
		}
		if !answer.GetIsDefault() {
			if proto.Equal(policy, answer.GetPolicy()) {
				return nil
			}
			_, err := management.UpdateCustomLoginPolicy(r.here(ctx), updatedPolicy(policy))
			if isNotChanged(err) {
				return nil
			}
			return fail("update login policy", err, "organization.not-found")
		}
		_, err = management.AddCustomLoginPolicy(r.here(ctx), addedPolicy(policy))
		switch {
		case is(err, idHasLoginPolicy) && try < callTries:
			continue // made by somebody else at the same time
		case err != nil:
			return fail("add login policy", err, "organization.not-found")
		}
		return r.shownPolicy(ctx)
	}
}

// shownPolicy waits until the school's own login policy is what is read: a
// change made before that would start from the instance's.
func (r *remote) shownPolicy(ctx context.Context) error {
	found, err := shown(ctx, func() (bool, error) {
		answer, err := r.client.ManagementService().GetLoginPolicy(r.here(ctx), &managementpb.GetLoginPolicyRequest{})
		return err == nil && !answer.GetIsDefault(), fail("get login policy", err, "organization.not-found")
	})
	if err == nil && !found {
		err = notShown("read login policy back")
	}
	return err
}

// updatedPolicy is the change of a custom login policy to policy. Zitadel
// replaces it whole: every field is sent, or lost.
func updatedPolicy(policy *policypb.LoginPolicy) *managementpb.UpdateCustomLoginPolicyRequest {
	return &managementpb.UpdateCustomLoginPolicyRequest{
		AllowUsernamePassword:      policy.GetAllowUsernamePassword(),
		AllowRegister:              policy.GetAllowRegister(),
		AllowExternalIdp:           policy.GetAllowExternalIdp(),
		ForceMfa:                   policy.GetForceMfa(),
		ForceMfaLocalOnly:          policy.GetForceMfaLocalOnly(),
		PasswordlessType:           policy.GetPasswordlessType(),
		HidePasswordReset:          policy.GetHidePasswordReset(),
		IgnoreUnknownUsernames:     policy.GetIgnoreUnknownUsernames(),
		DefaultRedirectUri:         policy.GetDefaultRedirectUri(),
		AllowDomainDiscovery:       policy.GetAllowDomainDiscovery(),
		DisableLoginWithEmail:      policy.GetDisableLoginWithEmail(),
		DisableLoginWithPhone:      policy.GetDisableLoginWithPhone(),
		PasswordCheckLifetime:      policy.GetPasswordCheckLifetime(),
		ExternalLoginCheckLifetime: policy.GetExternalLoginCheckLifetime(),
		MfaInitSkipLifetime:        policy.GetMfaInitSkipLifetime(),
		SecondFactorCheckLifetime:  policy.GetSecondFactorCheckLifetime(),
		MultiFactorCheckLifetime:   policy.GetMultiFactorCheckLifetime(),
	}
}

// addedPolicy is a custom login policy like policy, which is the instance's or
// was made from it: with its factors and identity providers.
func addedPolicy(policy *policypb.LoginPolicy) *managementpb.AddCustomLoginPolicyRequest {
	request := &managementpb.AddCustomLoginPolicyRequest{
		AllowUsernamePassword:      policy.GetAllowUsernamePassword(),
		AllowRegister:              policy.GetAllowRegister(),
		AllowExternalIdp:           policy.GetAllowExternalIdp(),
		ForceMfa:                   policy.GetForceMfa(),
		ForceMfaLocalOnly:          policy.GetForceMfaLocalOnly(),
		PasswordlessType:           policy.GetPasswordlessType(),
		HidePasswordReset:          policy.GetHidePasswordReset(),
		IgnoreUnknownUsernames:     policy.GetIgnoreUnknownUsernames(),
		DefaultRedirectUri:         policy.GetDefaultRedirectUri(),
		AllowDomainDiscovery:       policy.GetAllowDomainDiscovery(),
		DisableLoginWithEmail:      policy.GetDisableLoginWithEmail(),
		DisableLoginWithPhone:      policy.GetDisableLoginWithPhone(),
		PasswordCheckLifetime:      policy.GetPasswordCheckLifetime(),
		ExternalLoginCheckLifetime: policy.GetExternalLoginCheckLifetime(),
		MfaInitSkipLifetime:        policy.GetMfaInitSkipLifetime(),
		SecondFactorCheckLifetime:  policy.GetSecondFactorCheckLifetime(),
		MultiFactorCheckLifetime:   policy.GetMultiFactorCheckLifetime(),
		SecondFactors:              policy.GetSecondFactors(),
		MultiFactors:               policy.GetMultiFactors(),
	}
	for _, provider := range policy.GetIdps() {
		request.Idps = append(request.Idps, &managementpb.AddCustomLoginPolicyRequest_IDP{
			IdpId: provider.GetIdpId(), OwnerType: idppb.IDPOwnerType_IDP_OWNER_TYPE_SYSTEM,
		})
	}
	return request
}
