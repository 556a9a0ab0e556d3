package store

import (
	"context"
	"time"

	"homeroom.dev/homeroom/store/query"
)

// importFilesKept is how long the file of a list is kept that nobody went on with.
const importFilesKept = 7 * 24 * time.Hour

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
		BeforeUs: tx.now - ImportUndoFor.Microseconds(), KeptBeforeUs: tx.now - importFilesKept.Microseconds(),
	})
}
