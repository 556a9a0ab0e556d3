package zitadel

import (
	"cmp"
	"context"
	"slices"

	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
)

// LinkUser ties a user at home here to who they are at the provider.
func (r *remote) LinkUser(ctx context.Context, user identity.UserID, provider identity.ProviderID, externalID, name string) error {
	if _, err := r.provider(ctx, provider); err != nil {
		return err
	}
	if _, err := r.atHome(ctx, user); err != nil {
		return err
	}
	if externalID == "" {
		return identity.Invalid("remote.refused")
	}
	return r.link(ctx, user, idpLink(provider, externalID, name))
}

// idpLink ties to externalID at the provider. Zitadel wants a name to show, and
// neither is longer than 200 characters there.
func idpLink(provider identity.ProviderID, externalID, name string) *userpb.IDPLink {
	shown := []rune(cmp.Or(name, externalID))
	return &userpb.IDPLink{IdpId: string(provider), UserId: externalID, UserName: string(shown[:min(len(shown), 200)])}
}

func (r *remote) link(ctx context.Context, user identity.UserID, link *userpb.IDPLink) error {
	_, err := r.client.UserServiceV2().AddIDPLink(ctx, &userpb.AddIDPLinkRequest{UserId: string(user), IdpLink: link})
	if err == nil {
		_ = r.awaitLink(ctx, user, link) // the link is made, whether or not it is shown in time
		return nil
	}
	if !is(err, idTaken) {
		return fail("add identity provider link", err, "user.not-found")
	}
	// Taken by this user, perhaps a moment ago, or by another.
	linked, listErr := shown(ctx, func() (bool, error) { return r.linked(ctx, user, link) })
	if listErr != nil || linked {
		return listErr
	}
	return identity.Conflict("connection.identity-taken").Because(err)
}

// awaitLink waits until Zitadel shows a new link. Its login pages look there: who
// is sent to them at once would be told that they are linked to nobody.
func (r *remote) awaitLink(ctx context.Context, user identity.UserID, link *userpb.IDPLink) error {
	_, err := shown(ctx, func() (bool, error) {
		linked, err := r.linked(ctx, user, link)
		if identity.IsKind(err, identity.KindNotFound) {
			return false, nil // the user is not shown yet either
		}
		return linked, err
	})
	return err
}

// linked reports whether the user has the link already.
func (r *remote) linked(ctx context.Context, user identity.UserID, link *userpb.IDPLink) (bool, error) {
	answer, err := r.client.UserServiceV2().ListIDPLinks(ctx, &userpb.ListIDPLinksRequest{
		UserId: string(user), Query: &objectpb.ListQuery{Limit: 100},
	})
	if err != nil {
		return false, fail("list identity provider links", err, "user.not-found")
	}
	return slices.ContainsFunc(answer.GetResult(), func(l *userpb.IDPLink) bool {
		return l.GetIdpId() == link.GetIdpId() && l.GetUserId() == link.GetUserId()
	}), nil
}

// CreateLinkedUser creates a user who is tied to who they are at the provider
// from the first moment.
func (r *remote) CreateLinkedUser(ctx context.Context, n identity.NewUser, provider identity.ProviderID, externalID string) (identity.Fact, error) {
	if _, err := r.provider(ctx, provider); err != nil {
		return nil, err
	}
	if externalID == "" {
		return nil, identity.Invalid("remote.refused")
	}
	link := idpLink(provider, externalID, cmp.Or(n.Address, n.UserName))
	fact, err := r.createUser(ctx, n, link)
	if err != nil {
		return nil, err
	}
	// The user is made, whether or not the link is shown in time.
	_ = r.awaitLink(ctx, n.ID, link)
	return fact, nil
}

// SetPersonNames changes the names of a user at home here.
func (r *remote) SetPersonNames(ctx context.Context, id identity.UserID, given, family string) (identity.Fact, error) {
	return r.UpdateUser(ctx, id, identity.UserUpdate{GivenName: &given, FamilyName: &family})
}

// SignInMethods are the ways a user at home here can sign in. Zitadel answers
// by the organization in the header, whoever the user is.
func (r *remote) SignInMethods(ctx context.Context, id identity.UserID) ([]identity.SignInMethod, error) {
	u, err := r.atHome(ctx, id)
	if err != nil {
		return nil, err
	}
	answer, err := r.client.UserServiceV2().ListAuthenticationMethodTypes(middleware.SetOrgID(ctx, string(u.Home)),
		&userpb.ListAuthenticationMethodTypesRequest{UserId: string(id)})
	if err != nil {
		return nil, fail("list authentication methods", err, "user.not-found")
	}
	var methods []identity.SignInMethod
	for _, kind := range answer.GetAuthMethodTypes() {
		if method := toMethod(kind); method != "" && !slices.Contains(methods, method) {
			methods = append(methods, method)
		}
	}
	return methods, nil
}

func toMethod(kind userpb.AuthenticationMethodType) identity.SignInMethod {
	switch kind {
	case userpb.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_PASSWORD:
		return identity.MethodPassword
	case userpb.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_PASSKEY:
		return identity.MethodPasskey
	case userpb.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_IDP:
		return identity.MethodExternal
	case userpb.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_TOTP,
		userpb.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_U2F,
		userpb.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_OTP_SMS,
		userpb.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_OTP_EMAIL:
		return identity.MethodOTP
	}
	return ""
}
