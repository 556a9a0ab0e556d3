package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"strconv"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// ExportAudit gives every record that q selects to write, newest first. That they
// are taken out is itself on record before the first of them is, and closed with
// how many there were; filter says in that record what was asked for. It is
// recorded as failed where write fails.
func (o *Organization) ExportAudit(
	ctx context.Context, q AuditQuery, filter map[string]string, write func(identity.AuditRecord) error,
) error {
	record := o.auditRecord(ctx, identity.Change{Action: identity.ActionAuditExported, Before: filter}, identity.OutcomeBegun)
	return o.store.exportAudit(ctx, o.AuditLog().All(ctx, q), record, write)
}

// ExportAudit is [Organization.ExportAudit] for the platform's own log.
func (p *Platform) ExportAudit(
	ctx context.Context, q AuditQuery, filter map[string]string, write func(identity.AuditRecord) error,
) error {
	record := p.auditRecord(ctx, identity.Change{Action: identity.ActionAuditExported, Before: filter}, identity.OutcomeBegun)
	return p.store.exportAudit(ctx, p.AuditLog().All(ctx, q), record, write)
}

// AuditLog is the platform's own log.
func (p *Platform) AuditLog() *AuditLog { return p.store.PlatformAuditLog(p.opened) }

func (s *Store) exportAudit(
	ctx context.Context, all iter.Seq2[identity.AuditRecord, error], record identity.AuditRecord,
	write func(identity.AuditRecord) error,
) error {
	// The first page is read before the export is on record, so that an export
	// does not contain itself.
	next, stop := iter.Pull2(all)
	defer stop()
	r, failure, more := next()
	if failure != nil {
		return failure
	}
	if err := s.write(ctx, func(tx *transaction) error { return tx.audit(ctx, &record) }); err != nil {
		return fmt.Errorf("record an export: %w", err)
	}
	written := 0
	for more && failure == nil {
		if failure = write(r); failure != nil {
			failure = fmt.Errorf("write an export: %w", failure)
			break
		}
		written++
		r, failure, more = next()
	}
	outcome := identity.OutcomeDone
	if failure != nil {
		outcome = identity.OutcomeFailed
	}
	after := maps.Clone(record.After)
	if after == nil {
		after = make(map[string]string)
	}
	after["records"] = strconv.Itoa(written)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err := s.write(ctx, func(tx *transaction) error {
		if _, err := tx.AmendBegunRecord(ctx, query.AmendBegunRecordParams{
			OrganizationID: string(record.Organization), ID: record.ID, AfterValues: auditValues(after),
		}); err != nil {
			return err
		}
		return tx.closeRecord(ctx, string(record.Organization), record.ID, outcome)
	})
	if err != nil {
		err = fmt.Errorf("close the record of an export: %w", err)
	}
	return errors.Join(failure, err)
}
