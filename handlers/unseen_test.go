package handlers

import (
	"testing"

	"github.com/zitadel/oidc/v3/pkg/oidc"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// A sign-in through an identity provider that the portal did not see arrive is
// worth nothing for people of a school that has a connection.
func TestAnArrivalThatThePortalDidNotSeeIsSentTheSchoolsWay(t *testing.T) {
	p := newPortal(t)
	p.entra()
	student, other, operator := p.people[sam], p.people[lee], p.people[olu]
	operator.Home = p.id(linden)
	for _, tt := range []struct {
		name    string
		user    identity.User
		amr     []string
		arrived identity.UserID // a moment ago, in this session
		school  string
		refused bool
	}{
		{"seen", student, nil, student.ID, "", false},
		{"not seen", student, nil, "", linden, false},
		{"somebody else was seen", student, nil, other.ID, "", true},
		{"with a password", student, []string{"pwd"}, "", "", false},
		{"with a passkey", student, []string{"user", "hwk"}, other.ID, "", false},
		{"of a school without a connection", p.people[mallory], nil, "", "", false},
		{"of no school", p.people[ruth], nil, "", "", false},
		{"an operator of a school without one", p.people[olu], nil, "", "", false},
		{"an operator at home in the school", operator, nil, "", "", true},
		{"an operator at home in the school, with a password", operator, []string{"pwd"}, "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, err := p.inside.sessions.Load(p.ctx, "")
			p.check(err)
			if tt.arrived != "" {
				p.check(p.inside.setArrived(ctx, arrivedPerson{User: tt.arrived, At: p.now.Now()}))
			}
			token := &oidc.IDTokenClaims{Claims: map[string]any{claimHome: string(tt.user.Home)}}
			token.Subject, token.AuthenticationMethodsReferences = string(tt.user.ID), tt.amr
			school, unseen, err := p.inside.unseen(ctx, token)
			want := identity.OrganizationID("")
			if tt.school != "" {
				want = p.id(tt.school)
			}
			if school != want || unseen != (tt.school != "") || identity.IsKind(err, identity.KindForbidden) != tt.refused {
				t.Errorf("school = %q, unseen = %v, %v", school, unseen, err)
			}
		})
	}
}

// Zitadel's own session of somebody who came through the school lives on when
// the portal's is over. It leads them the school's way once more, and back.
func TestWhoIsStillSignedInAtZitadelComesTheSchoolsWayAgain(t *testing.T) {
	p := newPortal(t)
	c := p.entra()
	b := p.browser()
	if seen := b.visit(views.SchoolStartPath(p.id(linden)), sam); seen.Status != 200 || seen.URL.Host != p.location().Host {
		t.Fatalf("sign-in: %d at %s", seen.Status, seen.URL)
	}
	p.check(p.in(biology, lee).EndSessions(p.ctx, p.people[sam].ID))
	before := len(c.attempts())
	seen := b.visit(views.PasswordSignInPath(views.HomePath), sam)
	if seen.URL.Path != views.HomePath || seen.Status != 200 {
		t.Errorf("back: %d at %s\n%s", seen.Status, seen.URL, seen.text())
	}
	if n := len(c.attempts()); n != before+1 {
		t.Errorf("%d attempts, want %d", n, before+1)
	}
}
