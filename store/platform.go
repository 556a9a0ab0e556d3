package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
)

// Platform gives what spans schools, to one operator. It is the only way to
// rows of more than one organization that a page has.
type Platform struct {
	store  *Store
	opened identity.OpenedPlatform
}

// Platform gives the rows of the opened platform.
func (s *Store) Platform(opened identity.OpenedPlatform) *Platform {
	return &Platform{store: s, opened: opened}
}

// OpenPlatform lets an operator in. For everybody else it is not found.
func (s *Store) OpenPlatform(ctx context.Context, actor identity.Actor) (identity.OpenedPlatform, error) {
	role, err := s.PlatformRole(ctx, actor.User)
	if err != nil {
		return identity.OpenedPlatform{}, err
	}
	return identity.OpenPlatform(actor, []identity.Role{role})
}

// Open opens a school or a classroom for the operator, whatever its state.
func (p *Platform) Open(ctx context.Context, id identity.OrganizationID) (identity.Opened, error) {
	return p.store.OpenFor(ctx, p.opened.Actor(), id)
}

// Home is the operators' organization, whose log is the platform's.
func (p *Platform) Home() identity.OrganizationID { return p.store.operators }

// Record puts on the platform's log what an operator did that is no change of
// one organization.
func (p *Platform) Record(ctx context.Context, change identity.Change) error {
	err := p.store.write(ctx, func(tx *transaction) error {
		return p.record(ctx, tx, change, identity.OutcomeDone)
	})
	if err != nil {
		return fmt.Errorf("record %s: %w", change.Action, err)
	}
	return nil
}

// record writes a record of the platform's log.
func (p *Platform) record(
	ctx context.Context, tx *transaction, change identity.Change, outcome identity.Outcome,
) error {
	record := p.auditRecord(ctx, change, outcome)
	return tx.audit(ctx, &record)
}

func (p *Platform) auditRecord(
	ctx context.Context, change identity.Change, outcome identity.Outcome,
) identity.AuditRecord {
	request := identity.RequestFrom(ctx)
	return identity.AuditRecord{
		Organization: p.store.operators, Actor: p.opened.Actor(), ActorRole: identity.RoleOperator,
		Action: change.Action, Target: change.Target, TargetName: change.TargetName,
		Before: change.Before, After: change.After,
		RequestID: request.ID, Address: request.Address, Device: request.Device,
		Source: identity.SourcePortal, Outcome: outcome,
	}
}

// Change makes a change to one organization, see [Organization.Change], that is
// on the platform's log as well. Target there is the organization.
func (p *Platform) Change(
	ctx context.Context, org *Organization, change identity.Change, act func(context.Context) ([]identity.Fact, error),
) error {
	return p.make(ctx, org, making{change: change, act: act})
}

// make is [Organization.make] with a record on the platform's log, written when
// it is known what became of the change.
func (p *Platform) make(ctx context.Context, org *Organization, m making) error {
	own := m.change
	own.Target, own.TargetName = org.id, org.opened.Organization().Name
	done := m.done
	m.done = func(ctx context.Context, tx *transaction) error {
		if done != nil {
			if err := done(ctx, tx); err != nil {
				return err
			}
		}
		return p.record(ctx, tx, own, identity.OutcomeDone)
	}
	m.failed = func(ctx context.Context, tx *transaction, _ error) error {
		return p.record(ctx, tx, own, identity.OutcomeFailed)
	}
	return org.make(ctx, m)
}
