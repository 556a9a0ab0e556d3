package zitadel_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authorizationpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	orgpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	projectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"

	"homeroom.dev/homeroom/identity"
)

// A role on somebody else's project is no role here, however it changes.
func TestContractOtherProjectsAreLeftOut(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		project, err := w.owner.ProjectServiceV2().CreateProject(t.Context(), &projectpb.CreateProjectRequest{OrganizationId: string(w.birch.ID), Name: unique("Other")})
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range []string{"teacher", "student"} {
			if _, err := w.owner.ProjectServiceV2().AddProjectRole(t.Context(), &projectpb.AddProjectRoleRequest{ProjectId: project.GetProjectId(), RoleKey: role, DisplayName: role}); err != nil {
				t.Fatal(err)
			}
		}
		began, authorizations := w.latest(t), w.owner.AuthorizationServiceV2()
		user := w.student(t, w.birch)
		created, err := authorizations.CreateAuthorization(t.Context(), &authorizationpb.CreateAuthorizationRequest{
			UserId: string(user.ID), ProjectId: project.GetProjectId(), OrganizationId: string(w.birch.ID), RoleKeys: []string{"teacher"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := authorizations.UpdateAuthorization(t.Context(), &authorizationpb.UpdateAuthorizationRequest{Id: created.GetId(), RoleKeys: []string{"student"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := authorizations.DeactivateAuthorization(t.Context(), &authorizationpb.DeactivateAuthorizationRequest{Id: created.GetId()}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the authorization is shown", func() bool {
			answer, err := authorizations.ListAuthorizations(t.Context(), &authorizationpb.ListAuthorizationsRequest{Filters: []*authorizationpb.AuthorizationsSearchFilter{
				{Filter: &authorizationpb.AuthorizationsSearchFilter_ProjectId{ProjectId: idFilter(project.GetProjectId())}},
			}})
			return err == nil && len(answer.GetAuthorizations()) == 1
		})
		if got := w.held(t, w.birch, user.ID); got.ID != "" {
			t.Errorf("shown as %+v", got)
		}
		_, err = w.in(t, w.birch).SuspendRoleAssignment(t.Context(), user.ID)
		wantKind(t, err, identity.KindNotFound, "role-assignment.not-found")
		if _, err := authorizations.DeleteAuthorization(t.Context(), &authorizationpb.DeleteAuthorizationRequest{Id: created.GetId()}); err != nil {
			t.Fatal(err)
		}
		page, err := w.events.Events(t.Context(), identity.EventQuery{After: began, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range page.Events {
			if event.Aggregate == created.GetId() {
				t.Errorf("told: %+v", event)
			}
		}
		// Somebody who did not see its beginning is not told either.
		middle := page.Events[len(page.Events)-1].At
		fresh := w.freshEvents(t)
		late, err := fresh.Events(t.Context(), identity.EventQuery{After: middle.Add(-time.Microsecond), Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range late.Events {
			if _, removed := event.Fact.(identity.RoleAssignmentRemoved); event.Aggregate == created.GetId() && !removed {
				t.Errorf("told late: %+v", event)
			}
		}
	})
}

// Zitadel takes roles away with a grant, and tells of each; with an
// organization, and tells of the organization alone.
func TestContractWhatGoesWithItsOwnerIsTold(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		n := identity.NewOrganization{ID: identity.NewOrganizationID(), Kind: identity.KindClassroom, Name: "Short lived"}
		if _, err := w.provisioner.Open(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		o := identity.Organization{ID: n.ID, Kind: n.Kind, Name: n.Name}
		assign := func() identity.RoleAssignmentID {
			fact, err := w.in(t, o).CreateRoleAssignment(t.Context(), w.student(t, o).ID, student)
			if err != nil {
				t.Fatal(err)
			}
			return fact.(identity.RoleAssignmentCreated).Assignment.ID
		}
		first := assign()
		began := w.latest(t)
		if _, err := w.owner.ProjectServiceV2().DeleteProjectGrant(t.Context(), &projectpb.DeleteProjectGrantRequest{ProjectId: w.installation.Project, GrantedOrganizationId: string(n.ID)}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.provisioner.Open(t.Context(), n); err != nil {
			t.Fatalf("grant again: %v", err)
		}
		assign()
		if _, err := w.owner.OrganizationServiceV2().DeactivateOrganization(t.Context(), &orgpb.DeactivateOrganizationRequest{OrganizationId: string(n.ID)}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.owner.OrganizationServiceV2().ActivateOrganization(t.Context(), &orgpb.ActivateOrganizationRequest{OrganizationId: string(n.ID)}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.owner.OrganizationServiceV2().UpdateOrganization(t.Context(), &orgpb.UpdateOrganizationRequest{OrganizationId: string(n.ID), Name: unique("Renamed")}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.owner.OrganizationServiceV2().DeleteOrganization(t.Context(), &orgpb.DeleteOrganizationRequest{OrganizationId: string(n.ID)}); err != nil {
			t.Fatal(err)
		}
		page, err := w.events.Events(t.Context(), identity.EventQuery{After: began, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, event := range page.Events {
			switch fact := event.Fact.(type) {
			case identity.GrantRemoved:
				told = append(told, "grant removed")
			case identity.GrantSet:
				told = append(told, "grant set")
			case identity.RoleAssignmentRemoved:
				if fact.ID == first {
					told = append(told, "assignment removed")
				}
			case identity.OrganizationStateChanged:
				told = append(told, string(fact.State))
			case identity.OrganizationRenamed:
				told = append(told, "renamed")
			case identity.OrganizationRemoved:
				told = append(told, "organization removed")
			case identity.UserRemoved:
				told = append(told, "user removed")
			}
		}
		want := []string{"grant removed", "assignment removed", "grant set", "inactive", "active", "renamed", "organization removed"}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("told differs (-want +got):\n%s", diff)
		}
		if _, err := w.events.Organization(t.Context(), n.ID); !identity.IsKind(err, identity.KindNotFound) {
			eventually(t, "the organization is gone", func() bool {
				_, err := w.events.Organization(t.Context(), n.ID)
				return identity.IsKind(err, identity.KindNotFound)
			})
		}
	})
}
