package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Enforcement is whether the people at home in the school have to come through a
// connection. It is zero where nobody ever asked for it.
func (o *Organization) Enforcement(ctx context.Context) (identity.Enforcement, error) {
	read := o.store.read()
	row, err := o.enforcement(ctx, read)
	if err != nil {
		return identity.Enforcement{}, fmt.Errorf("load enforcement: %w", translate(err))
	}
	e := identity.Enforcement{
		On: row.Enforced, Since: moment(row.SinceUs),
		RecoveryMadeAt: moment(row.RecoveryMadeUs), RecoveryUsedAt: moment(row.RecoveryUsedUs),
	}
	exceptions, err := read.EnforcementExceptions(ctx, o.id)
	if err != nil {
		return identity.Enforcement{}, fmt.Errorf("load enforcement: %w", translate(err))
	}
	for _, x := range exceptions {
		e.Exceptions = append(e.Exceptions, identity.EnforcementException{
			User: identity.UserID(x.UserID), Name: x.Name, BreakGlass: x.BreakGlass,
		})
	}
	return e, nil
}

// enforcement is the school's row, or none with nothing in it.
func (o *Organization) enforcement(ctx context.Context, q *query.Queries) (query.Enforcement, error) {
	row, err := q.Enforcement(ctx, o.id)
	if errors.Is(err, sql.ErrNoRows) {
		return query.Enforcement{OrganizationID: o.id}, nil
	}
	return row, err
}

// SetEnforcement begins, changes or ends enforcement, and puts the change on
// record. With recovery it makes a recovery link, whose secret is answered this
// once; it replaces the one before, and without enforcement none is worth
// anything.
//
// Enforcement needs an active connection ("enforcement.no-connection") and
// among its exceptions, who are at home here ("user.not-found"), an active
// school_admin to break the glass ("enforcement.no-break-glass").
func (o *Organization) SetEnforcement(
	ctx context.Context, change identity.Change, e identity.Enforcement, recovery bool,
) (token string, err error) {
	if recovery && e.On {
		token = newToken()
	}
	about(&change, o.id, o.opened.Organization().Name)
	err = o.store.write(ctx, func(tx *transaction) error {
		if e.On {
			if err := o.mayEnforce(ctx, tx, e); err != nil {
				return err
			}
		}
		if err := o.putEnforcement(ctx, tx, e, token); err != nil {
			return err
		}
		if err := o.record(ctx, tx, change); err != nil || token == "" {
			return err
		}
		return o.recordRecovery(ctx, tx)
	})
	if err != nil {
		return "", fmt.Errorf("set enforcement: %w", err)
	}
	return token, nil
}

// RenewRecovery makes another recovery link, whose secret is answered this once;
// the one before is worth nothing any more. Where the school's own sign-in is
// not the only way in, also since the link was used, there is nothing to
// recover: a conflict ("enforcement.off-meanwhile").
func (o *Organization) RenewRecovery(ctx context.Context) (token string, err error) {
	token = newToken()
	err = o.store.write(ctx, func(tx *transaction) error {
		row, err := o.enforcement(ctx, tx.Queries)
		if err != nil {
			return err
		}
		if !row.Enforced {
			return identity.Conflict("enforcement.off-meanwhile")
		}
		row.RecoveryHash, row.RecoveryMadeUs = hashToken(token), tx.now
		if err := tx.PutEnforcement(ctx, query.PutEnforcementParams(row)); err != nil {
			return err
		}
		return o.recordRecovery(ctx, tx)
	})
	if err != nil {
		return "", fmt.Errorf("make a recovery link: %w", err)
	}
	return token, nil
}

func (o *Organization) recordRecovery(ctx context.Context, tx *transaction) error {
	return o.record(ctx, tx, identity.Change{
		Action: identity.ActionRecoveryMade, Target: o.id, TargetName: o.opened.Organization().Name,
	})
}

func (o *Organization) mayEnforce(ctx context.Context, tx *transaction, e identity.Enforcement) error {
	active, err := tx.ActiveConnections(ctx, o.id)
	if err != nil {
		return err
	}
	if len(active) == 0 {
		return identity.Conflict("enforcement.no-connection")
	}
	breaks := false
	for _, x := range e.Exceptions {
		person, err := tx.PersonAtHome(ctx, query.PersonAtHomeParams{
			OrganizationID: o.id, Operators: string(o.store.operators), UserID: string(x.User),
		})
		if err != nil {
			return orNotFound(err, identity.NotFound("user.not-found"))
		}
		if !x.BreakGlass || person.State != string(identity.UserActive) {
			continue
		}
		manages, err := tx.ManagesSchool(ctx, query.ManagesSchoolParams{OrganizationID: o.id, UserID: string(x.User)})
		if err != nil {
			return err
		}
		breaks = breaks || manages > 0
	}
	if !breaks {
		return identity.Conflict("enforcement.no-break-glass")
	}
	return nil
}

func (o *Organization) putEnforcement(
	ctx context.Context, tx *transaction, e identity.Enforcement, token string,
) error {
	row, err := o.enforcement(ctx, tx.Queries)
	if err != nil {
		return err
	}
	if row.Enforced != e.On {
		row.SinceUs = tx.now
	}
	row.Enforced = e.On
	switch {
	case token != "":
		row.RecoveryHash, row.RecoveryMadeUs, row.RecoveryUsedUs = hashToken(token), tx.now, 0
	case !e.On:
		row.RecoveryHash = ""
	}
	if err := tx.PutEnforcement(ctx, query.PutEnforcementParams(row)); err != nil {
		return err
	}
	if err := tx.DeleteEnforcementExceptions(ctx, o.id); err != nil {
		return err
	}
	for _, x := range e.Exceptions {
		if err := tx.InsertEnforcementException(ctx, query.InsertEnforcementExceptionParams{
			OrganizationID: o.id, UserID: string(x.User), Name: x.Name, BreakGlass: x.BreakGlass,
		}); err != nil {
			return err
		}
	}
	return nil
}

// EnforcedFor tells whether somebody is at home in a school that lets its people
// in through its connections alone, which that is, and whether they are an
// exception.
func (s *Store) EnforcedFor(
	ctx context.Context, user identity.UserID,
) (on bool, school identity.OrganizationID, excepted bool, err error) {
	row, err := s.read().EnforcedFor(ctx, string(user))
	if errors.Is(err, sql.ErrNoRows) {
		return false, "", false, nil // nobody's home is known
	}
	if err != nil {
		return false, "", false, fmt.Errorf("look up enforcement: %w", translate(err))
	}
	return row.Enforced, identity.OrganizationID(row.OrganizationID), row.Excepted, nil
}

// RecoveryOf is the school whose enforcement a recovery link can end; not found
// ("recovery.not-found") otherwise, and gone ("recovery.used") after that.
func (s *Store) RecoveryOf(ctx context.Context, token string) (identity.Organization, error) {
	school, err := s.recoverySchool(ctx, s.read(), token)
	if err != nil {
		return identity.Organization{}, fmt.Errorf("look up recovery link: %w", err)
	}
	return school, nil
}

func (s *Store) recoverySchool(ctx context.Context, q *query.Queries, token string) (identity.Organization, error) {
	missing := identity.NotFound("recovery.not-found")
	row, err := q.EnforcementByRecovery(ctx, hashToken(token))
	if err != nil {
		return identity.Organization{}, orNotFound(err, missing)
	}
	school, err := s.organization(ctx, row.OrganizationID)
	switch {
	case err != nil:
		return identity.Organization{}, orNotFound(err, missing)
	case school.Suspended():
		return identity.Organization{}, identity.SchoolClosed(school.Name)
	case row.RecoveryUsedUs != 0:
		return identity.Organization{}, identity.Gone("recovery.used")
	}
	return school, nil
}

// Recover ends enforcement by its recovery link, which is used up by that. It is
// refused where RecoveryOf is.
func (s *Store) Recover(ctx context.Context, token string) error {
	err := s.write(ctx, func(tx *transaction) error {
		school, err := s.recoverySchool(ctx, tx.Queries, token)
		if err != nil {
			return err
		}
		opened, err := identity.OpenRecovering(school)
		if err != nil {
			return err
		}
		o := s.In(opened)
		if err := tx.UseRecovery(ctx, query.UseRecoveryParams{OrganizationID: o.id, NowUs: tx.now}); err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionRecoveryUsed, Target: o.id, TargetName: school.Name,
		})
	})
	if err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	return nil
}
