package identity

// PersonState is whether somebody can use what they have in a school.
type PersonState string

// States of a person in a school. Suspended is who is suspended in the school
// and in each of its classrooms where they have a role; the others are those of
// the account.
const (
	PersonActive    PersonState = "active"
	PersonSuspended PersonState = "suspended"
	PersonInactive  PersonState = "inactive"
	PersonLocked    PersonState = "locked"
)

// PersonStates lists every state of a person.
var PersonStates = []PersonState{PersonActive, PersonSuspended, PersonInactive, PersonLocked}

// SchoolPerson is somebody of a school: who is at home there, or holds a role in
// it or in one of its classrooms.
type SchoolPerson struct {
	User        User
	Roles       []Role // in the school and in classrooms in use, the highest of each; lowest first
	Classrooms  int    // in use
	Guest       bool   // at home elsewhere
	State       PersonState
	Credentials []Credential // kinds they sign in with, in the order of [Credentials]
}

// Role is the highest role in the school, or empty.
func (p SchoolPerson) Role() Role { return Highest(p.Roles) }

// SecondFactor reports whether the person can prove a second time who they are.
func (p SchoolPerson) SecondFactor() bool {
	for _, c := range p.Credentials {
		if c.SecondFactor() {
			return true
		}
	}
	return false
}

// Standing is the role of a person in a school itself, or in one of its
// classrooms.
type Standing struct {
	Organization Organization
	Assignment   RoleAssignment
}

// PersonOfSchool is somebody of a school with all that the rules have to know.
type PersonOfSchool struct {
	SchoolPerson
	Standings []Standing // the school first, then classrooms by name; archived ones among them
	Held      Held       // what counts for them in the school
}

// InUse are the standings outside of archived classrooms.
func (p PersonOfSchool) InUse() []Standing {
	var live []Standing
	for _, s := range p.Standings {
		if !s.Organization.Archived() {
			live = append(live, s)
		}
	}
	return live
}
