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
			}, Password: true, At: when},
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
		{
			signedIn, "V2_2", // by the older login pages
			map[string]any{"userID": "u1", "userAgent": map[string]any{
				"fingerprint_id": "f", "ip": "192.0.2.7", "description": "Mozilla/5.0 (X11)",
				"header": map[string]any{"User-Agent": []any{"Mozilla/5.0 (X11)"}, "Cookie": []any{"session=secret"}, "Referer": []any{"https://id.example.org/"}},
			}},
			identity.UserSignedIn{User: "u1", Address: "192.0.2.7", Device: "Mozilla/5.0 (X11)", At: when},
		},
		{
			signedIn, "V2_3", // by the newer ones
			map[string]any{"userID": "u1", "userAgent": map[string]any{
				"ip": "::ffff:192.0.2.7", "description": "Chrome, Linux",
				"header": map[string]any{"user-agent": []any{"Mozilla/5.0 (KHTML", " like Gecko) " + strings.Repeat("é", 300)}},
			}},
			identity.UserSignedIn{User: "u1", Address: "192.0.2.7", Device: "Mozilla/5.0 (KHTML, like Gecko) " + strings.Repeat("é", 112), At: when},
		},
		{
			signedIn, "V2_4",
			map[string]any{"userID": "u1", "userAgent": map[string]any{"ip": "not an address <script>", "description": "Chrome, Linux"}},
			identity.UserSignedIn{User: "u1", Device: "Chrome, Linux", At: when},
		},
		{signedIn, "V2_1", nil, nil},
		{
			passwordFailed, "u1",
			map[string]any{"id": "r", "userAgentID": "a", "userAgent": "Mozilla/5.0", "acceptLanguage": "en", "remoteIP": "192.0.2.7"},
			identity.Observed{
				Action: identity.ActionSignInFailed, User: "u1", Values: map[string]string{"credential": "password"},
				Address: "192.0.2.7", Device: "Mozilla/5.0", At: when,
			},
		},
		{recoveryFailed, "u1", nil, identity.Observed{Action: identity.ActionSignInFailed, User: "u1", Values: map[string]string{"credential": "recovery-code"}, At: when}},
		{recoveryAdded, "u1", map[string]any{"codes": []any{"$2a$secret"}}, identity.Observed{Action: identity.ActionFactorAdded, User: "u1", Values: map[string]string{"credential": "recovery-code"}, At: when}},
		{recoveryRemoved, "u1", nil, identity.Observed{Action: identity.ActionFactorRemoved, User: "u1", Values: map[string]string{"credential": "recovery-code"}, At: when}},
		{signedOut, "u1", map[string]any{"userAgentID": "a", "sessionID": "V1_1"}, identity.Observed{Action: identity.ActionSignedOut, User: "u1", At: when}},
		{passwordCode, "u1", map[string]any{"code": secret, "url_template": "https://id.example.org"}, identity.Observed{Action: identity.ActionRemoteOther, User: "u1", At: when}},
		{passwordChanged, "u1", map[string]any{"encodedHash": "$2a$14$secret"}, identity.CredentialAdded{User: "u1", Kind: identity.CredentialPassword, At: when}},
		{linkAdded, "u1", map[string]any{"idpConfigId": "p1", "userId": "mia@example.org", "displayName": "mia@example.org"}, identity.CredentialAdded{User: "u1", Kind: identity.CredentialProvider, ID: "p1", At: when}},
		{linkCascadeRemoved, "u1", map[string]any{"idpConfigId": "p1", "userId": "mia@example.org"}, identity.CredentialRemoved{User: "u1", Kind: identity.CredentialProvider, ID: "p1", At: when}},
		{passkeyVerified, "u1", map[string]any{"webAuthNTokenId": "k1", "publicKey": "c2VjcmV0", "webAuthNTokenName": "mia's phone"}, identity.CredentialAdded{User: "u1", Kind: identity.CredentialPasskey, ID: "k1", At: when}},
		{passkeyRemoved, "u1", map[string]any{"webAuthNTokenId": "k1"}, identity.CredentialRemoved{User: "u1", Kind: identity.CredentialPasskey, ID: "k1", At: when}},
		{securityKeyVerified, "u1", map[string]any{"webAuthNTokenId": "k2"}, identity.CredentialAdded{User: "u1", Kind: identity.CredentialSecurityKey, ID: "k2", At: when}},
		{totpVerified, "u1", map[string]any{"userAgentID": "a"}, identity.CredentialAdded{User: "u1", Kind: identity.CredentialTOTP, At: when}},
		{textCodeAdded, "u1", nil, identity.CredentialAdded{User: "u1", Kind: identity.CredentialTextCode, At: when}},
		{"user.human.mfa.otp.added", "u1", map[string]any{"otpSecret": secret}, nil},
		{"user.human.mfa.u2f.token.added", "u1", map[string]any{"webAuthNTokenId": "k2", "challenge": "secret"}, nil},
		{machineKeyAdded, "m1", map[string]any{"keyId": "1", "publicKey": "c2VjcmV0"}, identity.Observed{Action: identity.ActionRemoteOther, Organization: "home", Target: "m1", At: when}},
		{
			"org.policy.login.changed", "home",
			map[string]any{"forceMFA": true, "allowRegister": false, "passwordlessType": 1, "passwordCheckLifetime": 864000000000000, "unheardOf": "secret"},
			identity.Observed{Action: identity.ActionRemotePolicy, Organization: "home", At: when, Values: map[string]string{
				"policy": "login", "change": "changed", "require-factor": "true", "self-registration": "false", "passkeys": "true", "password-lifetime": "240h0m0s",
			}},
		},
		{
			"org.policy.login.secondfactor.added", "home",
			map[string]any{"mfaType": 3},
			identity.Observed{Action: identity.ActionRemotePolicy, Organization: "home", At: when, Values: map[string]string{"policy": "login", "change": "added", "credential": "mail-code"}},
		},
		{
			"org.policy.login.idpprovider.cascade.removed", "home",
			map[string]any{"idpConfigId": "p1"},
			identity.Observed{Action: identity.ActionRemoteProvider, Organization: "home", Target: "p1", At: when, Values: map[string]string{"change": "detached"}},
		},
		{
			"instance.policy.password.complexity.changed", "i1",
			map[string]any{"minLength": 12},
			identity.Observed{Action: identity.ActionRemotePolicy, Organization: "ops", At: when, Values: map[string]string{"policy": "password-complexity", "change": "changed", "scope": "instance"}},
		},
		{
			"org.idp.saml.added", "home",
			map[string]any{"id": "p1", "name": "Entra", "metadata": "PGE+", "key": secret, "certificate": "c2VjcmV0"},
			identity.Observed{Action: identity.ActionRemoteProvider, Organization: "home", Target: "p1", At: when, Values: map[string]string{"change": "added", "kind": "saml", "name": "Entra"}},
		},
		{
			"org.idp.removed", "home",
			map[string]any{"id": "p1"},
			identity.Observed{Action: identity.ActionRemoteProvider, Organization: "home", Target: "p1", At: when, Values: map[string]string{"change": "removed"}},
		},
		{
			"org.domain.primary.set", "home",
			map[string]any{"domain": "linden.example"},
			identity.Observed{Action: identity.ActionRemoteDomain, Organization: "home", Target: "linden.example", At: when, Values: map[string]string{"change": "primary"}},
		},
		{
			"org.domain.verification.added", "home",
			map[string]any{"domain": "linden.example", "validationCode": secret},
			identity.Observed{Action: identity.ActionRemoteDomain, Organization: "home", Target: "linden.example", At: when, Values: map[string]string{"change": "challenged"}},
		},
		{"org.policy.label.changed", "home", map[string]any{"primaryColor": "#000000"}, nil},
		{"org.policy.label.logo.removed", "home", map[string]any{"storeKey": "k"}, nil},
		{
			"org.policy.label.activated", "home", nil,
			identity.Observed{Action: identity.ActionRemoteBranding, Organization: "home", At: when, Values: map[string]string{"change": "activated"}},
		},
		{
			"org.member.added", "home",
			map[string]any{"userId": "u1", "roles": []any{"ORG_OWNER", "ORG_USER_MANAGER"}},
			identity.Observed{Action: identity.ActionRemoteManager, Organization: "home", Target: "u1", At: when, Values: map[string]string{"change": "added", "roles": "ORG_OWNER, ORG_USER_MANAGER"}},
		},
		{
			"org.customtext.set", "home",
			map[string]any{"key": "Title", "text": "<script>"},
			identity.Observed{Action: identity.ActionRemoteBranding, Organization: "home", At: when, Values: map[string]string{"change": "set", "kind": "text"}},
		},
		{
			"feature.instance.permission_check_v2.set", "i1",
			map[string]any{"Value": true},
			identity.Observed{Action: identity.ActionRemoteOther, Organization: "ops", At: when, Values: map[string]string{"change": "set", "scope": "instance"}},
		},
		{
			"project.application.config.oidc.changed", "platform",
			map[string]any{"appId": "app", "redirectUris": []any{"https://evil.example/"}},
			identity.Observed{Action: identity.ActionRemoteOther, Organization: "ops", Target: "app", At: when},
		},
		{"project.application.config.oidc.changed", "other", map[string]any{"appId": "app"}, nil},
		{"project.grant.member.added", "platform", map[string]any{"userId": "u1"}, nil},
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
		{"user.human.invite.code.added", "u1", map[string]any{"code": secret}, nil},
		{"user.machine.added", "m1", map[string]any{"userName": "robot"}, identity.Observed{Action: identity.ActionRemoteOther, Organization: "home", Target: "m1", At: when}},
		{"project.role.added", "platform", map[string]any{"key": "teacher"}, identity.Observed{Action: identity.ActionRemoteOther, Organization: "ops", Target: "teacher", At: when}},
	} {
		t.Run(test.kind, func(t *testing.T) {
			e := &Events{config: Config{Project: "platform", Operators: "ops"}, known: map[string]bool{"a1": true, "elsewhere": false}}
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
