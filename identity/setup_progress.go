package identity

import "slices"

// SetupStep is one of the steps of setting up a school's sign-in.
type SetupStep string

// The steps, in their order.
const (
	StepDomain   SetupStep = "domain"   // a domain is proven
	StepProvider SetupStep = "provider" // a connection exists
	StepSettings SetupStep = "settings" // and knows its identity provider
	StepTest     SetupStep = "test"     // a test sign-in passed
	StepActivate SetupStep = "activate" // people sign in through it
)

// SetupSteps are the steps of who may do what intents are for.
func SetupSteps(intents ...SetupIntent) []SetupStep {
	var steps []SetupStep
	if slices.Contains(intents, IntentDomains) {
		steps = append(steps, StepDomain)
	}
	if slices.Contains(intents, IntentSSO) {
		steps = append(steps, StepProvider, StepSettings, StepTest, StepActivate)
	}
	return steps
}

// SetupDone reports which steps are done, as the school's domains and
// connections stand. Several connections count as the one that is furthest.
func SetupDone(domains []Domain, connections []Connection) map[SetupStep]bool {
	done := make(map[SetupStep]bool)
	for _, d := range domains {
		done[StepDomain] = done[StepDomain] || d.Verified
	}
	for _, c := range connections {
		tested := c.State != ConnectionDraft
		done[StepProvider] = true
		done[StepSettings] = done[StepSettings] || c.Complete() || tested
		done[StepTest] = done[StepTest] || tested
		done[StepActivate] = done[StepActivate] || c.State == ConnectionActive
	}
	return done
}

// CurrentStep is the number, from 1, of the first of steps that is not done;
// one more than there are if all are.
func CurrentStep(steps []SetupStep, done map[SetupStep]bool) int {
	for i, step := range steps {
		if !done[step] {
			return i + 1
		}
	}
	return len(steps) + 1
}

// Begun are the connections that count for the link's progress: all but those
// that were active before it was made.
func (l SetupLink) Begun(connections []Connection) []Connection {
	var begun []Connection
	for _, c := range connections {
		if c.State != ConnectionActive || !c.ActivatedAt.Before(l.CreatedAt) {
			begun = append(begun, c)
		}
	}
	return begun
}
