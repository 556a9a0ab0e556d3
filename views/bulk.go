package views

import (
	"context"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
)

// BulkAsk is a change to many before it is begun.
type BulkAsk struct {
	Action     identity.BulkAction
	Parameters identity.BulkParameters
	Filter     PeopleFilter
	All        bool // everybody who matches, and not the chosen
	Users      []identity.UserID
	Total      int
	Names      []string // some of them
	Submission string
	Problems   identity.Problems
	// Refused are those who would be refused, of those who were asked about.
	Refused   []BulkRefusal
	Unchanged int  // of them, who are so already
	Unasked   bool // not everybody was asked about
	// For a move.
	Classrooms []NamedValue
	Leave      string // all, from or nothing
}

// The choices of what people who are moved leave.
const (
	LeaveAll  = "all"
	LeaveFrom = "from"
	LeaveNone = "none"
)

// BulkRefusal is somebody to whom nothing is done, and why.
type BulkRefusal struct {
	Name, Place string
	Why         identity.Message
}

// others are how many are not named.
func (a BulkAsk) others() int { return a.Total - len(a.Names) }

// hidden are the fields that carry the choice on.
func (a BulkAsk) hidden() []Param {
	params := append(a.Filter.Params(), Param{"action", string(a.Action)})
	if a.All {
		return append(params, Param{"which", "all"})
	}
	for _, user := range a.Users {
		params = append(params, Param{"user", string(user)})
	}
	return append(params, Param{"which", "chosen"})
}

// path is where the answers are sent to.
func (a BulkAsk) path(school identity.OrganizationID) string {
	if a.Action == identity.BulkRemove {
		return ActFreshPath(school)
	}
	return ActPath(school)
}

// back is the list it was begun from.
func (a BulkAsk) back(school identity.OrganizationID) string {
	return WithQuery(PeoplePath(school), a.Filter.Params()...)
}

func leaveOptions(ctx context.Context, a BulkAsk) []Option {
	options := []Option{
		{Value: LeaveAll, Label: text(ctx, "bulk.leave.all")},
		{Value: LeaveNone, Label: text(ctx, "bulk.leave.none")},
	}
	i := slices.IndexFunc(a.Classrooms, func(c NamedValue) bool { return c.Value == string(a.Filter.Classroom) })
	if a.Filter.Classroom != "" && i >= 0 {
		from := Option{Value: LeaveFrom, Label: text(ctx, "bulk.leave.from", "Classroom", a.Classrooms[i].Name)}
		options = slices.Insert(options, 0, from)
	}
	return options
}

func moveOptions(ctx context.Context, a BulkAsk) []Option {
	options := []Option{{Value: "", Label: text(ctx, "bulk.move.choose")}}
	for _, c := range a.Classrooms {
		options = append(options, Option{Value: c.Value, Label: c.Name})
	}
	return options
}

// bulkChoice names an action in a list of them.
func bulkChoice(ctx context.Context, action identity.BulkAction) string {
	switch action {
	case identity.BulkSuspend:
		return text(ctx, "bulk.choice.suspend")
	case identity.BulkRestore:
		return text(ctx, "bulk.choice.restore")
	case identity.BulkMove:
		return text(ctx, "bulk.choice.move")
	case identity.BulkRemove:
		return text(ctx, "bulk.choice.remove")
	case identity.BulkEndSessions:
		return text(ctx, "bulk.choice.end-sessions")
	case identity.BulkArchive:
		return text(ctx, "bulk.choice.archive")
	case identity.BulkRestoreClassroom:
		return text(ctx, "bulk.choice.restore-classroom")
	}
	return listChoice(ctx, action)
}

// bulkDoes says what is done to how many: the title of a question and of a run,
// and the button that begins it.
func bulkDoes(ctx context.Context, action identity.BulkAction, how identity.BulkParameters, n int) string {
	switch action {
	case identity.BulkSuspend:
		return text(ctx, "bulk.does.suspend", "Count", n)
	case identity.BulkRestore:
		return text(ctx, "bulk.does.restore", "Count", n)
	case identity.BulkMove:
		if how.ClassroomName == "" {
			return text(ctx, "bulk.does.move", "Count", n)
		}
		return text(ctx, "bulk.does.move-to", "Count", n, "Classroom", how.ClassroomName)
	case identity.BulkRemove:
		return text(ctx, "bulk.does.remove", "Count", n)
	case identity.BulkEndSessions:
		return text(ctx, "bulk.does.end-sessions", "Count", n)
	case identity.BulkArchive:
		return text(ctx, "bulk.does.archive", "Classroom", how.ClassroomName)
	case identity.BulkRestoreClassroom:
		return text(ctx, "bulk.does.restore-classroom", "Classroom", how.ClassroomName)
	}
	return bulkChoice(ctx, action)
}

// runTitle is what a run is called.
func runTitle(ctx context.Context, org identity.Opened, run identity.BulkRun) string {
	does := bulkDoes(ctx, run.Action, run.Parameters, run.Total)
	if ofList(org, run.Action) {
		does = listDoes(ctx, run.Action, run.Parameters, run.Total)
	}
	if run.UndoOf != "" {
		return text(ctx, "bulk.undoing", "What", does)
	}
	return does
}

// bulkMeans says what an action means, and what stays.
func bulkMeans(ctx context.Context, action identity.BulkAction) string {
	switch action {
	case identity.BulkSuspend:
		return text(ctx, "bulk.means.suspend")
	case identity.BulkRestore:
		return text(ctx, "bulk.means.restore")
	case identity.BulkMove:
		return text(ctx, "bulk.means.move")
	case identity.BulkRemove:
		return text(ctx, "bulk.means.remove")
	case identity.BulkEndSessions:
		return text(ctx, "bulk.means.end-sessions")
	}
	return ""
}

// RunView is what the page of a run shows.
type RunView struct {
	Run     identity.BulkRun
	Refused []identity.BulkItem
	More    string // cursor of further ones
	Now     time.Time
}

// ofList reports whether a run is about those on a class's list.
func ofList(org identity.Opened, action identity.BulkAction) bool {
	return org.Organization().Kind == identity.KindClassroom && !action.ToClassroom()
}

// pathOfRun is the page of a run: those about a class's list have one of their
// own, for all who manage students.
func pathOfRun(org identity.Opened, action identity.BulkAction, run identity.BulkRunID) string {
	if ofList(org, action) {
		return ListRunPath(org.ID(), run)
	}
	return RunPath(org.ID(), run)
}

func (v RunView) path(org identity.Opened) string { return pathOfRun(org, v.Run.Action, v.Run.ID) }

func (v RunView) undo(org identity.Opened) string {
	if ofList(org, v.Run.Action) {
		return UndoListRunPath(org.ID(), v.Run.ID)
	}
	return UndoRunPath(org.ID(), v.Run.ID)
}

func (v RunView) section(org identity.Opened) Section {
	if ofList(org, v.Run.Action) {
		return SectionRoster
	}
	return runSection(org)
}

// undoable reports whether the run can still be undone.
func (v RunView) undoable() bool { return v.Now.Before(v.Run.UndoableUntil()) }

// RunsView is what the list of runs shows.
type RunsView struct {
	Runs  []identity.BulkRun
	Next  string
	Paged bool
}

func runTag(ctx context.Context, run identity.BulkRun) (TagKind, string) {
	switch {
	case !run.Finished() && run.Trouble.ID != "":
		return TagWarning, text(ctx, "bulk.state.waits")
	case !run.Finished():
		return TagSeen, text(ctx, "bulk.state.running")
	case run.UndoneBy != "":
		return TagOff, text(ctx, "bulk.state.undone")
	case run.Refused > 0:
		return TagWarning, text(ctx, "bulk.state.some", "Count", run.Refused)
	}
	return TagGood, text(ctx, "bulk.state.done")
}

func runSection(org identity.Opened) Section {
	if org.Organization().Kind == identity.KindSchool {
		return SectionPeople
	}
	return SectionSettings
}
