package zitadel

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	eventpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"homeroom.dev/homeroom/identity"
)

// Payloads as a v4 server was seen to have them. Those the contract suite
// cannot bring about are here.
func TestEventsAreUnderstood(t *testing.T) {
	when := time.Date(2026, 11, 20, 23, 30, 4, 789257000, time.UTC)
	secret := map[string]any{"Algorithm": "aes", "Crypted": "c2VjcmV0", "KeyID": "userKey"}
	for _, test := range []struct {
		kind      string
		aggregate string
		payload   map[string]any
		want      identity.Fact
	}{
		{
			userRegistered, "u1",
			map[string]any{"userName": "mia@example.org", "firstName": "Mia", "lastName": "Wolf", "preferredLanguage": "de", "email": "mia@example.org", "encodedHash": "$2a$14$secret", "userAgentID": "a"},
			identity.UserCreated{User: identity.User{
				ID: "u1", Home: "home", UserName: "mia@example.org", GivenName: "Mia", FamilyName: "Wolf",
				Address: "mia@example.org", Language: "de", State: identity.UserActive, CreatedAt: when,
			}, At: when},
		},
		{
			userNameClaimed, "u1",
			map[string]any{"userName": "4711@temporary.id.example.org", "triggerOrigin": "https://id.example.org"},
			identity.UserChanged{User: "u1", UserName: new("4711@temporary.id.example.org"), At: when},
		},
		{
			userProfileChanged, "u1",
			map[string]any{"lastName": "Lee", "gender": 2},
			identity.UserChanged{User: "u1", FamilyName: new("Lee"), At: when},
		},
		{
			userAddressChanged, "u1",
			map[string]any{"email": "u1@no-mail.homeroom.invalid"},
			identity.UserChanged{User: "u1", Address: new(""), AddressVerified: new(false), At: when},
		},
		{
			signedIn, "V2_400508054010858534",
			map[string]any{"userID": "u1", "sessionID": "s1", "clientID": "c", "scope": []any{"openid"}, "nonce": "n", "authTime": "2026-11-20T23:30:04Z"},
			identity.UserSignedIn{User: "u1", At: when},
		},
		{signedIn, "V2_1", nil, nil},
		{
			assignmentChanged, "a1",
			map[string]any{"userId": "u1", "roleKeys": []any{"teacher", "student", "teacher"}},
			identity.RoleAssignmentChanged{ID: "a1", Roles: []identity.Role{identity.RoleStudent, identity.RoleTeacher}, At: when},
		},
		{
			assignmentCascadeChanged, "a1",
			map[string]any{},
			identity.RoleAssignmentChanged{ID: "a1", Roles: []identity.Role{}, At: when},
		},
		{assignmentCascadeRemoved, "a1", nil, identity.RoleAssignmentRemoved{ID: "a1", At: when}},
		{assignmentCascadeRemoved, "elsewhere", nil, nil},
		{assignmentRemoved, "never heard of", map[string]any{"projectId": "other"}, nil},
		{assignmentDeactivated, "elsewhere", nil, nil},
		{
			grantChanged, "platform",
			map[string]any{"grantId": "g1", "roleKeys": []any{"teacher"}},
			identity.GrantSet{Grant: "g1", Roles: []identity.Role{identity.RoleTeacher}, At: when},
		},
		{grantRemoved, "other", map[string]any{"grantId": "g1", "grantedOrgId": "o1"}, nil},
		{metadataSet, "o1", map[string]any{"key": "theirs.plan", "value": "not base64!"}, nil},
		{metadataRemoved, "o1", map[string]any{"key": identity.MetadataName}, identity.OrganizationMetadataSet{Organization: "o1", Key: identity.MetadataName, At: when}},
		{"user.human.password.changed", "u1", map[string]any{"encodedHash": "$2a$14$secret"}, nil},
		{"user.human.invite.code.added", "u1", map[string]any{"code": secret}, nil},
		{"user.machine.added", "m1", map[string]any{"userName": "robot"}, nil},
		{"project.role.added", "platform", map[string]any{"key": "teacher"}, nil},
	} {
		t.Run(test.kind, func(t *testing.T) {
			e := &Events{config: Config{Project: "platform"}, known: map[string]bool{"a1": true, "elsewhere": false}}
			payload, err := structpb.NewStruct(test.payload)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.fact(t.Context(), &eventpb.Event{
				Aggregate:    &eventpb.Aggregate{Id: test.aggregate, ResourceOwner: "home"},
				CreationDate: timestamppb.New(when),
				Payload:      payload,
				Type:         &eventpb.EventType{Type: test.kind},
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("fact differs (-want +got):\n%s", diff)
			}
		})
	}
}

// A value that cannot be read is an error, not an empty name.
func TestBrokenMetadataIsAnError(t *testing.T) {
	payload, err := structpb.NewStruct(map[string]any{"key": identity.MetadataName, "value": "not base64!"})
	if err != nil {
		t.Fatal(err)
	}
	fact, err := new(Events).fact(t.Context(), &eventpb.Event{
		Aggregate: &eventpb.Aggregate{Id: "o1"}, Payload: payload, Type: &eventpb.EventType{Type: metadataSet},
	})
	if err == nil || !strings.Contains(err.Error(), "o1") || fact != nil {
		t.Errorf("fact = %v, error = %v, want an error that names the organization", fact, err)
	}
}

// Zitadel takes no more than 30 types at once.
func TestEventTypesFitOneQuestion(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range eventTypes {
		if seen[kind] {
			t.Errorf("%s is asked for twice", kind)
		}
		seen[kind] = true
	}
	if len(eventTypes) > 30 {
		t.Errorf("%d event types, want at most 30", len(eventTypes))
	}
}
