package standin

import (
	"context"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	objectv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	"google.golang.org/protobuf/types/known/durationpb"
)

// managementService is zitadel.management.v1.ManagementService, for the login
// policy of an organization.
type managementService struct {
	management.UnimplementedManagementServiceServer
	s *Server
}

// policyRequest is what the requests of the instance and of organizations have
// in common. It replaces all of the policy: what is not said is false.
type policyRequest interface {
	GetAllowUsernamePassword() bool
	GetAllowRegister() bool
	GetAllowExternalIdp() bool
	GetForceMfa() bool
	GetForceMfaLocalOnly() bool
	GetPasswordlessType() policy.PasswordlessType
	GetHidePasswordReset() bool
	GetIgnoreUnknownUsernames() bool
	GetDefaultRedirectUri() string
	GetAllowDomainDiscovery() bool
	GetDisableLoginWithEmail() bool
	GetDisableLoginWithPhone() bool
	GetPasswordCheckLifetime() *durationpb.Duration
	GetExternalLoginCheckLifetime() *durationpb.Duration
	GetMfaInitSkipLifetime() *durationpb.Duration
	GetSecondFactorCheckLifetime() *durationpb.Duration
	GetMultiFactorCheckLifetime() *durationpb.Duration
}

func policyOf(r policyRequest) loginPolicy {
	return loginPolicy{
		userNamePassword: r.GetAllowUsernamePassword(), register: r.GetAllowRegister(), externalIDP: r.GetAllowExternalIdp(),
		forceMFA: r.GetForceMfa(), forceMFALocal: r.GetForceMfaLocalOnly(), passwordless: int32(r.GetPasswordlessType()),
		hideReset: r.GetHidePasswordReset(), ignoreUnknown: r.GetIgnoreUnknownUsernames(), redirect: r.GetDefaultRedirectUri(),
		domainDiscovery: r.GetAllowDomainDiscovery(), noEmail: r.GetDisableLoginWithEmail(), noPhone: r.GetDisableLoginWithPhone(),
		lifetimes: [5]time.Duration{
			r.GetPasswordCheckLifetime().AsDuration(), r.GetExternalLoginCheckLifetime().AsDuration(), r.GetMfaInitSkipLifetime().AsDuration(),
			r.GetSecondFactorCheckLifetime().AsDuration(), r.GetMultiFactorCheckLifetime().AsDuration(),
		},
	}
}

// fields are those of the policy's events.
func (p loginPolicy) fields() map[string]any {
	return map[string]any{
		"allowUsernamePassword": p.userNamePassword, "allowRegister": p.register, "allowExternalIdp": p.externalIDP,
		"forceMFA": p.forceMFA, "forceMFALocalOnly": p.forceMFALocal, "hidePasswordReset": p.hideReset,
		"ignoreUnknownUsernames": p.ignoreUnknown, "allowDomainDiscovery": p.domainDiscovery,
		"disableLoginWithEmail": p.noEmail, "disableLoginWithPhone": p.noPhone,
		"passwordlessType": p.passwordless, "defaultRedirectURI": p.redirect,
		"passwordCheckLifetime": p.lifetimes[0].Nanoseconds(), "externalLoginCheckLifetime": p.lifetimes[1].Nanoseconds(),
		"mfaInitSkipLifetime": p.lifetimes[2].Nanoseconds(), "secondFactorCheckLifetime": p.lifetimes[3].Nanoseconds(),
		"multiFactorCheckLifetime": p.lifetimes[4].Nanoseconds(),
	}
}

// changedFrom leaves the fields that differ.
func (p loginPolicy) changedFrom(old loginPolicy) values {
	before, after := old.fields(), p.fields()
	for key, value := range after {
		if before[key] == value {
			delete(after, key)
		}
	}
	return values(after)
}

func (p loginPolicy) message(details *objectv1.ObjectDetails, isDefault bool, f factors) *policy.LoginPolicy {
	m := &policy.LoginPolicy{
		Details: details, IsDefault: isDefault,
		AllowUsernamePassword: p.userNamePassword, AllowRegister: p.register, AllowExternalIdp: p.externalIDP,
		ForceMfa: p.forceMFA, ForceMfaLocalOnly: p.forceMFALocal, PasswordlessType: policy.PasswordlessType(p.passwordless),
		HidePasswordReset: p.hideReset, IgnoreUnknownUsernames: p.ignoreUnknown, DefaultRedirectUri: p.redirect,
		PasswordCheckLifetime: durationpb.New(p.lifetimes[0]), ExternalLoginCheckLifetime: durationpb.New(p.lifetimes[1]),
		MfaInitSkipLifetime: durationpb.New(p.lifetimes[2]), SecondFactorCheckLifetime: durationpb.New(p.lifetimes[3]),
		MultiFactorCheckLifetime: durationpb.New(p.lifetimes[4]),
		AllowDomainDiscovery:     p.domainDiscovery, DisableLoginWithEmail: p.noEmail, DisableLoginWithPhone: p.noPhone,
	}
	for _, n := range f.second {
		m.SecondFactors = append(m.SecondFactors, policy.SecondFactorType(n))
	}
	for _, n := range f.multi {
		m.MultiFactors = append(m.MultiFactors, policy.MultiFactorType(n))
	}
	return m
}

// loginPolicyOf is the policy people of an organization sign in under.
func (s *state) loginPolicyOf(orgID string) loginPolicy {
	if o := s.orgs[orgID]; o != nil && o.loginPolicy != nil {
		return *o.loginPolicy
	}
	return s.instance.loginPolicy
}

func (x *adminService) GetLoginPolicy(context.Context, *admin.GetLoginPolicyRequest) (*admin.GetLoginPolicyResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	p := s.instance.loginPolicy
	return &admin.GetLoginPolicyResponse{Policy: p.message(s.settingDetails(p.edited), true, s.instance.factors)}, nil
}

func (x *adminService) UpdateLoginPolicy(ctx context.Context, r *admin.UpdateLoginPolicyRequest) (*admin.UpdateLoginPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	old, p := s.instance.loginPolicy, policyOf(r)
	p.edited = old.edited
	if p == old {
		return nil, precondition("INSTANCE-5M9vdd", "Default Login Policy has not been changed")
	}
	t := s.begin(c.user.id)
	t.emit(&s.instance.aggregate, "instance.policy.login.changed", p.changedFrom(old))
	p.note(t, &s.instance.aggregate)
	s.instance.loginPolicy = p
	return &admin.UpdateLoginPolicyResponse{Details: s.changeDetails(p.edited)}, nil
}

func (x *managementService) Healthz(context.Context, *management.HealthzRequest) (*management.HealthzResponse, error) {
	return &management.HealthzResponse{}, nil
}

func (x *managementService) GetLoginPolicy(ctx context.Context, _ *management.GetLoginPolicyRequest) (*management.GetLoginPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	if own := s.orgs[c.org].loginPolicy; own != nil {
		m := own.message(orgDetails(own.edited, c.org), false, s.orgs[c.org].loginFactors)
		m.Idps = s.loginIDPLinks(s.orgs[c.org].loginIDPs)
		return &management.GetLoginPolicyResponse{Policy: m}, nil
	}
	p := s.instance.loginPolicy
	m := p.message(s.settingDetails(p.edited), true, s.instance.factors)
	m.Idps = s.loginIDPLinks(s.instance.loginIDPs)
	return &management.GetLoginPolicyResponse{Policy: m, IsDefault: true}, nil
}

func orgDetails(e edited, org string) *objectv1.ObjectDetails {
	return &objectv1.ObjectDetails{Sequence: uint64(e.seq), CreationDate: stamp(e.created), ChangeDate: stamp(e.changed), ResourceOwner: org}
}

func (x *managementService) AddCustomLoginPolicy(ctx context.Context, r *management.AddCustomLoginPolicyRequest) (*management.AddCustomLoginPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.loginPolicy != nil {
		return nil, exists("Org-Dgfb2", "Login Policy already exists")
	}
	for _, l := range r.GetIdps() {
		if one := s.idps[l.GetIdpId()]; one == nil || one.owner != o.id && one.owner != s.instance.id {
			return nil, precondition("Org-FEd32", noIDP)
		}
	}
	p := policyOf(r)
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.login.added", trimmed(values(p.fields())))
	p.note(t, &o.aggregate)
	o.loginPolicy, o.loginIDPs, o.loginFactors = &p, nil, factors{}
	for _, f := range r.GetSecondFactors() {
		o.loginFactors.second = append(o.loginFactors.second, int32(f))
		t.emit(&o.aggregate, "org.policy.login.secondfactor.added", values{"mfaType": int32(f)})
	}
	for _, f := range r.GetMultiFactors() {
		o.loginFactors.multi = append(o.loginFactors.multi, int32(f))
		t.emit(&o.aggregate, "org.policy.login.multifactor.added", values{"mfaType": int32(f)})
	}
	for _, l := range r.GetIdps() {
		o.loginIDPs = append(o.loginIDPs, loginIDP{l.GetIdpId(), t.at})
		t.emit(&o.aggregate, "org.policy.login.idpprovider.added", values{"idpConfigId": l.GetIdpId(), "idpProviderType": int(l.GetOwnerType()) - 1})
	}
	return &management.AddCustomLoginPolicyResponse{Details: orgDetails(p.edited, o.id)}, nil
}

func (x *managementService) UpdateCustomLoginPolicy(ctx context.Context, r *management.UpdateCustomLoginPolicyRequest) (*management.UpdateCustomLoginPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.loginPolicy == nil {
		return nil, notFound("Org-M0sif", "Login Policy not found")
	}
	old, p := *o.loginPolicy, policyOf(r)
	p.edited = old.edited
	if p == old {
		return nil, precondition("Org-5M9vdd", "Errors.Org.LoginPolicy.NotChanged")
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.login.changed", p.changedFrom(old))
	p.note(t, &o.aggregate)
	o.loginPolicy = &p
	return &management.UpdateCustomLoginPolicyResponse{Details: orgDetails(p.edited, o.id)}, nil
}
