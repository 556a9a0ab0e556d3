package main

import (
	"strings"
	"testing"
	"time"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/zitadel/standin"
)

// Password rules that are changed at Zitadel past the portal are read again, so
// that the next first password follows them, though those of another school
// cannot be read at all.
func TestPasswordRulesThatAreChangedPastThePortalAreReadAgain(t *testing.T) {
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
	schools, err := p.store.StaleLoginPolicies(ctx, policiesAtOnce)
	s.check(err)
	if len(schools) != 2 || schools[0].ID() != closed {
		t.Fatalf("schools are %v", schools)
	}
	school := schools[1]

	// Those that nobody made a password by are not asked for.
	s.check(p.readPasswordRules(ctx))
	if _, known, err := p.store.In(school).PasswordRules(ctx); err != nil || known {
		t.Errorf("known without a need: %v, %v", known, err)
	}
	for _, of := range schools {
		s.check(p.store.In(of).KeepPasswordRules(ctx, identity.DefaultPasswordRules, time.Now()))
	}
	s.check(p.readPasswordRules(ctx)) // nothing changed: nothing is asked

	s.check(s.zitadel.Seed().WantPasswords(string(school.ID()), 17))
	s.check(s.zitadel.Seed().WantPasswords(closed, 17))
	s.check(p.projection.Sync(ctx, nil))
	if err := p.readPasswordRules(ctx); err == nil || strings.Count(err.Error(), "organization ") != 1 || !strings.Contains(err.Error(), closed) {
		t.Errorf("the school that cannot be read is not told of: %v", err)
	}
	rules, known, err := p.store.In(school).PasswordRules(ctx)
	if want := (identity.PasswordRules{MinLength: 17}); err != nil || !known || rules != want {
		t.Errorf("read again: %+v, %v, %v", rules, known, err)
	}
	if waiting, err := p.store.StalePasswordRules(ctx, policiesAtOnce); err != nil || len(waiting) != 1 || waiting[0].ID() != closed {
		t.Errorf("still to be read: %v, %v", waiting, err)
	}
}
