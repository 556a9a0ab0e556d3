package bulk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// openingSlice is how long one job opens classrooms before it leaves the rest to
// another one: below what a job may take.
const openingSlice = 40 * time.Second

// Openings opens the classrooms of lists in the background, with their teachers.
// Each classroom has an ID of its own that the list and its line decide, so that
// a list that a crash cut off goes on where it was and doubles nothing.
type Openings struct {
	Store       *store.Store
	Provisioner identity.Provisioner
	Gateway     identity.Gateway
	// Compose writes the mails of invitations to teach a classroom.
	Compose func(context.Context, identity.Organization) store.Compose
	Now     func() time.Time // nil: time.Now
	Log     *slog.Logger     // nil: slog.Default()
}

// Handle does one slice of a list, as a jobs.Handler of [store.OpeningJob].
// While Zitadel is away it fails, and is tried again with growing pauses.
func (o Openings) Handle(ctx context.Context, payload json.RawMessage, last bool) error {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	var job store.OpeningPayload
	if err := json.Unmarshal(payload, &job); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	for end := o.Now().Add(openingSlice); ; {
		// Opened anew for each classroom: who loses the right meanwhile opens no more.
		school, run, err := o.Store.OpenForOpenings(ctx, job)
		var known *identity.Error
		switch {
		case run.ID == "" && identity.IsKind(err, identity.KindNotFound):
			return nil // the school is gone, with its lists
		case errors.As(err, &known) && known.Kind != identity.KindUnavailable:
			return o.Store.RefuseOpenings(ctx, job, known.Message)
		case err != nil:
			return err
		}
		rows := o.Store.In(school)
		items, err := rows.OpeningsToDo(ctx, run.ID, 1)
		if err != nil || len(items) == 0 {
			return err
		}
		if !o.Now().Before(end) {
			return rows.ContinueOpenings(ctx, run.ID)
		}
		item, err := o.open(ctx, school, run, items[0])
		if err != nil && !last {
			if errors.As(err, &known) && known.Kind == identity.KindUnavailable {
				err = errors.Join(err, rows.HoldOpenings(ctx, run.ID, known.Message))
			}
			return err
		}
		if err != nil {
			item.State, item.Problem = store.OpeningFailed, openingProblem(err)
		}
		if err := rows.CloseOpening(ctx, run.ID, item); err != nil {
			return err
		}
	}
}

// open opens one classroom of a list and sees to its teacher. What is refused is
// the item's problem; an error is worth another try.
func (o Openings) open(
	ctx context.Context, school identity.Opened, run store.OpeningRun, item store.OpeningItem,
) (store.OpeningItem, error) {
	key := identity.LineSubmission(run.ID, item.Line)
	teaches := item.Teacher == school.Actor().User
	id, err := identity.FoundClassroom(ctx, school, o.Store, o.Provisioner, o.Gateway, key, item.Name, teaches)
	if err == nil {
		item.Classroom = id
		err = o.appoint(ctx, school, run, item, key, teaches)
	}
	if openingEnds(err) {
		item.State, item.Problem = store.OpeningFailed, openingProblem(err)
		o.Log.InfoContext(ctx, "a classroom of a list was not opened", "organization", school.ID(), "line", item.Line, "error", err)
		return item, nil
	}
	item.State = store.OpeningDone
	return item, err
}

// appoint gives the classroom its teacher: somebody of the school at once, an
// address by invitation.
func (o Openings) appoint(
	ctx context.Context, school identity.Opened, run store.OpeningRun, item store.OpeningItem, key string, teaches bool,
) error {
	if teaches || item.Teacher == "" && item.Address == "" {
		return nil
	}
	classroom, err := o.Store.OpenFor(ctx, school.Actor(), item.Classroom)
	if err != nil {
		return err
	}
	rows := o.Store.In(classroom)
	if item.Teacher != "" {
		person, err := o.Store.In(school).Person(ctx, item.Teacher)
		if err != nil {
			return err
		}
		return identity.AssignTeacher(ctx, classroom, rows, o.Gateway.In(classroom), person)
	}
	days, _, err := o.Store.In(school).InvitationPolicies(ctx)
	if err != nil {
		return err
	}
	invitation := identity.InvitationDraft{
		Role: identity.RoleTeacher, Language: run.Language, Days: days,
	}.For(classroom, o.Now(), item.Address, "", "")
	_, err = rows.Invite(ctx, []identity.Invitation{invitation}, key, o.Compose(ctx, classroom.Organization()))
	return err
}

// openingEnds reports whether another try would end the same way.
func openingEnds(err error) bool {
	var known *identity.Error
	return errors.As(err, &known) && known.Kind != identity.KindUnavailable
}

// openingProblem is what to tell about an error.
func openingProblem(err error) identity.Message {
	var known *identity.Error
	if errors.As(err, &known) {
		return known.Message
	}
	return identity.Say("opening.failed")
}
