package projection

import (
	"context"
	"testing"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
)

// apply has the portal make a change of its own that Zitadel answers with facts.
func apply(t testing.TB, s *store.Store, facts ...identity.Fact) {
	t.Helper()
	if err := in(t, s, "biology").Change(t.Context(), ownChange, func(context.Context) ([]identity.Fact, error) {
		return facts, nil
	}); err != nil {
		t.Fatal(err)
	}
}

var ownChange = identity.Change{Action: identity.ActionRoleChanged, Target: "student-0000"}

// in opens a classroom for its teacher.
func in(t testing.TB, s *store.Store, id identity.OrganizationID) *store.Organization {
	t.Helper()
	opened, err := identity.Open(
		identity.Organization{ID: id, Kind: identity.KindClassroom, School: "linden"},
		identity.Actor{User: "tess", Name: "Tess"}, identity.Held{Here: []identity.Role{identity.RoleTeacher}},
	)
	if err != nil {
		t.Fatal(err)
	}
	return s.In(opened)
}
