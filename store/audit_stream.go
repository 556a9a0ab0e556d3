package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// AuditAfter lists chained records after a position, in the order of their
// positions, which is the order in which they were committed: who goes on from
// the last one read misses none. home selects one chain; without it they are
// those of the whole installation. It is for background work alone.
func (s *Store) AuditAfter(
	ctx context.Context, home identity.OrganizationID, position int64, limit int,
) ([]identity.AuditRecord, error) {
	var rows []query.AuditRecord
	var err error
	if home == "" {
		rows, err = s.read().AuditAfter(ctx, query.AuditAfterParams{After: position, Most: int64(limit)})
	} else {
		rows, err = s.read().AuditOfHomeAfter(ctx, query.AuditOfHomeAfterParams{
			OrganizationID: string(home), After: position, Most: int64(limit),
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", translate(err))
	}
	return auditRecordsOf(rows)
}

// AuditPosition is the position of the newest chained record of a home, or of
// the installation; 0 where nothing was recorded yet.
func (s *Store) AuditPosition(ctx context.Context, home identity.OrganizationID) (int64, error) {
	head, err := headIn(ctx, s.read(), home)
	if err != nil {
		return 0, fmt.Errorf("read the audit log: %w", translate(err))
	}
	return head.Position, nil
}
