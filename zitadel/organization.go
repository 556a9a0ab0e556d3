package zitadel

import (
	"context"
	"fmt"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	objectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2"
	orgpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	"google.golang.org/protobuf/types/known/timestamppb"

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

// SetState deactivates or activates the organization. Zitadel refuses what is so
// already.
func (r *remote) SetState(ctx context.Context, state identity.OrganizationState) (identity.Fact, error) {
	if err := r.present(); err != nil {
		return nil, err
	}
	id := string(r.opened.ID())
	var changed *timestamppb.Timestamp
	var err error
	switch state {
	case identity.OrganizationActive:
		var answer *orgpb.ActivateOrganizationResponse
		answer, err = r.client.OrganizationServiceV2().ActivateOrganization(ctx, &orgpb.ActivateOrganizationRequest{OrganizationId: id})
		changed = answer.GetChangeDate()
	case identity.OrganizationInactive:
		var answer *orgpb.DeactivateOrganizationResponse
		answer, err = r.client.OrganizationServiceV2().DeactivateOrganization(ctx, &orgpb.DeactivateOrganizationRequest{OrganizationId: id})
		changed = answer.GetChangeDate()
	default:
		return nil, identity.Invalid("remote.refused")
	}
	if is(err, idOrganizationActive, idOrganizationInactive) {
		return identity.Unknown{}, nil // its own event told when
	}
	if err != nil {
		return nil, fail("set state of organization", err, "organization.not-found")
	}
	return identity.OrganizationStateChanged{Organization: r.opened.ID(), State: state, At: at(changed)}, nil
}

// SetSchool puts a classroom that stands alone into a school, of which
// homeroom-runtime is a member as well.
func (r *remote) SetSchool(ctx context.Context, school identity.OrganizationID) (identity.Fact, error) {
	if err := r.home(); err != nil {
		return nil, err
	}
	if r.opened.Organization().Kind != identity.KindClassroom {
		return nil, identity.NotFound("organization.not-found")
	}
	switch school {
	case "", r.opened.ID(), r.config.Operators, r.config.Individuals:
		return nil, identity.NotFound("organization.not-found")
	}
	into, err := getOrganization(ctx, r.client, school)
	if err != nil {
		return nil, err
	}
	if into, err = withMetadata(ctx, r.client, into); err != nil {
		return nil, err
	}
	if into.Kind != identity.KindSchool {
		return nil, identity.NotFound("organization.not-found")
	}
	answer, err := r.client.OrganizationServiceV2().SetOrganizationMetadata(ctx, &orgpb.SetOrganizationMetadataRequest{
		OrganizationId: string(r.opened.ID()),
		Metadata:       []*orgpb.Metadata{{Key: identity.MetadataSchool, Value: []byte(school)}},
	})
	if err != nil {
		return nil, fail("set organization metadata", err, "organization.not-found")
	}
	return identity.OrganizationMetadataSet{
		Organization: r.opened.ID(), Key: identity.MetadataSchool, Value: string(school), At: at(answer.GetSetDate()),
	}, nil
}
