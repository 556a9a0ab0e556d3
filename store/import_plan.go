package store

import (
	"context"
	"encoding/json"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// planAtOnce is how many rows are planned together: each look-up is one statement
// for all of them.
const planAtOnce = 500

// planning is the plan of some rows in a transaction.
type planning struct {
	*transaction
	o     *Organization
	i     Import
	id    string
	rules roster.Rules
}

func (o *Organization) planning(tx *transaction, i Import) *planning {
	org := o.opened.Organization()
	p := &planning{transaction: tx, o: o, i: i, id: string(i.ID), rules: roster.Rules{
		Invite: i.Options.Invite, Whole: i.Options.Whole && !i.Reading.Delta, Delta: i.Reading.Delta,
	}}
	if org.Kind == identity.KindClassroom {
		p.rules.Classroom, p.rules.ClassroomName = org.ID, org.Name
	} else {
		p.rules.School, p.rules.SchoolName = org.ID, org.Name
		p.rules.MayTeach = o.opened.Permits(identity.ManageSchool)
	}
	return p
}

// span is some rows: those after one position, up to another.
type span struct{ after, upto int64 }

// decided is a row with what is to become of it now.
type decided struct {
	row ImportRow
	now roster.Decided
}

// decide decides about the rows of a span, as things are now.
func (p *planning) decide(ctx context.Context, s span) ([]decided, error) {
	found, err := p.ImportRowsBetween(ctx, query.ImportRowsBetweenParams{
		OrganizationID: p.o.id, ImportID: p.id, After: s.after, Upto: s.upto,
	})
	if err != nil {
		return nil, err
	}
	rows, err := importRowsOf(found)
	if err != nil {
		return nil, err
	}
	if err := p.find(ctx, s); err != nil {
		return nil, fmt.Errorf("look for people: %w", err)
	}
	w, err := p.load(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("load who was found: %w", err)
	}
	all := make([]decided, len(rows))
	for n, row := range rows {
		d := roster.Decidable{
			Rules: p.rules, Person: row.Person, Wanted: w.wanted[row.Position], Known: w.known[row.Position],
			Twins: w.twins[row.Position], Invited: w.invited[row.Position],
			Decision: row.Decision, With: row.With, WithRow: row.WithRow,
		}
		if row.Position > removedRows {
			d.Wanted, d.Rules.Whole, d.Missing = nil, true, true
		}
		now := roster.Decide(d)
		if row.Position > removedRows && now.Kind == roster.KindMove {
			now.Kind = roster.KindRemove
		}
		p.guardians(row, w, &now)
		all[n] = decided{row: row, now: now}
	}
	return all, nil
}

// put writes what became of a row.
func (p *planning) put(ctx context.Context, d decided) error {
	steps, err := jsonText(d.now.Steps)
	if err != nil {
		return err
	}
	reasons, err := jsonText(d.now.Reasons)
	if err != nil {
		return err
	}
	candidates, err := jsonText(d.now.Candidates)
	if err != nil {
		return err
	}
	return p.PlanImportRow(ctx, query.PlanImportRowParams{
		OrganizationID: p.o.id, ImportID: p.id, Position: d.row.Position, Kind: string(d.now.Kind), UserID: string(d.now.User),
		Steps: steps, Reasons: reasons, Candidates: candidates, Leaves: d.now.Leaves,
	})
}

// putAll writes what became of many rows.
func (p *planning) putAll(ctx context.Context, all []decided) error {
	tx, free := p.prepare()
	defer free()
	many := *p
	many.transaction = tx
	for _, d := range all {
		if err := many.put(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// PlanImport plans the next rows of an import that is being read, and answers
// where to go on; zero when the plan is whole.
func (o *Organization) PlanImport(ctx context.Context, id ImportID, after int64) (next int64, err error) {
	err = o.store.write(ctx, func(tx *transaction) error {
		i, err := o.importIn(ctx, tx, id, ImportReading)
		if err != nil {
			return err
		}
		p := o.planning(tx, i)
		if after == 0 {
			if err := p.classrooms(ctx); err != nil {
				return fmt.Errorf("plan classes: %w", err)
			}
		}
		upto, err := p.ImportPositionAt(ctx, query.ImportPositionAtParams{
			OrganizationID: o.id, ImportID: p.id, After: after, MaxRows: planAtOnce,
		})
		if err != nil {
			return err
		}
		if upto == 0 {
			return p.finish(ctx)
		}
		all, err := p.decide(ctx, span{after, upto})
		if err != nil {
			return err
		}
		if err := p.putAll(ctx, all); err != nil {
			return err
		}
		next = upto
		return tx.SetImportProgress(ctx, query.SetImportProgressParams{
			OrganizationID: o.id, ID: p.id, ReadRows: int64(i.Read), PlannedRows: int64(i.Planned + len(all)),
		})
	})
	if err != nil {
		return 0, fmt.Errorf("plan an import: %w", err)
	}
	return next, nil
}

// finish ends the plan: with the people who are not on a list that is everybody.
func (p *planning) finish(ctx context.Context) error {
	if err := p.missing(ctx); err != nil {
		return fmt.Errorf("find who is not on the list: %w", err)
	}
	if err := p.count(ctx); err != nil {
		return err
	}
	p.i.State, p.i.PlannedAt, p.i.Trouble = ImportPlanned, moment(p.now), identity.Message{}
	return p.putImport(ctx, p.o.id, p.i)
}

// count counts the kinds of rows anew.
func (p *planning) count(ctx context.Context) error {
	counts := importCounts{Rows: map[roster.Kind]int{}, Classes: map[roster.Kind]int{}, Aside: p.i.Aside}
	kinds, err := p.CountImportKinds(ctx, query.CountImportKindsParams{OrganizationID: p.o.id, ImportID: p.id})
	if err != nil {
		return err
	}
	for _, k := range kinds {
		counts.Rows[roster.Kind(k.Kind)] = int(k.Number)
	}
	if p.rules.Classroom == "" {
		classes, err := p.CountImportClassrooms(ctx, query.CountImportClassroomsParams{OrganizationID: p.o.id, ImportID: p.id})
		if err != nil {
			return err
		}
		for _, k := range classes {
			counts.Classes[roster.Kind(k.Kind)] = int(k.Number)
		}
	}
	leaving, err := p.CountImportLeaving(ctx, query.CountImportLeavingParams{OrganizationID: p.o.id, ImportID: p.id})
	if err != nil {
		return err
	}
	counts.Leaving = int(leaving)
	concerned := int64(0)
	if p.rules.Whole {
		concerned, err = p.CountImportConcerned(ctx, query.CountImportConcernedParams{OrganizationID: p.o.id, ImportID: p.id})
		if err != nil {
			return err
		}
		others, err := p.CountImportConcernedBySource(ctx, query.CountImportConcernedBySourceParams{
			OrganizationID: p.o.id, ImportID: p.id, Source: p.i.Source,
		})
		if err != nil {
			return err
		}
		concerned += others
	}
	text, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	p.i.Counts, p.i.Classes, p.i.Leaving, p.i.Concerned = counts.Rows, counts.Classes, counts.Leaving, int(concerned)
	return p.SetImportCounts(ctx, query.SetImportCountsParams{
		OrganizationID: p.o.id, ID: p.id, Counts: string(text), Concerned: concerned,
	})
}
