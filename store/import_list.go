package store

import (
	"context"
	"fmt"
	"strconv"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/roster"
	"homeroom.dev/homeroom/store/query"
)

// ImportPage is a page of imports, newest first.
type ImportPage struct {
	Imports []Import
	Next    string // empty on the last page
}

// Imports lists the organization's imports, newest first.
func (o *Organization) Imports(ctx context.Context, after string) (ImportPage, error) {
	before, err := parseTimeCursor(after)
	if err != nil {
		return ImportPage{}, err
	}
	limit := limitOf(0)
	rows, err := o.store.read().ImportsBefore(ctx, query.ImportsBeforeParams{
		OrganizationID: o.id, BeforeUs: before.us, BeforeID: before.id, MaxRows: int64(limit) + 1,
	})
	if err != nil {
		return ImportPage{}, fmt.Errorf("list imports: %w", translate(err))
	}
	var page ImportPage
	for i, row := range rows {
		if i == limit {
			page.Next = timeCursor{us: rows[i-1].BegunUs, id: rows[i-1].ID}.String()
			break
		}
		one, err := importOf(row)
		if err != nil {
			return ImportPage{}, err
		}
		page.Imports = append(page.Imports, one)
	}
	return page, nil
}

// ImportFile is the file of an import; gone ("import.file-gone") once it is no
// longer kept.
func (o *Organization) ImportFile(ctx context.Context, id ImportID) ([]byte, error) {
	content, err := o.store.read().ImportFile(ctx, query.ImportFileParams{OrganizationID: o.id, ImportID: string(id)})
	if err != nil {
		return nil, fmt.Errorf("load the file of an import: %w", orNotFound(err, identity.Gone("import.file-gone")))
	}
	file, err := o.store.keys.openFile(importFilePlace(o.id, id), content)
	if err != nil {
		return nil, fmt.Errorf("load the file of an import: %w", err)
	}
	return file, nil
}

// ImportRowQuery selects rows of an import: those of a kind, with an outcome, or
// of which an undo made something; or all.
type ImportRowQuery struct {
	Kind    roster.Kind
	Outcome ImportOutcome
	Undo    ImportUndo
	After   string
	Limit   int // zero: as many as a page shows
}

// ImportRowPage is a page of rows in the order of the list.
type ImportRowPage struct {
	Rows []ImportRow
	Next string // empty on the last page
}

// ImportRows lists rows of an import.
func (o *Organization) ImportRows(ctx context.Context, id ImportID, q ImportRowQuery) (ImportRowPage, error) {
	after, err := parsePosition(q.After)
	if err != nil {
		return ImportRowPage{}, err
	}
	limit := limitOf(q.Limit)
	var found []query.ImportRow
	read := o.store.read()
	switch {
	case q.Kind != "":
		found, err = read.ImportRowsOfKind(ctx, query.ImportRowsOfKindParams{
			OrganizationID: o.id, ImportID: string(id), Kind: string(q.Kind), After: after, MaxRows: int64(limit) + 1,
		})
	case q.Outcome != "":
		found, err = read.ImportRowsOfOutcome(ctx, query.ImportRowsOfOutcomeParams{
			OrganizationID: o.id, ImportID: string(id), Outcome: string(q.Outcome), After: after, MaxRows: int64(limit) + 1,
		})
	case q.Undo != "":
		found, err = read.ImportRowsUndone(ctx, query.ImportRowsUndoneParams{
			OrganizationID: o.id, ImportID: string(id), Undo: string(q.Undo), After: after, MaxRows: int64(limit) + 1,
		})
	default:
		found, err = read.ImportRowsAfter(ctx, query.ImportRowsAfterParams{
			OrganizationID: o.id, ImportID: string(id), After: after, MaxRows: int64(limit) + 1,
		})
	}
	if err != nil {
		return ImportRowPage{}, fmt.Errorf("list the rows of an import: %w", translate(err))
	}
	var page ImportRowPage
	if len(found) > limit {
		found = found[:limit]
		page.Next = strconv.FormatInt(found[limit-1].Position, 36)
	}
	page.Rows, err = importRowsOf(found)
	return page, err
}

// ImportClassroomPage is a page of the classes of a list.
type ImportClassroomPage struct {
	Classrooms []ImportClassroom
	Next       string // empty on the last page
}

// ImportClassrooms lists the classes of a list in its order.
func (o *Organization) ImportClassrooms(ctx context.Context, id ImportID, after string) (ImportClassroomPage, error) {
	position, err := parsePosition(after)
	if err != nil {
		return ImportClassroomPage{}, err
	}
	limit := limitOf(0)
	rows, err := o.store.read().ImportClassroomsAfter(ctx, query.ImportClassroomsAfterParams{
		OrganizationID: o.id, ImportID: string(id), After: position, MaxRows: int64(limit) + 1,
	})
	if err != nil {
		return ImportClassroomPage{}, fmt.Errorf("list the classes of an import: %w", translate(err))
	}
	var page ImportClassroomPage
	for i, row := range rows {
		if i == limit {
			page.Next = strconv.FormatInt(rows[i-1].Position, 36)
			break
		}
		page.Classrooms = append(page.Classrooms, importClassroomOf(row))
	}
	return page, nil
}

func parsePosition(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	position, err := strconv.ParseInt(text, 36, 64)
	if err != nil {
		return 0, errCursor()
	}
	return position, nil
}
