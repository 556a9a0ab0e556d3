package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// LeadingHere names what of the school lets people into the opened classroom by
// itself: its domains and connections.
func (o *Organization) LeadingHere(ctx context.Context) ([]string, error) {
	school := o.opened.Organization().School
	if school == "" {
		return nil, nil
	}
	rows, err := o.store.read().JoiningRules(ctx, query.JoiningRulesParams{OrganizationID: string(school), ClassroomID: o.id})
	if err != nil {
		return nil, fmt.Errorf("list what leads into a classroom: %w", translate(err))
	}
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.Name
	}
	return names, nil
}

// AtHome is how many accounts are at home in the opened organization itself, and
// go with it.
func (o *Organization) AtHome(ctx context.Context) (int, error) {
	n, err := o.store.read().PeopleAtHomeCount(ctx, o.id)
	if err != nil {
		return 0, fmt.Errorf("count who is at home: %w", translate(err))
	}
	return int(n), nil
}

// DeleteClassroom is [Organization.Change] for the deletion of the opened
// classroom: what the portal keeps of it goes with the facts of act. A crash in
// between leaves that to [Store.FinishDeletions].
func (o *Organization) DeleteClassroom(
	ctx context.Context, change identity.Change, act func(context.Context) ([]identity.Fact, error),
) error {
	return o.make(ctx, making{
		change: change,
		begin: func(ctx context.Context, tx *transaction) error {
			return tx.BeginDeletion(ctx, query.BeginDeletionParams{OrganizationID: o.id, NowUs: tx.now})
		},
		act: act,
		done: func(ctx context.Context, tx *transaction) error {
			if school := o.opened.Organization().School; school != "" {
				if err := tx.DeleteJoinRequestsFor(ctx, query.DeleteJoinRequestsForParams{
					OrganizationID: string(school), ClassroomID: o.id,
				}); err != nil {
					return err
				}
			}
			return tx.forget(ctx, o.id)
		},
	})
}

// ownTables are the portal's own tables in which an organization has rows, but
// for its log.
var ownTables = []string{
	"attempts", "badge_links", "badge_rules", "badge_sign_ins", "badges", "bases", "branding", "bulk_items",
	"bulk_runs", "card_sheet_items", "card_sheets", "classroom_terms", "connected_people", "connection_certificates", "connection_days",
	"connection_domains", "connection_metadata", "connections", "deletions", "domains", "enforcement_exceptions",
	"enforcements", "exports", "external_classrooms", "external_ids", "first_secrets", "guardians",
	"import_candidates",
	"import_classrooms", "import_enrolments", "import_files", "import_keys", "import_pauses", "import_rows", "imports", "invitations",
	"join_codes", "join_requests", "list_selections", "login_policies", "looks", "opening_items", "opening_runs", "openings", "outbox",
	"password_rules", "policies", "retention", "rollover_items", "rollover_people", "rollovers", "settings", "setup_codes", "setup_links", "streams", "student_rules",
	"submissions", "substitutions", "suspensions", "terms",
}

// forget deletes all that the portal itself keeps of an organization, but for
// its audit records. What the projection knows follows Zitadel.
func (tx *transaction) forget(ctx context.Context, organization string) error {
	for _, table := range ownTables {
		if _, err := tx.tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE organization_id = $1", organization); err != nil {
			return fmt.Errorf("forget %s: %w", table, err)
		}
	}
	return nil
}

// deletionGivenUp is when a deletion that did not happen counts as given up: the
// classroom is still there, and archived.
const deletionGivenUp = 24 * time.Hour

// FinishDeletions lets go of what is kept of classrooms whose deletion was cut
// off after Zitadel had done its part.
func (s *Store) FinishDeletions(ctx context.Context) error {
	rows, err := s.read().LeftBehind(ctx)
	if err != nil {
		return fmt.Errorf("list deletions: %w", translate(err))
	}
	old := micros(s.clock().Add(-deletionGivenUp))
	rows = slices.DeleteFunc(rows, func(row query.LeftBehindRow) bool { return row.Gone == 0 && row.BegunUs >= old })
	for _, row := range rows {
		err := s.write(ctx, func(tx *transaction) error {
			if row.Gone != 0 {
				return tx.forget(ctx, row.OrganizationID)
			}
			return tx.EndDeletion(ctx, row.OrganizationID)
		})
		if err != nil {
			return fmt.Errorf("finish a deletion: %w", err)
		}
	}
	return nil
}

// ArchivedMembership is an archived classroom that somebody holds a role in.
type ArchivedMembership struct {
	Organization identity.Organization // without settings
	Roles        []identity.Role
}

// ArchivedMemberships lists the archived classrooms that the user may still
// read, by name. Students' roles in them are suspended.
func (s *Store) ArchivedMemberships(ctx context.Context, user identity.UserID) ([]ArchivedMembership, error) {
	rows, err := s.read().ArchivedMemberships(ctx, string(user))
	if err != nil {
		return nil, fmt.Errorf("list archived memberships: %w", translate(err))
	}
	memberships := make([]ArchivedMembership, len(rows))
	for i, row := range rows {
		memberships[i] = ArchivedMembership{
			Organization: identity.Organization{
				ID: identity.OrganizationID(row.ID), Kind: identity.KindClassroom, Name: row.Name,
				State: identity.OrganizationInactive, School: identity.OrganizationID(row.SchoolID), SchoolName: row.SchoolName,
			},
			Roles: parseRoles(row.Roles),
		}
	}
	return memberships, nil
}
