package views

import (
	"context"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
)

// NewRolloverPath is the form that begins the plan of a rollover, and where it is
// sent.
func NewRolloverPath(school identity.OrganizationID) string { return in(school, "rollovers", "new") }

// RolloverPath is a rollover: its plan, how far it has come, its receipt.
func RolloverPath(school identity.OrganizationID, id string) string {
	return in(school, "rollovers", id)
}

// RolloverTeachersPath is where somebody is chosen who teaches a new class.
func RolloverTeachersPath(school identity.OrganizationID, id string, position int64) string {
	return in(school, "rollovers", id, "classes", strconv.FormatInt(position, 10), "teachers")
}

// RolloverStepPath is what can be done with a rollover: year, check, apply, pause,
// continue, cancel, again, undo; and lists about it: without, missing.
func RolloverStepPath(school identity.OrganizationID, id, step string) string {
	return in(school, "rollovers", id, step)
}

// RolloverClassPath is the plan of one class.
func RolloverClassPath(school identity.OrganizationID, id string, position int64) string {
	return in(school, "rollovers", id, "classes", strconv.FormatInt(position, 10))
}

// RolloverState is how far a rollover has come.
type RolloverState string

// The states of a rollover.
const (
	RolloverStaging   RolloverState = "staging"
	RolloverPlanned   RolloverState = "planned"
	RolloverApplying  RolloverState = "applying"
	RolloverPaused    RolloverState = "paused"
	RolloverDone      RolloverState = "done"
	RolloverCancelled RolloverState = "cancelled"
	RolloverUndoing   RolloverState = "undoing"
	RolloverUndone    RolloverState = "undone"

	RolloverUndoPaused RolloverState = "undo-paused"
)

// RolloverLine is a rollover in the list.
type RolloverLine struct {
	ID    string
	Term  string
	By    string
	At    time.Time
	State RolloverState
}

func rolloverTag(ctx context.Context, state RolloverState) (TagKind, string) {
	switch state {
	case RolloverPlanned:
		return TagWaiting, text(ctx, "rollover.state.planned")
	case RolloverPaused, RolloverUndoPaused:
		return TagWarning, text(ctx, "rollover.state.paused")
	case RolloverDone:
		return TagGood, text(ctx, "rollover.state.done")
	case RolloverCancelled:
		return TagOff, text(ctx, "rollover.state.cancelled")
	case RolloverUndone:
		return TagOff, text(ctx, "rollover.state.undone")
	}
	return TagSeen, text(ctx, "rollover.state.work")
}

// RolloverForm is the form that begins a plan.
type RolloverForm struct {
	Submission string
	Terms      []TermLine
	Term       string
	Years      []RolloverYear // year groups that the school has
	Leaving    string
	Classes    int
	Problems   identity.Problems
}

// RolloverYear is a year group of a school.
type RolloverYear struct {
	Year    int // -1: classes without one
	Classes int
	Example string
}

// yearName is a year group in words, with a class of it.
func yearName(ctx context.Context, y RolloverYear) string {
	switch {
	case y.Year < 0:
		return text(ctx, "rollover.year.none.example", "Example", y.Example)
	case y.Year == 0:
		return text(ctx, "rollover.year.first.example", "Example", y.Example)
	}
	return text(ctx, "rollover.year.example", "Year", strconv.Itoa(y.Year), "Example", y.Example)
}

// yearShort is a year group in a table.
func yearShort(year int) string {
	if year < 0 {
		return "–"
	}
	return strconv.Itoa(year)
}

func (f RolloverForm) years(ctx context.Context) []Option {
	options := []Option{{Value: "-1", Label: text(ctx, "rollover.leaving.none")}}
	for _, y := range f.Years {
		if y.Year >= 0 {
			options = append(options, Option{Value: strconv.Itoa(y.Year), Label: yearName(ctx, y)})
		}
	}
	return options
}

func (f RolloverForm) terms(ctx context.Context) []Option {
	options := make([]Option, len(f.Terms))
	for i, t := range f.Terms {
		options[i] = Option{Value: t.ID, Label: t.Name, Hint: days(ctx, t.First, t.End)}
	}
	return options
}

// RolloverItem is a class of a rollover.
type RolloverItem struct {
	Position  int64
	Classroom identity.OrganizationID
	Name      string
	Year      int
	Action    identity.RolloverAction
	NewName   string
	Doubled   bool
	Students  int

	Done         bool
	NewClassroom identity.OrganizationID
	Assigned     int
	Reason       identity.Message
}

// RolloverCounts are how many classes and students there are by what becomes of
// them.
type RolloverCounts struct {
	Classes  map[identity.RolloverAction]int
	Students map[identity.RolloverAction]int
	Doubled  int
	Without  int
}

func (c RolloverCounts) total() int {
	n := 0
	for _, classes := range c.Classes {
		n += classes
	}
	return n
}

// actionName is what becomes of a class, in words.
func actionName(ctx context.Context, a identity.RolloverAction) string {
	switch a {
	case identity.RolloverPromote:
		return text(ctx, "rollover.promote")
	case identity.RolloverCopy:
		return text(ctx, "rollover.copy")
	case identity.RolloverArchive:
		return text(ctx, "rollover.archive")
	}
	return text(ctx, "rollover.keep")
}

func actionHint(ctx context.Context, a identity.RolloverAction) string {
	switch a {
	case identity.RolloverPromote:
		return text(ctx, "rollover.promote.hint")
	case identity.RolloverCopy:
		return text(ctx, "rollover.copy.hint")
	case identity.RolloverArchive:
		return text(ctx, "rollover.archive.hint")
	}
	return text(ctx, "rollover.keep.hint")
}

func actionTag(a identity.RolloverAction) TagKind {
	switch a {
	case identity.RolloverPromote:
		return TagGood
	case identity.RolloverCopy:
		return TagSeen
	case identity.RolloverArchive:
		return TagOff
	}
	return TagWaiting
}

func actionOptions(ctx context.Context, hints bool) []Option {
	options := make([]Option, len(identity.RolloverActions))
	for i, a := range identity.RolloverActions {
		options[i] = Option{Value: string(a), Label: actionName(ctx, a)}
		if hints {
			options[i].Hint = actionHint(ctx, a)
		}
	}
	return options
}

// RolloverOf is a rollover as its pages show it.
type RolloverOf struct {
	ID         string
	Term       string
	State      RolloverState
	By         string
	Counts     RolloverCounts // as far as they are known: see Checked
	Checked    bool
	Total      int
	Done       int
	Refused    int
	Undone     int
	Trouble    identity.Message
	FinishedAt time.Time
	UndoneAt   time.Time
	UndoUntil  time.Time // zero: it cannot be undone
	Applied    bool
}

// paused reports whether somebody has to go on with it.
func (r RolloverOf) paused() bool { return r.State == RolloverPaused || r.State == RolloverUndoPaused }

func (r RolloverOf) title(ctx context.Context) string {
	switch r.State {
	case RolloverPlanned:
		return text(ctx, "rollover.plan.title", "Term", r.Term)
	case RolloverPaused:
		return text(ctx, "rollover.paused.title", "Term", r.Term)
	case RolloverDone:
		return text(ctx, "rollover.done.title", "Term", r.Term)
	case RolloverCancelled:
		return text(ctx, "rollover.cancelled.title", "Term", r.Term)
	case RolloverUndoing:
		return text(ctx, "rollover.undoing.title", "Term", r.Term)
	case RolloverUndoPaused:
		return text(ctx, "rollover.undo-paused.title", "Term", r.Term)
	case RolloverUndone:
		return text(ctx, "rollover.undone.title", "Term", r.Term)
	case RolloverApplying:
		return text(ctx, "rollover.applying.title", "Term", r.Term)
	}
	return text(ctx, "rollover.staging.title", "Term", r.Term)
}

// RolloverPlanView is the plan of a rollover.
type RolloverPlanView struct {
	Rollover RolloverOf
	Counts   RolloverCounts
	Years    []RolloverYear
	Items    []RolloverItem
	Search   string
	Show     string // an action, "doubled", or empty for all
	Year     string // a year group, or empty for all
	Next     string
	Paged    bool
}

func (v RolloverPlanView) filtered() bool { return v.Search != "" || v.Show != "" || v.Year != "" }

func (v RolloverPlanView) path(school identity.OrganizationID, after string) string {
	return WithQuery(RolloverPath(school, v.Rollover.ID), Param{"q", v.Search}, Param{"show", v.Show}, Param{"year", v.Year}, Param{"after", after})
}

func (v RolloverPlanView) shows(ctx context.Context) []Option {
	options := []Option{{Value: "", Label: text(ctx, "rollover.show.all")}}
	options = append(options, actionOptions(ctx, false)...)
	if v.Counts.Doubled > 0 {
		options = append(options, Option{Value: "doubled", Label: text(ctx, "rollover.show.doubled")})
	}
	return options
}

func (v RolloverPlanView) years(ctx context.Context) []Option {
	options := []Option{{Value: "", Label: text(ctx, "rollover.year.all")}}
	for _, y := range v.Years {
		options = append(options, Option{Value: strconv.Itoa(y.Year), Label: yearName(ctx, y)})
	}
	return options
}

func (v RolloverPlanView) yearsToChange(ctx context.Context) []Option { return v.years(ctx)[1:] }

// RolloverClassForm is the plan of one class.
type RolloverClassForm struct {
	Rollover RolloverOf
	Item     RolloverItem
	Year     string
	Action   string
	NewName  string
	Teachers []RolloverTeacher
	Problems identity.Problems
}

// RolloverTeacher is a teacher or co-teacher of a class that is planned, or somebody
// who comes to teach the new one.
type RolloverTeacher struct {
	ID    identity.UserID
	Name  string
	Role  identity.Role
	New   bool // does not teach the class as it is
	Comes bool // into the new class
}

// RolloverTeachersView finds somebody who teaches a new class.
type RolloverTeachersView struct {
	Rollover RolloverOf
	Item     RolloverItem
	Search   string
	Found    []identity.SchoolPerson
}

// yearOptions are all year groups that a class can be for.
func yearOptions(ctx context.Context) []Option {
	options := []Option{
		{Value: "-1", Label: text(ctx, "rollover.year.none")}, {Value: "0", Label: text(ctx, "rollover.year.first")},
	}
	for year := 1; year <= 13; year++ {
		options = append(options, Option{Value: strconv.Itoa(year), Label: text(ctx, "rollover.year", "Year", strconv.Itoa(year))})
	}
	return options
}

// RolloverApplyForm is the last question before a plan is carried out.
type RolloverApplyForm struct {
	Rollover RolloverOf
	Doubled  bool // equal names are meant
	Problems identity.Problems
}

// RolloverEndView is the receipt of a rollover.
type RolloverEndView struct {
	Rollover RolloverOf
	Items    []RolloverItem // a page of its classes
	Next     string
	Paged    bool
	Refused  []RolloverItem
	Missing  []RolloverPerson // the first of those who could not be taken along
	Kept     []RolloverItem   // new classes that an undo archived
	Partly   []RolloverItem   // classes that came back without some of their students
	NotBack  []RolloverItem
}

// RolloverPerson is somebody of whom a rollover has something to say.
type RolloverPerson struct {
	ID        identity.UserID
	Name      string
	Classroom string
	Reason    identity.Message
}

// RolloverPeopleView is a list of them.
type RolloverPeopleView struct {
	Rollover RolloverOf
	Missing  bool // who could not be taken along, instead of who is without a class
	People   []RolloverPerson
	Next     string
	Paged    bool
}

func (v RolloverPeopleView) step() string {
	if v.Missing {
		return "missing"
	}
	return "without"
}
