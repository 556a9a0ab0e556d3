package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// SchoolsView is the operators' list of schools.
type SchoolsView struct {
	Search    string
	State     identity.OrganizationState // empty: any
	Rows      []PlatformSchoolRow
	Total     int // whose name matches, in any state
	Suspended int // of those
	Next      string
	Paged     bool
}

// PlatformSchoolRow is a school in the list.
type PlatformSchoolRow struct {
	ID         identity.OrganizationID
	Name       string
	Suspended  bool
	Reason     string
	Classrooms int
	Students   int
	Admins     int
	CreatedAt  time.Time
}

func (v SchoolsView) path(after string) string {
	return WithQuery(PlatformSchoolsPath, Param{"q", v.Search}, Param{"state", string(v.State)}, Param{"after", after})
}

func (v SchoolsView) start() string {
	if !v.Paged {
		return ""
	}
	return v.path("")
}

func (v SchoolsView) next() string {
	if v.Next == "" {
		return ""
	}
	return v.path(v.Next)
}

func (v SchoolsView) summary(ctx context.Context) string {
	switch {
	case v.State == identity.OrganizationInactive:
		return text(ctx, "platform.schools.suspended", "Count", v.Suspended)
	case v.State != "":
		return text(ctx, "platform.schools.count", "Count", v.Total-v.Suspended)
	}
	return text(ctx, "platform.schools.count", "Count", v.Total)
}

func (v SchoolsView) filtered() bool { return v.Search != "" || v.State != "" || v.Paged }

// NewSchoolForm opens a school.
type NewSchoolForm struct {
	Name       string
	Admin      string // address of who is invited to run it
	Language   string // of the invitation
	Submission string
	Problems   identity.Problems
}

// PlatformSchoolView is the operators' page of one school, or of one classroom
// that stands alone.
type PlatformSchoolView struct {
	School      identity.Organization
	Classrooms  int
	Students    int
	Admins      int
	Reason      string // why it is suspended
	SuspendedBy string
	SuspendedAt time.Time
	LookUntil   time.Time // the reader's own look; zero if there is none
	Own         bool      // the reader holds a role of the school's own: no look is needed
	CanClose    bool      // closing is offered
}

// ReasonForm asks why before something is done.
type ReasonForm struct {
	School   identity.Organization
	Reason   string
	Next     string // the page that was asked for, in a look
	Problems identity.Problems
}

// StandaloneView is the list of classrooms that belong to no school.
type StandaloneView struct {
	Search string
	Rows   []StandaloneRow
	Total  int
	Next   string
	Paged  bool
}

// StandaloneRow is a classroom in that list.
type StandaloneRow struct {
	ID        identity.OrganizationID
	Name      string
	Students  int
	Teachers  int // co-teachers too
	CreatedAt time.Time
}

func (v StandaloneView) path(after string) string {
	return WithQuery(PlatformClassroomsPath, Param{"q", v.Search}, Param{"after", after})
}

func (v StandaloneView) start() string {
	if !v.Paged {
		return ""
	}
	return v.path("")
}

func (v StandaloneView) next() string {
	if v.Next == "" {
		return ""
	}
	return v.path(v.Next)
}

// AdoptView is the choice of a school for a classroom that stands alone, and,
// once one is chosen, what changes.
type AdoptView struct {
	Classroom identity.Organization
	Search    string
	Schools   []PlatformSchoolRow
	More      bool                  // there are further schools than these
	Chosen    identity.Organization // zero: none yet
}

func (v PlatformSchoolView) section() PlatformSection {
	if v.School.Kind == identity.KindSchool {
		return PlatformSchools
	}
	return PlatformClassrooms
}
