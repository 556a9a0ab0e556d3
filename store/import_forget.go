package store

import (
	"context"
	"fmt"
	"time"

	"homeroom.dev/homeroom/store/query"
)

// How long a list is kept that nobody went on with, with its file, and the rows of
// one that ended. The counts of its receipt stay.
const (
	leftImportsKept = 7 * 24 * time.Hour
	importRowsKept  = 90 * 24 * time.Hour
)

// How many imports a chore looks at together, and how many rows of one a
// transaction lets go of.
const (
	importsAtOnce = 100
	rowsAtOnce    = 5_000
)

// forgetImported lets go of what imports know of somebody whose account is gone.
// Rows that wait say what a list says, and are decided about once more.
func (tx *transaction) forgetImported(ctx context.Context, user string) error {
	if err := tx.ForgetImportedUser(ctx, user); err != nil {
		return err
	}
	if err := tx.ForgetImportCandidate(ctx, user); err != nil {
		return err
	}
	if err := tx.ForgetImportRowsOfUser(ctx, user); err != nil {
		return err
	}
	return tx.EmptyImportRowsOfUser(ctx, user)
}

// deleteOldImportFiles deletes the files of imports that can no longer be undone,
// and of those that nobody went on with.
func (tx *transaction) deleteOldImportFiles(ctx context.Context) error {
	return tx.DeleteOldImportFiles(ctx, query.DeleteOldImportFilesParams{
		BeforeUs: tx.now - ImportUndoFor.Microseconds(), KeptBeforeUs: tx.now - leftImportsKept.Microseconds(),
	})
}

// ForgetImports ends imports that nobody went on with, and lets go of the rows of
// those that ended long ago, or did nothing.
func (s *Store) ForgetImports(ctx context.Context) error {
	err := s.write(ctx, func(tx *transaction) error {
		return tx.EndLeftImports(ctx, query.EndLeftImportsParams{NowUs: tx.now, BeforeUs: tx.now - leftImportsKept.Microseconds()})
	})
	if err != nil {
		return fmt.Errorf("end imports that nobody went on with: %w", err)
	}
	old, err := s.read().OldImports(ctx, query.OldImportsParams{
		BeforeUs: micros(s.clock().Add(-importRowsKept)), MaxRows: importsAtOnce,
	})
	if err != nil {
		return fmt.Errorf("list old imports: %w", translate(err))
	}
	for _, row := range old {
		if err := s.forgetRows(ctx, row.OrganizationID, ImportID(row.ID)); err != nil {
			return fmt.Errorf("forget the rows of an import: %w", err)
		}
	}
	return nil
}

// forgetRows lets go of the rows of an import, some at a time, so that nobody waits
// long to write.
func (s *Store) forgetRows(ctx context.Context, organization string, id ImportID) error {
	for more := true; more; {
		err := s.write(ctx, func(tx *transaction) error {
			upto, err := tx.ImportPositionAt(ctx, query.ImportPositionAtParams{
				OrganizationID: organization, ImportID: string(id), MaxRows: rowsAtOnce,
			})
			if err != nil {
				return err
			}
			if more = upto > 0; !more {
				return tx.emptyImport(ctx, organization, id)
			}
			return tx.DeleteImportRowsUpTo(ctx, query.DeleteImportRowsUpToParams{
				OrganizationID: organization, ImportID: string(id), Upto: upto,
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
