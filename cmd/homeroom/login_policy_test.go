package main

import (
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/zitadel/standin"
)

// A login policy that is changed at Zitadel past the portal is shown without
// anybody saving anything, though another school's cannot be read at all.
func TestALoginPolicyThatIsChangedPastThePortalIsReadAgain(t *testing.T) {
	t.Parallel()
	s := newSchool(t)
	const closed = "390000000000077777" // a school where the portal may read nothing
	_, err := s.zitadel.Seed().As(string(s.made.Provisioner.User)).Organization(standin.SeedOrganization{
		ID: closed, Name: "Ash School 7777",
		Metadata: map[string]string{identity.MetadataKind: string(identity.KindSchool), identity.MetadataName: "Ash School"},
	})
	s.check(err)
	p := s.portal()
	defer func() { s.check(p.close()) }()
	ctx := t.Context()
	s.check(p.projection.Sync(ctx, nil))

	waiting, err := p.store.StaleLoginPolicies(ctx, policiesAtOnce)
	s.check(err)
	if len(waiting) != 2 || waiting[0].ID() != closed {
		t.Fatalf("waiting are %v", waiting)
	}
	school := waiting[1]
	known := func() store.KnownLoginPolicy {
		known, err := p.store.In(school).LoginPolicy(ctx)
		s.check(err)
		return known
	}
	read := func() {
		if err := p.readLoginPolicies(ctx); err == nil || strings.Count(err.Error(), "school ") != 1 || !strings.Contains(err.Error(), closed) {
			t.Errorf("the school that cannot be read is not told of: %v", err)
		}
	}
	read()
	before := known()
	if before.Stale || before.ReadAt.IsZero() || before.Policy.RequireFactor {
		t.Fatalf("at first it is %+v", before)
	}

	wanted := before.Policy
	wanted.RequireFactor, wanted.PasswordLifetime = true, 5*time.Hour
	s.check(p.runtime.In(school).SetLoginPolicy(ctx, wanted))
	if seen := known(); seen.Stale || seen.Policy.RequireFactor {
		t.Fatalf("before its event is read it is %+v", seen)
	}
	s.check(p.projection.Sync(ctx, nil))
	if seen := known(); !seen.Stale {
		t.Errorf("after its event it is %+v, want stale", seen)
	}
	read()
	if seen := known(); seen.Stale || !seen.Policy.RequireFactor || seen.Policy.PasswordLifetime != 5*time.Hour {
		t.Errorf("read again it is %+v", seen)
	}
}
