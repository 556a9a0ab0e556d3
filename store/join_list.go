package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// ClassRequests are those who ask to join a classroom, the longest waiting first,
// and those who may not ask.
type ClassRequests struct {
	Rows    []ClassRequest // a hundred at most: the list is worked off from the top
	Waiting int            // all of them
	Blocked []identity.JoinRequest
}

// ClassRequest is one of them.
type ClassRequest struct {
	identity.JoinRequest
	UserName  string
	Home      identity.OrganizationID // where they are at home
	HomeName  string                  // empty for who registered by themselves
	Suspended bool                    // in the classroom: letting them in ends it
}

// ClassRequests lists who asks to join the classroom.
func (o *Organization) ClassRequests(ctx context.Context) (ClassRequests, error) {
	read := o.store.read()
	waiting, err := read.CountJoinRequests(ctx, o.id)
	if err != nil {
		return ClassRequests{}, fmt.Errorf("count who asks to join: %w", translate(err))
	}
	rows, err := read.ClassRequests(ctx, o.id)
	if err != nil {
		return ClassRequests{}, fmt.Errorf("list who asks to join: %w", translate(err))
	}
	blocked, err := read.BlockedRequests(ctx, o.id)
	if err != nil {
		return ClassRequests{}, fmt.Errorf("list who is blocked: %w", translate(err))
	}
	requests := ClassRequests{Rows: make([]ClassRequest, len(rows)), Waiting: int(waiting)}
	for i, row := range rows {
		requests.Rows[i] = ClassRequest{
			JoinRequest: joinRequestOf(row.JoinRequest), UserName: row.UserName, Home: identity.OrganizationID(row.HomeID),
			HomeName:  row.HomeName,
			Suspended: row.MemberState == string(identity.AssignmentSuspended),
		}
	}
	for _, row := range blocked {
		requests.Blocked = append(requests.Blocked, joinRequestOf(row))
	}
	return requests, nil
}

// RequestsWaiting is how many ask to join.
func (o *Organization) RequestsWaiting(ctx context.Context) (int, error) {
	waiting, err := o.store.read().CountJoinRequests(ctx, o.id)
	if err != nil {
		return 0, fmt.Errorf("count who asks to join: %w", translate(err))
	}
	return int(waiting), nil
}

// AskedAt is when the user asked to join the classroom, by whatever way, if they
// wait for an answer; zero if they do not. refused reports that they may not ask.
func (o *Organization) AskedAt(ctx context.Context, user identity.UserID) (at time.Time, refused bool, err error) {
	row, err := o.store.read().RequestOf(ctx, query.RequestOfParams{OrganizationID: o.id, UserID: string(user)})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return time.Time{}, false, nil
	case err != nil:
		return time.Time{}, false, fmt.Errorf("load a request to join: %w", translate(err))
	case row.State == requestAsked:
		return moment(row.AskedUs), false, nil
	}
	return time.Time{}, refusedUntil(row) > micros(o.store.clock()), nil
}

// RequestsToAnswer says of each classroom that the user teaches how many ask to
// join it.
func (s *Store) RequestsToAnswer(ctx context.Context, user identity.UserID) (map[identity.OrganizationID]int, error) {
	rows, err := s.read().RequestsToAnswer(ctx, string(user))
	if err != nil {
		return nil, fmt.Errorf("count requests to answer: %w", translate(err))
	}
	waiting := make(map[identity.OrganizationID]int, len(rows))
	for _, row := range rows {
		waiting[identity.OrganizationID(row.OrganizationID)] = int(row.Waiting)
	}
	return waiting, nil
}

// WaitingRequest is a classroom that somebody asked to join.
type WaitingRequest struct {
	Organization identity.OrganizationID
	Name         string
	School       string // its name, if there is one
	AskedAt      time.Time
}

// RequestsOf lists the classrooms that the user asked to join by a code, and
// waits. It is for the person who is signed in, about themselves.
func (s *Store) RequestsOf(ctx context.Context, user identity.UserID) ([]WaitingRequest, error) {
	rows, err := s.read().RequestsOfUser(ctx, string(user))
	if err != nil {
		return nil, fmt.Errorf("list requests of a user: %w", translate(err))
	}
	waiting := make([]WaitingRequest, len(rows))
	for i, row := range rows {
		waiting[i] = WaitingRequest{
			Organization: identity.OrganizationID(row.OrganizationID), Name: row.Name, School: row.SchoolName, AskedAt: moment(row.AskedUs),
		}
	}
	return waiting, nil
}

// deleteOldJoining lets go of requests that nobody answered, of codes that are
// over, and of counts of wrong ones.
func (tx *transaction) deleteOldJoining(ctx context.Context) error {
	if _, err := tx.DeleteForgottenRequests(ctx, tx.now-requestsKept.Microseconds()); err != nil {
		return err
	}
	if _, err := tx.DeleteOldJoinCodes(ctx, tx.now-codesKeptFor.Microseconds()); err != nil {
		return err
	}
	_, err := tx.DeleteOldJoinTries(ctx, hourOf(tx.now)-24)
	return err
}
