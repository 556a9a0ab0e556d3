package zitadel_test

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	adminpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

	"homeroom.dev/homeroom/identity"
)

// Every method of Remote that takes a user is called with users who are not
// here: not found, and nothing happens. A method added later is walked as well.
func TestContractForeignUsersAreNotFound(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		teacherOfBirch := w.student(t, w.birch)
		if _, err := w.in(t, w.birch).CreateRoleAssignment(t.Context(), teacherOfBirch.ID, []identity.Role{identity.RoleTeacher}); err != nil {
			t.Fatal(err)
		}
		provider := w.provider(t, w.linden)
		for _, test := range []struct {
			name string
			user identity.UserID
			not  []string // the methods that this user is right for
		}{
			{"somebody of another school", teacherOfBirch.ID, []string{"CreateRoleAssignment", "AssignRoles"}}, // becomes a guest
			{"an individual", w.individual(t), []string{"CreateRoleAssignment", "AssignRoles"}},
			{"the runtime itself", w.installation.Runtime.User, nil},
			{"a user who is not there", identity.UserID(unique("nobody")), []string{"CreateUser", "CreateLinkedUser", "AddUser"}},
		} {
			for _, here := range []identity.Organization{w.biology, w.linden} {
				t.Run(test.name+" in "+here.Name, func(t *testing.T) {
					began := w.latest(t)
					walked := w.walk(t, here, foreign{user: test.user, provider: provider}, func(method reflect.Method, takes foreign) bool {
						return takes.user != "" && !slices.Contains(test.not, method.Name)
					})
					if walked < 18 {
						t.Errorf("%d methods walked, want all that take a user", walked)
					}
					if since := w.editedSince(t, w.installation.Runtime.User, began); len(since) > 0 {
						t.Errorf("the event log has grown: %v", since)
					}
				})
			}
		}
	})
}

// The same for every method that takes an identity provider. Zitadel itself
// starts a sign-in through any provider, and tells anybody who came back.
func TestContractForeignProvidersAreNotFound(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		user := w.student(t, w.linden)
		attached := w.provider(t, w.birch)
		if err := w.in(t, w.birch).AttachProvider(t.Context(), attached); err != nil {
			t.Fatal(err)
		}
		ofInstance, err := w.owner.AdminService().AddGenericOIDCProvider(t.Context(), &adminpb.AddGenericOIDCProviderRequest{
			Name: "Somebody else's", Issuer: "https://not-connected.invalid", ClientId: "client", ClientSecret: "secret",
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range []struct {
			name     string
			provider identity.ProviderID
		}{
			{"of another school", w.provider(t, w.birch)},
			{"attached in another school", attached},
			{"of the instance and not ours", identity.ProviderID(ofInstance.GetId())},
			{"not there", "400000000000000000"},
			{"no ID", ""},
		} {
			t.Run(test.name, func(t *testing.T) {
				began := w.latest(t)
				walked := w.walk(t, w.linden, foreign{user: user.ID, provider: test.provider}, func(_ reflect.Method, takes foreign) bool {
					return takes.provider != ""
				})
				if walked < 8 {
					t.Errorf("%d methods walked, want all that take an identity provider", walked)
				}
				if since := w.editedSince(t, w.installation.Runtime.User, began); len(since) > 0 {
					t.Errorf("the event log has grown: %v", since)
				}
			})
		}
		w.wantAttached(t, w.birch, attached)
	})
}

// The zero Opened, and organizations nobody opens, find nothing by any method.
func TestContractNothingIsFoundInNoOrganization(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		operators := identity.Organization{ID: w.installation.Operators, Kind: identity.KindSchool, Name: "Operators", State: identity.OrganizationActive}
		opened, err := identity.OpenFounded(operators, identity.Actor{User: "suite"}, identity.RoleSchoolAdmin)
		if err != nil {
			t.Fatal(err)
		}
		user, provider := w.student(t, w.linden), w.provider(t, w.linden)
		for name, here := range map[string]identity.Opened{"zero": {}, "operators": opened} {
			began := w.latest(t)
			w.walkIn(t, w.runtime.In(here), foreign{user: user.ID, provider: provider, school: w.linden.ID}, func(method reflect.Method, _ foreign) bool {
				return method.Name != "DeleteRoleAssignment"
			})
			if since := w.editedSince(t, w.installation.Runtime.User, began); len(since) > 0 {
				t.Errorf("%s: the event log has grown: %v", name, since)
			}
		}
	})
}

// foreign is what a method is called with; of a method, what it takes.
type foreign struct {
	user     identity.UserID
	provider identity.ProviderID
	school   identity.OrganizationID
}

// walk calls every method of Remote that is chosen, and wants not found.
func (w *world) walk(t *testing.T, here identity.Organization, with foreign, chosen func(reflect.Method, foreign) bool) int {
	t.Helper()
	return w.walkIn(t, w.in(t, here), with, chosen)
}

func (w *world) walkIn(t *testing.T, remote identity.Remote, with foreign, chosen func(reflect.Method, foreign) bool) (walked int) {
	t.Helper()
	for i := range reflect.TypeFor[identity.Remote]().NumMethod() {
		method := reflect.TypeFor[identity.Remote]().Method(i)
		arguments, takes := argumentsFor(t, method.Type, with)
		if !chosen(method, takes) {
			continue
		}
		walked++
		results := reflect.ValueOf(remote).MethodByName(method.Name).Call(arguments)
		err, _ := results[len(results)-1].Interface().(error)
		switch {
		case method.Name == "DeleteRoleAssignment":
			// An assignment that is gone and one that never was are the same.
			if fact := results[0].Interface(); err != nil || fact != (identity.Unknown{}) {
				t.Errorf("DeleteRoleAssignment = %v, %v, want nothing and no error", fact, err)
			}
		case method.Name == "ShownUsers" && err == nil:
			// Somebody who is not here is not shown here. Nowhere, it is told.
			if found := results[0].Interface().([]identity.UserID); len(found) > 0 {
				t.Errorf("%s = %v, want nobody", method.Name, found)
			}
		case method.Name == "DeleteUser" && err == nil:
			// Somebody who is gone, and nobody: nothing to tell. In the wrong place
			// it is told, as the event log shows.
			if fact := results[0].Interface(); fact != (identity.Unknown{}) {
				t.Errorf("DeleteUser = %v, want nothing", fact)
			}
		case method.Name == "DeleteProvider" && err == nil:
			// So are identity providers. Where there is no school it is told.
		case !identity.IsKind(err, identity.KindNotFound):
			t.Errorf("%s: error = %v, want not found", method.Name, err)
		}
	}
	return walked
}

// argumentsFor makes arguments for a method of Remote, and tells what it takes.
func argumentsFor(t *testing.T, method reflect.Type, with foreign) (arguments []reflect.Value, takes foreign) {
	t.Helper()
	for i := range method.NumIn() {
		var argument any
		switch kind := method.In(i); kind {
		case reflect.TypeFor[context.Context]():
			argument = t.Context()
		case reflect.TypeFor[identity.UserID]():
			argument, takes.user = with.user, "taken"
		case reflect.TypeFor[identity.NewUser]():
			n := someone()
			n.ID = with.user
			argument, takes.user = n, "taken"
		case reflect.TypeFor[[]identity.UserID]():
			argument, takes.user = []identity.UserID{with.user}, "taken"
		case reflect.TypeFor[identity.UserUpdate]():
			argument = identity.UserUpdate{GivenName: new("Taken"), Address: new("taken@example.org")}
		case reflect.TypeFor[identity.BadgeProvider]():
			argument = identity.BadgeProvider{
				Name: "Taken over", Issuer: "https://taken.example", Endpoint: "https://taken.example/token", Keys: "https://taken.example/keys", Header: "X-Badge",
			}
		case reflect.TypeFor[identity.ProviderID]():
			argument, takes.provider = with.provider, "taken"
		case reflect.TypeFor[identity.Provider]():
			argument = identity.Provider{Vendor: identity.VendorEntra, Protocol: identity.ProtocolSAML, Name: "Taken over"}
		case reflect.TypeFor[[]identity.Role]():
			argument = []identity.Role{identity.RoleTeacher} // held in schools and in classrooms
		case reflect.TypeFor[identity.DomainProof]():
			argument = identity.ProofDNS
		case reflect.TypeFor[identity.LoginPolicy]():
			argument = identity.LoginPolicy{SelfRegistration: true}
		case reflect.TypeFor[identity.Branding]():
			argument = identity.Branding{Colour: "#3366cc"}
		case reflect.TypeFor[identity.OrganizationState]():
			argument = identity.OrganizationInactive
		case reflect.TypeFor[identity.OrganizationID]():
			argument = with.school
		case reflect.TypeFor[bool]():
			argument = true
		case reflect.TypeFor[string]():
			argument = "Correct-horse-7"
		default:
			t.Fatalf("no idea how to make a %s: teach this test", kind)
		}
		arguments = append(arguments, reflect.ValueOf(argument))
	}
	return arguments, takes
}

// individual is a new person who registered without a school.
func (w *world) individual(t *testing.T) identity.UserID {
	t.Helper()
	id, name := unique("user"), unique("ind")
	_, err := w.owner.UserServiceV2().CreateUser(t.Context(), &userpb.CreateUserRequest{
		OrganizationId: string(w.installation.Individuals), UserId: &id, Username: &name,
		UserType: &userpb.CreateUserRequest_Human_{Human: &userpb.CreateUserRequest_Human{
			Profile: &userpb.SetHumanProfile{GivenName: "Ida", FamilyName: "Noble"},
			Email:   &userpb.SetHumanEmail{Email: name + "@example.org", Verification: &userpb.SetHumanEmail_IsVerified{IsVerified: true}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return identity.UserID(id)
}

// latest is the time of the newest event of the instance.
func (w *world) latest(t *testing.T) time.Time {
	t.Helper()
	answer, err := w.owner.AdminService().ListEvents(t.Context(), &adminpb.ListEventsRequest{Limit: 1})
	if err != nil || len(answer.GetEvents()) == 0 {
		t.Fatalf("no events: %v", err)
	}
	return answer.GetEvents()[0].GetCreationDate().AsTime()
}

// editedSince are the types of the events somebody caused after a time.
func (w *world) editedSince(t *testing.T, editor identity.UserID, after time.Time) []string {
	t.Helper()
	answer, err := w.owner.AdminService().ListEvents(t.Context(), &adminpb.ListEventsRequest{
		Asc: true, EditorUserId: string(editor),
		CreationDateFilter: &adminpb.ListEventsRequest_From{From: timestamppb.New(after)},
	})
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, event := range answer.GetEvents() {
		types = append(types, event.GetType().GetType())
	}
	return types
}

// happened counts the events of a type of one aggregate, past the gateway.
func (w *world) happened(t *testing.T, aggregate, kind string) int {
	t.Helper()
	answer, err := w.owner.AdminService().ListEvents(t.Context(), &adminpb.ListEventsRequest{AggregateId: aggregate, EventTypes: []string{kind}})
	if err != nil {
		t.Fatal(err)
	}
	return len(answer.GetEvents())
}
