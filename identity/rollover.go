package identity

import "slices"

// RolloverAction is what becomes of a classroom when the next term begins.
type RolloverAction string

// What can become of one.
const (
	// RolloverPromote opens the class of the next year group, with the teachers
	// and the students of this one, and archives this one.
	RolloverPromote RolloverAction = "promote"
	// RolloverCopy opens a class of the same name for the next students, with the
	// same teachers, and archives this one.
	RolloverCopy RolloverAction = "copy"
	// RolloverArchive archives the class, and RolloverKeep lets it go on.
	RolloverArchive RolloverAction = "archive"
	RolloverKeep    RolloverAction = "keep"
)

// RolloverActions lists them in the order in which people choose.
var RolloverActions = []RolloverAction{RolloverPromote, RolloverCopy, RolloverArchive, RolloverKeep}

// Known reports whether a is one of the above.
func (a RolloverAction) Known() bool { return slices.Contains(RolloverActions, a) }

// Opens reports whether a new class is opened.
func (a RolloverAction) Opens() bool { return a == RolloverPromote || a == RolloverCopy }

// Archives reports whether the class goes out of use.
func (a RolloverAction) Archives() bool { return a != RolloverKeep }

// Carries reports whether somebody with the role goes along into the new class.
func (a RolloverAction) Carries(role Role) bool {
	return a == RolloverPromote || a == RolloverCopy && role != RoleStudent
}

// Carried is somebody who goes along from a class into the one that takes its
// place.
type Carried struct {
	User     User
	Roles    []Role // in the old class
	There    bool   // in the new class already
	Operator bool   // of the platform
}

// MayCarry decides whether the actor may bring somebody from a class of the
// school into the opened one, with the role that they hold there. Guests of the
// school stay what they are.
func (o Opened) MayCarry(c Carried) error {
	if o.organization.Archived() {
		return o.Refusal(ManageTeachers)
	}
	for _, role := range c.Roles {
		if err := o.mayAssign(role); err != nil {
			return err
		}
	}
	switch {
	case len(c.Roles) == 0 || c.User.Home == "":
		return NotFound("user.not-found")
	case c.User.ID == o.actor.User:
		return Forbidden("rule.own-role")
	case c.Operator && o.Role().Rank() < RoleOperator.Rank():
		return Forbidden("rule.higher-role")
	}
	return nil
}

// CarriedChange is how the record of the new class tells that somebody came along.
func CarriedChange(c Carried) Change {
	return Change{
		Action: ActionRoleAssigned, Target: string(c.User.ID), TargetName: c.User.DisplayName(),
		After: auditedRole(Highest(c.Roles)),
	}
}

// Changed is what became of one of many changes: what Zitadel answered, or why it
// was not made.
type Changed struct {
	Facts []Fact
	Err   error
}
