package store

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// AuditQuery selects records. Everything that is set must be so.
type AuditQuery struct {
	Person  string            // who acted, or whom or what it was done to, by ID
	Target  string            // whom or what it was done to alone
	Action  identity.Action   // this one
	Actions []identity.Action // one of these
	Except  []identity.Action // none of these
	Since   time.Time
	Until   time.Time // exclusive
	Source  identity.Source
	Outcome identity.Outcome
	// Text is words, all of which the record has in it: of names, the
	// organization's too, values, the address, the request's ID, the action and the
	// event's type. A word of three letters or more may be the beginning of one.
	Text   string
	Before string // older than this: a page's Next
	After  string // newer than this: a page's Previous
	Limit  int    // 50 if 0
}

// AuditPage is a page of records, newest first.
type AuditPage struct {
	Records  []identity.AuditRecord
	Next     string // towards older ones; empty on the last page
	Previous string // towards newer ones; empty on the first page
}

// AuditLog is what one may read of the audit log: a classroom's records, a
// school's with those of its classrooms, or the platform's own.
type AuditLog struct {
	store *Store
	scope auditScope
}

// auditScope is whose records a log is made of.
type auditScope struct {
	id    string
	homes []string // whose chains they can be part of
	chain bool     // all of the chain of id, which is a home
}

// AuditLog is the log of the organization: of a school with all its classrooms,
// of a classroom by itself.
func (o *Organization) AuditLog() *AuditLog {
	organization := o.opened.Organization()
	scope := auditScope{id: o.id, homes: []string{o.id}, chain: organization.Kind == identity.KindSchool}
	if home := string(organization.Home()); home != o.id {
		scope.homes = append(scope.homes, home) // since the school took it in, if it stood alone before
	}
	return &AuditLog{store: o.store, scope: scope}
}

// PlatformAuditLog is the log of the platform itself, for its operators.
func (s *Store) PlatformAuditLog(identity.OpenedPlatform) *AuditLog {
	id := string(s.operators)
	return &AuditLog{store: s, scope: auditScope{id: id, homes: []string{id}, chain: true}}
}

// Audit is a page of the organization's log.
func (o *Organization) Audit(ctx context.Context, q AuditQuery) (AuditPage, error) {
	return o.AuditLog().Page(ctx, q)
}

// Page lists records, newest first. What a cursor was not made for is invalid
// ("page.cursor").
func (l *AuditLog) Page(ctx context.Context, q AuditQuery) (AuditPage, error) {
	p, err := l.plan(ctx, q)
	if err != nil {
		return AuditPage{}, fmt.Errorf("list audit records: %w", translate(err))
	}
	rows, err := p.rows(ctx, l.store.reader)
	if err != nil {
		return AuditPage{}, fmt.Errorf("list audit records: %w", translate(err))
	}
	more := len(rows) > p.limit
	rows = rows[:min(len(rows), p.limit)]
	if p.upwards {
		slices.Reverse(rows)
	}
	var page AuditPage
	if page.Records, err = auditRecordsOf(rows); err != nil {
		return AuditPage{}, err
	}
	if len(rows) > 0 {
		newest, oldest := auditCursor(rows[0].RowID), auditCursor(rows[len(rows)-1].RowID)
		if more && !p.upwards || p.upwards {
			page.Next = oldest
		}
		if more && p.upwards || q.Before != "" {
			page.Previous = newest
		}
	}
	return page, nil
}

// Record is one record by its ID; not found ("audit.not-found") where the log
// has none.
func (l *AuditLog) Record(ctx context.Context, id string) (identity.AuditRecord, error) {
	var row query.AuditRecord
	var err error
	if l.scope.chain {
		row, err = l.store.read().AuditRecordOfHome(ctx, query.AuditRecordOfHomeParams{OrganizationID: l.scope.id, ID: id})
	} else {
		row, err = l.store.read().AuditRecordIn(ctx, query.AuditRecordInParams{OrganizationID: l.scope.id, ID: id})
	}
	if err != nil {
		return identity.AuditRecord{}, fmt.Errorf("load audit record: %w", orNotFound(err, identity.NotFound("audit.not-found")))
	}
	return auditRecordOf(row)
}

// exportPage is how many records [AuditLog.All] reads at a time. No transaction
// stays open in between: a reader as slow as a phone would hold back the
// database's clean-up.
const exportPage = 500

// All goes through every record that q selects, newest first, page by page and
// however many there are. What is recorded meanwhile is newer and not among
// them. q's cursors and its limit mean nothing here.
func (l *AuditLog) All(ctx context.Context, q AuditQuery) iter.Seq2[identity.AuditRecord, error] {
	q.After, q.Limit = "", exportPage
	return pageByPage(func(before string) ([]identity.AuditRecord, string, error) {
		q.Before = before
		page, err := l.Page(ctx, q)
		return page.Records, page.Next, err
	})
}

// auditCursor is a place in a log. It tells when a record was begun, which the
// page tells as well.
func auditCursor(row int64) string { return strconv.FormatInt(row, 36) }

func parseAuditCursor(text string) (int64, error) {
	row, err := strconv.ParseInt(text, 36, 64)
	if err != nil {
		return 0, errCursor()
	}
	return row, nil
}

// rowSpan are the row_ids that a query's times and cursors leave: first to last,
// both among them.
func (q AuditQuery) rowSpan() (first, last int64, upwards bool, err error) {
	first, last = 0, math.MaxInt64
	if !q.Since.IsZero() {
		first = max(first, micros(q.Since)*rowsPerMicrosecond)
	}
	if !q.Until.IsZero() {
		last = micros(q.Until)*rowsPerMicrosecond - 1
	}
	if q.After != "" {
		after, err := parseAuditCursor(q.After)
		return max(first, after+1), last, true, err
	}
	if q.Before != "" {
		before, err := parseAuditCursor(q.Before)
		return first, min(last, before-1), false, err
	}
	return first, last, false, nil
}
