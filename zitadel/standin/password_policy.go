package standin

import (
	"context"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	objectv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
	settings "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings/v2"
)

// passwordPolicy is what a password must have.
type passwordPolicy struct {
	length                      uint64
	upper, lower, digit, symbol bool
	edited
}

// shippedPasswords is the instance's.
var shippedPasswords = passwordPolicy{length: 8, upper: true, lower: true, digit: true, symbol: true}

// mostPassword is what the hash takes.
const mostPassword = 72

// check counts bytes and knows the letters of English alone, as Zitadel does:
// every other one is a symbol.
func (p passwordPolicy) check(password string) error {
	var upper, lower, digit, symbol bool
	for _, r := range password {
		switch {
		case 'A' <= r && r <= 'Z':
			upper = true
		case 'a' <= r && r <= 'z':
			lower = true
		case '0' <= r && r <= '9':
			digit = true
		default:
			symbol = true
		}
	}
	switch {
	case uint64(len(password)) < p.length:
		return invalid("COMMA-HuJf6", "Password is too short")
	case len(password) > mostPassword:
		return invalid("DOMAIN-oz5Zy", "Password is too long")
	case p.lower && !lower:
		return invalid("COMMA-co3Xw", "Password must contain lower case")
	case p.upper && !upper:
		return invalid("COMMA-VoaRj", "Password must contain upper case")
	case p.digit && !digit:
		return invalid("COMMA-ZBv4H", "Password must contain number")
	case p.symbol && !symbol:
		return invalid("COMMA-ZDLwA", "Password must contain symbol")
	}
	return nil
}

func (p passwordPolicy) fields() values {
	return trimmed(values{
		"minLength": int64(p.length), "hasUppercase": p.upper, "hasLowercase": p.lower, "hasNumber": p.digit, "hasSymbol": p.symbol,
	})
}

// changedFrom are the fields that differ.
func (p passwordPolicy) changedFrom(old passwordPolicy) values {
	changed := values{}
	if p.length != old.length {
		changed["minLength"] = int64(p.length)
	}
	for name, was := range map[string][2]bool{
		"hasUppercase": {old.upper, p.upper}, "hasLowercase": {old.lower, p.lower},
		"hasNumber": {old.digit, p.digit}, "hasSymbol": {old.symbol, p.symbol},
	} {
		if was[0] != was[1] {
			changed[name] = was[1]
		}
	}
	return changed
}

func (p passwordPolicy) message(details *objectv1.ObjectDetails, isDefault bool) *policy.PasswordComplexityPolicy {
	return &policy.PasswordComplexityPolicy{
		Details: details, MinLength: p.length, HasUppercase: p.upper, HasLowercase: p.lower, HasNumber: p.digit, HasSymbol: p.symbol, IsDefault: isDefault,
	}
}

// passwordsRequest is what the requests that set the policy have in common.
type passwordsRequest interface {
	GetMinLength() uint64
	GetHasUppercase() bool
	GetHasLowercase() bool
	GetHasNumber() bool
	GetHasSymbol() bool
}

// passwordPolicyFrom is what a request asks for. The instance's policy refuses
// other lengths with an ID of its own.
func passwordPolicyFrom(r passwordsRequest, before edited, wrongID string) (passwordPolicy, error) {
	p := passwordPolicy{
		length: r.GetMinLength(), upper: r.GetHasUppercase(), lower: r.GetHasLowercase(), digit: r.GetHasNumber(), symbol: r.GetHasSymbol(), edited: before,
	}
	if p.length == 0 || p.length > mostPassword {
		return p, invalid(wrongID, "Errors.User.PasswordComplexityPolicy.MinLengthNotAllowed")
	}
	return p, nil
}

// passwordPolicyOf is the policy for people of an organization.
func (s *state) passwordPolicyOf(orgID string) passwordPolicy {
	if o := s.orgs[orgID]; o != nil && o.passwords != nil {
		return *o.passwords
	}
	return s.instance.passwords
}

func (x *adminService) GetPasswordComplexityPolicy(context.Context, *admin.GetPasswordComplexityPolicyRequest) (*admin.GetPasswordComplexityPolicyResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	p := s.instance.passwords
	return &admin.GetPasswordComplexityPolicyResponse{Policy: p.message(s.settingDetails(p.edited), true)}, nil
}

func (x *adminService) UpdatePasswordComplexityPolicy(ctx context.Context, r *admin.UpdatePasswordComplexityPolicyRequest) (*admin.UpdatePasswordComplexityPolicyResponse, error) {
	request := &management.UpdateCustomPasswordComplexityPolicyRequest{
		MinLength: uint64(r.GetMinLength()), HasUppercase: r.GetHasUppercase(), HasLowercase: r.GetHasLowercase(), HasNumber: r.GetHasNumber(), HasSymbol: r.GetHasSymbol(),
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	old := s.instance.passwords
	p, err := passwordPolicyFrom(request, old.edited, "MODEL-Lsp0e")
	if err != nil {
		return nil, err
	}
	if p == old {
		return nil, precondition("INSTANCE-9jlsf", "Errors.Instance.PasswordComplexityPolicy.NotChanged")
	}
	t := s.begin(c.user.id)
	t.emit(&s.instance.aggregate, "instance.policy.password.complexity.changed", p.changedFrom(old))
	p.note(t, &s.instance.aggregate)
	s.instance.passwords = p
	return &admin.UpdatePasswordComplexityPolicyResponse{Details: s.changeDetails(p.edited)}, nil
}

func (x *managementService) GetPasswordComplexityPolicy(ctx context.Context, _ *management.GetPasswordComplexityPolicyRequest) (*management.GetPasswordComplexityPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	if own := s.orgs[c.org].passwords; own != nil {
		return &management.GetPasswordComplexityPolicyResponse{Policy: own.message(orgDetails(own.edited, c.org), false)}, nil
	}
	p := s.instance.passwords
	return &management.GetPasswordComplexityPolicyResponse{Policy: p.message(s.settingDetails(p.edited), true), IsDefault: true}, nil
}

func (x *managementService) AddCustomPasswordComplexityPolicy(ctx context.Context, r *management.AddCustomPasswordComplexityPolicyRequest) (*management.AddCustomPasswordComplexityPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	p, err := passwordPolicyFrom(r, edited{}, "MODEL-Lsp0e")
	if err != nil {
		return nil, err
	}
	if o.passwords != nil {
		return nil, exists("Org-LdhbS", "Errors.Org.PasswordComplexityPolicy.AlreadyExists")
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.password.complexity.added", p.fields())
	p.note(t, &o.aggregate)
	o.passwords = &p
	return &management.AddCustomPasswordComplexityPolicyResponse{Details: orgDetails(p.edited, o.id)}, nil
}

func (x *managementService) UpdateCustomPasswordComplexityPolicy(ctx context.Context, r *management.UpdateCustomPasswordComplexityPolicyRequest) (*management.UpdateCustomPasswordComplexityPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.passwords == nil {
		return nil, notFound("ORG-Dgs3g", "Errors.Org.PasswordComplexityPolicy.NotFound")
	}
	p, err := passwordPolicyFrom(r, o.passwords.edited, "MODEL-Lsp0e")
	if err != nil {
		return nil, err
	}
	if p == *o.passwords {
		return nil, precondition("Org-DAs21", "Errors.Org.PasswordComplexityPolicy.NotChanged")
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.password.complexity.changed", p.changedFrom(*o.passwords))
	p.note(t, &o.aggregate)
	o.passwords = &p
	return &management.UpdateCustomPasswordComplexityPolicyResponse{Details: orgDetails(p.edited, o.id)}, nil
}

func (x *managementService) ResetPasswordComplexityPolicyToDefault(ctx context.Context, _ *management.ResetPasswordComplexityPolicyToDefaultRequest) (*management.ResetPasswordComplexityPolicyToDefaultResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.passwords == nil {
		return nil, notFound("ORG-ADgs2", "Errors.Org.PasswordComplexityPolicy.NotFound")
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.password.complexity.removed", nil)
	o.passwords = nil
	return &management.ResetPasswordComplexityPolicyToDefaultResponse{Details: &objectv1.ObjectDetails{
		Sequence: t.sequence(), ChangeDate: stamp(t.at), ResourceOwner: o.id,
	}}, nil
}

func (x *settingsService) GetPasswordComplexitySettings(ctx context.Context, r *settings.GetPasswordComplexitySettingsRequest) (*settings.GetPasswordComplexitySettingsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	owner := s.settingsOwner(c, r.GetCtx())
	p := s.passwordPolicyOf(owner)
	details, ownerType := s.settingDetailsV2(p.edited), settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_INSTANCE
	if o := s.orgs[owner]; o != nil && o.passwords != nil {
		details.ResourceOwner, ownerType = o.id, settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_ORG
	}
	return &settings.GetPasswordComplexitySettingsResponse{Details: details, Settings: &settings.PasswordComplexitySettings{
		MinLength: p.length, RequiresUppercase: p.upper, RequiresLowercase: p.lower, RequiresNumber: p.digit, RequiresSymbol: p.symbol,
		ResourceOwnerType: ownerType,
	}}, nil
}

// WantPasswords gives an organization a rule of its own for passwords: a length
// and nothing else.
func (d *Seed) WantPasswords(org string, length uint64) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	o := s.orgs[org]
	if o == nil {
		return notFound("COMMAND-QXPGs", "Organisation not found")
	}
	p := passwordPolicy{length: length}
	t := s.begin(d.editor)
	t.emit(&o.aggregate, "org.policy.password.complexity.added", p.fields())
	p.note(t, &o.aggregate)
	o.passwords = &p
	return nil
}
