package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
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

// recordsOfPast is how old what only Zitadel saw, such as sign-ins, may be when
// its log is read for the first time, to go on record all the same: so that a
// new installation does not begin with empty charts.
const recordsOfPast = 31 * 24 * time.Hour

// record writes the audit record of a change made past the portal. A change by
// one of our own service accounts has its record already: if the portal was cut
// off before it could close it, the event does.
func (f *folding) record(ctx context.Context, e identity.Event, before folded) error {
	after := f.things[thing{before.about, before.id}]
	_, seen := e.Fact.(identity.UserSignedIn)
	if f.quiet && !(seen && f.recent(e)) {
		return nil
	}
	if slices.Contains(f.platform.ServiceAccounts, e.Editor) && !seen {
		return f.settle(ctx, e, *after)
	}
	change, ok := changeOf(e, before, *after)
	if !ok {
		return nil
	}
	return f.write(ctx, e, change)
}

// tellsAll reports whether a fact says by itself what its record says: it does
// not matter what was before.
func tellsAll(fact identity.Fact) bool {
	switch fact.(type) {
	case identity.UserSignedIn, identity.CredentialAdded, identity.CredentialRemoved:
		return true
	}
	return false
}

// observe takes in an event that changes nothing in the projection: a login policy
// that was changed is read again soon, and what was done past the portal goes on
// record.
func (f *folding) observe(ctx context.Context, e identity.Event) error {
	c, ok := observed(e)
	if !ok {
		return nil
	}
	fresh, err := f.EventSeen(ctx, query.EventSeenParams{
		Aggregate: e.Aggregate, Sequence: int64(e.Sequence), AtUs: micros(e.At),
	})
	if err != nil || fresh == 0 {
		return err
	}
	if c.action == identity.ActionRemotePolicy { // by our own accounts, too: they may have been cut off
		if err := f.markLoginPolicy(ctx, c.organization); err != nil {
			return err
		}
	}
	if f.quiet && !f.recent(e) || slices.Contains(f.platform.ServiceAccounts, e.Editor) {
		return nil
	}
	switch {
	case c.user != "":
		row, err := f.thing(ctx, aboutUser, string(c.user))
		if err != nil {
			return err
		}
		if !row.exists && row.changed.IsZero() {
			// The user is not known yet. A later pass brings the event again.
			return f.UnseeEvent(ctx, query.UnseeEventParams{Aggregate: e.Aggregate, Sequence: int64(e.Sequence)})
		}
		c.organization = row.user.Home
	case c.organization == "":
		c.organization = f.platform.Operators // of the instance
	}
	return f.write(ctx, e, c)
}

// recent reports whether what happened belongs on record though the log is read
// for the first time.
func (f *folding) recent(e identity.Event) bool {
	return e.At.After(moment(f.now).Add(-recordsOfPast))
}

// write puts a change on record, once however often its event is read.
func (f *folding) write(ctx context.Context, e identity.Event, c change) error {
	if served, err := f.served(ctx, c.organization); err != nil || !served {
		return err
	}
	id := fmt.Sprintf("zitadel-%s-%d", e.Aggregate, e.Sequence)
	_, err := f.AuditRecordIn(ctx, query.AuditRecordInParams{OrganizationID: string(c.organization), ID: id})
	if !errors.Is(err, sql.ErrNoRows) {
		return err // it is there, or cannot be asked for
	}
	target, err := f.nameOf(ctx, c.user)
	if err != nil {
		return err
	}
	actor := cmp.Or(c.actor, e.Editor)
	editor, err := f.nameOf(ctx, actor)
	if err != nil {
		return err
	}
	return f.audit(ctx, &identity.AuditRecord{
		ID: id, Organization: c.organization, At: e.At,
		Actor: identity.Actor{User: actor, Name: editor}, Action: c.action,
		Target: c.target, TargetName: target, Before: c.before, After: c.after,
		Address: c.address, Device: c.device, Source: identity.SourceZitadel, Outcome: identity.OutcomeDone,
		Event: identity.AuditEvent{Type: e.Type, Aggregate: e.Aggregate, Sequence: e.Sequence},
	})
}

// change is what an event means for an organization's activity.
type change struct {
	action        identity.Action
	organization  identity.OrganizationID
	target        string
	user          identity.UserID // whose name the record carries
	before, after map[string]string

	actor           identity.UserID // where it is not the event's editor
	address, device string          // the client's
}

// auditAbout is what else a record is about than its target.
const auditAbout = "about"

// observed is what an event means that changes nothing in the projection.
func observed(e identity.Event) (c change, ok bool) {
	switch fact := e.Fact.(type) {
	case identity.Observed:
		c = change{
			action: fact.Action, organization: fact.Organization, user: fact.User,
			target:  cmp.Or(string(fact.User), fact.Target, string(fact.Organization)),
			address: fact.Address, device: fact.Device, after: maps.Clone(fact.Values),
		}
		if fact.User != "" && fact.Target != "" {
			if c.after == nil {
				c.after = map[string]string{}
			}
			c.after[auditAbout] = fact.Target
		}
		return c, fact.Action != ""
	case identity.CredentialAdded:
		return credentialChange(fact.User, fact.Kind, identity.ActionFactorAdded, identity.ActionProviderLinked), true
	case identity.CredentialRemoved:
		return credentialChange(fact.User, fact.Kind, identity.ActionFactorRemoved, identity.ActionProviderUnlinked), true
	}
	return change{}, false
}

// credentialChange is what the change of a credential is called.
func credentialChange(user identity.UserID, kind identity.Credential, factor, provider identity.Action) change {
	c := change{action: factor, user: user, target: string(user)}
	switch kind {
	case identity.CredentialPassword:
		c.action = identity.ActionPasswordChanged
	case identity.CredentialProvider:
		c.action = provider
	default:
		c.after = map[string]string{auditCredential: string(kind)}
	}
	return c
}

// auditCredential is the kind of a credential.
const auditCredential = "credential"

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
	case identity.OrganizationStateChanged:
		c.organization, c.target = fact.Organization, string(fact.Organization)
		c.action = identity.ActionRemoteState
		c.before = map[string]string{identity.AuditState: string(before.organization.State)}
		c.after = map[string]string{identity.AuditState: string(fact.State)}
		return c, before.organization.State != fact.State
	case identity.UserSignedIn:
		c = change{
			action: identity.ActionSignedIn, organization: after.user.Home, user: fact.User, target: string(fact.User),
			actor: fact.User, address: fact.Address, device: fact.Device,
		}
		return c, after.exists
	case identity.CredentialAdded, identity.CredentialRemoved:
		c, ok = observed(e)
		c.organization = after.user.Home
		return c, ok
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

// served reports whether an organization is one of ours, the operators' among
// them. One that is not known yet may become one.
func (f *folding) served(ctx context.Context, id identity.OrganizationID) (bool, error) {
	if id == "" || id == f.platform.Operators {
		return id != "", nil
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
