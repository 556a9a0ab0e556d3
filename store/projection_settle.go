package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// settleSkew is how far the portal's clock and Zitadel's may be apart, and
// settleFor how long a write may take, for an event to be taken for the effect
// of a begun audit record.
const (
	settleSkew = time.Minute
	settleFor  = 15 * time.Minute
)

// settle closes records that the portal had begun when it was cut off, and
// whose effect the event is.
func (f *folding) settle(ctx context.Context, e identity.Event, after folded) error {
	organization, target, actions := effects(e, after)
	for _, action := range actions {
		begun, err := f.BegunRecordsBetween(ctx, query.BegunRecordsBetweenParams{
			OrganizationID: string(organization), Target: target, Action: string(action),
			EarliestUs: micros(e.At.Add(-settleFor)), LatestUs: micros(e.At.Add(settleSkew)),
		})
		if err != nil {
			return err
		}
		for _, id := range begun {
			if err := f.closeRecord(ctx, string(organization), id, identity.OutcomeDone); err != nil {
				return err
			}
		}
	}
	return nil
}

// effects are the actions of the portal that cause an event.
func effects(e identity.Event, after folded) (identity.OrganizationID, string, []identity.Action) {
	a := after.assignment
	switch fact := e.Fact.(type) {
	case identity.OrganizationMetadataSet:
		if fact.Key == identity.MetadataName {
			return fact.Organization, string(fact.Organization), []identity.Action{identity.ActionOrganizationRenamed}
		}
	case identity.RoleAssignmentCreated:
		return a.Organization, string(a.User), []identity.Action{
			identity.ActionRoleAssigned, identity.ActionStudentCreated, identity.ActionInvitationAccepted,
			identity.ActionJoined, identity.ActionJoinApproved,
		}
	case identity.RoleAssignmentChanged:
		return a.Organization, string(a.User), []identity.Action{identity.ActionRoleChanged, identity.ActionRoleAssigned}
	case identity.RoleAssignmentStateChanged:
		if fact.State == identity.AssignmentSuspended {
			return a.Organization, string(a.User), []identity.Action{identity.ActionRoleSuspended}
		}
		return a.Organization, string(a.User), []identity.Action{identity.ActionRoleActivated}
	case identity.RoleAssignmentRemoved:
		return a.Organization, string(a.User), []identity.Action{identity.ActionRoleRemoved, identity.ActionLeft}
	}
	return "", "", nil
}

// observable are the actions whose effect Zitadel's events show.
var observable = []identity.Action{
	identity.ActionOrganizationRenamed, identity.ActionRoleAssigned, identity.ActionStudentCreated,
	identity.ActionRoleChanged, identity.ActionRoleSuspended, identity.ActionRoleActivated,
	identity.ActionRoleRemoved, identity.ActionLeft, identity.ActionJoined,
}

// FailUnseen closes audit records that were begun before a time, whose effect
// the event log would have shown since and did not. What has no event stays as
// it is.
func (s *Store) FailUnseen(ctx context.Context, before time.Time) error {
	err := s.closeBegun(ctx, before, func(_ *transaction, r query.BegunRecordsBeforeRow) (identity.Outcome, error) {
		if slices.Contains(observable, identity.Action(r.Action)) {
			return identity.OutcomeFailed, nil
		}
		return "", nil
	})
	if err != nil {
		return fmt.Errorf("close audit records without effect: %w", err)
	}
	return nil
}

// closeBegun closes the records that were begun before a time with the outcome
// that decide gives them; those it gives none stay begun.
func (s *Store) closeBegun(
	ctx context.Context, before time.Time, decide func(*transaction, query.BegunRecordsBeforeRow) (identity.Outcome, error),
) error {
	if rows, err := s.read().BegunRecordsBefore(ctx, micros(before)); err != nil || len(rows) == 0 {
		return err // mostly there is none, and no transaction to wait for
	}
	return s.write(ctx, func(tx *transaction) error {
		rows, err := tx.BegunRecordsBefore(ctx, micros(before))
		if err != nil {
			return err
		}
		for _, r := range rows {
			outcome, err := decide(tx, r)
			if err != nil {
				return err
			}
			if outcome == "" {
				continue
			}
			if err := tx.closeRecord(ctx, r.OrganizationID, r.ID, outcome); err != nil {
				return err
			}
		}
		return nil
	})
}
