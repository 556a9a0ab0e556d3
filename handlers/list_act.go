package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"homeroom.dev/homeroom/bulk"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// check serves GET /o/{class}/roster/act. Query: action; which, all or chosen;
// the query of the list; to, the class they go to, or role-to.
func (l lists) check(w http.ResponseWriter, r *http.Request, org Organization) error {
	ask, err := l.read(r.Context(), org, r.URL.Query())
	if err != nil {
		return err
	}
	status := http.StatusOK
	if asked := r.URL.Query(); ask.Action != "" && !ask.Ready() && (asked.Has("to") || asked.Has("role-to")) {
		ask.Problems, status = askProblems(ask), http.StatusUnprocessableEntity
	}
	return l.show(w, r, org, ask, status)
}

// begin serves POST /o/{class}/roster/act. Form: that of check, submission,
// expected and mark.
func (l lists) begin(w http.ResponseWriter, r *http.Request, org Organization) error {
	ask, err := l.read(r.Context(), org, r.PostForm)
	if err != nil {
		return err
	}
	if ask.Action == "" {
		return identity.Invalid("request.broken")
	}
	if !ask.Ready() {
		ask.Problems = askProblems(ask)
		return l.show(w, r, org, ask, http.StatusUnprocessableEntity)
	}
	run := store.ListRun{
		Action: ask.Action, Parameters: ask.Parameters, Mark: r.PostFormValue("mark"), Submission: ask.Submission,
	}
	if ask.All {
		q := storedQuery(ask.Query)
		run.Matching = &q
		if run.Expected, err = strconv.Atoi(r.PostFormValue("expected")); err != nil {
			return identity.Invalid("request.broken").Because(err)
		}
	}
	id, err := org.Store.BeginListRun(r.Context(), run)
	var known *identity.Error
	switch {
	case err == nil:
		l.doAtOnce(r.Context(), org.Opened, id)
		return redirect(w, r, views.ListRunPath(org.ID(), id))
	case errors.As(err, &known) && known.Message.ID == "bulk.other-number":
		ask.Problems = identity.Problems{{Message: known.Message}}
		return l.show(w, r, org, ask, http.StatusConflict)
	case errors.As(err, &known) && known.Message.ID == "bulk.nobody":
		return redirect(w, r, views.WithQuery(views.RosterPath(org.ID()), ask.Query.Params()...), known.Message)
	}
	return err
}

// read reads what is to be done and with whom.
func (l lists) read(ctx context.Context, org Organization, form url.Values) (views.ListAsk, error) {
	ask := views.ListAsk{
		Action: identity.BulkAction(form.Get("action")), All: form.Get("which") == "all",
		Query:      rosterQuery(form, org),
		Submission: cmp.Or(form.Get("submission"), identity.NewSubmission()),
	}
	ask.Query.After, ask.Query.Before = "", ""
	if !slices.Contains(identity.ListActions, ask.Action) {
		ask.Action = ""
	}
	switch {
	case ask.Action == identity.BulkRole:
		if to := identity.Role(form.Get("role-to")); slices.Contains(org.Assignable(), to) {
			ask.Parameters.Role = to
		}
	case ask.Action.Elsewhere():
		var err error
		if ask.Classes, err = l.classes(ctx, org); err != nil {
			return ask, err
		}
		for _, class := range ask.Classes {
			if class.Value == form.Get("to") {
				ask.Parameters.Classroom, ask.Parameters.ClassroomName = identity.OrganizationID(class.Value), class.Name
			}
		}
	}
	return ask, nil
}

// askProblems are what is missing.
func askProblems(ask views.ListAsk) identity.Problems {
	var problems identity.Problems
	if ask.Action == identity.BulkRole {
		problems.Add("role-to", "lists.role.missing")
	} else {
		problems.Add("to", "lists.class.missing")
	}
	return problems
}

// show asks whether the answers are right, and says beforehand who is left out.
func (l lists) show(w http.ResponseWriter, r *http.Request, org Organization, ask views.ListAsk, status int) error {
	ctx := r.Context()
	back := views.WithQuery(views.RosterPath(org.ID()), ask.Query.Params()...)
	if ask.Action == "" {
		return redirect(w, r, back, identity.Say("bulk.no-action"))
	}
	people, err := l.people(ctx, org, &ask)
	if err != nil {
		return err
	}
	if ask.Total == 0 {
		return redirect(w, r, back, identity.Say("bulk.nobody"))
	}
	if ask.Ready() {
		class := l.classList(org)
		ask.Refused, ask.Unchanged, err = askAbout(people, func(user identity.UserID) (bool, error) {
			return bulk.CheckListed(ctx, class, ask.Action, ask.Parameters, user)
		})
		if err != nil {
			return err
		}
	}
	return render(w, r, status, views.ListAct(org.Page, org.Opened, ask))
}

// people counts who is meant, names some, and answers those to ask about.
func (l lists) people(ctx context.Context, org Organization, ask *views.ListAsk) ([]identity.User, error) {
	var people []identity.User
	if ask.All {
		q := storedQuery(ask.Query)
		q.Sort, q.Limit = "", askedMost
		page, err := org.Store.Roster(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Rows {
			people = append(people, row.User)
		}
		ask.Total = page.Total
	} else {
		selected, err := org.Store.Selection(ctx)
		if err != nil {
			return nil, err
		}
		ask.Mark = selected.Mark
		for _, user := range selected.Users {
			m, err := org.Store.Member(ctx, user)
			if identity.IsKind(err, identity.KindNotFound) {
				continue // has left meanwhile
			}
			if err != nil {
				return nil, err
			}
			people = append(people, m.User)
		}
		ask.Total = len(people)
	}
	ask.Names = someNames(people)
	ask.Unasked = ask.Total > len(people)
	return people, nil
}
