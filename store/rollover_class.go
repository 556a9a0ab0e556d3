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

// maxCarried bounds how many people of one class go along.
const maxCarried = 5000

// Carried are the people with an active role in the opened classroom, and whether
// they hold the same in the one that takes its place.
func (o *Organization) Carried(ctx context.Context, into identity.OrganizationID) ([]identity.Carried, error) {
	rows, err := o.store.read().CarriedMembers(ctx, query.CarriedMembersParams{
		OrganizationID: o.id, NewID: string(into), SchoolID: string(o.opened.Organization().School), Operators: string(o.store.operators), MaxRows: maxCarried,
	})
	if err != nil {
		return nil, fmt.Errorf("list who goes along: %w", translate(err))
	}
	people := make([]identity.Carried, len(rows))
	for i, row := range rows {
		people[i] = identity.Carried{
			User: identity.User{
				ID: identity.UserID(row.UserID), Home: identity.OrganizationID(row.HomeID), UserName: row.UserName,
				GivenName: row.GivenName, FamilyName: row.FamilyName, State: identity.UserState(row.UserState),
			},
			Roles: parseRoles(row.Roles), There: row.There, Operator: row.Operator,
		}
		nameless(&people[i].User)
	}
	return people, nil
}

// SettleFollower gives the opened school's new classroom its term and year group,
// and the settings of the one that it follows. What was set in it already stays.
func (o *Organization) SettleFollower(
	ctx context.Context, follower, of identity.OrganizationID, term TermID, year int,
) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		if row, err := tx.OrganizationByID(ctx, string(follower)); err != nil || row.SchoolID != o.id {
			return errors.Join(err, identity.NotFound("organization.not-found"))
		}
		if err := o.moveToTerm(ctx, tx, follower, term, year); err != nil {
			return err
		}
		if err := tx.CopySettings(ctx, query.CopySettingsParams{
			OrganizationID: string(follower), OldID: string(of), SchoolID: o.id, NowUs: tx.now,
		}); err != nil {
			return err
		}
		return tx.CopyStudentRules(ctx, query.CopyStudentRulesParams{
			OrganizationID: string(follower), OldID: string(of), SchoolID: o.id, NowUs: tx.now,
		})
	})
	if err != nil {
		return fmt.Errorf("settle a class: %w", err)
	}
	return nil
}

// TakeIntoTerm puts a class that goes on into the term of a rollover, and notes
// with it the term that it was in. One of which that was noted stays as it is.
func (o *Organization) TakeIntoTerm(ctx context.Context, id RolloverID, term TermID, item *RolloverItem) error {
	if item.Step == RolloverFilled {
		return nil
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		before, err := tx.TermIDOfClassroom(ctx, query.TermIDOfClassroomParams{OrganizationID: o.id, ClassroomID: string(item.Classroom)})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := o.moveToTerm(ctx, tx, item.Classroom, term, item.Year); err != nil {
			return err
		}
		item.Step, item.TermBefore = RolloverFilled, TermID(before)
		return tx.putRolloverItem(ctx, o.id, id, *item)
	})
	if err != nil {
		return fmt.Errorf("take a class into a term: %w", err)
	}
	return nil
}

// BringBackIntoTerm puts a class that went on into the term in which it was.
func (o *Organization) BringBackIntoTerm(ctx context.Context, item RolloverItem) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		return o.moveToTerm(ctx, tx, item.Classroom, item.TermBefore, item.Year)
	})
	if err != nil {
		return fmt.Errorf("bring a class back into its term: %w", err)
	}
	return nil
}

// moveToTerm puts a classroom of the opened school into a term, with the year
// group that it is for. Without a term it is in none.
func (o *Organization) moveToTerm(ctx context.Context, tx *transaction, classroom identity.OrganizationID, term TermID, year int) error {
	if term == "" {
		return tx.DeleteClassroomTerm(ctx, query.DeleteClassroomTermParams{OrganizationID: o.id, ClassroomID: string(classroom)})
	}
	return tx.PutClassroomTerm(ctx, query.PutClassroomTermParams{
		OrganizationID: o.id, ClassroomID: string(classroom), TermID: string(term), YearGroup: int64(year),
	})
}

// RecordsHere counts what is on the log of the opened classroom but that somebody
// looked at it: it grows with every change.
func (o *Organization) RecordsHere(ctx context.Context) (int, error) {
	n, err := o.store.read().CountRecordsOf(ctx, o.id)
	if err != nil {
		return 0, fmt.Errorf("count records: %w", translate(err))
	}
	return int(n), nil
}

// NoteState notes that the opened classroom is in a state at Zitadel, for who was
// told that it is so already: its event, of a write that nobody heard the answer
// to, may not have been read yet. Where it was, this changes nothing.
func (o *Organization) NoteState(ctx context.Context, state identity.OrganizationState) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		f := newFolding(tx)
		row, err := f.thing(ctx, aboutOrganization, o.id)
		if err != nil || !row.exists || row.organization.Kind != identity.KindClassroom || row.organization.State == state {
			return err
		}
		// As of what is known, so that the event itself still counts when it comes.
		fact := identity.OrganizationStateChanged{Organization: row.organization.ID, State: state, At: row.changed}
		if err := f.answer(ctx, fact); err != nil {
			return err
		}
		if err := f.stale(ctx, o.id, row.sequence); err != nil {
			return err
		}
		return f.flush(ctx)
	})
	if err != nil {
		return fmt.Errorf("note the state of a classroom: %w", err)
	}
	return nil
}

// BeginRunInLine is [Organization.BeginClassroomRun] for who does the run
// themselves: no job is enqueued. The same ID again begins nothing.
func (o *Organization) BeginRunInLine(ctx context.Context, action identity.BulkAction, id identity.BulkRunID) error {
	classroom := o.opened.Organization()
	if classroom.Kind != identity.KindClassroom || !action.ToClassroom() {
		return identity.NotFound("organization.not-found")
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		_, err := tx.BulkRun(ctx, query.BulkRunParams{OrganizationID: o.id, ID: string(id)})
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		busy, err := tx.RunUnderWay(ctx, query.RunUnderWayParams{
			OrganizationID: o.id, SinceUs: micros(moment(tx.now).Add(-24 * time.Hour)),
		})
		if err != nil {
			return err
		}
		if busy > 0 {
			return identity.Conflict("bulk.under-way")
		}
		run := NewRun{
			Action: action, Parameters: identity.BulkParameters{Classroom: classroom.ID, ClassroomName: classroom.Name}, inLine: true,
		}
		if _, err := o.addRun(ctx, tx, id, action, run.Parameters, ""); err != nil {
			return err
		}
		if err := o.addClassroom(ctx, tx, id, action); err != nil {
			return err
		}
		return o.beginRun(ctx, tx, id, run, identity.ActionBulkBegun)
	})
	if err != nil {
		return fmt.Errorf("begin a run on a classroom: %w", err)
	}
	return nil
}

// TeachersOf are the teachers and co-teachers of a classroom of the opened school;
// at most 50.
func (o *Organization) TeachersOf(ctx context.Context, classroom identity.OrganizationID) ([]identity.Carried, error) {
	rows, err := o.store.read().TeachersOfClassroom(ctx, query.TeachersOfClassroomParams{
		OrganizationID: o.id, ClassroomID: string(classroom), MaxRows: pageSize,
	})
	if err != nil {
		return nil, fmt.Errorf("list who teaches a class: %w", translate(err))
	}
	people := make([]identity.Carried, len(rows))
	for i, row := range rows {
		people[i] = identity.Carried{
			User: identity.User{
				ID: identity.UserID(row.UserID), UserName: row.UserName, GivenName: row.GivenName, FamilyName: row.FamilyName,
			},
			Roles: parseRoles(row.Roles),
		}
		nameless(&people[i].User)
	}
	return people, nil
}
