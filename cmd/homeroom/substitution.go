package main

import (
	"context"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
)

// substitutionsAtOnce is how many substitutions are ended in one go.
const substitutionsAtOnce = 500

// endSubstitutions ends the access of co-teachers whose time is over. One that
// cannot be ended now keeps none of the others, unless Zitadel is away for all.
func (p *portal) endSubstitutions(ctx context.Context) error {
	due, err := p.store.DueSubstitutions(ctx, substitutionsAtOnce)
	if err != nil {
		return err
	}
	var all []error
	for _, d := range due {
		err := identity.EndSubstitution(ctx, d.Opened, p.store.In(d.Opened), p.runtime.In(d.Opened), d.Substitution)
		if err != nil {
			all = append(all, fmt.Errorf("end a substitution in %s: %w", d.Opened.ID(), err))
		}
		if identity.IsKind(err, identity.KindUnavailable) {
			break
		}
	}
	return errors.Join(all...)
}
