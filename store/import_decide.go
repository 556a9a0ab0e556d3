package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// DecideImport says what a duplicate is: merged with one of its candidates (with a
// person, or with another row), kept as somebody else, or skipped. Undecided takes
// the decision back. Anything that is none of the row's candidates is invalid
// ("request.broken").
func (o *Organization) DecideImport(
	ctx context.Context, id ImportID, position int64, decision roster.Decision, with identity.UserID, withRow int64,
) error {
	if err := o.mayImport(); err != nil {
		return err
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		i, err := o.importIn(ctx, tx, id, ImportPlanned)
		if err != nil {
			return err
		}
		found, err := tx.ImportRow(ctx, query.ImportRowParams{OrganizationID: o.id, ImportID: string(id), Position: position})
		if err != nil {
			return orNotFound(err, identity.NotFound("import.row-not-found"))
		}
		row, err := importRowOf(found)
		if err != nil {
			return err
		}
		if row.Kind != roster.KindDuplicate && row.Decision == roster.Undecided {
			return identity.Conflict("import.not-now")
		}
		p := o.planning(tx, i)
		if row.Decision != roster.Undecided { // its candidates again
			if err := p.decideRow(ctx, row, roster.Undecided, "", 0); err != nil {
				return err
			}
			if found, err = tx.ImportRow(ctx, query.ImportRowParams{OrganizationID: o.id, ImportID: string(id), Position: position}); err != nil {
				return err
			}
			if row, err = importRowOf(found); err != nil {
				return err
			}
		}
		if decision == roster.DecisionMerge && !isCandidate(row, with, withRow) {
			return identity.Invalid("request.broken")
		}
		if decision != roster.Undecided {
			if err := p.decideRow(ctx, row, decision, with, withRow); err != nil {
				return err
			}
		}
		if err := p.missing(ctx); err != nil {
			return err
		}
		return p.count(ctx)
	})
	if err != nil {
		return fmt.Errorf("decide about a row: %w", err)
	}
	return nil
}

func isCandidate(row ImportRow, with identity.UserID, withRow int64) bool {
	for _, c := range row.Candidates {
		if (with != "" || withRow != 0) && c.User == with && c.Row == withRow {
			return true
		}
	}
	return false
}

// decideRow writes a decision and plans the row anew, and the one that it is part
// of, or was.
func (p *planning) decideRow(ctx context.Context, row ImportRow, decision roster.Decision, with identity.UserID, withRow int64) error {
	switch decision {
	case roster.DecisionMerge:
	case roster.Undecided, roster.DecisionKeep, roster.DecisionSkip:
		with, withRow = "", 0
	default:
		return identity.Invalid("request.broken")
	}
	if err := p.DecideImportRow(ctx, query.DecideImportRowParams{
		OrganizationID: p.o.id, ImportID: p.id, Position: row.Position, Decision: string(decision),
		WithUser: string(with), WithRow: withRow,
	}); err != nil {
		return err
	}
	anew := []int64{row.Position}
	key := row.key
	for _, other := range []int64{row.WithRow, withRow} {
		if other == 0 {
			continue
		}
		found, err := p.ImportRow(ctx, query.ImportRowParams{OrganizationID: p.o.id, ImportID: p.id, Position: other})
		if err != nil {
			return err
		}
		if other == withRow {
			key = found.PersonKey
		}
		anew = append(anew, other)
	}
	if len(anew) > 1 {
		if err := p.JoinImportRows(ctx, query.JoinImportRowsParams{
			OrganizationID: p.o.id, ImportID: p.id, PersonKey: key, OwnKey: row.key,
		}); err != nil {
			return err
		}
	}
	for _, position := range anew {
		all, err := p.decide(ctx, span{position - 1, position})
		if err != nil {
			return err
		}
		for _, d := range all {
			if err := p.put(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// DecideImportAll decides alike about all duplicates that are not decided, and
// answers about how many. Merged are those with exactly one candidate; the others
// stay.
func (o *Organization) DecideImportAll(ctx context.Context, id ImportID, decision roster.Decision) (int, error) {
	if err := o.mayImport(); err != nil {
		return 0, err
	}
	if decision == roster.Undecided {
		return 0, identity.Invalid("request.broken")
	}
	decided := 0
	for after, more := int64(0), true; more; {
		err := o.store.write(ctx, func(tx *transaction) error {
			i, err := o.importIn(ctx, tx, id, ImportPlanned)
			if err != nil {
				return err
			}
			p := o.planning(tx, i)
			found, err := tx.UndecidedImportRows(ctx, query.UndecidedImportRowsParams{
				OrganizationID: o.id, ImportID: string(id), After: after, MaxRows: planAtOnce,
			})
			if err != nil {
				return err
			}
			more = len(found) == planAtOnce
			rows, err := importRowsOf(found)
			if err != nil {
				return err
			}
			for _, row := range rows {
				after = row.Position
				var with roster.Candidate
				if decision == roster.DecisionMerge {
					if len(row.Candidates) != 1 {
						continue
					}
					with = row.Candidates[0]
				}
				if err := p.decideRow(ctx, row, decision, with.User, with.Row); err != nil {
					return err
				}
				decided++
			}
			if more {
				return nil
			}
			if err := p.missing(ctx); err != nil {
				return err
			}
			return p.count(ctx)
		})
		if err != nil {
			return decided, fmt.Errorf("decide about rows: %w", err)
		}
	}
	return decided, nil
}
