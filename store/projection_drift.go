package store

import (
	"context"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// DriftKind is what kind of row drifted.
type DriftKind string

// Kinds of rows a reconciliation compares.
const (
	DriftOrganization   DriftKind = "organization"
	DriftUser           DriftKind = "user"
	DriftRoleAssignment DriftKind = "role-assignment"
)

// DriftWhat is how a row differs from what Zitadel answers.
type DriftWhat string

// Ways of drifting. The event log decides what is right: a row that only
// Zitadel's read side lacks was lost there and stays here.
const (
	LostThere   DriftWhat = "lost-at-zitadel"
	MissingHere DriftWhat = "missing-here"
	Differs     DriftWhat = "differs"
)

// Drift is one row that differs from what Zitadel answers about its ID.
type Drift struct {
	Kind         DriftKind
	ID           string
	Name         string // of the organization or person, if known
	Organization identity.OrganizationID
	What         DriftWhat
}

// DriftReport is what a reconciliation found. No rows means that Zitadel answers
// what the event log says.
type DriftReport struct {
	At      time.Time
	Checked int
	Rows    []Drift
}

// SaveDrift stores the report for the operators, in place of the last one.
func (s *Store) SaveDrift(ctx context.Context, report DriftReport) error {
	err := s.write(ctx, func(tx *transaction) error {
		if err := tx.ClearDrift(ctx); err != nil {
			return err
		}
		for _, row := range report.Rows {
			err := tx.AddDrift(ctx, query.AddDriftParams{
				AtUs: micros(report.At), OrganizationID: string(row.Organization), Kind: string(row.Kind),
				ObjectID: row.ID, Name: row.Name, Detail: string(row.What),
			})
			if err != nil {
				return err
			}
		}
		return tx.SetReconciled(ctx, query.SetReconciledParams{AtUs: micros(report.At), Checked: fmt.Sprint(report.Checked)})
	})
	if err != nil {
		return fmt.Errorf("store the drift report: %w", err)
	}
	return nil
}

// Drift is the last drift report. At is zero if there was none yet.
func (s *Store) Drift(ctx context.Context) (DriftReport, error) {
	states, err := s.read().ProjectionState(ctx)
	if err != nil {
		return DriftReport{}, fmt.Errorf("read the drift report: %w", translate(err))
	}
	rows, err := s.read().DriftRows(ctx)
	if err != nil {
		return DriftReport{}, fmt.Errorf("read the drift report: %w", translate(err))
	}
	var report DriftReport
	for _, state := range states {
		if state.Name != "reconciled" {
			continue
		}
		report.At = moment(state.AtUs)
		if _, err := fmt.Sscan(state.Value, &report.Checked); err != nil {
			return DriftReport{}, fmt.Errorf("read the drift report: %w", err)
		}
	}
	for _, row := range rows {
		report.Rows = append(report.Rows, Drift{
			Kind: DriftKind(row.Kind), ID: row.ObjectID, Name: row.Name,
			Organization: identity.OrganizationID(row.OrganizationID), What: DriftWhat(row.Detail),
		})
	}
	return report, nil
}

// ProjectedUsers lists users by ID, for comparison with Zitadel.
func (s *Store) ProjectedUsers(ctx context.Context, after identity.UserID, limit int) ([]identity.User, error) {
	rows, err := s.read().ProjectedUsers(ctx, query.ProjectedUsersParams{After: string(after), Most: int64(limit)})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", translate(err))
	}
	users := make([]identity.User, len(rows))
	for i, row := range rows {
		users[i] = foldedUser(row).user
	}
	return users, nil
}

// ProjectedUser is one user, for comparison with Zitadel. One who is not there
// is not found ("member.not-found").
func (s *Store) ProjectedUser(ctx context.Context, id identity.UserID) (identity.User, error) {
	row, err := s.read().ProjectedUser(ctx, string(id))
	if err != nil {
		return identity.User{}, fmt.Errorf("read user: %w", orNotFound(err, identity.NotFound("member.not-found")))
	}
	return foldedUser(query.ProjectedUsersRow(row)).user, nil
}

// ProjectedRoleAssignments lists the role assignments of an organization by ID,
// with as much of the users as gives them a name. It is for comparison with
// Zitadel.
func (s *Store) ProjectedRoleAssignments(ctx context.Context, organization identity.OrganizationID) ([]identity.Member, error) {
	rows, err := s.read().RoleAssignmentsToCompare(ctx, string(organization))
	if err != nil {
		return nil, fmt.Errorf("list role assignments: %w", translate(err))
	}
	assignments := make([]identity.Member, len(rows))
	for i, row := range rows {
		user := identity.UserID(row.UserID)
		assignments[i] = identity.Member{
			User: identity.User{ID: user, UserName: row.UserName, GivenName: row.GivenName, FamilyName: row.FamilyName},
			Assignment: identity.RoleAssignment{
				ID: identity.RoleAssignmentID(row.ID), User: user, Organization: organization,
				Roles: splitRoles(row.Roles), State: identity.RoleAssignmentState(row.State),
			},
		}
	}
	return assignments, nil
}

// ProjectedTotal is how many organizations, users and role assignments there
// are.
func (s *Store) ProjectedTotal(ctx context.Context) (int, error) {
	total, err := s.read().CountProjected(ctx)
	if err != nil {
		return 0, fmt.Errorf("count rows: %w", translate(err))
	}
	return int(total), nil
}

// ProjectedOrganizations lists every organization the projection knows, ours or
// not, for comparison with Zitadel.
func (s *Store) ProjectedOrganizations(ctx context.Context) ([]identity.Organization, error) {
	var organizations []identity.Organization
	w := &walk{about: aboutOrganization, read: s.read()}
	for {
		row, err := w.peek(ctx)
		if err != nil {
			return nil, fmt.Errorf("list organizations: %w", translate(err))
		}
		if row == nil {
			return organizations, nil
		}
		organizations = append(organizations, row.organization)
		w.next()
	}
}
