package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// SetupLinkForm is the form of a new set-up link.
type SetupLinkForm struct {
	Link     identity.SetupLink
	Days     string
	Problems identity.Problems
}

// SetupLinkList are a school's set-up links.
type SetupLinkList struct {
	Links []identity.SetupLink
	Now   time.Time
}

func setupLinkTag(ctx context.Context, state identity.SetupLinkState) (TagKind, string) {
	switch state {
	case identity.SetupSent:
		return TagWaiting, text(ctx, "setup.state.sent")
	case identity.SetupOpened:
		return TagSeen, text(ctx, "setup.state.opened")
	case identity.SetupFinished:
		return TagGood, text(ctx, "setup.state.finished")
	case identity.SetupExpired:
		return TagWarning, text(ctx, "setup.state.expired")
	}
	return TagOff, text(ctx, "setup.state.revoked")
}

// linkProgress says how far a link's holder is.
func linkProgress(ctx context.Context, link identity.SetupLink, now time.Time) string {
	steps := identity.SetupSteps(link.Intents...)
	switch state := link.StateAt(now); {
	case state == identity.SetupFinished:
		return text(ctx, "setup.progress.finished")
	case link.Step < 1 || link.Step > len(steps):
		return text(ctx, "setup.progress.none")
	}
	label := setupStepLabels(ctx, steps)[link.Step-1]
	return text(ctx, "setup.progress.step", "Name", link.Name, "Step", link.Step, "Steps", len(steps), "What", label)
}

// alive reports whether something can be done with a link.
func alive(link identity.SetupLink) bool {
	return link.State == identity.SetupSent || link.State == identity.SetupOpened
}
