package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// ListRun is an action that somebody wants on those on a class's list.
type ListRun struct {
	Action     identity.BulkAction
	Parameters identity.BulkParameters
	// Matching are all who match, as many as Expected. If it is nil, those whom
	// the actor has ticked are meant, as the mark of their selection says.
	Matching *RosterQuery
	Expected int
	Mark     string
	// Submission is that of the form, and becomes the run's ID.
	Submission string
}

// BeginListRun resolves who is meant and begins a run on them, all in one
// transaction with its record; ticks are taken away. The same submission again
// begins nothing and answers the same run. Nobody at all is invalid
// ("bulk.nobody"); another number than expected, or other ticks, a conflict
// ("bulk.other-number").
func (o *Organization) BeginListRun(ctx context.Context, n ListRun) (identity.BulkRunID, error) {
	if !submissionForm.MatchString(n.Submission) || !slices.Contains(identity.ListActions, n.Action) ||
		o.opened.Organization().Kind != identity.KindClassroom {
		return "", identity.Invalid("request.broken")
	}
	if err := o.opened.Refusal(identity.ManageStudents); err != nil {
		return "", err
	}
	id := identity.BulkRunID(n.Submission)
	err := o.store.write(ctx, func(tx *transaction) error {
		fresh, err := o.addRun(ctx, tx, id, n.Action, n.Parameters, "")
		if err != nil || !fresh {
			return err
		}
		begun := NewRun{Action: n.Action, Parameters: n.Parameters, Expected: n.Expected}
		if n.Matching != nil {
			begun.Matching = &PeopleQuery{} // a number is expected
			err = o.addListed(ctx, tx, id, *n.Matching)
		} else {
			err = o.addTicked(ctx, tx, id, n.Mark)
		}
		if err != nil {
			return err
		}
		return errors.Join(o.beginRun(ctx, tx, id, begun, identity.ActionBulkBegun), o.clearSelection(ctx, tx))
	})
	if err != nil {
		return "", fmt.Errorf("begin a run on a list: %w", err)
	}
	return id, nil
}

// addListed makes items of everybody on the list who matches.
func (o *Organization) addListed(ctx context.Context, tx *transaction, id identity.BulkRunID, q RosterQuery) error {
	q.Sort, q.After, q.Before = "", "", ""
	plan, err := o.planRoster(q)
	if err != nil {
		return err
	}
	plan.limit = identity.MaxBulk + 1
	total := 0
	if len(plan.words) > 0 {
		if total, err = plan.find(ctx, tx.tx); err != nil || total == 0 {
			return err
		}
	}
	rows, err := plan.rows(ctx, tx.tx, total, 0)
	if err != nil {
		return err
	}
	tx, free := tx.prepare()
	defer free()
	for _, row := range rows {
		if err := o.addListedItem(ctx, tx, id, row.row.User.ID, row.row.User.DisplayName()); err != nil {
			return err
		}
	}
	return nil
}

// addTicked makes items of those who are ticked and still on the list. Other
// ticks than those that were shown are a conflict.
func (o *Organization) addTicked(ctx context.Context, tx *transaction, id identity.BulkRunID, mark string) error {
	rows, err := tx.Selection(ctx, query.SelectionParams{
		OrganizationID: o.id, ActorID: string(o.opened.Actor().User), MaxRows: MaxSelection,
	})
	if err != nil {
		return err
	}
	selected := selectionOf(rows)
	if selected.Mark != mark {
		return identity.Conflict("bulk.other-number", "Count", len(selected.Users))
	}
	for _, user := range selected.Users {
		row, err := tx.UserByID(ctx, string(user))
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		if err := o.addListedItem(ctx, tx, id, user, userOfRow(row).DisplayName()); err != nil {
			return err
		}
	}
	return nil
}

func (o *Organization) addListedItem(
	ctx context.Context, tx *transaction, id identity.BulkRunID, user identity.UserID, name string,
) error {
	_, err := tx.AddListedItem(ctx, query.AddListedItemParams{
		OrganizationID: o.id, RunID: string(id), Name: name, UserID: string(user),
	})
	return err
}

// ListedPerson is whom an item of a run is about, although they may be on the
// list no more; not found ("member.not-found") for whose account is gone.
func (o *Organization) ListedPerson(ctx context.Context, run identity.BulkRunID, position int64) (identity.Member, error) {
	row, err := o.store.read().ListedPerson(ctx, query.ListedPersonParams{
		SchoolID: string(o.opened.Organization().School), Operators: string(o.store.operators),
		OrganizationID: o.id, RunID: string(run), Position: position,
	})
	if err != nil {
		return identity.Member{}, fmt.Errorf("load whom a run is about: %w", orNotFound(err, identity.NotFound("member.not-found")))
	}
	m := identity.Member{User: userOfRow(row.User)}
	if row.StateSchool == string(identity.AssignmentActive) {
		m.Held.School = parseRoles(row.RolesSchool)
	}
	if row.StatePlatform == string(identity.AssignmentActive) {
		m.Held.Platform = parseRoles(row.RolesPlatform)
	}
	return m, nil
}

// CountListed counts who is on the list and matches.
func (o *Organization) CountListed(ctx context.Context, q RosterQuery) (int, error) {
	q.After, q.Before, q.Limit = "", "", 1
	page, err := o.Roster(ctx, q)
	return page.Total, err
}
