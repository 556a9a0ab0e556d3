package zitadel

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	orgpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	userpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2"

	"homeroom.dev/homeroom/identity"
)

// BootstrapOptions say which Zitadel is prepared for which portal.
type BootstrapOptions struct {
	Issuer   string // the origin to the letter
	OwnerKey []byte // key document of a service account that is IAM_OWNER
	// PortalURL is the origin of the portal, without a slash at the end.
	PortalURL string
	// Previous is what an earlier run made. Its keys are kept as long as they
	// are good; without it new ones are made.
	Previous Installation
	// Operators are user IDs or login names of the platform's operators.
	// Somebody left out later keeps the role.
	Operators []string
	// Name is "Homeroom" if empty. Another one keeps a second installation in
	// the same instance apart; the policies of the instance they share.
	Name string
	// ProvisionerRole and EventsRole are the administrator roles of two of the
	// service accounts: IAM_ORG_MANAGER and IAM_OWNER_VIEWER if empty. Who hosts
	// Zitadel can define narrower ones.
	ProvisionerRole string
	EventsRole      string
	// Clever and ClassLink are where the installation is registered there; their
	// issuers are [CleverIssuer] and [ClassLinkIssuer] if empty. One that is left
	// out stays as an earlier run made it.
	Clever    Registration
	ClassLink Registration
}

// bootstrap is one run of [Bootstrap].
type bootstrap struct {
	client       *client.Client
	options      BootstrapOptions
	report       func(step string, changed bool)
	installation Installation
}

// Bootstrap prepares a Zitadel for Homeroom. Every step looks first and does
// only what is missing, so that a second run changes nothing; report is told
// about each.
func Bootstrap(ctx context.Context, options BootstrapOptions, report func(step string, changed bool)) (Installation, error) {
	options, err := options.complete()
	if err != nil {
		return Installation{}, err
	}
	c, err := dial(ctx, options.Issuer, options.OwnerKey)
	if err != nil {
		return Installation{}, err
	}
	defer c.Close()
	b := &bootstrap{client: c, options: options, report: report}
	b.installation.Issuer, b.installation.PortalURL = options.Issuer, options.PortalURL
	steps := []func(context.Context) error{
		b.organizations,
		b.project,
		b.roles,
		b.application,
		b.serviceAccounts,
		b.policies,
		b.offers,
		b.operators,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return Installation{}, fmt.Errorf("prepare %s: %w", options.Issuer, err)
		}
	}
	return b.installation, nil
}

func (o BootstrapOptions) complete() (BootstrapOptions, error) {
	o.Issuer = strings.TrimSuffix(o.Issuer, "/")
	o.PortalURL = strings.TrimSuffix(o.PortalURL, "/")
	if portal, err := url.Parse(o.PortalURL); err != nil || portal.Host == "" || portal.Path != "" {
		return o, fmt.Errorf("portal URL %q is not an origin like https://homeroom.example.org", o.PortalURL)
	}
	if o.Name == "" {
		o.Name = "Homeroom"
	}
	if o.ProvisionerRole == "" {
		o.ProvisionerRole = "IAM_ORG_MANAGER"
	}
	if o.EventsRole == "" {
		o.EventsRole = "IAM_OWNER_VIEWER"
	}
	return o, nil
}

// step reports what one step did, and passes its error on.
func (b *bootstrap) step(name string, changed bool, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.report(name, changed)
	return nil
}

// organizations makes the operators' organization, which owns the platform
// project and the service accounts and is nobody's school, and the one of
// people who register themselves.
func (b *bootstrap) organizations(ctx context.Context) error {
	individuals := "Individuals"
	if b.options.Name != "Homeroom" {
		individuals = b.options.Name + " individuals"
	}
	var changed bool
	var err error
	b.installation.Operators, changed, err = b.organization(ctx, b.options.Previous.Operators, b.options.Name+" operators")
	if err := b.step("operators' organization", changed, err); err != nil {
		return err
	}
	b.installation.Individuals, changed, err = b.organization(ctx, b.options.Previous.Individuals, individuals)
	return b.step("organization of individuals", changed, err)
}

// organization finds the organization that was there before, or one of this
// name, or makes it, without any member.
func (b *bootstrap) organization(ctx context.Context, previous identity.OrganizationID, name string) (identity.OrganizationID, bool, error) {
	if previous != "" {
		_, err := getOrganization(ctx, b.client, previous)
		if err == nil {
			return previous, false, nil
		}
		if !identity.IsKind(err, identity.KindNotFound) {
			return "", false, err
		}
	}
	organizations := b.client.OrganizationServiceV2()
	listed, err := organizations.ListOrganizations(ctx, &orgpb.ListOrganizationsRequest{
		Query:   &objectpb.ListQuery{Limit: 1},
		Queries: []*orgpb.SearchQuery{{Query: &orgpb.SearchQuery_NameQuery{NameQuery: &orgpb.OrganizationNameQuery{Name: name}}}},
	})
	if err != nil {
		return "", false, fail("list organizations", err, "organization.not-found")
	}
	if found := listed.GetResult(); len(found) > 0 {
		return identity.OrganizationID(found[0].GetId()), false, nil
	}
	added, err := organizations.AddOrganization(ctx, &orgpb.AddOrganizationRequest{Name: name})
	if err != nil {
		return "", false, fail("add organization", err, "organization.not-found")
	}
	return identity.OrganizationID(added.GetOrganizationId()), true, nil
}

// operators assigns the operator's role to the people named.
func (b *bootstrap) operators(ctx context.Context) error {
	for _, name := range b.options.Operators {
		user, err := b.person(ctx, name)
		if err != nil {
			return fmt.Errorf("operator %s: %w", name, err)
		}
		changed, err := b.operator(ctx, user)
		if err := b.step("operator "+name, changed, err); err != nil {
			return err
		}
	}
	return nil
}

// person finds somebody by user ID or login name.
func (b *bootstrap) person(ctx context.Context, name string) (identity.UserID, error) {
	user, err := getUser(ctx, b.client, identity.UserID(name))
	if err == nil || !identity.IsKind(err, identity.KindNotFound) {
		return user.ID, err
	}
	answer, err := b.client.UserServiceV2().ListUsers(ctx, &userpb.ListUsersRequest{
		Query: &objectpb.ListQuery{Limit: 1},
		Queries: []*userpb.SearchQuery{{Query: &userpb.SearchQuery_LoginNameQuery{LoginNameQuery: &userpb.LoginNameQuery{
			LoginName: name, Method: objectpb.TextQueryMethod_TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE,
		}}}},
	})
	if err != nil {
		return "", fail("list users", err, "user.not-found")
	}
	if len(answer.GetResult()) == 0 {
		return "", identity.NotFound("user.not-found")
	}
	return identity.UserID(answer.GetResult()[0].GetUserId()), nil
}
