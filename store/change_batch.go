package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
)

// A batch of changes is what [Organization.Change] is for one: their records are
// begun in one transaction, and applied and closed in another. Who is killed in
// between leaves begun records. The same work, done again under the same
// [identity.Request.Once], meets them; otherwise the projection settles them.

// batchChange is one change of a batch, in the organization it is about: the one
// that is opened, or one of its classrooms.
type batchChange struct {
	place  identity.OrganizationID
	change identity.Change
	once   string // what the ID of its record is made of, beside the change
}

// batchRecord is the record of a change as it is begun, or closed at once.
func (o *Organization) batchRecord(ctx context.Context, c batchChange, outcome identity.Outcome) identity.AuditRecord {
	record := o.auditRecord(ctx, c.change, outcome)
	record.ID = onceID(c.once, c.change)
	if c.place != "" && c.place != o.opened.ID() {
		record.Organization, record.Home = c.place, o.opened.Organization().Home()
	}
	return record
}

// beginBatch writes the records of changes that are about to be made.
func (tx *transaction) beginBatch(ctx context.Context, o *Organization, changes []batchChange) error {
	for _, c := range changes {
		record := o.batchRecord(ctx, c, identity.OutcomeBegun)
		if err := tx.auditOnce(ctx, &record); err != nil {
			return fmt.Errorf("record %s: %w", c.change.Action, err)
		}
	}
	return nil
}

// closeBatch closes the record of a change that was made, or was not.
func (tx *transaction) closeBatch(ctx context.Context, o *Organization, c batchChange, outcome identity.Outcome) error {
	record := o.batchRecord(ctx, c, outcome)
	if err := tx.closeRecord(ctx, string(record.Organization), record.ID, outcome); err != nil {
		return fmt.Errorf("close the record of %s: %w", c.change.Action, err)
	}
	return nil
}
