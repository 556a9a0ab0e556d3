package store

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// InInvitationTurn runs f while no other f of the invitation runs by which the
// organization was opened: of two clicks one waits for the other, and the rest
// of the class for neither. f must not call it again.
func (o *Organization) InInvitationTurn(ctx context.Context, f func(context.Context) error) error {
	done, err := o.store.turns.take(ctx, invitationRoom(o.opened.Invitation()))
	if err != nil {
		return err
	}
	defer done()
	return f(ctx)
}

// invitationRoom is where turns of an invitation are waited for. Organizations
// and invitations share the waiting rooms; no ID has a slash.
func invitationRoom(id identity.InvitationID) identity.OrganizationID {
	return "invitation/" + identity.OrganizationID(id)
}
