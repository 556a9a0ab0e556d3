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
	q.Before, q.Limit = "", maxPageSize
	return pageByPage(func(after string) ([]RosterRow, string, error) {
		q.After = after
		page, err := o.Roster(ctx, q)
		return page.Rows, page.Next, err
	})
}

// PeopleRows are all people of the school who match, in the order of their list,
// read page by page.
func (o *Organization) PeopleRows(ctx context.Context, q PeopleQuery) iter.Seq2[identity.SchoolPerson, error] {
	q.Before, q.Limit = "", maxPageSize
	return pageByPage(func(after string) ([]identity.SchoolPerson, string, error) {
		q.After = after
		page, err := o.People(ctx, q)
		return page.Rows, page.Next, err
	})
}

// pageByPage are the rows of a list of which page answers one page after the other.
func pageByPage[T any](page func(after string) (rows []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for after, more := "", true; more; more = after != "" {
			rows, next, err := page(after)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			after = next
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
