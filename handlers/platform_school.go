package handlers

import (
	"context"
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// listSchools serves GET /platform/schools. Query: q, state, after.
func listSchools(w http.ResponseWriter, r *http.Request, p Platform) error {
	query := r.URL.Query()
	view := views.SchoolsView{Search: identity.CleanName(query.Get("q")), Paged: query.Get("after") != ""}
	if state := identity.OrganizationState(query.Get("state")); state == identity.OrganizationActive || state == identity.OrganizationInactive {
		view.State = state
	}
	page, err := p.Store.Schools(r.Context(), store.SchoolQuery{
		Search: view.Search, State: view.State, After: query.Get("after"),
	})
	if err != nil {
		return err
	}
	view.Rows, view.Next, view.Total, view.Suspended = schoolRows(page), page.Next, page.Total, page.Suspended
	return render(w, r, http.StatusOK, views.PlatformSchoolList(p.Page, view))
}

func schoolRows(page store.SchoolPage) []views.PlatformSchoolRow {
	rows := make([]views.PlatformSchoolRow, len(page.Rows))
	for i, row := range page.Rows {
		rows[i] = views.PlatformSchoolRow{
			ID: row.Organization.ID, Name: row.Organization.Name, Suspended: row.Organization.Suspended(), Reason: row.Reason,
			Classrooms: row.Classrooms, Students: row.Students, Admins: row.Admins, CreatedAt: row.Organization.CreatedAt,
		}
	}
	return rows
}

// showSchoolOfPlatform serves GET /platform/schools/{school}.
func showSchoolOfPlatform(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	figures, err := p.Store.Figures(r.Context(), org.Store)
	if err != nil {
		return err
	}
	suspension, err := org.Store.Suspension(r.Context())
	if err != nil {
		return err
	}
	look, err := org.Store.Look(r.Context())
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.PlatformSchool(p.Page, views.PlatformSchoolView{
		School: org.Organization(), Classrooms: figures.Classrooms, Students: figures.Students, Admins: figures.Admins,
		Reason: suspension.Reason, SuspendedBy: suspension.By.Name, SuspendedAt: suspension.At,
		LookUntil: look.Until, Own: !org.Visiting(), CanClose: org.Organization().Suspended(),
	}))
}

// askSuspend serves GET /platform/schools/{school}/suspend.
func askSuspend(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	if err := suspendable(org); err != nil {
		return err
	}
	form := views.ReasonForm{School: org.Organization()}
	if typed := again(r); typed != nil {
		form.Reason = typed.Get("reason")
	}
	return render(w, r, http.StatusOK, views.SuspendSchool(p.Page, form))
}

// suspendable refuses what is no school, or is suspended already.
func suspendable(org Organization) error {
	switch school := org.Organization(); {
	case school.Kind != identity.KindSchool:
		return identity.NotFound("organization.not-found")
	case school.Suspended():
		return identity.Conflict("platform.suspend.already", "School", school.Name)
	}
	return nil
}

// suspendSchool serves POST /platform/schools/{school}/suspend. Form: reason.
// Every door of the school is closed from then on.
func suspendSchool(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	if err := suspendable(org); err != nil {
		return err
	}
	form := views.ReasonForm{School: org.Organization(), Reason: identity.CleanReason(r.PostFormValue("reason"))}
	again := func(status int) error { return render(w, r, status, views.SuspendSchool(p.Page, form)) }
	if form.Problems = identity.CheckReason(form.Reason); form.Problems != nil {
		return again(http.StatusUnprocessableEntity)
	}
	err := p.Store.Suspend(r.Context(), org.Store, form.Reason, func(ctx context.Context) ([]identity.Fact, error) {
		return oneFact(org.Remote.SetState(ctx, identity.OrganizationInactive))
	})
	if err != nil {
		var status int
		if status, form.Problems = retryable(err, ""); form.Problems != nil {
			return again(status)
		}
		return err
	}
	return redirect(w, r, views.PlatformSchoolPath(org.ID()), identity.Say("platform.suspend.done", "School", form.School.Name))
}

// restorable refuses what is no suspended school.
func restorable(org Organization) error {
	switch school := org.Organization(); {
	case school.Kind != identity.KindSchool:
		return identity.NotFound("organization.not-found")
	case !school.Suspended():
		return identity.Conflict("platform.restore.already", "School", school.Name)
	}
	return nil
}

// askRestore serves GET /platform/schools/{school}/restore.
func askRestore(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	if err := restorable(org); err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.RestoreSchool(p.Page, org.Organization()))
}

// restoreSchool serves POST /platform/schools/{school}/restore.
func restoreSchool(w http.ResponseWriter, r *http.Request, p Platform, org Organization) error {
	if err := restorable(org); err != nil {
		return err
	}
	err := p.Store.Restore(r.Context(), org.Store, func(ctx context.Context) ([]identity.Fact, error) {
		return oneFact(org.Remote.SetState(ctx, identity.OrganizationActive))
	})
	if err != nil {
		return err
	}
	return redirect(w, r, views.PlatformSchoolPath(org.ID()), identity.Say("platform.restore.done", "School", org.Organization().Name))
}

// oneFact is what a change at Zitadel answered, for the store.
func oneFact(fact identity.Fact, err error) ([]identity.Fact, error) {
	if err != nil {
		return nil, err
	}
	return []identity.Fact{fact}, nil
}
