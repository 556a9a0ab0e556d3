package views

import (
	"time"

	"homeroom.dev/homeroom/identity"
)

// SubstitutesPath lists who stands in for somebody in a class, and is where one
// is added.
func SubstitutesPath(classroom identity.OrganizationID) string { return in(classroom, "substitutes") }

// UntilPath is where it is set until when somebody's access lasts.
func UntilPath(classroom identity.OrganizationID, user identity.UserID) string {
	return in(classroom, "people", string(user), "until")
}

// SubstituteLine is a co-teacher whose access ends by itself.
type SubstituteLine struct {
	Person identity.User
	Until  time.Time
	By     string // who set it
}

// SubstitutesView is what the page of substitutes shows.
type SubstitutesView struct {
	Current []SubstituteLine
	Search  string
	Found   []identity.SchoolPerson // staff who could stand in
	// Alone says that the class belongs to no school, so that there is no staff to
	// choose from.
	Alone bool
}

// SubstituteForm is the form that adds a substitute, or changes until when one
// has access.
type SubstituteForm struct {
	Person   identity.User
	Until    string // a day as browsers write it, 2006-01-02
	Here     bool   // in the class already
	Problems identity.Problems
}

// path is where the form is sent.
func (f SubstituteForm) path(classroom identity.OrganizationID) string {
	if f.Here {
		return UntilPath(classroom, f.Person.ID)
	}
	return SubstitutesPath(classroom)
}
