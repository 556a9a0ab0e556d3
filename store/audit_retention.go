package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Bounds of how long a log is kept, in months.
const (
	MinAuditMonths = 3
	MaxAuditMonths = 240
)

// retention is the actor where the portal itself removes what is old.
const retention identity.UserID = "retention"

// auditMonths is the value of a record that says how long a log is kept.
const auditMonths = "months"

// AuditRetention is how many months the organization's log is kept; 0 is for
// good.
func (o *Organization) AuditRetention(ctx context.Context) (int, error) {
	months, err := o.store.read().AuditRetention(ctx, string(o.opened.Organization().Home()))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("load how long the log is kept: %w", translate(err))
	}
	return int(months), nil
}

// SetAuditRetention says how many months the school's log is kept, with those of
// its classrooms; 0 is for good. What is older goes within the hour.
func (o *Organization) SetAuditRetention(ctx context.Context, months int) error {
	if o.opened.Organization().Home() != o.opened.ID() {
		return identity.Forbidden("permission.missing") // a classroom's is its school's
	}
	if months != 0 && (months < MinAuditMonths || months > MaxAuditMonths) {
		return identity.Invalid("retention.audit.range", "Least", MinAuditMonths, "Most", MaxAuditMonths)
	}
	err := o.store.write(ctx, func(tx *transaction) error {
		before, err := tx.AuditRetention(ctx, o.id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if before == int64(months) {
			return nil
		}
		if err := tx.PutAuditRetention(ctx, query.PutAuditRetentionParams{
			OrganizationID: o.id, Months: int64(months), NowUs: tx.now,
		}); err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionRetentionChanged, Target: o.id, TargetName: o.opened.Organization().Name,
			Before: map[string]string{auditMonths: strconv.FormatInt(before, 10)},
			After:  map[string]string{auditMonths: strconv.Itoa(months)},
		})
	})
	if err != nil {
		return fmt.Errorf("set how long the log is kept: %w", err)
	}
	return nil
}

// pruneAudit removes from every log what is older than its school keeps it.
func (s *Store) pruneAudit(ctx context.Context) error {
	rows, err := s.read().AuditRetentions(ctx)
	if err != nil {
		return fmt.Errorf("list how long logs are kept: %w", translate(err))
	}
	var all []error
	for _, row := range rows {
		before := s.clock().AddDate(0, -int(row.Months), 0)
		if err := s.pruneBefore(ctx, row.OrganizationID, before); err != nil {
			all = append(all, fmt.Errorf("prune the log of %s: %w", row.OrganizationID, err))
		}
	}
	return errors.Join(all...)
}

// pruneSlice is how many records one transaction removes. Others may write in
// between.
const pruneSlice = 5000

// streamGrace is how much longer a record stays that a target of the school's or
// the platform's has not taken yet. A target that is broken for good does not
// keep a log for good.
const streamGrace = 30 * 24 * time.Hour

// pruneBefore removes the records of a home that were closed before a time: a
// beginning of its chain, whose end a new record names.
func (s *Store) pruneBefore(ctx context.Context, home string, before time.Time) error {
	for {
		var removed int
		err := s.write(ctx, func(tx *transaction) error {
			rows, err := tx.AuditPrefix(ctx, query.AuditPrefixParams{OrganizationID: home, Most: pruneSlice})
			if err != nil {
				return err
			}
			number, err := tx.AuditStreamFloor(ctx, home)
			if err != nil {
				return err
			}
			position, err := tx.AuditStreamFloor(ctx, string(s.operators))
			if err != nil {
				return err
			}
			kept := slices.IndexFunc(rows, func(r query.AuditPrefixRow) bool {
				waited := number >= 0 && r.Number > number || position >= 0 && r.Position > position
				return r.ClosedUs >= micros(before) || waited && r.ClosedUs >= micros(before.Add(-streamGrace))
			})
			if kept < 0 {
				kept = len(rows)
			}
			if removed = kept; removed == 0 {
				return nil
			}
			last := rows[kept-1]
			anchor := audit.Head{
				Home: identity.OrganizationID(home), Number: last.Number, Position: last.Position, Hash: last.Hash,
			}
			if err := tx.removeUpTo(ctx, anchor); err != nil {
				return err
			}
			if removed < pruneSlice {
				if err := tx.forgetWords(ctx, home); err != nil {
					return err
				}
			}
			return tx.audit(ctx, &identity.AuditRecord{
				Organization: anchor.Home, Actor: identity.Actor{User: retention}, Action: identity.ActionAuditPruned,
				Target: home, After: audit.RemovedValues(anchor, int64(removed)),
				Source: identity.SourcePortal, Outcome: identity.OutcomeDone,
			})
		})
		if err != nil || removed < pruneSlice {
			return err
		}
	}
}

// removeUpTo removes the beginning of a chain, up to and including anchor.
func (tx *transaction) removeUpTo(ctx context.Context, anchor audit.Head) error {
	if _, err := tx.DeleteAuditUpTo(ctx, query.DeleteAuditUpToParams{
		OrganizationID: string(anchor.Home), Number: anchor.Number,
	}); err != nil {
		return fmt.Errorf("remove audit records: %w", err)
	}
	if err := tx.PutAuditAnchor(ctx, query.PutAuditAnchorParams{
		HomeID: string(anchor.Home), Number: anchor.Number, Position: anchor.Position, Hash: anchor.Hash,
	}); err != nil {
		return fmt.Errorf("move the beginning of the audit log: %w", err)
	}
	return nil
}

// EraseAudit removes the whole log of a home, for good and piece by piece, with
// what counts its sign-ins, and answers where it ended. The platform's log says
// so in its last transaction: only then does the verification accept that a
// checkpoint names a log that is not there. It may be repeated.
func (s *Store) EraseAudit(
	ctx context.Context, actor identity.Actor, home identity.OrganizationID, name string,
) (end audit.Head, err error) {
	for done := false; !done; {
		err := s.write(ctx, func(tx *transaction) error {
			rows, err := tx.AuditPrefix(ctx, query.AuditPrefixParams{OrganizationID: string(home), Most: pruneSlice})
			if err != nil {
				return err
			}
			if len(rows) > 0 {
				last := rows[len(rows)-1]
				if err := tx.removeUpTo(ctx, audit.Head{
					Home: home, Number: last.Number, Position: last.Position, Hash: last.Hash,
				}); err != nil {
					return err
				}
			}
			if done = len(rows) < pruneSlice; !done {
				return nil
			}
			if end, err = headIn(ctx, tx.Queries, home); err != nil || end.Number == 0 && len(rows) == 0 {
				return errors.Join(err, tx.eraseAround(ctx, string(home)))
			}
			if err := tx.eraseAround(ctx, string(home)); err != nil {
				return err
			}
			request := identity.RequestFrom(ctx)
			return tx.audit(ctx, &identity.AuditRecord{
				Organization: s.operators, Actor: actor, ActorRole: identity.RoleOperator,
				Action: identity.ActionAuditErased, Target: string(home), TargetName: name,
				After:     audit.RemovedValues(end, end.Number),
				RequestID: request.ID, Address: request.Address, Device: request.Device,
				Source: identity.SourcePortal, Outcome: identity.OutcomeDone,
			})
		})
		if err != nil {
			return audit.Head{}, fmt.Errorf("erase the log of %s: %w", home, err)
		}
	}
	return end, nil
}

// eraseAround removes what stands beside a home's chain.
func (tx *transaction) eraseAround(ctx context.Context, home string) error {
	if _, err := tx.DeleteAuditBegun(ctx, home); err != nil {
		return err
	}
	for _, remove := range []func(context.Context, string) error{
		tx.DeleteAuditHead, tx.DeleteAuditWords, tx.DeleteAuditRetention, tx.DeleteSignInDays, tx.DeleteSignInPeople,
	} {
		if err := remove(ctx, home); err != nil {
			return err
		}
	}
	return nil
}
