package store

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// exportPage is how many rows of an export are read together: no read stays open
// while the archive is written.
const exportRowsPage = 500

// secretColumns are left out of what a school takes along: they open something,
// or mean nothing without the installation's keys.
var secretColumns = []string{
	"token_hash", "handed_hash", "token_sealed", "sealed", "browser_hash", "recovery_hash", "code_hash", "secret", "logo",
}

// OwnRow is a row of one of the portal's own tables, without secrets. Values are
// nil in the one row of a table that holds nothing of the school.
type OwnRow struct {
	Table  string
	Values map[string]any
}

// OwnRows are all rows that the portal itself keeps of the school and of its
// classrooms, but for the log, table by table.
func (o *Organization) OwnRows(ctx context.Context) iter.Seq2[OwnRow, error] {
	return func(yield func(OwnRow, error) bool) {
		for _, table := range ownTables {
			found := false
			for values, err := range o.rowsOfTable(ctx, table) {
				found = true
				if !yield(OwnRow{Table: table, Values: values}, err) || err != nil {
					return
				}
			}
			if !found && !yield(OwnRow{Table: table}, nil) {
				return
			}
		}
	}
}

// rowsOfTable reads a table page by page in the order of its rows in the file.
func (o *Organization) rowsOfTable(ctx context.Context, table string) iter.Seq2[map[string]any, error] {
	const rowsOf = `SELECT rowid AS export_row, t.* FROM %s t
WHERE rowid > $2 AND (t.organization_id = $1 OR t.organization_id IN (SELECT o.id FROM organizations o WHERE o.school_id = $1))
ORDER BY rowid LIMIT $3`
	return func(yield func(map[string]any, error) bool) {
		for after := int64(0); ; {
			page, last, err := o.tablePage(ctx, fmt.Sprintf(rowsOf, table), after)
			if err != nil {
				yield(nil, fmt.Errorf("export %s: %w", table, translate(err)))
				return
			}
			for _, values := range page {
				if !yield(values, nil) {
					return
				}
			}
			if len(page) < exportRowsPage {
				return
			}
			after = last
		}
	}
}

func (o *Organization) tablePage(ctx context.Context, statement string, after int64) (page []map[string]any, last int64, err error) {
	rows, err := o.store.reader.QueryContext(ctx, statement, o.id, after, exportRowsPage)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return nil, 0, err
	}
	for rows.Next() {
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			return nil, 0, err
		}
		values := make(map[string]any, len(columns))
		for i, column := range columns {
			switch value := *cells[i].(*any); {
			case column == "export_row":
				last, _ = value.(int64)
			case slices.Contains(secretColumns, column):
			case strings.HasSuffix(column, "_us"):
				us, _ := value.(int64)
				values[strings.TrimSuffix(column, "_us")] = momentText(us)
			default:
				values[column] = value
			}
		}
		page = append(page, values)
	}
	return page, last, rows.Err()
}

// momentText is a time as people and programs read it; empty for never.
func momentText(us int64) string {
	if us == 0 {
		return ""
	}
	return moment(us).Format("2006-01-02T15:04:05.000000Z07:00")
}

// pages reads rows page by page until one is not full.
func pages[Row, Out any](read func(last *Row) ([]Row, error), convert func(Row) Out) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		var none Out
		for last := (*Row)(nil); ; {
			rows, err := read(last)
			if err != nil {
				yield(none, fmt.Errorf("export a page: %w", translate(err)))
				return
			}
			for _, row := range rows {
				if !yield(convert(row), nil) {
					return
				}
			}
			if len(rows) < exportRowsPage {
				return
			}
			last = &rows[len(rows)-1]
		}
	}
}

// EveryClassroom are the classrooms of the school, archived ones too.
func (o *Organization) EveryClassroom(ctx context.Context) iter.Seq2[identity.Organization, error] {
	school := o.opened.Organization()
	return pages(func(last *query.ExportedClassroomsRow) ([]query.ExportedClassroomsRow, error) {
		params := query.ExportedClassroomsParams{OrganizationID: o.id, Most: exportRowsPage}
		if last != nil {
			params.After = last.ID
		}
		return o.store.read().ExportedClassrooms(ctx, params)
	}, func(row query.ExportedClassroomsRow) identity.Organization {
		return identity.Organization{
			ID: identity.OrganizationID(row.ID), Kind: identity.KindClassroom, Name: row.Name,
			State: identity.OrganizationState(row.State), School: school.ID, SchoolName: school.Name,
			SchoolState: school.State, CreatedAt: moment(row.CreatedUs),
		}
	})
}

// EveryPerson are all who are at home in the school or hold a role in it.
func (o *Organization) EveryPerson(ctx context.Context) iter.Seq2[identity.User, error] {
	return pages(func(last *query.ExportedPeopleRow) ([]query.ExportedPeopleRow, error) {
		params := query.ExportedPeopleParams{OrganizationID: o.id, Most: exportRowsPage}
		if last != nil {
			params.AfterName, params.AfterID = last.User.SortName, last.User.ID
		}
		return o.store.read().ExportedPeople(ctx, params)
	}, func(row query.ExportedPeopleRow) identity.User { return userOfRow(row.User) })
}

func userOfRow(u query.User) identity.User {
	return identity.User{
		ID: identity.UserID(u.ID), Home: identity.OrganizationID(u.OrganizationID), UserName: u.UserName,
		GivenName: u.GivenName, FamilyName: u.FamilyName, Address: u.Address, AddressVerified: u.AddressVerified,
		Language: u.Language, State: identity.UserState(u.State), LastSeenAt: moment(u.LastSeenUs), CreatedAt: moment(u.CreatedUs),
	}
}

// EveryAssignment are the role assignments in the school and in its classrooms.
func (o *Organization) EveryAssignment(ctx context.Context) iter.Seq2[identity.RoleAssignment, error] {
	return func(yield func(identity.RoleAssignment, error) bool) {
		for a, err := range o.assignmentsIn(ctx, o.id) {
			if !yield(a, err) {
				return
			}
		}
		for classroom, err := range o.EveryClassroom(ctx) {
			if err != nil {
				yield(identity.RoleAssignment{}, err)
				return
			}
			for a, err := range o.assignmentsIn(ctx, string(classroom.ID)) {
				if !yield(a, err) {
					return
				}
			}
		}
	}
}

// assignmentsIn are those of the school itself, or of one of its classrooms.
func (o *Organization) assignmentsIn(ctx context.Context, organization string) iter.Seq2[identity.RoleAssignment, error] {
	return pages(func(last *query.ExportedAssignmentsRow) ([]query.ExportedAssignmentsRow, error) {
		params := query.ExportedAssignmentsParams{OrganizationID: organization, Most: exportRowsPage}
		if last != nil {
			params.After = last.UserID
		}
		return o.store.read().ExportedAssignments(ctx, params)
	}, func(row query.ExportedAssignmentsRow) identity.RoleAssignment {
		return identity.RoleAssignment{
			ID: identity.RoleAssignmentID(row.ID), User: identity.UserID(row.UserID),
			Organization: identity.OrganizationID(row.OrganizationID), Roles: parseRoles(row.Roles),
			State: identity.RoleAssignmentState(row.State), CreatedAt: moment(row.CreatedUs), ChangedAt: moment(row.ChangedUs),
		}
	})
}
