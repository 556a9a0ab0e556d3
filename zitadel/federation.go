package zitadel

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

var notYet = identity.Unavailable("remote.refused")

func (r *remote) CreateProvider(context.Context, identity.Provider) (identity.ProviderID, error) {
	return "", notYet
}
func (r *remote) UpdateProvider(context.Context, identity.ProviderID, identity.Provider) error {
	return notYet
}
func (r *remote) DeleteProvider(context.Context, identity.ProviderID) error { return notYet }
func (r *remote) AttachProvider(context.Context, identity.ProviderID) error { return notYet }
func (r *remote) DetachProvider(context.Context, identity.ProviderID) error { return notYet }
func (r *remote) StartIntent(ctx context.Context, provider identity.ProviderID, success, failure string) (string, error) {
	return "", notYet
}
func (r *remote) Intent(ctx context.Context, provider identity.ProviderID, id, token string) (identity.Arrival, error) {
	return identity.Arrival{}, notYet
}
func (r *remote) LinkUser(ctx context.Context, user identity.UserID, provider identity.ProviderID, externalID, name string) error {
	return notYet
}
func (r *remote) CreateLinkedUser(ctx context.Context, user identity.NewUser, provider identity.ProviderID, externalID string) (identity.Fact, error) {
	return nil, notYet
}
func (r *remote) SetPersonNames(ctx context.Context, user identity.UserID, given, family string) (identity.Fact, error) {
	return nil, notYet
}
func (r *remote) SignInMethods(context.Context, identity.UserID) ([]identity.SignInMethod, error) {
	return nil, notYet
}
func (r *remote) ClosePasswords(context.Context) error               { return notYet }
func (r *remote) OpenPasswords(context.Context) error                { return notYet }
func (r *remote) AddDomain(ctx context.Context, domain string) error { return notYet }
func (r *remote) ChallengeDomain(ctx context.Context, domain string, proof identity.DomainProof) (identity.DomainChallenge, error) {
	return identity.DomainChallenge{}, notYet
}
func (r *remote) VerifyDomain(ctx context.Context, domain string) error { return notYet }
func (r *remote) Domains(context.Context) ([]identity.Domain, error)    { return nil, notYet }
func (r *remote) DeleteDomain(ctx context.Context, domain string) error { return notYet }
