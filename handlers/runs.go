package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// listRuns serves GET /o/{organization}/runs. Query: after.
func listRuns(w http.ResponseWriter, r *http.Request, org Organization) error {
	after := r.URL.Query().Get("after")
	page, err := org.Store.Runs(r.Context(), after)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Runs(org.Page, org.Opened, views.RunsView{
		Runs: page.Runs, Next: page.Next, Paged: after != "",
	}))
}

// showRun serves GET /o/{organization}/runs/{run}. Query: after.
func showRun(w http.ResponseWriter, r *http.Request, org Organization) error {
	run, err := org.Store.Run(r.Context(), identity.BulkRunID(chi.URLParam(r, "run")))
	if err != nil {
		return err
	}
	var refused store.ItemPage
	if run.Finished() && run.Refused > 0 {
		if refused, err = org.Store.RunItems(r.Context(), run.ID, identity.ItemRefused, r.URL.Query().Get("after")); err != nil {
			return err
		}
	}
	return render(w, r, http.StatusOK, views.Run(org.Page, org.Opened, views.RunView{
		Run: run, Refused: refused.Items, More: refused.Next, Now: org.Portal.Now(),
	}))
}

// undoRun serves POST /o/{school}/runs/{run}/undo.
func undoRun(w http.ResponseWriter, r *http.Request, org Organization) error {
	undoing, err := org.Store.UndoRun(r.Context(), identity.BulkRunID(chi.URLParam(r, "run")))
	if err != nil {
		return err
	}
	return redirect(w, r, views.RunPath(org.ID(), undoing))
}
