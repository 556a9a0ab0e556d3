package store

import (
	"context"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
)

// guardiansOfRow are the contacts that a row of a list says.
func guardiansOfRow(p roster.Person) []identity.Guardian {
	if p.Gone || p.Role != "" && p.Role != identity.RoleStudent {
		return nil // contacts are kept of students
	}
	said := make([]identity.Guardian, len(p.Guardians))
	for i, g := range p.Guardians {
		said[i] = identity.Guardian{Name: g.Name, Relation: g.Relation, Address: g.Address, Phone: g.Phone, Language: g.Language}
	}
	return said
}

// guardians adds to what becomes of a row that it changes the contacts of its
// student. A row that says what is kept already changes nothing.
func (p *planning) guardians(row ImportRow, w found, now *roster.Decided) {
	said := guardiansOfRow(row.Person)
	if len(said) == 0 || now.Joins != 0 {
		return
	}
	switch now.Kind {
	case roster.KindUnchanged, roster.KindUpdate, roster.KindMove:
	default:
		return // an account that is made gets its contacts with it
	}
	known := w.known[row.Position]
	at := slices.IndexFunc(known, func(k roster.Known) bool { return k.User == now.User })
	if now.User == "" || at < 0 || known[at].Guest || known[at].Teaches() {
		return
	}
	present := w.guardians[string(now.User)]
	if _, changes := wantedGuardians(p.i.Source, present, said); !changes {
		return
	}
	now.Steps = append(now.Steps, roster.Step{Kind: roster.StepGuardians, Guardians: present})
	if now.Kind == roster.KindUnchanged {
		now.Kind = roster.KindUpdate
	}
}

// keepRowGuardians brings the contacts of a row's student to what the row says,
// where that was planned, and puts on record that they were changed.
func (o *Organization) keepRowGuardians(ctx context.Context, tx *transaction, i Import, r ImportRow) error {
	planned := slices.ContainsFunc(r.Steps, func(s roster.Step) bool {
		return s.Kind == roster.StepGuardians || s.Kind == roster.StepCreate
	})
	if !planned || r.User == "" {
		return nil
	}
	present, err := guardiansIn(ctx, tx.Queries, string(i.Home), string(r.User))
	if err != nil {
		return err
	}
	wanted, changes := wantedGuardians(i.Source, present, guardiansOfRow(r.Person))
	if !changes {
		return nil
	}
	return o.putGuardians(ctx, tx, i, r, present, wanted)
}

// putGuardiansBack puts back the contacts that an import changed, unless somebody
// changed them since.
func (o *Organization) putGuardiansBack(ctx context.Context, tx *transaction, i Import, r ImportRow) error {
	for _, s := range r.Steps {
		if s.Kind != roster.StepGuardians || r.User == "" {
			continue
		}
		present, err := guardiansIn(ctx, tx.Queries, string(i.Home), string(r.User))
		if err != nil {
			return err
		}
		if slices.ContainsFunc(present, func(g identity.Guardian) bool { return g.ChangedAt.After(i.FinishedAt) }) {
			continue
		}
		if err := o.putGuardians(ctx, tx, i, r, present, s.Guardians); err != nil {
			return err
		}
	}
	return nil
}

// putGuardians makes wanted of the contacts of a row's student that are present,
// with one record.
func (o *Organization) putGuardians(
	ctx context.Context, tx *transaction, i Import, r ImportRow, present, wanted []identity.Guardian,
) error {
	if err := tx.putGuardians(ctx, string(i.Home), string(r.User), present, wanted); err != nil {
		return err
	}
	action := identity.ActionGuardianChanged
	switch {
	case len(present) == 0:
		action = identity.ActionGuardianAdded
	case len(wanted) == 0:
		action = identity.ActionGuardianRemoved
	}
	return o.record(ctx, tx, identity.Change{Action: action, Target: string(r.User), TargetName: r.Name()})
}
