package handlers

import (
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// showSignIn serves GET of either door: what is done and what comes next, and
// the school's connections and domains. In the portal also whether they are the
// only way in, and the set-up links.
func showSignIn(w http.ResponseWriter, r *http.Request, setup SignInSetup) error {
	ctx := r.Context()
	v := views.SignInOverview{Now: setup.Portal.Now()}
	var err error
	if v.Connections, err = setup.Store.Connections(ctx); err != nil {
		return err
	}
	if v.Domains, err = setup.Store.Domains(ctx); err != nil {
		return err
	}
	health, err := setup.Store.Health(ctx)
	if err != nil {
		return err
	}
	v.Failures = make(map[identity.ConnectionID]int, len(health))
	for _, h := range health {
		v.Failures[h.Connection] = h.Failures
	}
	if setup.Permits(identity.ManageSchool) {
		if v.Enforcement, err = setup.Store.Enforcement(ctx); err != nil {
			return err
		}
		requests, err := setup.Store.JoinRequests(ctx)
		if err != nil {
			return err
		}
		v.Requests = requests.Waiting
	}
	if setup.Permits(identity.ShareSetup) {
		if v.Links, err = setup.Store.Links(ctx); err != nil {
			return err
		}
	}
	return render(w, r, http.StatusOK, views.ShowSignIn(setup.Page, setup.Opened, setup.Door, v))
}
