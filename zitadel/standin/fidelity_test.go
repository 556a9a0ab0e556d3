package standin_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	authorization "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authorization/v2"
	feature "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/feature/v2"
	filter "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	permission "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/internal_permission/v2"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/message"
	object "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	orgv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	projectv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"
	settings "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings/v2"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"homeroom.dev/homeroom/zitadel/standin"
)

// platform is the world the facts were recorded in: a service account of each
// kind, an organization the runtime account is a member of, and a foreign one.
type platform struct {
	*standin.Server
	t                                     *testing.T
	owner, runtime, provisioner, events   *client.Client
	runtimeID, project                    string
	own, foreign, ungranted               string // organizations
	ownUser, foreignUser, ownGrant, grant string // grant is foreign
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{Server: start(t, standin.Options{}), t: t}
	p.owner = dial(t, p.Server, p.OwnerKey())
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	account := func(name string, role string) (*client.Client, string) {
		made, err := p.owner.UserServiceV2().CreateUser(ctx, &userv2.CreateUserRequest{
			OrganizationId: p.DefaultOrganization(), Username: &name,
			UserType: &userv2.CreateUserRequest_Machine_{Machine: &userv2.CreateUserRequest_Machine{Name: name}},
		})
		must(err)
		if role != "" {
			_, err = p.owner.InternalPermissionServiceV2().CreateAdministrator(ctx, &permission.CreateAdministratorRequest{
				UserId: made.GetId(), Resource: &permission.ResourceType{Resource: &permission.ResourceType_Instance{Instance: true}}, Roles: []string{role},
			})
			must(err)
		}
		key, err := p.owner.UserServiceV2().AddKey(ctx, &userv2.AddKeyRequest{UserId: made.GetId(), ExpirationDate: timestamppb.New(time.Now().Add(time.Hour))})
		must(err)
		return dial(t, p.Server, key.GetKeyContent()), made.GetId()
	}
	p.runtime, p.runtimeID = account("runtime", "")
	p.provisioner, _ = account("provisioner", "IAM_ORG_MANAGER")
	p.events, _ = account("events", "IAM_OWNER_VIEWER")
	seed := p.Seed()
	var err error
	p.project, err = seed.Project(p.DefaultOrganization(), "Classroom Platform", "school_admin", "teacher", "student")
	must(err)
	p.own, err = seed.Organization(standin.SeedOrganization{ID: "own", Name: "Lincoln High", Managers: map[string][]string{p.runtimeID: {"ORG_USER_MANAGER", "ORG_SETTINGS_MANAGER"}}})
	must(err)
	p.foreign, err = seed.Organization(standin.SeedOrganization{ID: "foreign", Name: "Jefferson Middle"})
	must(err)
	p.ungranted, err = seed.Organization(standin.SeedOrganization{ID: "ungranted", Name: "Franklin", Managers: map[string][]string{p.runtimeID: {"ORG_USER_MANAGER"}}})
	must(err)
	must(seed.Grant(p.project, p.own, "teacher", "student"))
	must(seed.Grant(p.project, p.foreign, "teacher", "student"))
	p.ownUser, err = seed.User(standin.SeedUser{Organization: p.own, UserName: "ada", GivenName: "Ada", FamilyName: "Test", Address: "ada@example.test", Password: password})
	must(err)
	p.foreignUser, err = seed.User(standin.SeedUser{Organization: p.foreign, UserName: "bob", GivenName: "Bob", FamilyName: "Test", Address: "bob@example.test"})
	must(err)
	p.ownGrant, err = seed.Authorize(p.ownUser, p.project, p.own, "teacher")
	must(err)
	p.grant, err = seed.Authorize(p.foreignUser, p.project, p.foreign, "teacher")
	must(err)
	return p
}

func human(name string) *userv2.CreateUserRequest_Human_ {
	return &userv2.CreateUserRequest_Human_{Human: &userv2.CreateUserRequest_Human{
		Profile: &userv2.SetHumanProfile{GivenName: name, FamilyName: "Test"},
		Email:   &userv2.SetHumanEmail{Email: name + "@example.test", Verification: &userv2.SetHumanEmail_IsVerified{IsVerified: true}},
	}}
}

func text(s string) *string { return &s }

// A sample of what a real server was seen to answer.
func TestErrorsAreThoseOfTheRealServer(t *testing.T) {
	p := newPlatform(t)
	createUser := func(c *client.Client, org, id, name string) func(context.Context) error {
		return func(ctx context.Context) error {
			r := &userv2.CreateUserRequest{OrganizationId: org, Username: &name, UserType: human(strings.ToLower(name))}
			if id != "" {
				r.UserId = &id
			}
			_, err := c.UserServiceV2().CreateUser(ctx, r)
			return err
		}
	}
	authorize := func(c *client.Client, user, project, org string, roles ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.AuthorizationServiceV2().CreateAuthorization(ctx, &authorization.CreateAuthorizationRequest{
				UserId: user, ProjectId: project, OrganizationId: org, RoleKeys: roles,
			})
			return err
		}
	}
	addOrg := func(c *client.Client, id, name string, admins ...*orgv2.AddOrganizationRequest_Admin) func(context.Context) error {
		return func(ctx context.Context) error {
			r := &orgv2.AddOrganizationRequest{Name: name, Admins: admins}
			if id != "" {
				r.OrganizationId = &id
			}
			_, err := c.OrganizationServiceV2().AddOrganization(ctx, r)
			return err
		}
	}
	grantTo := func(c *client.Client, org string, roles ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.ProjectServiceV2().CreateProjectGrant(ctx, &projectv2.CreateProjectGrantRequest{ProjectId: p.project, GrantedOrganizationId: org, RoleKeys: roles})
			return err
		}
	}
	manager := func(user, role string) *orgv2.AddOrganizationRequest_Admin {
		return &orgv2.AddOrganizationRequest_Admin{UserType: &orgv2.AddOrganizationRequest_Admin_UserId{UserId: user}, Roles: []string{role}}
	}
	none := codes.OK
	for _, fact := range []struct {
		name string
		call func(context.Context) error
		code codes.Code
		id   string
		text string
	}{
		{"organization: same name, other case", addOrg(p.provisioner, "", "LINCOLN high"), codes.AlreadyExists, "V3-DKcYh", "Organisation's name or id already taken"},
		{"organization: same ID", addOrg(p.provisioner, "own", "Other"), codes.AlreadyExists, "ORG-laho2n", "Errors.Org.AlreadyExisting"},
		{"organization: unknown role", addOrg(p.provisioner, "", "Bad", manager(p.runtimeID, "ORG_NOPE")), codes.InvalidArgument, "Org-4N8es", "Errors.Org.MemberInvalid"},
		{"organization: role of the instance", addOrg(p.provisioner, "", "Bad", manager(p.runtimeID, "IAM_OWNER")), codes.InvalidArgument, "Org-4N8es", "Errors.Org.MemberInvalid"},
		{"organization: unknown manager", addOrg(p.provisioner, "", "Bad", manager("nope", "ORG_USER_MANAGER")), codes.FailedPrecondition, "ORG-GoXOn", "User could not be found"},
		{"organization: by runtime", addOrg(p.runtime, "", "Runtime School"), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"organization: no name", addOrg(p.provisioner, "", ""), codes.InvalidArgument, "", "invalid AddOrganizationRequest.Name: value length must be between 1 and 200 runes, inclusive"},

		{"user: foreign organization", createUser(p.runtime, p.foreign, "", "carl"), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"user: unknown organization", createUser(p.runtime, "nope", "", "carl"), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"user: by events", createUser(p.events, p.own, "", "carl"), codes.PermissionDenied, "AUTH-AWfge", "No matching permissions found"},
		{"user: taken name in another organization", createUser(p.provisioner, p.foreign, "", "ADA"), codes.AlreadyExists, "V3-DKcYh", "User already exists"},
		{"user: own ID", createUser(p.runtime, p.own, "u-dora", "dora"), none, "", ""},
		{"user: own ID again", createUser(p.runtime, p.own, "u-dora", "other"), codes.FailedPrecondition, "COMMAND-7yiox1isql", "Errors.User.AlreadyExisting"},
		{"user: no e-mail", func(ctx context.Context) error {
			_, err := p.runtime.UserServiceV2().CreateUser(ctx, &userv2.CreateUserRequest{OrganizationId: p.own, UserType: &userv2.CreateUserRequest_Human_{
				Human: &userv2.CreateUserRequest_Human{Profile: &userv2.SetHumanProfile{GivenName: "No", FamilyName: "Mail"}},
			}})
			return err
		}, codes.InvalidArgument, "", "invalid CreateUserRequest.Human: embedded message failed validation | caused by: invalid CreateUserRequest_Human.Email: value is required"},
		{"user: weak password", func(ctx context.Context) error {
			h := human("weak")
			h.Human.PasswordType = &userv2.CreateUserRequest_Human_Password{Password: &userv2.Password{Password: "short"}}
			_, err := p.runtime.UserServiceV2().CreateUser(ctx, &userv2.CreateUserRequest{OrganizationId: p.own, UserType: h})
			return err
		}, codes.InvalidArgument, "COMMA-HuJf6", "Password is too short"},
		{"get: foreign", get(p.runtime, p.foreignUser), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"get: missing", get(p.runtime, "nope"), codes.NotFound, "QUERY-Dfbg2", "User could not be found"},
		{"update: user name alone", func(ctx context.Context) error {
			_, err := p.runtime.UserServiceV2().UpdateUser(ctx, &userv2.UpdateUserRequest{UserId: p.ownUser, Username: text("renamed")})
			return err
		}, codes.Unimplemented, "", "user type is not implemented"},
		{"update: missing", func(ctx context.Context) error {
			_, err := p.runtime.UserServiceV2().UpdateUser(ctx, &userv2.UpdateUserRequest{UserId: "nope", UserType: &userv2.UpdateUserRequest_Human_{Human: &userv2.UpdateUserRequest_Human{}}})
			return err
		}, codes.NotFound, "COMMAND-ugjs0upun6", "User could not be found"},
		{"deactivate", deactivate(p.runtime, p.ownUser), none, "", ""},
		{"deactivate again", deactivate(p.runtime, p.ownUser), codes.FailedPrecondition, "COMMAND-5gunjw0cd7", "User already inactive"},
		{"deactivate: foreign", deactivate(p.runtime, p.foreignUser), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"deactivate: missing", deactivate(p.runtime, "nope"), codes.NotFound, "COMMAND-5gp2p62iin", "User could not be found"},
		{"reactivate", reactivate(p.runtime, p.ownUser), none, "", ""},
		{"reactivate: foreign, looked at before rights", reactivate(p.runtime, p.foreignUser), codes.FailedPrecondition, "COMMAND-s5qqcz97hf", "User is not inactive"},
		{"unlock: foreign, looked at before rights", func(ctx context.Context) error {
			_, err := p.runtime.UserServiceV2().UnlockUser(ctx, &userv2.UnlockUserRequest{UserId: p.foreignUser})
			return err
		}, codes.FailedPrecondition, "COMMAND-olb9vb0oca", "User is not locked"},
		{"invite: has a password", invite(p.runtime, p.ownUser, ""), codes.FailedPrecondition, "COMMAND-EF34g", "User is already initialized"},
		{"invite: foreign", invite(p.runtime, p.foreignUser, ""), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"invite: missing", invite(p.runtime, "nope", ""), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"invite: bad template", invite(p.provisioner, p.foreignUser, "http://x/{{.LoginName}}"), codes.InvalidArgument, "DOMAIN-ieYa7", "URL Template is invalid"},
		{"remove TOTP: none, foreign, looked at before rights", func(ctx context.Context) error {
			_, err := p.runtime.UserServiceV2().RemoveTOTP(ctx, &userv2.RemoveTOTPRequest{UserId: p.foreignUser})
			return err
		}, codes.NotFound, "COMMAND-Hd9sd", "Multifactor OTP (OneTimePassword) doesn't exist"},
		{"remove passkey: none", func(ctx context.Context) error {
			_, err := p.runtime.UserServiceV2().RemovePasskey(ctx, &userv2.RemovePasskeyRequest{UserId: p.ownUser, PasskeyId: "nope"})
			return err
		}, codes.NotFound, "COMMAND-DAfb2", "WebAuthN Token could not be found"},
		{"remove codes by mail: foreign", func(ctx context.Context) error {
			_, err := p.runtime.UserServiceV2().RemoveOTPEmail(ctx, &userv2.RemoveOTPEmailRequest{UserId: p.foreignUser})
			return err
		}, codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"methods: without header", methods(p.runtime, p.ownUser, ""), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"methods: header of the own organization, foreign user", methods(p.runtime, p.foreignUser, p.own), none, "", ""},
		{"methods: header of the user's organization", methods(p.runtime, p.foreignUser, p.foreign), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},

		{"authorize: twice", authorize(p.runtime, p.ownUser, p.project, p.own, "student"), codes.AlreadyExists, "V3-DKcYh", "User grant already exists"},
		{"authorize: guest", authorize(p.runtime, p.foreignUser, p.project, p.own, "student"), none, "", ""},
		{"authorize: into a foreign organization", authorize(p.runtime, p.ownUser, p.project, p.foreign, "teacher"), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"authorize: unknown user", authorize(p.runtime, "nope", p.project, p.own, "teacher"), codes.FailedPrecondition, "COMMAND-4f8sg", "User could not be found"},
		{"authorize: unknown project", authorize(p.runtime, p.ownUser, "nope", p.own, "teacher"), codes.FailedPrecondition, "COMMAND-4m9ff", "Project Grant not found"},
		{"authorize: without the grant", authorize(p.runtime, p.ownUser, p.project, p.ungranted, "teacher"), codes.FailedPrecondition, "COMMAND-4m9ff", "Project Grant not found"},
		{"authorize: role outside the grant", authorize(p.runtime, "u-dora", p.project, p.own, "school_admin"), codes.FailedPrecondition, "COMMAND-mm9F4", "Errors.Project.Role.NotFound"},
		{"authorize: no roles", authorize(p.runtime, "u-dora", p.project, p.own), none, "", ""},
		{"authorize: by events", authorize(p.events, p.ownUser, p.project, p.own, "teacher"), codes.PermissionDenied, "AUTH-AWfge", "No matching permissions found"},
		{"update authorization: unknown", updateGrant(p.runtime, "nope", "student"), codes.NotFound, "COMMAND-3M9sd", "User grant not found"},
		{"update authorization: foreign", updateGrant(p.runtime, p.grant, "student"), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"list authorizations: too many", func(ctx context.Context) error {
			_, err := p.runtime.AuthorizationServiceV2().ListAuthorizations(ctx, &authorization.ListAuthorizationsRequest{Pagination: &filter.PaginationRequest{Limit: 1001}})
			return err
		}, codes.InvalidArgument, "QUERY-4M0fs", "Limit exceeded"},

		{"grant: twice", grantTo(p.provisioner, p.own, "teacher"), codes.AlreadyExists, "V3-DKcYh", "Project Grant already exists"},
		{"grant: unknown role", grantTo(p.provisioner, p.ungranted, "nope"), codes.FailedPrecondition, "COMMAND-6m9gd", "Errors.Project.Role.NotFound"},
		{"grant: unknown organization", grantTo(p.provisioner, "nope", "teacher"), codes.FailedPrecondition, "COMMAND-3m9gg", "Organisation not found"},
		{"grant: to its owner", grantTo(p.provisioner, p.DefaultOrganization(), "teacher"), codes.FailedPrecondition, "PROJECT-ckUpbvboAH", "Project Grant is invalid"},
		{"grant: by runtime", grantTo(p.runtime, p.ungranted, "teacher"), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"list grants: by runtime", listGrants(p.runtime, ""), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"list grants: by runtime with header", listGrants(p.runtime, p.own), codes.PermissionDenied, "AUTH-5mWD2", "No matching permissions found"},
		{"header of no organization", listGrants(p.runtime, "nope"), codes.PermissionDenied, "AUTH-Bs7Ds", "Organisation doesn't exist"},

		{"list events: by runtime", listEvents(p.runtime, ""), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"list events: by runtime with header", listEvents(p.runtime, p.own), codes.PermissionDenied, "AUTH-5mWD2", "No matching permissions found"},
		{"list events: by provisioner", listEvents(p.provisioner, ""), codes.PermissionDenied, "AUTH-5mWD2", "No matching permissions found"},
		{"rename: same name", rename(p.runtime, p.own, "Lincoln High"), codes.FailedPrecondition, "ORG-4VSdf", "Organisation not changed"},
		{"rename: taken", rename(p.runtime, p.own, "Jefferson Middle"), codes.AlreadyExists, "V3-DKcYh", "Organisation's name or id already taken"},
		{"delete organization: by runtime", func(ctx context.Context) error {
			_, err := p.runtime.OrganizationServiceV2().DeleteOrganization(ctx, &orgv2.DeleteOrganizationRequest{OrganizationId: p.own})
			return err
		}, codes.PermissionDenied, "AUTH-AWfge", "No matching permissions found"},
		{"administrator: by runtime in its own", administrator(p.runtime, p.foreignUser, p.own, "ORG_OWNER"), codes.PermissionDenied, "AUTH-AWfge", "No matching permissions found"},
		{"administrator: of the instance by provisioner", administrator(p.provisioner, p.ownUser, "", "IAM_OWNER"), codes.PermissionDenied, "AUTH-AWfge", "No matching permissions found"},
		{"login settings: without header", loginSettings(p.runtime, ""), codes.NotFound, "AUTHZ-cdgFk", "membership not found"},
		{"login settings: with header", loginSettings(p.runtime, p.own), none, "", ""},
		{"features: nothing said", func(ctx context.Context) error {
			_, err := p.owner.FeatureServiceV2().SetInstanceFeatures(ctx, &feature.SetInstanceFeaturesRequest{})
			return err
		}, codes.InvalidArgument, "COMMAND-Vigh1", "No changes"},
		{"domain policy: by provisioner", func(ctx context.Context) error {
			_, err := p.provisioner.AdminService().UpdateDomainPolicy(ctx, &admin.UpdateDomainPolicyRequest{ValidateOrgDomains: true})
			return err
		}, codes.PermissionDenied, "AUTH-5mWD2", "No matching permissions found"},
	} {
		err := fact.call(t.Context())
		st := status.Convert(err)
		id, want := detailOf(st), fact.text
		if fact.code != codes.OK && fact.id != "" {
			want += " (" + fact.id + ")"
		}
		if fact.code == codes.Unimplemented {
			want += " ()"
		}
		if st.Code() != fact.code || id != fact.id || st.Message() != want {
			t.Errorf("%s:\n got %s %q %q\nwant %s %q %q", fact.name, st.Code(), id, st.Message(), fact.code, fact.id, want)
		}
	}
}

func detailOf(st *status.Status) string {
	for _, d := range st.Details() {
		if e, ok := d.(*message.ErrorDetail); ok {
			return e.GetId()
		}
	}
	return ""
}

func get(c *client.Client, id string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.UserServiceV2().GetUserByID(ctx, &userv2.GetUserByIDRequest{UserId: id})
		return err
	}
}

func deactivate(c *client.Client, id string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.UserServiceV2().DeactivateUser(ctx, &userv2.DeactivateUserRequest{UserId: id})
		return err
	}
}

func reactivate(c *client.Client, id string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.UserServiceV2().ReactivateUser(ctx, &userv2.ReactivateUserRequest{UserId: id})
		return err
	}
}

func invite(c *client.Client, id, template string) func(context.Context) error {
	return func(ctx context.Context) error {
		r := &userv2.CreateInviteCodeRequest{UserId: id, Verification: &userv2.CreateInviteCodeRequest_ReturnCode{ReturnCode: &userv2.ReturnInviteCode{}}}
		if template != "" {
			r.Verification = &userv2.CreateInviteCodeRequest_SendCode{SendCode: &userv2.SendInviteCode{UrlTemplate: &template}}
		}
		_, err := c.UserServiceV2().CreateInviteCode(ctx, r)
		return err
	}
}

func methods(c *client.Client, id, org string) func(context.Context) error {
	return inOrg(org, func(ctx context.Context) error {
		_, err := c.UserServiceV2().ListAuthenticationMethodTypes(ctx, &userv2.ListAuthenticationMethodTypesRequest{UserId: id})
		return err
	})
}

func inOrg(org string, call func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if org != "" {
			ctx = middleware.SetOrgID(ctx, org)
		}
		return call(ctx)
	}
}

func updateGrant(c *client.Client, id string, roles ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.AuthorizationServiceV2().UpdateAuthorization(ctx, &authorization.UpdateAuthorizationRequest{Id: id, RoleKeys: roles})
		return err
	}
}

func listGrants(c *client.Client, org string) func(context.Context) error {
	return inOrg(org, func(ctx context.Context) error {
		_, err := c.ProjectServiceV2().ListProjectGrants(ctx, &projectv2.ListProjectGrantsRequest{})
		return err
	})
}

func listEvents(c *client.Client, org string) func(context.Context) error {
	return inOrg(org, func(ctx context.Context) error {
		_, err := c.AdminService().ListEvents(ctx, &admin.ListEventsRequest{Limit: 2})
		return err
	})
}

func rename(c *client.Client, org, name string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := c.OrganizationServiceV2().UpdateOrganization(ctx, &orgv2.UpdateOrganizationRequest{OrganizationId: org, Name: name})
		return err
	}
}

func administrator(c *client.Client, user, org, role string) func(context.Context) error {
	resource := &permission.ResourceType{Resource: &permission.ResourceType_Instance{Instance: true}}
	if org != "" {
		resource.Resource = &permission.ResourceType_OrganizationId{OrganizationId: org}
	}
	return func(ctx context.Context) error {
		_, err := c.InternalPermissionServiceV2().CreateAdministrator(ctx, &permission.CreateAdministratorRequest{UserId: user, Resource: resource, Roles: []string{role}})
		return err
	}
}

func loginSettings(c *client.Client, org string) func(context.Context) error {
	return inOrg(org, func(ctx context.Context) error {
		_, err := c.SettingsServiceV2().GetLoginSettings(ctx, &settings.GetLoginSettingsRequest{Ctx: &object.RequestContext{ResourceOwner: &object.RequestContext_OrgId{OrgId: org}}})
		return err
	})
}

// kinds are the types of an aggregate's events, oldest first.
func (p *platform) kinds(id string) []string {
	p.t.Helper()
	answer, err := p.events.AdminService().ListEvents(p.t.Context(), &admin.ListEventsRequest{Asc: true, AggregateId: id})
	if err != nil {
		p.t.Fatal(err)
	}
	var kinds []string
	for i, e := range answer.GetEvents() {
		kinds = append(kinds, e.GetType().GetType())
		if e.GetSequence() != uint64(i+1) {
			p.t.Errorf("%s: event %d has sequence %d", id, i, e.GetSequence())
		}
	}
	return kinds
}

func TestEventsAreThoseOfTheRealServer(t *testing.T) {
	p := newPlatform(t)
	ctx := t.Context()
	if err := updateGrant(p.runtime, p.ownGrant, "student")(ctx); err != nil {
		t.Fatal(err)
	}
	if err := updateGrant(p.runtime, p.ownGrant, "student")(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := p.provisioner.ProjectServiceV2().UpdateProjectGrant(ctx, &projectv2.UpdateProjectGrantRequest{ProjectId: p.project, GrantedOrganizationId: p.own, RoleKeys: []string{"teacher"}}); err != nil {
		t.Fatal(err)
	}
	listed, err := p.runtime.AuthorizationServiceV2().ListAuthorizations(ctx, &authorization.ListAuthorizationsRequest{
		Filters: []*authorization.AuthorizationsSearchFilter{{Filter: &authorization.AuthorizationsSearchFilter_OrganizationId{OrganizationId: &filter.IDFilter{Id: p.own}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := listed.GetAuthorizations(); len(got) != 1 || len(got[0].GetRoles()) != 0 {
		t.Errorf("after the role left the grant: %v", got)
	}
	if got, want := p.kinds(p.ownGrant), []string{"user.grant.added", "user.grant.cascade.changed"}; !slices.Equal(got, want) {
		t.Errorf("authorization: %v, want %v", got, want)
	}
	if got, want := p.kinds(p.ownUser), []string{"user.human.added", "user.human.email.verified"}; !slices.Equal(got, want) {
		t.Errorf("user: %v, want %v", got, want)
	}
	if _, err := p.provisioner.UserServiceV2().DeleteUser(ctx, &userv2.DeleteUserRequest{UserId: p.ownUser}); err != nil {
		t.Fatal(err)
	}
	if got := p.kinds(p.ownGrant); got[len(got)-1] != "user.grant.cascade.removed" {
		t.Errorf("authorization of a removed user: %v", got)
	}
	before := len(p.kinds(p.grant))
	if _, err := p.provisioner.OrganizationServiceV2().DeleteOrganization(ctx, &orgv2.DeleteOrganizationRequest{OrganizationId: p.foreign}); err != nil {
		t.Fatal(err)
	}
	if got := len(p.kinds(p.grant)); got != before {
		t.Errorf("a removed organization told of its authorizations")
	}
	if got := p.kinds(p.foreign); got[len(got)-1] != "org.removed" {
		t.Errorf("organization: %v", got)
	}
}

func TestEventsArePagedByTime(t *testing.T) {
	p := newPlatform(t)
	ctx := t.Context()
	list := func(r *admin.ListEventsRequest) []string {
		t.Helper()
		answer, err := p.events.AdminService().ListEvents(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range answer.GetEvents() {
			got = append(got, e.GetType().GetType())
		}
		return got
	}
	all, err := p.events.AdminService().ListEvents(ctx, &admin.ListEventsRequest{Asc: true, ResourceOwner: p.own})
	if err != nil {
		t.Fatal(err)
	}
	events := all.GetEvents()
	for i := 1; i < len(events); i++ {
		if events[i].GetCreationDate().AsTime().Before(events[i-1].GetCreationDate().AsTime()) {
			t.Fatalf("event %d is older than the one before", i)
		}
	}
	// The first four events of an organization share one transaction, and so one
	// time: asking for later ones leaves them out together.
	first := events[0].GetCreationDate()
	later := list(&admin.ListEventsRequest{Asc: true, ResourceOwner: p.own, CreationDateFilter: &admin.ListEventsRequest_From{From: first}})
	if len(later) != len(events)-4 || later[0] != "org.member.added" {
		t.Errorf("after the first: %v", later)
	}
	if got := list(&admin.ListEventsRequest{ResourceOwner: p.own, CreationDateFilter: &admin.ListEventsRequest_From{From: events[4].GetCreationDate()}}); len(got) != 4 || got[0] != "org.domain.primary.set" {
		t.Errorf("before the fifth, newest first: %v", got)
	}
	if got := list(&admin.ListEventsRequest{ResourceOwner: p.own, CreationDateFilter: &admin.ListEventsRequest_Range{
		Range: &admin.ListEventsRequestCreationDateRange{Since: first, Until: first},
	}}); len(got) != 0 {
		t.Errorf("a range excludes both ends: %v", got)
	}
	if got := list(&admin.ListEventsRequest{Limit: 1, EventTypes: []string{"user.grant.added"}, EditorUserId: "nobody"}); len(got) != 0 {
		t.Errorf("of nobody: %v", got)
	}
	if got := list(&admin.ListEventsRequest{AggregateTypes: []string{"usergrant"}, ResourceOwner: p.own}); !slices.Equal(got, []string{"user.grant.added"}) {
		t.Errorf("authorizations: %v", got)
	}
}
