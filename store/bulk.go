package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// BulkJob is the name of the jobs that go on with a run.
const BulkJob = "bulk"

// BulkPayload is the payload of a [BulkJob].
type BulkPayload struct {
	Organization identity.OrganizationID `json:"organization"`
	Run          identity.BulkRunID      `json:"run"`
	Actor        identity.UserID         `json:"actor"`
}

// NewRun is an action on many that somebody wants.
type NewRun struct {
	Action     identity.BulkAction
	Parameters identity.BulkParameters
	// Users are the chosen people, or Matching those that match, as many as
	// Expected: if there are others by now, the one who chose looks again.
	Users    []identity.UserID
	Matching *PeopleQuery
	Expected int
	// Submission is that of the form, and becomes the run's ID.
	Submission string

	inLine bool // whoever begins it does it, and no job
}

// maxChosen bounds how many people are chosen one by one.
const maxChosen = 500

// lastPosition is behind every person of a run.
const lastPosition = int64(1) << 60

var submissionForm = regexp.MustCompile(`^[a-z0-9]{16,40}$`)

// BeginRun resolves who is meant and begins a run on them, all in one
// transaction with its record. The same submission again begins nothing and
// answers the same run. Nobody at all is invalid ("bulk.nobody"); another number
// than expected a conflict ("bulk.other-number").
func (o *Organization) BeginRun(ctx context.Context, n NewRun) (identity.BulkRunID, error) {
	if !submissionForm.MatchString(n.Submission) || n.Action.ToClassroom() {
		return "", identity.Invalid("request.broken")
	}
	id := identity.BulkRunID(n.Submission)
	err := o.store.write(ctx, func(tx *transaction) error {
		fresh, err := o.addRun(ctx, tx, id, n.Action, n.Parameters, "")
		if err != nil || !fresh {
			return err
		}
		if n.Matching != nil {
			err = o.addMatching(ctx, tx, id, *n.Matching)
		} else {
			err = o.addChosen(ctx, tx, id, n.Users)
		}
		if err != nil {
			return err
		}
		return o.beginRun(ctx, tx, id, n, identity.ActionBulkBegun)
	})
	if err != nil {
		return "", fmt.Errorf("begin a run: %w", err)
	}
	return id, nil
}

// addRun writes the run's row; fresh is false if it is there already.
func (o *Organization) addRun(
	ctx context.Context, tx *transaction, id identity.BulkRunID, action identity.BulkAction,
	parameters identity.BulkParameters, undoOf identity.BulkRunID,
) (fresh bool, err error) {
	text, err := json.Marshal(parameters)
	if err != nil {
		return false, err
	}
	request, actor := identity.RequestFrom(ctx), o.opened.Actor()
	rows, err := tx.AddBulkRun(ctx, query.AddBulkRunParams{
		OrganizationID: o.id, ID: string(id), Action: string(action), Parameters: string(text), UndoOf: string(undoOf),
		ActorID: string(actor.User), ActorName: actor.Name, RequestID: request.ID, ClientAddress: request.Address,
		Device: request.Device, NowUs: tx.now,
	})
	if err != nil || rows > 0 {
		return rows > 0, err
	}
	there, err := tx.BulkRun(ctx, query.BulkRunParams{OrganizationID: o.id, ID: string(id)})
	if err == nil && there.ActorID != string(actor.User) {
		err = identity.Invalid("request.broken") // somebody else's form
	}
	return false, err
}

// beginRun counts whom the run is about, puts it on record and has it done.
func (o *Organization) beginRun(
	ctx context.Context, tx *transaction, id identity.BulkRunID, n NewRun, action identity.Action,
) error {
	total, err := tx.CountBulkItems(ctx, query.CountBulkItemsParams{OrganizationID: o.id, RunID: string(id)})
	switch {
	case err != nil:
		return err
	case total == 0:
		return identity.Invalid("bulk.nobody")
	case total > identity.MaxBulk:
		return identity.Invalid("bulk.too-many", "Most", identity.MaxBulk)
	case n.Matching != nil && int(total) != n.Expected:
		return identity.Conflict("bulk.other-number", "Count", int(total))
	}
	if err := tx.SetBulkTotal(ctx, query.SetBulkTotalParams{OrganizationID: o.id, ID: string(id), Total: total}); err != nil {
		return err
	}
	after := map[string]string{"bulk": string(n.Action), "count": strconv.FormatInt(total, 10)}
	if n.Parameters.ClassroomName != "" {
		after["classroom"] = n.Parameters.ClassroomName
	}
	if o.opened.Organization().Kind == identity.KindClassroom && !n.Action.ToClassroom() {
		after["list"] = "class"
	}
	if err := o.record(ctx, tx, identity.Change{Action: action, Target: string(id), After: after}); err != nil {
		return err
	}
	if n.inLine {
		return nil
	}
	return o.store.enqueue(ctx, tx, BulkJob, BulkPayload{Organization: o.opened.ID(), Run: id, Actor: o.opened.Actor().User})
}

// bulkName is the name of somebody as SQL; their user name if they have none.
const bulkName = `COALESCE(NULLIF(TRIM(u.given_name || ' ' || u.family_name), ''), NULLIF(u.user_name, ''), p.user_id)`

// addMatching makes items of everybody who matches.
func (o *Organization) addMatching(ctx context.Context, tx *transaction, id identity.BulkRunID, q PeopleQuery) error {
	plan, err := o.planPeople(q)
	if err != nil {
		return err
	}
	if total, _, err := plan.find(ctx, tx.tx); err != nil || total == 0 {
		return err
	}
	from, where, args := plan.source()
	_, err = tx.tx.ExecContext(ctx, `INSERT INTO bulk_items (organization_id, run_id, position, target, name, state)
		SELECT ?, ?, p.row_id, p.user_id, `+bulkName+`, 'waiting' FROM `+from+` LEFT JOIN users u ON u.id = p.user_id
		WHERE `+where+` LIMIT ?`, append(append([]any{o.id, string(id)}, args...), identity.MaxBulk+1)...)
	return err
}

// addChosen makes items of those chosen who are still people of the school.
func (o *Organization) addChosen(ctx context.Context, tx *transaction, id identity.BulkRunID, users []identity.UserID) error {
	if len(users) > maxChosen {
		return identity.Invalid("bulk.too-many", "Most", maxChosen)
	}
	for _, user := range users {
		_, err := tx.tx.ExecContext(ctx, `INSERT INTO bulk_items (organization_id, run_id, position, target, name, state)
			SELECT ?, ?, p.row_id, p.user_id, `+bulkName+`, 'waiting' FROM people p LEFT JOIN users u ON u.id = p.user_id
			WHERE p.organization_id = ? AND p.user_id = ? ON CONFLICT DO NOTHING`, o.id, string(id), o.id, string(user))
		if err != nil {
			return err
		}
	}
	return nil
}

// CountMatching counts exactly how many people match.
func (o *Organization) CountMatching(ctx context.Context, q PeopleQuery) (int, error) {
	plan, err := o.planPeople(q)
	if err != nil {
		return 0, err
	}
	tx, err := o.store.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, fmt.Errorf("count people: %w", translate(err))
	}
	defer func() { _ = tx.Rollback() }() // it wrote nothing
	total, more, err := plan.find(ctx, tx)
	if err == nil && more {
		from, where, args := plan.source()
		err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+from+` WHERE `+where, args...).Scan(&total)
	}
	if err != nil {
		return 0, fmt.Errorf("count people: %w", translate(err))
	}
	return total, nil
}

// UndoRun begins a run that puts back what another one did, once and within
// [identity.BulkUndoFor] of its end; later it is gone ("bulk.undo-over").
func (o *Organization) UndoRun(ctx context.Context, of identity.BulkRunID) (identity.BulkRunID, error) {
	id := identity.BulkRunID(identity.NewSubmission())
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.BulkRun(ctx, query.BulkRunParams{OrganizationID: o.id, ID: string(of)})
		if err != nil {
			return orNotFound(err, errNoRun())
		}
		run := bulkRunOf(row)
		if run.UndoneBy != "" {
			id = run.UndoneBy // a second click
			return nil
		}
		if !moment(tx.now).Before(run.UndoableUntil()) {
			return identity.Gone("bulk.undo-over")
		}
		marked, err := tx.MarkUndone(ctx, query.MarkUndoneParams{
			OrganizationID: o.id, ID: string(of), UndoneBy: string(id),
			SinceUs: micros(moment(tx.now).Add(-identity.BulkUndoFor)),
		})
		if err != nil || marked == 0 {
			return errors.Join(err, identity.Gone("bulk.undo-over"))
		}
		if _, err := o.addRun(ctx, tx, id, run.Action, run.Parameters, of); err != nil {
			return err
		}
		if _, err := tx.AddItemsToUndo(ctx, query.AddItemsToUndoParams{
			OrganizationID: o.id, ID: string(id), UndoOf: string(of),
		}); err != nil {
			return err
		}
		return o.beginRun(ctx, tx, id, NewRun{Action: run.Action, Parameters: run.Parameters}, identity.ActionBulkUndone)
	})
	if err != nil {
		return "", fmt.Errorf("undo a run: %w", err)
	}
	return id, nil
}

// BeginClassroomRun begins a run that archives or restores the opened classroom.
// One under way is a conflict ("bulk.under-way"), and so is a classroom that is
// so already ("bulk.so-already").
func (o *Organization) BeginClassroomRun(ctx context.Context, action identity.BulkAction) (identity.BulkRunID, error) {
	classroom := o.opened.Organization()
	if classroom.Kind != identity.KindClassroom || !action.ToClassroom() {
		return "", identity.NotFound("organization.not-found")
	}
	id := identity.BulkRunID(identity.NewSubmission())
	err := o.store.write(ctx, func(tx *transaction) error {
		present, err := tx.OrganizationByID(ctx, o.id)
		if err != nil {
			return orNotFound(err, identity.NotFound("organization.not-found"))
		}
		if archived := present.State == string(identity.OrganizationInactive); archived == (action == identity.BulkArchive) {
			return identity.Conflict("bulk.so-already", "Classroom", classroom.Name)
		}
		busy, err := tx.RunUnderWay(ctx, query.RunUnderWayParams{
			OrganizationID: o.id, SinceUs: micros(moment(tx.now).Add(-24 * time.Hour)),
		})
		if err != nil {
			return err
		}
		if busy > 0 {
			return identity.Conflict("bulk.under-way")
		}
		run := NewRun{Action: action, Parameters: identity.BulkParameters{Classroom: classroom.ID, ClassroomName: classroom.Name}}
		if _, err := o.addRun(ctx, tx, id, action, run.Parameters, ""); err != nil {
			return err
		}
		if err := o.addClassroom(ctx, tx, id, action); err != nil {
			return err
		}
		return o.beginRun(ctx, tx, id, run, identity.ActionBulkBegun)
	})
	if err != nil {
		return "", fmt.Errorf("begin a run on a classroom: %w", err)
	}
	return id, nil
}

// addClassroom makes items of the classroom's students and of itself. It is
// archived last, and restored first: what is archived has no roster to change.
// Restored are exactly the students whom archiving suspended.
func (o *Organization) addClassroom(
	ctx context.Context, tx *transaction, id identity.BulkRunID, action identity.BulkAction,
) error {
	position := lastPosition
	if action == identity.BulkArchive {
		_, err := tx.tx.ExecContext(ctx, `INSERT INTO bulk_items (organization_id, run_id, position, target, name, state)
			SELECT ?, ?, p.row_id, p.user_id, `+bulkName+`, 'waiting' FROM role_assignments p LEFT JOIN users u ON u.id = p.user_id
			WHERE p.organization_id = ? AND p.state = 'active' AND p.role = 'student'`, o.id, string(id), o.id)
		if err != nil {
			return err
		}
	} else {
		position = -lastPosition
		if err := tx.AddItemsToRestore(ctx, query.AddItemsToRestoreParams{
			OrganizationID: o.id, ID: string(id),
			Archive: string(identity.BulkArchive), Restore: string(identity.BulkRestoreClassroom),
		}); err != nil {
			return err
		}
	}
	return tx.AddBulkItem(ctx, query.AddBulkItemParams{
		OrganizationID: o.id, RunID: string(id), Position: position, Target: o.id, Name: o.opened.Organization().Name,
	})
}

func errNoRun() *identity.Error { return identity.NotFound("bulk.not-found") }
