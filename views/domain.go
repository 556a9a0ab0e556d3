package views

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// DomainCheck is what a live check of a domain's proof came to.
type DomainCheck struct {
	Message identity.Message
	Found   []string
}

// DomainForm is whom a proven domain lets join.
type DomainForm struct {
	Join      identity.AutoJoin
	Role      identity.Role
	Classroom identity.OrganizationID
}

// JoinLine is somebody who asked to join.
type JoinLine struct {
	Request   identity.JoinRequest
	Classroom string // its name
}

func autoJoinOptions(ctx context.Context) []Option {
	return []Option{
		{Value: string(identity.AutoJoinOff), Label: text(ctx, "domain.join.off"), Hint: text(ctx, "domain.join.off.hint")},
		{Value: string(identity.AutoJoinAsk), Label: text(ctx, "domain.join.ask"), Hint: text(ctx, "domain.join.ask.hint")},
		{Value: string(identity.AutoJoinOn), Label: text(ctx, "domain.join.on"), Hint: text(ctx, "domain.join.on.hint")},
	}
}

// autoJoinText is what a setting is called.
func autoJoinText(ctx context.Context, join identity.AutoJoin) string {
	for _, option := range autoJoinOptions(ctx) {
		if option.Value == string(join) {
			return option.Label
		}
	}
	return ""
}
