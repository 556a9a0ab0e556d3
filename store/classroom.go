package store

import (
	"context"
	"fmt"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store/query"
)

// pageSize is how many rows a page has if nobody says otherwise, and maxPageSize
// the most it can have.
const (
	pageSize    = 50
	maxPageSize = 500
)

func limitOf(asked int) int {
	if asked <= 0 {
		return pageSize
	}
	return min(asked, maxPageSize)
}

// ClassroomQuery selects classrooms of a school: those in use, unless Archived.
type ClassroomQuery struct {
	Search         string // in the name
	Archived       bool
	WithoutTeacher bool
	Waiting        bool   // an invitation waits there
	After          string // a page's Next
	Limit          int    // 50 if 0
}

// state is that of the classrooms asked for.
func (q ClassroomQuery) state() string {
	if q.Archived {
		return string(identity.OrganizationInactive)
	}
	return string(identity.OrganizationActive)
}

// ClassroomPage is a page of classrooms, by name.
type ClassroomPage struct {
	Rows  []ClassroomRow
	Next  string // empty on the last page
	Total int    // that match
}

// ClassroomRow is a classroom with its figures.
type ClassroomRow struct {
	Organization identity.Organization // without settings
	Students     int
	Teachers     int // and co-teachers
	Waiting      int // invitations
}

// Classrooms lists the classrooms of the opened school. Other organizations have
// none.
func (o *Organization) Classrooms(ctx context.Context, q ClassroomQuery) (ClassroomPage, error) {
	after, err := parseNameCursor(q.After)
	if err != nil {
		return ClassroomPage{}, err
	}
	limit, pattern := limitOf(q.Limit), like(q.Search)
	reader := o.store.read()
	rows, err := reader.Classrooms(ctx, query.ClassroomsParams{
		OrganizationID: o.id, NowUs: micros(o.store.clock()), Pattern: pattern,
		State: q.state(), WithoutTeacher: q.WithoutTeacher, WaitedFor: q.Waiting,
		AfterName: after.name, AfterID: after.id, MaxRows: int64(limit) + 1,
	})
	if err != nil {
		return ClassroomPage{}, fmt.Errorf("list classrooms: %w", translate(err))
	}
	total, err := reader.CountClassrooms(ctx, query.CountClassroomsParams{
		OrganizationID: o.id, Pattern: pattern, State: q.state(), WithoutTeacher: q.WithoutTeacher, WaitedFor: q.Waiting,
		NowUs: micros(o.store.clock()),
	})
	if err != nil {
		return ClassroomPage{}, fmt.Errorf("count classrooms: %w", translate(err))
	}
	page := ClassroomPage{Total: int(total)}
	for i, row := range rows {
		if i == limit {
			last := rows[i-1]
			page.Next = nameCursor{name: last.SortName, id: last.ID}.String()
			break
		}
		page.Rows = append(page.Rows, ClassroomRow{
			Organization: identity.Organization{
				ID: identity.OrganizationID(row.ID), Kind: identity.Kind(row.Kind), Name: row.Name,
				State: identity.OrganizationState(row.State), School: identity.OrganizationID(row.SchoolID),
				SchoolName: o.opened.Organization().Name, RemoteName: row.RemoteName, CreatedAt: moment(row.CreatedUs),
			},
			Students: int(row.Students), Teachers: int(row.Teachers), Waiting: int(row.Waiting),
		})
	}
	return page, nil
}
