package zitadel

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	applicationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/application/v2"
	featurepb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/feature/v2"
	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	permissionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/internal_permission/v2"
	projectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
)

var _ identity.Inspector = (*Events)(nil)

// inspected is the page that lists of Zitadel's are read in here.
const inspected = 1000

// InspectServer asks for the version, and compares the clocks by the header that
// every answer of a server has. The way there and back is taken off by halves.
func (e *Events) InspectServer(ctx context.Context) (identity.ServerSettings, error) {
	const doing = "ask for the server's clock"
	//lint:ignore SA1019 servers of every v4 version answer to the older call
	answer, err := e.client.AdminService().GetMyInstance(ctx, &adminpb.GetMyInstanceRequest{})
	if err != nil {
		return identity.ServerSettings{}, fail("get instance", err, "remote.refused")
	}
	server := identity.ServerSettings{Version: answer.GetInstance().GetVersion()}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.config.Issuer+"/.well-known/openid-configuration", nil)
	if err != nil {
		return server, fmt.Errorf("%s: %w", doing, err)
	}
	asked := time.Now()
	page, err := http.DefaultClient.Do(request)
	if err != nil {
		return server, identity.Unavailable("remote.unavailable").Because(fmt.Errorf("%s: %w", doing, err))
	}
	defer page.Body.Close()
	took := time.Since(asked)
	clock, err := http.ParseTime(page.Header.Get("Date"))
	if err != nil {
		return server, fmt.Errorf("%s: %w", doing, err)
	}
	// The header is cut to the second: half of one is right on average.
	server.Skew = clock.Add(500 * time.Millisecond).Sub(asked.Add(took / 2)).Round(time.Second)
	return server, nil
}

// InspectInstance reads the policies and features of the instance.
func (e *Events) InspectInstance(ctx context.Context) (identity.InstanceSettings, error) {
	admin := e.client.AdminService()
	var in identity.InstanceSettings
	domains, err := admin.GetDomainPolicy(ctx, &adminpb.GetDomainPolicyRequest{})
	if err != nil {
		return in, fail("get domain policy", err, "remote.refused")
	}
	in.ValidateDomains = domains.GetPolicy().GetValidateOrgDomains()
	in.UserNamesPerOrganization = domains.GetPolicy().GetUserLoginMustBeDomain()
	restrictions, err := admin.GetRestrictions(ctx, &adminpb.GetRestrictionsRequest{})
	if err != nil {
		return in, fail("get restrictions", err, "remote.refused")
	}
	in.PublicRegistration = !restrictions.GetDisallowPublicOrgRegistration()
	login, err := admin.GetLoginPolicy(ctx, &adminpb.GetLoginPolicyRequest{})
	if err != nil {
		return in, fail("get login policy", err, "remote.refused")
	}
	in.Policy, in.Redirect = toLoginPolicy(login.GetPolicy()), login.GetPolicy().GetDefaultRedirectUri()
	in.DomainDiscovery = login.GetPolicy().GetAllowDomainDiscovery()
	tokens, err := admin.GetOIDCSettings(ctx, &adminpb.GetOIDCSettingsRequest{})
	if err != nil {
		return in, fail("get OIDC settings", err, "remote.refused")
	}
	in.AccessTokenLifetime = tokens.GetSettings().GetAccessTokenLifetime().AsDuration()
	in.IDTokenLifetime = tokens.GetSettings().GetIdTokenLifetime().AsDuration()
	in.RefreshTokenIdle = tokens.GetSettings().GetRefreshTokenIdleExpiration().AsDuration()
	in.RefreshTokenLife = tokens.GetSettings().GetRefreshTokenExpiration().AsDuration()
	features, err := e.client.FeatureServiceV2().GetInstanceFeatures(ctx, &featurepb.GetInstanceFeaturesRequest{Inheritance: true})
	if err != nil {
		return in, fail("get instance features", err, "remote.refused")
	}
	in.PermissionCheckV2 = features.GetPermissionCheckV2().GetEnabled()
	for _, flag := range features.GetImprovedPerformance().GetExecutionPaths() {
		in.ImprovedPerformance = append(in.ImprovedPerformance, strings.TrimPrefix(flag.String(), "IMPROVED_PERFORMANCE_"))
	}
	in.NewLogin, in.NewLoginBase = features.GetLoginV2().GetRequired(), features.GetLoginV2().GetBaseUri()
	return in, nil
}

// InspectAccounts reads the rights of the three service accounts.
func (e *Events) InspectAccounts(ctx context.Context) ([]identity.AccountRights, error) {
	var all []identity.AccountRights
	for i, name := range []string{"runtime", "provisioner", "events"} {
		if i >= len(e.config.ServiceAccounts) {
			break
		}
		rights, err := e.rightsOf(ctx, e.config.ServiceAccounts[i])
		if err != nil {
			return all, err
		}
		rights.Name = name
		all = append(all, rights)
	}
	return all, nil
}

func (e *Events) rightsOf(ctx context.Context, user identity.UserID) (identity.AccountRights, error) {
	rights := identity.AccountRights{User: user, Organizations: map[string]int{}}
	account, err := e.client.UserServiceV2().GetUserByID(ctx, &userpb.GetUserByIDRequest{UserId: string(user)})
	if err != nil {
		return rights, fail("get service account", err, "user.not-found")
	}
	rights.State = toUserState(account.GetUser().GetState())
	for offset := uint64(0); ; offset += inspected {
		answer, err := e.client.InternalPermissionServiceV2().ListAdministrators(ctx, &permissionpb.ListAdministratorsRequest{
			Pagination: &filterpb.PaginationRequest{Offset: offset, Limit: inspected, Asc: true},
			Filters: []*permissionpb.AdministratorSearchFilter{
				{Filter: &permissionpb.AdministratorSearchFilter_InUserIdsFilter{InUserIdsFilter: &filterpb.InIDsFilter{Ids: []string{string(user)}}}},
			},
		})
		if err != nil {
			return rights, fail("list administrators", err, "user.not-found")
		}
		for _, a := range answer.GetAdministrators() {
			roles := slices.Sorted(slices.Values(a.GetRoles()))
			switch {
			case a.GetInstance():
				rights.Instance = roles
			case a.GetOrganization().GetId() == string(e.config.Operators):
				rights.Operators = roles
			case a.GetOrganization() != nil:
				rights.Organizations[strings.Join(roles, ",")]++
			}
		}
		if offset+inspected >= answer.GetPagination().GetTotalResult() {
			break
		}
	}
	keys, err := e.client.UserServiceV2().ListKeys(ctx, &userpb.ListKeysRequest{Filters: []*userpb.KeysSearchFilter{
		{Filter: &userpb.KeysSearchFilter_UserIdFilter{UserIdFilter: &filterpb.IDFilter{Id: string(user)}}},
	}})
	if err != nil {
		return rights, fail("list keys", err, "user.not-found")
	}
	for _, key := range keys.GetResult() {
		// The one in use is the last to end, but for our own, which we hold.
		if expires := at(key.GetExpirationDate()); expires.After(rights.KeyExpires) {
			rights.KeyExpires = expires
		}
		if key.GetId() == e.keyID() && key.GetUserId() == string(user) {
			rights.KeyExpires = at(key.GetExpirationDate())
			break
		}
	}
	return rights, nil
}

// keyID is the ID of the key that this account signs in with.
func (e *Events) keyID() string {
	file, err := client.ConfigFromKeyFileData(e.config.Key)
	if err != nil {
		return ""
	}
	return file.KeyID
}

// InspectProject reads the platform project.
func (e *Events) InspectProject(ctx context.Context) (identity.ProjectSettings, error) {
	in := identity.ProjectSettings{Grants: map[identity.OrganizationID][]string{}}
	projects := e.client.ProjectServiceV2()
	project, err := projects.GetProject(ctx, &projectpb.GetProjectRequest{ProjectId: e.config.Project})
	if err != nil {
		return in, fail("get project", err, "remote.refused")
	}
	in.RoleAssertion = project.GetProject().GetProjectRoleAssertion()
	in.SchoolBranding = project.GetProject().GetPrivateLabelingSetting() == schoolBranding
	roles, err := projects.ListProjectRoles(ctx, &projectpb.ListProjectRolesRequest{ProjectId: e.config.Project})
	if err != nil {
		return in, fail("list project roles", err, "remote.refused")
	}
	for _, role := range roles.GetProjectRoles() {
		in.Roles = append(in.Roles, role.GetKey())
	}
	slices.Sort(in.Roles)
	if err := e.inspectGrants(ctx, in.Grants); err != nil {
		return in, err
	}
	return in, e.inspectApplication(ctx, &in)
}

func (e *Events) inspectGrants(ctx context.Context, grants map[identity.OrganizationID][]string) error {
	for offset := uint64(0); ; offset += inspected {
		answer, err := e.client.ProjectServiceV2().ListProjectGrants(ctx, &projectpb.ListProjectGrantsRequest{
			Pagination: &filterpb.PaginationRequest{Offset: offset, Limit: inspected, Asc: true},
			Filters: []*projectpb.ProjectGrantSearchFilter{
				{Filter: &projectpb.ProjectGrantSearchFilter_InProjectIdsFilter{InProjectIdsFilter: &filterpb.InIDsFilter{Ids: []string{e.config.Project}}}},
			},
		})
		if err != nil {
			return fail("list project grants", err, "remote.refused")
		}
		for _, grant := range answer.GetProjectGrants() {
			if grant.GetState() != projectpb.ProjectGrantState_PROJECT_GRANT_STATE_INACTIVE && grant.GetProjectId() == e.config.Project {
				grants[identity.OrganizationID(grant.GetGrantedOrganizationId())] = slices.Sorted(slices.Values(grant.GetGrantedRoleKeys()))
			}
		}
		if offset+inspected >= answer.GetPagination().GetTotalResult() {
			return nil
		}
	}
}

func (e *Events) inspectApplication(ctx context.Context, in *identity.ProjectSettings) error {
	listed, err := e.client.ApplicationServiceV2().ListApplications(ctx, &applicationpb.ListApplicationsRequest{Filters: []*applicationpb.ApplicationSearchFilter{
		{Filter: &applicationpb.ApplicationSearchFilter_ProjectIdFilter{ProjectIdFilter: &applicationpb.ProjectIDFilter{ProjectId: e.config.Project}}},
	}})
	if err != nil {
		return fail("list applications", err, "remote.refused")
	}
	for _, a := range listed.GetApplications() {
		oidc := a.GetOidcConfiguration()
		if oidc == nil || cmp.Or(oidc.GetClientId(), "-") != e.config.ClientID {
			continue
		}
		in.RedirectURIs, in.SignedOutURIs = oidc.GetRedirectUris(), oidc.GetPostLogoutRedirectUris()
		in.BackChannelURI = oidc.GetBackChannelLogoutUri()
		in.SignedTokens = oidc.GetAccessTokenType() == applicationpb.OIDCTokenType_OIDC_TOKEN_TYPE_JWT
		in.RolesInTokens = oidc.GetAccessTokenRoleAssertion() && oidc.GetIdTokenRoleAssertion()
		in.DevelopmentMode = oidc.GetDevelopmentMode()
		return nil
	}
	return identity.NotFound("remote.refused").Because(fmt.Errorf("no application with client ID %s", e.config.ClientID))
}
