package zitadel_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel"
)

// What the account that reads events can tell about how everything is set up.
func TestContractTheInstallationIsInspected(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		server, err := w.events.InspectServer(t.Context())
		if err != nil || server.Skew.Abs() > time.Second {
			t.Errorf("server = %+v, %v, want a clock like ours on one machine", server, err)
		}
		settings, err := w.events.InspectInstance(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !settings.ValidateDomains || settings.UserNamesPerOrganization || settings.PublicRegistration ||
			settings.Policy.SelfRegistration || !settings.Policy.Passwords || settings.Policy.Own ||
			settings.Redirect != w.options.PortalURL+zitadel.WelcomePath ||
			settings.AccessTokenLifetime <= 0 || settings.AccessTokenLifetime > 15*time.Minute || settings.IDTokenLifetime <= 0 ||
			settings.RefreshTokenIdle <= 0 || settings.RefreshTokenLife < settings.RefreshTokenIdle ||
			settings.PermissionCheckV2 || len(settings.ImprovedPerformance) > 0 {
			t.Errorf("instance = %+v, want what bootstrap sets", settings)
		}
		pages, err := w.runtime.LoginPages(t.Context())
		if err != nil || settings.NewLogin != (pages.Version == 2) {
			t.Errorf("newer login = %v at %q, %v, want version %d", settings.NewLogin, settings.NewLoginBase, err, pages.Version)
		}
		accounts, err := w.events.InspectAccounts(t.Context())
		if err != nil || len(accounts) != 3 {
			t.Fatalf("accounts = %+v, %v, want three", accounts, err)
		}
		in := w.installation
		for i, want := range []identity.AccountRights{
			{Name: "runtime", User: in.Runtime.User},
			{Name: "provisioner", User: in.Provisioner.User, Instance: []string{"IAM_ORG_MANAGER"}},
			{Name: "events", User: in.Events.User, Instance: []string{"IAM_OWNER_VIEWER"}},
		} {
			is := accounts[i]
			if is.Name != want.Name || is.User != want.User || is.State != identity.UserActive || !slices.Equal(is.Instance, want.Instance) || len(is.Operators) > 0 ||
				is.KeyExpires.Before(time.Now().Add(300*24*time.Hour)) {
				t.Errorf("account = %+v, want %+v with a key for long", is, want)
			}
			member := is.Organizations["ORG_SETTINGS_MANAGER,ORG_USER_MANAGER"]
			if others := len(is.Organizations); i == 0 && (member < 4 || others != 1) || i > 0 && others != 0 {
				t.Errorf("%s is a member of %v", is.Name, is.Organizations)
			}
		}
		project, err := w.events.InspectProject(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		schoolRoles, classroomRoles := keysOf(identity.RolesIn(identity.KindSchool)), keysOf(identity.RolesIn(identity.KindClassroom))
		for id, roles := range map[identity.OrganizationID][]string{w.linden.ID: schoolRoles, w.biology.ID: classroomRoles} {
			if diff := cmp.Diff(roles, project.Grants[id]); diff != "" {
				t.Errorf("grant of %s differs (-want +got):\n%s", id, diff)
			}
		}
		if _, granted := project.Grants[in.Operators]; granted {
			t.Error("the project is granted to its own organization")
		}
		project.Grants = nil
		want := identity.ProjectSettings{
			RoleAssertion: true, SchoolBranding: true, Roles: keysOf(identity.Roles),
			RedirectURIs: []string{w.options.PortalURL + zitadel.CallbackPath}, SignedOutURIs: []string{w.options.PortalURL + zitadel.SignedOutPath},
			BackChannelURI: w.options.PortalURL + zitadel.BackChannelLogoutPath, SignedTokens: true, RolesInTokens: true, DevelopmentMode: true,
		}
		if diff := cmp.Diff(want, project); diff != "" {
			t.Errorf("project differs (-want +got):\n%s", diff)
		}
	})
}

func keysOf(roles []identity.Role) []string {
	keys := map[string]bool{}
	for _, role := range roles {
		keys[string(role)] = true
	}
	return slices.Sorted(maps.Keys(keys))
}
