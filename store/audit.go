package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
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
// after it. Only change and act are there always.
type making struct {
	change identity.Change
	begin  func(*transaction) error // with the begun record; an error stops all
	act    func(context.Context) ([]identity.Fact, error)
	done   func(*transaction) error // with the closed record
	failed func(*transaction) error // with the record of a failure
}

func (o *Organization) make(ctx context.Context, m making) error {
	record := o.auditRecord(ctx, m.change, identity.OutcomeBegun)
	err := o.store.write(ctx, func(tx *transaction) error {
		if m.begin != nil {
			if err := m.begin(tx); err != nil {
				return err
			}
		}
		return tx.audit(ctx, &record)
	})
	if err != nil {
		return fmt.Errorf("record %s: %w", m.change.Action, err)
	}
	facts, failure := m.act(ctx)
	outcome, last := identity.OutcomeDone, m.done
	if failure != nil {
		outcome, last = identity.OutcomeFailed, m.failed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err = o.store.write(ctx, func(tx *transaction) error {
		if err := tx.applyFacts(ctx, facts); err != nil {
			return fmt.Errorf("apply facts: %w", err)
		}
		if last != nil {
			if err := last(tx); err != nil {
				return err
			}
		}
		_, err := tx.CloseAuditRecord(ctx, query.CloseAuditRecordParams{
			OrganizationID: o.id, ID: record.ID, Outcome: string(outcome), NowUs: tx.now,
		})
		return err
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
	return tx.audit(ctx, &record)
}

func (o *Organization) auditRecord(
	ctx context.Context, change identity.Change, outcome identity.Outcome,
) identity.AuditRecord {
	request := identity.RequestFrom(ctx)
	return identity.AuditRecord{
		Organization: o.opened.ID(), Actor: o.opened.Actor(), ActorRole: o.opened.Role(),
		Action: change.Action, Target: change.Target, TargetName: change.TargetName,
		Before: change.Before, After: change.After, RequestID: request.ID, Address: request.Address,
		Source: identity.SourcePortal, Outcome: outcome,
	}
}

// audit writes a record, and gives it an ID and a time if it has none.
func (tx *transaction) audit(ctx context.Context, r *identity.AuditRecord) error {
	if r.ID == "" {
		r.ID = newID(tx.now)
	}
	if r.At.IsZero() {
		r.At = moment(tx.now)
	}
	var closed int64
	if r.Outcome != identity.OutcomeBegun {
		closed = tx.now
	}
	err := tx.InsertAuditRecord(ctx, query.InsertAuditRecordParams{
		OrganizationID: string(r.Organization), ID: r.ID, AtUs: micros(r.At),
		ActorID: string(r.Actor.User), ActorName: r.Actor.Name, ActorRole: string(r.ActorRole),
		Action: string(r.Action), Target: r.Target, TargetName: r.TargetName,
		BeforeValues: auditValues(r.Before), AfterValues: auditValues(r.After),
		RequestID: r.RequestID, ClientAddress: r.Address,
		Source: string(r.Source), Outcome: string(r.Outcome), ClosedUs: closed,
	})
	if err != nil {
		return fmt.Errorf("write audit record: %w", err)
	}
	return nil
}

// auditValues are the texts of a record as JSON; none are an empty text.
func auditValues(values map[string]string) string {
	if len(values) == 0 {
		return ""
	}
	text, _ := json.Marshal(values) // a map of texts always can be
	return string(text)
}

// AuditQuery selects records.
type AuditQuery struct {
	Target string          // about this user, invitation, …; empty: all
	Action identity.Action // empty: all
	Before string          // a page's Next
	Limit  int             // 50 if 0
}

// AuditPage is a page of records, newest first.
type AuditPage struct {
	Records []identity.AuditRecord
	Next    string // empty on the last page
}

// Audit lists what was done in the organization, newest first.
func (o *Organization) Audit(ctx context.Context, q AuditQuery) (AuditPage, error) {
	before, err := parseTimeCursor(q.Before)
	if err != nil {
		return AuditPage{}, err
	}
	limit := limitOf(q.Limit)
	var rows []query.AuditRecord
	if q.Target != "" {
		rows, err = o.store.read().AuditRecordsOfTarget(ctx, query.AuditRecordsOfTargetParams{
			OrganizationID: o.id, Target: q.Target, Action: string(q.Action),
			BeforeUs: before.us, BeforeID: before.id, MaxRows: int64(limit) + 1,
		})
	} else {
		rows, err = o.store.read().AuditRecords(ctx, query.AuditRecordsParams{
			OrganizationID: o.id, Action: string(q.Action),
			BeforeUs: before.us, BeforeID: before.id, MaxRows: int64(limit) + 1,
		})
	}
	if err != nil {
		return AuditPage{}, fmt.Errorf("list audit records: %w", translate(err))
	}
	var page AuditPage
	for i, row := range rows {
		if i == limit {
			page.Next = timeCursor{us: rows[i-1].AtUs, id: rows[i-1].ID}.String()
			break
		}
		record, err := auditRecordOf(row)
		if err != nil {
			return AuditPage{}, err
		}
		page.Records = append(page.Records, record)
	}
	return page, nil
}

func auditRecordOf(row query.AuditRecord) (identity.AuditRecord, error) {
	r := identity.AuditRecord{
		ID: row.ID, Organization: identity.OrganizationID(row.OrganizationID), At: moment(row.AtUs),
		Actor:     identity.Actor{User: identity.UserID(row.ActorID), Name: row.ActorName},
		ActorRole: identity.Role(row.ActorRole), Action: identity.Action(row.Action),
		Target: row.Target, TargetName: row.TargetName, RequestID: row.RequestID, Address: row.ClientAddress,
		Source: identity.Source(row.Source), Outcome: identity.Outcome(row.Outcome),
	}
	for text, values := range map[string]*map[string]string{row.BeforeValues: &r.Before, row.AfterValues: &r.After} {
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), values); err != nil {
			return identity.AuditRecord{}, fmt.Errorf("read audit record %s: %w", row.ID, err)
		}
	}
	return r, nil
}
