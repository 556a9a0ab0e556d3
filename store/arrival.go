package store

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// InArrivalTurn runs f while no other f of this school and address runs: who
// arrives twice at once waits for themselves, and the rest of the school for
// neither. f must not call it again.
func (o *Organization) InArrivalTurn(ctx context.Context, address string, f func(context.Context) error) error {
	room := "arrival/" + o.opened.ID() + "/" + identity.OrganizationID(addressKey(address))
	done, err := o.store.turns.take(ctx, room)
	if err != nil {
		return err
	}
	defer done()
	return f(ctx)
}
