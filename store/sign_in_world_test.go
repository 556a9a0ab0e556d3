package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"homeroom.dev/homeroom/identity"
)

// The acts at Zitadel do nothing in most tests.

func asItIs(context.Context, *identity.Connection) error   { return nil }
func domainAsItIs(context.Context, *identity.Domain) error { return nil }
func nothing(context.Context) error                        { return nil }

// must ends the test with an error that is none of the test's.
func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused makes sure that err is of a kind and says a message.
func refused(t *testing.T, err error, kind identity.ErrorKind, message string) {
	t.Helper()
	var ours *identity.Error
	if !errors.As(err, &ours) || ours.Kind != kind || ours.Message.ID != message {
		t.Errorf("error = %v, want %s (%s)", err, kind, message)
	}
}

// school opens a school as its school_admin.
func (w *world) school(id string) *Organization {
	w.t.Helper()
	return w.as(id+"-ada", id)
}

// verify makes a domain the school's.
func (w *world) verify(o *Organization, name string) {
	w.t.Helper()
	w.must(o.ChangeDomain(w.t.Context(), identity.Change{Action: identity.ActionDomainVerified},
		identity.Domain{Name: name, Verified: true}, domainAsItIs))
}

// okta is a connection as the wizard leaves it before its test.
func okta(id string, domains ...string) identity.Connection {
	return identity.Connection{
		ID: identity.ConnectionID(id), Provider: identity.ProviderID(id + "-idp"), Vendor: identity.VendorOkta,
		Protocol: identity.ProtocolSAML, Name: "Sign in of " + id, State: identity.ConnectionDraft,
		MetadataURL: "https://idp.example/metadata", Metadata: "<EntityDescriptor/>", EntityID: "https://idp.example",
		Rules:   identity.JoiningRules{Joining: identity.JoinCreate, Role: identity.RoleStudent},
		Domains: domains,
	}
}

// save saves a connection as it is.
func (w *world) save(o *Organization, c identity.Connection) {
	w.t.Helper()
	w.must(o.ChangeConnection(w.t.Context(), identity.Change{Action: identity.ActionConnectionChanged}, c, asItIs))
}

// begin begins an attempt and answers its ID.
func (w *world) begin(o *Organization, c identity.ConnectionID, kind identity.AttemptKind) identity.AttemptID {
	w.t.Helper()
	id := identity.AttemptID(o.id + "-" + string(identity.NewAttemptID()))
	w.must(o.BeginAttempt(w.t.Context(), identity.Attempt{ID: id, Connection: c, Kind: kind},
		AttemptWay{Intent: "intent", Browser: "browser", Next: "/o/" + o.id, Return: "/back"}))
	return id
}

// pass makes a connection one that was tested.
func (w *world) pass(o *Organization, c identity.ConnectionID) {
	w.t.Helper()
	w.must(o.FinishAttempt(w.t.Context(), identity.Attempt{
		ID: w.begin(o, c, identity.AttemptTest), State: identity.AttemptPassed,
	}))
}

// connect makes an active connection that serves domains, which are verified.
func (w *world) connect(o *Organization, id string, domains ...string) identity.Connection {
	w.t.Helper()
	for _, d := range domains {
		w.verify(o, d)
	}
	w.save(o, okta(id, domains...))
	w.pass(o, identity.ConnectionID(id))
	c, err := o.Connection(w.t.Context(), identity.ConnectionID(id))
	w.must(err)
	c.State = identity.ConnectionActive
	w.save(o, c)
	c, err = o.Connection(w.t.Context(), identity.ConnectionID(id))
	w.must(err)
	return c
}

// link makes a set-up link and answers it with its token.
func (w *world) link(o *Organization, id string) (identity.SetupLink, string) {
	w.t.Helper()
	token, err := o.MakeLink(w.t.Context(), identity.SetupLink{
		ID: identity.SetupLinkID(id), Intents: []identity.SetupIntent{identity.IntentSSO, identity.IntentDomains},
		Name: "Ivan IT", Address: "it@" + o.id + ".example", Language: "es", Steps: 5,
	}, func(token string) (identity.Mail, error) {
		return identity.Mail{To: "it@" + o.id + ".example", Text: "https://homeroom.example/set-up/" + token}, nil
	})
	w.must(err)
	link, err := o.Link(w.t.Context(), identity.SetupLinkID(id))
	w.must(err)
	return link, token
}

// code sends a code for a link and answers it.
func (w *world) code(link identity.SetupLinkID) string {
	w.t.Helper()
	var sent string
	w.must(w.SendSetupCode(w.t.Context(), link, func(l identity.SetupLink, code string) (identity.Mail, error) {
		sent = code
		return identity.Mail{To: l.Address, Text: code}, nil
	}))
	return sent
}

// bySetup opens the school of a link as who works with it.
func (w *world) bySetup(link identity.SetupLinkID) *Organization {
	w.t.Helper()
	opened, err := w.OpenSetup(w.t.Context(), link)
	w.must(err)
	return w.In(opened)
}

// enforce makes the school's connections the only way in, with its school_admin
// to break the glass, and answers the secret of the recovery link.
func (w *world) enforce(o *Organization) string {
	w.t.Helper()
	token, err := o.SetEnforcement(w.t.Context(), identity.Change{Action: identity.ActionEnforced}, enforced(o), true)
	w.must(err)
	return token
}

func enforced(o *Organization) identity.Enforcement {
	return identity.Enforcement{On: true, Exceptions: []identity.EnforcementException{
		{User: identity.UserID(o.id + "-ada"), Name: "Ada Adler", BreakGlass: true},
	}}
}

// outcomes are the audit records of an action, newest first.
func outcomes(t *testing.T, o *Organization, action identity.Action) []identity.Outcome {
	t.Helper()
	page, err := o.Audit(t.Context(), AuditQuery{Action: action})
	if err != nil {
		t.Fatal(err)
	}
	var all []identity.Outcome
	for _, r := range page.Records {
		all = append(all, r.Outcome)
	}
	return all
}

func wantOutcomes(t *testing.T, o *Organization, action identity.Action, want ...identity.Outcome) {
	t.Helper()
	if diff := cmp.Diff(want, outcomes(t, o, action)); diff != "" {
		t.Errorf("records of %s: %s", action, diff)
	}
}

// together runs f so many times at once and answers the errors that are not nil.
func together(times int, f func() error) []error {
	answers := make(chan error, times)
	start := make(chan struct{})
	for range times {
		go func() {
			<-start
			answers <- f()
		}()
	}
	close(start)
	var failed []error
	for range times {
		if err := <-answers; err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

// after moves the clock on.
func (w *world) after(d time.Duration) { w.clock = w.clock.Add(d) }

// mixed is a world in which both schools have everything that school sign-in
// knows of. IDs of Birch's start with its name.
func mixed(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	for _, id := range []string{"linden", "birch"} {
		o := w.school(id)
		w.connect(o, id+"-okta", id+".example")
		w.must(o.ProposeMetadata(t.Context(), identity.ConnectionID(id+"-okta"), "<"+id+"/>", []identity.Certificate{{Fingerprint: id + "-new"}}))
		w.must(o.SetCertificates(t.Context(), identity.ConnectionID(id+"-okta"), "sp", []identity.Certificate{{Fingerprint: id + "-sp"}}))
		w.must(o.SignedInThrough(t.Context(), identity.ConnectionID(id+"-okta"), identity.UserID(id+"-zoe"), id+"-external"))
		w.begin(o, identity.ConnectionID(id+"-okta"), identity.AttemptSignIn)
		w.must(o.FinishAttempt(t.Context(), identity.Attempt{
			ID: w.begin(o, identity.ConnectionID(id+"-okta"), identity.AttemptSignIn), State: identity.AttemptFailed,
			Findings: []identity.Finding{{Code: id + "-cause", Level: identity.LevelBad}},
		}))
		w.must(o.AskToJoin(t.Context(), identity.JoinRequest{User: identity.UserID(id + "-sam"), Name: id + " Sam", Domain: id + ".example"}))
		w.link(o, id+"-link")
		w.code(identity.SetupLinkID(id + "-link"))
		w.enforce(o)
	}
	return w
}
