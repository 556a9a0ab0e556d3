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
	Waiting   int // invitations
	CreatedAt time.Time
}

// ClassroomFilter is which classrooms a list shows.
type ClassroomFilter string

// The filters of a school's list of classrooms.
const (
	ShowInUse          ClassroomFilter = ""
	ShowWithoutTeacher ClassroomFilter = "without-teacher"
	ShowWaiting        ClassroomFilter = "waiting"
	ShowArchived       ClassroomFilter = "archived"
)

// ClassroomFilters lists them.
var ClassroomFilters = []ClassroomFilter{ShowInUse, ShowWithoutTeacher, ShowWaiting, ShowArchived}

// ClassroomList is the list of a school's classrooms.
type ClassroomList struct {
	Search string
	Show   ClassroomFilter
	Rows   []ClassroomRow
	Total  int    // that match
	Next   string // cursor; empty at the end
	Paged  bool   // not the first page
}

func (v ClassroomList) path(school identity.OrganizationID, after string) string {
	return WithQuery(ClassroomsPath(school), Param{"q", v.Search}, Param{"show", string(v.Show)}, Param{"after", after})
}

func (v ClassroomList) next(school identity.OrganizationID) string {
	if v.Next == "" {
		return ""
	}
	return v.path(school, v.Next)
}

// start leads from a later page to the first one.
func (v ClassroomList) start(school identity.OrganizationID) string {
	if !v.Paged {
		return ""
	}
	return v.path(school, "")
}

func (v ClassroomList) filtered() bool { return v.Search != "" || v.Show != ShowInUse || v.Paged }

func (v ClassroomList) summary(ctx context.Context) string {
	if v.Search != "" || v.Show != ShowInUse {
		return text(ctx, "classroom.matching", "Count", v.Total)
	}
	return text(ctx, "classroom.count", "Count", v.Total)
}

func (v ClassroomList) filters(ctx context.Context) []Option {
	return []Option{
		{Value: string(ShowInUse), Label: text(ctx, "classroom.show.in-use")},
		{Value: string(ShowWithoutTeacher), Label: text(ctx, "classroom.show.without-teacher")},
		{Value: string(ShowWaiting), Label: text(ctx, "classroom.show.waiting")},
		{Value: string(ShowArchived), Label: text(ctx, "classroom.show.archived")},
	}
}

// ManageClassroomView is one classroom as its school manages it.
type ManageClassroomView struct {
	Classroom identity.Organization
	Students  int
	Waiting   int
	Teachers  []RosterPerson // and co-teachers

	Search  string
	Found   []TeacherChoice
	Address string // typed, to be invited
	Name    string // typed, to rename
	// MayDelete is set for an archived classroom that the reader may delete.
	Problems identity.Problems
}

// TeacherChoice is somebody of the school who may become a teacher.
type TeacherChoice struct {
	User identity.User
	Role identity.Role // the highest in the school
	Here bool          // teaches the classroom already
}

// ArchiveView is what taking a classroom out of use does, and to how many.
type ArchiveView struct {
	Students int
	Waiting  int
	Back     string
}

// DeleteClassroomView is what goes with a classroom.
type DeleteClassroomView struct {
	Typed    string
	People   int // on its roster
	AtHome   int // accounts that are at home in it, and go with it
	Back     string
	Problems identity.Problems
}
