package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// How often codes that are none may be tried, by everybody together, in an hour
// and in a day. docs/join-codes.md says what that leaves to guessing.
const (
	wrongTriesPerHour = 2_000
	wrongTriesPerDay  = 20_000
)

// OpenByCode opens the classroom of a join code for who has it. A code that is
// unknown, replaced, stopped or expired, and one of a classroom that is not in
// use, is not found ("code.unknown"): nobody learns which.
func (s *Store) OpenByCode(
	ctx context.Context, actor identity.Actor, typed string,
) (identity.Opened, identity.JoinCode, error) {
	unknown := identity.NotFound("code.unknown")
	code := identity.ParseJoinCode(typed)
	if code == "" {
		return identity.Opened{}, identity.JoinCode{}, unknown
	}
	row, err := s.read().JoinCodeByText(ctx, code)
	if err != nil {
		return identity.Opened{}, identity.JoinCode{}, fmt.Errorf("look up a join code: %w", orNotFound(err, unknown))
	}
	found := joinCodeOf(row)
	if !found.LiveAt(s.clock()) {
		return identity.Opened{}, identity.JoinCode{}, unknown
	}
	organization, err := s.organization(ctx, row.OrganizationID)
	if err != nil {
		return identity.Opened{}, identity.JoinCode{}, fmt.Errorf("load the classroom of a code: %w", orNotFound(err, unknown))
	}
	opened, err := identity.OpenJoining(organization, actor, found)
	if err != nil {
		return identity.Opened{}, identity.JoinCode{}, err
	}
	return opened, found, nil
}

// CountWrongCode notes that somebody tried a code that is none.
func (s *Store) CountWrongCode(ctx context.Context) error {
	err := s.write(ctx, func(tx *transaction) error { return tx.CountWrongTry(ctx, hourOf(tx.now)) })
	if err != nil {
		return fmt.Errorf("count a wrong code: %w", err)
	}
	return nil
}

// CodesGuessed reports whether so many wrong codes were tried, by everybody
// together, that somebody may be guessing.
func (s *Store) CodesGuessed(ctx context.Context) (bool, error) {
	hour := hourOf(micros(s.clock()))
	read := s.read()
	lately, err := read.WrongTries(ctx, hour)
	if err != nil {
		return false, fmt.Errorf("count wrong codes: %w", translate(err))
	}
	today, err := read.WrongTries(ctx, hour-23)
	if err != nil {
		return false, fmt.Errorf("count wrong codes: %w", translate(err))
	}
	return lately >= wrongTriesPerHour || today >= wrongTriesPerDay, nil
}

func hourOf(us int64) int64 { return us / time.Hour.Microseconds() }

// JoinCode is the classroom's code, expired or not; not found ("code.none") if
// there is none.
func (o *Organization) JoinCode(ctx context.Context) (identity.JoinCode, error) {
	row, err := o.store.read().LiveJoinCode(ctx, o.id)
	if err != nil {
		return identity.JoinCode{}, fmt.Errorf("load the join code: %w", orNotFound(err, identity.NotFound("code.none")))
	}
	return joinCodeOf(row), nil
}

func joinCodeOf(row query.JoinCode) identity.JoinCode {
	return identity.JoinCode{
		ID: row.ID, Classroom: identity.OrganizationID(row.OrganizationID), Code: row.Code,
		JoinCodeSettings: identity.JoinCodeSettings{
			Approval: row.Approval, Seats: int(row.Seats), Domains: strings.Fields(row.Domains), ExpiresAt: moment(row.ExpiresUs),
		},
		Taken: int(row.Taken), MadeAt: moment(row.MadeUs), EndedAt: moment(row.EndedUs),
	}
}

// joinCodeTries bounds how often another code is made where one is taken.
const joinCodeTries = 5

// NewJoinCode gives the classroom a new code. The one before is void at once.
func (o *Organization) NewJoinCode(ctx context.Context, settings identity.JoinCodeSettings) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		if _, err := tx.EndJoinCode(ctx, query.EndJoinCodeParams{OrganizationID: o.id, NowUs: tx.now}); err != nil {
			return err
		}
		code := identity.NewJoinCode()
		for range joinCodeTries {
			if _, err := tx.JoinCodeByText(ctx, code); errors.Is(err, sql.ErrNoRows) {
				break
			} else if err != nil {
				return err
			}
			code = identity.NewJoinCode()
		}
		err := tx.PutJoinCode(ctx, query.PutJoinCodeParams{
			OrganizationID: o.id, ID: newID(tx.now), Code: code, Approval: settings.Approval, Seats: int64(settings.Seats),
			Domains: strings.Join(settings.Domains, " "), NowUs: tx.now, ExpiresUs: micros(settings.ExpiresAt),
		})
		if err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{Action: identity.ActionJoinCodeMade, After: auditedCode(settings)})
	})
	if err != nil {
		return fmt.Errorf("make a join code: %w", err)
	}
	return nil
}

// ChangeJoinCode changes what the classroom's code is set to, and keeps the code;
// not found ("code.none") if there is none.
func (o *Organization) ChangeJoinCode(ctx context.Context, settings identity.JoinCodeSettings) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.LiveJoinCode(ctx, o.id)
		if err != nil {
			return orNotFound(err, identity.NotFound("code.none"))
		}
		before := joinCodeOf(row).JoinCodeSettings
		if _, err := tx.ChangeJoinCode(ctx, query.ChangeJoinCodeParams{
			OrganizationID: o.id, ID: row.ID, Approval: settings.Approval, Seats: int64(settings.Seats),
			Domains: strings.Join(settings.Domains, " "), ExpiresUs: micros(settings.ExpiresAt),
		}); err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionJoinCodeChanged, Before: auditedCode(before), After: auditedCode(settings),
		})
	})
	if err != nil {
		return fmt.Errorf("change the join code: %w", err)
	}
	return nil
}

// StopJoinCode ends the classroom's code. Without one it does nothing.
func (o *Organization) StopJoinCode(ctx context.Context) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		ended, err := tx.EndJoinCode(ctx, query.EndJoinCodeParams{OrganizationID: o.id, NowUs: tx.now})
		if err != nil || ended == 0 {
			return err
		}
		return o.record(ctx, tx, identity.Change{Action: identity.ActionJoinCodeStopped})
	})
	if err != nil {
		return fmt.Errorf("stop the join code: %w", err)
	}
	return nil
}

// auditedCode are the settings as an audit record tells them. The code itself is
// on no record: who reads one is not for that in the classroom.
func auditedCode(s identity.JoinCodeSettings) map[string]string {
	values := map[string]string{
		"approval": "off", "seats": strconv.Itoa(s.Seats), "until": s.ExpiresAt.UTC().Format(time.RFC3339),
	}
	if s.Approval {
		values["approval"] = "on"
	}
	if len(s.Domains) > 0 {
		values["domains"] = strings.Join(s.Domains, " ")
	}
	return values
}
