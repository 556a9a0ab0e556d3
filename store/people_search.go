package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// The list of a school's people is read by SQL put together here, as rosters
// are: see roster_search.go. What people are filtered by is one column of bits,
// and how many there are of each combination is kept: so a filter is counted
// without reading a person, and it is known beforehand whether to look for few
// by their bits or to walk along the names until a page is full.

const (
	peopleOrder RosterSort = "people" // of their cursors
	// countedMost bounds how far a search with filters is counted.
	countedMost = 2000
	// fewFacets bounds how many combinations a list of few is looked for by.
	fewFacets = 64
	// fewToRead are read one by one, each with its words, where a search finds
	// more than that and the filter lets few through.
	fewToRead = 3000
)

// peoplePlan is a query of a school's people that was understood.
type peoplePlan struct {
	organization string
	filter       facetFilter
	classroom    string
	words        []string
	after        *rosterKey
	reversed     bool
	backwards    bool
	limit        int

	// What find learned.
	matching string  // the FTS5 query
	found    int     // by words alone
	filtered int     // by facets alone
	combined []int64 // the combinations that the filter lets through
}

// personKeyed is a row with its place.
type personKeyed struct {
	person identity.SchoolPerson
	key    rosterKey
}

func (o *Organization) planPeople(q PeopleQuery) (peoplePlan, error) {
	p := peoplePlan{
		organization: o.id, classroom: string(q.Classroom), words: searchWordsOf(q.Search),
		reversed: q.Reversed, limit: limitOf(q.Limit),
	}
	var err error
	if p.filter, err = q.filter(); err != nil {
		return peoplePlan{}, err
	}
	cursor := q.After
	if q.Before != "" {
		p.backwards, cursor = true, q.Before
	}
	p.after, err = o.openCursor(peopleOrder, cursor)
	return p, err
}

// find counts who matches, and learns on the way how to read them.
func (p *peoplePlan) find(ctx context.Context, tx *sql.Tx) (total int, more bool, err error) {
	counted, err := query.New(tx).PeopleCounts(ctx, p.organization)
	if err != nil {
		return 0, false, err
	}
	for _, c := range counted {
		if p.filter.matches(facets(c.Facets)) {
			p.filtered += int(c.People)
			p.combined = append(p.combined, c.Facets)
		}
	}
	if p.filtered == 0 || len(p.words) == 0 && p.classroom == "" {
		return p.filtered, false, nil
	}
	if len(p.words) > 0 {
		if err := p.search(ctx, tx); err != nil || p.found == 0 {
			return 0, false, err
		}
		if p.classroom == "" && !p.filter.filters() {
			return p.found, false, nil
		}
	}
	from, where, args := p.source()
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM `+from+` WHERE `+where+` LIMIT ?)`,
		append(args, countedMost+1)...).Scan(&total)
	return min(total, countedMost), total > countedMost, err
}

// search prepares the search for words and counts what it finds.
func (p *peoplePlan) search(ctx context.Context, tx *sql.Tx) error {
	var code string
	err := tx.QueryRowContext(ctx, `SELECT printf('%06x', code) FROM search_codes WHERE organization_id = ?`, p.organization).Scan(&code)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	p.matching = rosterPlan{words: p.words}.match(code)
	return tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM people_search WHERE people_search MATCH ?`, p.matching).Scan(&p.found)
}

// source is what is read, without its order: from, where and arguments.
func (p peoplePlan) source() (from, where string, args []any) {
	var conditions []string
	add := func(condition string, values ...any) {
		conditions, args = append(conditions, condition), append(args, values...)
	}
	searched := false
	switch {
	case p.classroom != "":
		// A classroom is few people, in the order of their names already.
		from = "role_assignments a INDEXED BY role_assignments_by_name CROSS JOIN people p ON p.user_id = a.user_id AND p.organization_id = ?"
		args = append(args, p.organization)
		add("a.organization_id = (SELECT o.id FROM organizations o WHERE o.id = ? AND o.school_id = ? AND o.kind = 'classroom')",
			p.classroom, p.organization)
	case len(p.words) > 0 && p.found <= fewMatches:
		from, searched = "people_search f CROSS JOIN people p ON p.row_id = f.rowid", true
		add("people_search MATCH ?", p.matching)
	case p.few(), p.thin():
		from = "people p INDEXED BY people_by_facets"
	default:
		from = "people p INDEXED BY people_by_name"
	}
	add("p.organization_id = ?", p.organization)
	switch {
	case len(p.words) == 0 || searched:
	case p.thin():
		for _, word := range p.words {
			add("instr((SELECT ' ' || w.search_words FROM users w WHERE w.id = p.user_id), ?) > 0", " "+word)
		}
	default:
		add("p.row_id IN (SELECT rowid FROM people_search WHERE people_search MATCH ?)", p.matching)
	}
	if p.few() || p.thin() {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(p.combined)), ", ")
		values := make([]any, len(p.combined))
		for i, c := range p.combined {
			values[i] = c
		}
		add("p.facets IN ("+marks+")", values...)
	} else {
		// Not arguments: they are numbers of ours.
		if p.filter.all != 0 {
			add(fmt.Sprintf("p.facets & %d = %d", p.filter.all, p.filter.all))
		}
		if p.filter.none != 0 {
			add(fmt.Sprintf("p.facets & %d = 0", p.filter.none))
		}
		if p.filter.any != 0 {
			add(fmt.Sprintf("p.facets & %d <> 0", p.filter.any))
		}
	}
	return from, strings.Join(conditions, " AND "), args
}

// few reports whether the filter lets so few through that they are looked for by
// their facets.
func (p peoplePlan) few() bool {
	return p.filter.filters() && p.filtered <= fewMatches && len(p.combined) <= fewFacets
}

// thin reports whether the filter leaves few of the many that a search finds.
func (p peoplePlan) thin() bool {
	return p.classroom == "" && len(p.words) > 0 && p.filter.filters() &&
		p.found > fewMatches && p.filtered <= fewToRead && len(p.combined) <= fewFacets
}

// statement is the SQL of the page and its arguments.
func (p peoplePlan) statement() (string, []any) {
	from, where, args := p.source()
	name, user := "p.sort_name", "p.user_id"
	if p.classroom != "" {
		name, user = "a.sort_name", "a.user_id" // the same, in the index that is read
	}
	compare, direction := ">", " ASC"
	if p.reversed != p.backwards {
		compare, direction = "<", " DESC"
	}
	if p.after != nil {
		where += fmt.Sprintf(" AND (%s, %s) %s (?, ?)", name, user, compare)
		args = append(args, p.after.Name, p.after.User)
	}
	return `SELECT p.user_id, p.facets, p.classrooms, p.sort_name,
	COALESCE(u.organization_id, ''), COALESCE(u.user_name, ''), COALESCE(u.given_name, ''), COALESCE(u.family_name, ''),
	COALESCE(u.address, ''), COALESCE(u.address_verified, FALSE), COALESCE(u.language, ''), COALESCE(u.state, ''),
	COALESCE(u.last_seen_us, 0), COALESCE(u.created_us, 0)
FROM ` + from + `
LEFT JOIN users u ON u.id = p.user_id
WHERE ` + where + `
ORDER BY ` + name + direction + `, ` + user + direction + `
LIMIT ?`, append(args, p.limit+1)
}

func (p peoplePlan) rows(ctx context.Context, tx *sql.Tx) ([]personKeyed, error) {
	statement, args := p.statement()
	found, err := tx.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	rows := make([]personKeyed, 0, p.limit+1)
	for found.Next() {
		var (
			r             personKeyed
			of            facets
			seen, created int64
			u             = &r.person.User
		)
		if err := found.Scan(&u.ID, &of, &r.person.Classrooms, &r.key.Name,
			&u.Home, &u.UserName, &u.GivenName, &u.FamilyName, &u.Address, &u.AddressVerified, &u.Language, &u.State,
			&seen, &created); err != nil {
			return nil, err
		}
		r.person.Roles, r.person.State, r.person.Credentials = of.roles(), of.state(), of.credentials()
		r.person.Guest = of&facetGuest != 0
		u.LastSeenAt, u.CreatedAt = moment(seen), moment(created)
		nameless(u)
		r.key.User = string(u.ID)
		rows = append(rows, r)
	}
	return rows, found.Err()
}
