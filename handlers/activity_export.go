package handlers

import (
	"net/http"
	"time"

	"homeroom.dev/homeroom/audit"
	"homeroom.dev/homeroom/identity"
	"homeroom.dev/homeroom/views"
)

// askExport serves GET /o/{organization}/activity/export: the form, with the
// filter of the list it comes from.
func askExport(w http.ResponseWriter, r *http.Request, org Organization) error {
	v := exportForm(r, views.LogOf(org.Opened))
	return render(w, r, http.StatusOK, views.ExportActivity(org.Page, org.Opened, v))
}

// exportActivity serves POST /o/{organization}/activity/export.
func exportActivity(w http.ResponseWriter, r *http.Request, org Organization) error {
	v := views.ExportView{
		Log: views.LogOf(org.Opened), Filter: readFilter(r.PostForm), Format: r.PostFormValue("format"),
	}
	q, problems := auditQueryOf(r.Context(), v.Filter)
	if v.Problems = checkFormat(problems, v.Format); len(v.Problems) > 0 {
		return render(w, r, http.StatusUnprocessableEntity, views.ExportActivity(org.Page, org.Opened, v))
	}
	return sendRecords(w, r, v.Format, string(org.ID()), org.Portal.Now(), func(write func(identity.AuditRecord) error) error {
		return org.Store.ExportAudit(r.Context(), q, exported(v), write)
	})
}

// exportForm is the form as the list, or a sender who had to sign in again, filled
// it in.
func exportForm(r *http.Request, at views.Log) views.ExportView {
	values := r.URL.Query()
	if f := again(r); f != nil {
		values = f
	}
	v := views.ExportView{Log: at, Filter: readFilter(values), Format: views.ExportCSV}
	if format := values.Get("format"); format != "" {
		v.Format = format
	}
	return v
}

func checkFormat(problems identity.Problems, format string) identity.Problems {
	if format != views.ExportCSV && format != views.ExportJSON {
		problems.Add("format", "activity.export.format.missing")
	}
	return problems
}

// exported says on record what was asked for.
func exported(v views.ExportView) map[string]string {
	values := map[string]string{"format": v.Format}
	for name, value := range map[string]string{
		"text": v.Filter.Text, "person": v.Filter.Person, "what": v.Filter.What, "since": v.Filter.Since,
		"until": v.Filter.Until, "source": v.Filter.Source, "outcome": v.Filter.Outcome,
	} {
		if value != "" {
			values[name] = value
		}
	}
	return values
}

// sendRecords serves the log of whose as a file, written while export reads it.
func sendRecords(
	w http.ResponseWriter, r *http.Request, format, whose string, now time.Time, export func(write func(identity.AuditRecord) error) error,
) error {
	name := "homeroom-audit-" + whose + "-" + now.UTC().Format("20060102-150405")
	kind, ending, records := "text/csv; charset=utf-8", ".csv", audit.NewCSV
	if format == views.ExportJSON {
		kind, ending, records = "application/x-ndjson", ".jsonl", audit.NewJSONLines
	}
	d := newDownload(w, r, kind, name+ending)
	to := records(d)
	err := export(to.Write)
	if err == nil {
		err = to.Flush()
	}
	return d.finish(err)
}
