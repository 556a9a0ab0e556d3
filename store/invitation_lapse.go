package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// lapsed reports whether an invitation waits that its inviter may not make any
// more, or that leads to an organization that is not in use. Those of a command,
// where nobody is signed in, need no inviter: only [identity.OpenFounded] marks
// them, which no page does for inviting.
func (s *Store) lapsed(ctx context.Context, row query.Invitation) (bool, error) {
	if !invitationOf(row).Waiting() {
		return false, nil
	}
	organization, err := s.organization(ctx, row.OrganizationID)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return true, nil // it is gone, or nobody's page
	case err != nil:
		return false, fmt.Errorf("load organization: %w", translate(err))
	case organization.State == identity.OrganizationInactive, organization.Suspended():
		return true, nil // for the time being: this is found anew each time
	case row.ByInstallation:
		return false, nil
	}
	inviter := identity.Actor{User: identity.UserID(row.InviterID), Name: row.InviterName}
	opened, err := s.OpenFor(ctx, inviter, identity.OrganizationID(row.OrganizationID))
	switch {
	case identity.IsKind(err, identity.KindNotFound):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("look up the inviter: %w", err)
	}
	return opened.MayInvite(identity.Role(row.Role)) != nil, nil
}

// holding is waiting for what is done on the strength of the invitation itself:
// one that lapsed is gone.
func (o *Organization) holding(ctx context.Context, tx *transaction, id string) (query.Invitation, error) {
	row, err := o.waiting(ctx, tx, id)
	if err != nil {
		return row, err
	}
	lapsed, err := o.store.lapsed(ctx, row)
	if err != nil {
		return row, err
	}
	if lapsed {
		return row, identity.Gone("accept.lapsed.title")
	}
	return row, nil
}

// markLapsed says of each invitation whether it lapsed. Rows and invitations are
// the same; whoever invited a class is looked up once.
func (s *Store) markLapsed(ctx context.Context, rows []query.Invitation, invitations []identity.Invitation) error {
	type offer struct {
		organization, inviter, role string
		byInstallation              bool
	}
	known := make(map[offer]bool)
	for i, row := range rows {
		if !invitations[i].Waiting() {
			continue
		}
		key := offer{row.OrganizationID, row.InviterID, row.Role, row.ByInstallation}
		lapsed, ok := known[key]
		if !ok {
			var err error
			if lapsed, err = s.lapsed(ctx, row); err != nil {
				return err
			}
			known[key] = lapsed
		}
		invitations[i].Lapsed = lapsed
	}
	return nil
}
