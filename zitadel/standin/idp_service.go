package standin

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	idpv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	objectv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// oidcRequest is what the requests that add or change a generic OIDC provider
// have in common.
type oidcRequest interface {
	GetName() string
	GetIssuer() string
	GetClientId() string
	GetClientSecret() string
	GetScopes() []string
	GetIsIdTokenMapping() bool
	GetUsePkce() bool
	GetProviderOptions() *idpv1.Options
}

func oidcOf(r oidcRequest) *oidcIDP {
	return &oidcIDP{
		issuer: strings.TrimSpace(r.GetIssuer()), clientID: strings.TrimSpace(r.GetClientId()), clientSecret: strings.TrimSpace(r.GetClientSecret()),
		scopes: slices.Clone(r.GetScopes()), idTokenMapping: r.GetIsIdTokenMapping(), pkce: r.GetUsePkce(),
	}
}

// checkOIDC is what the validators of the real server refuse. Whether there is
// anything at the issuer does not matter.
func checkOIDC(message string, r oidcRequest, secret bool) error {
	for _, f := range []struct {
		name, value string
		most        int
		optional    bool
	}{
		{"Name", r.GetName(), 200, false},
		{"Issuer", r.GetIssuer(), 200, false},
		{"ClientId", r.GetClientId(), 200, false},
		{"ClientSecret", r.GetClientSecret(), 1000, !secret},
	} {
		if f.optional && f.value == "" {
			continue
		}
		if err := checkLength(message+"."+f.name, f.value, f.most); err != nil {
			return err
		}
	}
	return nil
}

// ownedBy is an organization or the instance as the owner of providers.
type ownedBy struct {
	s      *state
	of     *aggregate
	prefix string // of event names
	id     string // of errors
	text   string // when there is no such provider
}

func (s *state) idpsOfOrg(org string) ownedBy {
	return ownedBy{s, &s.orgs[org].aggregate, "org.idp.", "ORG-", "Errors.Org.IDPConfig.NotExisting"}
}

func (s *state) idpsOfInstance() ownedBy {
	return ownedBy{s, &s.instance.aggregate, "instance.idp.", "INST-", noIDP}
}

const noIDP = "Identity Provider Configuration doesn't exist"

// find is a provider of this owner; one of another owner is not there.
func (o ownedBy) find(id, missing string) (*idProvider, error) {
	p := o.s.idps[id]
	if p == nil || p.owner != o.of.id {
		return nil, notFound(o.id+missing, o.text)
	}
	return p, nil
}

func (o ownedBy) add(t *tx, p *idProvider) *objectv1.ObjectDetails {
	p.owner = o.of.id
	t.emit(o.of, o.prefix+p.kind()+".added", values(p.fields()))
	p.note(t, o.of)
	o.s.idps[p.id] = p
	return &objectv1.ObjectDetails{Sequence: uint64(p.seq), CreationDate: stamp(p.changed), ResourceOwner: p.owner}
}

// change replaces what is known of a provider. The event names what differs.
func (o ownedBy) change(t *tx, old, p *idProvider, always bool) *objectv1.ObjectDetails {
	before, after := old.fields(), p.fields()
	for key, value := range after {
		if key != "id" && key != "key" && key != "clientSecret" && reflect.DeepEqual(before[key], value) {
			delete(after, key)
		}
	}
	delete(after, "key")
	if p.oidc != nil && p.oidc.clientSecret == old.oidc.clientSecret {
		delete(after, "clientSecret")
	}
	if always || len(after) > 1 || p.options != old.options {
		t.emit(o.of, o.prefix+p.kind()+".changed", values(after))
		p.note(t, o.of)
		o.s.idps[p.id] = p
	}
	return &objectv1.ObjectDetails{Sequence: uint64(p.seq), ChangeDate: stamp(p.changed), ResourceOwner: p.owner}
}

func (o ownedBy) addOIDC(c caller, r oidcRequest) (string, *objectv1.ObjectDetails) {
	p := &idProvider{id: o.s.nextID(), name: strings.TrimSpace(r.GetName()), options: optionsOf(r.GetProviderOptions()), oidc: oidcOf(r)}
	return p.id, o.add(o.s.begin(c.user.id), p)
}

// changeOIDC keeps the client secret unless there is a new one.
func (o ownedBy) changeOIDC(c caller, id string, r oidcRequest) (*objectv1.ObjectDetails, error) {
	old, err := o.find(id, "Dg331")
	if err != nil || old.oidc == nil {
		return nil, notFound(o.id+"Dg331", o.text)
	}
	p := *old
	p.name, p.options, p.oidc = strings.TrimSpace(r.GetName()), optionsOf(r.GetProviderOptions()), oidcOf(r)
	if p.oidc.clientSecret == "" {
		p.oidc.clientSecret = old.oidc.clientSecret
	}
	return o.change(o.s.begin(c.user.id), old, &p, false), nil
}

func (o ownedBy) remove(c caller, id string) (*objectv1.ObjectDetails, error) {
	p, err := o.find(id, "Se3tg")
	if err != nil {
		return nil, err
	}
	t := o.s.begin(c.user.id)
	t.emit(o.of, o.prefix+"removed", values{"id": id})
	o.s.dropIDP(p)
	return &objectv1.ObjectDetails{Sequence: t.sequence(), ChangeDate: stamp(t.at), ResourceOwner: p.owner}, nil
}

// listIDPs are those of the owners that match.
func (s *state) listIDPs(query *objectv1.ListQuery, matching func(*idProvider) bool, owners ...string) (*objectv1.ListDetails, []*idpv1.Provider) {
	shown := s.faults.shownUntil(s.now())
	var found []*idpv1.Provider
	for _, id := range slices.Sorted(maps.Keys(s.idps)) {
		if p := s.idps[id]; slices.Contains(owners, p.owner) && p.created <= shown && matching(p) {
			found = append(found, s.idpMessage(p))
		}
	}
	details := &objectv1.ListDetails{TotalResult: uint64(len(found)), ViewTimestamp: timestamppb.New(micros(s.clock))}
	return details, cut(found, query.GetOffset(), uint64(query.GetLimit()))
}

func (x *managementService) AddGenericOIDCProvider(ctx context.Context, r *management.AddGenericOIDCProviderRequest) (*management.AddGenericOIDCProviderResponse, error) {
	if err := checkOIDC("AddGenericOIDCProviderRequest", r, true); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	id, details := s.idpsOfOrg(c.org).addOIDC(c, r)
	return &management.AddGenericOIDCProviderResponse{Id: id, Details: details}, nil
}

func (x *managementService) UpdateGenericOIDCProvider(ctx context.Context, r *management.UpdateGenericOIDCProviderRequest) (*management.UpdateGenericOIDCProviderResponse, error) {
	if err := checkOIDC("UpdateGenericOIDCProviderRequest", r, false); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	details, err := s.idpsOfOrg(c.org).changeOIDC(c, r.GetId(), r)
	if err != nil {
		return nil, err
	}
	return &management.UpdateGenericOIDCProviderResponse{Details: details}, nil
}

func (x *managementService) GetProviderByID(ctx context.Context, r *management.GetProviderByIDRequest) (*management.GetProviderByIDResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	p := s.idps[r.GetId()]
	if p == nil || p.owner != c.org {
		return nil, notFound("QUERY-SAFrt", noIDP)
	}
	return &management.GetProviderByIDResponse{Idp: s.idpMessage(p)}, nil
}

// ListProviders shows the instance's providers as well.
func (x *managementService) ListProviders(ctx context.Context, r *management.ListProvidersRequest) (*management.ListProvidersResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.RLock()
	defer s.RUnlock()
	details, found := s.listIDPs(r.GetQuery(), func(p *idProvider) bool {
		for _, q := range r.GetQueries() {
			if !s.matchesIDP(p, q.GetIdpIdQuery(), q.GetIdpNameQuery(), q.GetOwnerTypeQuery()) {
				return false
			}
		}
		return true
	}, s.instance.id, c.org)
	return &management.ListProvidersResponse{Details: details, Result: found}, nil
}

func (s *state) matchesIDP(p *idProvider, id *idpv1.IDPIDQuery, name *idpv1.IDPNameQuery, owner *idpv1.IDPOwnerTypeQuery) bool {
	switch {
	case id != nil:
		return p.id == id.GetId()
	case name != nil:
		return matches(int32(name.GetMethod()), p.name, name.GetName())
	case owner != nil:
		return s.idpMessage(p).GetOwner() == owner.GetOwnerType()
	default:
		return true
	}
}

func (x *managementService) DeleteProvider(ctx context.Context, r *management.DeleteProviderRequest) (*management.DeleteProviderResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	details, err := s.idpsOfOrg(c.org).remove(c, r.GetId())
	if err != nil {
		return nil, err
	}
	return &management.DeleteProviderResponse{Details: details}, nil
}

func (x *adminService) AddGenericOIDCProvider(ctx context.Context, r *admin.AddGenericOIDCProviderRequest) (*admin.AddGenericOIDCProviderResponse, error) {
	if err := checkOIDC("AddGenericOIDCProviderRequest", r, true); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	id, details := s.idpsOfInstance().addOIDC(c, r)
	return &admin.AddGenericOIDCProviderResponse{Id: id, Details: details}, nil
}

func (x *adminService) UpdateGenericOIDCProvider(ctx context.Context, r *admin.UpdateGenericOIDCProviderRequest) (*admin.UpdateGenericOIDCProviderResponse, error) {
	if err := checkOIDC("UpdateGenericOIDCProviderRequest", r, false); err != nil {
		return nil, err
	}
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	details, err := s.idpsOfInstance().changeOIDC(c, r.GetId(), r)
	if err != nil {
		return nil, err
	}
	return &admin.UpdateGenericOIDCProviderResponse{Details: details}, nil
}

func (x *adminService) GetProviderByID(_ context.Context, r *admin.GetProviderByIDRequest) (*admin.GetProviderByIDResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	p := s.idps[r.GetId()]
	if p == nil || p.owner != s.instance.id {
		return nil, notFound("QUERY-SAFrt", noIDP)
	}
	return &admin.GetProviderByIDResponse{Idp: s.idpMessage(p)}, nil
}

func (x *adminService) ListProviders(_ context.Context, r *admin.ListProvidersRequest) (*admin.ListProvidersResponse, error) {
	s := x.s
	s.RLock()
	defer s.RUnlock()
	details, found := s.listIDPs(r.GetQuery(), func(p *idProvider) bool {
		for _, q := range r.GetQueries() {
			if !s.matchesIDP(p, q.GetIdpIdQuery(), q.GetIdpNameQuery(), nil) {
				return false
			}
		}
		return true
	}, s.instance.id)
	return &admin.ListProvidersResponse{Details: details, Result: found}, nil
}

func (x *adminService) DeleteProvider(ctx context.Context, r *admin.DeleteProviderRequest) (*admin.DeleteProviderResponse, error) {
	s, c := x.s, callerOf(ctx)
	s.Lock()
	defer s.Unlock()
	details, err := s.idpsOfInstance().remove(c, r.GetId())
	if err != nil {
		return nil, err
	}
	return &admin.DeleteProviderResponse{Details: details}, nil
}
