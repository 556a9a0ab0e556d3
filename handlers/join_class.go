package handlers

import (
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// listRequests serves GET /o/{classroom}/requests.
func listRequests(w http.ResponseWriter, r *http.Request, org Organization) error {
	requests, err := org.Store.ClassRequests(r.Context())
	if err != nil {
		return err
	}
	v := views.RequestsView{Waiting: requests.Waiting, Blocked: requests.Blocked}
	for _, row := range requests.Rows {
		v.Lines = append(v.Lines, views.ClassRequestLine{
			Request: row.JoinRequest, UserName: row.UserName, Home: row.HomeName, Here: org.Organization().AtHome(row.Home),
			Suspended: row.Suspended,
		})
	}
	return render(w, r, http.StatusOK, views.ClassRequests(org.Page, org.Opened, v))
}

// answerRequests serves POST /o/{classroom}/requests. Form: one of let-in,
// decline, block, unblock, each with the ID of a person; or do, ticked, with user,
// the IDs of those who were ticked.
func answerRequests(w http.ResponseWriter, r *http.Request, org Organization) error {
	for _, answer := range []struct {
		name string
		said identity.Message
		do   func(identity.UserID) error
	}{
		{"decline", identity.Say("join.declined"), func(user identity.UserID) error {
			return org.Store.TurnAway(r.Context(), user, false)
		}},
		{"block", identity.Say("requests.blocked-now"), func(user identity.UserID) error {
			return org.Store.TurnAway(r.Context(), user, true)
		}},
		{"unblock", identity.Say("requests.unblocked"), func(user identity.UserID) error {
			return org.Store.Unblock(r.Context(), user)
		}},
	} {
		if user := r.PostFormValue(answer.name); user != "" {
			if err := answer.do(identity.UserID(user)); err != nil {
				return err
			}
			return redirect(w, r, views.RequestsPath(org.ID()), answer.said)
		}
	}
	users := r.PostForm["user"]
	if user := r.PostFormValue("let-in"); user != "" {
		users = []string{user}
	}
	return letIn(w, r, org, users)
}

// mostLetIn is how many are let in by one form: as many as the page shows.
const mostLetIn = 100

// letIn lets those in who were chosen, one after the other. What stops one of
// them is said, and the others after them wait on.
func letIn(w http.ResponseWriter, r *http.Request, org Organization, users []string) error {
	if len(users) == 0 || len(users) > mostLetIn {
		return identity.Invalid("requests.none-ticked")
	}
	done := 0
	for _, user := range users {
		err := identity.LetIn(r.Context(), org.Opened, org.Store, org.Remote, identity.UserID(user))
		switch {
		case identity.IsKind(err, identity.KindNotFound) && len(users) > 1:
			continue // somebody else has answered it
		case err != nil && done == 0:
			return err
		case err != nil:
			logged(r.Context()).aside = err
			_, why := answer(err)
			return redirect(w, r, views.RequestsPath(org.ID()), identity.Say("requests.let-in-some", "Count", done, "Why", views.Text(r.Context(), why)))
		}
		done++
	}
	return redirect(w, r, views.RequestsPath(org.ID()), identity.Say("requests.let-in", "Count", done))
}
