package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/store"
	"homeroom.dev/homeroom/views"
)

// activityRoutes are the pages of an organization's audit log.
func (s *Server) activityRoutes(r chi.Router) {
	r.Method("GET", "/activity", s.inOrganization(identity.ReadAudit, showActivity))
	r.Method("GET", "/activity/export", s.inOrganization(identity.ReadAudit, askExport))
	r.Method("POST", "/activity/export", s.freshly(s.inOrganization(identity.ReadAudit, exportActivity)))
	r.Method("GET", "/activity/{record}", s.inOrganization(identity.ReadAudit, showRecord))
}

// showActivity serves GET /o/{organization}/activity. Query: q, person, what,
// since, until, source, outcome; before or after, a page's cursor.
func showActivity(w http.ResponseWriter, r *http.Request, org Organization) error {
	v, err := readActivity(r, org.Store.AuditLog(), views.LogOf(org.Opened))
	if err != nil {
		return err
	}
	if v.Name == "" && v.Filter.Person != "" {
		if m, err := org.Store.Member(r.Context(), identity.UserID(v.Filter.Person)); err == nil {
			v.Name = m.User.DisplayName() // else the page says "one person"
		}
	}
	return render(w, r, statusOf(v.Problems), views.Activity(org.Page, org.Opened, v))
}

// showRecord serves GET /o/{organization}/activity/{record}.
func showRecord(w http.ResponseWriter, r *http.Request, org Organization) error {
	v, err := readRecord(r, org.Store.AuditLog(), views.LogOf(org.Opened))
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.ActivityRecord(org.Page, org.Opened, v))
}

// statusOf is the answer to a form with problems, and to one without.
func statusOf(problems identity.Problems) int {
	if len(problems) > 0 {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// readActivity is what a page of a log shows.
func readActivity(r *http.Request, log *store.AuditLog, at views.Log) (views.ActivityView, error) {
	values := r.URL.Query()
	v := views.ActivityView{Log: at, Filter: readFilter(values)}
	var q store.AuditQuery
	if q, v.Problems = auditQueryOf(r.Context(), v.Filter); len(v.Problems) > 0 {
		return v, nil
	}
	q.Before, q.After = values.Get("before"), values.Get("after")
	page, err := log.Page(r.Context(), q)
	if err != nil {
		return v, err
	}
	v.Records, v.Older, v.Newer = page.Records, page.Next, page.Previous
	v.Name = nameIn(page.Records, v.Filter.Person)
	v.Places, err = log.Places(r.Context(), page.Records)
	return v, err
}

func readRecord(r *http.Request, log *store.AuditLog, at views.Log) (views.RecordView, error) {
	record, err := log.Record(r.Context(), chi.URLParam(r, "record"))
	if err != nil {
		return views.RecordView{}, err
	}
	places, err := log.Places(r.Context(), []identity.AuditRecord{record})
	if err != nil {
		return views.RecordView{}, err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, audit.JSON(record), "", "  "); err != nil {
		return views.RecordView{}, err
	}
	return views.RecordView{Log: at, Record: record, Place: places[record.Organization], JSON: pretty.String()}, nil
}

// readFilter is what a form or a link asks for.
func readFilter(values url.Values) views.ActivityFilter {
	return views.ActivityFilter{
		Text: values.Get("q"), Person: values.Get("person"), What: values.Get("what"),
		Since: values.Get("since"), Until: values.Get("until"),
		Source: values.Get("source"), Outcome: values.Get("outcome"),
	}
}

// auditQueryOf turns a filter into what the store is asked. Days are those of the zone
// in which the page shows times; the last one counts whole.
func auditQueryOf(ctx context.Context, f views.ActivityFilter) (store.AuditQuery, identity.Problems) {
	var problems identity.Problems
	day := func(field, text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		at, err := time.ParseInLocation(time.DateOnly, text, views.ZoneOf(ctx))
		if err != nil {
			problems.Add(field, "activity.day.unreadable")
		}
		return at
	}
	q := store.AuditQuery{
		Person: f.Person, Text: f.Text, Source: identity.Source(f.Source), Outcome: identity.Outcome(f.Outcome),
		Since: day("since", f.Since), Until: day("until", f.Until),
	}
	if !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1)
		if len(problems) == 0 && !q.Since.Before(q.Until) {
			problems.Add("since", "activity.day.order")
		}
	}
	if f.What != "" {
		if q.Actions = identity.ActionGroup(f.What).Actions(); len(q.Actions) == 0 {
			q.Action = identity.Action(f.What)
		}
	}
	return q, problems
}

// nameIn is what somebody is called in records: by the newest one that says so.
func nameIn(records []identity.AuditRecord, id string) string {
	i := slices.IndexFunc(records, func(r identity.AuditRecord) bool { return r.Target == id && r.TargetName != "" })
	j := slices.IndexFunc(records, func(r identity.AuditRecord) bool { return string(r.Actor.User) == id && r.Actor.Name != "" })
	switch {
	case id == "" || i < 0 && j < 0:
		return ""
	case j < 0 || i >= 0 && i < j:
		return records[i].TargetName
	}
	return records[j].Actor.Name
}
