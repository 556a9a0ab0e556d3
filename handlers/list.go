package handlers

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// listRoutes are what is done to those on a list: a class's, and that of a
// school's people.
func (s *Server) listRoutes(r chi.Router) {
	school := s.inSchool
	class := func(h organizationHandler) http.Handler {
		return s.inOrganization(identity.ManageStudents, inClassroom(h))
	}
	s.guardianRoutes(r)
	l := lists{s.store, s.gateway, s.doAtOnce}
	r.Method("POST", "/roster/selection", class(l.tick))
	r.Method("GET", "/roster/act", class(l.check))
	r.Method("POST", "/roster/act", class(l.begin))
	r.Method("GET", "/roster/runs/{run}", class(showRun))
	r.Method("POST", "/roster/runs/{run}/undo", class(l.undo))
	r.Method("GET", "/roster/export", class(askListExport))
	r.Method("POST", "/roster/export", class(exportList))
	r.Method("GET", "/people/export", school(identity.ManageSchool, askPeopleExport))
	r.Method("POST", "/people/export", s.freshly(school(identity.ManageSchool, exportPeople)))
	r.Method("POST", "/people/act/selection", school(identity.ManageSchool, tickPeople))
}

// lists is what is done to those on a class's list. It holds the way into other
// classes.
type lists struct {
	store    *store.Store
	gateway  identity.Gateway
	doAtOnce func(context.Context, identity.Opened, identity.BulkRunID)
}

// ticks is who is ticked.
func ticks(ctx context.Context, org Organization) (*views.Ticks, error) {
	selected, err := org.Store.Selection(ctx)
	return &views.Ticks{Users: selected.Users, Actor: org.Actor().User}, err
}

// tick serves POST /o/{class}/roster/selection. Form: shown, those on the page;
// user, those of them who are ticked; go, which button it was; the query and the
// page of the list. With act: which and action.
func (l lists) tick(w http.ResponseWriter, r *http.Request, org Organization) error {
	q := rosterQuery(r.PostForm, org)
	if err := keepTicks(r, org); err != nil {
		return err
	}
	here := func(after, before string) string {
		q.After, q.Before = after, before
		return q.Path(org.ID())
	}
	switch r.PostFormValue("go") {
	case views.GoAct:
		return redirect(w, r, views.WithQuery(views.ListActPath(org.ID()), append(q.Params(),
			views.Param{Name: "action", Value: r.PostFormValue("action")}, views.Param{Name: "which", Value: r.PostFormValue("which")})...))
	case views.GoPage, views.GoClear:
		return redirect(w, r, here(q.After, q.Before))
	}
	view, err := listView(r.Context(), org, q)
	if err != nil {
		return err
	}
	switch r.PostFormValue("go") {
	case views.GoNext:
		return redirect(w, r, here(view.Next, ""))
	case views.GoPrevious:
		return redirect(w, r, here("", view.Previous))
	}
	view.Action = r.PostFormValue("action")
	return render(w, r, http.StatusOK, views.Roster(org.Page, org.Opened, view))
}

// tickPeople serves POST /o/{school}/people/act/selection. Form: as that of a class.
func tickPeople(w http.ResponseWriter, r *http.Request, org Organization) error {
	if err := keepTicks(r, org); err != nil {
		return err
	}
	form := r.PostForm
	filter := peopleFilter(form)
	view := views.PeopleView{
		Filter: filter, Reversed: form.Get("sort") == views.SortNameReversed, After: form.Get("after"), Before: form.Get("before"),
	}
	switch form.Get("go") {
	case views.GoAct:
		return redirect(w, r, views.WithQuery(views.ActPath(org.ID()), append(filter.Params(),
			views.Param{Name: "action", Value: form.Get("action")}, views.Param{Name: "which", Value: form.Get("which")})...))
	case views.GoPage, views.GoClear:
		return redirect(w, r, view.Path(org.ID()))
	}
	view, err := peopleView(r.Context(), org, form)
	if err != nil {
		return err
	}
	switch form.Get("go") {
	case views.GoNext:
		view.After, view.Before = view.Next, ""
		return redirect(w, r, view.Path(org.ID()))
	case views.GoPrevious:
		view.After, view.Before = "", view.Previous
		return redirect(w, r, view.Path(org.ID()))
	}
	view.Action = form.Get("action")
	return render(w, r, http.StatusOK, views.People(org.Page, org.Opened, view))
}

// keepTicks keeps who of those on the page is ticked. Nobody who is not on it
// changes; the actor is never ticked.
func keepTicks(r *http.Request, org Organization) error {
	if r.PostFormValue("go") == views.GoClear {
		return org.Store.ClearSelection(r.Context())
	}
	var tick, untick []identity.UserID
	for _, shown := range slices.Compact(slices.Sorted(slices.Values(r.PostForm["shown"]))) {
		user := identity.UserID(shown)
		switch {
		case user == org.Actor().User:
		case r.PostFormValue("go") == views.GoPage, slices.Contains(r.PostForm["user"], shown):
			tick = append(tick, user)
		default:
			untick = append(untick, user)
		}
	}
	if len(tick)+len(untick) > store.MaxSelection {
		return identity.Invalid("request.broken") // no page of ours is so long
	}
	return org.Store.ChangeSelection(r.Context(), tick, untick)
}

// undo serves POST /o/{class}/roster/runs/{run}/undo.
func (l lists) undo(w http.ResponseWriter, r *http.Request, org Organization) error {
	undoing, err := org.Store.UndoRun(r.Context(), identity.BulkRunID(chi.URLParam(r, "run")))
	if err != nil {
		return err
	}
	l.doAtOnce(r.Context(), org.Opened, undoing)
	return redirect(w, r, views.ListRunPath(org.ID(), undoing))
}

// classList is the opened class's list, with the way into other classes for who
// asks. Each is opened once for all who are asked about.
func (l lists) classList(org Organization) identity.ClassList {
	type place struct {
		opened identity.Opened
		err    error
	}
	entered := map[identity.OrganizationID]place{}
	return identity.ClassList{
		Opened: org.Opened, Rows: org.Store, Remote: org.Remote,
		Enter: func(ctx context.Context, id identity.OrganizationID) (identity.Opened, identity.Roster, identity.Remote, error) {
			in, known := entered[id]
			if !known {
				in.opened, in.err = l.store.OpenFor(ctx, org.Actor(), id)
				entered[id] = in
			}
			if in.err != nil {
				return identity.Opened{}, nil, nil, in.err
			}
			return in.opened, l.store.In(in.opened), l.gateway.In(in.opened), nil
		},
	}
}

// classes are those that students of the opened class can be copied and moved to:
// of the same school, those in which the actor manages students; where the class
// stands alone, the actor's own ones that do so too.
func (l lists) classes(ctx context.Context, org Organization) ([]views.NamedValue, error) {
	here := org.Organization()
	var found []views.NamedValue
	if here.School != "" && org.Role().Rank() >= identity.RoleSchoolAdmin.Rank() {
		school, err := l.store.OpenFor(ctx, org.Actor(), here.School)
		if err != nil {
			return nil, err
		}
		all, err := classroomNames(ctx, Organization{Opened: school, Store: l.store.In(school)}, "")
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(all, func(c views.NamedValue) bool { return c.Value == string(here.ID) })
	} else {
		own, err := l.store.Memberships(ctx, org.Actor().User)
		if err != nil {
			return nil, err
		}
		for _, m := range own {
			in := m.Organization
			if in.Kind == identity.KindClassroom && in.ID != here.ID && in.School == here.School &&
				m.State == identity.AssignmentActive && identity.Highest(m.Roles).Rank() >= identity.RoleCoTeacher.Rank() {
				found = append(found, views.NamedValue{Name: in.Name, Value: string(in.ID)})
			}
		}
	}
	slices.SortFunc(found, func(a, b views.NamedValue) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
	})
	return found, nil
}
