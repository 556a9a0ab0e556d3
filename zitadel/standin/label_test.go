package standin_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	orgv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	settings "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func deactivateOrg(id string) *orgv2.DeactivateOrganizationRequest {
	return &orgv2.DeactivateOrganizationRequest{OrganizationId: id}
}

func labels(primary string) *management.AddCustomLabelPolicyRequest {
	return &management.AddCustomLabelPolicyRequest{
		PrimaryColor: primary, WarnColor: "#cd3d56", BackgroundColor: "#fafafa", FontColor: "#000000",
		PrimaryColorDark: "#2073c4", WarnColorDark: "#ff3b5b", BackgroundColorDark: "#111827", FontColorDark: "#ffffff",
		HideLoginNameSuffix: true, DisableWatermark: true, ThemeMode: policy.ThemeMode_THEME_MODE_LIGHT,
	}
}

func update(l *management.AddCustomLabelPolicyRequest) *management.UpdateCustomLabelPolicyRequest {
	return &management.UpdateCustomLabelPolicyRequest{
		PrimaryColor: l.PrimaryColor, WarnColor: l.WarnColor, BackgroundColor: l.BackgroundColor, FontColor: l.FontColor,
		PrimaryColorDark: l.PrimaryColorDark, WarnColorDark: l.WarnColorDark, BackgroundColorDark: l.BackgroundColorDark, FontColorDark: l.FontColorDark,
		HideLoginNameSuffix: l.HideLoginNameSuffix, DisableWatermark: l.DisableWatermark, ThemeMode: l.ThemeMode,
	}
}

// token is a personal access token of a new member of the organization.
func (p *platform) token(org string) string {
	p.t.Helper()
	name := "bot-" + org
	made, err := p.owner.UserServiceV2().CreateUser(p.t.Context(), &userv2.CreateUserRequest{
		OrganizationId: org, Username: &name, UserType: &userv2.CreateUserRequest_Machine_{Machine: &userv2.CreateUserRequest_Machine{Name: name}},
	})
	if err == nil {
		err = administrator(p.owner, made.GetId(), org, "ORG_SETTINGS_MANAGER")(p.t.Context())
	}
	pat, err2 := p.owner.UserServiceV2().AddPersonalAccessToken(p.t.Context(), &userv2.AddPersonalAccessTokenRequest{
		UserId: made.GetId(), ExpirationDate: timestamppb.New(time.Now().Add(time.Hour)),
	})
	if err != nil || err2 != nil {
		p.t.Fatal(err, err2)
	}
	return pat.GetToken()
}

// upload posts a file as a picture of the organization.
func (p *platform) upload(token, org, path string, file []byte) (int, string) {
	p.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "logo.png")
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.Issuer()+path, &body)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("X-Zitadel-Orgid", org)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer.StatusCode, strings.TrimSpace(string(text))
}

// What a real server was seen to answer about label policies.
func TestLabelPolicies(t *testing.T) {
	p := newPlatform(t)
	ctx, elsewhere, c := withOrg(t, p.own), withOrg(t, p.foreign), p.runtime.ManagementService()
	token := p.token(p.own)
	png := []byte("\x89PNG\r\n\x1a\n0000")
	const logo = "/assets/v1/org/policy/label/logo"
	get := func() *management.GetLabelPolicyResponse {
		t.Helper()
		got, err := c.GetLabelPolicy(ctx, &management.GetLabelPolicyRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if d := get(); !d.GetIsDefault() || d.GetPolicy().GetPrimaryColor() != "#5469d4" || d.GetPolicy().GetThemeMode() != policy.ThemeMode_THEME_MODE_AUTO {
		t.Errorf("shipped: %v", d)
	}
	before := len(p.kinds(p.own))
	_, err := c.UpdateCustomLabelPolicy(ctx, update(labels("#5469d4")))
	fact{"update before add", err, codes.NotFound, "Org-0K9dq", "Private Label Policy not found"}.check(t)
	_, err = c.ResetLabelPolicyToDefault(ctx, &management.ResetLabelPolicyToDefaultRequest{})
	fact{"reset before add", err, codes.NotFound, "Org-3M9df", "Private Label Policy not found"}.check(t)
	if status, text := p.upload(token, p.own, logo, png); status != http.StatusNotFound || !strings.Contains(text, "ORG-23BMs") {
		t.Errorf("logo before add: %d %s", status, text)
	}
	_, err = c.AddCustomLabelPolicy(ctx, labels("red"))
	fact{"bad colour", err, codes.InvalidArgument, "POLICY-391dG", "Primary color is no valid Hex color value"}.check(t)
	added, err := c.AddCustomLabelPolicy(ctx, labels("#5469d4"))
	fact{"add", err, codes.OK, "", ""}.check(t)
	_, err = c.AddCustomLabelPolicy(ctx, labels("#5469d4"))
	fact{"add again", err, codes.AlreadyExists, "Org-2B0ps", "Errors.Org.LabelPolicy.AlreadyExists"}.check(t)
	_, err = c.AddCustomLabelPolicy(elsewhere, labels("#5469d4"))
	fact{"add elsewhere", err, codes.NotFound, "AUTHZ-cdgFk", "membership not found"}.check(t)
	if !get().GetIsDefault() {
		t.Error("a draft is shown before it is activated")
	}
	on, err := c.ActivateCustomLabelPolicy(ctx, &management.ActivateCustomLabelPolicyRequest{})
	fact{"activate", err, codes.OK, "", ""}.check(t)
	if on.GetDetails().GetSequence() != added.GetDetails().GetSequence() {
		t.Errorf("activating moved the sequence from %d to %d", added.GetDetails().GetSequence(), on.GetDetails().GetSequence())
	}
	_, err = c.UpdateCustomLabelPolicy(ctx, update(labels("#ff0000")))
	fact{"update", err, codes.OK, "", ""}.check(t)
	_, err = c.UpdateCustomLabelPolicy(ctx, update(labels("#ff0000")))
	fact{"update, the same", err, codes.FailedPrecondition, "Org-8nfSr", "Private Label Policy has not been changed"}.check(t)
	if got := get().GetPolicy().GetPrimaryColor(); got != "#5469d4" {
		t.Errorf("before activation people see %s", got)
	}
	preview, err := c.GetPreviewLabelPolicy(ctx, &management.GetPreviewLabelPolicyRequest{})
	if err != nil || preview.GetPolicy().GetPrimaryColor() != "#ff0000" {
		t.Errorf("preview: %v, %v", preview, err)
	}
	for _, test := range []struct {
		name, token, org string
		file             []byte
		status           int
		text             string
	}{
		{"logo", token, p.own, png, http.StatusOK, ""},
		{"logo of a foreign organization", token, p.foreign, png, http.StatusUnauthorized, "ID=AUTHZ-cdgFk Message=membership not found"},
		{"nobody's", "nonsense", p.own, png, http.StatusUnauthorized, "AUTH-7fs1e"},
		{"no picture", token, p.own, []byte("hello"), http.StatusBadRequest, "invalid content-type"},
		{"too big", token, p.own, append(png, make([]byte, 1<<19)...), http.StatusBadRequest, "max file size is 512KB"},
	} {
		if status, text := p.upload(test.token, test.org, logo, test.file); status != test.status || !strings.Contains(text, test.text) {
			t.Errorf("%s: %d %q, want %d %q", test.name, status, text, test.status, test.text)
		}
	}
	_, err = c.ActivateCustomLabelPolicy(ctx, &management.ActivateCustomLabelPolicyRequest{})
	fact{"activate again", err, codes.OK, "", ""}.check(t)
	shown, err := p.runtime.SettingsServiceV2().GetBrandingSettings(ctx, &settings.GetBrandingSettingsRequest{
		Ctx: &object.RequestContext{ResourceOwner: &object.RequestContext_OrgId{OrgId: p.own}},
	})
	if err != nil {
		t.Fatal(err)
	}
	light := shown.GetSettings().GetLightTheme()
	if light.GetPrimaryColor() != "#ff0000" || shown.GetSettings().GetResourceOwnerType() != settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_ORG {
		t.Errorf("branding: %v", shown)
	}
	if header, body := read(t, light.GetLogoUrl()); header.Get("Content-Type") != "image/png" || body != string(png) {
		t.Errorf("logo: %s %q", header.Get("Content-Type"), body)
	}
	if _, css := read(t, p.Issuer()+"/ui/login/resources/brand/"+p.own); !strings.Contains(css, "--act:light-dark(#ff0000,#2073c4)") {
		t.Errorf("colours of the login pages: %s", css)
	}
	_, err = c.RemoveCustomLabelPolicyLogo(ctx, &management.RemoveCustomLabelPolicyLogoRequest{})
	fact{"remove logo", err, codes.OK, "", ""}.check(t)
	_, err = c.ResetLabelPolicyToDefault(ctx, &management.ResetLabelPolicyToDefaultRequest{})
	fact{"reset", err, codes.OK, "", ""}.check(t)
	if !get().GetIsDefault() {
		t.Error("the policy is still there")
	}
	want := []string{
		"org.policy.label.added", "org.policy.label.activated", "org.policy.label.changed", "org.policy.label.logo.added",
		"org.policy.label.activated", "org.policy.label.logo.removed", "org.policy.label.removed",
	}
	var got []string
	for _, kind := range p.kinds(p.own)[before:] {
		if strings.HasPrefix(kind, "org.policy.label") {
			got = append(got, kind)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got)\n%s", diff)
	}
}

// Lockout policies and the factors of login policies, by a manager of settings.
func TestPoliciesOfLocksAndFactors(t *testing.T) {
	p := newPlatform(t)
	ctx, c := withOrg(t, p.own), p.runtime.ManagementService()
	_, err := c.UpdateCustomLockoutPolicy(ctx, &management.UpdateCustomLockoutPolicyRequest{MaxPasswordAttempts: 3})
	fact{"update before add", err, codes.NotFound, "ORG-ADfs1", ""}.check(t)
	_, err = c.AddCustomLockoutPolicy(ctx, &management.AddCustomLockoutPolicyRequest{MaxPasswordAttempts: 3})
	fact{"add", err, codes.OK, "", ""}.check(t)
	_, err = c.AddCustomLockoutPolicy(ctx, &management.AddCustomLockoutPolicyRequest{MaxPasswordAttempts: 3})
	fact{"add again", err, codes.AlreadyExists, "ORG-0olDf", ""}.check(t)
	_, err = c.UpdateCustomLockoutPolicy(ctx, &management.UpdateCustomLockoutPolicyRequest{MaxPasswordAttempts: 3})
	fact{"update, the same", err, codes.FailedPrecondition, "ORG-0JFSr", ""}.check(t)
	_, err = c.UpdateCustomLockoutPolicy(ctx, &management.UpdateCustomLockoutPolicyRequest{MaxPasswordAttempts: 5, MaxOtpAttempts: 4})
	fact{"update", err, codes.OK, "", ""}.check(t)
	shown, err := p.runtime.SettingsServiceV2().GetLockoutSettings(ctx, &settings.GetLockoutSettingsRequest{})
	if err != nil || shown.GetSettings().GetMaxPasswordAttempts() != 5 || shown.GetSettings().GetMaxOtpAttempts() != 4 {
		t.Errorf("settings: %v, %v", shown, err)
	}
	_, err = c.ResetLockoutPolicyToDefault(ctx, &management.ResetLockoutPolicyToDefaultRequest{})
	fact{"reset", err, codes.OK, "", ""}.check(t)
	_, err = c.ResetLockoutPolicyToDefault(ctx, &management.ResetLockoutPolicyToDefaultRequest{})
	fact{"reset again", err, codes.NotFound, "ORG-D4zuz", ""}.check(t)

	if _, err := c.AddCustomLoginPolicy(ctx, loginPolicy()); err != nil {
		t.Fatal(err)
	}
	app, mail := policy.SecondFactorType_SECOND_FACTOR_TYPE_OTP, policy.SecondFactorType_SECOND_FACTOR_TYPE_OTP_EMAIL
	for _, f := range []policy.SecondFactorType{app, mail} {
		_, err = c.AddSecondFactorToLoginPolicy(ctx, &management.AddSecondFactorToLoginPolicyRequest{Type: f})
		fact{"add factor", err, codes.OK, "", ""}.check(t)
	}
	_, err = c.AddSecondFactorToLoginPolicy(ctx, &management.AddSecondFactorToLoginPolicyRequest{Type: app})
	fact{"add factor again", err, codes.AlreadyExists, "Org-2B0ps", "Multifactor already exists"}.check(t)
	_, err = c.RemoveSecondFactorFromLoginPolicy(ctx, &management.RemoveSecondFactorFromLoginPolicyRequest{Type: app})
	fact{"remove factor", err, codes.OK, "", ""}.check(t)
	_, err = c.RemoveSecondFactorFromLoginPolicy(ctx, &management.RemoveSecondFactorFromLoginPolicyRequest{Type: app})
	fact{"remove factor again", err, codes.NotFound, "Org-3M9od", "Multifactor not existing"}.check(t)
	_, err = c.AddSecondFactorToLoginPolicy(ctx, &management.AddSecondFactorToLoginPolicyRequest{})
	fact{"no factor", err, codes.InvalidArgument, "Org-5m9fs", "Multifactor invalid"}.check(t)
	key := policy.MultiFactorType_MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION
	_, err = c.AddMultiFactorToLoginPolicy(ctx, &management.AddMultiFactorToLoginPolicyRequest{Type: key})
	fact{"add multi factor", err, codes.OK, "", ""}.check(t)
	got, err := c.GetLoginPolicy(ctx, &management.GetLoginPolicyRequest{})
	if err != nil || len(got.GetPolicy().GetSecondFactors()) != 1 || got.GetPolicy().GetSecondFactors()[0] != mail || len(got.GetPolicy().GetMultiFactors()) != 1 {
		t.Errorf("policy: %v, %v", got, err)
	}
}
