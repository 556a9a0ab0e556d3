package views

import (
	"context"
	"slices"

	"homeroom.dev/homeroom/identity"
)

// PeopleForm is whom a connection serves and lets in.
type PeopleForm struct {
	Domains []string // chosen
	Rules   identity.JoiningRules
}

// PeopleChoices are what there is to choose from.
type PeopleChoices struct {
	Domains    []identity.Domain // of the school, verified or not
	Classrooms []NamedValue      // ID and name
	More       bool              // not all classrooms are in the list
}

// verified are the domains that can be chosen.
func (c PeopleChoices) verified() []identity.Domain {
	return slices.DeleteFunc(slices.Clone(c.Domains), func(d identity.Domain) bool { return !d.Verified })
}

// unproven are those that cannot be yet.
func (c PeopleChoices) unproven() int { return len(c.Domains) - len(c.verified()) }

func joiningOptions(ctx context.Context) []Option {
	return []Option{
		{Value: string(identity.JoinCreate), Label: text(ctx, "connection.joining.create"), Hint: text(ctx, "connection.joining.create.hint")},
		{Value: string(identity.JoinLink), Label: text(ctx, "connection.joining.link"), Hint: text(ctx, "connection.joining.link.hint")},
		{Value: string(identity.JoinRoster), Label: text(ctx, "connection.joining.roster"), Hint: text(ctx, "connection.joining.roster.hint")},
	}
}

// joiningText is what a joining rule is called.
func joiningText(ctx context.Context, joining identity.Joining) string {
	for _, option := range joiningOptions(ctx) {
		if option.Value == string(joining) {
			return option.Label
		}
	}
	return ""
}

// JoiningRoles are those that somebody may join as.
var JoiningRoles = []identity.Role{identity.RoleStudent, identity.RoleCoTeacher, identity.RoleTeacher}

func joiningRoleOptions(ctx context.Context) []Option {
	hints := map[identity.Role]string{
		identity.RoleStudent:   text(ctx, "connection.joining.student.hint"),
		identity.RoleCoTeacher: text(ctx, "connection.joining.co-teacher.hint"),
		identity.RoleTeacher:   text(ctx, "connection.joining.teacher.hint"),
	}
	options := make([]Option, len(JoiningRoles))
	for i, role := range JoiningRoles {
		options[i] = Option{Value: string(role), Label: RoleName(ctx, role), Hint: hints[role]}
	}
	return options
}

func classroomOptions(ctx context.Context, c PeopleChoices) []Option {
	options := []Option{{Value: "", Label: text(ctx, "connection.joining.nowhere")}}
	for _, classroom := range c.Classrooms {
		options = append(options, Option{Value: classroom.Value, Label: classroom.Name})
	}
	return options
}

func classroomHint(ctx context.Context, c PeopleChoices) string {
	if c.More {
		return text(ctx, "connection.joining.classroom.many", "Count", len(c.Classrooms))
	}
	return text(ctx, "connection.joining.classroom.hint")
}
