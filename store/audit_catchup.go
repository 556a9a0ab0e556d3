package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
)

// catchUpSlice is how many records one transaction of [Store.catchUpAudit] takes.
const catchUpSlice = 2000

// catchUpAudit chains the records from before there were chains, and makes them
// findable, the oldest first. It goes on where it was cut off.
func (s *Store) catchUpAudit(ctx context.Context) error {
	for {
		var done bool
		err := s.write(ctx, func(tx *transaction) error {
			rows, err := tx.AuditUnchained(ctx, catchUpSlice)
			if err != nil {
				return err
			}
			done = len(rows) < catchUpSlice
			for _, row := range rows {
				r, err := auditRecordOf(row)
				if err != nil {
					return err
				}
				_, name, err := tx.homeOf(ctx, r.Organization)
				if err != nil {
					return err
				}
				if err := tx.indexAudit(ctx, row.RowID, r, name); err != nil {
					return err
				}
				if r.Outcome == identity.OutcomeBegun {
					if err := tx.AuditCaughtUp(ctx, row.RowID); err != nil {
						return err
					}
					continue
				}
				if err := tx.closed(ctx, r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("chain older audit records: %w", err)
		}
		if done {
			return nil
		}
	}
}
