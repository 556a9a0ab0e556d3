package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// ChangeUntil is [Organization.Change] that also notes until when the user's
// role assignment here lasts; with the zero time it lasts. The end is on record
// before the role assignment is made, so that none is without its end, whatever
// cuts this off.
func (o *Organization) ChangeUntil(
	ctx context.Context, change identity.Change, user identity.UserID, until time.Time,
	act func(context.Context) ([]identity.Fact, error),
) error {
	forget := func(ctx context.Context, tx *transaction) error {
		return tx.DeleteSubstitution(ctx, query.DeleteSubstitutionParams{OrganizationID: o.id, UserID: string(user)})
	}
	if until.IsZero() {
		return o.make(ctx, making{change: change, act: act, done: forget})
	}
	actor := o.opened.Actor()
	put := query.PutSubstitutionParams{
		OrganizationID: o.id, UserID: string(user), UntilUs: micros(until), ByID: string(actor.User), ByName: actor.Name,
	}
	return o.make(ctx, making{
		change: change,
		begin: func(ctx context.Context, tx *transaction) error {
			put.NowUs = tx.now
			if n, err := tx.PutSubstitution(ctx, put); err != nil || n > 0 {
				return err
			}
			return tx.BeginSubstitution(ctx, query.BeginSubstitutionParams{
				OrganizationID: put.OrganizationID, UserID: put.UserID, UntilUs: put.UntilUs, ByID: put.ByID, ByName: put.ByName, NowUs: put.NowUs,
			})
		},
		act: act,
		done: func(ctx context.Context, tx *transaction) error {
			_, err := tx.PutSubstitution(ctx, put)
			return err
		},
		failed: func(ctx context.Context, tx *transaction, failure error) error {
			if unclear(failure) {
				return nil
			}
			return forget(ctx, tx)
		},
	})
}

// ForgetUntil forgets until when the user's role assignment lasts. It changes
// nothing that is seen, and leaves no record.
func (o *Organization) ForgetUntil(ctx context.Context, user identity.UserID) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		return tx.DeleteSubstitution(ctx, query.DeleteSubstitutionParams{OrganizationID: o.id, UserID: string(user)})
	})
	if err != nil {
		return fmt.Errorf("forget a substitution: %w", err)
	}
	return nil
}

// NamedSubstitution is a substitution with who it is.
type NamedSubstitution struct {
	identity.Substitution
	Person identity.User // ID and names
}

// Substitutions lists whose access to the opened classroom ends by itself; at
// most 100.
func (o *Organization) Substitutions(ctx context.Context) ([]NamedSubstitution, error) {
	rows, err := o.store.read().Substitutions(ctx, o.id)
	if err != nil {
		return nil, fmt.Errorf("list substitutions: %w", translate(err))
	}
	found := make([]NamedSubstitution, len(rows))
	for i, row := range rows {
		found[i] = NamedSubstitution{
			Substitution: substitutionOf(row.Substitution),
			Person: identity.User{
				ID: identity.UserID(row.Substitution.UserID), UserName: row.UserName,
				GivenName: row.GivenName, FamilyName: row.FamilyName,
			},
		}
		nameless(&found[i].Person)
	}
	return found, nil
}

// Substitution is until when somebody's access here lasts; the zero one if it
// does not end.
func (o *Organization) Substitution(ctx context.Context, user identity.UserID) (identity.Substitution, error) {
	row, err := o.store.read().Substitution(ctx, query.SubstitutionParams{OrganizationID: o.id, UserID: string(user)})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return identity.Substitution{}, nil
	case err != nil:
		return identity.Substitution{}, fmt.Errorf("load substitution: %w", translate(err))
	}
	return substitutionOf(row), nil
}

func substitutionOf(row query.Substitution) identity.Substitution {
	return identity.Substitution{
		User: identity.UserID(row.UserID), Assignment: identity.RoleAssignmentID(row.AssignmentID),
		Until: moment(row.UntilUs), By: identity.Actor{User: identity.UserID(row.ByID), Name: row.ByName},
		MadeAt: moment(row.MadeUs),
	}
}

// SubstitutionsOf tells until when somebody's own access to classrooms lasts, of
// those where it ends by itself.
func (s *Store) SubstitutionsOf(ctx context.Context, user identity.UserID) (map[identity.OrganizationID]time.Time, error) {
	rows, err := s.read().SubstitutionsOfUser(ctx, string(user))
	if err != nil {
		return nil, fmt.Errorf("list the substitutions of somebody: %w", translate(err))
	}
	until := make(map[identity.OrganizationID]time.Time, len(rows))
	for _, row := range rows {
		until[identity.OrganizationID(row.OrganizationID)] = moment(row.UntilUs)
	}
	return until, nil
}

// DueSubstitution is one whose time is over, in its classroom.
type DueSubstitution struct {
	identity.Substitution
	Opened identity.Opened
}

// DueSubstitutions lists up to limit whose time is over. Those of classrooms that
// are gone are forgotten.
func (s *Store) DueSubstitutions(ctx context.Context, limit int) ([]DueSubstitution, error) {
	rows, err := s.read().DueSubstitutions(ctx, query.DueSubstitutionsParams{NowUs: micros(s.clock()), MaxRows: int64(limit)})
	if err != nil {
		return nil, fmt.Errorf("list substitutions that are over: %w", translate(err))
	}
	var due []DueSubstitution
	for _, row := range rows {
		organization, err := s.organization(ctx, row.OrganizationID)
		if errors.Is(err, sql.ErrNoRows) {
			continue // goes with the classroom's other rows
		}
		if err != nil {
			return nil, fmt.Errorf("load classroom: %w", translate(err))
		}
		opened, err := identity.OpenSubstitution(organization)
		if err != nil {
			return nil, err
		}
		due = append(due, DueSubstitution{Substitution: substitutionOf(row), Opened: opened})
	}
	return due, nil
}

// ofSchool gives the rows of the opened school, or of the opened classroom's for what
// a classroom may know of it. A classroom that stands alone has none.
func (o *Organization) ofSchool() *Organization {
	if o.opened.Organization().Kind == identity.KindSchool {
		return o
	}
	return &Organization{store: o.store, opened: o.opened, id: string(o.opened.Organization().School)}
}

// SchoolStaff lists up to 50 of the staff of the opened school, or classroom's, who
// are at home there and may sign in, by name or address.
func (o *Organization) SchoolStaff(ctx context.Context, search string) ([]identity.SchoolPerson, error) {
	page, err := o.ofSchool().People(ctx, PeopleQuery{Search: search, State: identity.PersonActive, Staff: true, Limit: 50})
	if err != nil {
		return nil, err
	}
	var staff []identity.SchoolPerson
	for _, p := range page.Rows {
		if !p.Guest {
			staff = append(staff, p)
		}
	}
	return staff, nil
}

// SchoolCandidate is somebody of the staff of the opened school, or classroom's, who
// is at home there; not found ("user.not-found") otherwise.
func (o *Organization) SchoolCandidate(ctx context.Context, user identity.UserID) (identity.Candidate, error) {
	school := o.ofSchool()
	row, err := o.store.read().PersonOfSchool(ctx, query.PersonOfSchoolParams{
		OrganizationID: school.id, UserID: string(user), Operators: string(o.store.operators),
	})
	if err == nil && facets(row.Facets)&facetStaff == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return identity.Candidate{}, fmt.Errorf("load one of the staff: %w", orNotFound(err, identity.NotFound("user.not-found")))
	}
	return school.Person(ctx, user)
}
