package views

import (
	"context"

	"homeroom.dev/homeroom/identity"
)

// setupStepLabels names steps in a word or two.
func setupStepLabels(ctx context.Context, steps []identity.SetupStep) []string {
	labels := make([]string, len(steps))
	for i, step := range steps {
		switch step {
		case identity.StepDomain:
			labels[i] = text(ctx, "setup.step.domain")
		case identity.StepProvider:
			labels[i] = text(ctx, "setup.step.provider")
		case identity.StepSettings:
			labels[i] = text(ctx, "setup.step.settings")
		case identity.StepTest:
			labels[i] = text(ctx, "setup.step.test")
		case identity.StepActivate:
			labels[i] = text(ctx, "setup.step.activate")
		}
	}
	return labels
}

func framedTitle(title, school string) string {
	if school == "" {
		return title
	}
	return title + " · " + school
}

// setupOverTitle is what became of a set-up link, in a word.
func setupOverTitle(ctx context.Context, why identity.Message) string {
	switch why.ID {
	case "setup.finished":
		return text(ctx, "setup.over.finished")
	case "setup.revoked":
		return text(ctx, "setup.over.revoked")
	}
	return text(ctx, "setup.over.expired")
}
