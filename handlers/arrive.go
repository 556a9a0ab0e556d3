package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// returned is an attempt that came back from the identity provider.
type returned struct {
	Organization
	attempt    identity.Attempt
	way        store.AttemptWay
	connection identity.Connection
	expected   sso.Expected
}

// arrive serves GET /arrive/{attempt}, where Zitadel sends people back to who
// were at their school's identity provider, for a test or to sign in. Query: id
// of the intent, with its token, or with error if it failed.
func (s *Server) arrive(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	ctx, query := r.Context(), r.URL.Query()
	back, err := s.returned(r)
	if identity.IsKind(err, identity.KindGone) {
		// The back button, for example: whoever is signed in goes on.
		if live, problem := s.live(r); problem != nil {
			return problem
		} else if live {
			return leave(w, r, views.HomePath)
		}
	}
	if err != nil {
		return err
	}
	if query.Get("token") == "" {
		return s.arriveFailed(w, r, back, s.findings(ctx, back, zitadelsWords(query.Get("error"), query.Get("error_description"))))
	}
	if back.way.Intent != "" && query.Get("id") != back.way.Intent {
		return identity.Gone("sign-in.lost") // another attempt's
	}
	arrival, err := back.Remote.Intent(ctx, back.connection.Provider, query.Get("id"), query.Get("token"))
	if err != nil {
		return err
	}
	person := sso.Map(arrival)
	findings := checked(back.expected, arrival)
	back.attempt.Received = person.Received
	if sso.Bad(findings) {
		return s.arriveFailed(w, r, back, findings)
	}
	if back.attempt.Kind != identity.AttemptSignIn {
		return s.finish(w, r, back, identity.AttemptPassed, findings)
	}
	arrived, err := identity.Arrive(ctx, back.Opened, desk{s}, back.connection, identity.Arriving{
		ExternalID: person.ExternalID, Address: person.Address, AddressDoubted: !person.AddressVerified,
		GivenName: person.GivenName, FamilyName: person.FamilyName, Language: views.LanguageOf(ctx),
		District: person.District, Linked: arrival.User,
	})
	var refusal *identity.Refusal
	if errors.As(err, &refusal) {
		logged(ctx).aside = err
		return s.arriveRefused(w, r, back, append([]identity.Finding{refusal.Finding}, findings...), refusal.Because.Message)
	}
	if err != nil {
		return err // the attempt goes on when the page is loaded again
	}
	if arrived.Aside != nil {
		logged(ctx).aside = arrived.Aside
	}
	back.attempt.User = arrived.User.ID
	back.attempt.State, back.attempt.Findings = identity.AttemptPassed, append(findings, arrived.Findings...)
	back.attempt.FinishedAt = s.portal.Now()
	if err := back.Store.FinishAttempt(ctx, back.attempt); err != nil {
		return err
	}
	return s.welcomeArrived(w, r, back, arrived)
}

// checked is what [sso.CheckArrival] finds. Zitadel does not compare the identity
// provider that answers with the one that was asked: a school's IT could answer
// for another school. Who an assertion was sent to tells them apart, so that
// without a word about it nobody arrives.
func checked(expected sso.Expected, arrival identity.Arrival) []identity.Finding {
	findings := sso.CheckArrival(expected, arrival)
	sentTo := func(f identity.Finding) bool { return f.Code == "recipient" }
	if arrival.Protocol != expected.Protocol || arrival.Protocol == identity.ProtocolSAML && !slices.ContainsFunc(findings, sentTo) {
		missing := identity.Finding{Code: "recipient", Level: identity.LevelBad, Expected: expected.Provider.ACS}
		findings = append([]identity.Finding{missing}, findings...)
	}
	return findings
}

// returned opens the attempt of the path for the browser that began it.
func (s *Server) returned(r *http.Request) (returned, error) {
	ctx := r.Context()
	browser := knownBrowser(r, s.portal)
	if browser == "" {
		return returned{}, identity.Gone("sign-in.lost")
	}
	opened, attempt, way, err := s.store.OpenAttempt(ctx, identity.AttemptID(chi.URLParam(r, "attempt")), browser)
	if err != nil {
		return returned{}, err
	}
	logged(ctx).organization = opened.ID()
	back := returned{Organization: s.arriving(opened), attempt: attempt, way: way}
	if back.connection, err = back.Store.Connection(ctx, attempt.Connection); err != nil {
		return returned{}, err
	}
	back.expected = sso.ExpectedOf(back.connection,
		identity.ServiceProviderAt(s.discovery.oidc.Issuer, back.connection.Provider), s.portal.Now())
	return back, nil
}

// How long the cause of a failure is waited for. Zitadel sends the browser back
// and writes its event at about the same time.
const (
	causeTries = 15
	causePause = 200 * time.Millisecond
)

// findings explain why Zitadel refused what the identity provider sent. words
// are the little that it told the browser.
func (s *Server) findings(ctx context.Context, back returned, words string) []identity.Finding {
	if back.way.Intent == "" {
		return sso.Explain(words, back.expected) // an intent that a URL names may be anybody's
	}
	tick := time.NewTicker(causePause)
	defer tick.Stop()
	for range causeTries {
		reason, err := s.intents.IntentFailure(ctx, back.way.Intent)
		if err != nil {
			logged(ctx).aside = err // nothing more is known, but that it failed
			break
		}
		if reason != "" {
			return sso.Explain(reason, back.expected)
		}
		select {
		case <-ctx.Done():
			return sso.Explain(words, back.expected)
		case <-tick.C:
		}
	}
	return sso.Explain(words, back.expected)
}

// zitadelsWords are what the URL says of a failure. Anybody could have written
// them, but only into an attempt of their own.
func zitadelsWords(code, description string) string {
	words := strings.TrimSpace(code + " " + description)
	words = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, words)
	if runes := []rune(words); len(runes) > 200 {
		words = string(runes[:200])
	}
	return words
}

// arriveFailed ends an attempt that Zitadel refused, or that is not as it was
// expected.
func (s *Server) arriveFailed(w http.ResponseWriter, r *http.Request, back returned, findings []identity.Finding) error {
	return s.arriveRefused(w, r, back, findings, whyFailed(back, findings))
}

// whyFailed tells a person what a finding means for them.
func whyFailed(back returned, findings []identity.Finding) identity.Message {
	name := back.connection.Name
	for _, f := range findings {
		if f.Level != identity.LevelBad {
			continue
		}
		switch f.Code {
		case "address":
			if f.Received != "" { // and the identity provider doubts it
				return identity.Say("arrive.refused.doubted", "Name", name)
			}
			return identity.Say("arrive.refused.address", "Name", name)
		case "domain":
			return identity.Say("arrive.refused.domain", "Name", name, "Domain", arrivedDomain(f.Received))
		case "district":
			return identity.Say("arrive.refused.district", "Name", name, "School", back.Opened.Organization().Name)
		}
		break
	}
	return identity.Say("arrive.refused.failed", "Name", name)
}

// arrivedDomain is the domain of what arrived, which is an address or a domain.
func arrivedDomain(received string) string {
	if domain := identity.AddressDomain(received); domain != "" {
		return domain
	}
	return received
}

// arriveRefused ends an attempt in failure.
func (s *Server) arriveRefused(
	w http.ResponseWriter, r *http.Request, back returned, findings []identity.Finding, why identity.Message,
) error {
	if back.attempt.Kind != identity.AttemptSignIn {
		return s.finish(w, r, back, identity.AttemptFailed, findings)
	}
	back.attempt.State, back.attempt.Findings = identity.AttemptFailed, findings
	back.attempt.FinishedAt = s.portal.Now()
	if err := back.Store.FinishAttempt(r.Context(), back.attempt); err != nil {
		return err
	}
	page := frame(r)
	page.Here = views.WithQuery(views.SignInPath, views.Param{Name: "next", Value: back.way.Next}) // this URL works once
	return render(w, r, http.StatusForbidden, views.RefusedArrival(page, views.ArrivalRefused{
		School: back.Opened.Organization(), Connection: back.connection.Name, Message: why,
		Attempt: back.attempt.ID, Next: back.way.Next,
	}))
}

// finish ends a test and goes back to the page that shows what was found.
func (s *Server) finish(
	w http.ResponseWriter, r *http.Request, back returned, state identity.AttemptState, findings []identity.Finding,
) error {
	back.attempt.State, back.attempt.Findings, back.attempt.FinishedAt = state, findings, s.portal.Now()
	if err := back.Store.FinishAttempt(r.Context(), back.attempt); err != nil {
		return err
	}
	return leave(w, r, localPath(back.way.Return, views.HomePath))
}

// desk gives an arrival what it may touch.
type desk struct{ s *Server }

// Rows implements [identity.ArrivalDesk].
func (d desk) Rows(opened identity.Opened) identity.Arrivals { return d.s.store.In(opened) }

// Remote implements [identity.ArrivalDesk].
func (d desk) Remote(opened identity.Opened) identity.Remote { return d.s.gateway.In(opened) }

// Operates implements [identity.ArrivalDesk].
func (d desk) Operates(ctx context.Context, user identity.UserID) (bool, error) {
	role, err := d.s.store.PlatformRole(ctx, user)
	return role == identity.RoleOperator, err
}

// Holds implements [identity.ArrivalDesk].
func (d desk) Holds(ctx context.Context, school identity.OrganizationID, user identity.UserID) (bool, error) {
	memberships, err := d.s.store.Memberships(ctx, user)
	if err != nil {
		return false, err
	}
	for _, m := range memberships {
		if m.Organization.Home() == school {
			return true, nil
		}
	}
	return false, nil
}
