package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// mostWaiting bounds how many waiting invitations a preview of policies counts.
const mostWaiting = 5000

// PolicyFigures are the numbers that say whom the change of a login policy, and
// of the school's other rules, concerns.
func (o *Organization) PolicyFigures(
	ctx context.Context, was, is identity.LoginPolicy,
) (identity.PolicyFigures, error) {
	counts, err := o.PeopleCounts(ctx)
	if err != nil {
		return identity.PolicyFigures{}, err
	}
	figures := identity.PolicyFigures{
		People: counts.People, Staff: counts.People - counts.Roles[identity.RoleStudent] - counts.Roles[""],
		WithoutFactor: counts.NoFactor, StaffWithoutFactor: counts.StaffNoFactor,
		Holding: make(map[identity.Credential]int), Waiting: make(map[string]int),
	}
	for _, c := range identity.PolicyFactors {
		if slices.Contains(was.Factors, c) && !slices.Contains(is.Factors, c) {
			if figures.Holding[c], err = o.withCredential(ctx, c); err != nil {
				return identity.PolicyFigures{}, err
			}
		}
	}
	if was.Passkeys && !is.Passkeys {
		if figures.Holding[identity.CredentialPasskey], err = o.withCredential(ctx, identity.CredentialPasskey); err != nil {
			return identity.PolicyFigures{}, err
		}
	}
	addresses, err := o.store.read().WaitingAddresses(ctx, query.WaitingAddressesParams{
		OrganizationID: o.id, NowUs: micros(o.store.clock()), Most: mostWaiting,
	})
	if err != nil {
		return identity.PolicyFigures{}, fmt.Errorf("list where invitations went: %w", translate(err))
	}
	for _, address := range addresses {
		_, domain, _ := strings.Cut(address, "@")
		figures.Waiting[domain]++
	}
	showing, err := o.store.read().CountShowingNames(ctx, o.id)
	if err != nil {
		return identity.PolicyFigures{}, fmt.Errorf("count classrooms that show names: %w", translate(err))
	}
	figures.ShowingNames = int(showing)
	return figures, nil
}

// withCredential is how many people of the school have a kind of credential.
func (o *Organization) withCredential(ctx context.Context, c identity.Credential) (int, error) {
	page, err := o.People(ctx, PeopleQuery{Through: c, Limit: 1})
	return page.Total, err
}
