package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// onceID is the ID of a record of work that may be done again after a crash;
// empty for all other work.
func onceID(once string, change identity.Change) string {
	if once == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(once + "\x00" + string(change.Action) + "\x00" + change.Target))
	return "once-" + hex.EncodeToString(sum[:16])
}

// auditOnce writes a record unless the one with its ID is there already, from
// before a crash. That one is closed by whoever is done first.
func (tx *transaction) auditOnce(ctx context.Context, r *identity.AuditRecord) error {
	if r.ID != "" {
		_, err := tx.AuditRecordIn(ctx, query.AuditRecordInParams{OrganizationID: string(r.Organization), ID: r.ID})
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, sql.ErrNoRows):
			return fmt.Errorf("look for an audit record: %w", err)
		}
	}
	return tx.audit(ctx, r)
}
