package identity_test

import (
	"errors"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// What may be done to whose account. A cell is the message of the refusal, or
// empty where it is allowed.
func TestAccountsAreTouchedByTheRules(t *testing.T) {
	type roles = []identity.Role
	school := identity.Organization{ID: "linden", Kind: identity.KindSchool, State: identity.OrganizationActive}
	class := identity.Organization{ID: "biology", Kind: identity.KindClassroom, Name: "Biology 7B", School: "linden"}
	const (
		own, guest        = "rule.own-account", "rule.guest-account"
		higher, elsewhere = "rule.higher-role", "rule.higher-role-elsewhere"
		noFactor          = "rule.no-factor"
		off, offAlready   = "rule.inactive", "rule.inactive-already"
		notOff, notLocked = "rule.not-inactive", "rule.not-locked"
		missing           = "permission.missing"
		lastTeacher       = "rule.last-teacher-of"
		lastAdmin         = "rule.last-school-admin"
		lastElsewhere     = "rule.last-elsewhere"
	)
	admin := identity.Held{Here: roles{identity.RoleSchoolAdmin}}
	operator := identity.Held{Platform: roles{identity.RoleOperator}}
	sam := func(change ...func(*identity.Account)) identity.Account {
		a := identity.Account{PersonOfSchool: identity.PersonOfSchool{SchoolPerson: identity.SchoolPerson{
			User:        identity.User{ID: "sam", Home: "linden", State: identity.UserActive},
			Roles:       roles{identity.RoleStudent},
			Credentials: []identity.Credential{identity.CredentialPassword, identity.CredentialTOTP},
		}}, HeldAnywhere: identity.RoleStudent}
		for _, f := range change {
			f(&a)
		}
		return a
	}
	state := func(s identity.UserState) func(*identity.Account) {
		return func(a *identity.Account) { a.User.State = s }
	}
	last := func(o identity.Organization) func(*identity.Account) {
		return func(a *identity.Account) { a.Last = []identity.Organization{o} }
	}
	anywhere := func(r identity.Role) func(*identity.Account) {
		return func(a *identity.Account) { a.HeldAnywhere = r }
	}

	for _, tt := range []struct {
		name                                                            string
		organization                                                    identity.Organization
		actor                                                           identity.Held
		account                                                         identity.Account
		signOut, factors, reset, deactivate, reactivate, unlock, remove string
		suspend                                                         string
	}{
		{
			name: "a student", organization: school, actor: admin, account: sam(),
			reactivate: notOff, unlock: notLocked,
		},
		{
			name: "a student, by an operator", organization: school, actor: operator, account: sam(),
			reactivate: notOff, unlock: notLocked,
		},
		{
			name: "oneself", organization: school, actor: admin, account: sam(func(a *identity.Account) { a.User.ID = "actor" }),
			signOut: own, factors: own, reset: own, deactivate: own, reactivate: own, unlock: own, remove: own, suspend: "rule.own-role",
		},
		{
			name: "a guest", organization: school, actor: admin,
			account: sam(func(a *identity.Account) { a.Guest, a.User.Home = true, "birch" }),
			signOut: guest, factors: guest, reset: guest, deactivate: guest, reactivate: guest, unlock: guest, remove: guest,
		},
		{
			name: "a guest who is not marked as one", organization: school, actor: operator,
			account: sam(func(a *identity.Account) { a.User.Home = "birch" }),
			signOut: guest, factors: guest, reset: guest, deactivate: guest, reactivate: guest, unlock: guest, remove: guest,
		},
		{
			name: "somebody whose home is not known", organization: school, actor: admin,
			account: sam(func(a *identity.Account) { a.User.Home = "" }),
			signOut: guest, factors: guest, reset: guest, deactivate: guest, reactivate: guest, unlock: guest, remove: guest,
		},
		{
			name: "an operator, by the school's IT", organization: school, actor: admin,
			account: sam(anywhere(identity.RoleOperator), func(a *identity.Account) { a.Held = operator }),
			signOut: higher, factors: higher, reset: higher, deactivate: higher, reactivate: higher, unlock: higher, remove: higher, suspend: higher,
		},
		{
			name: "an operator, by an operator", organization: school, actor: operator,
			account:    sam(anywhere(identity.RoleOperator), func(a *identity.Account) { a.Held = operator }),
			reactivate: notOff, unlock: notLocked,
		},
		{
			name: "a higher role elsewhere", organization: school, actor: admin, account: sam(anywhere(identity.RoleOperator)),
			signOut: elsewhere, factors: elsewhere, reset: elsewhere, deactivate: elsewhere, reactivate: elsewhere, unlock: elsewhere, remove: elsewhere,
		},
		{
			name: "the same role elsewhere", organization: school, actor: admin, account: sam(anywhere(identity.RoleSchoolAdmin)),
			reactivate: notOff, unlock: notLocked,
		},
		{
			name: "by a teacher of the school", organization: school, actor: identity.Held{Here: roles{identity.RoleTeacher}}, account: sam(),
			signOut: missing, factors: missing, reset: missing, deactivate: missing, reactivate: missing, unlock: missing, remove: missing, suspend: missing,
		},
		{
			name: "by a teacher in a classroom", organization: class, actor: identity.Held{Here: roles{identity.RoleTeacher}}, account: sam(),
			signOut: missing, factors: missing, reset: missing, deactivate: missing, reactivate: missing, unlock: missing, remove: missing, suspend: missing,
		},
		{
			name: "the last teacher of a class", organization: school, actor: admin, account: sam(last(class)),
			deactivate: lastTeacher, reactivate: notOff, unlock: notLocked, remove: lastTeacher, suspend: lastTeacher,
		},
		{
			name: "the last of the school's IT", organization: school, actor: operator, account: sam(last(school), func(a *identity.Account) { a.Last[0].Name = "Linden" }),
			deactivate: lastAdmin, reactivate: notOff, unlock: notLocked, remove: lastAdmin, suspend: lastAdmin,
		},
		{
			name: "the last teacher somewhere else", organization: school, actor: operator, account: sam(last(identity.Organization{ID: "club", Kind: identity.KindClassroom})),
			deactivate: lastElsewhere, reactivate: notOff, unlock: notLocked, remove: lastElsewhere,
		},
		{
			name: "somebody without a second factor", organization: school, actor: admin,
			account: sam(func(a *identity.Account) { a.Credentials = []identity.Credential{identity.CredentialPassword} }),
			factors: noFactor, reactivate: notOff, unlock: notLocked,
		},
		{
			name: "somebody deactivated", organization: school, actor: admin, account: sam(state(identity.UserInactive)),
			reset: off, deactivate: offAlready, unlock: notLocked,
		},
		{
			name: "somebody locked", organization: school, actor: admin, account: sam(state(identity.UserLocked)),
			reactivate: notOff,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opened, err := identity.Open(tt.organization, identity.Actor{User: "actor"}, tt.actor)
			if err != nil {
				t.Fatal(err)
			}
			for what, c := range map[string]struct {
				err  error
				want string
			}{
				"suspend":        {opened.MaySuspendPerson(tt.account), tt.suspend},
				"sign out":       {opened.MaySignOut(tt.account), tt.signOut},
				"reset factors":  {opened.MayResetFactors(tt.account), tt.factors},
				"reset sign-in":  {opened.MayResetAccount(tt.account), tt.reset},
				"deactivate":     {opened.MayDeactivate(tt.account), tt.deactivate},
				"reactivate":     {opened.MayReactivate(tt.account), tt.reactivate},
				"unlock":         {opened.MayUnlock(tt.account), tt.unlock},
				"delete account": {opened.MayDeleteAccount(tt.account), tt.remove},
			} {
				if got := refusedBy(c.err); got != c.want {
					t.Errorf("%s: %q, want %q", what, got, c.want)
				}
			}
		})
	}
}

// refusedBy is the message of a refusal.
func refusedBy(err error) string {
	var refusal *identity.Error
	if errors.As(err, &refusal) {
		return refusal.Message.ID
	}
	return ""
}
