package zitadel

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

func (r *remote) LoginPolicy(context.Context) (identity.LoginPolicy, error) {
	return identity.LoginPolicy{}, identity.Unavailable("remote.refused")
}

func (r *remote) SetLoginPolicy(context.Context, identity.LoginPolicy) error {
	return identity.Unavailable("remote.refused")
}

func (r *remote) SetBranding(context.Context, identity.Branding) error {
	return identity.Unavailable("remote.refused")
}

func (r *remote) SetState(context.Context, identity.OrganizationState) (identity.Fact, error) {
	return nil, identity.Unavailable("remote.refused")
}

func (r *remote) SetSchool(context.Context, identity.OrganizationID) (identity.Fact, error) {
	return nil, identity.Unavailable("remote.refused")
}

// Delete removes an organization.
func (p *Provisioner) Delete(context.Context, identity.Opened) (identity.Fact, error) {
	return nil, identity.Unavailable("remote.refused")
}
