package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Places is what the organizations of records of this log are called now. One that
// is gone is not among them.
func (l *AuditLog) Places(
	ctx context.Context, records []identity.AuditRecord,
) (map[identity.OrganizationID]string, error) {
	places := make(map[identity.OrganizationID]string)
	asked := make(map[identity.OrganizationID]bool)
	q := l.store.read()
	for _, r := range records {
		if asked[r.Organization] {
			continue
		}
		asked[r.Organization] = true
		name, err := q.PlaceName(ctx, query.PlaceNameParams{OrganizationID: l.scope.id, ID: string(r.Organization)})
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return nil, fmt.Errorf("name the places of records: %w", translate(err))
		default:
			places[r.Organization] = name
		}
	}
	return places, nil
}
