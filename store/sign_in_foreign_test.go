package store

import (
	"context"
	"fmt"
	"testing"

	"homeroom.dev/homeroom/identity"
)

// signInCalls are the calls of what belongs to school sign-in, on Linden with
// IDs of Birch's: see [TestNothingOfAnotherOrganizationIsSeenOrChanged].
func signInCalls(t *testing.T, w *world) map[string]func(context.Context) (any, error) {
	t.Helper()
	linden := w.school("linden")
	birch := w.school("birch")
	foreign := identity.ConnectionID("birch-okta")
	attempt := w.begin(birch, foreign, identity.AttemptTest)
	bySetup := w.bySetup("linden-link")
	what := identity.Change{Action: identity.ActionConnectionChanged}
	noFacts := func(context.Context, identity.JoinRequest) ([]identity.Fact, error) { return nil, nil }

	return map[string]func(context.Context) (any, error){
		"Connections": func(ctx context.Context) (any, error) { return linden.Connections(ctx) },
		"Connection":  func(ctx context.Context) (any, error) { return linden.Connection(ctx, foreign) },
		"ChangeConnection": func(ctx context.Context) (any, error) {
			c := okta("birch-okta")
			return nil, linden.ChangeConnection(ctx, what, c, func(context.Context, *identity.Connection) error { return errBoom })
		},
		"DeleteConnection": func(ctx context.Context) (any, error) {
			return nil, linden.DeleteConnection(ctx, what, foreign, nothing)
		},
		"CameThrough": func(ctx context.Context) (any, error) { return linden.CameThrough(ctx, foreign, "birch-zoe") },
		"SignedInThrough": func(ctx context.Context) (any, error) {
			return nil, linden.SignedInThrough(ctx, foreign, "birch-zoe", "x")
		},
		"Certificates": func(ctx context.Context) (any, error) { return linden.Certificates(ctx) },
		"SetCertificates": func(ctx context.Context) (any, error) {
			return nil, linden.SetCertificates(ctx, foreign, "idp", []identity.Certificate{{Fingerprint: "x"}})
		},
		"WarnOfCertificate": func(ctx context.Context) (any, error) {
			c := identity.Certificate{Connection: foreign, Side: "sp", Fingerprint: "birch-sp"}
			return nil, linden.WarnOfCertificate(ctx, c, 7, func(identity.User) (identity.Mail, error) { return identity.Mail{}, nil })
		},
		"MetadataFetched": func(ctx context.Context) (any, error) {
			return nil, linden.MetadataFetched(ctx, foreign, identity.Say("trouble"))
		},
		"MetadataFetch": func(ctx context.Context) (any, error) {
			at, trouble, err := linden.MetadataFetch(ctx, foreign)
			return fmt.Sprint(at, trouble), err
		},
		"ProposeMetadata": func(ctx context.Context) (any, error) {
			return nil, linden.ProposeMetadata(ctx, foreign, "<x/>", nil)
		},
		"Proposal": func(ctx context.Context) (any, error) {
			metadata, _, err := linden.Proposal(ctx, foreign)
			return metadata, err
		},
		"BeginAttempt": func(ctx context.Context) (any, error) {
			return nil, linden.BeginAttempt(ctx, identity.Attempt{ID: "a", Connection: foreign}, AttemptWay{})
		},
		"RecordAttempt": func(ctx context.Context) (any, error) {
			return nil, linden.RecordAttempt(ctx, identity.Attempt{ID: "a", Connection: foreign, State: identity.AttemptPassed})
		},
		"FinishAttempt": func(ctx context.Context) (any, error) {
			err := linden.FinishAttempt(ctx, identity.Attempt{ID: attempt, State: identity.AttemptPassed})
			refused(t, err, identity.KindGone, "sign-in.lost")
			return nil, nil
		},
		"Attempts": func(ctx context.Context) (any, error) { return linden.Attempts(ctx, AttemptQuery{}) },
		"Attempt":  func(ctx context.Context) (any, error) { return linden.Attempt(ctx, attempt) },
		"Health":   func(ctx context.Context) (any, error) { return linden.Health(ctx) },
		"Domains":  func(ctx context.Context) (any, error) { return linden.Domains(ctx) },
		"Domain":   func(ctx context.Context) (any, error) { return linden.Domain(ctx, "birch.example") },
		"ChangeDomain": func(ctx context.Context) (any, error) {
			return nil, linden.ChangeDomain(ctx, what, identity.Domain{Name: "birch.example"}, domainAsItIs)
		},
		"DomainChecked": func(ctx context.Context) (any, error) {
			return nil, linden.DomainChecked(ctx, "birch.example", true)
		},
		"DeleteDomain": func(ctx context.Context) (any, error) {
			return nil, linden.DeleteDomain(ctx, what, "birch.example", nothing)
		},
		"RenamedBy": func(ctx context.Context) (any, error) {
			renamed, _, err := linden.RenamedBy(ctx, "birch.example")
			return renamed, err
		},
		"AskToJoin": func(ctx context.Context) (any, error) {
			return nil, linden.AskToJoin(ctx, identity.JoinRequest{User: "birch-sam"})
		},
		"JoinRequests": func(ctx context.Context) (any, error) { return linden.JoinRequests(ctx) },
		"DecideJoin": func(ctx context.Context) (any, error) {
			return nil, linden.DecideJoin(ctx, what, "birch-sam", true, noFacts)
		},
		"PeopleByAddress": func(ctx context.Context) (any, error) { return linden.PeopleByAddress(ctx, "sam@birch.example") },
		"Person":          func(ctx context.Context) (any, error) { return linden.Person(ctx, "birch-sam") },
		"ClassroomIn":     func(ctx context.Context) (any, error) { return linden.ClassroomIn(ctx, "birch-7b") },
		"Rehearse":        func(ctx context.Context) (any, error) { return linden.Rehearse(ctx, RehearsalQuery{}) },
		"Enforcement":     func(ctx context.Context) (any, error) { return linden.Enforcement(ctx) },
		"SetEnforcement": func(ctx context.Context) (any, error) {
			e := enforced(linden)
			e.Exceptions = append(e.Exceptions, identity.EnforcementException{User: "birch-ada", BreakGlass: true})
			return linden.SetEnforcement(ctx, what, e, true)
		},
		"RenewRecovery": func(ctx context.Context) (any, error) {
			linden, _ := w.school("linden"), w.enforce(w.school("linden"))
			return linden.RenewRecovery(ctx)
		},
		"Links": func(ctx context.Context) (any, error) { return linden.Links(ctx) },
		"Link":  func(ctx context.Context) (any, error) { return linden.Link(ctx, "birch-link") },
		"MakeLink": func(ctx context.Context) (any, error) {
			return linden.MakeLink(ctx, identity.SetupLink{Intents: []identity.SetupIntent{identity.IntentSSO}, Address: "x@linden.example"}, nil)
		},
		"RenewLink":    func(ctx context.Context) (any, error) { return linden.RenewLink(ctx, "birch-link", nil) },
		"RevokeLink":   func(ctx context.Context) (any, error) { return nil, linden.RevokeLink(ctx, "birch-link") },
		"LinkProgress": func(ctx context.Context) (any, error) { return nil, bySetup.LinkProgress(ctx, 3) },
		"FinishLink":   func(ctx context.Context) (any, error) { return nil, bySetup.FinishLink(ctx) },
		"InArrivalTurn": func(ctx context.Context) (any, error) {
			return nil, linden.InArrivalTurn(ctx, "sam@birch.example", nothing)
		},
	}
}
