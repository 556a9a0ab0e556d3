package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// A page of the audit log is read by SQL put together here and not by sqlc, as
// that of a roster is. Every statement names the organization or the home; a
// test explains them all and finds no sorting and no walk past other homes.

// auditPlan is a query of a log that was understood.
type auditPlan struct {
	scope       auditScope
	match       string // the FTS5 query; empty: an index has the order
	query       AuditQuery
	first, last int64 // row_ids
	upwards     bool  // towards newer ones
	limit       int
}

func (l *AuditLog) plan(ctx context.Context, q AuditQuery) (auditPlan, error) {
	p := auditPlan{scope: l.scope, query: q, limit: limitOf(q.Limit)}
	if q.Limit == exportPage {
		p.limit = exportPage
	}
	var err error
	if p.first, p.last, p.upwards, err = q.rowSpan(); err != nil {
		return auditPlan{}, err
	}
	switch q.Source {
	case "", identity.SourcePortal, identity.SourceZitadel:
	default:
		return auditPlan{}, identity.Invalid("page.filter")
	}
	switch q.Outcome {
	case "", identity.OutcomeBegun, identity.OutcomeDone, identity.OutcomeFailed, identity.OutcomeUnknown:
	default:
		return auditPlan{}, identity.Invalid("page.filter")
	}
	p.match, err = p.matching(ctx, l.store.reader)
	return p, err
}

// noMatch is an FTS5 query that nothing matches: no code has this form.
const noMatch = `"nothing"`

// matching is the FTS5 query, or empty where nothing of it would be.
func (p auditPlan) matching(ctx context.Context, db *sql.DB) (string, error) {
	q := p.query
	actions := q.Actions
	if q.Action != "" {
		actions = append([]identity.Action{q.Action}, actions...)
	}
	searched := strings.TrimSpace(q.Text) != ""
	if q.Person == "" && q.Target == "" && len(actions) == 0 && q.Source == "" && !searched {
		return "", nil
	}
	organization, err := searchCode(ctx, db, p.scope.id)
	if err != nil {
		return "", err
	}
	var alternatives []string
	for _, id := range p.scope.homes {
		home, err := searchCode(ctx, db, id)
		if err != nil {
			return "", err
		}
		if home == "" || organization == "" {
			continue // nothing was ever recorded
		}
		var terms []string
		mark := func(kind, token string) string { return `"` + home + kind + token + `"` }
		if !p.scope.chain {
			terms = append(terms, mark(tokenOrganization, organization))
		}
		for _, person := range []string{q.Person, q.Target} {
			if person != "" {
				terms = append(terms, mark(tokenPerson, plain(person)))
			}
		}
		if len(actions) > 0 {
			any := make([]string, len(actions))
			for i, action := range actions {
				any[i] = mark(tokenAction, plain(string(action)))
			}
			terms = append(terms, "("+strings.Join(any, " OR ")+")")
		}
		if q.Source != "" {
			terms = append(terms, mark(tokenSource, string(q.Source)))
		}
		typed, err := auditTerms(ctx, db, id, home, q.Text)
		if err != nil {
			return "", err
		}
		if searched && len(typed) == 0 {
			continue // nothing but signs was typed
		}
		alternatives = append(alternatives, "("+strings.Join(append(terms, typed...), " AND ")+")")
	}
	if len(alternatives) == 0 {
		return noMatch, nil
	}
	return strings.Join(alternatives, " OR "), nil
}

// statement is the SQL of the page and its arguments.
func (p auditPlan) statement() (string, []any) {
	var from string
	var where []string
	var args []any
	when := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	q := p.query
	undone := q.Outcome != "" && q.Outcome != identity.OutcomeDone
	row, column := "r.row_id", "r.organization_id"
	if p.scope.chain {
		column = "r.home_id"
	}
	switch {
	case p.match != "":
		from, row = "audit_search f CROSS JOIN audit_records r ON r.row_id = f.rowid", "f.rowid"
		when("audit_search MATCH ?", p.match)
	case p.scope.chain && undone:
		from = "audit_records r INDEXED BY audit_records_undone"
	case p.scope.chain:
		from = "audit_records r INDEXED BY audit_records_by_home"
	default:
		from = "audit_records r INDEXED BY audit_records_by_organization"
	}
	when(column+" = ?", p.scope.id)
	when(row+" >= ?", p.first)
	when(row+" <= ?", p.last)
	if q.Person != "" {
		when("(r.actor_id = ? OR r.target = ?)", q.Person, q.Person)
	}
	if q.Target != "" {
		when("r.target = ?", q.Target)
	}
	if q.Outcome != "" {
		when("r.outcome = ?", string(q.Outcome))
	}
	if undone {
		when("r.outcome <> 'done'") // said once more: only so does SQLite use the index of those
	}
	if len(q.Except) > 0 {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(q.Except)), ", ")
		values := make([]any, len(q.Except))
		for i, action := range q.Except {
			values[i] = string(action)
		}
		when("r.action NOT IN ("+marks+")", values...)
	}
	direction := "DESC"
	if p.upwards {
		direction = "ASC"
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s %s LIMIT ?",
		auditColumns, from, strings.Join(where, " AND "), row, direction), append(args, p.limit+1)
}

// auditColumns are those of a record, in the order in which they are scanned.
const auditColumns = `r.row_id, r.organization_id, r.home_id, r.id, r.at_us, r.actor_id, r.actor_name, r.actor_role, r.action,
	r.target, r.target_name, r.before_values, r.after_values, r.request_id, r.client_address, r.device, r.source,
	r.outcome, r.closed_us, r.event_type, r.event_aggregate, r.event_sequence, r.position, r.number, r.hash`

func (p auditPlan) rows(ctx context.Context, db *sql.DB) ([]query.AuditRecord, error) {
	statement, args := p.statement()
	found, err := db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	var rows []query.AuditRecord
	for found.Next() {
		var r query.AuditRecord
		if err := found.Scan(&r.RowID, &r.OrganizationID, &r.HomeID, &r.ID, &r.AtUs, &r.ActorID, &r.ActorName, &r.ActorRole,
			&r.Action, &r.Target, &r.TargetName, &r.BeforeValues, &r.AfterValues, &r.RequestID, &r.ClientAddress, &r.Device,
			&r.Source, &r.Outcome, &r.ClosedUs, &r.EventType, &r.EventAggregate, &r.EventSequence, &r.Position, &r.Number,
			&r.Hash); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, found.Err()
}
