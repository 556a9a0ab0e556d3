package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Keys of what an audit record says about privacy.
const (
	auditBasis       = "basis"
	auditAgeBand     = "age-band"
	auditInactive    = "inactive-months"
	auditInvitations = "invitation-months"
)

// Basis is on which basis the account of somebody of the school exists; the zero
// value if nobody recorded it.
func (o *Organization) Basis(ctx context.Context, user identity.UserID) (identity.AccountBasis, error) {
	return basisIn(ctx, o.store.read(), o.opened.ID(), user)
}

func basisIn(ctx context.Context, q *query.Queries, home identity.OrganizationID, user identity.UserID) (identity.AccountBasis, error) {
	row, err := q.Basis(ctx, query.BasisParams{OrganizationID: string(home), UserID: string(user)})
	if errors.Is(err, sql.ErrNoRows) {
		return identity.AccountBasis{}, nil
	}
	if err != nil {
		return identity.AccountBasis{}, fmt.Errorf("load on which basis an account exists: %w", translate(err))
	}
	return identity.AccountBasis{
		User: user, Basis: identity.Basis(row.Basis), AgeBand: identity.AgeBand(row.AgeBand),
		Recorder:   identity.Actor{User: identity.UserID(row.RecorderID), Name: row.RecorderName},
		RecordedAt: moment(row.RecordedUs),
	}, nil
}

// RecordBasis records on which basis the account of somebody of the school
// exists. The same as before changes nothing.
func (o *Organization) RecordBasis(ctx context.Context, basis identity.AccountBasis) error {
	person, err := o.SchoolPerson(ctx, basis.User)
	if err != nil {
		return err
	}
	actor := o.opened.Actor()
	err = o.store.write(ctx, func(tx *transaction) error {
		before, err := basisIn(ctx, tx.Queries, o.opened.ID(), basis.User)
		if err != nil {
			return err
		}
		if before.Basis == basis.Basis && before.AgeBand == basis.AgeBand {
			return nil
		}
		if err := tx.PutBasis(ctx, query.PutBasisParams{
			OrganizationID: o.id, UserID: string(basis.User), Basis: string(basis.Basis), AgeBand: string(basis.AgeBand),
			RecorderID: string(actor.User), RecorderName: actor.Name, NowUs: tx.now,
		}); err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionBasisRecorded, Target: string(basis.User), TargetName: person.User.DisplayName(),
			Before: map[string]string{auditBasis: string(before.Basis), auditAgeBand: string(before.AgeBand)},
			After:  map[string]string{auditBasis: string(basis.Basis), auditAgeBand: string(basis.AgeBand)},
		})
	})
	if err != nil {
		return fmt.Errorf("record on which basis an account exists: %w", err)
	}
	return nil
}

// BasisCounts are the students of the school by the basis of their accounts;
// those of whom none is recorded stand under "".
func (o *Organization) BasisCounts(ctx context.Context) (map[identity.Basis]int, error) {
	rows, err := o.store.read().CountBases(ctx, o.id)
	if err != nil {
		return nil, fmt.Errorf("count bases: %w", translate(err))
	}
	people, err := o.PeopleCounts(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[identity.Basis]int{"": people.Roles[identity.RoleStudent]}
	for _, row := range rows {
		counts[identity.Basis(row.Basis)] = int(row.Students)
		counts[""] -= int(row.Students)
	}
	return counts, nil
}

// Retention is how long the school keeps what nobody uses.
func (o *Organization) Retention(ctx context.Context) (identity.Retention, error) {
	row, err := o.store.read().Retention(ctx, o.id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return identity.Retention{}, fmt.Errorf("load how long things are kept: %w", translate(err))
	}
	kept := identity.Retention{Inactive: int(row.Inactive), Invitations: int(row.Invitations)}
	kept.Audit, err = o.AuditRetention(ctx)
	return kept, err
}

// SetRetention says how long the school keeps what nobody uses.
func (o *Organization) SetRetention(ctx context.Context, kept identity.Retention) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.Retention(ctx, o.id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		before := identity.Retention{Inactive: int(row.Inactive), Invitations: int(row.Invitations)}
		if before.Inactive == kept.Inactive && before.Invitations == kept.Invitations {
			return nil
		}
		if err := tx.PutRetention(ctx, query.PutRetentionParams{
			OrganizationID: o.id, Inactive: int64(kept.Inactive), Invitations: int64(kept.Invitations), NowUs: tx.now,
		}); err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionRetentionChanged, Before: auditedRetention(before), After: auditedRetention(kept),
		})
	})
	if err != nil {
		return fmt.Errorf("set how long things are kept: %w", err)
	}
	return o.SetAuditRetention(ctx, kept.Audit)
}

func auditedRetention(r identity.Retention) map[string]string {
	return map[string]string{
		auditInactive: strconv.Itoa(r.Inactive), auditInvitations: strconv.Itoa(r.Invitations),
	}
}

// UnusedAccount is the account of a student that nobody signed in to for longer
// than the school keeps it.
type UnusedAccount struct {
	User       identity.UserID
	Name       string
	LastSeenAt time.Time // zero: never
}

// UnusedPage is a page of them, by name.
type UnusedPage struct {
	Rows  []UnusedAccount
	Next  string
	Total int
}

// Unused lists the accounts of students at home in the school that are past its
// retention; nobody where they are kept for good.
func (o *Organization) Unused(ctx context.Context, after string, limit int) (UnusedPage, error) {
	kept, err := o.Retention(ctx)
	if err != nil || kept.Inactive == 0 {
		return UnusedPage{}, err
	}
	cursor, err := parseNameCursor(after)
	if err != nil {
		return UnusedPage{}, err
	}
	limit = limitOf(limit)
	before := micros(identity.Before(o.store.clock(), kept.Inactive))
	total, err := o.store.read().CountUnused(ctx, query.CountUnusedParams{OrganizationID: o.id, BeforeUs: before})
	if err != nil {
		return UnusedPage{}, fmt.Errorf("count unused accounts: %w", translate(err))
	}
	rows, err := o.store.read().UnusedAccounts(ctx, query.UnusedAccountsParams{
		OrganizationID: o.id, BeforeUs: before, AfterName: cursor.name, AfterID: cursor.id, Most: int64(limit) + 1,
	})
	if err != nil {
		return UnusedPage{}, fmt.Errorf("list unused accounts: %w", translate(err))
	}
	page := UnusedPage{Total: int(total)}
	for i, row := range rows {
		if i == limit {
			page.Next = nameCursor{name: rows[i-1].SortName, id: rows[i-1].UserID}.String()
			break
		}
		user := identity.User{GivenName: row.GivenName, FamilyName: row.FamilyName, UserName: row.UserName}
		page.Rows = append(page.Rows, UnusedAccount{
			User: identity.UserID(row.UserID), Name: user.DisplayName(), LastSeenAt: moment(row.LastSeenUs),
		})
	}
	return page, nil
}

// schoolsAtOnce is how many schools a chore looks at together.
const schoolsAtOnce = 100

// PruneInvitations deletes, in every school that says so, invitations that ended
// longer ago than it keeps them.
func (s *Store) PruneInvitations(ctx context.Context) error {
	for after := ""; ; {
		rows, err := s.read().InvitationRetentions(ctx, query.InvitationRetentionsParams{After: after, Most: schoolsAtOnce})
		if err != nil {
			return fmt.Errorf("list how long invitations are kept: %w", translate(err))
		}
		for _, row := range rows {
			after = row.OrganizationID
			before := micros(identity.Before(s.clock(), int(row.Invitations)))
			err := s.write(ctx, func(tx *transaction) error {
				organizations, err := tx.SchoolAndClassrooms(ctx, row.OrganizationID)
				if err != nil {
					return err
				}
				for _, organization := range organizations {
					if _, err := tx.DeleteEndedInvitations(ctx, query.DeleteEndedInvitationsParams{
						OrganizationID: organization, BeforeUs: before,
					}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return fmt.Errorf("delete old invitations: %w", err)
			}
		}
		if len(rows) < schoolsAtOnce {
			return nil
		}
	}
}
