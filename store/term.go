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

// TermID is the ID of a term: the submission of the form that added it.
type TermID string

// Term is a term or a school year of a school.
type Term struct {
	ID         TermID
	Name       string
	First      time.Time // the first moment of the first day
	End        time.Time // the first moment after the last day
	Classrooms int
}

// Runs reports whether now is within the term.
func (t Term) Runs(now time.Time) bool { return !now.Before(t.First) && now.Before(t.End) }

// maxTerms bounds what is listed of a school's terms and pauses: half a century
// of quarters.
const maxTerms = 200

func errNoTerm() *identity.Error { return identity.NotFound("term.not-found") }

func termOf(row query.Term) Term {
	return Term{ID: TermID(row.ID), Name: row.Name, First: moment(row.FirstUs), End: moment(row.EndUs)}
}

// Terms are the school's terms, the latest first.
func (o *Organization) Terms(ctx context.Context) ([]Term, error) {
	rows, err := o.store.read().Terms(ctx, query.TermsParams{OrganizationID: o.id, MaxRows: maxTerms})
	if err != nil {
		return nil, fmt.Errorf("list terms: %w", translate(err))
	}
	terms := make([]Term, len(rows))
	for i, row := range rows {
		terms[i] = Term{
			ID: TermID(row.ID), Name: row.Name, First: moment(row.FirstUs), End: moment(row.EndUs), Classrooms: int(row.Classrooms),
		}
	}
	return terms, nil
}

// Term is one of the school's terms; not found ("term.not-found") otherwise.
func (o *Organization) Term(ctx context.Context, id TermID) (Term, error) {
	row, err := o.store.read().Term(ctx, query.TermParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return Term{}, fmt.Errorf("load a term: %w", orNotFound(err, errNoTerm()))
	}
	return termOf(row), nil
}

// TermHere is the term of the opened classroom; the zero one if it has none.
func (o *Organization) TermHere(ctx context.Context) (Term, error) {
	row, err := o.store.read().TermOfClassroom(ctx, query.TermOfClassroomParams{
		OrganizationID: o.id, SchoolID: string(o.opened.Organization().School),
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Term{}, nil
	case err != nil:
		return Term{}, fmt.Errorf("load the term of a classroom: %w", translate(err))
	}
	return termOf(row), nil
}

// AddTerm adds a term whose ID is the form's submission. One that shares a day
// with another is a conflict ("term.overlaps"): a classroom is of one.
func (o *Organization) AddTerm(ctx context.Context, t Term) error {
	if !submissionForm.MatchString(string(t.ID)) {
		return identity.Invalid("request.broken")
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		if err := o.mayManageTerms(); err != nil {
			return err
		}
		if err := o.freeOfTerms(ctx, tx, t); err != nil {
			return err
		}
		added, err := tx.InsertTerm(ctx, query.InsertTermParams{
			OrganizationID: o.id, ID: string(t.ID), Name: t.Name, FirstUs: micros(t.First), EndUs: micros(t.End), NowUs: tx.now,
		})
		if err != nil || added == 0 {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionTermAdded, Target: string(t.ID), TargetName: t.Name, After: auditedTerm(t),
		})
	})
	if err != nil {
		return fmt.Errorf("add a term: %w", err)
	}
	return nil
}

// ChangeTerm changes the name and the days of a term.
func (o *Organization) ChangeTerm(ctx context.Context, t Term) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		if err := o.mayManageTerms(); err != nil {
			return err
		}
		row, err := tx.Term(ctx, query.TermParams{OrganizationID: o.id, ID: string(t.ID)})
		if err != nil {
			return orNotFound(err, errNoTerm())
		}
		before := termOf(row)
		if before.Name == t.Name && before.First.Equal(t.First) && before.End.Equal(t.End) {
			return nil
		}
		if err := o.freeOfTerms(ctx, tx, t); err != nil {
			return err
		}
		if err := tx.SetTerm(ctx, query.SetTermParams{
			OrganizationID: o.id, ID: string(t.ID), Name: t.Name, FirstUs: micros(t.First), EndUs: micros(t.End),
		}); err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionTermChanged, Target: string(t.ID), TargetName: t.Name,
			Before: auditedTerm(before), After: auditedTerm(t),
		})
	})
	if err != nil {
		return fmt.Errorf("change a term: %w", err)
	}
	return nil
}

// DeleteTerm deletes a term that no classroom is of and no rollover leads into;
// any other is a conflict ("term.in-use").
func (o *Organization) DeleteTerm(ctx context.Context, id TermID) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		if err := o.mayManageTerms(); err != nil {
			return err
		}
		row, err := tx.Term(ctx, query.TermParams{OrganizationID: o.id, ID: string(id)})
		if err != nil {
			return orNotFound(err, errNoTerm())
		}
		classrooms, err := tx.ClassroomsOfTerm(ctx, query.ClassroomsOfTermParams{OrganizationID: o.id, TermID: string(id)})
		if err != nil {
			return err
		}
		rollovers, err := tx.RolloversInto(ctx, query.RolloversIntoParams{OrganizationID: o.id, TermID: string(id)})
		if err != nil {
			return err
		}
		if classrooms+rollovers > 0 {
			return identity.Conflict("term.in-use", "Name", row.Name)
		}
		if _, err := tx.DeleteTerm(ctx, query.DeleteTermParams{OrganizationID: o.id, ID: string(id)}); err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionTermDeleted, Target: string(id), TargetName: row.Name, Before: auditedTerm(termOf(row)),
		})
	})
	if err != nil {
		return fmt.Errorf("delete a term: %w", err)
	}
	return nil
}

// mayManageTerms refuses who does not manage the school.
func (o *Organization) mayManageTerms() error { return o.opened.Refusal(identity.ManageSchool) }

// freeOfTerms refuses a term that shares a day with another.
func (o *Organization) freeOfTerms(ctx context.Context, tx *transaction, t Term) error {
	other, err := tx.OverlappingTerm(ctx, query.OverlappingTermParams{
		OrganizationID: o.id, FirstUs: micros(t.First), EndUs: micros(t.End), ID: string(t.ID),
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return identity.Conflict("term.overlaps", "Name", other.Name)
}

// auditedTerm are the days of a term as a record tells them, with the name.
func auditedTerm(t Term) map[string]string {
	values := auditedDays(t.First, t.End)
	values[identity.AuditName] = t.Name
	return values
}

// auditedDays are the first and the last day of a time, in its own zone.
func auditedDays(first, end time.Time) map[string]string {
	return map[string]string{"first": first.Format(time.DateOnly), "last": end.Add(-time.Second).Format(time.DateOnly)}
}
