package standin

import (
	"fmt"
	"maps"
	"slices"

	projectv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project/v2"
)

// Seed changes things without the API and its rights: demo people, large
// amounts of them, and what somebody else does at Zitadel while a test looks
// on. Everything leaves the events that the API leaves, edited by the owner of
// the instance or by whom As names.
type Seed struct {
	s      *Server
	editor string
}

// Seed starts seeding as the owner of the instance.
func (s *Server) Seed() *Seed { return &Seed{s: s, editor: s.ownerID} }

// As seeds with another user as the editor of the events.
func (d *Seed) As(userID string) *Seed { return &Seed{s: d.s, editor: userID} }

// SeedOrganization is an organization to be made. ID may be empty.
type SeedOrganization struct {
	ID, Name string
	Metadata map[string]string
	Managers map[string][]string // administrator roles by user ID
}

// SeedUser is a human user to be made. ID, Language, Password and Metadata may
// be empty; an empty UserName becomes the address.
type SeedUser struct {
	ID, Organization, UserName string
	GivenName, FamilyName      string
	Address                    string
	Unverified                 bool
	Language, Password         string
	Metadata                   map[string]string
	Factors                    []SeedFactor
}

// DefaultOrganization is the organization the instance started with.
func (s *Server) DefaultOrganization() string {
	s.RLock()
	defer s.RUnlock()
	return s.instance.defaultOrg
}

// EventCount is how many events there are, seen or not.
func (s *Server) EventCount() int {
	s.RLock()
	defer s.RUnlock()
	return s.log.n
}

// Organization makes an organization and returns its ID.
func (d *Seed) Organization(o SeedOrganization) (string, error) {
	s := d.s
	s.Lock()
	defer s.Unlock()
	made, err := s.addOrg(s.begin(d.editor), o.ID, o.Name)
	if err != nil {
		return "", fmt.Errorf("organization %q: %w", o.Name, err)
	}
	t := s.begin(d.editor)
	for _, key := range slices.Sorted(maps.Keys(o.Metadata)) {
		s.setOrgMetadata(t, made, key, []byte(o.Metadata[key]))
	}
	for _, userID := range slices.Sorted(maps.Keys(o.Managers)) {
		if err := s.addMember(s.begin(d.editor), made, userID, o.Managers[userID]); err != nil {
			return "", fmt.Errorf("manager of %q: %w", o.Name, err)
		}
	}
	return made.id, nil
}

// User makes a human user and returns the ID.
func (d *Seed) User(u SeedUser) (string, error) {
	ids, err := d.Users([]SeedUser{u})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// Users makes many users and returns their IDs in the same order. It stops at
// the first that cannot be made.
func (d *Seed) Users(users []SeedUser) ([]string, error) {
	ids, err := d.users(users)
	for i, id := range ids {
		for _, f := range users[i].Factors {
			if _, err := d.AddFactor(id, f); err != nil {
				return ids, fmt.Errorf("factor of user %q: %w", users[i].UserName, err)
			}
		}
	}
	return ids, err
}

func (d *Seed) users(users []SeedUser) ([]string, error) {
	s := d.s
	s.Lock()
	defer s.Unlock()
	ids := make([]string, 0, len(users))
	for _, u := range users {
		n := newUser{
			id: u.ID, org: u.Organization, verified: !u.Unverified, password: u.Password,
			profile: profile{
				userName: u.UserName, givenName: u.GivenName, familyName: u.FamilyName,
				address: u.Address, language: u.Language,
			},
		}
		for _, key := range slices.Sorted(maps.Keys(u.Metadata)) {
			n.metadata = append(n.metadata, entry{key, []byte(u.Metadata[key])})
		}
		made, _, err := s.addUser(s.begin(d.editor), n)
		if err != nil {
			return ids, fmt.Errorf("user %q: %w", u.UserName, err)
		}
		ids = append(ids, made.id)
	}
	return ids, nil
}

// Project makes a project with these roles, which asserts them, and returns its
// ID.
func (d *Seed) Project(organization, name string, roles ...string) (string, error) {
	s := d.s
	s.Lock()
	defer s.Unlock()
	p, err := s.addProject(s.begin(d.editor), &projectv2.CreateProjectRequest{
		OrganizationId: organization, Name: name, ProjectRoleAssertion: true,
	})
	if err != nil {
		return "", fmt.Errorf("project %q: %w", name, err)
	}
	for _, role := range roles {
		s.addRole(s.begin(d.editor), p, role, role, "")
	}
	return p.id, nil
}

// Grant grants a project with these roles to an organization, or changes the
// grant that is there.
func (d *Seed) Grant(project, organization string, roles ...string) error {
	s := d.s
	s.Lock()
	defer s.Unlock()
	p := s.projects[project]
	if err := s.checkGrant(p, organization, roles); err != nil {
		return fmt.Errorf("grant to %s: %w", organization, err)
	}
	if g := p.grants[organization]; g != nil {
		s.regrant(s.begin(d.editor), p, g, roles)
		return nil
	}
	if _, err := s.addGrant(s.begin(d.editor), p, organization, roles); err != nil {
		return fmt.Errorf("grant to %s: %w", organization, err)
	}
	return nil
}
