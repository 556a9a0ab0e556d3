package store

import (
	"context"
	"fmt"
	"strconv"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// RolloverItemState is how far one class of a rollover has come.
type RolloverItemState string

// The states of a class. One that was begun is gone on with after a crash; one
// that was left was not begun when the rollover was ended.
const (
	RolloverWaiting RolloverItemState = "waiting"
	RolloverBegun   RolloverItemState = "begun"
	RolloverMade    RolloverItemState = "done"
	RolloverRefused RolloverItemState = "refused"
	RolloverLeft    RolloverItemState = "left"
)

// RolloverStep is how far a class that was begun has come.
type RolloverStep string

// The steps of a class: nothing yet, its follower is open, it has its people.
const (
	RolloverOpened RolloverStep = "opened"
	RolloverFilled RolloverStep = "filled"
)

// RolloverBack is what became of a class when the rollover was undone.
type RolloverBack string

// What can become of one: its follower is about to be removed or archived, was
// removed, or archived because people had changed it; there was none; it came back
// without some of its students, whatever became of its follower; or it was refused.
const (
	BackRemoving RolloverBack = "removing"
	BackKeeping  RolloverBack = "keeping"
	BackRemoved  RolloverBack = "removed"
	BackKept     RolloverBack = "kept"
	BackRestored RolloverBack = "restored"
	BackPartly   RolloverBack = "partly"
	BackRefused  RolloverBack = "refused"
)

// RolloverPlan is what is planned for a class.
type RolloverPlan struct {
	Year    int // -1: none
	Action  identity.RolloverAction
	NewName string // of the class that takes its place, if one is opened
}

// RolloverItem is a class of a rollover.
type RolloverItem struct {
	Position  int64
	Classroom identity.OrganizationID
	Name      string // as it was then
	RolloverPlan
	Doubled  bool // another class will have the same name
	Students int
	Teachers int

	State        RolloverItemState
	Step         RolloverStep
	NewClassroom identity.OrganizationID
	Records      int // on the log of the new class when it was done
	Assigned     int // people in the new class
	Missing      int // people who could not be taken along
	TermBefore   TermID
	Reason       identity.Message // why it was refused
	Undo         RolloverBack
	UndoReason   identity.Message
}

func rolloverItemOf(row query.RolloverItem) RolloverItem {
	return RolloverItem{
		Position: row.Position, Classroom: identity.OrganizationID(row.ClassroomID), Name: row.Name,
		RolloverPlan: RolloverPlan{Year: int(row.YearGroup), Action: identity.RolloverAction(row.Action), NewName: row.NewName},
		Students:     int(row.Students), Teachers: int(row.Teachers),
		State: RolloverItemState(row.State), Step: RolloverStep(row.Step), NewClassroom: identity.OrganizationID(row.NewClassroomID),
		Records: int(row.NewRecords), Assigned: int(row.Assigned), Missing: int(row.Missing), TermBefore: TermID(row.TermBefore),
		Reason: parseMessage(row.Reason), Undo: RolloverBack(row.Undo), UndoReason: parseMessage(row.UndoReason),
	}
}

// keyOf is what a class will be called afterwards, as names are compared; empty if
// none is left in use.
func (p RolloverPlan) keyOf(name string) string {
	switch {
	case p.Action.Opens():
		return nameKey(p.NewName)
	case p.Action == identity.RolloverKeep:
		return nameKey(name)
	}
	return ""
}

// RolloverAtOnce is how many classes are planned together; more than that is work
// for a job.
const RolloverAtOnce = 500

// StageRollover takes the next classes into a plan that is being made; suggest
// says what is to become of each, by its name and the year group it is known to be
// for (-1: none). It reports whether there are more.
func (o *Organization) StageRollover(
	ctx context.Context, id RolloverID, suggest func(name string, year int, r Rollover) RolloverPlan,
) (more bool, err error) {
	err = o.changeRollover(ctx, id, func(tx *transaction, r *Rollover) error {
		if more = false; r.State != RolloverStaging {
			return nil
		}
		rows, err := tx.ClassroomsToRoll(ctx, query.ClassroomsToRollParams{
			OrganizationID: o.id, TermID: string(r.Term), AfterName: r.stagedName, AfterID: r.stagedKey, MaxRows: RolloverAtOnce,
		})
		if err != nil {
			return err
		}
		tx, free := tx.prepare()
		defer free()
		for _, row := range rows {
			r.Total++
			if r.Total > MaxRollover {
				return identity.Invalid("rollover.too-many", "Most", MaxRollover)
			}
			plan := suggest(row.Name, int(row.YearGroup), *r)
			if err := tx.InsertRolloverItem(ctx, query.InsertRolloverItemParams{
				OrganizationID: o.id, RolloverID: string(id), Position: int64(r.Total), ClassroomID: row.ID, Name: row.Name,
				SortName: row.SortName, YearGroup: int64(plan.Year), Action: string(plan.Action), NewName: plan.NewName,
				NameKey: plan.keyOf(row.Name), Students: row.Students, Teachers: row.Teachers,
			}); err != nil {
				return err
			}
			r.stagedName, r.stagedKey = row.SortName, row.ID
		}
		if more = len(rows) == RolloverAtOnce; !more {
			r.State, r.Trouble = RolloverPlanned, identity.Message{}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("plan a rollover: %w", err)
	}
	return more, nil
}

// ClassroomsInUse is how many classrooms of the school are in use.
func (o *Organization) ClassroomsInUse(ctx context.Context) (int, error) {
	n, err := o.store.read().CountClassroomsToRoll(ctx, o.id)
	if err != nil {
		return 0, fmt.Errorf("count classrooms: %w", translate(err))
	}
	return int(n), nil
}

// NamesInUse are the names of the school's classrooms in use, in their order.
func (o *Organization) NamesInUse(ctx context.Context) ([]string, error) {
	rows, err := o.store.read().ClassroomNames(ctx, o.id)
	if err != nil {
		return nil, fmt.Errorf("list the names of classrooms: %w", translate(err))
	}
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.Name
	}
	return names, nil
}

// RolloverItemQuery selects classes of a rollover.
type RolloverItemQuery struct {
	Search  string
	Action  identity.RolloverAction // empty: any
	Year    *int                    // nil: any
	Doubled bool
	After   string // a page's Next
	Limit   int    // 50 if 0
}

// RolloverItemPage is a page of classes, by name.
type RolloverItemPage struct {
	Items []RolloverItem
	Next  string // empty on the last page
}

// positionCursor reads a position that a page's Next named.
func positionCursor(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	position, err := strconv.ParseInt(text, 36, 64)
	if err != nil {
		return 0, errCursor()
	}
	return position, nil
}

// RolloverItems lists classes of a rollover.
func (o *Organization) RolloverItems(ctx context.Context, id RolloverID, q RolloverItemQuery) (RolloverItemPage, error) {
	after, err := positionCursor(q.After)
	if err != nil {
		return RolloverItemPage{}, err
	}
	limit := limitOf(q.Limit)
	params := query.RolloverItemsParams{
		OrganizationID: o.id, RolloverID: string(id), After: after, Pattern: like(q.Search), Action: string(q.Action),
		AnyYear: q.Year == nil, DoubledOnly: q.Doubled, MaxRows: int64(limit) + 1,
	}
	if q.Year != nil {
		params.YearGroup = int64(*q.Year)
	}
	rows, err := o.store.read().RolloverItems(ctx, params)
	if err != nil {
		return RolloverItemPage{}, fmt.Errorf("list classes of a rollover: %w", translate(err))
	}
	var page RolloverItemPage
	for i, row := range rows {
		if i == limit {
			page.Next = strconv.FormatInt(rows[i-1].RolloverItem.Position, 36)
			break
		}
		item := rolloverItemOf(row.RolloverItem)
		item.Doubled = row.Doubled
		page.Items = append(page.Items, item)
	}
	return page, nil
}

// RolloverItem is one class of a rollover; not found ("rollover.not-found")
// otherwise.
func (o *Organization) RolloverItem(ctx context.Context, id RolloverID, position int64) (RolloverItem, error) {
	row, err := o.store.read().RolloverItem(ctx, query.RolloverItemParams{OrganizationID: o.id, RolloverID: string(id), Position: position})
	if err != nil {
		return RolloverItem{}, fmt.Errorf("load a class of a rollover: %w", orNotFound(err, errNoRollover()))
	}
	return rolloverItemOf(row), nil
}

// RolloverYear is a year group of a plan.
type RolloverYear struct {
	Year       int // -1: none
	Classrooms int
	Example    string // the name of one of its classes
}

// RolloverCounts are how many classes of a plan there are by what becomes of them,
// and by year group.
func (o *Organization) RolloverCounts(ctx context.Context, id RolloverID) (RolloverFigures, []RolloverYear, error) {
	figures, err := o.countRollover(ctx, o.store.read(), id)
	if err != nil {
		return RolloverFigures{}, nil, err
	}
	rows, err := o.store.read().CountRolloverYears(ctx, query.CountRolloverYearsParams{OrganizationID: o.id, RolloverID: string(id)})
	if err != nil {
		return RolloverFigures{}, nil, fmt.Errorf("count the year groups of a rollover: %w", translate(err))
	}
	years := make([]RolloverYear, len(rows))
	for i, row := range rows {
		years[i] = RolloverYear{Year: int(row.YearGroup), Classrooms: int(row.Classrooms), Example: row.Example}
	}
	return figures, years, nil
}

func (o *Organization) countRollover(ctx context.Context, q *query.Queries, id RolloverID) (RolloverFigures, error) {
	figures := RolloverFigures{Classrooms: map[identity.RolloverAction]int{}, Students: map[identity.RolloverAction]int{}}
	rows, err := q.CountRolloverActions(ctx, query.CountRolloverActionsParams{OrganizationID: o.id, RolloverID: string(id)})
	if err != nil {
		return RolloverFigures{}, fmt.Errorf("count the classes of a rollover: %w", translate(err))
	}
	for _, row := range rows {
		figures.Classrooms[identity.RolloverAction(row.Action)] = int(row.Classrooms)
		figures.Students[identity.RolloverAction(row.Action)] = int(row.Students)
	}
	doubled, err := q.CountDoubledNames(ctx, query.CountDoubledNamesParams{OrganizationID: o.id, RolloverID: string(id)})
	if err != nil {
		return RolloverFigures{}, fmt.Errorf("count names of a rollover: %w", translate(err))
	}
	figures.Doubled = int(doubled)
	return figures, nil
}
