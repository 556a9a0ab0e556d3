package handlers

import (
	"context"
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// listStandalone serves GET /platform/classrooms: those that belong to no
// school. Query: q, after.
func listStandalone(w http.ResponseWriter, r *http.Request, p Platform) error {
	search, after := identity.CleanName(r.URL.Query().Get("q")), r.URL.Query().Get("after")
	page, err := p.Store.StandaloneClassrooms(r.Context(), store.ClassroomQuery{Search: search, After: after})
	if err != nil {
		return err
	}
	view := views.StandaloneView{Search: search, Total: page.Total, Next: page.Next, Paged: after != ""}
	for _, row := range page.Rows {
		view.Rows = append(view.Rows, views.StandaloneRow{
			ID: row.Organization.ID, Name: row.Organization.Name,
			Students: row.Students, Teachers: row.Teachers, CreatedAt: row.Organization.CreatedAt,
		})
	}
	return render(w, r, http.StatusOK, views.PlatformClassroomList(p.Page, view))
}

// adoptable refuses what is no classroom that stands alone.
func adoptable(org Organization) error {
	if org.Organization().Kind != identity.KindClassroom {
		return identity.NotFound("organization.not-found")
	}
	return nil
}

// schoolChoices is how many schools are offered at once.
const schoolChoices = 10

// askAdopt serves GET /platform/classrooms/{school}/adopt: which school, and
// with the query school what changes. Query: q, school.
func askAdopt(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	if err := adoptable(org); err != nil {
		return err
	}
	chosen := r.URL.Query().Get("school")
	if typed := again(r); typed != nil {
		chosen = typed.Get("school")
	}
	view := views.AdoptView{Classroom: org.Organization(), Search: identity.CleanName(r.URL.Query().Get("q"))}
	if chosen != "" {
		school, err := adopter(r, p, identity.OrganizationID(chosen))
		if err != nil {
			return err
		}
		view.Chosen = school.Organization()
		return render(w, r, http.StatusOK, views.ConfirmAdopt(p.Page, view))
	}
	page, err := p.Store.Schools(r.Context(), store.SchoolQuery{
		Search: view.Search, State: identity.OrganizationActive, Limit: schoolChoices,
	})
	if err != nil {
		return err
	}
	view.Schools, view.More = schoolRows(page), page.Next != ""
	return render(w, r, http.StatusOK, views.Adopt(p.Page, view))
}

// adopter opens the school that takes a classroom in.
func adopter(r *http.Request, p Platform, id identity.OrganizationID) (identity.Opened, error) {
	school, err := p.Store.Open(r.Context(), id)
	switch {
	case err != nil:
		return identity.Opened{}, err
	case school.Organization().Kind != identity.KindSchool:
		return identity.Opened{}, identity.NotFound("organization.not-found")
	case school.Organization().Suspended():
		return identity.Opened{}, identity.Conflict("platform.adopt.closed")
	}
	return school, nil
}

// adopt serves POST /platform/classrooms/{school}/adopt. Form: school, its ID.
func (s *Server) adopt(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	if err := adoptable(org); err != nil {
		return err
	}
	chosen := identity.OrganizationID(r.PostFormValue("school"))
	if chosen == "" {
		return redirect(w, r, views.AdoptPath(org.ID()))
	}
	school, err := adopter(r, p, chosen)
	if err != nil {
		return err
	}
	err = p.Store.Adopt(r.Context(), org.Store, s.store.In(school), func(ctx context.Context) ([]identity.Fact, error) {
		return oneFact(org.Remote.SetSchool(ctx, school.ID()))
	})
	if err != nil {
		return err
	}
	return redirect(w, r, views.PlatformSchoolPath(school.ID()), identity.Say("platform.adopt.done",
		"Place", org.Organization().Name, "School", school.Organization().Name))
}
