package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// ClassroomRow is a classroom of a school, with its counts.
type ClassroomRow struct {
	ID        identity.OrganizationID
	Name      string
	Students  int
	Teachers  int // co-teachers too
	CreatedAt time.Time
}

// SchoolView is what the front page of a school shows.
type SchoolView struct {
	Search string
	Rows   []ClassroomRow
	Total  int    // that match the search
	Next   string // cursor; empty at the end
	Paged  bool   // not the first page
}

func (v SchoolView) path(school identity.OrganizationID, after string) string {
	return WithQuery(OrganizationPath(school), Param{"q", v.Search}, Param{"after", after})
}

func (v SchoolView) next(school identity.OrganizationID) string {
	if v.Next == "" {
		return ""
	}
	return v.path(school, v.Next)
}

func (v SchoolView) summary(ctx context.Context) string {
	if v.Search != "" {
		return text(ctx, "classroom.matching", "Count", v.Total)
	}
	return text(ctx, "classroom.count", "Count", v.Total)
}

// NewClassroomForm is what is typed to open a classroom.
type NewClassroomForm struct {
	Name    string
	Teaches bool   // the opener teaches it, who need not
	Teacher string // address of another teacher to invite
	// Chooses is set for those who open classrooms for others.
	Chooses bool
	// Submission is the form's own key: sent twice, it opens one class.
	Submission string
}
