package store

import (
	"context"
	"fmt"
	"iter"

	"homeroom.dev/homeroom/identity"
)

// RosterRows are all on the list who match, in its order, read page by page:
// what it takes of memory does not depend on how many there are.
func (o *Organization) RosterRows(ctx context.Context, q RosterQuery) iter.Seq2[RosterRow, error] {
	q.After, q.Before, q.Limit = "", "", maxPageSize
	return func(yield func(RosterRow, error) bool) {
		for {
			page, err := o.Roster(ctx, q)
			if err != nil {
				yield(RosterRow{}, err)
				return
			}
			for _, row := range page.Rows {
				if !yield(row, nil) {
					return
				}
			}
			if q.After = page.Next; q.After == "" {
				return
			}
		}
	}
}

// PeopleRows are all people of the school who match, in the order of their list,
// read page by page.
func (o *Organization) PeopleRows(ctx context.Context, q PeopleQuery) iter.Seq2[identity.SchoolPerson, error] {
	q.After, q.Before, q.Limit = "", "", maxPageSize
	return func(yield func(identity.SchoolPerson, error) bool) {
		for {
			page, err := o.People(ctx, q)
			if err != nil {
				yield(identity.SchoolPerson{}, err)
				return
			}
			for _, row := range page.Rows {
				if !yield(row, nil) {
					return
				}
			}
			if q.After = page.Next; q.After == "" {
				return
			}
		}
	}
}

// ListTaken puts on record that the actor takes a list out: in which form, of
// how many, and by which filter. It comes before the first byte of it.
func (o *Organization) ListTaken(ctx context.Context, filter map[string]string) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		return o.record(ctx, tx, identity.Change{Action: identity.ActionListExported, After: filter})
	})
	if err != nil {
		return fmt.Errorf("record that a list is taken out: %w", err)
	}
	return nil
}
