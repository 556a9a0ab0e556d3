package views

import (
	"context"
	"time"

	"homeroom.dev/homeroom/identity"
)

// SignInOverview is a school's sign-in at a glance. Enforcement, links and
// requests are shown in the portal alone.
type SignInOverview struct {
	Now         time.Time
	Connections []identity.Connection
	Domains     []identity.Domain
	Failures    map[identity.ConnectionID]int // real sign-ins that failed in the last week
	Enforcement identity.Enforcement
	Links       []identity.SetupLink
	Requests    int // who asked to join
}

// step is one line of what is done and what comes next.
type overviewStep struct {
	label, hint, href string
	done, next        bool
}

// steps are those that may be taken behind the door, with their state.
func (v SignInOverview) steps(ctx context.Context, org identity.Opened, door SignInDoor) []overviewStep {
	var intents []identity.SetupIntent
	connections := v.Connections
	if org.Permits(identity.VerifyDomains) {
		intents = append(intents, identity.IntentDomains)
	}
	if org.Permits(identity.ConnectSignIn) {
		intents = append(intents, identity.IntentSSO)
	}
	if link := org.Setup(); link != nil {
		connections = link.Begun(connections)
	}
	all := identity.SetupSteps(intents...)
	done := identity.SetupDone(v.Domains, connections)
	current := identity.CurrentStep(all, done)
	steps := make([]overviewStep, len(all))
	for i, step := range all {
		steps[i] = overviewStep{done: done[step], next: i+1 == current, href: stepPath(door, step, connections)}
		steps[i].label, steps[i].hint = stepTexts(ctx, step)
	}
	return steps
}

// finished reports whether no step is left.
func finished(steps []overviewStep) bool {
	for _, s := range steps {
		if !s.done {
			return false
		}
	}
	return true
}

func stepTexts(ctx context.Context, step identity.SetupStep) (label, hint string) {
	switch step {
	case identity.StepDomain:
		return text(ctx, "setup.do.domain"), text(ctx, "setup.do.domain-hint")
	case identity.StepProvider:
		return text(ctx, "setup.do.provider"), text(ctx, "setup.do.provider-hint")
	case identity.StepSettings:
		return text(ctx, "setup.do.settings"), text(ctx, "setup.do.settings-hint")
	case identity.StepTest:
		return text(ctx, "setup.do.test"), text(ctx, "setup.do.test-hint")
	}
	return text(ctx, "setup.do.activate"), text(ctx, "setup.do.activate-hint")
}

// stepPath is where a step is taken. What concerns a connection begins on the
// page of the one that is furthest and not active yet.
func stepPath(door SignInDoor, step identity.SetupStep, connections []identity.Connection) string {
	switch {
	case step == identity.StepDomain:
		return door.Domains()
	case step == identity.StepProvider || len(connections) == 0:
		return door.NewConnection()
	}
	best := connections[0]
	for _, c := range connections[1:] {
		if setupRank(c) > setupRank(best) {
			best = c
		}
	}
	return door.Connection(best.ID)
}

func setupRank(c identity.Connection) int {
	switch {
	case c.State == identity.ConnectionActive:
		return 0
	case c.State == identity.ConnectionTested:
		return 4
	case c.State == identity.ConnectionDraft && c.Complete():
		return 3
	case c.State == identity.ConnectionDraft:
		return 2
	}
	return 1
}

// openLinks counts the links that somebody may still use.
func (v SignInOverview) openLinks() int {
	n := 0
	for _, link := range v.Links {
		if link.Usable(v.Now) {
			n++
		}
	}
	return n
}
