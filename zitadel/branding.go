package zitadel

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	policypb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	"google.golang.org/grpc/codes"

	"homeroom.dev/homeroom/identity"
)

// logoPaths are where a logo goes: the one for light pages and the one for dark
// ones. Zitadel's newer login shows none in the dark without the second.
var logoPaths = []string{"/assets/v1/org/policy/label/logo", "/assets/v1/org/policy/label/logo/dark"}

// SetBranding gives the organization a label policy of its own with the school's
// colours and logo, and puts it into force; the zero Branding removes it. What
// is changed is a preview until then, so that nobody sees one half.
func (r *remote) SetBranding(ctx context.Context, b identity.Branding) error {
	if err := r.home(); err != nil {
		return err
	}
	defer r.locks.of("labels/" + string(r.opened.ID()))()
	management, here := r.client.ManagementService(), r.here(ctx)
	if b.Colour == "" && len(b.Logo) == 0 {
		_, err := management.ResetLabelPolicyToDefault(here, &managementpb.ResetLabelPolicyToDefaultRequest{})
		if isCode(err, codes.NotFound) && !is(err, idNoMembership) {
			return nil // it has none
		}
		return fail("remove label policy", err, "organization.not-found")
	}
	if err := r.setLabels(ctx, b); err != nil {
		return err
	}
	if err := r.setLogo(ctx, b.Logo); err != nil {
		return err
	}
	_, err := management.ActivateCustomLabelPolicy(here, &managementpb.ActivateCustomLabelPolicyRequest{})
	return fail("activate label policy", err, "organization.not-found")
}

// setLabels makes the label policy, or changes the colours of the one that is
// there. A new one is a copy of the instance's: it inherits nothing later.
func (r *remote) setLabels(ctx context.Context, b identity.Branding) error {
	management, here := r.client.ManagementService(), r.here(ctx)
	base, err := management.GetDefaultLabelPolicy(here, &managementpb.GetDefaultLabelPolicyRequest{})
	if err != nil {
		return fail("get label policy of the instance", err, "organization.not-found")
	}
	labels := withColours(base.GetPolicy(), base.GetPolicy(), b)
	_, err = management.AddCustomLabelPolicy(here, &managementpb.AddCustomLabelPolicyRequest{
		PrimaryColor: labels.GetPrimaryColor(), PrimaryColorDark: labels.GetPrimaryColorDark(),
		BackgroundColor: labels.GetBackgroundColor(), BackgroundColorDark: labels.GetBackgroundColorDark(),
		WarnColor: labels.GetWarnColor(), WarnColorDark: labels.GetWarnColorDark(),
		FontColor: labels.GetFontColor(), FontColorDark: labels.GetFontColorDark(),
		HideLoginNameSuffix: labels.GetHideLoginNameSuffix(), DisableWatermark: labels.GetDisableWatermark(), ThemeMode: labels.GetThemeMode(),
	})
	if err == nil || !is(err, idLabelsExist) {
		return fail("add label policy", err, "organization.not-found")
	}
	now, err := management.GetPreviewLabelPolicy(here, &managementpb.GetPreviewLabelPolicyRequest{})
	if err != nil {
		return fail("get label policy", err, "organization.not-found")
	}
	labels = withColours(now.GetPolicy(), base.GetPolicy(), b)
	_, err = management.UpdateCustomLabelPolicy(here, &managementpb.UpdateCustomLabelPolicyRequest{
		PrimaryColor: labels.GetPrimaryColor(), PrimaryColorDark: labels.GetPrimaryColorDark(),
		BackgroundColor: labels.GetBackgroundColor(), BackgroundColorDark: labels.GetBackgroundColorDark(),
		WarnColor: labels.GetWarnColor(), WarnColorDark: labels.GetWarnColorDark(),
		FontColor: labels.GetFontColor(), FontColorDark: labels.GetFontColorDark(),
		HideLoginNameSuffix: labels.GetHideLoginNameSuffix(), DisableWatermark: labels.GetDisableWatermark(), ThemeMode: labels.GetThemeMode(),
	})
	if is(err, idLabelsNotChanged) {
		return nil
	}
	return fail("update label policy", err, "organization.not-found")
}

// withColours is labels with the school's colour, or the instance's where the
// school has a logo alone.
func withColours(labels, instance *policypb.LabelPolicy, b identity.Branding) *policypb.LabelPolicy {
	labels.PrimaryColor = cmp.Or(b.OnLight, b.Colour, instance.GetPrimaryColor())
	labels.PrimaryColorDark = cmp.Or(b.OnDark, b.Colour, instance.GetPrimaryColorDark())
	return labels
}

// setLogo uploads the logo, or removes the one that is there.
func (r *remote) setLogo(ctx context.Context, logo []byte) error {
	management, here := r.client.ManagementService(), r.here(ctx)
	if len(logo) > 0 {
		for _, path := range logoPaths {
			if err := r.upload(ctx, path, logo); err != nil {
				return err
			}
		}
		return nil
	}
	_, light := management.RemoveCustomLabelPolicyLogo(here, &managementpb.RemoveCustomLabelPolicyLogoRequest{})
	_, dark := management.RemoveCustomLabelPolicyLogoDark(here, &managementpb.RemoveCustomLabelPolicyLogoDarkRequest{})
	for _, err := range []error{light, dark} {
		if err != nil && !isCode(err, codes.NotFound) {
			return fail("remove logo", err, "organization.not-found")
		}
	}
	return nil
}

// upload sends an asset of the opened organization, which Zitadel takes over
// plain HTTP alone.
func (r *remote) upload(ctx context.Context, path string, file []byte) error {
	doing := "upload " + path
	token, err := r.tokens.Token()
	if err != nil {
		return fail(doing, err, "remote.refused")
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "logo.png")
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if _, err := part.Write(file); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if err := form.Close(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.config.Issuer+path, &body)
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	request.Header.Set(client.OrgHeader, string(r.opened.ID()))
	token.SetAuthHeader(request)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return identity.Unavailable("remote.unavailable").Because(fmt.Errorf("%s: %w", doing, err))
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000)) // it only explains
	cause := fmt.Errorf("%s: %s: %s", doing, answer.Status, strings.TrimSpace(string(text)))
	switch {
	case answer.StatusCode == http.StatusOK:
		return nil
	case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusNotFound:
		return identity.NotFound("organization.not-found").Because(cause)
	case answer.StatusCode == http.StatusBadRequest:
		return identity.Invalid("remote.refused").Because(cause)
	case answer.StatusCode >= http.StatusInternalServerError:
		return identity.Unavailable("remote.unavailable").Because(cause)
	}
	return cause
}
