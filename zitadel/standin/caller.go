package standin

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// caller is who sends a request: the user of the token, and the organization
// of the header x-zitadel-orgid, or else the user's home.
type caller struct {
	user *user
	org  string
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// required are the permissions that the API itself asks for, in the context
// organization. All other methods want an authenticated caller and look at the
// organization that owns the object.
var required = map[string]string{
	"/zitadel.project.v2.ProjectService/GetProject":                                   "project.read",
	"/zitadel.project.v2.ProjectService/ListProjects":                                 "project.read",
	"/zitadel.project.v2.ProjectService/ListProjectRoles":                             "project.role.read",
	"/zitadel.project.v2.ProjectService/ListProjectGrants":                            "project.grant.read",
	"/zitadel.user.v2.UserService/AddHumanUser":                                       "user.write",
	"/zitadel.user.v2.UserService/CreatePasskeyRegistrationLink":                      "user.passkey.write",
	"/zitadel.settings.v2.SettingsService/GetLoginSettings":                           "policy.read",
	"/zitadel.settings.v2.SettingsService/GetBrandingSettings":                        "policy.read",
	"/zitadel.settings.v2.SettingsService/GetDomainSettings":                          "policy.read",
	"/zitadel.settings.v2.SettingsService/GetPasswordComplexitySettings":              "policy.read",
	"/zitadel.feature.v2.FeatureService/SetInstanceFeatures":                          "iam.feature.write",
	"/zitadel.feature.v2.FeatureService/ResetInstanceFeatures":                        "iam.feature.delete",
	"/zitadel.admin.v1.AdminService/ListEvents":                                       "events.read",
	"/zitadel.admin.v1.AdminService/ListEventTypes":                                   "events.read",
	"/zitadel.admin.v1.AdminService/ListAggregateTypes":                               "events.read",
	"/zitadel.admin.v1.AdminService/GetDomainPolicy":                                  "iam.policy.read",
	"/zitadel.admin.v1.AdminService/UpdateDomainPolicy":                               "iam.policy.write",
	"/zitadel.admin.v1.AdminService/GetLoginPolicy":                                   "iam.policy.read",
	"/zitadel.admin.v1.AdminService/UpdateLoginPolicy":                                "iam.policy.write",
	"/zitadel.admin.v1.AdminService/GetOIDCSettings":                                  "iam.read",
	"/zitadel.admin.v1.AdminService/AddOIDCSettings":                                  "iam.write",
	"/zitadel.admin.v1.AdminService/UpdateOIDCSettings":                               "iam.write",
	"/zitadel.admin.v1.AdminService/GetMyInstance":                                    "iam.read",
	"/zitadel.admin.v1.AdminService/GetRestrictions":                                  "iam.restrictions.read",
	"/zitadel.admin.v1.AdminService/SetRestrictions":                                  "iam.restrictions.write",
	"/zitadel.management.v1.ManagementService/GetLoginPolicy":                         "policy.read",
	"/zitadel.management.v1.ManagementService/AddCustomLoginPolicy":                   "policy.write",
	"/zitadel.management.v1.ManagementService/UpdateCustomLoginPolicy":                "policy.write",
	"/zitadel.management.v1.ManagementService/ResetLoginPolicyToDefault":              "policy.delete",
	"/zitadel.management.v1.ManagementService/ListLoginPolicyIDPs":                    "policy.read",
	"/zitadel.management.v1.ManagementService/AddIDPToLoginPolicy":                    "policy.write",
	"/zitadel.management.v1.ManagementService/RemoveIDPFromLoginPolicy":               "policy.write",
	"/zitadel.management.v1.ManagementService/GetLabelPolicy":                         "policy.read",
	"/zitadel.management.v1.ManagementService/GetPreviewLabelPolicy":                  "policy.read",
	"/zitadel.management.v1.ManagementService/GetDefaultLabelPolicy":                  "policy.read",
	"/zitadel.management.v1.ManagementService/AddCustomLabelPolicy":                   "policy.write",
	"/zitadel.management.v1.ManagementService/UpdateCustomLabelPolicy":                "policy.write",
	"/zitadel.management.v1.ManagementService/ActivateCustomLabelPolicy":              "policy.write",
	"/zitadel.management.v1.ManagementService/ResetLabelPolicyToDefault":              "policy.delete",
	"/zitadel.management.v1.ManagementService/RemoveCustomLabelPolicyLogo":            "policy.write",
	"/zitadel.management.v1.ManagementService/RemoveCustomLabelPolicyLogoDark":        "policy.write",
	"/zitadel.management.v1.ManagementService/RemoveCustomLabelPolicyIcon":            "policy.write",
	"/zitadel.management.v1.ManagementService/RemoveCustomLabelPolicyIconDark":        "policy.write",
	"/zitadel.management.v1.ManagementService/GetLockoutPolicy":                       "policy.read",
	"/zitadel.management.v1.ManagementService/AddCustomLockoutPolicy":                 "policy.write",
	"/zitadel.management.v1.ManagementService/UpdateCustomLockoutPolicy":              "policy.write",
	"/zitadel.management.v1.ManagementService/ResetLockoutPolicyToDefault":            "policy.delete",
	"/zitadel.management.v1.ManagementService/ListLoginPolicySecondFactors":           "policy.read",
	"/zitadel.management.v1.ManagementService/AddSecondFactorToLoginPolicy":           "policy.write",
	"/zitadel.management.v1.ManagementService/RemoveSecondFactorFromLoginPolicy":      "policy.write",
	"/zitadel.management.v1.ManagementService/ListLoginPolicyMultiFactors":            "policy.read",
	"/zitadel.management.v1.ManagementService/AddMultiFactorToLoginPolicy":            "policy.write",
	"/zitadel.management.v1.ManagementService/RemoveMultiFactorFromLoginPolicy":       "policy.write",
	"/zitadel.management.v1.ManagementService/GetPasswordComplexityPolicy":            "policy.read",
	"/zitadel.management.v1.ManagementService/AddCustomPasswordComplexityPolicy":      "policy.write",
	"/zitadel.management.v1.ManagementService/UpdateCustomPasswordComplexityPolicy":   "policy.write",
	"/zitadel.management.v1.ManagementService/ResetPasswordComplexityPolicyToDefault": "policy.delete",
	"/zitadel.admin.v1.AdminService/GetPasswordComplexityPolicy":                      "iam.policy.read",
	"/zitadel.admin.v1.AdminService/UpdatePasswordComplexityPolicy":                   "iam.policy.write",
	"/zitadel.admin.v1.AdminService/GetLockoutPolicy":                                 "iam.policy.read",
	"/zitadel.admin.v1.AdminService/UpdateLockoutPolicy":                              "iam.policy.write",
	"/zitadel.settings.v2.SettingsService/GetLockoutSettings":                         "policy.read",
	"POST /assets/v1/org/policy/label":                                                "policy.write",
	"/zitadel.management.v1.ManagementService/GetProviderByID":                        "org.idp.read",
	"/zitadel.management.v1.ManagementService/ListProviders":                          "org.idp.read",
	"/zitadel.management.v1.ManagementService/AddSAMLProvider":                        "org.idp.write",
	"/zitadel.management.v1.ManagementService/UpdateSAMLProvider":                     "org.idp.write",
	"/zitadel.management.v1.ManagementService/AddGenericOIDCProvider":                 "org.idp.write",
	"/zitadel.management.v1.ManagementService/UpdateGenericOIDCProvider":              "org.idp.write",
	"/zitadel.management.v1.ManagementService/AddJWTProvider":                         "org.idp.write",
	"/zitadel.management.v1.ManagementService/UpdateJWTProvider":                      "org.idp.write",
	"/zitadel.management.v1.ManagementService/DeleteProvider":                         "org.idp.write",
	"/zitadel.management.v1.ManagementService/ListUserChanges":                        "user.read",
	"/zitadel.management.v1.ManagementService/SetPrimaryOrgDomain":                    "org.write",
	"/zitadel.settings.v2.SettingsService/GetActiveIdentityProviders":                 "policy.read",
	"/zitadel.admin.v1.AdminService/AddGenericOIDCProvider":                           "iam.idp.write",
	"/zitadel.admin.v1.AdminService/UpdateGenericOIDCProvider":                        "iam.idp.write",
	"/zitadel.admin.v1.AdminService/GetProviderByID":                                  "iam.idp.read",
	"/zitadel.admin.v1.AdminService/ListProviders":                                    "iam.idp.read",
	"/zitadel.admin.v1.AdminService/DeleteProvider":                                   "iam.idp.write",
	"/zitadel.admin.v1.AdminService/SetDefaultOrg":                                    "iam.write",
	"/zitadel.admin.v1.AdminService/GetDefaultOrg":                                    "iam.read",
}

// authenticate finds the caller of a request and checks what the API itself
// asks for.
func (s *Server) authenticate(ctx context.Context, method string) (caller, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	header := first(md.Get("authorization"))
	if header == "" {
		return caller{}, status.Error(codes.Unauthenticated, "auth header missing")
	}
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return caller{}, unauthenticated("AUTH-toLo1", "invalid auth header")
	}
	s.RLock()
	defer s.RUnlock()
	found := s.token(token)
	if found == nil || !slices.Contains(found.audience, s.instance.projectID) {
		return caller{}, unauthenticated("AUTH-7fs1e", "Errors.Token.Invalid")
	}
	u := s.users[found.user]
	if u == nil || u.state != userActive {
		return caller{}, unauthenticated("AUTH-7fs1e", "Errors.Token.Invalid")
	}
	c := caller{user: u, org: first(md.Get("x-zitadel-orgid"))}
	if c.org == "" {
		c.org = u.owner
	}
	if s.orgs[c.org] == nil {
		return caller{}, denied("AUTH-Bs7Ds", "Organisation doesn't exist")
	}
	if permission := required[method]; permission != "" {
		roles := s.rolesIn(u.id, c.org)
		if len(roles) == 0 {
			return caller{}, notFound("AUTHZ-cdgFk", noMembership)
		}
		if !grants(roles, permission) {
			return caller{}, denied("AUTH-5mWD2", noPermission)
		}
	}
	return c, nil
}

// check asks for a permission in the organization that owns an object. Who has
// no administrator role there at all is told that there is no membership.
func (s *state) check(c caller, permission, org string) error {
	roles := s.rolesIn(c.user.id, org)
	if len(roles) == 0 {
		return notFound("AUTHZ-cdgFk", noMembership)
	}
	if !grants(roles, permission) {
		return denied("AUTH-AWfge", noPermission)
	}
	return nil
}

// checkUser is check for an object of a user; people may do it to themselves.
func (s *state) checkUser(c caller, permission string, u *user) error {
	if u.id == c.user.id {
		return nil
	}
	return s.check(c, permission, u.owner)
}

// may is check for the rows of a list, which are left out in silence.
func (s *state) may(c caller, permission, org string) bool {
	return grants(s.rolesIn(c.user.id, org), permission)
}

// rolesIn are the administrator roles a user has in the instance and in the
// organization. The instance's own ID asks for the instance alone.
func (s *state) rolesIn(userID, org string) []string {
	var roles []string
	if m := s.instance.members[userID]; m != nil {
		roles = append(roles, m.roles...)
	}
	if o := s.orgs[org]; o != nil {
		if m := o.members[userID]; m != nil {
			roles = append(roles, m.roles...)
		}
	}
	return roles
}

func grants(roles []string, permission string) bool {
	for _, role := range roles {
		if slices.Contains(rolePermissions[role], permission) {
			return true
		}
	}
	return false
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
