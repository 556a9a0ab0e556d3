package store

import (
	"cmp"
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
)

// ChangeMany is [Organization.Change] for changes that are made together: their
// records are begun in one transaction, and what act answers about each, in their
// order, is applied and closed in another. If act fails as a whole the records
// stay begun: the same changes under the same [identity.Request.Once] meet them.
func (o *Organization) ChangeMany(
	ctx context.Context, changes []identity.Change, act func(context.Context) ([]identity.Changed, error),
) error {
	once := cmp.Or(identity.RequestFrom(ctx).Once, newToken())
	batch := make([]batchChange, len(changes))
	for i, change := range changes {
		batch[i] = batchChange{change: change, once: once}
	}
	if err := o.store.write(ctx, func(tx *transaction) error { return tx.beginBatch(ctx, o, batch) }); err != nil {
		return fmt.Errorf("record %d changes: %w", len(changes), err)
	}
	made, err := act(ctx)
	if err != nil {
		return err
	}
	if len(made) != len(changes) {
		return fmt.Errorf("%d changes were made of %d", len(made), len(changes))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err = o.store.write(ctx, func(tx *transaction) error {
		var facts []identity.Fact
		for _, m := range made {
			facts = append(facts, m.Facts...)
		}
		if err := tx.applyFacts(ctx, facts); err != nil {
			return fmt.Errorf("apply facts: %w", err)
		}
		for i, m := range made {
			outcome := identity.OutcomeDone
			if m.Err != nil {
				outcome = identity.OutcomeFailed
			}
			if err := tx.closeBatch(ctx, o, batch[i], outcome); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("close %d changes: %w", len(changes), err)
	}
	return nil
}
