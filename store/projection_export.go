package store

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"homeroom.dev/homeroom/store/query"
)

// exportColumns are the columns of [Store.ExportRosters]: what Zitadel knows,
// and nothing of how the projection came to know it.
var exportColumns = []string{
	"organization", "kind", "name", "school", "organization_state",
	"user", "assignment", "roles", "state", "assigned",
	"home", "user_name", "given_name", "family_name", "address", "address_verified", "language", "user_state", "last_seen",
	"credentials",
}

// ExportRosters writes every roster as CSV, ordered by organization and user.
// The same facts give the same bytes.
func (s *Store) ExportRosters(ctx context.Context, w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(exportColumns); err != nil {
		return fmt.Errorf("export rosters: %w", err)
	}
	page := query.RosterExportParams{Most: most}
	for {
		rows, err := s.read().RosterExport(ctx, page)
		if err != nil {
			return fmt.Errorf("export rosters: %w", translate(err))
		}
		for _, r := range rows {
			if err := out.Write([]string{
				r.OrganizationID, r.Kind, r.OrganizationName, r.SchoolID, r.OrganizationState,
				r.UserID, r.ID, r.Roles, r.State, exportTime(r.CreatedUs),
				r.HomeID, r.UserName, r.GivenName, r.FamilyName, r.Address, strconv.FormatBool(r.AddressVerified),
				r.Language, r.UserState, exportTime(r.LastSeenUs), exportCredentials(r.Credentials),
			}); err != nil {
				return fmt.Errorf("export rosters: %w", err)
			}
		}
		if len(rows) < most {
			break
		}
		page.AfterOrganizationID, page.AfterUserID = rows[len(rows)-1].OrganizationID, rows[len(rows)-1].UserID
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("export rosters: %w", err)
	}
	return nil
}

// exportTime is a moment in RFC 3339 with microseconds, or nothing for "never".
func exportTime(us int64) string {
	if us == 0 {
		return ""
	}
	return moment(us).Format(time.RFC3339Nano)
}

// exportCredentials are the kinds somebody signs in with, between spaces.
func exportCredentials(bits int64) string {
	var kinds []string
	for _, kind := range credentialKinds(bits) {
		kinds = append(kinds, string(kind))
	}
	return strings.Join(kinds, " ")
}
