package zitadel_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	permissionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/internal_permission/v2"
	orgpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"

	"homeroom.dev/homeroom/identity"
)

// foreign is an organization that Homeroom did not open.
func (w *world) foreign(t *testing.T) identity.OrganizationID {
	t.Helper()
	added, err := w.owner.OrganizationServiceV2().AddOrganization(t.Context(), &orgpb.AddOrganizationRequest{Name: unique("Foreign")})
	if err != nil {
		t.Fatal(err)
	}
	return identity.OrganizationID(added.GetOrganizationId())
}

func TestContractOpeningMayBeRepeated(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		n := identity.NewOrganization{
			ID: identity.NewOrganizationID(), Kind: identity.KindClassroom, Name: "  Física\t2º ", School: w.linden.ID,
		}
		facts, err := w.provisioner.Open(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.provisioner.Open(t.Context(), n)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(facts, again); diff != "" {
			t.Errorf("opened again differs (-first +again):\n%s", diff)
		}
		values := map[string]string{}
		for _, fact := range facts {
			if m, ok := fact.(identity.OrganizationMetadataSet); ok {
				values[m.Key] = m.Value
			}
		}
		wantValues := map[string]string{identity.MetadataKind: "classroom", identity.MetadataName: "Física 2º", identity.MetadataSchool: string(w.linden.ID)}
		if diff := cmp.Diff(wantValues, values); diff != "" {
			t.Errorf("metadata differs (-want +got):\n%s", diff)
		}
		created, ok := facts[0].(identity.OrganizationCreated)
		if !ok || created.Organization != n.ID || !strings.HasPrefix(created.RemoteName, "Física 2º ") {
			t.Errorf("first fact = %+v, want the creation with its name at Zitadel", facts[0])
		}

		read, err := w.events.Organization(t.Context(), n.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := identity.Organization{
			ID: n.ID, Kind: n.Kind, Name: "Física 2º", School: w.linden.ID, State: identity.OrganizationActive,
			RemoteName: created.RemoteName, CreatedAt: created.At,
		}
		if diff := cmp.Diff(want, read); diff != "" {
			t.Errorf("organization read differs (-want +got):\n%s", diff)
		}

		// The answers are what the event log tells, and the grant is only told there.
		told := map[string]bool{}
		for _, event := range w.history(t, string(n.ID)) {
			told[dump(t, event.Fact)] = true
			if event.Editor != w.installation.Provisioner.User || event.Organization != n.ID {
				t.Errorf("event %+v, want the provisioner's in %s", event, n.ID)
			}
		}
		for _, fact := range facts {
			if !told[dump(t, fact)] {
				t.Errorf("the event log does not tell %+v", fact)
			}
		}
		var granted []identity.Role
		for _, event := range w.history(t, w.installation.Project) {
			if g, ok := event.Fact.(identity.GrantSet); ok && g.Organization == n.ID {
				granted = g.Roles
			}
		}
		if want := identity.RolesIn(n.Kind); !cmp.Equal(granted, want) {
			t.Errorf("granted roles = %v, want %v", granted, want)
		}
	})
}

// Two organizations may have one name: at Zitadel they have not.
func TestContractNamesNeedNotBeUnique(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		var names []string
		for range 2 {
			facts, err := w.provisioner.Open(t.Context(), identity.NewOrganization{
				ID: identity.NewOrganizationID(), Kind: identity.KindSchool, Name: strings.Repeat("Ä", 120),
			})
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, facts[0].(identity.OrganizationCreated).RemoteName)
		}
		if names[0] == names[1] {
			t.Errorf("both are called %s", names[0])
		}
	})
}

func TestContractOpeningRefusesWhatIsNotOurs(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		foreign := w.foreign(t)
		for _, test := range []struct {
			name string
			new  identity.NewOrganization
			kind identity.ErrorKind
		}{
			{"without ID", identity.NewOrganization{Kind: identity.KindSchool, Name: "X"}, identity.KindInvalid},
			{"without name", identity.NewOrganization{ID: "x", Kind: identity.KindSchool, Name: " "}, identity.KindInvalid},
			{"without kind", identity.NewOrganization{ID: "x", Name: "X"}, identity.KindInvalid},
			{"a school of a school", identity.NewOrganization{ID: "x", Kind: identity.KindSchool, Name: "X", School: w.linden.ID}, identity.KindInvalid},
			{"a classroom of a classroom", identity.NewOrganization{ID: "x", Kind: identity.KindClassroom, Name: "X", School: w.club.ID}, identity.KindNotFound},
			{"a classroom of a foreign organization", identity.NewOrganization{ID: "x", Kind: identity.KindClassroom, Name: "X", School: foreign}, identity.KindNotFound},
			{"a classroom of nothing", identity.NewOrganization{ID: "x", Kind: identity.KindClassroom, Name: "X", School: "nowhere"}, identity.KindNotFound},
			{"the operators' organization", identity.NewOrganization{ID: w.installation.Operators, Kind: identity.KindSchool, Name: "X"}, identity.KindNotFound},
			{"a foreign organization", identity.NewOrganization{ID: foreign, Kind: identity.KindSchool, Name: "X"}, identity.KindConflict},
			{"another name for what is there", identity.NewOrganization{ID: w.birch.ID, Kind: identity.KindSchool, Name: "X"}, identity.KindConflict},
		} {
			_, err := w.provisioner.Open(t.Context(), test.new)
			if !identity.IsKind(err, test.kind) {
				t.Errorf("%s: error = %v, want %s", test.name, err, test.kind)
			}
		}
		if o, err := w.events.Organization(t.Context(), foreign); err != nil || o.Kind != "" {
			t.Errorf("foreign organization afterwards = %+v, %v, want no kind", o, err)
		}
	})
}

// What a crash left half done is completed: here the organization alone was
// made, without a member.
func TestContractOpeningCompletesWhatIsMissing(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		n := identity.NewOrganization{ID: identity.NewOrganizationID(), Kind: identity.KindSchool, Name: "Cut off"}
		probe := n
		probe.ID = identity.NewOrganizationID()
		if _, err := w.provisioner.Open(t.Context(), probe); err != nil {
			t.Fatal(err)
		}
		if _, err := w.provisioner.Open(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		resource := &permissionpb.ResourceType{Resource: &permissionpb.ResourceType_OrganizationId{OrganizationId: string(n.ID)}}
		if _, err := w.owner.InternalPermissionServiceV2().DeleteAdministrator(t.Context(), &permissionpb.DeleteAdministratorRequest{
			UserId: string(w.installation.Runtime.User), Resource: resource,
		}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the runtime is no member", func() bool { return len(w.members(t, n.ID)) == 0 })
		if _, err := w.provisioner.Open(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		want := map[string][]string{string(w.installation.Runtime.User): {"ORG_SETTINGS_MANAGER", "ORG_USER_MANAGER"}}
		eventually(t, "the runtime is a member", func() bool { return len(w.members(t, n.ID)) == 1 })
		if diff := cmp.Diff(want, w.members(t, n.ID)); diff != "" {
			t.Errorf("members differ (-want +got):\n%s", diff)
		}
	})
}

func TestContractOrganizationsAreRenamed(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		name := unique("Bio")
		fact, err := w.in(t, w.biology).SetName(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		history := w.history(t, string(w.biology.ID))
		if diff := cmp.Diff(fact, history[len(history)-1].Fact); diff != "" {
			t.Errorf("the event log tells something else (-answer +log):\n%s", diff)
		}
		eventually(t, "the name is shown", func() bool {
			o, err := w.events.Organization(t.Context(), w.biology.ID)
			return err == nil && o.Name == name
		})
		_, err = w.in(t, w.biology).SetName(t.Context(), "")
		wantKind(t, err, identity.KindInvalid, "organization.name.missing")
		_, err = w.in(t, identity.Organization{ID: w.foreign(t), Kind: identity.KindSchool}).SetName(t.Context(), "Mine")
		wantKind(t, err, identity.KindNotFound, "organization.not-found")
	})
}

// members are the administrators of an organization with their sorted roles.
func (w *world) members(t *testing.T, o identity.OrganizationID) map[string][]string {
	t.Helper()
	return w.administrators(t, &permissionpb.AdministratorSearchFilter{Filter: &permissionpb.AdministratorSearchFilter_Resource{
		Resource: &permissionpb.ResourceFilter{Resource: &permissionpb.ResourceFilter_OrganizationId{OrganizationId: string(o)}},
	}}, func(a *permissionpb.Administrator) string { return a.GetUser().GetId() })
}

// rights are where a service account is an administrator, with its roles.
func (w *world) rights(t *testing.T, user identity.UserID) map[string][]string {
	t.Helper()
	return w.administrators(t, &permissionpb.AdministratorSearchFilter{Filter: &permissionpb.AdministratorSearchFilter_InUserIdsFilter{
		InUserIdsFilter: &filterpb.InIDsFilter{Ids: []string{string(user)}},
	}}, func(a *permissionpb.Administrator) string {
		if a.GetInstance() {
			return "instance"
		}
		return a.GetOrganization().GetId()
	})
}
