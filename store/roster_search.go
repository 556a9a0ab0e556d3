package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// A roster is read by SQL put together here and not by sqlc: its orders,
// directions and filters make some fifty statements, and search is SQLite's
// FTS5. Every one of them names organization_id; a test explains them all and
// finds no sorting of a whole roster.

const (
	// maxSearchWords and maxSearchWord bound what somebody types: nobody has more
	// names, and longer words match nothing.
	maxSearchWords = 8
	maxSearchWord  = 64
	maxSearch      = 1024 // bytes
	// fewMatches are sorted in memory; more are met on a walk along the index of
	// the order.
	fewMatches = 1000
)

// rosterPlan is a query of a roster that was understood.
type rosterPlan struct {
	organization string
	sort         RosterSort
	role         identity.Role
	state        identity.RoleAssignmentState
	words        []string // to search for
	matching     string   // the FTS5 query for them
	after        *rosterKey
	backwards    bool // towards the beginning
	limit        int
}

// rosterKeyed is a row with its place.
type rosterKeyed struct {
	row RosterRow
	key rosterKey
}

func (o *Organization) planRoster(q RosterQuery) (rosterPlan, error) {
	p := rosterPlan{organization: o.id, sort: q.Sort, role: q.Role, state: q.State, limit: limitOf(q.Limit)}
	switch p.sort {
	case "":
		p.sort = SortName
	case SortName, SortNameReversed, SortSeen, SortSeenReversed, SortRole:
	default:
		return rosterPlan{}, identity.Invalid("page.sort")
	}
	if p.role != "" && p.role.Rank() == 0 {
		return rosterPlan{}, identity.Invalid("page.role")
	}
	switch p.state {
	case "", identity.AssignmentActive, identity.AssignmentSuspended:
	default:
		return rosterPlan{}, identity.Invalid("page.state")
	}
	var err error
	if q.Before != "" {
		p.backwards = true
		p.after, err = o.openCursor(p.sort, q.Before)
	} else {
		p.after, err = o.openCursor(p.sort, q.After)
	}
	if err != nil {
		return rosterPlan{}, err
	}
	p.words = searchWordsOf(q.Search)
	return p, nil
}

// searchWordsOf are the words to search for in what somebody typed.
func searchWordsOf(typed string) []string {
	var all []string
	for _, part := range strings.Fields(typed[:min(len(typed), maxSearch)]) {
		all = append(all, addressWords(part)...)
	}
	return all[:min(len(all), maxSearchWords)]
}

// match is the FTS5 query. code is written before every word in the index and
// keeps the search to the organization. Only letters and digits of what was
// typed get into it, each word in quotation marks: there is nothing to break out
// of.
func (p rosterPlan) match(code string) string {
	var terms []string
	if p.role != "" {
		terms = append(terms, fmt.Sprintf(`marks : "%sr%s"`, code, strings.ReplaceAll(string(p.role), "_", "")))
	}
	if p.state != "" {
		terms = append(terms, fmt.Sprintf(`marks : "%ss%s"`, code, p.state))
	}
	for _, word := range p.words {
		if r := []rune(word); len(r) > maxSearchWord {
			word = string(r[:maxSearchWord])
		}
		terms = append(terms, fmt.Sprintf(`words : "%s%s" *`, code, word))
	}
	return strings.Join(terms, " AND ")
}

// find prepares the search and answers how many match. An organization without
// a code has nobody.
func (p *rosterPlan) find(ctx context.Context, tx *sql.Tx) (int, error) {
	var code string
	err := tx.QueryRowContext(ctx, `SELECT printf('%06x', code) FROM search_codes WHERE organization_id = ?`, p.organization).Scan(&code)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	p.matching = p.match(code)
	var n int
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM roster_search WHERE roster_search MATCH ?`, p.matching).Scan(&n)
	return n, err
}

// statement is the SQL of the page and its arguments. total is how many match
// and people how many there are.
func (p rosterPlan) statement(total, people int) (string, []any) {
	var from, where strings.Builder
	args := []any{}
	index := p.index(total, people)
	switch {
	case len(p.words) == 0:
		fmt.Fprintf(&from, "role_assignments a INDEXED BY %s", index)
	case total <= fewMatches:
		from.WriteString("roster_search f CROSS JOIN role_assignments a ON a.row_id = f.rowid")
		where.WriteString("roster_search MATCH ? AND ")
		args = append(args, p.matching)
	default:
		fmt.Fprintf(&from, "role_assignments a INDEXED BY %s", index)
		where.WriteString("a.row_id IN (SELECT rowid FROM roster_search WHERE roster_search MATCH ?) AND ")
		args = append(args, p.matching)
	}
	where.WriteString("a.organization_id = ?")
	args = append(args, p.organization)
	if p.role != "" {
		where.WriteString(" AND a.role_order = ?")
		args = append(args, roleOrder(p.role))
	}
	if p.state != "" {
		// Not an argument: only so does SQLite use the index of the suspended.
		fmt.Fprintf(&where, " AND a.state = '%s'", p.state)
	}
	columns := p.columns()
	ascending := p.ascending()
	if p.after != nil {
		compare := ">"
		if !ascending {
			compare = "<"
		}
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
		fmt.Fprintf(&where, " AND (%s) %s (%s)", strings.Join(columns, ", "), compare, marks)
		if len(columns) == 3 {
			args = append(args, p.after.Order)
		}
		args = append(args, p.after.Name, p.after.User)
	}
	direction := " ASC"
	if !ascending {
		direction = " DESC"
	}
	order := strings.Join(columns, direction+", ") + direction
	args = append(args, p.limit+1)
	return `SELECT a.user_id, a.id, a.roles, a.state, a.created_us, a.changed_us, a.sort_name, a.last_seen_us, a.role_order,
	COALESCE(u.organization_id, ''), COALESCE(u.user_name, ''), COALESCE(u.given_name, ''), COALESCE(u.family_name, ''),
	COALESCE(u.address, ''), COALESCE(u.address_verified, FALSE), COALESCE(u.language, ''), COALESCE(u.state, ''),
	COALESCE(u.created_us, 0)
FROM ` + from.String() + `
LEFT JOIN users u ON u.id = a.user_id
WHERE ` + where.String() + `
ORDER BY ` + order + `
LIMIT ?`, args
}

// columns is what the order compares.
func (p rosterPlan) columns() []string {
	switch p.sort {
	case SortSeen, SortSeenReversed:
		return []string{"a.last_seen_us", "a.sort_name", "a.user_id"}
	case SortRole:
		return []string{"a.role_order", "a.sort_name", "a.user_id"}
	}
	return []string{"a.sort_name", "a.user_id"}
}

// ascending is the direction in which rows are read.
func (p rosterPlan) ascending() bool {
	return (p.sort != SortNameReversed && p.sort != SortSeenReversed) != p.backwards
}

// index is the one that holds the wanted people in the wanted order, or, where
// few are wanted, holds just them.
func (p rosterPlan) index(total, people int) string {
	bySeen := p.sort == SortSeen || p.sort == SortSeenReversed
	few := total <= fewMatches && total < people/8
	switch {
	case p.state == identity.AssignmentSuspended && (few || !bySeen && p.sort != SortRole):
		return "role_assignments_suspended"
	case p.sort == SortRole, p.role != "" && (few || !bySeen):
		return "role_assignments_by_role"
	case bySeen:
		return "role_assignments_by_seen"
	}
	return "role_assignments_by_name"
}

func (p rosterPlan) rows(ctx context.Context, tx *sql.Tx, total, people int) ([]rosterKeyed, error) {
	statement, args := p.statement(total, people)
	found, err := tx.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	rows := make([]rosterKeyed, 0, p.limit+1)
	for found.Next() {
		var (
			r                      rosterKeyed
			roles                  string
			created, changed, seen int64
			order, userCreated     int64
			u                      = &r.row.User
			a                      = &r.row.Assignment
		)
		if err := found.Scan(&u.ID, &a.ID, &roles, &a.State, &created, &changed, &r.key.Name, &seen, &order,
			&u.Home, &u.UserName, &u.GivenName, &u.FamilyName, &u.Address, &u.AddressVerified, &u.Language, &u.State,
			&userCreated); err != nil {
			return nil, err
		}
		a.User, a.Organization, a.Roles = u.ID, identity.OrganizationID(p.organization), parseRoles(roles)
		a.CreatedAt, a.ChangedAt = moment(created), moment(changed)
		u.LastSeenAt, u.CreatedAt = moment(seen), moment(userCreated)
		nameless(u)
		r.key.User = string(u.ID)
		switch p.sort {
		case SortSeen, SortSeenReversed:
			r.key.Order = seen
		case SortRole:
			r.key.Order = order
		}
		rows = append(rows, r)
	}
	return rows, found.Err()
}
