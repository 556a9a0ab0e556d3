package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// RolloverJob is the name of the jobs that plan, apply and undo rollovers.
const RolloverJob = "rollover"

// RolloverPayload is the payload of a [RolloverJob].
type RolloverPayload struct {
	Organization identity.OrganizationID `json:"organization"`
	Rollover     RolloverID              `json:"rollover"`
}

// RolloverUndoFor is how long after its end a rollover can be undone.
const RolloverUndoFor = 30 * 24 * time.Hour

// MaxRollover is how many classes one rollover may be about.
const MaxRollover = 5000

// RolloverID is the ID of a rollover: the submission of the form that began it.
type RolloverID string

// RolloverState is how far a rollover has come.
type RolloverState string

// The states of a rollover.
const (
	RolloverStaging   RolloverState = "staging" // its plan is being made
	RolloverPlanned   RolloverState = "planned"
	RolloverApplying  RolloverState = "applying"
	RolloverPaused    RolloverState = "paused"
	RolloverDone      RolloverState = "done"
	RolloverCancelled RolloverState = "cancelled" // before or while it was applied
	RolloverUndoing   RolloverState = "undoing"
	RolloverUndone    RolloverState = "undone"
	// RolloverUndoPaused is one whose undoing waits for somebody to go on with it.
	RolloverUndoPaused RolloverState = "undo-paused"
)

// RolloverFigures are what a plan comes to.
type RolloverFigures struct {
	Classrooms map[identity.RolloverAction]int `json:"classrooms"`
	Students   map[identity.RolloverAction]int `json:"students"`
	// Doubled is how many classes share their new name with another one, and
	// Without how many students end up in no class.
	Doubled int `json:"doubled"`
	Without int `json:"without"`
}

// Rollover is a plan of what becomes of a school's classes, and how far it has
// come.
type Rollover struct {
	ID       RolloverID
	Term     TermID
	TermName string // as it was then
	Leaving  int    // the last year group of the school; -1: not said
	State    RolloverState
	Version  int
	// Figures are those of the plan as it was when it was checked; see Checked.
	Figures    RolloverFigures
	Actor      identity.Actor
	Request    identity.Request
	Total      int
	Done       int
	Refused    int
	Undone     int
	Trouble    identity.Message // why it waits; empty while it goes on
	BegunAt    time.Time
	AppliedAt  time.Time // when applying began; zero before
	FinishedAt time.Time
	UndoneAt   time.Time

	checked               int
	stagedName, stagedKey string
}

// Checked reports whether Figures are those of the plan as it is.
func (r Rollover) Checked() bool { return r.checked == r.Version }

// UndoableUntil is until when the rollover can be undone; zero if it cannot.
func (r Rollover) UndoableUntil() time.Time {
	if r.State != RolloverDone && r.State != RolloverCancelled || r.AppliedAt.IsZero() {
		return time.Time{}
	}
	return r.FinishedAt.Add(RolloverUndoFor)
}

func errNoRollover() *identity.Error { return identity.NotFound("rollover.not-found") }

func rolloverOf(row query.Rollover) Rollover {
	r := Rollover{
		ID: RolloverID(row.ID), Term: TermID(row.TermID), TermName: row.TermName, Leaving: int(row.Leaving),
		State: RolloverState(row.State), Version: int(row.Version), checked: int(row.Checked),
		Actor:   identity.Actor{User: identity.UserID(row.ActorID), Name: row.ActorName},
		Request: identity.Request{ID: row.RequestID, Address: row.ClientAddress, Device: row.Device},
		Total:   int(row.Total), Done: int(row.Done), Refused: int(row.Refused), Undone: int(row.Undone),
		Trouble: parseMessage(row.Trouble), BegunAt: moment(row.BegunUs), AppliedAt: moment(row.AppliedUs),
		FinishedAt: moment(row.FinishedUs), UndoneAt: moment(row.UndoneUs),
		stagedName: row.StagedName, stagedKey: row.StagedID,
	}
	if row.Figures != "" {
		_ = json.Unmarshal([]byte(row.Figures), &r.Figures) // our own; without them it is checked again
	}
	return r
}

// putRollover writes the rollover as it is now.
func (tx *transaction) putRollover(ctx context.Context, organization string, r Rollover) error {
	figures, err := json.Marshal(r.Figures)
	if err != nil {
		return err
	}
	trouble := ""
	if r.Trouble.ID != "" {
		trouble = messageText(r.Trouble)
	}
	return tx.PutRollover(ctx, query.PutRolloverParams{
		OrganizationID: organization, ID: string(r.ID), State: string(r.State), Leaving: int64(r.Leaving),
		Version: int64(r.Version), Checked: int64(r.checked), Figures: string(figures),
		StagedName: r.stagedName, StagedID: r.stagedKey, ActorID: string(r.Actor.User), ActorName: r.Actor.Name,
		RequestID: r.Request.ID, ClientAddress: r.Request.Address, Device: r.Request.Device,
		Total: int64(r.Total), Done: int64(r.Done), Refused: int64(r.Refused), Undone: int64(r.Undone), Trouble: trouble,
		AppliedUs: micros(r.AppliedAt), FinishedUs: micros(r.FinishedAt), UndoneUs: micros(r.UndoneAt),
	})
}

// changeRollover loads a rollover, has f change it, and writes it.
func (o *Organization) changeRollover(
	ctx context.Context, id RolloverID, f func(*transaction, *Rollover) error,
) error {
	return o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.Rollover(ctx, query.RolloverParams{OrganizationID: o.id, ID: string(id)})
		if err != nil {
			return orNotFound(err, errNoRollover())
		}
		r := rolloverOf(row)
		if err := f(tx, &r); err != nil {
			return err
		}
		return tx.putRollover(ctx, o.id, r)
	})
}

// Rollover is one of the school's rollovers; not found ("rollover.not-found")
// otherwise.
func (o *Organization) Rollover(ctx context.Context, id RolloverID) (Rollover, error) {
	row, err := o.store.read().Rollover(ctx, query.RolloverParams{OrganizationID: o.id, ID: string(id)})
	if err != nil {
		return Rollover{}, fmt.Errorf("load a rollover: %w", orNotFound(err, errNoRollover()))
	}
	return rolloverOf(row), nil
}

// Rollovers are the school's latest rollovers, the newest first.
func (o *Organization) Rollovers(ctx context.Context) ([]Rollover, error) {
	rows, err := o.store.read().Rollovers(ctx, query.RolloversParams{OrganizationID: o.id, MaxRows: pageSize})
	if err != nil {
		return nil, fmt.Errorf("list rollovers: %w", translate(err))
	}
	rollovers := make([]Rollover, len(rows))
	for i, row := range rows {
		rollovers[i] = rolloverOf(row)
	}
	return rollovers, nil
}

// NewRollover is a rollover that somebody begins to plan.
type NewRollover struct {
	Submission string // of the form; becomes its ID
	Term       TermID // that it leads into
	Leaving    int    // the last year group of the school; -1: not said
}

// BeginRollover begins the plan of a rollover of all classes in use that are not
// of the term already. The same submission again begins nothing.
func (o *Organization) BeginRollover(ctx context.Context, n NewRollover) (RolloverID, error) {
	if !submissionForm.MatchString(n.Submission) {
		return "", identity.Invalid("request.broken")
	}
	id, request, actor := RolloverID(n.Submission), identity.RequestFrom(ctx), o.opened.Actor()
	err := o.store.write(ctx, func(tx *transaction) error {
		if err := o.mayManageTerms(); err != nil {
			return err
		}
		term, err := tx.Term(ctx, query.TermParams{OrganizationID: o.id, ID: string(n.Term)})
		if err != nil {
			return orNotFound(err, errNoTerm())
		}
		_, err = tx.InsertRollover(ctx, query.InsertRolloverParams{
			OrganizationID: o.id, ID: string(id), TermID: term.ID, TermName: term.Name, Leaving: int64(n.Leaving),
			ActorID: string(actor.User), ActorName: actor.Name, RequestID: request.ID, ClientAddress: request.Address,
			Device: request.Device, NowUs: tx.now,
		})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("begin a rollover: %w", err)
	}
	return id, nil
}

// QueueRollover has a job go on with a rollover.
func (o *Organization) QueueRollover(ctx context.Context, id RolloverID) error {
	err := o.store.write(ctx, func(tx *transaction) error { return o.queueRollover(ctx, tx, id) })
	if err != nil {
		return fmt.Errorf("go on with a rollover: %w", err)
	}
	return nil
}

func (o *Organization) queueRollover(ctx context.Context, tx *transaction, id RolloverID) error {
	return o.store.enqueue(ctx, tx, RolloverJob, RolloverPayload{Organization: o.opened.ID(), Rollover: id})
}

// OpenForRollover opens the school of a rollover for who began it, or began to
// undo it, as their rights are now, with the rollover. Rights that are gone are an
// error like any other of [Store.OpenFor].
func (s *Store) OpenForRollover(ctx context.Context, job RolloverPayload) (identity.Opened, Rollover, error) {
	row, err := s.read().RolloverForJob(ctx, query.RolloverForJobParams{OrganizationID: string(job.Organization), ID: string(job.Rollover)})
	if err != nil {
		return identity.Opened{}, Rollover{}, fmt.Errorf("load a rollover: %w", orNotFound(err, errNoRollover()))
	}
	r := rolloverOf(row)
	opened, err := s.OpenFor(ctx, r.Actor, job.Organization)
	if err == nil {
		err = opened.Refusal(identity.ManageSchool)
	}
	return opened, r, err
}
