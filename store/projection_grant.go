package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// ungranted takes away the roles that the organization's grants have lost since
// they were assigned, and reports whether none is left.
func (f *folding) ungranted(ctx context.Context, row *folded) (bool, error) {
	organization := string(row.assignment.Organization)
	grants, ok := f.grants[organization]
	if !ok {
		var err error
		if grants, err = f.ProjectedGrantsOf(ctx, organization); err != nil {
			return false, err
		}
		f.grants[organization] = grants
	}
	for _, g := range grants {
		if micros(row.assignment.CreatedAt) < g.RemovedUs {
			row.changed = later(row.changed, moment(g.RemovedUs))
			return true, nil
		}
		lost, err := lostRoles(g)
		if err != nil {
			return false, err
		}
		row.assignment.Roles = slices.DeleteFunc(slices.Clone(row.assignment.Roles), func(r identity.Role) bool {
			return lost[r] > micros(row.assignedAt)
		})
	}
	return len(row.assignment.Roles) == 0, nil
}

// grant folds in what an organization may use of the platform project. Only
// the latest time at which a role was missing counts, so the order of grant
// events does not matter.
func (f *folding) grant(ctx context.Context, fact identity.Fact, sequence int64) error {
	_, id, at := subjectOf(fact)
	g, err := f.ProjectedGrant(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		g, err = query.Grant{ID: id, Lost: "{}"}, nil
	}
	if err != nil {
		return err
	}
	lost, err := lostRoles(g)
	if err != nil {
		return err
	}
	switch fact := fact.(type) {
	case identity.GrantRemoved:
		g.RemovedUs = max(g.RemovedUs, micros(at))
	case identity.GrantSet:
		if fact.Organization != "" {
			g.OrganizationID = string(fact.Organization)
		}
		for _, r := range identity.Roles {
			if !slices.Contains(fact.Roles, r) {
				lost[r] = max(lost[r], micros(at))
			}
		}
		if g.Roles == "" || sequence >= g.Sequence {
			g.Roles = joinRoles(fact.Roles)
		}
	}
	text, err := json.Marshal(lost)
	if err != nil {
		return err
	}
	err = f.PutGrant(ctx, query.PutGrantParams{
		OrganizationID: g.OrganizationID, ID: id, Roles: g.Roles, ChangedUs: max(g.ChangedUs, micros(at)),
		Sequence: max(g.Sequence, sequence), Lost: string(text), RemovedUs: g.RemovedUs,
	})
	if err != nil || g.OrganizationID == "" {
		return err
	}
	// Everything assigned in the organization is written again, by the new rule.
	delete(f.grants, g.OrganizationID)
	assignments, err := f.RoleAssignmentsOfOrganization(ctx, g.OrganizationID)
	if err != nil {
		return err
	}
	for _, id := range assignments {
		row, err := f.thing(ctx, aboutAssignment, id)
		if err != nil {
			return err
		}
		f.touch(row)
	}
	return nil
}

// lostRoles is, for each role, when it was last missing in a grant.
func lostRoles(g query.Grant) (map[identity.Role]int64, error) {
	lost := map[identity.Role]int64{}
	return lost, json.Unmarshal([]byte(g.Lost), &lost)
}
