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

// SchoolQuery selects schools.
type SchoolQuery struct {
	Search string // in the name
	State  identity.OrganizationState
	After  string // a page's Next
	Limit  int    // 50 if 0
}

// SchoolPage is a page of schools, by name.
type SchoolPage struct {
	Rows      []SchoolRow
	Next      string // empty on the last page
	Total     int    // whose name matches, in any state
	Suspended int    // of those
}

// SchoolRow is a school with its figures.
type SchoolRow struct {
	Organization identity.Organization // without settings
	Classrooms   int
	Students     int // of its classrooms; who is in two counts twice
	Admins       int
	Reason       string // why it is suspended
}

// Schools lists the schools of the platform.
func (p *Platform) Schools(ctx context.Context, q SchoolQuery) (SchoolPage, error) {
	after, err := parseNameCursor(q.After)
	if err != nil {
		return SchoolPage{}, err
	}
	limit, pattern := limitOf(q.Limit), like(q.Search)
	rows, err := p.store.read().PlatformSchools(ctx, query.PlatformSchoolsParams{
		AfterName: after.name, AfterID: after.id, State: string(q.State), Pattern: pattern, MaxRows: int64(limit) + 1,
	})
	if err != nil {
		return SchoolPage{}, fmt.Errorf("list schools: %w", translate(err))
	}
	counts, err := p.store.read().CountPlatformSchools(ctx, pattern)
	if err != nil {
		return SchoolPage{}, fmt.Errorf("count schools: %w", translate(err))
	}
	page := SchoolPage{Total: int(counts.Schools), Suspended: int(counts.Suspended)}
	for i, row := range rows {
		if i == limit {
			page.Next = nameCursor{name: rows[i-1].SortName, id: rows[i-1].ID}.String()
			break
		}
		page.Rows = append(page.Rows, SchoolRow{
			Organization: identity.Organization{
				ID: identity.OrganizationID(row.ID), Kind: identity.Kind(row.Kind), Name: row.Name,
				State: identity.OrganizationState(row.State), RemoteName: row.RemoteName, CreatedAt: moment(row.CreatedUs),
			},
			Classrooms: int(row.Classrooms), Students: int(row.Students), Admins: int(row.Admins), Reason: row.Reason,
		})
	}
	return page, nil
}

// SchoolFigures are the figures of one school, or of a classroom that stands
// alone.
type SchoolFigures struct {
	Classrooms int
	Students   int // of its classrooms; who is in two counts twice
	Admins     int
}

// Figures are those of one school.
func (p *Platform) Figures(ctx context.Context, school *Organization) (SchoolFigures, error) {
	row, err := p.store.read().SchoolFigures(ctx, school.id)
	if err != nil {
		return SchoolFigures{}, fmt.Errorf("count a school: %w", translate(err))
	}
	return SchoolFigures{Classrooms: int(row.Classrooms), Students: int(row.Students), Admins: int(row.Admins)}, nil
}

// StandaloneClassrooms lists the classrooms that belong to no school.
func (p *Platform) StandaloneClassrooms(ctx context.Context, q ClassroomQuery) (ClassroomPage, error) {
	after, err := parseNameCursor(q.After)
	if err != nil {
		return ClassroomPage{}, err
	}
	limit, pattern := limitOf(q.Limit), like(q.Search)
	rows, err := p.store.read().StandaloneClassrooms(ctx, query.StandaloneClassroomsParams{
		AfterName: after.name, AfterID: after.id, Pattern: pattern, MaxRows: int64(limit) + 1,
	})
	if err != nil {
		return ClassroomPage{}, fmt.Errorf("list classrooms that stand alone: %w", translate(err))
	}
	total, err := p.store.read().CountStandaloneClassrooms(ctx, pattern)
	if err != nil {
		return ClassroomPage{}, fmt.Errorf("count classrooms that stand alone: %w", translate(err))
	}
	page := ClassroomPage{Total: int(total)}
	for i, row := range rows {
		if i == limit {
			page.Next = nameCursor{name: rows[i-1].SortName, id: rows[i-1].ID}.String()
			break
		}
		page.Rows = append(page.Rows, ClassroomRow{
			Organization: identity.Organization{
				ID: identity.OrganizationID(row.ID), Kind: identity.Kind(row.Kind), Name: row.Name,
				State: identity.OrganizationState(row.State), RemoteName: row.RemoteName, CreatedAt: moment(row.CreatedUs),
			},
			Students: int(row.Students), Teachers: int(row.Teachers),
		})
	}
	return page, nil
}

// Suspension is why and since when a school is closed.
type Suspension struct {
	Reason string
	By     identity.Actor
	At     time.Time
}

// Suspension is why the school is closed; zero where nobody wrote it down.
func (o *Organization) Suspension(ctx context.Context) (Suspension, error) {
	row, err := o.store.read().Suspension(ctx, o.id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Suspension{}, nil
	case err != nil:
		return Suspension{}, fmt.Errorf("load suspension: %w", translate(err))
	}
	return Suspension{
		Reason: row.Reason, By: identity.Actor{User: identity.UserID(row.ByID), Name: row.ByName}, At: moment(row.AtUs),
	}, nil
}

// Suspend closes the school: act deactivates it at Zitadel. From then on
// [Store.SuspendedHome] says so of everybody at home there. It is a conflict
// ("platform.operators-at-home") where operators are at home, who could not sign
// in any more.
func (p *Platform) Suspend(
	ctx context.Context, school *Organization, reason string, act func(context.Context) ([]identity.Fact, error),
) error {
	change := identity.Change{
		Action: identity.ActionSchoolSuspended, Target: school.id, TargetName: school.opened.Organization().Name,
		After: map[string]string{"reason": reason},
	}
	actor := p.opened.Actor()
	return p.make(ctx, school, making{
		change: change,
		begin: func(ctx context.Context, tx *transaction) error {
			operators, err := tx.OperatorsAtHome(ctx, query.OperatorsAtHomeParams{
				Operators: string(p.store.operators), Home: school.id,
			})
			if err != nil {
				return err
			}
			if operators > 0 {
				return identity.Conflict("platform.operators-at-home", "Count", int(operators))
			}
			return nil
		},
		act: act,
		done: func(ctx context.Context, tx *transaction) error {
			return tx.PutSuspension(ctx, query.PutSuspensionParams{
				OrganizationID: school.id, Reason: reason, ByID: string(actor.User), ByName: actor.Name, NowUs: tx.now,
			})
		},
	})
}

// Restore opens the school again: act activates it at Zitadel.
func (p *Platform) Restore(
	ctx context.Context, school *Organization, act func(context.Context) ([]identity.Fact, error),
) error {
	change := identity.Change{
		Action: identity.ActionSchoolRestored, Target: school.id, TargetName: school.opened.Organization().Name,
	}
	return p.make(ctx, school, making{
		change: change, act: act,
		done: func(ctx context.Context, tx *transaction) error { return tx.DeleteSuspension(ctx, school.id) },
	})
}

// Adopt puts a classroom that stands alone into a school: act writes it at
// Zitadel. It is on the log of both, and on the platform's.
func (p *Platform) Adopt(
	ctx context.Context, classroom, school *Organization, act func(context.Context) ([]identity.Fact, error),
) error {
	names := map[string]string{"school": school.opened.Organization().Name, "school-id": school.id}
	change := identity.Change{
		Action: identity.ActionClassroomAdopted, Target: classroom.id,
		TargetName: classroom.opened.Organization().Name, After: names,
	}
	return p.make(ctx, classroom, making{
		change: change, act: act,
		done: func(ctx context.Context, tx *transaction) error { return school.record(ctx, tx, change) },
	})
}

// SuspendedHome is the name of home if it is a school that is closed for the
// time being.
func (s *Store) SuspendedHome(ctx context.Context, home identity.OrganizationID) (name string, suspended bool, err error) {
	if home == "" {
		return "", false, nil
	}
	name, err = s.read().SuspendedHome(ctx, string(home))
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("look up the home: %w", translate(err))
	}
	return name, true, nil
}
