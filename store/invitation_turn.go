package store

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// InInvitationTurn runs f while no other f of the invitation runs by which the
// organization was opened: of two clicks one waits for the other, and the rest
// of the class for neither. f must not call it again.
func (o *Organization) InInvitationTurn(ctx context.Context, f func(context.Context) error) error {
	// Organizations and invitations share the waiting rooms; no ID has a slash.
	room := identity.OrganizationID("invitation/" + string(o.opened.Invitation()))
	done, err := o.store.turns.take(ctx, room)
	if err != nil {
		return err
	}
	defer done()
	return f(ctx)
}
