package handlers

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/sso"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// showTest serves GET …/connections/{connection}/test.
func showTest(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	return testPage(w, r, setup, c, http.StatusOK, nil)
}

func testPage(
	w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection, status int, problems identity.Problems,
) error {
	tests, err := setup.Store.Attempts(r.Context(), store.AttemptQuery{Connection: c.ID, Kind: identity.AttemptTest, Limit: 1})
	if err != nil {
		return err
	}
	var last *views.AttemptRow
	if len(tests.Attempts) > 0 {
		row := setup.attemptRow(tests.Attempts[0])
		last = &row
	}
	return render(w, r, status, views.ConnectionTest(setup.frame(c), untestable(c), last, problems))
}

// untestable is what a test needs and is not there.
func untestable(c identity.Connection) []identity.Message {
	switch {
	case c.Complete():
		return nil
	case c.Vendor.InstanceWide():
		return []identity.Message{identity.Say("connection.test.no-district")}
	case c.Protocol == identity.ProtocolOIDC:
		return []identity.Message{identity.Say("connection.test.no-client")}
	}
	return []identity.Message{identity.Say("connection.test.no-metadata")}
}

// beginTest serves POST …/connections/{connection}/test: it leads to the
// identity provider, and from there back to the page of the attempt.
func beginTest(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	if !c.Complete() {
		return testPage(w, r, setup, c, http.StatusUnprocessableEntity, nil)
	}
	target, err := beginAttempt(w, r, setup.Organization, c, identity.AttemptTest,
		store.AttemptWay{Return: setup.Door.Attempt(c.ID, views.ThisAttempt)})
	if err != nil {
		if status, problems := refusedBeside(err, ""); problems != nil {
			return testPage(w, r, setup, c, status, problems)
		}
		return err
	}
	return leave(w, r, target)
}

// askResponse serves GET …/connections/{connection}/pasted.
func askResponse(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	if c.Protocol != identity.ProtocolSAML {
		return identity.NotFound("request.not-found")
	}
	return render(w, r, http.StatusOK, views.PasteResponse(setup.frame(c), "", nil))
}

// checkResponse serves POST …/connections/{connection}/pasted. Form: response.
// What was found is kept, the response is not.
func checkResponse(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	if c.Protocol != identity.ProtocolSAML {
		return identity.NotFound("request.not-found")
	}
	pasted := r.PostFormValue("response")
	var problems identity.Problems
	if strings.TrimSpace(pasted) == "" {
		problems.Add("response", "connection.pasted.missing")
		return render(w, r, http.StatusUnprocessableEntity, views.PasteResponse(setup.frame(c), "", problems))
	}
	findings, received, err := sso.CheckResponse(setup.expected(c), pasted)
	if err != nil {
		status, problems := refusedBeside(err, "response")
		if problems == nil {
			return err
		}
		return render(w, r, status, views.PasteResponse(setup.frame(c), pasted, problems))
	}
	now := setup.Portal.Now()
	a := identity.Attempt{
		ID: identity.NewAttemptID(), Connection: c.ID, Kind: identity.AttemptPasted, State: identity.AttemptPassed,
		Findings: findings, Received: received, StartedAt: now, FinishedAt: now,
	}
	if sso.Bad(findings) {
		a.State = identity.AttemptFailed
	}
	if err := setup.Store.RecordAttempt(r.Context(), a); err != nil {
		return err
	}
	return redirect(w, r, setup.Door.Attempt(c.ID, a.ID))
}

// attempt finds the attempt of the path. Real sign-ins are for the school's own
// admins: they tell of people.
func (s SignInSetup) attempt(r *http.Request, c identity.Connection) (identity.Attempt, error) {
	a, err := s.Store.Attempt(r.Context(), identity.AttemptID(chi.URLParam(r, "attempt")))
	if err != nil {
		return identity.Attempt{}, err
	}
	if a.Connection != c.ID || a.Kind == identity.AttemptSignIn && !s.Permits(identity.ManageSchool) {
		return identity.Attempt{}, identity.NotFound("attempt.not-found")
	}
	return a, nil
}

// lost reports whether nobody comes back from an attempt any more.
func (s SignInSetup) lost(a identity.Attempt) bool {
	return a.State == identity.AttemptBegun && s.Portal.Now().Sub(a.StartedAt) > views.AttemptLifetime
}

// attemptRow is a line of the history.
func (s SignInSetup) attemptRow(a identity.Attempt) views.AttemptRow {
	row := views.AttemptRow{Attempt: a, Lost: s.lost(a)}
	for _, f := range a.Findings {
		if f.Level == identity.LevelBad {
			row.Why = sso.Sentence(f)
			break
		}
	}
	return row
}

// showAttempt serves GET …/connections/{connection}/attempts/{attempt}.
func showAttempt(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	a, err := setup.attempt(r, c)
	if err != nil {
		return err
	}
	v := views.AttemptView{Attempt: a, Lost: setup.lost(a)}
	for _, f := range a.Findings {
		v.Findings = append(v.Findings, views.FindingRow{
			Level: f.Level, Sentence: sso.Sentence(f), Mend: sso.Mend(f, c.Vendor, c.Protocol), Expected: f.Expected, Received: f.Received,
			Untold: len(a.Received) == 0,
		})
		if f.Level != identity.LevelGood {
			v.Text = attemptText(r, setup, c, a)
		}
	}
	if a.User != "" {
		who, err := setup.Store.Person(r.Context(), a.User)
		if err == nil {
			v.Who = who.User.DisplayName()
		} else if !identity.IsKind(err, identity.KindNotFound) {
			return err
		}
	}
	return render(w, r, http.StatusOK, views.ConnectionAttempt(setup.frame(c), v))
}

// attemptText is what has to be mended, for a mail. It holds no secrets.
func attemptText(r *http.Request, setup SignInSetup, c identity.Connection, a identity.Attempt) string {
	say := func(m identity.Message) string { return views.Text(r.Context(), m) }
	head := say(identity.Say("connection.attempt.text.head", "School", setup.Organization.Organization().Name, "Name", c.Name,
		"Vendor", views.VendorName(r.Context(), c.Vendor), "Protocol", views.ProtocolName(c.Protocol)))
	at := say(identity.Say("connection.attempt.text.attempt", "Code", a.ID.Code(), "At", a.StartedAt))
	return head + "\n" + at + "\n\n" + sso.PlainText(a.Findings, c.Vendor, c.Protocol, say)
}

// attemptAsText serves GET …/connections/{connection}/attempts/{attempt}/text.
func attemptAsText(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	a, err := setup.attempt(r, c)
	if err != nil {
		return err
	}
	return plainText(w, attemptText(r, setup, c, a))
}

// listAttempts serves GET …/connections/{connection}/attempts. Query: kind,
// state ("failed"), after.
func listAttempts(w http.ResponseWriter, r *http.Request, setup SignInSetup, c identity.Connection) error {
	query := r.URL.Query()
	list := views.AttemptList{
		Kind: identity.AttemptKind(query.Get("kind")), Failed: query.Get("state") == "failed", After: query.Get("after"),
		TestsAlone: !setup.Permits(identity.ManageSchool),
	}
	if list.TestsAlone {
		list.Kind = identity.AttemptTest
	}
	q := store.AttemptQuery{Connection: c.ID, Kind: list.Kind, After: list.After}
	if list.Failed {
		q.State = identity.AttemptFailed
	}
	found, err := setup.Store.Attempts(r.Context(), q)
	if err != nil {
		return err
	}
	list.Next = found.Next
	for _, a := range found.Attempts {
		list.Rows = append(list.Rows, setup.attemptRow(a))
	}
	return render(w, r, http.StatusOK, views.ConnectionAttempts(setup.frame(c), list))
}
