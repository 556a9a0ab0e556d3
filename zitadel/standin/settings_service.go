package standin

import (
	"context"

	feature "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/feature/v2"
	idpv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp/v2"
	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	settings "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings/v2"
	"google.golang.org/protobuf/types/known/durationpb"
)

// settingsService is zitadel.settings.v2.SettingsService. All organizations
// have the instance's settings, except for a login policy of their own. Which
// organization is asked about is the request's to say; the rights are looked at
// in the caller's.
type settingsService struct {
	settings.UnimplementedSettingsServiceServer
	s *Server
}

func (s *state) settingDetailsV2(e edited) *object.Details {
	return &object.Details{Sequence: uint64(e.seq), ChangeDate: stamp(e.changed), CreationDate: stamp(e.created), ResourceOwner: s.instance.id}
}

// settingsOwner is whom settings are asked of.
func (s *state) settingsOwner(c caller, r *object.RequestContext) string {
	switch {
	case r.GetInstance():
		return s.instance.id
	case r.GetOrgId() != "":
		return r.GetOrgId()
	default:
		return c.org
	}
}

func (x *settingsService) GetLoginSettings(ctx context.Context, r *settings.GetLoginSettingsRequest) (*settings.GetLoginSettingsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	owner := s.settingsOwner(c, r.GetCtx())
	p := s.loginPolicyOf(owner)
	allowed := s.instance.factors
	details, ownerType := s.settingDetailsV2(p.edited), settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_INSTANCE
	if o := s.orgs[owner]; o != nil && o.loginPolicy != nil {
		allowed = o.loginFactors
		details.ResourceOwner, ownerType = o.id, settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_ORG
	}
	m := &settings.LoginSettings{
		//lint:ignore SA1019 a real server fills the older field as well
		AllowUsernamePassword: p.userNamePassword, AllowLocalAuthentication: p.userNamePassword, AllowRegister: p.register,
		AllowExternalIdp: p.externalIDP, ForceMfa: p.forceMFA, ForceMfaLocalOnly: p.forceMFALocal,
		PasskeysType: settings.PasskeysType(p.passwordless), HidePasswordReset: p.hideReset,
		IgnoreUnknownUsernames: p.ignoreUnknown, DefaultRedirectUri: p.redirect,
		PasswordCheckLifetime: durationpb.New(p.lifetimes[0]), ExternalLoginCheckLifetime: durationpb.New(p.lifetimes[1]),
		MfaInitSkipLifetime: durationpb.New(p.lifetimes[2]), SecondFactorCheckLifetime: durationpb.New(p.lifetimes[3]),
		MultiFactorCheckLifetime: durationpb.New(p.lifetimes[4]),
		AllowDomainDiscovery:     p.domainDiscovery, DisableLoginWithEmail: p.noEmail, DisableLoginWithPhone: p.noPhone,
		ResourceOwnerType: ownerType,
	}
	for _, n := range allowed.second {
		m.SecondFactors = append(m.SecondFactors, settings.SecondFactorType(n))
	}
	for _, n := range allowed.multi {
		m.MultiFactors = append(m.MultiFactors, settings.MultiFactorType(n))
	}
	return &settings.GetLoginSettingsResponse{Details: details, Settings: m}, nil
}

func (x *settingsService) GetActiveIdentityProviders(ctx context.Context, r *settings.GetActiveIdentityProvidersRequest) (*settings.GetActiveIdentityProvidersResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	answer := &settings.GetActiveIdentityProvidersResponse{}
	for _, p := range s.loginIDPsOf(s.settingsOwner(c, r.GetCtx())) {
		wanted := func(want *bool, have bool) bool { return want == nil || *want == have }
		if !wanted(r.CreationAllowed, p.options.creation) || !wanted(r.LinkingAllowed, p.options.linking) ||
			!wanted(r.AutoCreation, p.options.autoCreation) || !wanted(r.AutoLinking, p.options.autoLinking != 0) {
			continue
		}
		kind := settings.IdentityProviderType_IDENTITY_PROVIDER_TYPE_OIDC
		switch {
		case p.saml != nil:
			kind = settings.IdentityProviderType_IDENTITY_PROVIDER_TYPE_SAML
		case p.jwt != nil:
			kind = settings.IdentityProviderType_IDENTITY_PROVIDER_TYPE_JWT
		}
		answer.IdentityProviders = append(answer.IdentityProviders, &settings.IdentityProvider{
			Id: p.id, Name: p.name, Type: kind, Options: &idpv2.Options{
				IsLinkingAllowed: p.options.linking, IsCreationAllowed: p.options.creation, IsAutoCreation: p.options.autoCreation,
				IsAutoUpdate: p.options.autoUpdate, AutoLinking: idpv2.AutoLinkingOption(p.options.autoLinking),
			},
		})
	}
	answer.Details = s.totals(len(answer.GetIdentityProviders()))
	return answer, nil
}

func (x *settingsService) GetDomainSettings(context.Context, *settings.GetDomainSettingsRequest) (*settings.GetDomainSettingsResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	p := s.instance.domainPolicy
	return &settings.GetDomainSettingsResponse{Details: s.settingDetailsV2(p.edited), Settings: &settings.DomainSettings{
		LoginNameIncludesDomain: p.mustBeDomain, RequireOrgDomainVerification: p.validateDomains,
		SmtpSenderAddressMatchesInstanceDomain: p.smtpMatches, ResourceOwnerType: settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_INSTANCE,
	}}, nil
}

// featureService is zitadel.feature.v2.FeatureService, for the instance.
type featureService struct {
	feature.UnimplementedFeatureServiceServer
	s *Server
}

func (x *featureService) GetInstanceFeatures(context.Context, *feature.GetInstanceFeaturesRequest) (*feature.GetInstanceFeaturesResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	f := s.instance.features
	answer := &feature.GetInstanceFeaturesResponse{
		Details:         s.settingDetailsV2(f.edited),
		LoginDefaultOrg: flag(f.loginDefaultOrg), UserSchema: flag(f.userSchema),
		DebugOidcParentError: flag(f.debugParent), OidcSingleV1SessionTermination: flag(f.singleV1),
		PermissionCheckV2: flag(f.permissionV2), ConsoleUseV2UserApi: flag(f.consoleV2),
		ImprovedPerformance: &feature.ImprovedPerformanceFeatureFlag{Source: feature.Source_SOURCE_SYSTEM},
		LoginV2:             &feature.LoginV2FeatureFlag{Source: feature.Source_SOURCE_SYSTEM, Required: x.s.version == 2},
	}
	if f.improvedSet {
		answer.ImprovedPerformance.Source = feature.Source_SOURCE_INSTANCE
		for _, p := range f.improved {
			answer.ImprovedPerformance.ExecutionPaths = append(answer.ImprovedPerformance.ExecutionPaths, feature.ImprovedPerformance(p))
		}
	}
	if f.loginV2 != nil {
		answer.LoginV2 = &feature.LoginV2FeatureFlag{Required: f.loginV2.required, BaseUri: f.loginV2.base, Source: feature.Source_SOURCE_INSTANCE}
	}
	return answer, nil
}

func flag(on *bool) *feature.FeatureFlag {
	if on == nil {
		return &feature.FeatureFlag{Source: feature.Source_SOURCE_SYSTEM}
	}
	return &feature.FeatureFlag{Enabled: *on, Source: feature.Source_SOURCE_INSTANCE}
}

// SetInstanceFeatures sets what is said. An empty list of improved performance
// says nothing, so that it cannot be switched off here.
func (x *featureService) SetInstanceFeatures(ctx context.Context, r *feature.SetInstanceFeaturesRequest) (*feature.SetInstanceFeaturesResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	f, said := &s.instance.features, false
	type change struct {
		kind string
		data values
	}
	var events []change
	set := func(kind string, have **bool, want *bool) {
		if want == nil {
			return
		}
		said = true
		if *have == nil || **have != *want {
			*have = want
			events = append(events, change{"feature.instance." + kind + ".set", values{"value": *want}})
		}
	}
	set("login_default_org", &f.loginDefaultOrg, r.LoginDefaultOrg)
	set("user_schema", &f.userSchema, r.UserSchema)
	set("debug_oidc_parent_error", &f.debugParent, r.DebugOidcParentError)
	set("oidc_single_v1_session_termination", &f.singleV1, r.OidcSingleV1SessionTermination)
	set("permission_check_v2", &f.permissionV2, r.PermissionCheckV2)
	set("console_use_v2_user_api", &f.consoleV2, r.ConsoleUseV2UserApi)
	if len(r.GetImprovedPerformance()) > 0 {
		said = true
		f.improved, f.improvedSet = nil, true
		for _, p := range r.GetImprovedPerformance() {
			f.improved = append(f.improved, int32(p))
		}
		events = append(events, change{"feature.instance.improved_performance.set", values{"value": f.improved}})
	}
	if l := r.GetLoginV2(); l != nil {
		said = true
		f.loginV2 = &loginV2{required: l.GetRequired(), base: l.BaseUri}
		events = append(events, change{"feature.instance.login_v2.set", values{"value": values{"required": l.GetRequired(), "base_uri": l.GetBaseUri()}}})
	}
	if !said {
		return nil, invalid("COMMAND-Vigh1", noChanges)
	}
	t := s.begin(c.user.id)
	for _, e := range events {
		t.emit(&f.of, e.kind, e.data)
	}
	if len(events) > 0 {
		f.note(t, &f.of)
	}
	return &feature.SetInstanceFeaturesResponse{Details: objectDetails(uint64(f.seq), f.changed, s.instance.id)}, nil
}

func (x *featureService) ResetInstanceFeatures(ctx context.Context, _ *feature.ResetInstanceFeaturesRequest) (*feature.ResetInstanceFeaturesResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	t := s.begin(c.user.id)
	old := s.instance.features
	s.instance.features = features{of: old.of, edited: old.edited}
	f := &s.instance.features
	t.emit(&f.of, "feature.instance.reset", nil)
	f.note(t, &f.of)
	return &feature.ResetInstanceFeaturesResponse{Details: objectDetails(uint64(f.seq), f.changed, s.instance.id)}, nil
}
