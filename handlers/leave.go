package handlers

import (
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// askLeave serves GET /o/{organization}/leave.
func askLeave(w http.ResponseWriter, r *http.Request, org Organization) error {
	m := identity.Member{User: identity.User{ID: org.Actor().User}}
	if org.Holds() {
		var err error
		if m, err = org.Store.Member(r.Context(), org.Actor().User); err != nil {
			return err
		}
	}
	return render(w, r, http.StatusOK, views.Leave(org.Page, org.Opened, m))
}

// leaveOrganization serves POST /o/{organization}/leave.
func leaveOrganization(w http.ResponseWriter, r *http.Request, org Organization) error {
	if err := identity.Leave(r.Context(), org.Opened, org.Store, org.Remote); err != nil {
		return err
	}
	return redirect(w, r, views.HomePath, identity.Say("leave.done", "Place", org.Organization().Name))
}
