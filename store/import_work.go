package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// ImportedRow is a row of an import that was worked on.
type ImportedRow struct {
	Row     ImportRow // with what was learned: user, user name, secret, steps
	Outcome ImportOutcome
	Reasons []identity.Message
	Facts   []identity.Fact
}

// BegunImportRows are the next rows of an import that were begun by a process
// that is no more, with the first passwords that it may have sent.
func (o *Organization) BegunImportRows(ctx context.Context, id ImportID, after int64, most int) ([]ImportRow, error) {
	rows, err := o.store.read().ImportRowsInState(ctx, query.ImportRowsInStateParams{
		OrganizationID: o.id, ImportID: string(id), State: string(ImportRowBegun), After: after, MaxRows: int64(most),
	})
	if err != nil {
		return nil, fmt.Errorf("list rows that were begun: %w", translate(err))
	}
	begun, err := importRowsOf(rows)
	if err != nil {
		return nil, err
	}
	for n, row := range rows {
		if row.Sealed == "" {
			continue
		}
		secret, err := o.store.keys.open(importRowPlace(o.id, id, row.Position), row.Sealed)
		if err != nil {
			return nil, fmt.Errorf("open a first password: %w", err)
		}
		begun[n].Secret = string(secret)
	}
	return begun, nil
}

// importRowPlace is where a row's first password is kept while it is begun.
func importRowPlace(organization string, id ImportID, position int64) place {
	return place{table: "import_rows", column: "sealed", row: fmt.Sprintf("%s/%s/%d", organization, id, position)}
}

// sealRow seals the first password of a row.
func (o *Organization) sealRow(id ImportID, r ImportRow) (string, error) {
	if r.Secret == "" {
		return "", nil
	}
	sealed, err := o.store.keys.seal(importRowPlace(o.id, id, r.Position), []byte(r.Secret))
	if err != nil {
		return "", fmt.Errorf("seal a first password: %w", err)
	}
	return sealed, nil
}

// KeepImportSecret keeps another first password of a row that is begun, before it
// is sent.
func (o *Organization) KeepImportSecret(ctx context.Context, id ImportID, r ImportRow) error {
	sealed, err := o.sealRow(id, r)
	if err == nil {
		err = o.store.write(ctx, func(tx *transaction) error {
			return tx.SetImportRowSecret(ctx, query.SetImportRowSecretParams{
				OrganizationID: o.id, ImportID: string(id), Position: r.Position, Sealed: sealed,
			})
		})
	}
	if err != nil {
		return fmt.Errorf("keep a first password of an import: %w", err)
	}
	return nil
}

// UserNameTaken reports whether somebody has a user name.
type UserNameTaken func(userName string) (bool, error)

// BeginImportRows takes the next rows of an import that is being applied, at most
// so many, and puts them on record as begun. Each is decided about once more: one
// that would now do something else than was planned becomes a conflict. name gives
// a row that makes somebody its user ID, user name and first password; taken tells
// it whether somebody at home there has a user name, or was just given it. It
// answers the rows and where to go on; [ErrImportStopped] when the import is not
// being applied any more.
func (o *Organization) BeginImportRows(
	ctx context.Context, id ImportID, after int64, most int, name func(row *ImportRow, taken UserNameTaken) error,
) (begun []ImportRow, next int64, err error) {
	err = o.store.write(ctx, func(tx *transaction) error {
		begun, next = nil, after
		i, err := o.importIn(ctx, tx, id)
		if err != nil {
			return err
		}
		if i.State != ImportApplying {
			return ErrImportStopped
		}
		waiting, err := tx.ImportRowsInState(ctx, query.ImportRowsInStateParams{
			OrganizationID: o.id, ImportID: string(id), State: string(ImportRowWaiting), After: after, MaxRows: int64(most),
		})
		if err != nil || len(waiting) == 0 {
			return err
		}
		// Rows that have nothing to do lie between them: no wider than is planned
		// at once.
		s := span{after: waiting[0].Position - 1, upto: waiting[len(waiting)-1].Position}
		if s.upto-s.after > planAtOnce {
			s.upto = s.after + planAtOnce
		}
		tx, free := tx.prepare()
		defer free()
		p := o.planning(tx, i)
		all, err := p.decide(ctx, s)
		if err != nil {
			return err
		}
		next = s.upto
		taken := tx.userNamesOf(ctx, i.Home)
		changed := 0
		var changes []batchChange
		for _, d := range all {
			if d.row.State != ImportRowWaiting {
				continue
			}
			same, err := p.same(d)
			if err != nil {
				return err
			}
			if !same {
				changed++
				if err := p.conflict(ctx, d); err != nil {
					return err
				}
				continue
			}
			r := d.row
			if err := name(&r, taken); err != nil {
				return err
			}
			sealed, err := o.sealRow(id, r)
			if err != nil {
				return err
			}
			if err := tx.BeginImportRow(ctx, query.BeginImportRowParams{
				OrganizationID: o.id, ImportID: p.id, Position: r.Position, UserID: string(r.User), UserName: r.UserName, Sealed: sealed,
			}); err != nil {
				return err
			}
			r.State = ImportRowBegun
			begun = append(begun, r)
			changes = append(changes, o.importChange(id, r))
		}
		if changed > 0 {
			i.Receipt.Changed += changed
			if err := tx.putReceipts(ctx, o.id, i); err != nil {
				return err
			}
		}
		return tx.beginBatch(identity.WithRequest(ctx, i.Request), o, changes)
	})
	if err != nil {
		return nil, after, fmt.Errorf("begin rows of an import: %w", err)
	}
	return begun, next, nil
}

// userNamesOf tells which user names are taken: those of people at home somewhere,
// and those that were asked for and free.
func (tx *transaction) userNamesOf(ctx context.Context, home identity.OrganizationID) UserNameTaken {
	given := map[string]bool{}
	return func(userName string) (bool, error) {
		key := strings.ToLower(userName)
		if given[key] {
			return true, nil
		}
		n, err := tx.TakenImportUserName(ctx, query.TakenImportUserNameParams{UserName: key, OrganizationID: string(home)})
		if err != nil {
			return false, fmt.Errorf("look for a user name: %w", err)
		}
		given[key] = n == 0
		return n > 0, nil
	}
}

// same reports whether a row would still do what was planned.
func (p *planning) same(d decided) (bool, error) {
	if d.row.Kind != d.now.Kind || d.now.User != d.row.User && d.row.Kind != roster.KindCreate {
		return false, nil
	}
	planned, err := json.Marshal(d.row.Steps)
	if err != nil {
		return false, err
	}
	now, err := json.Marshal(d.now.Steps)
	return string(planned) == string(now), err
}

// conflict leaves a row out that would not do any more what was planned.
func (p *planning) conflict(ctx context.Context, d decided) error {
	reasons, err := jsonText(append([]identity.Message{identity.Say("import.changed-since")}, d.now.Reasons...))
	if err != nil {
		return err
	}
	return p.ConflictImportRow(ctx, query.ConflictImportRowParams{
		OrganizationID: p.o.id, ImportID: p.id, Position: d.row.Position, Reasons: reasons,
	})
}
