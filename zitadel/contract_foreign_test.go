package zitadel_test

import (
	"context"
	"reflect"
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
		for _, test := range []struct {
			name string
			user identity.UserID
			not  string // the one method that this user is right for
		}{
			{"somebody of another school", teacherOfBirch.ID, "CreateRoleAssignment"}, // becomes a guest
			{"an individual", w.individual(t), "CreateRoleAssignment"},
			{"the runtime itself", w.installation.Runtime.User, ""},
			{"a user who is not there", identity.UserID(unique("nobody")), "CreateUser"},
		} {
			t.Run(test.name, func(t *testing.T) {
				began := w.latest(t)
				remote := reflect.ValueOf(w.in(t, w.biology))
				walked := 0
				for i := range reflect.TypeFor[identity.Remote]().NumMethod() {
					method := reflect.TypeFor[identity.Remote]().Method(i)
					arguments, takesUser := argumentsFor(t, method.Type, test.user)
					if !takesUser || method.Name == test.not {
						continue
					}
					walked++
					results := remote.MethodByName(method.Name).Call(arguments)
					err, _ := results[len(results)-1].Interface().(error)
					if method.Name == "DeleteRoleAssignment" {
						// An assignment that is gone and one that never was are the same.
						if fact := results[0].Interface(); err != nil || fact != (identity.Unknown{}) {
							t.Errorf("DeleteRoleAssignment = %v, %v, want nothing and no error", fact, err)
						}
						continue
					}
					if !identity.IsKind(err, identity.KindNotFound) {
						t.Errorf("%s: error = %v, want not found", method.Name, err)
					}
				}
				if walked < 9 {
					t.Errorf("%d methods walked, want all that take a user", walked)
				}
				if since := w.editedSince(t, w.installation.Runtime.User, began); len(since) > 0 {
					t.Errorf("the event log has grown: %v", since)
				}
			})
		}
	})
}

// argumentsFor makes arguments for a method of Remote, and reports whether
// there is a user among them.
func argumentsFor(t *testing.T, method reflect.Type, user identity.UserID) (arguments []reflect.Value, takesUser bool) {
	t.Helper()
	for i := range method.NumIn() {
		switch kind := method.In(i); kind {
		case reflect.TypeFor[context.Context]():
			arguments = append(arguments, reflect.ValueOf(t.Context()))
		case reflect.TypeFor[identity.UserID]():
			arguments, takesUser = append(arguments, reflect.ValueOf(user)), true
		case reflect.TypeFor[identity.NewUser]():
			n := someone()
			n.ID = user
			arguments, takesUser = append(arguments, reflect.ValueOf(n)), true
		case reflect.TypeFor[[]identity.Role]():
			arguments = append(arguments, reflect.ValueOf([]identity.Role{identity.RoleStudent}))
		case reflect.TypeFor[string]():
			arguments = append(arguments, reflect.ValueOf("Correct-horse-7"))
		default:
			t.Fatalf("no idea how to make a %s: teach this test", kind)
		}
	}
	return arguments, takesUser
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
