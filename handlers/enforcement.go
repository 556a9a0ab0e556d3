package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// lockedOutPerPage is how many lines a rehearsal shows at once.
const lockedOutPerPage = 50

// onlyAdmins serves a page of enforcement, which no set-up link includes.
func onlyAdmins(h setupHandler) setupHandler {
	return func(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
		if !setup.Permits(identity.ManageSchool) {
			return identity.NotFound("request.not-found")
		}
		return h(w, r, setup)
	}
}

// showEnforcement serves GET /o/{organization}/sign-in/enforcement: how it
// stands, or, while it is off, its rehearsal.
func showEnforcement(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	e, err := setup.Store.Enforcement(r.Context())
	if err != nil {
		return err
	}
	if e.On {
		return render(w, r, http.StatusOK, views.EnforcementOn(setup.Page, setup.Opened, e))
	}
	if form := again(r); form != nil {
		return askToEnforce(w, r, setup, readChoice(form)) // where they were when they had to sign in again
	}
	return showRehearsal(w, r, setup)
}

// showRehearsal serves GET /o/{organization}/sign-in/enforcement/people: who
// could not sign in any more, to choose who is excepted.
func showRehearsal(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	e, err := setup.Store.Enforcement(r.Context())
	if err != nil {
		return err
	}
	var choice views.EnforcementChoice
	for _, x := range e.Exceptions {
		if _, err := setup.Store.Person(r.Context(), x.User); identity.IsKind(err, identity.KindNotFound) {
			continue // removed since
		} else if err != nil {
			return err
		}
		choice.Except = append(choice.Except, x.User)
		if x.BreakGlass {
			choice.Admins = append(choice.Admins, x.User)
		}
	}
	return rehearse(w, r, setup, http.StatusOK, choice)
}

// chooseExceptions serves POST …/enforcement/people: further lines of the
// rehearsal, with what was ticked so far. It changes nothing. Form: except
// (several), all-without-address, admin (several), why, after.
func chooseExceptions(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	return rehearse(w, r, setup, http.StatusOK, readChoice(r.PostForm))
}

func readChoice(posted url.Values) views.EnforcementChoice {
	c := views.EnforcementChoice{
		WithoutAddress: posted.Has("all-without-address"),
		Why:            identity.LockedOutWhy(posted.Get("why")),
		After:          posted.Get("after"),
	}
	if !slices.Contains(views.LockedOutReasons, c.Why) {
		c.Why = ""
	}
	c.Except, c.Admins = users(posted["except"]), users(posted["admin"])
	return c
}

// users are the IDs of a form, each once.
func users(values []string) []identity.UserID {
	var ids []identity.UserID
	for _, v := range values {
		if id := identity.UserID(strings.TrimSpace(v)); id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// rehearse shows a page of the rehearsal.
func rehearse(w http.ResponseWriter, r *http.Request, setup SignInSetup, status int, choice views.EnforcementChoice) error {
	found, err := setup.Store.Rehearse(r.Context(), store.RehearsalQuery{
		Why: choice.Why, After: choice.After, Limit: lockedOutPerPage,
	})
	if err != nil {
		return err
	}
	connections, err := setup.Store.Connections(r.Context())
	if err != nil {
		return err
	}
	return render(w, r, status, views.RehearseEnforcement(setup.Page, setup.Opened, views.EnforcementRehearsal{
		People: found.People, Fine: found.Fine, Counts: found.Counts, Rows: found.Rows, Next: found.Next,
		Choice: choice, Refusal: refusalOf(identity.MayEnforce(connections)),
	}))
}

// refusalOf is what an error of identity says, or nothing.
func refusalOf(err error) identity.Message {
	if err == nil {
		return identity.Message{}
	}
	_, message := answer(err)
	return message
}
