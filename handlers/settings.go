package handlers

import (
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// showSettings serves GET /o/{organization}/settings.
func showSettings(w http.ResponseWriter, r *http.Request, org Organization) error {
	return renderSettings(w, r, org, http.StatusOK, org.Organization().Name, nil)
}

// renderSettings shows the settings, with what is wrong with the form that changes
// the name.
func renderSettings(
	w http.ResponseWriter, r *http.Request, org Organization, status int, name string, problems identity.Problems,
) error {
	view := views.SettingsView{Name: name, Problems: problems}
	if org.Organization().School != "" {
		var err error
		if view.Band, view.SchoolBand, err = org.Store.ClassroomBand(r.Context()); err != nil {
			return err
		}
	}
	return render(w, r, status, views.Settings(org.Page, org.Opened, view))
}

// saveSettings serves POST /o/{organization}/settings of a classroom. Form:
// students-see-names, on or missing. A school's settings are its policies.
func saveSettings(w http.ResponseWriter, r *http.Request, org Organization) error {
	if org.Organization().Kind == identity.KindSchool {
		return redirect(w, r, views.PoliciesPath(org.ID()))
	}
	settings := identity.OrganizationSettings{StudentsSeeNames: r.PostFormValue("students-see-names") == "on"}
	if err := org.Store.SetSettings(r.Context(), settings); err != nil {
		return err
	}
	return redirect(w, r, views.SettingsPath(org.ID()), identity.Say("settings.saved"))
}

// rename serves POST /o/{organization}/name. Form: name.
func rename(w http.ResponseWriter, r *http.Request, org Organization) error {
	name, status := r.PostFormValue("name"), http.StatusUnprocessableEntity
	problems := (identity.NewOrganization{Name: name}).Check()
	if problems == nil {
		if err := identity.Rename(r.Context(), org.Opened, org.Store, org.Remote, name); err != nil {
			if status, problems = retryable(err, "name"); problems == nil {
				return err
			}
		}
	}
	if problems != nil {
		return renderSettings(w, r, org, status, name, problems)
	}
	return redirect(w, r, views.SettingsPath(org.ID()), identity.Say("settings.renamed", "Name", identity.CleanName(name)))
}
