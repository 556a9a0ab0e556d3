package standin

import (
	"context"
	"slices"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	instancev1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/instance"
	objectv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	orgv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	settingsv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings"
	"google.golang.org/protobuf/types/known/durationpb"
)

// adminService is zitadel.admin.v1.AdminService: the instance's settings, and
// the event log.
type adminService struct {
	admin.UnimplementedAdminServiceServer
	s *Server
}

func (x *adminService) Healthz(context.Context, *admin.HealthzRequest) (*admin.HealthzResponse, error) {
	return &admin.HealthzResponse{}, nil
}

func (s *state) settingDetails(e edited) *objectv1.ObjectDetails {
	return &objectv1.ObjectDetails{
		Sequence: uint64(e.seq), CreationDate: stamp(e.created), ChangeDate: stamp(e.changed), ResourceOwner: s.instance.id,
	}
}

// changeDetails are what a change of a setting answers.
func (s *state) changeDetails(e edited) *objectv1.ObjectDetails {
	return &objectv1.ObjectDetails{Sequence: uint64(e.seq), ChangeDate: stamp(e.changed), ResourceOwner: s.instance.id}
}

func (x *adminService) GetMyInstance(context.Context, *admin.GetMyInstanceRequest) (*admin.GetMyInstanceResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	return &admin.GetMyInstanceResponse{Instance: &instancev1.InstanceDetail{
		Id: s.instance.id, Name: s.instance.name, Version: Version, State: instancev1.State_STATE_RUNNING,
		Details: &objectv1.ObjectDetails{CreationDate: stamp(s.instance.created), ResourceOwner: s.instance.id},
		Domains: []*instancev1.Domain{{Domain: "localhost", Primary: true}},
	}}, nil
}

func (x *adminService) GetDefaultOrg(context.Context, *admin.GetDefaultOrgRequest) (*admin.GetDefaultOrgResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	o := s.orgs[s.instance.defaultOrg]
	return &admin.GetDefaultOrgResponse{Org: &orgv1.Org{
		Id: o.id, Name: o.name, PrimaryDomain: o.primary, State: orgv1.OrgState_ORG_STATE_ACTIVE,
		Details: &objectv1.ObjectDetails{Sequence: uint64(o.shown), CreationDate: stamp(o.created), ChangeDate: stamp(o.changed), ResourceOwner: o.id},
	}}, nil
}

func (x *adminService) SetDefaultOrg(ctx context.Context, r *admin.SetDefaultOrgRequest) (*admin.SetDefaultOrgResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	if s.orgs[r.GetOrgId()] == nil {
		return nil, precondition("INSTA-Wfe21", "Organisation not found")
	}
	if s.instance.defaultOrg == r.GetOrgId() {
		return nil, precondition("INST-SDfw2", "Errors.Instance.NotChanged")
	}
	t := s.begin(c.user.id)
	s.instance.defaultOrg = r.GetOrgId()
	t.emit(&s.instance.aggregate, "instance.default.org.set", values{"orgId": r.GetOrgId()})
	return &admin.SetDefaultOrgResponse{Details: &objectv1.ObjectDetails{
		Sequence: t.sequence(), ChangeDate: stamp(t.at), ResourceOwner: s.instance.id,
	}}, nil
}

func (x *adminService) GetDomainPolicy(context.Context, *admin.GetDomainPolicyRequest) (*admin.GetDomainPolicyResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	p := s.instance.domainPolicy
	return &admin.GetDomainPolicyResponse{Policy: &policy.DomainPolicy{
		Details: s.settingDetails(p.edited), IsDefault: true, UserLoginMustBeDomain: p.mustBeDomain,
		ValidateOrgDomains: p.validateDomains, SmtpSenderAddressMatchesInstanceDomain: p.smtpMatches,
	}}, nil
}

func (x *adminService) UpdateDomainPolicy(ctx context.Context, r *admin.UpdateDomainPolicyRequest) (*admin.UpdateDomainPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	p, changed := &s.instance.domainPolicy, values{}
	set := func(field string, have *bool, want bool) {
		if *have != want {
			*have = want
			changed[field] = want
		}
	}
	set("userLoginMustBeDomain", &p.mustBeDomain, r.GetUserLoginMustBeDomain())
	set("validateOrgDomains", &p.validateDomains, r.GetValidateOrgDomains())
	set("smtpSenderAddressMatchesInstanceDomain", &p.smtpMatches, r.GetSmtpSenderAddressMatchesInstanceDomain())
	if len(changed) == 0 {
		return nil, precondition("POLICY-DAf3h", noChanges)
	}
	t := s.begin(c.user.id)
	t.emit(&s.instance.aggregate, "instance.policy.domain.changed", changed)
	p.note(t, &s.instance.aggregate)
	return &admin.UpdateDomainPolicyResponse{Details: s.changeDetails(p.edited)}, nil
}

func (x *adminService) GetOIDCSettings(context.Context, *admin.GetOIDCSettingsRequest) (*admin.GetOIDCSettingsResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	o := s.instance.oidc
	return &admin.GetOIDCSettingsResponse{Settings: &settingsv1.OIDCSettings{
		Details: s.settingDetails(o.edited), AccessTokenLifetime: durationpb.New(o.access), IdTokenLifetime: durationpb.New(o.id),
		RefreshTokenIdleExpiration: durationpb.New(o.refreshIdle), RefreshTokenExpiration: durationpb.New(o.refresh),
	}}, nil
}

func (x *adminService) AddOIDCSettings(context.Context, *admin.AddOIDCSettingsRequest) (*admin.AddOIDCSettingsResponse, error) {
	return nil, exists("INST-0aaj1o", "OIDC configuration already exists")
}

func (x *adminService) UpdateOIDCSettings(ctx context.Context, r *admin.UpdateOIDCSettingsRequest) (*admin.UpdateOIDCSettingsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o, changed := &s.instance.oidc, values{}
	want := []struct {
		field string
		have  *time.Duration
		want  *durationpb.Duration
	}{
		{"accessTokenLifetime", &o.access, r.GetAccessTokenLifetime()},
		{"idTokenLifetime", &o.id, r.GetIdTokenLifetime()},
		{"refreshTokenIdleExpiration", &o.refreshIdle, r.GetRefreshTokenIdleExpiration()},
		{"refreshTokenExpiration", &o.refresh, r.GetRefreshTokenExpiration()},
	}
	for _, w := range want {
		if w.want.AsDuration() <= 0 {
			return nil, invalid("INST-10sxks", "Errors.Invalid.Argument")
		}
	}
	for _, w := range want {
		if d := w.want.AsDuration(); d != *w.have {
			*w.have = d
			changed[w.field] = d.Nanoseconds()
		}
	}
	if len(changed) == 0 {
		return nil, precondition("COMMAND-0pk2nu", noChanges)
	}
	t := s.begin(c.user.id)
	t.emit(&s.instance.aggregate, "instance.oidc.settings.changed", changed)
	o.note(t, &s.instance.aggregate)
	return &admin.UpdateOIDCSettingsResponse{Details: s.changeDetails(o.edited)}, nil
}

func (x *adminService) GetRestrictions(context.Context, *admin.GetRestrictionsRequest) (*admin.GetRestrictionsResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	r := s.instance.restrictions
	return &admin.GetRestrictionsResponse{
		Details: s.settingDetails(r.edited), DisallowPublicOrgRegistration: r.noPublicRegistration, AllowedLanguages: r.allowedLanguages,
	}, nil
}

func (x *adminService) SetRestrictions(ctx context.Context, in *admin.SetRestrictionsRequest) (*admin.SetRestrictionsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	if in.DisallowPublicOrgRegistration == nil && in.GetAllowedLanguages() == nil {
		return nil, invalid("COMMAND-oASwj", "Errors.Restrictions.NoneSpecified")
	}
	r, changed := &s.instance.restrictions, values{}
	if v := in.DisallowPublicOrgRegistration; v != nil && *v != r.noPublicRegistration {
		r.noPublicRegistration = *v
		changed["disallowPublicOrgRegistration"] = *v
	}
	if v := in.GetAllowedLanguages(); v != nil && !slices.Equal(v.GetList(), r.allowedLanguages) {
		r.allowedLanguages = v.GetList()
		changed["allowedLanguages"] = r.allowedLanguages
	}
	if len(changed) > 0 {
		if r.of.id == "" {
			r.of = aggregate{id: s.nextID(), kind: "restrictions", owner: s.instance.id}
		}
		t := s.begin(c.user.id)
		t.emit(&r.of, "restrictions.set", changed)
		r.note(t, &r.of)
	}
	return &admin.SetRestrictionsResponse{Details: s.changeDetails(r.edited)}, nil
}
