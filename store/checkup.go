package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// checkupName is the row of the one checkup that is kept, the last.
const checkupName = "installation"

// SaveCheckup keeps what the doctor found, in place of what it found before.
func (s *Store) SaveCheckup(ctx context.Context, c identity.Checkup) error {
	found, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("write a checkup: %w", err)
	}
	err = s.write(ctx, func(tx *transaction) error {
		return tx.PutCheckup(ctx, query.PutCheckupParams{Name: checkupName, AtUs: micros(c.At), Found: string(found)})
	})
	if err != nil {
		return fmt.Errorf("keep a checkup: %w", err)
	}
	return nil
}

// Checkup is what the doctor found last. At is zero if it has not looked yet.
func (s *Store) Checkup(ctx context.Context) (identity.Checkup, error) {
	row, err := s.read().Checkup(ctx, checkupName)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return identity.Checkup{}, nil
	case err != nil:
		return identity.Checkup{}, fmt.Errorf("load the checkup: %w", translate(err))
	}
	var c identity.Checkup
	if err := json.Unmarshal([]byte(row.Found), &c); err != nil {
		return identity.Checkup{}, fmt.Errorf("read the checkup: %w", err)
	}
	return c, nil
}

// Checkup is what the doctor found last.
func (p *Platform) Checkup(ctx context.Context) (identity.Checkup, error) {
	return p.store.Checkup(ctx)
}

// Drift is the last drift report.
func (p *Platform) Drift(ctx context.Context) (DriftReport, error) { return p.store.Drift(ctx) }

// Rereading is how many things have to be read again from Zitadel's event log,
// because an event of theirs came late, and since when the first of them waits.
func (s *Store) Rereading(ctx context.Context) (waiting int, since time.Time, err error) {
	row, err := s.read().CountStaleAggregates(ctx)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("count what is to be read again: %w", translate(err))
	}
	return int(row.Waiting), moment(row.SinceUs), nil
}

// Rereading is the store's.
func (p *Platform) Rereading(ctx context.Context) (waiting int, since time.Time, err error) {
	return p.store.Rereading(ctx)
}

// RequestCheckup has the installation looked at in the background.
func (p *Platform) RequestCheckup(ctx context.Context) error {
	return p.request(ctx, CheckupJob, identity.ActionInstanceChecked)
}

// RequestReconciliation has the projection compared with Zitadel in the
// background.
func (p *Platform) RequestReconciliation(ctx context.Context) error {
	return p.request(ctx, ReconcileJob, identity.ActionReconciled)
}

// Jobs that an operator asks for.
const (
	CheckupJob   = "checkup"
	ReconcileJob = "reconcile"
)

// request puts on the platform's log that an operator asked for a job, and
// enqueues it.
func (p *Platform) request(ctx context.Context, job string, action identity.Action) error {
	err := p.store.write(ctx, func(tx *transaction) error {
		if err := p.record(ctx, tx, identity.Change{Action: action}, identity.OutcomeDone); err != nil {
			return err
		}
		return p.store.enqueue(ctx, tx, job, struct{}{})
	})
	if err != nil {
		return fmt.Errorf("ask for %s: %w", job, err)
	}
	return nil
}

// CountOperators is how many people operate the platform.
func (s *Store) CountOperators(ctx context.Context) (int, error) {
	n, err := s.read().CountOperators(ctx, string(s.operators))
	if err != nil {
		return 0, fmt.Errorf("count operators: %w", translate(err))
	}
	return int(n), nil
}

// AuditPosition is the position of the last record that was chained, 0 where
// there is none.
func (s *Store) AuditPosition(ctx context.Context) (int64, error) {
	head, err := s.read().AuditHead(ctx, "") // the installation's own, which counts for all
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the end of the audit log: %w", translate(err))
	}
	return head.Position, nil
}
