package store

import (
	"homeroom.dev/homeroom/identity"
)

// facets are what people of a school are filtered by, as the column
// people.facets has them. The triggers of migration 00006 write it.
type facets int64

const (
	facetSchoolAdmin facets = 1 << iota
	facetTeacher
	facetCoTeacher
	facetStudent
	facetGuest
	facetSeen // has signed in
	facetSuspended
	facetInactive
	facetLocked
	_
	facetCredentials // and up: kind n of identity.Credentials
)

// Groups of facets that exclude each other, or count as one.
const (
	facetStaff  = facetSchoolAdmin | facetTeacher | facetCoTeacher
	facetRoles  = facetStaff | facetStudent
	facetStates = facetSuspended | facetInactive | facetLocked
)

// roleFacets are the bits of roles.
var roleFacets = map[identity.Role]facets{
	identity.RoleSchoolAdmin: facetSchoolAdmin, identity.RoleTeacher: facetTeacher,
	identity.RoleCoTeacher: facetCoTeacher, identity.RoleStudent: facetStudent,
}

// stateFacets are the bits of states; active is none of them.
var stateFacets = map[identity.PersonState]facets{
	identity.PersonSuspended: facetSuspended, identity.PersonInactive: facetInactive, identity.PersonLocked: facetLocked,
}

// facetFactors are the bits of what counts as a second factor.
var facetFactors = func() facets {
	var bits facets
	for _, kind := range identity.Credentials {
		if kind.SecondFactor() {
			bits |= credentialFacet(kind)
		}
	}
	return bits
}()

func credentialFacet(kind identity.Credential) facets {
	return facets(credentialBit(kind)) * facetCredentials
}

func (f facets) roles() []identity.Role {
	var roles []identity.Role
	for _, role := range identity.Roles { // lowest first
		if bit := roleFacets[role]; bit != 0 && f&bit != 0 {
			roles = append(roles, role)
		}
	}
	return roles
}

func (f facets) state() identity.PersonState {
	for _, state := range identity.PersonStates {
		if bit := stateFacets[state]; bit != 0 && f&bit != 0 {
			return state
		}
	}
	return identity.PersonActive
}

func (f facets) credentials() []identity.Credential {
	return credentialKinds(int64(f / facetCredentials))
}

// facetFilter selects people by their facets.
type facetFilter struct {
	all  facets // each of these
	none facets // none of these
	any  facets // one of these at least, unless it is 0
}

func (f facetFilter) matches(of facets) bool {
	return of&f.all == f.all && of&f.none == 0 && (f.any == 0 || of&f.any != 0)
}

// filters reports whether it leaves anybody out.
func (f facetFilter) filters() bool { return f != facetFilter{} }
