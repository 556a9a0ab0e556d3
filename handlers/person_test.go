package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// accountForms are the changes to somebody's account and the form of each.
func accountForms(userName string) map[string]url.Values {
	return map[string]url.Values{
		"sign-out": nil, "factors": nil, "sign-in": nil, "deactivate": nil, "reactivate": nil, "unlock": nil,
		"delete": {"user-name": {userName}}, "suspend-all": nil, "restore-all": nil,
	}
}

// The rules of accounts, by requests that no page offers.
func TestAccountsAreChangedByTheRules(t *testing.T) {
	p := newPortal(t)
	p.assign(linden, second, identity.RoleTeacher) // of the school, and of Biology
	p.assign(biology, mallory, identity.RoleStudent)
	p.assign(birch, lea, identity.RoleSchoolAdmin) // at home in Linden, runs Birch with Bob
	p.assign(club, sam, identity.RoleTeacher)      // with Ruth
	p.person(linden, "oona@linden.example", "Oona", "Ek")
	_, err := p.opener.Open(p.ctx, identity.NewOrganization{ID: "solo", Kind: identity.KindClassroom, Name: "Solo"})
	p.check(err)
	p.organizations["Solo"] = identity.Organization{ID: "solo", Kind: identity.KindClassroom, Name: "Solo", State: identity.OrganizationActive}
	p.assign("Solo", "oona@linden.example", identity.RoleTeacher) // its only teacher
	p.settled()

	for _, c := range []struct {
		name, who, user string
		status          map[string]int // by what is done; "" is all others
		text            string
	}{
		{"oneself", priya, priya, map[string]int{"": 403}, ""},
		{"a guest", priya, mallory, map[string]int{"": 403, "suspend-all": 303, "restore-all": 303}, "belongs elsewhere"},
		{"somebody of another school", priya, bob, map[string]int{"": 404}, ""},
		{"nobody", priya, "nobody", map[string]int{"": 404}, ""},
		{"by a teacher of the school", second, sam, map[string]int{"": 403}, "Your role does not include this page"},
		{"by a teacher of a class", lee, sam, map[string]int{"": 404}, ""},
		{"by a student", sam, noor, map[string]int{"": 404}, ""},
		{"by another school's IT", bob, sam, map[string]int{"": 404}, ""},
		{"the only teacher of a class elsewhere", priya, "oona@linden.example", map[string]int{"deactivate": 409, "delete": 409, "factors": 409, "reactivate": 409, "unlock": 409, "": 0}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := p.signIn(c.who).staying()
			id := identity.UserID(c.user)
			if user, ok := p.people[c.user]; ok {
				id = user.ID
			}
			for what, form := range accountForms(c.user) {
				want, ok := c.status[what]
				if !ok {
					want = c.status[""]
				}
				if want == 0 {
					continue
				}
				seen := b.do(http.MethodPost, "/o/"+string(p.id(linden))+"/people/"+string(id)+"/"+what, form)
				if seen.Status != want {
					t.Errorf("%s = %d, want %d\n%s", what, seen.Status, want, seen.text())
				}
				if want == http.StatusForbidden && !strings.Contains(seen.text(), c.text) {
					t.Errorf("%s does not say why:\n%s", what, seen.text())
				}
			}
		})
	}
	// The same addresses below a classroom are no pages.
	b := p.signIn(priya).staying()
	for what, form := range accountForms(sam) {
		if seen := b.do(http.MethodPost, p.fill("/o/{biology}/people/{sam}/"+what), form); seen.Status != http.StatusNotFound {
			t.Errorf("%s in a classroom = %d", what, seen.Status)
		}
	}
	if got, err := p.in(linden, priya).SchoolPerson(p.ctx, p.people[sam].ID); err != nil || got.State != identity.PersonActive {
		t.Errorf("after all that Sam is %v, %v", got.State, err)
	}
}

// The last teacher of a class, and the last of a school's IT, stay: suspended,
// deactivated or deleted in whatever way.
func TestTheLastTeacherStaysWhateverIsDoneToTheAccount(t *testing.T) {
	p := newPortal(t)
	p.check(identity.RemoveFromRoster(p.ctx, p.opened(biology, priya), p.in(biology, priya), p.gateway.In(p.opened(biology, priya)), p.people[second].ID))
	p.settled()
	b := p.signIn(priya).staying()
	for _, what := range []string{"suspend-all", "deactivate", "delete"} {
		seen := b.do(http.MethodPost, p.fill("/o/{linden}/people/{lee}/"+what), accountForms(lee)[what])
		if seen.Status != http.StatusConflict || !strings.Contains(seen.text(), "only teacher of") {
			t.Errorf("%s of the last teacher = %d\n%s", what, seen.Status, seen.text())
		}
	}
	page := b.get(p.fill("/o/{linden}/people/{lee}"))
	for _, absent := range []string{"/deactivate", "/delete", "/suspend-all"} {
		if strings.Contains(page.Body, absent) {
			t.Errorf("the page of the last teacher offers %s", absent)
		}
	}
	if !strings.Contains(page.text(), "This is the only teacher of Biology 7B.") {
		t.Errorf("the page does not say why:\n%s", page.text())
	}
	p.run(linden, []scenario{{name: "sessions may be ended all the same", who: priya, method: "POST", path: "/o/{linden}/people/{lee}/sign-out", status: 303, redirect: "/o/{linden}/people/{lee}", audit: []identity.Action{identity.ActionSessionsEnded}}})
}

func TestAPersonOfASchoolIsManagedOnOnePage(t *testing.T) {
	p := newPortal(t)
	p.assign(biology, mallory, identity.RoleStudent)
	p.assign(history, sam, identity.RoleStudent)
	p.settled()
	p.told(identity.CredentialAdded{User: p.people[sam].ID, Kind: identity.CredentialTOTP, At: p.now.Now()})
	session := p.signInOn(onPhone, sam)
	p.run(linden, []scenario{
		{
			name: "all that there is about them", who: priya, method: "GET", path: "/o/{linden}/people/{sam}", status: 200,
			text: []string{
				"Sam Kim", "sam@linden.example", "Linden School", "Biology 7B", "History 8A", "Password", "Authenticator app", "Safari on iPhone",
				"Reset second factor", "Reset sign-in", "End sessions", "Suspend Sam Kim everywhere", "Deactivate Sam Kim", "Delete Sam Kim",
			},
			absent: []string{"Unlock", "Reactivate", "Guest", "Give Sam Kim access"},
		},
		{
			name: "of a guest nothing but the roles", who: priya, method: "GET", path: "/o/{linden}/people/{mallory}", status: 200,
			text:   []string{"Mallory Quinn", "Guest", "Biology 7B", "the account belongs elsewhere", "Suspend Mallory Quinn everywhere"},
			absent: []string{"Sign-in methods", "Signed in to Homeroom", "Reset", "End sessions", "Deactivate", "Delete", "Maths 5A", "Birch"},
		},
		{
			name: "one's own page leads to one's account", who: priya, method: "GET", path: "/o/{linden}/people/{priya}", status: 200,
			text: []string{"This is you.", "Your account"}, absent: []string{"Deactivate", "Delete Priya", "Reset", "End sessions", "Suspend"},
		},
		{name: "a member's page in a classroom stays", who: priya, method: "GET", path: "/o/{biology}/people/{sam}", status: 200, text: []string{"Remove Sam Kim from Biology 7B"}, absent: []string{"Deactivate"}},

		{name: "the second factor is asked about", who: priya, method: "GET", path: "/o/{linden}/people/{sam}/factors", status: 200, text: []string{"these are removed: Authenticator app."}},
		{name: "and reset", who: priya, method: "POST", path: "/o/{linden}/people/{sam}/factors", status: 303, redirect: "/o/{linden}/people/{sam}", audit: []identity.Action{identity.ActionFactorsReset}},
		{name: "which signs out", who: priya, method: "GET", path: "/o/{linden}/people/{sam}", status: 200, text: []string{"The second factor of Sam Kim was reset.", "Not signed in at the moment."}},

		{name: "suspended everywhere", who: priya, method: "POST", path: "/o/{linden}/people/{sam}/suspend-all", status: 303, redirect: "/o/{linden}/people/{sam}", audit: []identity.Action{identity.ActionRoleSuspended, identity.ActionRoleSuspended}},
		{name: "the page says so", who: priya, method: "GET", path: "/o/{linden}/people/{sam}", status: 200, text: []string{"Suspended", "Give Sam Kim access again"}, absent: []string{"Suspend Sam Kim everywhere"}},
		{name: "nothing opens", who: sam, method: "GET", path: "/o/{history}", status: 404},
		{name: "restored", who: priya, method: "POST", path: "/o/{linden}/people/{sam}/restore-all", status: 303, redirect: "/o/{linden}/people/{sam}", audit: []identity.Action{identity.ActionRoleActivated, identity.ActionRoleActivated}},
		{name: "all opens", who: sam, method: "GET", path: "/o/{history}", status: 200},

		{name: "deactivation says what stays", who: priya, method: "GET", path: "/o/{linden}/people/{sam}/deactivate", status: 200, text: []string{"cannot sign in any more", "The account, its roles and all rosters stay."}},
		{name: "deactivated", who: priya, method: "POST", path: "/o/{linden}/people/{sam}/deactivate", status: 303, redirect: "/o/{linden}/people/{sam}", audit: []identity.Action{identity.ActionUserDeactivated}},
		{name: "the page offers to reactivate", who: priya, method: "GET", path: "/o/{linden}/people/{sam}", status: 200, text: []string{"Account off", "Reactivate Sam Kim"}, absent: []string{"Deactivate Sam Kim", "Reset sign-in"}},
		{name: "twice", who: priya, method: "POST", path: "/o/{linden}/people/{sam}/deactivate", status: 409},
		{name: "reactivated", who: priya, method: "POST", path: "/o/{linden}/people/{sam}/reactivate", status: 303, redirect: "/o/{linden}/people/{sam}", audit: []identity.Action{identity.ActionUserReactivated}},
		{name: "a lock there is not", who: priya, method: "POST", path: "/o/{linden}/people/{sam}/unlock", status: 409},

		{
			name: "deletion says what goes and what stays", who: priya, method: "GET", path: "/o/{linden}/people/{sam}/delete", status: 200,
			text: []string{"This cannot be undone.", "The roles in Biology 7B, History 8A.", "The audit log of the school", "Type sam@linden.example to confirm"},
		},
		{name: "typed wrongly", who: priya, method: "POST", path: "/o/{linden}/people/{sam}/delete", form: url.Values{"user-name": {"sam"}}, status: 422, text: []string{"Type sam@linden.example as it stands there."}},
		{name: "deleted", who: priya, method: "POST", path: "/o/{linden}/people/{sam}/delete", form: url.Values{"user-name": {"Sam@linden.example"}}, status: 303, redirect: "/o/{linden}/people", audit: []identity.Action{identity.ActionUserDeleted}},
		{name: "gone", who: priya, method: "GET", path: "/o/{linden}/people/{sam}", status: 404},
	})
	if seen := session.staying().get("/home"); seen.Status != http.StatusSeeOther {
		t.Errorf("a deleted person is signed in: %d", seen.Status)
	}
}
