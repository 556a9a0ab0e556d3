package zitadel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	idppb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"homeroom.dev/homeroom/identity"
)

// Registration is what a vendor gave the installation that registered itself
// as an application there. One serves every school.
type Registration struct {
	Issuer   string
	ClientID string
	// ClientSecret is needed the first time. It is kept at Zitadel alone.
	ClientSecret string
}

// Issuers of the vendors with one registration for all schools.
const (
	CleverIssuer    = "https://clever.com"
	ClassLinkIssuer = "https://launchpad.classlink.com"
)

// Offer is an identity provider of the whole installation.
type Offer struct {
	Provider identity.ProviderID `yaml:"provider"`
	// Mark tells whether a client secret is the one that Zitadel has, which it
	// does not show.
	Mark string `yaml:"mark"`
}

// offers makes the identity providers that every school may use, where the
// installation is registered.
func (b *bootstrap) offers(ctx context.Context) error {
	in, was := &b.installation, b.options.Previous
	for _, offer := range []struct {
		name         string
		registration Registration
		issuer       string
		previous     Offer
		made         *Offer
	}{
		{"Clever", b.options.Clever, CleverIssuer, was.Clever, &in.Clever},
		{"ClassLink", b.options.ClassLink, ClassLinkIssuer, was.ClassLink, &in.ClassLink},
	} {
		if offer.registration.Issuer == "" {
			offer.registration.Issuer = offer.issuer
		}
		name := offer.name
		if b.options.Name != "Homeroom" {
			name += " for " + b.options.Name
		}
		made, changed, err := b.offer(ctx, name, offer.registration, offer.previous)
		if made == (Offer{}) && !changed && err == nil {
			continue // not registered there
		}
		if err := b.step("sign-in with "+offer.name, changed, err); err != nil {
			return err
		}
		*offer.made = made
	}
	return nil
}

// offer brings one of them to its registration. One that an earlier run made
// stays where this one does not say.
func (b *bootstrap) offer(ctx context.Context, name string, registration Registration, previous Offer) (Offer, bool, error) {
	is, err := b.offered(ctx, name, previous.Provider)
	if err != nil {
		return Offer{}, false, err
	}
	if registration.ClientID == "" {
		if is == nil {
			return Offer{}, previous.Provider != "", nil
		}
		return Offer{Provider: identity.ProviderID(is.GetId()), Mark: previous.Mark}, false, nil
	}
	if is == nil {
		return b.addOffer(ctx, name, registration)
	}
	made := Offer{Provider: identity.ProviderID(is.GetId()), Mark: previous.Mark}
	if registration.ClientSecret != "" {
		made.Mark = secretMark(registration.ClientSecret)
	}
	config := is.GetConfig().GetOidc()
	if is.GetName() == name && config.GetIssuer() == registration.Issuer && config.GetClientId() == registration.ClientID &&
		slices.Equal(config.GetScopes(), defaultScopes) && proto.Equal(is.GetConfig().GetOptions(), nothingAutomatic()) && made.Mark == previous.Mark {
		return made, false, nil
	}
	_, err = b.client.AdminService().UpdateGenericOIDCProvider(ctx, &adminpb.UpdateGenericOIDCProviderRequest{
		Id: is.GetId(), Name: name, Issuer: registration.Issuer, ClientId: registration.ClientID,
		ClientSecret: registration.ClientSecret, Scopes: defaultScopes, ProviderOptions: nothingAutomatic(),
	})
	return made, true, failProvider("update identity provider", err)
}

func (b *bootstrap) addOffer(ctx context.Context, name string, registration Registration) (Offer, bool, error) {
	if registration.ClientSecret == "" {
		return Offer{}, false, fmt.Errorf("the client secret of %s is needed as well", registration.ClientID)
	}
	added, err := b.client.AdminService().AddGenericOIDCProvider(ctx, &adminpb.AddGenericOIDCProviderRequest{
		Name: name, Issuer: registration.Issuer, ClientId: registration.ClientID,
		ClientSecret: registration.ClientSecret, Scopes: defaultScopes, ProviderOptions: nothingAutomatic(),
	})
	if err != nil {
		return Offer{}, false, failProvider("add identity provider", err)
	}
	made := Offer{Provider: identity.ProviderID(added.GetId()), Mark: secretMark(registration.ClientSecret)}
	found, err := shown(ctx, func() (bool, error) {
		is, err := b.offered(ctx, name, made.Provider)
		return is != nil, err
	})
	if err == nil && !found {
		err = notShown("read identity provider back")
	}
	return made, true, err
}

// offered finds an identity provider of the instance by what an earlier run
// remembers, or by its name; nil if there is none.
func (b *bootstrap) offered(ctx context.Context, name string, previous identity.ProviderID) (*idppb.Provider, error) {
	if previous != "" {
		answer, err := b.client.AdminService().GetProviderByID(ctx, &adminpb.GetProviderByIDRequest{Id: string(previous)})
		if err == nil && answer.GetIdp().GetConfig().GetOidc() != nil {
			return answer.GetIdp(), nil
		}
		if err != nil && !isCode(err, codes.NotFound) {
			return nil, fail("get identity provider", err, "remote.refused")
		}
	}
	listed, err := b.client.AdminService().ListProviders(ctx, &adminpb.ListProvidersRequest{
		Queries: []*adminpb.ProviderQuery{{Query: &adminpb.ProviderQuery_IdpNameQuery{IdpNameQuery: &idppb.IDPNameQuery{
			Name: name, Method: objectpb.TextQueryMethod_TEXT_QUERY_METHOD_EQUALS,
		}}}},
	})
	if err != nil {
		return nil, fail("list identity providers", err, "remote.refused")
	}
	for _, is := range listed.GetResult() {
		if is.GetName() == name && shared(is) && is.GetConfig().GetOidc() != nil {
			return is, nil
		}
	}
	return nil, nil
}

// secretMark is enough of a digest to see that a secret changed.
func secretMark(secret string) string {
	sum := sha256.Sum256([]byte("homeroom client secret\x00" + secret))
	return hex.EncodeToString(sum[:8])
}
