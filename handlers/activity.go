package handlers

import (
	"net/http"

	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// showActivity serves GET /o/{organization}/activity. Query: person, the ID of
// whom or what it concerns; before.
func showActivity(w http.ResponseWriter, r *http.Request, org Organization) error {
	person, before := r.URL.Query().Get("person"), r.URL.Query().Get("before")
	page, err := org.Store.Audit(r.Context(), store.AuditQuery{Target: person, Before: before})
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Activity(org.Page, org.Opened, views.ActivityView{
		Records: page.Records, Person: person, Name: nameOf(r, org, person, page.Records),
		Older: page.Next, First: before == "",
	}))
}

// nameOf is what the target of records is called: as the newest record says,
// or, where nothing is recorded, as the roster does.
func nameOf(r *http.Request, org Organization, target string, records []identity.AuditRecord) string {
	if target == "" {
		return ""
	}
	for _, record := range records {
		if record.TargetName != "" {
			return record.TargetName
		}
	}
	m, err := org.Store.Member(r.Context(), identity.UserID(target))
	if err != nil {
		return "" // the page says "one person" instead
	}
	return m.User.DisplayName()
}
