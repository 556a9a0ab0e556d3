package zitadel_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zitadel/zitadel-go/v3/pkg/client"
	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	permissionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/internal_permission/v2"
	orgpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	projectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel"
)

func (w *world) administrators(t *testing.T, filter *permissionpb.AdministratorSearchFilter, key func(*permissionpb.Administrator) string) map[string][]string {
	t.Helper()
	answer, err := w.owner.InternalPermissionServiceV2().ListAdministrators(t.Context(), &permissionpb.ListAdministratorsRequest{
		Filters: []*permissionpb.AdministratorSearchFilter{filter},
	})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, a := range answer.GetAdministrators() {
		all[key(a)] = slices.Sorted(slices.Values(a.GetRoles()))
	}
	return all
}

func TestContractASecondBootstrapChangesNothing(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		options := w.options
		options.Previous = w.installation
		steps := 0
		again, err := zitadel.Bootstrap(t.Context(), options, func(step string, changed bool) {
			steps++
			if changed {
				t.Errorf("%s was changed", step)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(w.installation, again); diff != "" {
			t.Errorf("installation differs (-first +second):\n%s", diff)
		}
		if steps < 20 {
			t.Errorf("%d steps were reported, want all", steps)
		}
	})
}

// Somebody who lost the file of the first run gets new keys for the same
// accounts, and somebody moved the portal gets it registered anew.
func TestContractBootstrapRepairsWhatIsGone(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		options := w.options
		options.Previous = w.installation
		options.Previous.Events.Key = ""
		options.PortalURL = "http://localhost:18081"
		t.Cleanup(func() {
			if _, err := zitadel.Bootstrap(context.Background(), w.options, func(string, bool) {}); err != nil {
				t.Error(err)
			}
		})
		var changed []string
		moved, err := zitadel.Bootstrap(t.Context(), options, func(step string, c bool) {
			if c {
				changed = append(changed, step)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"OIDC application", "key of contract-suite-events", "default redirect to the portal", "individuals may register themselves"}
		if diff := cmp.Diff(want, changed); diff != "" {
			t.Errorf("changed steps differ (-want +got):\n%s", diff)
		}
		if moved.ClientID != w.installation.ClientID || moved.Events.User != w.installation.Events.User || moved.Events.Key == w.installation.Events.Key {
			t.Errorf("moved installation = %+v, want the same but for the events' key", moved)
		}
		events, err := zitadel.NewEvents(t.Context(), moved.EventsConfig())
		if err != nil {
			t.Fatal(err)
		}
		defer events.Close()
		if _, err := events.Organization(t.Context(), w.linden.ID); err != nil {
			t.Errorf("with the new key: %v", err)
		}
	})
}

func TestContractOperatorsAreNamedAtBootstrap(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		operator, other := w.student(t, w.club), w.student(t, w.club)
		options := w.options
		options.Previous = w.installation
		options.Operators = []string{string(operator.ID), other.UserName}
		for _, want := range []bool{true, false} {
			if _, err := zitadel.Bootstrap(t.Context(), options, func(step string, changed bool) {
				if strings.HasPrefix(step, "operator ") && changed != want {
					t.Errorf("%s: changed %v, want %v", step, changed, want)
				}
			}); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the operators are shown", func() bool {
				all, err := w.events.RoleAssignments(t.Context(), w.installation.Operators)
				return err == nil && slices.ContainsFunc(all, func(a identity.RoleAssignment) bool {
					return a.User == operator.ID && a.Role() == identity.RoleOperator
				}) &&
					slices.ContainsFunc(all, func(a identity.RoleAssignment) bool { return a.User == other.ID && a.Role() == identity.RoleOperator })
			})
		}
		options.Operators = []string{"nobody@example.org"}
		_, err := zitadel.Bootstrap(t.Context(), options, func(string, bool) {})
		wantKind(t, err, identity.KindNotFound, "user.not-found")
	})
}

func TestContractServiceAccountsHaveTheLeast(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		in := w.installation
		if diff := cmp.Diff(map[string][]string{"instance": {"IAM_ORG_MANAGER"}}, w.rights(t, in.Provisioner.User)); diff != "" {
			t.Errorf("rights of the provisioner differ (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string][]string{"instance": {"IAM_OWNER_VIEWER"}}, w.rights(t, in.Events.User)); diff != "" {
			t.Errorf("rights of events differ (-want +got):\n%s", diff)
		}
		runtime := w.rights(t, in.Runtime.User)
		for where, roles := range runtime {
			if where == "instance" || where == string(in.Operators) || where == string(in.Individuals) || !cmp.Equal(roles, []string{"ORG_SETTINGS_MANAGER", "ORG_USER_MANAGER"}) {
				t.Errorf("the runtime is %v in %s", roles, where)
			}
		}
		if runtime[string(w.linden.ID)] == nil || runtime[string(w.biology.ID)] == nil {
			t.Error("the runtime is no member of what was opened")
		}
	})
}

// What each key can do if it leaks ends here.
func TestContractServiceAccountsAreRefusedTheRest(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		in := w.installation
		operatorsUser, err := w.owner.UserServiceV2().CreateUser(t.Context(), &userpb.CreateUserRequest{
			OrganizationId: string(in.Operators), Username: new(unique("op")),
			UserType: &userpb.CreateUserRequest_Machine_{Machine: &userpb.CreateUserRequest_Machine{Name: "op"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		student := string(w.student(t, w.linden).ID)
		newOrg := &orgpb.AddOrganizationRequest{Name: unique("Mine")}
		for _, test := range []struct {
			name    string
			account zitadel.ServiceAccount
			call    func(*client.Client) error
			want    codes.Code
		}{
			{"runtime adds an organization", in.Runtime, func(c *client.Client) error {
				_, err := c.OrganizationServiceV2().AddOrganization(t.Context(), newOrg)
				return err
			}, codes.NotFound},
			{"runtime reads events", in.Runtime, func(c *client.Client) error {
				_, err := c.AdminService().ListEvents(t.Context(), &adminpb.ListEventsRequest{Limit: 1})
				return err
			}, codes.NotFound},
			{"runtime reads the operators' organization's users", in.Runtime, func(c *client.Client) error {
				_, err := c.UserServiceV2().GetUserByID(t.Context(), &userpb.GetUserByIDRequest{UserId: operatorsUser.GetId()})
				return err
			}, codes.NotFound},
			{"runtime makes itself owner", in.Runtime, func(c *client.Client) error {
				_, err := c.InternalPermissionServiceV2().CreateAdministrator(t.Context(), &permissionpb.CreateAdministratorRequest{
					UserId: string(in.Runtime.User), Roles: []string{"ORG_OWNER"},
					Resource: &permissionpb.ResourceType{Resource: &permissionpb.ResourceType_OrganizationId{OrganizationId: string(w.birch.ID)}},
				})
				return err
			}, codes.PermissionDenied},
			{"runtime grants the project", in.Runtime, func(c *client.Client) error {
				_, err := c.ProjectServiceV2().CreateProjectGrant(t.Context(), &projectpb.CreateProjectGrantRequest{
					ProjectId: in.Project, GrantedOrganizationId: string(in.Individuals), RoleKeys: []string{"teacher"},
				})
				return err
			}, codes.NotFound},
			{"runtime makes an operator", in.Runtime, func(c *client.Client) error {
				_, err := c.AuthorizationServiceV2().CreateAuthorization(t.Context(), &authorizationpb.CreateAuthorizationRequest{
					UserId: student, ProjectId: in.Project, OrganizationId: string(in.Operators), RoleKeys: []string{"operator"},
				})
				return err
			}, codes.NotFound},
			{"provisioner reads events", in.Provisioner, func(c *client.Client) error {
				_, err := c.AdminService().ListEvents(t.Context(), &adminpb.ListEventsRequest{Limit: 1})
				return err
			}, codes.PermissionDenied},
			{"provisioner changes the domain policy", in.Provisioner, func(c *client.Client) error {
				_, err := c.AdminService().UpdateDomainPolicy(t.Context(), &adminpb.UpdateDomainPolicyRequest{})
				return err
			}, codes.PermissionDenied},
			{"events creates a user", in.Events, func(c *client.Client) error {
				_, err := c.UserServiceV2().CreateUser(t.Context(), &userpb.CreateUserRequest{
					OrganizationId: string(w.linden.ID), Username: new(unique("ev")),
					UserType: &userpb.CreateUserRequest_Machine_{Machine: &userpb.CreateUserRequest_Machine{Name: "ev"}},
				})
				return err
			}, codes.PermissionDenied},
			{"events assigns a role", in.Events, func(c *client.Client) error {
				_, err := c.AuthorizationServiceV2().CreateAuthorization(t.Context(), &authorizationpb.CreateAuthorizationRequest{
					UserId: student, ProjectId: in.Project, OrganizationId: string(w.linden.ID), RoleKeys: []string{"teacher"},
				})
				return err
			}, codes.PermissionDenied},
			{"events deactivates a user", in.Events, func(c *client.Client) error {
				_, err := c.UserServiceV2().DeactivateUser(t.Context(), &userpb.DeactivateUserRequest{UserId: student})
				return err
			}, codes.PermissionDenied},
			{"nobody without a key", zitadel.ServiceAccount{}, func(*client.Client) error {
				_, err := w.unsigned(t).UserServiceV2().GetUserByID(t.Context(), &userpb.GetUserByIDRequest{UserId: student})
				return err
			}, codes.Unauthenticated},
		} {
			var c *client.Client
			if test.account.Key != "" {
				c = w.as(t, test.account)
			}
			if got := status.Code(test.call(c)); got != test.want {
				t.Errorf("%s: %v, want %v", test.name, got, test.want)
			}
		}
	})
}
