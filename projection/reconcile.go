package projection

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// concurrency is how many questions Zitadel gets at once: enough to compare
// 5,000 people within seconds, little enough to leave room for teachers.
const concurrency = 4

// Reconcile asks Zitadel for every row by ID and reports what differs and stays
// different for a while. It stores the report for the operators.
//
// The event log decides: what differs is folded anew from it first, and only
// then compared once more. No row is deleted because Zitadel's read side does
// not show it; that is what the report is for.
func (p *Projection) Reconcile(ctx context.Context, progress func(Progress)) (store.DriftReport, error) {
	result := store.DriftReport{At: p.options.Now()}
	if err := p.Sync(ctx, nil); err != nil {
		return result, err
	}
	c := &comparison{Projection: p, progress: progress}
	if err := c.all(ctx); err != nil {
		return result, err
	}
	result.Checked = c.checked
	if len(c.suspects) > 0 {
		rows, err := c.again(ctx)
		if err != nil {
			return result, err
		}
		result.Rows = rows
	}
	if err := p.store.SaveDrift(ctx, result); err != nil {
		return result, fmt.Errorf("store the drift report: %w", err)
	}
	return result, nil
}

// comparison is one walk over all rows.
type comparison struct {
	*Projection
	progress func(Progress)

	mu       sync.Mutex
	checked  int
	total    int
	suspects []store.Drift
}

func (c *comparison) all(ctx context.Context) error {
	organizations, err := c.store.ProjectedOrganizations(ctx)
	if err != nil {
		return err
	}
	if c.total, err = c.store.ProjectedTotal(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for _, organization := range organizations {
		group.Go(func() error { return c.organization(ctx, organization) })
		group.Go(func() error { return c.assignments(ctx, organization) })
	}
	for after := identity.UserID(""); ; {
		users, err := c.store.ProjectedUsers(ctx, after, pageSize)
		if err != nil {
			return err
		}
		for _, user := range users {
			group.Go(func() error { return c.user(ctx, user) })
		}
		if len(users) < pageSize {
			break
		}
		after = users[len(users)-1].ID
	}
	if err := group.Wait(); err != nil {
		return err
	}
	report(c.progress, Progress{Step: StepCompare, Done: c.checked, Total: c.checked})
	return nil
}

// done counts a row and keeps what differs about it.
func (c *comparison) done(count int, drift ...store.Drift) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.checked += count
	c.suspects = append(c.suspects, drift...)
	if c.checked%100 < count {
		report(c.progress, Progress{Step: StepCompare, Done: c.checked, Total: max(c.total, c.checked)})
	}
}

func (c *comparison) organization(ctx context.Context, here identity.Organization) error {
	there, err := c.events.Organization(ctx, here.ID)
	if err != nil && !identity.IsKind(err, identity.KindNotFound) {
		return fmt.Errorf("ask for an organization: %w", err)
	}
	drift := store.Drift{Kind: store.DriftOrganization, ID: string(here.ID), Name: here.Name, Organization: here.ID}
	switch {
	case err != nil:
		drift.What = store.LostThere
	case here.RemoteName != there.RemoteName || here.State != there.State ||
		here.Kind != there.Kind || here.Name != there.Name || here.School != there.School:
		drift.What = store.Differs
	default:
		c.done(1)
		return nil
	}
	c.done(1, drift)
	return nil
}

func (c *comparison) user(ctx context.Context, here identity.User) error {
	there, err := c.events.User(ctx, here.ID)
	if err != nil && !identity.IsKind(err, identity.KindNotFound) {
		return fmt.Errorf("ask for a user: %w", err)
	}
	drift := store.Drift{Kind: store.DriftUser, ID: string(here.ID), Name: here.DisplayName(), Organization: here.Home}
	switch {
	case err != nil:
		drift.What = store.LostThere
	case !sameUser(here, there):
		drift.What = store.Differs
	default:
		c.done(1)
		return nil
	}
	c.done(1, drift)
	return nil
}

// sameUser compares what both sides know. When somebody was last seen is known
// here alone, and a user without a login name lacks one there.
func sameUser(here, there identity.User) bool {
	return here.Home == there.Home && here.UserName == there.UserName &&
		here.GivenName == there.GivenName && here.FamilyName == there.FamilyName &&
		here.Address == there.Address && here.AddressVerified == there.AddressVerified &&
		here.State == there.State
}

func (c *comparison) assignments(ctx context.Context, organization identity.Organization) error {
	here, err := c.store.ProjectedRoleAssignments(ctx, organization.ID)
	if err != nil {
		return err
	}
	list, err := c.events.RoleAssignments(ctx, organization.ID)
	if err != nil && !identity.IsKind(err, identity.KindNotFound) {
		return fmt.Errorf("list role assignments of an organization: %w", err)
	}
	there := make(map[identity.RoleAssignmentID]identity.RoleAssignment, len(list))
	for _, a := range list {
		there[a.ID] = a
	}
	var drifts []store.Drift
	for _, row := range here {
		drift := store.Drift{
			Kind: store.DriftRoleAssignment, ID: string(row.Assignment.ID), Name: row.User.DisplayName(),
			Organization: organization.ID,
		}
		a, ok := there[row.Assignment.ID]
		delete(there, row.Assignment.ID)
		switch {
		case !ok:
			drift.What = store.LostThere
		case a.User != row.Assignment.User || a.State != row.Assignment.State ||
			!slices.Equal(identity.SortRoles(a.Roles), row.Assignment.Roles):
			drift.What = store.Differs
		default:
			continue
		}
		drifts = append(drifts, drift)
	}
	for _, a := range there {
		if len(a.Roles) == 0 {
			continue // an assignment without roles is on no roster here
		}
		drifts = append(drifts, store.Drift{
			Kind: store.DriftRoleAssignment, ID: string(a.ID), Organization: organization.ID, What: store.MissingHere,
		})
	}
	c.done(len(here), drifts...)
	return nil
}

// again folds every suspect anew from the event log, lets a lagging read side
// catch up, and keeps those that still differ.
func (c *comparison) again(ctx context.Context) ([]store.Drift, error) {
	suspects := c.suspects
	ids := make([]string, len(suspects))
	for i, s := range suspects {
		ids[i] = s.ID
	}
	if err := c.store.MarkStale(ctx, ids...); err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(c.options.Settle):
	}
	if err := c.Sync(ctx, nil); err != nil {
		return nil, err
	}
	second := &comparison{Projection: c.Projection}
	if err := second.only(ctx, suspects); err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(second.suspects, func(d store.Drift) bool {
		return !slices.Contains(ids, d.ID) // arose meanwhile: the next night's
	})
	slices.SortFunc(rows, func(a, b store.Drift) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Organization, b.Organization), cmp.Compare(a.ID, b.ID))
	})
	return rows, nil
}

// only compares what is in doubt.
func (c *comparison) only(ctx context.Context, suspects []store.Drift) error {
	organizations, err := c.store.ProjectedOrganizations(ctx)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	lists := map[identity.OrganizationID]bool{}
	for _, s := range suspects {
		switch s.Kind {
		case store.DriftUser:
			user, err := c.store.ProjectedUser(ctx, identity.UserID(s.ID))
			if identity.IsKind(err, identity.KindNotFound) {
				continue // the log says it was removed
			}
			if err != nil {
				return err
			}
			group.Go(func() error { return c.user(ctx, user) })
		case store.DriftRoleAssignment:
			lists[s.Organization] = true
		case store.DriftOrganization:
		}
	}
	for _, organization := range organizations {
		if slices.ContainsFunc(suspects, func(s store.Drift) bool {
			return s.Kind == store.DriftOrganization && s.ID == string(organization.ID)
		}) {
			group.Go(func() error { return c.organization(ctx, organization) })
		}
		if lists[organization.ID] {
			group.Go(func() error { return c.assignments(ctx, organization) })
		}
	}
	return group.Wait()
}
