package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// AnyConnection reports whether any school has an active connection.
func (s *Store) AnyConnection(ctx context.Context) (bool, error) {
	any, err := s.read().AnyActiveConnection(ctx)
	if err != nil {
		return false, fmt.Errorf("look for an active connection: %w", translate(err))
	}
	return any, nil
}

// CameThrough reports whether the user has signed in through the connection
// before.
func (o *Organization) CameThrough(
	ctx context.Context, connection identity.ConnectionID, user identity.UserID,
) (bool, error) {
	came, err := o.store.read().HasComeThrough(ctx, query.HasComeThroughParams{
		OrganizationID: o.id, UserID: string(user), ConnectionID: string(connection),
	})
	if err != nil {
		return false, fmt.Errorf("look up who came through a connection: %w", translate(err))
	}
	return came, nil
}

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
