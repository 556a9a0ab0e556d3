package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
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

// record writes the audit record of a change made past the portal. A change by
// one of our own service accounts has its record already: if the portal was cut
// off before it could close it, the event does.
func (f *folding) record(ctx context.Context, e identity.Event, before folded) error {
	if f.quiet {
		return nil
	}
	after := f.things[thing{before.about, before.id}]
	if slices.Contains(f.platform.ServiceAccounts, e.Editor) {
		return f.settle(ctx, e, *after)
	}
	change, ok := changeOf(e, before, *after)
	if !ok {
		return nil
	}
	if served, err := f.served(ctx, change.organization); err != nil || !served {
		return err
	}
	name, err := f.nameOf(ctx, change.user)
	if err != nil {
		return err
	}
	editor, err := f.nameOf(ctx, e.Editor)
	if err != nil {
		return err
	}
	return f.RecordFromOutside(ctx, query.RecordFromOutsideParams{
		OrganizationID: string(change.organization),
		// The same event makes the same record, however often it is read.
		ID:   fmt.Sprintf("zitadel-%s-%d", e.Aggregate, e.Sequence),
		AtUs: micros(e.At), ActorID: string(e.Editor), ActorName: editor, Action: string(change.action),
		Target: change.target, TargetName: name,
		BeforeValues: values(change.before), AfterValues: values(change.after),
	})
}

// change is what an event means for an organization's activity.
type change struct {
	action        identity.Action
	organization  identity.OrganizationID
	target        string
	user          identity.UserID // whose name the record carries
	before, after map[string]string
}

// changeOf says what an event changed that people read about. ok is false for
// the rest, such as what somebody changes about themselves by signing in.
func changeOf(e identity.Event, before, after folded) (c change, ok bool) {
	switch fact := e.Fact.(type) {
	case identity.OrganizationMetadataSet:
		c.organization, c.target = fact.Organization, string(fact.Organization)
		c.action = identity.ActionOrganizationRenamed
		c.before = map[string]string{"name": before.organization.Name}
		c.after = map[string]string{"name": after.organization.Name}
		return c, fact.Key == identity.MetadataName && before.organization.Name != after.organization.Name
	case identity.UserChanged:
		c.action = identity.ActionUserChanged
		c.before, c.after = differences(before.user, after.user)
		c.organization, c.user, c.target = after.user.Home, fact.User, string(fact.User)
		return c, len(c.after) > 0
	case identity.UserRemoved:
		c.action = identity.ActionUserRemoved
		c.organization, c.user, c.target = before.user.Home, fact.User, string(fact.User)
		return c, before.exists
	case identity.RoleAssignmentCreated:
		c.action = identity.ActionRoleAssigned
		c.after = map[string]string{"role": string(after.assignment.Role())}
	case identity.RoleAssignmentChanged:
		c.action = identity.ActionRoleChanged
		c.before = map[string]string{"role": string(before.assignment.Role())}
		c.after = map[string]string{"role": string(after.assignment.Role())}
	case identity.RoleAssignmentStateChanged:
		c.action = identity.ActionRoleActivated
		if fact.State == identity.AssignmentSuspended {
			c.action = identity.ActionRoleSuspended
		}
	case identity.RoleAssignmentRemoved:
		c.action = identity.ActionRoleRemoved
		c.before = map[string]string{"role": string(before.assignment.Role())}
		if !before.exists {
			return c, false
		}
	default:
		return c, false
	}
	a := after.assignment
	c.organization, c.user, c.target = a.Organization, a.User, string(a.User)
	return c, true
}

// differences lists what changed about a user that a roster shows.
func differences(before, after identity.User) (was, is map[string]string) {
	was, is = map[string]string{}, map[string]string{}
	for _, field := range []struct{ name, was, is string }{
		{"name", before.DisplayName(), after.DisplayName()},
		{"user-name", before.UserName, after.UserName},
		{"address", before.Address, after.Address},
		{"state", string(before.State), string(after.State)},
	} {
		if field.was != field.is {
			was[field.name], is[field.name] = field.was, field.is
		}
	}
	return was, is
}

func values(v map[string]string) string {
	if len(v) == 0 {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "" // a map of texts always has a form in JSON
	}
	return string(text)
}

// served reports whether an organization is one of ours. One that is not known
// yet may become one.
func (f *folding) served(ctx context.Context, id identity.OrganizationID) (bool, error) {
	if id == "" {
		return false, nil
	}
	row, err := f.thing(ctx, aboutOrganization, string(id))
	if err != nil {
		return false, err
	}
	return !row.exists && !row.stone || row.exists && row.organization.Kind != "", nil
}

// nameOf is the name of a user, or empty for one who is not known here, such as
// a service account.
func (f *folding) nameOf(ctx context.Context, id identity.UserID) (string, error) {
	if id == "" {
		return "", nil
	}
	row, err := f.thing(ctx, aboutUser, string(id))
	if err != nil {
		return "", err
	}
	return row.user.DisplayName(), nil
}

// settle closes records that the portal had begun when it was cut off, and
// whose effect the event is.
func (f *folding) settle(ctx context.Context, e identity.Event, after folded) error {
	organization, target, actions := effects(e, after)
	for _, action := range actions {
		_, err := f.SettleRecord(ctx, query.SettleRecordParams{
			OrganizationID: string(organization), Target: target, Action: string(action), AtUs: micros(e.At),
			EarliestUs: micros(e.At.Add(-settleFor)), LatestUs: micros(e.At.Add(settleSkew)),
		})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
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
	identity.ActionRoleRemoved, identity.ActionLeft,
}

// FailUnseen closes audit records that were begun before a time, whose effect
// the event log would have shown since and did not. What has no event stays as
// it is.
func (s *Store) FailUnseen(ctx context.Context, before time.Time) error {
	err := s.write(ctx, func(tx *transaction) error {
		for _, action := range observable {
			if _, err := tx.FailRecordsBegunBefore(ctx, query.FailRecordsBegunBeforeParams{
				NowUs: tx.now, BeforeUs: micros(before), Action: string(action),
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("close audit records without effect: %w", err)
	}
	return nil
}
