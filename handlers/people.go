package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// peopleRoutes are the pages of a school's people, and of what is done to many.
func (s *Server) peopleRoutes(r chi.Router) {
	m := many{s.store, s.gateway}
	r.Method("GET", "/people", s.inSchool(identity.ManageSchool, showPeople))
	r.Method("GET", "/people/act", s.inSchool(identity.ManageSchool, m.check))
	r.Method("POST", "/people/act", s.inSchool(identity.ManageSchool, m.begin))
	r.Method("GET", "/people/act/remove", s.inSchool(identity.ManageSchool, m.check))
	r.Method("POST", "/people/act/remove", s.freshly(s.inSchool(identity.ManageSchool, m.beginFresh)))
	r.Method("GET", "/runs", s.inOrganization(identity.ManageClassroom, listRuns))
	r.Method("GET", "/runs/{run}", s.inOrganization(identity.ManageClassroom, showRun))
	r.Method("POST", "/runs/{run}/undo", s.inSchool(identity.ManageSchool, undoRun))
}

// showPeople serves GET /o/{school}/people. Query: q, role, classroom, state,
// sign-in, sort, after, before.
func showPeople(w http.ResponseWriter, r *http.Request, org Organization) error {
	view, err := peopleView(r.Context(), org, r.URL.Query())
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.People(org.Page, org.Opened, view))
}

// peopleView is the page of the school's people that form asks for.
func peopleView(ctx context.Context, org Organization, form url.Values) (views.PeopleView, error) {
	filter := peopleFilter(form)
	q := peopleQuery(filter)
	q.Reversed, q.After = form.Get("sort") == views.SortNameReversed, form.Get("after")
	if q.After == "" {
		q.Before = form.Get("before")
	}
	page, err := org.Store.People(ctx, q)
	if err != nil {
		return views.PeopleView{}, err
	}
	classrooms, err := classroomNames(ctx, org, filter.Classroom)
	if err != nil {
		return views.PeopleView{}, err
	}
	view := views.PeopleView{
		Filter: filter, Reversed: q.Reversed, Rows: page.Rows, Total: page.Total, More: page.More,
		Next: page.Next, Previous: page.Previous, Paged: q.After != "" || q.Before != "",
		Classrooms: classrooms, After: q.After, Before: q.Before,
	}
	view.Ticks, err = ticks(ctx, org)
	return view, err
}

// peopleFilter reads a filter. What no form of ours would send counts as nothing
// asked for: a mistyped URL shows people all the same.
func peopleFilter(form url.Values) views.PeopleFilter {
	f := views.PeopleFilter{
		Search: identity.CleanName(form.Get("q")), Role: form.Get("role"),
		Classroom: identity.OrganizationID(form.Get("classroom")),
		State:     identity.PersonState(form.Get("state")), SignIn: form.Get("sign-in"),
	}
	roles := []string{
		views.PeopleStaff, views.PeopleNoRole, string(identity.RoleStudent), string(identity.RoleCoTeacher),
		string(identity.RoleTeacher), string(identity.RoleSchoolAdmin),
	}
	if !slices.Contains(roles, f.Role) {
		f.Role = ""
	}
	if !slices.Contains(identity.PersonStates, f.State) {
		f.State = ""
	}
	if f.SignIn != views.PeopleNever && f.SignIn != views.PeopleNoFactor &&
		!slices.Contains(identity.Credentials, identity.Credential(f.SignIn)) {
		f.SignIn = ""
	}
	return f
}

func peopleQuery(f views.PeopleFilter) store.PeopleQuery {
	q := store.PeopleQuery{Search: f.Search, Classroom: f.Classroom, State: f.State}
	switch f.Role {
	case views.PeopleStaff:
		q.Staff = true
	case views.PeopleNoRole:
		q.NoRole = true
	default:
		q.Role = identity.Role(f.Role)
	}
	switch f.SignIn {
	case views.PeopleNever:
		q.NeverSeen = true
	case views.PeopleNoFactor:
		q.NoFactor = true
	default:
		q.Through = identity.Credential(f.SignIn)
	}
	return q
}

// classroomNames are the classrooms of the school in use to choose from, and the
// chosen one however many there are.
func classroomNames(ctx context.Context, org Organization, chosen identity.OrganizationID) ([]views.NamedValue, error) {
	var all []views.NamedValue
	for after := ""; len(all) < maxListed; {
		page, err := org.Store.Classrooms(ctx, store.ClassroomQuery{After: after, Limit: maxListed - len(all)})
		if err != nil {
			return nil, err
		}
		for _, row := range page.Rows {
			all = append(all, views.NamedValue{Name: row.Organization.Name, Value: string(row.Organization.ID)})
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if chosen == "" || slices.ContainsFunc(all, func(v views.NamedValue) bool { return v.Value == string(chosen) }) {
		return all, nil
	}
	classroom, err := org.Store.ClassroomOf(ctx, chosen)
	if identity.IsKind(err, identity.KindNotFound) {
		return all, nil
	}
	return append(all, views.NamedValue{Name: classroom.Name, Value: string(classroom.ID)}), err
}
