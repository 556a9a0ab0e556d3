package standin

import (
	"context"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	objectv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	settings "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings/v2"
)

// lockoutPolicy is after how many wrong passwords and codes a user is locked;
// 0 means never, as shipped.
type lockoutPolicy struct {
	passwords, codes uint32
	edited
}

func (p lockoutPolicy) fields() values {
	return trimmed(values{"maxPasswordAttempts": int64(p.passwords), "maxOTPAttempts": int64(p.codes)})
}

// changedFrom are the fields that differ.
func (p lockoutPolicy) changedFrom(old lockoutPolicy) values {
	changed := values{}
	if p.passwords != old.passwords {
		changed["maxPasswordAttempts"] = int64(p.passwords)
	}
	if p.codes != old.codes {
		changed["maxOTPAttempts"] = int64(p.codes)
	}
	return changed
}

func (p lockoutPolicy) message(details *objectv1.ObjectDetails, isDefault bool) *policy.LockoutPolicy {
	return &policy.LockoutPolicy{Details: details, MaxPasswordAttempts: uint64(p.passwords), MaxOtpAttempts: uint64(p.codes), IsDefault: isDefault}
}

// lockoutOf is the policy for people of an organization.
func (s *state) lockoutOf(orgID string) lockoutPolicy {
	if o := s.orgs[orgID]; o != nil && o.lockout != nil {
		return *o.lockout
	}
	return s.instance.lockout
}

func (x *adminService) GetLockoutPolicy(context.Context, *admin.GetLockoutPolicyRequest) (*admin.GetLockoutPolicyResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	p := s.instance.lockout
	return &admin.GetLockoutPolicyResponse{Policy: p.message(s.settingDetails(p.edited), true)}, nil
}

func (x *adminService) UpdateLockoutPolicy(ctx context.Context, r *admin.UpdateLockoutPolicyRequest) (*admin.UpdateLockoutPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	old := s.instance.lockout
	p := lockoutPolicy{passwords: r.GetMaxPasswordAttempts(), codes: r.GetMaxOtpAttempts(), edited: old.edited}
	if p == old {
		return nil, precondition("INSTANCE-0psjF", "Errors.Instance.LockoutPolicy.NotChanged")
	}
	t := s.begin(c.user.id)
	t.emit(&s.instance.aggregate, "instance.policy.lockout.changed", p.changedFrom(old))
	p.note(t, &s.instance.aggregate)
	s.instance.lockout = p
	return &admin.UpdateLockoutPolicyResponse{Details: s.changeDetails(p.edited)}, nil
}

func (x *managementService) GetLockoutPolicy(ctx context.Context, _ *management.GetLockoutPolicyRequest) (*management.GetLockoutPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	if own := s.orgs[c.org].lockout; own != nil {
		return &management.GetLockoutPolicyResponse{Policy: own.message(orgDetails(own.edited, c.org), false)}, nil
	}
	p := s.instance.lockout
	return &management.GetLockoutPolicyResponse{Policy: p.message(s.settingDetails(p.edited), true), IsDefault: true}, nil
}

func (x *managementService) AddCustomLockoutPolicy(ctx context.Context, r *management.AddCustomLockoutPolicyRequest) (*management.AddCustomLockoutPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.lockout != nil {
		return nil, exists("ORG-0olDf", "Errors.ORG.LockoutPolicy.AlreadyExists")
	}
	p := &lockoutPolicy{passwords: r.GetMaxPasswordAttempts(), codes: r.GetMaxOtpAttempts()}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.lockout.added", p.fields())
	p.note(t, &o.aggregate)
	o.lockout = p
	return &management.AddCustomLockoutPolicyResponse{Details: orgDetails(p.edited, o.id)}, nil
}

func (x *managementService) UpdateCustomLockoutPolicy(ctx context.Context, r *management.UpdateCustomLockoutPolicyRequest) (*management.UpdateCustomLockoutPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.lockout == nil {
		return nil, notFound("ORG-ADfs1", "Errors.Org.LockoutPolicy.NotFound")
	}
	p := lockoutPolicy{passwords: r.GetMaxPasswordAttempts(), codes: r.GetMaxOtpAttempts(), edited: o.lockout.edited}
	if p == *o.lockout {
		return nil, precondition("ORG-0JFSr", "Errors.Org.LockoutPolicy.NotChanged")
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.lockout.changed", p.changedFrom(*o.lockout))
	p.note(t, &o.aggregate)
	o.lockout = &p
	return &management.UpdateCustomLockoutPolicyResponse{Details: orgDetails(p.edited, o.id)}, nil
}

func (x *managementService) ResetLockoutPolicyToDefault(ctx context.Context, _ *management.ResetLockoutPolicyToDefaultRequest) (*management.ResetLockoutPolicyToDefaultResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.lockout == nil {
		return nil, notFound("ORG-D4zuz", "Errors.Org.LockoutPolicy.NotFound")
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.lockout.removed", nil)
	o.lockout = nil
	return &management.ResetLockoutPolicyToDefaultResponse{Details: &objectv1.ObjectDetails{
		Sequence: t.sequence(), ChangeDate: stamp(t.at), ResourceOwner: o.id,
	}}, nil
}

func (x *settingsService) GetLockoutSettings(ctx context.Context, r *settings.GetLockoutSettingsRequest) (*settings.GetLockoutSettingsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	owner := s.settingsOwner(c, r.GetCtx())
	p := s.lockoutOf(owner)
	details, ownerType := s.settingDetailsV2(p.edited), settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_INSTANCE
	if o := s.orgs[owner]; o != nil && o.lockout != nil {
		details.ResourceOwner, ownerType = o.id, settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_ORG
	}
	return &settings.GetLockoutSettingsResponse{Details: details, Settings: &settings.LockoutSettings{
		MaxPasswordAttempts: uint64(p.passwords), MaxOtpAttempts: uint64(p.codes), ResourceOwnerType: ownerType,
	}}, nil
}
