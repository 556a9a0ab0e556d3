package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// OpeningJob is the name of the job that opens the classrooms of a list, and
// OpeningPayload what it is about.
const OpeningJob = "open-classrooms"

// OpeningPayload names a list.
type OpeningPayload struct {
	Organization identity.OrganizationID `json:"organization"`
	Run          string                  `json:"run"`
}

// OpeningItemState is how far one classroom of a list has come.
type OpeningItemState string

// The states of a line. One that failed may wait again, or be left.
const (
	OpeningWaiting OpeningItemState = "waiting"
	OpeningDone    OpeningItemState = "done"
	OpeningFailed  OpeningItemState = "failed"
	OpeningLeft    OpeningItemState = "left"
)

// OpeningItem is one classroom of a list, and who is to teach it: somebody at
// home in the school, or an address to be invited, or nobody yet.
type OpeningItem struct {
	Line        int // of the list, from 1
	Name        string
	Teacher     identity.UserID
	TeacherName string
	Address     string

	Classroom identity.OrganizationID // once it is open
	State     OpeningItemState
	Problem   identity.Message // why it failed
}

// OpeningRun is a list of classrooms that is being opened, or was.
type OpeningRun struct {
	ID         string // the key of the form
	Actor      identity.Actor
	Language   string // of invitations
	CreatedAt  time.Time
	FinishedAt time.Time        // zero while something waits
	Trouble    identity.Message // why it does not go on for now
	Items      []OpeningItem
}

// Count is how many of the run's classrooms are in the state.
func (r OpeningRun) Count(state OpeningItemState) int {
	n := 0
	for _, item := range r.Items {
		if item.State == state {
			n++
		}
	}
	return n
}

// BeginOpenings puts a list of classrooms on record, to be opened in the
// background. The same submission again changes nothing.
func (o *Organization) BeginOpenings(ctx context.Context, submission, language string, items []OpeningItem) error {
	if !o.opened.Permits(identity.ManageSchool) {
		return identity.Forbidden("permission.missing")
	}
	actor := o.opened.Actor()
	err := o.store.write(ctx, func(tx *transaction) error {
		begun, err := tx.InsertOpeningRun(ctx, query.InsertOpeningRunParams{
			OrganizationID: o.id, ID: submission, ActorID: string(actor.User), ActorName: actor.Name,
			Language: language, NowUs: tx.now,
		})
		if err != nil || begun == 0 {
			return err
		}
		for _, item := range items {
			if err := tx.InsertOpeningItem(ctx, query.InsertOpeningItemParams{
				OrganizationID: o.id, RunID: submission, Line: int64(item.Line), Name: item.Name,
				TeacherID: string(item.Teacher), TeacherName: item.TeacherName, Address: item.Address,
			}); err != nil {
				return err
			}
		}
		return o.store.enqueue(ctx, tx, OpeningJob, OpeningPayload{Organization: o.opened.ID(), Run: submission})
	})
	if err != nil {
		return fmt.Errorf("begin to open classrooms: %w", err)
	}
	return nil
}

// OpeningRun is a list with all its classrooms; not found ("opening.not-found")
// if it is none of this school's.
func (o *Organization) OpeningRun(ctx context.Context, id string) (OpeningRun, error) {
	row, err := o.store.read().OpeningRun(ctx, query.OpeningRunParams{OrganizationID: o.id, ID: id})
	if err != nil {
		return OpeningRun{}, fmt.Errorf("load an opening run: %w", orNotFound(err, identity.NotFound("opening.not-found")))
	}
	items, err := o.store.read().OpeningItems(ctx, query.OpeningItemsParams{OrganizationID: o.id, RunID: id})
	if err != nil {
		return OpeningRun{}, fmt.Errorf("list the classrooms of an opening run: %w", translate(err))
	}
	run := openingRunOf(row)
	for _, item := range items {
		run.Items = append(run.Items, openingItemOf(item))
	}
	return run, nil
}

// OpeningsToDo are the next classrooms of a list that wait.
func (o *Organization) OpeningsToDo(ctx context.Context, run string, limit int) ([]OpeningItem, error) {
	rows, err := o.store.read().WaitingOpeningItems(ctx, query.WaitingOpeningItemsParams{
		OrganizationID: o.id, RunID: run, MaxRows: int64(limit),
	})
	if err != nil {
		return nil, fmt.Errorf("list the classrooms that wait: %w", translate(err))
	}
	items := make([]OpeningItem, len(rows))
	for i, row := range rows {
		items[i] = openingItemOf(row)
	}
	return items, nil
}

// CloseOpening notes what became of one classroom of a list. The last one
// finishes the list.
func (o *Organization) CloseOpening(ctx context.Context, run string, item OpeningItem) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err := o.store.write(ctx, func(tx *transaction) error {
		problem := ""
		if item.Problem.ID != "" {
			problem = messageText(item.Problem)
		}
		if err := tx.CloseOpeningItem(ctx, query.CloseOpeningItemParams{
			OrganizationID: o.id, RunID: run, Line: int64(item.Line), State: string(item.State),
			ClassroomID: string(item.Classroom), Problem: problem, NowUs: tx.now,
		}); err != nil {
			return err
		}
		if err := tx.TroubleOpeningRun(ctx, query.TroubleOpeningRunParams{OrganizationID: o.id, ID: run}); err != nil {
			return err
		}
		return tx.FinishOpeningRun(ctx, query.FinishOpeningRunParams{OrganizationID: o.id, ID: run, NowUs: tx.now})
	})
	if err != nil {
		return fmt.Errorf("close the opening of a classroom: %w", err)
	}
	return nil
}

// HoldOpenings notes why a list does not go on for now.
func (o *Organization) HoldOpenings(ctx context.Context, run string, why identity.Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closingTime)
	defer cancel()
	err := o.store.write(ctx, func(tx *transaction) error {
		return tx.TroubleOpeningRun(ctx, query.TroubleOpeningRunParams{OrganizationID: o.id, ID: run, Trouble: messageText(why)})
	})
	if err != nil {
		return fmt.Errorf("hold an opening run: %w", err)
	}
	return nil
}

// ContinueOpenings goes on with a list in a job of its own.
func (o *Organization) ContinueOpenings(ctx context.Context, run string) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		return o.store.enqueue(ctx, tx, OpeningJob, OpeningPayload{Organization: o.opened.ID(), Run: run})
	})
	if err != nil {
		return fmt.Errorf("go on with an opening run: %w", err)
	}
	return nil
}

// RetryOpenings tries those of a list again that failed, and answers how many.
func (o *Organization) RetryOpenings(ctx context.Context, run string) (int, error) {
	var again int64
	err := o.store.write(ctx, func(tx *transaction) error {
		var err error
		again, err = tx.RetryOpeningItems(ctx, query.RetryOpeningItemsParams{OrganizationID: o.id, RunID: run})
		if err != nil || again == 0 {
			return err
		}
		if err := tx.ReopenOpeningRun(ctx, query.ReopenOpeningRunParams{OrganizationID: o.id, ID: run}); err != nil {
			return err
		}
		return o.store.enqueue(ctx, tx, OpeningJob, OpeningPayload{Organization: o.opened.ID(), Run: run})
	})
	if err != nil {
		return 0, fmt.Errorf("open again what failed: %w", err)
	}
	return int(again), nil
}

// LeaveOpenings leaves those of a list as they are that failed.
func (o *Organization) LeaveOpenings(ctx context.Context, run string) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		_, err := tx.LeaveOpeningItems(ctx, query.LeaveOpeningItemsParams{OrganizationID: o.id, RunID: run})
		return err
	})
	if err != nil {
		return fmt.Errorf("leave what failed: %w", err)
	}
	return nil
}

// OpenForOpenings opens the school of a list for who began it, as their rights
// are now, with the list. Rights that are gone are an error like any other of
// [Store.OpenFor].
func (s *Store) OpenForOpenings(ctx context.Context, job OpeningPayload) (identity.Opened, OpeningRun, error) {
	row, err := s.read().OpeningRun(ctx, query.OpeningRunParams{OrganizationID: string(job.Organization), ID: job.Run})
	if err != nil {
		return identity.Opened{}, OpeningRun{}, fmt.Errorf("load an opening run: %w", orNotFound(err, identity.NotFound("opening.not-found")))
	}
	run := openingRunOf(row)
	opened, err := s.OpenFor(ctx, run.Actor, job.Organization)
	if err == nil && !opened.Permits(identity.ManageSchool) {
		err = identity.Forbidden("permission.missing")
	}
	return opened, run, err
}

// RefuseOpenings closes what waits of a list whose maker may not open it any
// more.
func (s *Store) RefuseOpenings(ctx context.Context, job OpeningPayload, why identity.Message) error {
	err := s.write(ctx, func(tx *transaction) error {
		items, err := tx.WaitingOpeningItems(ctx, query.WaitingOpeningItemsParams{
			OrganizationID: string(job.Organization), RunID: job.Run, MaxRows: MaxOpenings,
		})
		if err != nil {
			return err
		}
		for _, item := range items {
			if err := tx.CloseOpeningItem(ctx, query.CloseOpeningItemParams{
				OrganizationID: string(job.Organization), RunID: job.Run, Line: item.Line,
				State: string(OpeningFailed), Problem: messageText(why), NowUs: tx.now,
			}); err != nil {
				return err
			}
		}
		return tx.FinishOpeningRun(ctx, query.FinishOpeningRunParams{
			OrganizationID: string(job.Organization), ID: job.Run, NowUs: tx.now,
		})
	})
	if err != nil {
		return fmt.Errorf("refuse an opening run: %w", err)
	}
	return nil
}

// MaxOpenings is how many classrooms one list may open.
const MaxOpenings = 300

// UnfinishedOpenings lists the classrooms of the school whose opening was cut
// off, the oldest first. They are taken up again by themselves.
func (o *Organization) UnfinishedOpenings(ctx context.Context) ([]Opening, error) {
	rows, err := o.store.read().UnfinishedOpeningsOf(ctx, query.UnfinishedOpeningsOfParams{
		OrganizationID: o.id, BeforeUs: micros(o.store.clock().Add(-openingSlow)), MaxRows: maxPageSize,
	})
	if err != nil {
		return nil, fmt.Errorf("list unfinished openings: %w", translate(err))
	}
	openings := make([]Opening, len(rows))
	for i, row := range rows {
		openings[i] = openingOf(row)
	}
	return openings, nil
}

// ClassroomNames tells of the school's classrooms in use which has a name. Names
// that differ in capital letters or accents alone are one.
type ClassroomNames map[string]identity.OrganizationID

// Find is the classroom of that name, if there is one.
func (n ClassroomNames) Find(name string) (identity.OrganizationID, bool) {
	id, found := n[nameKey(name)]
	return id, found
}

// Same reports whether two names are one to who reads them.
func (n ClassroomNames) Same(a, b string) bool { return nameKey(a) == nameKey(b) }

// nameKey is a name as names are compared.
func nameKey(name string) string { return strings.Join(strings.Fields(foldName(name)), " ") }

// ClassroomNames are the names of the school's classrooms in use.
func (o *Organization) ClassroomNames(ctx context.Context) (ClassroomNames, error) {
	rows, err := o.store.read().ClassroomNames(ctx, o.id)
	if err != nil {
		return nil, fmt.Errorf("list the names of classrooms: %w", translate(err))
	}
	names := make(ClassroomNames, len(rows))
	for _, row := range rows {
		if key := nameKey(row.Name); names[key] == "" {
			names[key] = identity.OrganizationID(row.ID)
		}
	}
	return names, nil
}

func openingRunOf(row query.OpeningRun) OpeningRun {
	return OpeningRun{
		ID: row.ID, Actor: identity.Actor{User: identity.UserID(row.ActorID), Name: row.ActorName}, Language: row.Language,
		CreatedAt: moment(row.CreatedUs), FinishedAt: moment(row.FinishedUs), Trouble: parseMessage(row.Trouble),
	}
}

func openingItemOf(row query.OpeningItem) OpeningItem {
	return OpeningItem{
		Line: int(row.Line), Name: row.Name, Teacher: identity.UserID(row.TeacherID), TeacherName: row.TeacherName,
		Address: row.Address, Classroom: identity.OrganizationID(row.ClassroomID),
		State: OpeningItemState(row.State), Problem: parseMessage(row.Problem),
	}
}
