package views

import (
	"context"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// RosterQuery is what a roster page shows: the part of its URL that people
// choose.
type RosterQuery struct {
	Search string
	Role   identity.Role
	State  identity.RoleAssignmentState
	Sort   string // as in RosterSorts; empty is by name
	After  string // cursor of the page before; at most one of the two
	Before string
}

// Params are the query as parameters of a URL or hidden fields of a form, without
// the page.
func (q RosterQuery) Params() []Param {
	return []Param{{"q", q.Search}, {"role", string(q.Role)}, {"state", string(q.State)}, {"sort", q.Sort}}
}

// here are the query and the page.
func (q RosterQuery) here() []Param {
	return append(q.Params(), Param{"after", q.After}, Param{"before", q.Before})
}

// Path is the roster's URL with the query and the page.
func (q RosterQuery) Path(organization identity.OrganizationID) string {
	return WithQuery(RosterPath(organization), q.here()...)
}

// filtered reports whether the query leaves anybody out.
func (q RosterQuery) filtered() bool { return q.Search != "" || q.Role != "" || q.State != "" }

// The orders of a roster. A leading hyphen turns one round.
const (
	SortName         = "name"
	SortNameReversed = "-name"
	SortSeen         = "seen" // those longest away first
	SortSeenReversed = "-seen"
	SortRole         = "role"
)

// RosterSorts lists the orders of a roster.
var RosterSorts = []string{SortName, SortNameReversed, SortSeenReversed, SortSeen, SortRole}

// RosterPerson is a row of the roster.
type RosterPerson struct {
	User       identity.User
	Assignment identity.RoleAssignment
	Guest      bool // at home elsewhere
}

// RosterCounts are those of the whole roster, whatever the query.
type RosterCounts struct {
	Roles     map[identity.Role]int
	Suspended int
}

// People is how many there are.
func (c RosterCounts) People() int {
	var n int
	for _, count := range c.Roles {
		n += count
	}
	return n
}

// RosterView is what the page shows.
type RosterView struct {
	Query          RosterQuery
	Rows           []RosterPerson
	Total          int // that match the query
	Counts         RosterCounts
	Next, Previous string // cursors; empty at the ends
	// NamesOnly is the roster as students see it.
	NamesOnly bool
	Requests  int // people who ask to join, for those who decide
	// Ticks is nil for who can do nothing to those on the list.
	Ticks  *Ticks
	Action string // chosen for them
}

// shown are those on the page.
func (v RosterView) shown() []identity.UserID {
	users := make([]identity.UserID, len(v.Rows))
	for i, row := range v.Rows {
		users[i] = row.User.ID
	}
	return users
}

func (v RosterView) next(organization identity.OrganizationID) string {
	if v.Next == "" {
		return ""
	}
	q := v.Query
	q.After, q.Before = v.Next, ""
	return q.Path(organization)
}

func (v RosterView) previous(organization identity.OrganizationID) string {
	if v.Previous == "" {
		return ""
	}
	q := v.Query
	q.After, q.Before = "", v.Previous
	return q.Path(organization)
}

// sortHead is the header of the column that sorts ascending by up and
// descending by down; down may be empty.
func (v RosterView) sortHead(organization identity.OrganizationID, label, up, down string) Sort {
	current := v.Query.Sort
	if current == "" {
		current = SortName
	}
	s := Sort{Label: label, Active: current == up || current == down, Descending: current == down}
	q := v.Query
	q.After, q.Before = "", ""
	q.Sort = up
	if current == up && down != "" {
		q.Sort = down
	}
	s.Href = q.Path(organization)
	return s
}

// summary says how many are shown of how many there are.
func (v RosterView) summary(ctx context.Context) string {
	if v.Query.filtered() {
		return text(ctx, "roster.matching", "Count", v.Total)
	}
	return text(ctx, "roster.people", "Count", v.Total)
}

// countsLine says who is here in numbers: "28 students, 1 co-teacher, 2 teachers".
func (v RosterView) countsLine(ctx context.Context) string {
	var parts []string
	say := func(id string, role identity.Role) {
		if n := v.Counts.Roles[role]; n > 0 {
			parts = append(parts, text(ctx, id, "Count", n))
		}
	}
	say("roster.count.student", identity.RoleStudent)
	say("roster.count.co_teacher", identity.RoleCoTeacher)
	say("roster.count.teacher", identity.RoleTeacher)
	say("roster.count.school_admin", identity.RoleSchoolAdmin)
	if v.Counts.Suspended > 0 {
		parts = append(parts, text(ctx, "roster.count.suspended", "Count", v.Counts.Suspended))
	}
	return strings.Join(parts, " · ")
}

func rosterTitle(ctx context.Context, org identity.Opened) string {
	if org.Organization().Kind == identity.KindSchool {
		return text(ctx, "roster.staff")
	}
	return text(ctx, "roster.title")
}

// printedPlace names the class and its school on paper, where the frame is not.
func printedPlace(org identity.Opened) string {
	o := org.Organization()
	if o.SchoolName == "" {
		return o.Name
	}
	return o.Name + " · " + o.SchoolName
}

func roleFilter(ctx context.Context, org identity.Opened) []Option {
	options := []Option{{Label: text(ctx, "roster.role.all")}}
	for _, role := range identity.RolesIn(org.Organization().Kind) {
		options = append(options, Option{Value: string(role), Label: RoleName(ctx, role)})
	}
	return options
}

func stateFilter(ctx context.Context) []Option {
	return []Option{
		{Label: text(ctx, "roster.state.all")},
		{Value: string(identity.AssignmentActive), Label: text(ctx, "state.active")},
		{Value: string(identity.AssignmentSuspended), Label: text(ctx, "state.suspended")},
	}
}

func sortFilter(ctx context.Context) []Option {
	return []Option{
		{Value: "", Label: text(ctx, "roster.sort.name")},
		{Value: SortNameReversed, Label: text(ctx, "roster.sort.name-reversed")},
		{Value: SortSeenReversed, Label: text(ctx, "roster.sort.seen-reversed")},
		{Value: SortSeen, Label: text(ctx, "roster.sort.seen")},
		{Value: SortRole, Label: text(ctx, "roster.sort.role")},
	}
}

// login is what a user signs in with, as a second line under the name.
func login(u identity.User) string {
	if u.Address != "" {
		return u.Address
	}
	return u.UserName
}
