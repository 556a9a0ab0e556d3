package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Contacts of a student are kept by the organization the student is at home in:
// by the school for all of its classes. Nobody's record says who they are or how
// they are reached, only that they were changed.

func guardianOf(row query.Guardian) identity.Guardian {
	return identity.Guardian{
		ID: identity.GuardianID(row.ID), Name: row.Name, Relation: row.Relation, Address: row.Address, Phone: row.Phone,
		Language: row.Language, Source: row.Source, ChangedAt: moment(row.ChangedUs),
	}
}

// GuardiansOf are the contacts of a student, in their order. Those of who is at
// home elsewhere are kept there: nil.
func (o *Organization) GuardiansOf(ctx context.Context, student identity.User) ([]identity.Guardian, error) {
	if o.opened.Guest(student) {
		return nil, nil
	}
	return guardiansIn(ctx, o.store.read(), string(student.Home), string(student.ID))
}

func guardiansIn(ctx context.Context, q *query.Queries, home, student string) ([]identity.Guardian, error) {
	rows, err := q.Guardians(ctx, query.GuardiansParams{OrganizationID: home, UserID: student, MaxRows: 2 * identity.MaxGuardians})
	if err != nil {
		return nil, fmt.Errorf("list guardians: %w", translate(err))
	}
	guardians := make([]identity.Guardian, len(rows))
	for i, row := range rows {
		guardians[i] = guardianOf(row)
	}
	return guardians, nil
}

// mayKeepGuardians says whether the contacts of somebody may be changed here.
func (o *Organization) mayKeepGuardians(ctx context.Context, student identity.UserID) (identity.User, error) {
	if o.opened.Organization().Kind == identity.KindSchool {
		p, err := o.SchoolPerson(ctx, student)
		if err != nil {
			return identity.User{}, err
		}
		return p.User, o.opened.MayKeepGuardians(p.User, p.Role())
	}
	m, err := o.Member(ctx, student)
	if err != nil {
		return identity.User{}, err
	}
	return m.User, o.opened.MayKeepGuardians(m.User, m.Assignment.Role())
}

func errNoGuardian() *identity.Error { return identity.NotFound("guardian.not-found") }

// AddGuardian adds a contact to a student. The same ID again adds nothing; more
// than [identity.MaxGuardians] are a conflict ("guardian.too-many").
func (o *Organization) AddGuardian(ctx context.Context, student identity.UserID, g identity.Guardian) error {
	u, err := o.mayKeepGuardians(ctx, student)
	if err != nil {
		return err
	}
	err = o.store.write(ctx, func(tx *transaction) error {
		added, err := tx.addGuardian(ctx, string(u.Home), string(u.ID), g)
		if err != nil || !added {
			return err
		}
		return o.record(ctx, tx, guardianChange(identity.ActionGuardianAdded, u))
	})
	if err != nil {
		return fmt.Errorf("add a guardian: %w", err)
	}
	return nil
}

func (tx *transaction) addGuardian(ctx context.Context, home, student string, g identity.Guardian) (bool, error) {
	n, err := tx.CountGuardians(ctx, query.CountGuardiansParams{OrganizationID: home, UserID: student})
	if err != nil {
		return false, err
	}
	position, err := tx.NextGuardianPosition(ctx, query.NextGuardianPositionParams{OrganizationID: home, UserID: student})
	if err != nil {
		return false, err
	}
	rows, err := tx.AddGuardian(ctx, query.AddGuardianParams{
		OrganizationID: home, UserID: student, ID: string(g.ID), Source: g.Source, Position: position, Name: g.Name,
		Relation: g.Relation, Address: g.Address, Phone: g.Phone, Language: g.Language, NowUs: tx.now,
	})
	if err == nil && rows > 0 && n >= identity.MaxGuardians {
		err = identity.Conflict("guardian.too-many", "Most", identity.MaxGuardians)
	}
	return rows > 0, err
}

func guardianChange(action identity.Action, student identity.User) identity.Change {
	return identity.Change{Action: action, Target: string(student.ID), TargetName: student.DisplayName()}
}

// Guardian is one contact of a student; not found ("guardian.not-found") for any
// other.
func (o *Organization) Guardian(ctx context.Context, student identity.User, id identity.GuardianID) (identity.Guardian, error) {
	if o.opened.Guest(student) {
		return identity.Guardian{}, errNoGuardian()
	}
	row, err := o.store.read().Guardian(ctx, query.GuardianParams{
		OrganizationID: string(student.Home), UserID: string(student.ID), ID: string(id),
	})
	if err != nil {
		return identity.Guardian{}, fmt.Errorf("load a guardian: %w", orNotFound(err, errNoGuardian()))
	}
	return guardianOf(row), nil
}

// ChangeGuardian changes what is known of a contact; it counts as entered by hand
// from then on. What is so already leaves no record.
func (o *Organization) ChangeGuardian(ctx context.Context, student identity.UserID, g identity.Guardian) error {
	u, err := o.mayKeepGuardians(ctx, student)
	if err != nil {
		return err
	}
	err = o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.Guardian(ctx, query.GuardianParams{OrganizationID: string(u.Home), UserID: string(u.ID), ID: string(g.ID)})
		if err != nil {
			return orNotFound(err, errNoGuardian())
		}
		if before := guardianOf(row); before.Says(g) && before.Address == g.Address {
			return nil
		}
		g.Source = ""
		if err := tx.changeGuardian(ctx, row, g); err != nil {
			return err
		}
		return o.record(ctx, tx, guardianChange(identity.ActionGuardianChanged, u))
	})
	if err != nil {
		return fmt.Errorf("change a guardian: %w", err)
	}
	return nil
}

func (tx *transaction) changeGuardian(ctx context.Context, row query.Guardian, g identity.Guardian) error {
	return tx.ChangeGuardian(ctx, query.ChangeGuardianParams{
		OrganizationID: row.OrganizationID, UserID: row.UserID, ID: row.ID, Source: g.Source, Position: row.Position, Name: g.Name,
		Relation: g.Relation, Address: g.Address, Phone: g.Phone, Language: g.Language, NowUs: tx.now,
	})
}

// RemoveGuardian removes a contact. One that is gone already is no error.
func (o *Organization) RemoveGuardian(ctx context.Context, student identity.UserID, id identity.GuardianID) error {
	u, err := o.mayKeepGuardians(ctx, student)
	if err != nil {
		return err
	}
	err = o.store.write(ctx, func(tx *transaction) error {
		gone, err := tx.DeleteGuardian(ctx, query.DeleteGuardianParams{
			OrganizationID: string(u.Home), UserID: string(u.ID), ID: string(id),
		})
		if err != nil || gone == 0 {
			return err
		}
		return o.record(ctx, tx, guardianChange(identity.ActionGuardianRemoved, u))
	})
	if err != nil {
		return fmt.Errorf("remove a guardian: %w", err)
	}
	return nil
}

// wantedGuardians are the contacts of a student as they are once a list is
// applied that says guardians, and whether that is a change. A contact is the same
// by address or by name, or by telephone where there is no name. What the same source brought before and says no more
// goes; what was entered by hand, or comes from elsewhere, stays. A list without
// contacts in a row says nothing about them.
func wantedGuardians(source string, present, said []identity.Guardian) (wanted []identity.Guardian, changes bool) {
	if len(said) == 0 {
		return present, false
	}
	taken, added := make([]bool, len(present)), []identity.Guardian{}
	for _, g := range said {
		g = g.Clean()
		g.Source = source
		at := -1
		for i, p := range present {
			if at < 0 && !taken[i] && sameGuardian(p, g) {
				at = i
			}
		}
		if at < 0 {
			sum := sha256.Sum256([]byte(strings.Join([]string{source, nameKey(g.Name), addressKey(g.Address), g.Phone}, "\x00")))
			g.ID = identity.GuardianID(hex.EncodeToString(sum[:12]))
			added = append(added, g)
			continue
		}
		taken[at] = true
		before := present[at]
		after := before
		for _, field := range []struct{ to, from *string }{
			{&after.Name, &g.Name},
			{&after.Relation, &g.Relation},
			{&after.Address, &g.Address},
			{&after.Phone, &g.Phone},
			{&after.Language, &g.Language},
		} {
			if *field.from != "" { // what the list leaves open stays
				*field.to = *field.from
			}
		}
		changes = changes || !after.Says(before)
		wanted = append(wanted, after)
	}
	for i, p := range present {
		switch {
		case taken[i]:
		case p.Source == source:
			changes = true
		default:
			wanted = append(wanted, p)
		}
	}
	for _, g := range added {
		known := slices.ContainsFunc(wanted, func(w identity.Guardian) bool { return w.ID == g.ID })
		if !known && len(wanted) < identity.MaxGuardians {
			wanted, changes = append(wanted, g), true
		}
	}
	return wanted, changes
}

func sameGuardian(a, b identity.Guardian) bool {
	if a.Address != "" && b.Address != "" && identity.SameAddress(a.Address, b.Address) {
		return true
	}
	if a.Name == "" || b.Name == "" {
		return a.Phone != "" && a.Phone == b.Phone // of whom a list says no more
	}
	return nameKey(a.Name) == nameKey(b.Name)
}

// putGuardians makes wanted of the contacts that are present.
func (tx *transaction) putGuardians(ctx context.Context, home, student string, present, wanted []identity.Guardian) error {
	for _, p := range present {
		if slices.ContainsFunc(wanted, func(w identity.Guardian) bool { return w.ID == p.ID }) {
			continue
		}
		if _, err := tx.DeleteGuardian(ctx, query.DeleteGuardianParams{OrganizationID: home, UserID: student, ID: string(p.ID)}); err != nil {
			return err
		}
	}
	for i, w := range wanted {
		at := slices.IndexFunc(present, func(p identity.Guardian) bool { return p.ID == w.ID })
		if at < 0 {
			_, err := tx.AddGuardian(ctx, query.AddGuardianParams{
				OrganizationID: home, UserID: student, ID: string(w.ID), Source: w.Source, Position: int64(i) + 1, Name: w.Name,
				Relation: w.Relation, Address: w.Address, Phone: w.Phone, Language: w.Language, NowUs: tx.now,
			})
			if err != nil {
				return err
			}
			continue
		}
		row := query.Guardian{OrganizationID: home, UserID: student, ID: string(w.ID), Position: int64(i) + 1}
		if err := tx.changeGuardian(ctx, row, w); err != nil {
			return err
		}
	}
	return nil
}

// OwnGuardians are the contacts that are kept of the person who is signed in, for
// themselves.
func (s *Store) OwnGuardians(ctx context.Context, user identity.UserID) ([]identity.Guardian, error) {
	rows, err := s.read().OwnGuardians(ctx, string(user))
	if err != nil {
		return nil, fmt.Errorf("list one's own guardians: %w", translate(err))
	}
	guardians := make([]identity.Guardian, len(rows))
	for i, row := range rows {
		guardians[i] = guardianOf(row)
	}
	return guardians, nil
}
