package standin

import (
	"context"
	"slices"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	objectv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/policy"
)

const (
	factorThere   = "Multifactor already exists"
	factorMissed  = "Multifactor not existing"
	factorUnknown = "Multifactor invalid"
)

// factorChange adds a factor to an organization's own login policy or takes it
// out. A real server does so without such a policy as well; the factors then
// lie there until one is added.
type factorChange struct {
	list  func(*factors) *[]int32
	kind  string // of the event, without its end
	value int32
	add   bool
	taken error // there already, or not there
}

func (s *Server) changeFactors(ctx context.Context, ch factorChange) (*objectv1.ObjectDetails, error) {
	if ch.value == 0 {
		return nil, invalid("Org-5m9fs", factorUnknown)
	}
	c := callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	o := s.orgs[c.org]
	list := ch.list(&o.loginFactors)
	if slices.Contains(*list, ch.value) == ch.add {
		return nil, ch.taken
	}
	t := s.begin(c.user.id)
	end := ".removed"
	if ch.add {
		end = ".added"
		*list = append(slices.Clone(*list), ch.value)
	} else {
		*list = slices.DeleteFunc(slices.Clone(*list), func(f int32) bool { return f == ch.value })
	}
	t.emit(&o.aggregate, ch.kind+end, values{"mfaType": ch.value})
	return &objectv1.ObjectDetails{Sequence: t.sequence(), ChangeDate: stamp(t.at), ResourceOwner: o.id}, nil
}

func secondFactors(f *factors) *[]int32 { return &f.second }
func multiFactors(f *factors) *[]int32  { return &f.multi }

const (
	secondFactorEvent = "org.policy.login.secondfactor"
	multiFactorEvent  = "org.policy.login.multifactor"
)

func (x *managementService) AddSecondFactorToLoginPolicy(ctx context.Context, r *management.AddSecondFactorToLoginPolicyRequest) (*management.AddSecondFactorToLoginPolicyResponse, error) {
	d, err := x.s.changeFactors(ctx, factorChange{secondFactors, secondFactorEvent, int32(r.GetType()), true, exists("Org-2B0ps", factorThere)})
	if err != nil {
		return nil, err
	}
	return &management.AddSecondFactorToLoginPolicyResponse{Details: d}, nil
}

func (x *managementService) RemoveSecondFactorFromLoginPolicy(ctx context.Context, r *management.RemoveSecondFactorFromLoginPolicyRequest) (*management.RemoveSecondFactorFromLoginPolicyResponse, error) {
	d, err := x.s.changeFactors(ctx, factorChange{secondFactors, secondFactorEvent, int32(r.GetType()), false, notFound("Org-3M9od", factorMissed)})
	if err != nil {
		return nil, err
	}
	return &management.RemoveSecondFactorFromLoginPolicyResponse{Details: d}, nil
}

func (x *managementService) AddMultiFactorToLoginPolicy(ctx context.Context, r *management.AddMultiFactorToLoginPolicyRequest) (*management.AddMultiFactorToLoginPolicyResponse, error) {
	d, err := x.s.changeFactors(ctx, factorChange{multiFactors, multiFactorEvent, int32(r.GetType()), true, exists("Org-3M9od", factorThere)})
	if err != nil {
		return nil, err
	}
	return &management.AddMultiFactorToLoginPolicyResponse{Details: d}, nil
}

func (x *managementService) RemoveMultiFactorFromLoginPolicy(ctx context.Context, r *management.RemoveMultiFactorFromLoginPolicyRequest) (*management.RemoveMultiFactorFromLoginPolicyResponse, error) {
	d, err := x.s.changeFactors(ctx, factorChange{multiFactors, multiFactorEvent, int32(r.GetType()), false, notFound("Org-3M9df", factorMissed)})
	if err != nil {
		return nil, err
	}
	return &management.RemoveMultiFactorFromLoginPolicyResponse{Details: d}, nil
}

func (x *managementService) ListLoginPolicySecondFactors(ctx context.Context, _ *management.ListLoginPolicySecondFactorsRequest) (*management.ListLoginPolicySecondFactorsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	answer := &management.ListLoginPolicySecondFactorsResponse{}
	for _, f := range s.factorsOf(c.org).second {
		answer.Result = append(answer.Result, policy.SecondFactorType(f))
	}
	answer.Details = &objectv1.ListDetails{TotalResult: uint64(len(answer.GetResult()))}
	return answer, nil
}

func (x *managementService) ListLoginPolicyMultiFactors(ctx context.Context, _ *management.ListLoginPolicyMultiFactorsRequest) (*management.ListLoginPolicyMultiFactorsResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	answer := &management.ListLoginPolicyMultiFactorsResponse{}
	for _, f := range s.factorsOf(c.org).multi {
		answer.Result = append(answer.Result, policy.MultiFactorType(f))
	}
	answer.Details = &objectv1.ListDetails{TotalResult: uint64(len(answer.GetResult()))}
	return answer, nil
}
