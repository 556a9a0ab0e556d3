package identity

import "slices"

// Member is somebody on a roster, with all that the rules below need to know.
type Member struct {
	User       User
	Assignment RoleAssignment
	// Held are the roles that count for this user here, for the rule that
	// nobody touches a user who holds a higher role.
	Held Held
	// HeldAnywhere is the highest role the user holds actively in any
	// organization. It counts for the reset of a sign-in alone, which opens all
	// of them.
	HeldAnywhere Role
	// Peers is how many other active users hold the same highest role in the
	// organization. The last teacher and the last school_admin stay.
	Peers int
}

// assignable are the roles each role may give and take: a co_teacher students
// only, a teacher everybody of the classroom, a school_admin also their like.
func (o Opened) mayAssign(role Role) error {
	if !slices.Contains(RolesIn(o.organization.Kind), role) {
		return Invalid("role.not-here")
	}
	switch {
	case role == RoleStudent && o.Permits(ManageStudents),
		(role == RoleCoTeacher || role == RoleTeacher) && o.Permits(ManageTeachers),
		role == RoleSchoolAdmin && o.Permits(ManageSchool):
		return nil
	}
	return Forbidden("role.above-yours")
}

// Assignable lists the roles the actor may give here, lowest first.
func (o Opened) Assignable() []Role {
	return slices.DeleteFunc(slices.Clone(RolesIn(o.organization.Kind)), func(r Role) bool {
		return o.mayAssign(r) != nil
	})
}

// mayTouch holds for every change to somebody else: nobody changes their own
// role assignment except to leave, and nobody touches a user who holds a
// higher role than they do.
func (o Opened) mayTouch(m Member) error {
	if m.User.ID == o.actor.User {
		return Forbidden("rule.own-role")
	}
	if Highest(o.Effective(m.Held)).Rank() > o.Role().Rank() {
		return Forbidden("rule.higher-role")
	}
	return o.mayAssign(m.Assignment.Role())
}

// lastOfKind refuses what would leave a classroom without a teacher or a
// school without a school_admin.
func (o Opened) lastOfKind(m Member) error {
	if m.Peers > 0 || m.Assignment.State != AssignmentActive {
		return nil
	}
	switch {
	case o.organization.Kind == KindClassroom && m.Assignment.Role() == RoleTeacher:
		return Conflict("rule.last-teacher")
	case o.organization.Kind == KindSchool && m.Assignment.Role() == RoleSchoolAdmin:
		return Conflict("rule.last-school-admin")
	}
	return nil
}

// MayRemove decides whether the actor may end m's role assignment here.
func (o Opened) MayRemove(m Member) error {
	if err := o.mayTouch(m); err != nil {
		return err
	}
	return o.lastOfKind(m)
}

// MaySuspend decides whether the actor may suspend m, or end the suspension.
func (o Opened) MaySuspend(m Member) error { return o.MayRemove(m) }

// MayChangeRole decides whether the actor may give m the role to instead of
// the present one.
func (o Opened) MayChangeRole(m Member, to Role) error {
	if err := o.mayTouch(m); err != nil {
		return err
	}
	if err := o.mayAssign(to); err != nil {
		return err
	}
	if to.Rank() < m.Assignment.Role().Rank() {
		return o.lastOfKind(m)
	}
	return nil
}

// MayResetSignIn decides whether the actor may reset how m signs in: only
// where m is at home, because a guest keeps control of their account, and only
// for somebody the actor may manage here. Whoever resets a sign-in can become
// that user everywhere, so a higher role in any organization counts: else a
// teacher could be invited as a student somewhere and be taken over there.
func (o Opened) MayResetSignIn(m Member) error {
	if err := o.mayTouch(m); err != nil {
		return err
	}
	if o.Guest(m.User) {
		return Forbidden("rule.guest-sign-in")
	}
	if m.HeldAnywhere.Rank() > o.Role().Rank() {
		return Forbidden("rule.higher-role-elsewhere")
	}
	return nil
}

// MayLeave decides whether the actor, who is m, may end their own role
// assignment.
func (o Opened) MayLeave(m Member) error {
	if m.User.ID != o.actor.User {
		return NotFound("member.not-found")
	}
	if !o.Holds() {
		return Conflict("rule.nothing-to-leave")
	}
	return o.lastOfKind(m)
}

// Guest reports whether u is at home elsewhere than the people created here. Who
// was created in a classroom before a school took it in is none.
func (o Opened) Guest(u User) bool { return !o.organization.AtHome(u.Home) }
