package views

import (
	"context"
	"errors"

	"homeroom.dev/homeroom/identity"
)

// refusal is what to tell about something that is not offered; zero if it is.
func refusal(err error) identity.Message {
	var e *identity.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return identity.Message{}
}

// memberActions are what the actor may do to a member. The rules decide; what
// is refused has its reason.
type memberActions struct {
	roles   []identity.Role // that could be given instead of the present one
	role    identity.Message
	suspend identity.Message
	reset   identity.Message
	remove  identity.Message
}

func actionsOn(org identity.Opened, m identity.Member) memberActions {
	a := memberActions{
		suspend: refusal(org.MaySuspend(m)),
		reset:   refusal(org.MayResetSignIn(m)),
		remove:  refusal(org.MayRemove(m)),
	}
	for _, role := range identity.RolesIn(org.Organization().Kind) {
		if role == m.Assignment.Role() {
			continue
		}
		if err := org.MayChangeRole(m, role); err == nil {
			a.roles = append(a.roles, role)
		} else if a.role.ID == "" || refusal(err).ID != "role.above-yours" {
			a.role = refusal(err)
		}
	}
	return a
}

// nothing is the one reason why nothing at all can be done; zero if something
// can, or if the reasons differ.
func (a memberActions) nothing() identity.Message {
	if len(a.roles) > 0 || a.remove.ID == "" || a.suspend.ID != a.remove.ID || a.reset.ID != a.remove.ID {
		return identity.Message{}
	}
	return a.remove
}

// memberRoleOptions are the present role and those it can be changed to, in
// the order of rank.
func memberRoleOptions(ctx context.Context, org identity.Opened, m identity.Member, a memberActions) []Option {
	var options []Option
	for _, role := range identity.RolesIn(org.Organization().Kind) {
		if role == m.Assignment.Role() {
			options = append(options, roleOption(ctx, role))
			continue
		}
		for _, other := range a.roles {
			if role == other {
				options = append(options, roleOption(ctx, role))
			}
		}
	}
	return options
}

func roleOption(ctx context.Context, role identity.Role) Option {
	o := Option{Value: string(role), Label: RoleName(ctx, role)}
	switch role {
	case identity.RoleStudent:
		o.Hint = text(ctx, "member.can.student")
	case identity.RoleCoTeacher:
		o.Hint = text(ctx, "member.can.co_teacher")
	case identity.RoleTeacher:
		o.Hint = text(ctx, "member.can.teacher")
	case identity.RoleSchoolAdmin:
		o.Hint = text(ctx, "member.can.school_admin")
	}
	return o
}

// homeText says where the account belongs.
func homeText(ctx context.Context, org identity.Opened, u identity.User) string {
	o := org.Organization()
	switch {
	case org.Guest(u):
		return text(ctx, "member.home.elsewhere")
	case o.School != "":
		return o.SchoolName
	}
	return o.Name
}
