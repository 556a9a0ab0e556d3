package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Look is an operator looking into a school, or into a classroom that stands
// alone. The zero Look is none.
type Look struct {
	ID           string
	Organization identity.OrganizationID // the home that is looked into
	Name         string                  // its name, in lists
	By           identity.Actor
	Reason       string
	BegunAt      time.Time
	Until        time.Time
}

// Open reports whether somebody is looking.
func (l Look) Open() bool { return l.ID != "" }

// Look is the actor's open look into the organization's home; zero where there
// is none.
func (o *Organization) Look(ctx context.Context) (Look, error) {
	row, err := o.store.read().OpenLook(ctx, query.OpenLookParams{
		OrganizationID: o.home(), UserID: string(o.opened.Actor().User), NowUs: micros(o.store.clock()),
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Look{}, nil
	case err != nil:
		return Look{}, fmt.Errorf("load look: %w", translate(err))
	}
	return Look{
		ID: row.ID, Organization: identity.OrganizationID(row.OrganizationID), By: o.opened.Actor(),
		Reason: row.Reason, BegunAt: moment(row.BegunUs), Until: moment(row.UntilUs),
	}, nil
}

func (o *Organization) home() string { return string(o.opened.Organization().Home()) }

// BeginLook opens a look into a school, or into a classroom that stands alone,
// in place of one that is open. It is on the school's log and the platform's.
func (p *Platform) BeginLook(ctx context.Context, org *Organization, reason string) error {
	change := identity.Change{Action: identity.ActionVisited, After: map[string]string{"reason": reason}}
	err := p.store.write(ctx, func(tx *transaction) error {
		user := string(p.opened.Actor().User)
		if _, err := tx.DeleteOldLooks(ctx, tx.now); err != nil {
			return err
		}
		if _, err := tx.EndLooks(ctx, query.EndLooksParams{OrganizationID: org.home(), UserID: user, NowUs: tx.now}); err != nil {
			return err
		}
		if err := tx.InsertLook(ctx, query.InsertLookParams{
			OrganizationID: org.home(), ID: newID(tx.now), UserID: user, Reason: reason,
			BegunUs: tx.now, UntilUs: tx.now + identity.LookLasts.Microseconds(),
		}); err != nil {
			return err
		}
		return p.recordBoth(ctx, tx, org, change)
	})
	if err != nil {
		return fmt.Errorf("begin a look: %w", err)
	}
	return nil
}

// EndLook ends the operator's look. Without one there is nothing to end.
func (p *Platform) EndLook(ctx context.Context, org *Organization) error {
	err := p.store.write(ctx, func(tx *transaction) error {
		ended, err := tx.EndLooks(ctx, query.EndLooksParams{
			OrganizationID: org.home(), UserID: string(p.opened.Actor().User), NowUs: tx.now,
		})
		if err != nil || ended == 0 {
			return err
		}
		return p.recordBoth(ctx, tx, org, identity.Change{Action: identity.ActionLookEnded})
	})
	if err != nil {
		return fmt.Errorf("end a look: %w", err)
	}
	return nil
}

// recordBoth writes a change down on the log of the organization and on the
// platform's.
func (p *Platform) recordBoth(ctx context.Context, tx *transaction, org *Organization, change identity.Change) error {
	if err := org.record(ctx, tx, change); err != nil {
		return err
	}
	change.Target, change.TargetName = org.id, org.opened.Organization().Name
	return p.record(ctx, tx, change, identity.OutcomeDone)
}

// Looks lists those that are open, whoever looks; at most 50.
func (p *Platform) Looks(ctx context.Context) ([]Look, error) {
	rows, err := p.store.read().OpenLooks(ctx, micros(p.store.clock()))
	if err != nil {
		return nil, fmt.Errorf("list looks: %w", translate(err))
	}
	looks := make([]Look, len(rows))
	for i, row := range rows {
		name := strings.TrimSpace(row.GivenName + " " + row.FamilyName)
		if name == "" {
			name = row.UserName
		}
		looks[i] = Look{
			ID: row.ID, Organization: identity.OrganizationID(row.OrganizationID), Name: row.Name,
			By:     identity.Actor{User: identity.UserID(row.UserID), Name: name},
			Reason: row.Reason, BegunAt: moment(row.BegunUs), Until: moment(row.UntilUs),
		}
	}
	return looks, nil
}
