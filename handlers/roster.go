package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// showRoster serves GET /o/{organization}/roster. Query: q, role, state, sort,
// after, before. Students see names alone, and nobody who is suspended.
func showRoster(w http.ResponseWriter, r *http.Request, org Organization) error {
	view, err := listView(r.Context(), org, rosterQuery(r.URL.Query(), org))
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Roster(org.Page, org.Opened, view))
}

// listView is the page of the roster that q asks for.
func listView(ctx context.Context, org Organization, q views.RosterQuery) (views.RosterView, error) {
	page, err := org.Store.Roster(ctx, storedQuery(q))
	if err != nil {
		return views.RosterView{}, err
	}
	view := views.RosterView{
		Query: q, Rows: rosterPeople(page.Rows), Total: page.Total,
		Counts: views.RosterCounts{Roles: page.Counts.Roles, Suspended: page.Counts.Suspended},
		Next:   page.Next, Previous: page.Previous,
		NamesOnly: namesOnly(org),
	}
	if view.NamesOnly {
		view.Query.State, view.Counts.Suspended = "", 0 // not theirs to know
	}
	if org.Organization().Kind == identity.KindClassroom && org.Permits(identity.ManageStudents) {
		if view.Requests, err = org.Store.RequestsWaiting(ctx); err != nil {
			return views.RosterView{}, err
		}
		view.Ticks, err = ticks(ctx, org)
	}
	return view, err
}

// storedQuery is q as the store takes it.
func storedQuery(q views.RosterQuery) store.RosterQuery {
	return store.RosterQuery{
		Search: q.Search, Role: q.Role, State: q.State, Sort: store.RosterSort(q.Sort), After: q.After, Before: q.Before,
	}
}

// namesOnly reports whether the reader may see names and nothing further: a
// student. Teachers read all of it, of an archived classroom too.
func namesOnly(org Organization) bool { return org.Role().Rank() < identity.RoleCoTeacher.Rank() }

// rosterQuery reads the query. What no form of ours would send counts as
// nothing asked for: a mistyped URL shows the roster all the same.
func rosterQuery(form url.Values, org Organization) views.RosterQuery {
	q := views.RosterQuery{
		Search: identity.CleanName(form.Get("q")),
		Role:   identity.Role(form.Get("role")),
		State:  identity.RoleAssignmentState(form.Get("state")),
		Sort:   form.Get("sort"),
		After:  form.Get("after"),
		Before: form.Get("before"),
	}
	if !slices.Contains(identity.RolesIn(org.Organization().Kind), q.Role) {
		q.Role = ""
	}
	if q.State != identity.AssignmentActive && q.State != identity.AssignmentSuspended {
		q.State = ""
	}
	if !slices.Contains(views.RosterSorts, q.Sort) || q.Sort == views.SortName {
		q.Sort = ""
	}
	if q.After != "" {
		q.Before = ""
	}
	if namesOnly(org) {
		// Neither the order nor the search may tell what the rows do not show.
		q.Sort, q.State = "", identity.AssignmentActive
	}
	return q
}

func rosterPeople(rows []store.RosterRow) []views.RosterPerson {
	people := make([]views.RosterPerson, len(rows))
	for i, row := range rows {
		people[i] = views.RosterPerson{User: row.User, Assignment: row.Assignment, Guest: row.Guest}
	}
	return people
}
