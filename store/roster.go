package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// RosterSort is an order of a roster.
type RosterSort string

// The orders of a roster. A leading hyphen turns one round.
const (
	SortName         RosterSort = "name"
	SortNameReversed RosterSort = "-name"
	SortSeen         RosterSort = "seen"  // those longest away first, who never came before all
	SortSeenReversed RosterSort = "-seen" // those seen last first
	SortRole         RosterSort = "role"  // the highest first, each by name
)

// RosterQuery selects people of a roster.
type RosterQuery struct {
	// Search are words, each the beginning of a word of the given name, the
	// family name, the user name or the address. Accents and capitals make no
	// difference.
	Search string
	Role   identity.Role                // the highest one; empty: all
	State  identity.RoleAssignmentState // empty: all
	Sort   RosterSort                   // empty: by name
	After  string                       // a page's Next; at most one of the two
	Before string                       // a page's Previous
	Limit  int                          // 50 if 0
}

// RosterPage is a page of a roster.
type RosterPage struct {
	Rows           []RosterRow
	Next, Previous string // empty at the ends
	Total          int    // that match
	Counts         RosterCounts
}

// RosterRow is somebody on a roster.
type RosterRow struct {
	User       identity.User
	Assignment identity.RoleAssignment
	Guest      bool // at home elsewhere than people who are created here
}

// RosterCounts are figures of the whole roster, whatever the query.
type RosterCounts struct {
	Roles     map[identity.Role]int // by highest role, the suspended among them
	Suspended int
}

// People is how many there are.
func (c RosterCounts) People() int {
	var n int
	for _, people := range c.Roles {
		n += people
	}
	return n
}

// Roster is a page of the people who hold roles in the organization itself.
func (o *Organization) Roster(ctx context.Context, q RosterQuery) (RosterPage, error) {
	plan, err := o.planRoster(q)
	if err != nil {
		return RosterPage{}, err
	}
	// One transaction, so that figures and rows are of the same moment.
	tx, err := o.store.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return RosterPage{}, fmt.Errorf("read roster: %w", translate(err))
	}
	defer func() { _ = tx.Rollback() }() // it wrote nothing

	counted, err := query.New(tx).RosterCounts(ctx, o.id)
	if err != nil {
		return RosterPage{}, fmt.Errorf("count roster: %w", translate(err))
	}
	page := RosterPage{Counts: RosterCounts{Roles: make(map[identity.Role]int)}}
	for _, c := range counted {
		page.Counts.Roles[identity.Role(c.Role)] += int(c.People)
		if c.State == string(identity.AssignmentSuspended) {
			page.Counts.Suspended += int(c.People)
		}
		if (q.Role == "" || q.Role == identity.Role(c.Role)) && (q.State == "" || string(q.State) == c.State) {
			page.Total += int(c.People)
		}
	}
	if len(plan.words) > 0 {
		if page.Total, err = plan.find(ctx, tx); err != nil {
			return RosterPage{}, fmt.Errorf("search roster: %w", translate(err))
		}
	}
	if page.Total == 0 {
		return page, nil
	}
	rows, err := plan.rows(ctx, tx, page.Total, page.Counts.People())
	if err != nil {
		return RosterPage{}, fmt.Errorf("list roster: %w", translate(err))
	}
	return page, o.cut(&page, plan, rows)
}

// cut makes a page of the rows that were read: one more than it shows, to know
// whether there are further ones, and from its end backwards if the page before
// another one was asked for.
func (o *Organization) cut(page *RosterPage, plan rosterPlan, rows []rosterKeyed) error {
	more := len(rows) > plan.limit
	if more {
		rows = rows[:plan.limit]
	}
	if plan.backwards {
		slices.Reverse(rows)
	}
	home := o.opened.Organization().Home()
	for _, row := range rows {
		row.row.Guest = row.row.User.Home != "" && row.row.User.Home != home
		page.Rows = append(page.Rows, row.row)
	}
	if len(rows) == 0 {
		return nil
	}
	hasNext, hasPrevious := more, plan.after != nil
	if plan.backwards {
		hasNext, hasPrevious = true, more
	}
	var err error
	if hasNext {
		if page.Next, err = o.sealCursor(plan.sort, rows[len(rows)-1].key); err != nil {
			return err
		}
	}
	if hasPrevious {
		if page.Previous, err = o.sealCursor(plan.sort, rows[0].key); err != nil {
			return err
		}
	}
	return nil
}
