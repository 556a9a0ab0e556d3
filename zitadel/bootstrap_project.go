package zitadel

import (
	"context"
	"fmt"
	"slices"
	"strings"

	applicationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/application/v2"
	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	projectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"
	"google.golang.org/protobuf/proto"

	"homeroom.dev/homeroom/identity"
)

// schoolBranding shows the look of the school whose people sign in. Without it
// Zitadel shows everybody the instance's.
const schoolBranding = projectpb.PrivateLabelingSetting_PRIVATE_LABELING_SETTING_ALLOW_LOGIN_USER_RESOURCE_OWNER_POLICY

// project makes the platform project, whose roles go into tokens.
func (b *bootstrap) project(ctx context.Context) error {
	changed, err := b.ensureProject(ctx)
	return b.step("platform project", changed, err)
}

func (b *bootstrap) ensureProject(ctx context.Context) (changed bool, err error) {
	projects := b.client.ProjectServiceV2()
	listed, err := projects.ListProjects(ctx, &projectpb.ListProjectsRequest{Filters: []*projectpb.ProjectSearchFilter{
		{Filter: &projectpb.ProjectSearchFilter_OrganizationIdFilter{OrganizationIdFilter: &projectpb.ProjectOrganizationIDFilter{
			OrganizationId: string(b.installation.Operators), Type: projectpb.ProjectOrganizationIDFilter_OWNED,
		}}},
		{Filter: &projectpb.ProjectSearchFilter_ProjectNameFilter{ProjectNameFilter: &projectpb.ProjectNameFilter{ProjectName: b.options.Name}}},
	}})
	if err != nil {
		return false, fail("list projects", err, "remote.refused")
	}
	for _, p := range listed.GetProjects() {
		if p.GetOrganizationId() != string(b.installation.Operators) || p.GetName() != b.options.Name {
			continue
		}
		b.installation.Project = p.GetProjectId()
		if p.GetProjectRoleAssertion() && p.GetPrivateLabelingSetting() == schoolBranding {
			return false, nil
		}
		_, err := projects.UpdateProject(ctx, &projectpb.UpdateProjectRequest{
			ProjectId: p.GetProjectId(), ProjectRoleAssertion: proto.Bool(true), PrivateLabelingSetting: schoolBranding.Enum(),
		})
		return true, fail("update project", err, "remote.refused")
	}
	created, err := projects.CreateProject(ctx, &projectpb.CreateProjectRequest{
		OrganizationId: string(b.installation.Operators), Name: b.options.Name,
		ProjectRoleAssertion: true, PrivateLabelingSetting: schoolBranding,
	})
	b.installation.Project = created.GetProjectId()
	return true, fail("create project", err, "remote.refused")
}

// roles adds the role keys, one after the other: Zitadel does not take them at
// once.
func (b *bootstrap) roles(ctx context.Context) error {
	projects := b.client.ProjectServiceV2()
	listed, err := projects.ListProjectRoles(ctx, &projectpb.ListProjectRolesRequest{ProjectId: b.installation.Project})
	if err != nil {
		return fail("list project roles", err, "remote.refused")
	}
	for _, role := range identity.Roles {
		there := slices.ContainsFunc(listed.GetProjectRoles(), func(r *projectpb.ProjectRole) bool { return r.GetKey() == string(role) })
		var err error
		if !there {
			_, err = projects.AddProjectRole(ctx, &projectpb.AddProjectRoleRequest{
				ProjectId: b.installation.Project, RoleKey: string(role), DisplayName: strings.ReplaceAll(string(role), "_", " "),
			})
		}
		if err := b.step("role "+string(role), !there, fail("add project role", err, "remote.refused")); err != nil {
			return err
		}
	}
	return nil
}

// application makes the portal's OIDC application: a public client with PKCE,
// whose tokens carry the roles and can be read without asking Zitadel.
func (b *bootstrap) application(ctx context.Context) error {
	changed, err := b.ensureApplication(ctx)
	return b.step("OIDC application", changed, err)
}

func (b *bootstrap) ensureApplication(ctx context.Context) (changed bool, err error) {
	applications := b.client.ApplicationServiceV2()
	name := b.options.Name + " portal"
	listed, err := b.listApplications(ctx, name)
	if err != nil {
		return false, err
	}
	want := b.oidc()
	for _, a := range listed {
		if a.GetProjectId() != b.installation.Project || a.GetName() != name || a.GetOidcConfiguration() == nil {
			continue
		}
		b.installation.Application = a.GetApplicationId()
		b.installation.ClientID = a.GetOidcConfiguration().GetClientId()
		if sameOIDC(a.GetOidcConfiguration(), want) {
			return false, nil
		}
		_, err := applications.UpdateApplication(ctx, &applicationpb.UpdateApplicationRequest{
			ApplicationId: a.GetApplicationId(), ProjectId: b.installation.Project,
			ApplicationType: &applicationpb.UpdateApplicationRequest_OidcConfiguration{OidcConfiguration: &applicationpb.UpdateOIDCApplicationConfigurationRequest{
				RedirectUris:             want.RedirectUris,
				ResponseTypes:            want.ResponseTypes,
				GrantTypes:               want.GrantTypes,
				ApplicationType:          &want.ApplicationType,
				AuthMethodType:           &want.AuthMethodType,
				PostLogoutRedirectUris:   want.PostLogoutRedirectUris,
				DevelopmentMode:          &want.DevelopmentMode,
				AccessTokenType:          &want.AccessTokenType,
				AccessTokenRoleAssertion: &want.AccessTokenRoleAssertion,
				IdTokenRoleAssertion:     &want.IdTokenRoleAssertion,
				IdTokenUserinfoAssertion: &want.IdTokenUserinfoAssertion,
				BackChannelLogoutUri:     &want.BackChannelLogoutUri,
			}},
		})
		return true, failApplication("update application", err)
	}
	created, err := applications.CreateApplication(ctx, &applicationpb.CreateApplicationRequest{
		ProjectId: b.installation.Project, Name: name,
		ApplicationType: &applicationpb.CreateApplicationRequest_OidcConfiguration{OidcConfiguration: want},
	})
	b.installation.Application = created.GetApplicationId()
	b.installation.ClientID = created.GetOidcConfiguration().GetClientId()
	if err != nil {
		return true, failApplication("create application", err)
	}
	// Until it is shown nobody can sign in, and another run would make a second.
	found, err := shown(ctx, func() (bool, error) {
		listed, err := b.listApplications(ctx, name)
		return slices.ContainsFunc(listed, func(a *applicationpb.Application) bool {
			return a.GetApplicationId() == b.installation.Application
		}), err
	})
	if err == nil && !found {
		err = notShown("read application back")
	}
	return true, err
}

func (b *bootstrap) listApplications(ctx context.Context, name string) ([]*applicationpb.Application, error) {
	listed, err := b.client.ApplicationServiceV2().ListApplications(ctx, &applicationpb.ListApplicationsRequest{Filters: []*applicationpb.ApplicationSearchFilter{
		{Filter: &applicationpb.ApplicationSearchFilter_ProjectIdFilter{ProjectIdFilter: &applicationpb.ProjectIDFilter{ProjectId: b.installation.Project}}},
		{Filter: &applicationpb.ApplicationSearchFilter_NameFilter{NameFilter: &applicationpb.ApplicationNameFilter{Name: name}}},
	}})
	return listed.GetApplications(), fail("list applications", err, "remote.refused")
}

// failApplication says what to do about the one refusal that an operator is
// likely to meet.
func failApplication(doing string, err error) error {
	if is(err, idLogoutURLBlocked) {
		return fmt.Errorf("%s: Zitadel may not call the portal's back-channel logout URL, because it does not resolve or is on the instance's deny list (HTTPClient.DenyList): %w", doing, err)
	}
	return fail(doing, err, "remote.refused")
}

func (b *bootstrap) oidc() *applicationpb.CreateOIDCApplicationRequest {
	portal := b.options.PortalURL
	return &applicationpb.CreateOIDCApplicationRequest{
		RedirectUris:  []string{portal + CallbackPath},
		ResponseTypes: []applicationpb.OIDCResponseType{applicationpb.OIDCResponseType_OIDC_RESPONSE_TYPE_CODE},
		GrantTypes: []applicationpb.OIDCGrantType{
			applicationpb.OIDCGrantType_OIDC_GRANT_TYPE_AUTHORIZATION_CODE,
			applicationpb.OIDCGrantType_OIDC_GRANT_TYPE_REFRESH_TOKEN,
		},
		ApplicationType:          applicationpb.OIDCApplicationType_OIDC_APP_TYPE_WEB,
		AuthMethodType:           applicationpb.OIDCAuthMethodType_OIDC_AUTH_METHOD_TYPE_NONE,
		PostLogoutRedirectUris:   []string{portal + SignedOutPath},
		DevelopmentMode:          strings.HasPrefix(portal, "http://"), // Zitadel refuses http otherwise
		AccessTokenType:          applicationpb.OIDCTokenType_OIDC_TOKEN_TYPE_JWT,
		AccessTokenRoleAssertion: true,
		IdTokenRoleAssertion:     true,
		IdTokenUserinfoAssertion: true,
		BackChannelLogoutUri:     portal + BackChannelLogoutPath,
	}
}

func sameOIDC(is *applicationpb.OIDCConfiguration, want *applicationpb.CreateOIDCApplicationRequest) bool {
	return slices.Equal(is.GetRedirectUris(), want.GetRedirectUris()) &&
		slices.Equal(is.GetResponseTypes(), want.GetResponseTypes()) &&
		slices.Equal(is.GetGrantTypes(), want.GetGrantTypes()) &&
		is.GetApplicationType() == want.GetApplicationType() &&
		is.GetAuthMethodType() == want.GetAuthMethodType() &&
		slices.Equal(is.GetPostLogoutRedirectUris(), want.GetPostLogoutRedirectUris()) &&
		is.GetDevelopmentMode() == want.GetDevelopmentMode() &&
		is.GetAccessTokenType() == want.GetAccessTokenType() &&
		is.GetAccessTokenRoleAssertion() == want.GetAccessTokenRoleAssertion() &&
		is.GetIdTokenRoleAssertion() == want.GetIdTokenRoleAssertion() &&
		is.GetIdTokenUserinfoAssertion() == want.GetIdTokenUserinfoAssertion() &&
		is.GetBackChannelLogoutUri() == want.GetBackChannelLogoutUri()
}

// operator assigns the operator's role, which is held in the operators'
// organization.
func (b *bootstrap) operator(ctx context.Context, user identity.UserID) (changed bool, err error) {
	held, err := findAssignment(ctx, b.client, b.installation.Project, b.installation.Operators, user)
	if err != nil {
		return false, err
	}
	authorizations := b.client.AuthorizationServiceV2()
	if held == nil {
		_, err := authorizations.CreateAuthorization(ctx, &authorizationpb.CreateAuthorizationRequest{
			UserId: string(user), ProjectId: b.installation.Project,
			OrganizationId: string(b.installation.Operators), RoleKeys: []string{string(identity.RoleOperator)},
		})
		return true, fail("create authorization", err, "user.not-found")
	}
	a := toAssignment(held)
	if slices.Contains(a.Roles, identity.RoleOperator) && a.State == identity.AssignmentActive {
		return false, nil
	}
	if _, err := authorizations.UpdateAuthorization(ctx, &authorizationpb.UpdateAuthorizationRequest{
		Id: held.GetId(), RoleKeys: []string{string(identity.RoleOperator)},
	}); err != nil {
		return true, fail("update authorization", err, "user.not-found")
	}
	_, err = authorizations.ActivateAuthorization(ctx, &authorizationpb.ActivateAuthorizationRequest{Id: held.GetId()})
	return true, fail("activate authorization", err, "user.not-found")
}
