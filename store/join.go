package store

import (
	"context"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// declinedFor is how long who was declined cannot ask again.
const declinedFor = 30 * 24 * time.Hour

// AskToJoin notes that somebody asks to join the school, in their own name. Who
// asks already, or was declined lately, changes nothing.
func (o *Organization) AskToJoin(ctx context.Context, r identity.JoinRequest) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		asked, err := tx.AskToJoin(ctx, query.AskToJoinParams{
			OrganizationID: o.id, UserID: string(r.User), Name: r.Name, Address: r.Address, Domain: r.Domain,
			Role: string(r.Role), ClassroomID: string(r.Classroom), NowUs: tx.now,
			DeclinedBeforeUs: tx.now - declinedFor.Microseconds(),
		})
		if err != nil || asked == 0 {
			return err
		}
		record := o.auditRecord(ctx, identity.Change{
			Action: identity.ActionJoinAsked, Target: string(r.User), TargetName: r.Name,
			After: map[string]string{identity.AuditRole: string(r.Role)},
		}, identity.OutcomeDone)
		record.Actor = identity.Actor{User: r.User, Name: r.Name}
		return tx.audit(ctx, &record)
	})
	if err != nil {
		return fmt.Errorf("ask to join: %w", err)
	}
	return nil
}

// JoinRequests are those who wait for an answer, the longest first.
type JoinRequests struct {
	Rows    []JoinRequestRow // a hundred at most: the list is worked off from the top
	Waiting int              // all of them
}

// JoinRequestRow is one of them with the name of the classroom, if there is one.
type JoinRequestRow struct {
	identity.JoinRequest
	ClassroomName string
}

// JoinRequests lists who waits for an answer.
func (o *Organization) JoinRequests(ctx context.Context) (JoinRequests, error) {
	read := o.store.read()
	waiting, err := read.CountJoinRequests(ctx, o.id)
	if err != nil {
		return JoinRequests{}, fmt.Errorf("count who asks to join: %w", translate(err))
	}
	rows, err := read.JoinRequests(ctx, o.id)
	if err != nil {
		return JoinRequests{}, fmt.Errorf("list who asks to join: %w", translate(err))
	}
	requests := JoinRequests{Rows: make([]JoinRequestRow, len(rows)), Waiting: int(waiting)}
	for i, row := range rows {
		requests.Rows[i] = JoinRequestRow{joinRequestOf(row.JoinRequest), row.ClassroomName}
	}
	return requests, nil
}

func joinRequestOf(row query.JoinRequest) identity.JoinRequest {
	return identity.JoinRequest{
		User: identity.UserID(row.UserID), Name: row.Name, Address: row.Address, Domain: row.Domain,
		Role: identity.Role(row.Role), Classroom: identity.OrganizationID(row.ClassroomID), AskedAt: moment(row.AskedUs),
		Code: row.CodeID, Verified: row.Verified,
	}
}

// DecideJoin answers who asks to join: it puts the change on record, lets act
// make it at Zitadel, and closes the record and the request in one transaction.
// A request waits on if act fails. One that is answered already, by somebody
// else at the same time too, is not found ("join.not-found"). act may be nil.
func (o *Organization) DecideJoin(
	ctx context.Context, change identity.Change, user identity.UserID, approve bool,
	act func(context.Context, identity.JoinRequest) ([]identity.Fact, error),
) error {
	done, err := o.store.turns.take(ctx, "join/"+identity.OrganizationID(o.id+"/"+string(user)))
	if err != nil {
		return err
	}
	defer done()
	row, err := o.asked(ctx, user)
	if err != nil {
		return err
	}
	state := requestDeclined
	if approve {
		state = requestApproved
	}
	about(&change, row.UserID, row.Name)
	err = o.make(ctx, making{
		change: change,
		act: func(ctx context.Context) ([]identity.Fact, error) {
			if act == nil {
				return nil, nil
			}
			return act(ctx, joinRequestOf(row))
		},
		done: func(ctx context.Context, tx *transaction) error {
			_, err := tx.DecideJoin(ctx, query.DecideJoinParams{
				OrganizationID: o.id, UserID: row.UserID, State: state, NowUs: tx.now,
			})
			return err
		},
	})
	if err != nil {
		return fmt.Errorf("answer who asks to join: %w", err)
	}
	return nil
}
