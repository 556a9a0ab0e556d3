package identity

import (
	"slices"
	"time"
)

// Role is a role of the platform project. Its text is the role key at Zitadel
// and in tokens.
type Role string

// The roles, from the lowest to the highest.
const (
	RoleStudent     Role = "student"
	RoleCoTeacher   Role = "co_teacher"
	RoleTeacher     Role = "teacher"
	RoleSchoolAdmin Role = "school_admin"
	RoleOperator    Role = "operator"
)

// Roles lists every role, from the lowest to the highest.
var Roles = []Role{RoleStudent, RoleCoTeacher, RoleTeacher, RoleSchoolAdmin, RoleOperator}

// Rank orders roles: a higher rank may act on a lower one. Rank is 0 for
// anything that is no role.
func (r Role) Rank() int { return slices.Index(Roles, r) + 1 }

// Highest is the highest of roles, or empty.
func Highest(roles []Role) Role {
	var highest Role
	for _, r := range roles {
		if r.Rank() > highest.Rank() {
			highest = r
		}
	}
	return highest
}

// RolesIn lists the roles that can be held in an organization of kind, lowest
// first. An operator's role is held in the operators' organization alone.
func RolesIn(kind Kind) []Role {
	if kind == KindSchool {
		return []Role{RoleTeacher, RoleSchoolAdmin}
	}
	return []Role{RoleStudent, RoleCoTeacher, RoleTeacher}
}

// RoleAssignmentID is the ID of an authorization at Zitadel (v1: user grant).
type RoleAssignmentID string

// RoleAssignmentState is whether the roles count.
type RoleAssignmentState string

// States of a role assignment. A suspended one stays on the roster and gives
// no access; Zitadel leaves its roles out of tokens.
const (
	AssignmentActive    RoleAssignmentState = "active"
	AssignmentSuspended RoleAssignmentState = "suspended"
)

// RoleAssignment says which roles a user has in an organization. There is at
// most one for a user and an organization.
type RoleAssignment struct {
	ID           RoleAssignmentID
	User         UserID
	Organization OrganizationID
	Roles        []Role // sorted by rank, lowest first
	State        RoleAssignmentState
	CreatedAt    time.Time
	ChangedAt    time.Time
}

// Role is the highest role of the assignment.
func (a RoleAssignment) Role() Role { return Highest(a.Roles) }

// SortRoles sorts roles by rank and drops duplicates, so that equal sets are
// equal slices.
func SortRoles(roles []Role) []Role {
	sorted := slices.Clone(roles)
	slices.SortFunc(sorted, func(a, b Role) int { return a.Rank() - b.Rank() })
	return slices.Compact(sorted)
}
