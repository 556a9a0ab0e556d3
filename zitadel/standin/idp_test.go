package standin_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	idpv1 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp"
	idpv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/idp/v2"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	settings "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"
)

const someMetadata = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example/saml"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/></IDPSSODescriptor></EntityDescriptor>`

type fact struct {
	name string
	err  error
	code codes.Code
	id   string
	text string // beginning
}

func (f fact) check(t *testing.T) {
	t.Helper()
	if st := status.Convert(f.err); st.Code() != f.code || detailOf(st) != f.id || !strings.HasPrefix(st.Message(), f.text) {
		t.Errorf("%s:\n got %s %q %q\nwant %s %q %q", f.name, st.Code(), detailOf(st), st.Message(), f.code, f.id, f.text)
	}
}

// What a real server was seen to answer when providers are made and changed.
func TestProviders(t *testing.T) {
	p := newPlatform(t)
	ctx, elsewhere := withOrg(t, p.own), withOrg(t, p.foreign)
	c := p.runtime.ManagementService()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(someMetadata)) }))
	t.Cleanup(web.Close)
	xml := func(text string) *management.AddSAMLProviderRequest_MetadataXml {
		return &management.AddSAMLProviderRequest_MetadataXml{MetadataXml: []byte(text)}
	}
	add := func(r *management.AddSAMLProviderRequest) (string, error) {
		made, err := c.AddSAMLProvider(ctx, r)
		return made.GetId(), err
	}
	saml, err := add(&management.AddSAMLProviderRequest{Name: "Lincoln", Metadata: xml(someMetadata), Binding: idpv1.SAMLBinding_SAML_BINDING_REDIRECT, ProviderOptions: &idpv1.Options{}})
	fact{"add", err, codes.OK, "", ""}.check(t)
	_, err = add(&management.AddSAMLProviderRequest{Name: "Lincoln", Metadata: xml("<EntitiesDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\">" + someMetadata + "</EntitiesDescriptor>")})
	fact{"add one of many, same name", err, codes.OK, "", ""}.check(t)
	_, err = add(&management.AddSAMLProviderRequest{Name: "By URL", Metadata: &management.AddSAMLProviderRequest_MetadataUrl{MetadataUrl: web.URL}})
	fact{"add by URL", err, codes.OK, "", ""}.check(t)
	for name, text := range map[string]string{"other XML": "<not-metadata/>", "no XML": "hello"} {
		_, err = add(&management.AddSAMLProviderRequest{Name: "Bad", Metadata: xml(text)})
		fact{name, err, codes.InvalidArgument, "ORG-SF3rwhgh", "SAML Metadata format error"}.check(t)
	}
	_, err = add(&management.AddSAMLProviderRequest{Name: "Bad"})
	fact{"no metadata", err, codes.InvalidArgument, "", "invalid AddSAMLProviderRequest.Metadata: value is required"}.check(t)
	_, err = add(&management.AddSAMLProviderRequest{Name: "Bad", Metadata: &management.AddSAMLProviderRequest_MetadataUrl{MetadataUrl: "http://127.0.0.1:1/"}})
	fact{"nothing at the URL", err, codes.InvalidArgument, "ORG-ipzxvf3cv2", "SAML metadata is missing"}.check(t)
	_, err = c.AddSAMLProvider(elsewhere, &management.AddSAMLProviderRequest{Name: "Bad", Metadata: xml(someMetadata)})
	fact{"foreign organization", err, codes.NotFound, "AUTHZ-cdgFk", "membership not found"}.check(t)

	update := func(id, text string) error {
		_, err := c.UpdateSAMLProvider(ctx, &management.UpdateSAMLProviderRequest{Id: id, Name: "Lincoln", Metadata: &management.UpdateSAMLProviderRequest_MetadataXml{MetadataXml: []byte(text)}})
		return err
	}
	fact{"update", update(saml, someMetadata), codes.OK, "", ""}.check(t)
	fact{"update, the same", update(saml, someMetadata), codes.OK, "", ""}.check(t)
	fact{"update, bad", update(saml, "<x/>"), codes.InvalidArgument, "ORG-SFqqh42", "SAML Metadata format error"}.check(t)
	fact{"update, missing", update("nope", someMetadata), codes.NotFound, "ORG-z82dddndql", "Errors.Org.IDPConfig.NotExisting"}.check(t)

	oidc := &management.AddGenericOIDCProviderRequest{Name: "OIDC", Issuer: "not a url", ClientId: "x", ClientSecret: "y", UsePkce: true, Scopes: []string{"openid"}}
	made, err := c.AddGenericOIDCProvider(ctx, oidc)
	fact{"add OIDC", err, codes.OK, "", ""}.check(t)
	oidc.ClientSecret = ""
	_, err = c.AddGenericOIDCProvider(ctx, oidc)
	fact{"add OIDC without secret", err, codes.InvalidArgument, "", "invalid AddGenericOIDCProviderRequest.ClientSecret: value length"}.check(t)
	change := &management.UpdateGenericOIDCProviderRequest{Id: made.GetId(), Name: "OIDC", Issuer: "https://a.example", ClientId: "x", UsePkce: true}
	for range 2 {
		_, err = c.UpdateGenericOIDCProvider(ctx, change)
		fact{"update OIDC", err, codes.OK, "", ""}.check(t)
	}
	got, err := c.GetProviderByID(ctx, &management.GetProviderByIDRequest{Id: made.GetId()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&idpv1.Provider{
		Id: made.GetId(), Name: "OIDC", State: idpv1.IDPState_IDP_STATE_ACTIVE, Owner: idpv1.IDPOwnerType_IDP_OWNER_TYPE_ORG, Type: idpv1.ProviderType_PROVIDER_TYPE_OIDC,
		Config: &idpv1.ProviderConfig{Options: &idpv1.Options{}, Config: &idpv1.ProviderConfig_Oidc{Oidc: &idpv1.GenericOIDCConfig{ClientId: "x", Issuer: "https://a.example", UsePkce: true}}},
	}, got.GetIdp(), protocmp.Transform(), protocmp.IgnoreFields(&idpv1.Provider{}, "details")); diff != "" || got.GetIdp().GetDetails().GetResourceOwner() != p.own {
		t.Error(diff, got.GetIdp().GetDetails())
	}
	_, err = p.owner.ManagementService().GetProviderByID(elsewhere, &management.GetProviderByIDRequest{Id: saml})
	fact{"get as another's", err, codes.NotFound, "QUERY-SAFrt", "Identity Provider Configuration doesn't exist"}.check(t)
	_, err = p.owner.ManagementService().DeleteProvider(elsewhere, &management.DeleteProviderRequest{Id: saml})
	fact{"delete as another's", err, codes.NotFound, "ORG-Se3tg", "Errors.Org.IDPConfig.NotExisting"}.check(t)

	all, err := p.owner.AdminService().AddGenericOIDCProvider(t.Context(), &admin.AddGenericOIDCProviderRequest{Name: "Clever", Issuer: "https://clever.example", ClientId: "x", ClientSecret: "y"})
	fact{"add to the instance", err, codes.OK, "", ""}.check(t)
	_, err = p.provisioner.AdminService().AddGenericOIDCProvider(t.Context(), &admin.AddGenericOIDCProviderRequest{Name: "Clever", Issuer: "https://clever.example", ClientId: "x", ClientSecret: "y"})
	fact{"add to the instance by provisioner", err, codes.PermissionDenied, "AUTH-5mWD2", "No matching permissions found"}.check(t)
	_, err = c.GetProviderByID(ctx, &management.GetProviderByIDRequest{Id: all.GetId()})
	fact{"get the instance's", err, codes.NotFound, "QUERY-SAFrt", "Identity Provider Configuration doesn't exist"}.check(t)
	listed, err := c.ListProviders(ctx, &management.ListProvidersRequest{})
	if err != nil || len(listed.GetResult()) != 5 || listed.GetResult()[4].GetOwner() != idpv1.IDPOwnerType_IDP_OWNER_TYPE_SYSTEM {
		t.Errorf("listed = %v %v", listed, err)
	}
	link := func(user, idp string) error {
		_, err := p.owner.UserServiceV2().AddIDPLink(t.Context(), &userv2.AddIDPLinkRequest{UserId: user, IdpLink: &userv2.IDPLink{IdpId: idp, UserId: "ext", UserName: "ext"}})
		return err
	}
	fact{"link to another's provider", link(p.foreignUser, saml), codes.FailedPrecondition, "COMMAND-39nf2", "Identity Provider"}.check(t)
	fact{"link to the instance's provider", link(p.foreignUser, all.GetId()), codes.OK, "", ""}.check(t)
	fact{"link", link(p.ownUser, saml), codes.OK, "", ""}.check(t)
	fact{"link again", link(p.ownUser, saml), codes.AlreadyExists, "V3-DKcYh", "External IDP already taken"}.check(t)
	fact{"link nobody", link("nope", saml), codes.FailedPrecondition, "COMMAND-vzktar7b7f", "User could not be found"}.check(t)
	if _, err := c.DeleteProvider(ctx, &management.DeleteProviderRequest{Id: saml}); err != nil {
		t.Error(err)
	}
	_, err = c.DeleteProvider(ctx, &management.DeleteProviderRequest{Id: saml})
	fact{"delete again", err, codes.NotFound, "ORG-Se3tg", "Errors.Org.IDPConfig.NotExisting"}.check(t)
	// Links outlive their provider.
	methods, err := p.runtime.UserServiceV2().ListAuthenticationMethodTypes(ctx, &userv2.ListAuthenticationMethodTypesRequest{UserId: p.ownUser})
	if err != nil || len(methods.GetAuthMethodTypes()) != 2 || methods.GetAuthMethodTypes()[1] != userv2.AuthenticationMethodType_AUTHENTICATION_METHOD_TYPE_IDP {
		t.Errorf("methods = %v %v", methods, err)
	}
	_, err = p.runtime.UserServiceV2().RemoveIDPLink(t.Context(), &userv2.RemoveIDPLinkRequest{UserId: p.ownUser, IdpId: saml, LinkedUserId: "ext"})
	fact{"unlink", err, codes.OK, "", ""}.check(t)
	_, err = p.runtime.UserServiceV2().RemoveIDPLink(t.Context(), &userv2.RemoveIDPLinkRequest{UserId: p.ownUser, IdpId: saml, LinkedUserId: "ext"})
	fact{"unlink again", err, codes.NotFound, "COMMAND-1M9xR", "External IDP not found"}.check(t)
	_, err = p.runtime.UserServiceV2().ListIDPLinks(t.Context(), &userv2.ListIDPLinksRequest{UserId: p.foreignUser})
	fact{"links of a foreign user", err, codes.NotFound, "AUTHZ-cdgFk", "membership not found"}.check(t)
	if links, err := p.owner.UserServiceV2().ListIDPLinks(t.Context(), &userv2.ListIDPLinksRequest{UserId: p.foreignUser}); err != nil || len(links.GetResult()) != 1 {
		t.Errorf("links = %v %v", links, err)
	}
}

func TestLoginPoliciesOfferProviders(t *testing.T) {
	p := newPlatform(t)
	ctx, c := withOrg(t, p.own), p.runtime.ManagementService()
	made, err := c.AddSAMLProvider(ctx, &management.AddSAMLProviderRequest{Name: "Lincoln", Metadata: &management.AddSAMLProviderRequest_MetadataXml{MetadataXml: []byte(someMetadata)}})
	if err != nil {
		t.Fatal(err)
	}
	attach := func(id string) error {
		_, err := c.AddIDPToLoginPolicy(ctx, &management.AddIDPToLoginPolicyRequest{IdpId: id, OwnerType: idpv1.IDPOwnerType_IDP_OWNER_TYPE_ORG})
		return err
	}
	detach := func() error {
		_, err := c.RemoveIDPFromLoginPolicy(ctx, &management.RemoveIDPFromLoginPolicyRequest{IdpId: made.GetId()})
		return err
	}
	fact{"attach without a policy", attach(made.GetId()), codes.NotFound, "Org-Ffgw2", "Login Policy not found"}.check(t)
	fact{"detach without a policy", detach(), codes.NotFound, "Org-GVDfe", "Login Policy not found"}.check(t)
	if _, err := c.AddCustomLoginPolicy(ctx, loginPolicy()); err != nil {
		t.Fatal(err)
	}
	fact{"attach nothing", attach("nope"), codes.FailedPrecondition, "Org-3N9fs", "Identity Provider Configuration doesn't exist"}.check(t)
	fact{"attach", attach(made.GetId()), codes.OK, "", ""}.check(t)
	fact{"attach again", attach(made.GetId()), codes.AlreadyExists, "Org-2B0ps", "Errors.Org.LoginPolicy.IDP.AlreadyExists"}.check(t)
	links := []*idpv1.IDPLoginPolicyLink{{IdpId: made.GetId(), IdpName: "Lincoln"}}
	listed, err := c.ListLoginPolicyIDPs(ctx, &management.ListLoginPolicyIDPsRequest{})
	if diff := cmp.Diff(links, listed.GetResult(), protocmp.Transform()); err != nil || diff != "" {
		t.Error(diff, err)
	}
	policy, err := c.GetLoginPolicy(ctx, &management.GetLoginPolicyRequest{})
	if diff := cmp.Diff(links, policy.GetPolicy().GetIdps(), protocmp.Transform()); err != nil || diff != "" || policy.GetIsDefault() {
		t.Error(diff, err)
	}
	of := &object.RequestContext{ResourceOwner: &object.RequestContext_OrgId{OrgId: p.own}}
	active, err := p.runtime.SettingsServiceV2().GetActiveIdentityProviders(ctx, &settings.GetActiveIdentityProvidersRequest{Ctx: of})
	if diff := cmp.Diff([]*settings.IdentityProvider{
		{Id: made.GetId(), Name: "Lincoln", Type: settings.IdentityProviderType_IDENTITY_PROVIDER_TYPE_SAML, Options: &idpv2.Options{}},
	}, active.GetIdentityProviders(), protocmp.Transform()); err != nil || diff != "" {
		t.Error(diff, err)
	}
	_, err = p.runtime.SettingsServiceV2().GetActiveIdentityProviders(t.Context(), &settings.GetActiveIdentityProvidersRequest{Ctx: of})
	fact{"active providers without header", err, codes.NotFound, "AUTHZ-cdgFk", "membership not found"}.check(t)
	for owner, want := range map[string]settings.ResourceOwnerType{
		p.own: settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_ORG, p.foreign: settings.ResourceOwnerType_RESOURCE_OWNER_TYPE_INSTANCE,
	} {
		got, err := p.runtime.SettingsServiceV2().GetLoginSettings(ctx, &settings.GetLoginSettingsRequest{Ctx: &object.RequestContext{ResourceOwner: &object.RequestContext_OrgId{OrgId: owner}}})
		if err != nil || got.GetSettings().GetResourceOwnerType() != want || got.GetSettings().GetAllowRegister() != (owner == p.foreign) {
			t.Errorf("%s: %v %v", owner, got, err)
		}
	}
	fact{"detach", detach(), codes.OK, "", ""}.check(t)
	fact{"detach again", detach(), codes.NotFound, "Org-39fjs", "Errors.Org.LoginPolicy.IDP.NotExisting"}.check(t)
	if _, err := c.ResetLoginPolicyToDefault(ctx, &management.ResetLoginPolicyToDefaultRequest{}); err != nil {
		t.Error(err)
	}
	_, err = c.ResetLoginPolicyToDefault(ctx, &management.ResetLoginPolicyToDefaultRequest{})
	fact{"reset again", err, codes.NotFound, "Org-GHB37", "Login Policy not found"}.check(t)
}
