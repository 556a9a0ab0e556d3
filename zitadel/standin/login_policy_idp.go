package standin

import (
	"context"
	"slices"

	idpv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	objectv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// loginIDP is an identity provider that a login policy offers.
type loginIDP struct {
	id    string
	added int64
}

// loginIDPsOf are the providers people of an organization may sign in through:
// those of its own policy, or if it has none, of the instance's.
func (s *state) loginIDPsOf(orgID string) []*idProvider {
	list, p := s.instance.loginIDPs, s.instance.loginPolicy
	if o := s.orgs[orgID]; o != nil && o.loginPolicy != nil {
		list, p = o.loginIDPs, *o.loginPolicy
	}
	if !p.externalIDP {
		return nil
	}
	var found []*idProvider
	for _, l := range list {
		if one := s.idps[l.id]; one != nil {
			found = append(found, one)
		}
	}
	return found
}

func (x *managementService) ResetLoginPolicyToDefault(ctx context.Context, _ *management.ResetLoginPolicyToDefaultRequest) (*management.ResetLoginPolicyToDefaultResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.loginPolicy == nil {
		return nil, notFound("Org-GHB37", noLoginPolicy)
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.login.removed", nil)
	o.loginPolicy, o.loginIDPs = nil, nil
	return &management.ResetLoginPolicyToDefaultResponse{Details: &objectv1.ObjectDetails{
		Sequence: t.sequence(), ChangeDate: stamp(t.at), ResourceOwner: o.id,
	}}, nil
}

const noLoginPolicy = "Login Policy not found"

// AddIDPToLoginPolicy takes a provider of the organization or of the instance,
// as the request says; it must be that.
func (x *managementService) AddIDPToLoginPolicy(ctx context.Context, r *management.AddIDPToLoginPolicyRequest) (*management.AddIDPToLoginPolicyResponse, error) {
	if err := checkLength("AddIDPToLoginPolicyRequest.IdpId", r.GetIdpId(), 200); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.loginPolicy == nil {
		return nil, notFound("Org-Ffgw2", noLoginPolicy)
	}
	owner, kind := s.instance.id, 0
	if r.GetOwnerType() == idpv1.IDPOwnerType_IDP_OWNER_TYPE_ORG {
		owner, kind = o.id, 1
	}
	p := s.idps[r.GetIdpId()]
	if p == nil || p.owner != owner {
		return nil, precondition("Org-3N9fs", noIDP)
	}
	if slices.ContainsFunc(o.loginIDPs, func(l loginIDP) bool { return l.id == p.id }) {
		return nil, exists("Org-2B0ps", "Errors.Org.LoginPolicy.IDP.AlreadyExists")
	}
	t := s.begin(c.user.id)
	data := values{"idpConfigId": p.id}
	if kind != 0 {
		data["idpProviderType"] = kind
	}
	t.emit(&o.aggregate, "org.policy.login.idpprovider.added", data)
	o.loginIDPs = append(slices.Clone(o.loginIDPs), loginIDP{p.id, t.at})
	return &management.AddIDPToLoginPolicyResponse{Details: &objectv1.ObjectDetails{
		Sequence: t.sequence(), CreationDate: stamp(t.at), ResourceOwner: o.id,
	}}, nil
}

func (x *managementService) RemoveIDPFromLoginPolicy(ctx context.Context, r *management.RemoveIDPFromLoginPolicyRequest) (*management.RemoveIDPFromLoginPolicyResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	if o.loginPolicy == nil {
		return nil, notFound("Org-GVDfe", noLoginPolicy)
	}
	at := slices.IndexFunc(o.loginIDPs, func(l loginIDP) bool { return l.id == r.GetIdpId() })
	if at < 0 {
		return nil, notFound("Org-39fjs", "Errors.Org.LoginPolicy.IDP.NotExisting")
	}
	t := s.begin(c.user.id)
	t.emit(&o.aggregate, "org.policy.login.idpprovider.removed", values{"idpConfigId": r.GetIdpId()})
	o.loginIDPs = slices.Delete(slices.Clone(o.loginIDPs), at, at+1)
	return &management.RemoveIDPFromLoginPolicyResponse{Details: &objectv1.ObjectDetails{
		Sequence: t.sequence(), ChangeDate: stamp(t.at), ResourceOwner: o.id,
	}}, nil
}

// loginIDPLinks do not say of which kind the providers are.
func (s *state) loginIDPLinks(list []loginIDP) []*idpv1.IDPLoginPolicyLink {
	var found []*idpv1.IDPLoginPolicyLink
	for _, l := range list {
		if p := s.idps[l.id]; p != nil {
			found = append(found, &idpv1.IDPLoginPolicyLink{IdpId: p.id, IdpName: p.name})
		}
	}
	return found
}

func (x *managementService) ListLoginPolicyIDPs(ctx context.Context, r *management.ListLoginPolicyIDPsRequest) (*management.ListLoginPolicyIDPsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	list, shown := s.instance.loginIDPs, s.faults.shownUntil(s.now())
	if o := s.orgs[c.org]; o.loginPolicy != nil {
		list = o.loginIDPs
	}
	found := s.loginIDPLinks(slices.DeleteFunc(slices.Clone(list), func(l loginIDP) bool { return l.added > shown }))
	return &management.ListLoginPolicyIDPsResponse{
		Details: &objectv1.ListDetails{TotalResult: uint64(len(found)), ViewTimestamp: timestamppb.New(micros(s.clock))},
		Result:  cut(found, r.GetQuery().GetOffset(), uint64(r.GetQuery().GetLimit())),
	}, nil
}
