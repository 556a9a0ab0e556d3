package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// eraseRoutes are how a school leaves for good.
func (s *Server) eraseRoutes(r chi.Router) {
	l := leaving{s.exports}
	r.Method("GET", "/erasures", s.onPlatform(listErasures))
	r.Method("GET", "/schools/{school}/erase", s.onSchool(askErase))
	r.Method("POST", "/schools/{school}/erase", s.freshly(s.onSchool(eraseSchool)))
	r.Method("POST", "/schools/{school}/erase/exports", s.freshly(s.onSchool(beginEraseExport)))
	r.Method("POST", "/schools/{school}/erase/exports/{export}/archive", s.freshly(s.onSchool(
		func(w http.ResponseWriter, r *http.Request, _ Platform, org Organization) error {
			return l.fetch(w, r, org)
		})))
}

// listErasures serves GET /platform/erasures.
func listErasures(w http.ResponseWriter, r *http.Request, p Platform) error {
	erasures, err := p.Store.Erasures(r.Context())
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Erasures(p.Page, erasures))
}

func eraseView(r *http.Request, org Organization) (views.EraseView, error) {
	school := org.Organization()
	switch {
	case school.Kind != identity.KindSchool:
		return views.EraseView{}, identity.NotFound("organization.not-found")
	case !school.Suspended():
		return views.EraseView{}, identity.Conflict("erase.not-suspended")
	}
	view := views.EraseView{School: school}
	classrooms, err := org.Store.Classrooms(r.Context(), store.ClassroomQuery{Limit: 1})
	if err != nil {
		return view, err
	}
	people, err := org.Store.PeopleCounts(r.Context())
	if err != nil {
		return view, err
	}
	view.Classrooms, view.People = classrooms.Total, people.People-people.Guests
	exports, err := org.Store.Exports(r.Context())
	for _, e := range exports {
		if e.State != identity.ExportOver && e.State != identity.ExportFailed {
			view.Exports = append(view.Exports, e)
		}
	}
	return view, err
}

// askErase serves GET /platform/schools/{school}/erase.
func askErase(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	view, err := eraseView(r, org)
	if err != nil {
		return err
	}
	if typed := again(r); typed != nil {
		view.Typed, view.Without = typed.Get("name"), typed.Get("without") == "on"
	}
	return render(w, r, http.StatusOK, views.EraseSchool(p.Page, view, nil))
}

// eraseSchool serves POST /platform/schools/{school}/erase. Form: name, the
// school's, typed; without, on where it leaves without an archive.
func eraseSchool(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	view, err := eraseView(r, org)
	if err != nil {
		return err
	}
	view.Typed, view.Without = r.PostFormValue("name"), r.PostFormValue("without") == "on"
	var problems identity.Problems
	if identity.CleanName(view.Typed) != view.School.Name {
		problems.Add("name", "erase.type.wrong", "School", view.School.Name)
	}
	var leavesWith identity.SchoolExport
	for _, e := range view.Exports {
		if e.State == identity.ExportReady {
			leavesWith = e
			break
		}
	}
	if leavesWith.ID == "" && !view.Without {
		problems.Add("without", "erase.without.missing")
	}
	if problems != nil {
		return render(w, r, http.StatusUnprocessableEntity, views.EraseSchool(p.Page, view, problems))
	}
	if err := p.Store.BeginErasure(r.Context(), org.Opened, leavesWith); err != nil {
		return err
	}
	return redirect(w, r, views.ErasuresPath, identity.Say("erase.begun-notice", "School", view.School.Name))
}

// beginEraseExport serves POST /platform/schools/{school}/erase/exports.
func beginEraseExport(w http.ResponseWriter, r *http.Request, _ Platform, org Organization) error {
	if _, err := org.Store.BeginExport(r.Context()); err != nil {
		return err
	}
	return redirect(w, r, views.ErasePath(org.ID()), identity.Say("privacy.export.begun"))
}
