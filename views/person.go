package views

import (
	"context"
	"strings"

	"homeroom.dev/homeroom/identity"
)

// PersonView is somebody of a school with all that the school may see of them.
// Of a guest there are neither credentials nor sessions.
type PersonView struct {
	Account     identity.Account
	Staff       identity.Member // with their role in the school itself; zero: none
	Credentials []CredentialRow
	Sessions    []SessionRow
	Badge       identity.Badge // that they have; zero: none
	Activity    ActivityView   // the last records about them; without a log nothing
}

// DeletionForm is what was typed to confirm a deletion.
type DeletionForm struct {
	Typed    string
	Problems identity.Problems
}

// personActions are what the actor may do to somebody of a school. The rules
// decide. What makes no sense in the present state is not offered; what is
// refused has its reason.
type personActions struct {
	account    identity.Message // why nothing can be done to the account; zero: something can
	suspend    identity.Message
	factors    bool
	reset      bool
	unlock     bool
	reactivate bool
	deactivate identity.Message
	remove     identity.Message
}

func personActionsOn(org identity.Opened, a identity.Account) personActions {
	return personActions{
		account:    refusal(org.MaySignOut(a)),
		suspend:    refusal(org.MaySuspendPerson(a)),
		factors:    org.MayResetFactors(a) == nil,
		reset:      org.MayResetAccount(a) == nil,
		unlock:     org.MayUnlock(a) == nil,
		reactivate: org.MayReactivate(a) == nil,
		deactivate: refusal(org.MayDeactivate(a)),
		remove:     refusal(org.MayDeleteAccount(a)),
	}
}

// standsAs reports whether somebody has a role in use in that state: there is
// something to take away, or to give back.
func standsAs(a identity.Account, state identity.RoleAssignmentState) bool {
	for _, s := range a.InUse() {
		if s.Assignment.State == state {
			return true
		}
	}
	return false
}

// personRole is the highest role somebody has in the school, in words.
func personRole(ctx context.Context, a identity.Account) string {
	if role := a.Role(); role != "" {
		return RoleName(ctx, role)
	}
	return text(ctx, "person.no-role")
}

// gone are the classrooms and schools of the opened school that somebody leaves
// when their account is deleted.
func gone(a identity.Account) []string {
	var names []string
	for _, s := range a.Standings {
		names = append(names, s.Organization.Name)
	}
	return names
}

// factorsOf are the second factors and passkeys somebody has, in words.
func factorsOf(ctx context.Context, a identity.Account) string {
	var names []string
	for _, c := range a.Credentials {
		if c.SecondFactor() {
			names = append(names, CredentialName(ctx, c))
		}
	}
	return strings.Join(names, ", ")
}
