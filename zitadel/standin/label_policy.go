package standin

import (
	"context"
	"regexp"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	objectv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	settings "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings/v2"
)

// labelPolicy is how the login pages look: a draft, and what was activated of
// it, which people see.
type labelPolicy struct {
	draft  look
	active look
	isOn   bool // something was activated
	edited
	shown edited // of the active one
}

// look is the part of a label policy that is drafted and activated.
type look struct {
	colours    [8]string // as colourFields names them
	hideSuffix bool
	noMark     bool
	theme      int32
	assets     [4]string // keys, as assetKinds names them
}

// colourFields name the colours in the order of [look.colours], with the error
// of each and what it says.
var colourFields = [8]struct{ name, id, text string }{
	{"primaryColor", "POLICY-391dG", "Primary color is no valid Hex color value"},
	{"backgroundColor", "POLICY-502F1", "Background color is no valid Hex color value"},
	{"warnColor", "POLICY-nvw33", "Warn color is no valid Hex color value"},
	{"fontColor", "POLICY-93mSf", "Font color is no valid Hex color value"},
	{"primaryColorDark", "POLICY-391dG", "Primary color (dark mode) is no valid Hex color value"},
	{"backgroundColorDark", "POLICY-llsp2", "Background color (dark mode) is no valid Hex color value"},
	{"warnColorDark", "POLICY-2b6sf", "Warn color (dark mode) is no valid Hex color value"},
	{"fontColorDark", "POLICY-3M0fs", "Font color (dark mode) is no valid Hex color value"},
}

// shippedLook is the instance's.
var shippedLook = look{
	colours: [8]string{"#5469d4", "#fafafa", "#cd3d56", "#000000", "#2073c4", "#111827", "#ff3b5b", "#ffffff"}, theme: 1,
}

var hexColour = regexp.MustCompile(`^$|^#([A-Fa-f0-9]{6}|[A-Fa-f0-9]{3})$`)

// labelRequest is what adding and updating have in common.
type labelRequest interface {
	GetPrimaryColor() string
	GetBackgroundColor() string
	GetWarnColor() string
	GetFontColor() string
	GetPrimaryColorDark() string
	GetBackgroundColorDark() string
	GetWarnColorDark() string
	GetFontColorDark() string
	GetHideLoginNameSuffix() bool
	GetDisableWatermark() bool
	GetThemeMode() policy.ThemeMode
}

func lookOf(r labelRequest) (look, error) {
	l := look{
		colours: [8]string{
			r.GetPrimaryColor(), r.GetBackgroundColor(), r.GetWarnColor(), r.GetFontColor(),
			r.GetPrimaryColorDark(), r.GetBackgroundColorDark(), r.GetWarnColorDark(), r.GetFontColorDark(),
		},
		hideSuffix: r.GetHideLoginNameSuffix(), noMark: r.GetDisableWatermark(), theme: int32(r.GetThemeMode()),
	}
	for i, f := range colourFields {
		if !hexColour.MatchString(l.colours[i]) {
			return look{}, invalid(f.id, f.text)
		}
	}
	return l, nil
}

// added are the fields of the event that adds a policy; the watermark has a
// name of its own there.
func (l look) added() values {
	v := values{"hideLoginNameSuffix": l.hideSuffix, "disableMsgPopup": l.noMark, "themeMode": l.theme}
	for i, f := range colourFields {
		v[f.name] = l.colours[i]
	}
	return trimmed(v)
}

// changedFrom are the fields of the event that changes one.
func (l look) changedFrom(old look) values {
	v := values{}
	for i, f := range colourFields {
		if l.colours[i] != old.colours[i] {
			v[f.name] = l.colours[i]
		}
	}
	if l.hideSuffix != old.hideSuffix {
		v["hideLoginNameSuffix"] = l.hideSuffix
	}
	if l.noMark != old.noMark {
		v["disableWatermark"] = l.noMark
	}
	if l.theme != old.theme {
		v["themeMode"] = l.theme
	}
	return v
}

func (s *state) labelMessage(l look, details *objectv1.ObjectDetails, isDefault bool) *policy.LabelPolicy {
	owner := details.GetResourceOwner()
	return &policy.LabelPolicy{
		Details: details, IsDefault: isDefault,
		PrimaryColor: l.colours[0], BackgroundColor: l.colours[1], WarnColor: l.colours[2], FontColor: l.colours[3],
		PrimaryColorDark: l.colours[4], BackgroundColorDark: l.colours[5], WarnColorDark: l.colours[6], FontColorDark: l.colours[7],
		HideLoginNameSuffix: l.hideSuffix, DisableWatermark: l.noMark, ThemeMode: policy.ThemeMode(l.theme),
		LogoUrl: s.assetURL(owner, l.assets[0]), LogoUrlDark: s.assetURL(owner, l.assets[1]),
		IconUrl: s.assetURL(owner, l.assets[2]), IconUrlDark: s.assetURL(owner, l.assets[3]),
	}
}

// labelOf is the look people of an organization see, and whose it is.
func (s *state) labelOf(orgID string) (l look, e edited, own bool) {
	if o := s.orgs[orgID]; o != nil && o.label != nil && o.label.isOn {
		return o.label.active, o.label.shown, true
	}
	return s.instance.label.active, s.instance.label.edited, false
}

func (x *managementService) GetLabelPolicy(ctx context.Context, _ *management.GetLabelPolicyRequest) (*management.GetLabelPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	l, e, own := s.labelOf(c.org)
	if own {
		return &management.GetLabelPolicyResponse{Policy: s.labelMessage(l, orgDetails(e, c.org), false)}, nil
	}
	return &management.GetLabelPolicyResponse{Policy: s.labelMessage(l, s.settingDetails(e), true), IsDefault: true}, nil
}

func (x *managementService) GetPreviewLabelPolicy(ctx context.Context, _ *management.GetPreviewLabelPolicyRequest) (*management.GetPreviewLabelPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	if own := s.orgs[c.org].label; own != nil {
		return &management.GetPreviewLabelPolicyResponse{Policy: s.labelMessage(own.draft, orgDetails(own.edited, c.org), false)}, nil
	}
	p := s.instance.label
	return &management.GetPreviewLabelPolicyResponse{Policy: s.labelMessage(p.draft, s.settingDetails(p.edited), true), IsDefault: true}, nil
}

func (x *managementService) GetDefaultLabelPolicy(context.Context, *management.GetDefaultLabelPolicyRequest) (*management.GetDefaultLabelPolicyResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	p := s.instance.label
	return &management.GetDefaultLabelPolicyResponse{Policy: s.labelMessage(p.active, s.settingDetails(p.edited), true)}, nil
}

const noLabelPolicy = "Private Label Policy not found"

func (x *managementService) AddCustomLabelPolicy(ctx context.Context, r *management.AddCustomLabelPolicyRequest) (*management.AddCustomLabelPolicyResponse, error) {
	l, err := lookOf(r)
	if err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.label != nil {
		return nil, exists("Org-2B0ps", "Errors.Org.LabelPolicy.AlreadyExists")
	}
	t, p := s.begin(c.user.id), &labelPolicy{draft: l}
	t.emit(&o.aggregate, "org.policy.label.added", l.added())
	p.note(t, &o.aggregate)
	o.label = p
	return &management.AddCustomLabelPolicyResponse{Details: &objectv1.ObjectDetails{
		Sequence: uint64(p.seq), CreationDate: stamp(p.created), ResourceOwner: o.id,
	}}, nil
}

// labelDetails are those of the draft: activating does not move them.
func (p *labelPolicy) details(org string) *objectv1.ObjectDetails {
	return &objectv1.ObjectDetails{Sequence: uint64(p.seq), ChangeDate: stamp(p.changed), ResourceOwner: org}
}

func (x *managementService) UpdateCustomLabelPolicy(ctx context.Context, r *management.UpdateCustomLabelPolicyRequest) (*management.UpdateCustomLabelPolicyResponse, error) {
	l, err := lookOf(r)
	if err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.label == nil {
		return nil, notFound("Org-0K9dq", noLabelPolicy)
	}
	changed := l.changedFrom(o.label.draft)
	if len(changed) == 0 {
		return nil, precondition("Org-8nfSr", "Private Label Policy has not been changed")
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.label.changed", changed)
	l.assets = o.label.draft.assets
	o.label.draft = l
	o.label.note(t, &o.aggregate)
	return &management.UpdateCustomLabelPolicyResponse{Details: o.label.details(o.id)}, nil
}

func (x *managementService) ActivateCustomLabelPolicy(ctx context.Context, _ *management.ActivateCustomLabelPolicyRequest) (*management.ActivateCustomLabelPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.label == nil {
		return nil, notFound("ORG-34mSE", noLabelPolicy)
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.label.activated", nil)
	o.label.active, o.label.isOn = o.label.draft, true
	o.label.shown = o.label.edited
	o.label.shown.note(t, &o.aggregate)
	return &management.ActivateCustomLabelPolicyResponse{Details: o.label.details(o.id)}, nil
}

func (x *managementService) ResetLabelPolicyToDefault(ctx context.Context, _ *management.ResetLabelPolicyToDefaultRequest) (*management.ResetLabelPolicyToDefaultResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.label == nil {
		return nil, notFound("Org-3M9df", noLabelPolicy)
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.label.removed", nil)
	o.label = nil
	s.forgetAssets(o.id)
	return &management.ResetLabelPolicyToDefaultResponse{Details: &objectv1.ObjectDetails{
		Sequence: t.sequence(), ChangeDate: stamp(t.at), ResourceOwner: o.id,
	}}, nil
}

func (x *settingsService) GetBrandingSettings(ctx context.Context, r *settings.GetBrandingSettingsRequest) (*settings.GetBrandingSettingsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	owner := s.settingsOwner(c, r.GetCtx())
	l, e, own := s.labelOf(owner)
	details, ownerType := s.settingDetailsV2(e), settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_INSTANCE
	if own {
		details.ResourceOwner, ownerType = owner, settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_ORG
	}
	theme := func(colours []string, logo, icon string) *settings.Theme {
		return &settings.Theme{
			PrimaryColor: colours[0], BackgroundColor: colours[1], WarnColor: colours[2], FontColor: colours[3],
			LogoUrl: s.assetURL(details.GetResourceOwner(), logo), IconUrl: s.assetURL(details.GetResourceOwner(), icon),
		}
	}
	return &settings.GetBrandingSettingsResponse{Details: details, Settings: &settings.BrandingSettings{
		LightTheme: theme(l.colours[:4], l.assets[0], l.assets[2]), DarkTheme: theme(l.colours[4:], l.assets[1], l.assets[3]),
		HideLoginNameSuffix: l.hideSuffix, DisableWatermark: l.noMark, ThemeMode: settings.ThemeMode(l.theme), ResourceOwnerType: ownerType,
	}}, nil
}
