package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
)

// closingTime bounds what follows a call at Zitadel: writing down what it
// answered. The request may be over by then; what happened has still to be
// recorded.
const closingTime = 15 * time.Second

// Change records a change as begun, lets act make it at Zitadel outside of any
// transaction, and then applies its facts and closes the record in one
// transaction. If act fails, the record is closed as failed, facts that it
// answered all the same are applied, and its error is returned. A crash in
// between leaves a begun record, which the projection settles.
func (o *Organization) Change(
	ctx context.Context, change identity.Change, act func(context.Context) ([]identity.Fact, error),
) error {
	return o.make(ctx, making{change: change, act: act})
}

// making is a change at Zitadel with what the store itself writes before and
// after it: after it with a context that lasts, whatever became of the request.
// Only change and act are there always.
type making struct {
	change identity.Change
	begin  func(context.Context, *transaction) error // with the begun record; an error stops all
	act    func(context.Context) ([]identity.Fact, error)
	done   func(context.Context, *transaction) error        // with the closed record
	failed func(context.Context, *transaction, error) error // with the record of a failure, which it is given
}

// unclear reports whether a call at Zitadel that failed may have done its work all
// the same: it was not refused, its answer was lost.
func unclear(failure error) bool {
	var refused *identity.Error
	return !errors.As(failure, &refused) || refused.Kind == identity.KindUnavailable
}

func (o *Organization) make(ctx context.Context, m making) error {
	record := o.auditRecord(ctx, m.change, identity.OutcomeBegun)
	err := o.store.write(ctx, func(tx *transaction) error {
		if m.begin != nil {
			if err := m.begin(ctx, tx); err != nil {
				return err
			}
		}
		return tx.auditOnce(ctx, &record)
	})
	if err != nil {
		return fmt.Errorf("record %s: %w", m.change.Action, err)
	}
	facts, failure := m.act(ctx)
	outcome, last := identity.OutcomeDone, m.done
	if failure != nil {
		outcome, last = identity.OutcomeFailed, nil
		if m.failed != nil {
			last = func(ctx context.Context, tx *transaction) error { return m.failed(ctx, tx, failure) }
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err = o.store.write(ctx, func(tx *transaction) error {
		if err := tx.applyFacts(ctx, facts); err != nil {
			return fmt.Errorf("apply facts: %w", err)
		}
		if last != nil {
			if err := last(ctx, tx); err != nil {
				return err
			}
		}
		return tx.closeRecord(ctx, o.id, record.ID, outcome)
	})
	if err != nil {
		err = fmt.Errorf("close the record of %s: %w", m.change.Action, err)
	}
	switch {
	case failure == nil:
		return err
	case err == nil:
		return failure
	}
	return errors.Join(failure, err) // what went wrong first is what the user reads about
}

// record writes down a change that is the local effect of its own transaction.
func (o *Organization) record(ctx context.Context, tx *transaction, change identity.Change) error {
	record := o.auditRecord(ctx, change, identity.OutcomeDone)
	return tx.auditOnce(ctx, &record)
}

func (o *Organization) auditRecord(
	ctx context.Context, change identity.Change, outcome identity.Outcome,
) identity.AuditRecord {
	request := identity.RequestFrom(ctx)
	return identity.AuditRecord{
		ID: onceID(request.Once, change), Organization: o.opened.ID(), Actor: o.opened.Actor(), ActorRole: o.opened.Role(),
		Action: change.Action, Target: change.Target, TargetName: change.TargetName,
		Before: change.Before, After: change.After, RequestID: request.ID, Address: request.Address,
		Device: request.Device, Source: identity.SourcePortal, Outcome: outcome,
	}
}
