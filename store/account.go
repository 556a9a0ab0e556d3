package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
)

// Account is somebody of the school with what hangs on their account anywhere;
// not found ("person.not-found") for who is not of the school.
func (o *Organization) Account(ctx context.Context, user identity.UserID) (identity.Account, error) {
	person, err := o.SchoolPerson(ctx, user)
	if err != nil {
		return identity.Account{}, err
	}
	q := o.store.read()
	anywhere, err := q.RolesAnywhere(ctx, string(user))
	if err != nil {
		return identity.Account{}, fmt.Errorf("load the roles held anywhere: %w", translate(err))
	}
	rows, err := q.LastIn(ctx, string(user))
	if err != nil {
		return identity.Account{}, fmt.Errorf("load what somebody is the last of: %w", translate(err))
	}
	account := identity.Account{PersonOfSchool: person, HeldAnywhere: identity.Highest(rolesOf(anywhere))}
	for _, row := range rows {
		last := identity.Organization{Kind: identity.Kind(row.Kind)}
		if row.ID == o.id || row.SchoolID == o.id {
			last.ID, last.Name, last.School = identity.OrganizationID(row.ID), row.Name, identity.OrganizationID(row.SchoolID)
		}
		account.Last = append(account.Last, last)
	}
	slices.SortFunc(account.Last, func(a, b identity.Organization) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
	})
	return account, nil
}

// InTurnsOf runs f while no other f of this school runs, nor of any organization
// that the user holds a role in. f must not take a turn again: it would wait for
// itself.
func (o *Organization) InTurnsOf(ctx context.Context, user identity.UserID, f func(context.Context) error) error {
	places, err := o.store.read().PlacesOfUser(ctx, string(user))
	if err != nil {
		return fmt.Errorf("list where somebody has a role: %w", translate(err))
	}
	// In one order, so that two of these do not wait for each other.
	places = append(places, o.id)
	slices.Sort(places)
	for _, place := range slices.Compact(places) {
		done, err := o.store.turns.take(ctx, identity.OrganizationID(place))
		if err != nil {
			return err
		}
		defer done()
	}
	return f(ctx)
}

// SessionsOf lists where somebody at home in the school is signed in to the
// portal and was seen since a moment; not found ("person.not-found") for anybody
// else. Where a guest works is not for the school to see.
func (o *Organization) SessionsOf(ctx context.Context, user identity.UserID, since time.Time) ([]Session, error) {
	p, err := o.SchoolPerson(ctx, user)
	if err != nil {
		return nil, err
	}
	if p.Guest {
		return nil, identity.NotFound("person.not-found")
	}
	return o.store.Sessions().Of(ctx, user, since)
}
