package zitadel

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	filterpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/filter/v2"
	permissionpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/internal_permission/v2"
	orgpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org/v2"
	projectpb "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"

	"homeroom.dev/homeroom/identity"
)

// runtimeRoles are what homeroom-runtime is in an organization: people, role
// assignments, metadata and policies, and no more. ORG_OWNER would add the
// right to enrol passkeys for others.
var runtimeRoles = []string{"ORG_USER_MANAGER", "ORG_SETTINGS_MANAGER"}

// Provisioner is the service account homeroom-provisioner, which may open
// organizations anywhere in the instance. It is [identity.Provisioner].
type Provisioner struct {
	client *client.Client
	config Config
}

var _ identity.Provisioner = (*Provisioner)(nil)

// NewProvisioner makes the provisioner. It does not wait for Zitadel.
func NewProvisioner(ctx context.Context, config Config) (*Provisioner, error) {
	c, err := dial(ctx, config.Issuer, config.Key)
	if err != nil {
		return nil, err
	}
	return &Provisioner{client: c, config: config}, nil
}

// Close ends the connection.
func (p *Provisioner) Close() error { return p.client.Close() }

// Open makes the organization, or completes one whose opening was cut off.
func (p *Provisioner) Open(ctx context.Context, n identity.NewOrganization) ([]identity.Fact, error) {
	if err := p.check(ctx, n); err != nil {
		return nil, err
	}
	organization, err := p.organization(ctx, n)
	if err != nil {
		return nil, err
	}
	if err := p.grant(ctx, n); err != nil {
		return nil, err
	}
	facts := []identity.Fact{identity.OrganizationCreated{
		Organization: n.ID, RemoteName: organization.RemoteName, At: organization.CreatedAt,
	}}
	metadata, err := p.describe(ctx, n)
	return append(facts, metadata...), err
}

// check refuses what must never be opened: something without a kind, the
// installation's own organizations, and a classroom of what is no school.
func (p *Provisioner) check(ctx context.Context, n identity.NewOrganization) error {
	if n.ID == p.config.Operators || n.ID == p.config.Individuals {
		return identity.NotFound("organization.not-found")
	}
	if n.ID == "" || len(n.Check()) > 0 ||
		n.Kind != identity.KindSchool && n.Kind != identity.KindClassroom ||
		n.Kind == identity.KindSchool && n.School != "" {
		return identity.Invalid("remote.refused")
	}
	if n.School == "" {
		return nil
	}
	school, err := getOrganization(ctx, p.client, n.School)
	if err != nil {
		return err
	}
	school, err = withMetadata(ctx, p.client, school)
	if err != nil {
		return err
	}
	if school.Kind != identity.KindSchool {
		return identity.NotFound("organization.not-found")
	}
	return nil
}

// organization adds the organization with homeroom-runtime as its member, and
// reads it back.
func (p *Provisioner) organization(ctx context.Context, n identity.NewOrganization) (identity.Organization, error) {
	const doing = "add organization"
	id := string(n.ID)
	names := remoteNames(n)
	for _, name := range names {
		_, err := p.client.OrganizationServiceV2().AddOrganization(ctx, &orgpb.AddOrganizationRequest{
			Name: name, OrganizationId: &id,
			Admins: []*orgpb.AddOrganizationRequest_Admin{{
				UserType: &orgpb.AddOrganizationRequest_Admin_UserId{UserId: string(p.config.Runtime)},
				Roles:    runtimeRoles,
			}},
		})
		switch {
		case err == nil:
			return p.shownOrganization(ctx, n.ID)
		case is(err, idOrganizationExists):
			return p.existingOrganization(ctx, n.ID, names)
		case is(err, idTaken):
			continue // the name, by an organization with another ID
		case is(err, idOrganizationGone):
			return identity.Organization{}, identity.Conflict("organization.id-used").Because(err)
		default:
			return identity.Organization{}, fail(doing, err, "organization.not-found")
		}
	}
	return identity.Organization{}, identity.Conflict("organization.name-taken")
}

// existingOrganization takes up an organization that an earlier call began.
// One that has the ID and not the name is somebody else's.
func (p *Provisioner) existingOrganization(ctx context.Context, id identity.OrganizationID, names []string) (identity.Organization, error) {
	organization, err := p.shownOrganization(ctx, id)
	if err != nil {
		return identity.Organization{}, err
	}
	if !slices.Contains(names, organization.RemoteName) {
		return identity.Organization{}, identity.Conflict("organization.id-used")
	}
	_, err = ensureAdministrator(ctx, p.client.InternalPermissionServiceV2(), p.config.Runtime, organizationResource(id), runtimeRoles)
	return organization, err
}

// shownOrganization reads an organization back. A lost one cannot be repaired:
// Zitadel takes the ID of a deleted organization for used.
func (p *Provisioner) shownOrganization(ctx context.Context, id identity.OrganizationID) (identity.Organization, error) {
	var organization identity.Organization
	found, err := shown(ctx, func() (bool, error) {
		var err error
		organization, err = getOrganization(ctx, p.client, id)
		if identity.IsKind(err, identity.KindNotFound) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return identity.Organization{}, err
	}
	if !found {
		return identity.Organization{}, notShown("read organization back")
	}
	return organization, nil
}

// grant lets the organization use those roles of the platform project that can
// be held in it.
func (p *Provisioner) grant(ctx context.Context, n identity.NewOrganization) error {
	roles := roleKeys(identity.RolesIn(n.Kind))
	projects := p.client.ProjectServiceV2()
	create := func() error {
		_, err := projects.CreateProjectGrant(ctx, &projectpb.CreateProjectGrantRequest{
			ProjectId: p.config.Project, GrantedOrganizationId: string(n.ID), RoleKeys: roles,
		})
		return err
	}
	err := create()
	existed := is(err, idTaken)
	if existed {
		_, err = projects.UpdateProjectGrant(ctx, &projectpb.UpdateProjectGrantRequest{
			ProjectId: p.config.Project, GrantedOrganizationId: string(n.ID), RoleKeys: roles,
		})
	}
	if err != nil {
		return fail("grant project", err, "organization.not-found")
	}
	found, err := p.shownGrant(ctx, n.ID)
	if err != nil || found {
		return err
	}
	if !existed {
		// Made a moment ago: make it anew, which brings a lost row back. An older
		// one may carry role assignments, which would go with it.
		if _, err := projects.DeleteProjectGrant(ctx, &projectpb.DeleteProjectGrantRequest{
			ProjectId: p.config.Project, GrantedOrganizationId: string(n.ID),
		}); err != nil {
			return fail("repair project grant", err, "organization.not-found")
		}
		if err := create(); err != nil {
			return fail("repair project grant", err, "organization.not-found")
		}
		if found, err = p.shownGrant(ctx, n.ID); err != nil || found {
			return err
		}
	}
	return notShown("read project grant back")
}

func (p *Provisioner) shownGrant(ctx context.Context, id identity.OrganizationID) (bool, error) {
	return shown(ctx, func() (bool, error) {
		answer, err := p.client.ProjectServiceV2().ListProjectGrants(ctx, &projectpb.ListProjectGrantsRequest{
			Filters: []*projectpb.ProjectGrantSearchFilter{
				{Filter: &projectpb.ProjectGrantSearchFilter_InProjectIdsFilter{InProjectIdsFilter: &filterpb.InIDsFilter{Ids: []string{p.config.Project}}}},
				{Filter: &projectpb.ProjectGrantSearchFilter_GrantedOrganizationIdFilter{GrantedOrganizationIdFilter: &filterpb.IDFilter{Id: string(id)}}},
			},
		})
		if err != nil {
			return false, fail("list project grants", err, "organization.not-found")
		}
		return slices.ContainsFunc(answer.GetProjectGrants(), func(g *projectpb.ProjectGrant) bool {
			return g.GetProjectId() == p.config.Project && g.GetGrantedOrganizationId() == string(id)
		}), nil
	})
}

// describe writes the metadata that makes the organization one of ours.
func (p *Provisioner) describe(ctx context.Context, n identity.NewOrganization) ([]identity.Fact, error) {
	values := [][2]string{
		{identity.MetadataKind, string(n.Kind)},
		{identity.MetadataName, identity.CleanName(n.Name)},
		{identity.MetadataSchool, string(n.School)},
	}
	if n.School == "" {
		values = values[:2] // an empty value is not stored
	}
	request := &orgpb.SetOrganizationMetadataRequest{OrganizationId: string(n.ID)}
	for _, v := range values {
		request.Metadata = append(request.Metadata, &orgpb.Metadata{Key: v[0], Value: []byte(v[1])})
	}
	answer, err := p.client.OrganizationServiceV2().SetOrganizationMetadata(ctx, request)
	if err != nil {
		return nil, fail("set organization metadata", err, "organization.not-found")
	}
	var facts []identity.Fact
	for _, v := range values {
		facts = append(facts, identity.OrganizationMetadataSet{
			Organization: n.ID, Key: v[0], Value: v[1], At: at(answer.GetSetDate()),
		})
	}
	return facts, nil
}

// remoteNames are the names tried at Zitadel, where they are unique in the
// instance: the name with a suffix drawn from the ID, so that a repeated call
// uses the same, and a longer suffix for the case that somebody has that.
func remoteNames(n identity.NewOrganization) []string {
	sum := sha256.Sum256([]byte(n.ID))
	suffix := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))
	name := identity.CleanName(n.Name)
	// Zitadel makes a domain of the name, cuts it after 63 bytes even within a
	// letter, and takes two equal ones for a conflict: the suffix must fit in.
	const most = 63 - len(" ") - 12
	for len(name) > most {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	name = strings.TrimSpace(name)
	return []string{name + " " + suffix[:5], name + " " + suffix[:12]}
}

func organizationResource(id identity.OrganizationID) *permissionpb.ResourceType {
	return &permissionpb.ResourceType{Resource: &permissionpb.ResourceType_OrganizationId{OrganizationId: string(id)}}
}

// Delete removes an organization. It must be one of ours: the provisioner could
// remove any other as well.
func (p *Provisioner) Delete(ctx context.Context, opened identity.Opened) (identity.Fact, error) {
	id := opened.ID()
	if id == "" || id == p.config.Operators || id == p.config.Individuals {
		return nil, identity.NotFound("organization.not-found")
	}
	organization, err := getOrganization(ctx, p.client, id)
	if identity.IsKind(err, identity.KindNotFound) {
		return identity.Unknown{}, nil // gone already; its own event tells
	}
	if err != nil {
		return nil, err
	}
	if organization, err = withMetadata(ctx, p.client, organization); err != nil {
		return nil, err
	}
	if organization.Kind == "" || organization.Kind != opened.Organization().Kind {
		return nil, identity.NotFound("organization.not-found")
	}
	answer, err := p.client.OrganizationServiceV2().DeleteOrganization(ctx, &orgpb.DeleteOrganizationRequest{OrganizationId: string(id)})
	if is(err, idOrganizationDeleted) {
		return identity.Unknown{}, nil
	}
	if err != nil {
		return nil, fail("delete organization", err, "organization.not-found")
	}
	return identity.OrganizationRemoved{Organization: id, At: at(answer.GetDeletionDate())}, nil
}
