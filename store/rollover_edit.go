package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// touchPlan counts a change of a plan; one that is no plan any more is a conflict
// ("rollover.not-planned").
func (o *Organization) touchPlan(ctx context.Context, tx *transaction, id RolloverID) error {
	if err := o.mayManageTerms(); err != nil {
		return err
	}
	if _, err := tx.Rollover(ctx, query.RolloverParams{OrganizationID: o.id, ID: string(id)}); err != nil {
		return orNotFound(err, errNoRollover())
	}
	touched, err := tx.TouchRollover(ctx, query.TouchRolloverParams{OrganizationID: o.id, ID: string(id)})
	if err == nil && touched == 0 {
		err = identity.Conflict("rollover.not-planned")
	}
	return err
}

func (o *Organization) planItem(ctx context.Context, tx *transaction, id RolloverID, item RolloverItem, plan RolloverPlan) error {
	_, err := tx.PlanRolloverItem(ctx, query.PlanRolloverItemParams{
		OrganizationID: o.id, RolloverID: string(id), Position: item.Position, YearGroup: int64(plan.Year),
		Action: string(plan.Action), NewName: plan.NewName, NameKey: plan.keyOf(item.Name),
	})
	return err
}

// RolloverTeachers are what is planned for teachers of a class: those of its own who
// do not go along, and others who come to teach the new one.
type RolloverTeachers struct{ Stay, Come []identity.UserID }

// PlanRolloverItem changes what is planned for one class and its teachers.
func (o *Organization) PlanRolloverItem(
	ctx context.Context, id RolloverID, position int64, plan RolloverPlan, teachers RolloverTeachers,
) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		if err := o.touchPlan(ctx, tx, id); err != nil {
			return err
		}
		row, err := tx.RolloverItem(ctx, query.RolloverItemParams{OrganizationID: o.id, RolloverID: string(id), Position: position})
		if err != nil {
			return orNotFound(err, errNoRollover())
		}
		if err := o.planItem(ctx, tx, id, rolloverItemOf(row), plan); err != nil {
			return err
		}
		for kind, users := range map[string][]identity.UserID{rolloverStays: teachers.Stay, rolloverComes: teachers.Come} {
			if err := tx.DeleteRolloverPeople(ctx, query.DeleteRolloverPeopleParams{
				OrganizationID: o.id, RolloverID: string(id), Kind: kind, Position: position,
			}); err != nil {
				return err
			}
			for _, user := range users {
				if err := tx.PutRolloverPerson(ctx, query.PutRolloverPersonParams{
					OrganizationID: o.id, RolloverID: string(id), Kind: kind, Position: position, UserID: string(user),
				}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("change the plan of a class: %w", err)
	}
	return nil
}

// AddRolloverTeacher plans that somebody of the school's staff teaches the new class;
// not found ("user.not-found") for anybody else.
func (o *Organization) AddRolloverTeacher(ctx context.Context, id RolloverID, position int64, user identity.UserID) error {
	if _, err := o.SchoolCandidate(ctx, user); err != nil {
		return err
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		if err := o.touchPlan(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.RolloverItem(ctx, query.RolloverItemParams{OrganizationID: o.id, RolloverID: string(id), Position: position}); err != nil {
			return orNotFound(err, errNoRollover())
		}
		return tx.PutRolloverPerson(ctx, query.PutRolloverPersonParams{
			OrganizationID: o.id, RolloverID: string(id), Kind: rolloverComes, Position: position, UserID: string(user),
		})
	})
	if err != nil {
		return fmt.Errorf("plan a teacher of a class: %w", err)
	}
	return nil
}

// PlanRolloverYear changes what is planned for all classes of a year group (-1:
// those without one), as plan says for each, and answers how many.
func (o *Organization) PlanRolloverYear(
	ctx context.Context, id RolloverID, year int, plan func(RolloverItem) RolloverPlan,
) (changed int, err error) {
	err = o.store.write(ctx, func(tx *transaction) error {
		if err := o.touchPlan(ctx, tx, id); err != nil {
			return err
		}
		tx, free := tx.prepare()
		defer free()
		changed = 0
		for after := int64(0); ; {
			rows, err := tx.RolloverItems(ctx, query.RolloverItemsParams{
				OrganizationID: o.id, RolloverID: string(id), After: after, Pattern: "%", YearGroup: int64(year), MaxRows: maxPageSize,
			})
			if err != nil {
				return err
			}
			for _, row := range rows {
				item := rolloverItemOf(row.RolloverItem)
				if err := o.planItem(ctx, tx, id, item, plan(item)); err != nil {
					return err
				}
				changed++
				after = item.Position
			}
			if len(rows) < maxPageSize {
				return nil
			}
		}
	})
	if err != nil {
		return 0, fmt.Errorf("change the plan of a year group: %w", err)
	}
	return changed, nil
}

// The kinds of rollover_people.
const (
	rolloverStays   = "stays"
	rolloverComes   = "comes"
	rolloverWithout = "without"
	rolloverRefused = "refused"
)

// RolloverStays are the teachers of a class of a plan who do not go along.
func (o *Organization) RolloverStays(ctx context.Context, id RolloverID, position int64) ([]identity.UserID, error) {
	rows, err := o.store.read().RolloverPeopleAt(ctx, query.RolloverPeopleAtParams{
		OrganizationID: o.id, RolloverID: string(id), Kind: rolloverStays, Position: position,
	})
	if err != nil {
		return nil, fmt.Errorf("list who does not go along: %w", translate(err))
	}
	users := make([]identity.UserID, len(rows))
	for i, row := range rows {
		users[i] = identity.UserID(row)
	}
	return users, nil
}

// RolloverComes are who comes to teach the class that takes the place of one of a
// plan, and whether they teach it already.
func (o *Organization) RolloverComes(
	ctx context.Context, id RolloverID, position int64, into identity.OrganizationID,
) ([]identity.Carried, error) {
	rows, err := o.store.read().RolloverComes(ctx, query.RolloverComesParams{
		OrganizationID: o.id, RolloverID: string(id), Position: position, NewID: string(into),
		Operators: string(o.store.operators), MaxRows: pageSize,
	})
	if err != nil {
		return nil, fmt.Errorf("list who comes to teach a class: %w", translate(err))
	}
	people := make([]identity.Carried, len(rows))
	for i, row := range rows {
		people[i] = identity.Carried{
			User: identity.User{
				ID: identity.UserID(row.UserID), Home: identity.OrganizationID(row.HomeID), UserName: row.UserName,
				GivenName: row.GivenName, FamilyName: row.FamilyName, State: identity.UserState(row.UserState),
			},
			Roles: []identity.Role{identity.RoleTeacher}, There: row.There, Operator: row.Operator,
		}
		nameless(&people[i].User)
	}
	return people, nil
}

// CheckRollover counts what a plan comes to, and finds who ends up without a
// class.
func (o *Organization) CheckRollover(ctx context.Context, id RolloverID) error {
	err := o.changeRollover(ctx, id, func(tx *transaction, r *Rollover) error {
		if err := o.mayManageTerms(); err != nil {
			return err
		}
		if r.State != RolloverPlanned {
			return identity.Conflict("rollover.not-planned")
		}
		figures, err := o.countRollover(ctx, tx.Queries, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteRolloverPeople(ctx, query.DeleteRolloverPeopleParams{
			OrganizationID: o.id, RolloverID: string(id), Kind: rolloverWithout,
		}); err != nil {
			return err
		}
		without, err := tx.FindWithoutClass(ctx, query.FindWithoutClassParams{
			OrganizationID: o.id, RolloverID: string(id), TermID: string(r.Term),
		})
		if err != nil {
			return err
		}
		figures.Without = int(without)
		r.Figures, r.checked = figures, r.Version
		return nil
	})
	if err != nil {
		return fmt.Errorf("check a rollover: %w", err)
	}
	return nil
}

// RolloverPerson is somebody of whom a rollover has something to say.
type RolloverPerson struct {
	Person    identity.User // ID and names
	Classroom string        // of the class that it is about; empty for none
	Reason    identity.Message
}

// RolloverPersonPage is a page of them.
type RolloverPersonPage struct {
	People []RolloverPerson
	Next   string // empty on the last page
}

// RolloverWithout lists the students who end up without a class, as they were
// found when the plan was checked.
func (o *Organization) RolloverWithout(ctx context.Context, id RolloverID, after string) (RolloverPersonPage, error) {
	return o.rolloverPeople(ctx, id, rolloverWithout, after)
}

// RolloverNotTaken lists who could not be taken along, and why.
func (o *Organization) RolloverNotTaken(ctx context.Context, id RolloverID, after string) (RolloverPersonPage, error) {
	return o.rolloverPeople(ctx, id, rolloverRefused, after)
}

func (o *Organization) rolloverPeople(ctx context.Context, id RolloverID, kind, after string) (RolloverPersonPage, error) {
	params := query.RolloverPeopleParams{
		OrganizationID: o.id, RolloverID: string(id), Kind: kind, AfterPosition: -1, MaxRows: pageSize + 1,
	}
	if after != "" {
		cursor, err := parseTimeCursor(after) // a number and an ID as well
		if err != nil {
			return RolloverPersonPage{}, err
		}
		params.AfterPosition, params.AfterID = cursor.us, cursor.id
	}
	rows, err := o.store.read().RolloverPeople(ctx, params)
	if err != nil {
		return RolloverPersonPage{}, fmt.Errorf("list people of a rollover: %w", translate(err))
	}
	var page RolloverPersonPage
	for i, row := range rows {
		if i == pageSize {
			page.Next = timeCursor{us: rows[i-1].Position, id: rows[i-1].UserID}.String()
			break
		}
		person := RolloverPerson{
			Person: identity.User{
				ID: identity.UserID(row.UserID), UserName: row.UserName, GivenName: row.GivenName, FamilyName: row.FamilyName,
			},
			Classroom: row.ClassName, Reason: parseMessage(row.Reason),
		}
		nameless(&person.Person)
		page.People = append(page.People, person)
	}
	return page, nil
}
