package views

import (
	"context"
	"slices"

	"homeroom.dev/homeroom/identity"
)

// listSection is where the list of a class's or a school's people stands.
func listSection(org identity.Opened) Section {
	if isSchool(org) {
		return SectionPeople
	}
	return SectionRoster
}

// listFront is the list itself.
func listFront(org identity.Opened) string {
	if isSchool(org) {
		return PeoplePath(org.ID())
	}
	return RosterPath(org.ID())
}

// Ticks is who is ticked on a list, on whichever of its pages.
type Ticks struct {
	Users []identity.UserID // by ID
	// Actor is who ticks; nothing is done to them.
	Actor identity.UserID
}

// has reports whether somebody is ticked.
func (t *Ticks) has(user identity.UserID) bool {
	_, found := slices.BinarySearch(t.Users, user)
	return found
}

// among reports whether anybody of those shown can be ticked, or somebody is on
// another page.
func (t *Ticks) among(shown []identity.UserID) bool {
	return t != nil && (len(t.Users) > 0 || slices.ContainsFunc(shown, func(u identity.UserID) bool { return u != t.Actor }))
}

// What the buttons of a selection do, as the value of "go".
const (
	GoAct      = "act"
	GoPage     = "page"
	GoClear    = "clear"
	GoNext     = "next"
	GoPrevious = "previous"
)

// selection is the bar that says who is meant and what is to be done to them.
type selection struct {
	Count          int    // ticked
	All            string // the choice of all who match
	Actions        []Option
	Action         string // of them, the one that is chosen already
	Next, Previous bool
}

// chosen is the choice of those who are ticked.
func (s selection) chosen(ctx context.Context) string {
	if s.Count == 0 {
		return text(ctx, "lists.chosen.none")
	}
	return text(ctx, "lists.chosen", "Count", s.Count)
}

// selection is the bar of a class's list.
func (v RosterView) selection(ctx context.Context, org identity.Opened) selection {
	all := text(ctx, "lists.all", "Count", v.Total)
	if v.Query.filtered() {
		all = text(ctx, "people.all-matching", "Count", v.Total)
	}
	return selection{
		Count: len(v.Ticks.Users), All: all, Actions: listOptions(ctx, org), Action: v.Action,
		Next: v.Next != "", Previous: v.Previous != "",
	}
}

// selection is the bar of the list of a school's people.
func (v PeopleView) selection(ctx context.Context) selection {
	return selection{
		Count: len(v.Ticks.Users), All: v.all(ctx), Actions: bulkOptions(ctx), Action: v.Action,
		Next: v.Next != "", Previous: v.Previous != "",
	}
}

// listOptions are the actions for who may do them at all in the class.
func listOptions(ctx context.Context, org identity.Opened) []Option {
	var options []Option
	for _, action := range identity.ListActions {
		if action == identity.BulkRole && len(org.Assignable()) < 2 {
			continue
		}
		options = append(options, Option{Value: string(action), Label: listChoice(ctx, action)})
	}
	return options
}

func listChoice(ctx context.Context, action identity.BulkAction) string {
	switch action {
	case identity.BulkCopy:
		return text(ctx, "lists.choice.copy")
	case identity.BulkMove:
		return text(ctx, "lists.choice.move")
	case identity.BulkRole:
		return text(ctx, "lists.choice.role")
	case identity.BulkRemove:
		return text(ctx, "lists.choice.remove")
	}
	return string(action)
}

// ListAsk is a change to those on a class's list before it is begun.
type ListAsk struct {
	Action     identity.BulkAction
	Parameters identity.BulkParameters
	Query      RosterQuery
	All        bool   // everybody who matches, and not those ticked
	Mark       string // of the ticks that are shown
	Total      int
	Names      []string // some of them
	Submission string
	Problems   identity.Problems
	Classes    []NamedValue // to copy or move to
	// Refused are those who would be left out, of those who were asked about.
	Refused   []BulkRefusal
	Unchanged int  // of them, who are so already
	Unasked   bool // not everybody was asked about
}

// Ready reports whether all is said that has to be, and what would happen can be
// shown.
func (a ListAsk) Ready() bool {
	switch {
	case a.Action.Elsewhere():
		return a.Parameters.ClassroomName != ""
	case a.Action == identity.BulkRole:
		return a.Parameters.Role != ""
	}
	return true
}

// changing is how many it would happen to, as far as was asked.
func (a ListAsk) changing() int { return a.Total - len(a.Refused) - a.Unchanged }

// button is what the button that begins it looks like.
func (a ListAsk) button() ButtonKind {
	if a.Action == identity.BulkRemove {
		return ButtonDanger
	}
	return ButtonPrimary
}

func (a ListAsk) others() int { return a.Total - len(a.Names) }

func (a ListAsk) hidden() []Param {
	which := "chosen"
	if a.All {
		which = "all"
	}
	return append(a.Query.Params(), Param{"action", string(a.Action)}, Param{"which", which})
}

func (a ListAsk) back(class identity.OrganizationID) string {
	return WithQuery(RosterPath(class), a.Query.Params()...)
}

func classOptions(ctx context.Context, classes []NamedValue) []Option {
	options := []Option{{Value: "", Label: text(ctx, "bulk.move.choose")}}
	for _, c := range classes {
		options = append(options, Option{Value: c.Value, Label: c.Name})
	}
	return options
}

func roleOptions(ctx context.Context, org identity.Opened) []Option {
	var options []Option
	for _, role := range org.Assignable() {
		options = append(options, Option{Value: string(role), Label: RoleName(ctx, role)})
	}
	return options
}

// listDoes says what is done to how many on a class's list.
func listDoes(ctx context.Context, action identity.BulkAction, how identity.BulkParameters, n int) string {
	switch action {
	case identity.BulkCopy:
		if how.ClassroomName == "" {
			return text(ctx, "lists.does.copy", "Count", n)
		}
		return text(ctx, "lists.does.copy-to", "Count", n, "Classroom", how.ClassroomName)
	case identity.BulkMove:
		if how.ClassroomName == "" {
			return text(ctx, "bulk.does.move", "Count", n)
		}
		return text(ctx, "bulk.does.move-to", "Count", n, "Classroom", how.ClassroomName)
	case identity.BulkRole:
		if how.Role == "" {
			return text(ctx, "lists.does.role", "Count", n)
		}
		return text(ctx, "lists.does.role-to", "Count", n, "Role", RoleName(ctx, how.Role))
	case identity.BulkRemove:
		return text(ctx, "lists.does.remove", "Count", n)
	}
	return bulkDoes(ctx, action, how, n)
}

// listMeans says what an action means, and what stays.
func listMeans(ctx context.Context, action identity.BulkAction, class string) string {
	switch action {
	case identity.BulkCopy:
		return text(ctx, "lists.means.copy", "Classroom", class)
	case identity.BulkMove:
		return text(ctx, "lists.means.move", "Classroom", class)
	case identity.BulkRole:
		return text(ctx, "lists.means.role", "Classroom", class)
	}
	return text(ctx, "lists.means.remove", "Classroom", class)
}

// would is how many the button speaks of: all, where not everybody was asked
// about.
func (a ListAsk) would() int {
	if a.Unasked {
		return a.Total
	}
	return a.changing()
}

// The forms in which a list can be taken out.
const (
	FormatCSV       = "csv"
	FormatXLSX      = "xlsx"
	FormatOneRoster = "oneroster"
	FormatGuardians = "guardians"
)

// ExportFormats lists them.
var ExportFormats = []string{FormatXLSX, FormatCSV, FormatOneRoster, FormatGuardians}

// exportFormat names a form.
func exportFormat(ctx context.Context, format string) string {
	switch format {
	case FormatXLSX:
		return text(ctx, "lists.export.xlsx")
	case FormatOneRoster:
		return text(ctx, "lists.export.oneroster")
	case FormatGuardians:
		return text(ctx, "lists.export.guardians")
	}
	return text(ctx, "lists.export.csv")
}
