package zitadel

import (
	"context"

	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	settingspb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings/v2"

	"homeroom.dev/homeroom/identity"
)

// PasswordRules are the rules for people at home here: those of their home, or
// else the instance's.
func (r *remote) PasswordRules(ctx context.Context) (identity.PasswordRules, error) {
	if err := r.present(); err != nil {
		return identity.PasswordRules{}, err
	}
	// The right is looked at in the header, the rules are those of the request.
	home := string(r.opened.Organization().Home())
	answer, err := r.client.SettingsServiceV2().GetPasswordComplexitySettings(middleware.SetOrgID(ctx, home), &settingspb.GetPasswordComplexitySettingsRequest{
		Ctx: &objectpb.RequestContext{ResourceOwner: &objectpb.RequestContext_OrgId{OrgId: home}},
	})
	if err != nil {
		return identity.PasswordRules{}, fail("get password complexity settings", err, "organization.not-found")
	}
	rules := answer.GetSettings()
	return identity.PasswordRules{
		MinLength: int(rules.GetMinLength()),
		Upper:     rules.GetRequiresUppercase(), Lower: rules.GetRequiresLowercase(),
		Digit: rules.GetRequiresNumber(), Symbol: rules.GetRequiresSymbol(),
	}, nil
}
