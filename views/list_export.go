package views

import (
	"context"
	"strconv"
	"time"

	"homeroom.dev/homeroom/identity"
)

// ListExport asks in which form a list is to be taken out.
type ListExport struct {
	Path, Back string
	Filter     []Param
	Format     string
	Total      int
	Problems   identity.Problems
}

func exportOptions(ctx context.Context) []Option {
	hints := map[string]string{
		FormatXLSX: text(ctx, "lists.export.xlsx.hint"), FormatCSV: text(ctx, "lists.export.csv.hint"),
		FormatOneRoster: text(ctx, "lists.export.oneroster.hint"), FormatGuardians: text(ctx, "lists.export.guardians.hint"),
	}
	options := make([]Option, len(ExportFormats))
	for i, format := range ExportFormats {
		options[i] = Option{Value: format, Label: exportFormat(ctx, format), Hint: hints[format]}
	}
	return options
}

// ListTitles are the titles of a class's list in a table. The portal's own import
// reads them.
func ListTitles(ctx context.Context) []string {
	return append(personTitles(ctx),
		text(ctx, "lists.column.role"), text(ctx, "lists.column.state"), text(ctx, "lists.column.seen"))
}

// ListCells are somebody on a class's list, as its table shows them.
func ListCells(ctx context.Context, p RosterPerson) []string {
	return append(personCells(p.User),
		RoleName(ctx, p.Assignment.Role()), personStateText(ctx, p.User, p.Assignment), seenText(ctx, p.User.LastSeenAt))
}

// PeopleTitles are the titles of the list of a school's people in a table.
func PeopleTitles(ctx context.Context) []string {
	return append(personTitles(ctx),
		text(ctx, "lists.column.role"), text(ctx, "lists.column.classes"), text(ctx, "lists.column.sign-in"),
		text(ctx, "lists.column.state"), text(ctx, "lists.column.seen"))
}

// PeopleCells are somebody of a school, as their table shows them. Of several
// roles it names the highest.
func PeopleCells(ctx context.Context, p identity.SchoolPerson) []string {
	role := ""
	if p.Role() != "" {
		role = RoleName(ctx, p.Role())
	}
	_, state := personState(ctx, p.State)
	return append(personCells(p.User), role, strconv.Itoa(p.Classrooms), signsInBy(ctx, p), state, seenText(ctx, p.User.LastSeenAt))
}

func personTitles(ctx context.Context) []string {
	return []string{
		text(ctx, "lists.column.family-name"), text(ctx, "lists.column.given-name"),
		text(ctx, "lists.column.address"), text(ctx, "lists.column.user-name"),
	}
}

// personCells are a user's names and what they sign in with. A user name that is
// the address is not said twice.
func personCells(u identity.User) []string {
	userName := u.UserName
	if identity.SameAddress(userName, u.Address) {
		userName = ""
	}
	return []string{u.FamilyName, u.GivenName, u.Address, userName}
}

func personStateText(ctx context.Context, user identity.User, assignment identity.RoleAssignment) string {
	switch {
	case assignment.State == identity.AssignmentSuspended:
		return text(ctx, "state.suspended")
	case user.State == identity.UserLocked:
		return text(ctx, "roster.locked")
	case user.State == identity.UserInactive:
		return text(ctx, "roster.inactive")
	}
	return text(ctx, "state.active")
}

// seenText is a moment that a spreadsheet can sort by, in the reader's zone.
func seenText(ctx context.Context, at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.In(nowOf(ctx).Location()).Format("2006-01-02 15:04")
}

// FileDay is today as names of files say it.
func FileDay(ctx context.Context) string { return nowOf(ctx).Format("2006-01-02") }

// guardianColumns is how many contacts a table has columns for at least.
const guardianColumns = 2

// GuardianTitles are the titles of a table of students with their contacts, with
// columns for so many of them. The portal's own import reads them.
func GuardianTitles(ctx context.Context, most int) []string {
	titles := personTitles(ctx)
	for i := range max(most, guardianColumns) {
		n := i + 1
		titles = append(titles,
			text(ctx, "lists.column.guardian.name", "Number", n), text(ctx, "lists.column.guardian.relation", "Number", n),
			text(ctx, "lists.column.guardian.address", "Number", n), text(ctx, "lists.column.guardian.phone", "Number", n),
			text(ctx, "lists.column.guardian.language", "Number", n))
	}
	return titles
}

// GuardianCells are a student with their contacts.
func GuardianCells(u identity.User, guardians []identity.Guardian, most int) []string {
	cells := personCells(u)
	for i := range max(most, guardianColumns) {
		var g identity.Guardian
		if i < len(guardians) {
			g = guardians[i]
		}
		cells = append(cells, g.Name, g.Relation, g.Address, g.Phone, languageName(g.Language))
	}
	return cells
}
