package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Ticks on a list are kept here and not in the browser, so that they stay as one
// goes from page to page, searches, or comes back later, with and without script.

// selectionKept is how long ticks are kept of whom nothing is done with.
const selectionKept = 24 * time.Hour

// MaxSelection is how many people can be ticked; all who match can be more.
const MaxSelection = maxChosen

// Selection is whom the actor has ticked on the organization's list.
type Selection struct {
	Users []identity.UserID // by ID
	// Mark tells this selection from any other one, so that nothing is done to
	// other people than those somebody was shown.
	Mark string
}

func selectionOf(rows []string) Selection {
	s := Selection{Users: make([]identity.UserID, len(rows))}
	for i, row := range rows {
		s.Users[i] = identity.UserID(row)
	}
	slices.Sort(s.Users)
	sum := sha256.Sum256([]byte(strings.Join(rows, "\x00")))
	s.Mark = hex.EncodeToString(sum[:8])
	return s
}

// Selection is whom the actor has ticked.
func (o *Organization) Selection(ctx context.Context) (Selection, error) {
	rows, err := o.store.read().Selection(ctx, query.SelectionParams{
		OrganizationID: o.id, ActorID: string(o.opened.Actor().User), MaxRows: MaxSelection,
	})
	if err != nil {
		return Selection{}, fmt.Errorf("load a selection: %w", translate(err))
	}
	return selectionOf(rows), nil
}

// ChangeSelection ticks some and takes the ticks of others away. More than
// [MaxSelection] are invalid ("bulk.too-many"), and change nothing.
func (o *Organization) ChangeSelection(ctx context.Context, tick, untick []identity.UserID) error {
	actor := string(o.opened.Actor().User)
	err := o.store.write(ctx, func(tx *transaction) error {
		for _, user := range untick {
			err := tx.UntickListed(ctx, query.UntickListedParams{OrganizationID: o.id, ActorID: actor, UserID: string(user)})
			if err != nil {
				return err
			}
		}
		for _, user := range tick {
			err := tx.TickListed(ctx, query.TickListedParams{
				OrganizationID: o.id, ActorID: actor, UserID: string(user), NowUs: tx.now,
			})
			if err != nil {
				return err
			}
		}
		n, err := tx.CountSelection(ctx, query.CountSelectionParams{OrganizationID: o.id, ActorID: actor})
		if err == nil && n > MaxSelection {
			err = identity.Invalid("bulk.too-many", "Most", MaxSelection)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("change a selection: %w", err)
	}
	return nil
}

// ClearSelection takes every tick of the actor away.
func (o *Organization) ClearSelection(ctx context.Context) error {
	err := o.store.write(ctx, func(tx *transaction) error { return o.clearSelection(ctx, tx) })
	if err != nil {
		return fmt.Errorf("clear a selection: %w", err)
	}
	return nil
}

func (o *Organization) clearSelection(ctx context.Context, tx *transaction) error {
	return tx.UntickAll(ctx, query.UntickAllParams{OrganizationID: o.id, ActorID: string(o.opened.Actor().User)})
}
