package zitadel

import (
	"context"
	"fmt"

	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	idppb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	managementpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"

	"homeroom.dev/homeroom/identity"
)

// school refuses what is no school: connections and domains are a school's.
func (r *remote) school() error {
	if err := r.present(); err != nil {
		return err
	}
	if r.opened.Organization().Kind != identity.KindSchool {
		return identity.NotFound("organization.not-found")
	}
	return nil
}

// here makes calls of Zitadel's first API be about the opened organization,
// which it takes from a header.
func (r *remote) here(ctx context.Context) context.Context {
	return middleware.SetOrgID(ctx, string(r.opened.ID()))
}

// provider loads an identity provider of the school. One of the installation's
// is known from the configuration and has an owner alone; every other one is
// not found. Zitadel starts a sign-in through any for everybody, so that this
// is the only lock.
func (r *remote) provider(ctx context.Context, id identity.ProviderID) (*idppb.Provider, error) {
	if err := r.school(); err != nil {
		return nil, err
	}
	if id == "" {
		return nil, identity.NotFound("connection.not-found")
	}
	for _, offered := range r.config.Offered {
		if id == offered {
			return &idppb.Provider{Id: string(id), Owner: idppb.IDPOwnerType_IDP_OWNER_TYPE_SYSTEM}, nil
		}
	}
	return r.ownProvider(ctx, id)
}

// ownProvider loads an identity provider and compares its owner with the
// school.
func (r *remote) ownProvider(ctx context.Context, id identity.ProviderID) (*idppb.Provider, error) {
	answer, err := r.client.ManagementService().GetProviderByID(r.here(ctx), &managementpb.GetProviderByIDRequest{Id: string(id)})
	if err != nil {
		return nil, fail("get identity provider", err, "connection.not-found")
	}
	p := answer.GetIdp()
	if p.GetId() != string(id) || p.GetDetails().GetResourceOwner() != string(r.opened.ID()) || p.GetOwner() != idppb.IDPOwnerType_IDP_OWNER_TYPE_ORG {
		return nil, identity.NotFound("connection.not-found").Because(
			fmt.Errorf("identity provider %s belongs to %s", id, p.GetDetails().GetResourceOwner()))
	}
	return p, nil
}

// shared reports whether a provider is one of the installation's.
func shared(p *idppb.Provider) bool {
	return p.GetOwner() == idppb.IDPOwnerType_IDP_OWNER_TYPE_SYSTEM
}
