package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// Organization gives the rows of one opened organization. Nothing reachable
// from it takes another organization's ID.
type Organization struct {
	store  *Store
	opened identity.Opened
	id     string
}

// In gives the rows of an opened organization.
func (s *Store) In(opened identity.Opened) *Organization {
	return &Organization{store: s, opened: opened, id: string(opened.ID())}
}

// OpenFor opens the organization for the actor, or says that it was not found.
// One statement loads all that [identity.Open] decides on.
func (s *Store) OpenFor(
	ctx context.Context, actor identity.Actor, id identity.OrganizationID,
) (identity.Opened, error) {
	missing := identity.NotFound("organization.not-found")
	row, err := s.read().OpenOrganization(ctx, query.OpenOrganizationParams{
		OrganizationID: string(id), UserID: string(actor.User), Operators: string(s.operators),
	})
	if err != nil {
		return identity.Opened{}, fmt.Errorf("load organization: %w", orNotFound(err, missing))
	}
	if state := identity.UserState(row.UserState); state != "" && state != identity.UserActive {
		return identity.Opened{}, missing // nobody who cannot sign in goes on
	}
	held := identity.Held{
		Here: parseRoles(row.RolesHere), School: parseRoles(row.RolesSchool), Platform: parseRoles(row.RolesPlatform),
	}
	return identity.Open(identity.Organization{
		ID: identity.OrganizationID(row.ID), Kind: identity.Kind(row.Kind), Name: row.Name,
		State: identity.OrganizationState(row.State), School: identity.OrganizationID(row.SchoolID),
		SchoolName: row.SchoolName, SchoolState: identity.OrganizationState(row.SchoolState), RemoteName: row.RemoteName,
		Settings:  settingsOf(row.SchoolID, row.StudentsSeeNames, row.Names, row.OwnTeachersOpen, row.SchoolTeachersOpen),
		Brand:     row.Brand,
		CreatedAt: moment(row.CreatedUs),
	}, actor, held)
}

// settingsOf are the settings of an organization. Whether teachers open
// classrooms, and whether any classroom shows names, is the school's to say.
func settingsOf(school string, studentsSeeNames bool, names string, own, ofSchool bool) identity.OrganizationSettings {
	settings := identity.OrganizationSettings{
		StudentsSeeNames: studentsSeeNames, NamesForbidden: identity.NamesRule(names) == identity.NamesNever,
		TeachersOpenClassrooms: own,
	}
	if school != "" {
		settings.TeachersOpenClassrooms = ofSchool
	}
	return settings
}

// OpenInvited opens the organization of the invitation with this token for who
// follows its link, and answers the invitation, which says whether the link is
// the mailed one or a copied one, and whether it lapsed. An unknown token is not found
// ("invitation.not-found"); what the invitation's state allows is for the caller
// to see.
func (s *Store) OpenInvited(
	ctx context.Context, actor identity.Actor, token string,
) (identity.Opened, identity.Invitation, error) {
	none := identity.Opened{}
	missing := identity.NotFound("invitation.not-found")
	q := s.read()
	hash := hashToken(token)
	found, err := q.InvitedOrganization(ctx, hash)
	if err != nil {
		return none, identity.Invitation{}, fmt.Errorf("look up invitation: %w", orNotFound(err, missing))
	}
	row, err := q.Invitation(ctx, query.InvitationParams{OrganizationID: found.OrganizationID, ID: found.ID})
	if err != nil {
		return none, identity.Invitation{}, fmt.Errorf("load invitation: %w", orNotFound(err, missing))
	}
	organization, err := s.organization(ctx, found.OrganizationID)
	if err != nil {
		return none, identity.Invitation{}, fmt.Errorf("load organization: %w", orNotFound(err, missing))
	}
	invitation := invitationOf(row)
	invitation.Handed = found.TokenHash != hash
	if invitation.Lapsed, err = s.lapsed(ctx, row); err != nil {
		return none, identity.Invitation{}, err
	}
	opened, err := identity.OpenInvited(organization, actor, invitation)
	if err != nil {
		return none, identity.Invitation{}, err
	}
	return opened, invitation, nil
}

func (s *Store) organization(ctx context.Context, id string) (identity.Organization, error) {
	return organizationIn(ctx, s.read(), id)
}

func organizationIn(ctx context.Context, q *query.Queries, id string) (identity.Organization, error) {
	row, err := q.OrganizationByID(ctx, id)
	if err != nil {
		return identity.Organization{}, err
	}
	return identity.Organization{
		ID: identity.OrganizationID(row.ID), Kind: identity.Kind(row.Kind), Name: row.Name,
		State: identity.OrganizationState(row.State), School: identity.OrganizationID(row.SchoolID),
		SchoolName: row.SchoolName, SchoolState: identity.OrganizationState(row.SchoolState), RemoteName: row.RemoteName,
		Settings:  settingsOf(row.SchoolID, row.StudentsSeeNames, row.Names, row.OwnTeachersOpen, row.SchoolTeachersOpen),
		Brand:     row.Brand,
		CreatedAt: moment(row.CreatedUs),
	}, nil
}

// InTurn runs f while no other f of this organization runs. f must not call
// InTurn again: it would wait for itself.
func (o *Organization) InTurn(ctx context.Context, f func(context.Context) error) error {
	done, err := o.store.turns.take(ctx, o.opened.ID())
	if err != nil {
		return err
	}
	defer done()
	return f(ctx)
}

// SetSettings changes the organization's settings. Settings as they are already
// change nothing and leave no record.
func (o *Organization) SetSettings(ctx context.Context, settings identity.OrganizationSettings) error {
	err := o.store.write(ctx, func(tx *transaction) error {
		row, err := tx.Settings(ctx, o.id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		before := identity.OrganizationSettings{
			StudentsSeeNames: row.StudentsSeeNames, TeachersOpenClassrooms: row.TeachersOpenClassrooms,
		}
		if before == settings {
			return nil
		}
		if err := tx.SetSettings(ctx, query.SetSettingsParams{
			OrganizationID: o.id, NowUs: tx.now,
			StudentsSeeNames: settings.StudentsSeeNames, TeachersOpenClassrooms: settings.TeachersOpenClassrooms,
		}); err != nil {
			return err
		}
		return o.record(ctx, tx, identity.Change{
			Action: identity.ActionSettingsChanged, Before: auditedSettings(before), After: auditedSettings(settings),
		})
	})
	if err != nil {
		return fmt.Errorf("change settings: %w", err)
	}
	return nil
}

// auditedSettings are the settings as an audit record tells them.
func auditedSettings(s identity.OrganizationSettings) map[string]string {
	say := map[bool]string{true: "on", false: "off"}
	return map[string]string{
		"students-see-names":       say[s.StudentsSeeNames],
		"teachers-open-classrooms": say[s.TeachersOpenClassrooms],
	}
}

// parseRoles reads a column of comma-separated roles.
func parseRoles(text string) []identity.Role {
	if text == "" {
		return nil
	}
	return rolesOf(strings.Split(text, ","))
}
