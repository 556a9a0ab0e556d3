package zitadel

import (
	"context"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	policypb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// accessTokenLifetime bounds how long a token tells of a role that is gone:
// services verify it without asking Zitadel.
const accessTokenLifetime = 10 * time.Minute

// policies sets what the instance must keep to. Each policy is replaced whole
// by Zitadel, so that it is read first and only its one field changed.
func (b *bootstrap) policies(ctx context.Context) error {
	for _, policy := range []struct {
		name   string
		ensure func(context.Context) (bool, error)
	}{
		{"domains must be verified", b.verifiedDomains},
		{"no registration of organizations", b.closedRegistration},
		{"short access tokens", b.shortTokens},
		{"default redirect to the portal", b.defaultRedirect},
		{"individuals may register themselves", b.openIndividuals},
	} {
		changed, err := policy.ensure(ctx)
		if err := b.step(policy.name, changed, err); err != nil {
			return err
		}
	}
	return nil
}

// verifiedDomains keeps an organization from claiming any domain, and with it
// the user names of other people.
func (b *bootstrap) verifiedDomains(ctx context.Context) (changed bool, err error) {
	answer, err := b.client.AdminService().GetDomainPolicy(ctx, &adminpb.GetDomainPolicyRequest{})
	if err != nil {
		return false, fail("get domain policy", err, "remote.refused")
	}
	policy := answer.GetPolicy()
	if policy.GetValidateOrgDomains() {
		return false, nil
	}
	_, err = b.client.AdminService().UpdateDomainPolicy(ctx, &adminpb.UpdateDomainPolicyRequest{
		ValidateOrgDomains:                     true,
		UserLoginMustBeDomain:                  policy.GetUserLoginMustBeDomain(),
		SmtpSenderAddressMatchesInstanceDomain: policy.GetSmtpSenderAddressMatchesInstanceDomain(),
	})
	return true, fail("update domain policy", err, "remote.refused")
}

// closedRegistration keeps strangers from making organizations, of which they
// would be the owner.
func (b *bootstrap) closedRegistration(ctx context.Context) (changed bool, err error) {
	answer, err := b.client.AdminService().GetRestrictions(ctx, &adminpb.GetRestrictionsRequest{})
	if err != nil {
		return false, fail("get restrictions", err, "remote.refused")
	}
	if answer.GetDisallowPublicOrgRegistration() {
		return false, nil
	}
	_, err = b.client.AdminService().SetRestrictions(ctx, &adminpb.SetRestrictionsRequest{DisallowPublicOrgRegistration: proto.Bool(true)})
	return true, fail("set restrictions", err, "remote.refused")
}

func (b *bootstrap) shortTokens(ctx context.Context) (changed bool, err error) {
	answer, err := b.client.AdminService().GetOIDCSettings(ctx, &adminpb.GetOIDCSettingsRequest{})
	if err != nil {
		return false, fail("get OIDC settings", err, "remote.refused")
	}
	settings := answer.GetSettings()
	if lifetime := settings.GetAccessTokenLifetime().AsDuration(); lifetime > 0 && lifetime <= accessTokenLifetime {
		return false, nil
	}
	_, err = b.client.AdminService().UpdateOIDCSettings(ctx, &adminpb.UpdateOIDCSettingsRequest{
		AccessTokenLifetime:        durationpb.New(accessTokenLifetime),
		IdTokenLifetime:            settings.GetIdTokenLifetime(),
		RefreshTokenIdleExpiration: settings.GetRefreshTokenIdleExpiration(),
		RefreshTokenExpiration:     settings.GetRefreshTokenExpiration(),
	})
	return true, fail("update OIDC settings", err, "remote.refused")
}

// defaultRedirect leads people to the portal who set their first password from
// a link, and everybody else whom no application sent. Registering is closed
// here: everybody could otherwise be at home in any school.
func (b *bootstrap) defaultRedirect(ctx context.Context) (changed bool, err error) {
	policy, err := b.loginPolicy(ctx)
	if err != nil {
		return false, err
	}
	welcome := b.options.PortalURL + WelcomePath
	if policy.GetDefaultRedirectUri() == welcome && !policy.GetAllowRegister() {
		return false, nil
	}
	_, err = b.client.AdminService().UpdateLoginPolicy(ctx, &adminpb.UpdateLoginPolicyRequest{
		AllowRegister:      false,
		DefaultRedirectUri: welcome,

		AllowUsernamePassword:      policy.GetAllowUsernamePassword(),
		AllowExternalIdp:           policy.GetAllowExternalIdp(),
		ForceMfa:                   policy.GetForceMfa(),
		ForceMfaLocalOnly:          policy.GetForceMfaLocalOnly(),
		PasswordlessType:           policy.GetPasswordlessType(),
		HidePasswordReset:          policy.GetHidePasswordReset(),
		IgnoreUnknownUsernames:     policy.GetIgnoreUnknownUsernames(),
		AllowDomainDiscovery:       policy.GetAllowDomainDiscovery(),
		DisableLoginWithEmail:      policy.GetDisableLoginWithEmail(),
		DisableLoginWithPhone:      policy.GetDisableLoginWithPhone(),
		PasswordCheckLifetime:      policy.GetPasswordCheckLifetime(),
		ExternalLoginCheckLifetime: policy.GetExternalLoginCheckLifetime(),
		MfaInitSkipLifetime:        policy.GetMfaInitSkipLifetime(),
		SecondFactorCheckLifetime:  policy.GetSecondFactorCheckLifetime(),
		MultiFactorCheckLifetime:   policy.GetMultiFactorCheckLifetime(),
	})
	return true, fail("update login policy", err, "remote.refused")
}

func (b *bootstrap) loginPolicy(ctx context.Context) (*policypb.LoginPolicy, error) {
	answer, err := b.client.AdminService().GetLoginPolicy(ctx, &adminpb.GetLoginPolicyRequest{})
	return answer.GetPolicy(), fail("get login policy", err, "remote.refused")
}

// openIndividuals gives the organization of individuals a login policy of its
// own: the instance's, with registering allowed. A copy inherits nothing
// later.
func (b *bootstrap) openIndividuals(ctx context.Context) (changed bool, err error) {
	in := middleware.SetOrgID(ctx, string(b.installation.Individuals))
	answer, err := b.client.ManagementService().GetLoginPolicy(in, &managementpb.GetLoginPolicyRequest{})
	if err != nil {
		return false, fail("get login policy", err, "remote.refused")
	}
	welcome := b.options.PortalURL + WelcomePath
	policy := answer.GetPolicy()
	if !answer.GetIsDefault() && policy.GetAllowRegister() && policy.GetDefaultRedirectUri() == welcome {
		return false, nil
	}
	policy.AllowRegister, policy.DefaultRedirectUri = true, welcome
	if !answer.GetIsDefault() {
		_, err := b.client.ManagementService().UpdateCustomLoginPolicy(in, updatedPolicy(policy))
		return true, fail("update login policy of individuals", err, "remote.refused")
	}
	_, err = b.client.ManagementService().AddCustomLoginPolicy(in, addedPolicy(policy))
	return true, fail("add login policy of individuals", err, "remote.refused")
}
