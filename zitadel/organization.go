package zitadel

import (
	"context"
	"fmt"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	orgpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"

	"homeroom.dev/homeroom/identity"
)

// SetName changes the name people see.
func (r *remote) SetName(ctx context.Context, name string) (identity.Fact, error) {
	if err := r.present(); err != nil {
		return nil, err
	}
	if name == "" {
		// Zitadel would answer well and store nothing.
		return nil, identity.Invalid("organization.name.missing")
	}
	answer, err := r.client.OrganizationServiceV2().SetOrganizationMetadata(ctx, &orgpb.SetOrganizationMetadataRequest{
		OrganizationId: string(r.opened.ID()),
		Metadata:       []*orgpb.Metadata{{Key: identity.MetadataName, Value: []byte(name)}},
	})
	if err != nil {
		return nil, fail("set organization metadata", err, "organization.not-found")
	}
	return identity.OrganizationMetadataSet{
		Organization: r.opened.ID(), Key: identity.MetadataName, Value: name, At: at(answer.GetSetDate()),
	}, nil
}

// getOrganization reads an organization without its metadata.
func getOrganization(ctx context.Context, c *client.Client, id identity.OrganizationID) (identity.Organization, error) {
	const doing = "list organizations"
	answer, err := c.OrganizationServiceV2().ListOrganizations(ctx, &orgpb.ListOrganizationsRequest{
		Query:   &objectpb.ListQuery{Limit: 1},
		Queries: []*orgpb.SearchQuery{{Query: &orgpb.SearchQuery_IdQuery{IdQuery: &orgpb.OrganizationIDQuery{Id: string(id)}}}},
	})
	if err != nil {
		return identity.Organization{}, fail(doing, err, "organization.not-found")
	}
	for _, o := range answer.GetResult() {
		if o.GetId() != string(id) {
			continue
		}
		state := identity.OrganizationActive
		if o.GetState() == orgpb.OrganizationState_ORGANIZATION_STATE_INACTIVE {
			state = identity.OrganizationInactive
		}
		return identity.Organization{
			ID: id, State: state, RemoteName: o.GetName(), CreatedAt: at(o.GetDetails().GetCreationDate()),
		}, nil
	}
	return identity.Organization{}, identity.NotFound("organization.not-found").Because(fmt.Errorf("%s: %s is not among them", doing, id))
}

// withMetadata adds to o what we wrote about it.
func withMetadata(ctx context.Context, c *client.Client, o identity.Organization) (identity.Organization, error) {
	answer, err := c.OrganizationServiceV2().ListOrganizationMetadata(ctx, &orgpb.ListOrganizationMetadataRequest{OrganizationId: string(o.ID)})
	if err != nil {
		return identity.Organization{}, fail("list organization metadata", err, "organization.not-found")
	}
	for _, m := range answer.GetMetadata() {
		switch value := string(m.GetValue()); m.GetKey() {
		case identity.MetadataKind:
			o.Kind = identity.Kind(value)
		case identity.MetadataSchool:
			o.School = identity.OrganizationID(value)
		case identity.MetadataName:
			o.Name = value
		}
	}
	return o, nil
}
